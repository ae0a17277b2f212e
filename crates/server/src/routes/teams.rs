//! Families and teams with one wallet.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use scrip_api::{
    Page, TeamBalance, TeamMember, TeamMemberRequest, TeamMoveView, TeamRequest, TeamTokensRequest, TeamView,
};
use scrip_domain::{Deed, SendingPolicy, TeamId, TransferId, UserId};
use scrip_store::{Member, Team, TeamMove, TeamTransfer};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::caller::Caller;
use crate::request::{Body, CommandKey, Path, Query};
use crate::routes::paging::PageQuery;
use crate::{Error, Server};

fn member_view(member: Member) -> TeamMember {
    TeamMember {
        user: member.person.id,
        name: member.person.name,
        role: member.role,
        monthly_limit: member.monthly_limit,
        drawn: member.drawn,
        joined_at: member.joined_at,
    }
}

fn team_view(team: Team, members: Vec<Member>) -> TeamView {
    TeamView {
        id: team.id,
        name: team.name,
        balance: team.balance,
        role: team.me.role,
        monthly_limit: team.me.monthly_limit,
        drawn: team.me.drawn,
        joined_at: team.me.joined_at,
        members: members.into_iter().map(member_view).collect(),
    }
}

/// Begins a team whose owner is the caller. The same key begins once.
#[utoipa::path(post, path = "/v1/teams", tag = "teams", request_body = TeamRequest,
    params(("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 201, body = TeamView)))]
pub(crate) async fn begin(
    State(server): State<Server>,
    caller: Caller,
    CommandKey(command): CommandKey,
    body: Body<TeamRequest>,
) -> Result<(StatusCode, Json<TeamView>), Error> {
    let name = &body.value.name;
    let team = server.0.store.begin_team(caller.user, TeamId(command), name).await?;
    Ok((StatusCode::CREATED, Json(team_view(team, Vec::new()))))
}

/// The caller's teams and invitations, by name.
#[utoipa::path(get, path = "/v1/teams", tag = "teams", responses((status = 200, body = Vec<TeamView>)))]
pub(crate) async fn list(State(server): State<Server>, caller: Caller) -> Result<Json<Vec<TeamView>>, Error> {
    let teams = server.0.store.teams(caller.user).await?;
    Ok(Json(
        teams.into_iter().map(|team| team_view(team, Vec::new())).collect(),
    ))
}

/// One team with its members: all of them for owners and managers, the owners and oneself for others.
#[utoipa::path(get, path = "/v1/teams/{team}", tag = "teams", params(("team" = String, Path, format = "uuid")),
    responses((status = 200, body = TeamView)))]
pub(crate) async fn show(
    State(server): State<Server>,
    caller: Caller,
    Path(team): Path<TeamId>,
) -> Result<Json<TeamView>, Error> {
    let (team, members) = server.0.store.team(caller.user, team).await?;
    Ok(Json(team_view(team, members)))
}

/// Closes a team; what its wallet holds goes to the owner who closes it, and is answered.
#[utoipa::path(delete, path = "/v1/teams/{team}", tag = "teams", params(("team" = String, Path, format = "uuid")),
    responses((status = 200, body = TeamBalance)))]
pub(crate) async fn close(
    State(server): State<Server>,
    caller: Caller,
    Path(team): Path<TeamId>,
) -> Result<Json<TeamBalance>, Error> {
    let balance = server.0.store.close_team(caller.user, team).await?;
    Ok(Json(TeamBalance { balance }))
}

/// Invites an account into a team, or changes what a member may do.
#[utoipa::path(put, path = "/v1/teams/{team}/members", tag = "teams", request_body = TeamMemberRequest,
    params(("team" = String, Path, format = "uuid")), responses((status = 200, body = TeamMember)))]
pub(crate) async fn put_member(
    State(server): State<Server>,
    caller: Caller,
    Path(team): Path<TeamId>,
    body: Body<TeamMemberRequest>,
) -> Result<Json<TeamMember>, Error> {
    let TeamMemberRequest {
        email,
        role,
        monthly_limit,
    } = body.value;
    server
        .0
        .limits
        .count_account(&format!("recipients of {}", caller.user))?;
    let store = &server.0.store;
    let member = store
        .put_member(caller.user, team, email.as_str(), role, monthly_limit)
        .await?;
    Ok(Json(member_view(member)))
}

/// Takes somebody out of a team, leaves it, or declines an invitation.
#[utoipa::path(delete, path = "/v1/teams/{team}/members/{member}", tag = "teams",
    params(("team" = String, Path, format = "uuid"), ("member" = String, Path, format = "uuid")), responses((status = 204)))]
pub(crate) async fn remove_member(
    State(server): State<Server>,
    caller: Caller,
    Path((team, member)): Path<(TeamId, UserId)>,
) -> Result<StatusCode, Error> {
    server.0.store.remove_member(caller.user, team, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Joins a team into which the caller was invited. Doing so again changes nothing.
#[utoipa::path(post, path = "/v1/teams/{team}/join", tag = "teams", params(("team" = String, Path, format = "uuid")),
    responses((status = 200, body = TeamView)))]
pub(crate) async fn join(
    State(server): State<Server>,
    caller: Caller,
    Path(team): Path<TeamId>,
) -> Result<Json<TeamView>, Error> {
    let team = server.0.store.join_team(caller.user, team).await?;
    Ok(Json(team_view(team, Vec::new())))
}

/// A team's wallet is a way from one account to another: who may not send may not put in, who may not be sent may not draw.
pub(crate) const fn team_deed(draw: bool) -> Deed {
    if draw { Deed::Receive } else { Deed::Send }
}

async fn move_tokens(
    server: &Server,
    user: UserId,
    team: TeamId,
    command: Uuid,
    body: &Body<TeamTokensRequest>,
    draw: bool,
) -> Result<Json<TeamBalance>, Error> {
    server.require_verified_id(user, team_deed(draw)).await?;
    let policy: SendingPolicy = server.0.store.setting().await?;
    let moved = TeamTransfer {
        user,
        team,
        tokens: body.value.tokens,
        draw,
        command,
        // A key serves one team and one direction.
        digest: Sha256::new()
            .chain_update(team.0.as_bytes())
            .chain_update([u8::from(draw)])
            .chain_update(&body.bytes)
            .finalize()
            .into(),
    };
    let balance = server.0.store.move_team_tokens(&moved, &policy).await?;
    Ok(Json(TeamBalance { balance }))
}

/// Puts tokens into a team's wallet. The same key puts them once.
#[utoipa::path(post, path = "/v1/teams/{team}/deposit", tag = "teams", request_body = TeamTokensRequest,
    params(("team" = String, Path, format = "uuid"),
        ("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 200, body = TeamBalance)))]
pub(crate) async fn deposit(
    State(server): State<Server>,
    caller: Caller,
    Path(team): Path<TeamId>,
    CommandKey(command): CommandKey,
    body: Body<TeamTokensRequest>,
) -> Result<Json<TeamBalance>, Error> {
    move_tokens(&server, caller.user, team, command, &body, false).await
}

/// Draws tokens from a team's wallet, within the member's monthly limit. The same key draws once.
#[utoipa::path(post, path = "/v1/teams/{team}/draw", tag = "teams", request_body = TeamTokensRequest,
    params(("team" = String, Path, format = "uuid"),
        ("Idempotency-Key" = String, Header, format = "uuid", description = "A UUID made by the client for this command")),
    responses((status = 200, body = TeamBalance)))]
pub(crate) async fn draw(
    State(server): State<Server>,
    caller: Caller,
    Path(team): Path<TeamId>,
    CommandKey(command): CommandKey,
    body: Body<TeamTokensRequest>,
) -> Result<Json<TeamBalance>, Error> {
    move_tokens(&server, caller.user, team, command, &body, true).await
}

/// What moved into and out of a team's wallet, the newest first: all for owners and managers, a member's own for others.
#[utoipa::path(get, path = "/v1/teams/{team}/moves", tag = "teams", params(("team" = String, Path, format = "uuid"), PageQuery),
    responses((status = 200, body = Page<TeamMoveView>)))]
pub(crate) async fn moves(
    State(server): State<Server>,
    caller: Caller,
    Path(team): Path<TeamId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<TeamMoveView>>, Error> {
    let before = query.cursor.map(TransferId);
    let found = server
        .0
        .store
        .team_moves(caller.user, team, before, query.rows())
        .await?;
    let view = |moved: TeamMove| TeamMoveView {
        transfer: moved.transfer,
        name: moved.person.name,
        drawn: moved.drawn,
        at: moved.at,
    };
    Ok(Json(query.page(found, |moved| moved.transfer.0, view)))
}
