//! What the vendor can set while the server runs.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::acts::{Act, log_act};
use crate::db::args;
use crate::ledger::retrying;
use crate::{Error, Store};

/// A group of settings, kept as one JSON document. A member that the document lacks has its default.
pub trait Setting: Serialize + DeserializeOwned + Default {
    /// The document's name, for ever.
    const NAME: &'static str;

    /// Refuses settings that contradict themselves.
    fn check(&self) -> Result<(), scrip_domain::Error> {
        Ok(())
    }
}

impl Setting for scrip_domain::AccountPolicy {
    const NAME: &'static str = "accounts";
}

impl Store {
    /// What is set; the defaults where nothing was.
    pub async fn setting<T: Setting>(&self) -> Result<T, Error> {
        let sql = "SELECT value FROM settings WHERE name = $1";
        let found = self
            .database
            .row_by_key::<(String,)>("read settings", sql, &args![T::NAME])
            .await?;
        let Some((value,)) = found else {
            return Ok(T::default());
        };
        serde_json::from_str(&value).map_err(|why| Error::Corrupt {
            table: "settings",
            id: T::NAME.to_owned(),
            why: why.to_string(),
        })
    }

    /// Sets it, and logs who did.
    pub async fn put_setting<T: Setting>(&self, setting: &T, act: &Act<'_>) -> Result<(), Error> {
        setting.check()?;
        let value = serde_json::to_string(setting).map_err(|why| Error::Corrupt {
            table: "settings",
            id: T::NAME.to_owned(),
            why: why.to_string(),
        })?;
        retrying!("change settings", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let sql = "INSERT INTO settings (name, value, changed_at) VALUES ($1, $2, $3) \
                       ON CONFLICT (name) DO UPDATE SET value = $2, changed_at = $3";
            tx.execute("change settings", sql, &args![T::NAME, value.as_str(), now])
                .await?;
            log_act(&mut tx, act, now).await?;
            tx.commit().await
        })
    }
}
