//! The vendor's people: admit, change roles, shut out.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{DeedKind, Email, OperatorId, Password, Permission, Role};
use scrip_store::OperatorRow;
use serde::Deserialize;

use crate::console::{Operator, hash_password};
use crate::deeds::{
    self, ADMIT_OPERATOR, CHANGE_PASSWORD, CHANGE_ROLE, LET_IN, OneOperator, OneRole, RESET_FACTOR, do_or_ask,
};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, badge, day, hidden, reveal, section, text,
};
use crate::request::Path;
use crate::{Error, Server};

const PATH: &str = "/console/operators";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list).post(admit))
        .route("/console/operators/{operator}/role", post(set_role))
        .route("/console/operators/{operator}/access", post(set_access))
        .route("/console/operators/{operator}/password", post(set_password))
        .route("/console/operators/{operator}/second-factor", post(reset_factor))
}

async fn list(State(server): State<Server>, operator: Operator) -> Result<Response, Refused> {
    operator.require(Permission::Operators)?;
    let rows = server.0.store.operators().await?;
    let columns = [
        text("E-mail"),
        text("Role"),
        text("Since"),
        text("Access"),
        text("Second factor"),
        text("Change"),
    ];
    let table = Table::new("Operators", columns).rows(&rows, |row| {
        let access = match row.disabled_at {
            None => badge(Tone::Good, "signs in"),
            Some(_) => badge(Tone::Bad, "shut out"),
        };
        vec![
            html! { (row.email) },
            html! { (row.role) },
            day(row.created_at),
            access,
            if row.has_factor {
                badge(Tone::Good, "on")
            } else {
                badge(Tone::Plain, "off")
            },
            changes(&operator, row),
        ]
    });
    let fields = html! {
        (Field::email("email", "E-mail address").autocomplete("off").required())
        (Field::select("role", "Role", roles()).value(Role::ReadOnly.as_str()))
        (Field::password("password", "First password").autocomplete("new-password").required()
            .hint(format!("Between {} and {} characters. Tell it in person.", Password::MIN_CHARS, Password::MAX_CHARS)))
        (why_field("why-admit"))
    };
    let body = html! {
        (table)
        (section("Admit an operator", &html! { (Form::post(&operator, PATH, "Admit", fields)) }))
        (section("What roles may do", &role_table()))
    };
    Ok(Page::new("Operators", body).show(&operator))
}

fn roles() -> impl Iterator<Item = (&'static str, &'static str)> {
    Role::ALL.into_iter().map(|role| (role.as_str(), role.name()))
}

fn why_field(id: &str) -> Field<'static> {
    Field::text("why", "Why").id(id).length_max(200).required()
}

fn changes(operator: &Operator, row: &OperatorRow) -> Markup {
    let id = row.id;
    let disabled = row.disabled_at.is_some();
    let role = html! {
        (Field::select("role", "Role", roles()).id(format!("role-{id}")).value(row.role.as_str()))
        (why_field(&format!("why-role-{id}")))
    };
    let access = html! {
        (hidden("disabled", !disabled))
        (why_field(&format!("why-access-{id}")))
    };
    let password = html! {
        (Field::password("password", "New password").id(format!("password-{id}")).autocomplete("new-password").required())
        (why_field(&format!("why-password-{id}")))
    };
    let word = if disabled { "Let in again" } else { "Shut out" };
    reveal(
        &format!("Change {}", row.email),
        &html! {
            (Form::post(operator, format!("{PATH}/{id}/role"), "Change the role", role).quiet())
            (Form::post(operator, format!("{PATH}/{id}/password"), "Change the password", password).quiet())
            @if id != operator.id {
                @if row.has_factor {
                    (Form::post(operator, format!("{PATH}/{id}/second-factor"), "Take the second factor off",
                        html! { (why_field(&format!("why-factor-{id}"))) }).danger())
                }
                (Form::post(operator, format!("{PATH}/{id}/access"), word, access).danger())
            }
        },
    )
}

fn role_table() -> Markup {
    let can: [(&str, Permission); 14] = [
        ("See accounts, orders, licenses", Permission::SeePeople),
        ("See payments and the books", Permission::SeeMoney),
        ("See the audit log", Permission::SeeLog),
        ("Change accounts", Permission::People),
        ("Stop and move licenses", Permission::Licenses),
        ("Give tokens", Permission::Grants),
        ("Give back", Permission::Refunds),
        ("Record sales and payments", Permission::Sales),
        ("Change what tokens cost", Permission::Prices),
        ("Change the catalog", Permission::Catalog),
        ("Run jobs, change webhooks", Permission::Operations),
        ("Change settings", Permission::Settings),
        ("Change keys and operators", Permission::Keys),
        ("Approve what others ask for", Permission::Approve),
    ];
    let mut columns = vec![text("May")];
    columns.extend(Role::ALL.map(|role| text(role.name())));
    let table = Table::new("What each role may do", columns).rows(can, |(what, permission)| {
        let mut cells = vec![html! { (what) }];
        cells.extend(Role::ALL.map(|role| {
            let word = if role.may(permission) { "yes" } else { "–" };
            html! { (word) }
        }));
        cells
    });
    html! { (table) }
}

#[derive(Deserialize)]
struct NewOperator {
    email: String,
    role: String,
    password: Password,
    why: String,
}

fn parse_role(text: &str) -> Result<Role, Error> {
    Role::parse(text).ok_or_else(|| Error::Malformed {
        why: format!("\"{}\" is no role", text.chars().take(40).collect::<String>()),
    })
}

async fn admit(
    State(server): State<Server>,
    operator: Operator,
    Sent(new): Sent<NewOperator>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operators)?;
    let (email, role) = (new.email.parse::<Email>()?, parse_role(&new.role)?);
    new.password.check().map_err(Error::from)?;
    let summary = format!("Admit {email} as {role}.");
    let one = deeds::NewOperator {
        email: email.clone(),
        role,
    };
    let (by, asked) = (
        deeds::Asker::Operator(&operator.email),
        (summary.as_str(), &one, new.why.as_str()),
    );
    if let Some(waits) = deeds::hold(&server, by, &ADMIT_OPERATOR, DeedKind::Operators, asked).await? {
        return Ok(operator.visit().see_saying(PATH, &waits));
    }
    let hash = hash_password(&server, new.password).await?;
    let act = operator.act("operator.admitted", email.as_str(), &new.why);
    server.0.store.add_operator(&email, role, &hash, &act).await?;
    let text = format!("{email} can sign in now, as {role}.");
    Ok(operator.visit().see_saying(PATH, &text))
}

/// The address of an operator.
async fn address_of(server: &Server, id: OperatorId) -> Result<String, Error> {
    let operators = server.0.store.operators().await?;
    let found = operators.into_iter().find(|row| row.id == id);
    Ok(found
        .ok_or_else(|| scrip_store::Error::OperatorNotFound {
            operator: id.to_string(),
        })?
        .email
        .to_string())
}

#[derive(Deserialize)]
struct NewRole {
    role: String,
    why: String,
}

async fn set_role(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<OperatorId>,
    Sent(new): Sent<NewRole>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operators)?;
    let role = parse_role(&new.role)?;
    let summary = format!("Make {} {role}.", address_of(&server, id).await?);
    let asked = (summary.as_str(), &OneRole { operator: id, role }, new.why.as_str());
    let said = do_or_ask(&server, &operator, &CHANGE_ROLE, DeedKind::Operators, asked).await?;
    Ok(operator.visit().see_saying(PATH, &said))
}

#[derive(Deserialize)]
struct NewAccess {
    disabled: bool,
    why: String,
}

async fn set_access(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<OperatorId>,
    Sent(new): Sent<NewAccess>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operators)?;
    if !new.disabled {
        let summary = format!("Let {} in again.", address_of(&server, id).await?);
        let asked = (summary.as_str(), &OneOperator { operator: id }, new.why.as_str());
        let said = do_or_ask(&server, &operator, &LET_IN, DeedKind::Operators, asked).await?;
        return Ok(operator.visit().see_saying(PATH, &said));
    }
    // Nothing holds that back: whoever is to be stopped is stopped at once.
    let subject = id.to_string();
    let act = operator.act("operator.shut_out", &subject, &new.why);
    server.0.store.set_operator_disabled(id, true, &act).await?;
    let text = "The operator is shut out, and every session ended.";
    Ok(operator.visit().see_saying(PATH, text))
}

#[derive(Deserialize)]
struct NewPassword {
    password: Password,
    why: String,
}

async fn set_password(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<OperatorId>,
    Sent(new): Sent<NewPassword>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operators)?;
    new.password.check().map_err(Error::from)?;
    if id != operator.id {
        let summary = format!("Give {} another password.", address_of(&server, id).await?);
        let (by, one) = (deeds::Asker::Operator(&operator.email), OneOperator { operator: id });
        let asked = (summary.as_str(), &one, new.why.as_str());
        if let Some(waits) = deeds::hold(&server, by, &CHANGE_PASSWORD, DeedKind::Operators, asked).await? {
            return Ok(operator.visit().see_saying(PATH, &waits));
        }
    }
    let hash = hash_password(&server, new.password).await?;
    let subject = id.to_string();
    let act = operator.act("operator.password_changed", &subject, &new.why);
    server.0.store.set_operator_password(id, &hash, &act).await?;
    Ok(operator.visit().see_saying(
        PATH,
        "The password is changed, and every session of the operator ended.",
    ))
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

/// For an operator who lost the telephone; where the settings say so, a second owner approves.
async fn reset_factor(
    State(server): State<Server>,
    operator: Operator,
    Path(id): Path<OperatorId>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Operators)?;
    let rows = server.0.store.operators().await?;
    let row = rows.iter().find(|row| row.id == id);
    let row = row.ok_or_else(|| {
        Error::from(scrip_store::Error::OperatorNotFound {
            operator: id.to_string(),
        })
    })?;
    let summary = format!("Take the second factor of {} off.", row.email);
    if row.id == operator.id {
        let why = "another owner takes yours off";
        return Err(Error::SecondFactorState { why }.into());
    }
    let body = OneOperator { operator: id };
    let asked = (summary.as_str(), &body, sent.why.as_str());
    let text = do_or_ask(&server, &operator, &RESET_FACTOR, DeedKind::SecondFactor, asked).await?;
    Ok(operator.visit().see_saying(PATH, &text))
}
