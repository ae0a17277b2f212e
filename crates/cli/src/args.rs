//! The words of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

mod account;
mod holding;
mod paper;
mod rental;
mod tokens;

pub(crate) use account::{AccountCommand, FactorCommand, LoginArgs};
pub(crate) use holding::{
    GiftsCommand, HistoryWords, OrdersCommand, SendingCommand, StatementCommand, StatementWords, TeamsCommand,
    WalletCommand,
};
pub(crate) use paper::{OrderTokens, PaperCommand};
pub(crate) use rental::{
    AskCommand, AskFile, AskProduct, ClockCommand, OfflineCommand, RenewArgs, RunArgs, SeatsCommand,
};
pub(crate) use tokens::{BuyTokens, TokensCommand};

/// Software from a vendor, paid in the vendor's tokens: search, buy, rent, install, authorize.
#[derive(Debug, Parser)]
#[command(
    name = "scrip",
    version,
    after_help = "PRODUCT is a product's id (with or without .desktop), or the name of one product or package.\n\n\
        Environment:\n  \
        SCRIP_SERVER    the vendor's server, where --server is not given\n  \
        SCRIP_HOME      the folder of all local state\n  \
        SCRIP_KEYSTORE  \"file\" keeps secrets in a file that only you can read, where no keyring runs\n\n\
        Exit status: 0 done, 1 failed, 2 the command was not understood.",
    disable_help_subcommand = true
)]
pub(crate) struct Arguments {
    /// The vendor's server (127.0.0.1, port 7747, where none is named)
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "SCRIP_SERVER",
        hide_env_values = true
    )]
    pub(crate) server: Option<String>,
    /// Print one JSON object: the result on standard output, or the error on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open an account with the vendor and sign in
    Register(CredentialArgs),
    /// Sign in
    Login(LoginArgs),
    /// Sign out; authorization codes stay on this computer
    Logout,
    /// Show who is signed in
    Whoami,
    /// See, correct, secure, export and erase your account
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Show the wallet's balance, or its history
    #[command(args_conflicts_with_subcommands = true)]
    Wallet {
        #[command(subcommand)]
        command: Option<WalletCommand>,
    },
    /// Buy and redeem tokens
    Tokens {
        #[command(subcommand)]
        command: TokensCommand,
    },
    /// Check signed statements
    Statement {
        #[command(subcommand)]
        command: StatementCommand,
    },
    /// Search the catalog; works offline once the catalog is here
    Search(SearchArgs),
    /// Show everything about a product
    Show {
        /// The product
        product: String,
    },
    /// List the programs on this computer
    Installed,
    /// Show what acquiring a product would do here; charges nothing
    Plan {
        /// The product
        product: String,
    },
    /// Buy a product; what a rental has credited is taken off
    Buy(PurchaseArgs),
    /// Rent a product
    Rent(RentArgs),
    /// Add to a rental at its frozen price
    Extend(ExtendArgs),
    /// Turn a rental into ownership
    Convert(PurchaseArgs),
    /// Install a licensed product and fetch its code; only the code where it is installed already
    Install {
        /// The product
        product: String,
        /// Update an older installed version too
        #[arg(long)]
        update: bool,
        /// Borrow a floating seat instead of taking one of the license's own
        #[arg(long)]
        floating: bool,
    },
    /// Remove a program that Scrip installed; its license stays
    Uninstall {
        /// The product
        product: String,
    },
    /// Start an installed program
    Launch {
        /// The product
        product: String,
    },
    /// Check a product's code, count one use where its license counts uses, and start it; for programs that do not ask themselves
    Run(RunArgs),
    /// Begin the free trial of a product
    Trial {
        /// The product
        product: String,
    },
    /// Stop the time of a rental; this computer gives its code back
    Pause {
        /// The product
        product: String,
    },
    /// Let the time of a paused rental go on
    Resume {
        /// The product
        product: String,
    },
    /// Show what ending a rental early gives back, and end it with --yes
    End {
        /// The product
        product: String,
        /// End it now
        #[arg(long)]
        yes: bool,
    },
    /// Let a rental extend itself, up to a sum in all, or let it run out
    Renew(RenewArgs),
    /// Give a license to another account, with what is paid toward owning it
    Gift {
        /// The product
        product: String,
        /// The other account's e-mail address
        #[arg(long, value_name = "EMAIL")]
        to: String,
    },
    /// Upgrade a license to a newer product, with what is paid already
    Upgrade(PurchaseArgs),
    /// Show which computers have a license's seats, or give a seat back
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Seats {
        #[command(subcommand)]
        command: Option<SeatsCommand>,
        /// The product
        #[arg(required = true)]
        product: Option<String>,
    },
    /// List the computers of your account
    Devices,
    /// Show what was used, day by day
    Usage {
        /// In how many days, 1 to 366
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
    },
    /// Show what the vendor tells you
    Notices,
    /// Report what was used, and fetch fresh codes, keys and revocations
    Sync,
    /// Activate, rent and buy on a computer without a network
    Offline {
        #[command(subcommand)]
        command: OfflineCommand,
    },
    /// Show what this computer believes of the time, or set that right
    #[command(args_conflicts_with_subcommands = true)]
    Clock {
        #[command(subcommand)]
        command: Option<ClockCommand>,
    },
    /// Collect products and pay for them together
    Cart {
        #[command(subcommand)]
        command: CartCommand,
    },
    /// Show what you own and rent
    Library,
    /// Show or verify authorization codes
    Code {
        #[command(subcommand)]
        command: CodeCommand,
    },
    /// The copy of the catalog on this computer
    Catalog {
        #[command(subcommand)]
        command: CatalogCommand,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CredentialArgs {
    /// The address that identifies the account
    #[arg(long)]
    pub(crate) email: String,
    /// Read the password from standard input (one line)
    #[arg(long, required = true)]
    pub(crate) password_stdin: bool,
    /// How you are called
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// The words; none list everything by name
    pub(crate) words: Vec<String>,
    /// Only this category, such as Graphics
    #[arg(long)]
    pub(crate) category: Option<String>,
    /// Only products that are installed here
    #[arg(long, conflicts_with_all = ["licensed", "downloadable"])]
    pub(crate) installed: bool,
    /// Only products that you own or rent
    #[arg(long, conflicts_with = "downloadable")]
    pub(crate) licensed: bool,
    /// Only products with a file for this computer
    #[arg(long)]
    pub(crate) downloadable: bool,
    /// How many results, 1 to 500
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) limit: u32,
    /// How many results to leave out at the start
    #[arg(long, default_value_t = 0)]
    pub(crate) offset: u32,
}

#[derive(Debug, Args)]
pub(crate) struct PurchaseArgs {
    /// The product
    pub(crate) product: String,
    /// Pay only if the total is exactly this many tokens
    #[arg(long, value_name = "TOKENS")]
    pub(crate) expect: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct RentArgs {
    /// The product
    pub(crate) product: String,
    /// The rental offer, as "scrip show" lists it
    #[arg(long, value_name = "ID")]
    pub(crate) offer: String,
    /// Pay only if the total is exactly this many tokens
    #[arg(long, value_name = "TOKENS")]
    pub(crate) expect: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    /// The product
    pub(crate) product: String,
    /// The rental offer; the last one where none is given
    #[arg(long, value_name = "ID")]
    pub(crate) offer: Option<String>,
    /// Pay only if the total is exactly this many tokens
    #[arg(long, value_name = "TOKENS")]
    pub(crate) expect: Option<i64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CartCommand {
    /// Put a product into the cart
    Add {
        /// The product
        product: String,
        /// Rent it by this offer instead of buying it
        #[arg(long, value_name = "OFFER")]
        rent: Option<String>,
    },
    /// Take a product out of the cart
    Remove {
        /// The product
        product: String,
    },
    /// Show the cart and what it costs now
    Show,
    /// Pay for everything in the cart
    Checkout {
        /// Pay only if the total is exactly this many tokens
        #[arg(long, value_name = "TOKENS")]
        expect: Option<i64>,
        /// At the price that was kept with this purchase of tokens
        #[arg(long, value_name = "PURCHASE", conflicts_with = "expect")]
        bought: Option<scrip_domain::PurchaseId>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CodeCommand {
    /// Show a product's code for this computer; works offline once it is here
    Show {
        /// The product
        product: String,
        /// Draw it as a picture in the terminal
        #[arg(long)]
        qr: bool,
        /// Draw it into this file, or several with numbers
        #[arg(long, value_name = "FILE")]
        png: Option<PathBuf>,
    },
    /// Write a product's code into a file
    Export {
        /// The product
        product: String,
        /// Where it is written
        #[arg(short = 'o', long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Store the codes of a file or of pictures, where they are for this computer
    Import {
        /// The file: armored, one compact code, or PNG or JPEG pictures; - reads standard input
        #[arg(required = true)]
        file: Vec<PathBuf>,
    },
    /// Say in words what a code, a request or an answer says
    Inspect {
        /// The file: armored, compact, or PNG or JPEG pictures; - reads standard input
        #[arg(required = true)]
        file: Vec<PathBuf>,
    },
    /// Verify a file with codes; works offline
    Verify {
        /// The file: armored, or one compact code; - reads standard input
        file: PathBuf,
        /// A file with the vendor's keys (a JWK set), instead of those stored here
        #[arg(long, value_name = "FILE")]
        keys: Option<PathBuf>,
        /// Accept a code that is for another computer
        #[arg(long)]
        any_computer: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Compare with the server now
    Sync,
}

#[cfg(test)]
mod tests;
