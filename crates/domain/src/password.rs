//! What a person signs in with.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// An e-mail address: trimmed, lower-cased, with one `@` between a name and a domain; 254 bytes at most (RFC 5321 section 4.5.3.1.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Email))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
pub struct Email(#[cfg_attr(feature = "ts", ts(type = "string"))] String);

impl Email {
    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Email {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let address = text.trim().to_lowercase();
        let shape_ok = address.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty()
                && name.len() <= 64
                && !domain.is_empty()
                && !domain.contains('@')
                && domain
                    .split('.')
                    .all(|label| !label.is_empty() && !label.starts_with('-'))
        });
        if shape_ok && address.len() <= 254 && !address.contains(|c: char| c.is_whitespace() || c.is_control()) {
            Ok(Self(address))
        } else {
            Err(Error::EmailInvalid {
                text: text.chars().take(80).collect(),
            })
        }
    }
}

impl TryFrom<String> for Email {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A password in clear, on its way to being hashed or sent. Never printed: `Debug` shows dots.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Password(#[cfg_attr(feature = "ts", ts(type = "string"))] String);

impl Password {
    /// The fewest characters of a new password (NIST SP 800-63B section 5.1.1.2).
    pub const MIN_CHARS: usize = 8;
    /// The most characters of any password.
    pub const MAX_CHARS: usize = 256;

    /// A password as typed; only [`Password::check`] judges it, so that an old short one can still sign in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Refuses a new password that is too short or too long.
    pub fn check(&self) -> Result<(), Error> {
        let length = self.0.chars().count();
        if (Self::MIN_CHARS..=Self::MAX_CHARS).contains(&length) {
            Ok(())
        } else {
            Err(Error::PasswordInvalid { length })
        }
    }

    /// The password in clear; for hashing and sending alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalised_or_refused() {
        assert_eq!(
            " Ada@Example.COM ".parse::<Email>().unwrap().as_str(),
            "ada@example.com"
        );
        for bad in [
            "",
            "ada",
            "@x",
            "a@",
            "a@@b",
            "a b@c",
            "a@b..c",
            "a@-b",
            &format!("{}@b.c", "a".repeat(65)),
        ] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_are_never_printed() {
        let password = Password::new("correct horse");
        assert_eq!(format!("{password:?}"), "Password(…)");
        assert!(password.check().is_ok());
        assert!(Password::new("short").check().is_err());
    }
}
