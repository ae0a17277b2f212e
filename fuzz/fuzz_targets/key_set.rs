#![no_main]
//! The vendor's keys: as text, as content that the root key signed, and as a bare JWK set.

use libfuzzer_sys::fuzz_target;
use scrip_fuzz::{ROOT, issuer, seal};
use scrip_licensing::{JwkSet, KeySet, KeySetStatement, StatementKind};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        drop(KeySetStatement::open(text, issuer()));
        if let Ok(set) = JwkSet::parse(text) {
            drop(KeySet::from_jwks(&set));
            let json = set.to_json().expect("what was read can be written");
            assert_eq!(JwkSet::parse(&json).is_ok(), json.len() <= JwkSet::MAX_BYTES);
        }
    }
    let sealed = seal(StatementKind::KeySet, &ROOT, data);
    if let Ok(set) = KeySetStatement::open(&sealed, issuer()) {
        assert!(set.key_set().is_ok(), "a set that was accepted has keys");
    }
});
