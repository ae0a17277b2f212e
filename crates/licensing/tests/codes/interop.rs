//! The same codes, read and written by the `jsonwebtoken` crate.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use scrip_domain::{Coded, ErrorCode, Timestamp};
use scrip_licensing::{CODE_TYPE, Claims, Expectation};

use super::{ISSUER, SECRET, claims, now, product, vendor, verifier};

/// Claims that hold by the system's clock, which the other library reads.
fn lasting() -> Claims {
    Claims {
        exp: Some("2999-01-01T00:00:00Z".parse().unwrap()),
        nbf: Timestamp::UNIX_EPOCH,
        ..claims()
    }
}

fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&[product().as_str()]);
    validation.set_issuer(&[ISSUER]);
    validation.validate_nbf = true;
    validation
}

#[test]
fn the_other_library_accepts_our_codes_by_our_published_key() {
    let code = vendor().issue(&lasting()).unwrap();
    let jwk = serde_json::to_string(&vendor().verifying_key().jwk()).unwrap();
    let key = DecodingKey::from_jwk(&serde_json::from_str(&jwk).unwrap()).unwrap();
    let token = decode::<Claims>(&code, &key, &validation()).unwrap();
    assert_eq!(token.claims, lasting());
    assert_eq!(token.header.typ.as_deref(), Some(CODE_TYPE));
    assert_eq!(
        token.header.kid,
        Some(vendor().verifying_key().thumbprint().to_string())
    );

    let tampered = code.replace(code.split('.').nth(1).unwrap(), &super::encode(&super::payload()));
    assert!(decode::<Claims>(&tampered, &key, &validation()).is_err());
}

#[test]
fn we_accept_what_the_other_library_signs_with_the_vendors_key() {
    // PKCS #8 (RFC 8410 section 7): a fixed prefix before the 32 secret bytes.
    let mut der = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ];
    der.extend(SECRET);
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(CODE_TYPE.to_owned());
    header.kid = Some(vendor().verifying_key().thumbprint().to_string());
    let code = encode(&header, &lasting(), &EncodingKey::from_ed_der(&der)).unwrap();
    assert_eq!(verifier().verify(&code, &Expectation::at(now())).unwrap(), lasting());
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(CODE_TYPE.to_owned());
    header.kid = Some(vendor().verifying_key().thumbprint().to_string());
    let secret = EncodingKey::from_secret(vendor().verifying_key().as_bytes());
    let code = encode(&header, &lasting(), &secret).unwrap();
    let error = verifier().verify(&code, &Expectation::at(now())).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeAlgorithm);
    assert!(error.to_string().contains("HS256"), "{error}");
}
