//! What a program says of itself, and where a person's files are.

use std::env;
use std::path::PathBuf;

use crate::Refusal;

/// What a program says of itself. Compiled in: a setting that a customer could change would protect nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The vendor's address, `urn:scrip:vendor:` and the thumbprint of the root key. It pins the vendor: what another
    /// one signed counts for nothing.
    pub issuer: String,
    /// The product's id in the vendor's catalog, such as `org.example.Render`.
    pub product: String,
    /// The folder that stands for the person's own, as `SCRIP_HOME` does; `None` for the usual one.
    pub home: Option<PathBuf>,
}

impl Settings {
    /// The product of a vendor, with the person's usual folders.
    pub fn new(issuer: impl Into<String>, product: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            product: product.into(),
            home: None,
        }
    }

    /// The same, with the folder `home` instead of the person's own.
    pub fn in_home(self, home: impl Into<PathBuf>) -> Self {
        Self {
            home: Some(home.into()),
            ..self
        }
    }

    /// The folder that holds a folder for each server: under `home`, `$SCRIP_HOME/data`, or where the XDG Base
    /// Directory Specification says.
    pub(crate) fn servers(&self) -> Result<PathBuf, Refusal> {
        let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(home) = self.home.clone().or_else(|| named("SCRIP_HOME")) {
            return Ok(home.join("data").join("servers"));
        }
        let shared = named("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let data = shared.or_else(|| Some(env::home_dir()?.join(".local/share")));
        Ok(data.ok_or(Refusal::HomeUnknown)?.join("scrip").join("servers"))
    }
}
