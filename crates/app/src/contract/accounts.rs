//! The account: its person's data, its sessions, its second factor, signing in by the browser.

use scrip_domain::{Password, SecretCode, Tokens};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The page that signs this app in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BrowserSignIn {
    /// The address to open in the person's own browser.
    pub url: String,
}

/// Gives the account another address.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EmailArgs {
    /// The account's password.
    pub password: Password,
    /// The new address.
    pub email: String,
}

/// Sets a new password.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PasswordArgs {
    /// The account's password.
    pub password: Password,
    /// The new one; 8 to 256 characters.
    pub new_password: Password,
}

/// Shows that whoever is signed in knows the password.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProofArgs {
    /// The account's password.
    pub password: Password,
}

/// A code that was mailed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CodeArgs {
    /// The code.
    pub code: SecretCode,
}

/// What an authenticator app shows.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FactorArgs {
    /// Six digits.
    pub code: String,
}

/// Asks for a mail that recovers an account.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RecoverArgs {
    /// The account's address.
    pub email: String,
}

/// Sets a new password by a code that was mailed or told.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct NewPasswordArgs {
    /// The code.
    pub code: SecretCode,
    /// The new password; 8 to 256 characters.
    pub password: Password,
}

/// Ends a session.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SessionArgs {
    /// Which, as the list names it; all others where none is named.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub session: Option<String>,
}

/// Erases the person.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EraseArgs {
    /// The account's password.
    pub password: Password,
    /// What the authenticator app shows, or a spare code, where the account has one.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub code: Option<String>,
    /// How many tokens the person knows to lose.
    pub forfeit: Tokens,
}

/// Everything that the vendor keeps of the person.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PersonalExport {
    /// A JSON document.
    pub json: String,
}
