//! An open server: everything that a request needs.

use std::sync::Arc;

use scrip_domain::{Clock, SystemClock, SystemIds};
use scrip_licensing::{JwkSet, SigningKey};
use scrip_store::Store;

use crate::files::Files;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::{Config, Error, keys};

/// An open server. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Server(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn scrip_domain::IdSource>,
    pub(crate) signer: SigningKey,
    pub(crate) issuer: String,
    pub(crate) jwks: String,
    pub(crate) files: Files,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    pub(crate) passwords: Passwords,
}

impl Server {
    /// Opens the store, the key and the files that the configuration names, on the system's clock.
    pub async fn open(config: Config) -> Result<Self, Error> {
        Self::open_at(config, Arc::new(SystemClock)).await
    }

    /// The same on a given clock.
    pub async fn open_at(config: Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let ids = Arc::new(SystemIds::default());
        let store = Store::open(&config.database_url, clock.clone(), ids.clone()).await?;
        let signer = keys::load_or_create(&config.data)?;
        let derived = || format!("urn:scrip:vendor:{}", signer.verifying_key().thumbprint());
        let issuer = config.settings.issuer.clone().unwrap_or_else(derived);
        let jwks = JwkSet::new([signer.verifying_key()]).to_json()?;
        let files = Files::open(&config.data)?;
        let limits = Limits::new(config.settings.sign_ins_per_minute);
        let passwords = Passwords::new()?;
        let metrics = Metrics::default();
        let inner = Inner {
            config,
            store,
            clock,
            ids,
            signer,
            issuer,
            jwks,
            files,
            limits,
            metrics,
            passwords,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The store behind the server.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The issuer that stands in its authorization codes.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }
}
