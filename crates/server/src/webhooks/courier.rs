//! Carries messages: over TLS, to public addresses alone, following nobody elsewhere, and reading little of what is answered.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url};
use scrip_domain::Timestamp;
use scrip_store::DueDelivery;

use super::address::is_public;
use super::sign::signatures;
use crate::Error;

/// How long an endpoint may take to be reached, and to answer.
const CONNECT_MAX: Duration = Duration::from_secs(5);
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// The longest address, in bytes.
const URL_BYTES_MAX: usize = 1000;

/// How an attempt went.
pub(super) enum Outcome {
    /// It was taken: 2xx.
    Arrived(u16),
    /// Another status.
    Answered(u16),
    /// 410: the endpoint asks to be left alone.
    Gone,
    /// No answer.
    Failed(String),
}

pub(crate) struct Courier {
    http: Client,
    private: bool,
}

impl Courier {
    /// `private` allows this machine's networks, and no TLS.
    pub(crate) fn new(private: bool) -> Result<Self, Error> {
        // A second installation is refused because one is there already, which serves as well.
        if rustls::crypto::CryptoProvider::get_default().is_none()
            && rustls::crypto::ring::default_provider().install_default().is_err()
        {
            debug_assert!(rustls::crypto::CryptoProvider::get_default().is_some());
        }
        let http = Client::builder()
            .user_agent(concat!("scrip-server/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT_MAX)
            .timeout(ANSWER_MAX)
            .https_only(!private)
            .pool_idle_timeout(Duration::from_secs(10))
            .http1_max_headers(64)
            .dns_resolver(Arc::new(Resolver { private }))
            .build()
            .map_err(|_| Error::Internal {
                operation: "set up webhooks",
            })?;
        Ok(Self { http, private })
    }

    /// Refuses an address that no message goes to. A name is looked at again whenever it is resolved.
    pub(crate) fn check(&self, text: &str) -> Result<Url, Error> {
        let refused = |why: &str| Error::WebhookAddressRefused {
            url: text.chars().take(200).collect(),
            why: why.to_owned(),
        };
        if text.len() > URL_BYTES_MAX {
            return Err(refused("it is too long"));
        }
        let url = Url::parse(text).map_err(|why| refused(&why.to_string()))?;
        let secure = url.scheme() == "https" || (self.private && url.scheme() == "http");
        if !secure {
            return Err(refused("it is not https"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused("it holds a name, a password or a fragment"));
        }
        let host = url.host_str().ok_or_else(|| refused("it names no host"))?;
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        // Names are left to the resolver, but for those that mean this machine by definition (RFC 6761).
        let here =
            host == "localhost" || host.ends_with(".localhost") || literal.is_ok_and(|address| !is_public(address));
        if here && !self.private {
            return Err(refused("it is not reached from everywhere"));
        }
        Ok(url)
    }

    /// Sends a message once.
    pub(super) async fn post(&self, message: &DueDelivery, now: Timestamp) -> Outcome {
        let endpoint = &message.endpoint;
        let url = match self.check(&endpoint.url) {
            Ok(url) => url,
            Err(why) => return Outcome::Failed(why.to_string()),
        };
        let secrets = [Some(endpoint.secret.as_str()), endpoint.old_secret.as_deref()];
        let Some(signature) = signatures(secrets.into_iter().flatten(), message.event, now, &message.body) else {
            return Outcome::Failed("its secret is no secret".to_owned());
        };
        let sent = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", message.event.to_string())
            .header("webhook-timestamp", now.seconds().to_string())
            .header("webhook-signature", signature)
            .body(message.body.clone())
            .send()
            .await;
        // What else is in the answer is not read.
        match sent {
            Ok(answer) => match answer.status().as_u16() {
                410 => Outcome::Gone,
                status @ 200..=299 => Outcome::Arrived(status),
                status => Outcome::Answered(status),
            },
            Err(why) => Outcome::Failed(causes(&why)),
        }
    }
}

/// The error and what caused it, without the address: it may hold a secret.
fn causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "it took too long".to_owned()
    } else {
        "it cannot be reached".to_owned()
    };
    let mut cause = std::error::Error::source(error);
    while let Some(why) = cause {
        text = format!("{text}: {why}");
        cause = why.source();
    }
    text
}

/// Resolves names to public addresses alone, at every connection, so that a name cannot change its mind after it was checked.
struct Resolver {
    private: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<_> = found
                .into_iter()
                .filter(|address| private || is_public(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err("its name leads to no address that is reached from everywhere".into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}
