#![no_main]
//! An authorization code, as text and as signed claims.

use libfuzzer_sys::fuzz_target;
use scrip_fuzz::{VENDOR, now, seal, verifier};
use scrip_licensing::{Expectation, StatementKind};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        drop(verifier().verify(text, &Expectation::at(now())));
    }
    let sealed = seal(StatementKind::Code, &VENDOR, data);
    if let Ok(claims) = verifier().inspect(&sealed) {
        assert!(!claims.explain(now()).is_empty());
        assert!(claims.soft_end() <= claims.hard_end());
        assert!(!claims.is_in_grace(now()) || claims.grace > 0);
        assert_eq!(claims.remaining().uses.is_some(), claims.ceiling().0.is_some());
        let again = scrip_fuzz::vendor().issue(&claims).expect("what was accepted can be issued");
        assert_eq!(verifier().inspect(&again).expect("what was issued is accepted"), claims);
    }
});
