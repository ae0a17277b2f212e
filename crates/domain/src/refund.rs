//! What is taken back of an order: a purchase that nobody uses any more, or the unused part of a rental.

use serde::{Deserialize, Serialize};

use crate::tenure::share;
use crate::{
    Error, Intent, License, LicenseKind, LicenseState, Limits, Prepaid, QuoteLine, Remaining, Timestamp, Tokens,
};

/// What the vendor takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrderRefundPolicy {
    /// For how many days after the payment; 0: never.
    pub window_days: u16,
    /// The part of a purchase's price, in thousandths, that comes back.
    pub purchase_permille: u16,
    /// The part of what is unused of a rental, in thousandths, that comes back; its offer may promise more.
    pub rental_permille: u16,
    /// How often one account gets something back within 365 days.
    pub per_year_max: u16,
}

impl Default for OrderRefundPolicy {
    fn default() -> Self {
        Self {
            window_days: 14,
            purchase_permille: 1000,
            rental_permille: 1000,
            per_year_max: 12,
        }
    }
}

impl OrderRefundPolicy {
    /// Checks the policy.
    pub fn check(&self) -> Result<(), Error> {
        if self.window_days <= 366 && self.purchase_permille <= 1000 && self.rental_permille <= 1000 {
            return Ok(());
        }
        Err(Error::SettingInvalid {
            setting: "refunds",
            why: "a window has 366 days at most, and a part 1000 thousandths",
        })
    }

    /// Whether what was paid at `paid_at` is taken back at `now` without an operator.
    pub fn is_open(&self, paid_at: Timestamp, now: Timestamp) -> bool {
        now.seconds_since(paid_at) <= i64::from(self.window_days) * 86_400
    }
}

/// What taking back one line of an order comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRefund {
    /// What the wallet gets back, in tokens.
    pub tokens: Tokens,
    /// The license as it is afterwards.
    pub license: License,
}

impl License {
    /// Takes back what a line of an order did to the license. No computer has a seat of it, and the line was not taken back
    /// before: the caller knows.
    pub fn take_back(&self, line: &QuoteLine, policy: OrderRefundPolicy, now: Timestamp) -> Result<LineRefund, Error> {
        self.refuse_if_held()?;
        let refuse = |why| {
            Err(Error::RefundRefused {
                product: self.product.clone(),
                why,
            })
        };
        if line.charge.is_zero() || line.product != self.product {
            return refuse("nothing was paid for it");
        }
        match (line.intent, line.owned_after, self.kind) {
            (Intent::Upgrade, ..) => refuse("an upgrade stays"),
            (_, true, LicenseKind::Perpetual) => Ok(self.take_purchase_back(line, policy, now)),
            (_, true, LicenseKind::Rental) => refuse("it is not owned any more"),
            (_, false, LicenseKind::Perpetual) => refuse("it was turned into ownership since"),
            (_, false, LicenseKind::Rental) => self.take_rental_back(line, policy, now),
        }
    }

    /// What is owned becomes what it was before the payment: a rental that is over, with the equity that it had.
    fn take_purchase_back(&self, line: &QuoteLine, policy: OrderRefundPolicy, now: Timestamp) -> LineRefund {
        let tokens = line.charge.permille(policy.purchase_permille.min(1000));
        let mut license = self.changed();
        license.kind = LicenseKind::Rental;
        license.remaining = Remaining {
            ends_at: Some(now),
            ..Remaining::default()
        };
        license.tenure.paid = self.tenure.paid.saturating_sub(tokens);
        license.equity = self.equity.saturating_sub(line.charge);
        license.tenure.ended = true;
        license.tenure.prepaid = Prepaid::default();
        license.tenure.renewal = None;
        LineRefund { tokens, license }
    }

    /// Takes the unused part of what the line added off what is left.
    fn take_rental_back(
        &self,
        line: &QuoteLine,
        policy: OrderRefundPolicy,
        now: Timestamp,
    ) -> Result<LineRefund, Error> {
        let mut license = self.thawed(now).changed();
        let refuse = |why| {
            Err(Error::RefundRefused {
                product: self.product.clone(),
                why,
            })
        };
        let running = matches!(
            license.state(now),
            LicenseState::Active | LicenseState::Paused | LicenseState::Grace
        );
        let rental = line
            .offer
            .as_ref()
            .and_then(|id| license.terms.rental(&self.product, id).ok());
        let Some(rental) = rental.cloned().filter(|_| running && !license.tenure.trial) else {
            return refuse("the rental is over");
        };
        if !license.remaining.fits(rental.allowance) {
            return refuse("another kind of rental followed it");
        }
        let (left, added) = (license.left(now), rental.allowance.limits());
        let (part, whole) = unused_part(&left, &added);
        let taken = |of: Option<i128>| of.map_or(0, |of| if whole > 0 { of * part / whole } else { 0 });
        let (value, credited) = license.tenure.prepaid.unused(&left);
        let credit = match license.terms.offers.purchase_price() {
            Some(_) => line.charge.permille(rental.credit_permille),
            None => Tokens::ZERO,
        };
        let (value_back, credit_back) = (
            share(line.charge, part, whole).min(value),
            share(credit, part, whole).min(credited),
        );
        let permille = policy.rental_permille.max(rental.rules.refund_permille).min(1000);
        let tokens = value_back.permille(permille);
        let paid = license.tenure.paid.saturating_sub(tokens);
        let equity_back = credit_back
            .permille(permille)
            .max(license.equity.saturating_sub(paid))
            .min(license.equity);
        let seconds = i64::try_from(taken(added.seconds.map(i128::from))).unwrap_or(0);
        let less = |left: Option<u64>, of: Option<u64>| {
            let taken = u64::try_from(taken(of.map(i128::from))).unwrap_or(0);
            left.map(|left| left.saturating_sub(taken))
        };
        license.remaining = Remaining {
            ends_at: license.remaining.ends_at.map(|end| end.plus_seconds(-seconds)),
            uses: less(license.remaining.uses, added.uses),
            processings: less(license.remaining.processings, added.processings),
        };
        license.equity = license.equity.saturating_sub(equity_back);
        license.tenure.paid = paid;
        license.tenure.prepaid = Prepaid {
            value: value.saturating_sub(value_back),
            credited: credited.saturating_sub(credit_back),
            left: license.left(now),
        };
        if license.remaining.is_over(license.tenure.paused_at.unwrap_or(now)) {
            license.tenure.ended = true;
            license.tenure.paused_at = None;
            license.tenure.renewal = None;
        }
        Ok(LineRefund { tokens, license })
    }
}

/// The part of `added` that `left` still covers: of several limits the one nearest its end counts.
fn unused_part(left: &Limits, added: &Limits) -> (i128, i128) {
    let of = |left: Option<i128>, added: Option<i128>| added.map(|added| (left.unwrap_or(0).clamp(0, added), added));
    let parts = [
        of(left.seconds.map(i128::from), added.seconds.map(i128::from)),
        of(left.uses.map(i128::from), added.uses.map(i128::from)),
        of(left.processings.map(i128::from), added.processings.map(i128::from)),
    ];
    let least = parts
        .into_iter()
        .flatten()
        .min_by(|(a, of_a), (b, of_b)| (a * of_b).cmp(&(b * of_a)));
    least.unwrap_or((0, 1))
}

#[cfg(test)]
mod tests;
