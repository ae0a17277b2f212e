//! Two years of a vendor, played through the store's own doors with a clock that is moved: so every row is as the server
//! would have written it, whatever the tables look like today.

use std::sync::Arc;

use anyhow::{Context, Result};
use futures_util::future::join_all;
use scrip_domain::{
    Audience, BillingPolicy, Campaign, CampaignId, Clock as _, ExpiryPolicy, FixedClock, Role, SystemClock, SystemIds,
    TokenPriceTerms, Tokens,
};
use scrip_store::{DataKey, NewApproval, NewPriceList, NewVouchers, Store, VoucherFunding};

use super::deeds::{Customer, SESSION_SECONDS, Vendor, act, euro, hash};
use super::made::DATA_KEY;
use super::stock;
use crate::numbers::Numbers;

const DAYS: usize = 730;
/// Batches of deeds that follow one another within a day.
const BATCHES_PER_DAY: usize = 12;
/// The days before today on each of which the books are rolled, as a server does; before them once a month.
const DAILY_BOOKS: usize = 45;
const SECONDS_PER_DAY: i64 = 86_400;

/// The account with one in a hundred of all transfers, one with the usual number, and the vendor's owner.
pub(crate) const HEAVY: &str = "heavy@example.org";
pub(crate) const TYPICAL: &str = "typical@example.org";
pub(crate) const OWNER: &str = "ivy@vendor.example";

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) users: usize,
    pub(crate) transfers: usize,
}

impl Scale {
    /// The same vendor with so many times fewer of everything; at least the accounts that look at pages.
    pub(crate) fn part(self, smaller: usize) -> Self {
        Self {
            users: (self.users / smaller).max(20),
            transfers: (self.transfers / smaller).max(200),
        }
    }
}

/// The token of the session of `who`, in the form that a cookie has.
pub(crate) fn session(who: &str) -> String {
    format!("{:-<43}", format!("session-{}", who.split('@').next().unwrap_or(who)))
}

/// Plays the years on an empty database. Answers how many transfers there are.
pub(crate) async fn play(url: &str, scale: Scale) -> Result<usize> {
    let today = SystemClock.now();
    let start = today.plus_seconds(-i64::try_from(DAYS)? * SECONDS_PER_DAY);
    let clock = Arc::new(FixedClock::new(start));
    let ids = Arc::new(SystemIds::default());
    let store = Store::open(url, clock.clone(), ids.clone()).await?;
    let store = store.with_data_key(DataKey::new(&DATA_KEY));
    let mut years = Years {
        vendor: Vendor {
            store,
            clock,
            ids,
            transfers: 0,
            refused: 0,
            payments: 0,
            vouchers: Vec::new(),
            campaign: None,
        },
        customers: Vec::with_capacity(scale.users),
        numbers: Numbers(0x7a11_5eed),
    };
    years.open().await?;
    for day in 0..DAYS {
        years.play_day(day, scale).await?;
    }
    let missing = today.micros() - years.vendor.clock.now().micros();
    years.vendor.clock.advance_seconds(missing / 1_000_000);
    years.close().await
}

struct Years {
    vendor: Vendor,
    customers: Vec<Customer>,
    numbers: Numbers,
}

/// What was reached of `whole` after the day, in proportion.
fn share_of(whole: usize, day: usize) -> usize {
    whole * (day + 1) / DAYS
}

impl Years {
    async fn open(&mut self) -> Result<()> {
        let listings = stock::listings(&mut self.numbers)?;
        self.vendor.store.put_products(&listings).await?;
        let owner = OWNER.parse()?;
        let store = &self.vendor.store;
        store
            .add_operator(&owner, Role::Owner, "none", &act("operator.added", OWNER))
            .await?;
        for (email, name) in [(HEAVY, "Hester Vance"), (TYPICAL, "Tycho Palmer")] {
            let customer = self.vendor.register(email.to_owned(), name.to_owned(), 1).await?;
            self.customers.push(customer);
        }
        Ok(())
    }

    async fn play_day(&mut self, day: usize, scale: Scale) -> Result<()> {
        if day.is_multiple_of(180) {
            self.price().await?;
        }
        if day.is_multiple_of(30) {
            self.promote(scale).await?;
        }
        for batch in 0..BATCHES_PER_DAY {
            self.welcome(share_of(scale.users, day)).await?;
            let until = share_of(scale.transfers, day);
            let (made, left) = (self.vendor.transfers, BATCHES_PER_DAY - batch);
            self.play_batch(until.saturating_sub(made).div_ceil(left)).await?;
            let pause = SECONDS_PER_DAY / i64::try_from(BATCHES_PER_DAY)?;
            self.vendor.clock.advance_seconds(pause);
        }
        let store = &self.vendor.store;
        while store.settle_sendings(500).await? > 0 {}
        if day.is_multiple_of(7) {
            let report = store.expire_lots(&ExpiryPolicy::default(), i64::MAX).await?;
            self.vendor.transfers += report.expired;
        }
        if day.is_multiple_of(30) || day + DAILY_BOOKS > DAYS {
            store.roll_books().await?;
        }
        if day.is_multiple_of(73) {
            eprintln!("    day {day} of {DAYS}: {} transfers", self.vendor.transfers);
        }
        Ok(())
    }

    /// Opens accounts until there are so many.
    async fn welcome(&mut self, until: usize) -> Result<()> {
        while self.customers.len() < until {
            let (words, number) = (self.numbers.words(2), self.customers.len());
            let email = format!(
                "{}{number}@{}",
                words.replace(' ', "."),
                ["example.org", "example.net"][number % 2]
            );
            let name: Vec<String> = words.split(' ').map(capital).collect();
            let customer = self.vendor.register(email, name.join(" "), number as u64).await?;
            if self.numbers.below(3) == 0 {
                let token = format!("a session of {}", customer.id);
                self.vendor.sign_in(&customer, &token).await?;
            }
            self.customers.push(customer);
        }
        Ok(())
    }

    /// About so many transfers. Checkouts come together, as they do at a server, but never two of one customer.
    async fn play_batch(&mut self, transfers: usize) -> Result<()> {
        let until = self.vendor.transfers + transfers;
        let mut buyers: Vec<usize> = Vec::new();
        while self.vendor.transfers + buyers.len() < until {
            let who = self.somebody();
            if self.numbers.below(100) < 70 {
                if buyers.contains(&who) {
                    self.check_out(std::mem::take(&mut buyers)).await?;
                }
                buyers.push(who);
                if buyers.len() >= 64 {
                    self.check_out(std::mem::take(&mut buyers)).await?;
                }
            } else {
                self.do_something_else(who).await?;
            }
        }
        self.check_out(buyers).await
    }

    /// One in a hundred deeds is the heavy customer's.
    fn somebody(&mut self) -> usize {
        if self.numbers.below(100) == 0 {
            return 0;
        }
        1 + self.numbers.one_of(self.customers.len() - 1)
    }

    async fn check_out(&mut self, buyers: Vec<usize>) -> Result<()> {
        let mut wishes = Vec::with_capacity(buyers.len());
        for who in buyers {
            let most = if who == 0 { 200 } else { 3 };
            let wish = self.customers[who].shelf.next(most, &mut self.numbers)?;
            if wish.cost > self.customers[who].balance {
                self.fill(who).await?;
            }
            wishes.push((who, wish));
        }
        let mut checkouts = Vec::with_capacity(wishes.len());
        for (who, wish) in &wishes {
            checkouts.push(self.vendor.checkout(&self.customers[*who], wish)?);
        }
        let store = &self.vendor.store;
        let paid = join_all(checkouts.into_iter().map(|checkout| store.check_out(checkout))).await;
        for ((who, wish), paid) in wishes.into_iter().zip(paid) {
            let customer = &mut self.customers[who];
            if self.vendor.keep(customer, &wish, paid).await? && self.numbers.below(12) == 0 {
                self.vendor.activate(customer, &wish.item.product).await?;
            }
        }
        Ok(())
    }

    /// Somebody's wallet is filled.
    async fn fill(&mut self, who: usize) -> Result<()> {
        let most = if who == 0 { 4000 } else { 300 };
        let tokens = 400 + i64::try_from(self.numbers.below(most))?;
        let give_back = self.numbers.below(25) == 0;
        self.vendor.sell(&mut self.customers[who], tokens, give_back).await
    }

    async fn do_something_else(&mut self, who: usize) -> Result<()> {
        let to = self.somebody();
        let what = self.numbers.below(30);
        let few = 1 + i64::try_from(self.numbers.below(20))?;
        let recipient = (self.customers[to].email.clone(), self.customers[to].name.clone());
        let customer = &mut self.customers[who];
        match what {
            0..=4 => self.vendor.sell(customer, 100 + few, false).await,
            5..=8 => self.vendor.give(customer, 10 + few, Some(60 + few * 15)).await,
            9..=12 => self.vendor.give(customer, few, None).await,
            13..=16 => self.vendor.redeem(customer).await,
            17..=20 if to != who => self.vendor.send(customer, (&recipient.0, &recipient.1), few).await,
            21..=23 => self.vendor.take_back(customer).await,
            24..=26 => self.vendor.share(customer, few, customer_draws(few)).await,
            _ => {
                let kind = self.numbers.below(12);
                self.vendor.bill(customer, 50 + few, kind).await
            }
        }
    }

    /// Something that can still be taken back, and something that is on a computer.
    async fn shop_today(&mut self, who: usize) -> Result<()> {
        for _ in 0..4 {
            self.fill(who).await?;
            self.check_out(vec![who]).await?;
            let customer = &mut self.customers[who];
            if let (None, Some((_, product))) = (customer.device, customer.last.clone()) {
                self.vendor.activate(customer, &product).await?;
            }
        }
        Ok(())
    }

    /// A new price list of tokens.
    async fn price(&mut self) -> Result<()> {
        let new = NewPriceList {
            currency: euro()?,
            effective_from: None,
            effective_until: None,
            terms: TokenPriceTerms {
                price_minor: 9 + i64::try_from(self.numbers.below(3))?,
                per_tokens: Tokens::new(1)?,
                tokens_min: Tokens::new(1)?,
                tokens_max: Tokens::new(1_000_000)?,
                tiers: Vec::new(),
                packs: Vec::new(),
                tax_permille: 190,
                tax_name: "VAT 19 %".into(),
            },
        };
        self.vendor
            .store
            .put_price_list(&new, &act("prices.published", "EUR"))
            .await?;
        Ok(())
    }

    /// A campaign and vouchers for the next weeks.
    async fn promote(&mut self, scale: Scale) -> Result<()> {
        let now = self.vendor.clock.now();
        let campaign = Campaign {
            id: CampaignId(self.vendor.id()),
            name: self.numbers.words(2),
            audience: Audience::Chosen,
            tokens: Tokens::new(5)?,
            budget: Tokens::new(i64::try_from(scale.users)? * 5)?,
            given: Tokens::ZERO,
            starts_at: now,
            ends_at: None,
            lifetime_days: Some(120),
            closed_at: None,
        };
        let store = &self.vendor.store;
        store
            .put_campaign(&campaign, &act("campaign.begun", "a campaign"))
            .await?;
        self.vendor.campaign = Some(campaign.id);
        let new = NewVouchers {
            id: self.vendor.id(),
            tokens: Tokens::new(20)?,
            count: u32::try_from(scale.transfers / 500)?.max(1),
            expires_at: None,
            funding: VoucherFunding::Sold,
            label: "The fair".into(),
        };
        store.make_vouchers(&new, &act("vouchers.made", "a batch")).await?;
        let made = store.vouchers(new.id, None, i64::from(new.count)).await?;
        self.vendor.vouchers.extend(made.iter().map(|row| row.terms.serial));
        Ok(())
    }

    /// What the console and the visitors of the measured pages need, and the books up to now.
    async fn close(mut self) -> Result<usize> {
        let store = &self.vendor.store;
        let owner = store.operator_by_email(&OWNER.parse()?).await?.context("the owner")?;
        let ends_at = self.vendor.clock.now().plus_seconds(SESSION_SECONDS);
        let signed_in = act("operator.signed_in", OWNER);
        store
            .open_operator_session(owner.id, hash(&session(OWNER)), ends_at, &signed_in)
            .await?;
        let endpoint = self.vendor.id();
        store
            .add_endpoint(
                endpoint,
                "http://127.0.0.1:9/hook",
                &[],
                "secret",
                &act("webhook.added", "one"),
            )
            .await?;
        store
            .ping_endpoint(endpoint, self.vendor.id(), &act("webhook.pinged", "one"))
            .await?;
        store
            .stop_endpoint(endpoint, Some("it is gone"), &act("webhook.stopped", "one"))
            .await?;
        for number in 0..60 {
            let summary = format!("Revoke the license number {number}.");
            let new = NewApproval {
                deed: "license.revoke",
                summary: &summary,
                body: "{}",
            };
            store.ask_approval(&new, &act("approval.asked", "a license")).await?;
        }
        for who in 0..2 {
            self.shop_today(who).await?;
        }
        let policy = BillingPolicy {
            seller: "A made-up vendor".into(),
            ..BillingPolicy::default()
        };
        let store = &self.vendor.store;
        store.put_setting(&policy, &act("settings.changed", "billing")).await?;
        let (heavy, typical) = (&self.customers[0], &self.customers[1]);
        self.vendor.sign_in(heavy, &session(HEAVY)).await?;
        self.vendor.sign_in(typical, &session(TYPICAL)).await?;
        self.vendor.store.roll_books().await?;
        if let Some(typical) = self.customers.get_mut(1) {
            self.vendor.share(typical, 1, false).await?;
        }
        self.vendor.store.close().await;
        eprintln!(
            "    {} transfers; {} deeds were refused",
            self.vendor.transfers, self.vendor.refused
        );
        Ok(self.vendor.transfers)
    }
}

/// Every third move of tokens takes them out of a team's wallet.
const fn customer_draws(few: i64) -> bool {
    few % 3 == 0
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
