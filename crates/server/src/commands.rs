//! The commands of the vendor's keys, of computers without a network, and of usage.

pub(crate) mod approvals;
pub(crate) mod backup;
pub(crate) mod books;
pub(crate) mod invoices;
pub(crate) mod jobs;
pub(crate) mod operators;
pub(crate) mod tokens;
pub(crate) mod vouchers;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use scrip_domain::{Clock as _, DeedKind, Email, ProductId, SystemClock};
use scrip_licensing::Thumbprint;
use scrip_server::deeds::{KEYS_LEAVE, KeysLeave};
use scrip_server::{Config, KeyChange, KeyList, Server};

/// The vendor's keys.
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Show the keys and which one signs
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a new signing key; the one before stays published and valid
    Rotate {
        #[command(flatten)]
        root: Root,
    },
    /// Let a key sign nothing from now on; what it signed holds for ever
    Retire {
        /// The key's thumbprint
        kid: Thumbprint,
        #[command(flatten)]
        root: Root,
    },
    /// Take a stolen key out: nothing that it signed holds any more
    Revoke {
        /// The key's thumbprint
        kid: Thumbprint,
        #[command(flatten)]
        root: Root,
    },
}

/// Where the root key is.
#[derive(Args)]
pub(crate) struct Root {
    /// The root key's file; keys/root.jwk in the data folder by default
    #[arg(long = "root", value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Computers without a network.
#[derive(Subcommand)]
pub(crate) enum Offline {
    /// Answer a request that came by hand
    Answer {
        /// The request's file
        file: PathBuf,
        /// Where to write the answer
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// The account that pays; the computer's, or the one that the request names, by default
        #[arg(long, value_name = "EMAIL")]
        user: Option<Email>,
    },
}

/// What was used.
#[derive(Args)]
pub(crate) struct Usage {
    /// Of one product only
    #[arg(long, value_name = "ID")]
    product: Option<ProductId>,
    /// How many days back, today among them
    #[arg(long, default_value_t = 30, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366))]
    days: u32,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Lets a change of the keys wait for a second operator where the database says so. A folder without a database has no such rule.
async fn keys_leave(config: &Config, emergency: Option<&str>, (change, kid): (&str, String)) -> anyhow::Result<()> {
    if config.database_file().is_some_and(|file| !file.exists()) {
        return Ok(());
    }
    let server = match Server::open(config.clone()).await {
        Ok(server) => server,
        Err(unreachable) if emergency.is_some() => {
            eprintln!("the database cannot be opened ({unreachable}): the audit log does not know of this");
            return Ok(());
        }
        Err(unreachable) => return Err(unreachable.into()),
    };
    let summary = match change {
        "rotate" => "Make a new signing key, on the machine.".to_owned(),
        "retire" => format!("Retire the key {kid}, on the machine."),
        _ => format!("Revoke the key {kid}, on the machine; nothing that it signed holds any more."),
    };
    let leave = KeysLeave {
        change: change.to_owned(),
        kid,
    };
    let asked = (summary.as_str(), &leave, "changed on the machine");
    let held = approvals::held(&server, emergency, &KEYS_LEAVE, DeedKind::Keys, asked).await;
    server.store().close().await;
    held
}

/// Shows or changes the keys of a data folder.
pub(crate) async fn keys(config: &Config, emergency: Option<&str>, command: &Keys) -> anyhow::Result<()> {
    match command {
        Keys::Show { .. } => {}
        Keys::Rotate { .. } => keys_leave(config, emergency, ("rotate", String::new())).await?,
        Keys::Retire { kid, .. } => keys_leave(config, emergency, ("retire", kid.to_string())).await?,
        Keys::Revoke { kid, .. } => keys_leave(config, emergency, ("revoke", kid.to_string())).await?,
    }
    let now = SystemClock.now();
    let change = |change, root: &Root| KeyList::change(config, change, root.file.as_deref(), now);
    let (list, json) = match command {
        Keys::Show { json } => (KeyList::read(config, now)?, *json),
        Keys::Rotate { root } => (change(KeyChange::Rotate, root)?, false),
        Keys::Retire { kid, root } => (change(KeyChange::Retire(*kid), root)?, false),
        Keys::Revoke { kid, root } => (change(KeyChange::Revoke(*kid), root)?, false),
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&list)?);
        return Ok(());
    }
    println!("issuer: {}", list.issuer);
    println!("key set {} of {}", list.seq, list.signed_at);
    for key in &list.keys {
        let state = match key.retired {
            None if key.signs => "signs".to_owned(),
            None => "valid; not used by this server".to_owned(),
            Some(at) => format!("retired at {at}; what it signed before holds"),
        };
        println!("{}  {state}", key.kid);
    }
    if !matches!(command, Keys::Show { .. }) {
        println!("restart every server of this vendor, with the same keys folder, so that they use the new set");
    }
    if let Some(root) = &list.root_here {
        println!("{}", root_advice(root));
    }
    Ok(())
}

/// Why the root key should not stay on the server.
pub(crate) fn root_advice(root: &Path) -> String {
    format!(
        "root key: {} lies on this server. Move it to a safe place without a network; the server runs without it, \
         and scrip-server keys rotate --root FILE asks for it.",
        root.display()
    )
}

pub(crate) async fn offline(server: &Server, command: Offline) -> anyhow::Result<()> {
    let Offline::Answer { file, output, user } = command;
    let notes = scrip_server::answer_file(server, &file, &output, user.as_ref()).await?;
    for note in notes {
        println!("{note}");
    }
    println!("the answer is in {}", output.display());
    Ok(())
}

pub(crate) async fn usage(server: &Server, command: &Usage) -> anyhow::Result<()> {
    let rows = scrip_server::publisher_usage(server, command.product.as_ref(), command.days).await?;
    if command.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    if rows.is_empty() {
        println!("nothing was reported in {} days", command.days);
    }
    for row in rows {
        println!(
            "{}  {}  {} computers  {} uses  {} processings",
            row.day, row.product, row.computers, row.uses, row.processings
        );
    }
    Ok(())
}
