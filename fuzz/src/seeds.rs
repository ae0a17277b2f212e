//! Writes one good input or a few for each target, from which the fuzzer starts.

use std::fs;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_domain::{Intent, Item, Platform, Tokens};
use scrip_fuzz::{NONCE, device, issuer, journal_identity, metering, now, root, vendor};
use scrip_licensing::armor::{self, Label};
use scrip_licensing::journal::{JournalSeal, Kind, RECORD_BYTES, Record, Records};
use scrip_licensing::{
    Activate, Bundle, Claims, Confirmation, DeviceKey, Equity, FactKind, Grant, JwkSet, MachineDigest, MachineFacts,
    MeteringCertificate, OfflineRequest, PriceSheet, PublishedKey, RequestItem, RequestJournal, RevocationList,
    TermsDigest, Used, price_digest, qr,
};
use sha2::{Digest, Sha256};

fn main() {
    let code = vendor().issue(&claims()).expect("a code");
    let combined = Claims {
        grant: Grant::Combined {
            uses: Some(100),
            processings: None,
        },
        used: Used {
            uses: 3,
            processings: 0,
        },
        grace: 259_200,
        lease: true,
        ..claims()
    };
    let combined = vendor().issue(&combined).expect("a code");
    let keys = root()
        .sign_keys(
            2,
            vec![
                PublishedKey::current(vendor().verifying_key()),
                PublishedKey::retired(device().verifying_key(), now()),
            ],
            now(),
        )
        .expect("a key set");
    let bundle = vendor().sign_bundle(&bundle(&code, &keys)).expect("a bundle");
    let request = device().sign_request(&request()).expect("a request");
    let jwks = JwkSet::new([vendor().verifying_key()]).to_json().expect("a JWK set");
    let large = bundle.repeat(2);
    let parts = qr::split(&large).expect("parts");

    write("code", "text", &code);
    write("code", "claims", &content(&code));
    write("code", "combined", &content(&combined));
    write("armor", "codes", &armor::write([code.as_str(), &combined]));
    write("armor", "request", &armor::write_one(Label::Request, &request));
    let (journal, cut) = journals();
    write("journal", "row", journal);
    let sealed = JournalSeal::on(
        &Records::read(&cut).expect("whole records"),
        journal_identity().license,
        metering(),
        now(),
    );
    write("journal", "seal", metering().sign_seal(&sealed).expect("a seal"));
    write("journal", "cut", cut);
    write("qr_text", "whole", &code);
    write("qr_text", "parts", &parts.join("\n"));
    write("qr_text", "small", "SCRIP/1/2/0123abcd/abc\nSCRIP/2/2/0123abcd/def");
    write("request", "text", &request);
    write("request", "content", &content(&request));
    write("bundle", "text", &bundle);
    write("bundle", "content", &content(&bundle));
    write("key_set", "text", &keys);
    write("key_set", "content", &content(&keys));
    write("key_set", "jwks", &jwks);
}

/// A journal that counts, and one that was cut after the server acknowledged it.
fn journals() -> (Vec<u8>, Vec<u8>) {
    let open = Record {
        kind: Kind::Open,
        seq: 1,
        time: now(),
        amount: 0,
        total_uses: 2,
        total_processings: 0,
        code_seq: 1,
        identity: journal_identity(),
        previous: [0; 32],
    };
    let key = metering().record_key(journal_identity().license);
    let mut row = open.write(&key);
    let (mut last, mut journal) = (open, row.to_vec());
    for (kind, amount, code_seq) in [
        (Kind::Use, 1, 1),
        (Kind::Processings, 40, 1),
        (Kind::Mark, 0, 2),
        (Kind::Surrender, 2, 2),
        (Kind::Checkpoint, 2, 2),
        (Kind::Use, 1, 3),
    ] {
        last = last
            .next(Sha256::digest(row).into(), kind, amount, code_seq, now())
            .expect("small numbers");
        row = last.write(&key);
        journal.extend(row);
    }
    let cut = journal[5 * RECORD_BYTES..].to_vec();
    (journal, cut)
}

fn write(target: &str, name: &str, content: impl AsRef<[u8]>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder).expect("a folder for seeds");
    fs::write(folder.join(name), content).expect("a seed");
}

/// The content of a signed text.
fn content(text: &str) -> String {
    let payload = text.split('.').nth(1).expect("three parts");
    String::from_utf8(Base64UrlUnpadded::decode_vec(payload).expect("base64url")).expect("JSON")
}

fn machine() -> MachineDigest {
    MachineDigest::of("0123456789abcdef0123456789abcdef").expect("a machine id")
}

fn claims() -> Claims {
    Claims {
        iss: issuer().to_owned(),
        sub: "019535d9-3df7-79fb-b466-fa907fa17f9e".parse().expect("an id"),
        aud: "org.example.Editor".parse().expect("a product"),
        jti: "019535d9-3df7-79fb-b466-fa907fa17f9f".to_owned(),
        iat: now(),
        nbf: now(),
        exp: Some(now().plus_seconds(604_800)),
        cnf: Confirmation {
            jkt: device().thumbprint(),
        },
        machine: machine(),
        seq: 1,
        grant: Grant::Duration,
        used: Used::default(),
        grace: 0,
        lease: false,
        equity: Equity {
            credited: Tokens::new(30).expect("tokens"),
            price: Some(Tokens::new(100).expect("tokens")),
        },
        terms: TermsDigest([5; 32]),
    }
}

fn bundle(code: &str, keys: &str) -> Bundle {
    let list = RevocationList {
        iss: issuer().to_owned(),
        iat: now(),
        seq: 1,
        revoked: Vec::new(),
    };
    Bundle {
        iss: issuer().to_owned(),
        iat: now(),
        jti: "b-1".to_owned(),
        cnf: Confirmation {
            jkt: device().thumbprint(),
        },
        nonce: NONCE,
        codes: vec![code.to_owned()],
        keys: keys.to_owned(),
        revocations: vendor().sign_revocations(&list).expect("a revocation list"),
        order: None,
        notes: vec!["Welcome.".to_owned()],
    }
}

fn request() -> OfflineRequest {
    let sheet = PriceSheet {
        iss: issuer().to_owned(),
        iat: now(),
        revision: 12,
        digest: price_digest([]),
    };
    let metering = DeviceKey::from_secret_bytes(&[11; 32]);
    let certificate = MeteringCertificate::new(&device(), metering.verifying_key(), machine(), now());
    let mut facts = MachineFacts::default();
    facts.add(FactKind::System, "0123456789abcdef0123456789abcdef");
    OfflineRequest {
        iss: device().thumbprint(),
        aud: issuer().to_owned(),
        jti: NONCE,
        iat: now(),
        jwk: device().jwk(),
        machine: machine(),
        facts,
        platform: Platform::current(),
        name: "workshop".to_owned(),
        account: "ada@example.org".parse().expect("an address"),
        items: vec![
            RequestItem::Activate(Activate {
                activate: "org.example.Editor".parse().expect("a product"),
            }),
            RequestItem::Checkout(Item {
                product: "org.example.Other".parse().expect("a product"),
                intent: Intent::Rent,
                offer: Some("week".parse().expect("an offer")),
            }),
        ],
        expected_total: Some(Tokens::new(30).expect("tokens")),
        prices: Some(vendor().sign_prices(&sheet).expect("a price sheet")),
        journals: vec![RequestJournal {
            license: "019535d9-3df7-79fb-b466-fa907fa17f9e".parse().expect("an id"),
            cert: device().sign_metering(&certificate).expect("a certificate"),
            seal: None,
            records: vec![0; 192],
        }],
    }
}
