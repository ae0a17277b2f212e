//! The peer: PostgreSQL's own load generator with the barest double entry there is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use scrip_testkit::Postgres;

use super::CLIENTS;
use crate::server::output;

/// Ten thousand accounts, and transfers between them.
const TABLES: &str = "
    CREATE TABLE accounts (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL CHECK (balance >= 0));
    CREATE TABLE transfers (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        debit BIGINT NOT NULL, credit BIGINT NOT NULL, amount BIGINT NOT NULL);
    INSERT INTO accounts SELECT n, 1000000000 FROM generate_series(1, 10000) n;
    VACUUM ANALYZE accounts;
    CHECKPOINT;";

/// One statement. Even accounts pay odd ones, so that no two transfers wait for each other crosswise.
const TRANSFER: &str = "\\set payer 2 * random(1, 5000)
\\set payee 2 * random(1, 5000) - 1
WITH debit AS (UPDATE accounts SET balance = balance - 3 WHERE id = :payer RETURNING id), \
credit AS (UPDATE accounts SET balance = balance + 3 WHERE id = :payee RETURNING id) \
INSERT INTO transfers (debit, credit, amount) SELECT debit.id, credit.id, 3 FROM debit, credit;
";

/// A database with the peer's tables.
pub(crate) struct Pgbench {
    port: u16,
    database: String,
    script: PathBuf,
}

impl Pgbench {
    pub(crate) fn prepare(postgres: &Postgres, folder: &Path) -> Result<Self> {
        let url = postgres.database();
        let database = url.rsplit('/').next().context("the name of a database")?.to_owned();
        postgres.run_sql(&database, TABLES);
        let script = folder.join("transfer.sql");
        std::fs::write(&script, TRANSFER).context("writing the script of pgbench")?;
        Ok(Self {
            port: postgres.port(),
            database,
            script,
        })
    }

    /// Transfers in a second.
    pub(crate) fn run(&self, duration: Duration) -> Result<f64> {
        let mut pgbench = Command::new("pgbench");
        pgbench.args([
            "--no-vacuum",
            "--protocol=prepared",
            "--jobs=2",
            "--host=127.0.0.1",
            "--username=scrip",
        ]);
        pgbench
            .arg(format!("--client={CLIENTS}"))
            .arg(format!("--time={}", duration.as_secs()));
        pgbench
            .arg(format!("--port={}", self.port))
            .arg("--file")
            .arg(&self.script)
            .arg(&self.database);
        let said = output(&mut pgbench)?;
        let rate = said
            .lines()
            .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.with_context(|| format!("pgbench told no rate: {said}"))
    }
}
