//! Who looks at a page of the account.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use scrip_domain::UserId;
use scrip_store::{TokenHash, User};

use crate::caller::{hash_token, note_use};
use crate::html::{Group, Realm, Refused, Viewer, Visit, secret_cookie};
use crate::{Error, Server};

/// A person who is signed in.
pub(crate) struct Person {
    pub(crate) user: UserId,
    pub(crate) email: String,
    pub(crate) token: TokenHash,
    /// Whether the address of the account is.
    pub(crate) verified: bool,
    visit: Visit,
}

impl Person {
    /// The account as it stands now.
    pub(super) async fn account(&self, server: &Server) -> Result<User, Error> {
        let user = server.0.store.user_by_id(self.user).await?;
        user.ok_or(Error::SessionExpired)
    }
}

impl Viewer for Person {
    fn visit(&self) -> &Visit {
        &self.visit
    }

    fn name(&self) -> Option<(&str, &str)> {
        Some((&self.email, ""))
    }

    fn navigation(&self) -> Vec<Group> {
        let group = |(title, links): &(&'static str, &[(&'static str, &'static str)])| Group {
            title,
            links: links.to_vec(),
        };
        super::NAVIGATION.iter().map(group).collect()
    }
}

impl FromRequestParts<Server> for Person {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Refused> {
        let signed_out = || Refused::SignedOut(Realm::Account);
        let visit = Visit::from_request_parts(parts, server).await?;
        let token = secret_cookie(&parts.headers, Realm::Account.session()).ok_or_else(signed_out)?;
        let token = hash_token(&token);
        let store = &server.0.store;
        let caller = store.caller(token).await?.ok_or_else(signed_out)?;
        if caller.expires_at <= server.0.clock.now() {
            return Err(signed_out());
        }
        note_use(server, token, caller.seen_at).await?;
        let user = store.user_by_id(caller.user).await?.ok_or_else(signed_out)?;
        Ok(Self {
            user: user.id,
            email: user.email.to_string(),
            token,
            verified: user.verified_at.is_some(),
            visit,
        })
    }
}

impl OptionalFromRequestParts<Server> for Person {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Option<Self>, Refused> {
        match <Self as FromRequestParts<Server>>::from_request_parts(parts, server).await {
            Ok(person) => Ok(Some(person)),
            Err(Refused::SignedOut(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }
}
