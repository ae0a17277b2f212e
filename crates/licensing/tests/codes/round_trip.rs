//! Good codes, and codes that are good elsewhere or at another time.

use proptest::prelude::*;
use scrip_domain::{Coded, ErrorCode, Remaining, Timestamp, Tokens};
use scrip_licensing::{Claims, Equity, Expectation, Grant, SigningKey, Used, armor};

use super::{claims, device, forge, header, machine, now, payload, product, vendor, verifier};

#[test]
fn a_code_says_what_was_issued_and_looks_as_documented() {
    let code = vendor().issue(&claims()).unwrap();
    assert_eq!(
        code,
        forge(&header(), &payload()),
        "exactly the documented header, members in order"
    );
    let product = product();
    let expect = Expectation {
        product: Some(&product),
        device: Some(device().thumbprint()),
        machine: Some(machine()),
        now: now(),
        tolerance_seconds: 0,
    };
    assert_eq!(verifier().verify(&code, &expect).unwrap(), claims());
    assert!(code.len() < 1000, "{}", code.len());
    assert_eq!(armor::read(&armor::write([code.as_str()])).unwrap(), [code]);
}

#[test]
fn every_grant_round_trips_and_says_what_remains() {
    let none = Remaining::default();
    let later = now().plus_seconds(60);
    for (grant, exp, remaining) in [
        (Grant::Perpetual, None, none),
        (
            Grant::Duration,
            Some(later),
            Remaining {
                ends_at: Some(later),
                ..none
            },
        ),
        (Grant::Uses { count: 5 }, None, Remaining { uses: Some(5), ..none }),
        (
            Grant::Processings { count: 6 },
            None,
            Remaining {
                processings: Some(6),
                ..none
            },
        ),
    ] {
        let issued = Claims { grant, exp, ..claims() };
        let code = vendor().issue(&issued).unwrap();
        let read = verifier().verify(&code, &Expectation::at(now())).unwrap();
        assert_eq!(read, issued);
        assert_eq!(read.remaining(), remaining);
    }
}

#[test]
fn several_limits_grace_and_loans_are_told_apart() {
    let soft = now().plus_seconds(30 * 86_400);
    let hard = soft.plus_seconds(3 * 86_400);
    let combined = Claims {
        grant: Grant::Combined {
            uses: Some(100),
            processings: None,
        },
        exp: Some(hard),
        used: Used {
            uses: 5,
            processings: 7,
        },
        grace: 3 * 86_400,
        ..claims()
    };
    let code = vendor().issue(&combined).unwrap();
    let read = verifier().verify(&code, &Expectation::at(now())).unwrap();
    assert_eq!(read, combined);
    assert_eq!(read.ceiling(), (Some(105), None));
    assert_eq!((read.soft_end(), read.hard_end()), (Some(soft), Some(hard)));
    let left = read.remaining();
    assert_eq!(
        (left.ends_at, left.uses, left.processings),
        (Some(soft), Some(100), None)
    );
    let late = soft.plus_seconds(86_400);
    for (at, in_grace) in [(now(), false), (soft, true), (late, true), (hard, false)] {
        assert_eq!(read.is_in_grace(at), in_grace, "{at}");
        let accepted = verifier().verify(&code, &Expectation::at(at)).is_ok();
        assert_eq!(accepted, at < hard, "the hard end counts");
    }
    let lines = read.explain(now());
    assert_eq!(
        lines[2],
        "Rented for 100 uses or until 2026-03-31T12:00:00Z (30 days left), whichever ends first."
    );
    assert_eq!(
        lines[3],
        "After its end the program runs on for 3 days, until 2026-04-03T12:00:00Z."
    );
    assert_eq!(
        lines[4],
        "Until then 5 uses and 7 processings had been counted on this computer."
    );
    assert_eq!(
        read.explain(late)[3],
        "The program still runs for 2 days, until 2026-04-03T12:00:00Z: extend the rental before then."
    );

    let lease = Claims {
        grant: Grant::Uses { count: 4 },
        exp: Some(now().plus_seconds(43_200)),
        lease: true,
        ..claims()
    };
    assert_eq!(lease.remaining().ends_at, None, "a loan's end is not the license's");
    assert_eq!(lease.explain(now())[2], "Rented for 4 uses.");
    assert_eq!(
        lease.explain(now())[3],
        "On loan until 2026-03-02T00:00:00Z (12 hours left): it renews itself online."
    );
    let seat = Claims {
        grant: Grant::Perpetual,
        ..lease
    };
    let seat = verifier().verify(&vendor().issue(&seat).unwrap(), &Expectation::at(now()));
    assert_eq!(seat.unwrap().remaining(), Remaining::default());
}

#[test]
fn a_code_without_the_newer_claims_is_as_before() {
    let payload = payload();
    for newer in ["used", "grace", "lease", "combined"] {
        assert!(
            !payload.contains(newer),
            "{newer} is absent where it says nothing: {payload}"
        );
    }
    let read = verifier()
        .verify(&forge(&header(), &payload), &Expectation::at(now()))
        .unwrap();
    assert!(read.used.is_nothing() && read.grace == 0 && !read.lease);
}

#[test]
fn claims_that_contradict_themselves_are_neither_issued_nor_accepted() {
    let end = Some(now().plus_seconds(1));
    for bad in [
        Claims {
            grant: Grant::Perpetual,
            exp: end,
            ..claims()
        },
        Claims {
            grant: Grant::Duration,
            exp: None,
            ..claims()
        },
        Claims {
            exp: Some(now().plus_seconds(-1)),
            ..claims()
        },
        Claims {
            grant: Grant::Combined {
                uses: Some(1),
                processings: None,
            },
            exp: None,
            ..claims()
        },
        Claims {
            grant: Grant::Combined {
                uses: None,
                processings: None,
            },
            ..claims()
        },
        Claims {
            grant: Grant::Uses { count: 1 },
            exp: None,
            lease: true,
            ..claims()
        },
        Claims {
            grant: Grant::Uses { count: 1 },
            exp: None,
            grace: 60,
            ..claims()
        },
        Claims {
            grant: Grant::Perpetual,
            lease: true,
            grace: 60,
            ..claims()
        },
        Claims {
            grace: Claims::MAX_GRACE_SECONDS + 1,
            ..claims()
        },
        Claims {
            grant: Grant::Uses { count: u64::MAX },
            used: Used {
                uses: 1,
                processings: 0,
            },
            ..claims()
        },
        Claims {
            jti: String::new(),
            ..claims()
        },
        Claims {
            iss: "x".repeat(513),
            ..claims()
        },
    ] {
        assert_eq!(vendor().issue(&bad).unwrap_err().code(), ErrorCode::InternalError);
        let forged = forge(&header(), &serde_json::to_string(&bad).unwrap());
        assert_eq!(super::refusal(&forged), ErrorCode::CodeMalformed);
    }
}

#[test]
fn a_good_code_of_another_place_is_refused() {
    let code = vendor().issue(&claims()).unwrap();
    let other_product = "org.example.Other".parse().unwrap();
    let other_device = SigningKey::from_secret_bytes(&[1; 32])
        .unwrap()
        .verifying_key()
        .thumbprint();
    let mut other_machine = machine();
    other_machine.0[0] ^= 1;
    let any = Expectation::at(now());
    for (expect, refusal) in [
        (
            Expectation {
                product: Some(&other_product),
                ..any
            },
            ErrorCode::CodeOtherProduct,
        ),
        (
            Expectation {
                device: Some(other_device),
                ..any
            },
            ErrorCode::CodeOtherDevice,
        ),
        (
            Expectation {
                machine: Some(other_machine),
                ..any
            },
            ErrorCode::CodeOtherDevice,
        ),
    ] {
        let error = verifier().verify(&code, &expect).unwrap_err();
        assert_eq!(error.code(), refusal);
        assert!(!error.hints().is_empty());
    }
    let foreign = Claims {
        iss: "https://other.example".to_owned(),
        ..claims()
    };
    assert_eq!(
        super::refusal(&vendor().issue(&foreign).unwrap()),
        ErrorCode::CodeIssuer
    );
}

#[test]
fn dates_hold_to_the_second_and_the_tolerance() {
    let code = vendor().issue(&claims()).unwrap();
    let at = |seconds, tolerance_seconds| {
        let expect = Expectation {
            tolerance_seconds,
            ..Expectation::at(now().plus_seconds(seconds))
        };
        verifier()
            .verify(&code, &expect)
            .map(|_| ())
            .map_err(|error| error.code())
    };
    assert_eq!(at(-1, 0), Err(ErrorCode::CodeNotYetValid));
    assert_eq!(at(-60, 60), Ok(()));
    assert_eq!(at(-61, 60), Err(ErrorCode::CodeNotYetValid));
    assert_eq!(at(604_799, 0), Ok(()));
    assert_eq!(
        at(604_800, 0),
        Err(ErrorCode::CodeExpired),
        "on or after exp is too late (RFC 7519 section 4.1.4)"
    );
    assert_eq!(at(604_859, 60), Ok(()));
    assert_eq!(at(604_860, 60), Err(ErrorCode::CodeExpired));
    let owned = Claims {
        grant: Grant::Perpetual,
        exp: None,
        ..claims()
    };
    let owned = vendor().issue(&owned).unwrap();
    let far = Expectation::at(Timestamp::from_micros(i64::MAX));
    assert!(verifier().verify(&owned, &far).is_ok(), "what is owned holds for ever");
}

#[test]
fn a_code_explains_itself() {
    let lines = claims().explain(now().plus_seconds(86_400));
    assert_eq!(
        lines[0],
        "Authorizes org.example.Editor under the license 019535d9-3df7-79fb-b466-fa907fa17f9e."
    );
    assert_eq!(lines[2], "Rented until 2026-03-08T12:00:00Z: 6 days left.");
    assert_eq!(
        lines[3],
        "Of the price of 100 tokens, 30 tokens are paid; the rest makes it yours."
    );
    assert!(lines[4].contains(&device().thumbprint().to_string()));
    let owned = Claims {
        grant: Grant::Perpetual,
        exp: None,
        ..claims()
    };
    assert_eq!(owned.explain(now())[2], "Owned: it holds for ever.");
    assert_eq!(owned.explain(now()).len(), 4);
    let over = claims().explain(now().plus_seconds(700_000));
    assert_eq!(over[2], "Rented until 2026-03-08T12:00:00Z: that time is over.");
    assert_eq!(
        Claims {
            grant: Grant::Uses { count: 1 },
            exp: None,
            ..claims()
        }
        .explain(now())[2],
        "Rented for 1 use."
    );
}

proptest! {
    #[test]
    fn any_claims_round_trip(
        seq in any::<u64>(),
        count in any::<u64>(),
        credited in 0..=Tokens::MAX.get(),
        end in 0i64..250_000_000_000,
        jti in "[ -~]{1,128}",
    ) {
        let claims = Claims {
            seq,
            jti,
            exp: Some(Timestamp::from_seconds(end)),
            nbf: Timestamp::UNIX_EPOCH,
            grant: Grant::Processings { count },
            equity: Equity { credited: Tokens::new(credited).unwrap(), price: None },
            ..claims()
        };
        let code = vendor().issue(&claims).unwrap();
        let read = verifier().verify(&code, &Expectation::at(Timestamp::UNIX_EPOCH));
        prop_assert_eq!(read.ok(), (end > 0).then_some(claims));
    }
}
