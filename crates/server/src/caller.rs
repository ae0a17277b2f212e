//! Who makes a request, and from where.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::header;
use http::request::Parts;
use scrip_domain::{Timestamp, UserId};
use scrip_store::TokenHash;
use sha2::{Digest as _, Sha256};

use crate::{Error, Server};

/// Random bytes of a session token.
const TOKEN_BYTES: usize = 32;

/// A caller with a session that has not ended.
pub(crate) struct Caller {
    pub(crate) user: UserId,
    pub(crate) token: TokenHash,
}

impl FromRequestParts<Server> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Error> {
        let token = bearer(parts).ok_or(Error::SessionMissing)?;
        let caller = server.0.store.caller(token).await?.ok_or(Error::SessionExpired)?;
        if caller.expires_at <= server.0.clock.now() {
            return Err(Error::SessionExpired);
        }
        note_use(server, token, caller.seen_at).await?;
        Ok(Self {
            user: caller.user,
            token,
        })
    }
}

/// How old the note of a session's last use may be, in seconds: an hour.
const SEEN_SECONDS: i64 = 3600;

/// Notes that a session is used, once an hour.
pub(crate) async fn note_use(server: &Server, token: TokenHash, seen_at: Timestamp) -> Result<(), Error> {
    if server.0.clock.now().seconds_since(seen_at) >= SEEN_SECONDS {
        server.0.store.touch_session(token).await?;
    }
    Ok(())
}

/// The digest of the bearer token (RFC 6750 section 2.1), where one came.
fn bearer(parts: &Parts) -> Option<TokenHash> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| hash_token(token.trim()))
}

/// A new session token and the digest that the store keeps of it.
pub(crate) fn new_token() -> Result<(String, TokenHash), Error> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal {
        operation: "gather randomness",
    })?;
    let token = Base64UrlUnpadded::encode_string(&bytes);
    let hash = hash_token(&token);
    Ok((token, hash))
}

pub(crate) fn hash_token(token: &str) -> TokenHash {
    TokenHash(Sha256::digest(token.as_bytes()).into())
}

/// The network address that a request came from; loopback where it came without a socket.
pub(crate) struct Origin(pub(crate) IpAddr);

/// The network that an address belongs to, as tries are counted: whoever has one IPv6 address has 2^64 of them.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

impl FromRequestParts<Server> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Infallible> {
        if server.0.config.settings.trust_forwarded {
            // The last entry is the one that our own proxy wrote; those before it may be invented.
            let named = parts.headers.get_all("x-forwarded-for").into_iter().next_back();
            let last = named.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
            if let Some(address) = last {
                return Ok(Self(address));
            }
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(
            peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(address)| address.ip()),
        ))
    }
}
