//! Buying tokens with money.

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use scrip_api::{BuyTokensRequest, KeptCart, Page, TokenPrices, TokenPurchase};
use scrip_domain::{
    Currency, PackId, PurchaseId, PurchaseMethod, PurchaseStatus, Shortfall, TokenAmount, TokenQuote, Tokens,
    price_shortfall, price_tokens,
};
use scrip_store::{PurchaseFilter, TokenPurchase as Stored};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use crate::caller::Caller;
use crate::purchasing::{self, Asked};
use crate::request::{Body, CommandKey, Path, Query};
use crate::routes::cart::check_lines;
use crate::{Error, Server, stripe};

/// Purchases on one page.
const PAGE_DEFAULT: i64 = 20;
const PAGE_MAX: i64 = 100;

/// What tokens cost now, in every currency in which they are sold.
#[utoipa::path(get, path = "/v1/token-prices", tag = "tokens", security(()), responses((status = 200, body = TokenPrices)))]
pub(crate) async fn prices(State(server): State<Server>) -> Result<Json<TokenPrices>, Error> {
    Ok(Json(TokenPrices {
        lists: server.0.store.price_lists_at(server.now()).await?,
        methods: purchasing::methods(&server).await?,
    }))
}

/// Which tokens are asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct QuoteQuery {
    /// The currency (ISO 4217).
    currency: Currency,
    /// How many tokens; or else a pack.
    tokens: Option<Tokens>,
    /// A pack of the price list.
    pack: Option<PackId>,
}

/// What some tokens would cost now.
#[utoipa::path(get, path = "/v1/token-prices/quote", tag = "tokens", security(()), params(QuoteQuery),
    responses((status = 200, body = TokenQuote)))]
pub(crate) async fn quote(
    State(server): State<Server>,
    Query(query): Query<QuoteQuery>,
) -> Result<Json<TokenQuote>, Error> {
    let wanted = wanted(query.tokens, query.pack)?;
    let list = server.0.store.price_list_at(query.currency, server.now()).await?;
    Ok(Json(price_tokens(&list, &wanted, server.now())?))
}

/// What is missing.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShortfallQuery {
    /// How many tokens are missing, at least 1.
    missing: Tokens,
    /// The currency (ISO 4217).
    currency: Currency,
}

/// What it costs to have so many tokens more: exactly these, and the cheapest pack that holds them.
#[utoipa::path(get, path = "/v1/token-prices/shortfall", tag = "tokens", security(()), params(ShortfallQuery),
    responses((status = 200, body = Shortfall)))]
pub(crate) async fn shortfall(
    State(server): State<Server>,
    Query(query): Query<ShortfallQuery>,
) -> Result<Json<Shortfall>, Error> {
    let list = server.0.store.price_list_at(query.currency, server.now()).await?;
    Ok(Json(price_shortfall(&list, query.missing, server.now())?))
}

/// Buys tokens by card: answers the page on which they are paid. The same key buys once.
#[utoipa::path(post, path = "/v1/token-purchases", tag = "tokens", request_body = BuyTokensRequest,
    params(("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 201, body = TokenPurchase), (status = 200, body = TokenPurchase, description = "The first answer again")))]
pub(crate) async fn buy(
    State(server): State<Server>,
    caller: Caller,
    CommandKey(command): CommandKey,
    body: Body<BuyTokensRequest>,
) -> Result<(StatusCode, Json<TokenPurchase>), Error> {
    let asked = body.value;
    if asked.method != PurchaseMethod::Card {
        return Err(Error::PaymentMethodOff { method: asked.method });
    }
    if let Some(cart) = &asked.cart {
        check_lines(&cart.items)?;
    }
    let asked = Asked {
        user: caller.user,
        command,
        digest: Sha256::digest(&body.bytes).into(),
        wanted: wanted(asked.tokens, asked.pack)?,
        currency: asked.currency,
        expected_total: asked.expected_total,
        cart: asked.cart.map(|cart| (cart.items, cart.expected_total)),
    };
    let (purchase, replayed) = purchasing::buy_by_card(&server, asked).await?;
    let status = if replayed { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(view(&server, purchase).await?)))
}

/// Which part of the purchases is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PurchasesQuery {
    /// The cursor of the page before.
    #[param(value_type = Option<String>, format = "uuid")]
    cursor: Option<PurchaseId>,
    /// Purchases on the page, 1 to 100.
    limit: Option<i64>,
}

/// The caller's purchases of tokens, the newest first.
#[utoipa::path(get, path = "/v1/token-purchases", tag = "tokens", params(PurchasesQuery),
    responses((status = 200, body = Page<TokenPurchase>)))]
pub(crate) async fn list(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<PurchasesQuery>,
) -> Result<Json<Page<TokenPurchase>>, Error> {
    let limit = query.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX);
    let mine = PurchaseFilter {
        user: Some(caller.user),
        ..PurchaseFilter::default()
    };
    let mut found = server.0.store.purchases(mine, query.cursor, limit + 1).await?;
    let more = i64::try_from(found.len()).unwrap_or(i64::MAX) > limit;
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = more.then(|| found.last().map(|last| last.id.to_string())).flatten();
    // The carts that wait are shown with one purchase, not in the list.
    let items = found
        .into_iter()
        .map(|purchase| shown(&server, purchase, None))
        .collect();
    Ok(Json(Page { items, next_cursor }))
}

/// A purchase of the caller's, with the cart that waits for it.
#[utoipa::path(get, path = "/v1/token-purchases/{purchase}", tag = "tokens", params(("purchase" = String, Path, format = "uuid")),
    responses((status = 200, body = TokenPurchase)))]
pub(crate) async fn show(
    State(server): State<Server>,
    caller: Caller,
    Path(id): Path<PurchaseId>,
) -> Result<Json<TokenPurchase>, Error> {
    let purchase = server.0.store.purchase(caller.user, id).await?;
    Ok(Json(view(&server, purchase).await?))
}

/// Gives up a purchase that is not paid, and answers it as it stands then.
#[utoipa::path(post, path = "/v1/token-purchases/{purchase}/cancel", tag = "tokens", params(("purchase" = String, Path, format = "uuid")),
    responses((status = 200, body = TokenPurchase)))]
pub(crate) async fn cancel(
    State(server): State<Server>,
    caller: Caller,
    Path(id): Path<PurchaseId>,
) -> Result<Json<TokenPurchase>, Error> {
    let purchase = purchasing::cancel(&server, caller.user, id).await?;
    Ok(Json(view(&server, purchase).await?))
}

/// Takes messages of the payment provider, which signs them.
#[utoipa::path(post, path = "/v1/stripe/webhook", tag = "tokens", security(()), request_body = serde_json::Value,
    params(("Stripe-Signature" = String, Header)), responses((status = 204)))]
pub(crate) async fn hear(State(server): State<Server>, headers: HeaderMap, body: Message) -> Result<StatusCode, Error> {
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    stripe::hear_message(&server, signature.unwrap_or_default(), &body.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The bytes of a message, as they were signed.
pub(crate) struct Message(Bytes);

impl axum::extract::FromRequest<Server> for Message {
    type Rejection = Error;

    async fn from_request(request: axum::extract::Request, _: &Server) -> Result<Self, Error> {
        /// Messages of Stripe are some KiB.
        const LIMIT_BYTES: usize = 1 << 20;
        let read = axum::body::to_bytes(request.into_body(), LIMIT_BYTES).await;
        read.map(Self).map_err(|_| Error::TooLarge {
            limit_bytes: LIMIT_BYTES,
        })
    }
}

/// A number of tokens, or a pack: one of both.
pub(crate) fn wanted(tokens: Option<Tokens>, pack: Option<PackId>) -> Result<TokenAmount, Error> {
    match (tokens, pack) {
        (Some(tokens), None) => Ok(TokenAmount::Tokens(tokens)),
        (None, Some(pack)) => Ok(TokenAmount::Pack(pack)),
        _ => Err(Error::Malformed {
            why: "give either tokens or pack".to_owned(),
        }),
    }
}

async fn view(server: &Server, purchase: Stored) -> Result<TokenPurchase, Error> {
    let kept = server.0.store.held_quote(purchase.user, purchase.id).await?;
    let cart = kept.map(|kept| KeptCart {
        items: kept.items,
        total: kept.total,
        until: kept.until,
    });
    Ok(shown(server, purchase, cart))
}

fn shown(server: &Server, purchase: Stored, cart: Option<KeptCart>) -> TokenPurchase {
    let live = purchase.status == PurchaseStatus::Open && purchase.expires_at.is_none_or(|end| end > server.now());
    let page = purchase.page.filter(|page| live && !page.url.is_empty());
    TokenPurchase {
        id: purchase.id,
        quote: purchase.quote,
        method: purchase.method,
        status: purchase.status,
        reference: purchase.reference,
        pay_url: page.map(|page| page.url),
        failure: purchase.failure,
        created_at: purchase.created_at,
        expires_at: purchase.expires_at,
        paid_at: purchase.paid_at,
        issued_at: purchase.issued_at,
        reversed: purchase.reversed,
        returned: purchase.returned,
        cart,
    }
}
