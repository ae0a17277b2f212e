//! Reads AppStream catalogs: metainfo XML, collection XML and DEP-11 YAML; and the file that prices them.
//!
//! [`read_path`] reads one catalog (plain or gzip), [`find_catalogs`] finds those of a folder, [`Icons`] finds the
//! cached icons that belong to a catalog, and [`PricePolicy`] says what each product costs. Everything that is
//! read is bounded ([`limits`]) and reduced to plain text: no markup, no address that is not of the web, no
//! name that could leave its folder. One bad component is left out and reported as a [`Problem`]; the rest stays.

mod catalog;
mod component;
mod draft;
mod error;
mod icons;
pub mod limits;
mod markup;
mod prices;
mod xml;
mod yaml;

pub use catalog::{Catalog, Problem, find_catalogs, read_path};
pub use component::{Block, Bundle, BundleKind, Component, ComponentKind, Icon, Release, Screenshot};
pub use error::Error;
pub use icons::{Icons, find_icons};
pub use prices::PricePolicy;
