//! Promotions: who gets what, once each, out of a budget.

use scrip_domain::{Audience, Campaign, CampaignId, CampaignState, Timestamp, UserId};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::acts::{Act, log_act};
use crate::db::{Tx, args, row_struct};
use crate::ledger::{read_tokens, retrying};
use crate::lots::{Given, changed};
use crate::notices::NewNotice;
use crate::{Error, Store};

row_struct! {
    /// A campaign as its row has it.
    pub(crate) struct CampaignRow {
        id: Uuid,
        name: String,
        audience: String,
        tokens: i64,
        budget: i64,
        given: i64,
        starts_at: i64,
        ends_at: Option<i64>,
        lifetime_days: Option<i64>,
        closed_at: Option<i64>,
    }
}

const COLUMNS: &str = "id, name, audience, tokens, budget, given, starts_at, ends_at, lifetime_days, closed_at";

impl CampaignRow {
    fn read(self) -> Result<Campaign, Error> {
        let corrupt = |why: &str| Error::Corrupt {
            table: "campaigns",
            id: self.id.to_string(),
            why: why.to_owned(),
        };
        let days = self.lifetime_days.map(u16::try_from).transpose();
        Ok(Campaign {
            id: CampaignId(self.id),
            audience: Audience::parse(&self.audience).ok_or_else(|| corrupt("its audience is unknown"))?,
            lifetime_days: days.map_err(|_| corrupt("its lifetime is too long"))?,
            name: self.name,
            tokens: read_tokens("campaigns", self.id, self.tokens)?,
            budget: read_tokens("campaigns", self.id, self.budget)?,
            given: read_tokens("campaigns", self.id, self.given)?,
            starts_at: Timestamp::from_micros(self.starts_at),
            ends_at: self.ends_at.map(Timestamp::from_micros),
            closed_at: self.closed_at.map(Timestamp::from_micros),
        })
    }
}

async fn find(tx: &mut Tx, campaign: CampaignId) -> Result<Campaign, Error> {
    let sql = format!("SELECT {COLUMNS} FROM campaigns WHERE id = $1");
    let found = tx
        .row::<CampaignRow>("read a campaign", &sql, &args![campaign.0])
        .await?;
    let absent = || Error::CampaignNotFound {
        campaign: campaign.to_string(),
    };
    found.ok_or_else(absent)?.read()
}

/// The id of the command by which an account gets what a campaign gives: the same for every try.
fn command_of(campaign: CampaignId, user: UserId) -> Uuid {
    let digest = Sha256::new()
        .chain_update(b"scrip-campaign-v1\0")
        .chain_update(campaign.0.as_bytes())
        .chain_update(user.0.as_bytes())
        .finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    // Version 8: an id of the application's own making (RFC 9562 section 5.8).
    uuid::Builder::from_custom_bytes(id).into_uuid()
}

impl Store {
    /// Begins a campaign; its id makes a repetition harmless.
    pub async fn put_campaign(&self, new: &Campaign, act: &Act<'_>) -> Result<Campaign, Error> {
        new.check()?;
        retrying!("begin a campaign", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            match find(&mut tx, new.id).await {
                Ok(known) => return Ok(known),
                Err(Error::CampaignNotFound { .. }) => {}
                Err(other) => return Err(other),
            }
            let sql = format!(
                "INSERT INTO campaigns ({COLUMNS}, created_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, NULL, $9)"
            );
            let values = args![
                new.id.0,
                new.name.trim(),
                new.audience.as_str(),
                new.tokens,
                new.budget,
                new.starts_at,
                new.ends_at.map(Timestamp::micros),
                new.lifetime_days.map(i64::from),
                now,
            ];
            tx.execute("begin a campaign", &sql, &values).await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            self.campaign(new.id).await
        })
    }

    /// A campaign.
    pub async fn campaign(&self, campaign: CampaignId) -> Result<Campaign, Error> {
        find(&mut self.database.read().await?, campaign).await
    }

    /// Up to `limit` campaigns, the newest first, older than the one named `before`.
    pub async fn campaigns(&self, before: Option<CampaignId>, limit: i64) -> Result<Vec<Campaign>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM campaigns WHERE id < $1 ORDER BY id DESC LIMIT $2");
        let before = before.map_or(Uuid::max(), |campaign| campaign.0);
        let rows = self
            .database
            .rows::<CampaignRow>("read campaigns", &sql, &args![before, limit])
            .await?;
        rows.into_iter().map(CampaignRow::read).collect()
    }

    /// Ends a campaign; what it gave stays.
    pub async fn close_campaign(&self, campaign: CampaignId, act: &Act<'_>) -> Result<Campaign, Error> {
        retrying!("end a campaign", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let known = find(&mut tx, campaign).await?;
            if known.closed_at.is_some() {
                return Ok(known);
            }
            let sql = "UPDATE campaigns SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL";
            changed(tx.execute("end a campaign", sql, &args![campaign.0, now]).await?)?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(Campaign {
                closed_at: Some(now),
                ..known
            })
        })
    }

    /// Gives an account what a campaign gives, once. Answers whether it had nothing of it before.
    pub async fn grant_from_campaign(&self, campaign: CampaignId, email: &str, act: &Act<'_>) -> Result<bool, Error> {
        retrying!("grant tokens", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let user = crate::people::find(&mut tx, email).await?.id;
            let campaign = find(&mut tx, campaign).await?;
            if !self.hand_to(&mut tx, &campaign, user, now).await? {
                return Ok(false);
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await?;
            Ok(true)
        })
    }

    /// Gives one account what a campaign gives, where it had nothing of it and the campaign runs.
    async fn hand_to(&self, tx: &mut Tx, campaign: &Campaign, user: UserId, now: Timestamp) -> Result<bool, Error> {
        let command = command_of(campaign.id, user);
        let sql = "SELECT transfer_id FROM grants WHERE command_id = $1";
        if tx.row::<(Uuid,)>("find a grant", sql, &args![command]).await?.is_some() {
            return Ok(false);
        }
        let (_, expires_at) = campaign.give(now)?;
        let sql =
            "UPDATE campaigns SET given = given + $2 WHERE id = $1 AND given + $2 <= budget AND closed_at IS NULL";
        changed(
            tx.execute("spend a budget", sql, &args![campaign.id.0, campaign.tokens])
                .await?,
        )?;
        let given = Given {
            user,
            tokens: campaign.tokens,
            reason: &campaign.name,
            command,
            expires_at,
            campaign: Some(campaign.id),
        };
        if self.give(tx, &given, now).await?.is_none() {
            // Another server gave it while this one waited for the budget.
            return Err(Error::Conflict {
                operation: "give what a campaign gives",
            });
        }
        let ends = expires_at.map_or_else(String::new, |end| format!(" They last until {end}."));
        let notice = NewNotice {
            user,
            kind: "tokens.given",
            product: None,
            subject: &campaign.id.to_string(),
            text: &format!("You were given {}: {}.{ends}", campaign.tokens, campaign.name),
        };
        notice.put(tx, self.new_id(), now).await?;
        Ok(true)
    }

    /// Gives every running campaign's accounts what they get by themselves, up to `limit` accounts; answers how many got
    /// something.
    pub async fn hand_out_campaigns(&self, limit: i64) -> Result<usize, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM campaigns WHERE closed_at IS NULL AND starts_at <= $1 \
             AND (ends_at IS NULL OR ends_at > $1) AND audience <> 'chosen' AND given + tokens <= budget ORDER BY id LIMIT 100"
        );
        let rows = self
            .database
            .rows::<CampaignRow>("look for campaigns", &sql, &args![self.clock.now()])
            .await?;
        let mut handed = 0;
        for row in rows {
            let campaign = row.read()?;
            let opened_from = match campaign.audience {
                Audience::NewAccounts => campaign.starts_at,
                _ => Timestamp::from_micros(i64::MIN),
            };
            let sql = "SELECT u.id FROM users u LEFT JOIN lots l ON l.campaign_id = $1 AND l.user_id = u.id \
                       WHERE l.user_id IS NULL AND u.created_at >= $2 ORDER BY u.id LIMIT $3";
            let values = args![campaign.id.0, opened_from, limit];
            let users = self.database.rows::<(Uuid,)>("look for accounts", sql, &values).await?;
            for (user,) in users {
                match self.hand_one(campaign.id, UserId(user)).await {
                    Ok(true) => handed += 1,
                    Ok(false) => {}
                    Err(Error::Rule(scrip_domain::Error::CampaignOver { .. })) => break,
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(handed)
    }

    async fn hand_one(&self, campaign: CampaignId, user: UserId) -> Result<bool, Error> {
        retrying!("grant tokens", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let campaign = find(&mut tx, campaign).await?;
            if campaign.state(now) == CampaignState::Running {
                let handed = self.hand_to(&mut tx, &campaign, user, now).await?;
                tx.commit().await?;
                return Ok(handed);
            }
            campaign.give(now)?;
            Ok(false)
        })
    }
}
