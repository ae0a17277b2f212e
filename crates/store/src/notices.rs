//! What the vendor tells a person.

use scrip_domain::{ProductId, Timestamp, UserId};
use uuid::Uuid;

use crate::catalog::read_id;
use crate::db::{Tx, args};
use crate::mails::mail_notice;
use crate::{Error, Store};

/// Something that a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id; later ones sort after earlier ones.
    pub id: Uuid,
    /// What it is about, such as `renewal.paid`.
    pub kind: String,
    /// The product that it is about.
    pub product: Option<ProductId>,
    /// A sentence.
    pub text: String,
    /// When it was made.
    pub at: Timestamp,
}

/// A notice to write: one of a kind about one subject, however often that is tried. It is mailed too, to a verified address.
#[derive(Clone, Copy, Debug)]
pub struct NewNotice<'n> {
    /// Who is told.
    pub user: UserId,
    /// What it is about, such as `renewal.paid`.
    pub kind: &'n str,
    /// The product that it is about.
    pub product: Option<&'n ProductId>,
    /// What tells it from others of its kind.
    pub subject: &'n str,
    /// A sentence.
    pub text: &'n str,
}

impl NewNotice<'_> {
    pub(crate) async fn put(&self, tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, Error> {
        let sql = "INSERT INTO notices (id, user_id, kind, product, subject, text, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id, kind, subject) DO NOTHING";
        let product = self.product.map(|product| product.as_str().to_owned());
        let values = args![id, self.user.0, self.kind, product, self.subject, self.text, now];
        let told = tx.execute("tell a person", sql, &values).await? == 1;
        if told {
            mail_notice(tx, id, self.user, self.kind, self.text, now).await?;
        }
        Ok(told)
    }
}

impl Store {
    /// Tells a person something. Answers whether it was not told before.
    pub async fn put_notice(&self, notice: &NewNotice<'_>) -> Result<bool, Error> {
        let mut tx = self.database.write().await?;
        let told = notice.put(&mut tx, self.new_id(), self.clock.now()).await?;
        tx.commit().await?;
        Ok(told)
    }

    /// Tells a person something that is about no product, in the transaction of what happened.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        user: UserId,
        kind: &str,
        subject: impl std::fmt::Display + Send,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let notice = NewNotice {
            user,
            kind,
            product: None,
            subject: &subject.to_string(),
            text,
        };
        notice.put(tx, self.new_id(), now).await.map(drop)
    }

    /// Up to `limit` notices of the user, the newest first, older than the one named `before`.
    pub async fn notices(&self, user: UserId, before: Option<Uuid>, limit: i64) -> Result<Vec<NoticeRow>, Error> {
        type Found = (Uuid, String, Option<String>, String, i64);
        let sql = "SELECT id, kind, product, text, created_at FROM notices WHERE user_id = $1 AND id < $2 \
                   ORDER BY id DESC LIMIT $3";
        let before = before.unwrap_or(Uuid::max());
        let rows = self
            .database
            .rows::<Found>("read notices", sql, &args![user.0, before, limit])
            .await?;
        rows.into_iter()
            .map(|(id, kind, product, text, at)| {
                Ok(NoticeRow {
                    id,
                    kind,
                    product: product.as_deref().map(read_id).transpose()?,
                    text,
                    at: Timestamp::from_micros(at),
                })
            })
            .collect()
    }
}
