//! What a product costs: to buy, or to rent by time, by uses or by processings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Allowance, Error, OfferId, ProductId, Tokens};

/// One way to get a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Offer {
    /// The product for ever.
    Purchase {
        /// The id of the offer; `purchase` in imported catalogs.
        id: OfferId,
        /// What it costs, in tokens.
        price: Tokens,
    },
    /// The product for a while.
    Rental(RentalOffer),
    /// The product for a while and for nothing, once for each person and each computer.
    Trial {
        /// The id of the offer.
        id: OfferId,
        /// How long, or how much.
        allowance: Allowance,
    },
}

impl Offer {
    /// The id of the offer, unique within its product.
    pub fn id(&self) -> &OfferId {
        match self {
            Self::Purchase { id, .. } | Self::Rental(RentalOffer { id, .. }) | Self::Trial { id, .. } => id,
        }
    }

    /// What taking the offer once costs, in tokens.
    pub fn price(&self) -> Tokens {
        match self {
            Self::Purchase { price, .. } | Self::Rental(RentalOffer { price, .. }) => *price,
            Self::Trial { .. } => Tokens::ZERO,
        }
    }
}

/// A rental: what it adds, what it costs, and how much of that counts toward ownership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct RentalOffer {
    /// The id of the offer, unique within its product.
    pub id: OfferId,
    /// The price of each payment, in tokens.
    pub price: Tokens,
    /// What each payment adds.
    pub allowance: Allowance,
    /// The part of each payment, in thousandths (0 to 1000), that is credited toward ownership.
    #[serde(default)]
    pub credit_permille: u16,
    /// What may be done with the rental besides extending and converting it.
    #[serde(flatten)]
    pub rules: RentalRules,
}

/// What a rental allows besides running, extending and converting. Nothing of it unless the offer says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct RentalRules {
    /// Seconds for which the program still runs after the time is over. An extension counts from the end, not from its payment.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "ts", ts(type = "number", optional))]
    pub grace_seconds: i64,
    /// The part of what is unused, in thousandths (0 to 1000), that ending early gives back.
    #[serde(default, skip_serializing_if = "is_nothing")]
    #[cfg_attr(feature = "ts", ts(type = "number", optional))]
    pub refund_permille: u16,
    /// How the rental may be paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<PauseRule>,
    /// Seconds after which a computer needs a fresh code, so that a change reaches it. `None`: as long as it was paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub lease_seconds: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_nothing(permille: &u16) -> bool {
    *permille == 0
}

/// How a rental by time may be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct PauseRule {
    /// How often.
    pub max_pauses: u16,
    /// How long each time, in seconds; the rental then goes on by itself.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub max_seconds: i64,
}

impl RentalRules {
    /// The longest grace period, in seconds: 90 days.
    pub const MAX_GRACE_SECONDS: i64 = 90 * 86_400;

    fn contradiction(&self) -> Option<&'static str> {
        if !(0..=Self::MAX_GRACE_SECONDS).contains(&self.grace_seconds) {
            return Some("a grace period has 0 seconds to 90 days");
        }
        if self.refund_permille > 1000 {
            return Some("refund_permille is at most 1000");
        }
        if self
            .pause
            .is_some_and(|pause| pause.max_pauses == 0 || !(60..=Allowance::MAX_SECONDS).contains(&pause.max_seconds))
        {
            return Some("a pause is allowed at least once, and for 1 minute to 10 years");
        }
        if self
            .lease_seconds
            .is_some_and(|lease| !(60..=Allowance::MAX_SECONDS).contains(&lease))
        {
            return Some("a lease has 1 minute to 10 years");
        }
        None
    }
}

/// What holds for every license of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(default)]
pub struct Policy {
    /// How many computers one license runs on at the same time.
    pub seats: u16,
    /// How many more computers may borrow it for a while each, as teams do.
    pub floating_seats: u16,
    /// Whether a license may be given to another account.
    pub transferable: bool,
    /// The product, an earlier major version, whose license can be turned into one of this with its equity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_from: Option<ProductId>,
}

impl Policy {
    /// The most seats of either kind.
    pub const MAX_SEATS: u16 = 10_000;

    /// Checks the policy of `product`.
    pub fn check(&self, product: &ProductId) -> Result<(), Error> {
        let invalid = |why| {
            Err(Error::PolicyInvalid {
                product: product.clone(),
                why,
            })
        };
        if self.seats == 0 || self.seats > Self::MAX_SEATS || self.floating_seats > Self::MAX_SEATS {
            return invalid("a license has 1 to 10,000 seats, and 10,000 floating ones at most");
        }
        if self.upgrade_from.as_ref() == Some(product) {
            return invalid("a product is no upgrade of itself");
        }
        Ok(())
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            seats: 3,
            floating_seats: 0,
            transferable: false,
            upgrade_from: None,
        }
    }
}

/// How a product is sold: its offers, and what holds for all its licenses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// What it costs.
    pub offers: Offers,
    /// What its licenses allow.
    #[serde(default)]
    pub policy: Policy,
}

/// All offers of one product: at most one purchase, ids unique.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(try_from = "Vec<Offer>", into = "Vec<Offer>")]
pub struct Offers(Vec<Offer>);

impl Offers {
    /// The most offers that one product can have.
    pub const MAX: usize = 32;

    /// Checks the offers of one product.
    pub fn new(offers: Vec<Offer>) -> Result<Self, Error> {
        let invalid = |offer: &Offer, why| {
            Err(Error::OfferInvalid {
                offer: offer.id().to_string(),
                why,
            })
        };
        let mut ids = BTreeSet::new();
        let (mut purchases, mut trials) = (0, 0);
        for (at, offer) in offers.iter().enumerate() {
            if at >= Self::MAX {
                return invalid(offer, "a product has 32 offers at most");
            }
            if !ids.insert(offer.id().as_str()) {
                return invalid(offer, "another offer of the product has the same id");
            }
            match offer {
                Offer::Purchase { .. } => purchases += 1,
                Offer::Rental(rental) if rental.price.is_zero() => {
                    return invalid(offer, "a rental costs at least 1 token");
                }
                Offer::Rental(rental) if rental.credit_permille > 1000 => {
                    return invalid(offer, "credit_permille is at most 1000");
                }
                Offer::Rental(rental) if !rental.allowance.is_valid() => {
                    return invalid(offer, "a rental adds 1 minute to 10 years, or 1 to 1,000,000,000 units");
                }
                Offer::Rental(rental) => {
                    if let Some(why) = rental.rules.contradiction() {
                        return invalid(offer, why);
                    }
                }
                Offer::Trial { allowance, .. } if !allowance.is_valid() => {
                    return invalid(offer, "a trial lasts 1 minute to 10 years, or 1 to 1,000,000,000 units");
                }
                Offer::Trial { .. } => trials += 1,
            }
            if trials > 1 {
                return invalid(offer, "a product has one trial at most");
            }
            if purchases > 1 {
                return invalid(offer, "a product has one purchase offer at most");
            }
        }
        Ok(Self(offers))
    }

    /// All offers, in the order of the listing.
    pub fn as_slice(&self) -> &[Offer] {
        &self.0
    }

    /// The price of buying, where the product can be bought.
    pub fn purchase_price(&self) -> Option<Tokens> {
        self.0.iter().find_map(|offer| match offer {
            Offer::Purchase { price, .. } => Some(*price),
            Offer::Rental(_) | Offer::Trial { .. } => None,
        })
    }

    /// All rentals, in the order of the listing.
    pub fn rentals(&self) -> impl Iterator<Item = &RentalOffer> {
        self.0.iter().filter_map(|offer| match offer {
            Offer::Rental(rental) => Some(rental),
            Offer::Purchase { .. } | Offer::Trial { .. } => None,
        })
    }

    /// The trial, where there is one.
    pub fn trial(&self) -> Option<(&OfferId, Allowance)> {
        self.0.iter().find_map(|offer| match offer {
            Offer::Trial { id, allowance } => Some((id, *allowance)),
            Offer::Purchase { .. } | Offer::Rental(_) => None,
        })
    }
}

impl TryFrom<Vec<Offer>> for Offers {
    type Error = Error;

    fn try_from(offers: Vec<Offer>) -> Result<Self, Error> {
        Self::new(offers)
    }
}

impl From<Offers> for Vec<Offer> {
    fn from(offers: Offers) -> Self {
        offers.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictory_offers_are_refused() {
        let rental = |id: &str, price, permille, seconds| {
            Offer::Rental(RentalOffer {
                id: id.parse().unwrap(),
                price: Tokens::new(price).unwrap(),
                allowance: Allowance::Duration { seconds },
                credit_permille: permille,
                rules: RentalRules::default(),
            })
        };
        assert!(Offers::new(vec![rental("a", 1, 1000, 60)]).is_ok());
        for bad in [rental("a", 0, 0, 60), rental("a", 1, 1001, 60), rental("a", 1, 0, 59)] {
            assert!(Offers::new(vec![bad]).is_err());
        }
        assert!(Offers::new(vec![rental("a", 1, 0, 60), rental("a", 2, 0, 60)]).is_err());
        assert!(Offers::new((0..33).map(|n| rental(&format!("r{n}"), 1, 0, 60)).collect()).is_err());
    }
}
