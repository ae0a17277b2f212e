//! Names of products, offers and packs of tokens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $error:ident, $max:literal, $allowed:expr, $pattern:tt) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = $pattern))]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(#[cfg_attr(feature = "ts", ts(type = "string"))] String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                let allowed: fn(char) -> bool = $allowed;
                let ok = !text.is_empty()
                    && text.len() <= $max
                    && text.chars().all(allowed)
                    && text.starts_with(|c: char| c.is_ascii_alphanumeric());
                if ok {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Error::$error { text: text.chars().take(64).collect() })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;

            fn try_from(text: String) -> Result<Self, Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// A product's id: the AppStream component id (AppStream 1.0 section 2.1.3), 1 to 200 ASCII letters, digits and `._+-@~:`.
    ///
    /// It starts with a letter or a digit and holds no slash, so that it is safe as one segment of a path or URL.
    ProductId, ProductIdMalformed, 200, |c| c.is_ascii_alphanumeric() || "._+-@~:".contains(c),
    "^[0-9A-Za-z][0-9A-Za-z._+@~:-]{0,199}$"
}

name_type! {
    /// An offer's id, unique within its product: 1 to 64 ASCII letters, digits, `-`, `_` and `.`.
    OfferId, OfferIdMalformed, 64, |c| c.is_ascii_alphanumeric() || "-_.".contains(c), "^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$"
}

name_type! {
    /// A pack's name in a price list of tokens: 1 to 40 ASCII letters, digits, `-`, `_` and `.`.
    PackId, PackIdMalformed, 40, |c| c.is_ascii_alphanumeric() || "-_.".contains(c), "^[0-9A-Za-z][0-9A-Za-z_.-]{0,39}$"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_component_ids_are_accepted_and_paths_refused() {
        for good in [
            "org.gnome.Calculator",
            "0ad.desktop",
            "org.kde.kdevelop-php",
            "com.github.maoschanz.drawing",
            "a+b",
        ] {
            assert!(good.parse::<ProductId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../etc", "a/b", "a b", "é", "-rf", &"x".repeat(201)] {
            assert!(bad.parse::<ProductId>().is_err(), "{bad}");
        }
    }
}
