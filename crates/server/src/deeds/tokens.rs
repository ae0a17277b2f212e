//! Deeds that give tokens, sell them or give them back.

use scrip_domain::{
    Audience, Campaign, CampaignId, Email, OrderId, OrderRefundPolicy, PriceListId, ProductId, PurchaseId, Timestamp,
    Tokens,
};
use scrip_store::{NewGrant, NewVouchers, RefundBy, ReversalStatus, VoucherFunding};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Deed, Doing};
use crate::{Error, PriceSheet};

/// Gives tokens to an account.
pub const GRANT: Deed = Deed::done_by("tokens.grant", |doing| Box::pin(grant(doing)));

/// Begins a campaign.
pub(crate) const CAMPAIGN: Deed = Deed::done_by("campaign.begin", |doing| Box::pin(campaign(doing)));

/// Takes a product of an order back.
pub(crate) const REFUND: Deed = Deed::done_by("order.refund", |doing| Box::pin(refund(doing)));

/// Makes a batch of vouchers.
pub const MAKE_VOUCHERS: Deed = Deed::done_by("vouchers.make", |doing| Box::pin(make_vouchers(doing)));

/// Publishes a price list; its body is a [`PriceSheet`].
pub const PUBLISH_PRICES: Deed = Deed::done_by("token_prices.publish", |doing| Box::pin(publish_prices(doing)));

/// Ends a price list.
pub const END_PRICES: Deed = Deed::done_by("token_prices.end", |doing| Box::pin(end_prices(doing)));

/// Gives the money of a purchase back.
pub const REFUND_PURCHASE: Deed = Deed::done_by("purchase.refund", |doing| Box::pin(refund_purchase(doing)));

/// What is given to whom.
#[derive(Serialize, Deserialize)]
pub struct OneGrant {
    /// The form's id: a form that is sent twice gives once.
    pub command: Uuid,
    /// The account's address.
    pub email: Email,
    /// How many.
    pub tokens: Tokens,
    /// What stands in the wallet's history.
    pub reason: String,
    /// When what is left of them runs out.
    pub expires_at: Option<Timestamp>,
}

/// Which vouchers.
#[derive(Serialize, Deserialize)]
pub struct OneBatch {
    /// The batch's id: a form that is sent twice makes one.
    pub id: Uuid,
    /// What each adds to a wallet.
    pub tokens: Tokens,
    /// How many.
    pub count: u32,
    /// When they can be redeemed no longer.
    pub expires_at: Option<Timestamp>,
    /// Whether they are given, not sold.
    pub promotion: bool,
    /// What they are for.
    pub label: String,
}

/// Which price list.
#[derive(Serialize, Deserialize)]
pub struct OneList {
    /// Its id.
    pub list: PriceListId,
}

/// What of a purchase goes back.
#[derive(Serialize, Deserialize)]
pub struct OnePurchaseRefund {
    /// Which purchase.
    pub purchase: PurchaseId,
    /// For how many tokens; all that are left of it where none are named.
    pub tokens: Option<Tokens>,
    /// Made by who asks, so that sending it twice gives back once.
    pub command: Uuid,
}

impl OneBatch {
    /// What all of them are worth, in tokens.
    pub fn worth(&self) -> i64 {
        self.tokens.get().saturating_mul(i64::from(self.count))
    }
}

async fn grant(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OneGrant = doing.body()?;
    let store = &doing.server.0.store;
    let subject = store.person(one.email.as_str()).await?.id.to_string();
    let new = NewGrant {
        email: one.email.as_str(),
        tokens: one.tokens,
        reason: &one.reason,
        command: one.command,
        expires_at: one.expires_at,
    };
    let balance = store.grant_dated(&new, &doing.act("tokens.granted", &subject)).await?;
    Ok(format!("{} given; the wallet holds {balance}.", one.tokens))
}

/// Which campaign.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneCampaign {
    pub(crate) id: CampaignId,
    pub(crate) name: String,
    pub(crate) audience: Audience,
    pub(crate) tokens: Tokens,
    pub(crate) budget: Tokens,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    pub(crate) lifetime_days: Option<u16>,
}

async fn campaign(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OneCampaign = doing.body()?;
    let subject = one.id.to_string();
    let campaign = Campaign {
        id: one.id,
        name: one.name,
        audience: one.audience,
        tokens: one.tokens,
        budget: one.budget,
        given: Tokens::ZERO,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        lifetime_days: one.lifetime_days,
        closed_at: None,
    };
    let act = doing.act("campaign.begun", &subject);
    let begun = doing.server.0.store.put_campaign(&campaign, &act).await?;
    Ok(format!("The campaign {} is open.", begun.name))
}

/// What is taken back.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneRefund {
    pub(crate) order: OrderId,
    pub(crate) product: ProductId,
}

async fn refund(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OneRefund = doing.body()?;
    let store = &doing.server.0.store;
    let policy: OrderRefundPolicy = store.setting().await?;
    let subject = one.order.to_string();
    let act = doing.act("order.refunded", &subject);
    let by = RefundBy::Operator(&act);
    let (tokens, _) = store
        .refund_order(one.order, &one.product, Tokens::ZERO, by, policy)
        .await?;
    Ok(format!("{tokens} were given back."))
}

async fn make_vouchers(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OneBatch = doing.body()?;
    let new = NewVouchers {
        id: one.id,
        tokens: one.tokens,
        count: one.count,
        expires_at: one.expires_at,
        funding: if one.promotion {
            VoucherFunding::Promotion
        } else {
            VoucherFunding::Sold
        },
        label: one.label,
    };
    let subject = new.id.to_string();
    let act = doing.act("vouchers.made", &subject);
    let batch = doing.server.0.store.make_vouchers(&new, &act).await?;
    Ok(format!("Batch {} is made; it can be printed.", batch.number))
}

async fn publish_prices(doing: &Doing<'_>) -> Result<String, Error> {
    let list = doing.body::<PriceSheet>()?.read()?;
    let act = doing.act("tokens.price_published", list.currency.as_str());
    let list = doing.server.0.store.put_price_list(&list, &act).await?;
    Ok(format!(
        "The price list in {} holds from {}.",
        list.currency, list.effective_from
    ))
}

async fn end_prices(doing: &Doing<'_>) -> Result<String, Error> {
    let OneList { list } = doing.body()?;
    let subject = list.to_string();
    let act = doing.act("tokens.price_ended", &subject);
    doing
        .server
        .0
        .store
        .end_price_list(list, doing.server.now(), &act)
        .await?;
    Ok("The price list is ended.".to_owned())
}

async fn refund_purchase(doing: &Doing<'_>) -> Result<String, Error> {
    let one: OnePurchaseRefund = doing.body()?;
    let subject = one.purchase.to_string();
    let act = doing.act("tokens.purchase_refunded", &subject);
    let done = crate::refund_purchase(doing.server, one.purchase, one.tokens, one.command, &act).await?;
    Ok(match done.status {
        ReversalStatus::Pending => format!("{} will be sent back; the tokens are out of the wallet.", done.money),
        _ => format!("{} went back, and {} left the wallet.", done.money, done.tokens),
    })
}
