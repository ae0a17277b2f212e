//! An account as it is seen through the API afterwards.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::book::Entry;
use crate::line::{Line, number, word};

/// Rows on a page.
const PAGE: usize = 100;

/// Everything that an account's owner can see.
pub(crate) struct Seen {
    pub(crate) balance: i64,
    /// The history, the newest first.
    pub(crate) lines: Vec<Entry>,
    /// The orders and their totals, sorted.
    pub(crate) orders: Vec<(String, i64)>,
    /// Orders, products and tokens that came back, sorted.
    pub(crate) refunds: Vec<(String, String, i64)>,
    sendings: BTreeMap<String, String>,
    purchases: BTreeMap<String, Bought>,
}

/// A purchase of tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bought {
    pub(crate) issued: bool,
    /// Tokens that were taken back.
    pub(crate) reversed: i64,
    /// Money that was given back, in cents.
    pub(crate) returned: i64,
}

impl Seen {
    pub(crate) async fn of(line: &mut Line, token: &str) -> Self {
        let wallet = line.get("/v1/wallet", token).await;
        let lines = all(line, "/v1/wallet/history", token).await;
        let lines = lines.iter().map(|entry| Entry {
            kind: word(entry, "kind"),
            amount: number(entry, "amount"),
            transfer: word(entry, "transfer"),
            balance_after: number(entry, "balance_after"),
        });
        let lines = lines.collect();
        let (mut orders, mut refunds) = (Vec::new(), Vec::new());
        for order in all(line, "/v1/orders", token).await {
            let id = word(&order, "id");
            for back in order["refunds"].as_array().into_iter().flatten() {
                refunds.push((id.clone(), word(back, "product"), number(back, "tokens")));
            }
            orders.push((id, number(&order, "total")));
        }
        orders.sort();
        refunds.sort();
        let sendings = all(line, "/v1/transfers", token).await;
        Self {
            balance: number(&wallet, "balance"),
            lines,
            orders,
            refunds,
            sendings: sendings
                .iter()
                .map(|sent| (word(sent, "id"), word(sent, "state")))
                .collect(),
            purchases: purchases(line, token).await,
        }
    }

    /// Where something stands that was sent.
    pub(crate) fn sending_state(&self, sending: &str) -> &str {
        self.sendings.get(sending).map_or("lost", String::as_str)
    }

    pub(crate) fn purchase(&self, purchase: &str) -> Bought {
        let found = self.purchases.get(purchase);
        *found.unwrap_or_else(|| panic!("purchase {purchase} is lost"))
    }

    /// Each line of the history begins with what the one before it left, from an empty wallet to what it holds now, also where
    /// two servers changed it at the same time.
    pub(crate) fn check_running_balance(&self, account: usize) {
        let mut left = self.balance;
        for line in &self.lines {
            let transfer = &line.transfer;
            assert_eq!(
                line.balance_after, left,
                "account {account}: what transfer {transfer} left"
            );
            left -= line.amount;
        }
        assert_eq!(left, 0, "account {account}: what was there before its first line");
    }
}

/// The purchases of an account.
pub(crate) async fn purchases(line: &mut Line, token: &str) -> BTreeMap<String, Bought> {
    let found = all(line, "/v1/token-purchases", token).await;
    let read = |purchase: &Value| Bought {
        issued: !purchase["issued_at"].is_null(),
        reversed: number(purchase, "reversed"),
        returned: number(&purchase["returned"], "minor"),
    };
    found
        .iter()
        .map(|purchase| (word(purchase, "id"), read(purchase)))
        .collect()
}

/// Every row of a list.
pub(crate) async fn all(line: &mut Line, path: &str, token: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = line.get(&format!("{path}?limit={PAGE}{cursor}"), token).await;
        rows.extend(page["items"].as_array().expect("a page").iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}
