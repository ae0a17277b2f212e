//! Tokens that one person sends to another: how many, how fast, and to whom.

use serde::{Deserialize, Serialize};

use crate::{Error, Timestamp, Tokens};

/// What the vendor allows to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendingPolicy {
    /// Whether tokens and gifts can be sent at all.
    pub enabled: bool,
    /// The most tokens of one transfer.
    pub tokens_max: Tokens,
    /// The most tokens that one account sends within 24 hours.
    pub tokens_per_day_max: Tokens,
    /// The most transfers that one account makes within 24 hours.
    pub transfers_per_day_max: u16,
    /// Minutes for which the sender can take a transfer back, before the recipient has it.
    pub cooling_off_minutes: u32,
    /// How many hours old an account is before it can send.
    pub account_age_hours: u32,
    /// Whether tokens that the vendor gave without a date can be sent too.
    pub given_can_be_sent: bool,
    /// For how many days a gift waits to be taken.
    pub gift_days: u16,
}

impl Default for SendingPolicy {
    fn default() -> Self {
        let most = |amount| Tokens::new(amount).unwrap_or(Tokens::ZERO);
        Self {
            enabled: true,
            tokens_max: most(5_000),
            tokens_per_day_max: most(10_000),
            transfers_per_day_max: 20,
            cooling_off_minutes: 60,
            account_age_hours: 0,
            given_can_be_sent: true,
            gift_days: 30,
        }
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Its word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one with this word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

states! {
    /// Where a transfer between two people stands.
    SendingState {
        /// The sender can still take it back.
        Waiting = "waiting",
        /// The recipient has it.
        Settled = "settled",
        /// The sender, or an operator, took it back.
        Canceled = "canceled",
    }
}

states! {
    /// Where a gift stands.
    GiftState {
        /// It waits to be taken.
        Waiting = "waiting",
        /// The recipient took it.
        Accepted = "accepted",
        /// The recipient did not want it.
        Declined = "declined",
        /// The giver took it back.
        Withdrawn = "withdrawn",
        /// Nobody took it in time.
        Lapsed = "lapsed",
    }
}

/// What an account sent within the last 24 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentToday {
    /// Tokens, without those that were taken back.
    pub tokens: Tokens,
    /// How often, with those that were taken back: trying costs too.
    pub transfers: u64,
}

impl SendingPolicy {
    /// The longest cooling-off, in minutes: 14 days.
    pub const COOLING_OFF_MINUTES_MAX: u32 = 14 * 24 * 60;
    /// The longest message, in characters.
    pub const MESSAGE_CHARS_MAX: usize = 200;

    /// Checks the policy.
    pub fn check(&self) -> Result<(), Error> {
        let invalid = |why| {
            Err(Error::SettingInvalid {
                setting: "sending",
                why,
            })
        };
        if self.tokens_max.is_zero() || self.tokens_per_day_max < self.tokens_max {
            return invalid("one transfer has at least 1 token, and a day at least one transfer");
        }
        if self.cooling_off_minutes > Self::COOLING_OFF_MINUTES_MAX {
            return invalid("a transfer can be taken back for 14 days at most");
        }
        if !(1..=365).contains(&self.gift_days) {
            return invalid("a gift waits 1 to 365 days");
        }
        Ok(())
    }

    /// When a transfer that is made now reaches its recipient.
    pub fn settles_at(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(i64::from(self.cooling_off_minutes) * 60)
    }

    /// When a gift that is made now goes back.
    pub fn lapses_at(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(i64::from(self.gift_days) * 86_400)
    }

    /// Refuses what goes beyond the limits, or where the account is too new.
    pub fn check_limits(
        &self,
        amount: Tokens,
        sent: SentToday,
        opened: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        if !self.enabled {
            return Err(Error::SendingOff);
        }
        let ready = opened.plus_seconds(i64::from(self.account_age_hours) * 3600);
        if now < ready {
            return Err(Error::SendingTooEarly { from: ready });
        }
        if amount.is_zero() {
            return Err(Error::SendingLimit {
                what: "at least 1 token is sent",
                most: self.tokens_max,
            });
        }
        if amount > self.tokens_max {
            return Err(Error::SendingLimit {
                what: "one transfer has a limit",
                most: self.tokens_max,
            });
        }
        let left = self.tokens_per_day_max.saturating_sub(sent.tokens);
        if amount > left {
            return Err(Error::SendingLimit {
                what: "what is sent within 24 hours has a limit",
                most: left,
            });
        }
        if sent.transfers >= u64::from(self.transfers_per_day_max) {
            return Err(Error::SendingLimit {
                what: "the number of transfers within 24 hours has a limit",
                most: Tokens::ZERO,
            });
        }
        Ok(())
    }
}

/// What a person writes to another: one line, or an empty one.
pub fn check_message(message: &str) -> Result<String, Error> {
    let message = message.trim();
    if message.chars().count() > SendingPolicy::MESSAGE_CHARS_MAX || message.chars().any(char::is_control) {
        return Err(Error::MessageInvalid {
            most: SendingPolicy::MESSAGE_CHARS_MAX,
        });
    }
    Ok(message.to_owned())
}

/// An e-mail address as strangers see it: its first character and its domain.
pub fn masked(email: &str) -> String {
    match email.split_once('@') {
        Some((name, domain)) => format!("{}…@{domain}", name.chars().next().unwrap_or('…')),
        None => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(amount: i64) -> Tokens {
        Tokens::new(amount).unwrap()
    }

    proptest! {
        #[test]
        fn a_day_never_sends_more_than_it_may(amounts in prop::collection::vec(0i64..8_000, 1..40)) {
            let policy = SendingPolicy::default();
            let now = Timestamp::from_seconds(1_750_000_000);
            let mut sent = SentToday::default();
            for amount in amounts {
                if policy.check_limits(tokens(amount), sent, now, now).is_ok() {
                    prop_assert!(amount > 0);
                    sent.tokens = sent.tokens.checked_add(tokens(amount)).unwrap();
                    sent.transfers += 1;
                }
                prop_assert!(sent.tokens <= policy.tokens_per_day_max);
                prop_assert!(sent.transfers <= u64::from(policy.transfers_per_day_max));
            }
        }
    }

    #[test]
    fn limits_are_refused_by_name() {
        let now = Timestamp::from_seconds(1_750_000_000);
        let policy = SendingPolicy {
            account_age_hours: 2,
            ..SendingPolicy::default()
        };
        assert!(policy.check().is_ok());
        let check = |amount, opened| policy.check_limits(tokens(amount), SentToday::default(), opened, now);
        assert_eq!(
            check(1, now),
            Err(Error::SendingTooEarly {
                from: now.plus_seconds(7200)
            })
        );
        assert!(check(1, now.plus_seconds(-7200)).is_ok());
        assert!(matches!(
            check(5_001, now.plus_seconds(-7200)),
            Err(Error::SendingLimit { .. })
        ));
        let off = SendingPolicy {
            enabled: false,
            ..policy
        };
        assert_eq!(
            off.check_limits(tokens(1), SentToday::default(), now, now),
            Err(Error::SendingOff)
        );
    }

    #[test]
    fn strangers_see_little_of_an_address() {
        assert_eq!(masked("ada@example.com"), "a…@example.com");
        assert_eq!(masked("nobody"), "…");
        assert!(check_message("a\nb").is_err() && check_message(&"x".repeat(201)).is_err());
        assert_eq!(check_message(" hello ").unwrap(), "hello");
    }
}
