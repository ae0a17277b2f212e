//! What a product costs: to buy, or to rent by time, by uses or by processings.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, OfferId, Tokens};

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
}

impl Offer {
    /// The id of the offer, unique within its product.
    pub fn id(&self) -> &OfferId {
        match self {
            Self::Purchase { id, .. } | Self::Rental(RentalOffer { id, .. }) => id,
        }
    }

    /// What taking the offer once costs, in tokens.
    pub fn price(&self) -> Tokens {
        match self {
            Self::Purchase { price, .. } | Self::Rental(RentalOffer { price, .. }) => *price,
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
}

/// What one rental payment adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Allowance {
    /// Time.
    Duration {
        /// Seconds, 60 (a minute) to ten years.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        seconds: i64,
    },
    /// Starts of the program.
    Uses {
        /// How many.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        count: u64,
    },
    /// Units of work that the program itself counts.
    Processings {
        /// How many.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        count: u64,
    },
}

/// The unit in which a rental runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AllowanceKind {
    /// By time.
    Duration,
    /// By starts of the program.
    Uses,
    /// By units of work.
    Processings,
}

impl fmt::Display for AllowanceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duration => "time",
            Self::Uses => "uses",
            Self::Processings => "processings",
        })
    }
}

impl Allowance {
    /// Ten years of 365 days: the longest duration that one payment can add.
    pub const MAX_SECONDS: i64 = 10 * 365 * 86_400;
    /// The most uses or processings that one payment can add.
    pub const MAX_COUNT: u64 = 1_000_000_000;

    /// The unit of the allowance.
    pub const fn kind(self) -> AllowanceKind {
        match self {
            Self::Duration { .. } => AllowanceKind::Duration,
            Self::Uses { .. } => AllowanceKind::Uses,
            Self::Processings { .. } => AllowanceKind::Processings,
        }
    }

    fn is_valid(self) -> bool {
        match self {
            Self::Duration { seconds } => (60..=Self::MAX_SECONDS).contains(&seconds),
            Self::Uses { count } | Self::Processings { count } => (1..=Self::MAX_COUNT).contains(&count),
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match *self {
            Self::Duration { seconds } => {
                let scales = [(31_536_000, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute")];
                let whole = scales
                    .into_iter()
                    .find(|(size, _)| seconds % size == 0)
                    .unwrap_or((1, "second"));
                (u64::try_from(seconds / whole.0).unwrap_or(0), whole.1)
            }
            Self::Uses { count } => (count, "use"),
            Self::Processings { count } => (count, "processing"),
        };
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
}

/// Reads a duration of one unit: `30m`, `12h`, `7d`, `2w`, `1y` (365 days). Answers seconds.
pub fn parse_duration(text: &str) -> Option<i64> {
    let unit = text.trim().strip_suffix(|c: char| c.is_ascii_alphabetic())?;
    let scale = match text.trim().as_bytes().last()? {
        b's' => 1,
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        b'w' => 7 * 86_400,
        b'y' => 365 * 86_400,
        _ => return None,
    };
    unit.parse::<u32>().ok().map(|count| i64::from(count) * scale)
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
        let mut purchases = 0;
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
                Offer::Rental(_) => {}
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
            Offer::Rental(_) => None,
        })
    }

    /// All rentals, in the order of the listing.
    pub fn rentals(&self) -> impl Iterator<Item = &RentalOffer> {
        self.0.iter().filter_map(|offer| match offer {
            Offer::Rental(rental) => Some(rental),
            Offer::Purchase { .. } => None,
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
    fn durations_read_in_one_unit() {
        assert_eq!(parse_duration("7d"), Some(604_800));
        assert_eq!(parse_duration("90m"), Some(5_400));
        assert_eq!(parse_duration("1y"), Some(31_536_000));
        for bad in ["", "d", "7", "-1d", "1.5h", "7 d d", "99999999999d", "7é"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn allowances_read_as_people_say_them() {
        assert_eq!(Allowance::Duration { seconds: 604_800 }.to_string(), "7 days");
        assert_eq!(Allowance::Duration { seconds: 5_400 }.to_string(), "90 minutes");
        assert_eq!(Allowance::Uses { count: 1 }.to_string(), "1 use");
    }

    #[test]
    fn contradictory_offers_are_refused() {
        let rental = |id: &str, price, permille, seconds| {
            Offer::Rental(RentalOffer {
                id: id.parse().unwrap(),
                price: Tokens::new(price).unwrap(),
                allowance: Allowance::Duration { seconds },
                credit_permille: permille,
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
