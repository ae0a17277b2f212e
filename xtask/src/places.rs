//! Where things are: the clone, and the caches outside of it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders that the chores use.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The clone of the repository.
    pub(crate) root: PathBuf,
    /// What may be deleted at any time: tools, downloads, the store that `run` fills.
    pub(crate) cache: PathBuf,
    /// Where cargo builds, outside of the clone unless `CARGO_TARGET_DIR` says otherwise.
    pub(crate) target: PathBuf,
}

impl Places {
    /// Finds the folders from the environment.
    pub(crate) fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has no parent folder")?
            .to_path_buf();
        let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
            (Some(cache), _) if Path::new(&cache).is_absolute() => PathBuf::from(cache),
            (_, Some(home)) => PathBuf::from(home).join(".cache"),
            _ => anyhow::bail!("neither XDG_CACHE_HOME nor HOME is set: there is no place for caches"),
        }
        .join("scrip");
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache.join("target"), |target| root.join(target));
        Ok(Self { root, cache, target })
    }

    /// A folder below the cache, made when it does not exist.
    pub(crate) fn cached(&self, name: &str) -> Result<PathBuf> {
        let folder = self.cache.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(folder)
    }

    /// Where `tauri-driver` is kept.
    pub(crate) fn tauri_driver(&self) -> PathBuf {
        self.cache.join("tools/bin/tauri-driver")
    }

    /// The Python that has the libraries which check our codes.
    pub(crate) fn python(&self) -> PathBuf {
        self.cache.join("python/bin/python")
    }
}
