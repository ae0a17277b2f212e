//! What the vendor signs statements about, and the answers that computers without a network got.

use scrip_domain::{Offers, ProductId, UserId};
use uuid::Uuid;

use crate::catalog::{read_id, read_json, text_of};
use crate::db::args;
use crate::{Error, Store};

/// What a computer without a network was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Whose account paid.
    pub user: UserId,
    /// The SHA-256 of the request.
    pub request_digest: [u8; 32],
    /// The armored bundle.
    pub bundle: String,
    /// What was done, a sentence each.
    pub notes: Vec<String>,
}

impl Store {
    /// Every listed product with its offers as JSON, by product; and the catalog's revision that they belong to.
    pub async fn prices(&self) -> Result<(i64, Vec<(ProductId, String)>), Error> {
        let mut tx = self.database.read().await?;
        let sql = "SELECT revision FROM catalog WHERE id = 1";
        let (revision,) = tx
            .row::<(i64,)>("read the catalog's revision", sql, &[])
            .await?
            .unwrap_or((0,));
        let sql = "SELECT id, offers FROM products WHERE NOT removed ORDER BY id";
        let rows = tx.rows::<(String, String)>("read all prices", sql, &[]).await?;
        let prices = rows.into_iter().map(|(id, offers)| {
            // As today's program writes them, whatever version listed them.
            let offers: Offers = read_json("products", &id, &offers)?;
            Ok((read_id(&id)?, text_of(&offers)))
        });
        Ok((revision, prices.collect::<Result<_, Error>>()?))
    }

    /// The accounts at which a computer is registered, by the thumbprint of its key.
    pub async fn device_users(&self, thumbprint: &str) -> Result<Vec<UserId>, Error> {
        let sql = "SELECT user_id FROM devices WHERE thumbprint = $1 ORDER BY created_at LIMIT 100";
        let rows = self
            .database
            .rows::<(Uuid,)>("find a computer's accounts", sql, &args![thumbprint])
            .await?;
        Ok(rows.into_iter().map(|(user,)| UserId(user)).collect())
    }

    /// The answer that the request `nonce` got, if it got one.
    pub async fn offline_answer(&self, nonce: Uuid) -> Result<Option<StoredAnswer>, Error> {
        type Found = (Uuid, Vec<u8>, String, String);
        let sql = "SELECT user_id, request_digest, bundle, notes FROM offline_answers WHERE nonce = $1";
        let rows = self
            .database
            .rows::<Found>("find an answer", sql, &args![nonce])
            .await?;
        let Some((user, digest, bundle, notes)) = rows.into_iter().next() else {
            return Ok(None);
        };
        let id = nonce.to_string();
        let corrupt = || Error::Corrupt {
            table: "offline_answers",
            id: id.clone(),
            why: "the digest is not 32 bytes".to_owned(),
        };
        Ok(Some(StoredAnswer {
            user: UserId(user),
            request_digest: digest.try_into().map_err(|_| corrupt())?,
            bundle,
            notes: read_json("offline_answers", &id, &notes)?,
        }))
    }

    /// Keeps the answer to the request `nonce`. The first one stays, and is answered.
    pub async fn put_offline_answer(&self, nonce: Uuid, answer: &StoredAnswer) -> Result<StoredAnswer, Error> {
        let sql = "INSERT INTO offline_answers (nonce, user_id, request_digest, bundle, notes, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let values = args![
            nonce,
            answer.user.0,
            answer.request_digest.to_vec(),
            answer.bundle.as_str(),
            text_of(&answer.notes),
            self.clock.now(),
        ];
        let mut tx = self.database.write().await?;
        let written = tx.execute("keep an answer", sql, &values).await?;
        tx.commit().await?;
        if written == 1 {
            return Ok(answer.clone());
        }
        self.offline_answer(nonce).await?.ok_or(Error::Conflict {
            operation: "keep an answer",
        })
    }
}
