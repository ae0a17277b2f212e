//! Rolling the ledger up into sums by day.

use std::collections::BTreeMap;

use scrip_domain::{LicenseKind, QuoteLine, Timestamp};
use uuid::Uuid;

use super::{DAY_MICROS, day_of};
use crate::catalog::{read_json, text_of};
use crate::db::{Tx, Value, args};
use crate::ledger::{VENDOR_REVENUE, WALLET, retrying};
use crate::licenses::{COLUMNS, LicenseRow};
use crate::{Error, Store};

/// How long after its end a day is closed: no transfer takes longer from its instant to its commit.
const CLOSE_AFTER_MICROS: i64 = 3_600_000_000;
/// Rows that are read at once.
const PAGE: usize = 2000;
/// How many days ahead rentals that end are counted.
const ENDING_DAYS: i64 = 30;

/// The sums that the ledger has beyond the closed days.
struct Sums {
    /// Amount and transfers by day, account and kind.
    books: BTreeMap<(i64, String, String), (i64, i64)>,
    /// Lines and tokens by day and intent.
    sales: BTreeMap<(i64, String), (i64, i64)>,
    /// Day, account, kind, currency, amount in the smallest unit, and moves.
    money: Vec<(i64, String, String, String, i64, i64)>,
    unearned: i64,
    rentals: i64,
    /// How many rentals end on which day.
    ending: BTreeMap<i64, i64>,
}

impl Store {
    /// Brings the sums up to date. Answers up to which instant they go. Costs as much as happened since the last closed day,
    /// and one look at every rental that runs.
    pub async fn roll_books(&self) -> Result<Timestamp, Error> {
        retrying!("roll the books up", {
            let now = self.clock.now();
            let mut reader = self.database.read().await?;
            let state = state(&mut reader).await?;
            let closed = state.map_or(-1, |(closed, _)| closed);
            let booked = booked_until(&mut reader, closed).await?;
            let sums = read_sums(&mut reader, closed, now).await?;
            drop(reader);
            let close = (now.micros() - CLOSE_AFTER_MICROS).div_euclid(DAY_MICROS) - 1;
            self.write_sums(state, closed.max(close), booked, &sums, now).await?;
            Ok(now)
        })
    }

    async fn write_sums(
        &self,
        before: Option<(i64, i64)>,
        close: i64,
        booked: i64,
        sums: &Sums,
        now: Timestamp,
    ) -> Result<(), Error> {
        const OPERATION: &str = "roll the books up";
        let mut tx = self.database.write().await?;
        // Whoever rolled meanwhile was faster; what was read here may be older.
        let won = match before {
            None => {
                let sql =
                    "INSERT INTO book_state (id, closed_day, rolled_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING";
                tx.execute(OPERATION, sql, &args![close, now]).await?
            }
            Some((closed, rolled_at)) => {
                let sql = "UPDATE book_state SET closed_day = $1, rolled_at = $2 \
                           WHERE id = 1 AND closed_day = $3 AND rolled_at = $4";
                tx.execute(OPERATION, sql, &args![close, now, closed, rolled_at])
                    .await?
            }
        };
        if won == 0 {
            return Err(Error::Conflict { operation: OPERATION });
        }
        let closed = before.map_or(-1, |(closed, _)| closed);
        for table in ["book_days", "sales_days", "money_days"] {
            let sql = format!("DELETE FROM {table} WHERE day > $1");
            tx.execute(OPERATION, &sql, &args![closed]).await?;
        }
        let values: Vec<Value> = sums
            .books
            .iter()
            .flat_map(|((day, account, kind), (amount, transfers))| {
                args![*day, account.as_str(), kind.as_str(), *amount, *transfers]
            })
            .collect();
        insert(&mut tx, "book_days (day, account, kind, amount, transfers)", 5, &values).await?;
        let values: Vec<Value> = sums
            .sales
            .iter()
            .flat_map(|((day, intent), (lines, tokens))| args![*day, intent.as_str(), *lines, *tokens])
            .collect();
        insert(&mut tx, "sales_days (day, intent, lines, tokens)", 4, &values).await?;
        let values: Vec<Value> = sums
            .money
            .iter()
            .flat_map(|(day, account, kind, currency, minor, moves)| {
                let (account, kind, currency) = (account.as_str(), kind.as_str(), currency.as_str());
                args![*day, account, kind, currency, *minor, *moves]
            })
            .collect();
        insert(
            &mut tx,
            "money_days (day, account, kind, currency, minor, moves)",
            6,
            &values,
        )
        .await?;
        let open: i64 = sums
            .books
            .iter()
            .filter(|((_, account, _), _)| account == VENDOR_REVENUE)
            .map(|(_, sum)| sum.0)
            .sum();
        let sql = "INSERT INTO revenue_days (day, at, booked, unearned, rentals, ending) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (day) DO UPDATE SET at = excluded.at, booked = excluded.booked, \
                   unearned = excluded.unearned, rentals = excluded.rentals, ending = excluded.ending";
        let ending: Vec<(i64, i64)> = sums.ending.iter().map(|(day, count)| (*day, *count)).collect();
        let values = args![
            day_of(now),
            now,
            booked + open,
            sums.unearned,
            sums.rentals,
            text_of(&ending)
        ];
        tx.execute(OPERATION, sql, &values).await?;
        tx.commit().await
    }
}

async fn insert(tx: &mut Tx, table: &str, columns: usize, values: &[Value]) -> Result<(), Error> {
    for chunk in values.chunks(columns * 200) {
        let sql = format!("INSERT INTO {table} {{rows}}");
        tx.execute_each("roll the books up", &sql, columns, chunk).await?;
    }
    Ok(())
}

/// The last closed day, and when the sums were rolled.
pub(super) async fn state(tx: &mut Tx) -> Result<Option<(i64, i64)>, Error> {
    let sql = "SELECT closed_day, rolled_at FROM book_state WHERE id = 1";
    tx.row::<(i64, i64)>("read the state of the books", sql, &[]).await
}

/// What was booked as revenue up to the closed day.
async fn booked_until(tx: &mut Tx, closed: i64) -> Result<i64, Error> {
    let sql = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM book_days WHERE account = $1 AND day <= $2";
    let sum = tx
        .row::<(i64,)>("sum revenue", sql, &args![VENDOR_REVENUE, closed])
        .await?;
    Ok(sum.map_or(0, |(sum,)| sum))
}

/// The least id that was made at `micros` or later (RFC 9562 section 5.7).
fn least_id(micros: i64) -> Uuid {
    let millis = u64::try_from(micros.div_euclid(1000)).unwrap_or(0);
    Uuid::from_u128(u128::from(millis) << 80)
}

async fn read_sums(tx: &mut Tx, closed: i64, now: Timestamp) -> Result<Sums, Error> {
    let from = (closed + 1).saturating_mul(DAY_MICROS);
    // Ids follow the clock of whoever made them; a day of grace covers every clock that is a little off.
    let least = least_id(from.saturating_sub(DAY_MICROS));
    let mut books = BTreeMap::new();
    let sql = "SELECT t.created_at / 86400000000, e.account, t.kind, CAST(SUM(e.amount) AS BIGINT), CAST(COUNT(*) AS BIGINT) \
               FROM entries e JOIN transfers t ON t.id = e.transfer_id \
               WHERE e.owner = $1 AND e.transfer_id >= $2 AND t.created_at >= $3 \
               GROUP BY t.created_at / 86400000000, e.account, t.kind";
    let rows = tx
        .rows::<(i64, String, String, i64, i64)>("sum the ledger", sql, &args![Uuid::nil(), least, from])
        .await?;
    for (day, account, kind, amount, transfers) in rows {
        // The entries of a transfer add up to zero: what the vendor's accounts do not have, wallets have.
        let wallets: &mut (i64, i64) = books.entry((day, WALLET.to_owned(), kind.clone())).or_default();
        wallets.0 -= amount;
        wallets.1 += transfers;
        books.insert((day, account, kind), (amount, transfers));
    }
    let mut sums = Sums {
        books,
        sales: BTreeMap::new(),
        money: read_money(tx, from).await?,
        unearned: 0,
        rentals: 0,
        ending: BTreeMap::new(),
    };
    read_sales(tx, least, from, &mut sums).await?;
    read_rentals(tx, now, &mut sums).await?;
    Ok(sums)
}

async fn read_money(tx: &mut Tx, from: i64) -> Result<Vec<(i64, String, String, String, i64, i64)>, Error> {
    let sql = "SELECT at / 86400000000, account, kind, currency, CAST(SUM(minor) AS BIGINT), \
               CAST(COUNT(DISTINCT move_id) AS BIGINT) FROM money_entries WHERE at >= $1 \
               GROUP BY at / 86400000000, account, kind, currency";
    tx.rows("sum money", sql, &args![from]).await
}

async fn read_sales(tx: &mut Tx, least: Uuid, from: i64, sums: &mut Sums) -> Result<(), Error> {
    let sql =
        format!("SELECT id, lines, created_at FROM orders WHERE id > $1 AND created_at >= $2 ORDER BY id LIMIT {PAGE}");
    let mut after = least;
    loop {
        let rows = tx
            .rows::<(Uuid, String, i64)>("read orders", &sql, &args![after, from])
            .await?;
        let read = rows.len();
        for (id, lines, at) in rows {
            let lines: Vec<QuoteLine> = read_json("orders", &id.to_string(), &lines)?;
            for line in lines {
                let intent = text_of(&line.intent).trim_matches('"').to_owned();
                let sum: &mut (i64, i64) = sums.sales.entry((at.div_euclid(DAY_MICROS), intent)).or_default();
                sum.0 += 1;
                sum.1 += line.charge.get();
            }
            after = id;
        }
        if read < PAGE {
            return Ok(());
        }
    }
}

async fn read_rentals(tx: &mut Tx, now: Timestamp, sums: &mut Sums) -> Result<(), Error> {
    // A paused rental runs longer than its row says.
    let sql = format!(
        "SELECT {COLUMNS} FROM licenses WHERE id > $1 AND kind = 'rental' \
         AND (ends_at IS NULL OR ends_at > $2 OR tenure LIKE '%\"paused_at\":\"%') ORDER BY id LIMIT {PAGE}"
    );
    let mut after = Uuid::nil();
    loop {
        let rows = tx.rows::<LicenseRow>("read rentals", &sql, &args![after, now]).await?;
        let read = rows.len();
        for row in rows {
            let license = row.read()?;
            after = license.id.0;
            if license.kind != LicenseKind::Rental || license.remaining_at(now).is_over(now) {
                continue;
            }
            sums.rentals += 1;
            sums.unearned = sums.unearned.saturating_add(license.unearned(now).get());
            if let Some(end) = license.remaining_at(now).ends_at
                && day_of(end) < day_of(now) + ENDING_DAYS
            {
                *sums.ending.entry(day_of(end)).or_default() += 1;
            }
        }
        if read < PAGE {
            return Ok(());
        }
    }
}
