//! The file that prices a catalog: TOML.
//!
//! ```toml
//! [default]
//! purchase = 100
//!
//! [[default.rental]]
//! id = "week"
//! price = 10
//! duration = "7d"           # or `uses = N`, or `processings = N`
//! credit_permille = 500     # half of each payment counts toward ownership
//!
//! [product."org.gnome.Maps"]
//! purchase = 250
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use scrip_domain::{Allowance, Offer, OfferId, Offers, ProductId, RentalOffer, Tokens, parse_duration};
use serde::Deserialize;
use toml::Spanned;

use crate::catalog::read_text;
use crate::markup::line_at;
use crate::{Error, limits};

/// What each product of a catalog costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PricePolicy {
    default: Offers,
    products: BTreeMap<ProductId, Offers>,
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
        let offers = |own: &Section, inherited: &Section, at: usize, key: String| {
            combine(own, inherited).map_err(|(within, why)| invalid(within.unwrap_or(at), format!("{key}: {why}")))
        };
        let mut products = BTreeMap::new();
        for (id, section) in &file.product {
            let key = format!("product.\"{id}\"");
            products.insert(
                id.clone(),
                offers(section.get_ref(), default, section.span().start, key)?,
            );
        }
        Ok(Self {
            default: offers(default, &nothing, at, "default".to_owned())?,
            products,
        })
    }

    /// Reads the policy in the file at `path`, of at most [`limits::PRICES_BYTES`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::parse(&read_text(path, limits::PRICES_BYTES)?, path)
    }

    /// The offers of `product`: its own section's, completed by the default's. None where neither prices it.
    pub fn offers_for(&self, product: &ProductId) -> &Offers {
        self.products.get(product).unwrap_or(&self.default)
    }

    /// The products that have a section of their own, so that a caller can tell which are in no catalog.
    pub fn products(&self) -> impl Iterator<Item = &ProductId> {
        self.products.keys()
    }
}

/// The offers of a section; what it does not name comes from `inherited`. An error comes with its place, where
/// it is narrower than the section.
fn combine(own: &Section, inherited: &Section) -> Result<Offers, (Option<usize>, String)> {
    let mut offers = Vec::new();
    if let Some(price) = own.purchase.or(inherited.purchase) {
        let id = "purchase"
            .parse()
            .map_err(|error: scrip_domain::Error| (None, error.to_string()))?;
        offers.push(Offer::Purchase { id, price });
    }
    for rental in own.rental.as_ref().or(inherited.rental.as_ref()).into_iter().flatten() {
        offers.push(Offer::Rental(
            rental_offer(rental.get_ref()).map_err(|why| (Some(rental.span().start), why))?,
        ));
    }
    Offers::new(offers).map_err(|error| (None, error.to_string()))
}

fn rental_offer(rental: &Rental) -> Result<RentalOffer, String> {
    let allowance = match (&rental.duration, rental.uses, rental.processings) {
        (Some(text), None, None) => {
            let seconds = parse_duration(text).ok_or_else(|| {
                format!(
                    "duration = \"{}\": a number and one of s, m, h, d, w, y is expected, as in \"7d\"",
                    crate::draft::excerpt(text)
                )
            })?;
            Allowance::Duration { seconds }
        }
        (None, Some(count), None) => Allowance::Uses { count },
        (None, None, Some(count)) => Allowance::Processings { count },
        _ => {
            return Err(format!(
                "the rental \"{}\" needs exactly one of duration, uses and processings",
                rental.id
            ));
        }
    };
    Ok(RentalOffer {
        id: rental.id.clone(),
        price: rental.price,
        allowance,
        credit_permille: rental.credit_permille,
    })
}
