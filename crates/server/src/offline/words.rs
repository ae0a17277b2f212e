//! What a request asks for and what an order came to, in words.

use scrip_domain::{Intent, Item, Quote, QuoteLine, Tokens};
use scrip_licensing::RequestItem;
use scrip_store::ProductNames;

/// One line of a request.
pub(crate) fn item_words(item: &RequestItem, names: &ProductNames) -> String {
    match item {
        RequestItem::Activate(activate) => format!("A code for {}", names.of(&activate.activate)),
        RequestItem::Checkout(Item { product, intent, offer }) => {
            let product = names.of(product);
            let offer = offer
                .as_ref()
                .map(|offer| format!(" with the offer \"{offer}\""))
                .unwrap_or_default();
            match intent {
                Intent::Buy => format!("Buy {product}"),
                Intent::Rent => format!("Rent {product}{offer}"),
                Intent::Extend => format!("Extend the rental of {product}{offer}"),
                Intent::Convert => format!("Turn the rental of {product} into ownership"),
                Intent::Upgrade => format!("Upgrade to {product}"),
            }
        }
    }
}

/// One line of an order or a quote.
pub(crate) fn line_words(line: &QuoteLine, names: &ProductNames) -> String {
    let what = RequestItem::Checkout(Item {
        product: line.product.clone(),
        intent: line.intent,
        offer: line.offer.clone(),
    });
    let owned = if line.owned_after { "; it is owned then" } else { "" };
    format!("{}: {}{owned}", item_words(&what, names), line.charge)
}

/// What it would cost today, line by line.
pub(crate) fn quote_words(quote: &Quote, names: &ProductNames) -> Vec<String> {
    let mut words: Vec<String> = quote.lines.iter().map(|line| line_words(line, names)).collect();
    words.push(format!(
        "In all {} today; the wallet holds {}.",
        quote.total, quote.balance
    ));
    if quote.missing > Tokens::ZERO {
        words.push(format!("{} are missing.", quote.missing));
    }
    words
}
