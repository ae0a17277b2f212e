//! Tables with rows that an earlier version wrote are brought up to date, and everything in them still holds.
//!
//! `version_4.json` was written by the version that had four migrations: three accounts who bought, rented, tried, were suspended
//! and reported what they used.

use std::sync::Arc;

use scrip_domain::{Intent, LicenseState};
use scrip_store::TokenHash;
use scrip_testkit::Postgres;
use serde_json::Value;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::support::{Fixture, item, listing, tokens};

const ROWS: &str = include_str!("version_4.json");
/// Days from the fixture's clock to the day after the rows were written.
const DAYS: i64 = 527;

fn migrator_of_then() -> Migrator {
    let all = sqlx::migrate!("./migrations");
    let then = all.iter().filter(|migration| migration.version <= 4).cloned();
    Migrator::with_migrations(then.collect())
}

/// The rows as statements. Every value but bytes is written as text, which both databases turn into what the column holds.
fn statements(of_bytes: impl Fn(&str) -> String) -> Vec<String> {
    let tables: Vec<Value> = serde_json::from_str(ROWS).unwrap();
    let literal = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        bytes => of_bytes(bytes["hex"].as_str().unwrap()),
    };
    let mut statements = vec!["DELETE FROM catalog".to_owned()];
    for table in &tables {
        let name = table["table"].as_str().unwrap();
        let columns: Vec<_> = table["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        for row in table["rows"].as_array().unwrap() {
            let values: Vec<_> = row.as_array().unwrap().iter().map(literal).collect();
            let (columns, values) = (columns.join(", "), values.join(", "));
            statements.push(format!("INSERT INTO {name} ({columns}) VALUES ({values})"));
        }
    }
    statements
}

async fn old_sqlite() -> (String, Option<Arc<tempfile::TempDir>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scrip.db");
    let made = format!("sqlite:{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&made).await.unwrap();
    migrator_of_then().run(&mut connection).await.unwrap();
    for sql in statements(|hex| format!("X'{hex}'")) {
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    connection.close().await.unwrap();
    (format!("sqlite:{}", path.display()), Some(Arc::new(folder)))
}

async fn old_postgresql() -> (String, Option<Arc<tempfile::TempDir>>) {
    let url = Postgres::shared().database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    migrator_of_then().run(&mut connection).await.unwrap();
    // Sixteen bytes are an id; there are no other bytes of that length.
    let bytes = |hex: &str| {
        if hex.len() == 32 {
            format!("'{hex}'")
        } else {
            format!("'\\x{hex}'")
        }
    };
    for sql in statements(bytes) {
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    connection.close().await.unwrap();
    (url, None)
}

async fn everything_still_holds((url, folder): (String, Option<Arc<tempfile::TempDir>>)) {
    // Two servers that start at the same moment, as after an upgrade.
    let (one, other) = tokio::join!(Fixture::open(url.clone(), folder.clone()), Fixture::open(url, folder));
    one.advance(DAYS);
    other.advance(DAYS);
    let store = &one.store;
    let report = other.store.audit().await.unwrap();
    assert_eq!(report.breaches, []);
    assert_eq!(
        (report.transfers, report.orders, report.licenses, report.wallets),
        (10, 5, 4, 3)
    );
    assert_eq!(report.tokens_in_wallets, 1940 + 590 + 100);

    let user = async |email: &str| store.user_by_email(&email.parse().unwrap()).await.unwrap().unwrap();
    let (ada, bob, eve) = (
        user("ada@example.com").await,
        user("bob@example.com").await,
        user("eve@example.com").await,
    );
    let history = store.history(ada.id, None, 10).await.unwrap();
    assert_eq!(
        history.iter().map(|entry| entry.amount).collect::<Vec<_>>(),
        [-60, -900, -100, -100, 3000, 100]
    );
    let states = async |user: &scrip_store::User| -> Vec<(String, LicenseState)> {
        let licenses = store.licenses(user.id).await.unwrap();
        let state = |license: &scrip_domain::License| (license.product.to_string(), license.state(one.now()));
        licenses.iter().map(state).collect()
    };
    let mut of_ada = states(&ada).await;
    of_ada.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("org.example.Draw", LicenseState::Suspended),
        ("org.example.Paint", LicenseState::Owned),
    ];
    assert_eq!(of_ada, expected.map(|(product, state)| (product.to_owned(), state)));
    assert_eq!(
        states(&eve).await,
        [("org.example.Draw".to_owned(), LicenseState::Active)]
    );
    let session: [u8; 32] = [
        0x2d, 0x95, 0xd1, 0x82, 0x9f, 0x8a, 0xec, 0x5c, 0x7a, 0x4a, 0x7c, 0xf4, 0x8f, 0x16, 0xfe, 0x10, 0xfe, 0xf9,
        0xfc, 0xca, 0x2d, 0xaa, 0xdc, 0xd0, 0x73, 0x6f, 0xc1, 0xa7, 0x77, 0xdd, 0xf9, 0xe3,
    ];
    assert_eq!(store.caller(TokenHash(session)).await.unwrap().unwrap().user, ada.id);
    assert_eq!(
        store.notices(ada.id, None, 10).await.unwrap().len() + store.notices(bob.id, None, 10).await.unwrap().len(),
        1
    );

    let rental = store.licenses(bob.id).await.unwrap().remove(0);
    assert!(rental.tenure.renewal.is_some());
    let extended = [item("org.example.Paint", Intent::Extend, None)];
    one.check_out(&bob, extended.to_vec(), 10).await.unwrap();
    assert_eq!(
        store.cart(eve.id).await.unwrap(),
        [item("org.example.Paint", Intent::Buy, Some("purchase"))]
    );
    one.list(&[listing("org.example.New", 100, 30, 500)]).await;
    one.check_out(&eve, vec![item("org.example.New", Intent::Buy, None)], 100)
        .await
        .unwrap();
    assert_eq!(store.balance(eve.id).await.unwrap(), tokens(0));
    one.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_version_4_still_hold_on_sqlite() {
    everything_still_holds(old_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_version_4_still_hold_on_postgresql() {
    everything_still_holds(old_postgresql().await).await;
}
