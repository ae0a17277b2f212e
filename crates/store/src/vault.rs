//! Secrets that lie in the database sealed: a copy of the database alone gives none of them away.
//!
//! A secret is sealed with ChaCha20-Poly1305 (RFC 8439) under the vendor's data key, which lies beside the signing keys and
//! never in the database. The row that it stands in is bound to it, so that a secret that is copied into another row opens
//! nothing.

use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::Uuid;

use crate::db::args;
use crate::ledger::retrying;
use crate::{Error, Store};

/// What every sealed secret begins with.
const MARK: &[u8] = b"sealed1:";
/// How many bytes a seal adds.
const SEAL_BYTES: usize = MARK.len() + NONCE_LEN + 16;
/// Rows that are sealed in one transaction.
const PAGE: i64 = 200;
/// The document of the settings by which a server knows that it has the right key.
const CHECK: &str = "data_key";

/// What seals secrets. Cheap to clone.
#[derive(Clone)]
pub struct DataKey(Arc<LessSafeKey>);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// Which row a secret stands in.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    table: &'static str,
    id: Uuid,
}

impl Place {
    pub(crate) const fn new(table: &'static str, id: Uuid) -> Self {
        Self { table, id }
    }

    fn aad(self) -> Vec<u8> {
        let mut aad = format!("scrip-secret-v1\0{}\0", self.table).into_bytes();
        aad.extend_from_slice(self.id.as_bytes());
        aad
    }

    fn unreadable(self, why: &'static str) -> Error {
        Error::SecretUnreadable {
            table: self.table,
            id: self.id.to_string(),
            why,
        }
    }
}

impl DataKey {
    /// Bytes of a key.
    pub const BYTES: usize = 32;

    /// A key of so many bytes, which must be random.
    ///
    /// # Panics
    ///
    /// Never: the algorithm takes every key of this length.
    pub fn new(bytes: &[u8; Self::BYTES]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes);
        Self(Arc::new(LessSafeKey::new(
            key.expect("the algorithm's key has 32 bytes"),
        )))
    }

    /// Seals a secret for its row.
    pub(crate) fn seal(&self, place: Place, secret: &[u8]) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE_LEN];
        let filled = SystemRandom::new().fill(&mut nonce);
        filled.map_err(|_| place.unreadable("there is no randomness"))?;
        let mut sealed = Vec::with_capacity(SEAL_BYTES + secret.len());
        sealed.extend_from_slice(MARK);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(secret);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let body = &mut sealed[MARK.len() + NONCE_LEN..];
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(place.aad()), body);
        let tag = tag.map_err(|_| place.unreadable("it is too long"))?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what was sealed for a row.
    pub(crate) fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let rest = sealed
            .strip_prefix(MARK)
            .filter(|rest| rest.len() >= SEAL_BYTES - MARK.len());
        let rest = rest.ok_or_else(|| place.unreadable("it is not sealed"))?;
        let (nonce, body) = rest.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| place.unreadable("it is not sealed"))?;
        let mut body = body.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(place.aad()), &mut body);
        let length = opened
            .map_err(|_| place.unreadable("it was sealed with another key"))?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// The same for columns that hold text.
    pub(crate) fn seal_text(&self, place: Place, secret: &str) -> Result<String, Error> {
        Ok(Base64UrlUnpadded::encode_string(&self.seal(place, secret.as_bytes())?))
    }

    /// The same for columns that hold text.
    pub(crate) fn open_text(&self, place: Place, sealed: &str) -> Result<String, Error> {
        let sealed = Base64UrlUnpadded::decode_vec(sealed).map_err(|_| place.unreadable("it is not sealed"))?;
        String::from_utf8(self.open(place, &sealed)?).map_err(|_| place.unreadable("it is no text"))
    }
}

impl Store {
    /// The same store with the key that seals its secrets; without one no secret can be kept or read.
    #[must_use]
    pub fn with_data_key(mut self, key: DataKey) -> Self {
        self.data_key = Some(key);
        self
    }

    pub(crate) fn data_key(&self) -> Result<&DataKey, Error> {
        self.data_key.as_ref().ok_or(Error::DataKeyMissing)
    }

    /// Refuses a key that is not the one with which this database's secrets are sealed, and seals those that an earlier
    /// version kept in clear. Answers how many. Servers that start at once may all do it.
    pub async fn seal_secrets(&self) -> Result<u64, Error> {
        self.check_data_key().await?;
        Ok(self.seal_factors().await? + self.seal_endpoints().await?)
    }

    async fn check_data_key(&self) -> Result<(), Error> {
        let (key, place) = (self.data_key()?, Place::new("settings", Uuid::nil()));
        let mine = serde_json::json!({ "check": key.seal_text(place, CHECK)? }).to_string();
        let found = retrying!("keep what tells the data key", {
            let mut tx = self.database.write().await?;
            let sql =
                "INSERT INTO settings (name, value, changed_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING";
            let values = args![CHECK, mine.as_str(), self.clock.now()];
            tx.execute("keep what tells the data key", sql, &values).await?;
            let sql = "SELECT value FROM settings WHERE name = $1";
            let found = tx
                .row::<(String,)>("read what tells the data key", sql, &args![CHECK])
                .await?;
            tx.commit().await?;
            Ok(found)
        })?;
        let value: serde_json::Value = found
            .and_then(|(value,)| serde_json::from_str(&value).ok())
            .unwrap_or_default();
        key.open_text(place, value["check"].as_str().unwrap_or_default())
            .map(drop)
    }

    async fn seal_factors(&self) -> Result<u64, Error> {
        let key = self.data_key()?;
        let shortest = i64::try_from(SEAL_BYTES).unwrap_or(i64::MAX);
        let (mut last, mut sealed) = (Uuid::nil(), 0);
        loop {
            let mut tx = self.database.write().await?;
            let sql = "SELECT user_id, secret FROM second_factors WHERE user_id > $1 AND LENGTH(secret) < $2 \
                       ORDER BY user_id LIMIT $3";
            let rows = tx
                .rows::<(Uuid, Vec<u8>)>("look for secrets in clear", sql, &args![last, shortest, PAGE])
                .await?;
            let Some((newest, _)) = rows.last() else {
                return Ok(sealed);
            };
            last = *newest;
            for (id, secret) in rows {
                let closed = key.seal(Place::new("second_factors", id), &secret)?;
                let sql = "UPDATE second_factors SET secret = $3 WHERE user_id = $1 AND secret = $2";
                sealed += tx.execute("seal a secret", sql, &args![id, secret, closed]).await?;
            }
            tx.commit().await?;
        }
    }

    async fn seal_endpoints(&self) -> Result<u64, Error> {
        let (key, mut sealed) = (self.data_key()?, 0);
        let mut tx = self.database.write().await?;
        let sql = "SELECT id, secret, old_secret FROM webhook_endpoints WHERE secret LIKE 'whsec%'";
        let rows = tx
            .rows::<(Uuid, String, String)>("look for secrets in clear", sql, &[])
            .await?;
        for (id, secret, old) in rows {
            let place = Place::new("webhook_endpoints", id);
            let closed_old = if old.is_empty() {
                String::new()
            } else {
                key.seal_text(place, &old)?
            };
            let sql = "UPDATE webhook_endpoints SET secret = $3, old_secret = $4 WHERE id = $1 AND secret = $2";
            let values = args![id, secret.as_str(), key.seal_text(place, &secret)?, closed_old];
            sealed += tx.execute("seal a secret", sql, &values).await?;
        }
        tx.commit().await?;
        Ok(sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_in_its_row_alone() {
        let (key, other) = (DataKey::new(&[1; 32]), DataKey::new(&[2; 32]));
        let place = Place::new("second_factors", Uuid::from_u128(7));
        let sealed = key.seal(place, b"hush").unwrap();
        assert_eq!(sealed.len(), SEAL_BYTES + 4);
        assert_ne!(sealed, key.seal(place, b"hush").unwrap(), "no nonce serves twice");
        assert!(!sealed.windows(4).any(|window| window == b"hush"));
        assert_eq!(key.open(place, &sealed).unwrap(), b"hush");
        assert!(other.open(place, &sealed).is_err());
        assert!(
            key.open(Place::new("second_factors", Uuid::from_u128(8)), &sealed)
                .is_err()
        );
        assert!(
            key.open(Place::new("operator_factors", Uuid::from_u128(7)), &sealed)
                .is_err()
        );
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(place, &changed).is_err(), "byte {at}");
            assert!(key.open(place, &sealed[..at]).is_err(), "cut at {at}");
        }
        let text = key.seal_text(place, "whsec_abc").unwrap();
        assert_eq!(key.open_text(place, &text).unwrap(), "whsec_abc");
        assert!(key.open_text(place, "whsec_abc").is_err());
        assert_eq!(format!("{key:?}"), "DataKey(…)");
    }
}
