//! Calls of Stripe's REST API: forms out, JSON back, within limits.

use std::fmt::Write as _;
use std::time::Duration;

use http::header;
use scrip_domain::{Money, PurchaseId, TokenQuote};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::VERSION;
use super::amount::to_stripe;
use super::objects::{Event, List, PaymentIntent, Problem, Refund, Session};
use crate::Error;
use crate::config::{Secret, StripeConfig};

const CONNECT_MAX: Duration = Duration::from_secs(5);
const EXCHANGE_MAX: Duration = Duration::from_secs(15);
/// How often a call is tried, and the pause before the second try; it doubles.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(150);
/// The largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 4 << 20;
/// How much of a refusal's sentence is shown.
const REASON_CHARS_MAX: usize = 200;

/// A vendor's account with Stripe.
pub(crate) struct Stripe {
    http: reqwest::Client,
    base: String,
    key: Secret,
    /// What signs its messages, where they can be received.
    pub(super) webhook_secret: Option<Secret>,
}

/// What a payment page is opened with.
pub(super) struct NewPage<'a> {
    pub(super) purchase: PurchaseId,
    pub(super) quote: &'a TokenQuote,
    pub(super) email: &'a str,
    pub(super) success_url: &'a str,
    pub(super) cancel_url: &'a str,
    /// Seconds since 1970.
    pub(super) expires_at: i64,
}

impl Stripe {
    /// A client of the account that the configuration names.
    pub(crate) fn new(config: &StripeConfig) -> Result<Self, Error> {
        // A second installation is refused because one is there already, which serves as well.
        if rustls::crypto::CryptoProvider::get_default().is_none()
            && rustls::crypto::ring::default_provider().install_default().is_err()
        {
            debug_assert!(rustls::crypto::CryptoProvider::get_default().is_some());
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("scrip-server/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_MAX)
            .timeout(EXCHANGE_MAX);
        if config.url.starts_with("http:") {
            // A stand-in on this computer needs no certificates.
            builder = builder.tls_certs_only([]);
        }
        let http = builder
            .build()
            .map_err(|why| Error::PaymentUnavailable { why: why.to_string() })?;
        Ok(Self {
            http,
            base: config.url.trim_end_matches('/').to_owned(),
            key: config.secret_key.clone(),
            webhook_secret: config.webhook_secret.clone(),
        })
    }

    /// Whether a person is sent to an address: one with TLS, or one of the API itself, where that is a stand-in on this computer.
    pub(super) fn may_send_to(&self, url: &str) -> bool {
        let is_own = url.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with('/'));
        is_own || url.starts_with("https://")
    }

    /// Opens the page on which a purchase is paid; the same page again for the same purchase.
    pub(super) async fn open_session(&self, new: &NewPage<'_>) -> Result<Session, Error> {
        let id = new.purchase.to_string();
        let mut form = Form::default();
        form.put("mode", "payment");
        form.put("submit_type", "pay");
        form.put("client_reference_id", &id);
        form.put("metadata[purchase]", &id);
        form.put("payment_intent_data[metadata][purchase]", &id);
        form.put("payment_intent_data[description]", &new.quote.tokens.to_string());
        form.put("customer_email", new.email);
        form.put("success_url", new.success_url);
        form.put("cancel_url", new.cancel_url);
        form.put("expires_at", &new.expires_at.to_string());
        let lines = [
            (new.quote.tokens.to_string(), new.quote.net),
            (new.quote.tax_name.clone(), new.quote.tax),
        ];
        for (at, (name, money)) in lines.into_iter().filter(|(_, money)| !money.is_zero()).enumerate() {
            let key = |field: &str| format!("line_items[{at}]{field}");
            form.put(&key("[quantity]"), "1");
            form.put(&key("[price_data][currency]"), &money.currency.as_str().to_lowercase());
            form.put(&key("[price_data][unit_amount]"), &to_stripe(money)?.to_string());
            form.put(&key("[price_data][product_data][name]"), &name);
        }
        self.post("/v1/checkout/sessions", form, &format!("purchase-{id}"))
            .await
    }

    pub(super) async fn session(&self, id: &str) -> Result<Session, Error> {
        self.get(&format!("/v1/checkout/sessions/{}", encoded(id))).await
    }

    /// Closes a page, so that nobody pays any more.
    pub(super) async fn expire_session(&self, id: &str) -> Result<Session, Error> {
        let path = format!("/v1/checkout/sessions/{}/expire", encoded(id));
        self.post(&path, Form::default(), &format!("expire-{id}")).await
    }

    /// The page on which a payment was made.
    pub(super) async fn session_of(&self, payment: &str) -> Result<Option<Session>, Error> {
        let path = format!("/v1/checkout/sessions?limit=1&payment_intent={}", encoded(payment));
        let list: List<Session> = self.get(&path).await?;
        Ok(list.data.into_iter().next())
    }

    pub(super) async fn payment(&self, id: &str) -> Result<PaymentIntent, Error> {
        self.get(&format!("/v1/payment_intents/{}", encoded(id))).await
    }

    /// Gives money back.
    pub(super) async fn refund(&self, payment: &str, money: Money, reversal: Uuid) -> Result<Refund, Error> {
        let mut form = Form::default();
        form.put("payment_intent", payment);
        form.put("amount", &to_stripe(money)?.to_string());
        form.put("metadata[reversal]", &reversal.to_string());
        self.post("/v1/refunds", form, &format!("refund-{reversal}")).await
    }

    /// Every refund of a payment.
    pub(super) async fn refunds(&self, payment: &str) -> Result<Vec<Refund>, Error> {
        let path = format!("/v1/refunds?limit=100&payment_intent={}", encoded(payment));
        Ok(self.get::<List<Refund>>(&path).await?.data)
    }

    /// A page of messages since an instant (seconds since 1970), the newest first, older than the one named `after`.
    pub(super) async fn events(&self, since: i64, after: Option<&str>) -> Result<List<Event>, Error> {
        let mut path = format!("/v1/events?limit=100&created[gte]={since}");
        if let Some(after) = after {
            path = format!("{path}&starting_after={}", encoded(after));
        }
        self.get(&path).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.call(path, None).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, form: Form, key: &str) -> Result<T, Error> {
        self.call(path, Some((form.0, key))).await
    }

    /// Calls until there is an answer that is worth reading. A repeated command has the same key, so that it is done once.
    async fn call<T: DeserializeOwned>(&self, path: &str, command: Option<(String, &str)>) -> Result<T, Error> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            let answer = self.exchange(path, command.as_ref()).await;
            let error = match answer {
                Ok((status, body)) if status.is_success() => {
                    return serde_json::from_slice(&body).map_err(|why| Error::PaymentUnavailable {
                        why: format!("its answer to {path} makes no sense: {why}"),
                    });
                }
                Ok((status, body)) => {
                    let said: Option<Problem> = serde_json::from_slice(&body).ok();
                    let why = said.and_then(|problem| problem.error.message).unwrap_or_default();
                    let why: String = why.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
                    let again = status.is_server_error() || matches!(status.as_u16(), 409 | 429);
                    let ours = matches!(status.as_u16(), 401 | 403);
                    if again || ours {
                        (
                            Error::PaymentUnavailable {
                                why: format!("it answered {status}"),
                            },
                            again,
                        )
                    } else {
                        (Error::PaymentRefused { why }, false)
                    }
                }
                Err(why) => (why, true),
            };
            if !error.1 || attempt >= ATTEMPTS {
                return Err(error.0);
            }
            tracing::debug!(error = %error.0, attempt, "calling the payment provider again");
            tokio::time::sleep(pause).await;
            (attempt, pause) = (attempt + 1, pause * 2);
        }
    }

    async fn exchange(
        &self,
        path: &str,
        command: Option<&(String, &str)>,
    ) -> Result<(reqwest::StatusCode, Vec<u8>), Error> {
        let url = format!("{}{path}", self.base);
        let request = match command {
            Some((form, key)) => self
                .http
                .post(url)
                .header("Idempotency-Key", *key)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone()),
            None => self.http.get(url),
        };
        // The address may hold no secret, but an error that shows it would tell more than is needed.
        let failed = |why: reqwest::Error| Error::PaymentUnavailable {
            why: why.without_url().to_string(),
        };
        let request = request.bearer_auth(self.key.reveal()).header("Stripe-Version", VERSION);
        let mut response = request.send().await.map_err(failed)?;
        let (status, mut body) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                let why = "its answer is too large".to_owned();
                return Err(Error::PaymentUnavailable { why });
            }
            body.extend_from_slice(&chunk);
        }
        Ok((status, body))
    }
}

/// Fields of a form, encoded (`application/x-www-form-urlencoded`, WHATWG URL section 5).
#[derive(Default)]
struct Form(String);

impl Form {
    fn put(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(&encoded(name));
        self.0.push('=');
        self.0.push_str(&encoded(value));
    }
}

/// Text with every byte escaped that is not a letter, a digit or one of `-_.`.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let written = write!(out, "%{byte:02X}");
            debug_assert!(written.is_ok());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Stripe;
    use crate::config::{STRIPE_URL, Secret, StripeConfig};

    fn at(url: &str) -> Stripe {
        let config = StripeConfig {
            url: url.to_owned(),
            secret_key: Secret::new("sk_test_1"),
            webhook_secret: None,
        };
        Stripe::new(&config).unwrap()
    }

    #[test]
    fn people_are_sent_to_pages_with_tls_and_to_those_of_a_stand_in() {
        let (stripe, practice) = (at(STRIPE_URL), at("http://127.0.0.1:7748/"));
        let page = "https://checkout.stripe.com/c/pay/cs_1";
        assert!(stripe.may_send_to(page) && practice.may_send_to(page));
        assert!(practice.may_send_to("http://127.0.0.1:7748/pay/cs_1"));
        for elsewhere in [
            "http://checkout.stripe.com/c/pay/cs_1",
            "http://127.0.0.1:77481/pay/cs_1",
            "http://127.0.0.1:7748.example.org/pay/cs_1",
            "javascript:alert(1)",
            "",
        ] {
            assert!(
                !practice.may_send_to(elsewhere) && !stripe.may_send_to(elsewhere),
                "{elsewhere}"
            );
        }
    }
}
