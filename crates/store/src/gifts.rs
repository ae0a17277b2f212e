//! Products that one person gives to another: paid at once, and begun when the recipient takes them.

use std::collections::BTreeMap;

use scrip_domain::{
    GiftId, GiftState, Holdings, Intent, Item, License, LicenseId, OfferId, OrderId, ProductId, Sale, SendingPolicy,
    Timestamp, Tokens, UserId, check_message,
};
use uuid::Uuid;

use crate::catalog::{self, read_id, read_json};
use crate::db::{Tx, args, row_struct};
use crate::ledger::{
    KIND_GIFT, KIND_ORDER, Leg, Movement, VENDOR_ESCROW, VENDOR_REVENUE, lock_wallet, read_tokens, retrying,
};
use crate::lots::{changed, put_reversal};
use crate::names::ProductNames;
use crate::notices::NewNotice;
use crate::people::{People, Person};
use crate::sendings::{check_sender, confirmed};
use crate::{Error, Store, licenses};

/// A gift to make.
#[derive(Clone, Copy, Debug)]
pub struct NewGift<'g> {
    /// Who gives.
    pub giver: UserId,
    /// The recipient's address.
    pub to: &'g str,
    /// The recipient's name, as the giver saw and confirmed it.
    pub name: &'g str,
    /// The product.
    pub product: &'g ProductId,
    /// The rental offer; absent where it is given for ever.
    pub offer: Option<&'g OfferId>,
    /// The price that the giver saw.
    pub expected_price: Tokens,
    /// A line to the recipient; may be empty.
    pub message: &'g str,
    /// The client-made id of the command.
    pub command: Uuid,
    /// The SHA-256 digest of the request.
    pub digest: [u8; 32],
}

/// A gift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gift {
    /// Its id, and that of the transfer that paid it.
    pub id: GiftId,
    /// Who gives.
    pub giver: Person,
    /// Who gets it.
    pub recipient: Person,
    /// The product.
    pub product: ProductId,
    /// What the product is called.
    pub product_name: String,
    /// The rental offer; absent where it is given for ever.
    pub offer: Option<OfferId>,
    /// What was paid.
    pub price: Tokens,
    /// A line to the recipient.
    pub message: String,
    /// Where it stands.
    pub state: GiftState,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it goes back, where nobody takes it.
    pub lapses_at: Timestamp,
    /// When it was taken, or went back.
    pub ended_at: Option<Timestamp>,
}

row_struct! {
    /// A row of them.
    pub(crate) struct GiftRow {
        id: Uuid,
        giver: Uuid,
        recipient: Uuid,
        product: String,
        offer: Option<String>,
        price: i64,
        sale: String,
        message: String,
        request_digest: Vec<u8>,
        state: String,
        created_at: i64,
        lapses_at: i64,
        ended_at: Option<i64>,
    }
}

const COLUMNS: &str = "id, giver, recipient, product, offer, price, sale, message, request_digest, state, created_at, \
                       lapses_at, ended_at";

impl GiftRow {
    fn read(&self, people: &People, names: &ProductNames) -> Result<Gift, Error> {
        let corrupt = |why: String| Error::Corrupt {
            table: "gifts",
            id: self.id.to_string(),
            why,
        };
        let offer = self.offer.as_deref().map(str::parse).transpose();
        let product = read_id(&self.product)?;
        Ok(Gift {
            id: GiftId(self.id),
            giver: people.get(self.giver),
            recipient: people.get(self.recipient),
            product_name: names.of(&product).to_owned(),
            product,
            offer: offer.map_err(|why: scrip_domain::Error| corrupt(why.to_string()))?,
            price: read_tokens("gifts", self.id, self.price)?,
            message: self.message.clone(),
            state: GiftState::parse(&self.state)
                .ok_or_else(|| corrupt(format!("the state {} is unknown", self.state)))?,
            created_at: Timestamp::from_micros(self.created_at),
            lapses_at: Timestamp::from_micros(self.lapses_at),
            ended_at: self.ended_at.map(Timestamp::from_micros),
        })
    }
}

async fn read_all(tx: &mut Tx, rows: &[GiftRow]) -> Result<Vec<Gift>, Error> {
    let people = People::read(tx, rows.iter().flat_map(|row| [row.giver, row.recipient])).await?;
    let products: Vec<_> = rows.iter().map(|row| read_id(&row.product)).collect::<Result<_, _>>()?;
    let names = ProductNames::read(tx, products.iter()).await?;
    rows.iter().map(|row| row.read(&people, &names)).collect()
}

async fn find(tx: &mut Tx, id: GiftId) -> Result<(GiftRow, Gift), Error> {
    let sql = format!("SELECT {COLUMNS} FROM gifts WHERE id = $1");
    let found = tx.row::<GiftRow>("read a gift", &sql, &args![id.0]).await?;
    let row = found.ok_or_else(|| Error::GiftNotFound { gift: id.to_string() })?;
    let gift = read_all(tx, std::slice::from_ref(&row)).await?.remove(0);
    Ok((row, gift))
}

/// Until the transaction ends nobody else changes the gift.
async fn lock(tx: &mut Tx, id: GiftId) -> Result<(), Error> {
    let sql = "UPDATE gifts SET state = state WHERE id = $1";
    tx.execute("lock a gift", sql, &args![id.0]).await.map(drop)
}

fn item(product: &ProductId, offer: Option<&OfferId>) -> Item {
    Item {
        product: product.clone(),
        intent: if offer.is_some() { Intent::Rent } else { Intent::Buy },
        offer: offer.cloned(),
    }
}

impl Store {
    /// Gives a product to the account with an address: pays for it, and tells the recipient. The same command gives once.
    pub async fn give_product(&self, new: &NewGift<'_>, policy: &SendingPolicy) -> Result<Gift, Error> {
        let message = check_message(new.message)?;
        retrying!("give a product", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            lock_wallet(&mut tx, new.giver.0).await?;
            let sql = format!("SELECT {COLUMNS} FROM gifts WHERE giver = $1 AND command_id = $2");
            let known = tx
                .row::<GiftRow>("look for a command", &sql, &args![new.giver.0, new.command])
                .await?;
            if let Some(known) = known {
                if known.request_digest != new.digest {
                    return Err(Error::IdempotencyConflict {
                        command: new.command.to_string(),
                    });
                }
                return Ok(read_all(&mut tx, &[known]).await?.remove(0));
            }
            let recipient = confirmed(&mut tx, new.giver, new.to, new.name).await?;
            let sales = catalog::find_sales(&mut tx, std::iter::once(new.product)).await?;
            let sale = sales
                .get(new.product)
                .ok_or_else(|| scrip_domain::Error::ProductNotFound {
                    product: new.product.clone(),
                })?;
            // What it would cost somebody who has nothing of it yet.
            let stranger = Holdings {
                user: recipient.id,
                balance: Tokens::ZERO,
                licenses: BTreeMap::new(),
                sales: BTreeMap::from([(new.product.clone(), sale.clone())]),
            };
            let price = scrip_domain::quote(&[item(new.product, new.offer)], &stranger, now)?.total;
            if price != new.expected_price {
                return Err(scrip_domain::Error::PriceChanged {
                    expected: new.expected_price,
                    current: price,
                }
                .into());
            }
            check_sender(&mut tx, new.giver, price, policy, now).await?;
            let movement = Movement {
                kind: KIND_GIFT,
                reason: &format!("Gift: {}", new.product),
                at: now,
                legs: &[
                    Leg::wallet(new.giver, -price.get()),
                    Leg::vendor(VENDOR_ESCROW, price.get()),
                ],
            };
            let id = GiftId(self.move_tokens(&mut tx, &movement).await?);
            let sql = "INSERT INTO gifts (id, giver, recipient, product, offer, price, sale, message, command_id, \
                       request_digest, state, created_at, lapses_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', $11, $12)";
            let values = args![
                id.0,
                new.giver.0,
                recipient.id.0,
                new.product.as_str(),
                new.offer.map(|offer| offer.as_str().to_owned()),
                price,
                // Offers are plain data: text, integers and enums always serialise.
                serde_json::to_string(sale).unwrap_or_default(),
                message.as_str(),
                new.command,
                new.digest.to_vec(),
                now,
                policy.lapses_at(now)
            ];
            tx.execute("record a gift", sql, &values).await?;
            let (_, gift) = find(&mut tx, id).await?;
            let theirs = format!(
                "{} gives you {}. Take it until {}, or send it back.",
                gift.giver.name, gift.product_name, gift.lapses_at
            );
            self.tell_gift(&mut tx, &gift, gift.recipient.id, "gift.received", &theirs, now)
                .await?;
            let mine = format!(
                "You gave {} to {} for {price}. It comes back where it is not taken until {}.",
                gift.product_name, gift.recipient.name, gift.lapses_at
            );
            self.tell_gift(&mut tx, &gift, gift.giver.id, "gift.given", &mine, now)
                .await?;
            tx.commit().await?;
            Ok(gift)
        })
    }

    /// What a gift of this item costs now: what somebody pays who has nothing of it yet.
    pub async fn gift_price(&self, item: &Item) -> Result<Tokens, Error> {
        let mut tx = self.database.read().await?;
        let sales = catalog::find_sales(&mut tx, std::iter::once(&item.product)).await?;
        let stranger = Holdings {
            user: UserId(Uuid::nil()),
            balance: Tokens::ZERO,
            licenses: BTreeMap::new(),
            sales: sales.into_iter().collect(),
        };
        Ok(scrip_domain::quote(std::slice::from_ref(item), &stranger, self.clock.now())?.total)
    }

    async fn tell_gift(
        &self,
        tx: &mut Tx,
        gift: &Gift,
        user: UserId,
        kind: &str,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let notice = NewNotice {
            user,
            kind,
            product: Some(&gift.product),
            subject: &gift.id.to_string(),
            text,
        };
        notice.put(tx, self.new_id(), now).await.map(drop)
    }

    /// Takes a gift that waits for the user: its price becomes the order that begins the license, at the terms of the day on
    /// which it was given. Taking it again changes nothing.
    pub async fn accept_gift(&self, user: UserId, id: GiftId) -> Result<Gift, Error> {
        retrying!("take a gift", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            lock(&mut tx, id).await?;
            let (row, gift) = find(&mut tx, id).await?;
            if gift.recipient.id != user {
                return Err(Error::GiftNotFound { gift: id.to_string() });
            }
            match gift.state {
                GiftState::Accepted => return Ok(gift),
                GiftState::Waiting => {}
                state => {
                    return Err(Error::GiftOver {
                        gift: id.to_string(),
                        state: state.as_str(),
                    });
                }
            }
            let (transfer, order) = self.begin_gift(&mut tx, &row, &gift, now).await?;
            let sql = "UPDATE gifts SET state = 'accepted', ended_at = $2, end_transfer = $3, order_id = $4 \
                       WHERE id = $1 AND state = 'waiting'";
            changed(
                tx.execute("take a gift", sql, &args![id.0, now, transfer, order.0])
                    .await?,
            )?;
            let text = format!("{} took your gift, {}.", gift.recipient.name, gift.product_name);
            self.tell_gift(&mut tx, &gift, gift.giver.id, "gift.accepted", &text, now)
                .await?;
            let (_, gift) = find(&mut tx, id).await?;
            tx.commit().await?;
            Ok(gift)
        })
    }

    /// Lets the recipient pay with what the giver paid: two transfers, an order and a license.
    async fn begin_gift(
        &self,
        tx: &mut Tx,
        row: &GiftRow,
        gift: &Gift,
        now: Timestamp,
    ) -> Result<(Uuid, OrderId), Error> {
        let (user, price) = (gift.recipient.id, gift.price.get());
        let sale: Sale = read_json("gifts", &row.id.to_string(), &row.sale)?;
        lock_wallet(tx, user.0).await?;
        let held = licenses::find(tx, &[(user, &gift.product)]).await?.pop();
        let before = held.as_ref().map(|license| license.revision);
        let holdings = Holdings {
            user,
            balance: gift.price,
            licenses: held
                .map(|license| (gift.product.clone(), license))
                .into_iter()
                .collect(),
            sales: BTreeMap::from([(gift.product.clone(), sale)]),
        };
        let items = [item(&gift.product, gift.offer.as_ref())];
        let mut new_license = || LicenseId(self.new_id());
        let settled = scrip_domain::settle(&items, gift.price, &holdings, now, &mut new_license)?;
        let movement = Movement {
            kind: KIND_GIFT,
            reason: &format!("Gift: {}", gift.product),
            at: now,
            legs: &[Leg::vendor(VENDOR_ESCROW, -price), Leg::wallet(user, price)],
        };
        let given = self.move_tokens(tx, &movement).await?;
        let movement = Movement {
            kind: KIND_ORDER,
            reason: gift.product.as_str(),
            at: now,
            legs: &[Leg::wallet(user, -price), Leg::vendor(VENDOR_REVENUE, price)],
        };
        let order = OrderId(self.move_tokens(tx, &movement).await?);
        let balance = lock_wallet(tx, user.0).await?;
        let sql = "INSERT INTO orders (id, user_id, command_id, request_digest, lines, total, balance_after, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let lines = serde_json::to_string(&settled.quote.lines).unwrap_or_default();
        let values = args![
            order.0,
            user.0,
            row.id,
            row.request_digest.clone(),
            lines,
            gift.price,
            balance,
            now
        ];
        tx.execute("write an order", sql, &values).await?;
        let begun: Vec<&License> = settled.licenses.iter().collect();
        match before {
            None => licenses::insert(tx, &begun).await?,
            Some(revision) => {
                let changed: Vec<_> = begun.into_iter().map(|license| (revision, license)).collect();
                licenses::update(tx, &changed).await?;
            }
        }
        Ok((given, order))
    }

    /// Sends a gift back that waits: the recipient's `Declined`, or the giver's `Withdrawn`. Doing so again changes nothing.
    pub async fn return_gift(&self, user: UserId, id: GiftId, state: GiftState) -> Result<Gift, Error> {
        retrying!("send a gift back", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            lock(&mut tx, id).await?;
            let (_, gift) = find(&mut tx, id).await?;
            let whose = if state == GiftState::Declined {
                gift.recipient.id
            } else {
                gift.giver.id
            };
            if whose != user {
                return Err(Error::GiftNotFound { gift: id.to_string() });
            }
            if gift.state == state {
                return Ok(gift);
            }
            if gift.state != GiftState::Waiting {
                return Err(Error::GiftOver {
                    gift: id.to_string(),
                    state: gift.state.as_str(),
                });
            }
            self.pay_gift_back(&mut tx, &gift, state, now).await?;
            let (_, gift) = find(&mut tx, id).await?;
            tx.commit().await?;
            Ok(gift)
        })
    }

    async fn pay_gift_back(&self, tx: &mut Tx, gift: &Gift, state: GiftState, now: Timestamp) -> Result<(), Error> {
        let price = gift.price.get();
        let movement = Movement {
            kind: KIND_GIFT,
            reason: &format!("Gift given back: {}", gift.product),
            at: now,
            legs: &[Leg::vendor(VENDOR_ESCROW, -price), Leg::wallet(gift.giver.id, price)],
        };
        let id = self.move_tokens(tx, &movement).await?;
        put_reversal(tx, id, gift.id.0).await?;
        let sql = "UPDATE gifts SET state = $2, ended_at = $3, end_transfer = $4 WHERE id = $1 AND state = 'waiting'";
        changed(
            tx.execute("send a gift back", sql, &args![gift.id.0, state.as_str(), now, id])
                .await?,
        )?;
        let why = match state {
            GiftState::Declined => "was not wanted",
            GiftState::Withdrawn => "was taken back",
            _ => "was not taken in time",
        };
        let mine = format!(
            "Your gift of {} {why}; {} are back in your wallet.",
            gift.product_name, gift.price
        );
        self.tell_gift(tx, gift, gift.giver.id, "gift.returned", &mine, now)
            .await?;
        if state == GiftState::Declined {
            return Ok(());
        }
        let theirs = format!("The gift of {} from {} {why}.", gift.product_name, gift.giver.name);
        self.tell_gift(tx, gift, gift.recipient.id, "gift.gone", &theirs, now)
            .await
    }

    /// Sends gifts back that nobody took in time, up to `limit` of them; answers how many.
    pub async fn lapse_gifts(&self, limit: i64) -> Result<usize, Error> {
        let sql = "SELECT id FROM gifts WHERE state = 'waiting' AND lapses_at <= $1 ORDER BY lapses_at, id LIMIT $2";
        let due = self
            .database
            .rows::<(Uuid,)>("look for gifts", sql, &args![self.clock.now(), limit])
            .await?;
        let mut lapsed = 0;
        for (id,) in due {
            let done: Result<bool, Error> = retrying!("send a gift back", {
                let (mut tx, now) = (self.database.write().await?, self.clock.now());
                let (_, gift) = find(&mut tx, GiftId(id)).await?;
                if gift.state != GiftState::Waiting {
                    return Ok(false);
                }
                self.pay_gift_back(&mut tx, &gift, GiftState::Lapsed, now).await?;
                tx.commit().await?;
                Ok(true)
            });
            lapsed += usize::from(done?);
        }
        Ok(lapsed)
    }

    /// Up to `limit` gifts that the user gave or got, the newest first, older than the one named `before`.
    pub async fn gifts(&self, user: UserId, before: Option<GiftId>, limit: i64) -> Result<Vec<Gift>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM gifts WHERE id IN (SELECT id FROM (SELECT id FROM gifts WHERE giver = $1 AND id < $2 \
             ORDER BY id DESC LIMIT $3) AS a UNION SELECT id FROM (SELECT id FROM gifts WHERE recipient = $1 AND id < $2 \
             ORDER BY id DESC LIMIT $3) AS b) ORDER BY id DESC LIMIT $3"
        );
        let mut tx = self.database.read().await?;
        let before = before.map_or(Uuid::max(), |id| id.0);
        let rows = tx
            .rows::<GiftRow>("read gifts", &sql, &args![user.0, before, limit])
            .await?;
        read_all(&mut tx, &rows).await
    }
}
