//! What becomes of a license besides being paid for: pausing, ending early, renewal, trial, transfer, upgrade, reported use.

use crate::license::Paid;
use crate::tenure::share;
use crate::{
    Allowance, Error, Hold, HoldKind, License, LicenseId, LicenseKind, LicenseState, Limits, OfferId, Prepaid,
    ProductId, Remaining, Renewal, RentalRules, Sale, TermsSnapshot, Timestamp, Tokens, Usage, UserId,
};

/// What ending a rental early comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// What the wallet gets back, in tokens.
    pub tokens: Tokens,
    /// The part of the equity that was bought with it, in tokens.
    pub equity_back: Tokens,
    /// The license as it is afterwards: over, with the rest of its equity.
    pub license: License,
}

impl License {
    /// The rules of the rental offer that was paid last.
    pub fn rules(&self) -> RentalRules {
        let last = self.last_offer.as_ref();
        let rental = self.terms.offers.rentals().find(|rental| Some(&rental.id) == last);
        rental.map(|rental| rental.rules).unwrap_or_default()
    }

    /// What is left at `now`: a pause that has reached its longest time has ended by itself and moved the end.
    pub fn remaining_at(&self, now: Timestamp) -> Remaining {
        self.thawed(now).remaining
    }

    /// The license with a pause that has reached its longest time ended.
    pub(crate) fn thawed(&self, now: Timestamp) -> Self {
        let mut license = self.clone();
        if let (Some(since), Some(rule)) = (self.tenure.paused_at, self.rules().pause)
            && now.seconds_since(since) >= rule.max_seconds
        {
            license.remaining.ends_at = self.remaining.ends_at.map(|end| end.plus_seconds(rule.max_seconds));
            license.tenure.paused_at = None;
        }
        license
    }

    /// What is left at `now`, in seconds and units; time stands still during a pause.
    pub(crate) fn left(&self, now: Timestamp) -> Limits {
        let from = self.tenure.paused_at.unwrap_or(now);
        Limits {
            seconds: self.remaining.ends_at.map(|end| end.seconds_since(from).max(0)),
            uses: self.remaining.uses,
            processings: self.remaining.processings,
        }
    }

    /// What was paid, beside what the running allowance was paid with, after one more payment of `charge`.
    pub(crate) fn prepay(
        &mut self,
        before: &Self,
        charge: Tokens,
        credit: Tokens,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (value, credited) = before.tenure.prepaid.unused(&before.left(now));
        self.tenure.prepaid = Prepaid {
            value: value.checked_add(charge)?,
            credited: credited.checked_add(credit)?,
            left: self.left(now),
        };
        self.tenure.paid = self.tenure.paid.checked_add(charge)?;
        Ok(())
    }

    fn require_rental(&self) -> Result<(), Error> {
        self.refuse_if_held()?;
        match self.kind {
            LicenseKind::Rental => Ok(()),
            LicenseKind::Perpetual => Err(Error::LicenseAlreadyOwned {
                product: self.product.clone(),
            }),
        }
    }

    /// The license with its time stopped at `now`, where its frozen offer allows that.
    pub fn pause(&self, now: Timestamp) -> Result<Self, Error> {
        self.require_rental()?;
        let refuse = |why| {
            Err(Error::LicenseNotPausable {
                product: self.product.clone(),
                why,
            })
        };
        let Some(rule) = self.rules().pause else {
            return refuse("its offer allows no pause");
        };
        let mut license = self.thawed(now).changed();
        match license.state(now) {
            LicenseState::Active => {}
            LicenseState::Paused => return refuse("it is paused already"),
            _ => return refuse("it is over"),
        }
        if license.remaining.ends_at.is_none() {
            return refuse("it does not run by time");
        }
        if license.tenure.pauses >= rule.max_pauses {
            return refuse("it was paused as often as its offer allows");
        }
        license.tenure.paused_at = Some(now);
        license.tenure.pauses += 1;
        Ok(license)
    }

    /// The license going on after a pause: its end moves by the time that it was paused.
    pub fn resume(&self, now: Timestamp) -> Result<Self, Error> {
        self.require_rental()?;
        let mut license = self.thawed(now).changed();
        let Some(since) = license.tenure.paused_at.take() else {
            return Err(Error::LicenseNotPaused {
                product: self.product.clone(),
            });
        };
        let paused = now.seconds_since(since).max(0);
        license.remaining.ends_at = license.remaining.ends_at.map(|end| end.plus_seconds(paused));
        Ok(license)
    }

    /// Ends the rental now. What is unused comes back in the part that the frozen offer promised; the equity that was
    /// bought with it goes, the rest stays.
    pub fn end(&self, now: Timestamp) -> Result<Refund, Error> {
        self.require_rental()?;
        let mut license = self.thawed(now).changed();
        if !matches!(
            license.state(now),
            LicenseState::Active | LicenseState::Paused | LicenseState::Grace
        ) {
            return Err(Error::LicenseOver {
                product: self.product.clone(),
            });
        }
        let part = i128::from(self.rules().refund_permille);
        let (value, credited) = license.tenure.prepaid.unused(&license.left(now));
        let tokens = share(value, part, 1000);
        let paid = license.tenure.paid.saturating_sub(tokens);
        // Nothing counts that was not paid, however the parts were rounded.
        let equity_back = share(credited, part, 1000)
            .max(license.equity.saturating_sub(paid))
            .min(license.equity);
        let over = |count: Option<u64>| count.map(|_| 0);
        license.remaining = Remaining {
            ends_at: license.remaining.ends_at.map(|end| end.min(now)),
            uses: over(license.remaining.uses),
            processings: over(license.remaining.processings),
        };
        license.equity = license.equity.saturating_sub(equity_back);
        license.tenure.paid = paid;
        license.tenure.ended = true;
        license.tenure.prepaid = Prepaid::default();
        license.tenure.paused_at = None;
        license.tenure.renewal = None;
        Ok(Refund {
            tokens,
            equity_back,
            license,
        })
    }

    /// The license with more use reported, and what was reported beyond what was left.
    pub fn report(&self, taken: Usage) -> (Self, Usage) {
        let mut license = self.changed();
        let over = |left: &mut Option<u64>, taken: u64| {
            let beyond = left.map_or(0, |left| taken.saturating_sub(left));
            *left = left.map(|left| left.saturating_sub(taken));
            beyond
        };
        let beyond = Usage {
            uses: over(&mut license.remaining.uses, taken.uses),
            processings: over(&mut license.remaining.processings, taken.processings),
        };
        license.tenure.used.uses = license.tenure.used.uses.saturating_add(taken.uses);
        license.tenure.used.processings = license.tenure.used.processings.saturating_add(taken.processings);
        (license, beyond)
    }

    /// The license that extends itself by the frozen `offer` while renewals have spent at most `cap`; with `None` it no longer does.
    pub fn with_renewal(&self, wanted: Option<(&OfferId, Tokens)>) -> Result<Self, Error> {
        self.require_rental()?;
        let mut license = self.changed();
        license.tenure.renewal = match wanted {
            None => None,
            Some((offer, cap)) => {
                let rental = self.terms.rental(&self.product, offer)?;
                if cap < rental.price {
                    return Err(Error::RenewalCapTooLow {
                        product: self.product.clone(),
                        cap,
                        price: rental.price,
                    });
                }
                Some(Renewal {
                    offer: offer.clone(),
                    cap,
                    spent: Tokens::ZERO,
                })
            }
        };
        Ok(license)
    }

    /// Whether the rental is to be extended by itself: it runs out within `lead_seconds` and is not stopped.
    pub fn renewal_due(&self, now: Timestamp, lead_seconds: i64) -> Option<&Renewal> {
        let running =
            self.kind == LicenseKind::Rental && self.tenure.hold.is_none() && self.state(now) != LicenseState::Paused;
        let over = self.thawed(now).remaining.is_over(now.plus_seconds(lead_seconds));
        self.tenure.renewal.as_ref().filter(|_| running && over)
    }

    /// What the next renewal costs; refused where that is more than its cap has left.
    pub fn renewal_charge(&self, renewal: &Renewal) -> Result<Tokens, Error> {
        let rental = self.terms.rental(&self.product, &renewal.offer)?;
        let charge = match self.price_to_own() {
            Some(to_own) if rental.credit_permille > 0 => to_own.min(rental.price),
            _ => rental.price,
        };
        match renewal.spent.checked_add(charge)? {
            sum if sum <= renewal.cap => Ok(charge),
            _ => Err(Error::RenewalCapReached {
                product: self.product.clone(),
                cap: renewal.cap,
                charge,
            }),
        }
    }

    /// The license after a renewal of `charge` was paid.
    pub fn renewed(&self, charge: Tokens) -> Result<Self, Error> {
        let mut license = self.clone();
        if let Some(renewal) = &mut license.tenure.renewal {
            renewal.spent = renewal.spent.checked_add(charge)?;
        }
        Ok(license)
    }

    /// The license as another account's, with its equity and whatever is left of it.
    pub fn transfer(&self, to: UserId, now: Timestamp) -> Result<Self, Error> {
        self.refuse_if_held()?;
        let refuse = |why| {
            Err(Error::LicenseNotTransferable {
                product: self.product.clone(),
                why,
            })
        };
        if !self.terms.policy.transferable {
            return refuse("its publisher does not allow it");
        }
        if self.tenure.trial {
            return refuse("it is a trial");
        }
        if to == self.user {
            return refuse("it is that account's already");
        }
        let mut license = self.thawed(now).changed();
        license.user = to;
        license.tenure.renewal = None;
        Ok(license)
    }

    /// The license with an operator's stop laid on it or lifted. One that is revoked stays so.
    pub fn with_hold(&self, hold: Option<Hold>) -> Result<Self, Error> {
        if self
            .tenure
            .hold
            .as_ref()
            .is_some_and(|held| held.kind == HoldKind::Revoked)
        {
            return Err(Error::LicenseHeld {
                product: self.product.clone(),
                revoked: true,
            });
        }
        let mut license = self.changed();
        license.tenure.hold = hold;
        Ok(license)
    }

    /// The license as one for `product`, the next major version, at the terms of `sale`: what is left of a rental and the
    /// equity go over, and for an owned license the difference of the prices is paid.
    pub(crate) fn upgrade(&self, product: &ProductId, sale: &Sale, now: Timestamp) -> Result<Paid, Error> {
        self.refuse_if_held()?;
        let refuse = |why| {
            Err(Error::LicenseNotUpgradable {
                from: self.product.clone(),
                to: product.clone(),
                why,
            })
        };
        if sale.policy.upgrade_from.as_ref() != Some(&self.product) {
            return refuse("its publisher offers no such upgrade");
        }
        if self.tenure.trial {
            return refuse("it is a trial");
        }
        let mut license = self.thawed(now).changed();
        license.product = product.clone();
        license.terms = TermsSnapshot {
            frozen_at: now,
            offers: sale.offers.clone(),
            policy: sale.policy.clone(),
        };
        license.tenure.renewal = None;
        let price = license.terms.offers.purchase_price();
        license.equity = price.map_or(self.equity, |price| self.equity.min(price));
        let charge = match (self.kind, price) {
            (LicenseKind::Perpetual, None) => return refuse("the new version cannot be bought"),
            (LicenseKind::Perpetual, Some(price)) => price.saturating_sub(license.equity),
            (LicenseKind::Rental, Some(price)) if price <= license.equity => Tokens::ZERO,
            (LicenseKind::Rental, _) => {
                return Ok(Paid {
                    license,
                    charge: Tokens::ZERO,
                });
            }
        };
        license.kind = LicenseKind::Perpetual;
        license.remaining = Remaining::default();
        license.equity = license.equity.checked_add(charge)?;
        license.tenure.paid = license.tenure.paid.checked_add(charge)?;
        license.tenure.prepaid = Prepaid::default();
        license.tenure.paused_at = None;
        Ok(Paid { license, charge })
    }

    /// A trial as the license that is paid for next: same id, same use, at the terms of `sale`.
    pub(crate) fn begin_again(&self, sale: &Sale, now: Timestamp) -> Result<Self, Error> {
        self.refuse_if_held()?;
        let mut license = Self::begin(self.id, self.user, self.product.clone(), sale, now);
        license.tenure.used = self.tenure.used;
        license.revision = self.revision;
        Ok(license)
    }

    pub(crate) fn refuse_if_held(&self) -> Result<(), Error> {
        match &self.tenure.hold {
            None => Ok(()),
            Some(hold) => Err(Error::LicenseHeld {
                product: self.product.clone(),
                revoked: hold.kind == HoldKind::Revoked,
            }),
        }
    }
}

/// A trial that begins: for somebody who never had a license of the product. That neither the person nor the computer had
/// one before is for the caller to know.
pub fn start_trial(
    id: LicenseId,
    user: UserId,
    product: &ProductId,
    sale: &Sale,
    held: Option<&License>,
    now: Timestamp,
) -> Result<License, Error> {
    if held.is_some() {
        return Err(Error::TrialUsed {
            product: product.clone(),
            by: "account",
        });
    }
    let Some((offer, allowance)) = sale.offers.trial() else {
        return Err(Error::OfferNotFound {
            product: product.clone(),
            offer: "trial".to_owned(),
            available: sale.offers.rentals().map(|rental| rental.id.clone()).collect(),
        });
    };
    let mut license = License::begin(id, user, product.clone(), sale, now);
    license.remaining = begun(allowance, now);
    license.last_offer = Some(offer.clone());
    license.tenure.trial = true;
    license.revision = 1;
    Ok(license)
}

/// An allowance that begins at `now`.
pub(crate) fn begun(allowance: Allowance, now: Timestamp) -> Remaining {
    let limits = allowance.limits();
    Remaining {
        ends_at: limits.seconds.map(|seconds| now.plus_seconds(seconds)),
        uses: limits.uses,
        processings: limits.processings,
    }
}

#[cfg(test)]
mod tests;
