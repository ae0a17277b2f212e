//! What others were told of a person who is erased: notices of transfers, gifts and teams that have the person's name.

use scrip_domain::UserId;
use uuid::Uuid;

use crate::Error;
use crate::db::{Tx, Value, args, list_text};

/// What such a notice says afterwards; what moved stands in the list of transfers and gifts.
const SAYS: &str = "This was about somebody who has left. What moved stands in your list of transfers and gifts.";
/// Deeds that are looked at together.
const PAGE: i64 = 200;

/// Where others were told: the deed's id, by which the notice is found, and who was told. Read in the order of the ids, those
/// after `$2`, at most `$3`; `$1` is the account's id.
const TOLD: &[&str] = &[
    "SELECT id, recipient FROM sendings WHERE sender = $1 AND id > $2 ORDER BY id LIMIT $3",
    "SELECT id, sender FROM sendings WHERE recipient = $1 AND id > $2 ORDER BY id LIMIT $3",
    "SELECT id, recipient FROM gifts WHERE giver = $1 AND id > $2 ORDER BY id LIMIT $3",
    "SELECT id, giver FROM gifts WHERE recipient = $1 AND id > $2 ORDER BY id LIMIT $3",
];

/// Rewrites what others were told, and the mails about it that wait. Grows with what the person sent, gave and was sent.
pub(super) async fn rewrite(tx: &mut Tx, user: UserId, name: &str, email: &str) -> Result<(), Error> {
    for sql in TOLD {
        let mut last = Uuid::nil();
        loop {
            let rows = tx
                .rows::<(Uuid, Uuid)>("find who was told", sql, &args![user.0, last, PAGE])
                .await?;
            let Some((newest, _)) = rows.last() else {
                break;
            };
            last = *newest;
            let values: Vec<Value> = rows
                .iter()
                .map(|(deed, _)| Value::from(deed.to_string()))
                .chain(rows.iter().map(|(_, other)| Value::from(*other)))
                .collect();
            let filter = format!(
                "subject IN ({}) AND user_id IN ({})",
                list_text(rows.len(), 1),
                list_text(rows.len(), 1 + rows.len())
            );
            say(tx, &filter, values).await?;
        }
    }
    rewrite_teams(tx, user, name, email).await
}

/// Members of the person's teams were told by name who came, went and invited.
async fn rewrite_teams(tx: &mut Tx, user: UserId, name: &str, email: &str) -> Result<(), Error> {
    let shown = if name.trim().is_empty() {
        scrip_domain::masked(email)
    } else {
        name.to_owned()
    };
    let sql = "SELECT o.team_id, o.user_id FROM team_members m JOIN team_members o ON o.team_id = m.team_id \
               WHERE m.user_id = $1 AND o.user_id <> $1";
    let rows = tx
        .rows::<(Uuid, Uuid)>("find who was told", sql, &args![user.0])
        .await?;
    for (team, other) in rows {
        let values = vec![team.to_string().into(), other.into(), shown.clone().into()];
        let filter = "subject LIKE $1 || '%' AND user_id = $2 AND text LIKE '%' || $3 || '%'";
        say(tx, filter, values).await?;
    }
    Ok(())
}

async fn say(tx: &mut Tx, filter: &str, mut values: Vec<Value>) -> Result<(), Error> {
    values.push(SAYS.into());
    let says = values.len();
    // A mail has the id of its notice.
    let sql = format!(
        "UPDATE mails SET text = ${says} WHERE status = 'waiting' AND id IN (SELECT id FROM notices WHERE {filter})"
    );
    tx.execute("rewrite what is mailed", &sql, &values).await?;
    let sql = format!("UPDATE notices SET text = ${says} WHERE {filter}");
    tx.execute("rewrite what was told", &sql, &values).await.map(drop)
}
