//! A store for a test, on either database.

mod raw;
pub(crate) mod rental;

use std::sync::Arc;

use scrip_domain::{
    Allowance, ArtifactKind, Clock, DeviceId, FixedClock, IdSource, Intent, Item, LicenseId, Offer, Offers, Platform,
    Policy, RentalOffer, RentalRules, SeatKind, Sha256, SystemIds, Timestamp, Tokens, Version,
};
use scrip_store::{
    Act, Allotment, Checkout, DataKey, Error, HistoryFilter, LicenseCommand, NewArtifact, NewDevice, NewUser,
    PaidOrder, ProductListing, Refusal, Store, User,
};
use scrip_testkit::Postgres;
use uuid::Uuid;

/// Makes of each `async fn name(fixture: Fixture)` a test on SQLite and one on PostgreSQL.
macro_rules! both {
    ($(async fn $name:ident($fixture:ident: Fixture) $body:block)+) => {$(
        mod $name {
            use super::*;

            async fn run($fixture: Fixture) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                run(Fixture::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgresql() {
                run(Fixture::postgresql().await).await;
            }
        }
    )+};
}
pub(crate) use both;

/// A deed of the test's.
pub(crate) const fn act(action: &'static str) -> Act<'static> {
    Act {
        actor: "ada@vendor.example",
        action,
        subject: "it",
        why: "test",
    }
}

/// A deed with this reason.
pub(crate) const fn because(why: &str) -> Act<'_> {
    Act {
        actor: "ada@vendor.example",
        action: "license.held",
        subject: "it",
        why,
    }
}

#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) store: Store,
    clock: Arc<FixedClock>,
    ids: Arc<SystemIds>,
    url: String,
    _folder: Option<Arc<tempfile::TempDir>>,
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("scrip.db").display());
        Self::open(url, Some(Arc::new(folder))).await
    }

    pub(crate) async fn postgresql() -> Self {
        Self::open(Postgres::shared().database(), None).await
    }

    pub(crate) async fn open(url: String, folder: Option<Arc<tempfile::TempDir>>) -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(1_750_000_000)));
        let ids = Arc::new(SystemIds::default());
        let store = Store::open(&url, clock.clone(), ids.clone()).await.unwrap();
        let store = store.with_data_key(DataKey::new(&[7; DataKey::BYTES]));
        Self {
            store,
            clock,
            ids,
            url,
            _folder: folder,
        }
    }

    /// Another server on the same database.
    pub(crate) async fn reopen(&self) -> Self {
        let store = Store::open(&self.url, self.clock.clone(), self.ids.clone())
            .await
            .unwrap();
        let store = store.with_data_key(DataKey::new(&[7; DataKey::BYTES]));
        Self { store, ..self.clone() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn id(&self) -> Uuid {
        self.ids.new_id(&*self.clock)
    }

    pub(crate) async fn try_user(&self, email: &str, grant: i64) -> Result<User, Error> {
        let new = NewUser {
            email: email.parse().unwrap(),
            password_hash: "$argon2id$".into(),
            grant: tokens(grant),
            grant_later: tokens(0),
        };
        self.store.register(&new).await
    }

    pub(crate) async fn user(&self, email: &str, grant: i64) -> User {
        self.try_user(email, grant).await.unwrap()
    }

    pub(crate) async fn list(&self, listings: &[ProductListing]) {
        self.store.put_products(listings).await.unwrap();
    }

    pub(crate) fn checkout(&self, user: &User, items: Vec<Item>, expected: i64) -> Checkout {
        let command = self.id();
        Checkout {
            user: user.id,
            command,
            digest: [1; 32],
            items,
            expected_total: tokens(expected),
            clear_cart: false,
            renewal_lead_seconds: None,
            held: None,
        }
    }

    pub(crate) async fn check_out(&self, user: &User, items: Vec<Item>, expected: i64) -> Result<PaidOrder, Refusal> {
        self.store.check_out(self.checkout(user, items, expected)).await
    }

    pub(crate) async fn check_out_cart(
        &self,
        user: &User,
        items: Vec<Item>,
        expected: i64,
    ) -> Result<PaidOrder, Refusal> {
        self.store
            .check_out(Checkout {
                clear_cart: true,
                ..self.checkout(user, items, expected)
            })
            .await
    }

    /// A seat of the user's license for one of their computers.
    pub(crate) async fn take(
        &self,
        user: &User,
        license: LicenseId,
        device: DeviceId,
        kind: SeatKind,
    ) -> Result<Allotment, Error> {
        self.store
            .take_seat(user.id, license, device, kind, |_, _| Ok(()))
            .await
    }

    /// A computer of the user's, registered.
    pub(crate) async fn computer(&self, user: &User, name: &str) -> DeviceId {
        let device = NewDevice {
            thumbprint: format!("thumb {name}"),
            machine: format!("machine {name}"),
            ..device(name)
        };
        self.store.put_device(user.id, &device, |_| None).await.unwrap().0.id
    }

    pub(crate) fn command(&self, user: &User, license: LicenseId) -> LicenseCommand {
        LicenseCommand {
            user: user.id,
            command: self.id(),
            digest: [2; 32],
            license,
        }
    }

    pub(crate) fn advance(&self, days: i64) {
        self.clock.advance_seconds(days * 86_400);
    }

    pub(crate) async fn assert_sound(&self) {
        let report = self.store.audit().await.unwrap();
        assert_eq!(report.breaches, []);
    }

    /// Each line of a wallet's history begins with what the one before it left.
    pub(crate) async fn assert_history_in_order(&self, owner: Uuid) {
        let filter = HistoryFilter::default();
        let lines = self.store.history_of(owner, &filter, None, 1000).await.unwrap();
        for pair in lines.windows(2) {
            assert_eq!(
                pair[0].balance_after.get() - pair[0].amount,
                pair[1].balance_after.get(),
                "{pair:?}"
            );
        }
    }

    /// Changes rows past the store, as an attacker or a fault would.
    pub(crate) async fn tamper(&self, sql: &str) {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            use sqlx::{AssertSqlSafe, Connection as _};
            let mut connection = sqlx::SqliteConnection::connect(path).await.unwrap();
            sqlx::query(AssertSqlSafe(sql.to_owned()))
                .execute(&mut connection)
                .await
                .unwrap();
        } else {
            let database = self.url.rsplit('/').next().unwrap().to_owned();
            let sql = sql.to_owned();
            tokio::task::spawn_blocking(move || Postgres::shared().run_sql(&database, &sql))
                .await
                .unwrap();
        }
    }
}

pub(crate) fn tokens(amount: i64) -> Tokens {
    Tokens::new(amount).unwrap()
}

pub(crate) fn item(product: &str, intent: Intent, offer: Option<&str>) -> Item {
    Item {
        product: product.parse().unwrap(),
        intent,
        offer: offer.map(|offer| offer.parse().unwrap()),
    }
}

pub(crate) fn listing(id: &str, purchase: i64, week: i64, credit_permille: u16) -> ProductListing {
    let offers = Offers::new(vec![
        Offer::Purchase {
            id: "purchase".parse().unwrap(),
            price: tokens(purchase),
        },
        Offer::Rental(RentalOffer {
            rules: RentalRules::default(),
            id: "week".parse().unwrap(),
            price: tokens(week),
            allowance: Allowance::Duration { seconds: 604_800 },
            credit_permille,
        }),
    ]);
    ProductListing {
        id: id.parse().unwrap(),
        name: id.rsplit('.').next().unwrap().to_owned(),
        summary: "Does something useful".into(),
        developer: "Example People".into(),
        keywords: Vec::new(),
        categories: vec!["Graphics".into()],
        offers: offers.unwrap(),
        policy: Policy::default(),
        entry: format!("{{\"id\":\"{id}\"}}"),
        detail: "{}".into(),
    }
}

pub(crate) fn artifact(product: &str) -> NewArtifact {
    NewArtifact {
        product: product.parse().unwrap(),
        sha256: Sha256([3; 32]),
        size: 1234,
        file_name: "a_1.0_amd64.deb".into(),
        kind: ArtifactKind::Deb,
        platform: Platform {
            os: "linux".into(),
            arch: "x86_64".into(),
        },
        version: Version::new("1.0"),
    }
}

pub(crate) fn device(name: &str) -> NewDevice {
    NewDevice {
        name: name.into(),
        thumbprint: "thumb".into(),
        machine: "machine".into(),
        facts: "{}".into(),
        platform: Platform {
            os: "linux".into(),
            arch: "x86_64".into(),
        },
    }
}
