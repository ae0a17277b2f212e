use scrip_domain::{ArtifactKind, DetectionRule, Offers, Platform, Policy, ProductId, Sha256, Timestamp, Version};
use serde::{Deserialize, Serialize};

/// What a client needs of a product to list, search and recognise it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CatalogEntry {
    /// The product's id.
    pub id: ProductId,
    /// Its name, in plain text.
    pub name: String,
    /// One sentence about it, in plain text.
    pub summary: String,
    /// Its developer's name; empty where unknown.
    pub developer: String,
    /// Categories of the freedesktop menu specification, such as `Graphics`.
    pub categories: Vec<String>,
    /// Words that people search for.
    pub keywords: Vec<String>,
    /// The digest of its icon, a PNG served at `/v1/icons/{digest}`.
    pub icon: Option<Sha256>,
    /// Its offers; empty where it is not for sale.
    pub offers: Offers,
    /// What holds for every license of it: seats and the like.
    #[serde(default)]
    pub policy: Policy,
    /// The newest version that is known.
    pub latest_version: Option<Version>,
    /// How to recognise it on a computer, in order.
    pub detection: Vec<DetectionRule>,
    /// The files that install it; empty where the vendor publishes none.
    pub artifacts: Vec<Artifact>,
    /// The catalog's revision in which the entry last changed.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub revision: i64,
}

/// A file that installs one version of a product on one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Artifact {
    /// The file's digest, by which it is fetched: `/v1/artifacts/{sha256}`.
    pub sha256: Sha256,
    /// The file's size in bytes.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub size: u64,
    /// The file's name, without a folder.
    pub file_name: String,
    /// How it is packaged.
    pub kind: ArtifactKind,
    /// What it runs on.
    pub platform: Platform,
    /// The version that it installs.
    pub version: Version,
}

/// Everything about a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Product {
    /// The listing.
    #[serde(flatten)]
    pub entry: CatalogEntry,
    /// The description.
    pub description: Vec<DescriptionBlock>,
    /// The program's own licence as an SPDX expression; empty where unknown.
    pub license: String,
    /// The program's home page.
    pub homepage: Option<String>,
    /// Addresses of pictures.
    pub screenshots: Vec<Screenshot>,
    /// Versions and their dates, the newest first.
    pub releases: Vec<ReleaseNote>,
}

/// A part of a description: plain text, never markup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DescriptionBlock {
    /// A paragraph.
    Paragraph {
        /// Its text.
        text: String,
    },
    /// A list.
    List {
        /// Whether its items are numbered.
        ordered: bool,
        /// Its items.
        items: Vec<String>,
    },
}

/// A picture of the program, at an address outside the vendor's server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Screenshot {
    /// The picture's address.
    pub url: String,
    /// What it shows; may be empty.
    pub caption: String,
}

/// A version of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ReleaseNote {
    /// The version.
    pub version: Version,
    /// When it came out.
    pub released_at: Option<Timestamp>,
}

/// One page of search results, the best match first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchPage {
    /// The products.
    pub items: Vec<CatalogEntry>,
    /// How many products match in all.
    pub total: u64,
    /// Asks for the next page; absent on the last one.
    pub next_cursor: Option<String>,
}

/// Entries that changed since a revision, the oldest change first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CatalogChanges {
    /// Entries that are new or changed.
    pub items: Vec<CatalogEntry>,
    /// Products that left the catalog.
    pub removed: Vec<ProductId>,
    /// The revision that the client has after applying these changes; what to send as `since` next.
    pub revision: i64,
    /// Whether more changes wait.
    pub more: bool,
}

/// A category and how many products stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Category {
    /// The category's name in the freedesktop menu specification.
    pub id: String,
    /// How many products.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub products: u64,
}
