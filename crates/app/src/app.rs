//! The app: everything that the use cases share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use scrip_client::{Client, Limits, ServerUrl};
use scrip_domain::{Clock, IdSource, SystemClock, SystemIds};
use scrip_install::Installer;
use scrip_licensing::clock::Guard;
use tokio::sync::broadcast;

use crate::accounts::BrowserCell;
use crate::acquire::Acquisitions;
use crate::catalog::Catalog;
use crate::computer::Computer;
use crate::contract::Event;
use crate::judge::Judges;
use crate::keystore::{Keystore, KeystoreMode};
use crate::machine::Machine;
use crate::meter::Anchors;
use crate::places::Places;
use crate::session::{Looks, SessionCell};
use crate::{Error, state};

/// The server that is asked where none is named.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:7747";

/// How many events a slow listener may fall behind before it misses some.
const EVENT_BACKLOG: usize = 1024;

/// How an app is opened.
#[derive(Clone)]
pub struct Options {
    /// The folder of all local state; the XDG folders where none is given.
    pub home: Option<PathBuf>,
    /// The vendor's server.
    pub server: ServerUrl,
    /// Where secrets are kept.
    pub keystore: KeystoreMode,
    /// How long and how often the server is asked.
    pub limits: Limits,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from.
    pub ids: Arc<dyn IdSource>,
    /// The computer, as far as licenses look at it.
    pub machine: Machine,
    /// Where installed programs are looked for; everywhere on this computer where it is not given.
    pub roots: Option<scrip_inventory::Roots>,
}

impl Options {
    /// What `SCRIP_HOME`, `SCRIP_SERVER` and `SCRIP_KEYSTORE` say, and the real clock.
    pub fn from_environment() -> Result<Self, Error> {
        let text = |name| {
            std::env::var(name)
                .ok()
                .filter(|value: &String| !value.trim().is_empty())
        };
        Ok(Self {
            home: std::env::var_os("SCRIP_HOME")
                .filter(|home| !home.is_empty())
                .map(PathBuf::from),
            server: text("SCRIP_SERVER").as_deref().unwrap_or(DEFAULT_SERVER).parse()?,
            keystore: KeystoreMode::from_environment()?,
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds::default()),
            machine: Machine::here(),
            roots: None,
        })
    }
}

/// The use cases of a customer's computer. Share it behind an `Arc`; every method may be called from any task at any time.
pub struct App {
    pub(crate) client: Arc<Client>,
    pub(crate) places: Places,
    /// The folder that the person named for all local state, if one.
    pub(crate) home: Option<PathBuf>,
    /// What belongs to the server.
    pub(crate) folder: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) keystore: Keystore,
    pub(crate) session: SessionCell,
    pub(crate) looks: Looks,
    pub(crate) browser: BrowserCell,
    pub(crate) catalog: Catalog,
    pub(crate) computer: Computer,
    pub(crate) installer: Installer,
    pub(crate) acquisitions: Acquisitions,
    pub(crate) machine: Machine,
    pub(crate) anchors: Arc<Anchors>,
    pub(crate) guard: Guard,
    pub(crate) judges: Judges,
    /// One payment at a time, so that two presses of a button see each other's record.
    pub(crate) paying: tokio::sync::Mutex<()>,
    /// One look at the device's key and registration at a time.
    pub(crate) registering: tokio::sync::Mutex<()>,
    online: AtomicBool,
    /// When the last exchange with the vendor began, in seconds since the Unix epoch.
    pub(crate) exchanged: AtomicI64,
    events: broadcast::Sender<Event>,
}

impl App {
    /// Opens the local state. Asks neither the server nor the keyring; those are asked when they are needed.
    pub fn open(options: Options) -> Result<Self, Error> {
        let places = Places::new(options.home.as_deref())?;
        let home = options.home.as_deref().map(std::path::absolute).transpose();
        let home = home.map_err(crate::error::io_error("find the folder", &places.data))?;
        let folder = places.server(&options.server);
        state::make_folder(&folder)?;
        let installer = Installer::new(places.installer())
            .with_clock(options.clock.clone())
            .with_ids(options.ids.clone());
        let roots = options.roots.unwrap_or_else(scrip_inventory::Roots::from_environment);
        Ok(Self {
            catalog: Catalog::new(places.server_cache(&options.server)),
            keystore: Keystore::new(options.keystore, &places.data, &places.realm),
            computer: Computer::new(roots.with_prefix(places.prefix.clone())),
            client: Arc::new(Client::new(options.server, options.limits)?),
            session: SessionCell::default(),
            looks: Looks::default(),
            browser: BrowserCell::default(),
            acquisitions: Acquisitions::default(),
            anchors: Arc::new(Anchors::new(options.machine.anchor.clone())),
            guard: Guard::new(folder.join("clock.json"), options.machine.time.clone()),
            judges: Judges::default(),
            machine: options.machine,
            home,
            paying: tokio::sync::Mutex::default(),
            registering: tokio::sync::Mutex::default(),
            online: AtomicBool::new(true),
            exchanged: AtomicI64::new(i64::MIN),
            events: broadcast::channel(EVENT_BACKLOG).0,
            clock: options.clock,
            ids: options.ids,
            installer,
            folder,
            places,
        })
    }

    /// Does what waits since the last time: settles interrupted installations and payments, compares the catalog with
    /// the server's, resumes acquisitions. For a window that has just opened; failures are logged and shown where they matter.
    pub async fn catch_up(&self) {
        let note = |what: &str, error: &Error| tracing::info!(%error, "{what} waits for the next start");
        if let Err(error) = self.recover_installations().await {
            note("settling interrupted installations", &error);
        }
        if let Err(error) = self.catalog_sync().await {
            note("comparing the catalog", &error);
        }
        if let Err(error) = self.settle_payments().await {
            note("settling payments", &error);
        }
        if let Err(error) = self.resume_acquisitions().await {
            note("resuming acquisitions", &error);
        }
        match self.journal_sync().await {
            Ok(synced) => {
                for failure in synced.failures {
                    tracing::info!(%failure, "a part of the exchange with the vendor waits");
                }
            }
            Err(Error::NotSignedIn) => {}
            Err(error) => note("the exchange with the vendor", &error),
        }
    }

    /// Hears everything that happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    pub(crate) fn tell(&self, event: Event) {
        // Nobody may be listening, as in the terminal.
        drop(self.events.send(event));
    }

    pub(crate) fn event_sender(&self) -> broadcast::Sender<Event> {
        self.events.clone()
    }

    /// Whether the last exchange with the server worked.
    pub(crate) fn is_online(&self) -> bool {
        self.online.load(Ordering::Relaxed)
    }

    /// Passes an answer of the server on, having noted whether the server could be asked and the session still holds.
    pub(crate) async fn noted<T>(&self, answer: Result<T, scrip_client::Error>) -> Result<T, Error> {
        let online = !answer.as_ref().is_err_and(scrip_client::Error::is_offline);
        let changed = self.online.swap(online, Ordering::Relaxed) != online;
        let refused = answer
            .as_ref()
            .err()
            .and_then(scrip_client::Error::problem)
            .map(|problem| problem.code.as_str());
        if matches!(refused, Some("auth.session_expired" | "auth.session_missing")) {
            self.forget_session().await?;
        } else if changed {
            self.tell_session().await;
        }
        answer.map_err(Error::from)
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("server", self.client.server())
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}
