//! What the vendor can set while the server runs: a form for each group of settings, drawn from its document.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::future::BoxFuture;
use maud::{Markup, html};
use scrip_domain::{
    AccountPolicy, ApprovalPolicy, BillingPolicy, ConsolePolicy, DeedKind, ExpiryPolicy, OrderRefundPolicy, Permission,
    RetentionPolicy, SendingPolicy,
};
use scrip_store::{Act, Setting};
use serde_json::{Map, Value};

use crate::console::Operator;
use crate::deeds::{CHANGE_SETTINGS, OneSetting, do_or_ask};
use crate::html::{Field, Form, Page, Refused, Sent, Table, Viewer as _, text};
use crate::request::Path;
use crate::{Error, Server};

const PATH: &str = "/console/settings";

/// A group of settings and how its form names them.
struct Group {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    /// Members of the document (nested ones with dots), what they are called, and a hint that may be empty.
    labels: &'static [(&'static str, &'static str, &'static str)],
    read: fn(&Server) -> BoxFuture<'_, Result<Value, Error>>,
    /// Refuses a document that cannot be written.
    check: fn(Value) -> Result<(), Error>,
    write: for<'a> fn(&'a Server, Value, &'a Act<'a>) -> BoxFuture<'a, Result<(), Error>>,
}

const fn group<T: Setting + Send + Sync + 'static>(
    title: &'static str,
    about: &'static str,
    labels: &'static [(&'static str, &'static str, &'static str)],
) -> Group {
    Group {
        name: T::NAME,
        title,
        about,
        labels,
        read: |server| Box::pin(read::<T>(server)),
        check: |value| parse::<T>(value).map(drop),
        write: |server, value, act| Box::pin(write::<T>(server, value, act)),
    }
}

/// Every group.
const GROUPS: &[Group] = &[
    group::<AccountPolicy>(
        "Accounts",
        "What an account may do before its e-mail address is verified, and how often passwords may be tried. Where the \
         server sends no mail nobody can verify an address, and every account may do everything.",
        &[
            (
                "unverified_may_send",
                "Not verified: may send tokens and gifts",
                "and put tokens into a team's wallet",
            ),
            (
                "unverified_may_receive",
                "Not verified: may be sent tokens and gifts",
                "and draw tokens from a team's wallet",
            ),
            ("unverified_may_buy_tokens", "Not verified: may buy tokens by card", ""),
            (
                "unverified_may_order_on_bill",
                "Not verified: may order tokens on a bill",
                "and all else that is paid later; bills and reminders go by mail",
            ),
            (
                "unverified_gets_grant",
                "Not verified: has the tokens of the registration",
                "else they wait until the address is verified",
            ),
            ("link_minutes", "Links in mail hold for", "minutes"),
            ("claim_days", "Claim codes hold for", "days"),
            ("lockout.known", "Wrong tries of a client that signed in before", ""),
            ("lockout.network", "Wrong tries from one network", "at one account"),
            ("lockout.strangers", "Wrong tries of all strangers", "at one account"),
            (
                "lockout.window_seconds",
                "Within",
                "seconds; then the count begins anew",
            ),
        ],
    ),
    group::<ApprovalPolicy>(
        "Approvals",
        "What one operator may not do alone, at the console and on the machine. An empty field holds nothing back. Once something is \
         held back, changing these settings is, too.",
        &[
            ("grants_over", "Giving more tokens than", "tokens"),
            ("refunds_over", "Giving back more tokens than", "tokens"),
            (
                "money_over",
                "Giving back, crediting or writing off more than",
                "in the smallest unit of the currency, such as cents",
            ),
            ("vouchers_over", "Vouchers worth more than", "tokens in a batch"),
            ("orders_over", "Approving orders on paper for more than", "tokens"),
            (
                "payments_over",
                "Recording payments of more than",
                "in the smallest unit of the currency; tokens follow",
            ),
            (
                "credit_over",
                "Letting an account owe more than",
                "in the smallest unit of the currency",
            ),
            ("prices", "Changing what tokens cost", ""),
            ("revocations", "Revoking a license for good", ""),
            ("keys", "Changing the vendor's keys", ""),
            ("settings", "Changing settings", ""),
            (
                "operators",
                "Changing who is an operator",
                "admitting, roles, passwords, letting in again",
            ),
            ("webhooks", "Telling other addresses what happens", "and their secrets"),
            ("second_factors", "Taking another operator's second factor off", ""),
        ],
    ),
    group::<ConsolePolicy>(
        "Console",
        "How operators sign in. Whoever lacks what is demanded sets it up at the next page that they open.",
        &[(
            "second_factor_required",
            "Every operator has a second factor",
            "an authenticator app; an owner who lost it is helped by another, or with scrip-server operator reset-factor",
        )],
    ),
    group::<ExpiryPolicy>(
        "Tokens that run out",
        "How long before their end people are told. Nothing runs out without both notices.",
        &[
            ("first_notice_days", "First notice", "days before"),
            ("second_notice_days", "Second notice", "days before"),
        ],
    ),
    group::<SendingPolicy>(
        "Sending tokens and gifts",
        "What people may send to each other.",
        &[
            ("enabled", "Tokens and gifts can be sent", ""),
            ("tokens_max", "At most at once", "tokens"),
            ("tokens_per_day_max", "At most within 24 hours", "tokens of one account"),
            ("transfers_per_day_max", "Transfers within 24 hours", "of one account"),
            (
                "cooling_off_minutes",
                "Cooling off",
                "minutes in which the sender can take it back",
            ),
            ("account_age_hours", "Age of the account", "hours before it can send"),
            ("given_can_be_sent", "Tokens that were given can be sent", ""),
            ("gift_days", "Gifts wait for", "days"),
        ],
    ),
    group::<BillingPolicy>(
        "Bills",
        "Who sells on bills, and on what terms. Without a seller nothing is billed.",
        &[
            ("seller", "Seller", "the name on bills"),
            ("address", "Address", "lines separated by semicolons"),
            ("tax_number", "Tax number", ""),
            ("contact", "Contact", ""),
            ("iban", "IBAN", "the account that is paid to"),
            ("bic", "BIC", "its bank"),
            ("invoice_prefix", "Bills begin with", "up to eight capital letters"),
            ("credit_note_prefix", "Credit notes begin with", "other ones"),
            ("due_days", "Due after", "days"),
            ("reminder_days", "Reminders", "days after that"),
            (
                "purchase_order_issue",
                "Purchase orders are issued on",
                "approval or payment",
            ),
            (
                "invoice_issue",
                "Orders to be billed are issued on",
                "approval or payment",
            ),
            ("invoice_approval", "Orders to be billed wait for an operator", ""),
            (
                "credit_limit_minor",
                "An account may owe",
                "in the smallest unit of the currency",
            ),
            (
                "methods",
                "What customers may choose",
                "purchase_order, invoice, bank_transfer, cheque, money_order, cash",
            ),
            ("footer", "At the foot of bills", ""),
        ],
    ),
    group::<RetentionPolicy>(
        "Personal data",
        "How long bills keep the names on them after their person was erased. What was promised to a person who is gone stays as it was.",
        &[(
            "bill_years",
            "Names on bills are kept for",
            "years after the end of the bill's year: as the law of books demands",
        )],
    ),
    group::<OrderRefundPolicy>(
        "Taking orders back",
        "What people get back of what they paid in tokens.",
        &[
            ("window_days", "Within", "days after the payment; 0: never"),
            ("purchase_permille", "Of a purchase", "thousandths of its price"),
            (
                "rental_permille",
                "Of a rental",
                "thousandths of what is unused; its offer may promise more",
            ),
            ("per_year_max", "How often", "in 365 days, for one account"),
        ],
    ),
];

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list))
        .route("/console/settings/{group}", get(show).post(save))
}

async fn read<T: Setting>(server: &Server) -> Result<Value, Error> {
    let setting: T = server.0.store.setting().await?;
    serde_json::to_value(setting).map_err(|_| Error::Internal {
        operation: "read settings",
    })
}

async fn write<T: Setting + Sync>(server: &Server, value: Value, act: &Act<'_>) -> Result<(), Error> {
    Ok(server.0.store.put_setting(&parse::<T>(value)?, act).await?)
}

fn parse<T: Setting>(value: Value) -> Result<T, Error> {
    let setting: T = serde_json::from_value(value).map_err(|why| Error::Malformed { why: why.to_string() })?;
    setting.check()?;
    Ok(setting)
}

/// Writes a whole group of settings by its name.
pub(crate) async fn write_settings(server: &Server, group: &str, document: Value, act: &Act<'_>) -> Result<(), Error> {
    (find(group)?.write)(server, document, act).await
}

fn find(name: &str) -> Result<&'static Group, Error> {
    let found = GROUPS.iter().find(|group| group.name == name);
    found.ok_or_else(|| Error::NotFound {
        path: format!("{PATH}/{}", name.chars().take(60).collect::<String>()),
    })
}

async fn list(operator: Operator) -> Result<Response, Refused> {
    operator.require(Permission::Settings)?;
    let table = Table::new("Settings", [text("Settings"), text("What they are about")]).rows(GROUPS, |group| {
        vec![
            html! { a href=(format!("{PATH}/{}", group.name)) { (group.title) } },
            html! { (group.about) },
        ]
    });
    let body = html! {
        p { "These hold at once, on every server. What belongs to one server stands in its file " code { "scrip-server.toml" } "." }
        (table)
    };
    Ok(Page::new("Settings", body).show(&operator))
}

/// The leaves of a document, with their paths.
fn leaves(path: &str, value: &Value, into: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                leaves(&path, member, into);
            }
        }
        leaf => into.push((path.to_owned(), leaf.clone())),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

async fn show(State(server): State<Server>, operator: Operator, Path(name): Path<String>) -> Result<Response, Refused> {
    operator.require(Permission::Settings)?;
    let group = find(&name)?;
    let mut members = Vec::new();
    leaves("", &(group.read)(&server).await?, &mut members);
    // In the order of the labels, which go together, and not in that of the alphabet.
    members.sort_by_key(|(path, _)| group.labels.iter().position(|(known, ..)| known == path));
    let body = html! {
        p { (group.about) }
        (Form::post(&operator, format!("{PATH}/{name}"), "Save", fields(group, &members)))
    };
    Ok(Page::new(group.title, body).above(PATH, "Settings").show(&operator))
}

fn fields(group: &Group, members: &[(String, Value)]) -> Markup {
    let label = |path: &str| {
        let found = group.labels.iter().find(|(known, ..)| *known == path);
        found.map_or_else(
            || (path.replace(['_', '.'], " "), ""),
            |(_, label, hint)| ((*label).to_owned(), *hint),
        )
    };
    html! {
        @for (path, value) in members {
            @let (label, hint) = label(path);
            @let field = match value {
                Value::Bool(on) => Field::check(path, label).ticked(*on),
                Value::Array(_) => Field::area(path, label, 4).value(shown(value)),
                _ => Field::text(path, label).value(shown(value)).length_max(200),
            };
            @if hint.is_empty() { (field) } @else { (field.hint(hint)) }
        }
        (Field::text("why", "Why").hint("Stands in the audit log.").length_max(200).required())
    }
}

/// What a field says, where `before` stood.
fn parsed(text: &str, before: &Value) -> Value {
    let text = text.trim();
    match before {
        Value::String(_) => Value::String(text.to_owned()),
        // A member that may be absent: empty is absent, and a number is a number.
        _ if text.is_empty() => Value::Null,
        _ => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
    }
}

fn put(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            document.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = document.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

async fn save(
    State(server): State<Server>,
    operator: Operator,
    Path(name): Path<String>,
    Sent(sent): Sent<Vec<(String, String)>>,
) -> Result<Response, Refused> {
    operator.require(Permission::Settings)?;
    let group = find(&name)?;
    let sent_value = |path: &str| {
        sent.iter()
            .find(|(known, _)| known == path)
            .map(|(_, value)| value.as_str())
    };
    let mut members = Vec::new();
    leaves("", &(group.read)(&server).await?, &mut members);
    let (mut document, mut changes) = (Map::new(), Vec::new());
    for (path, before) in members {
        let value = match (&before, sent_value(&path)) {
            (Value::Bool(_), ticked) => Value::Bool(ticked == Some("on")),
            (_, Some(text)) => parsed(text, &before),
            (_, None) => before.clone(),
        };
        if value != before {
            changes.push(format!("{path}: {before} → {value}"));
        }
        put(&mut document, &path, value);
    }
    let page = format!("{PATH}/{name}");
    if changes.is_empty() {
        return Ok(operator.visit().see_saying(&page, "Nothing was changed."));
    }
    let document = Value::Object(document);
    (group.check)(document.clone())?;
    let summary = format!("Change the settings {}: {}.", group.title, changes.join(", "));
    let why = format!("{} ({})", sent_value("why").unwrap_or_default(), changes.join(", "));
    let one = OneSetting {
        group: group.name.to_owned(),
        document,
    };
    let kind = if group.name == ApprovalPolicy::NAME {
        DeedKind::Policy
    } else {
        DeedKind::Settings
    };
    let said = do_or_ask(&server, &operator, &CHANGE_SETTINGS, kind, (&summary, &one, &why)).await?;
    Ok(operator.visit().see_saying(&page, &said))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_a_form_sends_has_the_shape_of_the_document() {
        let mut members = Vec::new();
        leaves(
            "",
            &serde_json::json!({"a": {"b": 1, "c": null}, "d": true, "e": "x"}),
            &mut members,
        );
        let paths: Vec<_> = members.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["a.b", "a.c", "d", "e"]);
        let mut document = Map::new();
        put(&mut document, "a.b", parsed(" 12 ", &Value::from(1)));
        put(&mut document, "a.c", parsed("", &Value::Null));
        put(&mut document, "e", parsed("12", &Value::from("x")));
        assert_eq!(
            Value::Object(document),
            serde_json::json!({"a": {"b": 12, "c": null}, "e": "12"})
        );
    }

    #[test]
    fn every_label_names_a_member_and_every_member_has_one() {
        let documents = [
            serde_json::to_value(AccountPolicy::default()).unwrap(),
            serde_json::to_value(ApprovalPolicy::default()).unwrap(),
            serde_json::to_value(ConsolePolicy::default()).unwrap(),
            serde_json::to_value(ExpiryPolicy::default()).unwrap(),
            serde_json::to_value(SendingPolicy::default()).unwrap(),
            serde_json::to_value(BillingPolicy::default()).unwrap(),
            serde_json::to_value(RetentionPolicy::default()).unwrap(),
            serde_json::to_value(OrderRefundPolicy::default()).unwrap(),
        ];
        assert_eq!(documents.len(), GROUPS.len());
        for (group, document) in GROUPS.iter().zip(&documents) {
            let mut members = Vec::new();
            leaves("", document, &mut members);
            let members: BTreeSet<_> = members.iter().map(|(path, _)| path.as_str()).collect();
            let labels: BTreeSet<_> = group.labels.iter().map(|(path, ..)| *path).collect();
            assert_eq!(members, labels, "{}", group.name);
        }
    }
}
