//! Deeds that give tokens or give them back: done at once, or when a second operator approves.

use scrip_domain::{Audience, Campaign, CampaignId, Email, OrderId, OrderRefundPolicy, ProductId, Timestamp, Tokens};
use scrip_store::{NewGrant, RefundBy};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::approvals::{Deed, Doing};
use crate::Error;

/// Gives tokens to an account.
pub(crate) const GRANT: Deed = Deed {
    name: "tokens.grant",
    run: |doing| Box::pin(grant(doing)),
};

/// Begins a campaign.
pub(crate) const CAMPAIGN: Deed = Deed {
    name: "campaign.begin",
    run: |doing| Box::pin(campaign(doing)),
};

/// Takes a product of an order back.
pub(crate) const REFUND: Deed = Deed {
    name: "order.refund",
    run: |doing| Box::pin(refund(doing)),
};

/// What is given to whom.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneGrant {
    /// The form's id: a form that is sent twice gives once.
    pub(crate) command: Uuid,
    pub(crate) email: Email,
    pub(crate) tokens: Tokens,
    pub(crate) reason: String,
    pub(crate) expires_at: Option<Timestamp>,
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
