//! Installers, whole or in ranges.

use std::ops::Range;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use scrip_domain::{ProductId, Sha256};

use crate::caller::Caller;
use crate::files::Kind;
use crate::openapi::File;
use crate::request::Path;
use crate::routes::codes::check_allows;
use crate::{Error, Server};

/// An installer, to those whose license allows it. One byte range (RFC 9110 section 14) is honoured.
#[utoipa::path(get, path = "/v1/artifacts/{sha256}", tag = "library", params(("sha256" = Sha256, Path)),
    responses((status = 200, body = File, content_type = "application/octet-stream"),
              (status = 206, body = File, content_type = "application/octet-stream")))]
pub(crate) async fn download(
    State(server): State<Server>,
    caller: Caller,
    Path(sha256): Path<Sha256>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let found = server.0.store.artifacts(&sha256).await?;
    let Some(artifact) = found.first() else {
        return Err(Error::ArtifactNotFound { sha256 });
    };
    let products: Vec<ProductId> = found.iter().map(|artifact| artifact.product.clone()).collect();
    let licenses = server.0.store.licenses_for(caller.user, &products).await?;
    let now = server.0.clock.now();
    if !licenses.iter().any(|license| license.allows(now)) {
        return Err(match licenses.first() {
            Some(over) => check_allows(over, now).err().map_or(
                Error::Internal {
                    operation: "judge a license",
                },
                Error::Rule,
            ),
            None => scrip_domain::Error::LicenseNotFound {
                product: artifact.product.clone(),
            }
            .into(),
        });
    }
    let size = artifact.size;
    let asked = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let range = asked.map(|text| parse_range(text, size)).transpose()?.flatten();
    let part = server.0.files.get(Kind::Artifact, &sha256, range.clone()).await?;
    let length = range.as_ref().map_or(size, |range| range.end - range.start);
    let sent = server.clone();
    // Counted as the bytes leave, so that a broken download counts what was sent.
    let bytes = part.bytes.inspect(move |chunk| {
        if let Ok(chunk) = chunk {
            sent.0.metrics.artifact_bytes.inc_by(chunk.len() as u64);
        }
    });
    let mut response = Body::from_stream(bytes).into_response();
    let fields = response.headers_mut();
    fields.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    fields.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    insert(fields, header::ETAG, &format!("\"{sha256}\""));
    if let Some(range) = range {
        insert(
            fields,
            header::CONTENT_RANGE,
            &format!("bytes {}-{}/{size}", range.start, range.end - 1),
        );
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Reads one byte range. Several ranges, and other units, are answered with the whole file, as the RFC allows.
fn parse_range(text: &str, size: u64) -> Result<Option<Range<u64>>, Error> {
    let Some(spec) = text.strip_prefix("bytes=").filter(|spec| !spec.contains(',')) else {
        return Ok(None);
    };
    let invalid = || Error::RangeInvalid {
        range: text.chars().take(80).collect(),
        size,
    };
    let (first, last) = spec.trim().split_once('-').ok_or_else(invalid)?;
    let number = |digits: &str| digits.parse::<u64>().map_err(|_| invalid());
    let range = if first.is_empty() {
        size.saturating_sub(number(last)?)..size
    } else if last.is_empty() {
        number(first)?..size
    } else {
        number(first)?..number(last)?.saturating_add(1).min(size)
    };
    if range.start < range.end {
        Ok(Some(range))
    } else {
        Err(invalid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        assert_eq!(parse_range("bytes=0-9", 100).unwrap(), Some(0..10));
        assert_eq!(parse_range("bytes=90-", 100).unwrap(), Some(90..100));
        assert_eq!(parse_range("bytes=-10", 100).unwrap(), Some(90..100));
        assert_eq!(parse_range("bytes=90-1000", 100).unwrap(), Some(90..100));
        assert_eq!(parse_range("bytes=0-1,5-6", 100).unwrap(), None);
        assert_eq!(parse_range("lines=1-2", 100).unwrap(), None);
        for bad in [
            "bytes=100-",
            "bytes=5-4",
            "bytes=x-",
            "bytes=-",
            "bytes=",
            "bytes=-0",
            "bytes=99999999999999999999-",
        ] {
            assert!(parse_range(bad, 100).is_err(), "{bad}");
        }
    }
}
