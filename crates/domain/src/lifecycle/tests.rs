use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{Holdings, Intent, Item, Offer, Offers, PauseRule, Policy, RentalOffer, Settlement, quote, settle};

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

fn rules() -> RentalRules {
    RentalRules {
        grace_seconds: 3 * DAY,
        refund_permille: 900,
        pause: Some(PauseRule {
            max_pauses: 2,
            max_seconds: 10 * DAY,
        }),
        lease_seconds: None,
    }
}

fn rental(id: &str, price: i64, credit_permille: u16, limits: Limits) -> Offer {
    Offer::Rental(RentalOffer {
        id: id.parse().unwrap(),
        price: tokens(price),
        allowance: Allowance::of(limits).unwrap(),
        credit_permille,
        rules: rules(),
    })
}

fn days(count: i64) -> Limits {
    Limits {
        seconds: Some(count * DAY),
        ..Limits::default()
    }
}

/// 100 to buy; 30 days, 100 uses, or both at once for 20 each, half of which counts.
fn sale(transferable: bool) -> Sale {
    let (uses, none) = (Some(100), Limits::default());
    let offers = vec![
        Offer::Purchase {
            id: "purchase".parse().unwrap(),
            price: tokens(100),
        },
        rental("month", 20, 500, days(30)),
        rental("hundred", 20, 500, Limits { uses, ..none }),
        rental("both", 20, 500, Limits { uses, ..days(30) }),
        rental("whole", 20, 1000, days(30)),
        Offer::Trial {
            id: "trial".parse().unwrap(),
            allowance: Allowance::Duration { seconds: 7 * DAY },
        },
    ];
    Sale {
        offers: Offers::new(offers).unwrap(),
        policy: Policy {
            transferable,
            ..Policy::default()
        },
    }
}

struct Person {
    holdings: Holdings,
}

impl Person {
    fn new(sale: Sale) -> Self {
        Self {
            holdings: Holdings {
                user: UserId(Uuid::nil()),
                balance: tokens(1_000_000),
                licenses: BTreeMap::new(),
                sales: BTreeMap::from([(paint(), sale)]),
            },
        }
    }

    fn pay(&mut self, intent: Intent, offer: Option<&str>, now: Timestamp) -> Result<Settlement, Error> {
        self.pay_for(paint(), intent, offer, now)
    }

    fn pay_for(
        &mut self,
        product: ProductId,
        intent: Intent,
        offer: Option<&str>,
        now: Timestamp,
    ) -> Result<Settlement, Error> {
        let item = Item {
            product,
            intent,
            offer: offer.map(|id| id.parse().unwrap()),
        };
        let items = [item];
        let total = quote(&items, &self.holdings, now)?.total;
        let settlement = settle(&items, total, &self.holdings, now, &mut || LicenseId(Uuid::nil()))?;
        self.holdings.balance = settlement.balance;
        for license in &settlement.licenses {
            self.keep(license.clone());
        }
        Ok(settlement)
    }

    fn keep(&mut self, license: License) {
        self.holdings.licenses.retain(|_, held| held.id != license.id);
        self.holdings.licenses.insert(license.product.clone(), license);
    }

    fn license(&self) -> &License {
        &self.holdings.licenses[&paint()]
    }
}

fn renting(offer: &str) -> Person {
    let mut person = Person::new(sale(true));
    person.pay(Intent::Rent, Some(offer), at(0)).unwrap();
    person
}

#[test]
fn of_two_limits_the_first_that_runs_out_ends_the_rental() {
    let mut person = renting("both");
    assert_eq!(person.license().state(at(29)), LicenseState::Active);
    assert_eq!(person.license().state(at(31)), LicenseState::Grace);
    assert_eq!(person.license().state(at(33)), LicenseState::Expired);
    let (used_up, beyond) = person.license().report(Usage {
        uses: 103,
        processings: 5,
    });
    assert_eq!(used_up.state(at(1)), LicenseState::Exhausted);
    assert_eq!((beyond.uses, beyond.processings), (3, 0));
    assert_eq!(
        used_up.tenure.used,
        Usage {
            uses: 103,
            processings: 5
        }
    );
    person.keep(used_up);
    person.pay(Intent::Extend, None, at(1)).unwrap();
    let left = person.license().remaining;
    assert_eq!((left.uses, left.ends_at), (Some(100), Some(at(31))));
    let other = person.pay(Intent::Extend, Some("month"), at(1));
    assert!(matches!(other, Err(Error::LicenseOfferMismatch { .. })));
}

#[test]
fn an_extension_within_the_grace_period_counts_from_the_end() {
    let mut person = renting("month");
    person.pay(Intent::Extend, None, at(32)).unwrap();
    assert_eq!(person.license().remaining.ends_at, Some(at(60)));
    person.pay(Intent::Extend, None, at(70)).unwrap();
    assert_eq!(person.license().remaining.ends_at, Some(at(100)));
}

#[test]
fn time_stands_still_during_a_pause_and_no_longer_than_allowed() {
    let mut person = renting("month");
    let paused = person.license().pause(at(10)).unwrap();
    assert_eq!(paused.state(at(15)), LicenseState::Paused);
    assert!(!paused.allows(at(15)));
    assert_eq!(paused.resume(at(15)).unwrap().remaining.ends_at, Some(at(35)));
    assert_eq!(paused.state(at(20)), LicenseState::Active, "ten days are the most");
    assert_eq!(paused.state(at(39)), LicenseState::Active);
    assert_eq!(paused.remaining_at(at(39)).ends_at, Some(at(40)));
    assert_eq!(paused.state(at(41)), LicenseState::Grace);
    assert!(matches!(paused.pause(at(15)), Err(Error::LicenseNotPausable { .. })));
    assert!(matches!(paused.resume(at(20)), Err(Error::LicenseNotPaused { .. })));
    let twice = paused
        .resume(at(11))
        .unwrap()
        .pause(at(12))
        .unwrap()
        .resume(at(13))
        .unwrap();
    assert!(matches!(twice.pause(at(14)), Err(Error::LicenseNotPausable { .. })));
    person.keep(paused);
    person.pay(Intent::Extend, None, at(15)).unwrap();
    assert_eq!(person.license().resume(at(15)).unwrap().remaining.ends_at, Some(at(65)));
    assert!(renting("hundred").license().pause(at(1)).is_err());
    // A clock that went back pauses for no time at all.
    assert_eq!(
        renting("month")
            .license()
            .pause(at(10))
            .unwrap()
            .resume(at(9))
            .unwrap()
            .remaining
            .ends_at,
        Some(at(30))
    );
}

#[test]
fn ending_early_gives_back_the_unused_part_and_takes_its_equity() {
    let person = renting("month");
    let refund = person.license().end(at(15)).unwrap();
    // Half of 20 is unused, nine tenths of it come back, and with them nine tenths of the 5 credited, rounded down.
    assert_eq!((refund.tokens, refund.equity_back), (tokens(9), tokens(4)));
    assert_eq!(refund.license.equity, tokens(6));
    assert_eq!(refund.license.state(at(15)), LicenseState::Expired);
    assert!(matches!(refund.license.end(at(15)), Err(Error::LicenseOver { .. })));
    let both = renting("both");
    let (used, _) = both.license().report(Usage {
        uses: 80,
        processings: 0,
    });
    assert_eq!(
        used.end(at(3)).unwrap().tokens,
        tokens(3),
        "a fifth is left, however early"
    );
}

#[test]
fn a_trial_is_had_once_and_turns_into_whatever_is_paid_for() {
    let sale = sale(false);
    let id = LicenseId(Uuid::nil());
    let user = UserId(Uuid::nil());
    let trial = start_trial(id, user, &paint(), &sale, None, at(0)).unwrap();
    assert_eq!(trial.state(at(6)), LicenseState::Active);
    assert_eq!(trial.state(at(7)), LicenseState::Expired);
    assert!(start_trial(id, user, &paint(), &sale, Some(&trial), at(9)).is_err());
    assert!(trial.transfer(UserId(Uuid::max()), at(0)).is_err());
    let mut person = Person::new(sale);
    person.keep(trial);
    person.pay(Intent::Rent, Some("hundred"), at(1)).unwrap();
    let license = person.license();
    assert!(!license.tenure.trial);
    assert_eq!((license.remaining.uses, license.remaining.ends_at), (Some(100), None));
    assert_eq!((license.equity, license.revision), (tokens(10), 2));
}

#[test]
fn a_renewal_is_due_at_the_end_and_stops_at_its_cap() {
    let mut person = renting("month");
    let month: OfferId = "month".parse().unwrap();
    assert!(person.license().with_renewal(Some((&month, tokens(19)))).is_err());
    let mut license = person.license().with_renewal(Some((&month, tokens(50)))).unwrap();
    for (payment, day) in [(1, 30), (2, 60)] {
        assert!(license.renewal_due(at(day - 2), 3600).is_none());
        let renewal = license.renewal_due(at(day), 3600).unwrap();
        let charge = license.renewal_charge(renewal).unwrap();
        person.keep(license.renewed(charge).unwrap());
        person.pay(Intent::Extend, Some("month"), at(day)).unwrap();
        license = person.license().clone();
        assert_eq!(license.tenure.renewal.as_ref().unwrap().spent, tokens(20 * payment));
    }
    let renewal = license.renewal_due(at(90), 3600).unwrap();
    assert!(matches!(
        license.renewal_charge(renewal),
        Err(Error::RenewalCapReached { .. })
    ));
    assert!(license.with_renewal(None).unwrap().renewal_due(at(90), 3600).is_none());
}

#[test]
fn a_license_is_given_away_with_its_equity_where_that_is_allowed() {
    let person = renting("month");
    let other = UserId(Uuid::max());
    let given = person.license().transfer(other, at(1)).unwrap();
    assert_eq!(
        (given.user, given.equity, given.remaining),
        (other, tokens(10), person.license().remaining)
    );
    let mut fixed = Person::new(sale(false));
    fixed.pay(Intent::Buy, None, at(0)).unwrap();
    assert!(matches!(
        fixed.license().transfer(other, at(1)),
        Err(Error::LicenseNotTransferable { .. })
    ));
}

#[test]
fn an_upgrade_carries_equity_and_what_is_left() {
    let next: ProductId = "org.example.Paint2".parse().unwrap();
    let mut newer = sale(false);
    newer.policy.upgrade_from = Some(paint());
    for (rent, charge, owned) in [(true, 0, false), (false, 30, true)] {
        let mut dearer = newer.clone();
        if !rent {
            let mut offers = dearer.offers.as_slice().to_vec();
            offers[0] = Offer::Purchase {
                id: "purchase".parse().unwrap(),
                price: tokens(130),
            };
            dearer.offers = Offers::new(offers).unwrap();
        }
        let mut person = if rent {
            renting("month")
        } else {
            Person::new(sale(false))
        };
        if !rent {
            person.pay(Intent::Buy, None, at(0)).unwrap();
        }
        person.holdings.sales.insert(next.clone(), dearer);
        let paid = person.pay_for(next.clone(), Intent::Upgrade, None, at(5)).unwrap();
        assert_eq!(
            (paid.quote.total, paid.quote.lines[0].owned_after),
            (tokens(charge), owned)
        );
        let license = &person.holdings.licenses[&next];
        assert_eq!(license.remaining.ends_at, rent.then(|| at(30)));
        assert!(person.pay_for(next.clone(), Intent::Upgrade, None, at(5)).is_err());
    }
    let mut nobody = Person::new(sale(false));
    nobody.holdings.sales.insert(next.clone(), newer);
    assert!(matches!(
        nobody.pay_for(next, Intent::Upgrade, None, at(5)),
        Err(Error::LicenseNotFound { .. })
    ));
}

#[test]
fn what_the_vendor_stopped_neither_runs_nor_costs() {
    let mut person = renting("month");
    let hold = |kind| {
        Some(Hold {
            kind,
            reason: "disputed".to_owned(),
            since: at(1),
        })
    };
    let suspended = person.license().with_hold(hold(HoldKind::Suspended)).unwrap();
    assert_eq!(suspended.state(at(2)), LicenseState::Suspended);
    assert!(suspended.with_hold(None).unwrap().allows(at(2)));
    person.keep(suspended.clone());
    for intent in [Intent::Extend, Intent::Convert, Intent::Buy] {
        assert!(matches!(
            person.pay(intent, None, at(2)),
            Err(Error::LicenseHeld { .. })
        ));
    }
    let revoked = suspended.with_hold(hold(HoldKind::Revoked)).unwrap();
    assert!(revoked.with_hold(None).is_err());
}

/// One step of a license's life.
#[derive(Clone, Copy, Debug)]
enum Step {
    Pay(Intent, usize),
    Pause,
    Resume,
    End,
    Use(u64),
    Give,
    Stop(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (prop_oneof![Just(Intent::Rent), Just(Intent::Extend)], 0_usize..4).prop_map(|(intent, offer)| Step::Pay(intent, offer)),
        1 => Just(Step::Pay(Intent::Convert, 0)),
        2 => Just(Step::Pause),
        2 => Just(Step::Resume),
        1 => Just(Step::End),
        3 => (0_u64..60).prop_map(Step::Use),
        1 => Just(Step::Give),
        1 => any::<bool>().prop_map(Step::Stop),
    ]
}

proptest! {
    #[test]
    fn every_life_conserves_tokens_and_never_pays_over_the_price(
        steps in prop::collection::vec((step(), 0_i64..20), 1..60),
        permille in prop_oneof![Just(0_u16), Just(333), Just(500), Just(1000)],
    ) {
        let mut offers = sale(true);
        offers.offers = Offers::new(offers.offers.as_slice().iter().cloned().map(|offer| match offer {
            Offer::Rental(rental) => Offer::Rental(RentalOffer { credit_permille: permille, ..rental }),
            other => other,
        }).collect()).unwrap();
        let mut person = Person::new(offers);
        let (mut paid, mut returned, mut day) = (0_i64, 0_i64, 0_i64);
        for (step, later) in steps {
            day += later;
            let now = at(day);
            let before = person.holdings.licenses.get(&paint()).cloned();
            match step {
                Step::Pay(intent, offer) => {
                    let offer = ["month", "hundred", "both", "whole"][offer];
                    if let Ok(settled) = person.pay(intent, (intent != Intent::Convert).then_some(offer), now) {
                        let line = &settled.quote.lines[0];
                        paid += line.charge.get();
                        prop_assert!(line.charge <= line.list_price, "no payment is above its frozen price");
                        if let Some(before) = before.as_ref().filter(|_| intent != Intent::Convert && !line.owned_after) {
                            let (old, new) = (before.remaining.ends_at, person.license().remaining.ends_at);
                            if before.allows(now) {
                                prop_assert!(new >= old, "an extension never shortens");
                            }
                        }
                    }
                }
                Step::Pause => { if let Some(Ok(l)) = before.as_ref().map(|l| l.pause(now)) { person.keep(l); } }
                Step::Resume => { if let Some(Ok(l)) = before.as_ref().map(|l| l.resume(now)) {
                    prop_assert!(l.remaining.ends_at >= before.as_ref().unwrap().remaining.ends_at, "a pause costs no time");
                    person.keep(l);
                } }
                Step::End => { if let Some(Ok(refund)) = before.as_ref().map(|l| l.end(now)) {
                    returned += refund.tokens.get();
                    person.holdings.balance = person.holdings.balance.checked_add(refund.tokens).unwrap();
                    person.keep(refund.license);
                } }
                Step::Use(count) => if let Some(license) = &before {
                    let (after, beyond) = license.report(Usage { uses: count, processings: 0 });
                    if let Some(left) = license.remaining.uses {
                        prop_assert_eq!(left + beyond.uses, after.remaining.uses.unwrap() + count);
                    }
                    person.keep(after);
                },
                Step::Give => if let Some(license) = &before {
                    let there = license.transfer(UserId(Uuid::max()), now);
                    let back = there.and_then(|l| l.transfer(UserId(Uuid::nil()), now));
                    if let Ok(license) = back { person.keep(license); }
                },
                Step::Stop(lift) => if let Some(license) = &before {
                    let hold = Hold { kind: HoldKind::Suspended, reason: String::new(), since: now };
                    person.keep(license.with_hold((!lift).then_some(hold)).unwrap());
                },
            }
            let Some(license) = person.holdings.licenses.get(&paint()) else { continue };
            prop_assert_eq!(person.holdings.balance.get(), 1_000_000 - paid + returned, "tokens are conserved");
            prop_assert!(returned <= paid, "nothing comes back that was not paid");
            prop_assert_eq!(license.tenure.paid.get(), paid - returned);
            prop_assert!(license.equity <= tokens(100), "what counts never exceeds the frozen price");
            prop_assert!(license.equity <= license.tenure.paid, "nothing counts that was not paid");
            if license.kind == LicenseKind::Perpetual {
                prop_assert_eq!(license.equity, tokens(100));
                if permille == 1000 { prop_assert_eq!(paid - returned, 100, "where everything counts, the price is all that is paid"); }
            }
            if let Some(before) = &before { prop_assert!(license.revision >= before.revision); }
        }
    }
}
