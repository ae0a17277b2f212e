//! Promotions: tokens that the vendor gives away, out of a budget.

use serde::{Deserialize, Serialize};

use crate::{CampaignId, Error, Timestamp, Tokens};

/// Whom a campaign is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Accounts that an operator chooses.
    Chosen,
    /// Every account that is opened while it runs.
    NewAccounts,
    /// Every account.
    Everyone,
}

impl Audience {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::NewAccounts => "new_accounts",
            Self::Everyone => "everyone",
        }
    }

    /// The audience with this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Chosen, Self::NewAccounts, Self::Everyone]
            .into_iter()
            .find(|audience| audience.as_str() == word)
    }
}

/// A promotion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// What it is called; the reason in the histories of those who get something.
    pub name: String,
    /// Whom it is for.
    pub audience: Audience,
    /// What each account gets, once.
    pub tokens: Tokens,
    /// What it may give in all.
    pub budget: Tokens,
    /// What it gave so far.
    pub given: Tokens,
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends; absent where only the budget ends it.
    pub ends_at: Option<Timestamp>,
    /// How many days what it gives lasts; absent where it lasts for ever.
    pub lifetime_days: Option<u16>,
    /// When an operator ended it.
    pub closed_at: Option<Timestamp>,
}

/// What becomes of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// It begins later.
    Planned,
    /// It gives.
    Running,
    /// Its budget does not suffice for another account.
    Spent,
    /// Its time is over, or an operator ended it.
    Over,
}

impl CampaignState {
    /// How a person calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Spent => "spent",
            Self::Over => "over",
        }
    }
}

impl Campaign {
    /// The longest name, in characters.
    pub const NAME_CHARS_MAX: usize = 100;
    /// The longest that what it gives may last, in days: ten years.
    pub const LIFETIME_DAYS_MAX: u16 = 3650;

    /// Checks a campaign that is to begin.
    pub fn check(&self) -> Result<(), Error> {
        let invalid = |why| Err(Error::CampaignInvalid { why });
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > Self::NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return invalid("its name has 1 to 100 visible characters");
        }
        if self.tokens.is_zero() || self.budget < self.tokens {
            return invalid("it gives at least 1 token, and its budget suffices for one account");
        }
        if self.ends_at.is_some_and(|end| end <= self.starts_at) {
            return invalid("it ends after it begins");
        }
        if self
            .lifetime_days
            .is_some_and(|days| !(1..=Self::LIFETIME_DAYS_MAX).contains(&days))
        {
            return invalid("what it gives lasts 1 day to 10 years");
        }
        Ok(())
    }

    /// What becomes of it at `now`.
    pub fn state(&self, now: Timestamp) -> CampaignState {
        if self.closed_at.is_some() || self.ends_at.is_some_and(|end| end <= now) {
            return CampaignState::Over;
        }
        if now < self.starts_at {
            return CampaignState::Planned;
        }
        match self.budget.checked_sub(self.given) {
            Some(left) if left >= self.tokens => CampaignState::Running,
            _ => CampaignState::Spent,
        }
    }

    /// What it has given after one more account got something at `now`, and when that runs out.
    pub fn give(&self, now: Timestamp) -> Result<(Tokens, Option<Timestamp>), Error> {
        match self.state(now) {
            CampaignState::Running => {}
            state => {
                return Err(Error::CampaignOver {
                    name: self.name.clone(),
                    state: state.as_str(),
                });
            }
        }
        let ends = self
            .lifetime_days
            .map(|days| now.plus_seconds(i64::from(days) * 86_400));
        Ok((self.given.checked_add(self.tokens)?, ends))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn campaign() -> Campaign {
        Campaign {
            id: CampaignId(Uuid::nil()),
            name: "Spring".into(),
            audience: Audience::Everyone,
            tokens: Tokens::new(10).unwrap(),
            budget: Tokens::new(25).unwrap(),
            given: Tokens::ZERO,
            starts_at: Timestamp::from_seconds(100),
            ends_at: Some(Timestamp::from_seconds(200)),
            lifetime_days: Some(1),
            closed_at: None,
        }
    }

    #[test]
    fn a_campaign_gives_until_its_budget_or_its_time_is_over() {
        let mut running = campaign();
        assert!(running.check().is_ok());
        assert_eq!(running.state(Timestamp::from_seconds(99)), CampaignState::Planned);
        let now = Timestamp::from_seconds(150);
        let mut given = 0;
        while let Ok((total, ends)) = running.give(now) {
            assert_eq!(ends, Some(now.plus_seconds(86_400)));
            running.given = total;
            given += 1;
        }
        assert_eq!((given, running.state(now)), (2, CampaignState::Spent));
        assert_eq!(running.state(Timestamp::from_seconds(200)), CampaignState::Over);
        let closed = Campaign {
            closed_at: Some(now),
            ..campaign()
        };
        assert_eq!(closed.state(now), CampaignState::Over);
    }

    #[test]
    fn a_campaign_that_contradicts_itself_is_refused() {
        for wrong in [
            Campaign {
                name: " ".into(),
                ..campaign()
            },
            Campaign {
                tokens: Tokens::ZERO,
                ..campaign()
            },
            Campaign {
                budget: Tokens::new(9).unwrap(),
                ..campaign()
            },
            Campaign {
                ends_at: Some(Timestamp::from_seconds(100)),
                ..campaign()
            },
            Campaign {
                lifetime_days: Some(0),
                ..campaign()
            },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
