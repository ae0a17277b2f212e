//! Tokens without a card: vouchers, orders on a bill.

use std::path::Path;

use scrip_app::contract::{InvoiceArgs, PageArgs, RedeemArgs, TokenOrderArgs, TokenOrderPlaceArgs, TokenOrderView};
use scrip_app::{App, Failure};
use scrip_domain::{BillTo, InvoiceId, PurchaseMethod, Tokens};
use serde_json::json;

use crate::args::{OrderTokens, PaperCommand};
use crate::files::write_bytes;
use crate::output::Output;
use crate::table::Table;

pub(crate) async fn paper(app: &App, output: Output, command: PaperCommand) -> Result<(), Failure> {
    match command {
        PaperCommand::Redeem { code } => redeem(app, output, code.join(" ")).await,
        PaperCommand::Order(wanted) => order(app, output, wanted).await,
        PaperCommand::Ordered { cursor } => orders(app, output, cursor).await,
        PaperCommand::Document { order, file } => {
            let order = app.hand_in_document(TokenOrderArgs { order }, &file).await?;
            output.show(&order, || format!("The document is handed in. {}", standing(&order)))
        }
        PaperCommand::Withdraw { order } => {
            let order = app.token_order_cancel(TokenOrderArgs { order }).await?;
            output.show(&order, || "The order is taken back.".to_owned())
        }
        PaperCommand::Invoices {
            invoice: Some(invoice),
            output: Some(file),
            ..
        } => keep(app, output, invoice, &file).await,
        PaperCommand::Invoices { cursor, .. } => invoices(app, output, cursor).await,
    }
}

async fn redeem(app: &App, output: Output, code: String) -> Result<(), Failure> {
    let command = app.new_command().to_string();
    let redeemed = app.voucher_redeem(RedeemArgs { code, command }).await?;
    output.show(&redeemed, || {
        format!(
            "{} added; your wallet holds {}.",
            redeemed.tokens, redeemed.balance_after
        )
    })
}

async fn order(app: &App, output: Output, wanted: OrderTokens) -> Result<(), Failure> {
    let method = match (&wanted.purchase_order, wanted.transfer) {
        (Some(_), _) => PurchaseMethod::PurchaseOrder,
        (None, true) => PurchaseMethod::BankTransfer,
        (None, false) => PurchaseMethod::Invoice,
    };
    let order = app
        .token_order_place(TokenOrderPlaceArgs {
            currency: wanted.currency,
            tokens: Some(Tokens::new(wanted.tokens).map_err(scrip_app::Error::Rule)?),
            pack: None,
            method,
            expected_total: None,
            number: wanted.purchase_order.unwrap_or_default(),
            note: String::new(),
            bill_to: BillTo {
                name: wanted.name,
                address: wanted.address.replace(';', "\n"),
                tax_number: String::new(),
            },
            command: app.new_command().to_string(),
        })
        .await?;
    output.show(&order, || {
        format!(
            "{} ordered for {}. {}\nIts number here: {}",
            order.quote.tokens,
            order.quote.total,
            standing(&order),
            order.id
        )
    })
}

fn standing(order: &TokenOrderView) -> String {
    match order.invoice {
        Some(invoice) => format!("Keep the bill with: scrip tokens invoices {invoice} -o bill.pdf"),
        None => format!("It is {}.", order.status.label().to_lowercase()),
    }
}

async fn orders(app: &App, output: Output, cursor: Option<String>) -> Result<(), Failure> {
    let found = app.token_orders_view(PageArgs { cursor }).await?;
    output.show(&found, || {
        let mut table = Table::default();
        for order in &found.items {
            table.row([
                &order.id.to_string(),
                &order.created_at.to_string(),
                &order.quote.tokens.to_string(),
                &order.quote.total.to_string(),
                order.status.label(),
                &order.number,
            ]);
        }
        format!("{}{}", table.text(), more(found.next_cursor.as_ref()))
    })
}

async fn invoices(app: &App, output: Output, cursor: Option<String>) -> Result<(), Failure> {
    let found = app.invoices_view(PageArgs { cursor }).await?;
    output.show(&found, || {
        let mut table = Table::default();
        for bill in &found.items {
            table.row([
                &bill.id.to_string(),
                &bill.number,
                &bill.gross.to_string(),
                &format!("{} open", bill.open),
                bill.status.label(),
                &bill.reference,
            ]);
        }
        format!("{}{}", table.text(), more(found.next_cursor.as_ref()))
    })
}

fn more(cursor: Option<&String>) -> String {
    cursor.map_or_else(String::new, |cursor| format!("\nOlder ones: --cursor {cursor}\n"))
}

async fn keep(app: &App, output: Output, invoice: InvoiceId, file: &Path) -> Result<(), Failure> {
    let bytes = app.invoice_bytes(InvoiceArgs { invoice }).await?;
    write_bytes(file, &bytes)?;
    let shown = file.display().to_string();
    output.show(&json!({ "file": shown }), || format!("The bill is in {shown}."))
}
