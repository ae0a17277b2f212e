//! Tokens that the vendor gives: to one account, or by campaigns with a budget.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{Audience, Campaign, CampaignId, CampaignState, DeedKind, Email, Permission, Timestamp, Tokens};
use serde::Deserialize;
use uuid::Uuid;

use crate::console::Operator;
use crate::deeds::{CAMPAIGN, GRANT, OneCampaign, OneGrant, do_or_ask};
use crate::html::{
    Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, badge, cut, day, facts, grouped, hidden,
    limit_one_more, number, pager, read_day, section, text, when,
};
use crate::request::{Path, Query};
use crate::{Error, Server};

const PATH: &str = "/console/campaigns";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list).post(begin))
        .route("/console/campaigns/grant", post(grant))
        .route("/console/campaigns/{campaign}", get(show))
        .route("/console/campaigns/{campaign}/close", post(close))
        .route("/console/campaigns/{campaign}/give", post(give))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    before: Option<CampaignId>,
}

fn state(campaign: &Campaign, now: Timestamp) -> Markup {
    match campaign.state(now) {
        CampaignState::Planned => badge(Tone::Wait, "planned"),
        CampaignState::Running => badge(Tone::Good, "running"),
        CampaignState::Spent => badge(Tone::Plain, "budget spent"),
        CampaignState::Over => badge(Tone::Plain, "over"),
    }
}

fn audience_name(audience: Audience) -> &'static str {
    match audience {
        Audience::Chosen => "Accounts that operators choose",
        Audience::NewAccounts => "Accounts that are opened while it runs",
        Audience::Everyone => "Every account",
    }
}

async fn list(
    State(server): State<Server>,
    operator: Operator,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let now = server.0.clock.now();
    let mut found = server.0.store.campaigns(wanted.before, limit_one_more()).await?;
    let more = cut(&mut found);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| format!("{PATH}?before={}", last.id));
    let columns = [
        text("Name"),
        text("For"),
        number("Each"),
        number("Given"),
        number("Budget"),
        text("From"),
        text("To"),
        text("State"),
    ];
    let table = Table::new("Campaigns", columns).empty("No campaign yet.");
    let table = table.rows(&found, |campaign| {
        vec![
            html! { a href=(format!("{PATH}/{}", campaign.id)) { (campaign.name) } },
            html! { (audience_name(campaign.audience)) },
            html! { (grouped(campaign.tokens.get())) },
            html! { (grouped(campaign.given.get())) },
            html! { (grouped(campaign.budget.get())) },
            day(campaign.starts_at),
            html! { @if let Some(end) = campaign.ends_at { (day(end)) } },
            state(campaign, now),
        ]
    });
    let may = operator.may(Permission::Grants);
    let body = html! {
        (table)
        (pager(wanted.before.map(|_| PATH.to_owned()), next))
        @if may {
            (section("Give tokens to an account", &grant_form(&server, &operator)))
            (section("Begin a campaign", &campaign_form(&server, &operator)))
        }
    };
    Ok(Page::new("Grants and campaigns", body).show(&operator))
}

fn grant_form(server: &Server, operator: &Operator) -> Markup {
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::email("email", "E-mail address of the account").autocomplete("off").required())
        (Field::number("tokens", "Tokens", 1, Tokens::MAX.get()).id("grant-tokens").required())
        (Field::text("reason", "Reason").required().length_max(100).hint("Stands in the wallet's history, for the person to read."))
        (Field::date("until", "They last to, with this day").hint("Empty: for ever. Nothing runs out without two notices."))
        (Field::text("why", "Why").id("why-grant").required().length_max(200).hint("Stands in the audit log."))
    };
    html! { (Form::post(operator, "/console/campaigns/grant", "Give", fields)) }
}

fn campaign_form(server: &Server, operator: &Operator) -> Markup {
    let audiences = [Audience::Chosen, Audience::NewAccounts, Audience::Everyone];
    let audiences = audiences.map(|audience| (audience.as_str(), audience_name(audience)));
    let fields = html! {
        (hidden("id", server.0.ids.new_id(&*server.0.clock)))
        (Field::text("name", "Name").required().length_max(100).hint("Stands in the histories of those who get something."))
        (Field::select("audience", "For", audiences))
        (Field::number("tokens", "Tokens for each account", 1, Tokens::MAX.get()).required())
        (Field::number("budget", "Budget in tokens", 1, Tokens::MAX.get()).required())
        (Field::date("from", "From").hint("Empty: now."))
        (Field::date("until", "To, with this day").id("campaign-until").hint("Empty: until the budget is spent."))
        (Field::number("days", "What it gives lasts, in days", 0, i64::from(Campaign::LIFETIME_DAYS_MAX)).hint("0 or empty: for ever."))
        (Field::text("why", "Why").id("why-campaign").required().length_max(200).hint("Stands in the audit log."))
    };
    html! { (Form::post(operator, PATH, "Begin", fields)) }
}

fn read_tokens(text: &str) -> Result<Tokens, Error> {
    let amount = text.trim().parse().map_err(|_| Error::Malformed {
        why: "a whole number of tokens is expected".to_owned(),
    })?;
    Ok(Tokens::new(amount)?)
}

#[derive(Deserialize)]
struct Granted {
    command: Uuid,
    email: Email,
    tokens: String,
    reason: String,
    #[serde(default)]
    until: String,
    why: String,
}

async fn grant(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<Granted>,
) -> Result<Response, Refused> {
    operator.require(Permission::Grants)?;
    let tokens = read_tokens(&sent.tokens)?;
    let grant = OneGrant {
        command: sent.command,
        email: sent.email,
        tokens,
        reason: sent.reason.trim().to_owned(),
        expires_at: read_day(&sent.until).map(|day| day.plus_seconds(86_400)),
    };
    let summary = format!("Give {tokens} to {}.", grant.email);
    let kind = DeedKind::Grant(tokens.get());
    let text = do_or_ask(&server, &operator, &GRANT, kind, (&summary, &grant, &sent.why)).await?;
    Ok(operator.visit().see_saying(PATH, &text))
}

#[derive(Deserialize)]
struct NewCampaign {
    id: CampaignId,
    name: String,
    audience: String,
    tokens: String,
    budget: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    days: String,
    why: String,
}

async fn begin(
    State(server): State<Server>,
    operator: Operator,
    Sent(sent): Sent<NewCampaign>,
) -> Result<Response, Refused> {
    operator.require(Permission::Grants)?;
    let malformed = |why: &str| Error::Malformed { why: why.to_owned() };
    let days = match sent.days.trim() {
        "" | "0" => None,
        days => Some(days.parse().map_err(|_| malformed("a number of days is expected"))?),
    };
    let campaign = OneCampaign {
        id: sent.id,
        name: sent.name.trim().to_owned(),
        audience: Audience::parse(&sent.audience).ok_or_else(|| malformed("there is no such audience"))?,
        tokens: read_tokens(&sent.tokens)?,
        budget: read_tokens(&sent.budget)?,
        starts_at: read_day(&sent.from).unwrap_or_else(|| server.0.clock.now()),
        ends_at: read_day(&sent.until).map(|day| day.plus_seconds(86_400)),
        lifetime_days: days,
    };
    let summary = format!(
        "Begin the campaign {}, which gives {} in all.",
        campaign.name, campaign.budget
    );
    let kind = DeedKind::Grant(campaign.budget.get());
    let text = do_or_ask(&server, &operator, &CAMPAIGN, kind, (&summary, &campaign, &sent.why)).await?;
    Ok(operator.visit().see_saying(PATH, &text))
}

async fn show(
    State(server): State<Server>,
    operator: Operator,
    Path(campaign): Path<CampaignId>,
) -> Result<Response, Refused> {
    operator.require(Permission::SeeMoney)?;
    let campaign = server.0.store.campaign(campaign).await?;
    let now = server.0.clock.now();
    let path = format!("{PATH}/{}", campaign.id);
    let open = operator.may(Permission::Grants) && campaign.closed_at.is_none();
    let why = |id: &'static str| Field::text("why", "Why").id(id).required().length_max(200);
    let body = html! {
        (facts([
            ("State", state(&campaign, now)),
            ("For", html! { (audience_name(campaign.audience)) }),
            ("Each account gets", html! { (campaign.tokens) }),
            ("Given", html! { (grouped(campaign.given.get())) " of " (grouped(campaign.budget.get())) }),
            ("From", when(campaign.starts_at)),
            ("To", html! { @if let Some(end) = campaign.ends_at { (when(end)) } @else { "the end of its budget" } }),
            ("What it gives lasts", html! { @if let Some(days) = campaign.lifetime_days { (days) " days" } @else { "for ever" } }),
        ]))
        @if open {
            (section("Give it to an account", &html! {
                (Form::post(&operator, format!("{path}/give"), "Give", html! {
                    (Field::email("email", "E-mail address of the account").autocomplete("off").required())
                    (why("why-give"))
                }))
            }))
            (section("End it", &html! {
                p { "What it gave stays." }
                (Form::post(&operator, format!("{path}/close"), "End the campaign", html! { (why("why-close")) }).danger())
            }))
        }
    };
    Ok(Page::new(campaign.name, body)
        .above(PATH, "Grants and campaigns")
        .show(&operator))
}

#[derive(Deserialize)]
struct Chosen {
    email: Email,
    why: String,
}

async fn give(
    State(server): State<Server>,
    operator: Operator,
    Path(campaign): Path<CampaignId>,
    Sent(sent): Sent<Chosen>,
) -> Result<Response, Refused> {
    operator.require(Permission::Grants)?;
    let store = &server.0.store;
    let subject = store.person(sent.email.as_str()).await?.id.to_string();
    let act = operator.act("campaign.given", &subject, &sent.why);
    let given = store.grant_from_campaign(campaign, sent.email.as_str(), &act).await?;
    let text = if given {
        "Given."
    } else {
        "That account has had it before."
    };
    Ok(operator.visit().see_saying(&format!("{PATH}/{campaign}"), text))
}

#[derive(Deserialize)]
struct Why {
    why: String,
}

async fn close(
    State(server): State<Server>,
    operator: Operator,
    Path(campaign): Path<CampaignId>,
    Sent(sent): Sent<Why>,
) -> Result<Response, Refused> {
    operator.require(Permission::Grants)?;
    let subject = campaign.to_string();
    let act = operator.act("campaign.ended", &subject, &sent.why);
    server.0.store.close_campaign(campaign, &act).await?;
    Ok(operator
        .visit()
        .see_saying(&format!("{PATH}/{campaign}"), "The campaign is over."))
}
