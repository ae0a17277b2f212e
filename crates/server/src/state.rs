//! An open server: everything that a request needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use scrip_domain::{Clock, IdSource as _, SystemClock, SystemIds};
use scrip_licensing::{KeySet, SigningKey, VoucherKey};
use scrip_store::Store;

use crate::files::Files;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::mail::Outlet;
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::statements::Prices;
use crate::stripe::Stripe;
use crate::webhooks::Courier;
use crate::{Config, Error};

/// An open server. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Server(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// This server among others on the same database.
    pub(crate) instance: uuid::Uuid,
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn scrip_domain::IdSource>,
    pub(crate) signer: SigningKey,
    pub(crate) issuer: String,
    pub(crate) jwks: String,
    /// The key set as the root key signed it.
    pub(crate) signed_keys: String,
    /// The published keys, to verify what the vendor signed earlier.
    pub(crate) key_set: KeySet,
    /// What vouchers are made with.
    pub(crate) vouchers: VoucherKey,
    pub(crate) root_here: Option<PathBuf>,
    pub(crate) stripe: Option<Stripe>,
    pub(crate) courier: Courier,
    pub(crate) prices: Prices,
    pub(crate) files: Files,
    pub(crate) limits: Limits,
    /// Where mail goes, where any does.
    pub(crate) outlet: Option<Outlet>,
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
        for job in config.settings.jobs.keys() {
            crate::jobs::find(job)?;
        }
        let ids = Arc::new(SystemIds::default());
        let store = Store::open(&config.database_url, clock.clone(), ids.clone()).await?;
        let keys = Keys::open(&config, clock.now())?;
        let store = store.with_data_key(keys.data.clone());
        if let Some(issuer) = config.settings.issuer.as_ref().filter(|issuer| **issuer != keys.issuer) {
            return Err(Error::KeysUnusable {
                path: config.data.join("scrip-server.toml"),
                why: format!(
                    "issuer = \"{issuer}\" is not the address of the root key, {}; remove the line",
                    keys.issuer
                ),
            });
        }
        let sealed = store.seal_secrets().await?;
        if sealed > 0 {
            tracing::info!(sealed, "secrets that lay in the database in clear are sealed now");
        }
        let files = Files::open(&config.data)?;
        let limits = Limits::new(config.settings.sign_ins_per_minute, clock.clone());
        let mail = config.settings.mail.as_ref();
        let outlet = mail
            .map(|mail| Outlet::open(mail, config.smtp_password.as_ref()))
            .transpose()?;
        let passwords = Passwords::new()?;
        let metrics = Metrics::default();
        let stripe = config.stripe.as_ref().map(Stripe::new).transpose()?;
        let courier = Courier::new(config.settings.webhooks_private)?;
        let inner = Inner {
            instance: ids.new_id(&*clock),
            config,
            store,
            clock,
            ids,
            signer: keys.signer,
            issuer: keys.issuer,
            jwks: keys.jwks,
            signed_keys: keys.statement,
            key_set: keys.set,
            vouchers: keys.vouchers,
            root_here: keys.root_here,
            stripe,
            courier,
            prices: Prices::default(),
            files,
            limits,
            outlet,
            metrics,
            passwords,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The store behind the server.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// What time it is by the server's clock.
    pub fn now(&self) -> scrip_domain::Timestamp {
        self.0.clock.now()
    }

    /// Where the root key lies, when it lies on the server and should be moved away.
    pub fn root_here(&self) -> Option<&Path> {
        self.0.root_here.as_deref()
    }

    /// The address under which people reach this server, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.0.config.settings.public_url
    }

    /// The issuer that stands in its authorization codes: the address of the root key.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }
}
