//! Authorization codes outside our own program: two JWT libraries accept the good ones, and everybody refuses the bad ones.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scrip_domain::Timestamp;
use scrip_licensing::{Claims, SigningKey};
use scrip_tests::{Customer, Listing, Vendor};
use serde_json::Value;

const PRODUCT: &str = "org.example.Tool";

struct Shop {
    folder: tempfile::TempDir,
    vendor: Vendor,
    customer: Customer,
}

impl Shop {
    /// A customer who rents a program.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::start("registration_tokens = 500");
        let listing = Listing {
            id: PRODUCT,
            name: "Tool",
            package: None,
            binary: "scrip-test-tool",
        };
        vendor.sell(&listing, folder.path(), 1000);
        let customer = Customer::new(&vendor.url());
        customer.register("ada@example.com");
        customer.ok(&["rent", PRODUCT, "--offer", "week"]);
        Self {
            folder,
            vendor,
            customer,
        }
    }

    fn code(&self) -> (String, Value) {
        let shown = self.customer.ok(&["code", "show", PRODUCT]);
        (shown["code"].as_str().unwrap().to_owned(), shown["claims"].clone())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn verify(&self, code: &str) -> scrip_tests::Outcome {
        let file = self.write("a.scrip", code);
        self.customer.run(&["code", "verify", file.to_str().unwrap()])
    }

    /// The vendor's own key, as an attacker who stole it or a test that needs an old code has it.
    fn vendor_key(&self) -> SigningKey {
        let text = std::fs::read_to_string(self.vendor.data().join("keys/signing.jwk")).unwrap();
        SigningKey::from_jwk(&text).unwrap()
    }
}

/// The interpreter with PyJWT that the test command prepares.
fn python() -> PathBuf {
    let path = std::env::var_os("SCRIP_PYTHON").map(PathBuf::from);
    path.or_else(|| {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
        Some(cache.join("scrip/python/bin/python"))
    })
    .unwrap()
}

fn foreign_libraries(code: &Path, keys: &Path, issuer: &str, audience: &str) -> [Output; 2] {
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
    let run = |program: &Path, script: &str| {
        let mut command = Command::new(program);
        command
            .arg(interop.join(script))
            .args([code, keys])
            .args([issuer, audience]);
        command
            .output()
            .unwrap_or_else(|why| panic!("{} {script}: {why}", program.display()))
    };
    [run(&python(), "verify.py"), run(Path::new("node"), "verify.mjs")]
}

#[test]
fn two_foreign_libraries_verify_our_codes_with_the_network_down() {
    let mut shop = Shop::new();
    let (code, claims) = shop.code();
    let keys = shop.write("jwks.json", &shop.vendor.get("/v1/jwks.json"));
    let info: Value = serde_json::from_str(&shop.vendor.get("/v1/server")).unwrap();
    let issuer = info["issuer"].as_str().unwrap();
    let signed: Value = serde_json::from_str(&shop.vendor.get("/v1/keys")).unwrap();
    let signed_keys = shop.write("keys.jws", signed["statement"].as_str().unwrap());
    shop.vendor.stop();
    let file = shop.write("code.jws", &code);
    for answer in foreign_libraries(&file, &keys, issuer, PRODUCT) {
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        let seen: Value = serde_json::from_slice(&answer.stdout).unwrap();
        assert_eq!(
            (&seen["sub"], &seen["exp"], &seen["cnf"]),
            (&claims["sub"], &claims["exp"], &claims["cnf"])
        );
    }
    for answer in foreign_libraries(&file, &signed_keys, issuer, PRODUCT) {
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    }
    let set = std::fs::read_to_string(&signed_keys).unwrap();
    let bent_keys = shop.write("bent-keys.jws", &tampered(&set));
    for (keys, issuer) in [(&bent_keys, issuer), (&signed_keys, "urn:scrip:vendor:another")] {
        for answer in foreign_libraries(&file, keys, issuer, PRODUCT) {
            assert!(!answer.status.success(), "{} {issuer}", keys.display());
        }
    }
    assert_eq!(shop.verify(&code).ok()["valid"], true);
    let bent = shop.write("bent.jws", &tampered(&code));
    let foreign = shop.write("foreign.jws", &foreign_code(&claims));
    for bad in [bent, foreign] {
        for answer in foreign_libraries(&bad, &keys, issuer, PRODUCT) {
            assert!(!answer.status.success(), "{}", bad.display());
        }
    }
    for answer in foreign_libraries(&file, &keys, issuer, "org.example.Other") {
        assert!(!answer.status.success());
    }
}

/// The same code with one character of its claims changed.
fn tampered(code: &str) -> String {
    let at = code.find('.').unwrap() + 20;
    let other = if code.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &code[..at], &code[at + 1..])
}

/// The same claims signed by somebody else.
fn foreign_code(claims: &Value) -> String {
    let claims: Claims = serde_json::from_value(claims.clone()).unwrap();
    SigningKey::generate().unwrap().issue(&claims).unwrap()
}

#[test]
fn bad_codes_are_refused_with_the_reason() {
    let shop = Shop::new();
    let (code, claims) = shop.code();
    assert_eq!(shop.verify(&code).ok()["valid"], true);
    assert!(matches!(
        shop.verify(&tampered(&code)).code().as_str(),
        "code.signature" | "code.malformed"
    ));
    assert_eq!(shop.verify(&foreign_code(&claims)).code(), "code.key_unknown");
    let mut parts: Vec<&str> = code.split('.').collect();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoic2NyaXAtYXV0aG9yaXphdGlvbitqd3QifQ";
    parts[0] = none;
    parts[2] = "";
    let unsigned = shop.verify(&parts.join(".")).code();
    assert!(
        matches!(unsigned.as_str(), "code.algorithm" | "code.malformed"),
        "{unsigned}"
    );
    let mut old: Claims = serde_json::from_value(claims).unwrap();
    let long_ago = Timestamp::from_seconds(1_600_000_000);
    (old.iat, old.nbf, old.exp) = (long_ago, long_ago, Some(long_ago.plus_seconds(60)));
    let key = shop.vendor_key();
    assert_eq!(shop.verify(&key.issue(&old).unwrap()).code(), "code.expired");
    for noise in [
        "",
        "....",
        "not a code",
        "-----BEGIN SCRIP AUTHORIZATION-----\n",
        &"A".repeat(100_000),
    ] {
        assert_eq!(
            shop.verify(noise).code(),
            "code.malformed",
            "{}",
            &noise[..noise.len().min(40)]
        );
    }
}

#[test]
fn another_computers_code_is_refused_here() {
    let shop = Shop::new();
    let (code, _) = shop.code();
    let other = Customer::new(&shop.vendor.url());
    other
        .run_with_password(
            &["login", "--email", "ada@example.com", "--password-stdin"],
            "correct horse battery",
        )
        .ok();
    other.ok(&["library"]);
    let own = other.ok(&["code", "show", PRODUCT]);
    assert_ne!(own["claims"]["cnf"]["jkt"], shop.code().1["cnf"]["jkt"]);
    let file = shop.write("carried.scrip", &code);
    assert_eq!(
        other.run(&["code", "verify", file.to_str().unwrap()]).code(),
        "code.other_device"
    );
}
