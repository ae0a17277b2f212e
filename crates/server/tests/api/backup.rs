//! A backup taken while the server sells, put back elsewhere: the same vendor, the same books, the same files.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::StatusCode;
use scrip_domain::Coded as _;
use scrip_licensing::DeviceKey;
use scrip_server::{Config, Publication, Server, back_up, restore};
use scrip_testkit::Postgres;

use crate::support::{Api, PRICES};

/// A vendor who sold a rental of a program with an installer, and issued a code; the token of who bought it.
async fn busy_shop(api: &Api) -> (String, String, String) {
    api.list(PRICES).await;
    let installer = api.folder.path().join("example-paint_1.1-2_amd64.deb");
    std::fs::write(&installer, vec![7; 100_000]).unwrap();
    let publication = Publication {
        path: installer,
        product: "org.example.Paint".parse().unwrap(),
        version: None,
        arch: None,
    };
    let artifact = scrip_server::publish(&api.server, &publication).await.unwrap();
    let token = api.register("ada@example.com").await;
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    let device = api.device(&token, &DeviceKey::generate().unwrap()).await;
    api.code(&token, &device).await;
    (token, device, format!("/v1/artifacts/{}", artifact.sha256))
}

async fn open(data: &Path, database: Option<String>, api: &Api) -> Api {
    let config = Config::load(data, database).unwrap();
    let server = Server::open_at(config, api.clock.clone()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    Api {
        server,
        folder,
        clock: api.clock.clone(),
    }
}

async fn saved_and_put_back(api: Api, database: impl Fn() -> Option<String>, from: Option<String>) {
    let (token, device, artifact) = busy_shop(&api).await;
    let config = Config::load(api.folder.path(), from).unwrap();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("scrip.backup");
    // Somebody writes all the while.
    let stop = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (server, stop) = (api.server.clone(), stop.clone());
        async move {
            let one = scrip_domain::Tokens::new(1).unwrap();
            let mut grants = 0;
            while !stop.load(Ordering::Relaxed) {
                let command = uuid::Uuid::new_v4();
                server
                    .store()
                    .grant("ada@example.com", one, "busy", command, "cli")
                    .await
                    .unwrap();
                grants += 1;
            }
            grants
        }
    });
    let saved = back_up(&config, &file).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let written: i64 = writing.await.unwrap();
    assert!(saved.files >= 5 && saved.bytes > 100_000, "{saved:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = back_up(&config, &file).await.unwrap_err();
    assert_eq!(again.code().as_str(), "backup.refused");

    let (data, url) = (place.path().join("data"), database());
    let target = Config::load(&data, url.clone()).unwrap();
    assert_eq!(restore(&target, &file).await.unwrap(), saved);
    let restored = open(&data, url.clone(), &api).await;
    assert_eq!(restored.server.issuer(), api.server.issuer());
    let report = restored.server.store().audit().await.unwrap();
    assert_eq!((report.breaches, report.orders, report.licenses), (vec![], 1, 1));
    let balance = restored.get("/v1/wallet", Some(&token)).await.succeed()["balance"]
        .as_i64()
        .unwrap();
    assert!(
        (70..=70 + written).contains(&balance),
        "{balance} after {written} grants"
    );
    let installer = restored.get(&artifact, Some(&token)).await;
    assert_eq!((installer.status, installer.bytes), (StatusCode::OK, vec![7; 100_000]));
    restored.code(&token, &device).await;
    let found = restored.get("/v1/products?q=paint", Some(&token)).await.succeed();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    restored.pay(&token, "extend", None, 30).await.succeed();

    let twice = restore(&target, &file).await.unwrap_err();
    assert_eq!(twice.code().as_str(), "backup.refused", "{twice}");
    let full = Config::load(&place.path().join("other"), url.or(Some(target.database_url))).unwrap();
    let full = restore(&full, &file).await.unwrap_err();
    assert_eq!(full.code().as_str(), "backup.refused", "{full}");
    damaged_is_refused(&file, &place.path().join("third"), &database).await;
}

/// A flipped bit, a cut end and another file: nothing is put back.
async fn damaged_is_refused(file: &Path, data: &Path, database: impl Fn() -> Option<String>) {
    let whole = std::fs::read(file).unwrap();
    let bad = file.with_extension("bad");
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for content in [
        flipped,
        whole[..whole.len() - 20].to_vec(),
        whole[..100].to_vec(),
        b"not a backup".to_vec(),
    ] {
        std::fs::write(&bad, content).unwrap();
        let config = Config::load(data, database()).unwrap();
        let refused = restore(&config, &bad).await.unwrap_err();
        assert_eq!(refused.code().as_str(), "backup.damaged", "{refused:?}");
        assert_eq!(std::fs::read_dir(data).unwrap().count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_sqlite_under_load_comes_back_elsewhere_and_only_where_nothing_is() {
    saved_and_put_back(Api::new().await, || None, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_postgresql_under_load_comes_back_elsewhere_and_only_where_nothing_is() {
    let url = Postgres::shared().database();
    let api = Api::on_database(url.clone()).await;
    saved_and_put_back(api, || Some(Postgres::shared().database()), Some(url)).await;
}

#[tokio::test]
async fn a_backup_goes_back_into_its_own_kind_of_database() {
    let api = Api::new().await;
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("scrip.backup");
    back_up(&Config::load(api.folder.path(), None).unwrap(), &file)
        .await
        .unwrap();
    let other = Config::load(&place.path().join("data"), Some(Postgres::shared().database())).unwrap();
    let refused = restore(&other, &file).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "backup.refused");
    assert!(refused.to_string().contains("sqlite"), "{refused}");
}
