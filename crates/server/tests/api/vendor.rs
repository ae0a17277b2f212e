//! What a computer counted and what a computer without a network asked for.

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::StatusCode;
use scrip_domain::{Clock as _, LicenseId, Platform, Timestamp, Tokens};
use scrip_licensing::armor::{self, Label};
use scrip_licensing::journal::{Entry, Identity, Journal, MeteringKey, NoAnchor, Part, Records, Standing};
use scrip_licensing::{
    Activate, Bundle, BundleExpectation, DeviceKey, Error, MachineDigest, MachineFacts, MeteringCertificate,
    OfflineRequest, OpenBundle, RequestItem, RequestJournal,
};
use serde_json::{Value, json};

use crate::support::{Answer, Api, PRICES};

/// A computer that counts.
pub(crate) struct Computer {
    pub(crate) key: DeviceKey,
    pub(crate) machine: MachineDigest,
    pub(crate) metering: Arc<MeteringKey>,
    folder: tempfile::TempDir,
}

impl Computer {
    pub(crate) fn new() -> Self {
        Self {
            key: DeviceKey::generate().unwrap(),
            machine: MachineDigest::of(&"ab".repeat(16)).unwrap(),
            metering: Arc::new(MeteringKey::generate().unwrap()),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn certificate(&self, now: Timestamp) -> String {
        let key = self.metering.verifying_key();
        let certificate = MeteringCertificate::new(&self.key, key, self.machine, now);
        self.key.sign_metering(&certificate).unwrap()
    }

    pub(crate) fn journal(&self, license: LicenseId) -> Journal {
        let identity = Identity::new(license, self.metering.verifying_key().thumbprint(), self.machine);
        let path = self.folder.path().join(format!("{license}.journal"));
        Journal::new(path, identity, self.metering.clone(), Arc::new(NoAnchor))
    }

    pub(crate) fn take(&self, license: LicenseId, uses: u64, now: Timestamp) {
        let decide = |_: &Standing| Ok::<_, Error>(Entry::Use(uses));
        self.journal(license)
            .append(now, 1, Standing::default(), decide)
            .unwrap();
    }

    fn part(&self, license: LicenseId, now: Timestamp) -> Part {
        self.journal(license).parts(now, Records::MAX).unwrap().pop().unwrap()
    }

    pub(crate) fn upload(&self, license: LicenseId, now: Timestamp) -> Value {
        let part = self.part(license, now);
        let records = Base64UrlUnpadded::encode_string(&part.records);
        json!({"certificate": self.certificate(now), "seal": part.seal, "records": records})
    }

    pub(crate) fn request(&self, api: &Api, items: Vec<RequestItem>, expected_total: Option<i64>) -> OfflineRequest {
        OfflineRequest {
            iss: self.key.thumbprint(),
            aud: api.server.issuer().to_owned(),
            jti: uuid::Uuid::new_v4(),
            iat: api.clock.now(),
            jwk: self.key.jwk(),
            machine: self.machine,
            facts: MachineFacts::default(),
            platform: Platform {
                os: "linux".to_owned(),
                arch: "x86_64".to_owned(),
            },
            name: "cellar".to_owned(),
            account: "ada@example.com".parse().unwrap(),
            items,
            expected_total: expected_total.map(|total| Tokens::new(total).unwrap()),
            prices: None,
            journals: Vec::new(),
        }
    }

    pub(crate) fn sign(&self, request: &OfflineRequest) -> String {
        armor::write_one(Label::Request, &self.key.sign_request(request).unwrap())
    }

    pub(crate) fn open(&self, api: &Api, bundle: &str, request: &OfflineRequest) -> OpenBundle {
        let text = armor::read_one(Label::Bundle, bundle).unwrap();
        let expect = BundleExpectation {
            issuer: api.server.issuer(),
            device: self.key.thumbprint(),
            nonces: &[request.jti],
            keys: None,
            revocations: None,
        };
        Bundle::open(&text, &expect).unwrap()
    }
}

pub(crate) fn activate() -> RequestItem {
    RequestItem::Activate(Activate {
        activate: "org.example.Paint".parse().unwrap(),
    })
}

pub(crate) fn checkout(intent: &str, offer: Option<&str>) -> RequestItem {
    let item = json!({"product": "org.example.Paint", "intent": intent, "offer": offer});
    serde_json::from_value(item).unwrap()
}

async fn submit(api: &Api, token: &str, text: &str) -> Answer {
    let body = json!({"request": text});
    api.post("/v1/offline/requests", Some(token), body).await
}

/// A shop in which ada rents ten uses; answers her token, the license and the activation of `computer`.
async fn ten_uses(api: &Api, computer: &Computer) -> (String, LicenseId, String) {
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    api.pay(&token, "rent", Some("ten"), 10).await.succeed();
    let device = api.device(&token, &computer.key).await;
    let library = api.get("/v1/library", Some(&token)).await.succeed();
    let license = library["licenses"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/licenses/{license}/codes");
    let code = api.post(&path, Some(&token), json!({"device": device})).await.succeed();
    let activation = code["activation"].as_str().unwrap().to_owned();
    (token, license.parse().unwrap(), activation)
}

#[tokio::test]
async fn a_journal_counts_once_and_shows_by_day() {
    let api = Api::new().await;
    let computer = Computer::new();
    let (token, license, activation) = ten_uses(&api, &computer).await;
    let path = format!("/v1/activations/{activation}/journal");
    computer.take(license, 2, api.clock.now());
    api.clock.advance_seconds(86_400);
    computer.take(license, 1, api.clock.now());
    let upload = computer.upload(license, api.clock.now());
    let first = api.post(&path, Some(&token), upload.clone()).await.succeed();
    assert_eq!(first["findings"], json!([]));
    assert_eq!(first["license"]["remaining"]["uses"], 7);
    assert_eq!(first["license"]["used"]["uses"], 3);
    assert_eq!(first["acknowledged_seq"], 3, "the opening and two entries");
    assert_eq!(first["acknowledged_hash"].as_str().unwrap().len(), 64);
    assert!(first["code"]["code"].is_string());
    let again = api.post(&path, Some(&token), upload).await.succeed();
    assert_eq!(again["license"]["remaining"]["uses"], 7);
    let report = api.get("/v1/usage?days=7", Some(&token)).await.succeed();
    let rows: Vec<_> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["day"], &row["uses"]))
        .collect();
    assert_eq!(
        rows,
        [(&json!("2025-06-16"), &json!(1)), (&json!("2025-06-15"), &json!(2))]
    );
    assert_eq!(report["totals"]["org.example.Paint"]["uses"], 3);
    let today = api.get("/v1/usage?days=1", Some(&token)).await.succeed();
    assert_eq!(today["totals"]["org.example.Paint"]["uses"], 1);
    let sums = scrip_server::publisher_usage(&api.server, None, 30).await.unwrap();
    assert_eq!((sums.len(), sums[1].uses, sums[1].computers), (2, 2, 1));

    let other = api.register("eve@example.com").await;
    let upload = computer.upload(license, api.clock.now());
    let refused = api.post(&path, Some(&other), upload).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "another person's activation");
}

#[tokio::test]
async fn a_journal_that_was_put_back_or_edited_is_named() {
    let api = Api::new().await;
    let computer = Computer::new();
    let (token, license, activation) = ten_uses(&api, &computer).await;
    let path = format!("/v1/activations/{activation}/journal");
    computer.take(license, 1, api.clock.now());
    let old = computer.upload(license, api.clock.now());
    computer.take(license, 3, api.clock.now());
    let new = computer.upload(license, api.clock.now());
    api.post(&path, Some(&token), new.clone()).await.succeed();
    let put_back = api.post(&path, Some(&token), old).await.succeed();
    assert_eq!(put_back["findings"][0]["kind"], "journal.rolled_back");
    assert_eq!(
        (&put_back["license"]["remaining"]["uses"], &put_back["acknowledged_seq"]),
        (&json!(6), &json!(3))
    );

    let mut bytes = Base64UrlUnpadded::decode_vec(new["records"].as_str().unwrap()).unwrap();
    bytes[2 * 192 + 20] ^= 1;
    let mut edited = new.clone();
    edited["records"] = json!(Base64UrlUnpadded::encode_string(&bytes));
    let found = api.post(&path, Some(&token), edited).await.succeed();
    assert_eq!(found["findings"][0]["kind"], "journal.edited");
    assert_eq!(found["license"]["remaining"]["uses"], 6);

    let stranger = Computer::new();
    let mut foreign = new.clone();
    foreign["certificate"] = json!(stranger.certificate(api.clock.now()));
    assert_eq!(
        api.post(&path, Some(&token), foreign).await.code(),
        "statement.other_device"
    );
    let mut torn = new.clone();
    torn["records"] = json!("AAAA");
    assert_eq!(api.post(&path, Some(&token), torn).await.code(), "journal.edited");
    // A journal without its seal, and one that another key sealed.
    let mut bare = new.clone();
    bare.as_object_mut().unwrap().remove("seal");
    assert_eq!(api.post(&path, Some(&token), bare).await.code(), "journal.edited");
    stranger.take(license, 1, api.clock.now());
    let mut sealed = new;
    sealed["seal"] = json!(stranger.part(license, api.clock.now()).seal);
    assert_eq!(api.post(&path, Some(&token), sealed).await.code(), "code.key_unknown");
    // Reported again, nothing is told twice.
    let activation = activation.parse().unwrap();
    let findings = api.server.store().findings(activation).await.unwrap();
    let kinds: Vec<_> = findings.iter().map(|(kind, ..)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["journal.edited", "journal.rolled_back", "journal.rolled_back"][..kinds.len()]
    );
}

#[tokio::test]
async fn a_computer_without_a_network_rents_and_gets_its_code_once() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    let computer = Computer::new();
    let mut request = computer.request(&api, vec![checkout("rent", Some("ten"))], Some(10));
    let sheet = api.get("/v1/catalog/prices", None).await.succeed();
    request.prices = Some(sheet["statement"].as_str().unwrap().to_owned());
    let text = computer.sign(&request);
    let first = submit(&api, &token, &text).await.succeed();
    let opened = computer.open(&api, first["bundle"].as_str().unwrap(), &request);
    assert_eq!(opened.codes.len(), 1);
    let order = opened.bundle.order.unwrap();
    assert_eq!((order.total.get(), order.balance_after.get()), (10, 90));
    assert!(
        first["notes"].to_string().contains("10 tokens were paid"),
        "{}",
        first["notes"]
    );

    api.clock.advance_seconds(60);
    let again = submit(&api, &token, &text).await.succeed();
    assert_eq!(again, first, "the same request, the same answer");
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 90);
    let mut other = request.clone();
    other.items = vec![checkout("extend", None)];
    let reused = submit(&api, &token, &computer.sign(&other)).await;
    assert_eq!(reused.code(), "idempotency.conflict");

    let (_, claims) = &opened.codes[0];
    computer.take(claims.sub, 4, api.clock.now());
    let mut later = computer.request(&api, vec![activate()], None);
    let part = computer.part(claims.sub, api.clock.now());
    later.journals = vec![RequestJournal {
        license: claims.sub,
        cert: computer.certificate(api.clock.now()),
        seal: Some(part.seal),
        records: part.records,
    }];
    let compact = computer.key.sign_request(&later).unwrap();
    let answer = submit(&api, &token, &compact).await.succeed();
    assert_eq!(
        computer
            .open(&api, answer["bundle"].as_str().unwrap(), &later)
            .codes
            .len(),
        1
    );
    let library = api.get("/v1/library", Some(&token)).await.succeed();
    assert_eq!(library["licenses"][0]["remaining"]["uses"], 6);
}

#[tokio::test]
async fn a_request_with_a_stale_price_another_account_or_a_changed_text_is_refused() {
    let api = Api::new().await;
    api.list(PRICES).await;
    let (ada, eve) = (
        api.register("ada@example.com").await,
        api.register("eve@example.com").await,
    );
    let computer = Computer::new();
    let stale = computer.request(&api, vec![checkout("rent", Some("ten"))], Some(9));
    let refused = submit(&api, &ada, &computer.sign(&stale)).await;
    let problem = refused.json();
    assert_eq!(
        (refused.code().as_str(), &problem["quote"]["total"]),
        ("price.changed", &json!(10))
    );
    let hints = problem["hints"].to_string();
    assert!(hints.contains("In all 10 tokens today"), "{problem}");
    assert_eq!(api.get("/v1/wallet", Some(&ada)).await.succeed()["balance"], 100);

    let request = computer.request(&api, vec![activate()], None);
    let text = computer.sign(&request);
    assert_eq!(submit(&api, &eve, &text).await.code(), "offline.other_account");
    let compact = computer.key.sign_request(&request).unwrap();
    let bent = format!("{}A{}", &compact[..300], &compact[301..]);
    assert!(matches!(
        submit(&api, &ada, &bent).await.code().as_str(),
        "statement.malformed" | "statement.signature"
    ));
    let mut elsewhere = request.clone();
    elsewhere.aud = "urn:scrip:vendor:somebody".to_owned();
    assert_eq!(
        submit(&api, &ada, &computer.sign(&elsewhere)).await.code(),
        "statement.issuer"
    );
    let mut old = request.clone();
    old.iat = api.clock.now().plus_seconds(-31 * 86_400);
    assert_eq!(submit(&api, &ada, &computer.sign(&old)).await.code(), "statement.date");
    let answer = submit(&api, &ada, &text).await.succeed();
    let opened = computer.open(&api, answer["bundle"].as_str().unwrap(), &request);
    assert_eq!(opened.codes.len(), 0);
    assert!(
        opened.bundle.notes[0].contains("you have no license"),
        "{:?}",
        opened.bundle.notes
    );
}

#[tokio::test]
async fn an_operator_answers_a_file_for_the_account_that_it_names() {
    let api = Api::new().await;
    api.list(PRICES).await;
    api.register("ada@example.com").await;
    let computer = Computer::new();
    let request = computer.request(&api, vec![checkout("buy", None)], Some(100));
    let (file, out) = (
        api.folder.path().join("request.txt"),
        api.folder.path().join("answer.txt"),
    );
    std::fs::write(&file, computer.sign(&request)).unwrap();
    let unknown = "bob@example.com".parse().unwrap();
    let refused = scrip_server::answer_file(&api.server, &file, &out, Some(&unknown)).await;
    assert!(refused.is_err() && !out.exists());
    let notes = scrip_server::answer_file(&api.server, &file, &out, None).await.unwrap();
    assert!(notes.iter().any(|note| note.contains("it is owned then")), "{notes:?}");
    let opened = computer.open(&api, &std::fs::read_to_string(&out).unwrap(), &request);
    assert_eq!(opened.codes.len(), 1);
}

#[tokio::test]
async fn asking_for_a_code_without_a_license_begins_the_free_trial() {
    let api = Api::new().await;
    let trial = "purchase = 100\ntrial = { duration = \"7d\" }";
    api.list(&PRICES.replace("purchase = 100", trial)).await;
    let token = api.register("ada@example.com").await;
    let computer = Computer::new();
    let request = computer.request(&api, vec![activate()], None);
    let answer = submit(&api, &token, &computer.sign(&request)).await.succeed();
    let opened = computer.open(&api, answer["bundle"].as_str().unwrap(), &request);
    assert!(opened.bundle.notes[0].contains("trial"), "{:?}", opened.bundle.notes);
    let (_, claims) = &opened.codes[0];
    assert_eq!(claims.soft_end(), Some(api.clock.now().plus_seconds(7 * 86_400)));
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.succeed()["balance"], 100);
}
