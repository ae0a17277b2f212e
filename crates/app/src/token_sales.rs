//! Buying tokens with money: the page on which they are paid opens in the system's browser, and the server tells how it went.

use scrip_api::{BuyTokensRequest, TokenPrices, TokenPurchase};
use scrip_domain::{CommandId, PackId, PurchaseMethod, Shortfall, TokenAmount, TokenQuote, Tokens};

use crate::contract::{BuyTokensArgs, PurchaseArgs, PurchasesArgs, PurchasesView, ShortfallArgs, TokenQuoteArgs};
use crate::{App, Error};

/// How many purchases a page has.
const PURCHASES: u32 = 20;

impl App {
    /// What tokens cost, and how they can be paid.
    pub async fn tokens_prices(&self) -> Result<TokenPrices, Error> {
        self.noted(self.client.token_prices().await).await
    }

    /// What some tokens would cost.
    pub async fn tokens_quote(&self, args: TokenQuoteArgs) -> Result<TokenQuote, Error> {
        let wanted = wanted(args.tokens, args.pack)?;
        self.noted(self.client.token_quote(args.currency, &wanted).await).await
    }

    /// What it costs to have so many tokens more: exactly these, and the cheapest pack that holds them.
    pub async fn tokens_shortfall(&self, args: ShortfallArgs) -> Result<Shortfall, Error> {
        self.noted(self.client.token_shortfall(args.currency, args.missing).await)
            .await
    }

    /// Buys tokens by card. The answer names the page on which they are paid, to be opened in the system's browser.
    pub async fn tokens_buy(&self, args: BuyTokensArgs) -> Result<TokenPurchase, Error> {
        self.require_session().await?;
        let command: CommandId = args.command.parse()?;
        wanted(args.tokens, args.pack.clone())?;
        let request = BuyTokensRequest {
            currency: args.currency,
            tokens: args.tokens,
            pack: args.pack,
            method: PurchaseMethod::Card,
            expected_total: args.expected_total,
            cart: args.cart,
        };
        self.noted(self.client.buy_tokens(&request, command).await).await
    }

    /// A purchase as it stands, to be asked again until it is issued; the wallet follows when it is.
    pub async fn tokens_purchase(&self, args: PurchaseArgs) -> Result<TokenPurchase, Error> {
        self.require_session().await?;
        let purchase = self.noted(self.client.token_purchase(args.purchase).await).await?;
        if purchase.issued_at.is_some() {
            self.wallet_view().await?;
            self.tell_session().await;
        }
        Ok(purchase)
    }

    /// A part of the purchases of tokens, the newest first.
    pub async fn tokens_purchases(&self, args: PurchasesArgs) -> Result<PurchasesView, Error> {
        self.require_session().await?;
        let page = self
            .noted(self.client.token_purchases(args.cursor, PURCHASES).await)
            .await?;
        let next_cursor = page.next_cursor.map(|cursor| cursor.parse()).transpose()?;
        Ok(PurchasesView {
            items: page.items,
            next_cursor,
        })
    }

    /// Gives up a purchase that is not paid, and answers it as it stands then.
    pub async fn tokens_cancel(&self, args: PurchaseArgs) -> Result<TokenPurchase, Error> {
        self.require_session().await?;
        self.noted(self.client.cancel_token_purchase(args.purchase).await).await
    }
}

/// A number of tokens, or a pack: one of both.
fn wanted(tokens: Option<Tokens>, pack: Option<PackId>) -> Result<TokenAmount, Error> {
    match (tokens, pack) {
        (Some(tokens), None) => Ok(TokenAmount::Tokens(tokens)),
        (None, Some(pack)) => Ok(TokenAmount::Pack(pack)),
        _ => Err(Error::CommandInvalid {
            name: "tokens.quote".to_owned(),
            why: "give either tokens or pack".to_owned(),
        }),
    }
}
