//! Registered computers.

use scrip_domain::{DeviceId, Platform, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Tx, args};
use crate::ledger::retrying;
use crate::{Error, Store};

/// A computer to register.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// What the person calls it.
    pub name: String,
    /// The RFC 7638 thumbprint of its key.
    pub thumbprint: String,
    /// The app-specific digest of its machine id.
    pub machine: String,
    /// What it is.
    pub platform: Platform,
    /// Digests of other facts about it, as JSON.
    pub facts: String,
}

/// A registered computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device's id.
    pub id: DeviceId,
    /// What the person calls it.
    pub name: String,
    /// The RFC 7638 thumbprint of its key.
    pub thumbprint: String,
    /// The app-specific digest of its machine id.
    pub machine: String,
    /// Digests of other facts about it, as JSON.
    pub facts: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

type Found = (Uuid, String, String, String, String, i64);
const COLUMNS: &str = "id, name, thumbprint, machine, facts, created_at";
/// The most computers of an account that are listed and compared.
const DEVICES_MAX: usize = 500;

fn read((id, name, thumbprint, machine, facts, created_at): Found) -> DeviceRow {
    DeviceRow {
        id: DeviceId(id),
        name,
        thumbprint,
        machine,
        facts,
        created_at: Timestamp::from_micros(created_at),
    }
}

impl Store {
    /// Registers a computer; one whose key is known keeps its id and takes what is new about it.
    ///
    /// `same` says why a computer that is registered already is this one, with another key. That one is then no longer
    /// listed, and its seats are this one's; it comes with the reason.
    pub async fn put_device(
        &self,
        user: UserId,
        device: &NewDevice,
        same: impl Fn(&DeviceRow) -> Option<String>,
    ) -> Result<(DeviceRow, Option<(DeviceRow, String)>), Error> {
        retrying!("register a device", {
            let mut tx = self.database.write().await?;
            let sql = format!("SELECT {COLUMNS} FROM devices WHERE user_id = $1 AND thumbprint = $2");
            let values = args![user.0, device.thumbprint.as_str()];
            let known = tx.row::<Found>("find a device", &sql, &values).await?.map(read);
            let is_known = known.is_some();
            let row = DeviceRow {
                id: known.as_ref().map_or_else(|| DeviceId(self.new_id()), |known| known.id),
                name: device.name.clone(),
                thumbprint: device.thumbprint.clone(),
                machine: device.machine.clone(),
                facts: device.facts.clone(),
                created_at: known.map_or_else(|| self.clock.now(), |known| known.created_at),
            };
            write(&mut tx, user, device, &row).await?;
            let mut replaced = None;
            if !is_known {
                let others = list(&mut tx, user)
                    .await?
                    .into_iter()
                    .filter(|other| other.id != row.id);
                replaced = others
                    .map(|other| (same(&other), other))
                    .find_map(|(why, other)| Some((other, why?)));
            }
            if let Some((old, why)) = &replaced {
                let sql = "UPDATE devices SET replaced_by = $2 WHERE id = $1";
                tx.execute("replace a device", sql, &args![old.id.0, row.id.0]).await?;
                self.hand_over(&mut tx, user, old, &row, why).await?;
            }
            tx.commit().await?;
            Ok((row, replaced))
        })
    }

    /// The user's computers, the newest first, without those that registered anew.
    pub async fn devices(&self, user: UserId) -> Result<Vec<DeviceRow>, Error> {
        list(&mut self.database.read().await?, user).await
    }

    /// The user's device with this id; another user's is as absent as none.
    pub async fn device(&self, user: UserId, device: DeviceId) -> Result<DeviceRow, Error> {
        let sql = format!("SELECT {COLUMNS} FROM devices WHERE id = $1 AND user_id = $2");
        let rows = self
            .database
            .rows::<Found>("find a device", &sql, &args![device.0, user.0])
            .await?;
        let absent = || Error::DeviceNotFound {
            device: device.to_string(),
        };
        rows.into_iter().next().map(read).ok_or_else(absent)
    }
}

async fn list(tx: &mut Tx, user: UserId) -> Result<Vec<DeviceRow>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM devices WHERE user_id = $1 AND replaced_by IS NULL \
         ORDER BY created_at DESC, id DESC LIMIT {DEVICES_MAX}"
    );
    let rows = tx.rows::<Found>("list devices", &sql, &args![user.0]).await?;
    Ok(rows.into_iter().map(read).collect())
}

async fn write(tx: &mut Tx, user: UserId, device: &NewDevice, row: &DeviceRow) -> Result<(), Error> {
    let sql = "INSERT INTO devices (id, user_id, name, thumbprint, machine, os, arch, created_at, facts) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, machine = excluded.machine, \
               os = excluded.os, arch = excluded.arch, facts = excluded.facts";
    let values = args![
        row.id.0,
        user.0,
        row.name.as_str(),
        row.thumbprint.as_str(),
        row.machine.as_str(),
        device.platform.os.as_str(),
        device.platform.arch.as_str(),
        row.created_at,
        row.facts.as_str(),
    ];
    tx.execute("register a device", sql, &values).await.map(drop)
}
