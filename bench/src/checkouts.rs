//! Whole HTTP checkouts, against a bare transfer of `pgbench` on PostgreSQL.

mod load;
mod pgbench;
pub(crate) mod seed;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use scrip_testkit::Postgres;

use self::load::{Load, Shop};
use self::pgbench::Pgbench;
use crate::disk;
use crate::report::{Goal, Report, per_second, seconds};
use crate::rounds::{Effort, Spread, percentile};
use crate::server::{Server, command, output};

/// Requests, and transactions of the peer, that are under way at once.
pub(crate) const CLIENTS: usize = 32;
/// Durable writes that are timed in each round.
const SYNCS: usize = 100;
/// The most that the slowest hundredth may take, in durable writes.
const SYNCS_MAX: f64 = 25.0;

pub(crate) fn measure(effort: Effort, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting a runtime")?;
    let postgres = Postgres::start("");
    let pgbench = Pgbench::prepare(&postgres, folder.path())?;

    let embedded = Place {
        data: folder.path().join("embedded"),
        database: None,
    };
    let shared = Place {
        data: folder.path().join("shared"),
        database: Some(postgres.database()),
    };
    eprintln!("    filling two stores");
    let on_sqlite = Shop::open(runtime.block_on(embedded.fill())?);
    let on_postgres = Shop::open(runtime.block_on(shared.fill())?);
    let sqlite_server = embedded.serve()?;
    let postgres_server = shared.serve()?;

    let (mut ours, mut peers, mut ours_on_postgres) = (Vec::new(), Vec::new(), Vec::new());
    let (mut tails, mut middles, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    let sell = |shop: &Shop, server: &Server, duration: Duration| -> Result<Load> {
        runtime.block_on(shop.sell(server.address(), duration))
    };
    let warm_up = Duration::from_secs(1);
    sell(&on_sqlite, &sqlite_server, warm_up)?;
    sell(&on_postgres, &postgres_server, warm_up)?;
    pgbench.run(warm_up)?;
    for round in 1..=effort.slow_rounds {
        syncs.extend(disk::sync_blocks(folder.path(), SYNCS)?);
        let load = sell(&on_sqlite, &sqlite_server, effort.round)?;
        let peer = pgbench.run(effort.round)?;
        let load_on_postgres = sell(&on_postgres, &postgres_server, effort.round)?;
        eprintln!(
            "    round {round}: {} checkouts on SQLite, {} transfers of pgbench, {} checkouts on PostgreSQL",
            per_second(load.rate),
            per_second(peer),
            per_second(load_on_postgres.rate)
        );
        ours.push(load.rate);
        tails.push(percentile(&load.latencies, 990));
        middles.push(percentile(&load.latencies, 500));
        peers.push(peer);
        ours_on_postgres.push(load_on_postgres.rate);
    }
    sqlite_server.stop()?;
    postgres_server.stop()?;
    let audits = [embedded.audit()?, shared.audit()?];

    let rate = |rates: &[f64]| per_second(Spread::of(rates.to_vec()).median);
    let what = format!(
        "whole HTTP checkouts on SQLite, {CLIENTS} in flight, against bare transfers of `pgbench` on PostgreSQL"
    );
    report.compare(
        &what,
        rate(&ours),
        rate(&peers),
        Spread::of_ratios(&ours, &peers),
        Goal::AtLeast(1.0),
    );
    let sync = Spread::of(syncs).median;
    let tail = Spread::of(tails.clone());
    let in_syncs = Spread::of(tails.iter().map(|tail| tail / sync).collect());
    let what = "their 99th percentile, against the median `fdatasync` of 4 KiB on the same disk";
    report.compare(
        what,
        seconds(tail.median),
        seconds(sync),
        in_syncs,
        Goal::AtMost(SYNCS_MAX),
    );
    let what = "the same checkouts on PostgreSQL, against the same transfers";
    report.compare(
        what,
        rate(&ours_on_postgres),
        rate(&peers),
        Spread::of_ratios(&ours_on_postgres, &peers),
        Goal::AtLeast(0.5),
    );
    report.note(format!(
        "A checkout is one HTTP request that buys one product: session, price, balance, license, order and both legs of the ledger, \
         durable before it is answered ({} at the median on SQLite). A transfer of `pgbench` is one prepared statement that writes \
         one row and changes two balances. The clients share the processors with what they measure.",
        seconds(Spread::of(middles).median)
    ));
    report.note(format!(
        "Audited afterwards. SQLite: {} PostgreSQL: {}",
        audits[0], audits[1]
    ));
    Ok(())
}

/// One server's data folder, and its database where that is not embedded.
struct Place {
    data: std::path::PathBuf,
    database: Option<String>,
}

impl Place {
    async fn fill(&self) -> Result<Vec<seed::Buyer>> {
        std::fs::create_dir_all(&self.data).context("making a data folder")?;
        let url = self.database.clone().unwrap_or_else(|| embedded_url(&self.data));
        seed::buyers(&url, seed::BUYERS).await
    }

    fn serve(&self) -> Result<Server> {
        Server::start(&self.data, self.database.as_deref())
    }

    /// What the audit says; fails where the books do not balance.
    fn audit(&self) -> Result<String> {
        let said = output(command(&self.data, self.database.as_deref())?.arg("audit"))?;
        let lines: Vec<&str> = said.lines().collect();
        ensure!(lines.last() == Some(&"the books balance"), "the audit says: {said}");
        Ok(format!("{}.", lines.join("; ")))
    }
}

fn embedded_url(data: &Path) -> String {
    format!("sqlite:{}", data.join("scrip.db").display())
}
