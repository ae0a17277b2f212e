//! The cart: the vendor's, or what was collected here while the vendor could not be asked.

use std::path::PathBuf;

use scrip_api::{Cart, Problem};
use scrip_domain::Item;
use serde::{Deserialize, Serialize};

use crate::contract::{AddToCartArgs, ProductArgs};
use crate::{App, Error, state};

/// The cart as it is stored.
#[derive(Default, Serialize, Deserialize)]
struct StoredCart {
    items: Vec<Item>,
    /// Whether it was changed here since the vendor knew it last.
    changed: bool,
}

impl App {
    /// The cart, priced as of now; without a network by the prices that are stored here.
    pub async fn cart_view(&self) -> Result<Cart, Error> {
        let asked = async {
            self.require_session().await?;
            self.send_cart().await?;
            self.noted(self.client.cart().await).await
        };
        match asked.await {
            Ok(cart) => self.keep_cart(cart),
            Err(error) => self.local_cart(error, |_| {}).await,
        }
    }

    /// Puts an item into the cart, in the place of another of the same product.
    pub async fn cart_add(&self, args: AddToCartArgs) -> Result<Cart, Error> {
        let asked = async {
            self.require_session().await?;
            self.send_cart().await?;
            self.noted(self.client.put_cart_item(&args.item).await).await
        };
        match asked.await {
            Ok(cart) => self.keep_cart(cart),
            Err(error) => {
                self.local_cart(error, |items| {
                    items.retain(|item| item.product != args.item.product);
                    if items.len() < scrip_domain::MAX_LINES {
                        items.push(args.item.clone());
                    }
                })
                .await
            }
        }
    }

    /// Takes a product out of the cart.
    pub async fn cart_remove(&self, args: ProductArgs) -> Result<Cart, Error> {
        let asked = async {
            self.require_session().await?;
            self.send_cart().await?;
            self.noted(self.client.remove_cart_item(&args.product).await).await
        };
        match asked.await {
            Ok(cart) => self.keep_cart(cart),
            Err(error) => {
                self.local_cart(error, |items| items.retain(|item| item.product != args.product))
                    .await
            }
        }
    }

    /// Brings what was collected here to the vendor.
    async fn send_cart(&self) -> Result<(), Error> {
        let stored = self.stored_cart()?;
        if !stored.changed {
            return Ok(());
        }
        let theirs = self.noted(self.client.cart().await).await?;
        for item in theirs.items {
            if !stored.items.iter().any(|mine| mine.product == item.product) {
                self.noted(self.client.remove_cart_item(&item.product).await).await?;
            }
        }
        for item in &stored.items {
            match self.noted(self.client.put_cart_item(item).await).await {
                Ok(_) => {}
                Err(error) if error.is_offline() => return Err(error),
                // What the vendor does not sell any more cannot stay in the cart.
                Err(error) => tracing::info!(%error, product = %item.product, "it is left out of the cart"),
            }
        }
        self.store_cart(&StoredCart {
            items: stored.items,
            changed: false,
        })
    }

    fn keep_cart(&self, cart: Cart) -> Result<Cart, Error> {
        self.store_cart(&StoredCart {
            items: cart.items.clone(),
            changed: false,
        })?;
        Ok(cart)
    }

    /// The cart that is stored here, changed; only where the vendor cannot be asked because of `error`.
    async fn local_cart(&self, error: Error, change: impl FnOnce(&mut Vec<Item>)) -> Result<Cart, Error> {
        if !error.is_offline() && !matches!(error, Error::NotSignedIn) {
            return Err(error);
        }
        // Whoever never signed in here is told so, until this computer is known to have no network.
        if matches!(error, Error::NotSignedIn) && self.pinned_issuer()?.is_none() {
            return Err(error);
        }
        let mut stored = self.stored_cart()?;
        let before = stored.items.clone();
        change(&mut stored.items);
        if stored.items != before {
            stored.changed = true;
            self.store_cart(&StoredCart {
                items: stored.items.clone(),
                changed: true,
            })?;
        }
        if stored.items.is_empty() {
            return Ok(Cart {
                items: stored.items,
                quote: None,
                problem: None,
            });
        }
        match self.reckon_quote(&stored.items, self.believed_now()).await {
            Ok(quote) => Ok(Cart {
                items: stored.items,
                quote: Some(quote),
                problem: None,
            }),
            Err(error) => Ok(Cart {
                items: stored.items,
                quote: None,
                problem: Some(Problem::of(&error)),
            }),
        }
    }

    /// Removes what one person collected.
    pub(crate) fn forget_cart(&self) -> Result<(), Error> {
        state::remove(&self.cart_file())
    }

    fn stored_cart(&self) -> Result<StoredCart, Error> {
        Ok(state::read(&self.cart_file())?.unwrap_or_default())
    }

    fn store_cart(&self, cart: &StoredCart) -> Result<(), Error> {
        state::write(&self.cart_file(), cart)
    }

    fn cart_file(&self) -> PathBuf {
        self.folder.join("cart.json")
    }
}
