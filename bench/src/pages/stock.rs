//! What the made-up vendor sells, and what a customer does next with it.

use anyhow::Result;
use scrip_domain::{Allowance, Intent, Item, Offer, Offers, Policy, ProductId, RentalOffer, RentalRules, Tokens};
use scrip_store::ProductListing;

use crate::numbers::Numbers;

/// Products of the vendor.
pub(super) const PRODUCTS: usize = 400;
/// Computers that one license may be on.
const SEATS: u16 = 3;
const CATEGORIES: [&str; 5] = ["AudioVideo", "Development", "Game", "Graphics", "Office"];

/// The name of a rental, what it allows, its price, and which part of it counts toward owning.
struct Rental {
    id: &'static str,
    allowance: Allowance,
    price: i64,
    credit_permille: u16,
}

/// The purchase price of a product, in tokens.
fn price(product: usize) -> i64 {
    60 + i64::try_from(product % 9).unwrap_or(0) * 40
}

fn rentals(product: usize) -> [Rental; 3] {
    let credit = |of: usize, permille| if product.is_multiple_of(of) { permille } else { 0 };
    [
        Rental {
            id: "month",
            allowance: Allowance::Duration { seconds: 30 * 86_400 },
            price: 10 + i64::try_from(product % 5).unwrap_or(0) * 4,
            credit_permille: credit(3, 300),
        },
        Rental {
            id: "uses",
            allowance: Allowance::Uses { count: 200 },
            price: 6,
            credit_permille: 0,
        },
        Rental {
            id: "work",
            allowance: Allowance::Processings { count: 1000 },
            price: 8,
            credit_permille: credit(4, 500),
        },
    ]
}

pub(super) fn product_id(product: usize) -> Result<ProductId> {
    Ok(format!("org.example.made.Product{product:03}").parse()?)
}

/// Everything that is for sale.
pub(super) fn listings(numbers: &mut Numbers) -> Result<Vec<ProductListing>> {
    (0..PRODUCTS).map(|product| listing(product, numbers)).collect()
}

fn listing(product: usize, numbers: &mut Numbers) -> Result<ProductListing> {
    let id = product_id(product)?;
    let mut offers = vec![Offer::Purchase {
        id: "purchase".parse()?,
        price: Tokens::new(price(product))?,
    }];
    for rental in rentals(product) {
        offers.push(Offer::Rental(RentalOffer {
            id: rental.id.parse()?,
            price: Tokens::new(rental.price)?,
            allowance: rental.allowance,
            credit_permille: rental.credit_permille,
            rules: RentalRules::default(),
        }));
    }
    Ok(ProductListing {
        name: numbers.words(2),
        summary: numbers.words(6),
        developer: numbers.words(2),
        keywords: vec![numbers.words(1)],
        categories: vec![CATEGORIES[product % CATEGORIES.len()].to_owned()],
        offers: Offers::new(offers)?,
        policy: Policy {
            seats: SEATS,
            ..Policy::default()
        },
        entry: format!("{{\"id\":\"{id}\"}}"),
        detail: "{}".to_owned(),
        id,
    })
}

/// A license as its holder remembers it.
#[derive(Clone, Copy)]
struct Held {
    product: usize,
    rental: usize,
    /// What counts toward owning, in tokens.
    equity: i64,
    /// Neither extended nor converted any more: owned, or taken back.
    is_settled: bool,
}

/// What a customer has.
#[derive(Default)]
pub(super) struct Shelf(Vec<Held>);

/// What a customer wants to pay for.
pub(super) struct Wish {
    pub(super) item: Item,
    /// What it costs, in tokens.
    pub(super) cost: i64,
    held: Held,
    at: Option<usize>,
}

impl Shelf {
    /// What the holder of it does next: more of what is there, or one of the products that are not, up to about `most`.
    pub(super) fn next(&self, most: usize, numbers: &mut Numbers) -> Result<Wish> {
        let open: Vec<usize> = (0..self.0.len()).filter(|at| !self.0[*at].is_settled).collect();
        if open.is_empty() || (self.0.len() < most && numbers.below(4) == 0) {
            return self.begin(numbers);
        }
        let at = open[numbers.one_of(open.len())];
        let held = self.0[at];
        if numbers.below(40) == 0 {
            return own(held, Some(at), Intent::Convert);
        }
        rent(held, Some(at), Intent::Extend)
    }

    fn begin(&self, numbers: &mut Numbers) -> Result<Wish> {
        let mut product = numbers.one_of(PRODUCTS);
        while self.0.len() < PRODUCTS && self.0.iter().any(|held| held.product == product) {
            product = (product + 1) % PRODUCTS;
        }
        let held = Held {
            product,
            rental: numbers.one_of(3),
            equity: 0,
            is_settled: false,
        };
        if numbers.below(5) == 0 {
            own(held, None, Intent::Buy)
        } else {
            rent(held, None, Intent::Rent)
        }
    }

    /// Remembers what was paid for. Answers whether a license began with it.
    pub(super) fn keep(&mut self, wish: &Wish) -> bool {
        if let Some(at) = wish.at {
            self.0[at] = wish.held;
            false
        } else {
            self.0.push(wish.held);
            true
        }
    }

    /// The license of a product was taken back.
    pub(super) fn give_back(&mut self, product: &ProductId) {
        for held in &mut self.0 {
            if product_id(held.product).is_ok_and(|id| id == *product) {
                held.is_settled = true;
            }
        }
    }
}

fn own(held: Held, at: Option<usize>, intent: Intent) -> Result<Wish> {
    Ok(Wish {
        item: item(held, intent, None)?,
        cost: price(held.product) - held.equity,
        held: Held {
            is_settled: true,
            ..held
        },
        at,
    })
}

/// One more payment of a rental; the last one toward owning is no more than what is missing.
fn rent(held: Held, at: Option<usize>, intent: Intent) -> Result<Wish> {
    let rental = &rentals(held.product)[held.rental];
    let missing = price(held.product) - held.equity;
    if rental.credit_permille > 0 && missing <= rental.price {
        return Ok(Wish {
            item: item(held, intent, Some(rental.id))?,
            ..own(held, at, intent)?
        });
    }
    Ok(Wish {
        item: item(held, intent, Some(rental.id))?,
        cost: rental.price,
        held: Held {
            equity: held.equity + rental.price * i64::from(rental.credit_permille) / 1000,
            ..held
        },
        at,
    })
}

fn item(held: Held, intent: Intent, offer: Option<&str>) -> Result<Item> {
    Ok(Item {
        product: product_id(held.product)?,
        intent,
        offer: offer.map(str::parse).transpose()?,
    })
}
