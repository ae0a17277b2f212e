//! The vendor's keys: what signs, what is published, rotation.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use scrip_domain::{DeedKind, Permission};
use serde::Deserialize;

use crate::console::Operator;
use crate::deeds::{CHANGE_KEYS, OneKeyChange, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, badge, facts, hidden, reveal, section, text, when,
};
use crate::{Error, KeyList, KeyListEntry, Server};

const PATH: &str = "/console/keys";

pub(super) fn router() -> Router<Server> {
    Router::new().route(PATH, get(show).post(change))
}

async fn read_keys(server: &Server) -> Result<KeyList, Error> {
    let (server, now) = (server.clone(), server.0.clock.now());
    let reading = tokio::task::spawn_blocking(move || KeyList::read(&server.0.config, now));
    reading.await.map_err(|_| Error::Internal {
        operation: "read the keys",
    })?
}

async fn show(State(server): State<Server>, operator: Operator) -> Result<Response, Refused> {
    operator.require(Permission::Keys)?;
    let list = read_keys(&server).await?;
    let root = list.root_here.is_some();
    let columns = [text("Key"), text("State"), text("Change")];
    let table = Table::new("Keys", columns).rows(&list.keys, |key| {
        let state = match (key.signs, key.retired) {
            (true, _) => badge(Tone::Good, "signs"),
            (false, None) => badge(Tone::Plain, "published"),
            (false, Some(at)) => html! { (badge(Tone::Plain, "retired")) " " (when(at)) },
        };
        let changes = if root && !key.signs {
            change_forms(&operator, key)
        } else {
            html! { "–" }
        };
        vec![html! { code { (key.kid) } }, state, changes]
    });
    let body = html! {
        (facts([
            ("The vendor's address", html! { code { (list.issuer) } }),
            ("Key set", html! { "number " (list.seq) ", signed " (when(list.signed_at)) }),
            ("Root key", html! { @if root { (badge(Tone::Wait, "on this server")) } @else { (badge(Tone::Good, "elsewhere")) } }),
        ]))
        @if root {
            p { "The root key lies on this server. Move it to a safe place: whoever has it can sign key sets for you. Keys are then "
                "changed with " code { "scrip-server keys rotate --root FILE" } "." }
        } @else {
            p { "The root key does not lie on this server, as it should be. Change keys with "
                code { "scrip-server keys rotate --root FILE" } " and its siblings." }
        }
        (table)
        @if root {
            (section("Rotate", &html! {
                p { "A new key signs once the servers were started again. The one before stays published and valid." }
                (form(&operator, "rotate", "", "Make a new signing key", false))
            }))
        }
    };
    Ok(Page::new("Keys", body).show(&operator))
}

fn form(operator: &Operator, change: &str, kid: &str, button: &'static str, danger: bool) -> Markup {
    let fields = html! {
        (hidden("change", change))
        (hidden("kid", kid))
        (Field::text("why", "Why").id(format!("why-{change}-{kid}")).length_max(200).required())
    };
    let form = Form::post(operator, PATH, button, fields);
    if danger {
        html! { (form.danger()) }
    } else {
        html! { (form) }
    }
}

fn change_forms(operator: &Operator, key: &KeyListEntry) -> Markup {
    reveal(
        "Change this key",
        &html! {
            @if key.retired.is_none() {
                p { "Retired, it signs nothing from now on; what it signed holds for ever." }
                (form(operator, "retire", &key.kid, "Retire it", false))
            }
            p { "Revoked, nothing that it signed holds any more. For a key that was stolen." }
            (form(operator, "revoke", &key.kid, "Revoke it", true))
        },
    )
}

#[derive(Deserialize)]
struct Sending {
    change: String,
    kid: String,
    why: String,
}

async fn change(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<Sending>,
) -> Result<Response, Refused> {
    operator.require(Permission::Keys)?;
    let summary = match sent.change.as_str() {
        "rotate" => "Make a new signing key.".to_owned(),
        "retire" => format!("Retire the key {}.", sent.kid),
        "revoke" => format!("Revoke the key {}; nothing that it signed holds any more.", sent.kid),
        _ => {
            return Err(Error::Malformed {
                why: "there is no such change of the keys".to_owned(),
            }
            .into());
        }
    };
    let body = OneKeyChange {
        change: sent.change,
        kid: sent.kid,
    };
    let asked = (summary.as_str(), &body, sent.why.as_str());
    let text = do_or_ask(&server, &operator, &CHANGE_KEYS, DeedKind::Keys, asked).await?;
    Ok(operator.visit().see_saying(PATH, &text))
}
