//! Streaming an artifact, from its start or from where an earlier download broke.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};
use reqwest::{Response, StatusCode};
use scrip_domain::Sha256;

use crate::transport::unreachable;
use crate::{Client, Error};

/// The bytes of an artifact from `start` on, as they arrive. Nothing is verified here: whoever keeps them compares the digest.
pub struct ArtifactBody {
    /// Where the bytes begin: the offset that was asked for, or 0 from a server that ignores ranges.
    pub start: u64,
    /// The length of the whole artifact in bytes, where the server tells it.
    pub total: Option<u64>,
    /// The bytes.
    pub stream: Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>,
}

impl std::fmt::Debug for ArtifactBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArtifactBody")
            .field("start", &self.start)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Opens the artifact with the digest `sha256` for reading from `offset`, in bytes from its start
    /// (`GET /v1/artifacts/{sha256}`, RFC 9110 section 14).
    ///
    /// Needs a session whose license allows the product.
    pub async fn artifact(&self, sha256: &Sha256, offset: u64) -> Result<ArtifactBody, Error> {
        let transport = self.transport();
        let url = transport.server.join(&format!("/v1/artifacts/{sha256}"));
        let mut request = transport.http.get(&url).header(ACCEPT_ENCODING, "identity");
        if offset > 0 {
            request = request.header(RANGE, format!("bytes={offset}-"));
        }
        let response = transport.send(&url, request).await?;
        let (start, total) = match response.status() {
            StatusCode::OK => (0, response.content_length()),
            StatusCode::PARTIAL_CONTENT if offset > 0 => continued(&url, &response, offset)?,
            status => {
                return Err(Error::AnswerInvalid {
                    url,
                    why: format!("HTTP status {status} is not expected"),
                });
            }
        };
        let stream = response
            .bytes_stream()
            .map(move |chunk| chunk.map_err(|error| unreachable(&url, &error)));
        Ok(ArtifactBody {
            start,
            total,
            stream: Box::pin(stream),
        })
    }
}

/// Where a partial answer begins, which must be `offset`, and how long the whole is.
fn continued(url: &str, response: &Response, offset: u64) -> Result<(u64, Option<u64>), Error> {
    let header = response
        .headers()
        .get(CONTENT_RANGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    match parse_content_range(header) {
        Some((first, total)) if first == offset => Ok((offset, total)),
        _ => Err(Error::AnswerInvalid {
            url: url.to_owned(),
            why: format!(
                "bytes from {offset} on were asked, \"{}\" came",
                header.chars().take(80).collect::<String>()
            ),
        }),
    }
}

/// Reads `bytes FIRST-LAST/TOTAL` or `bytes FIRST-LAST/*` (RFC 9110 section 14.4): first and total.
fn parse_content_range(header: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = header.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    let total = if total == "*" {
        None
    } else {
        Some(total.parse::<u64>().ok()?)
    };
    (first <= last && total.is_none_or(|total| last < total)).then_some((first, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_read_strictly() {
        assert_eq!(parse_content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(parse_content_range("bytes 5-9/*"), Some((5, None)));
        for bad in [
            "",
            "bytes */10",
            "bytes 9-5/10",
            "bytes 5-10/10",
            "bytes 5-/10",
            "items 5-9/10",
            "bytes -1-9/10",
        ] {
            assert_eq!(parse_content_range(bad), None, "{bad}");
        }
    }
}
