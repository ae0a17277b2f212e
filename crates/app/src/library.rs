//! What the person owns and rents: a copy that works with no network, judged by this computer's clock.

use std::collections::HashMap;
use std::path::PathBuf;

use scrip_api::LicenseView;
use scrip_domain::{ProductId, Timestamp, UserId};
use scrip_inventory::DetectionStatus;
use serde::{Deserialize, Serialize};

use crate::contract::{Event, LibraryEntry, LibraryView};
use crate::judge::from_claims;
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
        if matches!(refreshed, Ok(Ok(_)))
            && tokio::time::timeout(VIEW_PATIENCE, self.exchange_if_due())
                .await
                .is_err()
        {
            tracing::info!("the exchange with the vendor takes long and is made later");
        }
        let stored = self.stored_library()?;
        match (refreshed, &stored) {
            (Ok(Err(error)), None) if self.coded().is_empty() => return Err(error),
            (Ok(Err(error)), _) => tracing::debug!(%error, "the library is shown as it is stored here"),
            (Ok(Ok(_)) | Err(_), _) => {}
        }
        let confirmed_at = stored.as_ref().map(|stored| stored.confirmed_at);
        let licenses = self.with_coded(stored.map_or_else(Vec::new, |stored| stored.licenses));
        let mut entries = Vec::with_capacity(licenses.len());
        let seen = self.look_again().await?;
        let index = self.catalog.index().await?;
        for license in licenses {
            let listing = index.get(&license.product);
            let detection = self.detect_listed(&license.product, listing, &seen).await?;
            let can_launch = detection.status != DetectionStatus::Absent
                && self.launch_command(&license.product, &detection, &seen).await.is_ok();
            let standing = self.standing(&license.product);
            entries.push(LibraryEntry {
                name: listing.map_or_else(|| license.product.to_string(), |listing| listing.name.clone()),
                icon: listing.and_then(|listing| listing.icon),
                authorized: standing.as_ref().is_some_and(|standing| standing.allowed),
                can_install: listing.is_some_and(|listing| crate::product::choose_artifact(listing).is_some()),
                can_uninstall: seen.receipt(&license.product).is_some(),
                can_launch,
                detection,
                license: self.judged(license),
                standing,
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
                && let Err(error) = self.fetch_code(license, None).await
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
        Ok(license.map(|license| self.judged(license)))
    }

    /// The stored licenses by product, judged by this computer's clock.
    pub(crate) fn stored_licenses(&self) -> Result<HashMap<ProductId, LicenseView>, Error> {
        let licenses = self.stored_library()?.map_or_else(Vec::new, |stored| stored.licenses);
        Ok(licenses
            .into_iter()
            .map(|license| (license.product.clone(), self.judged(license)))
            .collect())
    }

    /// Whose library is stored here.
    pub(crate) fn stored_owner(&self) -> Result<Option<UserId>, Error> {
        Ok(self.stored_library()?.map(|stored| stored.owner))
    }

    /// Removes what is personal from this computer.
    pub(crate) fn forget_person(&self) -> Result<(), Error> {
        state::remove(&self.library_file())?;
        self.forget_notices()?;
        self.forget_cart()?;
        state::remove(&self.wallet_file())
    }

    /// Stores one license as the server named it just now.
    pub(crate) fn note_license(&self, license: &LicenseView) -> Result<(), Error> {
        let Some(mut stored) = self.stored_library()? else {
            return Ok(());
        };
        match stored.licenses.iter_mut().find(|known| known.id == license.id) {
            Some(known) => *known = license.clone(),
            None => stored.licenses.insert(0, license.clone()),
        }
        state::write(&self.library_file(), &stored)
    }

    /// The licenses, and those that are known here by their codes alone.
    pub(crate) fn with_coded(&self, mut licenses: Vec<LicenseView>) -> Vec<LicenseView> {
        for product in self.coded() {
            if licenses.iter().any(|license| license.product == product) {
                continue;
            }
            if let Ok(Some(claims)) = self.stored_claims(&product) {
                licenses.push(from_claims(&claims, self.believed_now()));
            }
        }
        licenses
    }

    fn stored_library(&self) -> Result<Option<StoredLibrary>, Error> {
        state::read(&self.library_file())
    }

    fn library_file(&self) -> PathBuf {
        self.folder.join("library.json")
    }
}
