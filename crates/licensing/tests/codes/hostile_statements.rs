//! Statements made to be accepted by mistake: the same attacks on every kind.

use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use scrip_domain::{Coded, ErrorCode};
use scrip_licensing::{DeviceKey, StatementKind};
use sha2::Sha512;

use super::statements::{open, samples};
use super::{SECRET, encode};

/// A good statement, and the secret of the key that signs such.
struct Sample {
    kind: StatementKind,
    text: String,
    header: String,
    payload: String,
    secret: [u8; 32],
}

fn decoded(part: &str) -> String {
    String::from_utf8(Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
}

fn all() -> &'static [Sample] {
    static ALL: LazyLock<Vec<Sample>> = LazyLock::new(make);
    &ALL
}

fn make() -> Vec<Sample> {
    samples()
        .into_iter()
        .filter(|(kind, _)| *kind != StatementKind::Code)
        .map(|(kind, text)| {
            let mut parts = text.split('.');
            Sample {
                kind,
                header: decoded(parts.next().unwrap()),
                payload: decoded(parts.next().unwrap()),
                secret: match kind {
                    StatementKind::KeySet => [3; 32],
                    StatementKind::Request | StatementKind::Metering => [9; 32],
                    StatementKind::Journal => [11; 32],
                    _ => SECRET,
                },
                text,
            }
        })
        .collect()
}

impl Sample {
    /// Any header and any payload, properly signed.
    fn forge(&self, header: &str, payload: &str) -> String {
        self.sign(&format!("{}.{}", encode(header), encode(payload)))
    }

    fn sign(&self, signed: &str) -> String {
        let pair = ed25519_dalek::SigningKey::from_bytes(&self.secret);
        let signature = pair.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
    }

    #[track_caller]
    fn assert_refused(&self, text: &str, code: ErrorCode) {
        match open(self.kind, text) {
            Ok(()) => panic!("accepted as {}: {text}", self.kind),
            Err(error) => assert_eq!(error.code(), code, "{}: {error}: {text}", self.kind),
        }
    }
}

#[test]
fn the_tests_own_forgeries_are_accepted_where_nothing_is_wrong() {
    for sample in all() {
        assert_eq!(sample.forge(&sample.header, &sample.payload), sample.text);
        open(sample.kind, &sample.text).unwrap();
        let newer = sample.payload.replacen('{', "{\"newer\":[[{}]],", 1);
        open(sample.kind, &sample.forge(&sample.header, &newer)).expect("unknown members are ignored");
    }
}

#[test]
fn headers_with_anything_more_or_less_or_else_are_refused() {
    for sample in all() {
        let header = &sample.header;
        let more = |member: &str| header.replacen('{', &format!("{{{member},"), 1);
        let mut bad = vec![
            more(r#""crit":["exp"]"#),
            more(r#""crit":[]"#),
            more(r#""b64":false"#),
            more(r#""jku":"https://evil.example/jwks""#),
            more(r#""alg":"EdDSA""#),
            more(r#""kid":"x""#),
            header.replace("\"EdDSA\"", "\"\\u0045dDSA\""),
            header.replace("\"EdDSA\"", "5"),
            header.replace("EdDSA", "ЕdDSA"),
            header.replace("scrip-", "SCRIP-"),
            header.replace("scrip-", "scrip‐"),
            header.replace(sample.kind.typ(), "JWT"),
            header.replace(&format!("\"typ\":\"{}\",", sample.kind.typ()), ""),
            header.replace("\"kid\":\"", "\"kid\":\"../"),
            format!("{header}{header}"),
            format!("[{header}]"),
            format!("\u{feff}{header}"),
            "[".repeat(140),
            String::new(),
        ];
        for alg in ["none", "HS256", "HS512", "RS256", "ES256", "Ed25519", "eddsa", ""] {
            bad.push(header.replace("EdDSA", alg));
        }
        for bad in bad {
            let text = sample.forge(&bad, &sample.payload);
            sample.assert_refused(&text, ErrorCode::StatementMalformed);
        }
        let unsigned = format!(
            "{}.{}.",
            encode(&header.replace("EdDSA", "none")),
            encode(&sample.payload)
        );
        sample.assert_refused(&unsigned, ErrorCode::StatementMalformed);
    }
}

#[test]
fn contents_that_are_not_exactly_right_are_refused_though_signed() {
    for sample in all() {
        let with = |from: &str, to: &str| {
            let changed = sample.payload.replacen(from, to, 1);
            assert_ne!(changed, sample.payload, "{from}");
            changed
        };
        let iat = "\"iat\":1772366400";
        for bad in [
            with(iat, "\"iat\":1772366400,\"iat\":1772366400"),
            with(iat, "\"iat\":1e400"),
            with(iat, "\"iat\":99999999999999999999999999"),
            with(iat, "\"iat\":99999999999999"),
            with(iat, "\"iat\":-1"),
            with(iat, "\"iat\":1772366400.0"),
            with(iat, "\"iat\":\"1772366400\""),
            with(iat, "\"iat\":null"),
            with("\"iss\":\"", "\"iss\":\"\",\"iss\":\""),
            with(iat, &format!("\"iat\":{}0{}", "[".repeat(1000), "]".repeat(1000))),
            with("{", "{\"iss\":\"\u{0}\","),
            format!("{} {}", sample.payload, sample.payload),
            format!("[{}]", sample.payload),
            "[".repeat(3000),
            "{}".to_owned(),
            String::new(),
        ] {
            let text = sample.forge(&sample.header, &bad);
            sample.assert_refused(&text, ErrorCode::StatementMalformed);
        }
        // What is ignored is skipped without a stack, what is looked at twice has a limit: neither overflows.
        let deep = format!("\"deep\":{}0{},", "[".repeat(1000), "]".repeat(1000));
        open(
            sample.kind,
            &sample.forge(&sample.header, &with("{", &format!("{{{deep}"))),
        )
        .expect("it is ignored");
        if let Some((before, after)) = sample.payload.split_once("[{") {
            let inside = sample.forge(&sample.header, &format!("{before}[{{{deep}{after}"));
            let refused = open(sample.kind, &inside).is_err();
            assert_eq!(
                refused,
                !matches!(sample.kind, StatementKind::Revocations | StatementKind::Wallet),
                "{}",
                sample.kind
            );
        }
        let spaced = with("{", "{ \n\t");
        open(sample.kind, &sample.forge(&sample.header, &spaced)).expect("JSON may hold space");
    }
}

#[test]
fn encodings_that_are_not_canonical_are_refused() {
    for sample in all() {
        let text = &sample.text;
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let (head, body) = signed.split_once('.').unwrap();
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let last = signature.chars().last().unwrap();
        // The last character of 64 bytes holds 4 spare bits: setting one leaves the bytes as they are.
        let spare = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
        for bad in [
            String::new(),
            "..".to_owned(),
            format!("{text}."),
            format!(".{text}"),
            format!("{text}\n"),
            format!(" {text}"),
            format!("{text}=="),
            format!("{head}=.{body}.{signature}"),
            format!("{head}.{body}"),
            format!("{head}.{body}.{signature}.{signature}"),
            format!("{signed}.{}{spare}", &signature[..signature.len() - 1]),
            format!("{signed}.{}", &signature[..signature.len() - 2]),
            format!("{signed}.{}", "+".repeat(86)),
            format!("{signed}.{}", "é".repeat(43)),
            sample.sign(&format!("{head}.{body}=")),
            sample.sign(&format!("{head}.{body} ")),
            sample.sign(&format!("{head}.{body}\r\n")),
            text.replace('.', "。"),
            "A".repeat(sample.kind.max_bytes() + 1),
        ] {
            sample.assert_refused(&bad, ErrorCode::StatementMalformed);
        }
    }
}

#[test]
fn no_public_key_is_a_shared_secret() {
    for sample in all() {
        let public = *DeviceKey::from_secret_bytes(&sample.secret).verifying_key().as_bytes();
        let mac = |signed: &str| {
            let mut mac = Hmac::<Sha512>::new_from_slice(&public).unwrap();
            mac.update(signed.as_bytes());
            let bytes = mac.finalize().into_bytes();
            format!("{signed}.{}", Base64UrlUnpadded::encode_string(&bytes))
        };
        let honest = mac(&format!("{}.{}", encode(&sample.header), encode(&sample.payload)));
        sample.assert_refused(&honest, ErrorCode::StatementSignature);
        let header = sample.header.replace("EdDSA", "HS512");
        let confused = mac(&format!("{}.{}", encode(&header), encode(&sample.payload)));
        sample.assert_refused(&confused, ErrorCode::StatementMalformed);
    }
}

#[test]
fn the_right_key_of_another_role_signs_nothing() {
    for sample in all() {
        for secret in [[3; 32], SECRET, [9; 32], [6; 32]] {
            if secret == sample.secret {
                continue;
            }
            let other = Sample {
                secret,
                kind: sample.kind,
                text: String::new(),
                header: String::new(),
                payload: String::new(),
            };
            // Under the name of the right key, and under its own.
            let text = other.forge(&sample.header, &sample.payload);
            sample.assert_refused(&text, ErrorCode::StatementSignature);
            let right = DeviceKey::from_secret_bytes(&sample.secret).thumbprint().to_string();
            let own = DeviceKey::from_secret_bytes(&secret).thumbprint().to_string();
            let text = other.forge(&sample.header.replace(&right, &own), &sample.payload);
            sample.assert_refused(&text, ErrorCode::CodeKeyUnknown);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_signed_content_is_answered(body in any::<String>()) {
        for sample in all() {
            prop_assert!(open(sample.kind, &sample.forge(&sample.header, &body)).is_err());
            prop_assert!(open(sample.kind, &body).is_err());
        }
    }

    #[test]
    fn one_changed_byte_never_passes(at in any::<prop::sample::Index>(), byte in 0u8..128) {
        for sample in all() {
            let mut text = sample.text.clone().into_bytes();
            let at = at.index(text.len());
            if text[at] != byte {
                text[at] = byte;
                prop_assert!(open(sample.kind, &String::from_utf8(text).unwrap()).is_err());
            }
        }
    }
}
