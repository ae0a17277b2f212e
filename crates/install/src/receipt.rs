//! What was installed: the durable proof that an operation succeeded.

use std::path::PathBuf;

use scrip_domain::{ArtifactKind, ProductId, Sha256, Timestamp, Version};
use serde::{Deserialize, Serialize};

use crate::{Error, Paths, disk, journal};

/// One installed program. Success is announced only after this is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The product.
    pub product: ProductId,
    /// The name a person reads.
    pub name: String,
    /// The version of the release that was installed.
    pub version: Version,
    /// The artifact's form.
    pub kind: ArtifactKind,
    /// The artifact's digest.
    pub sha256: Sha256,
    /// The artifact's length in bytes.
    pub size: u64,
    /// When the installation began.
    pub installed_at: Timestamp,
    /// How the program is started; none for a package that brings nothing to start.
    pub launch: Option<Launch>,
    /// The package, where a package manager keeps the files.
    pub package: Option<Package>,
    /// The files and folders that were made, in the order in which they are removed; empty for a package.
    pub files: Vec<PathBuf>,
}

/// How a program is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Launch {
    /// The executable and its arguments; never passed to a shell.
    pub command: Vec<String>,
    /// Whether it needs a terminal.
    pub terminal: bool,
}

/// A package as the package manager knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The package's own version.
    pub version: Version,
}

/// A receipt and what is left of what it promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// What was installed.
    pub receipt: Receipt,
    /// What is there now.
    pub condition: Condition,
}

/// What is there of an installed program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "condition", rename_all = "snake_case")]
pub enum Condition {
    /// Everything.
    Whole,
    /// The package manager has another version by now.
    Changed {
        /// The version that is installed.
        version: Version,
    },
    /// It was deleted, wholly or in part: it is not installed.
    Missing {
        /// What is gone; for a package its name.
        missing: Vec<String>,
    },
}

impl Installed {
    /// Whether the program is still there.
    pub fn is_present(&self) -> bool {
        !matches!(self.condition, Condition::Missing { .. })
    }

    /// What a window shows of it.
    pub fn summary(&self) -> ReceiptSummary {
        let receipt = &self.receipt;
        ReceiptSummary {
            product: receipt.product.clone(),
            name: receipt.name.clone(),
            version: receipt.version.clone(),
            kind: receipt.kind,
            size_bytes: receipt.size,
            installed_at: receipt.installed_at,
            launch: receipt.launch.clone(),
            condition: self.condition.clone(),
        }
    }
}

/// What a window shows of an installed program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ReceiptSummary {
    /// The product.
    pub product: ProductId,
    /// The name a person reads.
    pub name: String,
    /// The installed version.
    pub version: Version,
    /// The artifact's form.
    pub kind: ArtifactKind,
    /// The artifact's length in bytes.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub size_bytes: u64,
    /// When it was installed.
    pub installed_at: Timestamp,
    /// How it is started.
    pub launch: Option<Launch>,
    /// What is there of it.
    pub condition: Condition,
}

/// A receipt larger than this was not written by this program.
const RECEIPT_BYTES_MAX: u64 = 1024 * 1024;

/// Makes a receipt durable, in place of an earlier one of the same product.
pub(crate) fn write(paths: &Paths, receipt: &Receipt) -> Result<(), Error> {
    let path = paths.receipt(&receipt.product);
    let corrupt = |error: serde_json::Error| Error::StateCorrupt {
        path: path.clone(),
        why: error.to_string(),
    };
    let bytes = serde_json::to_vec_pretty(receipt).map_err(corrupt)?;
    disk::write_durable(&path, &bytes)
}

/// The receipt of `product`, if there is one.
pub(crate) fn read(paths: &Paths, product: &ProductId) -> Result<Option<Receipt>, Error> {
    journal::read_json(&paths.receipt(product), RECEIPT_BYTES_MAX)
}

/// Removes the receipt of `product`.
pub(crate) fn remove(paths: &Paths, product: &ProductId) -> Result<(), Error> {
    disk::remove_durable(&paths.receipt(product))
}

/// Every receipt that can be read, by product. One that cannot is logged and left alone.
pub(crate) fn all(paths: &Paths) -> Result<Vec<Receipt>, Error> {
    let mut receipts = Vec::new();
    for path in journal::json_files(&paths.receipts())? {
        match journal::read_json::<Receipt>(&path, RECEIPT_BYTES_MAX) {
            Ok(receipt) => receipts.extend(receipt),
            Err(error @ Error::StateCorrupt { .. }) => tracing::warn!(%error, "a receipt is skipped"),
            Err(error) => return Err(error),
        }
    }
    receipts.sort_by(|a, b| a.product.cmp(&b.product));
    Ok(receipts)
}
