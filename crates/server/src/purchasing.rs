//! Buying tokens: what the API and the account pages have in common.

use scrip_domain::{Deed, Money, PurchaseId, PurchaseMethod, PurchaseStatus, TokenAmount, Tokens, UserId};
use scrip_store::{Act, HoldRequest, NewTokenPurchase, PurchaseFilter, Reversal, TokenPurchase};
use uuid::Uuid;

use crate::{Error, Server, billing, stripe};

/// How long a payment page stays open, in seconds: an hour.
const PAGE_SECONDS: i64 = 3600;
/// Purchases of one person that may wait for their payment at once.
const OPEN_MAX: i64 = 20;
/// How much longer the price of a waiting cart is kept, in seconds: an hour.
const KEPT_SECONDS: i64 = 3600;

/// A purchase that somebody asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) user: UserId,
    /// The client-made id of the command.
    pub(crate) command: Uuid,
    /// The SHA-256 of the request.
    pub(crate) digest: [u8; 32],
    pub(crate) wanted: TokenAmount,
    pub(crate) currency: scrip_domain::Currency,
    pub(crate) expected_total: Option<Money>,
    /// What waits for the tokens, and the total that was seen.
    pub(crate) cart: Option<(Vec<scrip_domain::Item>, Tokens)>,
}

/// How tokens can be paid: by card where there is an account with the provider, and on paper as the rules for bills say.
pub(crate) async fn methods(server: &Server) -> Result<Vec<PurchaseMethod>, Error> {
    let card = server.0.stripe.iter().map(|_| PurchaseMethod::Card);
    let policy = billing::policy(server).await?;
    Ok(card.chain(billing::offered(&policy)).collect())
}

/// Opens a purchase by card and the page on which it is paid. Answers it, and whether it was opened before.
pub(crate) async fn buy_by_card(server: &Server, asked: Asked) -> Result<(TokenPurchase, bool), Error> {
    if server.0.stripe.is_none() {
        let method = PurchaseMethod::Card;
        return Err(Error::PaymentMethodOff { method });
    }
    let store = &server.0.store;
    let user = store.user_by_id(asked.user).await?.ok_or(Error::SessionExpired)?;
    server.require_verified(&user, Deed::BuyTokens).await?;
    let expires_at = server.now().plus_seconds(PAGE_SECONDS);
    let hold = asked.cart.map(|(items, expected_total)| HoldRequest {
        items,
        expected_total,
        until: expires_at.plus_seconds(KEPT_SECONDS),
    });
    let new = NewTokenPurchase {
        user: asked.user,
        command: asked.command,
        digest: asked.digest,
        method: PurchaseMethod::Card,
        currency: asked.currency,
        wanted: asked.wanted,
        expected_total: asked.expected_total,
        reference: String::new(),
        expires_at: Some(expires_at),
        hold,
    };
    let waiting = PurchaseFilter {
        user: Some(asked.user),
        status: Some(PurchaseStatus::Open),
        method: Some(PurchaseMethod::Card),
    };
    if store.purchases(waiting, None, OPEN_MAX).await?.len() >= usize::try_from(OPEN_MAX).unwrap_or(usize::MAX) {
        let seconds = PAGE_SECONDS.unsigned_abs();
        return Err(Error::RateLimited { seconds });
    }
    let (purchase, replayed) = store.open_purchase(&new).await?;
    let purchase = stripe::open_page(server, purchase, user.email.as_str()).await?;
    Ok((purchase, replayed))
}

/// Gives up a purchase of this person's that is not paid; answers it as it stands then.
pub(crate) async fn cancel(server: &Server, user: UserId, id: PurchaseId) -> Result<TokenPurchase, Error> {
    let purchase = server.0.store.purchase(user, id).await?;
    let purchase = stripe::close_page(server, purchase).await?;
    match purchase.status {
        PurchaseStatus::Open => Ok(server.0.store.cancel_purchase(id, None, None).await?),
        _ => Ok(purchase),
    }
}

/// Gives money of a purchase back: for all tokens that are left of it, or for some. `command` makes a repetition harmless.
///
/// The tokens leave the wallet at once. Money that came by card is sent back by the payment provider; where that cannot be reached
/// it is tried again later.
pub async fn refund_purchase(
    server: &Server,
    id: PurchaseId,
    tokens: Option<Tokens>,
    command: Uuid,
    act: &Act<'_>,
) -> Result<Reversal, Error> {
    let store = &server.0.store;
    let purchase = store.any_purchase(id).await?;
    let by_provider = purchase.provider_payment.is_some() && purchase.method == PurchaseMethod::Card;
    let reversal = store.refund_purchase(id, tokens, by_provider, command, act).await?;
    if !by_provider {
        return Ok(reversal);
    }
    match stripe::refund(server, &reversal).await {
        Err(Error::PaymentUnavailable { why }) => {
            tracing::warn!(reversal = %reversal.id, why, "the money is sent back later");
            Ok(reversal)
        }
        other => other,
    }
}
