//! Keys: the vectors of RFC 8037 appendix A, published sets, private files.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer};
use scrip_domain::{Coded, ErrorCode};
use scrip_licensing::{DeviceKey, Jwk, JwkSet, KeySet, SigningKey, VerifyingKey};

use super::{refusal, vendor};

/// RFC 8037 appendix A.1 and A.2.
const RFC_PRIVATE: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const RFC_PUBLIC: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// RFC 8037 appendix A.3.
const RFC_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
/// RFC 8037 appendix A.4.
const RFC_SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const RFC_SIGNATURE: &str = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

#[test]
fn the_vectors_of_rfc_8037_hold() {
    let private = SigningKey::from_jwk(RFC_PRIVATE).unwrap();
    let public: Jwk = serde_json::from_str(RFC_PUBLIC).unwrap();
    let public = public.verifying_key().unwrap().unwrap();
    assert_eq!(&public, private.verifying_key());
    assert_eq!(public.thumbprint().to_string(), RFC_THUMBPRINT);

    let jwk: serde_json::Value = serde_json::from_str(&private.to_jwk().unwrap()).unwrap();
    let secret = Base64UrlUnpadded::decode_vec(jwk["d"].as_str().unwrap()).unwrap();
    let pair = ed25519_dalek::SigningKey::from_bytes(&secret.try_into().unwrap());
    let signature = pair.sign(RFC_SIGNED.as_bytes());
    assert_eq!(Base64UrlUnpadded::encode_string(&signature.to_bytes()), RFC_SIGNATURE);

    let point = ed25519_dalek::VerifyingKey::from_bytes(public.as_bytes()).unwrap();
    let bytes = Base64UrlUnpadded::decode_vec(RFC_SIGNATURE).unwrap();
    let signature = Signature::from_bytes(&bytes.try_into().unwrap());
    assert!(point.verify_strict(RFC_SIGNED.as_bytes(), &signature).is_ok());
    assert_eq!(
        refusal(&format!("{RFC_SIGNED}.{RFC_SIGNATURE}")),
        ErrorCode::CodeMalformed,
        "a JWS, but not a code"
    );
}

#[test]
fn a_private_key_survives_its_file() {
    let key = SigningKey::generate().unwrap();
    let again = SigningKey::from_jwk(&key.to_jwk().unwrap()).unwrap();
    assert_eq!(again.verifying_key(), key.verifying_key());
    assert_eq!(
        format!("{key:?}"),
        format!("SigningKey({})", key.verifying_key().thumbprint())
    );
    let swapped = RFC_PRIVATE.replace("11qY", "11qZ");
    for bad in [
        "",
        "{}",
        RFC_PUBLIC,
        &swapped,
        &RFC_PRIVATE.replace("OKP", "EC"),
        &" ".repeat(5000),
    ] {
        let error = SigningKey::from_jwk(bad).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CodeKeysInvalid);
        assert!(
            !error.to_string().contains("nWGxne"),
            "the secret stays out of messages"
        );
    }
}

#[test]
fn a_published_set_reads_back_and_skips_what_it_does_not_use() {
    let (old, new) = (SigningKey::generate().unwrap(), vendor());
    let json = JwkSet::new([new.verifying_key(), old.verifying_key()])
        .to_json()
        .unwrap();
    assert!(json.contains(r#""use":"sig","alg":"EdDSA""#), "{json}");
    assert!(!json.contains("\"d\""));
    let others = r#"{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"OKP","crv":"X25519","x":"AA"},"#;
    let json = json.replacen('[', &format!("[{others}"), 1);
    let keys = KeySet::from_jwks(&JwkSet::parse(&json).unwrap()).unwrap();
    for key in [&old, &new] {
        assert_eq!(keys.get(key.verifying_key().thumbprint()), Some(key.verifying_key()));
    }
    assert_eq!(keys.get(DeviceKey::generate().unwrap().thumbprint()), None);
}

#[test]
fn sets_that_cannot_be_trusted_are_refused() {
    let good = serde_json::to_string(&vendor().verifying_key().jwk()).unwrap();
    let set = |key: &str| format!(r#"{{"keys":[{key}]}}"#);
    let many = vec![good.as_str(); 65].join(",");
    for bad in [
        String::new(),
        "[]".to_owned(),
        set(""),
        set(r#"{"kty":"RSA"}"#),
        set(RFC_PRIVATE),
        set(&good.replace("\"kid\":\"", "\"kid\":\"x")),
        set(&good.replace("\"x\":\"", "\"x\":\"A")),
        set(&good.replacen('{', "{\"kty\":\"OKP\",", 1)),
        set(&many),
        format!("{}{}", set(&good), " ".repeat(70_000)),
    ] {
        let read = JwkSet::parse(&bad).and_then(|set| KeySet::from_jwks(&set));
        assert_eq!(
            read.unwrap_err().code(),
            ErrorCode::CodeKeysInvalid,
            "{}",
            bad.chars().take(200).collect::<String>()
        );
    }
}

#[test]
fn points_of_small_order_and_loose_encodings_are_no_keys() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    // p + 1, which a lax reader takes for 1.
    let mut loose = [0xff; 32];
    (loose[0], loose[31]) = (0xee, 0x7f);
    let order_eight = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ];
    for point in [[0; 32], identity, minus_one, loose, order_eight] {
        assert!(VerifyingKey::from_bytes(&point).is_err(), "{point:02x?}");
    }
}
