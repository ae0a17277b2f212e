//! Codes that a person is mailed or told, and types in once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Crockford's alphabet: no I, L, O or U, so that nothing is mistaken on paper or on the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 100 random bits.
const CHARS: usize = 20;
/// Characters between two dashes.
const GROUP: usize = 5;

/// A secret that serves once: twenty characters, written in groups of five. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String,
    pattern = "^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}$"))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(try_from = "String", into = "String")]
pub struct SecretCode(#[cfg_attr(feature = "ts", ts(type = "string"))] String);

impl SecretCode {
    /// Random bytes that make a code.
    pub const BYTES: usize = CHARS;

    /// The code of random bytes, five bits of each.
    pub fn from_random(bytes: [u8; Self::BYTES]) -> Self {
        Self(
            bytes
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
                .collect(),
        )
    }

    /// The twenty characters without dashes, as they are hashed.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The code as it is shown: `XXXXX-XXXXX-XXXXX-XXXXX`.
    pub fn shown(&self) -> String {
        let mut text = String::with_capacity(CHARS + CHARS / GROUP);
        for (at, c) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(c);
        }
        text
    }
}

impl FromStr for SecretCode {
    type Err = Error;

    /// Reads what a person typed: small letters, spaces and dashes do not matter, and O is 0, I and L are 1.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut code = String::with_capacity(CHARS);
        for c in text.chars().take(200) {
            let c = match c.to_ascii_uppercase() {
                ' ' | '-' | '\u{2013}' | '\u{a0}' | '\t' | '\r' | '\n' => continue,
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let known = u8::try_from(c).is_ok_and(|byte| ALPHABET.contains(&byte));
            if !known || code.len() == CHARS {
                return Err(Error::SecretCodeMalformed);
            }
            code.push(c);
        }
        if code.len() == CHARS {
            Ok(Self(code))
        } else {
            Err(Error::SecretCodeMalformed)
        }
    }
}

impl TryFrom<String> for SecretCode {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<SecretCode> for String {
    fn from(code: SecretCode) -> Self {
        code.shown()
    }
}

impl fmt::Debug for SecretCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = SecretCode::from_random(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        assert_eq!(code.shown(), "01234-56789-ABCDE-FGHJK");
        for typed in [
            "01234-56789-ABCDE-FGHJK",
            " o1234 56789 abcde fghjk ",
            "0I234–56789–ABCDE–FGHJK",
        ] {
            assert_eq!(typed.parse::<SecretCode>().unwrap(), code, "{typed}");
        }
        for bad in ["", "01234", "01234-56789-ABCDE-FGHJU", "01234-56789-ABCDE-FGHJKM"] {
            assert!(bad.parse::<SecretCode>().is_err(), "{bad}");
        }
        assert_eq!(format!("{code:?}"), "SecretCode(…)");
    }
}
