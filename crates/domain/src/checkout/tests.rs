use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Allowance, LicenseState, Offer, Policy, RentalOffer, RentalRules};

const NOW: i64 = 1_750_000_000;

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

fn tokens(amount: i64) -> Tokens {
    Tokens::new(amount).unwrap()
}

fn product() -> ProductId {
    "org.example.Paint".parse().unwrap()
}

fn rental(id: &str, price: i64, allowance: Allowance, credit_permille: u16) -> Offer {
    Offer::Rental(RentalOffer {
        id: id.parse().unwrap(),
        price: tokens(price),
        allowance,
        credit_permille,
        rules: RentalRules::default(),
    })
}

fn offers(purchase: Option<i64>, rent: i64, credit_permille: u16) -> Offers {
    let mut all = vec![
        rental(
            "week",
            rent,
            Allowance::Duration { seconds: 7 * 86_400 },
            credit_permille,
        ),
        rental("ten", rent, Allowance::Uses { count: 10 }, credit_permille),
    ];
    if let Some(price) = purchase {
        all.push(Offer::Purchase {
            id: "purchase".parse().unwrap(),
            price: tokens(price),
        });
    }
    Offers::new(all).unwrap()
}

fn holdings(balance: i64, offers: Offers) -> Holdings {
    Holdings {
        user: UserId(Uuid::nil()),
        balance: tokens(balance),
        licenses: BTreeMap::new(),
        sales: BTreeMap::from([(product(), sale(offers))]),
    }
}

fn sale(offers: Offers) -> Sale {
    Sale {
        offers,
        policy: Policy::default(),
    }
}

fn item(intent: Intent, offer: Option<&str>) -> Item {
    Item {
        product: product(),
        intent,
        offer: offer.map(|id| id.parse().unwrap()),
    }
}

/// Settles one item at its quoted total and keeps what comes of it.
fn pay(holdings: &mut Holdings, item: &Item, at: Timestamp) -> Result<Settlement, Error> {
    let items = std::slice::from_ref(item);
    let total = quote(items, holdings, at)?.total;
    let settlement = settle(items, total, holdings, at, &mut || LicenseId(Uuid::nil()))?;
    holdings.balance = settlement.balance;
    for license in &settlement.licenses {
        holdings.licenses.insert(license.product.clone(), license.clone());
    }
    Ok(settlement)
}

#[test]
fn a_purchase_is_owned_and_cannot_be_bought_twice() {
    let mut holdings = holdings(100, offers(Some(60), 10, 500));
    let settlement = pay(&mut holdings, &item(Intent::Buy, None), now()).unwrap();
    assert_eq!(settlement.licenses[0].state(now()), LicenseState::Owned);
    assert_eq!(holdings.balance, tokens(40));
    for intent in [Intent::Buy, Intent::Convert, Intent::Rent, Intent::Extend] {
        let again = pay(&mut holdings, &item(intent, Some("week")), now());
        assert!(
            matches!(again, Err(Error::LicenseAlreadyOwned { .. })),
            "{intent:?}: {again:?}"
        );
    }
}

#[test]
fn rent_extend_convert_pays_the_price_to_the_token() {
    let mut holdings = holdings(1000, offers(Some(100), 30, 500));
    pay(&mut holdings, &item(Intent::Rent, Some("week")), now()).unwrap();
    pay(&mut holdings, &item(Intent::Extend, None), now()).unwrap();
    let license = &holdings.licenses[&product()];
    assert_eq!(license.remaining.ends_at, Some(now().plus_seconds(14 * 86_400)));
    assert_eq!(license.equity, tokens(30));
    let conversion = pay(&mut holdings, &item(Intent::Convert, None), now()).unwrap();
    assert_eq!(conversion.quote.total, tokens(70));
    assert_eq!(holdings.licenses[&product()].equity, tokens(100));
    assert_eq!(holdings.balance, tokens(1000 - 60 - 70));
}

#[test]
fn buying_what_is_rented_is_a_conversion() {
    let mut holdings = holdings(1000, offers(Some(100), 30, 1000));
    pay(&mut holdings, &item(Intent::Rent, Some("week")), now()).unwrap();
    let bought = pay(&mut holdings, &item(Intent::Buy, None), now()).unwrap();
    assert_eq!(bought.quote.lines[0].intent, Intent::Convert);
    assert_eq!(bought.quote.total, tokens(70));
}

#[test]
fn the_last_payment_is_capped_and_owns() {
    let mut holdings = holdings(1000, offers(Some(100), 30, 1000));
    pay(&mut holdings, &item(Intent::Rent, Some("week")), now()).unwrap();
    pay(&mut holdings, &item(Intent::Extend, None), now()).unwrap();
    pay(&mut holdings, &item(Intent::Extend, None), now()).unwrap();
    let last = pay(&mut holdings, &item(Intent::Extend, None), now()).unwrap();
    assert_eq!(last.quote.total, tokens(10));
    assert!(last.quote.lines[0].owned_after);
    assert_eq!(holdings.balance, tokens(900));
}

#[test]
fn prices_frozen_at_the_first_rental_hold_when_the_catalog_changes() {
    let mut holdings = holdings(1000, offers(Some(100), 30, 500));
    pay(&mut holdings, &item(Intent::Rent, Some("week")), now()).unwrap();
    holdings.sales.insert(product(), sale(offers(Some(900), 300, 0)));
    let extension = pay(&mut holdings, &item(Intent::Extend, None), now()).unwrap();
    assert_eq!(extension.quote.total, tokens(30));
    holdings.sales.clear();
    let conversion = pay(&mut holdings, &item(Intent::Convert, None), now()).unwrap();
    assert_eq!(conversion.quote.total, tokens(70));
}

#[test]
fn equity_survives_expiry_and_a_renewal_starts_now() {
    let mut holdings = holdings(1000, offers(Some(100), 30, 500));
    pay(&mut holdings, &item(Intent::Rent, Some("week")), now()).unwrap();
    assert!(matches!(
        pay(&mut holdings, &item(Intent::Rent, Some("week")), now()),
        Err(Error::LicenseAlreadyActive { .. })
    ));
    let later = now().plus_seconds(30 * 86_400);
    assert_eq!(holdings.licenses[&product()].state(later), LicenseState::Expired);
    pay(&mut holdings, &item(Intent::Rent, Some("week")), later).unwrap();
    let license = &holdings.licenses[&product()];
    assert_eq!(license.remaining.ends_at, Some(later.plus_seconds(7 * 86_400)));
    assert_eq!(license.equity, tokens(30));
}

#[test]
fn another_unit_cannot_extend_a_running_rental() {
    let mut holdings = holdings(1000, offers(Some(100), 30, 500));
    pay(&mut holdings, &item(Intent::Rent, Some("ten")), now()).unwrap();
    let refused = pay(&mut holdings, &item(Intent::Extend, Some("week")), now());
    assert!(
        matches!(refused, Err(Error::LicenseOfferMismatch { .. })),
        "{refused:?}"
    );
    pay(&mut holdings, &item(Intent::Extend, None), now()).unwrap();
    assert_eq!(holdings.licenses[&product()].remaining.uses, Some(20));
}

#[test]
fn what_cannot_be_bought_is_refused_with_what_can() {
    let mut holdings = holdings(1000, offers(None, 30, 500));
    let refused = pay(&mut holdings, &item(Intent::Buy, None), now());
    assert!(
        matches!(&refused, Err(Error::OfferNotFound { available, .. }) if available.len() == 2),
        "{refused:?}"
    );
    let refused = pay(&mut holdings, &item(Intent::Rent, Some("decade")), now());
    assert!(matches!(refused, Err(Error::OfferNotFound { .. })));
    pay(&mut holdings, &item(Intent::Rent, Some("week")), now()).unwrap();
    let refused = pay(&mut holdings, &item(Intent::Convert, None), now());
    assert!(matches!(refused, Err(Error::LicenseNotConvertible { .. })));
    let unknown = Item {
        product: "org.example.Nothing".parse().unwrap(),
        intent: Intent::Buy,
        offer: None,
    };
    assert!(matches!(
        pay(&mut holdings, &unknown, now()),
        Err(Error::ProductNotFound { .. })
    ));
    let nothing = pay(
        &mut holdings,
        &Item {
            intent: Intent::Extend,
            ..unknown
        },
        now(),
    );
    assert!(matches!(nothing, Err(Error::LicenseNotFound { .. })));
}

#[test]
fn a_checkout_is_whole_or_nothing() {
    let held = holdings(50, offers(Some(60), 10, 500));
    let items = [item(Intent::Buy, None)];
    let mut id = || LicenseId(Uuid::nil());
    let short = settle(&items, tokens(60), &held, now(), &mut id);
    assert_eq!(
        short,
        Err(Error::WalletInsufficient {
            total: tokens(60),
            balance: tokens(50),
            missing: tokens(10)
        })
    );
    let stale = settle(&items, tokens(59), &held, now(), &mut id);
    assert_eq!(
        stale,
        Err(Error::PriceChanged {
            expected: tokens(59),
            current: tokens(60)
        })
    );
    assert_eq!(settle(&[], Tokens::ZERO, &held, now(), &mut id), Err(Error::CartEmpty));
    let twice = [item(Intent::Buy, None), item(Intent::Rent, Some("week"))];
    assert!(matches!(
        quote(&twice, &held, now()),
        Err(Error::CartDuplicateProduct { .. })
    ));
}

proptest! {
    /// Whatever a person does in whatever order: tokens are conserved, equity never exceeds the frozen
    /// price, the end of a rental never moves back, and ownership is reached exactly at the price.
    #[test]
    fn lives_of_a_license_hold_the_rules(
        price in 1i64..500,
        rent in 1i64..200,
        permille in 0u16..=1000,
        steps in prop::collection::vec((0u8..4, 0i64..20 * 86_400), 1..40),
    ) {
        let start = tokens(1_000_000);
        let mut held = holdings(start.get(), offers(Some(price), rent, permille));
        let mut at = now();
        let mut spent = Tokens::ZERO;
        for (step, wait) in steps {
            at = at.plus_seconds(wait);
            let before = held.licenses.get(&product()).cloned();
            let wanted = match step {
                0 => item(Intent::Buy, None),
                1 => item(Intent::Rent, Some("week")),
                2 => item(Intent::Extend, None),
                _ => item(Intent::Convert, None),
            };
            if let Ok(settlement) = pay(&mut held, &wanted, at) {
                spent = spent.checked_add(settlement.quote.total).unwrap();
                let license = &held.licenses[&product()];
                prop_assert!(license.equity <= tokens(price));
                prop_assert_eq!(license.kind == LicenseKind::Perpetual, license.equity == tokens(price));
                prop_assert!(settlement.quote.lines[0].charge <= tokens(price.max(rent)));
                if let Some(before) = before {
                    prop_assert!(license.equity >= before.equity);
                    prop_assert_eq!(license.revision, before.revision + 1);
                    prop_assert_eq!(&license.terms, &before.terms);
                    if license.kind == LicenseKind::Rental {
                        prop_assert!(license.remaining.ends_at >= before.remaining.ends_at);
                    }
                }
            }
            prop_assert_eq!(held.balance.checked_add(spent).unwrap(), start);
        }
    }
}
