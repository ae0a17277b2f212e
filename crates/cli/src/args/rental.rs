//! The words about rentals, seats, computers without a network and the clock.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The product
    pub(crate) product: String,
    /// Write a menu entry that starts it so, and start nothing
    #[arg(long)]
    pub(crate) desktop_entry: bool,
    /// What is passed on to the program
    #[arg(last = true, value_name = "ARGS")]
    pub(crate) arguments: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct RenewArgs {
    /// The product
    pub(crate) product: String,
    /// The rental offer that is paid again
    #[arg(long, value_name = "ID", required_unless_present = "off", requires = "cap")]
    pub(crate) offer: Option<String>,
    /// The most that renewals may spend in all
    #[arg(long, value_name = "TOKENS", requires = "offer")]
    pub(crate) cap: Option<i64>,
    /// Let the rental run out
    #[arg(long, conflicts_with_all = ["offer", "cap"])]
    pub(crate) off: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SeatsCommand {
    /// Give back the seat of this computer, or with --computer that of one that cannot do so itself
    Release {
        /// The product
        product: String,
        /// The name of another computer, whose codes are revoked
        #[arg(long, value_name = "NAME")]
        computer: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum OfflineCommand {
    /// Write a request to carry to a computer that has a network; needs none here
    Request {
        #[command(subcommand)]
        ask: AskCommand,
    },
    /// Hand in the request of another computer, and write the answer to carry back
    Submit {
        /// The request: a file, all of its QR pictures, or - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Where the answer is written
        #[arg(short = 'o', long, value_name = "FILE")]
        output: PathBuf,
        /// Draw the answer as pictures too: this file, or several with numbers
        #[arg(long, value_name = "FILE.png")]
        qr: Option<PathBuf>,
    },
    /// Take the answer: its codes work here from now on
    Import {
        /// The answer: a file, all of its QR pictures, or - for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// List the requests that wait for an answer
    Waiting,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AskCommand {
    /// A code for this computer, for a license that you have
    Activate(AskProduct),
    /// Buy a product
    Buy(AskProduct),
    /// Rent a product by the offer of --offer
    Rent(AskProduct),
    /// Add to a rental
    Extend(AskProduct),
    /// Turn a rental into ownership
    Convert(AskProduct),
    /// Everything in the cart
    Cart(AskFile),
}

#[derive(Debug, Args)]
pub(crate) struct AskProduct {
    /// The product
    pub(crate) product: String,
    /// The rental offer
    #[arg(long, value_name = "ID")]
    pub(crate) offer: Option<String>,
    #[command(flatten)]
    pub(crate) file: AskFile,
}

#[derive(Debug, Args)]
pub(crate) struct AskFile {
    /// Where the request is written
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Draw it as pictures too: this file, or several with numbers
    #[arg(long, value_name = "FILE.png")]
    pub(crate) qr: Option<PathBuf>,
    /// The e-mail address of your account, where you never signed in here
    #[arg(long, value_name = "EMAIL")]
    pub(crate) account: Option<String>,
    /// The vendor's address (urn:scrip:vendor:…), where this computer never reached its server
    #[arg(long, value_name = "URN")]
    pub(crate) vendor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClockCommand {
    /// Take a recovery code from your account page
    Recover {
        /// The code: a file, or - for standard input
        file: PathBuf,
    },
    /// Fetch a recovery code for another computer of your account
    Code {
        /// The computer's name
        #[arg(long, value_name = "NAME")]
        computer: String,
        /// Where the code is written
        #[arg(short = 'o', long, value_name = "FILE")]
        output: PathBuf,
    },
}
