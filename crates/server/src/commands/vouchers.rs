//! The operator's commands about vouchers.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use scrip_domain::{DeedKind, Email, Timestamp, Tokens, VoucherState};
use scrip_server::deeds::{MAKE_VOUCHERS, OneBatch};
use scrip_server::{Error, Server};
use scrip_store::{Act, NewVouchers, VoucherBatch, VoucherFunding};
use uuid::Uuid;

use super::approvals::held;

/// Who does what is done on the command line.
const ACTOR: &str = "cli";
/// The most bytes of a code on standard input.
const CODE_BYTES_MAX: u64 = 200;
/// Batches in one listing.
const BATCHES: i64 = 200;

#[derive(Subcommand)]
pub(crate) enum VoucherCommand {
    /// Make a batch of vouchers
    Make(Make),
    /// List the batches
    List,
    /// Print the vouchers of a batch that can still be redeemed, as PDF
    Sheet {
        /// The batch's number
        batch: i64,
        /// Where the file is written
        #[arg(short, long, value_name = "FILE.pdf")]
        output: PathBuf,
    },
    /// Take vouchers back that nobody redeemed
    Cancel(Cancel),
    /// Redeem a voucher for somebody; its code is read from standard input
    Redeem {
        /// The account
        #[arg(long, value_name = "EMAIL")]
        user: Email,
        /// Why you do it for them
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Args)]
pub(crate) struct Make {
    /// What each adds to a wallet
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = crate::parse_tokens)]
    tokens: Tokens,
    /// How many vouchers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(scrip_store::BATCH_VOUCHERS_MAX)))]
    count: u32,
    /// What they are for; stands on the paper and in the wallet's history
    #[arg(long, value_name = "TEXT", value_parser = parse_label)]
    label: String,
    /// The last day (UTC) on which they can be redeemed, such as 2027-12-31
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    until: Option<Timestamp>,
    /// They are given, not sold
    #[arg(long)]
    promotion: bool,
    /// Print them at once
    #[arg(short, long, value_name = "FILE.pdf")]
    output: Option<PathBuf>,
}

#[derive(Args)]
#[group(required = true, multiple = false, id = "which")]
pub(crate) struct Which {
    /// The whole batch with this number
    #[arg(long, value_name = "N")]
    batch: Option<i64>,
    /// The voucher with this number
    #[arg(long, value_name = "N")]
    voucher: Option<u64>,
}

#[derive(Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    which: Which,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

fn parse_label(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 80 || text.chars().any(char::is_control) {
        return Err("a label has 1 to 80 visible characters".to_owned());
    }
    Ok(text.to_owned())
}

/// The end of a day.
fn parse_day(text: &str) -> Result<Timestamp, String> {
    let start: Timestamp = format!("{text}T00:00:00Z")
        .parse()
        .map_err(|_| format!("\"{text}\" is not a day as in 2027-12-31"))?;
    Ok(start.plus_seconds(86_400))
}

pub(crate) async fn run(server: &Server, emergency: Option<&str>, command: VoucherCommand) -> anyhow::Result<()> {
    let store = server.store();
    match command {
        VoucherCommand::Make(make) => {
            let output = make.output.clone();
            let batch = self::make(server, emergency, make).await?;
            println!(
                "batch {}: {} vouchers of {}",
                batch.number, batch.made.count, batch.made.tokens
            );
            if let Some(output) = output {
                print(server, &batch, &output).await?;
            }
        }
        VoucherCommand::List => {
            for batch in store.voucher_batches(None, BATCHES).await.map_err(Error::from)? {
                let end = batch
                    .made
                    .expires_at
                    .map_or("no end".to_owned(), |end| format!("until {end}"));
                println!(
                    "{}  {} of {}  {}  {end}  {} redeemed, {} canceled  {}",
                    batch.number,
                    batch.made.count,
                    batch.made.tokens,
                    batch.made.funding.as_str(),
                    batch.redeemed,
                    batch.canceled,
                    batch.made.label
                );
            }
        }
        VoucherCommand::Sheet { batch, output } => {
            let batch = find(server, batch).await?;
            print(server, &batch, &output).await?;
        }
        VoucherCommand::Cancel(cancel) => self::cancel(server, cancel).await?,
        VoucherCommand::Redeem { user, reason } => {
            let mut code = String::new();
            let mut input = std::io::stdin().lock().take(CODE_BYTES_MAX);
            input.read_to_string(&mut code).context("cannot read the code")?;
            let act = Act {
                actor: ACTOR,
                action: "voucher.redeemed",
                subject: "",
                why: &reason,
            };
            let done = scrip_server::redeem_for(server, &user, code.trim(), act).await?;
            println!(
                "{} added; the wallet of {user} holds {}",
                done.tokens, done.balance_after
            );
        }
    }
    Ok(())
}

async fn make(server: &Server, emergency: Option<&str>, make: Make) -> anyhow::Result<VoucherBatch> {
    let one = OneBatch {
        id: Uuid::new_v4(),
        tokens: make.tokens,
        count: make.count,
        expires_at: make.until,
        promotion: make.promotion,
        label: make.label.clone(),
    };
    let summary = format!("Make {} vouchers of {} for {}.", one.count, one.tokens, one.label);
    let (kind, asked) = (
        DeedKind::Vouchers(one.worth()),
        (summary.as_str(), &one, make.label.as_str()),
    );
    held(server, emergency, &MAKE_VOUCHERS, kind, asked).await?;
    let new = NewVouchers {
        id: one.id,
        tokens: make.tokens,
        count: make.count,
        expires_at: make.until,
        funding: if make.promotion {
            VoucherFunding::Promotion
        } else {
            VoucherFunding::Sold
        },
        label: make.label,
    };
    let act = Act {
        actor: ACTOR,
        action: "vouchers.made",
        subject: &new.id.to_string(),
        why: &new.label,
    };
    Ok(server.store().make_vouchers(&new, &act).await.map_err(Error::from)?)
}

async fn find(server: &Server, number: i64) -> anyhow::Result<VoucherBatch> {
    let found = server
        .store()
        .voucher_batches(number.checked_add(1), 1)
        .await
        .map_err(Error::from)?;
    found
        .into_iter()
        .find(|batch| batch.number == number)
        .with_context(|| format!("there is no batch {number}"))
}

async fn print(server: &Server, batch: &VoucherBatch, output: &std::path::Path) -> anyhow::Result<()> {
    let sheet = scrip_server::voucher_sheet(server, batch).await?;
    std::fs::write(output, sheet).with_context(|| format!("cannot write {}", output.display()))?;
    println!("printed to {}; whoever has it has the tokens", output.display());
    Ok(())
}

async fn cancel(server: &Server, cancel: Cancel) -> anyhow::Result<()> {
    let store = server.store();
    let act = |action, subject| Act {
        actor: ACTOR,
        action,
        subject,
        why: &cancel.reason,
    };
    if let Some(number) = cancel.which.batch {
        let batch = find(server, number).await?;
        let subject = batch.made.id.to_string();
        let canceled = store
            .cancel_vouchers(batch.made.id, &act("vouchers.canceled", &subject))
            .await
            .map_err(Error::from)?;
        println!("{canceled} vouchers of batch {number} are canceled");
    } else if let Some(serial) = cancel.which.voucher {
        let subject = serial.to_string();
        let canceled = store.cancel_voucher(serial, &act("voucher.canceled", &subject)).await;
        if canceled.map_err(Error::from)? {
            println!("voucher {serial} is canceled");
        } else {
            let found = store.voucher(serial).await.map_err(Error::from)?;
            let state = found.map(|voucher| voucher.state);
            println!(
                "voucher {serial} stays as it was: {}",
                state.map_or("there is none", VoucherState::as_str)
            );
        }
    }
    Ok(())
}
