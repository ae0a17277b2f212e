//! Where the local state lies.

use std::env;
use std::path::{Path, PathBuf};

use scrip_client::ServerUrl;
use sha2::{Digest, Sha256};

use crate::Error;

/// The folders of one person's state on one computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// What must not be lost.
    pub(crate) data: PathBuf,
    /// What can be fetched again.
    pub(crate) cache: PathBuf,
    /// Where programs are installed for this person.
    pub(crate) prefix: PathBuf,
    /// Tells the secrets of an explicit home folder from those of others in the same keyring.
    pub(crate) realm: String,
}

impl Places {
    /// Everything under `home`, or in the folders of the XDG Base Directory Specification where none is given.
    pub(crate) fn new(home: Option<&Path>) -> Result<Self, Error> {
        if let Some(home) = home {
            let home = std::path::absolute(home).map_err(crate::error::io_error("find the folder", home))?;
            let realm = format!("#{}", short_digest(&home.to_string_lossy()));
            return Ok(Self {
                data: home.join("data"),
                cache: home.join("cache"),
                prefix: home.join("prefix"),
                realm,
            });
        }
        let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let person = absolute("HOME").ok_or(Error::HomeUnknown { missing: "HOME" })?;
        let data = absolute("XDG_DATA_HOME").unwrap_or_else(|| person.join(".local/share"));
        let cache = absolute("XDG_CACHE_HOME").unwrap_or_else(|| person.join(".cache"));
        // Menus look for desktop entries beside the data of programs, and shells for commands in ~/.local/bin.
        let prefix = data.parent().map_or_else(|| person.join(".local"), Path::to_owned);
        Ok(Self {
            data: data.join("scrip"),
            cache: cache.join("scrip"),
            prefix,
            realm: String::new(),
        })
    }

    /// What belongs to one server.
    pub(crate) fn server(&self, server: &ServerUrl) -> PathBuf {
        self.data.join("servers").join(folder_name(server))
    }

    /// What can be fetched again from one server.
    pub(crate) fn server_cache(&self, server: &ServerUrl) -> PathBuf {
        self.cache.join("servers").join(folder_name(server))
    }

    pub(crate) fn icons(&self) -> PathBuf {
        self.cache.join("icons")
    }

    pub(crate) fn installer(&self) -> scrip_install::Paths {
        scrip_install::Paths {
            state: self.data.join("install"),
            prefix: self.prefix.clone(),
        }
    }
}

/// A readable folder name that no other address has.
fn folder_name(server: &ServerUrl) -> String {
    let address = server.as_str();
    let host = address.split("://").nth(1).unwrap_or(address);
    let plain: String = host
        .chars()
        .take(60)
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!("{}-{}", plain.trim_start_matches('.'), short_digest(address))
}

/// Ten digits that hardly two texts share.
fn short_digest(text: &str) -> String {
    let mut digest = scrip_domain::Sha256(Sha256::digest(text).into()).to_string();
    digest.truncate(10);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_a_folder_of_its_own_inside_home() {
        let places = Places::new(Some(Path::new("/h"))).unwrap();
        let folder = |url: &str| places.server(&url.parse().unwrap());
        assert!(folder("http://127.0.0.1:7747").starts_with("/h/data/servers"));
        assert_ne!(folder("http://shop.example/a"), folder("http://shop.example:81/a"));
        assert_ne!(folder("http://shop.example/a_b"), folder("http://shop.example/a/b"));
        assert_eq!(places.installer().prefix, Path::new("/h/prefix"));
    }
}
