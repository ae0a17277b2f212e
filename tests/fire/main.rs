//! Money under fire: many customers order, send, take back, redeem and pay while the servers are killed again and again.
//! Afterwards the books balance, nothing that was acknowledged is lost, and nothing was done twice.

#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod book;
mod customer;
mod line;
mod payer;
mod servers;
mod shop;
mod view;

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use scrip_testkit::{Chance, Postgres, SECRET_KEY, Stripe, WEBHOOK_SECRET};
use scrip_tests::Vendor;
use tokio::task::JoinSet;

use crate::book::Book;
use crate::customer::{Customer, Done};
use crate::line::{Line, Tally, http};
use crate::servers::Servers;
use crate::shop::{ACCOUNTS, Shop};
use crate::view::Seen;

/// Customers at their computers.
const CLIENTS: usize = 200;
/// How long it burns.
const DURATION: Duration = Duration::from_mins(1);
/// How long jobs may take afterwards to end what was left: a server that was killed holds its jobs for half a minute.
const SETTLE_MAX: Duration = Duration::from_secs(100);
/// What decides who does what, unless `SCRIP_FIRE_SEED` says otherwise.
const SEED: u64 = 20_260_705;

/// The jobs that end what is left do so at once; the audit runs while it burns.
const SETTINGS: &str = "[jobs]\nsendings = 1\npayments = 4\nbooks = 10\naudit = 10\n";

/// One fire at a time: each wants the whole machine.
static TURN: Mutex<()> = Mutex::new(());

#[test]
fn one_server_on_the_embedded_database_loses_nothing_and_does_nothing_twice() {
    burn(None, 1);
}

#[test]
fn two_servers_on_one_postgresql_lose_nothing_and_do_nothing_twice() {
    burn(Some(Postgres::shared().database()), 2);
}

fn burn(database: Option<String>, servers: usize) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = std::env::var("SCRIP_FIRE_SEED").map_or(SEED, |text| text.parse().expect("SCRIP_FIRE_SEED is a number"));
    println!("seed {seed}: SCRIP_FIRE_SEED={seed} repeats it");
    let mut chance = Chance::new(seed);
    let stripe = Arc::new(Stripe::start());
    let mut environment = vec![
        ("SCRIP_STRIPE_URL", stripe.url().to_owned()),
        ("SCRIP_STRIPE_SECRET_KEY", SECRET_KEY.to_owned()),
        ("SCRIP_STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
        ("SCRIP_LOG", "error".to_owned()),
    ];
    environment.extend(database.iter().map(|url| ("DATABASE_URL", url.clone())));
    let vendor = Vendor::prepare(SETTINGS, environment);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let shop = Arc::new(runtime.block_on(shop::prepare(vendor.data(), database.clone(), &mut chance)));
    let embedded = format!("sqlite:{}", vendor.data().join("scrip.db").display());
    let mut servers = Servers::start(vendor, servers, database.unwrap_or(embedded));
    let tally = Arc::new(Tally::default());
    let http = http();
    let line = |chance: &mut Chance| {
        let chance = Chance::new(chance.below(u64::MAX));
        Line::new(http.clone(), servers.addresses(), Arc::clone(&tally), chance)
    };
    let customers: Vec<Customer> = (0..CLIENTS)
        .map(|number| {
            let (line, own) = (line(&mut chance), Chance::new(chance.below(u64::MAX)));
            Customer::new(Arc::clone(&shop), Arc::clone(&stripe), number % ACCOUNTS, line, own)
        })
        .collect();
    let mut line = line(&mut chance);
    let (end, ended) = mpsc::channel();
    let (kills, done) = std::thread::scope(|scope| {
        let burning = &mut servers;
        let arsonist = scope.spawn(move || burning.burn(&ended));
        let done = runtime.block_on(live(customers, end));
        (arsonist.join().unwrap(), done)
    });
    let (book, refused) = file(&shop, done);
    println!("{kills} kills; {:?}; refused {refused:?}; {tally:?}", book.counts());
    let views = runtime.block_on(look(&shop, &book, &mut line));
    let tokens = book.check(&views);
    let audit = servers.vendor().audit();
    assert!(audit.ends_with("the books balance\n"), "{audit}");
    let held = format!("{ACCOUNTS} wallets holding {tokens} tokens");
    assert!(audit.contains(&held), "the model has {held}; the audit says {audit}");
    assert!(
        kills >= 8 && tally.broken.load(Ordering::Relaxed) > kills,
        "{kills} kills: {tally:?}"
    );
    for (deed, count) in book.counts() {
        assert!(count >= 20, "only {count} {deed}");
    }
}

/// Lets the customers live until it is over, then lets the servers be.
async fn live(customers: Vec<Customer>, end: mpsc::Sender<()>) -> Vec<Done> {
    let until = Instant::now() + DURATION;
    let mut living = JoinSet::new();
    for customer in customers {
        living.spawn(customer.live(until));
    }
    tokio::time::sleep_until(until.into()).await;
    drop(end);
    living.join_all().await
}

/// What was acknowledged, by account, and what was refused, by code.
fn file(shop: &Shop, done: Vec<Done>) -> (Book, BTreeMap<String, usize>) {
    let (mut accounts, mut refused) = (shop.before.clone(), BTreeMap::new());
    for one in done {
        accounts[one.account].extend(one.deeds);
        for (code, count) in one.refused {
            *refused.entry(code).or_default() += count;
        }
    }
    (Book::new(accounts), refused)
}

/// Looks at every account once the jobs have ended what was left.
async fn look(shop: &Shop, book: &Book, line: &mut Line) -> Vec<Seen> {
    let deadline = Instant::now() + SETTLE_MAX;
    let mut seen = Vec::with_capacity(shop.accounts.len());
    for (number, account) in shop.accounts.iter().enumerate() {
        loop {
            let now = Seen::of(line, &account.token).await;
            match book.unfinished(number, &now) {
                None => break,
                Some(what) => assert!(Instant::now() < deadline, "account {number}: {what}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // An account that was finished may have got something from one that was not.
    for account in &shop.accounts {
        seen.push(Seen::of(line, &account.token).await);
    }
    seen
}
