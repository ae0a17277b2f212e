use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    Allowance, Holdings, Item, LicenseId, Offer, Offers, Policy, ProductId, RentalOffer, RentalRules, Sale, UserId,
    settle,
};

const DAY: i64 = 86_400;

fn at(day: i64) -> Timestamp {
    Timestamp::from_seconds(1_750_000_000 + day * DAY)
}

fn tokens(amount: i64) -> Tokens {
    Tokens::new(amount).unwrap()
}

fn paint() -> ProductId {
    "org.example.Paint".parse().unwrap()
}

fn rental(id: &str, price: i64, limits: Limits) -> Offer {
    Offer::Rental(RentalOffer {
        id: id.parse().unwrap(),
        price: tokens(price),
        allowance: Allowance::of(limits).unwrap(),
        credit_permille: 500,
        rules: RentalRules::default(),
    })
}

fn sale() -> Sale {
    let days = Limits {
        seconds: Some(30 * DAY),
        ..Limits::default()
    };
    let uses = Limits {
        uses: Some(100),
        ..Limits::default()
    };
    let both = Limits {
        uses: Some(100),
        ..days
    };
    let purchase = Offer::Purchase {
        id: "purchase".parse().unwrap(),
        price: tokens(100),
    };
    let offers = vec![
        purchase,
        rental("month", 20, days),
        rental("uses", 20, uses),
        rental("both", 20, both),
    ];
    Sale {
        offers: Offers::new(offers).unwrap(),
        policy: Policy::default(),
    }
}

/// Pays, and answers the line and the license.
fn pay(license: Option<License>, intent: Intent, offer: Option<&str>, now: Timestamp) -> Option<(QuoteLine, License)> {
    let item = Item {
        product: paint(),
        intent,
        offer: offer.map(|offer| offer.parse().unwrap()),
    };
    let holdings = Holdings {
        user: UserId(Uuid::nil()),
        balance: tokens(1_000_000),
        licenses: license
            .map(|license| (paint(), license))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
        sales: BTreeMap::from([(paint(), sale())]),
    };
    let quoted = crate::quote(std::slice::from_ref(&item), &holdings, now).ok()?;
    let settled = settle(&[item], quoted.total, &holdings, now, &mut || LicenseId(Uuid::nil())).ok()?;
    Some((settled.quote.lines[0].clone(), settled.licenses[0].clone()))
}

fn take(license: &License, line: &QuoteLine, now: Timestamp) -> LineRefund {
    license.take_back(line, OrderRefundPolicy::default(), now).unwrap()
}

#[test]
fn a_purchase_comes_back_whole_and_is_over() {
    let (line, owned) = pay(None, Intent::Buy, None, at(0)).unwrap();
    let back = take(&owned, &line, at(3));
    assert_eq!(
        (back.tokens, back.license.equity, back.license.tenure.paid),
        (tokens(100), tokens(0), tokens(0))
    );
    assert_eq!(back.license.state(at(3)), LicenseState::Expired);
    assert!(
        back.license
            .take_back(&line, OrderRefundPolicy::default(), at(3))
            .is_err()
    );
    let half = OrderRefundPolicy {
        purchase_permille: 500,
        ..OrderRefundPolicy::default()
    };
    assert_eq!(owned.take_back(&line, half, at(3)).unwrap().tokens, tokens(50));
    // What came back can be bought again, at the whole price.
    let (again, bought) = pay(Some(back.license), Intent::Buy, None, at(4)).unwrap();
    assert_eq!((again.charge, bought.state(at(4))), (tokens(100), LicenseState::Owned));
}

#[test]
fn a_conversion_comes_back_to_the_equity_before_it() {
    let (_, rented) = pay(None, Intent::Rent, Some("month"), at(0)).unwrap();
    let (line, owned) = pay(Some(rented), Intent::Convert, None, at(1)).unwrap();
    assert_eq!(line.charge, tokens(90));
    let back = take(&owned, &line, at(2));
    assert_eq!(
        (back.tokens, back.license.equity, back.license.tenure.paid),
        (tokens(90), tokens(10), tokens(20))
    );
}

#[test]
fn of_a_rental_the_unused_part_comes_back() {
    let (line, rented) = pay(None, Intent::Rent, Some("month"), at(0)).unwrap();
    let back = take(&rented, &line, at(15));
    assert_eq!((back.tokens, back.license.equity), (tokens(10), tokens(5)));
    assert_eq!(back.license.state(at(15)), LicenseState::Expired);
    let (more, twice) = pay(Some(rented.clone()), Intent::Extend, None, at(10)).unwrap();
    let second = take(&twice, &more, at(10));
    assert_eq!(
        (second.tokens, second.license.remaining.ends_at),
        (tokens(20), rented.remaining.ends_at)
    );
    let first = take(&second.license, &line, at(10));
    assert_eq!(
        (first.tokens, first.license.state(at(10))),
        (tokens(13), LicenseState::Expired)
    );
    let owned = pay(Some(rented), Intent::Convert, None, at(1)).unwrap().1;
    assert!(owned.take_back(&line, OrderRefundPolicy::default(), at(1)).is_err());
}

#[test]
fn of_two_limits_the_one_nearest_its_end_counts() {
    let (line, rented) = pay(None, Intent::Rent, Some("both"), at(0)).unwrap();
    let used = crate::Usage {
        uses: 75,
        processings: 0,
    };
    let back = take(&rented.report(used).0, &line, at(3));
    assert_eq!((back.tokens, back.license.remaining.uses), (tokens(5), Some(0)));
}

proptest! {
    /// Whatever was paid and taken back, in whatever order: never more than was paid, for the line and for the license, and the
    /// license stays sound.
    #[test]
    fn nothing_comes_back_that_was_not_paid(
        steps in prop::collection::vec((0u8..6, 0usize..4, 0i64..12, 0u64..40), 1..24), permille in 0u16..=1000,
    ) {
        let policy = OrderRefundPolicy { purchase_permille: permille, rental_permille: permille, ..OrderRefundPolicy::default() };
        let (mut license, mut lines): (Option<License>, Vec<QuoteLine>) = (None, Vec::new());
        let (mut now, mut paid, mut returned) = (at(0), 0, 0);
        for (what, which, days, used) in steps {
            now = now.plus_seconds(days * DAY / 2);
            let offer = Some(["month", "uses", "both"][which % 3]);
            let intent = match what { 0 => Intent::Rent, 1 | 2 => Intent::Extend, 3 => Intent::Convert, _ => Intent::Buy };
            if what == 5 {
                let Some(held) = &license else { continue };
                if lines.is_empty() { continue; }
                let line = lines[which % lines.len()].clone();
                if let Ok(back) = held.take_back(&line, policy, now) {
                    prop_assert!(back.tokens <= line.charge);
                    returned += back.tokens.get();
                    lines.retain(|other| *other != line);
                    license = Some(back.license);
                }
            } else if let Some((line, next)) = pay(license.clone(), intent, offer.filter(|_| what < 3), now) {
                paid += line.charge.get();
                lines.push(line);
                license = Some(next.report(crate::Usage { uses: used, processings: 0 }).0);
            }
            let Some(held) = &license else { continue };
            prop_assert!(returned <= paid);
            prop_assert_eq!(held.tenure.paid.get(), paid - returned);
            prop_assert!(held.equity <= held.tenure.paid);
            prop_assert_eq!(held.kind == LicenseKind::Perpetual, held.equity == tokens(100));
        }
    }
}
