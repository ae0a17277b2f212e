//! What was acknowledged, and what follows from it for every wallet.

use std::collections::{BTreeMap, BTreeSet};

use crate::view::Seen;

/// Something that was acknowledged.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Granted {
        tokens: i64,
    },
    Ordered {
        order: String,
        total: i64,
    },
    Sent {
        sending: String,
        to: usize,
        tokens: i64,
    },
    TookBack {
        sending: String,
    },
    Refunded {
        order: String,
        product: String,
        tokens: i64,
    },
    Redeemed {
        code: String,
        transfer: String,
        tokens: i64,
    },
    /// A purchase of tokens, for which money arrived.
    Paid {
        purchase: String,
        tokens: i64,
        money: i64,
    },
    /// Money of a purchase that the payment provider gave back.
    MoneyBack {
        purchase: String,
        money: i64,
    },
}

/// A line of a wallet's history: the kind, the amount, and the order or transfer where the answer named it.
type Line = (&'static str, i64, String);

/// Everything that was acknowledged, by account.
pub(crate) struct Book {
    accounts: Vec<Vec<Deed>>,
}

impl Book {
    pub(crate) fn new(accounts: Vec<Vec<Deed>>) -> Self {
        Self { accounts }
    }

    fn deeds(&self) -> impl Iterator<Item = (usize, &Deed)> {
        let numbered = self.accounts.iter().enumerate();
        numbered.flat_map(|(account, deeds)| deeds.iter().map(move |deed| (account, deed)))
    }

    /// How often each kind of deed was acknowledged.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for (_, deed) in self.deeds() {
            *counts.entry(deed.name()).or_default() += 1;
        }
        counts
    }

    /// Compares every account with what is seen of it through the API: each deed once, nothing else, and the sums. Answers the
    /// tokens in all wallets.
    pub(crate) fn check(&self, seen: &[Seen]) -> i64 {
        self.check_vouchers();
        let expected = self.histories(seen);
        let mut total = 0;
        for (account, (mut expected, seen)) in expected.into_iter().zip(seen).enumerate() {
            let mut found: Vec<Line> = seen.lines.iter().map(|line| line.keyed(&expected)).collect();
            expected.sort();
            found.sort();
            let (lost, strange) = (without(&expected, &found), without(&found, &expected));
            assert!(
                lost.is_empty() && strange.is_empty(),
                "account {account}: acknowledged and not in its history: {lost:?}; in its history and never acknowledged, or twice: \
                 {strange:?}"
            );
            let model: i64 = expected.iter().map(|(_, amount, _)| amount).sum();
            assert_eq!(model, seen.balance, "account {account}: the model and the wallet");
            seen.check_running_balance(account);
            self.check_orders(account, seen);
            total += model;
        }
        total
    }

    /// What the jobs of the server have still to do for an account.
    pub(crate) fn unfinished(&self, account: usize, seen: &Seen) -> Option<String> {
        let deeds = &self.accounts[account];
        let open = deeds.iter().find(|deed| match deed {
            Deed::Sent { sending, .. } => seen.sending_state(sending) == "waiting",
            Deed::Paid { purchase, .. } => !seen.purchase(purchase).issued,
            Deed::MoneyBack { purchase, money } => seen.purchase(purchase).returned != *money,
            _ => false,
        });
        open.map(|deed| format!("{deed:?} is not done yet"))
    }

    /// The history that each account must have.
    fn histories(&self, seen: &[Seen]) -> Vec<Vec<Line>> {
        let mut histories: Vec<Vec<Line>> = vec![Vec::new(); self.accounts.len()];
        let mut taken_back = BTreeSet::new();
        for (account, deed) in self.deeds() {
            match deed {
                Deed::Granted { tokens } => histories[account].push(("grant", *tokens, String::new())),
                Deed::Ordered { order, total } => histories[account].push(("order", -total, order.clone())),
                Deed::Redeemed { transfer, tokens, .. } => {
                    histories[account].push(("voucher", *tokens, transfer.clone()));
                }
                Deed::Refunded { order, product, tokens } => {
                    // Two computers of one account may both be told of it.
                    if taken_back.insert((order, product)) {
                        histories[account].push(("refund", *tokens, String::new()));
                    }
                }
                Deed::Sent { sending, to, tokens } => {
                    histories[account].push(("transfer", -tokens, sending.clone()));
                    let gets = match seen[account].sending_state(sending) {
                        "settled" => *to,
                        "canceled" => account,
                        other => panic!("sending {sending} of account {account} is {other}"),
                    };
                    histories[gets].push(("transfer", *tokens, String::new()));
                }
                Deed::TookBack { sending } => assert_eq!(seen[account].sending_state(sending), "canceled"),
                Deed::Paid {
                    purchase,
                    tokens,
                    money,
                } => {
                    histories[account].push(("purchase", *tokens, String::new()));
                    self.check_purchase(&seen[account], purchase, *money, &mut histories[account]);
                }
                Deed::MoneyBack { .. } => {}
            }
        }
        histories
    }

    /// A purchase whose money came back has given its tokens back, as far as they were not spent.
    fn check_purchase(&self, seen: &Seen, purchase: &str, money: i64, history: &mut Vec<Line>) {
        let back: i64 = self
            .deeds()
            .filter_map(|(_, deed)| match deed {
                Deed::MoneyBack { purchase: of, money } if of == purchase => Some(*money),
                _ => None,
            })
            .sum();
        let found = seen.purchase(purchase);
        assert_eq!(
            found.returned, back,
            "purchase {purchase}: the money that came back of {money}"
        );
        assert!(found.issued, "purchase {purchase} was paid");
        if found.reversed > 0 {
            history.push(("purchase_refund", -found.reversed, String::new()));
        }
        assert!(back > 0 || found.reversed == 0, "purchase {purchase}");
    }

    fn check_vouchers(&self) {
        let mut codes = BTreeMap::new();
        for (account, deed) in self.deeds() {
            if let Deed::Redeemed { code, transfer, .. } = deed {
                let known = codes.insert(code, (account, transfer));
                assert_eq!(known, None, "a voucher is redeemed once");
            }
        }
    }

    /// Each acknowledged order stands once among the orders with what was taken back of it, and no other does.
    fn check_orders(&self, account: usize, seen: &Seen) {
        let (mut orders, mut refunds) = (Vec::new(), BTreeSet::new());
        for deed in &self.accounts[account] {
            match deed {
                Deed::Ordered { order, total } => orders.push((order.clone(), *total)),
                Deed::Refunded { order, product, tokens } => {
                    refunds.insert((order.clone(), product.clone(), *tokens));
                }
                _ => {}
            }
        }
        orders.sort();
        assert_eq!(orders, seen.orders, "the orders of account {account}");
        assert_eq!(
            refunds.into_iter().collect::<Vec<_>>(),
            seen.refunds,
            "what account {account} took back"
        );
    }
}

impl Deed {
    const fn name(&self) -> &'static str {
        match self {
            Self::Granted { .. } => "grants",
            Self::Ordered { .. } => "orders",
            Self::Sent { .. } => "sendings",
            Self::TookBack { .. } => "sendings taken back",
            Self::Refunded { .. } => "refunds",
            Self::Redeemed { .. } => "vouchers",
            Self::Paid { .. } => "purchases paid",
            Self::MoneyBack { .. } => "purchases given back",
        }
    }
}

/// What is in the first sorted list and not in the second, each as often as it is too many.
fn without<'l>(lines: &'l [Line], others: &[Line]) -> Vec<&'l Line> {
    let mut left: BTreeMap<&Line, usize> = BTreeMap::new();
    for line in others {
        *left.entry(line).or_default() += 1;
    }
    let missing = lines.iter().filter(|line| match left.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    missing.collect()
}

/// A line as the history shows it.
pub(crate) struct Entry {
    pub(crate) kind: String,
    pub(crate) amount: i64,
    pub(crate) transfer: String,
    pub(crate) balance_after: i64,
}

impl Entry {
    /// The line, with its transfer where the account was told of it.
    fn keyed(&self, expected: &[Line]) -> Line {
        let known = expected
            .iter()
            .find(|(kind, amount, key)| *kind == self.kind && *amount == self.amount && *key == self.transfer);
        let kind = expected.iter().map(|(kind, ..)| *kind).find(|kind| *kind == self.kind);
        let key = known.map_or_else(String::new, |(_, _, key)| key.clone());
        (kind.unwrap_or("unknown"), self.amount, key)
    }
}
