//! The catalog on this computer: a durable copy of the vendor's, compared by revisions, and the index that searches it.

mod index;
mod vocabulary;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use scrip_api::{CatalogChanges, CatalogEntry};
use scrip_client::Client;
use scrip_domain::{Clock, ProductId, Timestamp};
use serde::{Deserialize, Serialize};

pub use index::{Hits, Index, Selection};

use crate::contract::CatalogState;
use crate::state::StateLock;
use crate::{Error, state};

/// How many entries one page of changes may bring.
const PAGE_ENTRIES: u32 = 1000;
/// The most pages of one comparison: a server that always has more is not followed for ever.
const MAX_PAGES: usize = 5000;

/// The catalog as it is stored.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    revision: i64,
    entries: Vec<CatalogEntry>,
}

/// When the catalog was last compared with the server's; apart from it, because it changes more often.
#[derive(Serialize, Deserialize)]
struct Synced {
    at: Timestamp,
}

/// The catalog that is searched now.
#[derive(Clone)]
struct Present {
    index: Arc<Index>,
    revision: i64,
    synced_at: Option<Timestamp>,
    loaded: bool,
}

/// The copy of one server's catalog. The old index serves until a new one is ready.
pub(crate) struct Catalog {
    folder: PathBuf,
    present: RwLock<Present>,
    /// One comparison at a time.
    syncing: tokio::sync::Mutex<()>,
}

impl Catalog {
    /// The catalog stored in `folder`; nothing is read yet.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let present = Present {
            index: Arc::default(),
            revision: 0,
            synced_at: None,
            loaded: false,
        };
        Self {
            folder,
            present: RwLock::new(present),
            syncing: tokio::sync::Mutex::new(()),
        }
    }

    /// What is searched now; read from the disk the first time.
    pub(crate) async fn index(&self) -> Result<Arc<Index>, Error> {
        if !self.present().loaded {
            let _alone = self.syncing.lock().await;
            self.load().await?;
        }
        Ok(self.present().index)
    }

    /// How large and how fresh it is.
    pub(crate) async fn state(&self) -> Result<CatalogState, Error> {
        let index = self.index().await?;
        let present = self.present();
        let products = u32::try_from(index.len()).unwrap_or(u32::MAX);
        Ok(CatalogState {
            products,
            revision: present.revision,
            synced_at: present.synced_at,
        })
    }

    /// Compares with the server and takes over what changed; answers whether anything did.
    pub(crate) async fn sync(&self, client: &Client, clock: &dyn Clock) -> Result<bool, Error> {
        let _alone = self.syncing.lock().await;
        self.load().await?;
        let before = self.present();
        let mut stored = Stored {
            revision: before.revision,
            entries: Vec::new(),
        };
        let mut changed: Option<HashMap<ProductId, CatalogEntry>> = None;
        for _ in 0..MAX_PAGES {
            let Some(page) = client.catalog_changes(stored.revision, PAGE_ENTRIES).await? else {
                break;
            };
            if page.revision < stored.revision {
                // The server was set up anew: what is here belongs to another catalog.
                stored.revision = 0;
                changed = Some(HashMap::new());
                continue;
            }
            let more = page.more && page.revision > stored.revision;
            stored.revision = page.revision;
            if !page.items.is_empty() || !page.removed.is_empty() || changed.is_some() {
                let all = changed.get_or_insert_with(|| {
                    before
                        .index
                        .entries()
                        .iter()
                        .map(|entry| (entry.id.clone(), entry.clone()))
                        .collect()
                });
                apply(all, page);
            }
            if !more {
                break;
            }
        }
        let synced_at = clock.now();
        let folder = self.folder.clone();
        let has_changed = changed.is_some();
        let present = if let Some(all) = changed {
            stored.entries = all.into_values().collect();
            let (index, revision) =
                off_thread("storing the catalog", move || store(&folder, stored, synced_at)).await?;
            Present {
                index,
                revision,
                synced_at: Some(synced_at),
                loaded: true,
            }
        } else {
            off_thread("storing the catalog", move || note(&folder, synced_at)).await?;
            // Nothing that is stored changed, so that asking again from the old revision costs one short answer.
            Present {
                synced_at: Some(synced_at),
                ..before
            }
        };
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = present;
        Ok(has_changed)
    }

    async fn load(&self) -> Result<(), Error> {
        if self.present().loaded {
            return Ok(());
        }
        let folder = self.folder.clone();
        let (index, revision, synced_at) = off_thread("reading the catalog", move || Ok(read(&folder))).await?;
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        *present = Present {
            index: Arc::new(index),
            revision,
            synced_at,
            loaded: true,
        };
        Ok(())
    }

    fn present(&self) -> Present {
        self.present.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn apply(all: &mut HashMap<ProductId, CatalogEntry>, page: CatalogChanges) {
    for product in page.removed {
        all.remove(&product);
    }
    all.extend(
        page.items
            .into_iter()
            .take(Index::MAX_ENTRIES)
            .map(|entry| (entry.id.clone(), entry)),
    );
}

fn store(folder: &Path, stored: Stored, synced_at: Timestamp) -> Result<(Arc<Index>, i64), Error> {
    {
        let _lock = StateLock::take(folder)?;
        state::write(&folder.join("catalog.json"), &stored)?;
        state::write(&folder.join("synced.json"), &Synced { at: synced_at })?;
    }
    Ok((Arc::new(Index::build(stored.entries)), stored.revision))
}

fn note(folder: &Path, synced_at: Timestamp) -> Result<(), Error> {
    let _lock = StateLock::take(folder)?;
    state::write(&folder.join("synced.json"), &Synced { at: synced_at })
}

/// The stored catalog. It can always be fetched again, so that a damaged copy counts as none.
fn read(folder: &Path) -> (Index, i64, Option<Timestamp>) {
    let stored = state::read::<Stored>(&folder.join("catalog.json"));
    let stored = stored.unwrap_or_else(|error| {
        tracing::warn!(%error, "the stored catalog is damaged and is fetched again");
        None
    });
    let Some(stored) = stored else {
        return (Index::default(), 0, None);
    };
    let synced = state::read::<Synced>(&folder.join("synced.json")).unwrap_or_else(|error| {
        tracing::warn!(%error, "when the catalog was fetched is not known");
        None
    });
    (
        Index::build(stored.entries),
        stored.revision,
        synced.map(|synced| synced.at),
    )
}

/// Runs work that would hold up the async threads.
pub(crate) async fn off_thread<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(Error::BrokenOff { what }))
}
