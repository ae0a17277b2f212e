//! Families and teams with one wallet: who may do what, and how much a member draws.

use serde::{Deserialize, Serialize};

use crate::{Error, Timestamp, Tokens};

/// What a member of a team may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TeamRole {
    /// Draws tokens within a limit.
    Member,
    /// Invites and removes members too, and sets their limits.
    Manager,
    /// Everything, without a limit; closes the team.
    Owner,
}

impl TeamRole {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }

    /// The role with this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Member, Self::Manager, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == word)
    }

    /// Refuses to let somebody with this role give a role to somebody who has one (or none yet).
    pub fn check_change(self, from: Option<Self>, to: Option<Self>) -> Result<(), Error> {
        let highest = from.max(to);
        match self {
            Self::Owner => Ok(()),
            Self::Manager if highest <= Some(Self::Member) => Ok(()),
            Self::Manager => Err(Error::TeamRefused {
                why: "only an owner makes, changes or removes owners and managers",
            }),
            Self::Member => Err(Error::TeamRefused {
                why: "only owners and managers change who belongs to it",
            }),
        }
    }

    /// Refuses what only an owner does.
    pub fn require_owner(self) -> Result<(), Error> {
        match self {
            Self::Owner => Ok(()),
            _ => Err(Error::TeamRefused {
                why: "only an owner does that",
            }),
        }
    }
}

/// A member who wants to draw tokens from the team's wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The member's role.
    pub role: TeamRole,
    /// What the member may draw in a calendar month (UTC); an owner has no limit.
    pub monthly_limit: Tokens,
    /// What the member drew in this month.
    pub drawn: Tokens,
    /// When the member joined.
    pub joined_at: Timestamp,
}

impl Draw {
    /// Refuses what is beyond the limit, and what somebody takes who joined less than the cooling-off ago: whoever stole a
    /// password could otherwise empty a wallet through a team of his own making.
    pub fn check(&self, tokens: Tokens, cooling_off_minutes: u32, now: Timestamp) -> Result<(), Error> {
        if tokens.is_zero() {
            return Err(Error::TeamLimit { left: self.left() });
        }
        if self.role == TeamRole::Owner {
            return Ok(());
        }
        let ready = self.joined_at.plus_seconds(i64::from(cooling_off_minutes) * 60);
        if now < ready {
            return Err(Error::SendingTooEarly { from: ready });
        }
        if tokens > self.left() {
            return Err(Error::TeamLimit { left: self.left() });
        }
        Ok(())
    }

    /// What may still be drawn in this month.
    pub fn left(&self) -> Tokens {
        match self.role {
            TeamRole::Owner => Tokens::MAX,
            _ => self.monthly_limit.saturating_sub(self.drawn),
        }
    }
}

/// The name of a team: one line of 1 to 60 visible characters.
pub fn check_team_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Error::TeamRefused {
            why: "its name has 1 to 60 visible characters",
        });
    }
    Ok(name.to_owned())
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
        fn a_month_never_draws_more_than_its_limit(limit in 0i64..500, draws in prop::collection::vec(0i64..200, 1..30)) {
            let now = Timestamp::from_seconds(1_750_000_000);
            let mut draw = Draw { role: TeamRole::Member, monthly_limit: tokens(limit), drawn: Tokens::ZERO, joined_at: now };
            for amount in draws {
                if draw.check(tokens(amount), 0, now).is_ok() {
                    draw.drawn = draw.drawn.checked_add(tokens(amount)).unwrap();
                }
                prop_assert!(draw.drawn <= draw.monthly_limit);
            }
        }
    }

    #[test]
    fn a_new_member_waits_and_an_owner_does_not() {
        let now = Timestamp::from_seconds(1_750_000_000);
        let member = Draw {
            role: TeamRole::Manager,
            monthly_limit: tokens(50),
            drawn: Tokens::ZERO,
            joined_at: now,
        };
        assert_eq!(
            member.check(tokens(1), 60, now),
            Err(Error::SendingTooEarly {
                from: now.plus_seconds(3600)
            })
        );
        assert!(member.check(tokens(50), 60, now.plus_seconds(3600)).is_ok());
        assert!(
            Draw {
                role: TeamRole::Owner,
                ..member
            }
            .check(tokens(5000), 60, now)
            .is_ok()
        );
    }

    #[test]
    fn nobody_makes_somebody_greater_than_himself() {
        use TeamRole::{Manager, Member, Owner};
        assert!(Manager.check_change(None, Some(Member)).is_ok());
        assert!(Manager.check_change(Some(Member), None).is_ok());
        assert!(Manager.check_change(Some(Member), Some(Manager)).is_err());
        assert!(Manager.check_change(Some(Owner), Some(Member)).is_err());
        assert!(Member.check_change(None, Some(Member)).is_err());
        assert!(Owner.check_change(Some(Manager), Some(Owner)).is_ok());
        assert!(Owner.require_owner().is_ok() && Manager.require_owner().is_err());
        assert_eq!(TeamRole::parse("manager"), Some(Manager));
    }
}
