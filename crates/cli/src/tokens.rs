//! Tokens: prices, buying, purchases.

use std::time::Duration;

use scrip_app::contract::{
    BuyTokensArgs, PurchaseArgs, PurchasesArgs, ShortfallArgs, TokenPurchase, TokenQuote, WaitingCart,
};
use scrip_app::{App, Failure};
use scrip_domain::{Currency, PurchaseId, PurchaseStatus, Tokens};

use crate::args::{BuyTokens, TokensCommand};
use crate::output::Output;
use crate::paper;
use crate::table::Table;

/// How often a purchase is asked for while it is waited for.
const ASK_EVERY: Duration = Duration::from_secs(2);

pub(crate) async fn tokens(app: &App, output: Output, command: TokensCommand) -> Result<(), Failure> {
    match command {
        TokensCommand::Paper(command) => paper::paper(app, output, command).await,
        TokensCommand::Prices {
            missing: Some(missing),
            currency: Some(currency),
        } => shortfall(app, output, currency, missing).await,
        TokensCommand::Prices { .. } => prices(app, output).await,
        TokensCommand::Buy(asked) => buy(app, output, asked).await,
        TokensCommand::Purchases {
            purchase: Some(purchase),
            wait,
            ..
        } => show(app, output, purchase, wait).await,
        TokensCommand::Purchases { cursor, .. } => purchases(app, output, cursor).await,
        TokensCommand::Cancel { purchase } => {
            let purchase = app.tokens_cancel(PurchaseArgs { purchase }).await?;
            output.show(&purchase, || sentence(&purchase))
        }
    }
}

async fn prices(app: &App, output: Output) -> Result<(), Failure> {
    let prices = app.tokens_prices().await?;
    output.show(&prices, || {
        if prices.lists.is_empty() {
            return "The vendor sells no tokens at the moment.".to_owned();
        }
        let mut table = Table::default();
        for list in &prices.lists {
            let terms = &list.terms;
            let money = |minor| {
                scrip_domain::Money {
                    minor,
                    currency: list.currency,
                }
                .to_string()
            };
            let tax = if terms.tax_permille > 0 {
                format!("plus {}", terms.tax_name)
            } else {
                String::new()
            };
            table.row([&terms.per_tokens.to_string(), &money(terms.price_minor), &tax]);
            for tier in &terms.tiers {
                let (whole, tenth) = (tier.discount_permille / 10, tier.discount_permille % 10);
                table.row([&format!("from {}", tier.from), &format!("{whole}.{tenth} % less"), ""]);
            }
            for pack in &terms.packs {
                table.row([
                    &format!("pack {}: {}", pack.id, pack.tokens),
                    &money(pack.price_minor),
                    &tax,
                ]);
            }
        }
        let methods: Vec<_> = prices
            .methods
            .iter()
            .map(|method| method.label().to_lowercase())
            .collect();
        let how = if methods.is_empty() {
            "Ask the vendor how to pay.".to_owned()
        } else {
            format!("Payable by {}.", methods.join(", "))
        };
        format!("{}{how}\n", table.text())
    })
}

async fn shortfall(app: &App, output: Output, currency: Currency, missing: i64) -> Result<(), Failure> {
    let missing = Tokens::new(missing).map_err(scrip_app::Error::from)?;
    let met = app.tokens_shortfall(ShortfallArgs { currency, missing }).await?;
    output.show(&met, || {
        let mut table = Table::default();
        for quote in std::iter::once(&met.exact).chain(&met.pack) {
            table.row([&what(quote), &quote.total.to_string()]);
        }
        table.text()
    })
}

fn what(quote: &TokenQuote) -> String {
    match &quote.pack {
        Some(pack) => format!("pack {pack}: {}", quote.tokens),
        None => quote.tokens.to_string(),
    }
}

async fn buy(app: &App, output: Output, asked: BuyTokens) -> Result<(), Failure> {
    let mut tokens = asked
        .tokens
        .map(Tokens::new)
        .transpose()
        .map_err(scrip_app::Error::from)?;
    let mut cart = None;
    if asked.cart {
        let shown = app.cart_view().await?;
        let quote = shown
            .quote
            .ok_or(scrip_app::Error::from(scrip_domain::Error::CartEmpty))?;
        if tokens.is_none() && asked.pack.is_none() {
            let args = ShortfallArgs {
                currency: asked.currency,
                missing: quote.missing,
            };
            tokens = Some(app.tokens_shortfall(args).await?.exact.tokens);
        }
        cart = Some(WaitingCart {
            items: shown.items,
            expected_total: quote.total,
        });
    }
    let args = BuyTokensArgs {
        currency: asked.currency,
        tokens,
        pack: asked.pack,
        expected_total: None,
        cart,
        command: app.new_command().to_string(),
    };
    let purchase = app.tokens_buy(args).await?;
    output.show(&purchase, || sentence(&purchase))
}

async fn purchases(app: &App, output: Output, cursor: Option<PurchaseId>) -> Result<(), Failure> {
    let view = app.tokens_purchases(PurchasesArgs { cursor }).await?;
    output.show(&view, || {
        let mut table = Table::default();
        for purchase in &view.items {
            table.row([
                &purchase.id.to_string(),
                &purchase.created_at.to_string(),
                &purchase.quote.tokens.to_string(),
                &purchase.quote.total.to_string(),
                purchase.method.label(),
                purchase.status.as_str(),
            ]);
        }
        let more = view
            .next_cursor
            .map(|cursor| format!("\nOlder purchases: --cursor {cursor}\n"));
        format!("{}{}", table.text(), more.unwrap_or_default())
    })
}

async fn show(app: &App, output: Output, purchase: PurchaseId, wait: bool) -> Result<(), Failure> {
    let mut shown = app.tokens_purchase(PurchaseArgs { purchase }).await?;
    while wait && shown.status == PurchaseStatus::Open {
        tokio::time::sleep(ASK_EVERY).await;
        shown = app.tokens_purchase(PurchaseArgs { purchase }).await?;
    }
    output.show(&shown, || sentence(&shown))
}

/// How a purchase stands, and what to do next.
fn sentence(purchase: &TokenPurchase) -> String {
    let TokenQuote { tokens, total, .. } = &purchase.quote;
    let failed = purchase
        .failure
        .as_ref()
        .map(|why| format!("The last try to pay failed: {why}.\n"))
        .unwrap_or_default();
    match (purchase.status, &purchase.pay_url) {
        (PurchaseStatus::Open, Some(url)) => format!(
            "{failed}{tokens} for {total}: pay at\n{url}\nThen: scrip tokens purchases {} --wait",
            purchase.id
        ),
        (PurchaseStatus::Open | PurchaseStatus::Paid, _) => {
            format!("{failed}{tokens} for {total} wait for the vendor.")
        }
        (PurchaseStatus::Issued, _) => format!("{tokens} for {total} are in your wallet."),
        (PurchaseStatus::Canceled, _) => format!("{tokens} for {total} were given up; nothing was charged."),
        (PurchaseStatus::Refunded, _) => format!("{} of {total} was given back.", purchase.returned),
        (PurchaseStatus::Disputed, _) => format!("The payment of {total} is disputed."),
    }
}
