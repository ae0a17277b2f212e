//! The cart and quotes.

use axum::Json;
use axum::extract::State;
use scrip_api::{Cart, Problem, QuoteRequest};
use scrip_domain::{Item, MAX_LINES, ProductId, Quote, UserId};

use crate::caller::Caller;
use crate::request::{Body, Path};
use crate::{Error, Server};

/// The caller's cart, priced as of now.
#[utoipa::path(get, path = "/v1/cart", tag = "cart", responses((status = 200, body = Cart)))]
pub(crate) async fn show(State(server): State<Server>, caller: Caller) -> Result<Json<Cart>, Error> {
    let items = server.0.store.cart(caller.user).await?;
    priced(&server, caller.user, items).await
}

/// Puts an item into the cart, replacing what it held of the product.
#[utoipa::path(put, path = "/v1/cart/items/{product}", tag = "cart", request_body = Item,
    params(("product" = ProductId, Path)), responses((status = 200, body = Cart)))]
pub(crate) async fn put(
    State(server): State<Server>,
    caller: Caller,
    Path(product): Path<ProductId>,
    body: Body<Item>,
) -> Result<Json<Cart>, Error> {
    if body.value.product != product {
        let why = format!("the address names {product} and the body {}", body.value.product);
        return Err(Error::Malformed { why });
    }
    let items = server.0.store.put_cart_item(caller.user, &body.value).await?;
    priced(&server, caller.user, items).await
}

/// Takes a product out of the cart.
#[utoipa::path(delete, path = "/v1/cart/items/{product}", tag = "cart",
    params(("product" = ProductId, Path)), responses((status = 200, body = Cart)))]
pub(crate) async fn remove(
    State(server): State<Server>,
    caller: Caller,
    Path(product): Path<ProductId>,
) -> Result<Json<Cart>, Error> {
    let items = server.0.store.remove_cart_item(caller.user, &product).await?;
    priced(&server, caller.user, items).await
}

/// What some items would cost now.
#[utoipa::path(post, path = "/v1/quotes", tag = "cart", request_body = QuoteRequest,
    responses((status = 200, body = Quote)))]
pub(crate) async fn quote(
    State(server): State<Server>,
    caller: Caller,
    body: Body<QuoteRequest>,
) -> Result<Json<Quote>, Error> {
    check_lines(&body.value.items)?;
    Ok(Json(server.0.store.quote(caller.user, &body.value.items).await?))
}

/// Refuses a list that is too long before the store reads a row for each line of it.
pub(crate) fn check_lines(items: &[Item]) -> Result<(), Error> {
    if items.len() > MAX_LINES {
        return Err(scrip_domain::Error::CartTooLarge { lines: items.len() }.into());
    }
    Ok(())
}

async fn priced(server: &Server, user: UserId, items: Vec<Item>) -> Result<Json<Cart>, Error> {
    if items.is_empty() {
        return Ok(Json(Cart {
            items,
            quote: None,
            problem: None,
        }));
    }
    Ok(Json(match server.0.store.quote(user, &items).await {
        Ok(quote) => Cart {
            items,
            quote: Some(quote),
            problem: None,
        },
        Err(refused @ scrip_store::Error::Rule(_)) => Cart {
            items,
            quote: None,
            problem: Some(Problem::of(&refused)),
        },
        Err(failed) => return Err(failed.into()),
    }))
}
