//! The one way tokens are spent: quote a list of items, then settle it whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::license::{Paid, find_rental};
use crate::{
    Error, License, LicenseId, LicenseKind, OfferId, Offers, ProductId, Quote, QuoteLine, Sale, Timestamp, Tokens,
    UserId,
};

/// The most lines of one checkout.
pub const MAX_LINES: usize = 100;

/// What a person wants to do with a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Own it. On a rented product this is a conversion, so that equity is never lost.
    Buy,
    /// Begin a rental, or renew one that has run out.
    Rent,
    /// Add to a rental at its frozen price.
    Extend,
    /// Turn a rental into ownership.
    Convert,
    /// Turn the license of an earlier major version into one of this product, with its equity.
    Upgrade,
}

/// One line of a cart or checkout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Item {
    /// The product.
    pub product: ProductId,
    /// What to do with it.
    pub intent: Intent,
    /// The rental offer: needed to rent; for an extension the last one is repeated where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
}

/// What a checkout is decided on: one person's wallet, their licenses and today's offers of the products concerned.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The person.
    pub user: UserId,
    /// What the wallet holds.
    pub balance: Tokens,
    /// The person's licenses, at least those of the products in the cart and of those that these upgrade from.
    pub licenses: BTreeMap<ProductId, License>,
    /// How the products in the cart are sold; a product that is absent is not for sale.
    pub sales: BTreeMap<ProductId, Sale>,
}

/// A checkout that can be paid: what it costs and every license as it will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The lines and the total.
    pub quote: Quote,
    /// What the wallet holds afterwards.
    pub balance: Tokens,
    /// The licenses that begin or change, in the order of the lines.
    pub licenses: Vec<License>,
}

/// What `items` would cost at `now`.
pub fn quote(items: &[Item], holdings: &Holdings, now: Timestamp) -> Result<Quote, Error> {
    // A quote shows no id of a license, so that the nil id serves.
    plan(items, holdings, now, &mut || LicenseId(uuid::Uuid::nil())).map(|(quote, _)| quote)
}

/// Decides a checkout: all lines, at exactly `expected_total`, covered by the wallet — or an error and no change.
///
/// `new_id` gives the ids of licenses that begin.
pub fn settle(
    items: &[Item],
    expected_total: Tokens,
    holdings: &Holdings,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> LicenseId,
) -> Result<Settlement, Error> {
    let (quote, licenses) = plan(items, holdings, now, new_id)?;
    if quote.total != expected_total {
        return Err(Error::PriceChanged {
            expected: expected_total,
            current: quote.total,
        });
    }
    let Some(balance) = holdings.balance.checked_sub(quote.total) else {
        return Err(Error::WalletInsufficient {
            total: quote.total,
            balance: holdings.balance,
            missing: quote.missing,
        });
    };
    Ok(Settlement {
        quote,
        balance,
        licenses,
    })
}

fn plan(
    items: &[Item],
    holdings: &Holdings,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> LicenseId,
) -> Result<(Quote, Vec<License>), Error> {
    if items.is_empty() {
        return Err(Error::CartEmpty);
    }
    if items.len() > MAX_LINES {
        return Err(Error::CartTooLarge { lines: items.len() });
    }
    let mut seen = BTreeSet::new();
    let mut total = Tokens::ZERO;
    let (mut lines, mut licenses) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
    for item in items {
        if !seen.insert(&item.product) {
            return Err(Error::CartDuplicateProduct {
                product: item.product.clone(),
            });
        }
        let (line, license) = plan_line(item, holdings, now, new_id)?;
        total = total.checked_add(line.charge)?;
        lines.push(line);
        licenses.push(license);
    }
    let missing = total.saturating_sub(holdings.balance);
    Ok((
        Quote {
            lines,
            total,
            balance: holdings.balance,
            missing,
        },
        licenses,
    ))
}

fn plan_line(
    item: &Item,
    holdings: &Holdings,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> LicenseId,
) -> Result<(QuoteLine, License), Error> {
    let product = &item.product;
    let sale = holdings.sales.get(product);
    let held = holdings.licenses.get(product);
    // A trial that is paid for begins anew, at today's terms.
    let afresh = match (held, sale) {
        (Some(trial), Some(sale)) if trial.tenure.trial => Some(trial.begin_again(sale, now)?),
        _ => None,
    };
    let held = afresh.as_ref().or(held);
    let rented = held.filter(|license| license.kind == LicenseKind::Rental);
    let (intent, offer, list_price, paid) = match item.intent {
        Intent::Upgrade => {
            let (license, paid) = upgrade(item, holdings, now)?;
            let list_price = license.terms.offers.purchase_price().unwrap_or(paid.charge);
            (Intent::Upgrade, None, list_price, paid)
        }
        Intent::Buy | Intent::Convert if rented.is_some() => {
            let license = held.ok_or_else(|| Error::LicenseNotFound {
                product: product.clone(),
            })?;
            let paid = license.own()?;
            (
                Intent::Convert,
                None,
                license.terms.offers.purchase_price().unwrap_or(paid.charge),
                paid,
            )
        }
        Intent::Buy => {
            let license = begin_or_refuse(held, item, holdings, now, new_id)?;
            let paid = license.own().map_err(|_| Error::OfferNotFound {
                product: product.clone(),
                offer: "purchase".to_owned(),
                available: license.terms.offers.rentals().map(|rental| rental.id.clone()).collect(),
            })?;
            let offer = license
                .terms
                .offers
                .as_slice()
                .iter()
                .find(|offer| matches!(offer, crate::Offer::Purchase { .. }));
            (Intent::Buy, offer.map(|offer| offer.id().clone()), paid.charge, paid)
        }
        Intent::Rent => {
            let offer = wanted_offer(
                item,
                None,
                held.map(|l| &l.terms.offers).or(sale.map(|sale| &sale.offers)),
            )?;
            let license = match rented {
                Some(license) if license.allows(now) && license.remaining.kind().is_some() => {
                    return Err(Error::LicenseAlreadyActive {
                        product: product.clone(),
                    });
                }
                Some(license) => license.clone(),
                None => begin_or_refuse(held, item, holdings, now, new_id)?,
            };
            let price = find_rental(&license.terms.offers, product, &offer)?.price;
            (Intent::Rent, Some(offer.clone()), price, license.pay_rent(&offer, now)?)
        }
        Intent::Extend => {
            let license = held.ok_or_else(|| Error::LicenseNotFound {
                product: product.clone(),
            })?;
            let offer = wanted_offer(item, license.last_offer.as_ref(), Some(&license.terms.offers))?;
            let paid = license.pay_rent(&offer, now)?;
            (
                Intent::Extend,
                Some(offer.clone()),
                find_rental(&license.terms.offers, product, &offer)?.price,
                paid,
            )
        }
        Intent::Convert => match held {
            Some(_) => {
                return Err(Error::LicenseAlreadyOwned {
                    product: product.clone(),
                });
            }
            None => {
                return Err(Error::LicenseNotFound {
                    product: product.clone(),
                });
            }
        },
    };
    let Paid { license, charge } = paid;
    let line = QuoteLine {
        product: product.clone(),
        intent,
        offer,
        list_price,
        charge,
        equity_after: license.equity,
        price_to_reach: license.terms.offers.purchase_price(),
        owned_after: license.kind == LicenseKind::Perpetual,
    };
    Ok((line, license))
}

/// A license that begins at today's offers, where the person holds none for the product.
fn begin_or_refuse(
    held: Option<&License>,
    item: &Item,
    holdings: &Holdings,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> LicenseId,
) -> Result<License, Error> {
    let product = &item.product;
    if held.is_some() {
        return Err(Error::LicenseAlreadyOwned {
            product: product.clone(),
        });
    }
    let sale = holdings.sales.get(product).ok_or_else(|| Error::ProductNotFound {
        product: product.clone(),
    })?;
    Ok(License::begin(new_id(), holdings.user, product.clone(), sale, now))
}

/// The license of the earlier version, and what it becomes.
fn upgrade(item: &Item, holdings: &Holdings, now: Timestamp) -> Result<(License, Paid), Error> {
    let product = &item.product;
    let sale = holdings.sales.get(product).ok_or_else(|| Error::ProductNotFound {
        product: product.clone(),
    })?;
    if holdings.licenses.contains_key(product) {
        return Err(Error::LicenseAlreadyOwned {
            product: product.clone(),
        });
    }
    let earlier = sale.policy.upgrade_from.as_ref().unwrap_or(product);
    let license = holdings.licenses.get(earlier).ok_or_else(|| Error::LicenseNotFound {
        product: earlier.clone(),
    })?;
    let paid = license.upgrade(product, sale, now)?;
    Ok((paid.license.clone(), paid))
}

/// The offer that the item names, else `last`; the error lists what there is.
fn wanted_offer(item: &Item, last: Option<&OfferId>, offers: Option<&Offers>) -> Result<OfferId, Error> {
    let Some(offers) = offers else {
        return Err(Error::ProductNotFound {
            product: item.product.clone(),
        });
    };
    item.offer
        .as_ref()
        .or(last)
        .cloned()
        .ok_or_else(|| Error::OfferNotFound {
            product: item.product.clone(),
            offer: String::new(),
            available: offers.rentals().map(|rental| rental.id.clone()).collect(),
        })
}

#[cfg(test)]
mod tests;
