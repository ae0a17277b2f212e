//! Deeds about licenses, keys and settings.

use scrip_domain::{HoldKind, LicenseId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Deed, Doing};
use crate::{Error, KeyChange, KeyList, console};

/// Revokes a license for good.
pub const REVOKE_LICENSE: Deed = Deed::done_by("license.revoke", |doing| Box::pin(revoke_license(doing)));

/// Rotates, retires or revokes a key, with the root key on this server.
pub(crate) const CHANGE_KEYS: Deed = Deed::done_by("keys.change", |doing| Box::pin(change_keys(doing)));

/// Lets whoever has the machine, and perhaps the root key with them, change the keys.
pub const KEYS_LEAVE: Deed = Deed::by_leave("keys.leave");

/// Changes a group of settings.
pub const CHANGE_SETTINGS: Deed = Deed::done_by("settings.change", |doing| Box::pin(change_settings(doing)));

/// Which license.
#[derive(Serialize, Deserialize)]
pub struct OneLicense {
    /// Its id.
    pub license: LicenseId,
}

/// Which change, and of which key.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneKeyChange {
    pub(crate) change: String,
    pub(crate) kid: String,
}

/// Which change of the keys, and of which key.
#[derive(Serialize, Deserialize)]
pub struct KeysLeave {
    /// `rotate`, `retire` or `revoke`.
    pub change: String,
    /// The key's thumbprint; empty for a new one.
    pub kid: String,
}

/// A group of settings as it is to be.
#[derive(Serialize, Deserialize)]
pub struct OneSetting {
    /// Its name.
    pub group: String,
    /// The whole document.
    pub document: Value,
}

async fn revoke_license(doing: &Doing<'_>) -> Result<String, Error> {
    let OneLicense { license } = doing.body()?;
    let subject = license.to_string();
    let act = doing.act("license.revoked", &subject);
    let revoked = doing
        .server
        .0
        .store
        .set_hold(license, Some(HoldKind::Revoked), &act)
        .await?;
    Ok(format!("The license of {} is revoked.", revoked.product))
}

async fn change_keys(doing: &Doing<'_>) -> Result<String, Error> {
    let OneKeyChange { change, kid } = doing.body()?;
    let thumbprint = || {
        kid.parse().map_err(|_| Error::Malformed {
            why: "the thumbprint is malformed".to_owned(),
        })
    };
    let (change, action) = match change.as_str() {
        "rotate" => (KeyChange::Rotate, "keys.rotated"),
        "retire" => (KeyChange::Retire(thumbprint()?), "keys.retired"),
        "revoke" => (KeyChange::Revoke(thumbprint()?), "keys.revoked"),
        _ => {
            return Err(Error::Malformed {
                why: "there is no such change of the keys".to_owned(),
            });
        }
    };
    let server = doing.server.clone();
    let now = server.0.clock.now();
    let changing = tokio::task::spawn_blocking({
        let server = server.clone();
        move || KeyList::change(&server.0.config, change, None, now)
    });
    let list = changing.await.map_err(|_| Error::Internal {
        operation: "change the keys",
    })??;
    let subject = if kid.is_empty() {
        list.keys.first().map_or_else(String::new, |key| key.kid.clone())
    } else {
        kid
    };
    server.0.store.put_act(&doing.act(action, &subject)).await?;
    Ok("The key set is changed. Servers take it up when they are started again.".to_owned())
}

async fn change_settings(doing: &Doing<'_>) -> Result<String, Error> {
    let OneSetting { group, document } = doing.body()?;
    let act = doing.act("settings.changed", &group);
    console::write_settings(doing.server, &group, document, &act).await?;
    Ok("Saved. It holds at once.".to_owned())
}
