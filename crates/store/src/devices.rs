//! Registered computers, and the ties of licenses to them.

use scrip_domain::{ActivationId, DeviceId, LicenseId, Platform, Timestamp, UserId};
use uuid::Uuid;

use crate::db::args;
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
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Store {
    /// Registers a computer; one whose key is known keeps its id and takes the new name and machine digest.
    pub async fn put_device(&self, user: UserId, device: &NewDevice) -> Result<DeviceRow, Error> {
        let sql = "INSERT INTO devices (id, user_id, name, thumbprint, machine, os, arch, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                   ON CONFLICT (user_id, thumbprint) DO UPDATE SET name = excluded.name, machine = excluded.machine, \
                   os = excluded.os, arch = excluded.arch RETURNING id, created_at";
        let values = args![
            self.new_id(),
            user.0,
            device.name.as_str(),
            device.thumbprint.as_str(),
            device.machine.as_str(),
            device.platform.os.as_str(),
            device.platform.arch.as_str(),
            self.clock.now(),
        ];
        let mut tx = self.database.write().await?;
        let stored = tx.row::<(Uuid, i64)>("register a device", sql, &values).await?;
        tx.commit().await?;
        let (id, created_at) = stored.ok_or(Error::Conflict {
            operation: "register a device",
        })?;
        Ok(DeviceRow {
            id: DeviceId(id),
            name: device.name.clone(),
            thumbprint: device.thumbprint.clone(),
            machine: device.machine.clone(),
            created_at: Timestamp::from_micros(created_at),
        })
    }

    /// The user's device with this id; another user's is as absent as none.
    pub async fn device(&self, user: UserId, device: DeviceId) -> Result<DeviceRow, Error> {
        type Found = (Uuid, String, String, String, i64);
        let sql = "SELECT id, name, thumbprint, machine, created_at FROM devices WHERE id = $1 AND user_id = $2";
        let rows = self
            .database
            .rows::<Found>("find a device", sql, &args![device.0, user.0])
            .await?;
        let absent = || Error::DeviceNotFound {
            device: device.to_string(),
        };
        let (id, name, thumbprint, machine, created_at) = rows.into_iter().next().ok_or_else(absent)?;
        Ok(DeviceRow {
            id: DeviceId(id),
            name,
            thumbprint,
            machine,
            created_at: Timestamp::from_micros(created_at),
        })
    }

    /// Ties a license to a device, once: asked again it answers the same tie.
    pub async fn activate(&self, license: LicenseId, device: DeviceId) -> Result<ActivationId, Error> {
        let sql = "INSERT INTO activations (id, license_id, device_id, created_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (license_id, device_id) DO UPDATE SET device_id = excluded.device_id RETURNING id";
        let values = args![self.new_id(), license.0, device.0, self.clock.now()];
        let mut tx = self.database.write().await?;
        let stored = tx.row::<(Uuid,)>("activate a license", sql, &values).await?;
        tx.commit().await?;
        stored.map(|(id,)| ActivationId(id)).ok_or(Error::Conflict {
            operation: "activate a license",
        })
    }
}
