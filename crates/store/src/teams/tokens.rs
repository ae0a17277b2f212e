//! What moves into and out of a team's wallet.

use scrip_domain::{Draw, SendingPolicy, TeamId, TeamRole, Timestamp, Tokens, TransferId, UserId};
use uuid::Uuid;

use super::{lock_team, open};
use crate::db::{Tx, args};
use crate::ledger::{KIND_TEAM, Leg, Movement, read_tokens, retrying};
use crate::people::{People, Person};
use crate::sendings::{check_sendable, check_sender};
use crate::{Error, Store};

/// Tokens that a member moves.
#[derive(Clone, Copy, Debug)]
pub struct TeamTransfer {
    /// Who moves them.
    pub user: UserId,
    /// The team.
    pub team: TeamId,
    /// How many.
    pub tokens: Tokens,
    /// Whether they are drawn from the team's wallet into the member's own; else they go into it.
    pub draw: bool,
    /// The client-made id of the command.
    pub command: Uuid,
    /// The SHA-256 digest of the request.
    pub digest: [u8; 32],
}

/// Tokens that moved into or out of a team's wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamMove {
    /// The transfer.
    pub transfer: TransferId,
    /// Who moved them.
    pub person: Person,
    /// Drawn tokens are positive, those that came in negative.
    pub drawn: i64,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Moves tokens between a member's wallet and the team's; answers what the team's holds then. The same command moves once.
    pub async fn move_team_tokens(&self, moved: &TeamTransfer, policy: &SendingPolicy) -> Result<Tokens, Error> {
        retrying!("move tokens of a team", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            lock_team(&mut tx, moved.team).await?;
            if is_known(&mut tx, moved).await? {
                return Ok(open(&mut tx, moved.team, moved.user, now).await?.0.balance);
            }
            let (team, _) = open(&mut tx, moved.team, moved.user, now).await?;
            let amount = moved.tokens.get();
            let (reason, own) = if moved.draw {
                let draw = Draw {
                    role: team.me.role,
                    monthly_limit: team.me.monthly_limit,
                    drawn: team.me.drawn,
                    joined_at: team.me.joined_at.unwrap_or(now),
                };
                draw.check(moved.tokens, policy.cooling_off_minutes, now)?;
                ("Drawn from a team", amount)
            } else {
                check_sender(&mut tx, moved.user, moved.tokens, policy, now).await?;
                check_sendable(&mut tx, moved.user, moved.tokens, policy, now).await?;
                ("Put into a team", -amount)
            };
            let movement = Movement {
                kind: KIND_TEAM,
                reason,
                at: now,
                legs: &[Leg::wallet(moved.user, own), Leg::wallet_of(moved.team.0, -own)],
            };
            let id = self.move_tokens(&mut tx, &movement).await?;
            let sql = "INSERT INTO team_moves (transfer_id, team_id, user_id, command_id, request_digest, drawn, \
                       created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
            let values = args![
                id,
                moved.team.0,
                moved.user.0,
                moved.command,
                moved.digest.to_vec(),
                own,
                now
            ];
            tx.execute("record what was moved", sql, &values).await?;
            let (team, _) = open(&mut tx, moved.team, moved.user, now).await?;
            tx.commit().await?;
            Ok(team.balance)
        })
    }

    /// Up to `limit` moves of a team's tokens, the newest first, older than the transfer `before`: all for owners and managers, a
    /// member's own for others.
    pub async fn team_moves(
        &self,
        user: UserId,
        team: TeamId,
        before: Option<TransferId>,
        limit: i64,
    ) -> Result<Vec<TeamMove>, Error> {
        let mut tx = self.database.read().await?;
        let (seen, _) = open(&mut tx, team, user, self.clock.now()).await?;
        let mut values = args![team.0, before.map_or(Uuid::max(), |id| id.0), limit].to_vec();
        let own = if seen.me.role == TeamRole::Member {
            values.push(user.0.into());
            "AND user_id = $4"
        } else {
            ""
        };
        let sql = format!(
            "SELECT transfer_id, user_id, drawn, created_at FROM team_moves \
             WHERE team_id = $1 AND transfer_id < $2 {own} ORDER BY transfer_id DESC LIMIT $3"
        );
        let rows = tx
            .rows::<(Uuid, Uuid, i64, i64)>("read a team's moves", &sql, &values)
            .await?;
        let people = People::read(&mut tx, rows.iter().map(|(_, user, ..)| *user)).await?;
        Ok(rows
            .into_iter()
            .map(|(transfer, user, drawn, at)| TeamMove {
                transfer: TransferId(transfer),
                person: people.get(user),
                drawn,
                at: Timestamp::from_micros(at),
            })
            .collect())
    }

    /// What all wallets of teams hold together.
    pub async fn tokens_of_teams(&self) -> Result<Tokens, Error> {
        let sql = "SELECT CAST(COALESCE(SUM(w.balance), 0) AS BIGINT) FROM wallets w JOIN teams t ON t.id = w.user_id";
        let rows = self.database.rows::<(i64,)>("add teams up", sql, &[]).await?;
        read_tokens("wallets", Uuid::nil(), rows.first().map_or(0, |(sum,)| *sum))
    }
}

/// Whether a command was carried out before.
async fn is_known(tx: &mut Tx, moved: &TeamTransfer) -> Result<bool, Error> {
    let sql = "SELECT request_digest FROM team_moves WHERE user_id = $1 AND command_id = $2";
    let known = tx
        .row::<(Vec<u8>,)>("look for a command", sql, &args![moved.user.0, moved.command])
        .await?;
    match known {
        None => Ok(false),
        Some((digest,)) if digest == moved.digest => Ok(true),
        Some(_) => Err(Error::IdempotencyConflict {
            command: moved.command.to_string(),
        }),
    }
}
