//! Buying tokens with money.

use scrip_api::{BuyTokensRequest, Page, TokenPrices, TokenPurchase};
use scrip_domain::{CommandId, Currency, PurchaseId, Shortfall, TokenAmount, TokenQuote, Tokens};

use crate::transport::Repeat;
use crate::{Client, Error};

impl Client {
    /// What tokens cost in each currency, and how they can be paid (`GET /v1/token-prices`).
    pub async fn token_prices(&self) -> Result<TokenPrices, Error> {
        self.get("/v1/token-prices").await
    }

    /// What some tokens would cost (`GET /v1/token-prices/quote`).
    pub async fn token_quote(&self, currency: Currency, wanted: &TokenAmount) -> Result<TokenQuote, Error> {
        let wanted = match wanted {
            TokenAmount::Tokens(tokens) => format!("tokens={}", tokens.get()),
            // A pack's name holds nothing that an address has to escape.
            TokenAmount::Pack(pack) => format!("pack={pack}"),
        };
        self.get(&format!("/v1/token-prices/quote?currency={currency}&{wanted}"))
            .await
    }

    /// What it costs to have so many tokens more (`GET /v1/token-prices/shortfall`).
    pub async fn token_shortfall(&self, currency: Currency, missing: Tokens) -> Result<Shortfall, Error> {
        let missing = missing.get();
        self.get(&format!(
            "/v1/token-prices/shortfall?currency={currency}&missing={missing}"
        ))
        .await
    }

    /// Buys tokens (`POST /v1/token-purchases`); `command` is the idempotency key.
    pub async fn buy_tokens(&self, request: &BuyTokensRequest, command: CommandId) -> Result<TokenPurchase, Error> {
        self.command("/v1/token-purchases", request, command).await
    }

    /// A purchase of tokens (`GET /v1/token-purchases/{id}`).
    pub async fn token_purchase(&self, purchase: PurchaseId) -> Result<TokenPurchase, Error> {
        self.get(&format!("/v1/token-purchases/{purchase}")).await
    }

    /// A page of the purchases of tokens, the newest first (`GET /v1/token-purchases`).
    pub async fn token_purchases(&self, before: Option<PurchaseId>, limit: u32) -> Result<Page<TokenPurchase>, Error> {
        let cursor = before.map(|purchase| format!("&cursor={purchase}")).unwrap_or_default();
        self.get(&format!("/v1/token-purchases?limit={limit}{cursor}")).await
    }

    /// Gives up a purchase that is not paid (`POST /v1/token-purchases/{id}/cancel`).
    pub async fn cancel_token_purchase(&self, purchase: PurchaseId) -> Result<TokenPurchase, Error> {
        self.post(&format!("/v1/token-purchases/{purchase}/cancel"), Repeat::Safe, &())
            .await
    }
}
