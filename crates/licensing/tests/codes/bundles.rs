//! Bundles: for one computer, in answer to one request, whole or not at all.

use scrip_domain::{Coded, ErrorCode};
use scrip_licensing::{
    Bundle, BundleExpectation, DeviceKey, KeySetStatement, PublishedKey, RootKey, SigningKey, StatementKind,
};
use uuid::Uuid;

use super::statements::{bundle, code, expectation, key_set, list, refusal, root};
use super::{claims, now, vendor};

#[test]
fn a_bundle_is_for_one_computer_and_one_request() {
    let issuer = root().issuer();
    let text = vendor().sign_bundle(&bundle()).unwrap();
    let open = Bundle::open(&text, &expectation(&issuer)).unwrap();
    assert_eq!((open.codes.len(), open.keys.seq, open.revocations.seq), (1, 2, 7));
    assert_eq!(open.codes[0].1.sub, claims().sub);
    let elsewhere = BundleExpectation {
        device: DeviceKey::from_secret_bytes(&[6; 32]).thumbprint(),
        ..expectation(&issuer)
    };
    let error = Bundle::open(&text, &elsewhere).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementOtherDevice);
    let other_request = BundleExpectation {
        nonces: &[Uuid::from_u128(1)],
        ..expectation(&issuer)
    };
    let error = Bundle::open(&text, &other_request).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StatementOtherRequest);
}

#[test]
fn a_bundle_with_something_wrong_inside_is_refused_whole() {
    let mut foreign = claims();
    foreign.iss = root().issuer();
    foreign.cnf.jkt = DeviceKey::from_secret_bytes(&[6; 32]).thumbprint();
    let impostor = RootKey::from_secret_bytes(&[4; 32]).unwrap();
    let impostors = impostor
        .sign_keys(9, vec![PublishedKey::current(vendor().verifying_key())], now())
        .unwrap();
    for (bad, code) in [
        (
            Bundle {
                codes: vec![code(), vendor().issue(&foreign).unwrap()],
                ..bundle()
            },
            ErrorCode::CodeOtherDevice,
        ),
        (
            Bundle {
                codes: vec![vendor().issue(&claims()).unwrap()],
                ..bundle()
            },
            ErrorCode::CodeIssuer,
        ),
        (
            Bundle {
                keys: impostors,
                ..bundle()
            },
            ErrorCode::StatementIssuer,
        ),
        (
            Bundle {
                keys: code(),
                ..bundle()
            },
            ErrorCode::StatementOtherKind,
        ),
        (
            Bundle {
                revocations: key_set(2),
                ..bundle()
            },
            ErrorCode::StatementOtherKind,
        ),
    ] {
        assert_eq!(
            refusal(StatementKind::Bundle, &vendor().sign_bundle(&bad).unwrap()),
            code
        );
    }
}

#[test]
fn stored_keys_and_revocations_that_are_newer_stay_in_use() {
    let issuer = root().issuer();
    let text = vendor().sign_bundle(&bundle()).unwrap();
    let newer = SigningKey::from_secret_bytes(&[22; 32]).unwrap();
    let without = root()
        .sign_keys(9, vec![PublishedKey::current(newer.verifying_key())], now())
        .unwrap();
    let without = KeySetStatement::open(&without, &issuer).unwrap();
    let expect = BundleExpectation {
        keys: Some(&without),
        ..expectation(&issuer)
    };
    let error = Bundle::open(&text, &expect).unwrap_err();
    assert_eq!(
        error.code(),
        ErrorCode::CodeKeyUnknown,
        "a key that was taken out since"
    );
    let stored = list(8);
    let expect = BundleExpectation {
        revocations: Some(&stored),
        ..expectation(&issuer)
    };
    assert_eq!(Bundle::open(&text, &expect).unwrap().revocations, stored);
}
