//! The file that prices a catalog: TOML.
//!
//! ```toml
//! [default]
//! purchase = 100
//!
//! [[default.rental]]
//! id = "week"
//! price = 10
//! duration = "7d"           # and, or instead, `uses = N` and `processings = N`: the first that runs out ends the rental
//! credit_permille = 500     # half of each payment counts toward ownership
//! grace = "2d"              # how long the program still runs after the end
//! refund_permille = 900     # the part of what is unused that ending early gives back
//! pauses = 2                # how often it may be paused
//! pause_max = "30d"         # and for how long each time
//! lease = "12h"             # how long a code lasts before a computer needs a fresh one
//!
//! [product."org.gnome.Maps"]
//! purchase = 250
//! trial = { duration = "7d" }
//! seats = 2                 # computers for one license
//! floating_seats = 5        # more that borrow it for a while
//! transferable = true       # a license may be given to another account
//! upgrade_from = "org.gnome.Maps.Classic"
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use scrip_domain::{
    Allowance, Limits, Offer, OfferId, Offers, PauseRule, Policy, ProductId, RentalOffer, RentalRules, Sale, Tokens,
    parse_duration,
};
use serde::Deserialize;
use toml::Spanned;

use crate::catalog::read_text;
use crate::markup::line_at;
use crate::{Error, limits};

/// What each product of a catalog costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PricePolicy {
    default: Sale,
    products: BTreeMap<ProductId, Sale>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    default: Option<Spanned<Section>>,
    #[serde(default)]
    product: BTreeMap<ProductId, Spanned<Section>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    purchase: Option<Tokens>,
    rental: Option<Vec<Spanned<Rental>>>,
    trial: Option<Amount>,
    seats: Option<u16>,
    floating_seats: Option<u16>,
    transferable: Option<bool>,
    upgrade_from: Option<ProductId>,
}

/// How much a payment or a trial adds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    duration: Option<String>,
    uses: Option<u64>,
    processings: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rental {
    id: OfferId,
    price: Tokens,
    duration: Option<String>,
    uses: Option<u64>,
    processings: Option<u64>,
    #[serde(default)]
    credit_permille: u16,
    grace: Option<String>,
    #[serde(default)]
    refund_permille: u16,
    pauses: Option<u16>,
    pause_max: Option<String>,
    lease: Option<String>,
}

impl PricePolicy {
    /// Reads a policy; `path` is for messages. An empty text prices nothing: nothing is for sale.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let invalid = |at: usize, why: String| Error::PricesInvalid {
            path: path.to_owned(),
            line: line_at(text, at),
            why,
        };
        let file: File = toml::from_str(text)
            .map_err(|error| invalid(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
        let nothing = Section::default();
        let default = file.default.as_ref().map_or(&nothing, Spanned::get_ref);
        let at = file.default.as_ref().map_or(0, |section| section.span().start);
        let sale = |id: Option<&ProductId>, own: &Section, inherited: &Section, at: usize, key: String| {
            combine(id, own, inherited).map_err(|(within, why)| invalid(within.unwrap_or(at), format!("{key}: {why}")))
        };
        let mut products = BTreeMap::new();
        for (id, section) in &file.product {
            let key = format!("product.\"{id}\"");
            products.insert(
                id.clone(),
                sale(Some(id), section.get_ref(), default, section.span().start, key)?,
            );
        }
        Ok(Self {
            default: sale(None, default, &nothing, at, "default".to_owned())?,
            products,
        })
    }

    /// Reads the policy in the file at `path`, of at most [`limits::PRICES_BYTES`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(&read_text(path, limits::PRICES_BYTES)?, path)
    }

    /// How `product` is sold: as its own section says, completed by the default's. Without offers where neither prices it.
    pub fn sale_of(&self, product: &ProductId) -> &Sale {
        self.products.get(product).unwrap_or(&self.default)
    }

    /// The products that have a section of their own, so that a caller can tell which are in no catalog.
    pub fn products(&self) -> impl Iterator<Item = &ProductId> {
        self.products.keys()
    }
}

/// What a section says; what it does not name comes from `inherited`. An error comes with its place, where
/// it is narrower than the section.
fn combine(product: Option<&ProductId>, own: &Section, inherited: &Section) -> Result<Sale, (Option<usize>, String)> {
    let wide = |error: scrip_domain::Error| (None, error.to_string());
    let mut offers = Vec::new();
    if let Some(price) = own.purchase.or(inherited.purchase) {
        let id = "purchase".parse().map_err(wide)?;
        offers.push(Offer::Purchase { id, price });
    }
    for rental in own.rental.as_ref().or(inherited.rental.as_ref()).into_iter().flatten() {
        offers.push(Offer::Rental(
            rental_offer(rental.get_ref()).map_err(|why| (Some(rental.span().start), why))?,
        ));
    }
    if let Some(trial) = own.trial.as_ref().or(inherited.trial.as_ref()) {
        let allowance = allowance("trial", trial.duration.as_deref(), trial.uses, trial.processings);
        let id = "trial".parse().map_err(wide)?;
        offers.push(Offer::Trial {
            id,
            allowance: allowance.map_err(|why| (None, why))?,
        });
    }
    let usual = Policy::default();
    let policy = Policy {
        seats: own.seats.or(inherited.seats).unwrap_or(usual.seats),
        floating_seats: own
            .floating_seats
            .or(inherited.floating_seats)
            .unwrap_or(usual.floating_seats),
        transferable: own
            .transferable
            .or(inherited.transferable)
            .unwrap_or(usual.transferable),
        upgrade_from: own.upgrade_from.clone(),
    };
    let anything = "default".parse().map_err(wide)?;
    policy.check(product.unwrap_or(&anything)).map_err(wide)?;
    let offers = Offers::new(offers).map_err(wide)?;
    Ok(Sale { offers, policy })
}

fn rental_offer(rental: &Rental) -> Result<RentalOffer, String> {
    let what = format!("the rental \"{}\"", rental.id);
    let seconds = |key: &str, text: &Option<String>| text.as_deref().map(|text| duration(key, text)).transpose();
    let pause = match (rental.pauses, seconds("pause_max", &rental.pause_max)?) {
        (None, None) => None,
        (Some(max_pauses), Some(max_seconds)) => Some(PauseRule {
            max_pauses,
            max_seconds,
        }),
        _ => return Err(format!("{what} needs both pauses and pause_max, or neither")),
    };
    Ok(RentalOffer {
        id: rental.id.clone(),
        price: rental.price,
        allowance: allowance(&what, rental.duration.as_deref(), rental.uses, rental.processings)?,
        credit_permille: rental.credit_permille,
        rules: RentalRules {
            grace_seconds: seconds("grace", &rental.grace)?.unwrap_or(0),
            refund_permille: rental.refund_permille,
            pause,
            lease_seconds: seconds("lease", &rental.lease)?,
        },
    })
}

fn allowance(what: &str, time: Option<&str>, uses: Option<u64>, processings: Option<u64>) -> Result<Allowance, String> {
    let limits = Limits {
        seconds: time.map(|text| duration("duration", text)).transpose()?,
        uses,
        processings,
    };
    Allowance::of(limits).ok_or_else(|| format!("{what} needs at least one of duration, uses and processings"))
}

fn duration(key: &str, text: &str) -> Result<i64, String> {
    parse_duration(text).ok_or_else(|| {
        format!(
            "{key} = \"{}\": a number and one of s, m, h, d, w, y is expected, as in \"7d\"",
            crate::draft::excerpt(text)
        )
    })
}
