//! One product: everything about it, and what acquiring it would do here.

use scrip_api::{Artifact, CatalogEntry, LicenseView, Product};
use scrip_domain::{Platform, ProductId};
use scrip_inventory::{Detection, DetectionStatus, is_current};

use crate::contract::{Action, Failure, Plan, ProductArgs, ProductView};
use crate::shop::VIEW_PATIENCE;
use crate::{App, Error, platform, state};

impl App {
    /// Everything about a product. Its description comes from the server, or from the last visit, or is left out.
    pub async fn product_view(&self, args: ProductArgs) -> Result<ProductView, Error> {
        let (product, complete) = self.product_detail(&args.product).await?;
        let plan = self.plan_of(&product.entry).await?;
        let in_cart = match self.stored_session()? {
            Some(_) => {
                let cart = tokio::time::timeout(VIEW_PATIENCE, self.cart_view()).await;
                matches!(cart, Ok(Ok(cart)) if cart.items.iter().any(|item| item.product == args.product))
            }
            None => false,
        };
        let standing = self.standing(&args.product);
        Ok(ProductView {
            license: self.license(&args.product)?,
            authorized: standing.as_ref().is_some_and(|standing| standing.allowed),
            standing,
            upgrade_of: self.upgrade_of(&args.product, product.entry.policy.upgrade_from.as_ref())?,
            in_cart,
            complete,
            plan,
            product,
        })
    }

    /// What acquiring a product would do on this computer. Needs no session and charges nothing.
    pub async fn product_plan(&self, args: ProductArgs) -> Result<Plan, Error> {
        let listing = self.listing(&args.product).await?;
        self.plan_of(&listing).await
    }

    /// The listing of a product in the local catalog, or the server's where that does not have it.
    pub(crate) async fn listing(&self, product: &ProductId) -> Result<CatalogEntry, Error> {
        if let Some(entry) = self.catalog.index().await?.get(product) {
            return Ok(entry.clone());
        }
        Ok(self.noted(self.client.product(product).await).await?.entry)
    }

    pub(crate) async fn plan_of(&self, listing: &CatalogEntry) -> Result<Plan, Error> {
        let seen = self.look_again().await?;
        let detection = self.detect_listed(&listing.id, Some(listing), &seen).await?;
        let artifact = choose_artifact(listing);
        let action = choose_action(&detection, artifact);
        let mut plan = Plan {
            product: listing.id.clone(),
            action,
            download_bytes: 0,
            artifact: None,
            evidence: detection.evidence.clone(),
            detection,
            obstacle: None,
        };
        if action == Action::Authorize {
            return Ok(plan);
        }
        let needed = artifact
            .ok_or_else(|| Error::NoArtifact {
                product: listing.id.clone(),
                platform: Platform::current(),
            })
            .and_then(|artifact| Ok(self.installer.plan(&to_install(artifact))?));
        match needed {
            Ok(needed) => plan.download_bytes = needed.download_bytes,
            Err(error) => plan.obstacle = Some(Failure::from(&error)),
        }
        plan.artifact = artifact.cloned();
        Ok(plan)
    }

    /// The license of a product: as the server says now, or as it is stored where the server does not answer.
    pub(crate) async fn license_for(&self, product: &ProductId) -> Result<LicenseView, Error> {
        let stored = match self.library_refresh().await {
            Ok(licenses) => licenses.into_iter().find(|license| license.product == *product),
            Err(Error::Client(error)) if error.is_offline() => match self.license(product)? {
                Some(license) => Some(license),
                None => return Err(error.into()),
            },
            Err(error) => return Err(error),
        };
        stored.ok_or_else(|| {
            scrip_domain::Error::LicenseNotFound {
                product: product.clone(),
            }
            .into()
        })
    }

    /// The description and the listing, and whether both are there.
    async fn product_detail(&self, product: &ProductId) -> Result<(Product, bool), Error> {
        let path = self
            .places
            .server_cache(self.client.server())
            .join("products")
            .join(format!("{product}.json"));
        let asked = tokio::time::timeout(VIEW_PATIENCE, self.client.product(product)).await;
        match asked {
            Ok(Ok(detail)) => {
                self.noted(Ok(())).await?;
                state::write(&path, &detail)?;
                return Ok((detail, true));
            }
            Ok(Err(error)) if !error.is_offline() => return self.noted(Err(error)).await,
            Ok(Err(error)) => drop(self.noted::<()>(Err(error)).await),
            Err(_) => {}
        }
        let listing = self.catalog.index().await?.get(product).cloned();
        match (state::read::<Product>(&path).ok().flatten(), listing) {
            (Some(seen), Some(entry)) => Ok((Product { entry, ..seen }, true)),
            (Some(seen), None) => Ok((seen, true)),
            (None, Some(entry)) => Ok((bare(entry), false)),
            (None, None) => Err(Error::ProductUnknown {
                text: product.to_string(),
            }),
        }
    }
}

fn bare(entry: CatalogEntry) -> Product {
    Product {
        entry,
        description: Vec::new(),
        license: String::new(),
        homepage: None,
        screenshots: Vec::new(),
        releases: Vec::new(),
    }
}

/// The newest file that this computer can use; of equals the first of the listing.
pub(crate) fn choose_artifact(listing: &CatalogEntry) -> Option<&Artifact> {
    let here = Platform::current();
    let usable = |artifact: &&Artifact| artifact.platform.runs_on(&here) && platform::can_install(artifact.kind);
    listing
        .artifacts
        .iter()
        .filter(usable)
        .reduce(|best, next| if next.version > best.version { next } else { best })
}

fn choose_action(detection: &Detection, artifact: Option<&Artifact>) -> Action {
    let is_newer = |artifact: &Artifact| {
        detection
            .version
            .as_ref()
            .is_some_and(|version| !is_current(version, &artifact.version))
    };
    match detection.status {
        DetectionStatus::Absent => Action::Install,
        DetectionStatus::Outdated if artifact.is_some_and(is_newer) => Action::Update,
        // An update that the vendor does not publish for this computer cannot be offered.
        DetectionStatus::Outdated | DetectionStatus::Installed => Action::Authorize,
    }
}

/// The artifact as the installer knows it.
pub(crate) fn to_install(artifact: &Artifact) -> scrip_install::Artifact {
    scrip_install::Artifact {
        file_name: artifact.file_name.clone(),
        size: artifact.size,
        sha256: artifact.sha256,
        kind: artifact.kind,
        version: artifact.version.clone(),
    }
}
