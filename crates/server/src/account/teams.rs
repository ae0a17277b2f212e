//! Families and teams with one wallet.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use scrip_domain::{SendingPolicy, TeamId, TeamRole, Tokens, UserId};
use scrip_store::{Member, Team, TeamMove, TeamTransfer};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Person;
use super::wallet::read_tokens;
use crate::html::{
    Bare, Field, Form, Page, Refused, Sent, Table, Tone, Viewer as _, badge, figures, grouped, hidden, limit_one_more,
    number, reveal, section, text, when,
};
use crate::request::Path;
use crate::routes::teams::team_deed;
use crate::{Error, Server};

const PATH: &str = "/account/teams";

pub(super) fn router() -> Router<Server> {
    Router::new()
        .route(PATH, get(list).post(begin))
        .route("/account/teams/{team}", get(show))
        .route("/account/teams/{team}/join", post(join))
        .route("/account/teams/{team}/close", post(close))
        .route("/account/teams/{team}/members", post(put_member))
        .route("/account/teams/{team}/members/{member}/remove", post(remove))
        .route("/account/teams/{team}/tokens", post(move_tokens))
}

fn role_name(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Owner => "Owner",
        TeamRole::Manager => "Manager",
        TeamRole::Member => "Member",
    }
}

fn path_of(team: TeamId) -> String {
    format!("{PATH}/{team}")
}

async fn list(State(server): State<Server>, person: Person) -> Result<Response, Refused> {
    let teams = server.0.store.teams(person.user).await?;
    let columns = [
        text("Team"),
        text("You are"),
        number("Its wallet holds"),
        text("Invitation"),
    ];
    let table = Table::new("Teams", columns).empty("You belong to no team yet.");
    let table = table.rows(&teams, |team| {
        let joined = team.me.joined_at.is_some();
        vec![
            html! { @if joined { a href=(path_of(team.id)) { (team.name) } } @else { (team.name) } },
            html! { (role_name(team.me.role)) },
            html! { @if joined { (grouped(team.balance.get())) } },
            html! {
                @if !joined {
                    (Form::post(&person, format!("{}/join", path_of(team.id)), "Join", html! {}).quiet())
                    (Form::post(&person, format!("{}/members/{}/remove", path_of(team.id), person.user), "Decline", html! {}).quiet())
                }
            },
        ]
    });
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (Field::text("name", "Name").required().length_max(60))
    };
    let body = html! {
        p { "A family or a team has one wallet, from which its members draw what they need, each within a monthly limit." }
        (table)
        (section("Begin a team", &html! { (Form::post(&person, PATH, "Begin", fields)) }))
    };
    Ok(Page::new("Teams", body).show(&person))
}

#[derive(Deserialize)]
struct Begun {
    command: TeamId,
    name: String,
}

async fn begin(State(server): State<Server>, person: Person, Sent(begun): Sent<Begun>) -> Result<Response, Refused> {
    let team = server
        .0
        .store
        .begin_team(person.user, begun.command, &begun.name)
        .await?;
    Ok(person
        .visit()
        .see_saying(&path_of(team.id), "The team has begun. Invite its members."))
}

async fn show(State(server): State<Server>, person: Person, Path(team): Path<TeamId>) -> Result<Response, Refused> {
    let store = &server.0.store;
    let (team, members) = store.team(person.user, team).await?;
    let moves = store.team_moves(person.user, team.id, None, limit_one_more()).await?;
    let manages = team.me.role >= TeamRole::Manager;
    let left = match team.me.role {
        TeamRole::Owner => "no limit".to_owned(),
        _ => grouped(team.me.monthly_limit.saturating_sub(team.me.drawn).get()),
    };
    let body = html! {
        (figures([
            ("The team's wallet", grouped(team.balance.get()), html! { "tokens" }),
            ("You can still draw", left, html! { "in this month" }),
        ]))
        (section("Draw or put in", &html! {
            (tokens_form(&server, &person, &team, true))
            (tokens_form(&server, &person, &team, false))
        }))
        (section("Members", &html! {
            (member_table(&person, &team, &members))
            @if manages { (invitation(&person, &team)) }
        }))
        (section("Moves", &html! { (move_table(&moves)) }))
        (section("Leave", &html! {
            @if team.me.role == TeamRole::Owner {
                (reveal("Close the team", &html! {
                    p { "What its wallet holds goes to you." }
                    (Form::post(&person, format!("{}/close", path_of(team.id)), "Close the team", html! {}).danger())
                }))
            } @else {
                (reveal("Leave the team", &html! {
                    (Form::post(&person, format!("{}/members/{}/remove", path_of(team.id), person.user), "Leave", html! {}).danger())
                }))
            }
        }))
    };
    Ok(Page::new(team.name, body).above(PATH, "Teams").show(&person))
}

fn tokens_form<'p>(server: &Server, person: &'p Person, team: &Team, draw: bool) -> Form<'p> {
    let (what, button) = if draw { ("draw", "Draw") } else { ("put", "Put in") };
    let label = if draw {
        "Tokens to draw into your wallet"
    } else {
        "Tokens to put into the team's wallet"
    };
    let fields = html! {
        (hidden("command", server.0.ids.new_id(&*server.0.clock)))
        (hidden("what", what))
        (Field::number("tokens", label, 1, Tokens::MAX.get()).id(format!("tokens-{what}")).required())
    };
    Form::post(person, format!("{}/tokens", path_of(team.id)), button, fields).quiet()
}

fn member_table(person: &Person, team: &Team, members: &[Member]) -> Markup {
    let columns = [
        text("Member"),
        text("Role"),
        number("Monthly limit"),
        number("Drawn this month"),
        text("Since"),
        text("Change"),
    ];
    let table = Table::new("Members", columns).rows(members, |member| {
        let manages = team.me.role.check_change(Some(member.role), Some(member.role)).is_ok();
        let remove = format!("{}/members/{}/remove", path_of(team.id), member.person.id);
        vec![
            html! { (member.person.name) @if member.person.id == person.user { " (you)" } },
            html! { (role_name(member.role)) },
            html! { @if member.role == TeamRole::Owner { "none" } @else { (grouped(member.monthly_limit.get())) } },
            html! { (grouped(member.drawn.get())) },
            html! { @if let Some(joined) = member.joined_at { (when(joined)) } @else { (badge(Tone::Wait, "invited")) } },
            html! { @if manages && member.person.id != person.user { (Form::post(person, remove, "Remove", html! {}).quiet()) } },
        ]
    });
    html! { (table) }
}

fn invitation(person: &Person, team: &Team) -> Markup {
    let roles = [TeamRole::Member, TeamRole::Manager, TeamRole::Owner];
    let roles = roles
        .into_iter()
        .filter(|role| team.me.role.check_change(None, Some(*role)).is_ok());
    let fields = html! {
        (Field::email("email", "E-mail address").autocomplete("off").required())
        (Field::select("role", "Role", roles.map(|role| (role.as_str(), role_name(role)))))
        (Field::number("monthly_limit", "Monthly limit", 0, Tokens::MAX.get()).value("100").required())
    };
    let title = "Invite somebody, or change what a member may do";
    reveal(
        title,
        &html! { (Form::post(person, format!("{}/members", path_of(team.id)), "Save", fields)) },
    )
}

fn move_table(moves: &[TeamMove]) -> Markup {
    let columns = [text("When"), text("Who"), text("What"), number("Tokens")];
    let table = Table::new("What moved", columns)
        .empty("Nothing moved yet.")
        .rows(moves, |moved| {
            vec![
                when(moved.at),
                html! { (moved.person.name) },
                html! { @if moved.drawn > 0 { "drew" } @else { "put in" } },
                html! { (grouped(moved.drawn.abs())) },
            ]
        });
    html! { (table) }
}

async fn join(
    State(server): State<Server>,
    person: Person,
    Path(team): Path<TeamId>,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    let team = server.0.store.join_team(person.user, team).await?;
    let text = format!("You belong to {} now.", team.name);
    Ok(person.visit().see_saying(&path_of(team.id), &text))
}

async fn close(
    State(server): State<Server>,
    person: Person,
    Path(team): Path<TeamId>,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    let left = server.0.store.close_team(person.user, team).await?;
    let text = format!("The team is closed; {left} are in your wallet.");
    Ok(person.visit().see_saying(PATH, &text))
}

#[derive(Deserialize)]
struct NewMember {
    email: String,
    role: String,
    monthly_limit: String,
}

async fn put_member(
    State(server): State<Server>,
    person: Person,
    Path(team): Path<TeamId>,
    Sent(new): Sent<NewMember>,
) -> Result<Response, Refused> {
    let email: scrip_domain::Email = new.email.parse()?;
    let role = TeamRole::parse(&new.role).ok_or_else(|| Error::Malformed {
        why: "there is no such role".to_owned(),
    })?;
    server
        .0
        .limits
        .count_account(&format!("recipients of {}", person.user))?;
    let limit = read_tokens(&new.monthly_limit)?.unwrap_or(Tokens::ZERO);
    let member = server
        .0
        .store
        .put_member(person.user, team, email.as_str(), role, limit)
        .await?;
    let text = match member.joined_at {
        Some(_) => format!("Saved for {}.", member.person.name),
        None => format!("{} is invited.", member.person.name),
    };
    Ok(person.visit().see_saying(&path_of(team), &text))
}

async fn remove(
    State(server): State<Server>,
    person: Person,
    Path((team, member)): Path<(TeamId, UserId)>,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    server.0.store.remove_member(person.user, team, member).await?;
    if member == person.user {
        return Ok(person
            .visit()
            .see_saying(PATH, "You do not belong to that team any more."));
    }
    Ok(person.visit().see_saying(&path_of(team), "Removed."))
}

#[derive(Deserialize)]
struct Moved {
    command: Uuid,
    what: String,
    tokens: String,
}

async fn move_tokens(
    State(server): State<Server>,
    person: Person,
    Path(team): Path<TeamId>,
    Sent(sent): Sent<Moved>,
) -> Result<Response, Refused> {
    let draw = sent.what == "draw";
    server.require_verified_id(person.user, team_deed(draw)).await?;
    let policy: SendingPolicy = server.0.store.setting().await?;
    let tokens = read_tokens(&sent.tokens)?.unwrap_or(Tokens::ZERO);
    let moved = TeamTransfer {
        user: person.user,
        team,
        tokens,
        draw,
        command: sent.command,
        digest: Sha256::new_with_prefix(b"scrip-page-v1\0")
            .chain_update([u8::from(draw)])
            .chain_update(tokens.get().to_be_bytes())
            .finalize()
            .into(),
    };
    server.0.store.move_team_tokens(&moved, &policy).await?;
    let text = if draw {
        format!("You drew {tokens}.")
    } else {
        format!("You put {tokens} in.")
    };
    Ok(person.visit().see_saying(&path_of(team), &text))
}
