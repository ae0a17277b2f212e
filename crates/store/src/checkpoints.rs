//! What wallets hold, replayed from their flows; and the points from which that goes on, so that it costs what happened
//! since the last of them, however long a wallet's history is.
//!
//! A point is kept when somebody looks at a wallet in which much happened, never by a checkout. It lies a day back, because
//! servers whose clocks differ may still write transfers that come before the latest.

use std::collections::{BTreeMap, HashMap};

use scrip_domain::{Flow, FlowKind, Holding, HoldingState, Taking, Timestamp, TransferId, UserId};
use uuid::Uuid;

use crate::audit::Breach;
use crate::catalog::{read_json, text_of};
use crate::db::{Tx, Value, args};
use crate::ledger::{KIND_EXPIRY, KIND_GRANT, KIND_TEAM, KIND_TRANSFER, least_id, lock_wallet};
use crate::{Error, Store};

/// Flows from one point to the next.
const FLOWS_PER_POINT: usize = 256;
/// How far the clocks of servers may be apart, in seconds.
pub(crate) const CLOCKS_APART_SECONDS: i64 = 86_400;

/// A point of a wallet's history.
struct Point {
    /// The last transfer before it; the nil id at the beginning.
    upto: Uuid,
    /// What the wallet held, in tokens.
    balance: i64,
    state: HoldingState,
}

/// What a wallet holds, and what may be kept to know it faster.
pub(crate) struct Replayed {
    pub(crate) holding: Holding,
    /// The point from which it was replayed.
    from: Uuid,
    /// The points that came after it, a day back or more.
    points: Vec<Point>,
    /// The takings at the last of them.
    takings: Vec<(TransferId, Taking)>,
}

/// What a wallet holds, told apart by where it came from.
pub(crate) async fn read_holding(tx: &mut Tx, owner: Uuid, now: Timestamp) -> Result<Replayed, Error> {
    let point = last_point(tx, owner, Uuid::max()).await?;
    replay_from(tx, owner, point, now).await
}

/// The same inside a transaction that holds the wallet: what may be kept is.
pub(crate) async fn read_holding_keeping(tx: &mut Tx, owner: Uuid, now: Timestamp) -> Result<Holding, Error> {
    let replayed = read_holding(tx, owner, now).await?;
    replayed.keep(tx, owner).await?;
    Ok(replayed.holding)
}

/// What a wallet held at the last point before a transfer, and the last transfer before that point.
pub(crate) async fn balance_before(tx: &mut Tx, owner: Uuid, before: Uuid) -> Result<(Uuid, i64), Error> {
    let sql = "SELECT upto, balance FROM holding_points WHERE owner = $1 AND upto < $2 ORDER BY upto DESC LIMIT 1";
    let found = tx
        .row::<(Uuid, i64)>("read a point of a wallet", sql, &args![owner, before])
        .await?;
    Ok(found.unwrap_or((Uuid::nil(), 0)))
}

async fn last_point(tx: &mut Tx, owner: Uuid, before: Uuid) -> Result<Point, Error> {
    let sql =
        "SELECT upto, balance, state FROM holding_points WHERE owner = $1 AND upto < $2 ORDER BY upto DESC LIMIT 1";
    let found = tx
        .row::<(Uuid, i64, String)>("read a point of a wallet", sql, &args![owner, before])
        .await?;
    let Some((upto, balance, state)) = found else {
        return Ok(Point {
            upto: Uuid::nil(),
            balance: 0,
            state: HoldingState::default(),
        });
    };
    let state = read_json("holding_points", &owner.to_string(), &state)?;
    Ok(Point { upto, balance, state })
}

async fn replay_from(tx: &mut Tx, owner: Uuid, point: Point, now: Timestamp) -> Result<Replayed, Error> {
    let (flows, known) = read_flows(tx, owner, point.upto).await?;
    let end = least_id(now.plus_seconds(-CLOCKS_APART_SECONDS));
    let from = point.upto;
    let mut holding = Holding::resume(point.state, known);
    let (mut points, mut takings, mut balance) = (Vec::new(), Vec::new(), point.balance);
    for (at, flow) in flows.into_iter().enumerate() {
        holding.apply(flow);
        balance += flow.amount;
        if (at + 1).is_multiple_of(FLOWS_PER_POINT) && flow.transfer.0 < end {
            points.push(Point {
                upto: flow.transfer.0,
                balance,
                state: holding.state(),
            });
            takings = holding.takings().collect();
        }
    }
    Ok(Replayed {
        holding,
        from,
        points,
        takings,
    })
}

/// The flows of a wallet after a point, the oldest first, and what earlier flows took that these give back.
async fn read_flows(tx: &mut Tx, owner: Uuid, after: Uuid) -> Result<(Vec<Flow>, HashMap<TransferId, Taking>), Error> {
    type Entry = (Uuid, i64, String, Option<Uuid>, Option<String>);
    let sql = "SELECT transfer_id, expires_at, closed_by FROM lots \
               WHERE user_id = $1 AND (closed_by IS NULL OR closed_by > $2) AND expires_at IS NOT NULL";
    let lots = tx
        .rows::<(Uuid, i64, Option<Uuid>)>("read lots", sql, &args![owner, after])
        .await?;
    let sql = "SELECT e.transfer_id, e.amount, t.kind, r.of_transfer_id, k.parts FROM entries e \
               JOIN transfers t ON t.id = e.transfer_id LEFT JOIN reversals r ON r.transfer_id = e.transfer_id \
               LEFT JOIN holding_takings k ON k.owner = $1 AND k.transfer_id = r.of_transfer_id AND k.transfer_id <= $2 \
               WHERE e.owner = $1 AND e.transfer_id > $2 AND e.account = 'wallet' ORDER BY e.transfer_id";
    let entries = tx
        .rows::<Entry>("read a wallet's flows", sql, &args![owner, after])
        .await?;
    let given: HashMap<Uuid, Timestamp> = lots
        .iter()
        .map(|(lot, at, _)| (*lot, Timestamp::from_micros(*at)))
        .collect();
    // A lot that ran out with nothing left ended all the same: an id of that moment stands for the transfer.
    let mut ends: BTreeMap<Uuid, TransferId> = lots
        .iter()
        .filter_map(|(lot, _, closed)| closed.map(|closed| (closed, TransferId(*lot))))
        .collect();
    let mut flows: Vec<Flow> = Vec::with_capacity(entries.len() + lots.len());
    let mut known = HashMap::new();
    for (transfer, amount, kind, of, parts) in entries {
        let ended = if amount < 0 { ends.remove(&transfer) } else { None };
        let kind = match (kind.as_str(), of, ended) {
            (_, Some(of), _) if amount > 0 => {
                if let Some(parts) = parts {
                    let taking = read_json("holding_takings", &of.to_string(), &parts)?;
                    known.insert(TransferId(of), taking);
                }
                FlowKind::Returned { of: TransferId(of) }
            }
            (KIND_GRANT, ..) if amount > 0 => FlowKind::Given {
                expires_at: given.get(&transfer).copied(),
            },
            (KIND_EXPIRY, _, Some(lot)) => FlowKind::Expired { lot },
            (KIND_TRANSFER | KIND_TEAM | "purchase_refund", ..) if amount < 0 => FlowKind::Sent,
            _ => FlowKind::Plain,
        };
        flows.push(Flow {
            transfer: TransferId(transfer),
            amount,
            kind,
        });
    }
    flows.extend(ends.into_iter().map(|(closed, lot)| Flow {
        transfer: TransferId(closed),
        amount: 0,
        kind: FlowKind::Expired { lot },
    }));
    flows.sort_by_key(|flow| flow.transfer);
    Ok((flows, known))
}

impl Replayed {
    /// Whether there is something to keep.
    const fn has_points(&self) -> bool {
        !self.points.is_empty()
    }

    /// Keeps the points, in a transaction that holds the wallet, unless somebody else did meanwhile.
    async fn keep(&self, tx: &mut Tx, owner: Uuid) -> Result<(), Error> {
        const OPERATION: &str = "keep a point of a wallet";
        let (last, _) = balance_before(tx, owner, Uuid::max()).await?;
        if !self.has_points() || last != self.from {
            return Ok(());
        }
        let mut values: Vec<Value> = Vec::with_capacity(self.points.len() * 4);
        for point in &self.points {
            values.extend(args![owner, point.upto, point.balance, text_of(&point.state)]);
        }
        let sql = "INSERT INTO holding_points (owner, upto, balance, state) {rows}";
        tx.execute_each(OPERATION, sql, 4, &values).await?;
        for takings in self.takings.chunks(1000) {
            let values: Vec<Value> = takings
                .iter()
                .flat_map(|(of, taking)| args![owner, of.0, text_of(taking)])
                .collect();
            let sql = "INSERT INTO holding_takings (owner, transfer_id, parts) {rows} \
                       ON CONFLICT (owner, transfer_id) DO UPDATE SET parts = excluded.parts";
            tx.execute_each(OPERATION, sql, 3, &values).await?;
        }
        Ok(())
    }
}

impl Store {
    /// What the user's wallet holds, told apart by where it came from. Costs what happened since the last point that was
    /// kept; keeps further ones where much did.
    pub async fn holding(&self, user: UserId) -> Result<Holding, Error> {
        let now = self.clock.now();
        let replayed = read_holding(&mut self.database.read().await?, user.0, now).await?;
        if replayed.has_points() {
            let mut tx = self.database.write().await?;
            lock_wallet(&mut tx, user.0).await?;
            replayed.keep(&mut tx, user.0).await?;
            tx.commit().await?;
        }
        Ok(replayed.holding)
    }
}

/// Replays every wallet that has points from its start, and tells those whose points say something else.
pub(crate) async fn find_breaches(tx: &mut Tx) -> Result<Vec<Breach>, Error> {
    let mut breaches = Vec::new();
    let sql = "SELECT DISTINCT owner FROM holding_points ORDER BY owner";
    for (owner,) in tx.rows::<(Uuid,)>("audit points of wallets", sql, &[]).await? {
        let sql = "SELECT upto, balance, state FROM holding_points WHERE owner = $1 ORDER BY upto";
        let kept = tx
            .rows::<(Uuid, i64, String)>("audit points of wallets", sql, &args![owner])
            .await?;
        let sql = "SELECT transfer_id, parts FROM holding_takings WHERE owner = $1";
        let kept_takings = tx
            .rows::<(Uuid, String)>("audit points of wallets", sql, &args![owner])
            .await?;
        if let Some(detail) = compare(tx, owner, &kept, kept_takings).await? {
            breaches.push(Breach {
                rule: "what is kept of a wallet's history is what the history says",
                subject: owner.to_string(),
                detail,
            });
        }
    }
    Ok(breaches)
}

/// How what is kept of a wallet differs from a replay from its start.
async fn compare(
    tx: &mut Tx,
    owner: Uuid,
    kept: &[(Uuid, i64, String)],
    kept_takings: Vec<(Uuid, String)>,
) -> Result<Option<String>, Error> {
    let (flows, _) = read_flows(tx, owner, Uuid::nil()).await?;
    let (mut holding, mut flows, mut balance) = (Holding::default(), flows.into_iter().peekable(), 0);
    for (upto, kept_balance, kept_state) in kept {
        while let Some(flow) = flows.next_if(|flow| flow.transfer.0 <= *upto) {
            holding.apply(flow);
            balance += flow.amount;
        }
        let state: HoldingState = read_json("holding_points", &owner.to_string(), kept_state)?;
        if balance != *kept_balance || state != holding.state() {
            return Ok(Some(format!(
                "up to {upto} it is {kept_balance} where {balance} is expected, or of other lots"
            )));
        }
    }
    let mut expected: BTreeMap<Uuid, Taking> = holding.takings().map(|(of, taking)| (of.0, taking)).collect();
    for (of, parts) in kept_takings {
        let taking: Taking = read_json("holding_takings", &of.to_string(), &parts)?;
        if expected.remove(&of) != Some(taking) {
            return Ok(Some(format!("what {of} took is not what is kept")));
        }
    }
    Ok(expected.keys().next().map(|of| format!("what {of} took is not kept")))
}
