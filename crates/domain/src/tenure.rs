//! What happened to a license besides what it allows.

use serde::{Deserialize, Serialize};

use crate::{Limits, OfferId, Timestamp, Tokens};

/// What was taken of a license so far, on all computers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Usage {
    /// Starts of the program.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub uses: u64,
    /// Units of work.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub processings: u64,
}

/// What the running allowance was paid with, so that the unused part can be given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prepaid {
    /// What was paid for what was left after the last payment, in tokens.
    pub value: Tokens,
    /// The part of it that counts toward ownership, in tokens.
    pub credited: Tokens,
    /// What was left after the last payment.
    pub left: Limits,
}

/// An extension that the vendor makes by itself when the rental runs out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Renewal {
    /// The frozen offer that is paid again.
    pub offer: OfferId,
    /// The most that renewals may spend in all, in tokens.
    pub cap: Tokens,
    /// What they have spent, in tokens.
    pub spent: Tokens,
}

/// Why an operator stopped a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Hold {
    /// For a while, or for good.
    pub kind: HoldKind,
    /// Why, in the operator's words.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
}

/// How a license is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// Until the operator lifts it.
    Suspended,
    /// For good.
    Revoked,
}

/// What happened to a license so far, besides what it allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tenure {
    /// What was reported as taken.
    pub used: Usage,
    /// Everything paid for the license less what was given back, in tokens.
    pub paid: Tokens,
    /// What the running allowance was paid with.
    pub prepaid: Prepaid,
    /// Since when the rental is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// How often it was paused.
    pub pauses: u16,
    /// Whether an operator stopped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// Whether it is a trial that nothing was paid for yet.
    pub trial: bool,
    /// Whether it was ended early, after which there is no grace.
    pub ended: bool,
    /// How it is extended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
}

impl Prepaid {
    /// The value, and the credit, of what is unused when `left` is left of it. Of several limits the one nearest its end counts.
    pub(crate) fn unused(&self, left: &Limits) -> (Tokens, Tokens) {
        let of = |now: Option<i128>, then: Option<i128>| then.map(|then| (now.unwrap_or(0), then));
        let parts = [
            of(left.seconds.map(i128::from), self.left.seconds.map(i128::from)),
            of(left.uses.map(i128::from), self.left.uses.map(i128::from)),
            of(left.processings.map(i128::from), self.left.processings.map(i128::from)),
        ];
        let least = |amount| {
            let shares = parts.iter().flatten().map(|(now, then)| share(amount, *now, *then));
            shares.min().unwrap_or(Tokens::ZERO)
        };
        (least(self.value), least(self.credited))
    }
}

/// `amount × part / whole`, rounded down. Exact: both factors fit 64 bits.
pub(crate) fn share(amount: Tokens, part: i128, whole: i128) -> Tokens {
    if whole <= 0 {
        return Tokens::ZERO;
    }
    i64::try_from(i128::from(amount.get()) * part.clamp(0, whole) / whole)
        .ok()
        .and_then(|tokens| Tokens::new(tokens).ok())
        .unwrap_or(Tokens::ZERO)
}
