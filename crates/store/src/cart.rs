//! The cart of an account: the same on every computer.

use scrip_domain::{Error as Rule, Intent, Item, MAX_LINES, ProductId, UserId};

use crate::catalog::{find_sales, read_id, read_json};
use crate::db::{Tx, args};
use crate::ledger::retrying;
use crate::{Error, Store};

impl Store {
    /// The items of the user's cart, in the order in which they were added.
    pub async fn cart(&self, user: UserId) -> Result<Vec<Item>, Error> {
        read(&mut self.database.read().await?, user).await
    }

    /// Puts an item into the cart, replacing what it held of the product.
    pub async fn put_cart_item(&self, user: UserId, item: &Item) -> Result<Vec<Item>, Error> {
        retrying!("change a cart", {
            let mut tx = self.database.write().await?;
            let listed = find_sales(&mut tx, std::iter::once(&item.product))
                .await?
                .contains_key(&item.product);
            let needs_listing = matches!(item.intent, Intent::Buy | Intent::Rent | Intent::Upgrade);
            if needs_listing && !listed {
                return Err(Rule::ProductNotFound {
                    product: item.product.clone(),
                }
                .into());
            }
            let items = read(&mut tx, user).await?;
            if items.len() >= MAX_LINES && items.iter().all(|other| other.product != item.product) {
                return Err(Rule::CartTooLarge { lines: items.len() + 1 }.into());
            }
            let sql = "INSERT INTO cart_items (user_id, product, intent, offer, added_at) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (user_id, product) DO UPDATE SET intent = excluded.intent, offer = excluded.offer";
            let values = args![
                user.0,
                item.product.as_str(),
                intent_text(item.intent),
                item.offer.as_ref().map(|offer| offer.as_str().to_owned()),
                self.clock.now(),
            ];
            tx.execute("change a cart", sql, &values).await?;
            let items = read(&mut tx, user).await?;
            tx.commit().await?;
            Ok(items)
        })
    }

    /// Takes a product out of the cart; one that is not in it is no error.
    pub async fn remove_cart_item(&self, user: UserId, product: &ProductId) -> Result<Vec<Item>, Error> {
        let mut tx = self.database.write().await?;
        let sql = "DELETE FROM cart_items WHERE user_id = $1 AND product = $2";
        tx.execute("change a cart", sql, &args![user.0, product.as_str()])
            .await?;
        let items = read(&mut tx, user).await?;
        tx.commit().await?;
        Ok(items)
    }
}

async fn read(tx: &mut Tx, user: UserId) -> Result<Vec<Item>, Error> {
    let sql = "SELECT product, intent, offer FROM cart_items WHERE user_id = $1 ORDER BY added_at, product";
    let rows = tx
        .rows::<(String, String, Option<String>)>("read a cart", sql, &args![user.0])
        .await?;
    rows.into_iter()
        .map(|(product, intent, offer)| {
            let corrupt = |why: Rule| Error::Corrupt {
                table: "cart_items",
                id: user.to_string(),
                why: why.to_string(),
            };
            Ok(Item {
                intent: read_json("cart_items", &product, &format!("\"{intent}\""))?,
                product: read_id(&product)?,
                offer: offer.map(|offer| offer.parse()).transpose().map_err(corrupt)?,
            })
        })
        .collect()
}

const fn intent_text(intent: Intent) -> &'static str {
    match intent {
        Intent::Buy => "buy",
        Intent::Rent => "rent",
        Intent::Extend => "extend",
        Intent::Convert => "convert",
        Intent::Upgrade => "upgrade",
    }
}
