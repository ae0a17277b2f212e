//! One authorization code, parsed and verified, against the bare signature and against another library.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signature, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use scrip_domain::{Offers, Policy, TermsSnapshot, Timestamp, Tokens};
use scrip_licensing::{
    Claims, Confirmation, DeviceKey, Equity, Expectation, Grant, KeySet, MachineDigest, SigningKey, Used, Verifier,
    terms_digest,
};

use crate::report::{Goal, Report, seconds};
use crate::rounds::{Effort, Spread};

const ISSUER: &str = "https://vendor.example";
/// Verifications of one round: short rounds, so that what else runs on the machine spoils few of them.
const REPEATS: u32 = 16;
/// Rounds for each of other measurements.
const ROUNDS_FACTOR: usize = 20;

pub(crate) fn measure(effort: Effort, report: &mut Report) -> Result<()> {
    let vendor = SigningKey::generate()?;
    let claims = claims()?;
    let code = vendor.issue(&claims)?;

    let verifier = Verifier::new(ISSUER, KeySet::new([vendor.verifying_key().clone()]));
    let expect = Expectation {
        product: Some(&claims.aud),
        ..Expectation::at(claims.iat)
    };

    let (signed, signature) = code.rsplit_once('.').context("a code has parts")?;
    let signature = Base64UrlUnpadded::decode_vec(signature)
        .ok()
        .context("a signature in base64url")?;
    let signature = Signature::from_slice(&signature).context("a signature of 64 bytes")?;
    let key = VerifyingKey::from_bytes(vendor.verifying_key().as_bytes()).context("a public key")?;

    let jwk = serde_json::to_string(&vendor.verifying_key().jwk()).context("writing the key")?;
    let other_key =
        DecodingKey::from_jwk(&serde_json::from_str(&jwk).context("reading the key")?).context("taking the key")?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[claims.aud.as_str()]);
    validation.set_issuer(&[ISSUER]);
    validation.validate_nbf = true;

    let (mut ours, mut bare, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.fast_rounds * ROUNDS_FACTOR {
        ours.push(time(|| verifier.verify(black_box(&code), &expect).is_ok())?);
        bare.push(time(|| {
            key.verify_strict(black_box(signed.as_bytes()), &signature).is_ok()
        })?);
        other.push(time(|| {
            decode::<Claims>(black_box(&code), &other_key, &validation).is_ok()
        })?);
    }
    let median = |times: &[f64]| seconds(Spread::of(times.to_vec()).median);
    let what = "authorization code parsed and verified, against the bare `verify_strict` of its bytes";
    report.compare(
        what,
        median(&ours),
        median(&bare),
        Spread::of_ratios(&ours, &bare),
        Goal::AtMost(1.1),
    );
    let what = "the same code, against `jsonwebtoken`";
    report.compare(
        what,
        median(&ours),
        median(&other),
        Spread::of_ratios(&ours, &other),
        Goal::AtMost(0.7),
    );
    Ok(())
}

/// The seconds that one verification takes.
fn time(verify: impl Fn() -> bool) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..REPEATS {
        anyhow::ensure!(verify(), "a good code was refused");
    }
    Ok(started.elapsed().as_secs_f64() / f64::from(REPEATS))
}

/// The claims of a long rental, of which 30 of 100 tokens are credited.
fn claims() -> Result<Claims> {
    let now = Timestamp::from_seconds(1_772_366_400);
    let terms = TermsSnapshot {
        policy: Policy::default(),
        frozen_at: now,
        offers: Offers::default(),
    };
    Ok(Claims {
        iss: ISSUER.to_owned(),
        sub: "019535d9-3df7-79fb-b466-fa907fa17f9e".parse()?,
        aud: "org.example.Editor".parse()?,
        jti: "019535d9-3df7-79fb-b466-fa907fa17f9f".to_owned(),
        iat: now,
        nbf: now,
        exp: Some("2999-01-01T00:00:00Z".parse()?),
        cnf: Confirmation {
            jkt: DeviceKey::from_secret_bytes(&[9; 32]).thumbprint(),
        },
        machine: MachineDigest::of("0123456789abcdef0123456789abcdef")?,
        seq: 1,
        grant: Grant::Duration,
        used: Used::default(),
        grace: 0,
        lease: false,
        equity: Equity {
            credited: Tokens::new(30)?,
            price: Some(Tokens::new(100)?),
        },
        terms: terms_digest(&terms)?,
    })
}
