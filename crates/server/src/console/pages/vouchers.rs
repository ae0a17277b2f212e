//! Vouchers: make, print, cancel, redeem for somebody.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{DeedKind, Email, Permission, Tokens, VoucherState};
use scrip_store::{BATCH_VOUCHERS_MAX, VoucherBatch, VoucherFunding};
use serde::Deserialize;
use uuid::Uuid;

use crate::console::Operator;
use crate::deeds::{MAKE_VOUCHERS, OneBatch, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, address, badge, cut, day_text, facts, grouped, hidden,
    limit_one_more, number, pager, read_day, section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server, billing, vouchers};

const PATH: &str = "/console/vouchers";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list).post(make))
        .route("/console/vouchers/redeem", post(redeem))
        .route("/console/vouchers/{batch}", get(show))
        .route("/console/vouchers/{batch}/sheet.pdf", post(sheet))
        .route("/console/vouchers/{batch}/cancel", post(cancel))
        .route("/console/vouchers/{batch}/cancel/{voucher}", post(cancel_one))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<i64>,
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let mut rows = server.0.store.voucher_batches(wanted.before, limit_one_more()).await?;
    let more = cut(&mut rows);
    let next = rows.last().filter(|_| more).map(|last| last.number.to_string());
    let next = next.map(|before| address(PATH, &[("before", &before)]));
    let columns = [
        number("Batch"),
        text("For"),
        number("Vouchers"),
        number("Tokens each"),
        text("Counts as"),
        number("Redeemed"),
        number("Canceled"),
        text("Until"),
    ];
    let table = Table::new("Batches of vouchers", columns)
        .empty("No voucher was made yet.")
        .rows(&rows, |row| {
            vec![
                html! { a href=(format!("{PATH}/{}", row.made.id)) { (row.number) } },
                html! { (row.made.label) },
                html! { (row.made.count) },
                html! { (grouped(row.made.tokens.get())) },
                html! { (row.made.funding.as_str()) },
                html! { (row.redeemed) },
                html! { (row.canceled) },
                html! { (row.made.expires_at.map_or("no end".to_owned(), last_day)) },
            ]
        });
    let body = html! {
        (table)
        (pager(wanted.before.map(|_| PATH.to_owned()), next))
        @if operator.may(Permission::Sales) { (make_form(&server, &operator)) (redeem_form(&operator)) }
    };
    Ok(Page::new("Vouchers", body).show(&operator))
}

fn make_form(server: &Server, operator: &Operator) -> Markup {
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::number("tokens", "Tokens of each", 1, 1_000_000_000).required())
        (Field::number("count", "How many vouchers", 1, i64::from(BATCH_VOUCHERS_MAX)).required())
        (Field::text("label", "What they are for").length_max(80).required()
            .hint("Stands on the paper and in the wallet's history."))
        (Field::date("until", "The last day (UTC) to redeem them").hint("Empty for no end."))
        (Field::select("funding", "Their tokens count as", [("sold", "Sold for money"), ("promotion", "Given")]))
    };
    section("Make vouchers", &html! { (Form::post(operator, PATH, "Make", fields)) })
}

fn redeem_form(operator: &Operator) -> Markup {
    let fields = html! {
        (Field::email("email", "The account's e-mail address").autocomplete("off").required())
        (Field::text("code", "What is printed on the voucher").autocomplete("off").length_max(80).required())
        (Field::text("why", "Why you do it for them").length_max(200).required())
    };
    let form = Form::post(operator, "/console/vouchers/redeem", "Redeem", fields).quiet();
    section("Redeem a voucher for somebody", &html! { (form) })
}

#[derive(Deserialize)]
struct New {
    command: Uuid,
    tokens: i64,
    count: u32,
    label: String,
    until: String,
    funding: String,
}

async fn make(State(server): State<Server>, operator: Operator, Sent(new): Sent<New>) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let malformed = |why: &str| Error::Malformed { why: why.to_owned() };
    let label = scrip_domain::check_text("label", &new.label, 1, 80).map_err(scrip_domain::Error::from)?;
    if !(1..=BATCH_VOUCHERS_MAX).contains(&new.count) || new.tokens < 1 {
        return Err(malformed("a batch has 1 to 10,000 vouchers of at least one token").into());
    }
    let until = new.until.trim();
    let batch = OneBatch {
        id: new.command,
        tokens: Tokens::new(new.tokens)?,
        count: new.count,
        expires_at: match until {
            "" => None,
            day => {
                let day = read_day(day).ok_or_else(|| malformed("the last day is no day"))?;
                Some(day.plus_seconds(86_400))
            }
        },
        promotion: match VoucherFunding::parse(&new.funding) {
            Some(funding) => funding == VoucherFunding::Promotion,
            None => return Err(malformed("they count as sold or as given").into()),
        },
        label,
    };
    let summary = format!("Make {} vouchers of {} for {}.", batch.count, batch.tokens, batch.label);
    let (why, kind) = (batch.label.clone(), DeedKind::Vouchers(batch.worth()));
    let said = do_or_ask(&server, &operator, &MAKE_VOUCHERS, kind, (&summary, &batch, &why)).await?;
    let made = server.0.store.voucher_batch(batch.id).await?.is_some();
    let path = if made {
        format!("{PATH}/{}", batch.id)
    } else {
        PATH.to_owned()
    };
    Ok(operator.visit().see_saying(&path, &said))
}

/// The last day on which a voucher can be redeemed.
fn last_day(end: scrip_domain::Timestamp) -> String {
    day_text(end.plus_seconds(-1))
}

async fn known(server: &Server, id: Uuid) -> Result<VoucherBatch, Error> {
    let found = server.0.store.voucher_batch(id).await?;
    found.ok_or_else(|| Error::NotFound {
        path: format!("{PATH}/{id}"),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct After {
    after: Option<u64>,
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Query(wanted): Query<After>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let batch = known(&server, id).await?;
    let mut rows = server.0.store.vouchers(id, wanted.after, limit_one_more()).await?;
    let more = cut(&mut rows);
    let path = format!("{PATH}/{id}");
    let next = rows.last().filter(|_| more).map(|last| last.serial.to_string());
    let next = next.map(|after| address(&path, &[("after", &after)]));
    let sells = operator.may(Permission::Sales);
    let table = Table::new(
        "Vouchers of the batch",
        [number("Voucher"), text("State"), text("Redeemed"), text("Change")],
    )
    .rows(&rows, |row| {
        let tone = match row.state {
            VoucherState::Open => Tone::Good,
            VoucherState::Redeemed => Tone::Plain,
            VoucherState::Canceled | VoucherState::Expired => Tone::Bad,
        };
        vec![
            html! { (row.serial) },
            badge(tone, row.state.as_str()),
            row.redeemed.map_or(html! {}, |(_, at, _)| when(at)),
            html! {
                @if sells && row.state == VoucherState::Open {
                    (Form::post(&operator, format!("{path}/cancel/{}", row.serial),
                        format!("Cancel {}", row.serial), html! {}).quiet())
                }
            },
        ]
    });
    let made = &batch.made;
    let body = html! {
        (facts([
            ("For", html! { (made.label) }),
            ("Tokens of each", html! { (grouped(made.tokens.get())) }),
            ("Vouchers", html! { (made.count) }),
            ("Redeemed", html! { (batch.redeemed) }),
            ("Canceled", html! { (batch.canceled) }),
            ("Counts as", html! { (made.funding.as_str()) }),
            ("Made", html! { (when(batch.created_at)) " by " (batch.created_by) }),
            ("Until", html! { (made.expires_at.map_or("no end".to_owned(), last_day)) }),
        ]))
        @if sells {
            (section("Print", &html! {
                p { "Whoever has the sheet has the tokens. Only vouchers that can still be redeemed are on it; "
                    "who printed it stands in the audit log." }
                (Form::post(&operator, format!("{path}/sheet.pdf"), "Download the sheet (PDF)", html! {}))
            }))
            (section("Take back", &html! {
                (Form::post(&operator, format!("{path}/cancel"), "Cancel all that are open",
                    html! { (Field::text("why", "Why").length_max(200).required()) }).danger())
            }))
        }
        (table)
        (pager(wanted.after.map(|_| path.clone()), next))
    };
    let page = Page::new(format!("Batch {}", batch.number), body).above(PATH, "Vouchers");
    Ok(page.show(&operator))
}

/// The sheet is made by a form, so that nothing that merely follows links gets the codes.
async fn sheet(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(_): Sent<crate::html::Bare>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let batch = known(&server, id).await?;
    let subject = id.to_string();
    let act = operator.act("vouchers.printed", &subject, &batch.made.label);
    server.0.store.put_act(&act).await?;
    let bytes = vouchers::voucher_sheet(&server, &batch).await?;
    let name = format!("vouchers-{}.pdf", batch.number);
    Ok(billing::download(bytes.into(), "application/pdf", &name))
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn cancel(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<Uuid>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let subject = id.to_string();
    let act = operator.act("vouchers.canceled", &subject, &sent.why);
    let count = server.0.store.cancel_vouchers(id, &act).await?;
    let said = format!("{count} vouchers are canceled.");
    Ok(operator.visit().see_saying(&format!("{PATH}/{id}"), &said))
}

async fn cancel_one(
    State(server): State<Server>,
    operator: Operator,
    Path((id, serial)): Path<(Uuid, u64)>,
    Sent(_): Sent<crate::html::Bare>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let subject = serial.to_string();
    let act = operator.act("voucher.canceled", &subject, "canceled on its batch's page");
    let was_open = server.0.store.cancel_voucher(serial, &act).await?;
    let path = format!("{PATH}/{id}");
    Ok(if was_open {
        operator
            .visit()
            .see_saying(&path, &format!("Voucher {serial} is canceled."))
    } else {
        operator
            .visit()
            .see_warning(&path, "It could not be redeemed any more; nothing changed.")
    })
}

#[derive(Deserialize)]
struct ForSomebody {
    email: String,
    code: String,
    why: String,
}

async fn redeem(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<ForSomebody>,
) -> Result<Response, Refused> {
    operator.require(Permission::Sales)?;
    let email: Email = sent.email.parse()?;
    let act = operator.act("voucher.redeemed", "", &sent.why);
    let done = vouchers::redeem_for(&server, &email, &sent.code, act).await?;
    let said = format!(
        "{} added; the wallet of {email} holds {}.",
        done.tokens, done.balance_after
    );
    Ok(operator.visit().see_saying(PATH, &said))
}
