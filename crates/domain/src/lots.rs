//! Which tokens of a wallet are spent first, and when those that were given with a date run out.
//!
//! A wallet is one balance; which of its tokens have a date is worked out from its history, so that spending writes
//! nothing more than before. What is spent takes the tokens that run out first, then other tokens that were given, then
//! those that were bought or received. What is sent to others takes only the last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, Timestamp, Tokens, TransferId};

/// One change of a wallet, as its history has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The transfer.
    pub transfer: TransferId,
    /// Tokens that came in (positive) or went out (negative).
    pub amount: i64,
    /// What kind of tokens came in, or which ones went out.
    pub kind: FlowKind,
}

/// What kind of tokens came in, or which ones went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowKind {
    /// Bought or received; or spent, the tokens that run out first before the others.
    Plain,
    /// Given by the vendor, with a date or without.
    Given {
        /// When what is left runs out.
        expires_at: Option<Timestamp>,
    },
    /// Sent to somebody else: bought tokens before given ones.
    Sent,
    /// What a lot had left when it ran out, which may be nothing.
    Expired {
        /// The transfer that gave it.
        lot: TransferId,
    },
    /// Gives back what an earlier flow took, to where it was taken from.
    Returned {
        /// The earlier flow.
        of: TransferId,
    },
}

/// Tokens that were given with a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The transfer that gave them.
    pub transfer: TransferId,
    /// When what is left runs out.
    pub expires_at: Timestamp,
    /// How many are left.
    pub left: Tokens,
}

/// Where tokens of a wallet are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Pool {
    Lot(Timestamp, TransferId),
    Given,
    Bought,
}

/// What a wallet holds, told apart by where it came from.
#[derive(Clone, Debug, Default)]
pub struct Holding {
    lots: BTreeMap<(Timestamp, TransferId), i64>,
    given: i64,
    bought: i64,
    /// What went out before it came in, where the clocks of two servers disagree.
    short: i64,
    /// What each flow that went out took from where, the latest last. One that took bought tokens alone is not here: what
    /// comes back without a known origin is counted as bought.
    taken: BTreeMap<TransferId, Vec<(Pool, i64)>>,
}

/// What a wallet holds at one point of its history, to go on from there: as large as the lots that have not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldingState {
    /// When each lot runs out, the transfer that gave it, and what is left of it.
    lots: Vec<(Timestamp, TransferId, i64)>,
    given: i64,
    bought: i64,
    short: i64,
}

/// From where a flow took tokens, as far as they did not come back: what a later flow that gives them back needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Taking(Vec<(Pool, i64)>);

impl Holding {
    /// What a wallet holds after its whole history, the oldest flow first.
    pub fn replay(flows: impl IntoIterator<Item = Flow>) -> Self {
        let mut holding = Self::default();
        for flow in flows {
            holding.apply(flow);
        }
        holding
    }

    /// The holding as it stood at a point of its history. `takings` are those of earlier flows that flows after that point
    /// give back; others are not needed.
    pub fn resume(state: HoldingState, takings: impl IntoIterator<Item = (TransferId, Taking)>) -> Self {
        let lots = state.lots.into_iter().map(|(at, lot, left)| ((at, lot), left));
        Self {
            lots: lots.collect(),
            given: state.given,
            bought: state.bought,
            short: state.short,
            taken: takings.into_iter().map(|(of, taking)| (of, taking.0)).collect(),
        }
    }

    /// What [`Holding::resume`] needs to stand here again, but for the takings.
    pub fn state(&self) -> HoldingState {
        let lots = self.lots.iter().map(|((at, lot), left)| (*at, *lot, *left));
        HoldingState {
            lots: lots.collect(),
            given: self.given,
            bought: self.bought,
            short: self.short,
        }
    }

    /// The takings of all flows since the start or since the state that was resumed, and of those that were handed over
    /// then, as they are now.
    pub fn takings(&self) -> impl Iterator<Item = (TransferId, Taking)> + '_ {
        self.taken.iter().map(|(of, parts)| (*of, Taking(parts.clone())))
    }

    /// Goes on by one flow, later than all before it.
    pub fn apply(&mut self, flow: Flow) {
        if flow.amount > 0 {
            self.put(flow);
            return;
        }
        let mut pools: Vec<Pool> = self.lots.keys().map(|(at, lot)| Pool::Lot(*at, *lot)).collect();
        match flow.kind {
            FlowKind::Sent => {
                pools.extend([Pool::Given, Pool::Bought]);
                pools.reverse();
            }
            FlowKind::Expired { lot } => {
                let own = pools
                    .iter()
                    .position(|pool| matches!(pool, Pool::Lot(_, of) if *of == lot));
                if let Some(own) = own {
                    pools[..=own].rotate_right(1);
                }
                pools.extend([Pool::Given, Pool::Bought]);
            }
            _ => pools.extend([Pool::Given, Pool::Bought]),
        }
        let mut wanted = flow.amount.saturating_neg();
        let mut taken = Vec::new();
        for pool in pools {
            let part = wanted.min(self.held(pool));
            if part > 0 {
                self.add(pool, -part);
                taken.push((pool, part));
                wanted -= part;
            }
        }
        self.short += wanted;
        if let FlowKind::Expired { lot } = flow.kind {
            self.lots.retain(|(_, of), _| *of != lot);
        }
        if taken.iter().any(|(pool, _)| *pool != Pool::Bought) {
            self.taken.insert(flow.transfer, taken);
        }
    }

    fn put(&mut self, flow: Flow) {
        let owed = self.short.min(flow.amount);
        self.short -= owed;
        let mut rest = flow.amount - owed;
        match flow.kind {
            FlowKind::Given { expires_at: Some(at) } => {
                self.lots.insert((at, flow.transfer), rest);
                rest = 0;
            }
            FlowKind::Given { expires_at: None } => self.given += std::mem::take(&mut rest),
            FlowKind::Returned { of } => {
                let mut taken = self.taken.remove(&of);
                while rest > 0 {
                    let Some((pool, amount)) = taken.as_mut().and_then(Vec::pop) else {
                        break;
                    };
                    let part = rest.min(amount);
                    rest -= part;
                    match pool {
                        // What ran out meanwhile comes back without a date.
                        Pool::Lot(at, lot) if !self.lots.contains_key(&(at, lot)) => self.given += part,
                        pool => self.add(pool, part),
                    }
                    if let Some(taken) = taken.as_mut().filter(|_| part < amount) {
                        taken.push((pool, amount - part));
                    }
                }
                self.taken.extend(taken.map(|taken| (of, taken)));
            }
            FlowKind::Plain | FlowKind::Sent | FlowKind::Expired { .. } => {}
        }
        self.bought += rest;
    }

    fn held(&self, pool: Pool) -> i64 {
        match pool {
            Pool::Lot(at, lot) => self.lots.get(&(at, lot)).copied().unwrap_or(0),
            Pool::Given => self.given,
            Pool::Bought => self.bought,
        }
    }

    fn add(&mut self, pool: Pool, amount: i64) {
        match pool {
            Pool::Lot(at, lot) => *self.lots.entry((at, lot)).or_insert(0) += amount,
            Pool::Given => self.given += amount,
            Pool::Bought => self.bought += amount,
        }
    }

    /// The lots with something left, the one that runs out first at the front.
    pub fn lots(&self) -> Vec<Lot> {
        let lots = self.lots.iter().filter(|(_, left)| **left > 0);
        lots.map(|((expires_at, transfer), left)| Lot {
            transfer: *transfer,
            expires_at: *expires_at,
            left: tokens(*left),
        })
        .collect()
    }

    /// What is left of the lot that a transfer gave.
    pub fn left_of(&self, lot: TransferId) -> Tokens {
        let found = self.lots.iter().find(|((_, transfer), _)| *transfer == lot);
        found.map_or(Tokens::ZERO, |(_, left)| tokens(*left))
    }

    /// What may be sent to others: what was bought or received, and with `given_too` what was given without a date.
    pub fn sendable(&self, given_too: bool) -> Tokens {
        let given = if given_too { self.given } else { 0 };
        tokens((self.bought + given - self.short).max(0))
    }

    /// Everything.
    pub fn balance(&self) -> i64 {
        self.lots.values().sum::<i64>() + self.given + self.bought - self.short
    }
}

fn tokens(amount: i64) -> Tokens {
    Tokens::new(amount).unwrap_or(Tokens::ZERO)
}

const DAY: i64 = 86_400;

/// How people are told that tokens run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExpiryPolicy {
    /// How many days before their end tokens are announced to run out for the first time.
    pub first_notice_days: u16,
    /// How many days before their end they are announced to run out for the second time, and the fewest days after that
    /// for which they stay.
    pub second_notice_days: u16,
}

impl Default for ExpiryPolicy {
    fn default() -> Self {
        Self {
            first_notice_days: 30,
            second_notice_days: 7,
        }
    }
}

/// The dates of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotDates {
    /// When it was given.
    pub given_at: Timestamp,
    /// When it is to run out.
    pub expires_at: Timestamp,
    /// When its holder was told so for the first time.
    pub first_notice_at: Option<Timestamp>,
    /// And for the second time.
    pub second_notice_at: Option<Timestamp>,
}

/// What is to be done about a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryStep {
    /// Nothing before this instant.
    Wait(Timestamp),
    /// Tell its holder for the first time that it runs out at this instant.
    FirstNotice(Timestamp),
    /// Tell its holder for the second time.
    SecondNotice(Timestamp),
    /// Take what is left.
    Expire,
}

impl ExpiryPolicy {
    /// Checks the policy.
    pub fn check(&self) -> Result<(), Error> {
        if (1..=365).contains(&self.second_notice_days)
            && (self.second_notice_days..=366).contains(&self.first_notice_days)
        {
            return Ok(());
        }
        Err(Error::SettingInvalid {
            setting: "expiry",
            why: "the second notice comes 1 to 365 days before the end, and the first one not after it",
        })
    }

    /// What is to be done about a lot at `now`. Nothing is taken that was not announced twice, however late a notice was:
    /// it then moves the end. Tokens that were given for a short time are announced in the last two thirds of it.
    pub fn step(&self, lot: &LotDates, now: Timestamp) -> ExpiryStep {
        let third = (lot.expires_at.seconds_since(lot.given_at) / 3).max(0);
        let last_call = (i64::from(self.second_notice_days) * DAY).min(third);
        let before = i64::from(self.first_notice_days) * DAY;
        let gap = (before - last_call).clamp(0, third);
        let Some(first) = lot.first_notice_at else {
            let due = lot.expires_at.plus_seconds(-(gap + last_call));
            let end = lot.expires_at.max(now.plus_seconds(gap + last_call));
            return if now < due {
                ExpiryStep::Wait(due)
            } else {
                ExpiryStep::FirstNotice(end)
            };
        };
        let Some(second) = lot.second_notice_at else {
            let due = lot.expires_at.plus_seconds(-last_call).max(first.plus_seconds(gap));
            let end = lot.expires_at.max(now.plus_seconds(last_call));
            return if now < due {
                ExpiryStep::Wait(due)
            } else {
                ExpiryStep::SecondNotice(end)
            };
        };
        let end = lot.expires_at.max(second.plus_seconds(last_call));
        if now < end {
            ExpiryStep::Wait(end)
        } else {
            ExpiryStep::Expire
        }
    }
}

#[cfg(test)]
mod tests;
