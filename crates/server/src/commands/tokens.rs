//! The operator's commands about tokens that are sold for money.

use clap::{Args, Subcommand};
use scrip_domain::{DeedKind, Money, PriceListId, PurchaseId, PurchaseStatus, TokenPriceList, Tokens};
use scrip_server::deeds::{END_PRICES, OneList, OnePurchaseRefund, PUBLISH_PRICES, REFUND_PURCHASE};
use scrip_server::{Error, PriceSheet, Server};
use scrip_store::{Act, PurchaseFilter};

use super::approvals::held;

/// Rows that a list shows.
const ROWS: i64 = 50;

/// Tokens that are sold for money.
#[derive(Subcommand)]
pub(crate) enum TokensCommand {
    /// Show, publish and end price lists
    #[command(subcommand)]
    Price(PriceCommand),
    /// List purchases of tokens, the newest first
    Purchases {
        /// Only those that stand there: open, paid, issued, canceled, refunded, disputed
        #[arg(long, value_name = "STATUS", value_parser = parse_status)]
        status: Option<PurchaseStatus>,
    },
    /// Give the money of a purchase back and take its tokens out of the wallet
    Refund {
        /// The purchase's id
        purchase: PurchaseId,
        /// How many tokens; all that are left of it where none are named
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = crate::parse_tokens)]
        tokens: Option<Tokens>,
        /// Why; the audit log keeps it
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The command's id: repeating it gives nothing back again
        #[arg(long, value_name = "UUID")]
        command: Option<uuid::Uuid>,
    },
}

#[derive(Subcommand)]
pub(crate) enum PriceCommand {
    /// Show the price lists in force, or with --all every one
    Show {
        /// The history too
        #[arg(long)]
        all: bool,
    },
    /// Publish a price list
    Set(Box<NewPrices>),
    /// End a price list; the one before it holds again
    End {
        /// The list's id
        list: PriceListId,
        /// Why; the audit log keeps it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Args)]
pub(crate) struct NewPrices {
    /// The currency (ISO 4217)
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// What the tokens of --per cost before tax
    #[arg(long, value_name = "AMOUNT")]
    price: String,
    /// How many tokens cost that
    #[arg(long, value_name = "N", default_value = "1")]
    per: String,
    /// The fewest tokens that are sold at once
    #[arg(long, value_name = "N", default_value = "1")]
    least: String,
    /// The most tokens that are sold at once
    #[arg(long, value_name = "N", default_value = "1000000")]
    most: String,
    /// A discount: a number of tokens and the percent from there on; repeatable
    #[arg(long, value_name = "\"N PERCENT\"")]
    tier: Vec<String>,
    /// A pack: a name, a number of tokens and its price before tax; repeatable
    #[arg(long, value_name = "\"NAME N AMOUNT\"")]
    pack: Vec<String>,
    /// The tax in percent
    #[arg(long, value_name = "PERCENT", default_value = "", requires = "tax_name")]
    tax: String,
    /// What the tax is called
    #[arg(long, value_name = "TEXT", default_value = "")]
    tax_name: String,
    /// When it begins: a day or an instant; at once where none is given
    #[arg(long, value_name = "DATE", default_value = "")]
    from: String,
    /// When it ends, where it is an offer for a while
    #[arg(long, value_name = "DATE", default_value = "")]
    until: String,
    /// Why; the audit log keeps it
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

fn parse_status(text: &str) -> Result<PurchaseStatus, String> {
    PurchaseStatus::parse(text).ok_or_else(|| "one of open, paid, issued, canceled, refunded, disputed".to_owned())
}

fn act<'a>(action: &'static str, subject: &'a str, why: &'a str) -> Act<'a> {
    Act {
        actor: "cli",
        action,
        subject,
        why,
    }
}

pub(crate) async fn run(server: &Server, emergency: Option<&str>, command: TokensCommand) -> anyhow::Result<()> {
    match command {
        TokensCommand::Price(PriceCommand::Show { all }) => show(server, all).await,
        TokensCommand::Price(PriceCommand::Set(new)) => set(server, emergency, *new).await,
        TokensCommand::Price(PriceCommand::End { list, reason }) => {
            let summary = format!("End the price list {list}.");
            let asked = (summary.as_str(), &OneList { list }, reason.as_str());
            held(server, emergency, &END_PRICES, DeedKind::Prices, asked).await?;
            let subject = list.to_string();
            let act = act("tokens.price_ended", &subject, &reason);
            let ended = server
                .store()
                .end_price_list(list, server.now(), &act)
                .await
                .map_err(Error::from)?;
            println!("{}", line(&ended));
            Ok(())
        }
        TokensCommand::Purchases { status } => purchases(server, status).await,
        TokensCommand::Refund {
            purchase,
            tokens,
            reason,
            command,
        } => {
            let bought = server.store().any_purchase(purchase).await.map_err(Error::from)?;
            let back = tokens.unwrap_or(bought.outstanding());
            let money = bought.quote.total.share(back.get(), bought.quote.tokens.get());
            let money = money.map_err(Error::from)?;
            let one = OnePurchaseRefund {
                purchase,
                tokens,
                command: command.unwrap_or_else(uuid::Uuid::new_v4),
            };
            let summary = format!("Give {money} back for {back} of the purchase {purchase}.");
            let (kind, asked) = (DeedKind::Money(money.minor), (summary.as_str(), &one, reason.as_str()));
            held(server, emergency, &REFUND_PURCHASE, kind, asked).await?;
            let subject = purchase.to_string();
            let act = act("tokens.purchase_refunded", &subject, &reason);
            let refund = scrip_server::refund_purchase(server, purchase, tokens, one.command, &act).await?;
            println!(
                "{} goes back ({}); {} left the wallet",
                refund.money,
                refund.status.as_str(),
                refund.tokens
            );
            Ok(())
        }
    }
}

async fn show(server: &Server, all: bool) -> anyhow::Result<()> {
    let store = server.store();
    let lists = if all {
        let rows = store.price_list_history(None, ROWS).await.map_err(Error::from)?;
        rows.into_iter().map(|row| row.list).collect()
    } else {
        store.price_lists_at(server.now()).await.map_err(Error::from)?
    };
    if lists.is_empty() {
        println!("tokens are not sold: publish a price list with scrip-server tokens price set");
    }
    for list in &lists {
        println!("{}", line(list));
        let money = |minor| Money::new(minor, list.currency);
        for tier in &list.terms.tiers {
            let (whole, tenth) = (tier.discount_permille / 10, tier.discount_permille % 10);
            println!("  from {}: {whole}.{tenth} % less", tier.from);
        }
        for pack in &list.terms.packs {
            println!(
                "  pack {}: {} for {}",
                pack.id,
                pack.tokens,
                money(pack.price_minor).map_err(Error::from)?
            );
        }
    }
    Ok(())
}

/// A list in one line.
fn line(list: &TokenPriceList) -> String {
    let terms = &list.terms;
    let price =
        Money::new(terms.price_minor, list.currency).map_or_else(|why| why.to_string(), |money| money.to_string());
    let tax = if terms.tax_permille > 0 {
        format!(", plus {}", terms.tax_name)
    } else {
        String::new()
    };
    let until = list
        .effective_until
        .map(|end| format!(" until {end}"))
        .unwrap_or_default();
    format!(
        "{}: {} for {price}{tax}, from {}{until}",
        list.id, terms.per_tokens, list.effective_from
    )
}

async fn set(server: &Server, emergency: Option<&str>, new: NewPrices) -> anyhow::Result<()> {
    let sheet = PriceSheet {
        currency: new.currency,
        price: new.price,
        per: new.per,
        least: new.least,
        most: new.most,
        tiers: new.tier.join("\n"),
        packs: new.pack.join("\n"),
        tax: new.tax,
        tax_name: new.tax_name,
        from: new.from,
        until: new.until,
    };
    let new_list = sheet.read()?;
    let summary = format!("Sell tokens for {} {}.", sheet.price, sheet.currency);
    let asked = (summary.as_str(), &sheet, new.reason.as_str());
    held(server, emergency, &PUBLISH_PRICES, DeedKind::Prices, asked).await?;
    let act = act("tokens.price_published", new_list.currency.as_str(), &new.reason);
    let list = server
        .store()
        .put_price_list(&new_list, &act)
        .await
        .map_err(Error::from)?;
    println!("{}", line(&list));
    Ok(())
}

async fn purchases(server: &Server, status: Option<PurchaseStatus>) -> anyhow::Result<()> {
    let filter = PurchaseFilter {
        status,
        ..PurchaseFilter::default()
    };
    for purchase in server
        .store()
        .purchases(filter, None, ROWS)
        .await
        .map_err(Error::from)?
    {
        let (quote, user) = (&purchase.quote, purchase.user);
        println!(
            "{}  {}  {} for {} by {}: {} (account {user})",
            purchase.id, purchase.created_at, quote.tokens, quote.total, purchase.method, purchase.status
        );
    }
    Ok(())
}
