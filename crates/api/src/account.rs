use scrip_domain::{Deed, Email, Password, PersonalDetails, SecretCode, Timestamp, Tokens, UserId};
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
    /// How the person is called; 80 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the session is shown as, such as the computer's name; 80 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
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
    /// What the authenticator app shows, or a spare code, where the account has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the session is shown as, such as the computer's name; 80 characters at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The token of a client that signed in before, so that strangers cannot lock it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// Opens the session that a browser signed in for an app (RFC 8252, RFC 7636).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BrowserExchange {
    /// The code that the browser brought.
    pub code: String,
    /// The verifier whose S256 challenge the browser was sent with.
    pub verifier: String,
    /// Where the browser was sent back to.
    pub redirect_uri: String,
}

impl std::fmt::Debug for BrowserExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrowserExchange")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
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
    /// The token by which this client is known from now on; keep it for the next time, also after signing out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("expires_at", &self.expires_at)
            .field("account", &self.account.id)
            .finish_non_exhaustive()
    }
}

/// What the vendor knows of the person, and how the account is secured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Profile {
    /// The account's id.
    pub id: UserId,
    /// The address that identifies the account.
    pub email: Email,
    /// When the account was opened.
    pub created_at: Timestamp,
    /// When the address was verified.
    pub verified_at: Option<Timestamp>,
    /// What the person told of themselves.
    pub details: PersonalDetails,
    /// Whether an authenticator app is asked for.
    pub second_factor: bool,
    /// How many spare codes are left.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub spare_codes: i64,
    /// The names of the account's passkeys.
    pub passkeys: Vec<String>,
    /// Whether the vendor sends mail.
    pub mail: bool,
    /// What the account may not do until its address is verified.
    #[serde(default)]
    pub barred: Vec<Deed>,
    /// Tokens of the registration that come once the address is verified.
    #[serde(default)]
    pub grant_waits: Tokens,
}

/// A session of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SessionView {
    /// Names it.
    pub id: String,
    /// What it is shown as; may be empty.
    pub label: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Asks for a mail with a code that recovers the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryAsk {
    /// The account's address.
    pub email: Email,
}

/// Sets a new password by a code that was mailed, or that an operator told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordByCode {
    /// The code.
    pub code: SecretCode,
    /// The new password; 8 to 256 characters.
    pub password: Password,
}

/// A code that was mailed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CodeByMail {
    /// The code.
    pub code: SecretCode,
}

/// Gives the account another address.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EmailChange {
    /// The account's password.
    pub password: Password,
    /// The new address.
    pub email: Email,
}

/// Sets a new password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The account's password.
    pub password: Password,
    /// The new one; 8 to 256 characters.
    pub new_password: Password,
}

/// What became of an address that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct EmailChanged {
    /// Whether a mail was sent to it: the address changes when its code comes back. Otherwise it changed at once.
    pub mailed: bool,
}

/// Shows that whoever is signed in knows the password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordProof {
    /// The account's password.
    pub password: Password,
}

/// An authenticator that is being set up.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SecondFactorSetup {
    /// The secret as it is typed into an app.
    pub secret: String,
    /// The address that an app reads from a QR picture.
    pub uri: String,
}

impl std::fmt::Debug for SecondFactorSetup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondFactorSetup(…)")
    }
}

/// The first code of an authenticator.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SecondFactorCode {
    /// Six digits.
    pub code: String,
}

/// Codes that stand in for an authenticator that was lost; each serves once. Shown once.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SpareCodes {
    /// The codes.
    pub codes: Vec<String>,
}

impl std::fmt::Debug for SpareCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpareCodes({})", self.codes.len())
    }
}

/// What erasing the person would mean now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ErasurePreview {
    /// What has to be seen to first, each in a sentence; empty where the person can be erased.
    pub hindrances: Vec<String>,
    /// The tokens of the wallet, which are lost.
    pub forfeits: Tokens,
    /// Licenses for which no further code is issued.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub licenses: i64,
    /// Bills and credit notes whose names the law of books keeps.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub bills_kept: i64,
    /// Until when the last of them keeps its names.
    pub bills_kept_until: Option<Timestamp>,
}

/// Erases the person. What the wallet holds is lost.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EraseRequest {
    /// The account's password.
    pub password: Password,
    /// What the authenticator app shows, or a spare code, where the account has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How many tokens the person knows to lose.
    pub forfeit: Tokens,
}
