//! The operator's commands about orders on paper, bills and payments.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use scrip_domain::{
    ApprovalPolicy, BillingPolicy, DeedKind, InvoiceStatus, Money, PurchaseId, PurchaseMethod, TokenOrderStatus, Tokens,
};
use scrip_server::deeds::{
    APPROVE_ORDER, Asker, CHANGE_SETTINGS, CREDIT_INVOICE, OneCredit, OneInvoice, OneOrder, OnePayment, OneSetting,
    RECORD_PAYMENT, WRITE_OFF,
};
use scrip_server::{Error, Server};
use scrip_store::{Act, InvoiceFilter, OrderFilter, Setting as _};
use uuid::Uuid;

use super::approvals::{Waits, held};

const ROWS: i64 = 200;

#[derive(Subcommand)]
pub(crate) enum InvoiceCommand {
    /// Show the rules for bills, as JSON
    Settings,
    /// Change rules for bills by their names
    Set {
        /// Such as seller="Ada Ltd"; the names are those that settings shows
        #[arg(required = true, value_name = "NAME=VALUE")]
        changes: Vec<String>,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "set at the server")]
        reason: String,
    },
    /// List the orders that wait for a decision
    Orders,
    /// Approve an order: it is billed
    Approve {
        /// The order
        order: PurchaseId,
        /// Even if the account then owes more than its limit
        #[arg(long)]
        over_limit: bool,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Say no to an order
    Reject {
        /// The order
        order: PurchaseId,
        /// Why; the buyer reads it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// List bills
    List {
        /// Only those that are not paid
        #[arg(long)]
        open: bool,
    },
    /// Write a bill as PDF
    Pdf {
        /// Its number
        number: String,
        /// Where
        #[arg(short, long, value_name = "FILE.pdf")]
        output: PathBuf,
    },
    /// Record money that came for a bill
    Pay {
        /// The bill's number
        number: String,
        /// How much, such as "12.50 EUR"
        #[arg(long, value_name = "AMOUNT")]
        amount: Money,
        /// By which way
        #[arg(long, help = "cheque, money_order, cash or bank_transfer", value_name = "METHOD", value_parser = parse_method)]
        method: PurchaseMethod,
        /// What stands on it, and why you record it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take a bill back, or a part of it, by a credit note
    Credit {
        /// Its number
        number: String,
        /// How much, such as "12.50 EUR"; all that is left of it where none is named
        #[arg(long, value_name = "AMOUNT")]
        amount: Option<Money>,
        /// How many tokens leave the wallet with it
        #[arg(long, value_name = "N", default_value_t = 0)]
        tokens: i64,
        /// Why; stands on the credit note
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The command's id: repeating it writes no second one
        #[arg(long, value_name = "UUID")]
        command: Option<Uuid>,
    },
    /// Give a bill up
    WriteOff {
        /// Its number
        number: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Read a bank's statement (CAMT.053, or a table as CSV)
    Import {
        /// The file
        file: PathBuf,
    },
    /// List the payments that wait
    Payments,
}

fn parse_method(text: &str) -> Result<PurchaseMethod, String> {
    PurchaseMethod::parse(text)
        .filter(|method| *method != PurchaseMethod::Card)
        .ok_or_else(|| "cheque, money_order, cash or bank_transfer".to_owned())
}

fn act<'a>(action: &'static str, subject: &'a str, why: &'a str) -> Act<'a> {
    let actor = "cli";
    Act {
        actor,
        action,
        subject,
        why,
    }
}

pub(crate) async fn run(server: &Server, emergency: Option<&str>, command: InvoiceCommand) -> anyhow::Result<()> {
    let store = server.store();
    match command {
        InvoiceCommand::Settings => {
            let policy: BillingPolicy = store.setting().await.map_err(Error::from)?;
            println!("{}", serde_json::to_string_pretty(&policy)?);
        }
        InvoiceCommand::Set { changes, reason } => set(server, emergency, &changes, &reason).await?,
        InvoiceCommand::Orders => {
            let filter = OrderFilter {
                status: Some(TokenOrderStatus::Submitted),
                ..OrderFilter::default()
            };
            for order in store.token_orders(&filter, ROWS).await.map_err(Error::from)? {
                println!(
                    "{}  {}  {}  {} for {}  {} {}",
                    order.id,
                    order.email,
                    order.method,
                    order.quote.tokens,
                    order.quote.total,
                    order.channel,
                    order.number
                );
            }
        }
        InvoiceCommand::Approve {
            order,
            over_limit,
            reason,
        } => {
            let one = OneOrder { order, over_limit };
            println!("{}", approve(server, emergency, &one, &reason).await?);
        }
        InvoiceCommand::Reject { order, reason } => {
            let subject = order.to_string();
            let act = act("token_order.rejected", &subject, &reason);
            store.reject_token_order(order, &act).await.map_err(Error::from)?;
            println!("rejected");
        }
        InvoiceCommand::List { open } => list(server, open).await?,
        InvoiceCommand::Pdf { number, output } => {
            let invoice = store.invoice_by_number(&number).await.map_err(Error::from)?;
            let bytes = scrip_server::invoice_pdf(&invoice)?;
            std::fs::write(&output, bytes).with_context(|| format!("cannot write {}", output.display()))?;
            println!("{} is in {}", invoice.number, output.display());
        }
        InvoiceCommand::Pay {
            number,
            amount,
            method,
            reason,
        } => {
            pay(server, emergency, &number, (amount, method), &reason).await?;
        }
        InvoiceCommand::WriteOff { number, reason } => {
            let invoice = store.invoice_by_number(&number).await.map_err(Error::from)?;
            let open = invoice.state.open();
            let summary = format!("Write {open} of bill {} off.", invoice.number);
            let asked = (summary.as_str(), &OneInvoice { invoice: invoice.id }, reason.as_str());
            held(server, emergency, &WRITE_OFF, DeedKind::Money(open.minor), asked).await?;
            let act = act("invoice.written_off", &invoice.number, &reason);
            store.write_off_invoice(invoice.id, &act).await.map_err(Error::from)?;
            println!("{} is written off", invoice.number);
        }
        InvoiceCommand::Credit {
            number,
            amount,
            tokens,
            reason,
            command,
        } => {
            let tokens = Tokens::new(tokens).map_err(Error::from)?;
            let command = command.unwrap_or_else(Uuid::new_v4);
            credit(server, emergency, &number, (amount, tokens, command), &reason).await?;
        }
        InvoiceCommand::Import { file } => import(server, emergency, &file).await?,
        InvoiceCommand::Payments => {
            for payment in store.payments(true, None, ROWS).await.map_err(Error::from)? {
                println!(
                    "{}  {} left of {}  {}  {}  {}",
                    payment.id,
                    payment.left(),
                    payment.money,
                    payment.status,
                    payment.payer,
                    payment.text
                );
            }
        }
    }
    Ok(())
}

/// Approves an order, or lets that wait: where it is large, or where it lets the account owe more than its limit.
async fn approve(server: &Server, emergency: Option<&str>, one: &OneOrder, reason: &str) -> anyhow::Result<String> {
    let store = server.store();
    let order = store.token_order(None, one.order).await.map_err(Error::from)?;
    let (tokens, total) = (order.quote.tokens, order.quote.total);
    let approval: ApprovalPolicy = store.setting().await.map_err(Error::from)?;
    let (kind, beyond) = match DeedKind::Credit(total.minor) {
        credit if one.over_limit && approval.holds_back(credit) => (credit, ", over the account's limit"),
        _ => (DeedKind::Order(tokens.get()), ""),
    };
    let summary = format!("Approve the order of {} for {tokens} at {total}{beyond}.", order.email);
    let asked = (summary.as_str(), one, reason);
    held(server, emergency, &APPROVE_ORDER, kind, asked).await?;
    let policy: BillingPolicy = store.setting().await.map_err(Error::from)?;
    let subject = one.order.to_string();
    let act = act("token_order.approved", &subject, reason);
    let order = store
        .approve_token_order(one.order, &policy, one.over_limit, &act)
        .await;
    let order = order.map_err(Error::from)?;
    Ok(format!(
        "approved; bill {}; tokens {}",
        order.invoice_number.unwrap_or_default(),
        order.purchase_status
    ))
}

async fn pay(
    server: &Server,
    emergency: Option<&str>,
    number: &str,
    (money, method): (Money, PurchaseMethod),
    reason: &str,
) -> anyhow::Result<()> {
    let store = server.store();
    let invoice = store.invoice_by_number(number).await.map_err(Error::from)?;
    let one = OnePayment {
        command: Uuid::new_v4(),
        method,
        money,
        payer: invoice.bill_to.name.clone(),
        text: reason.to_owned(),
        received_at: server.now(),
        invoice: invoice.id,
        cleared: true,
    };
    let summary = format!("Record {money} by {} for bill {}.", method.label(), invoice.number);
    let (kind, asked) = (DeedKind::Payment(money.minor), (summary.as_str(), &one, reason));
    held(server, emergency, &RECORD_PAYMENT, kind, asked).await?;
    let act = act("payment.recorded", &invoice.number, reason);
    let payment = store.book_payment(&one.payment(), &act).await.map_err(Error::from)?;
    let invoice = store.invoice(None, invoice.id).await.map_err(Error::from)?;
    println!(
        "recorded; {} still open on {}; {} of the payment left",
        invoice.state.open(),
        invoice.number,
        payment.left()
    );
    Ok(())
}

async fn list(server: &Server, open: bool) -> anyhow::Result<()> {
    let filter = InvoiceFilter {
        status: open.then_some(InvoiceStatus::Open),
        ..InvoiceFilter::default()
    };
    for invoice in server.store().invoices(&filter, ROWS).await.map_err(Error::from)? {
        let late = if invoice.is_overdue(server.now()) {
            "  overdue"
        } else {
            ""
        };
        println!(
            "{}  {}  {}  {} open of {}  due {}{late}",
            invoice.number,
            invoice.email,
            invoice.state.status,
            invoice.state.open(),
            invoice.state.gross,
            invoice.due_at
        );
    }
    Ok(())
}

/// Changes members of the rules by their names; what is no JSON is text.
async fn set(server: &Server, emergency: Option<&str>, changes: &[String], reason: &str) -> anyhow::Result<()> {
    let policy: BillingPolicy = server.store().setting().await.map_err(Error::from)?;
    let mut document = serde_json::to_value(&policy)?;
    for change in changes {
        let (name, value) = change
            .split_once('=')
            .with_context(|| format!("{change} is not NAME=VALUE"))?;
        let Some(member) = document.get_mut(name) else {
            bail!("there is no rule {name}; scrip-server invoice settings shows them");
        };
        *member = match serde_json::from_str(value) {
            Ok(read) if !member.is_string() => read,
            _ => serde_json::Value::from(value.replace("\\n", "\n")),
        };
    }
    let policy: BillingPolicy = serde_json::from_value(document.clone()).context("a value is not of the right kind")?;
    policy.check()?;
    let one = OneSetting {
        group: BillingPolicy::NAME.to_owned(),
        document,
    };
    let summary = format!("Change the settings Bills: {}.", changes.join(", "));
    let asked = (summary.as_str(), &one, reason);
    held(server, emergency, &CHANGE_SETTINGS, DeedKind::Settings, asked).await?;
    let act = act("settings.changed", "billing", reason);
    server.store().put_setting(&policy, &act).await.map_err(Error::from)?;
    println!("set");
    Ok(())
}

/// Takes a bill back, or a part of it.
async fn credit(
    server: &Server,
    emergency: Option<&str>,
    number: &str,
    (amount, tokens, command): (Option<Money>, Tokens, Uuid),
    reason: &str,
) -> anyhow::Result<()> {
    let store = server.store();
    let invoice = store.invoice_by_number(number).await.map_err(Error::from)?;
    let one = OneCredit {
        invoice: invoice.id,
        amount,
        tokens,
        command,
    };
    let left = invoice.state.gross.checked_sub(invoice.state.credited);
    let money = amount.map_or(left, Ok).map_err(Error::from)?;
    let summary = format!("Take {money} of bill {} back, and {}.", invoice.number, one.tokens);
    let (kind, asked) = (DeedKind::Money(money.minor), (summary.as_str(), &one, reason));
    held(server, emergency, &CREDIT_INVOICE, kind, asked).await?;
    let act = act("invoice.credited", &invoice.number, reason);
    let note = store
        .credit_invoice(one.invoice, one.amount, one.tokens, one.command, &act)
        .await
        .map_err(Error::from)?;
    println!("credit note {} over {} is written", note.number, note.state.gross);
    Ok(())
}

async fn import(server: &Server, emergency: Option<&str>, file: &std::path::Path) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let name = file.display().to_string();
    if let Some(waits) = scrip_server::hold_statement(server, Asker::Machine { emergency }, &name, &bytes).await? {
        return Err(Waits(waits).into());
    }
    let act = act("bank.imported", &name, "a bank's statement");
    let done = scrip_server::import_statement(server, &bytes, &act).await?;
    println!(
        "{} payments: {} paid bills, {} wait, {} were known",
        done.lines, done.matched, done.waiting, done.known
    );
    Ok(())
}
