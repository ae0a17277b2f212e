//! What an account may do and says of its person, and when tries to sign in are too many.

use serde::{Deserialize, Serialize};

use crate::{Error, Timestamp};

/// What a person told the vendor of themselves; each may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct PersonalDetails {
    /// How the person is called, shown to whoever sends them tokens; 80 characters at most.
    #[cfg_attr(feature = "openapi", schema(max_length = 80))]
    pub name: String,
    /// A telephone number; 40 characters at most.
    #[cfg_attr(feature = "openapi", schema(max_length = 40))]
    pub phone: String,
    /// A postal address in lines; 400 characters at most.
    #[cfg_attr(feature = "openapi", schema(max_length = 400))]
    pub postal_address: String,
}

impl PersonalDetails {
    /// The most characters of a name.
    pub const NAME_CHARS_MAX: usize = 80;
    /// The most characters of a telephone number.
    pub const PHONE_CHARS_MAX: usize = 40;
    /// The most characters of a postal address.
    pub const ADDRESS_CHARS_MAX: usize = 400;

    /// The same without space around the lines; refused where a member is too long or holds what nobody can see.
    pub fn checked(&self) -> Result<Self, Error> {
        let line = |field, text: &str, chars_max| {
            let text = text.trim();
            let hidden = text.chars().any(|c| c.is_control() || is_reordering(c));
            if hidden || text.chars().count() > chars_max {
                Err(Error::DetailsInvalid { field, chars_max })
            } else {
                Ok(text.to_owned())
            }
        };
        let mut lines = Vec::new();
        for text in self.postal_address.lines() {
            lines.push(line("postal address", text, Self::ADDRESS_CHARS_MAX)?);
        }
        let postal_address = lines.join("\n").trim().to_owned();
        if postal_address.chars().count() > Self::ADDRESS_CHARS_MAX {
            return Err(Error::DetailsInvalid {
                field: "postal address",
                chars_max: Self::ADDRESS_CHARS_MAX,
            });
        }
        Ok(Self {
            name: line("name", &self.name, Self::NAME_CHARS_MAX)?,
            phone: line("telephone number", &self.phone, Self::PHONE_CHARS_MAX)?,
            postal_address,
        })
    }
}

/// Characters that change the order of others, so that a name could look like another one (Unicode Technical Report 36).
const fn is_reordering(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What the vendor demands of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a rule of its own that the vendor sets"
)]
pub struct AccountPolicy {
    /// Whether an account may send tokens and gifts before its address is verified.
    pub unverified_may_send: bool,
    /// Whether it may receive them.
    pub unverified_may_receive: bool,
    /// Whether it may buy tokens by card.
    pub unverified_may_buy_tokens: bool,
    /// Whether it may order tokens that are paid later, on a bill or by transfer: what concerns them goes by mail.
    pub unverified_may_order_on_bill: bool,
    /// Whether it has the tokens of the registration at once; else they wait until the address is verified.
    pub unverified_gets_grant: bool,
    /// How long the link in a mail holds, in minutes.
    pub link_minutes: u32,
    /// How long a claim code of an account that was opened off-line holds, in days.
    pub claim_days: u32,
    /// How many wrong tries one origin has in the window, and how many all strangers have together.
    pub lockout: Lockout,
}

impl Default for AccountPolicy {
    fn default() -> Self {
        Self {
            unverified_may_send: false,
            unverified_may_receive: false,
            unverified_may_buy_tokens: true,
            unverified_may_order_on_bill: false,
            unverified_gets_grant: true,
            link_minutes: 60,
            claim_days: 30,
            lockout: Lockout::default(),
        }
    }
}

/// What an account whose address is not verified may be barred from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Sending tokens or a gift to another account.
    Send,
    /// Receiving them.
    Receive,
    /// Buying tokens by card.
    BuyTokens,
    /// Ordering tokens that are paid later.
    OrderOnBill,
}

impl Deed {
    /// Every deed.
    pub const ALL: [Self; 4] = [Self::Send, Self::Receive, Self::BuyTokens, Self::OrderOnBill];

    /// What it is, after "may not" or "cannot".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Send => "send tokens or gifts",
            Self::Receive => "be sent tokens or gifts",
            Self::BuyTokens => "buy tokens by card",
            Self::OrderOnBill => "order tokens on a bill",
        }
    }
}

impl AccountPolicy {
    /// Whether an account that is not verified may do this.
    pub const fn allows_unverified(&self, deed: Deed) -> bool {
        match deed {
            Deed::Send => self.unverified_may_send,
            Deed::Receive => self.unverified_may_receive,
            Deed::BuyTokens => self.unverified_may_buy_tokens,
            Deed::OrderOnBill => self.unverified_may_order_on_bill,
        }
    }

    /// What an account that is not verified may not do.
    pub fn barred(&self) -> Vec<Deed> {
        let barred = |deed: &Deed| !self.allows_unverified(*deed);
        Deed::ALL.into_iter().filter(barred).collect()
    }
}

/// How many wrong tries are allowed.
///
/// Whoever signed in to the account before has a count of their own, so that strangers who try passwords lock out each other
/// and never the person (the scheme that OWASP calls device cookies).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lockout {
    /// Wrong tries of a client that signed in before.
    pub known: u32,
    /// Wrong tries from one network.
    pub network: u32,
    /// Wrong tries of all strangers together.
    pub strangers: u32,
    /// In how many seconds, and how long no more are allowed.
    pub window_seconds: u32,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            known: 10,
            network: 10,
            strangers: 50,
            window_seconds: 900,
        }
    }
}

/// Wrong tries at one account from one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub failures: u32,
    /// When the first of the window was.
    pub since: Timestamp,
}

impl Tries {
    /// With one more, now; the window begins anew where it was over.
    #[must_use]
    pub fn with_failure(before: Option<Self>, now: Timestamp, window_seconds: u32) -> Self {
        match before {
            Some(tries) if !tries.is_over(now, window_seconds) => Self {
                failures: tries.failures.saturating_add(1),
                ..tries
            },
            _ => Self {
                failures: 1,
                since: now,
            },
        }
    }

    /// Until when no further try is allowed, where `max` are.
    pub fn locked_until(&self, max: u32, now: Timestamp, window_seconds: u32) -> Option<Timestamp> {
        let locked = self.failures >= max && !self.is_over(now, window_seconds);
        locked.then(|| self.since.plus_seconds(window_seconds.into()))
    }

    fn is_over(&self, now: Timestamp, window_seconds: u32) -> bool {
        now >= self.since.plus_seconds(window_seconds.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_trimmed_and_bounded() {
        let details = PersonalDetails {
            name: "  Ada Lovelace ".to_owned(),
            phone: "+44 20 7946 0000".to_owned(),
            postal_address: " 12 St James's Square \r\n London \n".to_owned(),
        };
        let checked = details.checked().unwrap();
        assert_eq!(checked.name, "Ada Lovelace");
        assert_eq!(checked.postal_address, "12 St James's Square\nLondon");
        for bad in ["a\nb", "\u{202e}adA", &"x".repeat(81)] {
            let details = PersonalDetails {
                name: bad.to_owned(),
                ..PersonalDetails::default()
            };
            assert!(details.checked().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn tries_lock_until_their_window_is_over() {
        let start = Timestamp::from_seconds(1000);
        let mut tries = None;
        for second in 0..3 {
            tries = Some(Tries::with_failure(tries, start.plus_seconds(second), 60));
        }
        let tries = tries.unwrap();
        assert_eq!(tries.locked_until(4, start, 60), None);
        assert_eq!(tries.locked_until(3, start, 60), Some(start.plus_seconds(60)));
        assert_eq!(tries.locked_until(3, start.plus_seconds(60), 60), None);
        assert_eq!(Tries::with_failure(Some(tries), start.plus_seconds(60), 60).failures, 1);
    }
}
