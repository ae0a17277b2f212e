//! Who looks at a page, and the token that a form must carry.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use scrip_domain::UserId;
use scrip_store::TokenHash;
use sha2::{Digest as _, Sha256};

use super::{layout, see};
use crate::caller::{hash_token, new_token};
use crate::{Error, Server};

/// The session of a person who signed in.
pub(super) const SESSION: &str = "scrip_session";
/// What ties a form to a browser before that.
pub(super) const VISIT: &str = "scrip_visit";

/// A browser, signed in or not.
pub(super) struct Visit {
    /// The secret of its cookie.
    secret: String,
    /// Whether the cookie has to be set first.
    pub(super) is_new: bool,
    /// Whether it came over an encrypted connection.
    pub(super) is_secure: bool,
}

impl Visit {
    /// The token of this visit's forms. It tells nothing about the cookie.
    pub(super) fn form_token(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"scrip-form-v1\0")
            .chain_update(self.secret.as_bytes())
            .finalize();
        Base64UrlUnpadded::encode_string(&digest)
    }

    /// Refuses a form that was not shown to this browser.
    pub(super) fn check(&self, form_token: &str) -> Result<(), Refused> {
        // Digests are compared, so that the time that it takes tells nothing about the token.
        let same = Sha256::digest(form_token.as_bytes()) == Sha256::digest(self.form_token().as_bytes());
        if same && !self.is_new {
            Ok(())
        } else {
            Err(Refused::StaleForm)
        }
    }

    /// The header that sets a cookie which only this server gets and no script reads (RFC 6265).
    pub(super) fn cookie(&self, name: &str, value: &str, seconds: i64) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/account; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }

    /// Sets the cookie of a first visit along with `response`.
    pub(super) fn keep(&self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        if self.is_new {
            let cookie = self.cookie(VISIT, &self.secret, 3600);
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl FromRequestParts<Server> for Visit {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Refused> {
        let known = cookie(&parts.headers, SESSION).or_else(|| cookie(&parts.headers, VISIT));
        let forwarded = parts.headers.get("x-forwarded-proto");
        let is_secure = forwarded.is_some_and(|scheme| scheme.as_bytes() == b"https");
        let is_new = known.is_none();
        let secret = match known {
            Some(secret) => secret,
            None => new_token().map_err(Refused::Because)?.0,
        };
        Ok(Self {
            secret,
            is_new,
            is_secure,
        })
    }
}

/// A person who is signed in.
pub(super) struct Person {
    pub(super) user: UserId,
    pub(super) email: String,
    pub(super) token: TokenHash,
    pub(super) visit: Visit,
}

impl FromRequestParts<Server> for Person {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Refused> {
        let visit = Visit::from_request_parts(parts, server).await?;
        let token = cookie(&parts.headers, SESSION).ok_or(Refused::SignedOut)?;
        let token = hash_token(&token);
        let caller = server.0.store.caller(token).await?.ok_or(Refused::SignedOut)?;
        if caller.expires_at <= server.0.clock.now() {
            return Err(Refused::SignedOut);
        }
        let user = server
            .0
            .store
            .user_by_id(caller.user)
            .await?
            .ok_or(Refused::SignedOut)?;
        Ok(Self {
            user: user.id,
            email: user.email.to_string(),
            token,
            visit,
        })
    }
}

/// The value of a cookie, where it has the form of one of ours.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut values = pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, value)| *key == name && value.len() == 43);
    values.next().map(|(_, value)| value.to_owned())
}

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Refused {
    /// Nobody is signed in.
    SignedOut,
    /// The form was not shown to this browser, or long ago.
    StaleForm,
    /// The server says why.
    Because(Error),
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Because(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut => see("/account/sign-in"),
            Self::StaleForm => layout::refusal(
                http::StatusCode::FORBIDDEN,
                "This form is too old, or did not come from this page.",
                &["Go back, load the page anew, and send it again.".to_owned()],
                "form.stale",
            ),
            Self::Because(error) => layout::refusal_of(&error),
        }
    }
}
