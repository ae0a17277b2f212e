//! A browser that looks at pages: its cookies, the token that its forms carry, what it is told next.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use crate::caller::new_token;
use crate::{Error, Server};

/// How long a browser that did not sign in may take to send a form, in seconds.
const VISIT_SECONDS: i64 = 3600;
/// The longest sentence that a redirect carries to the next page, in characters.
const FLASH_CHARS_MAX: usize = 600;

/// Which pages: those of customers, or those of the vendor's people. Their cookies are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Realm {
    /// `/account`.
    Account,
    /// `/console`.
    Console,
}

impl Realm {
    /// The realm of a path of this server.
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/console") {
            Self::Console
        } else {
            Self::Account
        }
    }

    /// Its first page.
    pub(crate) const fn home(self) -> &'static str {
        match self {
            Self::Account => "/account",
            Self::Console => "/console",
        }
    }

    /// Where a person signs in.
    pub(crate) const fn sign_in(self) -> &'static str {
        match self {
            Self::Account => "/account/sign-in",
            Self::Console => "/console/sign-in",
        }
    }

    /// The cookie of who signed in.
    pub(crate) const fn session(self) -> &'static str {
        match self {
            Self::Account => "scrip_session",
            Self::Console => "scrip_operator",
        }
    }

    /// The cookie that ties a form to a browser before that.
    const fn visit(self) -> &'static str {
        match self {
            Self::Account => "scrip_visit",
            Self::Console => "scrip_console_visit",
        }
    }

    /// The cookie of what the next page says.
    const fn flash(self) -> &'static str {
        match self {
            Self::Account => "scrip_flash",
            Self::Console => "scrip_console_flash",
        }
    }

    /// Customers come back from the payment provider and from links in letters, operators from nowhere.
    const fn same_site(self) -> &'static str {
        match self {
            Self::Account => "Lax",
            Self::Console => "Strict",
        }
    }
}

/// A browser, signed in or not.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// Which pages it looks at.
    pub(crate) realm: Realm,
    /// The path of the request.
    pub(crate) path: String,
    /// The secret of its cookie.
    secret: String,
    /// Whether the cookie has to be set first.
    is_new: bool,
    /// Whether it came over an encrypted connection.
    is_secure: bool,
    /// What the page before left to say, and whether it is bad news.
    pub(super) flash: Option<(bool, String)>,
}

impl Visit {
    /// The browser of a request; read once.
    pub(super) fn begin(parts: &mut Parts) -> Result<Self, Error> {
        if let Some(visit) = parts.extensions.get::<Self>() {
            return Ok(visit.clone());
        }
        let visit = Self::of(parts)?;
        parts.extensions.insert(visit.clone());
        Ok(visit)
    }

    fn of(parts: &Parts) -> Result<Self, Error> {
        let realm = Realm::of(parts.uri.path());
        let session = secret_cookie(&parts.headers, realm.session());
        let known = session.or_else(|| secret_cookie(&parts.headers, realm.visit()));
        let is_new = known.is_none();
        let secret = match known {
            Some(secret) => secret,
            None => new_token()?.0,
        };
        let forwarded = parts.headers.get("x-forwarded-proto");
        Ok(Self {
            realm,
            path: parts.uri.path().to_owned(),
            secret,
            is_new,
            is_secure: forwarded.is_some_and(|scheme| scheme.as_bytes() == b"https"),
            flash: cookie(&parts.headers, realm.flash()).and_then(|text| read_flash(&text)),
        })
    }

    /// The token of this visit's forms. It tells nothing about the cookie.
    pub(crate) fn form_token(&self) -> String {
        let digest = Sha256::new()
            .chain_update(b"scrip-form-v1\0")
            .chain_update(self.secret.as_bytes())
            .finalize();
        Base64UrlUnpadded::encode_string(&digest)
    }

    /// Refuses a form that was not shown to this browser.
    pub(crate) fn check(&self, form_token: &str) -> Result<(), Refused> {
        // Digests are compared, so that the time that it takes tells nothing about the token.
        let same = Sha256::digest(form_token.as_bytes()) == Sha256::digest(self.form_token().as_bytes());
        if same && !self.is_new {
            Ok(())
        } else {
            Err(Refused::Because(Error::FormStale))
        }
    }

    /// Sends the browser to another page of this server, which says `text` once.
    pub(crate) fn see_saying(&self, path: &str, text: &str) -> Response {
        self.flashing(path, "+", text)
    }

    /// The same for bad news.
    pub(crate) fn see_warning(&self, path: &str, text: &str) -> Response {
        self.flashing(path, "-", text)
    }

    fn flashing(&self, path: &str, sign: &str, text: &str) -> Response {
        let text: String = text.chars().take(FLASH_CHARS_MAX).collect();
        let value = Base64UrlUnpadded::encode_string(format!("{sign}{text}").as_bytes());
        let mut response = see(path);
        self.set(&mut response, self.realm.flash(), &value, 60);
        response
    }

    /// The session's cookie for a browser that just signed in, for `seconds`.
    pub(crate) fn sign_in(&self, response: &mut Response, token: &str, seconds: i64) {
        self.set(response, self.realm.session(), token, seconds);
        self.set(response, self.realm.visit(), "", 0);
    }

    /// Takes the session's cookie away.
    pub(crate) fn sign_out(&self, response: &mut Response) {
        self.set(response, self.realm.session(), "", 0);
    }

    /// Sets the cookie of a first visit along with a page, and forgets what the page has said.
    pub(super) fn keep(&self, response: &mut Response) {
        if self.is_new {
            self.set(response, self.realm.visit(), &self.secret, VISIT_SECONDS);
        }
        if self.flash.is_some() {
            self.set(response, self.realm.flash(), "", 0);
        }
    }

    /// A cookie which only this server gets, under the realm's paths, and which no script reads (RFC 6265).
    pub(crate) fn set(&self, response: &mut Response, name: &str, value: &str, seconds: i64) {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let (path, same_site) = (self.realm.home(), self.realm.same_site());
        let text = format!("{name}={value}; Path={path}; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}");
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
}

impl FromRequestParts<Server> for Visit {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Server) -> Result<Self, Refused> {
        Ok(Self::begin(parts)?)
    }
}

/// Sends the browser to another page of this server.
pub(crate) fn see(path: &str) -> Response {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/account"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// The value of a cookie.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let mut values = lines
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name);
    values.next().map(|(_, value)| value.to_owned())
}

/// The same, where it has the form of one of our secrets.
pub(crate) fn secret_cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    cookie(headers, name).filter(|value| value.len() == 43)
}

fn read_flash(value: &str) -> Option<(bool, String)> {
    let bytes = Base64UrlUnpadded::decode_vec(value).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (bad, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+')?),
    };
    Some((bad, text.chars().take(FLASH_CHARS_MAX).collect()))
}

/// Why a page is not shown.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Nobody is signed in.
    SignedOut(Realm),
    /// The server says why; the realm's frame draws it as a page.
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
            Self::SignedOut(realm) => see(realm.sign_in()),
            Self::Because(error) => error.into_response(),
        }
    }
}
