//! The commands about what waits for a second operator, and the way of every deed of the machine to there.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use scrip_domain::{DeedKind, Email};
use scrip_server::deeds::{self, Asker, Decider, Deed};
use scrip_server::{Error, Server};
use scrip_store::ApprovalStatus;
use serde::Serialize;
use uuid::Uuid;

use super::operators::read_proof;

/// Rows of a listing.
const ROWS: i64 = 200;

#[derive(Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// List what waits for a second operator
    List {
        /// Also what was decided
        #[arg(long)]
        all: bool,
    },
    /// Approve a deed: it is done at once
    Confirm(Decision),
    /// Refuse a deed
    Refuse(Decision),
}

#[derive(Args)]
pub(crate) struct Decision {
    /// Which one
    id: Uuid,
    /// The operator who decides; the password is asked for, and the code of the operator's authenticator app
    #[arg(long = "as", value_name = "EMAIL")]
    by: Email,
    /// Read the password from standard input, and from a second line the code of the authenticator app
    #[arg(long)]
    password_stdin: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// A deed that waits: no failure, and not done.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Waits(pub(crate) String);

/// The exit status of a command whose deed waits for a second operator.
pub(crate) const WAITS_STATUS: u8 = 3;

/// Goes on where a deed may be done; [`Waits`] where a second operator has to approve it.
pub(crate) async fn held(
    server: &Server,
    emergency: Option<&str>,
    deed: &Deed,
    kind: DeedKind,
    asked: (&str, &(impl Serialize + Sync), &str),
) -> anyhow::Result<()> {
    match deeds::hold(server, Asker::Machine { emergency }, deed, kind, asked).await? {
        Some(waits) => Err(Waits(waits).into()),
        None => Ok(()),
    }
}

pub(crate) async fn run(server: &Server, command: ApprovalsCommand) -> anyhow::Result<()> {
    match command {
        ApprovalsCommand::List { all } => list(server, all).await,
        ApprovalsCommand::Confirm(decision) => decide(server, decision, true).await,
        ApprovalsCommand::Refuse(decision) => decide(server, decision, false).await,
    }
}

async fn decide(server: &Server, decision: Decision, approve: bool) -> anyhow::Result<()> {
    let needs_code = deeds::needs_code(server, &decision.by).await?;
    let (password, code) = read_proof(decision.password_stdin, needs_code)?;
    let by = Decider {
        email: decision.by,
        password,
        code,
    };
    let said = deeds::decide(server, by, decision.id, approve, &decision.reason).await?;
    println!("{said}");
    Ok(())
}

async fn list(server: &Server, all: bool) -> anyhow::Result<()> {
    let status = (!all).then_some(ApprovalStatus::Waiting);
    let rows = server.store().approvals(status, None, ROWS).await.map_err(Error::from);
    for row in rows.context("cannot list what waits")? {
        println!(
            "{}  {}  {}  {}",
            row.id,
            row.status.as_str(),
            row.asked_by,
            row.asked_at
        );
        println!("    {} ({})", row.summary, row.why);
        if let (Some(by), Some(decision)) = (&row.decided_by, &row.decision) {
            println!(
                "    decided by {by}: {decision}. {}",
                row.outcome.as_deref().unwrap_or_default()
            );
        }
    }
    Ok(())
}
