//! The words about tokens without a card: vouchers, orders on a bill.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use scrip_domain::{Currency, InvoiceId, PurchaseId};

#[derive(Debug, Subcommand)]
pub(crate) enum PaperCommand {
    /// Redeem a voucher into the wallet
    Redeem {
        /// What is printed on it; spaces and dashes do not matter
        #[arg(required = true, num_args = 1..=8, value_name = "CODE")]
        code: Vec<String>,
    },
    /// Order tokens on a bill, or by purchase order
    Order(OrderTokens),
    /// List your orders for tokens
    Ordered {
        /// Where the page before ended
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<String>,
    },
    /// Hand in the document of a purchase order that waits (PDF, PNG or JPEG)
    Document {
        /// The order
        order: PurchaseId,
        /// The file
        file: PathBuf,
    },
    /// Take back an order that waits
    Withdraw {
        /// The order
        order: PurchaseId,
    },
    /// List your bills, or keep one as PDF
    Invoices {
        /// The bill
        #[arg(requires = "output")]
        invoice: Option<InvoiceId>,
        /// Where its PDF is written
        #[arg(short = 'o', long, value_name = "FILE.pdf", requires = "invoice")]
        output: Option<PathBuf>,
        /// Where the page before ended
        #[arg(long, value_name = "CURSOR", conflicts_with = "invoice")]
        cursor: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OrderTokens {
    /// How many tokens
    #[arg(value_name = "N")]
    pub(crate) tokens: i64,
    /// The currency
    #[arg(long, value_name = "CODE")]
    pub(crate) currency: Currency,
    /// The number of your purchase order, which waits for the vendor's approval
    #[arg(long, value_name = "TEXT")]
    pub(crate) purchase_order: Option<String>,
    /// Pay by bank transfer ahead instead of on a bill
    #[arg(long, conflicts_with = "purchase_order")]
    pub(crate) transfer: bool,
    /// Whom the bill is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: String,
    /// The address on the bill, lines separated by semicolons
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) address: String,
}
