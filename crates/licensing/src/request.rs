//! What a computer without a network asks the vendor for.

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_domain::{Email, Item, LicenseId, MAX_LINES, Platform, ProductId, Timestamp, Tokens};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::claims::numeric_date;
use crate::metering::device_key;
use crate::statement::{self, Sealed, Statement, StatementKind};
use crate::{DeviceKey, Error, Jwk, MachineDigest, MachineFacts, Thumbprint};

/// A request (`scrip-request+jwt`), signed by the device key, which it carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineRequest {
    /// The thumbprint of the device key.
    pub iss: Thumbprint,
    /// The address of the vendor who is asked.
    pub aud: String,
    /// The request's own id; the answer names it, and the vendor answers each once.
    pub jti: Uuid,
    /// When it was made, by the computer's clock.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// The device's public key.
    pub jwk: Jwk,
    /// The computer.
    pub machine: MachineDigest,
    /// What the computer is made of, so that it is recognised later.
    #[serde(default, skip_serializing_if = "MachineFacts::is_empty")]
    pub facts: MachineFacts,
    /// Its operating system and processor.
    pub platform: Platform,
    /// Its name, for the list of devices: at most 200 characters.
    pub name: String,
    /// Whose account is meant.
    pub account: Email,
    /// What is asked for, 1 to 100 lines.
    pub items: Vec<RequestItem>,
    /// What the person agreed to pay at most, in tokens; needed where something is to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Tokens>,
    /// The price sheet that the total was reckoned from (`scrip-prices+jwt`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<String>,
    /// What was counted since the vendor last heard of it: the journal of each license, a long one in several parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journals: Vec<RequestJournal>,
}

/// One thing that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RequestItem {
    /// A code for a product that the account has a license for.
    Activate(Activate),
    /// A line of a checkout: to buy, rent, extend or convert; its code comes with the answer.
    Checkout(Item),
}

/// A product whose code is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    /// The product.
    pub activate: ProductId,
}

/// A journal as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestJournal {
    /// The license that was counted.
    pub license: LicenseId,
    /// The metering certificate of the key that sealed the entries (`scrip-metering+jwt`).
    pub cert: String,
    /// The seal on the last entry (`scrip-journal+jwt`); absent where an earlier build signed each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// The entries, one after the other.
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub records: Vec<u8>,
}

#[expect(clippy::ptr_arg, reason = "serde passes the field as it is")]
fn write_bytes<S: Serializer>(bytes: &Vec<u8>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Base64UrlUnpadded::encode_string(bytes))
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    Base64UrlUnpadded::decode_vec(&text).map_err(|_| de::Error::custom("entries that are not in canonical base64url"))
}

impl OfflineRequest {
    /// How long the vendor answers a request, in seconds: 30 days.
    pub const MAX_AGE_SECONDS: i64 = 30 * 86_400;
    /// How far the computer's clock may be ahead of the vendor's, in seconds: 26 hours, so that a clock set to
    /// another zone's time is no obstacle.
    pub const MAX_AHEAD_SECONDS: i64 = 26 * 3_600;
    /// The most journals of one request.
    pub const MAX_JOURNALS: usize = 256;

    /// Reads a request to the vendor `issuer` at `now`: signed by the key that it carries, not older than 30 days.
    ///
    /// Whether it was answered before, and whether the device is the account's, is for the caller to know.
    pub fn open(text: &str, issuer: &str, now: Timestamp) -> Result<Self, Error> {
        let kind = StatementKind::Request;
        let sealed = Sealed::parse(kind, text)?;
        let request: Self = sealed.read()?;
        sealed.check(&device_key(&request.jwk)?)?;
        if request.aud != issuer {
            return Err(Error::StatementIssuer {
                kind,
                issuer: request.aud,
                expected: issuer.to_owned(),
            });
        }
        let age = now.seconds_since(request.iat);
        if !(-Self::MAX_AHEAD_SECONDS..=Self::MAX_AGE_SECONDS).contains(&age) {
            return Err(Error::RequestDate {
                made_at: request.iat,
                now,
            });
        }
        Ok(request)
    }
}

impl Statement for OfflineRequest {
    const KIND: StatementKind = StatementKind::Request;

    fn contradiction(&self) -> Option<&'static str> {
        match device_key(&self.jwk) {
            Ok(key) if key.thumbprint() == self.iss => {}
            Ok(_) => return Some("its issuer is not the thumbprint of its key"),
            Err(_) => return Some("its key is not an Ed25519 key"),
        }
        let checkouts = self.items.iter().any(|item| matches!(item, RequestItem::Checkout(_)));
        if self.items.is_empty() || self.items.len() > MAX_LINES {
            Some("it asks for 1 to 100 things")
        } else if checkouts && self.expected_total.is_none() {
            Some("it says nothing of what may be paid")
        } else if self.journals.len() > Self::MAX_JOURNALS {
            Some("it has more than 256 journals")
        } else if self.name.chars().count() > 200 {
            Some("the computer's name has more than 200 characters")
        } else if self.platform.os.len() > 32 || self.platform.arch.len() > 32 {
            Some("the platform's names have more than 32 characters")
        } else if self.aud.is_empty() || self.aud.len() > 512 {
            Some("the vendor's address has 1 to 512 characters")
        } else {
            None
        }
    }
}

impl DeviceKey {
    /// Signs a request of this device.
    pub fn sign_request(&self, request: &OfflineRequest) -> Result<String, Error> {
        self.require_own(StatementKind::Request, request.iss)?;
        statement::sign(self.pair(), self.thumbprint(), request)
    }
}
