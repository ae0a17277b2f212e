//! Listing the programs of AppStream catalogs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scrip_api::{CatalogEntry, DescriptionBlock, ReleaseNote, Screenshot};
use scrip_appstream::{Block, Component, ComponentKind, Icons, PricePolicy, find_catalogs, find_icons, read_path};
use scrip_domain::{Offers, Policy, ProductId, Sale};
use scrip_store::ProductListing;
use serde::{Deserialize, Serialize};

use crate::{Error, Server};

/// The size of the icons that are kept, in pixels.
const ICON_PIXELS: u32 = 128;
/// The most releases that a product's page lists.
const RELEASES_MAX: usize = 20;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Catalogs that were read.
    pub catalogs: usize,
    /// Programs that are listed now, whether or not they changed.
    pub listed: usize,
    /// Listings that are new or changed.
    pub changed: usize,
    /// Listings with an icon.
    pub icons: usize,
    /// Components that are no programs (fonts, drivers, add-ons …).
    pub passed_over: usize,
    /// Components that could not be read: file, line and reason.
    pub problems: Vec<String>,
}

/// What only a product's page shows, as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct Detail {
    pub(crate) description: Vec<DescriptionBlock>,
    pub(crate) license: String,
    pub(crate) homepage: Option<String>,
    pub(crate) screenshots: Vec<Screenshot>,
    pub(crate) releases: Vec<ReleaseNote>,
}

/// Reads the catalogs at `paths` and lists their programs at the prices of `policy`. All or nothing in the database;
/// reading the same data again changes nothing. Memory grows with the catalogs, as they are read one by one.
pub async fn import_appstream(server: &Server, paths: &[PathBuf], policy: PricePolicy) -> Result<ImportReport, Error> {
    let paths = paths.to_vec();
    let read = tokio::task::spawn_blocking(move || read_all(&paths, &policy));
    let (found, mut report) = read.await.map_err(|_| Error::Internal {
        operation: "read catalogs",
    })??;
    let mut listings = Vec::with_capacity(found.len());
    for program in found.into_values() {
        let icon = match program.icon {
            Some(bytes) => Some(server.0.files.put_icon(bytes).await?),
            None => None,
        };
        report.icons += usize::from(icon.is_some());
        listings.push(listing_of(program.component, program.sale, icon)?);
    }
    report.listed = listings.len();
    report.changed = server.0.store.put_products(&listings).await?;
    Ok(report)
}

struct Program {
    component: Component,
    sale: Sale,
    icon: Option<Vec<u8>>,
}

/// Reads every catalog; where two list the same program, the later one counts.
fn read_all(paths: &[PathBuf], policy: &PricePolicy) -> Result<(BTreeMap<ProductId, Program>, ImportReport), Error> {
    let mut report = ImportReport::default();
    let mut found = BTreeMap::new();
    for path in paths {
        for file in find_catalogs(path)? {
            let catalog = read_path(&file)?;
            report.catalogs += 1;
            report.problems.extend(
                catalog
                    .problems
                    .iter()
                    .map(|problem| format!("{}: {problem}", file.display())),
            );
            let mut icons = Vec::new();
            for place in find_icons(&file) {
                match Icons::open(&place, &catalog.origin) {
                    Ok(opened) => icons.push(opened),
                    // A program without its picture is still worth listing.
                    Err(why) => report.problems.push(format!("{}: {why}", place.display())),
                }
            }
            for component in catalog.components {
                if !is_program(component.kind) {
                    report.passed_over += 1;
                    continue;
                }
                let icon = icons
                    .iter()
                    .find_map(|icons| icons.find(&component, ICON_PIXELS).ok().flatten());
                let sale = policy.sale_of(&component.id).clone();
                found.insert(component.id.clone(), Program { component, sale, icon });
            }
        }
    }
    Ok((found, report))
}

const fn is_program(kind: ComponentKind) -> bool {
    matches!(
        kind,
        ComponentKind::DesktopApplication | ComponentKind::ConsoleApplication | ComponentKind::Generic
    )
}

fn listing_of(component: Component, sale: Sale, icon: Option<scrip_domain::Sha256>) -> Result<ProductListing, Error> {
    let detection = component.detection_rules();
    let entry = CatalogEntry {
        id: component.id.clone(),
        name: component.name.clone(),
        summary: component.summary.clone(),
        developer: component.developer.clone().unwrap_or_default(),
        categories: component.categories.clone(),
        keywords: component.keywords.clone(),
        icon,
        // Offers, files and the revision stand in columns and rows of their own.
        offers: Offers::default(),
        policy: Policy::default(),
        latest_version: component.releases.first().map(|release| release.version.clone()),
        detection,
        artifacts: Vec::new(),
        revision: 0,
    };
    let detail = Detail {
        description: component.description.into_iter().map(block_of).collect(),
        license: component.license.unwrap_or_default(),
        homepage: component.homepage,
        screenshots: component
            .screenshots
            .into_iter()
            .map(|picture| Screenshot {
                url: picture.url,
                caption: picture.caption,
            })
            .collect(),
        releases: component
            .releases
            .into_iter()
            .take(RELEASES_MAX)
            .map(|release| ReleaseNote {
                version: release.version,
                released_at: release.released_at,
            })
            .collect(),
    };
    let written = |_| Error::Internal {
        operation: "write a listing",
    };
    Ok(ProductListing {
        id: component.id,
        name: component.name,
        summary: component.summary,
        developer: entry.developer.clone(),
        keywords: component.keywords,
        categories: component.categories,
        offers: sale.offers,
        policy: sale.policy,
        entry: serde_json::to_string(&entry).map_err(written)?,
        detail: serde_json::to_string(&detail).map_err(written)?,
    })
}

fn block_of(block: Block) -> DescriptionBlock {
    match block {
        Block::Paragraph { text } => DescriptionBlock::Paragraph { text },
        Block::List { ordered, items } => DescriptionBlock::List { ordered, items },
    }
}
