//! What people send each other: tokens and products.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::{GiftRequest, GiftView, Page, Recipient, RecipientRequest, SendRequest, TokenTransfer};
use scrip_domain::{Deed, GiftId, GiftState, SendingId, SendingPolicy, UserId};
use scrip_store::{Gift, NewGift, NewSending, Sending};
use sha2::{Digest as _, Sha256};

use crate::caller::Caller;
use crate::request::{Body, CommandKey, Path, Query};
use crate::routes::paging::PageQuery;
use crate::{Error, Server};

/// A transfer as one of the two people sees it.
pub(crate) fn transfer_view(sending: Sending, user: UserId) -> TokenTransfer {
    let outgoing = sending.sender.id == user;
    TokenTransfer {
        id: sending.id,
        outgoing,
        other: if outgoing {
            sending.recipient.name
        } else {
            sending.sender.name
        },
        tokens: sending.tokens,
        message: sending.message,
        state: sending.state,
        created_at: sending.created_at,
        settles_at: sending.settles_at,
        ended_at: sending.ended_at,
    }
}

/// A gift as one of the two people sees it.
pub(crate) fn gift_view(gift: Gift, user: UserId) -> GiftView {
    let outgoing = gift.giver.id == user;
    GiftView {
        id: gift.id,
        outgoing,
        other: if outgoing { gift.recipient.name } else { gift.giver.name },
        product: gift.product,
        offer: gift.offer,
        price: gift.price,
        message: gift.message,
        state: gift.state,
        created_at: gift.created_at,
        lapses_at: gift.lapses_at,
        ended_at: gift.ended_at,
    }
}

/// How somebody is called, to be confirmed before something is sent.
#[utoipa::path(post, path = "/v1/recipients", tag = "sending", request_body = RecipientRequest,
    responses((status = 200, body = Recipient)))]
pub(crate) async fn recipient(
    State(server): State<Server>,
    caller: Caller,
    body: Body<RecipientRequest>,
) -> Result<Json<Recipient>, Error> {
    // Whoever tries addresses one after the other is slowed down.
    server
        .0
        .limits
        .count_account(&format!("recipients of {}", caller.user))?;
    server.require_recipient(&body.value.to).await?;
    let person = server.0.store.person(body.value.to.as_str()).await?;
    Ok(Json(Recipient { name: person.name }))
}

/// Sends tokens to another account. They arrive when the time is over in which they can be taken back. The same key sends once.
#[utoipa::path(post, path = "/v1/transfers", tag = "sending", request_body = SendRequest,
    params(("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 201, body = TokenTransfer)))]
pub(crate) async fn send(
    State(server): State<Server>,
    caller: Caller,
    CommandKey(command): CommandKey,
    body: Body<SendRequest>,
) -> Result<(StatusCode, Json<TokenTransfer>), Error> {
    server.require_verified_id(caller.user, Deed::Send).await?;
    server.require_recipient(&body.value.to).await?;
    let policy: SendingPolicy = server.0.store.setting().await?;
    let new = NewSending {
        sender: caller.user,
        to: body.value.to.as_str(),
        name: &body.value.name,
        tokens: body.value.tokens,
        message: &body.value.message,
        command,
        digest: Sha256::digest(&body.bytes).into(),
    };
    let sent = server.0.store.send_tokens(&new, &policy).await?;
    Ok((StatusCode::CREATED, Json(transfer_view(sent, caller.user))))
}

/// What the caller sent to others and gets from them, the newest first.
#[utoipa::path(get, path = "/v1/transfers", tag = "sending", params(PageQuery),
    responses((status = 200, body = Page<TokenTransfer>)))]
pub(crate) async fn sendings(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<TokenTransfer>>, Error> {
    let before = query.cursor.map(SendingId);
    let found = server.0.store.sendings(caller.user, before, query.rows()).await?;
    Ok(Json(query.page(
        found,
        |sent| sent.id.0,
        |sent| transfer_view(sent, caller.user),
    )))
}

/// Takes back what has not arrived. Doing so again changes nothing.
#[utoipa::path(post, path = "/v1/transfers/{transfer}/cancel", tag = "sending",
    params(("transfer" = String, Path, format = "uuid")), responses((status = 200, body = TokenTransfer)))]
pub(crate) async fn cancel(
    State(server): State<Server>,
    caller: Caller,
    Path(transfer): Path<SendingId>,
) -> Result<Json<TokenTransfer>, Error> {
    let sent = server.0.store.cancel_sending(caller.user, transfer).await?;
    Ok(Json(transfer_view(sent, caller.user)))
}

/// Gives a product to another account: paid now, begun when it is taken. The same key gives once.
#[utoipa::path(post, path = "/v1/gifts", tag = "sending", request_body = GiftRequest,
    params(("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 201, body = GiftView)))]
pub(crate) async fn give(
    State(server): State<Server>,
    caller: Caller,
    CommandKey(command): CommandKey,
    body: Body<GiftRequest>,
) -> Result<(StatusCode, Json<GiftView>), Error> {
    server.require_verified_id(caller.user, Deed::Send).await?;
    server.require_recipient(&body.value.to).await?;
    let policy: SendingPolicy = server.0.store.setting().await?;
    let new = NewGift {
        giver: caller.user,
        to: body.value.to.as_str(),
        name: &body.value.name,
        product: &body.value.product,
        offer: body.value.offer.as_ref(),
        expected_price: body.value.expected_price,
        message: &body.value.message,
        command,
        digest: Sha256::digest(&body.bytes).into(),
    };
    let gift = server.0.store.give_product(&new, &policy).await?;
    Ok((StatusCode::CREATED, Json(gift_view(gift, caller.user))))
}

/// What the caller gave and was given, the newest first.
#[utoipa::path(get, path = "/v1/gifts", tag = "sending", params(PageQuery),
    responses((status = 200, body = Page<GiftView>)))]
pub(crate) async fn gifts(
    State(server): State<Server>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<GiftView>>, Error> {
    let before = query.cursor.map(GiftId);
    let found = server.0.store.gifts(caller.user, before, query.rows()).await?;
    Ok(Json(query.page(
        found,
        |gift| gift.id.0,
        |gift| gift_view(gift, caller.user),
    )))
}

/// Takes a gift: its license begins. Doing so again changes nothing.
#[utoipa::path(post, path = "/v1/gifts/{gift}/accept", tag = "sending",
    params(("gift" = String, Path, format = "uuid")), responses((status = 200, body = GiftView)))]
pub(crate) async fn accept(
    State(server): State<Server>,
    caller: Caller,
    Path(gift): Path<GiftId>,
) -> Result<Json<GiftView>, Error> {
    let gift = server.0.store.accept_gift(caller.user, gift).await?;
    Ok(Json(gift_view(gift, caller.user)))
}

/// Sends a gift back to its giver. Doing so again changes nothing.
#[utoipa::path(post, path = "/v1/gifts/{gift}/decline", tag = "sending",
    params(("gift" = String, Path, format = "uuid")), responses((status = 200, body = GiftView)))]
pub(crate) async fn decline(
    State(server): State<Server>,
    caller: Caller,
    Path(gift): Path<GiftId>,
) -> Result<Json<GiftView>, Error> {
    let gift = server
        .0
        .store
        .return_gift(caller.user, gift, GiftState::Declined)
        .await?;
    Ok(Json(gift_view(gift, caller.user)))
}

/// Takes a gift back that nobody took yet. Doing so again changes nothing.
#[utoipa::path(post, path = "/v1/gifts/{gift}/withdraw", tag = "sending",
    params(("gift" = String, Path, format = "uuid")), responses((status = 200, body = GiftView)))]
pub(crate) async fn withdraw(
    State(server): State<Server>,
    caller: Caller,
    Path(gift): Path<GiftId>,
) -> Result<Json<GiftView>, Error> {
    let gift = server
        .0
        .store
        .return_gift(caller.user, gift, GiftState::Withdrawn)
        .await?;
    Ok(Json(gift_view(gift, caller.user)))
}
