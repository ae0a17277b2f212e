//! Messages made of what happened: transfers, licenses that changed, accounts that were opened.

use std::collections::BTreeMap;

use scrip_domain::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Told, told};
use crate::db::{Tx, args, list_text};
use crate::ledger::{least_id, retrying};
use crate::{Error, Store};

/// Rows carry the time at which their transaction began to write; one that took this long, in seconds, is still found.
const LOOK_BACK_SECONDS: i64 = 120;
/// The most events of one look.
const EVENTS_MAX: i64 = 200;
/// How long events and messages that arrived are kept, in seconds: 30 days.
const KEPT_SECONDS: i64 = 30 * 86_400;

/// Every kind of event, and what it tells.
pub const EVENT_KINDS: &[(&str, &str)] = &[
    ("account.opened", "Somebody opened an account"),
    ("gift.moved", "A gift was bought, taken, or given back"),
    ("ledger.moved", "Tokens moved in another way"),
    (
        "license.changed",
        "A license was stopped, reinstated, ended or given away",
    ),
    ("order.paid", "Somebody bought, rented, extended or converted"),
    ("order.refunded", "Tokens of an order were given back"),
    ("ping", "You pressed \"Send a test\""),
    ("team.moved", "Tokens went into or out of a team's wallet"),
    ("tokens.expired", "Tokens expired"),
    ("tokens.granted", "Tokens were given"),
    ("tokens.sent", "Somebody sent tokens to somebody"),
    ("tokens.sold", "Tokens were bought with money"),
    ("tokens.taken_back", "Tokens were taken back with their money"),
    ("voucher.redeemed", "A voucher was redeemed"),
];

/// What a kind of transfer is called to those who are told.
fn kind_of(transfer: &str) -> &'static str {
    match transfer {
        "order" => "order.paid",
        "refund" => "order.refunded",
        "grant" => "tokens.granted",
        "purchase" => "tokens.sold",
        "voucher" => "voucher.redeemed",
        "purchase_refund" => "tokens.taken_back",
        "transfer" => "tokens.sent",
        "gift" => "gift.moved",
        "expiry" => "tokens.expired",
        "team" => "team.moved",
        _ => "ledger.moved",
    }
}

/// Something that happened.
struct Event {
    id: Uuid,
    kind: &'static str,
    at: Timestamp,
    data: Json,
}

impl Event {
    /// As it is posted (Standard Webhooks: `type`, `timestamp`, `data`).
    fn body(&self) -> String {
        json!({"type": self.kind, "timestamp": self.at, "data": self.data}).to_string()
    }

    fn is_for(&self, endpoint: &Told) -> bool {
        let wanted = endpoint.events.is_empty() || endpoint.events.iter().any(|kind| kind == self.kind);
        wanted && self.at >= endpoint.created_at
    }
}

impl Store {
    /// Makes messages of what happened since the last look; answers how many events it found. Call it again until it finds none.
    /// One caller at a time: this is a job.
    pub async fn collect_events(&self) -> Result<usize, Error> {
        retrying!("collect events", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let endpoints = told(&mut tx).await?;
            let events = if endpoints.is_empty() {
                Vec::new()
            } else {
                self.find_events(&mut tx).await?
            };
            self.put_events(&mut tx, &events, &endpoints).await?;
            if i64::try_from(events.len()).unwrap_or(i64::MAX) < EVENTS_MAX {
                let sql = "UPDATE webhook_progress SET seen_at = $1";
                tx.execute("remember what was told", sql, &args![now]).await?;
                forget_old(&mut tx, now.plus_seconds(-KEPT_SECONDS)).await?;
            }
            tx.commit().await?;
            Ok(events.len())
        })
    }

    /// What happened and is no event yet, the oldest first.
    async fn find_events(&self, tx: &mut Tx) -> Result<Vec<Event>, Error> {
        let seen = "SELECT seen_at FROM webhook_progress";
        let (seen_at,) = tx.row::<(i64,)>("see what was told", seen, &[]).await?.unwrap_or((0,));
        let from = Timestamp::from_micros(seen_at).plus_seconds(-LOOK_BACK_SECONDS);
        let mut events = find_transfers(tx, from).await?;
        events.extend(find_license_events(tx, from).await?);
        events.extend(find_accounts(tx, from).await?);
        events.sort_by_key(|event| (event.at, event.id));
        events.truncate(usize::try_from(EVENTS_MAX).unwrap_or(usize::MAX));
        Ok(events)
    }

    async fn put_events(&self, tx: &mut Tx, events: &[Event], endpoints: &[Told]) -> Result<(), Error> {
        if events.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = events
            .iter()
            .flat_map(|event| args![event.id, event.kind, event.body(), event.at])
            .collect();
        let sql = "INSERT INTO webhook_events (id, kind, body, created_at) {rows} ON CONFLICT (id) DO NOTHING";
        tx.execute_each("record events", sql, 4, &rows).await?;
        let mut messages = Vec::new();
        for event in events {
            for endpoint in endpoints.iter().filter(|endpoint| event.is_for(endpoint)) {
                messages.extend(args![
                    self.new_id(),
                    endpoint.id,
                    event.id,
                    "waiting",
                    0_i64,
                    event.at,
                    0_i64,
                    0_i64,
                    ""
                ]);
            }
        }
        if messages.is_empty() {
            return Ok(());
        }
        let sql = "INSERT INTO webhook_deliveries \
                 (id, endpoint_id, event_id, status, attempts, due_at, tried_at, answer, problem) \
                 {rows} ON CONFLICT (endpoint_id, event_id) DO NOTHING";
        tx.execute_each("address messages", sql, 9, &messages).await.map(drop)
    }
}

async fn forget_old(tx: &mut Tx, oldest: Timestamp) -> Result<(), Error> {
    let sql = "DELETE FROM webhook_deliveries WHERE status <> 'waiting' AND due_at < $1";
    tx.execute("forget old messages", sql, &args![oldest]).await?;
    let sql = "DELETE FROM webhook_events WHERE created_at < $1 \
               AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = webhook_events.id)";
    tx.execute("forget old events", sql, &args![oldest]).await.map(drop)
}

async fn find_transfers(tx: &mut Tx, from: Timestamp) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT t.id, t.kind, t.created_at, COALESCE(o.lines, '') FROM transfers t LEFT JOIN orders o ON o.id = t.id \
         WHERE t.id >= $1 AND NOT EXISTS (SELECT 1 FROM webhook_events e WHERE e.id = t.id) \
         ORDER BY t.id LIMIT {EVENTS_MAX}"
    );
    let found = tx
        .rows::<(Uuid, String, i64, String)>("look for transfers", &sql, &args![least_id(from)])
        .await?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = found.iter().flat_map(|(id, ..)| args![*id]).collect();
    let sql = format!(
        "SELECT transfer_id, owner, account, amount FROM entries WHERE transfer_id IN ({})",
        list_text(ids.len(), 1)
    );
    let mut legs: BTreeMap<Uuid, Vec<Json>> = BTreeMap::new();
    for (transfer, owner, account, amount) in tx
        .rows::<(Uuid, Uuid, String, i64)>("read their entries", &sql, &ids)
        .await?
    {
        let owner = (!owner.is_nil()).then_some(owner);
        let leg = json!({"account": account, "owner": owner, "amount": amount});
        legs.entry(transfer).or_default().push(leg);
    }
    let event = |(id, kind, at, lines): (Uuid, String, i64, String)| {
        let mut data = json!({"transfer": id, "kind": kind, "legs": legs.remove(&id).unwrap_or_default()});
        if let Ok(lines) = serde_json::from_str::<Json>(&lines) {
            data["lines"] = lines;
        }
        Event {
            id,
            kind: kind_of(&kind),
            at: Timestamp::from_micros(at),
            data,
        }
    };
    Ok(found.into_iter().map(event).collect())
}

async fn find_license_events(tx: &mut Tx, from: Timestamp) -> Result<Vec<Event>, Error> {
    type Row = (Uuid, Uuid, Uuid, String, String, i64);
    let sql = format!(
        "SELECT l.id, l.license_id, n.user_id, n.product, l.what, l.created_at FROM license_events l \
         JOIN licenses n ON n.id = l.license_id \
         WHERE l.id >= $1 AND NOT EXISTS (SELECT 1 FROM webhook_events e WHERE e.id = l.id) \
         ORDER BY l.id LIMIT {EVENTS_MAX}"
    );
    let found = tx.rows::<Row>("look at licenses", &sql, &args![least_id(from)]).await?;
    let event = |(id, license, user, product, what, at): Row| Event {
        id,
        kind: "license.changed",
        at: Timestamp::from_micros(at),
        data: json!({"license": license, "account": user, "product": product, "what": what}),
    };
    Ok(found.into_iter().map(event).collect())
}

async fn find_accounts(tx: &mut Tx, from: Timestamp) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT u.id, u.created_at FROM users u \
         WHERE u.id >= $1 AND NOT EXISTS (SELECT 1 FROM webhook_events e WHERE e.id = u.id) \
         ORDER BY u.id LIMIT {EVENTS_MAX}"
    );
    let found = tx
        .rows::<(Uuid, i64)>("look for accounts", &sql, &args![least_id(from)])
        .await?;
    // Who it is stays here: an address is not sent to another program unasked.
    let event = |(id, at)| Event {
        id,
        kind: "account.opened",
        at: Timestamp::from_micros(at),
        data: json!({"account": id}),
    };
    Ok(found.into_iter().map(event).collect())
}
