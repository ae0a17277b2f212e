//! Codes made to be accepted by mistake.

use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use scrip_domain::ErrorCode;
use scrip_licensing::{DeviceKey, Expectation, SigningKey, armor};
use sha2::Sha512;

use super::{claims, encode, forge, header, now, payload, refusal, sign, vendor, verifier};

fn good() -> String {
    vendor().issue(&claims()).unwrap()
}

#[test]
fn the_tests_own_forgeries_are_accepted_where_nothing_is_wrong() {
    assert!(
        verifier()
            .verify(&forge(&header(), &payload()), &Expectation::at(now()))
            .is_ok()
    );
}

#[test]
fn other_algorithms_are_refused_by_name() {
    for alg in [
        "none", "None", "NONE", "HS256", "ES256", "RS256", "Ed25519", "EdDSA ", "eddsa", "",
    ] {
        let unsigned = encode(&header().replace("EdDSA", alg));
        let signed = sign(&format!("{unsigned}.{}", encode(&payload())));
        assert_eq!(refusal(&signed), ErrorCode::CodeAlgorithm, "{alg}");
        assert_eq!(
            refusal(&format!("{unsigned}.{}.", encode(&payload()))),
            ErrorCode::CodeAlgorithm,
            "{alg}"
        );
    }
    let plain = encode(r#"{"alg":"none","typ":"JWT"}"#);
    assert_eq!(
        refusal(&format!("{plain}.{}.", encode(&payload()))),
        ErrorCode::CodeAlgorithm
    );
}

#[test]
fn headers_with_anything_more_or_less_are_refused() {
    let more = |member: &str| header().replacen('{', &format!("{{{member},"), 1);
    let jwk = serde_json::to_string(&vendor().verifying_key().jwk()).unwrap();
    for bad in [
        more(r#""crit":["exp"]"#),
        more(r#""crit":[]"#),
        more(&format!("\"jwk\":{jwk}")),
        more(r#""jku":"https://evil.example/jwks""#),
        more(r#""b64":false"#),
        more(r#""alg":"EdDSA""#),
        more(r#""kid":"x""#),
        header().replace("\"EdDSA\"", "\"\\u0045dDSA\""),
        header().replace("\"EdDSA\"", "5"),
        header().replace("scrip-authorization+jwt", "JWT"),
        header().replace("scrip-authorization+jwt", "SCRIP-AUTHORIZATION+JWT"),
        header().replace("scrip-authorization", "scrip‐authorization"),
        header().replace("\"typ\":\"scrip-authorization+jwt\",", ""),
        header().replace("\"kid\":\"", "\"kid\":\"../"),
        format!("{}{}", header(), header()),
        format!("[{}]", header()),
        format!("{}{}", header(), " ".repeat(200)),
        "{\"alg\":".repeat(40),
        "[".repeat(140),
        "\u{feff}{}".to_owned(),
        "\"EdDSA\"".to_owned(),
        String::new(),
    ] {
        assert_eq!(refusal(&forge(&bad, &payload())), ErrorCode::CodeMalformed, "{bad}");
    }
    let lookalike = header().replace("EdDSA", "ЕdDSA");
    assert_eq!(
        refusal(&forge(&lookalike, &payload())),
        ErrorCode::CodeAlgorithm,
        "a Cyrillic letter"
    );
}

#[test]
fn claims_that_are_not_exactly_right_are_refused_though_signed() {
    let with = |from: &str, to: &str| {
        let changed = payload().replacen(from, to, 1);
        assert_ne!(changed, payload(), "{from}");
        changed
    };
    for bad in [
        with("{", r#"{"iss":"https://evil.example","#),
        with("{", r#"{"exp":9999999999,"#),
        with("\"seq\":1", "\"seq\":1,\"seq\":2"),
        with("\"seq\":1", "\"seq\":1e400"),
        with("\"seq\":1", "\"seq\":99999999999999999999999999"),
        with("\"seq\":1", "\"seq\":-1"),
        with("\"seq\":1", "\"seq\":1.0"),
        with("\"seq\":1", "\"seq\":\"1\""),
        with("\"seq\":1", "\"seq\":null"),
        with("\"exp\":", "\"exp\":-"),
        with("\"exp\":", "\"exp\":9999"),
        with("\"exp\":1772971200", "\"exp\":null"),
        with("\"nbf\":1772366400", "\"nbf\":1772366400.5"),
        with("org.example.Editor", "../../etc/passwd"),
        with("\"aud\":\"org.example.Editor\"", "\"aud\":[\"org.example.Editor\"]"),
        with("\"credited\":30", "\"credited\":-30"),
        with("\"kind\":\"duration\"", "\"kind\":\"perpetual\""),
        with("\"kind\":\"duration\"", "\"kind\":\"duration\",\"kind\":\"perpetual\""),
        with("\"jkt\":\"", "\"jkt\":\"A"),
        with("{", &format!("{{\"deep\":{}0{},", "[".repeat(1000), "]".repeat(999))),
        with("{", "{\"iss\":\"\u{0}\","),
        format!("{} {}", payload(), payload()),
        "[".repeat(5000),
        "{}".to_owned(),
        String::new(),
    ] {
        assert_eq!(
            refusal(&forge(&header(), &bad)),
            ErrorCode::CodeMalformed,
            "{}",
            bad.chars().take(300).collect::<String>()
        );
    }
    let newer = with("{", "{\"seats\":3,\"deep\":[[[{}]]],");
    assert!(
        verifier()
            .verify(&forge(&header(), &newer), &Expectation::at(now()))
            .is_ok(),
        "unknown claims are ignored"
    );
}

#[test]
fn encodings_that_are_not_canonical_are_refused() {
    let code = good();
    let (signed, signature) = code.rsplit_once('.').unwrap();
    let (head, body) = signed.split_once('.').unwrap();
    // The last character of 64 bytes holds 4 spare bits: setting one leaves the bytes as they are.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let spare = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "....".to_owned(),
        format!("{code}."),
        format!(".{code}"),
        format!("{code}\n"),
        format!(" {code}"),
        format!("{code}=="),
        format!("{head}=.{body}.{signature}"),
        format!("{head}.{body}"),
        format!("{head}.{body}.{signature}.{signature}"),
        format!("{signed}.{}{spare}", &signature[..signature.len() - 1]),
        format!("{signed}.{}", &signature[..signature.len() - 2]),
        format!("{signed}.{}", "+".repeat(86)),
        format!("{signed}.{}", "é".repeat(43)),
        sign(&format!("{head}.{body}=")),
        sign(&format!("{head}.{body} ")),
        sign(&format!("{head}.{}", body.replace(body.chars().nth(9).unwrap(), "+"))),
        code.replace('.', "。"),
    ] {
        assert_eq!(refusal(&bad), ErrorCode::CodeMalformed, "{bad}");
    }
}

#[test]
fn what_is_too_long_is_not_even_read() {
    let long = format!("{}.{}", good(), "A".repeat(8 * 1024));
    assert_eq!(refusal(&long), ErrorCode::CodeMalformed);
    assert_eq!(refusal(&"é".repeat(10_000_000)), ErrorCode::CodeMalformed);
    let widest = payload().replacen('{', &format!("{{\"pad\":\"{}\",", "x".repeat(5_000)), 1);
    assert!(
        verifier()
            .verify(&forge(&header(), &widest), &Expectation::at(now()))
            .is_ok()
    );
}

#[test]
fn foreign_keys_and_changed_codes_are_refused() {
    let foreign = SigningKey::from_secret_bytes(&[8; 32])
        .unwrap()
        .issue(&claims())
        .unwrap();
    assert_eq!(refusal(&foreign), ErrorCode::CodeKeyUnknown);
    let (signed, signature) = foreign.rsplit_once('.').unwrap();
    let body = signed.split_once('.').unwrap().1;
    let claimed = format!("{}.{body}.{signature}", encode(&header()));
    assert_eq!(
        refusal(&claimed),
        ErrorCode::CodeSignature,
        "a foreign signature under the vendor's name"
    );

    let code = good();
    let (signed, _) = code.rsplit_once('.').unwrap();
    let richer = code.replace(body, &encode(&payload().replace("\"credited\":30", "\"credited\":99")));
    assert_eq!(refusal(&richer), ErrorCode::CodeSignature);
    // R the neutral point, S zero: what a verifier that is not strict can be made to accept.
    let mut neutral = [0u8; 64];
    neutral[0] = 1;
    for bytes in [[0; 64], [0xff; 64], neutral] {
        let text = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(&bytes);
        assert_eq!(refusal(&format!("{signed}.{text}")), ErrorCode::CodeSignature);
    }
}

#[test]
fn keys_of_other_kinds_sign_nothing() {
    let public = *vendor().verifying_key().as_bytes();
    let signed = format!("{}.{}", encode(&header()), encode(&payload()));
    let text = |bytes: &[u8]| <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(bytes);
    let mut mac = Hmac::<Sha512>::new_from_slice(&public).unwrap();
    mac.update(signed.as_bytes());
    let mac = text(&mac.finalize().into_bytes());
    assert_eq!(
        refusal(&format!("{signed}.{mac}")),
        ErrorCode::CodeSignature,
        "64 bytes that anybody can make from the public key"
    );
    // What RSA with 2,048 bits and ECDSA with P-256 and P-521 put there.
    for (alg, length) in [("RS256", 256), ("PS256", 256), ("ES256", 64), ("ES512", 132)] {
        let header = encode(&header().replace("EdDSA", alg));
        let code = format!("{header}.{}.{}", encode(&payload()), text(&vec![0x5a; length]));
        assert_eq!(refusal(&code), ErrorCode::CodeAlgorithm, "{alg}");
    }
    let rsa = text(&[0x5a; 256]);
    assert_eq!(refusal(&format!("{signed}.{rsa}")), ErrorCode::CodeMalformed);
}

#[test]
fn what_a_newer_code_says_is_as_strict() {
    let with = |to: &str| payload().replacen("\"equity\"", &format!("{to},\"equity\""), 1);
    assert!(
        verifier()
            .verify(
                &forge(&header(), &with(r#""used":{"uses":3},"grace":60,"lease":true"#)),
                &Expectation::at(now())
            )
            .is_ok()
    );
    for bad in [
        r#""used":{"uses":-1}"#,
        r#""used":{"uses":1,"uses":2}"#,
        r#""used":{"starts":1}"#,
        r#""used":null"#,
        r#""used":{},"used":{}"#,
        r#""grace":-1"#,
        r#""grace":1.5"#,
        r#""grace":4294967296"#,
        r#""grace":315360001"#,
        r#""grace":1,"grace":1"#,
        r#""lease":1"#,
        r#""lease":"true""#,
        r#""lease":null"#,
    ] {
        assert_eq!(
            refusal(&forge(&header(), &with(bad))),
            ErrorCode::CodeMalformed,
            "{bad}"
        );
    }
}

#[test]
fn a_device_cannot_sign_itself_a_code() {
    // The device key holds the vendor's own secret here: even so its statements are no codes.
    let device = DeviceKey::from_secret_bytes(&super::SECRET);
    let signed = format!("{}.{}", encode(&header()), encode(&payload()));
    let statement = device.sign_statement(signed.as_bytes());
    let text = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(&statement);
    assert_eq!(refusal(&format!("{signed}.{text}")), ErrorCode::CodeSignature);
}

#[test]
fn a_line_end_within_a_code_never_passes() {
    let code = good();
    for (at, _) in code.char_indices() {
        for end in ["\r", "\n", "\r\n"] {
            let broken = format!("{}{end}{}", &code[..at], &code[at + 1..]);
            assert!(verifier().verify(&broken, &Expectation::at(now())).is_err(), "{at}");
            for read in armor::read(&armor::write([broken.as_str()])).unwrap_or_default() {
                assert_eq!((read.as_str(), at), (&code[..at], code.len() - 1), "{end:?}");
                assert!(verifier().verify(&read, &Expectation::at(now())).is_err());
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        prop_assert!(verifier().verify(&text, &Expectation::at(now())).is_err());
    }

    #[test]
    fn any_signed_header_and_payload_is_answered(head in any::<String>(), body in any::<String>()) {
        prop_assert!(verifier().verify(&forge(&head, &body), &Expectation::at(now())).is_err());
        prop_assert!(verifier().verify(&forge(&header(), &body), &Expectation::at(now())).is_err());
    }

    #[test]
    fn one_changed_byte_never_passes(at in any::<prop::sample::Index>(), byte in 0u8..128) {
        let mut code = good().into_bytes();
        let at = at.index(code.len());
        prop_assume!(code[at] != byte);
        code[at] = byte;
        let code = String::from_utf8(code).unwrap();
        prop_assert!(verifier().verify(&code, &Expectation::at(now())).is_err());
        let read = armor::read(&armor::write([code.as_str()]));
        // At the very end CR is the line's end (CRLF) and not of the code, of which the last character is missing then.
        let left = code.trim_end_matches('\r');
        prop_assert!(read.is_err() || read.is_ok_and(|codes| codes == [left]));
        prop_assert!(verifier().verify(left, &Expectation::at(now())).is_err());
    }
}
