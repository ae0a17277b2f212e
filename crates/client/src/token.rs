//! The secret that proves a session.

use zeroize::Zeroizing;

use crate::Error;

/// The opaque token of a session. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(Zeroizing<String>);

impl SessionToken {
    /// The longest token that is accepted, in bytes.
    const MAX_BYTES: usize = 4096;

    /// A token as the server gave it: visible ASCII (RFC 6750 section 2.1).
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = Zeroizing::new(text.into());
        if !text.is_empty() && text.len() <= Self::MAX_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text))
        } else {
            Err(Error::AnswerInvalid {
                url: "the session".to_owned(),
                why: "its token is not visible ASCII".to_owned(),
            })
        }
    }

    /// The token in clear; for sending and storing alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed_and_must_be_plain() {
        assert_eq!(format!("{:?}", SessionToken::new("secret").unwrap()), "SessionToken(…)");
        for bad in ["", "a b", "a\nb", "é", &"x".repeat(5000)] {
            assert!(SessionToken::new(bad).is_err());
        }
    }
}
