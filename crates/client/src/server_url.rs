//! The address of a vendor's server.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use crate::Error;

/// The address of a server: `http` or `https`, a host, perhaps a port and a path; parsed and normalised once.
///
/// Plain `http` is accepted, because a vendor may run the server on the same computer or behind a tunnel; where
/// [`ServerUrl::is_exposed`] says so, callers warn that the connection can be read by others.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// Without a slash at the end.
    base: String,
    secure: bool,
    loopback: bool,
}

impl ServerUrl {
    /// Whether requests travel over a network in clear.
    pub fn is_exposed(&self) -> bool {
        !self.secure && !self.loopback
    }

    /// Whether requests are encrypted.
    pub(crate) fn is_secure(&self) -> bool {
        self.secure
    }

    /// The address as text, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.base
    }

    /// The address of `path`, which begins with a slash and is made of safe segments.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl FromStr for ServerUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let invalid = |why| Error::UrlInvalid {
            text: redact(text),
            why,
        };
        let url = Url::parse(text).map_err(|_| invalid("it is not a URL"))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(invalid("it does not begin with http:// or https://")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it holds a user name or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it holds a query or a fragment"));
        }
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| invalid("it names no host"))?;
        let address = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        Ok(Self {
            base: url.as_str().trim_end_matches('/').to_owned(),
            secure,
            loopback,
        })
    }
}

/// What may be shown of a text that is no address: nothing before an `@`, which may be a password.
fn redact(text: &str) -> String {
    let shown = text
        .rsplit_once('@')
        .map_or_else(|| text.to_owned(), |(_, rest)| format!("…@{rest}"));
    shown.chars().take(100).collect()
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({})", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalised() {
        let cases = [
            ("http://127.0.0.1:7747", "http://127.0.0.1:7747", false),
            (" HTTPS://Shop.Example:443/ ", "https://shop.example", false),
            ("http://shop.example/scrip/", "http://shop.example/scrip", true),
            ("http://[::1]:80", "http://[::1]", false),
        ];
        for (text, normal, exposed) in cases {
            let url: ServerUrl = text.parse().unwrap();
            assert_eq!((url.as_str(), url.is_exposed()), (normal, exposed), "{text}");
        }
    }

    #[test]
    fn other_addresses_are_refused_and_passwords_not_shown() {
        for bad in [
            "",
            "shop",
            "localhost:7747",
            "ftp://x",
            "http://",
            "http://x?q",
            "http://x#f",
            "http://u:hunter2@x",
        ] {
            let error = bad.parse::<ServerUrl>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
