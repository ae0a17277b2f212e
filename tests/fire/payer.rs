//! Somebody pays for tokens at the payment provider, whose messages come late, twice, in another order or never.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use scrip_domain::{Clock as _, SystemClock};
use scrip_testkit::{Chance, Stripe};
use serde_json::json;

use crate::book::Deed;
use crate::line::{Line, Request};

/// How late messages are at most, in milliseconds.
const LATE_MILLIS: u64 = 2000;

/// A message's signature and its body.
type Message = (String, String);

/// A purchase that waits for its money.
pub(crate) struct Payment {
    pub(crate) stripe: Arc<Stripe>,
    pub(crate) line: Line,
    pub(crate) chance: Chance,
    /// The buyer's session.
    pub(crate) token: String,
    pub(crate) purchase: String,
    /// The payment page.
    pub(crate) page: String,
    pub(crate) tokens: i64,
    /// What it costs, in cents.
    pub(crate) money: i64,
}

impl Payment {
    /// Pays, or does not, and lets the provider tell of it. Answers what must come of it.
    pub(crate) async fn happen(mut self) -> Vec<Deed> {
        match self.chance.below(10) {
            // Nobody comes back to the page.
            0 => return Vec::new(),
            1 => {
                self.stripe.expire(&self.page);
                let message = self.message("checkout.session.expired", &self.stripe.session(&self.page));
                self.tell(vec![message]).await;
                return Vec::new();
            }
            _ => {}
        }
        let (stripe, page) = (Arc::clone(&self.stripe), self.page.clone());
        let paying = tokio::task::spawn_blocking(move || stripe.pay(&page));
        if self.chance.once_in(6) {
            self.give_up().await;
        }
        let payment = paying.await.unwrap();
        let mut deeds = vec![Deed::Paid {
            purchase: self.purchase.clone(),
            tokens: self.tokens,
            money: self.money,
        }];
        let intent = json!({"id": payment, "object": "payment_intent", "metadata": {"purchase": self.purchase}});
        let mut messages: Vec<Message> = vec![
            self.message("checkout.session.completed", &self.stripe.session(&self.page)),
            self.message("payment_intent.succeeded", &intent),
        ];
        if self.chance.once_in(4) {
            let money = self.chance.pick(&[self.money, self.money / 2]);
            let (stripe, of) = (Arc::clone(&self.stripe), payment.clone());
            tokio::task::spawn_blocking(move || stripe.refund(&of, money))
                .await
                .unwrap();
            let charge = json!({"id": "ch_fire", "object": "charge", "payment_intent": payment});
            messages.push(self.message("charge.refunded", &charge));
            let purchase = self.purchase.clone();
            deeds.push(Deed::MoneyBack { purchase, money });
        }
        self.tell(messages).await;
        deeds
    }

    /// The buyer gives up while the money is on its way: whichever comes first, what was paid counts.
    async fn give_up(&mut self) {
        let path = format!("/v1/token-purchases/{}/cancel", self.purchase);
        let answer = self.line.call(Method::POST, &path, &self.token, None, None).await;
        assert!(
            answer.status.is_success() || answer.status == StatusCode::CONFLICT,
            "{}",
            answer.body
        );
    }

    fn message(&self, kind: &str, object: &serde_json::Value) -> Message {
        self.stripe.message(kind, object, SystemClock.now().seconds())
    }

    /// Sends each message between never and three times, in any order. What is lost is found again in the provider's list of
    /// events, where the stand-in lists payments alone: that money went back must be said once at least.
    async fn tell(&mut self, messages: Vec<Message>) {
        let mut copies = Vec::new();
        for message in messages {
            let least = u64::from(message.1.contains("charge.refunded"));
            for _ in 0..least + self.chance.below(4 - least) {
                copies.push((message.clone(), self.chance.below(LATE_MILLIS)));
            }
        }
        let begun = Instant::now();
        let sent = copies.into_iter().map(|((signature, body), late)| {
            let mut line = self.line.clone();
            async move {
                tokio::time::sleep_until((begun + Duration::from_millis(late)).into()).await;
                let request = Request {
                    method: Method::POST,
                    path: "/v1/stripe/webhook",
                    headers: vec![("stripe-signature", signature)],
                    body: Some(body),
                };
                let answer = line.ask(&request).await;
                assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
            }
        });
        join_all(sent).await;
    }
}
