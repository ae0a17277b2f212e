//! What happens at the made-up vendor, one deed at a time, through the store's own doors.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_domain::{
    BillTo, BillingPolicy, CampaignId, Clock as _, Coded as _, Currency, DeviceId, FixedClock, IdSource as _,
    LicenseId, OrderChannel, OrderId, OrderRefundPolicy, PersonalDetails, Platform, ProductId, PurchaseMethod,
    SeatKind, SendingPolicy, SystemIds, TeamId, TokenAmount, Tokens, UserId, VoucherCode,
};
use scrip_store::{
    Act, Checkout, Error, NewDevice, NewGrant, NewPayment, NewSending, NewTokenOrder, NewTokenPurchase, NewUser,
    Redemption, RefundBy, Store, TeamTransfer, TokenHash,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::stock::{Shelf, Wish};

/// What an account is given when it is opened, in tokens.
const WELCOME: i64 = 50;
/// For how many seconds sessions last: longer than a made database is kept.
pub(super) const SESSION_SECONDS: i64 = 90 * 86_400;

/// A deed of the vendor's people.
pub(super) const fn act<'a>(action: &'static str, subject: &'a str) -> Act<'a> {
    Act {
        actor: "ivy@vendor.example",
        action,
        subject,
        why: "asked for by telephone",
    }
}

/// A customer, as this program remembers them.
pub(super) struct Customer {
    pub(super) id: UserId,
    pub(super) email: String,
    pub(super) name: String,
    /// In tokens; read anew where the store says otherwise.
    pub(super) balance: i64,
    pub(super) shelf: Shelf,
    /// An order that began a license, not taken back yet.
    pub(super) last: Option<(OrderId, ProductId)>,
    pub(super) team: Option<TeamId>,
    pub(super) device: Option<DeviceId>,
}

/// A vendor whose clock this program moves.
pub(super) struct Vendor {
    pub(super) store: Store,
    pub(super) clock: Arc<FixedClock>,
    pub(super) ids: Arc<SystemIds>,
    /// Transfers that were made.
    pub(super) transfers: usize,
    /// Deeds that the store refused, such as one that lacked tokens which had run out.
    pub(super) refused: usize,
    pub(super) payments: u64,
    pub(super) vouchers: Vec<u64>,
    pub(super) campaign: Option<CampaignId>,
}

impl Vendor {
    pub(super) fn id(&self) -> Uuid {
        self.ids.new_id(&*self.clock)
    }

    /// Counts what a deed moved. A refusal by a rule is part of life, and leaves everything as it was.
    fn settle<T>(&mut self, done: Result<T, Error>, transfers: usize) -> Result<Option<T>> {
        match done {
            Ok(done) => {
                self.transfers += transfers;
                Ok(Some(done))
            }
            Err(Error::Rule(rule)) => {
                self.refused += 1;
                if self.refused <= 3 {
                    eprintln!("    refused, as happens: {} ({})", rule, rule.code());
                }
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a balance that is not as remembered.
    async fn look(&self, customer: &mut Customer) -> Result<()> {
        customer.balance = self.store.balance(customer.id).await?.get();
        Ok(())
    }

    pub(super) async fn register(&mut self, email: String, name: String, phone: u64) -> Result<Customer> {
        let new = NewUser {
            email: email.parse()?,
            password_hash: "none".into(),
            grant: Tokens::new(WELCOME)?,
            grant_later: Tokens::ZERO,
        };
        let user = self.store.register(&new).await?;
        self.transfers += 1;
        let details = PersonalDetails {
            name: name.clone(),
            phone: format!("+49 30 {phone:07}"),
            postal_address: format!("Street {}\n10115 Berlin", phone % 300),
        };
        self.store.set_personal_details(user.id, &details).await?;
        Ok(Customer {
            id: user.id,
            email,
            name,
            balance: WELCOME,
            shelf: Shelf::default(),
            last: None,
            team: None,
            device: None,
        })
    }

    pub(super) async fn sign_in(&self, customer: &Customer, token: &str) -> Result<()> {
        let ends_at = self.clock.now().plus_seconds(SESSION_SECONDS);
        Ok(self.store.open_session(customer.id, hash(token), ends_at).await?)
    }

    /// A checkout to be handed to the store beside others.
    pub(super) fn checkout(&self, customer: &Customer, wish: &Wish) -> Result<Checkout> {
        Ok(Checkout {
            user: customer.id,
            command: self.id(),
            digest: [1; 32],
            items: vec![wish.item.clone()],
            expected_total: Tokens::new(wish.cost)?,
            clear_cart: false,
            renewal_lead_seconds: None,
            held: None,
        })
    }

    /// What became of a checkout. Answers whether it was paid.
    pub(super) async fn keep(
        &mut self,
        customer: &mut Customer,
        wish: &Wish,
        paid: Result<scrip_store::PaidOrder, scrip_store::Refusal>,
    ) -> Result<bool> {
        let Some(order) = self.settle(paid.map_err(|refusal| refusal.error), 1)? else {
            self.look(customer).await?;
            return Ok(false);
        };
        customer.balance = order.balance_after.get();
        if customer.shelf.keep(wish) {
            customer.last = Some((order.id, wish.item.product.clone()));
        }
        Ok(true)
    }

    /// Puts a license on the customer's computer.
    pub(super) async fn activate(&mut self, customer: &mut Customer, product: &ProductId) -> Result<()> {
        let device = match customer.device {
            Some(device) => device,
            None => self.computer(customer).await?,
        };
        customer.device = Some(device);
        let found = self
            .store
            .licenses_for(customer.id, std::slice::from_ref(product))
            .await?;
        let license: LicenseId = found.first().context("a license that was paid for")?.id;
        let taken = self
            .store
            .take_seat(customer.id, license, device, SeatKind::Fixed, |_, _| Ok(()))
            .await;
        self.settle(taken, 0).map(drop)
    }

    async fn computer(&self, customer: &Customer) -> Result<DeviceId> {
        let device = NewDevice {
            name: format!("Computer of {}", customer.name),
            thumbprint: Base64UrlUnpadded::encode_string(&Sha256::digest(customer.id.0.as_bytes())),
            machine: format!("machine of {}", customer.id),
            facts: "{}".into(),
            platform: Platform {
                os: "linux".into(),
                arch: "x86_64".into(),
            },
        };
        Ok(self.store.put_device(customer.id, &device, |_| None).await?.0.id)
    }

    /// Sells tokens by card; now and then some are given back.
    pub(super) async fn sell(&mut self, customer: &mut Customer, tokens: i64, give_back: bool) -> Result<()> {
        let new = self.purchase(customer, tokens, PurchaseMethod::Card)?;
        let (opened, _) = self.store.open_purchase(&new).await?;
        self.payments += 1;
        let payment = format!("pi_{}", self.payments);
        self.store.settle_purchase(opened.id, Some(&payment)).await?;
        self.transfers += 1;
        customer.balance += tokens;
        if give_back {
            let (some, command) = (Tokens::new(tokens / 10)?, self.id());
            let subject = opened.id.to_string();
            let act = act("purchase.refunded", &subject);
            let back = self
                .store
                .refund_purchase(opened.id, Some(some), false, command, &act)
                .await;
            if self.settle(back, 1)?.is_some() {
                customer.balance -= some.get();
            }
        }
        Ok(())
    }

    fn purchase(&self, customer: &Customer, tokens: i64, method: PurchaseMethod) -> Result<NewTokenPurchase> {
        Ok(NewTokenPurchase {
            user: customer.id,
            command: self.id(),
            digest: [2; 32],
            method,
            currency: euro()?,
            wanted: TokenAmount::Tokens(Tokens::new(tokens)?),
            expected_total: None,
            reference: String::new(),
            expires_at: None,
            hold: None,
        })
    }

    /// Sells tokens by bill, or by an order on paper that waits for approval. Most bills are paid.
    pub(super) async fn bill(&mut self, customer: &mut Customer, tokens: i64, kind: u64) -> Result<()> {
        let method = if kind == 0 {
            PurchaseMethod::PurchaseOrder
        } else {
            PurchaseMethod::BankTransfer
        };
        let new = NewTokenOrder {
            purchase: NewTokenPurchase {
                reference: format!("PO-{}", self.payments),
                ..self.purchase(customer, tokens, method)?
            },
            channel: OrderChannel::Online,
            channel_reference: String::new(),
            note: String::new(),
            bill_to: BillTo {
                name: customer.name.clone(),
                address: "Street 1\n10115 Berlin".into(),
                tax_number: String::new(),
            },
            approved: false,
        };
        let placed = self
            .store
            .place_token_order(&new, &BillingPolicy::default(), None)
            .await;
        let Some((placed, _)) = self.settle(placed, 0)? else {
            return Ok(());
        };
        let Some(invoice) = placed.invoice.filter(|_| kind > 1) else {
            return Ok(());
        };
        let bill = self.store.invoice(None, invoice).await?;
        let payment = NewPayment {
            id: self.id(),
            method: PurchaseMethod::BankTransfer,
            money: bill.state.open(),
            payer: customer.name.clone(),
            text: bill.number.clone(),
            received_at: self.clock.now(),
            invoice: Some(invoice),
            cleared: true,
        };
        self.store
            .book_payment(&payment, &act("payment.booked", &bill.number))
            .await?;
        self.transfers += 1;
        customer.balance += tokens;
        Ok(())
    }

    /// Gives tokens, with a date or out of the campaign.
    pub(super) async fn give(&mut self, customer: &mut Customer, tokens: i64, days: Option<i64>) -> Result<()> {
        let act = act("tokens.granted", &customer.email);
        if let Some(days) = days {
            let new = NewGrant {
                email: &customer.email,
                tokens: Tokens::new(tokens)?,
                reason: "Thank you for waiting",
                command: self.id(),
                expires_at: Some(self.clock.now().plus_seconds(days * 86_400)),
            };
            customer.balance = self.store.grant_dated(&new, &act).await?.get();
            self.transfers += 1;
        } else if let Some(campaign) = self.campaign
            && self.store.grant_from_campaign(campaign, &customer.email, &act).await?
        {
            self.transfers += 1;
            self.look(customer).await?;
        }
        Ok(())
    }

    pub(super) async fn redeem(&mut self, customer: &mut Customer) -> Result<()> {
        let Some(serial) = self.vouchers.pop() else {
            return Ok(());
        };
        let redemption = Redemption {
            user: customer.id,
            code: VoucherCode::new(serial, 0),
            command: self.id(),
            act: None,
        };
        let redeemed = self.store.redeem_voucher(&redemption, |_, _| true).await?;
        customer.balance = redeemed.balance_after.get();
        self.transfers += 1;
        Ok(())
    }

    pub(super) async fn send(&mut self, sender: &mut Customer, to: (&str, &str), tokens: i64) -> Result<()> {
        let new = NewSending {
            sender: sender.id,
            to: to.0,
            name: to.1,
            tokens: Tokens::new(tokens)?,
            message: "for lunch",
            command: self.id(),
            digest: [3; 32],
        };
        let sent = self.store.send_tokens(&new, &SendingPolicy::default()).await;
        // It arrives with a transfer of its own.
        self.settle(sent, 2)?;
        self.look(sender).await
    }

    pub(super) async fn take_back(&mut self, customer: &mut Customer) -> Result<()> {
        let Some((order, product)) = customer.last.take() else {
            return Ok(());
        };
        let subject = order.to_string();
        let (act, policy) = (act("order.refunded", &subject), OrderRefundPolicy::default());
        let by = RefundBy::Operator(&act);
        let back = self.store.refund_order(order, &product, Tokens::ZERO, by, policy).await;
        if let Some((_, balance)) = self.settle(back, 1)? {
            customer.balance = balance.get();
            customer.shelf.give_back(&product);
        }
        Ok(())
    }

    /// Moves tokens between a customer and the customer's team.
    pub(super) async fn share(&mut self, customer: &mut Customer, tokens: i64, draw: bool) -> Result<()> {
        let team = match customer.team {
            Some(team) => team,
            None => TeamId(self.id()),
        };
        if customer.team.is_none() {
            self.store.begin_team(customer.id, team, "The family").await?;
            customer.team = Some(team);
        }
        let moved = TeamTransfer {
            user: customer.id,
            team,
            tokens: Tokens::new(tokens)?,
            draw,
            command: self.id(),
            digest: [4; 32],
        };
        let moved = self.store.move_team_tokens(&moved, &SendingPolicy::default()).await;
        self.settle(moved, 1)?;
        self.look(customer).await
    }
}

pub(super) fn euro() -> Result<Currency> {
    let Ok(euro) = "EUR".parse() else {
        bail!("there is no euro")
    };
    Ok(euro)
}

/// The digest under which a token is stored.
pub(super) fn hash(token: &str) -> TokenHash {
    TokenHash(Sha256::digest(token.as_bytes()).into())
}
