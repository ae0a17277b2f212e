//! How a server is configured: working defaults, then `scrip-server.toml` in the data folder, then the environment.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use scrip_domain::Tokens;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::Error;

/// The settings of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server keeps its database, keys and files.
    pub data: PathBuf,
    /// The database's address; an SQLite file in the data folder where none is given.
    pub database_url: String,
    /// What the file says.
    pub settings: Settings,
    /// The account with the payment provider, from `SCRIP_STRIPE_SECRET_KEY` and more.
    pub stripe: Option<StripeConfig>,
}

/// Something that nobody shall read: `Debug` never shows it.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret in clear.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// What a variable of the environment holds; nothing where it is empty or not set.
    pub fn from_environment(name: &str) -> Option<Self> {
        std::env::var(name).ok().filter(|text| !text.is_empty()).map(Self::new)
    }

    /// The secret in clear; for using it alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Stripe's own API.
pub(crate) const STRIPE_URL: &str = "https://api.stripe.com";

/// An account with Stripe.
#[derive(Clone, Debug)]
pub struct StripeConfig {
    /// The address of the API: Stripe's own but in tests (`SCRIP_STRIPE_URL`).
    pub url: String,
    /// The secret or restricted key (`SCRIP_STRIPE_SECRET_KEY`).
    pub secret_key: Secret,
    /// What signs messages to this server (`SCRIP_STRIPE_WEBHOOK_SECRET`); without it none are taken.
    pub webhook_secret: Option<Secret>,
}

impl StripeConfig {
    /// What the environment says; nothing without a key.
    pub fn from_environment() -> Option<Self> {
        Some(Self {
            secret_key: Secret::from_environment("SCRIP_STRIPE_SECRET_KEY")?,
            webhook_secret: Secret::from_environment("SCRIP_STRIPE_WEBHOOK_SECRET"),
            url: std::env::var("SCRIP_STRIPE_URL")
                .ok()
                .filter(|url| !url.is_empty())
                .unwrap_or_else(|| STRIPE_URL.to_owned()),
        })
    }
}

/// What `scrip-server.toml` can say. Every member has a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The vendor's name, shown in the app.
    pub name: String,
    /// The address under which people reach the server, `https://…` without a slash at its end: links in mail begin with it.
    pub public_url: String,
    /// The issuer in authorization codes. It is the address of the root key; where it is given it must be that.
    pub issuer: Option<String>,
    /// The tokens that a registration grants.
    pub registration_tokens: Tokens,
    /// How long a session lasts, in days.
    pub session_days: u16,
    /// Sign-ins and registrations that one address may try in a minute.
    pub sign_ins_per_minute: NonZeroU32,
    /// The largest request body, in bytes.
    pub request_bytes_max: usize,
    /// Whether webhooks may go to addresses of this machine and its networks, and without TLS.
    pub webhooks_private: bool,
    /// How often a job is done, in seconds, where that should differ: `[jobs]`, with a line such as `renewals = 30`.
    pub jobs: BTreeMap<String, NonZeroU32>,
    /// How long before their end they are paid, in seconds.
    pub renewal_lead_seconds: u32,
    /// How long a request may take, in seconds; downloads are not counted.
    pub request_seconds_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "Scrip".to_owned(),
            public_url: "http://127.0.0.1:7747".to_owned(),
            issuer: None,
            registration_tokens: Tokens::new(100).unwrap_or(Tokens::ZERO),
            session_days: 30,
            sign_ins_per_minute: NonZeroU32::new(60).unwrap_or(NonZeroU32::MIN),
            request_bytes_max: 256 * 1024,
            request_seconds_max: 30,
            webhooks_private: false,
            jobs: BTreeMap::new(),
            renewal_lead_seconds: 3600,
        }
    }
}

impl Config {
    /// Reads the configuration of the data folder, which is created where it is missing.
    ///
    /// The address of the database may come from `database_url` (a command line or `DATABASE_URL`).
    pub fn load(data: &Path, database_url: Option<String>) -> Result<Self, Error> {
        let io = |source| Error::Io {
            operation: "create the data folder",
            path: data.to_owned(),
            source,
        };
        create_private_folder(data).map_err(io)?;
        let path = data.join("scrip-server.toml");
        let settings = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|source| Error::ConfigInvalid {
                path,
                source: Box::new(source),
            })?,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Settings::default(),
            Err(source) => {
                return Err(Error::Io {
                    operation: "read the configuration",
                    path,
                    source,
                });
            }
        };
        let database_url = database_url.unwrap_or_else(|| format!("sqlite:{}", data.join("scrip.db").display()));
        Ok(Self {
            data: data.to_owned(),
            database_url,
            settings,
            stripe: StripeConfig::from_environment(),
        })
    }
}

/// A folder that only its owner can look into.
pub(crate) fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_gets_working_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::load(&folder.path().join("data"), None).unwrap();
        assert!(config.database_url.starts_with("sqlite:"));
        assert_eq!(config.settings.registration_tokens.get(), 100);
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scrip-server.toml"), "registation_tokens = 5").unwrap();
        let refused = Config::load(folder.path(), None).unwrap_err();
        assert!(refused.to_string().contains("scrip-server.toml"), "{refused}");
    }
}
