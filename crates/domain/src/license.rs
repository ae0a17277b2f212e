//! Licenses: what one person may do with one product, and how rentals turn into ownership.

use serde::{Deserialize, Serialize};

use crate::lifecycle::begun;
use crate::{
    Allowance, AllowanceKind, Error, HoldKind, LicenseId, Limits, OfferId, Offers, Policy, ProductId, RentalOffer,
    Sale, Tenure, Timestamp, Tokens, UserId,
};

/// The prices that were promised when a license began. Later price changes never touch it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TermsSnapshot {
    /// When the terms were frozen.
    pub frozen_at: Timestamp,
    /// The purchase price and every rental offer of that moment.
    pub offers: Offers,
    /// Seats, and what else held for every license of the product.
    #[serde(default)]
    pub policy: Policy,
}

impl TermsSnapshot {
    /// The frozen rental offer named `offer`.
    pub fn rental(&self, product: &ProductId, offer: &OfferId) -> Result<&RentalOffer, Error> {
        find_rental(&self.offers, product, offer)
    }
}

/// The rental named `offer` among `offers`, or the error that lists those that are there.
pub(crate) fn find_rental<'a>(
    offers: &'a Offers,
    product: &ProductId,
    offer: &OfferId,
) -> Result<&'a RentalOffer, Error> {
    offers
        .rentals()
        .find(|rental| rental.id == *offer)
        .ok_or_else(|| Error::OfferNotFound {
            product: product.clone(),
            offer: offer.to_string(),
            available: offers.rentals().map(|rental| rental.id.clone()).collect(),
        })
}

/// What is left of a rental. A field that is absent does not limit it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Remaining {
    /// The instant at which the rental ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Starts of the program that are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub uses: Option<u64>,
    /// Units of work that are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub processings: Option<u64>,
}

impl Remaining {
    /// Whether nothing is left at `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|end| end <= now) || self.uses == Some(0) || self.processings == Some(0)
    }

    /// The unit in which the rental runs; `None` for one that never began.
    pub fn kind(&self) -> Option<AllowanceKind> {
        self.shape().kind()
    }

    /// Which kinds limit it; the numbers mean nothing.
    fn shape(&self) -> Limits {
        Limits {
            seconds: self.ends_at.map(|_| 0),
            uses: self.uses,
            processings: self.processings,
        }
    }

    /// Whether it is limited by the same kinds as `allowance`.
    pub fn fits(&self, allowance: Allowance) -> bool {
        self.shape().same_kinds(&allowance.limits())
    }

    /// This rental with `allowance` of the same kinds added: time to `from`, units to those that are left.
    fn plus(&self, allowance: Allowance, from: Timestamp) -> Self {
        let added = begun(allowance, from);
        let sum = |left: Option<u64>, more: Option<u64>| more.map(|more| left.unwrap_or(0).saturating_add(more));
        Self {
            ends_at: added.ends_at,
            uses: sum(self.uses, added.uses),
            processings: sum(self.processings, added.processings),
        }
    }
}

/// Whether a license lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LicenseKind {
    /// For ever.
    Perpetual,
    /// For a while.
    Rental,
}

/// What a license allows at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LicenseState {
    /// Owned: allowed for ever.
    Owned,
    /// Rented and allowed.
    Active,
    /// The time is over, and the program still runs for a while.
    Grace,
    /// Time stands still, and the program does not run.
    Paused,
    /// The time is over.
    Expired,
    /// The uses or processings are used up.
    Exhausted,
    /// Stopped by the vendor for a while.
    Suspended,
    /// Stopped by the vendor for good.
    Revoked,
}

/// One person's right to one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// The license's id.
    pub id: LicenseId,
    /// Whose it is.
    pub user: UserId,
    /// What it is for.
    pub product: ProductId,
    /// Whether it lasts.
    pub kind: LicenseKind,
    /// What is left of a rental; empty for a perpetual license.
    pub remaining: Remaining,
    /// The part of the frozen purchase price that is paid.
    pub equity: Tokens,
    /// The offer of the last rental payment; the one an extension repeats.
    pub last_offer: Option<OfferId>,
    /// The prices promised when the license began.
    pub terms: TermsSnapshot,
    /// What happened to it besides.
    pub tenure: Tenure,
    /// When the license began.
    pub started_at: Timestamp,
    /// Counts the changes of the license, from 1.
    pub revision: i64,
}

/// A license after a payment, and what that payment costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paid {
    pub(crate) license: License,
    pub(crate) charge: Tokens,
}

impl License {
    /// A license that has not been paid for: the start of every purchase and rental.
    pub(crate) fn begin(id: LicenseId, user: UserId, product: ProductId, sale: &Sale, now: Timestamp) -> Self {
        Self {
            id,
            user,
            product,
            kind: LicenseKind::Rental,
            remaining: Remaining::default(),
            equity: Tokens::ZERO,
            last_offer: None,
            terms: TermsSnapshot {
                frozen_at: now,
                offers: sale.offers.clone(),
                policy: sale.policy.clone(),
            },
            tenure: Tenure::default(),
            started_at: now,
            revision: 0,
        }
    }

    /// What the license allows at `now`.
    pub fn state(&self, now: Timestamp) -> LicenseState {
        match (&self.tenure.hold, self.kind) {
            (Some(hold), _) if hold.kind == HoldKind::Suspended => return LicenseState::Suspended,
            (Some(_), _) => return LicenseState::Revoked,
            (None, LicenseKind::Perpetual) => return LicenseState::Owned,
            (None, LicenseKind::Rental) => {}
        }
        let license = self.thawed(now);
        let Remaining {
            ends_at,
            uses,
            processings,
        } = license.remaining;
        if uses == Some(0) || processings == Some(0) {
            return LicenseState::Exhausted;
        }
        if license.tenure.paused_at.is_some() {
            return LicenseState::Paused;
        }
        match ends_at {
            Some(end)
                if end <= now && (license.tenure.ended || end.plus_seconds(self.rules().grace_seconds) <= now) =>
            {
                LicenseState::Expired
            }
            Some(end) if end <= now => LicenseState::Grace,
            _ => LicenseState::Active,
        }
    }

    /// Whether the program may run at `now`.
    pub fn allows(&self, now: Timestamp) -> bool {
        matches!(
            self.state(now),
            LicenseState::Owned | LicenseState::Active | LicenseState::Grace
        )
    }

    /// What owning costs from here: the frozen price less the equity. `None` where the frozen terms name no price.
    pub fn price_to_own(&self) -> Option<Tokens> {
        self.terms
            .offers
            .purchase_price()
            .map(|price| price.saturating_sub(self.equity))
    }

    /// The license as owned, for what is missing to the frozen purchase price.
    pub(crate) fn own(&self) -> Result<Paid, Error> {
        self.refuse_if_held()?;
        self.refuse_if_owned()?;
        let charge = self.price_to_own().ok_or_else(|| Error::LicenseNotConvertible {
            product: self.product.clone(),
        })?;
        Ok(Paid {
            charge,
            license: self.owned(charge)?,
        })
    }

    /// The license with one more payment of the frozen rental `offer`.
    ///
    /// A payment that reaches what owning costs is capped to exactly that and makes the license perpetual.
    pub(crate) fn pay_rent(&self, offer: &OfferId, now: Timestamp) -> Result<Paid, Error> {
        self.refuse_if_held()?;
        self.refuse_if_owned()?;
        let rental = self.terms.rental(&self.product, offer)?;
        let before = self.thawed(now);
        let runs = matches!(
            before.state(now),
            LicenseState::Active | LicenseState::Grace | LicenseState::Paused
        ) && before.remaining.kind().is_some();
        let fits = before.remaining.fits(rental.allowance);
        if let Some(running) = before.remaining.kind().filter(|_| runs && !fits) {
            return Err(Error::LicenseOfferMismatch {
                product: self.product.clone(),
                offer: offer.clone(),
                running,
                offered: rental.allowance.kind(),
            });
        }
        if let Some(to_own) = self
            .price_to_own()
            .filter(|to_own| *to_own <= rental.price && rental.credit_permille > 0)
        {
            return Ok(Paid {
                charge: to_own,
                license: self.owned(to_own)?,
            });
        }
        let mut license = before.changed();
        license.remaining = if fits {
            // A grace period and a pause count from the end, so that neither is time for nothing nor time lost.
            let from = match before.remaining.ends_at {
                Some(end) if runs => end,
                _ => now,
            };
            before.remaining.plus(rental.allowance, from)
        } else {
            begun(rental.allowance, now)
        };
        license.last_offer = Some(offer.clone());
        license.tenure.ended = false;
        let credit = match self.terms.offers.purchase_price() {
            Some(_) => rental.price.permille(rental.credit_permille),
            None => Tokens::ZERO,
        };
        license.equity = self.equity.checked_add(credit)?;
        license.prepay(&before, rental.price, credit, now)?;
        Ok(Paid {
            charge: rental.price,
            license,
        })
    }

    fn owned(&self, charge: Tokens) -> Result<Self, Error> {
        let mut license = self.changed();
        license.kind = LicenseKind::Perpetual;
        license.remaining = Remaining::default();
        license.equity = self.equity.checked_add(charge)?;
        license.tenure = Tenure {
            used: self.tenure.used,
            paid: self.tenure.paid.checked_add(charge)?,
            pauses: self.tenure.pauses,
            ..Tenure::default()
        };
        Ok(license)
    }

    pub(crate) fn changed(&self) -> Self {
        let mut license = self.clone();
        license.revision += 1;
        license
    }

    fn refuse_if_owned(&self) -> Result<(), Error> {
        match self.kind {
            LicenseKind::Perpetual => Err(Error::LicenseAlreadyOwned {
                product: self.product.clone(),
            }),
            LicenseKind::Rental => Ok(()),
        }
    }
}
