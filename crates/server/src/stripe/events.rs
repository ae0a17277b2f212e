//! Messages from Stripe, as they come and as they are fetched later.

use scrip_domain::{Coded as _, PurchaseId, PurchaseStatus};
use scrip_store::{ProviderReversal, ReversalKind, ReversalStatus, TokenPurchase};
use serde::de::DeserializeOwned;

use super::amount::from_stripe;
use super::objects::{Dispute, Event, OfPayment, PaymentIntent, Session};
use super::settle::{confirm, hear_refund, instant, named, purchase_of, settle, stripe};
use super::signature;
use crate::{Error, Server};

/// How far back missed messages are looked for before the newest that is known, in seconds.
const OVERLAP_SECONDS: i64 = 3600;
/// How far back where none is known: three days, as long as Stripe itself repeats messages.
const FIRST_LOOK_SECONDS: i64 = 3 * 86_400;
/// Pages of 100 messages that one look fetches at most.
const PAGES_MAX: usize = 50;
/// The longest word for a kind of message.
const KIND_CHARS_MAX: usize = 100;

/// Hears a message that came in with this signature. It is done once, however often it comes.
pub(crate) async fn hear_message(server: &Server, header: &str, body: &[u8]) -> Result<(), Error> {
    let secret = stripe(server)?.webhook_secret.as_ref();
    let secret = secret.ok_or_else(|| Error::PaymentUnavailable {
        why: "this server has no secret for its messages".to_owned(),
    })?;
    signature::check(header, body, secret.reveal(), server.now()).map_err(|why| Error::Malformed {
        why: format!("the message is not taken: {why}"),
    })?;
    let event: Event = serde_json::from_slice(body).map_err(|why| Error::Malformed { why: why.to_string() })?;
    hear(server, &event).await.map(drop)
}

/// Fetches messages that were missed and hears them, the oldest first. Answers how many there were.
pub(super) async fn hear_missed(server: &Server) -> Result<usize, Error> {
    let stripe = stripe(server)?;
    let since = match server.0.store.last_provider_event().await? {
        Some(at) => at.plus_seconds(-OVERLAP_SECONDS),
        None => server.now().plus_seconds(-FIRST_LOOK_SECONDS),
    };
    let mut missed: Vec<Event> = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let page = stripe.events(since.seconds(), after.as_deref()).await?;
        after = page.data.last().map(|event| event.id.clone());
        for event in page.data {
            if is_ours(&event.kind) && !server.0.store.is_provider_event_known(&event.id).await? {
                missed.push(event);
            }
        }
        if !page.has_more || after.is_none() {
            break;
        }
    }
    missed.sort_by_key(|event| event.created);
    let mut heard = 0;
    for event in &missed {
        match hear(server, event).await {
            Ok(new) => heard += usize::from(new),
            Err(error @ (Error::PaymentUnavailable { .. } | Error::Store(_))) => return Err(error),
            // One message that makes no sense must not keep the others from being heard.
            Err(error) => {
                tracing::warn!(event = event.id, code = %error.code(), %error, "a missed message is left out");
            }
        }
    }
    Ok(heard)
}

fn is_ours(kind: &str) -> bool {
    ["checkout.session.", "payment_intent.", "charge.", "refund."]
        .iter()
        .any(|area| kind.starts_with(area))
}

/// Does what a message asks for, then notes it. Answers whether it was new.
async fn hear(server: &Server, event: &Event) -> Result<bool, Error> {
    if server.0.store.is_provider_event_known(&event.id).await? {
        return Ok(false);
    }
    let outcome = match heed(server, event).await {
        Ok(outcome) => outcome,
        // To hear it again would change nothing: an operator has to look.
        Err(Error::PaymentRefused { why }) => {
            tracing::error!(
                event = event.id,
                kind = event.kind,
                why,
                "a message of the payment provider is not heeded"
            );
            "refused"
        }
        Err(other) => return Err(other),
    };
    let kind: String = event.kind.chars().take(KIND_CHARS_MAX).collect();
    server
        .0
        .store
        .put_provider_event(&event.id, &kind, instant(event.created), outcome)
        .await?;
    tracing::debug!(
        event = event.id,
        kind,
        outcome,
        "a message of the payment provider was heard"
    );
    Ok(true)
}

async fn heed(server: &Server, event: &Event) -> Result<&'static str, Error> {
    match event.kind.as_str() {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => heed_session(server, event).await,
        "payment_intent.succeeded" | "payment_intent.payment_failed" => heed_payment(server, event).await,
        "charge.refunded" | "charge.refund.updated" | "refund.created" | "refund.updated" | "refund.failed" => {
            heed_refund(server, event).await
        }
        kind if kind.starts_with("charge.dispute.") => heed_dispute(server, event).await,
        _ => Ok("not needed"),
    }
}

async fn heed_session(server: &Server, event: &Event) -> Result<&'static str, Error> {
    let session: Session = read(event)?;
    let Some(purchase) = find(server, purchase_of(&session)).await? else {
        return Ok("not ours");
    };
    if event.kind.ends_with(".async_payment_failed") && purchase.status == PurchaseStatus::Open {
        let store = &server.0.store;
        let why = "the payment failed";
        store.put_purchase_failure(purchase.id, why).await?;
        store.cancel_purchase(purchase.id, Some(why), None).await?;
        return Ok("failed");
    }
    Ok(done(&settle(server, purchase, &session).await?))
}

async fn heed_payment(server: &Server, event: &Event) -> Result<&'static str, Error> {
    let payment: PaymentIntent = read(event)?;
    let id = named(payment.metadata.as_ref(), "purchase").map(PurchaseId);
    let Some(purchase) = find(server, id).await? else {
        return Ok("not ours");
    };
    if event.kind == "payment_intent.payment_failed" {
        let why = payment.last_payment_error.and_then(|error| error.message);
        let why = why.unwrap_or_else(|| "the payment was refused".to_owned());
        let why: String = why.chars().filter(|c| !c.is_control()).take(200).collect();
        server
            .0
            .store
            .put_purchase_failure(purchase.id, why.trim_end_matches('.'))
            .await?;
        return Ok("failed");
    }
    Ok(done(&settle_payment(server, purchase, &payment.id).await?))
}

/// Looks at the page on which a payment was made: the payment alone does not say that it was all.
async fn settle_payment(server: &Server, purchase: TokenPurchase, payment: &str) -> Result<TokenPurchase, Error> {
    if purchase.page.is_some() {
        return confirm(server, purchase).await;
    }
    match stripe(server)?.session_of(payment).await? {
        Some(session) => settle(server, purchase, &session).await,
        None => Ok(purchase),
    }
}

async fn heed_refund(server: &Server, event: &Event) -> Result<&'static str, Error> {
    let Some((payment, purchase)) = find_paid(server, event).await? else {
        return Ok("not ours");
    };
    // What the message says may be old; the list says how it is.
    for refund in stripe(server)?.refunds(&payment).await? {
        hear_refund(server, &purchase, &refund).await?;
    }
    Ok("refunded")
}

async fn heed_dispute(server: &Server, event: &Event) -> Result<&'static str, Error> {
    let dispute: Dispute = read(event)?;
    if dispute.status.starts_with("warning_") {
        return Ok("no money was taken");
    }
    let Some((_, purchase)) = find_paid(server, event).await? else {
        return Ok("not ours");
    };
    let status = match dispute.status.as_str() {
        "won" | "prevented" => ReversalStatus::Undone,
        "lost" => ReversalStatus::Done,
        _ => ReversalStatus::Pending,
    };
    let reason: String = dispute.reason.chars().filter(|c| !c.is_control()).take(60).collect();
    let heard = ProviderReversal {
        provider_ref: &dispute.id,
        ours: None,
        kind: ReversalKind::Dispute,
        money: from_stripe(dispute.amount, &dispute.currency)?,
        status,
        why: &format!("disputed: {reason}"),
    };
    server.0.store.hear_reversal(purchase.id, heard).await?;
    Ok("disputed")
}

/// The purchase that was paid by the payment to which a message's object belongs. One that is not known to be paid, because
/// the message about that is still under way, is settled first.
async fn find_paid(server: &Server, event: &Event) -> Result<Option<(String, TokenPurchase)>, Error> {
    let of: OfPayment = read(event)?;
    let Some(payment) = of.payment_intent.as_ref().map(|payment| payment.id().to_owned()) else {
        return Ok(None);
    };
    if let Some(known) = server.0.store.purchase_of_payment(&payment).await? {
        return Ok(Some((payment, known)));
    }
    let id = named(stripe(server)?.payment(&payment).await?.metadata.as_ref(), "purchase").map(PurchaseId);
    let Some(purchase) = find(server, id).await? else {
        return Ok(None);
    };
    let settled = settle_payment(server, purchase, &payment).await?;
    Ok(settled.paid_at.is_some().then_some((payment, settled)))
}

async fn find(server: &Server, id: Option<PurchaseId>) -> Result<Option<TokenPurchase>, Error> {
    let Some(id) = id else { return Ok(None) };
    match server.0.store.any_purchase(id).await {
        Ok(purchase) => Ok(Some(purchase)),
        Err(scrip_store::Error::PurchaseNotFound { .. }) => Ok(None),
        Err(other) => Err(other.into()),
    }
}

fn done(purchase: &TokenPurchase) -> &'static str {
    purchase.status.as_str()
}

fn read<T: DeserializeOwned>(event: &Event) -> Result<T, Error> {
    serde_json::from_str(event.data.object.get()).map_err(|why| Error::Malformed {
        why: format!("the object of {}: {why}", event.kind),
    })
}
