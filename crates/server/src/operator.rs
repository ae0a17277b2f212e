//! The operator's commands about one license.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use scrip_domain::{DeedKind, HoldKind, LicenseId};
use scrip_server::deeds::{OneLicense, REVOKE_LICENSE};
use scrip_server::{Error, Server};

use crate::commands::approvals::held;

/// The longest reason, in characters: it is signed into the list of revocations.
const REASON_CHARS_MAX: usize = 200;

#[derive(Subcommand)]
pub(crate) enum LicenseCommand {
    /// Stop a license until it is reinstated; its codes are revoked
    Suspend(Stop),
    /// Lift a suspension
    Reinstate(Stop),
    /// Stop a license for good; its codes are revoked
    Revoke(Stop),
    /// Show a license, its seats and what happened to it
    Show {
        /// The license's id
        license: LicenseId,
    },
}

#[derive(Args)]
pub(crate) struct Stop {
    /// The license's id
    license: LicenseId,
    /// Why; the holder reads it
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: String,
}

fn parse_reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(format!("a reason has 1 to {REASON_CHARS_MAX} visible characters"));
    }
    Ok(text.to_owned())
}

pub(crate) async fn run(server: &Server, emergency: Option<&str>, command: LicenseCommand) -> anyhow::Result<()> {
    let (stop, hold, action, done) = match command {
        LicenseCommand::Show { license } => return show(server, license).await,
        LicenseCommand::Suspend(stop) => (stop, Some(HoldKind::Suspended), "license.suspended", "is suspended"),
        LicenseCommand::Reinstate(stop) => (stop, None, "license.reinstated", "is reinstated"),
        LicenseCommand::Revoke(stop) => (stop, Some(HoldKind::Revoked), "license.revoked", "is revoked"),
    };
    if hold == Some(HoldKind::Revoked) {
        let one = OneLicense { license: stop.license };
        let (license, email) = server.store().any_license(stop.license).await.map_err(Error::from)?;
        let summary = format!("Revoke the license of {} for {email}.", license.product);
        let asked = (summary.as_str(), &one, stop.reason.as_str());
        held(server, emergency, &REVOKE_LICENSE, DeedKind::Revocation, asked).await?;
    }
    let act = scrip_store::Act {
        actor: "cli",
        action,
        subject: &stop.license.to_string(),
        why: &stop.reason,
    };
    let store = server.store();
    let license = store.set_hold(stop.license, hold, &act).await.map_err(Error::from)?;
    println!("the license {} of {} {done}", license.id, license.product);
    Ok(())
}

async fn show(server: &Server, id: LicenseId) -> anyhow::Result<()> {
    let store = server.store();
    let (license, holder) = store.any_license(id).await.map_err(Error::from)?;
    let now = server.now();
    let view = scrip_api::LicenseView::of(&license, now);
    println!("holder: {holder}");
    println!(
        "{}",
        serde_json::to_string_pretty(&view).context("cannot write the license")?
    );
    for row in store.seats(license.user, id).await.map_err(Error::from)? {
        let held = if row.seat.is_live(now) {
            "has a seat"
        } else {
            "had a seat"
        };
        println!(
            "{} {held} since {}: code {}, {} uses and {} processings reported ({})",
            row.device_name, row.seat.taken_at, row.code_seq, row.reported.uses, row.reported.processings, row.id
        );
    }
    for event in store.license_events(id).await.map_err(Error::from)? {
        println!("{} {}: {} ({})", event.at, event.actor, event.what, event.why);
    }
    Ok(())
}
