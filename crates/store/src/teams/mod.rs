//! Families and teams: who belongs to them, and what their wallets hold.

mod tokens;

use scrip_domain::{TeamId, TeamRole, Timestamp, Tokens, UserId, check_team_name};
use uuid::Uuid;

use crate::db::{Tx, args, row_struct};
use crate::ledger::{KIND_TEAM, Leg, Movement, lock_wallet, open_wallet, read_tokens, retrying};
use crate::lots::changed;
use crate::people::{self, People, Person};
use crate::{Error, Store};

pub use tokens::{TeamMove, TeamTransfer};

/// The most members of a team.
const MEMBERS_MAX: usize = 200;
/// The most teams that one account belongs to.
const TEAMS_MAX: usize = 50;

/// A team as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// What it is called.
    pub name: String,
    /// What its wallet holds.
    pub balance: Tokens,
    /// The member.
    pub me: Member,
}

/// A member of a team, or somebody who is invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// What the member may do.
    pub role: TeamRole,
    /// What the member may draw in a calendar month (UTC).
    pub monthly_limit: Tokens,
    /// What the member drew in this month.
    pub drawn: Tokens,
    /// When the member joined; absent while the invitation waits.
    pub joined_at: Option<Timestamp>,
}

row_struct! {
    /// A member's row, with what was drawn.
    pub(crate) struct MemberRow {
        team_id: Uuid,
        name: String,
        balance: i64,
        user_id: Uuid,
        role: String,
        monthly_limit: i64,
        joined_at: Option<i64>,
        drawn: i64,
    }
}

/// Members of teams that are not closed. `$1` is the beginning of the month.
const SQL: &str = "SELECT m.team_id, t.name, w.balance, m.user_id, m.role, m.monthly_limit, m.joined_at, \
                   (SELECT CAST(COALESCE(SUM(d.drawn), 0) AS BIGINT) FROM team_moves d WHERE d.team_id = m.team_id \
                   AND d.user_id = m.user_id AND d.created_at >= $1 AND d.drawn > 0) AS drawn \
                   FROM team_members m JOIN teams t ON t.id = m.team_id JOIN wallets w ON w.user_id = t.id \
                   WHERE t.closed_at IS NULL";

impl MemberRow {
    fn member(&self, people: &People) -> Result<Member, Error> {
        let role = TeamRole::parse(&self.role).ok_or_else(|| Error::Corrupt {
            table: "team_members",
            id: self.team_id.to_string(),
            why: format!("the role {} is unknown", self.role),
        })?;
        Ok(Member {
            person: people.get(self.user_id),
            role,
            monthly_limit: read_tokens("team_members", self.team_id, self.monthly_limit)?,
            drawn: read_tokens("team_moves", self.team_id, self.drawn)?,
            joined_at: self.joined_at.map(Timestamp::from_micros),
        })
    }
}

async fn members(tx: &mut Tx, team: TeamId, now: Timestamp) -> Result<Vec<(MemberRow, Member)>, Error> {
    let sql = format!("{SQL} AND m.team_id = $2 ORDER BY m.invited_at, m.user_id");
    let rows = tx
        .rows::<MemberRow>("read a team", &sql, &args![now.month_start(), team.0])
        .await?;
    let people = People::read(tx, rows.iter().map(|row| row.user_id)).await?;
    rows.into_iter()
        .map(|row| row.member(&people).map(|member| (row, member)))
        .collect()
}

fn absent(team: TeamId) -> Error {
    Error::TeamNotFound { team: team.to_string() }
}

/// The team with all its members, and the caller among them. Somebody who is only invited is no member.
async fn open(tx: &mut Tx, team: TeamId, user: UserId, now: Timestamp) -> Result<(Team, Vec<Member>), Error> {
    let found = members(tx, team, now).await?;
    let me = found
        .iter()
        .find(|(_, member)| member.person.id == user && member.joined_at.is_some());
    let (row, me) = me.ok_or_else(|| absent(team))?;
    let seen = Team {
        id: team,
        name: row.name.clone(),
        balance: read_tokens("wallets", team.0, row.balance)?,
        me: me.clone(),
    };
    Ok((seen, found.into_iter().map(|(_, member)| member).collect()))
}

/// Until the transaction ends nobody else changes the team or its wallet; answers what that holds.
async fn lock_team(tx: &mut Tx, team: TeamId) -> Result<Tokens, Error> {
    let sql = "UPDATE teams SET name = name WHERE id = $1 AND closed_at IS NULL";
    if tx.execute("lock a team", sql, &args![team.0]).await? == 0 {
        return Err(absent(team));
    }
    lock_wallet(tx, team.0).await
}

impl Store {
    /// Begins a team whose owner is the user. Its id is the command's, so that a repetition begins nothing again.
    pub async fn begin_team(&self, user: UserId, team: TeamId, name: &str) -> Result<Team, Error> {
        let name = check_team_name(name)?;
        retrying!("begin a team", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "SELECT name FROM teams WHERE id = $1";
            if let Some((known,)) = tx.row::<(String,)>("read a team", sql, &args![team.0]).await? {
                return match open(&mut tx, team, user, now).await {
                    Ok((seen, _)) if known == name => Ok(seen),
                    _ => Err(Error::IdempotencyConflict {
                        command: team.to_string(),
                    }),
                };
            }
            let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM team_members WHERE user_id = $1";
            let count = tx.row::<(i64,)>("count teams", sql, &args![user.0]).await?;
            if count.is_some_and(|(count,)| count >= i64::try_from(TEAMS_MAX).unwrap_or(i64::MAX)) {
                let why = "an account belongs to 50 teams at most";
                return Err(scrip_domain::Error::TeamRefused { why }.into());
            }
            let sql = "INSERT INTO teams (id, name, created_at) VALUES ($1, $2, $3)";
            tx.execute("begin a team", sql, &args![team.0, name.as_str(), now])
                .await?;
            open_wallet(&mut tx, team.0, Tokens::ZERO).await?;
            let sql = "INSERT INTO team_members (team_id, user_id, role, monthly_limit, invited_at, joined_at) \
                       VALUES ($1, $2, 'owner', 0, $3, $3)";
            tx.execute("join a team", sql, &args![team.0, user.0, now]).await?;
            let (seen, _) = open(&mut tx, team, user, now).await?;
            tx.commit().await?;
            Ok(seen)
        })
    }

    /// The user's teams and invitations, by name.
    pub async fn teams(&self, user: UserId) -> Result<Vec<Team>, Error> {
        let mut tx = self.database.read().await?;
        let sql = format!("{SQL} AND m.user_id = $2 ORDER BY t.name, t.id");
        let values = args![self.clock.now().month_start(), user.0];
        let rows = tx.rows::<MemberRow>("read teams", &sql, &values).await?;
        let people = People::read(&mut tx, std::iter::once(user.0)).await?;
        let team = |row: MemberRow| {
            let me = row.member(&people)?;
            // Whoever is only invited learns the name alone.
            let balance = if me.joined_at.is_some() { row.balance } else { 0 };
            Ok(Team {
                id: TeamId(row.team_id),
                balance: read_tokens("wallets", row.team_id, balance)?,
                name: row.name,
                me,
            })
        };
        rows.into_iter().map(team).collect()
    }

    /// A team of the user's, with its members: all of them for owners and managers, the owners and oneself for others.
    pub async fn team(&self, user: UserId, team: TeamId) -> Result<(Team, Vec<Member>), Error> {
        let mut tx = self.database.read().await?;
        let (seen, mut all) = open(&mut tx, team, user, self.clock.now()).await?;
        if seen.me.role == TeamRole::Member {
            all.retain(|member| member.person.id == user || member.role == TeamRole::Owner);
        }
        Ok((seen, all))
    }

    /// Invites an account into a team, or changes what a member may do.
    pub async fn put_member(
        &self,
        user: UserId,
        team: TeamId,
        email: &str,
        role: TeamRole,
        monthly_limit: Tokens,
    ) -> Result<Member, Error> {
        retrying!("change a team", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            lock_team(&mut tx, team).await?;
            let (seen, all) = open(&mut tx, team, user, now).await?;
            let person = people::find(&mut tx, email).await?;
            let known = all.iter().find(|member| member.person.id == person.id);
            seen.me.role.check_change(known.map(|member| member.role), Some(role))?;
            let refuse = |why| Err(scrip_domain::Error::TeamRefused { why }.into());
            match known {
                None if all.len() >= MEMBERS_MAX => return refuse("a team has 200 members at most"),
                None => {
                    let sql = "INSERT INTO team_members (team_id, user_id, role, monthly_limit, invited_at) \
                               VALUES ($1, $2, $3, $4, $5)";
                    let values = args![team.0, person.id.0, role.as_str(), monthly_limit, now];
                    tx.execute("invite into a team", sql, &values).await?;
                    let text = format!("{} invites you into {}.", seen.me.person.name, seen.name);
                    let subject = format!("{team} {}", now.micros());
                    self.tell(&mut tx, person.id, "team.invited", subject, &text, now)
                        .await?;
                }
                Some(member) => {
                    if member.role == TeamRole::Owner && role != TeamRole::Owner && is_last_owner(&all, person.id) {
                        return refuse("its last owner stays one");
                    }
                    let sql =
                        "UPDATE team_members SET role = $3, monthly_limit = $4 WHERE team_id = $1 AND user_id = $2";
                    let values = args![team.0, person.id.0, role.as_str(), monthly_limit];
                    changed(tx.execute("change a member", sql, &values).await?)?;
                }
            }
            let all = members(&mut tx, team, now).await?;
            tx.commit().await?;
            let found = all.into_iter().find(|(_, member)| member.person.id == person.id);
            found.map(|(_, member)| member).ok_or_else(|| absent(team))
        })
    }

    /// Joins a team that the user was invited into. Joining again changes nothing.
    pub async fn join_team(&self, user: UserId, team: TeamId) -> Result<Team, Error> {
        retrying!("join a team", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql =
                "UPDATE team_members SET joined_at = $3 WHERE team_id = $1 AND user_id = $2 AND joined_at IS NULL";
            tx.execute("join a team", sql, &args![team.0, user.0, now]).await?;
            let (seen, _) = open(&mut tx, team, user, now).await?;
            tx.commit().await?;
            Ok(seen)
        })
    }

    /// Takes somebody out of a team, or leaves it, or declines an invitation.
    pub async fn remove_member(&self, user: UserId, team: TeamId, member: UserId) -> Result<(), Error> {
        retrying!("change a team", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            lock_team(&mut tx, team).await?;
            let all: Vec<Member> = members(&mut tx, team, now)
                .await?
                .into_iter()
                .map(|(_, of)| of)
                .collect();
            let of = |who: UserId| all.iter().find(|of| of.person.id == who);
            let Some(me) = of(user).filter(|me| me.joined_at.is_some() || member == user) else {
                return Err(absent(team));
            };
            let Some(leaving) = of(member) else {
                return Ok(());
            };
            if member != user {
                me.role.check_change(Some(leaving.role), None)?;
            }
            if is_last_owner(&all, member) {
                let why = "its last owner closes it, or makes somebody else an owner first";
                return Err(scrip_domain::Error::TeamRefused { why }.into());
            }
            let sql = "DELETE FROM team_members WHERE team_id = $1 AND user_id = $2";
            tx.execute("leave a team", sql, &args![team.0, member.0]).await?;
            // The invitation names who invited; nothing would lead from that person to it any more.
            let sql = "DELETE FROM notices WHERE user_id = $1 AND kind = 'team.invited' AND subject LIKE $2 || '%'";
            tx.execute("forget an invitation", sql, &args![member.0, team.to_string()])
                .await?;
            tx.commit().await
        })
    }

    /// Closes a team; what its wallet holds goes to the owner who closes it.
    pub async fn close_team(&self, user: UserId, team: TeamId) -> Result<Tokens, Error> {
        retrying!("close a team", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let left = lock_team(&mut tx, team).await?;
            let (seen, all) = open(&mut tx, team, user, now).await?;
            seen.me.role.require_owner()?;
            let others = all
                .iter()
                .filter(|member| member.role == TeamRole::Owner && member.joined_at.is_some());
            if others.count() > 1 && !left.is_zero() {
                let why = "while it has several owners, its wallet is emptied before it is closed";
                return Err(scrip_domain::Error::TeamRefused { why }.into());
            }
            if !left.is_zero() {
                let movement = Movement {
                    kind: KIND_TEAM,
                    reason: "A team was closed",
                    at: now,
                    legs: &[Leg::wallet_of(team.0, -left.get()), Leg::wallet(user, left.get())],
                };
                let id = self.move_tokens(&mut tx, &movement).await?;
                let sql = "INSERT INTO team_moves (transfer_id, team_id, user_id, command_id, request_digest, drawn, \
                           created_at) VALUES ($1, $2, $3, $1, $4, $5, $6)";
                let values = args![id, team.0, user.0, Vec::<u8>::new(), left, now];
                tx.execute("record what was drawn", sql, &values).await?;
            }
            let sql = "UPDATE teams SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL";
            changed(tx.execute("close a team", sql, &args![team.0, now]).await?)?;
            for member in all.iter().filter(|member| member.person.id != user) {
                let text = format!("{} was closed.", seen.name);
                self.tell(&mut tx, member.person.id, "team.closed", team, &text, now)
                    .await?;
            }
            tx.commit().await?;
            Ok(left)
        })
    }
}

fn is_last_owner(all: &[Member], user: UserId) -> bool {
    let owners = || {
        all.iter()
            .filter(|member| member.role == TeamRole::Owner && member.joined_at.is_some())
    };
    owners().count() == 1 && owners().any(|member| member.person.id == user)
}
