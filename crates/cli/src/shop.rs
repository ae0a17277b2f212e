//! Paying: one product at once, or the cart.

use scrip_app::contract::{AddToCartArgs, Cart, Order, PayArgs, ProductArgs, QuoteArgs};
use scrip_app::{App, Failure};
use scrip_domain::{Error as RuleError, Intent, Item, OfferId, PurchaseId, QuoteLine, Tokens};
use serde_json::json;

use crate::args::{ExtendArgs, PurchaseArgs, RentArgs};
use crate::browse::resolve;
use crate::output::Output;
use crate::table::{Table, plain};

pub(crate) async fn buy(app: &App, output: Output, purchase: PurchaseArgs) -> Result<(), Failure> {
    take(app, output, &purchase.product, Intent::Buy, None, purchase.expect).await
}

pub(crate) async fn convert(app: &App, output: Output, purchase: PurchaseArgs) -> Result<(), Failure> {
    take(app, output, &purchase.product, Intent::Convert, None, purchase.expect).await
}

pub(crate) async fn rent(app: &App, output: Output, rental: RentArgs) -> Result<(), Failure> {
    let offer = parse_offer(&rental.offer)?;
    take(app, output, &rental.product, Intent::Rent, Some(offer), rental.expect).await
}

pub(crate) async fn extend(app: &App, output: Output, extension: ExtendArgs) -> Result<(), Failure> {
    let offer = extension.offer.as_deref().map(parse_offer).transpose()?;
    take(app, output, &extension.product, Intent::Extend, offer, extension.expect).await
}

pub(crate) async fn upgrade(app: &App, output: Output, purchase: PurchaseArgs) -> Result<(), Failure> {
    take(app, output, &purchase.product, Intent::Upgrade, None, purchase.expect).await
}

async fn take(
    app: &App,
    output: Output,
    product: &str,
    intent: Intent,
    offer: Option<OfferId>,
    expect: Option<i64>,
) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let items = vec![Item { product, intent, offer }];
    // A payment for the same that was interrupted is completed, never made a second time.
    if let Some(order) = app.resume_payment(Some(&items)).await? {
        output.note("an interrupted payment was completed; nothing more was charged.");
        return receipt(app, output, &order);
    }
    let order = pay(app, items, expect, false).await?;
    receipt(app, output, &order)
}

async fn pay(app: &App, items: Vec<Item>, expect: Option<i64>, from_cart: bool) -> Result<Order, Failure> {
    let quote = app.checkout_quote(QuoteArgs { items: items.clone() }).await?;
    if let Some(expected) = expect {
        let expected = Tokens::new(expected).map_err(scrip_app::Error::Rule)?;
        if expected != quote.total {
            let error = scrip_app::Error::Rule(RuleError::PriceChanged {
                expected,
                current: quote.total,
            });
            return Err(Failure {
                quote: Some(quote),
                ..Failure::from(error)
            });
        }
    }
    let command = app.new_command().to_string();
    Ok(app
        .checkout_pay(PayArgs {
            items,
            expected_total: quote.total,
            command,
            from_cart,
            purchase: None,
        })
        .await?)
}

/// Tells what was charged, what is left, and what to do next.
fn receipt(app: &App, output: Output, order: &Order) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut results = Vec::new();
    for line in &order.lines {
        let authorized = app.authorized(&line.product);
        let license = app.license(&line.product)?;
        lines.push(sentence(line));
        if let Some(end) = license.as_ref().and_then(|license| license.remaining.ends_at) {
            lines.push(format!("  It runs until {end}."));
        }
        lines.push(if authorized {
            format!(
                "  Its authorization code is here. \"scrip install {}\" installs it where it is missing.",
                line.product
            )
        } else {
            format!(
                "  \"scrip install {}\" installs it where it is missing and fetches its code.",
                line.product
            )
        });
        results.push(json!({ "product": line.product, "license": license, "authorized": authorized }));
    }
    let result = json!({
        "order": order, "charged": order.total, "balance": order.balance_after, "products": results,
    });
    output.show(&result, || {
        lines.push(format!("{} charged; {} are left.", order.total, order.balance_after));
        lines.join("\n")
    })
}

fn sentence(line: &QuoteLine) -> String {
    let product = &line.product;
    let toward = match line.price_to_reach {
        Some(price) if !line.owned_after && !line.equity_after.is_zero() => {
            format!("; {} of {} now count toward owning it", line.equity_after.get(), price)
        }
        _ => String::new(),
    };
    match line.intent {
        _ if line.owned_after && line.intent != Intent::Buy => format!("{product} is yours for {}.", line.charge),
        Intent::Buy | Intent::Convert => format!("{product} is yours for {}.", line.charge),
        Intent::Upgrade => format!("Your license is upgraded to {product} for {}{toward}.", line.charge),
        Intent::Rent => format!("{product} is rented for {}{toward}.", line.charge),
        Intent::Extend => format!("The rental of {product} is extended for {}{toward}.", line.charge),
    }
}

pub(crate) async fn cart_add(app: &App, output: Output, product: &str, rent: Option<String>) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let offer = rent.as_deref().map(parse_offer).transpose()?;
    let intent = if offer.is_some() { Intent::Rent } else { Intent::Buy };
    let cart = app
        .cart_add(AddToCartArgs {
            item: Item { product, intent, offer },
        })
        .await?;
    show_cart(output, &cart)
}

pub(crate) async fn cart_remove(app: &App, output: Output, product: &str) -> Result<(), Failure> {
    let product = resolve(app, output, product).await?;
    let cart = app.cart_remove(ProductArgs { product }).await?;
    show_cart(output, &cart)
}

pub(crate) async fn cart_show(app: &App, output: Output) -> Result<(), Failure> {
    show_cart(output, &app.cart_view().await?)
}

pub(crate) async fn cart_checkout(
    app: &App,
    output: Output,
    expect: Option<i64>,
    bought: Option<PurchaseId>,
) -> Result<(), Failure> {
    if let Some(order) = app.resume_payment(None).await? {
        output.note("an interrupted payment was completed; nothing more was charged.");
        return receipt(app, output, &order);
    }
    let order = match bought {
        Some(purchase) => pay_kept(app, purchase).await?,
        None => pay(app, app.cart_view().await?.items, expect, true).await?,
    };
    receipt(app, output, &order)
}

/// Pays for a cart at the price that was kept while tokens were bought for it.
async fn pay_kept(app: &App, purchase: PurchaseId) -> Result<Order, Failure> {
    let bought = app
        .tokens_purchase(scrip_app::contract::PurchaseArgs { purchase })
        .await?;
    let cart = bought.cart.ok_or(scrip_app::Error::Rule(RuleError::CartEmpty))?;
    let paid = app.checkout_pay(PayArgs {
        items: cart.items,
        expected_total: cart.total,
        command: app.new_command().to_string(),
        from_cart: true,
        purchase: Some(purchase),
    });
    Ok(paid.await?)
}

fn show_cart(output: Output, cart: &Cart) -> Result<(), Failure> {
    output.show(cart, || {
        if cart.items.is_empty() {
            return "The cart is empty.".to_owned();
        }
        let mut table = Table::default();
        for item in &cart.items {
            let line = cart
                .quote
                .as_ref()
                .and_then(|quote| quote.lines.iter().find(|line| line.product == item.product));
            let how = match (&item.offer, item.intent) {
                (Some(offer), _) => format!("rent, {offer}"),
                (None, Intent::Convert) => "convert".to_owned(),
                (None, Intent::Extend) => "extend".to_owned(),
                (None, _) => "buy".to_owned(),
            };
            table.row([
                item.product.as_str(),
                &how,
                &line.map(|line| line.charge.to_string()).unwrap_or_default(),
            ]);
        }
        let mut lines = vec![table.text()];
        if let Some(quote) = &cart.quote {
            lines.push(format!("Total {}; your wallet holds {}.\n", quote.total, quote.balance));
            if !quote.missing.is_zero() {
                lines.push(format!("{} are missing.\n", quote.missing));
            }
        }
        if let Some(problem) = &cart.problem {
            let why = plain(&problem.detail);
            lines.push(format!("It cannot be checked out: {why} [{}]\n", problem.code));
        }
        lines.concat()
    })
}

pub(crate) fn parse_offer(text: &str) -> Result<OfferId, Failure> {
    Ok(text.parse::<OfferId>().map_err(scrip_app::Error::Rule)?)
}
