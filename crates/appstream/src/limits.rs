//! The largest of everything that is read.

/// A catalog, after decompression, in bytes (the largest known, of a whole distribution, has 40 million).
pub const CATALOG_BYTES: u64 = 256 * 1024 * 1024;
/// One component as it is written, in bytes (the largest of a distribution has 90 thousand).
pub const COMPONENT_BYTES: usize = 1024 * 1024;
/// Components of one catalog.
pub const COMPONENTS: usize = 200_000;
/// Catalogs of one folder.
pub const CATALOGS: usize = 10_000;
/// Folders below folders, and elements inside elements.
pub const DEPTH: usize = 32;
/// A name, in bytes.
pub const NAME_BYTES: usize = 512;
/// A summary, a caption or a licence, in bytes.
pub const LINE_BYTES: usize = 4 * 1024;
/// The text of one description, in bytes.
pub const DESCRIPTION_BYTES: usize = 128 * 1024;
/// An address, in bytes.
pub const URL_BYTES: usize = 2048;
/// Entries of any list of a component (keywords, screenshots, releases …); more are left out.
pub const LIST: usize = 256;
/// One icon, in bytes.
pub const ICON_BYTES: u64 = 1024 * 1024;
/// All icons of one archive together, in bytes.
pub const ICONS_BYTES: u64 = 256 * 1024 * 1024;
/// Icons of one archive.
pub const ICONS: usize = 100_000;
/// A price policy, in bytes.
pub const PRICES_BYTES: u64 = 4 * 1024 * 1024;
