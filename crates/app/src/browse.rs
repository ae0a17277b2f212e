//! Looking through the local catalog.

use std::sync::Arc;

use scrip_domain::{DetectionRule, ProductId, Sha256};
use sha2::Digest;

use crate::catalog::{Index, Selection};
use crate::contract::{CatalogState, Event, ProductCard, SearchArgs, SearchResult, Show};
use crate::{App, Error, state};

/// The largest icon, in bytes.
const MAX_ICON_BYTES: u64 = 2 << 20;
/// The most results of one search.
const MAX_RESULTS: u32 = 500;

impl App {
    /// How large and how fresh the local catalog is.
    pub async fn catalog_state(&self) -> Result<CatalogState, Error> {
        self.catalog.state().await
    }

    /// Compares the local catalog with the server's.
    pub async fn catalog_sync(&self) -> Result<CatalogState, Error> {
        let outcome = self.catalog.sync(&self.client, self.clock.as_ref()).await;
        let changed = match outcome {
            Err(Error::Client(error)) => self.noted(Err(error)).await?,
            outcome => outcome?,
        };
        self.noted(Ok(())).await?;
        let state = self.catalog.state().await?;
        if changed {
            self.tell(Event::CatalogChanged(state.clone()));
        }
        Ok(state)
    }

    /// The catalog that is searched now, for whoever needs more than results.
    pub async fn catalog_index(&self) -> Result<Arc<Index>, Error> {
        self.catalog.index().await
    }

    /// Searches the local catalog; needs no network.
    pub async fn catalog_search(&self, args: SearchArgs) -> Result<SearchResult, Error> {
        let index = self.catalog.index().await?;
        let installed = self.installed_products(&index).await?;
        let licenses = self.stored_licenses()?;
        let limit = args.limit.clamp(1, MAX_RESULTS) as usize;
        let selection = Selection {
            category: args.category.as_deref(),
            offset: args.offset as usize,
            limit,
        };
        let hits = index.search_where(&args.words, selection, |entry| match args.show {
            Show::All => true,
            Show::Installed => installed.contains(&entry.id),
            Show::Licensed => licenses.contains_key(&entry.id),
            Show::Downloadable => crate::product::choose_artifact(entry).is_some(),
        });
        let card = |entry: &scrip_api::CatalogEntry| ProductCard {
            id: entry.id.clone(),
            name: entry.name.clone(),
            summary: entry.summary.clone(),
            developer: entry.developer.clone(),
            categories: entry.categories.clone(),
            icon: entry.icon,
            offers: entry.offers.clone(),
            installed: installed.contains(&entry.id),
            license: licenses.get(&entry.id).cloned(),
        };
        Ok(SearchResult {
            items: hits.items.into_iter().map(card).collect(),
            total: u32::try_from(hits.total).unwrap_or(u32::MAX),
            categories: hits.categories,
        })
    }

    /// The product that a person means: its id, with or without `.desktop`, or the name of one product or package alone.
    pub async fn resolve(&self, text: &str) -> Result<ProductId, Error> {
        let index = self.catalog.index().await?;
        let text = text.trim();
        let id = text.parse::<ProductId>();
        let mut spellings = vec![text.to_owned(), format!("{text}.desktop")];
        spellings.extend(text.strip_suffix(".desktop").map(str::to_owned));
        for spelling in spellings {
            if let Ok(id) = spelling.parse::<ProductId>()
                && index.get(&id).is_some()
            {
                return Ok(id);
            }
        }
        let candidates = named(&index, text);
        match (candidates.as_slice(), id) {
            ([only], _) => Ok(only.clone()),
            // What is owned can be named even where the catalog no longer has it.
            ([], Ok(id)) if self.has_code(&id) || self.license(&id)?.is_some() => Ok(id),
            ([], _) => Err(Error::ProductUnknown {
                text: text.chars().take(200).collect(),
            }),
            _ => Err(Error::ProductAmbiguous {
                text: text.to_owned(),
                candidates,
            }),
        }
    }

    /// An icon, a PNG: from the disk, or from the server, then kept. Its digest is verified.
    pub async fn icon(&self, digest: Sha256) -> Result<Vec<u8>, Error> {
        let path = self.places.icons().join(format!("{digest}.png"));
        if let Some(bytes) = state::read_bytes(&path, MAX_ICON_BYTES)?
            && sha2::Sha256::digest(&bytes)[..] == digest.0
        {
            return Ok(bytes);
        }
        let bytes = self.noted(self.client.icon(&digest).await).await?.to_vec();
        if sha2::Sha256::digest(&bytes)[..] != digest.0 {
            return Err(Error::IconInvalid { digest });
        }
        state::write_bytes(&path, &bytes)?;
        Ok(bytes)
    }
}

/// The products whose name, package or last part of the id is `text`; where several are, those whose name it is.
fn named(index: &Index, text: &str) -> Vec<ProductId> {
    let wanted = text.to_lowercase();
    let is = |candidate: &str| candidate.to_lowercase() == wanted;
    let by_name: Vec<_> = index
        .entries()
        .iter()
        .filter(|entry| is(&entry.name))
        .map(|entry| entry.id.clone())
        .collect();
    if !by_name.is_empty() {
        return by_name;
    }
    let package = |rule: &DetectionRule| match rule {
        DetectionRule::Package { name } | DetectionRule::Snap { name } | DetectionRule::Executable { name } => is(name),
        DetectionRule::Flatpak { id } | DetectionRule::DesktopEntry { id } => {
            is(id) || is(id.trim_end_matches(".desktop"))
        }
    };
    let last_part = |id: &ProductId| {
        id.as_str()
            .trim_end_matches(".desktop")
            .rsplit('.')
            .next()
            .is_some_and(is)
    };
    let fits = |entry: &&scrip_api::CatalogEntry| entry.detection.iter().any(package) || last_part(&entry.id);
    index
        .entries()
        .iter()
        .filter(fits)
        .map(|entry| entry.id.clone())
        .collect()
}
