//! A customer, who does this and that, and notes what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use reqwest::Method;
use scrip_testkit::{Chance, Stripe};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::book::Deed;
use crate::line::{Answer, Line, number, word};
use crate::payer::Payment;
use crate::shop::{ACCOUNTS, PRODUCTS, Shop, product};

/// Refusals that a shop in order gives: somebody was faster, there are too few tokens, or it was done before.
const REFUSALS: [&str; 16] = [
    "cart.empty",
    "license.already_active",
    "license.already_owned",
    "license.not_found",
    "license.not_convertible",
    "license.offer_mismatch",
    "offer.not_found",
    "order.not_found",
    "price.changed",
    "purchase.settled",
    "refund.lower",
    "refund.refused",
    "sending.over",
    "sending.tied",
    "voucher.redeemed",
    "wallet.insufficient",
];

/// A customer at one computer.
pub(crate) struct Customer {
    pub(crate) shop: Arc<Shop>,
    pub(crate) stripe: Arc<Stripe>,
    pub(crate) account: usize,
    pub(crate) line: Line,
    pub(crate) chance: Chance,
    deeds: Vec<Deed>,
    refused: BTreeMap<String, usize>,
    rented: BTreeSet<usize>,
    /// What was sent and may still be taken back.
    sendings: Vec<String>,
    payments: JoinSet<Vec<Deed>>,
}

/// What a customer did.
pub(crate) struct Done {
    pub(crate) account: usize,
    pub(crate) deeds: Vec<Deed>,
    /// Refusals by their codes.
    pub(crate) refused: BTreeMap<String, usize>,
}

impl Customer {
    pub(crate) fn new(shop: Arc<Shop>, stripe: Arc<Stripe>, account: usize, line: Line, chance: Chance) -> Self {
        Self {
            shop,
            stripe,
            account,
            line,
            chance,
            deeds: Vec::new(),
            refused: BTreeMap::new(),
            rented: BTreeSet::new(),
            sendings: Vec::new(),
            payments: JoinSet::new(),
        }
    }

    /// Shops until then, and ends what was begun.
    pub(crate) async fn live(mut self, until: Instant) -> Done {
        while Instant::now() < until {
            match self.chance.below(100) {
                0..35 => self.order_one().await,
                35..50 => self.order_cart().await,
                50..68 => self.send().await,
                68..75 => self.take_back().await,
                75..86 => self.refund().await,
                86..94 => self.redeem().await,
                _ => self.buy_tokens().await,
            }
        }
        while !self.sendings.is_empty() {
            self.take_back().await;
        }
        while let Some(paid) = self.payments.join_next().await {
            self.deeds.extend(paid.unwrap());
        }
        Done {
            account: self.account,
            deeds: self.deeds,
            refused: self.refused,
        }
    }

    async fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> Option<Value> {
        let token = self.shop.accounts[self.account].token.clone();
        let answer = self.line.call(method, path, &token, None, body).await;
        self.accepted(path, answer)
    }

    async fn command(&mut self, path: &str, body: &Value) -> Option<Value> {
        let token = self.shop.accounts[self.account].token.clone();
        let id = self.chance.id();
        let answer = self.line.call(Method::POST, path, &token, Some(id), Some(body)).await;
        self.accepted(path, answer)
    }

    /// What was answered, unless it was refused for a good reason.
    fn accepted(&mut self, path: &str, answer: Answer) -> Option<Value> {
        if answer.status.is_success() {
            return Some(answer.body);
        }
        let code = word(&answer.body, "code");
        assert!(REFUSALS.contains(&code.as_str()), "{path}: {}", answer.body);
        *self.refused.entry(code).or_default() += 1;
        None
    }

    fn item(&mut self) -> (usize, Value) {
        let number = self.chance.index(PRODUCTS);
        let intents: &[&str] = if self.rented.contains(&number) {
            &["extend", "extend", "convert"]
        } else {
            &["buy", "rent"]
        };
        let intent = self.chance.pick(intents);
        let offer = (intent == "rent").then_some("ten");
        (
            number,
            json!({"product": product(number), "intent": intent, "offer": offer}),
        )
    }

    async fn order_one(&mut self) {
        let (number, item) = self.item();
        let items = json!([item]);
        let Some(quote) = self
            .call(Method::POST, "/v1/quotes", Some(&json!({"items": items})))
            .await
        else {
            return;
        };
        if self.order(&items, &quote["total"], false).await {
            self.rented.insert(number);
        }
    }

    async fn order_cart(&mut self) {
        for _ in 0..=self.chance.below(3) {
            let (number, item) = self.item();
            self.call(Method::PUT, &format!("/v1/cart/items/{}", product(number)), Some(&item))
                .await;
        }
        let Some(cart) = self.call(Method::GET, "/v1/cart", None).await else {
            return;
        };
        if cart["quote"].is_null() {
            // Something in it cannot be had: it is emptied.
            for item in cart["items"].as_array().into_iter().flatten() {
                let path = format!("/v1/cart/items/{}", word(item, "product"));
                self.call(Method::DELETE, &path, None).await;
            }
            return;
        }
        self.order(&cart["items"], &cart["quote"]["total"], true).await;
    }

    async fn order(&mut self, items: &Value, total: &Value, clear_cart: bool) -> bool {
        let body = json!({"items": items, "expected_total": total, "clear_cart": clear_cart});
        let Some(order) = self.command("/v1/orders", &body).await else {
            return false;
        };
        self.deeds.push(Deed::Ordered {
            order: word(&order, "id"),
            total: number(&order, "total"),
        });
        true
    }

    async fn send(&mut self) {
        let to = (self.account + 1 + self.chance.index(ACCOUNTS - 1)) % ACCOUNTS;
        let email = self.shop.accounts[to].email.clone();
        let Some(person) = self
            .call(Method::POST, "/v1/recipients", Some(&json!({"to": email})))
            .await
        else {
            return;
        };
        let tokens = 1 + i64::try_from(self.chance.below(12)).unwrap();
        let body = json!({"to": email, "name": person["name"], "tokens": tokens, "message": "for the fire"});
        if let Some(sent) = self.command("/v1/transfers", &body).await {
            let sending = word(&sent, "id");
            if sent["state"] == "waiting" {
                self.sendings.push(sending.clone());
            }
            self.deeds.push(Deed::Sent { sending, to, tokens });
        }
    }

    async fn take_back(&mut self) {
        let Some(sending) = self.sendings.pop() else { return };
        let path = format!("/v1/transfers/{sending}/cancel");
        if self.call(Method::POST, &path, None).await.is_some() {
            self.deeds.push(Deed::TookBack { sending });
        }
    }

    async fn refund(&mut self) {
        let Some(page) = self.call(Method::GET, "/v1/orders?limit=20", None).await else {
            return;
        };
        let orders = page["items"].as_array().unwrap();
        if orders.is_empty() {
            return;
        }
        let order = &orders[self.chance.index(orders.len())];
        let lines = order["lines"].as_array().unwrap();
        let product = word(&lines[self.chance.index(lines.len())], "product");
        let order = word(order, "id");
        let path = format!("/v1/orders/{order}/refund");
        let Some(quote) = self.call(Method::GET, &format!("{path}?product={product}"), None).await else {
            return;
        };
        let body = json!({"product": product, "at_least": quote["tokens"]});
        if let Some(done) = self.call(Method::POST, &path, Some(&body)).await {
            let tokens = number(&done, "tokens");
            self.deeds.push(Deed::Refunded { order, product, tokens });
        }
    }

    async fn redeem(&mut self) {
        let code = self.shop.vouchers[self.chance.index(self.shop.vouchers.len())].clone();
        if let Some(done) = self.command("/v1/vouchers/redeem", &json!({"code": code})).await {
            self.deeds.push(Deed::Redeemed {
                code,
                transfer: word(&done, "transfer"),
                tokens: number(&done, "tokens"),
            });
        }
    }

    async fn buy_tokens(&mut self) {
        let tokens = 10 + i64::try_from(self.chance.below(40)).unwrap();
        let body = json!({"currency": "EUR", "tokens": tokens, "method": "card"});
        let Some(bought) = self.command("/v1/token-purchases", &body).await else {
            return;
        };
        let page = word(&bought, "pay_url");
        let payment = Payment {
            stripe: Arc::clone(&self.stripe),
            line: self.line.clone(),
            chance: Chance::new(self.chance.below(u64::MAX)),
            token: self.shop.accounts[self.account].token.clone(),
            purchase: word(&bought, "id"),
            page: page.rsplit('/').next().unwrap().to_owned(),
            tokens,
            money: number(&bought["quote"]["total"], "minor"),
        };
        self.payments.spawn(payment.happen());
    }
}
