//! The words about sending, gifts, teams, orders and statements.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use scrip_domain::{GiftId, OrderId, SendingId, TeamId, Timestamp, UserId};

/// What can be done with tokens among people.
#[derive(Debug, Subcommand)]
pub(crate) enum SendingCommand {
    /// Show what of the wallet can be sent, and what runs out
    Holding,
    /// Send tokens: shows the recipient's name, and sends them with --name
    Send {
        /// The recipient's e-mail address
        to: String,
        /// How many
        #[arg(value_name = "N")]
        tokens: i64,
        /// The recipient's name, as this command shows it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// A line to the recipient
        #[arg(long, value_name = "TEXT", default_value = "")]
        message: String,
    },
    /// List what was sent and is coming
    Transfers {
        /// Where the page before ended
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
    /// Take back what has not arrived
    TakeBack {
        /// The transfer
        transfer: SendingId,
    },
    /// Give a product to somebody: shows the price and the name, and gives it with --name
    Give {
        /// The product
        product: String,
        /// The recipient's e-mail address
        #[arg(long, value_name = "EMAIL")]
        to: String,
        /// The rental offer; without one the product is given for good
        #[arg(long, value_name = "ID")]
        offer: Option<String>,
        /// The recipient's name, as this command shows it
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// A line to the recipient
        #[arg(long, value_name = "TEXT", default_value = "")]
        message: String,
    },
    /// List gifts, or take one, send one back or withdraw one
    Gifts {
        #[command(subcommand)]
        command: Option<GiftsCommand>,
    },
    /// List teams, or do something with one
    Teams {
        #[command(subcommand)]
        command: Option<TeamsCommand>,
    },
    /// List orders, or take a product of one back
    Orders {
        #[command(subcommand)]
        command: Option<OrdersCommand>,
    },
    /// Be told when the wallet holds less than N; 0 for no longer
    Alert {
        /// The balance
        #[arg(value_name = "N")]
        below: Option<i64>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GiftsCommand {
    /// Take a gift
    Accept {
        /// The gift
        gift: GiftId,
    },
    /// Send a gift back
    Decline {
        /// The gift
        gift: GiftId,
    },
    /// Take back a gift that nobody took
    Withdraw {
        /// The gift
        gift: GiftId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TeamsCommand {
    /// Begin a team
    Begin {
        /// Its name
        name: String,
    },
    /// Show a team, its members and what moved
    Show {
        /// The team
        team: TeamId,
    },
    /// Join a team into which you were invited
    Join {
        /// The team
        team: TeamId,
    },
    /// Invite somebody, or change what a member may do
    Member {
        /// The team
        team: TeamId,
        /// The account's e-mail address
        email: String,
        /// owner, manager or member
        #[arg(long, default_value = "member")]
        role: String,
        /// What the member may draw in a month, in tokens
        #[arg(long, value_name = "N", default_value_t = 0)]
        limit: i64,
    },
    /// Take somebody out of a team
    Remove {
        /// The team
        team: TeamId,
        /// The member's id, as `show` prints it
        member: UserId,
    },
    /// Put tokens into the team's wallet
    Deposit {
        /// The team
        team: TeamId,
        /// How many
        #[arg(value_name = "N")]
        tokens: i64,
    },
    /// Draw tokens from the team's wallet
    Draw {
        /// The team
        team: TeamId,
        /// How many
        #[arg(value_name = "N")]
        tokens: i64,
    },
    /// Close a team; what its wallet holds goes to you
    Close {
        /// The team
        team: TeamId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrdersCommand {
    /// Show what taking a product back would give, and take it back with --yes
    Refund {
        /// The order
        order: OrderId,
        /// The product
        product: String,
        /// Take it back now
        #[arg(long)]
        yes: bool,
    },
}

/// What can be asked of the wallet.
#[derive(Debug, Subcommand)]
pub(crate) enum WalletCommand {
    /// List what came in and went out, the newest first
    History(HistoryWords),
    /// Write a signed statement that verifies without the server
    Statement(StatementWords),
}

/// Which part of a wallet's history.
#[derive(Debug, Args)]
pub(crate) struct HistoryWords {
    /// Where the page before ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// From this day (2026-01-31) or instant on
    #[arg(long, value_name = "DAY", value_parser = parse_instant)]
    pub(crate) from: Option<Timestamp>,
    /// Before this day or instant
    #[arg(long, value_name = "DAY", value_parser = parse_instant)]
    pub(crate) to: Option<Timestamp>,
    /// Of one kind: grant, order, refund, purchase, voucher, transfer, gift, expiry, team …
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Write all of it as a table to this file (- for standard output)
    #[arg(long, value_name = "FILE", conflicts_with = "cursor")]
    pub(crate) csv: Option<PathBuf>,
}

/// Which period a statement covers, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct StatementWords {
    /// From this day (2026-01-31) or instant on
    #[arg(long, value_name = "DAY", value_parser = parse_instant)]
    pub(crate) from: Option<Timestamp>,
    /// Before this day or instant
    #[arg(long, value_name = "DAY", value_parser = parse_instant)]
    pub(crate) to: Option<Timestamp>,
    /// As a document to print, which holds what was signed
    #[arg(long)]
    pub(crate) pdf: bool,
    /// Where it is written [default: statement.json, or statement.pdf]
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StatementCommand {
    /// Check a statement's signature, and show what it says; needs no network
    Verify {
        /// The statement (JSON or PDF): a file, or - for standard input
        file: PathBuf,
        /// The vendor's address (urn:scrip:vendor:…); the vendors that this computer knows by default
        #[arg(long, value_name = "URN")]
        vendor: Option<String>,
    },
}

fn parse_instant(text: &str) -> Result<Timestamp, String> {
    let instant = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    instant.parse().map_err(|error: scrip_domain::Error| error.to_string())
}
