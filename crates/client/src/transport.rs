//! Sending one request and reading its answer within limits.

use std::error::Error as _;
use std::sync::RwLock;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode};
use scrip_api::{PROBLEM_CONTENT_TYPE, Problem};
use serde::de::DeserializeOwned;

use crate::{Error, ServerUrl, SessionToken};

/// How long and how often a server is asked, and how much of its answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long making a connection may take.
    pub connect: Duration,
    /// How long a connection may bring nothing.
    pub stall: Duration,
    /// How long a whole exchange may take; artifacts, which may be large, are bounded by `stall` alone.
    pub exchange: Duration,
    /// How often a request that can safely be repeated is sent, at least 1.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each further one.
    pub pause: Duration,
    /// The largest ordinary answer, in bytes.
    pub answer_bytes: u64,
    /// The largest page of the catalog, in bytes.
    pub catalog_bytes: u64,
    /// The largest icon, in bytes.
    pub icon_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            stall: Duration::from_secs(30),
            exchange: Duration::from_mins(2),
            attempts: 3,
            pause: Duration::from_millis(80),
            answer_bytes: 4 << 20,
            catalog_bytes: 16 << 20,
            icon_bytes: 2 << 20,
        }
    }
}

/// The media type of every answer that has none of its own.
pub(crate) const JSON: &[&str] = &["application/json"];

/// Whether sending a request twice does the same as sending it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    Safe,
    Never,
}

/// A connection pool to one server, and the session that it speaks for.
#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) http: reqwest::Client,
    pub(crate) server: ServerUrl,
    pub(crate) limits: Limits,
    session: RwLock<Option<SessionToken>>,
}

impl Transport {
    pub(crate) fn new(server: ServerUrl, limits: Limits) -> Result<Self, Error> {
        // A second installation is refused because one is there already, which serves as well.
        if rustls::crypto::CryptoProvider::get_default().is_none()
            && rustls::crypto::ring::default_provider().install_default().is_err()
        {
            debug_assert!(rustls::crypto::CryptoProvider::get_default().is_some());
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("scrip/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(limits.connect)
            .read_timeout(limits.stall)
            .pool_idle_timeout(Duration::from_mins(1))
            .http1_max_headers(64);
        if !server.is_secure() {
            // Without TLS no certificate is needed, so that a computer that has none can still talk to itself.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| Error::Setup { why: causes(&error) })?;
        Ok(Self {
            http,
            server,
            limits,
            session: RwLock::new(None),
        })
    }

    pub(crate) fn set_session(&self, token: Option<SessionToken>) {
        *self.session.write().unwrap_or_else(std::sync::PoisonError::into_inner) = token;
    }

    fn session(&self) -> Option<SessionToken> {
        self.session
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Sends what `make` builds for the address of `path` until it is answered, and reads JSON.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        repeat: Repeat,
        limit_bytes: u64,
        make: impl Fn(&str) -> RequestBuilder,
    ) -> Result<T, Error> {
        let url = self.server.join(path);
        let (_, body) = self.exchange(&url, repeat, limit_bytes, JSON, &make).await?;
        serde_json::from_slice(&body).map_err(|error| Error::AnswerInvalid {
            url,
            why: error.to_string(),
        })
    }

    /// Sends a request and reads its whole answer, whose media type must be one of `media_types`; the first is asked for. Gives the status as well.
    pub(crate) async fn exchange(
        &self,
        url: &str,
        repeat: Repeat,
        limit_bytes: u64,
        media_types: &[&str],
        make: &impl Fn(&str) -> RequestBuilder,
    ) -> Result<(StatusCode, Bytes), Error> {
        let attempts = if repeat == Repeat::Safe {
            self.limits.attempts.max(1)
        } else {
            1
        };
        let mut pause = self.limits.pause;
        let mut attempt = 1;
        loop {
            let request = make(url).timeout(self.limits.exchange).header(ACCEPT, media_types[0]);
            let outcome = async {
                let response = self.send(url, request).await?;
                let status = response.status();
                if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
                    return Ok::<_, Error>((status, Bytes::new()));
                }
                check_media_type(url, &response, media_types)?;
                Ok::<_, Error>((status, read(url, response, limit_bytes).await?))
            };
            match outcome.await {
                Err(error) if attempt < attempts && error.is_transient() => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Sends one request once. A refusal and a redirect are errors.
    pub(crate) async fn send(&self, url: &str, request: RequestBuilder) -> Result<Response, Error> {
        let request = match self.session() {
            Some(token) => {
                let mut value =
                    HeaderValue::try_from(format!("Bearer {}", token.reveal())).map_err(|_| Error::AnswerInvalid {
                        url: url.to_owned(),
                        why: "its session is not text".to_owned(),
                    })?;
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            None => request,
        };
        let response = request.send().await.map_err(|error| unreachable(url, &error))?;
        let status = response.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        if status.is_redirection() {
            let target = response
                .headers()
                .get(LOCATION)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("nowhere");
            let target: String = target.chars().take(200).collect();
            return Err(Error::AnswerInvalid {
                url: url.to_owned(),
                why: format!("it sends us on to {target}"),
            });
        }
        Err(self.refusal(url, response).await)
    }

    async fn refusal(&self, url: &str, response: Response) -> Error {
        let status = response.status().as_u16();
        let unreadable = |why: String| match status {
            408 | 429 | 502..=504 => Error::Unavailable {
                url: url.to_owned(),
                status,
            },
            _ => Error::AnswerInvalid {
                url: url.to_owned(),
                why: format!("HTTP status {status} without a reason: {why}"),
            },
        };
        if let Err(error) = check_media_type(url, &response, &[PROBLEM_CONTENT_TYPE]) {
            return unreadable(error.to_string());
        }
        match read(url, response, self.limits.answer_bytes).await {
            Ok(body) => match serde_json::from_slice::<Problem>(&body) {
                Ok(problem) => Error::Refused {
                    problem: Box::new(Problem { status, ..problem }),
                },
                Err(error) => unreadable(error.to_string()),
            },
            Err(error) => error,
        }
    }
}

/// Reads a whole body, at most `limit_bytes` of it.
async fn read(url: &str, mut response: Response, limit_bytes: u64) -> Result<Bytes, Error> {
    let too_large = || Error::AnswerTooLarge {
        url: url.to_owned(),
        limit_bytes,
    };
    if response.content_length().is_some_and(|length| length > limit_bytes) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(url, &error))? {
        if (body.len() + chunk.len()) as u64 > limit_bytes {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

fn check_media_type(url: &str, response: &Response, wanted: &[&str]) -> Result<(), Error> {
    let header = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let found = header.split(';').next().unwrap_or("").trim();
    if wanted.iter().any(|wanted| found.eq_ignore_ascii_case(wanted)) {
        return Ok(());
    }
    let found: String = if found.is_empty() {
        "nothing".to_owned()
    } else {
        found.chars().take(60).collect()
    };
    let why = format!("{} is expected, {found} came", wanted.join(" or "));
    Err(Error::AnswerInvalid {
        url: url.to_owned(),
        why,
    })
}

pub(crate) fn unreachable(url: &str, error: &reqwest::Error) -> Error {
    let why = if error.is_timeout() {
        "it took too long".to_owned()
    } else {
        causes(error)
    };
    Error::Unreachable {
        url: url.to_owned(),
        why,
    }
}

/// The innermost causes of `error`, which say more than its own words and do not repeat the address.
fn causes(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut words: Vec<String> = Vec::new();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.iter().any(|word| word.contains(&text)) {
            words.push(text);
        }
        cause = inner.source();
    }
    words.pop().unwrap_or_else(|| error.to_string())
}
