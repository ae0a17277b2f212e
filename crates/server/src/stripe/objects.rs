//! What Stripe answers, as far as it is read here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A Checkout Session: the page on which somebody pays.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    /// The page's address; absent once it is over.
    pub(super) url: Option<String>,
    /// `open`, `complete` or `expired`.
    pub(super) status: Option<String>,
    /// `paid`, `unpaid` or `no_payment_required`.
    pub(super) payment_status: String,
    pub(super) payment_intent: Option<Named>,
    pub(super) client_reference_id: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<BTreeMap<String, String>>,
    pub(super) amount_total: Option<i64>,
    pub(super) currency: Option<String>,
}

/// A payment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    #[serde(default)]
    pub(super) metadata: Option<BTreeMap<String, String>>,
    pub(super) last_payment_error: Option<PaymentError>,
}

/// Why a payment failed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PaymentError {
    pub(super) message: Option<String>,
}

/// Money given back.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    /// `pending`, `requires_action`, `succeeded`, `failed` or `canceled`.
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<BTreeMap<String, String>>,
}

/// Money that the payer's bank took back.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Dispute {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    /// `needs_response`, `under_review`, `won`, `lost` and more; those that begin with `warning_` took no money.
    pub(super) status: String,
    #[serde(default)]
    pub(super) reason: String,
}

/// Anything that belongs to a payment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct OfPayment {
    pub(super) payment_intent: Option<Named>,
}

/// Another object: its name, or all of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Named {
    Id(String),
    Whole { id: String },
}

impl Named {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Whole { id } => id,
        }
    }
}

/// A page of a list, the newest first.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// A message: something happened to an object.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) data: EventData,
}

/// The object as it was then.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EventData {
    pub(super) object: Box<RawValue>,
}

/// A refusal.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Problem {
    pub(super) error: ProblemBody,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ProblemBody {
    pub(super) message: Option<String>,
}
