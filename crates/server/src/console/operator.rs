//! Who looks at a page of the console, and what they may do.

use axum::extract::FromRequestParts;
use http::request::Parts;
use scrip_domain::{OperatorId, Permission, Role};
use scrip_store::{Act, OperatorRow, TokenHash};

use super::areas;
use crate::html::{Group, Realm, Refused, Viewer, Visit};
use crate::{Error, Server};

/// What the gate found.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) row: OperatorRow,
    pub(super) token: TokenHash,
}

/// An operator who is signed in.
pub(crate) struct Operator {
    pub(crate) id: OperatorId,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) token: TokenHash,
    /// Whether an authenticator app is asked for.
    pub(super) has_factor: bool,
    /// What a password is compared with.
    pub(super) password_hash: String,
    visit: Visit,
}

impl Operator {
    /// Refuses what the operator's role does not allow.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Refused> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Error::OperatorForbidden { role: self.role }.into())
        }
    }

    /// Whether the operator's role allows it: for what a page shows.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// A deed of this operator, for the audit log.
    pub(crate) fn act<'a>(&'a self, action: &'static str, subject: &'a str, why: &'a str) -> Act<'a> {
        Act {
            actor: &self.email,
            action,
            subject,
            why,
        }
    }
}

impl Viewer for Operator {
    fn visit(&self) -> &Visit {
        &self.visit
    }

    fn name(&self) -> Option<(&str, &str)> {
        Some((&self.email, self.role.name()))
    }

    fn navigation(&self) -> Vec<Group> {
        areas::navigation(self.role)
    }
}

impl FromRequestParts<Server> for Operator {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, server: &Server) -> Result<Self, Refused> {
        let visit = Visit::from_request_parts(parts, server).await?;
        let found = parts.extensions.get::<SignedIn>();
        let SignedIn { row, token } = found.cloned().ok_or(Refused::SignedOut(Realm::Console))?;
        Ok(Self {
            id: row.id,
            email: row.email.to_string(),
            role: row.role,
            has_factor: row.has_factor,
            password_hash: row.password_hash,
            token,
            visit,
        })
    }
}
