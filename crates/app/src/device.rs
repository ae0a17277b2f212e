//! This computer as the vendor knows it: a key that never leaves it, and digests of what it is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scrip_api::DeviceRequest;
use scrip_domain::{DeviceId, Platform, UserId};
use scrip_licensing::{DeviceKey, FactKind, MachineDigest, MachineFacts, Thumbprint};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::contract::{DeviceArgs, DeviceView};
use crate::{App, Error, state};

/// How this computer is registered.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredDevice {
    pub(crate) account: UserId,
    pub(crate) id: DeviceId,
    pub(crate) thumbprint: Thumbprint,
    /// Which computer that was.
    #[serde(default)]
    machine: Option<MachineDigest>,
    /// Why the vendor took it for one that was registered before.
    #[serde(default)]
    pub(crate) recognised: Option<String>,
}

impl App {
    /// This computer's registration with the account; registers it when it is first needed.
    pub(crate) async fn require_device(&self) -> Result<StoredDevice, Error> {
        let account = self.require_session().await?.id;
        let _alone = self.registering.lock().await;
        self.forget_other_computer().await?;
        if let Some(stored) = self.stored_device()?.filter(|stored| stored.account == account) {
            return Ok(stored);
        }
        let key = self.device_key().await?;
        let machine = self.machine.digest()?;
        let request = DeviceRequest {
            name: self.machine.name.clone(),
            public_key: key.jwk().x,
            machine: machine.to_string(),
            platform: Platform::current(),
            facts: facts_by_kind(&self.machine.facts()),
        };
        let device = self.noted(self.client.register_device(&request).await).await?;
        let stored = StoredDevice {
            account,
            id: device.id,
            thumbprint: key.thumbprint(),
            machine: Some(machine),
            recognised: device.recognised,
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

    /// Why the vendor took this computer for one that was registered before, in words.
    pub fn recognised(&self) -> Result<Option<String>, Error> {
        Ok(self.stored_device()?.and_then(|device| device.recognised))
    }

    /// The computers of the account.
    pub async fn devices_view(&self) -> Result<Vec<DeviceView>, Error> {
        self.require_session().await?;
        let listed = self.noted(self.client.devices().await).await?;
        let this = self.stored_device()?;
        let views = listed.devices.into_iter().map(|device| {
            let mine = this.as_ref().filter(|this| this.id == device.id);
            DeviceView {
                this_computer: mine.is_some(),
                recognised: device
                    .recognised
                    .or_else(|| mine.and_then(|this| this.recognised.clone())),
                id: device.id,
                name: device.name,
                thumbprint: device.thumbprint,
                created_at: device.created_at,
            }
        });
        Ok(views.collect())
    }

    /// The computer of the account that the person means: by its name or its id.
    pub async fn device_named(&self, name: &str) -> Result<DeviceArgs, Error> {
        let devices = self.devices_view().await?;
        let same = |device: &&DeviceView| device.id.to_string() == name || device.name == name;
        let found = devices.iter().find(same).map(|device| DeviceArgs { device: device.id });
        found.ok_or_else(|| Error::ComputerUnknown {
            name: name.chars().take(100).collect(),
            known: devices.into_iter().map(|device| device.name).collect(),
        })
    }

    /// The key of this computer; made when it is first needed.
    pub(crate) async fn device_key(&self) -> Result<DeviceKey, Error> {
        let name = self.device_key_name();
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

    /// Begins anew where the state was copied from another computer: a key that two computers have proves neither, and
    /// what was counted there stays there.
    async fn forget_other_computer(&self) -> Result<(), Error> {
        let machine = self.machine.digest()?;
        let is_other = |stored: &StoredDevice| stored.machine.is_some_and(|known| known != machine);
        if !self.stored_device()?.as_ref().is_some_and(is_other) {
            return Ok(());
        }
        self.keystore.delete(&self.device_key_name()).await?;
        self.set_journals_aside()?;
        self.forget_device()
    }

    fn device_key_name(&self) -> String {
        format!("device key {}", self.client.server())
    }

    fn device_file(&self) -> PathBuf {
        self.folder.join("device.json")
    }
}

/// The digests by kind, as the vendor receives them: several of a kind with a space between.
fn facts_by_kind(facts: &MachineFacts) -> BTreeMap<String, String> {
    let names = ["board", "network", "disk", "system", "model", "processor", "name"];
    let mut by_kind = BTreeMap::new();
    for (name, kind) in names.into_iter().zip(FactKind::ALL) {
        let digests: Vec<String> = facts.of(kind).iter().map(ToString::to_string).collect();
        if !digests.is_empty() {
            by_kind.insert(name.to_owned(), digests.join(" "));
        }
    }
    by_kind
}
