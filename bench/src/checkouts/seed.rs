//! Buyers with tokens and sessions, and products to buy.

use std::sync::Arc;

use anyhow::{Context, Result};
use scrip_domain::{Clock as _, Offer, Offers, ProductId, SystemClock, SystemIds, Tokens};
use scrip_store::{NewUser, ProductListing, Store, TokenHash};
use sha2::{Digest as _, Sha256};

/// Buyers of one store.
pub(crate) const BUYERS: usize = 1000;
/// Products of one store. Every buyer can buy each of them once.
pub(crate) const PRODUCTS: usize = 1000;
const SESSION_SECONDS: i64 = 86_400;

/// An account with a session.
pub(crate) struct Buyer {
    /// The session's token.
    pub(crate) token: String,
}

/// What each product costs.
pub(crate) fn price() -> Result<Tokens> {
    Ok(Tokens::new(3)?)
}

pub(crate) fn product_id(number: usize) -> Result<ProductId> {
    Ok(format!("org.example.Product{number:04}").parse()?)
}

/// One buyer on a database.
pub(crate) async fn one_buyer(url: &str) -> Result<Buyer> {
    buyers(url, 1).await?.pop().context("a buyer")
}

/// Lists the products and opens the accounts, past the server, which must not run yet.
pub(crate) async fn buyers(url: &str, count: usize) -> Result<Vec<Buyer>> {
    let store = Store::open(url, Arc::new(SystemClock), Arc::new(SystemIds::default())).await?;
    let listings: Vec<ProductListing> = (0..PRODUCTS).map(listing).collect::<Result<_>>()?;
    store.put_products(&listings).await?;
    let grant = Tokens::new(1_000_000)?;
    let expires_at = SystemClock.now().plus_seconds(SESSION_SECONDS);
    let mut buyers = Vec::with_capacity(count);
    for number in 0..count {
        let new = NewUser {
            email: format!("buyer{number}@example.org").parse()?,
            password_hash: "none".into(),
            grant,
            grant_later: Tokens::ZERO,
        };
        let user = store.register(&new).await?;
        let token = format!("benchmark-session-of-buyer-number-{number:08}");
        let hash = TokenHash(Sha256::digest(token.as_bytes()).into());
        store.open_session(user.id, hash, expires_at).await?;
        buyers.push(Buyer { token });
    }
    store.close().await;
    // Who buys after whom has nothing to do with who registered after whom: rows beside each other would be too easy a prey.
    buyers.sort_by_cached_key(|buyer| <[u8; 32]>::from(Sha256::digest(buyer.token.as_bytes())));
    Ok(buyers)
}

fn listing(number: usize) -> Result<ProductListing> {
    let id = product_id(number)?;
    let purchase = Offer::Purchase {
        id: "purchase".parse()?,
        price: price()?,
    };
    Ok(ProductListing {
        policy: scrip_domain::Policy::default(),
        name: format!("Product {number}"),
        summary: "Something to buy".into(),
        developer: "Example People".into(),
        keywords: Vec::new(),
        categories: vec!["Utility".into()],
        offers: Offers::new(vec![purchase])?,
        entry: format!("{{\"id\":\"{id}\"}}"),
        detail: "{}".into(),
        id,
    })
}
