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
    /// The password of the SMTP server, from `SCRIP_SMTP_PASSWORD`.
    pub smtp_password: Option<Secret>,
    /// What seals the secrets in the database, from `SCRIP_DATA_KEY`: 32 bytes in base64url without padding. Without it the
    /// key lies in the data folder; several servers on one database must have the same.
    pub data_key: Option<Secret>,
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
    /// Whether a proxy stands before the server, whose `X-Forwarded-For` names the network address of whoever asks.
    pub trust_forwarded: bool,
    /// Who takes mail; without it none is sent.
    pub mail: Option<MailSettings>,
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
            trust_forwarded: false,
            mail: None,
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

/// The SMTP server that takes mail: the table `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    /// Its name.
    pub server: String,
    /// Its port: 465 with TLS, 587 with STARTTLS, 25 without, where none is given.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub encryption: Encryption,
    /// Who signs in there, with the password in `SCRIP_SMTP_PASSWORD`.
    pub user: Option<String>,
    /// From whom the mail comes: `Shop <shop@example.com>`.
    pub from: String,
}

/// How a connection to an SMTP server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// TLS from the first byte (RFC 8314).
    #[default]
    Tls,
    /// TLS by STARTTLS (RFC 3207); without it nothing is sent.
    Starttls,
    /// Not at all: for a server on this computer.
    None,
}

impl Encryption {
    /// The port where none is given.
    pub(crate) const fn port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::Starttls => 587,
            Self::None => 25,
        }
    }
}

impl MailSettings {
    /// Whether the server is on this computer.
    pub(crate) fn is_local(&self) -> bool {
        self.server == "localhost" || self.server.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
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
        let mut settings: Settings = match std::fs::read_to_string(&path) {
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
        if let Some(url) = std::env::var("SCRIP_PUBLIC_URL").ok().filter(|url| !url.is_empty()) {
            settings.public_url = url;
        }
        settings.public_url = checked_url(&settings.public_url)?;
        let database_url = database_url.unwrap_or_else(|| format!("sqlite:{}", data.join("scrip.db").display()));
        Ok(Self {
            data: data.to_owned(),
            database_url,
            settings,
            stripe: StripeConfig::from_environment(),
            smtp_password: Secret::from_environment("SCRIP_SMTP_PASSWORD"),
            data_key: Secret::from_environment("SCRIP_DATA_KEY"),
        })
    }
}

impl Config {
    /// The database's file, where it is an SQLite one.
    pub fn database_file(&self) -> Option<&Path> {
        let path = self.database_url.strip_prefix("sqlite:")?;
        Some(Path::new(path.strip_prefix("//").unwrap_or(path)))
    }
}

/// An address of pages: `http` or `https`, a host, perhaps a port, and no path.
fn checked_url(text: &str) -> Result<String, Error> {
    let text = text.trim().trim_end_matches('/');
    let read = text.parse::<http::Uri>().ok();
    let whole = read.filter(|uri| {
        uri.authority()
            .is_some_and(|authority| !authority.as_str().contains('@'))
            && matches!(uri.scheme_str(), Some("http" | "https"))
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none()
    });
    whole.map(|_| text.to_owned()).ok_or_else(|| Error::PublicUrlInvalid {
        url: text.chars().take(200).collect(),
    })
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
    fn addresses_and_mail_are_read_and_secrets_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scrip-server.toml");
        let mail =
            "public_url = \"https://shop.example/\"\n[mail]\nserver = \"mail.example\"\nfrom = \"a@shop.example\"";
        std::fs::write(&file, mail).unwrap();
        let config = Config::load(folder.path(), None).unwrap();
        assert_eq!(config.settings.public_url, "https://shop.example");
        assert_eq!(config.settings.mail.unwrap().encryption.port(), 465);
        for bad in [
            "shop.example",
            "ftp://shop.example",
            "https://a@shop.example",
            "https://shop.example/shop",
        ] {
            std::fs::write(&file, format!("public_url = \"{bad}\"")).unwrap();
            assert!(Config::load(folder.path(), None).is_err(), "{bad}");
        }
        assert_eq!(format!("{:?}", Secret::new("hush")), "Secret(…)");
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("scrip-server.toml"), "registation_tokens = 5").unwrap();
        let refused = Config::load(folder.path(), None).unwrap_err();
        assert!(refused.to_string().contains("scrip-server.toml"), "{refused}");
    }
}
