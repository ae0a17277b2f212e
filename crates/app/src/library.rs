//! What the person owns and rents: a copy that works with no network, judged by this computer's clock.

use std::collections::HashMap;
use std::path::PathBuf;

use scrip_api::LicenseView;
use scrip_domain::{LicenseKind, LicenseState, ProductId, Timestamp, UserId};
use scrip_inventory::DetectionStatus;
use serde::{Deserialize, Serialize};

use crate::contract::{Event, LibraryEntry, LibraryView};
use crate::shop::VIEW_PATIENCE;
use crate::{App, Error, state};

/// The library as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredLibrary {
    owner: UserId,
    licenses: Vec<LicenseView>,
    confirmed_at: Timestamp,
}

impl App {
    /// The library: what the server says now, or what is stored here where it does not answer.
    pub async fn library_view(&self) -> Result<LibraryView, Error> {
        let refreshed = tokio::time::timeout(VIEW_PATIENCE, self.library_refresh()).await;
        let stored = self.stored_library()?;
        match (refreshed, &stored) {
            (Ok(Err(error)), None) => return Err(error),
            (Ok(Err(error)), Some(_)) => tracing::debug!(%error, "the library is shown as it is stored here"),
            (Ok(Ok(_)) | Err(_), _) => {}
        }
        let Some(stored) = stored else {
            return Ok(LibraryView {
                entries: Vec::new(),
                confirmed_at: None,
            });
        };
        let confirmed_at = Some(stored.confirmed_at);
        let mut entries = Vec::with_capacity(stored.licenses.len());
        let seen = self.look_again().await?;
        let index = self.catalog.index().await?;
        for license in stored.licenses {
            let listing = index.get(&license.product);
            let detection = self.detect_listed(&license.product, listing, &seen).await?;
            let can_launch = detection.status != DetectionStatus::Absent
                && self.launch_command(&license.product, &detection, &seen).await.is_ok();
            entries.push(LibraryEntry {
                name: listing.map_or_else(|| license.product.to_string(), |listing| listing.name.clone()),
                icon: listing.and_then(|listing| listing.icon),
                authorized: self.authorized(&license.product),
                standing: None,
                can_install: listing.is_some_and(|listing| crate::product::choose_artifact(listing).is_some()),
                can_uninstall: seen.receipt(&license.product).is_some(),
                can_launch,
                detection,
                license: judged(license, self.clock.now()),
            });
        }
        Ok(LibraryView { entries, confirmed_at })
    }

    /// Asks the server for the licenses, stores them, and fetches anew the codes of those that changed.
    pub async fn library_refresh(&self) -> Result<Vec<LicenseView>, Error> {
        let owner = self.require_session().await?.id;
        let library = self.noted(self.client.library().await).await?;
        let before = self.stored_library()?.filter(|stored| stored.owner == owner);
        let stored = StoredLibrary {
            owner,
            licenses: library.licenses,
            confirmed_at: self.clock.now(),
        };
        state::write(&self.library_file(), &stored)?;
        let revisions: HashMap<_, _> = before
            .iter()
            .flat_map(|before| before.licenses.iter().map(|license| (license.id, license.revision)))
            .collect();
        let mut changed = before.is_none_or(|before| before.licenses.len() != stored.licenses.len());
        for license in &stored.licenses {
            if revisions.get(&license.id) == Some(&license.revision) {
                continue;
            }
            changed = true;
            // A code that is stored here speaks of the license as it was.
            if self.has_code(&license.product)
                && let Err(error) = self.fetch_code(license).await
            {
                tracing::info!(%error, product = %license.product, "the newer authorization code is fetched later");
            }
        }
        if changed {
            self.tell(Event::LibraryChanged);
        }
        Ok(stored.licenses)
    }

    /// The stored license of a product, judged by this computer's clock.
    pub fn license(&self, product: &ProductId) -> Result<Option<LicenseView>, Error> {
        let license = self
            .stored_library()?
            .and_then(|stored| stored.licenses.into_iter().find(|license| license.product == *product));
        Ok(license.map(|license| judged(license, self.clock.now())))
    }

    /// The stored licenses by product, judged by this computer's clock.
    pub(crate) fn stored_licenses(&self) -> Result<HashMap<ProductId, LicenseView>, Error> {
        let now = self.clock.now();
        let licenses = self.stored_library()?.map_or_else(Vec::new, |stored| stored.licenses);
        Ok(licenses
            .into_iter()
            .map(|license| (license.product.clone(), judged(license, now)))
            .collect())
    }

    /// Whose library is stored here.
    pub(crate) fn stored_owner(&self) -> Result<Option<UserId>, Error> {
        Ok(self.stored_library()?.map(|stored| stored.owner))
    }

    /// Removes what is personal from this computer.
    pub(crate) fn forget_person(&self) -> Result<(), Error> {
        state::remove(&self.library_file())?;
        state::remove(&self.wallet_file())
    }

    fn stored_library(&self) -> Result<Option<StoredLibrary>, Error> {
        state::read(&self.library_file())
    }

    fn library_file(&self) -> PathBuf {
        self.folder.join("library.json")
    }
}

/// The license as it stands at `now`.
fn judged(mut license: LicenseView, now: Timestamp) -> LicenseView {
    license.state = match license.kind {
        LicenseKind::Perpetual => LicenseState::Owned,
        LicenseKind::Rental if !license.remaining.is_over(now) => LicenseState::Active,
        LicenseKind::Rental if license.remaining.ends_at.is_some() => LicenseState::Expired,
        LicenseKind::Rental => LicenseState::Exhausted,
    };
    license
}
