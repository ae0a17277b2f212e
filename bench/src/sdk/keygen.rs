//! A license file of keygen.sh, signed here by its documented scheme and verified offline by `keygen-rs`.

use anyhow::{Context, Result, ensure};
use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use keygen_rs::license::LicenseFileAlgorithm;
use keygen_rs::license_file::LicenseFile;
use serde_json::json;

/// A license file and the key that it is verified with.
pub(super) struct Keygen {
    file: LicenseFile,
    /// The public key in hex.
    public_key: String,
}

impl Keygen {
    /// Signs a file that says about what a code of ours says: `base64+ed25519`, the signature over `license/` and
    /// the encoded dataset.
    pub(super) fn sign(key: &SigningKey) -> Result<Self> {
        let dataset = json!({
            "meta": {"issued": "2026-03-01T12:00:00Z", "expiry": "2999-01-01T00:00:00Z", "ttl": 2_592_000},
            "data": {
                "type": "licenses",
                "id": "019535d9-3df7-79fb-b466-fa907fa17f9e",
                "attributes": {
                    "key": "C1B6DE-39A6E3-DE1529-8559A0-4AF593-V3",
                    "name": "Render",
                    "expiry": "2999-01-01T00:00:00Z",
                    "status": "ACTIVE",
                    "uses": 12,
                    "maxUses": 1_000_000,
                    "maxMachines": 3,
                    "scheme": "ED25519_SIGN",
                    "metadata": {},
                },
                "relationships": {
                    "account": {"data": {"type": "accounts", "id": "019535d9-3df7-79fb-b466-fa907fa17f9f"}},
                    "product": {"data": {"type": "products", "id": "019535d9-3df7-79fb-b466-fa907fa17fa0"}},
                },
            },
        });
        let encoded = Base64::encode_string(dataset.to_string().as_bytes());
        let signature = key.sign(format!("license/{encoded}").as_bytes());
        let signature = Base64::encode_string(&signature.to_bytes());
        let certificate = json!({"enc": encoded, "sig": signature, "alg": "base64+ed25519"}).to_string();
        let armored = format!(
            "-----BEGIN LICENSE FILE-----\n{}\n-----END LICENSE FILE-----\n",
            Base64::encode_string(certificate.as_bytes())
        );
        let file = json!({
            "id": "019535d9-3df7-79fb-b466-fa907fa17fa1",
            "certificate": armored,
            "issued": "2026-03-01T12:00:00Z",
            "expiry": "2999-01-01T00:00:00Z",
            "ttl": 2_592_000,
        });
        let file: LicenseFile = serde_json::from_value(file).context("making a license file of keygen.sh")?;
        let signed_by = |key: &SigningKey| Self {
            file: file.clone(),
            public_key: hex(&key.verifying_key().to_bytes()),
        };
        let own = signed_by(key);
        ensure!(own.verify(), "keygen-rs refused a good license file");
        let other = signed_by(&SigningKey::from_bytes(&[5; 32]));
        ensure!(!other.verify(), "keygen-rs took a license file that another key signed");
        Ok(own)
    }

    /// Verifies the file and reads what it says.
    pub(super) fn verify(&self) -> bool {
        let algorithm = LicenseFileAlgorithm::Base64Ed25519;
        self.file.verify_and_decode(&self.public_key, algorithm).is_ok()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(half.into(), 16));
        }
        text
    })
}
