//! The second factor of the vendor's people: an authenticator app, and codes that stand in for it.

use scrip_domain::{ConsolePolicy, OperatorId};

use crate::acts::{Act, log_act};
use crate::db::{Tx, args};
use crate::ledger::retrying;
use crate::vault::Place;
use crate::{Error, SecondFactor, Setting, Store, TokenHash};

impl Setting for ConsolePolicy {
    const NAME: &'static str = "console";
}

const fn place(operator: OperatorId) -> Place {
    Place::new("operator_factors", operator.0)
}

async fn forget_spares(tx: &mut Tx, operator: OperatorId) -> Result<(), Error> {
    let sql = "DELETE FROM operator_spares WHERE operator_id = $1";
    tx.execute("forget spare codes", sql, &args![operator.0])
        .await
        .map(drop)
}

impl Store {
    /// The operator's authenticator, where there is one.
    pub async fn operator_factor(&self, operator: OperatorId) -> Result<Option<SecondFactor>, Error> {
        let sql = "SELECT secret, confirmed_at, last_step FROM operator_factors WHERE operator_id = $1";
        let found = self
            .database
            .row_by_key::<(Vec<u8>, Option<i64>, i64)>("look for a second factor", sql, &args![operator.0])
            .await?;
        let Some((sealed, confirmed_at, last_step)) = found else {
            return Ok(None);
        };
        Ok(Some(SecondFactor {
            secret: self.data_key()?.open(place(operator), &sealed)?,
            confirmed: confirmed_at.is_some(),
            last_step,
        }))
    }

    /// Keeps the secret of an authenticator that the operator has yet to confirm. Refused where one is confirmed.
    pub async fn put_operator_factor(&self, operator: OperatorId, secret: &[u8]) -> Result<(), Error> {
        let sealed = self.data_key()?.seal(place(operator), secret)?;
        let sql = "INSERT INTO operator_factors (operator_id, secret, confirmed_at, last_step) VALUES ($1, $2, NULL, 0) \
                   ON CONFLICT (operator_id) DO UPDATE SET secret = $2, last_step = 0 \
                   WHERE operator_factors.confirmed_at IS NULL";
        let mut tx = self.database.write().await?;
        let kept = tx
            .execute("keep a second factor", sql, &args![operator.0, sealed])
            .await?;
        if kept != 1 {
            return Err(Error::SecondFactorOn);
        }
        tx.commit().await
    }

    /// Confirms the authenticator by the time step of its first code, and keeps the codes that stand in for it.
    pub async fn confirm_operator_factor(
        &self,
        operator: OperatorId,
        step: i64,
        spares: &[TokenHash],
        act: &Act<'_>,
    ) -> Result<(), Error> {
        retrying!("confirm a second factor", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "UPDATE operator_factors SET confirmed_at = $2, last_step = $3 \
                       WHERE operator_id = $1 AND confirmed_at IS NULL AND last_step < $3";
            let values = args![operator.0, now, step];
            if tx.execute("confirm a second factor", sql, &values).await? != 1 {
                return Err(Error::SecondFactorOn);
            }
            forget_spares(&mut tx, operator).await?;
            for hash in spares {
                let sql = "INSERT INTO operator_spares (hash, operator_id) VALUES ($1, $2)";
                tx.execute("keep a spare code", sql, &args![hash.0.to_vec(), operator.0])
                    .await?;
            }
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }

    /// Uses a time step of the authenticator. Answers whether it was not used before.
    pub async fn use_operator_step(&self, operator: OperatorId, step: i64) -> Result<bool, Error> {
        let sql = "UPDATE operator_factors SET last_step = $2 WHERE operator_id = $1 AND last_step < $2";
        let mut tx = self.database.write().await?;
        let taken = tx.execute("use a second factor", sql, &args![operator.0, step]).await? == 1;
        tx.commit().await?;
        Ok(taken)
    }

    /// Uses a code that stands in for the authenticator. Answers whether it was one of the operator's.
    pub async fn use_operator_spare(&self, operator: OperatorId, hash: TokenHash) -> Result<bool, Error> {
        let sql = "DELETE FROM operator_spares WHERE hash = $1 AND operator_id = $2";
        let mut tx = self.database.write().await?;
        let values = args![hash.0.to_vec(), operator.0];
        let taken = tx.execute("use a spare code", sql, &values).await? == 1;
        tx.commit().await?;
        Ok(taken)
    }

    /// How many spare codes the operator has left.
    pub async fn operator_spares(&self, operator: OperatorId) -> Result<i64, Error> {
        let sql = "SELECT COUNT(*) FROM operator_spares WHERE operator_id = $1";
        let found = self
            .database
            .row_by_key::<(i64,)>("count spare codes", sql, &args![operator.0])
            .await?;
        Ok(found.map_or(0, |(count,)| count))
    }

    /// Takes an operator's authenticator and spare codes off; where another operator does, every session ends too.
    pub async fn remove_operator_factor(
        &self,
        operator: OperatorId,
        by_another: bool,
        act: &Act<'_>,
    ) -> Result<(), Error> {
        retrying!("take a second factor off", {
            let mut tx = self.database.write().await?;
            let sql = "SELECT id FROM operators WHERE id = $1";
            let known = tx
                .row::<(uuid::Uuid,)>("find an operator", sql, &args![operator.0])
                .await?;
            if known.is_none() {
                return Err(Error::OperatorNotFound {
                    operator: operator.to_string(),
                });
            }
            let sql = "DELETE FROM operator_factors WHERE operator_id = $1";
            tx.execute("take a second factor off", sql, &args![operator.0]).await?;
            forget_spares(&mut tx, operator).await?;
            if by_another {
                crate::operators::end_sessions(&mut tx, operator).await?;
            }
            log_act(&mut tx, act, self.clock.now()).await?;
            tx.commit().await
        })
    }
}
