//! Statements: each is taken by its own reader, from its own signer, and by nobody else.

use scrip_domain::{Coded, ErrorCode, Intent, Item, Platform, Timestamp, Tokens};
use scrip_licensing::journal::{Identity, JournalSeal, Kind, MeteringKey, Record, Records};
use scrip_licensing::{
    Activate, Bundle, BundleExpectation, Confirmation, DeviceKey, Error, Expectation, KeySet, KeySetStatement,
    MachineFacts, MeteringCertificate, OfflineRequest, PriceSheet, PublishedKey, Recovery, RequestItem, Revocation,
    RevocationList, RootKey, SigningKey, StatementEntry, StatementFile, StatementKind, Verifier, WalletStatement,
    issuer_of, price_digest, root_of,
};
use uuid::Uuid;

use super::{claims, device, machine, now, product, vendor};

pub(crate) const NONCE: Uuid = Uuid::from_u128(0x0195_35d9_3df7_79fb_b466_fa90_7fa1_7f00);

pub(crate) fn root() -> RootKey {
    RootKey::from_secret_bytes(&[3; 32]).unwrap()
}

pub(crate) fn keys() -> KeySet {
    KeySet::new([vendor().verifying_key().clone()])
}

pub(crate) fn key_set(seq: u64) -> String {
    root()
        .sign_keys(seq, vec![PublishedKey::current(vendor().verifying_key())], now())
        .unwrap()
}

pub(crate) fn list(seq: u64) -> RevocationList {
    RevocationList {
        iss: root().issuer(),
        iat: now(),
        seq,
        revoked: vec![Revocation {
            sub: claims().sub,
            seq: 4,
            at: now(),
            reason: "The computer was lost.".to_owned(),
            jkt: None,
        }],
    }
}

fn recovery() -> Recovery {
    Recovery {
        iss: root().issuer(),
        iat: now(),
        jti: "r-1".to_owned(),
        cnf: Confirmation {
            jkt: device().thumbprint(),
        },
    }
}

fn sheet() -> PriceSheet {
    PriceSheet {
        iss: root().issuer(),
        iat: now(),
        revision: 12,
        digest: price_digest([(&product(), "[]")]),
    }
}

pub(crate) fn request() -> OfflineRequest {
    OfflineRequest {
        iss: device().thumbprint(),
        aud: root().issuer(),
        jti: NONCE,
        iat: now(),
        jwk: device().jwk(),
        machine: machine(),
        facts: MachineFacts::default(),
        platform: Platform::current(),
        name: "workshop".to_owned(),
        account: "ada@example.org".parse().unwrap(),
        items: vec![
            RequestItem::Activate(Activate { activate: product() }),
            RequestItem::Checkout(Item {
                product: "org.example.Other".parse().unwrap(),
                intent: Intent::Rent,
                offer: Some("week".parse().unwrap()),
            }),
        ],
        expected_total: Some(Tokens::new(30).unwrap()),
        prices: Some(vendor().sign_prices(&sheet()).unwrap()),
        journals: Vec::new(),
    }
}

fn certificate() -> MeteringCertificate {
    let metering = DeviceKey::from_secret_bytes(&[11; 32]);
    MeteringCertificate::new(&device(), metering.verifying_key(), machine(), now())
}

fn metering() -> MeteringKey {
    MeteringKey::from_secret_bytes(&[11; 32])
}

/// The seal on a journal's opening.
fn seal() -> String {
    let license = claims().sub;
    let identity = Identity::new(license, metering().thumbprint(), machine());
    let open = Record {
        kind: Kind::Open,
        seq: 1,
        time: now(),
        amount: 0,
        total_uses: 2,
        total_processings: 0,
        code_seq: 1,
        identity,
        previous: [0; 32],
    };
    let bytes = open.write(&metering().record_key(license));
    let seal = JournalSeal::on(&Records::read(&bytes).unwrap(), license, &metering(), now());
    metering().sign_seal(&seal).unwrap()
}

pub(crate) fn code() -> String {
    let mut claims = claims();
    claims.iss = root().issuer();
    vendor().issue(&claims).unwrap()
}

pub(crate) fn bundle() -> Bundle {
    Bundle {
        iss: root().issuer(),
        iat: now(),
        jti: "b-1".to_owned(),
        cnf: Confirmation {
            jkt: device().thumbprint(),
        },
        nonce: NONCE,
        codes: vec![code()],
        keys: key_set(2),
        revocations: vendor().sign_revocations(&list(7)).unwrap(),
        order: None,
        notes: vec!["Welcome.".to_owned()],
    }
}

pub(crate) fn wallet() -> WalletStatement {
    let entry = |amount, kind: &str| StatementEntry {
        transfer: scrip_domain::TransferId(NONCE),
        at: now(),
        kind: kind.to_owned(),
        amount,
        reason: "Welcome tokens".to_owned(),
    };
    WalletStatement {
        iss: root().issuer(),
        iat: now(),
        sub: scrip_domain::UserId(NONCE),
        email: "ada@example.com".to_owned(),
        from: now(),
        until: now().plus_seconds(1),
        opening: 5,
        closing: 75,
        entries: vec![entry(100, "grant"), entry(-30, "order")],
    }
}

#[test]
fn a_statement_file_verifies_without_the_server_and_tells_every_change() {
    let (content, issuer) = (wallet(), root().issuer());
    let file = StatementFile::new(content.clone(), vendor().sign_wallet(&content).unwrap(), key_set(2));
    let text = serde_json::to_string(&file).unwrap();
    assert_eq!(StatementFile::verify(&text, &issuer).unwrap().closing, 75);
    let refused = |text: &str, issuer: &str| StatementFile::verify(text, issuer).unwrap_err().code();
    let other = RootKey::from_secret_bytes(&[4; 32]).unwrap();
    assert_eq!(refused(&text, &other.issuer()), ErrorCode::StatementIssuer);
    assert_eq!(
        refused(&text.replace("\"closing\":75", "\"closing\":76"), &issuer),
        ErrorCode::StatementMalformed
    );
    assert_eq!(
        refused(&text.replace("scrip-statement/1", "scrip-statement/2"), &issuer),
        ErrorCode::StatementMalformed
    );
    assert_eq!(refused("{}", &issuer), ErrorCode::StatementMalformed);
    let wrong = WalletStatement { closing: 76, ..content };
    assert!(vendor().sign_wallet(&wrong).is_err());
}

#[test]
fn a_statement_in_a_document_is_found_by_its_lines_and_only_what_is_signed_counts() {
    let (content, issuer) = (wallet(), root().issuer());
    let file = StatementFile::new(content.clone(), vendor().sign_wallet(&content).unwrap(), key_set(2));
    let armored = file.armored();
    assert!(armored.lines().all(|line| line.len() <= 64));
    let document = |inside: &str| [b"%PDF-1.7\n\xff\xfe closing: 9999 ", inside.as_bytes(), b"\n%%EOF"].concat();
    let text = StatementFile::text_in(&document(&armored)).unwrap();
    assert_eq!(StatementFile::verify(&text, &issuer).unwrap(), content);
    assert_eq!(
        StatementFile::verify(&text.replace('\n', "\r\n"), &issuer).unwrap(),
        content
    );
    assert_eq!(StatementFile::digest_in(&text).unwrap(), file.digest());
    let json = serde_json::to_string(&file).unwrap();
    assert_eq!(StatementFile::text_in(json.as_bytes()).unwrap(), json);
    assert_eq!(StatementFile::digest_in(&json).unwrap(), file.digest());
    let refused = |bytes: &[u8]| {
        let read = StatementFile::text_in(bytes).and_then(|text| StatementFile::verify(&text, &issuer));
        read.unwrap_err().code()
    };
    let twice = format!("{armored}{armored}");
    for hostile in [
        "",
        "-----BEGIN SCRIP STATEMENT-----\nabc",
        "-----END SCRIP STATEMENT-----",
        &twice,
        &armored.replace('~', ""),
        &armored.replace('~', "~~"),
    ] {
        assert_eq!(refused(&document(hostile)), ErrorCode::StatementMalformed, "{hostile}");
    }
    assert_eq!(refused(b"\xff\xd8"), ErrorCode::StatementMalformed);
    assert_eq!(
        refused(&vec![b'x'; StatementFile::MAX_BYTES + 1]),
        ErrorCode::StatementMalformed
    );
    for at in (40..armored.len() - 40)
        .step_by(7)
        .filter(|at| armored.as_bytes()[*at].is_ascii_alphanumeric())
    {
        let mut changed = armored.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = StatementFile::text_in(&document(std::str::from_utf8(&changed).unwrap())).unwrap();
        assert!(StatementFile::verify(&changed, &issuer).is_err(), "{at}");
    }
}

/// One signed statement of each kind.
pub(crate) fn samples() -> Vec<(StatementKind, String)> {
    vec![
        (StatementKind::Code, code()),
        (StatementKind::KeySet, key_set(2)),
        (StatementKind::Revocations, vendor().sign_revocations(&list(7)).unwrap()),
        (StatementKind::Recovery, vendor().sign_recovery(&recovery()).unwrap()),
        (StatementKind::Bundle, vendor().sign_bundle(&bundle()).unwrap()),
        (StatementKind::Prices, vendor().sign_prices(&sheet()).unwrap()),
        (StatementKind::Request, device().sign_request(&request()).unwrap()),
        (StatementKind::Metering, device().sign_metering(&certificate()).unwrap()),
        (StatementKind::Journal, seal()),
        (StatementKind::Wallet, vendor().sign_wallet(&wallet()).unwrap()),
    ]
}

/// Reads `text` as a statement of `kind` with everything else as it should be.
pub(crate) fn open(kind: StatementKind, text: &str) -> Result<(), Error> {
    let issuer = root().issuer();
    match kind {
        StatementKind::Code => Verifier::new(issuer, keys())
            .verify(text, &Expectation::at(now()))
            .map(drop),
        StatementKind::KeySet => KeySetStatement::open(text, &issuer).map(drop),
        StatementKind::Revocations => RevocationList::open(text, &issuer, &keys()).map(drop),
        StatementKind::Recovery => Recovery::open(text, &issuer, &keys(), device().thumbprint()).map(drop),
        StatementKind::Bundle => Bundle::open(text, &expectation(&issuer)).map(drop),
        StatementKind::Prices => PriceSheet::open(text, &issuer, &keys()).map(drop),
        StatementKind::Request => OfflineRequest::open(text, &issuer, now()).map(drop),
        StatementKind::Metering => MeteringCertificate::open(text, device().thumbprint()).map(drop),
        StatementKind::Journal => JournalSeal::open(text, metering().verifying_key()).map(drop),
        StatementKind::Wallet => WalletStatement::open(text, &issuer, &keys()).map(drop),
    }
}

pub(crate) fn expectation(issuer: &str) -> BundleExpectation<'_> {
    BundleExpectation {
        issuer,
        device: device().thumbprint(),
        nonces: &[NONCE],
        keys: None,
        revocations: None,
    }
}

pub(crate) fn refusal(kind: StatementKind, text: &str) -> ErrorCode {
    open(kind, text).unwrap_err().code()
}

#[test]
fn every_statement_is_read_by_its_own_reader_and_refused_by_every_other() {
    for (kind, text) in samples() {
        assert_eq!(StatementKind::of(&text), Some(kind));
        open(kind, &text).unwrap();
        for other in StatementKind::ALL.into_iter().filter(|other| *other != kind) {
            let error = open(other, &text).unwrap_err();
            let expected = if other == StatementKind::Code || text.len() > other.max_bytes() {
                [ErrorCode::CodeMalformed, ErrorCode::StatementMalformed]
            } else {
                [ErrorCode::StatementOtherKind; 2]
            };
            assert!(expected.contains(&error.code()), "{kind} as {other}: {error}");
        }
    }
}

#[test]
fn a_key_set_needs_nothing_but_the_vendors_address() {
    let issuer = root().issuer();
    assert_eq!(root_of(&issuer), Some(root().verifying_key().thumbprint()));
    assert_eq!(root_of("https://vendor.example"), None);
    let set = KeySetStatement::open(&key_set(2), &issuer).unwrap();
    let verifier = Verifier::new(issuer.clone(), set.key_set().unwrap());
    verifier.verify(&code(), &Expectation::at(now())).unwrap();

    let other = RootKey::from_secret_bytes(&[4; 32]).unwrap();
    let error = KeySetStatement::open(&key_set(2), &other.issuer()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementIssuer);
    // Another root that claims this vendor's address.
    let (signed, _) = key_set(2)
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let foreign = other
        .sign_keys(2, vec![PublishedKey::current(vendor().verifying_key())], now())
        .unwrap();
    let signature = foreign.rsplit_once('.').unwrap().1;
    assert_eq!(
        refusal(StatementKind::KeySet, &format!("{signed}.{signature}")),
        ErrorCode::StatementSignature
    );
    let payload = signed.split_once('.').unwrap().1;
    let header = foreign.split_once('.').unwrap().0;
    assert_eq!(
        refusal(StatementKind::KeySet, &format!("{header}.{payload}.{signature}")),
        ErrorCode::CodeKeyUnknown
    );
}

#[test]
fn an_older_key_set_or_revocation_list_is_refused_beside_a_newer_one() {
    let issuer = root().issuer();
    let stored = KeySetStatement::open(&key_set(5), &issuer).unwrap();
    assert!(KeySetStatement::open_newer(&key_set(5), &stored).is_ok());
    assert!(KeySetStatement::open_newer(&key_set(6), &stored).is_ok());
    let error = KeySetStatement::open_newer(&key_set(4), &stored).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementRolledBack);
    let sign = |seq| vendor().sign_revocations(&list(seq)).unwrap();
    let stored = RevocationList::open(&sign(3), &issuer, &keys()).unwrap();
    assert!(RevocationList::open_newer(&sign(4), &keys(), &stored).is_ok());
    let error = RevocationList::open_newer(&sign(2), &keys(), &stored).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementRolledBack);
}

#[test]
fn key_sets_that_make_no_sense_are_neither_signed_nor_read() {
    let key = PublishedKey::current(vendor().verifying_key());
    let root_among = PublishedKey::current(root().verifying_key());
    for keys in [vec![], vec![key.clone(), key.clone()], vec![root_among], vec![key; 65]] {
        assert!(root().sign_keys(1, keys, now()).is_err());
    }
}

#[test]
fn a_retired_key_verifies_what_it_signed_before_and_nothing_later() {
    let old = SigningKey::from_secret_bytes(&[21; 32]).unwrap();
    let set = root()
        .sign_keys(
            3,
            vec![
                PublishedKey::current(vendor().verifying_key()),
                PublishedKey::retired(old.verifying_key(), now()),
            ],
            now(),
        )
        .unwrap();
    let set = KeySetStatement::open(&set, &root().issuer()).unwrap();
    let verifier = Verifier::new(root().issuer(), set.key_set().unwrap());
    let issue = |iat: Timestamp| {
        let mut claims = claims();
        (claims.iss, claims.iat) = (root().issuer(), iat);
        old.issue(&claims).unwrap()
    };
    let expect = Expectation::at(now().plus_seconds(3600));
    assert!(verifier.verify(&issue(now()), &expect).is_ok());
    assert!(verifier.verify(&issue(Timestamp::UNIX_EPOCH), &expect).is_ok());
    let error = verifier.verify(&issue(now().plus_seconds(1)), &expect).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeKeyUnknown);
    assert!(error.to_string().contains("retired"), "{error}");
    let stolen = KeySetStatement::open(&key_set(4), &root().issuer()).unwrap();
    let verifier = Verifier::new(root().issuer(), stolen.key_set().unwrap());
    let error = verifier.verify(&issue(Timestamp::UNIX_EPOCH), &expect).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeKeyUnknown, "a stolen key is left out");
}

#[test]
fn a_revoked_code_is_refused_with_the_reason_and_a_later_one_is_not() {
    let (license, mine) = (claims().sub, device().thumbprint());
    let verifier = Verifier::new(root().issuer(), keys()).with_revocations(list(1));
    let error = verifier.verify(&code(), &Expectation::at(now())).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeRevoked);
    assert!(error.to_string().contains("The computer was lost."), "{error}");
    assert!(list(1).refuses(license, mine, 4).is_some());
    assert!(list(1).refuses(license, mine, 5).is_none());
    let other = DeviceKey::from_secret_bytes(&[5; 32]).thumbprint();
    let mut one_device = list(1);
    one_device.revoked[0].jkt = Some(mine);
    assert!(one_device.refuses(license, mine, 4).is_some());
    assert!(one_device.refuses(license, other, 1).is_none());
}

#[test]
fn requests_of_the_wrong_vendor_time_or_device_are_refused() {
    let issuer = root().issuer();
    let text = device().sign_request(&request()).unwrap();
    assert_eq!(OfflineRequest::open(&text, &issuer, now()).unwrap(), request());
    let day = 86_400;
    for (seconds, good) in [
        (30 * day, true),
        (30 * day + 1, false),
        (-26 * 3600, true),
        (-26 * 3600 - 1, false),
    ] {
        let read = OfflineRequest::open(&text, &issuer, now().plus_seconds(seconds));
        assert_eq!(read.is_ok(), good, "{seconds}");
        assert!(read.err().is_none_or(|error| error.code() == ErrorCode::StatementDate));
    }
    let elsewhere = OfflineRequest::open(&text, "urn:scrip:vendor:other", now()).unwrap_err();
    assert_eq!(elsewhere.code(), ErrorCode::StatementIssuer);
    let thief = DeviceKey::from_secret_bytes(&[6; 32]);
    assert!(
        thief.sign_request(&request()).is_err(),
        "nobody speaks for another device"
    );
    for bad in [
        OfflineRequest {
            items: Vec::new(),
            ..request()
        },
        OfflineRequest {
            expected_total: None,
            ..request()
        },
        OfflineRequest {
            jwk: thief.jwk(),
            ..request()
        },
        OfflineRequest {
            name: "x".repeat(201),
            ..request()
        },
    ] {
        assert!(device().sign_request(&bad).is_err());
    }
}

#[test]
fn certificates_and_recovery_codes_are_of_one_device() {
    let text = device().sign_metering(&certificate()).unwrap();
    let read = MeteringCertificate::open(&text, device().thumbprint()).unwrap();
    assert_eq!(
        read.key().unwrap(),
        *DeviceKey::from_secret_bytes(&[11; 32]).verifying_key()
    );
    let thief = DeviceKey::from_secret_bytes(&[6; 32]);
    let error = MeteringCertificate::open(&text, thief.thumbprint()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementOtherDevice);
    assert!(thief.sign_metering(&certificate()).is_err());
    let itself = MeteringCertificate::new(&device(), device().verifying_key(), machine(), now());
    assert!(device().sign_metering(&itself).is_err());

    let text = vendor().sign_recovery(&recovery()).unwrap();
    let error = Recovery::open(&text, &root().issuer(), &keys(), thief.thumbprint()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementOtherDevice);
    let error = Recovery::open(&text, &issuer_of(thief.thumbprint()), &keys(), device().thumbprint()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementIssuer);
}

#[test]
fn a_price_digest_hangs_on_every_offer_and_not_on_the_order() {
    let (a, b) = ("a".parse().unwrap(), "b".parse().unwrap());
    let digest = price_digest([(&a, "[1]"), (&b, "[2]")]);
    assert_eq!(digest, price_digest([(&b, "[2]"), (&a, "[1]")]));
    assert_ne!(digest, price_digest([(&a, "[1]"), (&b, "[3]")]));
    assert_ne!(digest, price_digest([(&a, "[1]")]));
    // printf 'a\t[1]\nb\t[2]\n' | sha256sum
    assert_eq!(digest.to_string(), "4UoryyiDTkfDy8bKtpOPbgDbHvAYWWdNGQskWSvIpwM");
}
