//! From what the provider says to what the store does.

use std::collections::BTreeMap;
use std::fmt;

use scrip_domain::{Coded as _, PurchaseId, PurchaseMethod, PurchaseStatus, Timestamp};
use scrip_store::{
    ProviderPage, ProviderReversal, PurchaseFilter, Reversal, ReversalKind, ReversalStatus, TokenPurchase,
};
use uuid::Uuid;

use super::amount::{from_stripe, to_stripe};
use super::client::{NewPage, Stripe};
use super::events::hear_missed;
use super::objects::{Named, Refund, Session};
use crate::{Error, Server};

/// Purchases younger than this are left to their buyers, in seconds.
const LOOK_AFTER_SECONDS: i64 = 60;
/// Purchases looked at in one statement.
const PAGE: i64 = 100;

/// Opens the page on which a purchase is paid, and notes it.
pub(crate) async fn open_page(server: &Server, purchase: TokenPurchase, email: &str) -> Result<TokenPurchase, Error> {
    let stripe = stripe(server)?;
    if purchase.page.is_some() || purchase.status != PurchaseStatus::Open {
        return Ok(purchase);
    }
    let back = format!("{}/account/tokens/return?purchase={}", server.public_url(), purchase.id);
    let expires_at = purchase.expires_at.unwrap_or(purchase.created_at);
    let new = NewPage {
        purchase: purchase.id,
        quote: &purchase.quote,
        email,
        success_url: &format!("{back}&session={{CHECKOUT_SESSION_ID}}"),
        cancel_url: &back,
        expires_at: expires_at.seconds(),
    };
    let session = stripe.open_session(&new).await?;
    check(&purchase, &session)?;
    Ok(server
        .0
        .store
        .put_purchase_page(purchase.id, &page_of(stripe, &session))
        .await?)
}

/// Looks at the page of an open purchase, and settles the purchase where it was paid.
pub(crate) async fn confirm(server: &Server, purchase: TokenPurchase) -> Result<TokenPurchase, Error> {
    let (Some(page), Some(stripe)) = (&purchase.page, &server.0.stripe) else {
        return Ok(purchase);
    };
    if !awaits_money(&purchase) {
        return Ok(purchase);
    }
    let session = stripe.session(&page.session).await?;
    settle(server, purchase, &session).await
}

/// Closes the page of an open purchase, so that nobody pays any more. One that was paid meanwhile is settled instead.
pub(crate) async fn close_page(server: &Server, purchase: TokenPurchase) -> Result<TokenPurchase, Error> {
    let (Some(page), Some(stripe), PurchaseStatus::Open) = (&purchase.page, &server.0.stripe, purchase.status) else {
        return Ok(purchase);
    };
    match stripe.expire_session(&page.session).await {
        Ok(session) => settle(server, purchase, &session).await,
        // It is over already, one way or the other.
        Err(Error::PaymentRefused { .. }) => confirm(server, purchase).await,
        Err(other) => Err(other),
    }
}

/// Gives the money of a reversal back, once, and notes how that went.
pub(crate) async fn refund(server: &Server, reversal: &Reversal) -> Result<Reversal, Error> {
    let stripe = stripe(server)?;
    let purchase = server.0.store.any_purchase(reversal.purchase).await?;
    let Some(payment) = purchase.provider_payment.as_deref() else {
        return Ok(reversal.clone());
    };
    // Keys of commands are forgotten after a day; what was sent before that is found by its name.
    let sent = stripe.refunds(payment).await?;
    let ours = |refund: &Refund| named(refund.metadata.as_ref(), "reversal") == Some(reversal.id);
    let answer = match sent.into_iter().find(ours) {
        Some(refund) => Ok(refund),
        None => stripe.refund(payment, reversal.money, reversal.id).await,
    };
    match answer {
        Ok(refund) => hear_refund(server, &purchase, &refund).await,
        Err(Error::PaymentRefused { why }) => {
            let heard = ProviderReversal {
                provider_ref: &format!("refused {}", reversal.id),
                ours: Some(reversal.id),
                kind: ReversalKind::Refund,
                money: reversal.money,
                status: ReversalStatus::Undone,
                why: &why,
            };
            server.0.store.hear_reversal(purchase.id, heard).await?;
            Err(Error::PaymentRefused { why })
        }
        Err(other) => Err(other),
    }
}

/// What a look at all payments did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    settled: usize,
    given_up: usize,
    refunded: usize,
    messages: usize,
    failed: usize,
}

impl fmt::Display for Looked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return Ok(());
        }
        write!(
            f,
            "{} settled, {} given up, {} refunds sent, {} missed messages heeded, {} failed",
            self.settled, self.given_up, self.refunded, self.messages, self.failed
        )
    }
}

/// Looks again at everything that is not done: open pages, refunds that were not sent, messages that were missed.
pub(crate) async fn look_again(server: &Server) -> Result<Looked, Error> {
    let mut looked = Looked::default();
    if server.0.stripe.is_none() {
        return Ok(looked);
    }
    let before = server.now().plus_seconds(-LOOK_AFTER_SECONDS);
    let mut after = None;
    loop {
        let open = server.0.store.purchases_on_pages(before, after, PAGE).await?;
        let Some(last) = open.last() else { break };
        after = Some(last.id);
        for purchase in open {
            let id = purchase.id;
            match confirm(server, purchase).await {
                Ok(now) if now.issued_at.is_some() => looked.settled += 1,
                Ok(now) if now.status == PurchaseStatus::Canceled => looked.given_up += 1,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(purchase = %id, code = %error.code(), %error, "a payment cannot be looked at");
                    looked.failed += 1;
                }
            }
        }
    }
    looked.given_up += give_up_pageless(server).await?;
    for reversal in server.0.store.pending_refunds(PAGE).await? {
        match refund(server, &reversal).await {
            Ok(now) => looked.refunded += usize::from(now.status != ReversalStatus::Pending),
            Err(error) => {
                tracing::warn!(reversal = %reversal.id, code = %error.code(), %error, "a refund cannot be sent");
                looked.failed += 1;
            }
        }
    }
    looked.messages = hear_missed(server).await?;
    Ok(looked)
}

/// Gives up purchases whose page could never be opened.
async fn give_up_pageless(server: &Server) -> Result<usize, Error> {
    let (store, now) = (&server.0.store, server.now());
    let open = PurchaseFilter {
        status: Some(PurchaseStatus::Open),
        method: Some(PurchaseMethod::Card),
        ..PurchaseFilter::default()
    };
    let mut count = 0;
    for purchase in store.purchases(open, None, PAGE).await? {
        if purchase.page.is_none() && purchase.expires_at.is_some_and(|end| end < now) {
            store
                .cancel_purchase(purchase.id, Some("it was not paid in time"), None)
                .await?;
            count += 1;
        }
    }
    Ok(count)
}

/// Does what the state of a payment page asks for.
pub(super) async fn settle(
    server: &Server,
    purchase: TokenPurchase,
    session: &Session,
) -> Result<TokenPurchase, Error> {
    check(&purchase, session)?;
    let store = &server.0.store;
    if !awaits_money(&purchase) {
        return Ok(purchase);
    }
    if session.payment_status == "paid" {
        let payment = session.payment_intent.as_ref().map(Named::id);
        let settled = store.settle_purchase(purchase.id, payment).await?;
        tracing::info!(purchase = %settled.id, tokens = %settled.quote.tokens, "tokens were bought");
        return Ok(settled);
    }
    if session.status.as_deref() == Some("expired") {
        return Ok(store
            .cancel_purchase(purchase.id, Some("it was not paid in time"), None)
            .await?);
    }
    if purchase.page.is_none() && session.url.is_some() {
        let page = page_of(stripe(server)?, session);
        return Ok(store.put_purchase_page(purchase.id, &page).await?);
    }
    Ok(purchase)
}

/// Notes a refund, whoever began it.
pub(super) async fn hear_refund(server: &Server, purchase: &TokenPurchase, refund: &Refund) -> Result<Reversal, Error> {
    let status = match refund.status.as_deref() {
        Some("succeeded") | None => ReversalStatus::Done,
        Some("failed" | "canceled") => ReversalStatus::Undone,
        Some(_) => ReversalStatus::Pending,
    };
    let heard = ProviderReversal {
        provider_ref: &refund.id,
        ours: named(refund.metadata.as_ref(), "reversal"),
        kind: ReversalKind::Refund,
        money: from_stripe(refund.amount, &refund.currency)?,
        status,
        why: "refunded by the payment provider",
    };
    Ok(server.0.store.hear_reversal(purchase.id, heard).await?)
}

/// The id under a name of an object's metadata.
pub(super) fn named(metadata: Option<&BTreeMap<String, String>>, name: &str) -> Option<Uuid> {
    metadata.and_then(|metadata| Uuid::try_parse(metadata.get(name)?).ok())
}

/// The purchase that a page was opened for.
pub(super) fn purchase_of(session: &Session) -> Option<PurchaseId> {
    let reference = session.client_reference_id.as_deref();
    let reference = reference.and_then(|text| Uuid::try_parse(text).ok());
    reference
        .or_else(|| named(session.metadata.as_ref(), "purchase"))
        .map(PurchaseId)
}

pub(super) fn stripe(server: &Server) -> Result<&Stripe, Error> {
    server.0.stripe.as_ref().ok_or(Error::PaymentMethodOff {
        method: PurchaseMethod::Card,
    })
}

/// Whether the arrival of money would change the purchase.
const fn awaits_money(purchase: &TokenPurchase) -> bool {
    purchase.paid_at.is_none() && purchase.status.is_payable()
}

fn page_of(stripe: &Stripe, session: &Session) -> ProviderPage {
    ProviderPage {
        session: session.id.clone(),
        // Nowhere else is a person sent.
        url: session
            .url
            .clone()
            .filter(|url| stripe.may_send_to(url))
            .unwrap_or_default(),
    }
}

/// Refuses a page that is not the purchase's, or asks for another amount.
fn check(purchase: &TokenPurchase, session: &Session) -> Result<(), Error> {
    let total = purchase.quote.total;
    let foreign = purchase.page.as_ref().is_some_and(|page| page.session != session.id);
    let named = purchase_of(session) == Some(purchase.id);
    let currency = session.currency.as_deref().unwrap_or_default();
    let same =
        session.amount_total == Some(to_stripe(total)?) && currency.eq_ignore_ascii_case(total.currency.as_str());
    if foreign || !named || !same {
        let (id, why) = (purchase.id, "the payment page does not fit the purchase");
        tracing::error!(purchase = %id, session = session.id, "{why}");
        return Err(Error::PaymentRefused { why: why.to_owned() });
    }
    Ok(())
}

/// The instant that Stripe writes so.
pub(super) fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}
