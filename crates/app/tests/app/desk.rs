//! A vendor who issues codes and takes journals: the part of a server that licenses need, in memory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_api::{JournalUpload, OfflineSubmission};
use scrip_app::App;
use scrip_app::contract::ProductArgs;
use scrip_domain::{Clock, FixedClock, ProductId, Timestamp, Tokens};
use scrip_licensing::journal::{Acknowledged, Ceiling, Head, Identity, JournalSeal, Records};
use scrip_licensing::{
    Bundle, Claims, Confirmation, Equity, Grant, Jwk, MeteringCertificate, OfflineRequest, PriceSheet, PublishedKey,
    Recovery, RequestItem, Revocation, RevocationList, RootKey, SigningKey, TermsDigest, Thumbprint, Used, armor,
    price_digest,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fake::{Answer, LICENSE, NOW, Request, Vendor, clock_at, credentials, license, listing, problem};

pub(crate) const HELLO: &str = "org.example.Hello";

/// A registered computer.
struct Computer {
    id: Uuid,
    thumbprint: Thumbprint,
    machine: String,
}

/// What the desk knows of one computer's seat.
#[derive(Default)]
struct Held {
    seq: u64,
    acknowledged: Option<Acknowledged>,
    surrendered: bool,
}

pub(crate) struct Desk {
    pub(crate) vendor: Vendor,
    pub(crate) books: Arc<Mutex<Books>>,
    pub(crate) clock: Arc<FixedClock>,
}

/// The desk's state and keys.
pub(crate) struct Books {
    root: RootKey,
    key: SigningKey,
    clock: Arc<FixedClock>,
    computers: Vec<Computer>,
    held: HashMap<Uuid, Held>,
    pub(crate) grant: Grant,
    pub(crate) lasts_seconds: Option<i64>,
    pub(crate) grace: u32,
    pub(crate) lease: bool,
    pub(crate) revoked: Vec<Revocation>,
    pub(crate) findings: Vec<Value>,
    pub(crate) refuse_pause: bool,
    pub(crate) notices: Vec<Value>,
    revision: i64,
}

impl Desk {
    /// A desk that sells `org.example.Hello` with this grant.
    pub(crate) async fn open(grant: Grant) -> Self {
        let vendor = Vendor::start().await;
        let clock = clock_at(NOW);
        let books = Arc::new(Mutex::new(Books {
            root: RootKey::generate().unwrap(),
            key: SigningKey::generate().unwrap(),
            clock: clock.clone(),
            computers: Vec::new(),
            held: HashMap::new(),
            grant,
            lasts_seconds: None,
            grace: 0,
            lease: false,
            revoked: Vec::new(),
            findings: Vec::new(),
            refuse_pause: false,
            notices: Vec::new(),
            revision: 1,
        }));
        {
            let mut state = vendor.state.lock().unwrap();
            state.catalog = vec![listing(HELLO, "Hello", 1)];
        }
        let desk = Self { vendor, books, clock };
        desk.stock();
        let books = desk.books.clone();
        desk.vendor.rule(move |request| books.lock().unwrap().answer(request));
        desk
    }

    /// Puts the license into the account's library, as it stands now.
    pub(crate) fn stock(&self) {
        let view = self.books.lock().unwrap().license();
        self.vendor.state.lock().unwrap().library = vec![view];
    }

    /// An app on another or the same computer, in which Ada is signed in.
    pub(crate) async fn app(&self, home: &Path, machine: &str) -> App {
        let app = self.vendor.app_on(home, machine, &self.clock);
        app.session_sign_in(credentials()).await.unwrap();
        app.library_refresh().await.unwrap();
        app
    }

    /// The same, with the code of the product stored.
    pub(crate) async fn authorized(&self, home: &Path, machine: &str) -> App {
        let app = self.app(home, machine).await;
        app.code_show(args()).await.unwrap();
        app
    }
}

pub(crate) fn hello() -> ProductId {
    HELLO.parse().unwrap()
}

pub(crate) fn args() -> ProductArgs {
    ProductArgs { product: hello() }
}

impl Books {
    pub(crate) fn issuer(&self) -> String {
        self.root.issuer()
    }

    pub(crate) fn replace_root(&mut self) {
        self.root = RootKey::generate().unwrap();
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn license(&self) -> Value {
        let mut view = license(HELLO, self.revision);
        let taken: u64 = self
            .held
            .values()
            .filter_map(|held| held.acknowledged)
            .map(|known| known.uses)
            .sum();
        let (uses, processings) = self.grant.counts();
        let mut remaining = json!({});
        if let Some(uses) = uses {
            remaining["uses"] = json!(uses - taken);
        }
        if let Some(processings) = processings {
            remaining["processings"] = json!(processings);
        }
        if let Some(seconds) = self.lasts_seconds {
            remaining["ends_at"] = json!(Timestamp::from_seconds(NOW + seconds));
        }
        if self.grant == Grant::Perpetual {
            view["kind"] = json!("perpetual");
            view["state"] = json!("owned");
        }
        view["remaining"] = remaining;
        view["used"] = json!({ "uses": taken, "processings": 0 });
        view
    }

    fn keys(&self) -> String {
        let keys = vec![PublishedKey::current(self.key.verifying_key())];
        self.root.sign_keys(1, keys, Timestamp::from_seconds(NOW)).unwrap()
    }

    fn revocations(&self) -> String {
        let list = RevocationList {
            iss: self.issuer(),
            iat: self.now(),
            seq: 1 + self.revoked.len() as u64,
            revoked: self.revoked.clone(),
        };
        self.key.sign_revocations(&list).unwrap()
    }

    /// A fresh code for a computer: what is left after all that was reported.
    fn issue(&mut self, thumbprint: Thumbprint, machine: &str, id: Uuid) -> (u64, String) {
        let now = self.now();
        let held = self.held.entry(id).or_default();
        held.seq += 1;
        held.surrendered = false;
        let used = held.acknowledged.map_or_else(Used::default, |known| Used {
            uses: known.uses,
            processings: known.processings,
        });
        let grant = match self.grant {
            Grant::Uses { count } => Grant::Uses {
                count: count - used.uses,
            },
            Grant::Processings { count } => Grant::Processings {
                count: count - used.processings,
            },
            other => other,
        };
        let seq = held.seq;
        let claims = Claims {
            iss: self.root.issuer(),
            sub: LICENSE.parse().unwrap(),
            aud: hello(),
            jti: format!("{id}-{seq}"),
            iat: now,
            nbf: now,
            exp: self.lasts_seconds.map(|seconds| {
                let end = if self.lease {
                    now.plus_seconds(seconds)
                } else {
                    Timestamp::from_seconds(NOW + seconds)
                };
                end.plus_seconds(i64::from(self.grace))
            }),
            cnf: Confirmation { jkt: thumbprint },
            machine: machine.parse().unwrap(),
            seq,
            grant,
            used,
            grace: self.grace,
            lease: self.lease,
            equity: Equity {
                credited: Tokens::new(5).unwrap(),
                price: Some(Tokens::new(30).unwrap()),
            },
            terms: TermsDigest([1; 32]),
        };
        (seq, self.key.issue(&claims).unwrap())
    }

    fn answer(&mut self, request: &Request) -> Option<Answer> {
        let path = request.path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let ok = |value: Value| Some(Some((200, value)));
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["server"]) => ok(json!({
                "issuer": self.issuer(), "name": "Desk", "version": "1", "time": self.now()
            })),
            ("GET", ["keys"]) => ok(json!({ "statement": self.keys() })),
            ("GET", ["revocations"]) => ok(json!({ "statement": self.revocations() })),
            ("GET", ["catalog", "prices"]) => {
                let offers = json!([{ "kind": "purchase", "id": "purchase", "price": 30 }]);
                let offers: scrip_domain::Offers = serde_json::from_value(offers).unwrap();
                let offers = serde_json::to_string(&offers).unwrap();
                let sheet = PriceSheet {
                    iss: self.issuer(),
                    iat: self.now(),
                    revision: 1,
                    digest: price_digest([(&hello(), offers.as_str())]),
                };
                ok(json!({ "statement": self.key.sign_prices(&sheet).unwrap() }))
            }
            ("POST", ["devices"]) => ok(self.register(&request.body)),
            ("GET", ["devices"]) => {
                let listed = self.computers.iter().map(|one| self.device(one));
                ok(json!({ "devices": listed.collect::<Vec<_>>() }))
            }
            ("POST", ["licenses", _, "codes"]) => {
                let id: Uuid = request.body["device"].as_str().unwrap().parse().unwrap();
                let Some(at) = self.computers.iter().position(|one| one.id == id) else {
                    return Some(Some(problem(404, "device.not_found")));
                };
                let (thumbprint, machine) = (self.computers[at].thumbprint, self.computers[at].machine.clone());
                let (seq, code) = self.issue(thumbprint, &machine, id);
                ok(Self::code(id, seq, &code))
            }
            ("POST", ["activations", id, "journal"]) => {
                let upload: JournalUpload = serde_json::from_value(request.body.clone()).unwrap();
                ok(self.receipt(id.parse().unwrap(), &upload))
            }
            ("GET", ["licenses", _, "seats"]) => ok(self.seats()),
            ("POST", ["activations", id, "release"]) => {
                let id: Uuid = id.parse().unwrap();
                match serde_json::from_value::<JournalUpload>(request.body["journal"].clone()) {
                    Ok(upload) => assert!(self.is_surrendered(id, &upload)),
                    Err(_) => self.revoke(id),
                }
                self.held.entry(id).or_default().surrendered = true;
                ok(self.license())
            }
            ("POST", ["licenses", _, "pause" | "end" | "transfer" | "resume"]) => {
                Some(Some(self.change(parts[2], &request.body)))
            }
            ("GET", ["licenses", _, "end"]) => ok(json!({ "tokens": 7, "equity_back": 2, "equity_after": 3 })),
            ("POST", ["offline", "requests"]) => ok(self.offline(&request.body)),
            ("POST", ["clock", "recovery"]) => {
                let id: Uuid = request.body["device"].as_str().unwrap().parse().unwrap();
                let computer = self.computers.iter().find(|one| one.id == id).unwrap();
                let recovery = Recovery {
                    iss: self.issuer(),
                    iat: self.now(),
                    jti: "1".to_owned(),
                    cnf: Confirmation {
                        jkt: computer.thumbprint,
                    },
                };
                ok(json!({ "statement": self.key.sign_recovery(&recovery).unwrap() }))
            }
            ("GET", ["notices"]) => ok(json!({ "items": self.notices, "next_cursor": null })),
            ("GET", ["usage"]) => ok(json!({ "rows": [], "totals": {} })),
            _ => None,
        }
    }

    fn register(&mut self, body: &Value) -> Value {
        let jwk: Jwk =
            serde_json::from_value(json!({ "kty": "OKP", "crv": "Ed25519", "x": body["public_key"] })).unwrap();
        let thumbprint = jwk.verifying_key().unwrap().unwrap().thumbprint();
        let machine = body["machine"].as_str().unwrap().to_owned();
        let known = self.computers.iter().position(|one| one.thumbprint == thumbprint);
        let at = known.unwrap_or_else(|| {
            self.computers.push(Computer {
                id: Uuid::new_v4(),
                thumbprint,
                machine,
            });
            self.computers.len() - 1
        });
        let mut device = self.device(&self.computers[at]);
        if at > 0 {
            device["recognised"] = json!("same board: reinstalled");
        }
        device
    }

    fn device(&self, computer: &Computer) -> Value {
        json!({ "id": computer.id, "name": "bench", "thumbprint": computer.thumbprint, "created_at": self.now() })
    }

    fn code(id: Uuid, seq: u64, code: &str) -> Value {
        json!({ "license": LICENSE, "product": HELLO, "activation": id, "seq": seq, "code": code })
    }

    fn identity(&self, id: Uuid, upload: &JournalUpload) -> (Identity, scrip_licensing::VerifyingKey) {
        let computer = self.computers.iter().find(|one| one.id == id).unwrap();
        let certificate = MeteringCertificate::open(&upload.certificate, computer.thumbprint).unwrap();
        let key = certificate.key().unwrap();
        let machine = computer.machine.parse().unwrap();
        (Identity::new(LICENSE.parse().unwrap(), key.thumbprint(), machine), key)
    }

    fn take(&mut self, id: Uuid, upload: &JournalUpload) -> scrip_licensing::journal::Reconciled {
        let (identity, key) = self.identity(id, upload);
        let bytes = Base64UrlUnpadded::decode_vec(&upload.records).unwrap();
        let records = Records::read(&bytes).unwrap();
        let held = self.held.entry(id).or_default();
        let seal = JournalSeal::open(upload.seal.as_deref().unwrap(), &key).unwrap();
        let known = held.acknowledged.as_ref();
        let done = records.reconcile(&identity, &key, Some(&seal), known, Ceiling::default());
        if let Some(head) = done.head {
            held.acknowledged = Some(Acknowledged {
                head,
                uses: done.uses,
                processings: done.processings,
            });
        }
        done
    }

    fn is_surrendered(&mut self, id: Uuid, upload: &JournalUpload) -> bool {
        let done = self.take(id, upload);
        done.findings.is_empty() && done.surrendered == self.held[&id].seq
    }

    fn receipt(&mut self, id: Uuid, upload: &JournalUpload) -> Value {
        let done = self.take(id, upload);
        let mut findings = self.findings.clone();
        findings.extend(
            done.findings
                .iter()
                .map(|finding| json!({ "kind": finding.name(), "explanation": finding.to_string() })),
        );
        let Head { seq, hash } = self.held[&id].acknowledged.unwrap().head;
        let at = self.computers.iter().position(|one| one.id == id).unwrap();
        let (thumbprint, machine) = (self.computers[at].thumbprint, self.computers[at].machine.clone());
        let (number, code) = self.issue(thumbprint, &machine, id);
        json!({
            "acknowledged_seq": seq, "acknowledged_hash": scrip_domain::Sha256(hash), "findings": findings,
            "license": self.license(), "code": Self::code(id, number, &code),
        })
    }

    fn change(&mut self, what: &str, body: &Value) -> (u16, Value) {
        if let Ok(upload) = serde_json::from_value::<JournalUpload>(body["surrender"]["journal"].clone()) {
            if self.refuse_pause {
                return problem(409, "license.not_pausable");
            }
            let id: Uuid = body["surrender"]["device"].as_str().unwrap().parse().unwrap();
            assert!(
                self.is_surrendered(id, &upload),
                "what is given back covers the last code"
            );
        }
        self.revision += 1;
        let mut license = self.license();
        match what {
            "pause" => {
                license["state"] = json!("paused");
                license["paused_at"] = json!(self.now());
                (200, license)
            }
            "end" => (200, json!({ "license": license, "tokens": 7, "balance_after": 49 })),
            "transfer" => (200, json!({ "license": LICENSE, "product": HELLO, "to": body["to"] })),
            _ => (200, license),
        }
    }

    fn seats(&self) -> Value {
        let rows = self.computers.iter().map(|one| {
            let held = self.held.get(&one.id);
            let live = held.is_some_and(|held| !held.surrendered);
            json!({
                "id": one.id, "device": one.id, "device_name": "bench", "kind": "fixed", "live": live,
                "taken_at": self.now(), "released_at": null, "lease_ends_at": null, "seen_at": self.now(),
                "uses": 0, "processings": 0,
            })
        });
        json!({ "seats": 3, "floating_seats": 0, "activations": rows.collect::<Vec<_>>() })
    }

    fn revoke(&mut self, id: Uuid) {
        let computer = self.computers.iter().find(|one| one.id == id).unwrap();
        self.revoked.push(Revocation {
            sub: LICENSE.parse().unwrap(),
            seq: self.held[&id].seq,
            at: self.now(),
            reason: "its seat was given back elsewhere".to_owned(),
            jkt: Some(computer.thumbprint),
        });
    }

    fn offline(&mut self, body: &Value) -> Value {
        let submission: OfflineSubmission = serde_json::from_value(body.clone()).unwrap();
        let request = OfflineRequest::open(&submission.request, &self.issuer(), self.now()).unwrap();
        let answer = self.bundle(&request);
        json!({ "bundle": answer, "notes": ["One code was issued."] })
    }

    /// The armored answer to a request.
    pub(crate) fn bundle(&mut self, request: &OfflineRequest) -> String {
        let id = request.jti;
        let codes = request
            .items
            .iter()
            .filter(|item| matches!(item, RequestItem::Activate(_) | RequestItem::Checkout(_)))
            .map(|_| self.issue(request.iss, &request.machine.to_string(), id).1)
            .collect();
        let bundle = Bundle {
            iss: self.issuer(),
            iat: self.now(),
            jti: id.to_string(),
            cnf: Confirmation { jkt: request.iss },
            nonce: request.jti,
            codes,
            keys: self.keys(),
            revocations: self.revocations(),
            order: None,
            notes: vec!["Welcome.".to_owned()],
        };
        armor::write_one(armor::Label::Bundle, &self.key.sign_bundle(&bundle).unwrap())
    }
}
