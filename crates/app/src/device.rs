//! This computer as the vendor knows it: a key that never leaves it, and a digest of its machine id.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scrip_api::DeviceRequest;
use scrip_domain::{DeviceId, Platform, UserId};
use scrip_licensing::{DeviceKey, MachineDigest, Thumbprint};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{App, Error, platform, state};

/// How this computer is registered.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredDevice {
    pub(crate) account: UserId,
    pub(crate) id: DeviceId,
    pub(crate) thumbprint: Thumbprint,
}

impl App {
    /// This computer's registration with the account; registers it when it is first needed.
    pub(crate) async fn require_device(&self) -> Result<StoredDevice, Error> {
        let account = self.require_session().await?.id;
        let _alone = self.registering.lock().await;
        if let Some(stored) = self.stored_device()?.filter(|stored| stored.account == account) {
            return Ok(stored);
        }
        let key = self.device_key().await?;
        let request = DeviceRequest {
            name: platform::computer_name(),
            public_key: key.jwk().x,
            machine: machine_digest()?.to_string(),
            platform: Platform::current(),
            facts: BTreeMap::new(),
        };
        let device = self.noted(self.client.register_device(&request).await).await?;
        let stored = StoredDevice {
            account,
            id: device.id,
            thumbprint: key.thumbprint(),
        };
        state::write(&self.device_file(), &stored)?;
        Ok(stored)
    }

    /// The last registration, for whichever account.
    pub(crate) fn stored_device(&self) -> Result<Option<StoredDevice>, Error> {
        state::read(&self.device_file())
    }

    /// Forgets a registration that the server no longer knows.
    pub(crate) fn forget_device(&self) -> Result<(), Error> {
        state::remove(&self.device_file())
    }

    /// The key of this computer; made when it is first needed.
    async fn device_key(&self) -> Result<DeviceKey, Error> {
        let name = format!("device key {}", self.client.server());
        if let Some(secret) = self.keystore.get(&name).await? {
            let why = || scrip_licensing::Error::DeviceKeyInvalid {
                why: "the keystore holds something else",
            };
            // A secret is 32 bytes as well, and written in the same way as a digest.
            let digest: scrip_domain::Sha256 = secret.parse().map_err(|_| why())?;
            return Ok(DeviceKey::from_secret_bytes(&Zeroizing::new(digest.0)));
        }
        let key = DeviceKey::generate()?;
        let text = Zeroizing::new(scrip_domain::Sha256(*key.secret_bytes()).to_string());
        self.keystore.set(&name, &text).await?;
        Ok(key)
    }

    fn device_file(&self) -> PathBuf {
        self.folder.join("device.json")
    }
}

/// This computer as codes name it.
pub(crate) fn machine_digest() -> Result<MachineDigest, Error> {
    Ok(MachineDigest::of(&platform::machine_id())?)
}
