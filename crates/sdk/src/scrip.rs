//! The handle that a program holds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use scrip_domain::ProductId;
use scrip_licensing::clock::{SystemTime, TimeSource};
use scrip_licensing::journal::{Anchor, system_anchor};
use scrip_licensing::{MachineDigest, root_of};

use crate::cache::{Cache, Question};
use crate::license::Take;
use crate::{Authorization, Refusal, Settings, machine_digest};

/// A program's access to its license. One is enough for a program; threads share it.
pub struct Scrip {
    question: Question,
    cache: Mutex<Cache>,
}

/// What a handle asks of the computer that it runs on. Programs have the real one; tests make their own.
pub struct Surroundings {
    /// The computer.
    pub machine: MachineDigest,
    /// Its clocks.
    pub time: Arc<dyn TimeSource>,
    /// What remembers how far journals had come.
    pub anchor: Arc<dyn Anchor>,
}

impl Surroundings {
    /// This computer.
    pub fn system() -> Result<Self, Refusal> {
        Ok(Self {
            machine: machine_digest()?,
            time: Arc::new(SystemTime::new()),
            anchor: Arc::from(system_anchor()),
        })
    }
}

impl Scrip {
    /// Checks the settings; reads no license yet.
    pub fn open(settings: Settings) -> Result<Self, Refusal> {
        Self::open_in(settings, Surroundings::system()?)
    }

    /// The same, on the computer that `surroundings` describe.
    pub fn open_in(settings: Settings, surroundings: Surroundings) -> Result<Self, Refusal> {
        let invalid = |setting, why: &str| Refusal::SettingInvalid {
            setting,
            why: why.to_owned(),
        };
        if root_of(&settings.issuer).is_none() {
            let why = "urn:scrip:vendor: and the thumbprint of the vendor's root key are expected";
            return Err(invalid("issuer", why));
        }
        let product: ProductId = match settings.product.parse() {
            Ok(product) => product,
            Err(error) => return Err(invalid("product", &scrip_domain::Error::to_string(&error))),
        };
        Ok(Self {
            question: Question {
                servers: settings.servers()?,
                issuer: settings.issuer,
                product,
                machine: surroundings.machine,
                time: surroundings.time,
                anchor: surroundings.anchor,
            },
            cache: Mutex::default(),
        })
    }

    /// May the program run, and how much is left? Takes nothing.
    pub fn authorize(&self) -> Result<Authorization, Refusal> {
        self.take(Take::Nothing)
    }

    /// Takes one start of the program, exactly once and durably; to be called once for each start. Where the license
    /// does not count starts, it is [`Scrip::authorize`].
    pub fn use_once(&self) -> Result<Authorization, Refusal> {
        self.take(Take::Uses(1))
    }

    /// Takes `amount` units of work, all or none, exactly once and durably. Where the license does not count units
    /// of work, it is [`Scrip::authorize`].
    pub fn consume(&self, amount: u64) -> Result<Authorization, Refusal> {
        self.take(Take::Processings(amount))
    }

    /// The folder in which servers' folders are looked for.
    pub fn folder(&self) -> &PathBuf {
        &self.question.servers
    }

    fn take(&self, take: Take) -> Result<Authorization, Refusal> {
        let found = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            cache.find(&self.question)
        };
        let mut refusals = Vec::new();
        for license in &found.licenses {
            match license.take(take) {
                Ok(authorization) => return Ok(authorization),
                Err(refusal) => refusals.push(refusal),
            }
        }
        // A license that was here says more than files that are no license.
        Err(refusals.into_iter().next().unwrap_or_else(|| found.refusal.clone()))
    }
}

impl std::fmt::Debug for Scrip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scrip({} of {})", self.question.product, self.question.issuer)
    }
}
