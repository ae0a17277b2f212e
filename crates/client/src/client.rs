//! One method for each endpoint.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::IF_NONE_MATCH;
use scrip_api::{
    Account, Cart, CatalogChanges, Category, CheckoutRequest, Code, CodeRequest, Device, DeviceRequest,
    IDEMPOTENCY_KEY, Library, Order, Page, Product, QuoteRequest, RegisterRequest, SearchPage, Session, SignInRequest,
    Wallet, WalletEntry,
};
use scrip_domain::{CommandId, Item, LicenseId, ProductId, Quote, Sha256};
use serde::{Deserialize, Serialize};

use crate::transport::{JSON, Repeat, Transport};
use crate::{Error, Limits, ServerUrl, SessionToken};

/// A client of one server, speaking for at most one session. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Client {
    transport: Transport,
}

/// What a server says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Who issues its authorization codes: the `iss` of their claims.
    pub issuer: String,
    /// What the vendor calls itself.
    #[serde(default)]
    pub name: String,
    /// The server's version.
    #[serde(default)]
    pub version: String,
}

/// A JWK set (RFC 7517) as the server wrote it; it is read where codes are verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwkSetText(pub String);

impl Client {
    /// A client of `server` without a session.
    pub fn new(server: ServerUrl, limits: Limits) -> Result<Self, Error> {
        Ok(Self {
            transport: Transport::new(server, limits)?,
        })
    }

    /// The server's address.
    pub fn server(&self) -> &ServerUrl {
        &self.transport.server
    }

    /// Speaks for the session of `token` from now on, or for none.
    pub fn set_session(&self, token: Option<SessionToken>) {
        self.transport.set_session(token);
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Opens an account (`POST /v1/accounts`). Sent once: a repetition could not be told from a second person.
    pub async fn register(&self, request: &RegisterRequest) -> Result<Session, Error> {
        self.post("/v1/accounts", Repeat::Never, request).await
    }

    /// Opens a session (`POST /v1/sessions`).
    pub async fn sign_in(&self, request: &SignInRequest) -> Result<Session, Error> {
        self.post("/v1/sessions", Repeat::Never, request).await
    }

    /// Ends the session (`DELETE /v1/sessions/current`).
    pub async fn sign_out(&self) -> Result<(), Error> {
        let url = self.transport.server.join("/v1/sessions/current");
        let limit = self.transport.limits.answer_bytes;
        let delete = |url: &str| self.transport.http.delete(url);
        self.transport
            .exchange(&url, Repeat::Safe, limit, JSON, &delete)
            .await?;
        Ok(())
    }

    /// The session's account (`GET /v1/account`).
    pub async fn account(&self) -> Result<Account, Error> {
        self.get("/v1/account").await
    }

    /// The session's wallet (`GET /v1/wallet`).
    pub async fn wallet(&self) -> Result<Wallet, Error> {
        self.get("/v1/wallet").await
    }

    /// A page of the wallet's history, the newest first (`GET /v1/wallet/history`).
    pub async fn wallet_history(&self, cursor: Option<&str>, limit: u32) -> Result<Page<WalletEntry>, Error> {
        let answer_bytes = self.transport.limits.answer_bytes;
        self.transport
            .json("/v1/wallet/history", Repeat::Safe, answer_bytes, |url| {
                self.transport
                    .http
                    .get(url)
                    .query(&[("limit", limit)])
                    .query(&cursor.map(|cursor| [("cursor", cursor)]))
            })
            .await
    }

    /// A page of the server's own search (`GET /v1/products`).
    pub async fn search(&self, words: &str, cursor: Option<&str>, limit: u32) -> Result<SearchPage, Error> {
        let catalog_bytes = self.transport.limits.catalog_bytes;
        self.transport
            .json("/v1/products", Repeat::Safe, catalog_bytes, |url| {
                let request = self
                    .transport
                    .http
                    .get(url)
                    .query(&[("q", words)])
                    .query(&[("limit", limit)]);
                request.query(&cursor.map(|cursor| [("cursor", cursor)]))
            })
            .await
    }

    /// Everything about a product (`GET /v1/products/{id}`).
    pub async fn product(&self, product: &ProductId) -> Result<Product, Error> {
        self.get(&format!("/v1/products/{product}")).await
    }

    /// The categories and their sizes (`GET /v1/categories`).
    pub async fn categories(&self) -> Result<Vec<Category>, Error> {
        self.get("/v1/categories").await
    }

    /// What changed in the catalog since the revision `since`, `limit` entries at most (`GET /v1/catalog/changes`).
    ///
    /// `None` where nothing did, which costs the server and the network nearly nothing (HTTP status 304).
    pub async fn catalog_changes(&self, since: i64, limit: u32) -> Result<Option<CatalogChanges>, Error> {
        let url = self.transport.server.join("/v1/catalog/changes");
        let make = |url: &str| {
            let request = self
                .transport
                .http
                .get(url)
                .query(&[("since", since)])
                .query(&[("limit", limit)]);
            if since > 0 {
                request.header(IF_NONE_MATCH, format!("W/\"{since}\""))
            } else {
                request
            }
        };
        let limit_bytes = self.transport.limits.catalog_bytes;
        let (status, body) = self
            .transport
            .exchange(&url, Repeat::Safe, limit_bytes, JSON, &make)
            .await?;
        if status == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let changes = serde_json::from_slice(&body);
        changes.map(Some).map_err(|error| Error::AnswerInvalid {
            url,
            why: error.to_string(),
        })
    }

    /// An icon, a PNG (`GET /v1/icons/{sha256}`). The caller compares the digest.
    pub async fn icon(&self, sha256: &Sha256) -> Result<Bytes, Error> {
        let url = self.transport.server.join(&format!("/v1/icons/{sha256}"));
        let get = |url: &str| self.transport.http.get(url);
        let limit = self.transport.limits.icon_bytes;
        Ok(self
            .transport
            .exchange(&url, Repeat::Safe, limit, &["image/png"], &get)
            .await?
            .1)
    }

    /// The account's cart (`GET /v1/cart`).
    pub async fn cart(&self) -> Result<Cart, Error> {
        self.get("/v1/cart").await
    }

    /// Puts an item into the cart, in the place of another of the same product (`PUT /v1/cart/items/{product}`).
    pub async fn put_cart_item(&self, item: &Item) -> Result<Cart, Error> {
        let path = format!("/v1/cart/items/{}", item.product);
        let put = |url: &str| self.transport.http.put(url).json(item);
        self.transport
            .json(&path, Repeat::Safe, self.transport.limits.answer_bytes, put)
            .await
    }

    /// Takes a product out of the cart (`DELETE /v1/cart/items/{product}`).
    pub async fn remove_cart_item(&self, product: &ProductId) -> Result<Cart, Error> {
        let path = format!("/v1/cart/items/{product}");
        let delete = |url: &str| self.transport.http.delete(url);
        self.transport
            .json(&path, Repeat::Safe, self.transport.limits.answer_bytes, delete)
            .await
    }

    /// What some items cost the account now (`POST /v1/quotes`).
    pub async fn quote(&self, request: &QuoteRequest) -> Result<Quote, Error> {
        self.post("/v1/quotes", Repeat::Safe, request).await
    }

    /// Pays for some items (`POST /v1/orders`).
    ///
    /// `command` is the idempotency key: the server carries it out once, however often it is sent, and answers the
    /// first order again.
    pub async fn check_out(&self, request: &CheckoutRequest, command: CommandId) -> Result<Order, Error> {
        let key = command.to_string();
        let post = |url: &str| {
            self.transport
                .http
                .post(url)
                .header(IDEMPOTENCY_KEY, &key)
                .json(request)
        };
        self.transport
            .json("/v1/orders", Repeat::Safe, self.transport.limits.answer_bytes, post)
            .await
    }

    /// Everything that the account holds licenses for (`GET /v1/library`).
    pub async fn library(&self) -> Result<Library, Error> {
        self.get("/v1/library").await
    }

    /// Registers a computer; the same key registers once (`POST /v1/devices`).
    pub async fn register_device(&self, request: &DeviceRequest) -> Result<Device, Error> {
        self.post("/v1/devices", Repeat::Safe, request).await
    }

    /// The authorization code of a license on a device (`POST /v1/licenses/{id}/codes`).
    pub async fn code(&self, license: LicenseId, request: &CodeRequest) -> Result<Code, Error> {
        self.post(&format!("/v1/licenses/{license}/codes"), Repeat::Safe, request)
            .await
    }

    /// The vendor's public keys (`GET /v1/jwks.json`).
    pub async fn keys(&self) -> Result<JwkSetText, Error> {
        let url = self.transport.server.join("/v1/jwks.json");
        let get = |url: &str| self.transport.http.get(url);
        // RFC 7517 section 8.5.1; many servers send the general type.
        let types = ["application/jwk-set+json", "application/json"];
        let limit = self.transport.limits.answer_bytes;
        let (_, body) = self.transport.exchange(&url, Repeat::Safe, limit, &types, &get).await?;
        let text = String::from_utf8(body.to_vec());
        text.map(JwkSetText).map_err(|error| Error::AnswerInvalid {
            url,
            why: error.to_string(),
        })
    }

    /// Who the server is (`GET /v1/server`).
    pub async fn server_info(&self) -> Result<ServerInfo, Error> {
        self.get("/v1/server").await
    }

    pub(crate) async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let limit = self.transport.limits.answer_bytes;
        self.transport
            .json(path, Repeat::Safe, limit, |url| self.transport.http.get(url))
            .await
    }

    pub(crate) async fn post<B: Serialize + Sync, T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        repeat: Repeat,
        body: &B,
    ) -> Result<T, Error> {
        let limit = self.transport.limits.answer_bytes;
        self.transport
            .json(path, repeat, limit, |url| self.transport.http.post(url).json(body))
            .await
    }
}
