use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn at(day: i64) -> Timestamp {
    Timestamp::from_seconds(1_750_000_000 + day * DAY)
}

fn id(n: usize) -> TransferId {
    TransferId(Uuid::from_u128(n as u128 + 1))
}

fn flow(n: usize, amount: i64, kind: FlowKind) -> Flow {
    Flow {
        transfer: id(n),
        amount,
        kind,
    }
}

fn given(n: usize, amount: i64, day: i64) -> Flow {
    let expires_at = Some(at(day));
    flow(n, amount, FlowKind::Given { expires_at })
}

#[test]
fn the_tokens_that_run_out_first_are_spent_first() {
    let holding = Holding::replay([
        flow(0, 100, FlowKind::Plain),
        given(1, 50, 20),
        given(2, 50, 10),
        flow(3, 30, FlowKind::Given { expires_at: None }),
        flow(4, -70, FlowKind::Plain),
    ]);
    assert_eq!(
        (holding.left_of(id(2)), holding.left_of(id(1))),
        (tokens(0), tokens(30))
    );
    assert_eq!(holding.lots().len(), 1);
    assert_eq!(
        (holding.sendable(false), holding.sendable(true)),
        (tokens(100), tokens(130))
    );
    assert_eq!(holding.balance(), 160);
}

#[test]
fn what_was_spent_comes_back_where_it_was_taken_from() {
    let spent = [
        flow(0, 40, FlowKind::Plain),
        given(1, 50, 10),
        flow(2, -80, FlowKind::Plain),
    ];
    let back = |n, amount| flow(n, amount, FlowKind::Returned { of: id(2) });
    let half = Holding::replay(spent.into_iter().chain([back(3, 40)]));
    assert_eq!((half.left_of(id(1)), half.sendable(false)), (tokens(10), tokens(40)));
    let whole = Holding::replay(spent.into_iter().chain([back(3, 40), back(4, 40)]));
    assert_eq!((whole.left_of(id(1)), whole.sendable(false)), (tokens(50), tokens(40)));
    let late = flow(3, 0, FlowKind::Expired { lot: id(1) });
    let over = flow(3, -1, FlowKind::Expired { lot: id(1) });
    assert_eq!(Holding::replay(spent.into_iter().chain([late])).balance(), 10);
    let spent_less = [
        flow(0, 40, FlowKind::Plain),
        given(1, 50, 10),
        flow(2, -49, FlowKind::Plain),
    ];
    let returned = Holding::replay(spent_less.into_iter().chain([over, back(4, 49)]));
    assert_eq!(
        (returned.lots().len(), returned.sendable(false), returned.sendable(true)),
        (0, tokens(40), tokens(89))
    );
}

#[test]
fn sending_never_gives_tokens_away_that_have_a_date() {
    let sent = Holding::replay([
        given(0, 50, 10),
        flow(1, 30, FlowKind::Plain),
        flow(2, -30, FlowKind::Sent),
    ]);
    assert_eq!((sent.left_of(id(0)), sent.sendable(true)), (tokens(50), tokens(0)));
}

#[test]
fn a_lot_that_runs_out_gives_its_own_tokens() {
    // The second notice about the lot that ends first came late, so that another one runs out before it.
    let flows = [
        given(0, 50, 5),
        given(1, 20, 10),
        flow(2, -20, FlowKind::Expired { lot: id(1) }),
    ];
    let holding = Holding::replay(flows);
    assert_eq!(
        (holding.left_of(id(0)), holding.left_of(id(1))),
        (tokens(50), tokens(0))
    );
}

#[test]
fn both_notices_come_at_their_time() {
    let policy = ExpiryPolicy::default();
    let mut lot = LotDates {
        given_at: at(0),
        expires_at: at(90),
        first_notice_at: None,
        second_notice_at: None,
    };
    assert_eq!(policy.step(&lot, at(0)), ExpiryStep::Wait(at(60)));
    assert_eq!(policy.step(&lot, at(60)), ExpiryStep::FirstNotice(at(90)));
    lot.first_notice_at = Some(at(60));
    assert_eq!(policy.step(&lot, at(60)), ExpiryStep::Wait(at(83)));
    assert_eq!(policy.step(&lot, at(83)), ExpiryStep::SecondNotice(at(90)));
    lot.second_notice_at = Some(at(83));
    assert_eq!(policy.step(&lot, at(89)), ExpiryStep::Wait(at(90)));
    assert_eq!(policy.step(&lot, at(90)), ExpiryStep::Expire);
    // A server that slept a year announces first, twice, and takes nothing before.
    lot = LotDates {
        first_notice_at: None,
        second_notice_at: None,
        ..lot
    };
    assert_eq!(policy.step(&lot, at(455)), ExpiryStep::FirstNotice(at(485)));
    lot.first_notice_at = Some(at(455));
    assert_eq!(policy.step(&lot, at(455)), ExpiryStep::Wait(at(478)));
    lot.second_notice_at = Some(at(480));
    assert_eq!(policy.step(&lot, at(486)), ExpiryStep::Wait(at(487)));
}

fn any_flow() -> impl Strategy<Value = (i64, u8, i64, usize)> {
    (1i64..60, 0u8..6, 0i64..6, 0usize..12)
}

/// A history with flows of every kind, some of which give back what earlier ones took.
fn flows_of(steps: Vec<(i64, u8, i64, usize)>) -> Vec<Flow> {
    let mut flows: Vec<Flow> = Vec::new();
    for (n, (amount, kind, day, which)) in steps.into_iter().enumerate() {
        let earlier = flows.len().checked_sub(1 + which).map(|at| flows[at]);
        flows.push(match (kind, earlier) {
            (0, _) => flow(n, amount, FlowKind::Plain),
            (1, _) if day == 0 => flow(n, amount, FlowKind::Given { expires_at: None }),
            (1, _) => given(n, amount, day),
            (2, _) => flow(n, -amount, FlowKind::Sent),
            (3, Some(lot)) if lot.amount > 0 => flow(n, -(amount % 3), FlowKind::Expired { lot: lot.transfer }),
            (4, Some(taken)) if taken.amount < 0 => flow(n, amount, FlowKind::Returned { of: taken.transfer }),
            _ => flow(n, -amount, FlowKind::Plain),
        });
    }
    flows
}

/// Every token by itself: when it runs out, and whether it was bought.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Coin {
    Dated(i64, usize),
    Given,
    Bought,
}

proptest! {
    /// What the pools hold is what single tokens would, each spent in its turn.
    #[test]
    fn pools_agree_with_single_tokens(steps in prop::collection::vec(any_flow(), 1..40)) {
        let (mut flows, mut coins): (Vec<Flow>, Vec<Coin>) = (Vec::new(), Vec::new());
        for (n, (amount, kind, day, _)) in steps.into_iter().enumerate() {
            let put = |coins: &mut Vec<Coin>, coin| coins.extend(std::iter::repeat_n(coin, usize::try_from(amount).unwrap()));
            let out = amount.min(i64::try_from(coins.len()).unwrap());
            match kind {
                0 => { put(&mut coins, Coin::Bought); flows.push(flow(n, amount, FlowKind::Plain)); }
                1 => { put(&mut coins, Coin::Dated(day, n)); flows.push(given(n, amount, day)); }
                2 => { put(&mut coins, Coin::Given); flows.push(flow(n, amount, FlowKind::Given { expires_at: None })); }
                3 => {
                    let sendable = coins.iter().filter(|coin| !matches!(coin, Coin::Dated(..))).count();
                    let out = out.min(i64::try_from(sendable).unwrap());
                    if out == 0 { continue; }
                    coins.sort();
                    coins.truncate(coins.len() - usize::try_from(out).unwrap());
                    flows.push(flow(n, -out, FlowKind::Sent));
                }
                _ => {
                    if out == 0 { continue; }
                    coins.sort();
                    coins.drain(..usize::try_from(out).unwrap());
                    flows.push(flow(n, -out, FlowKind::Plain));
                }
            }
        }
        let holding = Holding::replay(flows.iter().copied());
        prop_assert_eq!(holding.balance(), i64::try_from(coins.len()).unwrap());
        let count = |of: &dyn Fn(&Coin) -> bool| tokens(i64::try_from(coins.iter().filter(|coin| of(coin)).count()).unwrap());
        prop_assert_eq!(holding.sendable(false), count(&|coin| *coin == Coin::Bought));
        prop_assert_eq!(holding.sendable(true), count(&|coin| !matches!(coin, Coin::Dated(..))));
        for lot in flows.iter().filter(|flow| matches!(flow.kind, FlowKind::Given { expires_at: Some(_) })) {
            prop_assert_eq!(holding.left_of(lot.transfer), count(&|coin| matches!(coin, Coin::Dated(_, n) if id(*n) == lot.transfer)));
        }
    }

    /// Whatever goes out and comes back, nothing is lost or made, and no lot ever holds more than it was given.
    #[test]
    fn nothing_is_lost_when_things_come_back(steps in prop::collection::vec(any_flow(), 1..60)) {
        let mut flows: Vec<Flow> = Vec::new();
        let (mut balance, mut returned) = (0, std::collections::BTreeMap::new());
        for (n, (amount, kind, day, which)) in steps.into_iter().enumerate() {
            let next = match kind {
                0 => flow(n, amount, FlowKind::Plain),
                1 | 2 => given(n, amount, day),
                3 | 4 => flow(n, -amount.min(balance), FlowKind::Plain),
                _ => {
                    let Some(of) = flows.get(which).filter(|flow| flow.amount < 0) else { continue };
                    let back: &mut i64 = returned.entry(of.transfer).or_insert(0);
                    let amount = amount.min(-of.amount - *back);
                    *back += amount;
                    flow(n, amount, FlowKind::Returned { of: of.transfer })
                }
            };
            balance += next.amount;
            flows.push(next);
            let holding = Holding::replay(flows.iter().copied());
            prop_assert_eq!(holding.balance(), balance);
            for lot in flows.iter().filter(|flow| matches!(flow.kind, FlowKind::Given { .. })) {
                prop_assert!(holding.left_of(lot.transfer).get() <= lot.amount);
            }
        }
    }

    /// A replay that stops at any points and goes on from what was kept there ends as one from the start, whichever of the
    /// earlier takings are handed over besides those that come back later.
    #[test]
    fn going_on_from_what_was_kept_is_replaying_from_the_start(
        steps in prop::collection::vec(any_flow(), 1..80),
        mut stops in prop::collection::vec(0usize..80, 1..5),
        all_takings in any::<bool>(),
    ) {
        let flows = flows_of(steps);
        stops.sort_unstable();
        let (mut state, mut kept, mut done) = (HoldingState::default(), std::collections::BTreeMap::new(), 0);
        for stop in stops.into_iter().chain([flows.len()]) {
            let next = &flows[done..stop.clamp(done, flows.len())];
            let needed: std::collections::BTreeSet<_> = next.iter().filter_map(|flow| match flow.kind {
                FlowKind::Returned { of } => Some(of),
                _ => None,
            }).collect();
            let takings = kept.iter().filter(|(of, _)| all_takings || needed.contains(of)).map(|(of, taking): (&TransferId, &Taking)| (*of, taking.clone()));
            // What is kept goes through text, as in a database.
            let text = serde_json::to_string(&state).unwrap();
            let mut holding = Holding::resume(serde_json::from_str(&text).unwrap(), takings.collect::<Vec<_>>());
            for flow in next {
                holding.apply(*flow);
            }
            state = holding.state();
            for (of, taking) in holding.takings() {
                kept.insert(of, serde_json::from_str(&serde_json::to_string(&taking).unwrap()).unwrap());
            }
            done += next.len();
            let whole = Holding::replay(flows[..done].iter().copied());
            prop_assert_eq!(&state, &whole.state());
            prop_assert_eq!(&kept, &whole.takings().collect());
        }
    }

    /// Nothing is taken without two notices, the second not before the first, and never before its date.
    #[test]
    fn nothing_runs_out_unannounced(life in 1i64..400, first in 1u16..60, second in 1u16..60, ticks in prop::collection::vec(1i64..90, 1..60)) {
        let policy = ExpiryPolicy { first_notice_days: first.max(second), second_notice_days: second };
        prop_assert!(policy.check().is_ok());
        let mut lot = LotDates { given_at: at(0), expires_at: at(life), first_notice_at: None, second_notice_at: None };
        let mut now = at(0);
        let mut promised = at(0);
        for hours in ticks {
            now = now.plus_seconds(hours * 3600 * 6);
            match policy.step(&lot, now) {
                ExpiryStep::Wait(until) => prop_assert!(until > now),
                ExpiryStep::FirstNotice(end) => {
                    prop_assert!(lot.first_notice_at.is_none() && end >= lot.expires_at);
                    lot.first_notice_at = Some(now);
                }
                ExpiryStep::SecondNotice(end) => {
                    prop_assert!(lot.first_notice_at.is_some_and(|first| first <= now) && lot.second_notice_at.is_none());
                    lot.second_notice_at = Some(now);
                    promised = end;
                }
                ExpiryStep::Expire => {
                    prop_assert!(lot.first_notice_at.is_some() && lot.second_notice_at.is_some());
                    prop_assert!(now >= promised && now >= lot.expires_at);
                }
            }
        }
    }
}
