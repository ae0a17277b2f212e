//! What is there before the fire: accounts with tokens, products, vouchers, prices, and transfers that come due one after the other.

use std::path::Path;
use std::sync::Arc;

use scrip_domain::{
    Clock as _, FixedClock, Offer, Offers, OrderRefundPolicy, Policy, RentalOffer, RentalRules, SendingPolicy,
    SystemClock, Tokens,
};
use scrip_server::{Config, Server};
use scrip_store::{Act, NewPriceList, NewSending, NewUser, NewVouchers, ProductListing, TokenHash, VoucherFunding};
use scrip_testkit::Chance;
use sha2::{Digest as _, Sha256};

use crate::book::Deed;

/// Accounts; some are used from two computers at once.
pub(crate) const ACCOUNTS: usize = 160;
/// What each account holds at first.
pub(crate) const GRANT: i64 = 400;
/// What a voucher adds.
pub(crate) const VOUCHER: i64 = 25;
/// Products; each can be bought and rented.
pub(crate) const PRODUCTS: usize = 40;
const VOUCHERS: u32 = 600;
/// Over how many seconds the transfers come due that were made before.
const DUE_SECONDS: i64 = 50;

const ACT: Act<'static> = Act {
    actor: "test",
    action: "test.prepared",
    subject: "the shop",
    why: "a fire drill",
};

/// A person.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) email: String,
    /// The token of a session.
    pub(crate) token: String,
}

/// What customers know of the shop.
pub(crate) struct Shop {
    pub(crate) accounts: Vec<Account>,
    /// The codes of vouchers, in no order.
    pub(crate) vouchers: Vec<String>,
    /// What was done before, by account.
    pub(crate) before: Vec<Vec<Deed>>,
}

/// How tokens are sent: at once, or with a minute in which they can be taken back.
pub(crate) fn sending(cooling_off_minutes: u32) -> SendingPolicy {
    let most = tokens(1_000_000);
    SendingPolicy {
        tokens_max: most,
        tokens_per_day_max: most,
        transfers_per_day_max: u16::MAX,
        cooling_off_minutes,
        ..SendingPolicy::default()
    }
}

pub(crate) fn product(number: usize) -> String {
    format!("org.example.Product{number:02}")
}

fn tokens(count: i64) -> Tokens {
    Tokens::new(count).unwrap()
}

/// Prepares the shop in this data folder, past the server, which does not run yet.
pub(crate) async fn prepare(data: &Path, database: Option<String>, chance: &mut Chance) -> Shop {
    let config = Config::load(data, database).unwrap();
    let clock = Arc::new(FixedClock::new(SystemClock.now().plus_seconds(-60)));
    let server = Server::open_at(config.clone(), clock).await.unwrap();
    let store = server.store();
    let listings: Vec<ProductListing> = (0..PRODUCTS).map(listing).collect();
    store.put_products(&listings).await.unwrap();
    store.put_price_list(&prices(), &ACT).await.unwrap();
    store.put_setting(&sending(1), &ACT).await.unwrap();
    let refunds = OrderRefundPolicy {
        per_year_max: u16::MAX,
        ..OrderRefundPolicy::default()
    };
    store.put_setting(&refunds, &ACT).await.unwrap();
    let accounts = open_accounts(&server, chance).await;
    let batch = NewVouchers {
        id: chance.id(),
        tokens: tokens(VOUCHER),
        count: VOUCHERS,
        expires_at: None,
        funding: VoucherFunding::Sold,
        label: "Fire drill".to_owned(),
    };
    store.make_vouchers(&batch, &ACT).await.unwrap();
    let codes = scrip_server::open_codes(&server, batch.id).await.unwrap();
    let mut vouchers: Vec<String> = codes.into_iter().map(|(_, code)| code.to_string()).collect();
    chance.shuffle(&mut vouchers);
    store.close().await;
    let before = send_before(config, &accounts, chance).await;
    Shop {
        accounts,
        vouchers,
        before,
    }
}

async fn open_accounts(server: &Server, chance: &mut Chance) -> Vec<Account> {
    let mut accounts = Vec::with_capacity(ACCOUNTS);
    for number in 0..ACCOUNTS {
        let email = format!("person{number:03}@example.com");
        let new = NewUser {
            email: email.parse().unwrap(),
            password_hash: "none".to_owned(),
            grant: tokens(GRANT),
            grant_later: tokens(0),
        };
        let user = server.store().register(&new).await.unwrap();
        let token = format!("session-of-{number:03}-{}", chance.id());
        let hash = TokenHash(Sha256::digest(token.as_bytes()).into());
        let end = server.now().plus_seconds(86_400);
        server.store().open_session(user.id, hash, end).await.unwrap();
        accounts.push(Account { email, token });
    }
    accounts
}

/// Everybody sends something to somebody, a little later each, on a clock that stands a minute ago: it comes due during the fire.
async fn send_before(config: Config, accounts: &[Account], chance: &mut Chance) -> Vec<Vec<Deed>> {
    let clock = Arc::new(FixedClock::new(SystemClock.now().plus_seconds(-60)));
    let server = Server::open_at(config, clock.clone()).await.unwrap();
    let mut begun = 0;
    let mut before = vec![vec![Deed::Granted { tokens: GRANT }]; accounts.len()];
    for (from, deeds) in before.iter_mut().enumerate() {
        let due = i64::try_from(from).unwrap() * DUE_SECONDS / i64::try_from(accounts.len()).unwrap();
        clock.advance_seconds(due - begun);
        begun = due;
        let to = (from + 1 + chance.index(accounts.len() - 1)) % accounts.len();
        let count = 1 + i64::try_from(chance.below(5)).unwrap();
        let sender = accounts[from].email.parse().unwrap();
        let sender = server.store().user_by_email(&sender).await.unwrap().unwrap();
        let recipient = server.store().person(&accounts[to].email).await.unwrap();
        let new = NewSending {
            sender: sender.id,
            to: &accounts[to].email,
            name: &recipient.name,
            tokens: tokens(count),
            message: "",
            command: chance.id(),
            digest: [0; 32],
        };
        let sent = server.store().send_tokens(&new, &sending(1)).await.unwrap();
        deeds.push(Deed::Sent {
            sending: sent.id.to_string(),
            to,
            tokens: count,
        });
    }
    server.store().close().await;
    before
}

fn prices() -> NewPriceList {
    NewPriceList {
        currency: "EUR".parse().unwrap(),
        effective_from: None,
        effective_until: None,
        terms: scrip_testkit::token_prices(),
    }
}

fn listing(number: usize) -> ProductListing {
    let id: scrip_domain::ProductId = product(number).parse().unwrap();
    let purchase = Offer::Purchase {
        id: "purchase".parse().unwrap(),
        price: tokens(40),
    };
    let rental = Offer::Rental(RentalOffer {
        id: "ten".parse().unwrap(),
        price: tokens(9),
        allowance: scrip_domain::Allowance::Uses { count: 10 },
        credit_permille: 500,
        rules: RentalRules::default(),
    });
    ProductListing {
        policy: Policy::default(),
        name: format!("Product {number}"),
        summary: "Something to buy".into(),
        developer: "Example People".into(),
        keywords: Vec::new(),
        categories: vec!["Utility".into()],
        offers: Offers::new(vec![purchase, rental]).unwrap(),
        entry: format!("{{\"id\":\"{id}\"}}"),
        detail: "{}".into(),
        id,
    }
}
