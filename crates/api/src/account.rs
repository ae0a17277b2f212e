use scrip_domain::{Email, Password, Timestamp, Tokens, UserId};
use serde::{Deserialize, Serialize};

/// Opens an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// The address that identifies the account.
    pub email: Email,
    /// 8 to 256 characters.
    pub password: Password,
}

/// Opens a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The address that identifies the account.
    pub email: Email,
    /// The account's password.
    pub password: Password,
}

/// A person's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Account {
    /// The account's id.
    pub id: UserId,
    /// The address that identifies the account.
    pub email: Email,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// What the wallet holds.
    pub balance: Tokens,
}

/// A session that was just opened. The token is shown once; the server keeps only its hash.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// The opaque token for the `Authorization: Bearer` header (RFC 6750).
    pub token: String,
    /// When the session ends by itself.
    pub expires_at: Timestamp,
    /// Whose session it is.
    pub account: Account,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("expires_at", &self.expires_at)
            .field("account", &self.account.id)
            .finish_non_exhaustive()
    }
}
