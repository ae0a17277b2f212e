//! The computer that the app runs on, as far as licenses look at it.

use std::path::Path;
use std::sync::Arc;

use scrip_licensing::clock::{SystemTime, TimeSource};
use scrip_licensing::journal::{Anchor, system_anchor};
use scrip_licensing::{MachineDigest, MachineFacts};

use crate::{Error, platform};

/// A computer: its id, its clocks, and what it remembers outside of files. Programs have the real one; tests make theirs.
#[derive(Clone)]
pub struct Machine {
    /// The id that the operating system gave it.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// What it is made of; read from this system's files when it is needed, where it is absent.
    pub facts: Option<MachineFacts>,
    /// Its clocks.
    pub time: Arc<dyn TimeSource>,
    /// What remembers how far journals had come.
    pub anchor: Arc<dyn Anchor>,
}

impl Machine {
    /// This computer.
    pub fn here() -> Self {
        Self {
            id: platform::machine_id(),
            name: platform::computer_name(),
            facts: None,
            time: Arc::new(SystemTime::new()),
            anchor: Arc::from(system_anchor()),
        }
    }

    /// The computer as codes name it.
    pub fn digest(&self) -> Result<MachineDigest, Error> {
        Ok(MachineDigest::of(&self.id)?)
    }

    /// What it is made of.
    pub(crate) fn facts(&self) -> MachineFacts {
        self.facts.clone().unwrap_or_else(|| MachineFacts::read(Path::new("/")))
    }
}
