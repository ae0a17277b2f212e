//! Sending tokens to somebody whose name was confirmed, and gifts.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_api::{GiftView, TokenTransfer};
use scrip_domain::{
    Deed, Email, GiftId, GiftState, Intent, Item, OfferId, ProductId, SendingId, SendingPolicy, SendingState, Tokens,
};
use scrip_store::{NewGift, NewSending};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::wallet::read_tokens;
use super::{Person, verification};
use crate::html::{
    Bare, Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, badge, cut, facts, grouped, hidden,
    limit_one_more, number, pager, section, text, when,
};
use crate::request::{Path, Query};
use crate::routes::sendings::{gift_view, transfer_view};
use crate::{Error, Server};

const PATH: &str = "/account/sending";
const GIFTS: &str = "/account/gifts";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(show).post(confirm))
        .route("/account/sending/send", post(send))
        .route("/account/sending/{transfer}/cancel", post(cancel))
        .route(GIFTS, get(gifts).post(confirm_gift))
        .route("/account/gifts/give", post(give))
        .route("/account/gifts/{gift}/{what}", post(end_gift))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<Uuid>,
}

fn direction(outgoing: bool, other: &str) -> Markup {
    html! { @if outgoing { "to " } @else { "from " } (other) }
}

async fn show(State(server): State<Server>, person: Person, Query(wanted): Query<Wanted>) -> Result<Response, Refused> {
    let store = &server.0.store;
    let policy: SendingPolicy = store.setting().await?;
    let before = wanted.before.map(SendingId);
    let mut found = store.sendings(person.user, before, limit_one_more()).await?;
    let more = cut(&mut found);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("{PATH}?before={}", last.id));
    let sendable = store.holding(person.user).await?.sendable(policy.given_can_be_sent);
    let rows: Vec<_> = found.into_iter().map(|sent| transfer_view(sent, person.user)).collect();
    let columns = [
        text("When"),
        text("Who"),
        number("Tokens"),
        text("Message"),
        text("State"),
        text("Change"),
    ];
    let table = Table::new("What you sent and received", columns).empty("Nothing was sent or received yet.");
    let table = table.rows(&rows, |row| {
        vec![
            when(row.created_at),
            direction(row.outgoing, &row.other),
            html! { (grouped(row.tokens.get())) },
            html! { (row.message) },
            transfer_state(row),
            html! {
                @if row.outgoing && row.state == SendingState::Waiting {
                    (Form::post(&person, format!("{PATH}/{}/cancel", row.id), "Take back", html! {}).quiet())
                }
            },
        ]
    });
    let fields = html! {
        (Field::email("to", "E-mail address of the recipient").autocomplete("off").required())
        (Field::number("tokens", "Tokens", 1, policy.tokens_max.get()).required()
            .hint(format!("{} of yours can be sent.", grouped(sendable.get()))))
        (Field::text("message", "Message").length_max(200))
    };
    let body = html! {
        (verification::notice(&server, &person).await?)
        (section("Send tokens", &html! {
            @if policy.enabled {
                p { "You confirm the recipient's name on the next page. For " (policy.cooling_off_minutes)
                    " minutes after that you can take the tokens back." }
                (Form::post(&person, PATH, "Go on", fields))
            } @else { p { "This vendor lets nobody send tokens." } }
        }))
        (section("Sent and received", &html! { (table) (pager(wanted.before.map(|_| PATH.to_owned()), next)) }))
    };
    Ok(Page::new("Send tokens", body).show(&person))
}

fn transfer_state(row: &TokenTransfer) -> Markup {
    match row.state {
        SendingState::Waiting => html! { (badge(Tone::Wait, "underway")) " until " (when(row.settles_at)) },
        SendingState::Settled => badge(Tone::Good, "arrived"),
        SendingState::Canceled => badge(Tone::Plain, "taken back"),
    }
}

#[derive(Deserialize)]
struct Draft {
    to: String,
    tokens: String,
    #[serde(default)]
    message: String,
}

async fn confirm(State(server): State<Server>, person: Person, Sent(draft): Sent<Draft>) -> Result<Response, Refused> {
    let to: Email = draft.to.parse()?;
    server.require_verified_id(person.user, Deed::Send).await?;
    server.require_recipient(&to).await?;
    let tokens = read_tokens(&draft.tokens)?.unwrap_or(Tokens::ZERO);
    server
        .0
        .limits
        .count_account(&format!("recipients of {}", person.user))?;
    let recipient = server.0.store.person(to.as_str()).await?;
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (hidden("to", &to))
        (hidden("name", &recipient.name))
        (hidden("tokens", tokens.get()))
        (hidden("message", &draft.message))
    };
    let body = html! {
        (facts([
            ("To", html! { strong { (recipient.name) } " (" (to) ")" }),
            ("Tokens", html! { (grouped(tokens.get())) }),
            ("Message", html! { (draft.message) }),
        ]))
        p { "Is that the right person? Once they arrived, only the recipient can send them back." }
        (Form::post(&person, "/account/sending/send", format!("Send {tokens}"), fields))
        p { a href=(PATH) { "No, go back" } }
    };
    Ok(Page::new("Confirm the recipient", body)
        .above(PATH, "Send tokens")
        .show(&person))
}

#[derive(Deserialize)]
struct Confirmed {
    command: Uuid,
    to: Email,
    name: String,
    tokens: String,
    #[serde(default)]
    message: String,
}

/// A digest over what a form says, to tell its repetition from another one under the same id.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new_with_prefix(b"scrip-page-v1\0");
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

async fn send(State(server): State<Server>, person: Person, Sent(sent): Sent<Confirmed>) -> Result<Response, Refused> {
    server.require_verified_id(person.user, Deed::Send).await?;
    server.require_recipient(&sent.to).await?;
    let policy: SendingPolicy = server.0.store.setting().await?;
    let new = NewSending {
        sender: person.user,
        to: sent.to.as_str(),
        name: &sent.name,
        tokens: read_tokens(&sent.tokens)?.unwrap_or(Tokens::ZERO),
        message: &sent.message,
        command: sent.command,
        digest: digest(&[sent.to.as_str(), &sent.name, &sent.tokens, &sent.message]),
    };
    let sending = server.0.store.send_tokens(&new, &policy).await?;
    let text = format!("{} are on their way to {}.", sending.tokens, sending.recipient.name);
    Ok(person.visit().see_saying(PATH, &text))
}

async fn cancel(
    State(server): State<Server>,
    person: Person,
    Path(transfer): Path<SendingId>,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    let sending = server.0.store.cancel_sending(person.user, transfer).await?;
    let text = format!("{} are back in your wallet.", sending.tokens);
    Ok(person.visit().see_saying(PATH, &text))
}

async fn gifts(
    State(server): State<Server>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let store = &server.0.store;
    let mut found = store
        .gifts(person.user, wanted.before.map(GiftId), limit_one_more())
        .await?;
    let more = cut(&mut found);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("{GIFTS}?before={}", last.id));
    let named = found
        .into_iter()
        .map(|gift| (gift.product_name.clone(), gift_view(gift, person.user)));
    let rows: Vec<_> = named.collect();
    let columns = [
        text("When"),
        text("Who"),
        text("Product"),
        number("Tokens"),
        text("State"),
        text("Change"),
    ];
    let table = Table::new("Gifts", columns).empty("Nothing was given yet.");
    let table = table.rows(&rows, |(name, row)| {
        vec![
            when(row.created_at),
            direction(row.outgoing, &row.other),
            html! { (name) @if let Some(offer) = &row.offer { " (" (offer.as_str()) ")" } @if !row.message.is_empty() { p.soft { (row.message) } } },
            html! { (grouped(row.price.get())) },
            gift_state(row),
            gift_forms(&person, row),
        ]
    });
    let fields = html! {
        (Field::email("to", "E-mail address of the recipient").autocomplete("off").required())
        (Field::text("product", "Product").required().length_max(200).hint("Its id, as the catalog shows it."))
        (Field::text("offer", "Rental offer").length_max(64).hint("Empty to give the product for good."))
        (Field::text("message", "Message").length_max(200))
    };
    let body = html! {
        (verification::notice(&server, &person).await?)
        (section("Given and received", &html! { (table) (pager(wanted.before.map(|_| GIFTS.to_owned()), next)) }))
        (section("Give a product", &html! {
            p { "You see the price and confirm the recipient's name on the next page." }
            (Form::post(&person, GIFTS, "Go on", fields))
        }))
    };
    Ok(Page::new("Gifts", body).show(&person))
}

fn gift_state(row: &GiftView) -> Markup {
    match row.state {
        GiftState::Waiting => html! { (badge(Tone::Wait, "waits")) " until " (when(row.lapses_at)) },
        GiftState::Accepted => badge(Tone::Good, "taken"),
        GiftState::Declined => badge(Tone::Plain, "sent back"),
        GiftState::Withdrawn => badge(Tone::Plain, "withdrawn"),
        GiftState::Lapsed => badge(Tone::Plain, "not taken in time"),
    }
}

fn gift_forms(person: &Person, row: &GiftView) -> Markup {
    let form = |what: &str, button: &'static str| {
        Form::post(person, format!("{GIFTS}/{}/{what}", row.id), button, html! {}).quiet()
    };
    html! {
        @if row.state == GiftState::Waiting {
            @if row.outgoing { (form("withdraw", "Take back")) } @else { (form("accept", "Take")) (form("decline", "Send back")) }
        }
    }
}

#[derive(Deserialize)]
struct GiftDraft {
    to: String,
    product: String,
    #[serde(default)]
    offer: String,
    #[serde(default)]
    message: String,
}

async fn confirm_gift(
    State(server): State<Server>,
    person: Person,
    Sent(draft): Sent<GiftDraft>,
) -> Result<Response, Refused> {
    let to: Email = draft.to.parse()?;
    server.require_verified_id(person.user, Deed::Send).await?;
    server.require_recipient(&to).await?;
    let product: ProductId = draft.product.trim().parse()?;
    let offer = read_offer(&draft.offer)?;
    server
        .0
        .limits
        .count_account(&format!("recipients of {}", person.user))?;
    let recipient = server.0.store.person(to.as_str()).await?;
    let item = Item {
        product: product.clone(),
        intent: if offer.is_some() { Intent::Rent } else { Intent::Buy },
        offer: offer.clone(),
    };
    let price = server.0.store.gift_price(&item).await?;
    let names = server.0.store.product_names(std::iter::once(&product)).await?;
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (hidden("to", &to))
        (hidden("name", &recipient.name))
        (hidden("product", &product))
        (hidden("offer", offer.as_ref().map_or("", OfferId::as_str)))
        (hidden("price", price.get()))
        (hidden("message", &draft.message))
    };
    let body = html! {
        (facts([
            ("To", html! { strong { (recipient.name) } " (" (to) ")" }),
            ("Product", html! { (names.of(&product)) @if let Some(offer) = &offer { " (" (offer.as_str()) ")" } }),
            ("Price", html! { (price) }),
            ("Message", html! { (draft.message) }),
        ]))
        p { "It is paid now. Where it is not taken, or sent back, the tokens come back." }
        (Form::post(&person, "/account/gifts/give", format!("Give it for {price}"), fields))
        p { a href=(GIFTS) { "No, go back" } }
    };
    Ok(Page::new("Confirm the gift", body).above(GIFTS, "Gifts").show(&person))
}

fn read_offer(text: &str) -> Result<Option<OfferId>, Error> {
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.parse()).transpose()?)
}

#[derive(Deserialize)]
struct ConfirmedGift {
    command: Uuid,
    to: Email,
    name: String,
    product: ProductId,
    #[serde(default)]
    offer: String,
    price: String,
    #[serde(default)]
    message: String,
}

async fn give(
    State(server): State<Server>,
    person: Person,
    Sent(sent): Sent<ConfirmedGift>,
) -> Result<Response, Refused> {
    server.require_verified_id(person.user, Deed::Send).await?;
    server.require_recipient(&sent.to).await?;
    let policy: SendingPolicy = server.0.store.setting().await?;
    let offer = read_offer(&sent.offer)?;
    let product = sent.product.as_str();
    let new = NewGift {
        giver: person.user,
        to: sent.to.as_str(),
        name: &sent.name,
        product: &sent.product,
        offer: offer.as_ref(),
        expected_price: read_tokens(&sent.price)?.unwrap_or(Tokens::ZERO),
        message: &sent.message,
        command: sent.command,
        digest: digest(&[
            sent.to.as_str(),
            &sent.name,
            product,
            &sent.offer,
            &sent.price,
            &sent.message,
        ]),
    };
    let gift = server.0.store.give_product(&new, &policy).await?;
    let text = format!("{} is on its way to {}.", gift.product_name, gift.recipient.name);
    Ok(person.visit().see_saying(GIFTS, &text))
}

async fn end_gift(
    State(server): State<Server>,
    person: Person,
    Path((gift, what)): Path<(GiftId, String)>,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    let store = &server.0.store;
    let text = match what.as_str() {
        "accept" => {
            let gift = store.accept_gift(person.user, gift).await?;
            format!("{} is yours now.", gift.product_name)
        }
        "decline" => {
            let gift = store.return_gift(person.user, gift, GiftState::Declined).await?;
            format!("{} went back.", gift.product_name)
        }
        "withdraw" => {
            let gift = store.return_gift(person.user, gift, GiftState::Withdrawn).await?;
            format!("{} are back in your wallet.", gift.price)
        }
        _ => {
            return Err(Error::NotFound { path: GIFTS.to_owned() }.into());
        }
    };
    Ok(person.visit().see_saying(GIFTS, &text))
}
