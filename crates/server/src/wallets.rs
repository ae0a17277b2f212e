//! What belongs to wallets besides spending: jobs, tables and signed statements.

mod paper;

use std::fmt::Write as _;

use scrip_domain::{BillingPolicy, ExpiryPolicy, Timestamp, UserId};
use scrip_licensing::{StatementEntry, StatementFile, WalletStatement};
use scrip_store::{HistoryEntry, HistoryFilter};

use crate::{Error, Server};

/// How many rows a job takes at once.
const BATCH: i64 = 200;
/// The most batches of one run; the next one goes on.
const BATCHES_MAX: usize = 50;
/// The most rows of a table.
const CSV_ROWS_MAX: usize = 50_000;
/// The most transfers of a statement that is printed: a few hundred pages.
const PRINTED_MAX: usize = 4000;
/// Rows of a table that are read at once.
const CSV_PAGE: i64 = 1000;

/// Announces and takes back tokens that run out.
pub(crate) async fn expire(server: &Server) -> Result<String, Error> {
    let policy: ExpiryPolicy = server.0.store.setting().await?;
    let (mut announced, mut expired) = (0, 0);
    for _ in 0..BATCHES_MAX {
        let report = server.0.store.expire_lots(&policy, BATCH).await?;
        announced += report.announced;
        expired += report.expired;
        if report.announced + report.expired == 0 {
            break;
        }
    }
    Ok(said(&[(announced, "announced"), (expired, "ran out")]))
}

/// Gives recipients what was sent to them, and givers what nobody took.
pub(crate) async fn settle(server: &Server) -> Result<String, Error> {
    let (mut settled, mut lapsed) = (0, 0);
    for _ in 0..BATCHES_MAX {
        let arrived = server.0.store.settle_sendings(BATCH).await?;
        let returned = server.0.store.lapse_gifts(BATCH).await?;
        settled += arrived;
        lapsed += returned;
        if arrived + returned == 0 {
            break;
        }
    }
    Ok(said(&[(settled, "transfers arrived"), (lapsed, "gifts went back")]))
}

/// Gives what campaigns give by themselves.
pub(crate) async fn hand_out(server: &Server) -> Result<String, Error> {
    let mut handed = 0;
    for _ in 0..BATCHES_MAX {
        let now = server.0.store.hand_out_campaigns(BATCH).await?;
        handed += now;
        if now == 0 {
            break;
        }
    }
    Ok(said(&[(handed, "accounts were given tokens")]))
}

/// Tells people whose wallet holds little.
pub(crate) async fn tell_low(server: &Server) -> Result<String, Error> {
    let mut told = 0;
    for _ in 0..BATCHES_MAX {
        let now = server.0.store.tell_low_balances(BATCH).await?;
        told += now;
        if now == 0 {
            break;
        }
    }
    Ok(said(&[(told, "people were told that their wallet holds little")]))
}

/// What a job did, without what it did not.
fn said(counts: &[(usize, &str)]) -> String {
    let done = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = done.map(|(count, what)| format!("{count} {what}")).collect();
    words.join(", ")
}

/// A wallet's history as a table (RFC 4180), the newest first.
pub(crate) async fn history_csv(server: &Server, user: UserId, filter: &HistoryFilter) -> Result<String, Error> {
    let mut text = "at,transfer,kind,amount,balance_after,reason\r\n".to_owned();
    let (mut before, mut rows) = (None, 0);
    loop {
        let page = server.0.store.history_of(user.0, filter, before, CSV_PAGE).await?;
        rows += page.len();
        if rows > CSV_ROWS_MAX {
            return Err(scrip_store::Error::PeriodTooLong { most: CSV_ROWS_MAX }.into());
        }
        for entry in &page {
            csv_row(&mut text, entry);
        }
        before = page.last().map(|entry| entry.transfer);
        if i64::try_from(page.len()).unwrap_or(i64::MAX) < CSV_PAGE {
            return Ok(text);
        }
    }
}

fn csv_row(text: &mut String, entry: &HistoryEntry) {
    let HistoryEntry {
        transfer,
        kind,
        at,
        amount,
        balance_after,
        ..
    } = entry;
    let (after, reason) = (balance_after.get(), csv_cell(&entry.reason));
    let written = write!(text, "{at},{transfer},{kind},{amount},{after},{reason}\r\n");
    debug_assert!(written.is_ok());
}

/// A text as a cell: quoted, and never read as a formula by a spreadsheet.
fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, text.replace('"', "\"\""))
}

/// A signed statement of a period as a file.
pub(crate) async fn statement_file(
    server: &Server,
    user: UserId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<String, Error> {
    let file = signed(server, user, from, until).await?;
    serde_json::to_string_pretty(&file).map_err(|_| Error::Internal {
        operation: "write a statement",
    })
}

/// The same as a document to print, which holds the signed statement.
pub(crate) async fn statement_pdf(
    server: &Server,
    user: UserId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Vec<u8>, Error> {
    let file = signed(server, user, from, until).await?;
    if file.content.entries.len() > PRINTED_MAX {
        return Err(scrip_store::Error::PeriodTooLong { most: PRINTED_MAX }.into());
    }
    let policy: BillingPolicy = server.0.store.setting().await?;
    let writing = tokio::task::spawn_blocking(move || paper::write(&file, &policy.seller));
    writing.await.map_err(|_| Error::Internal {
        operation: "write a statement",
    })?
}

async fn signed(
    server: &Server,
    user: UserId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<StatementFile, Error> {
    let content = statement(server, user, from, until).await?;
    let signed = server.0.signer.sign_wallet(&content)?;
    Ok(StatementFile::new(content, signed, server.0.signed_keys.clone()))
}

/// What a statement of a period says.
pub(crate) async fn statement(
    server: &Server,
    user: UserId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<WalletStatement, Error> {
    let store = &server.0.store;
    let now = server.0.clock.now();
    // Whole seconds, as statements have them: what happened in the second of its end is of the next period.
    let whole = |instant: Timestamp| Timestamp::from_seconds(instant.seconds().max(0));
    let until = whole(until.map_or(now.plus_seconds(1), |until| until.min(now.plus_seconds(1))));
    let from = whole(from.unwrap_or(Timestamp::UNIX_EPOCH)).min(until);
    let account = store.user_by_id(user).await?.ok_or(Error::SessionExpired)?;
    let period = store
        .wallet_period(user, from, until, WalletStatement::MAX_ENTRIES)
        .await?;
    let entry = |entry: HistoryEntry| StatementEntry {
        transfer: entry.transfer,
        at: entry.at,
        kind: entry.kind,
        amount: entry.amount,
        reason: entry.reason,
    };
    Ok(WalletStatement {
        iss: server.0.issuer.clone(),
        iat: now,
        sub: user,
        email: account.email.to_string(),
        from,
        until,
        opening: period.opening,
        closing: period.closing,
        entries: period.entries.into_iter().map(entry).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_its_row() {
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
        assert_eq!(csv_cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(said(&[(0, "a"), (2, "b")]), "2 b");
    }
}
