//! The words about tokens.

use clap::{Args, Subcommand};
use scrip_domain::{Currency, PackId, PurchaseId};

use super::PaperCommand;

#[derive(Debug, Subcommand)]
pub(crate) enum TokensCommand {
    #[command(flatten)]
    Paper(PaperCommand),
    /// Show what tokens cost
    Prices {
        /// What it would cost to have so many tokens more
        #[arg(long, value_name = "N", requires = "currency")]
        missing: Option<i64>,
        /// The currency of --missing
        #[arg(long, value_name = "CODE")]
        currency: Option<Currency>,
    },
    /// Buy tokens by card: prints the page on which they are paid
    Buy(BuyTokens),
    /// List your purchases of tokens, or show one
    Purchases {
        /// The purchase; waits with --wait until it is paid or over
        purchase: Option<PurchaseId>,
        /// Ask again until the purchase is paid or over
        #[arg(long, requires = "purchase")]
        wait: bool,
        /// Where the page before ended
        #[arg(long, value_name = "CURSOR", conflicts_with = "purchase")]
        cursor: Option<PurchaseId>,
    },
    /// Give up a purchase that is not paid
    Cancel {
        /// The purchase
        purchase: PurchaseId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BuyTokens {
    /// How many tokens; exactly what the cart lacks with --cart
    #[arg(value_name = "N", required_unless_present_any = ["pack", "cart"], conflicts_with = "pack")]
    pub(crate) tokens: Option<i64>,
    /// A pack of the price list
    #[arg(long, value_name = "NAME")]
    pub(crate) pack: Option<PackId>,
    /// The currency
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Currency,
    /// For the cart: its price is kept until the tokens are here
    #[arg(long)]
    pub(crate) cart: bool,
}
