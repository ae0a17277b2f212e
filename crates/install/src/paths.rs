//! Where everything lies.

use std::path::{Path, PathBuf};

use scrip_domain::{ProductId, Sha256, Version};

/// The two folders of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Downloads, journal, receipts and the lock.
    pub state: PathBuf,
    /// Programs: `apps/<product>/<version>`, `bin`, `share/applications`, `share/icons`.
    pub prefix: PathBuf,
}

impl Paths {
    pub(crate) fn downloads(&self) -> PathBuf {
        self.state.join("downloads")
    }

    pub(crate) fn part(&self, sha256: &Sha256) -> PathBuf {
        self.downloads().join(format!("{sha256}.part"))
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.state.join("journal")
    }

    pub(crate) fn receipts(&self) -> PathBuf {
        self.state.join("receipts")
    }

    pub(crate) fn receipt(&self, product: &ProductId) -> PathBuf {
        self.receipts().join(format!("{}.json", segment(product.as_str())))
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.state.join("install.lock")
    }

    pub(crate) fn apps(&self) -> PathBuf {
        self.prefix.join("apps")
    }

    /// Half-made and half-removed trees. They lie beside the programs, because a rename does not cross file systems.
    pub(crate) fn staging(&self) -> PathBuf {
        self.apps().join(".staging")
    }

    pub(crate) fn app(&self, product: &ProductId) -> PathBuf {
        self.apps().join(segment(product.as_str()))
    }

    pub(crate) fn current(&self, product: &ProductId) -> PathBuf {
        self.app(product).join("current")
    }

    pub(crate) fn bin(&self) -> PathBuf {
        self.prefix.join("bin")
    }

    pub(crate) fn applications(&self) -> PathBuf {
        self.prefix.join("share/applications")
    }

    pub(crate) fn icons(&self) -> PathBuf {
        self.prefix.join("share/icons/hicolor")
    }

    /// A folder for `version` that does not exist yet: a program can be installed over itself.
    pub(crate) fn free_version_folder(&self, product: &ProductId, version: &Version) -> PathBuf {
        let name = match segment(version.as_str()) {
            name if name.is_empty() || name == "current" => "0".to_owned(),
            name => name,
        };
        let app = self.app(product);
        let mut folder = app.join(&name);
        let mut count = 1_u32;
        while folder.symlink_metadata().is_ok() {
            count += 1;
            folder = app.join(format!("{name}~{count}"));
        }
        folder
    }

    /// Whether `path` lies under one of the two folders, written without `..`.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        let plain = path
            .components()
            .all(|part| !matches!(part, std::path::Component::ParentDir));
        plain && (path.starts_with(&self.prefix) || path.starts_with(&self.state))
    }
}

/// `text` as one harmless segment of a path: other bytes than letters, digits and `._+-~@` are written `%XX`.
pub(crate) fn segment(text: &str) -> String {
    let mut name = String::new();
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"_+-~@".contains(&byte) || (byte == b'.' && !name.is_empty());
        if plain {
            name.push(char::from(byte));
        } else {
            let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
            name.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    if name.len() > 200 {
        // What is cut off still tells two names apart.
        let digest = crate::digest::sha256(text.as_bytes());
        name.truncate(180);
        name.push_str(&digest.to_string()[..16]);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_make_harmless_folder_names() {
        assert_eq!(segment("2:1.0-1~rc1+b2"), "2%3A1.0-1~rc1+b2");
        assert_eq!(segment("../../x"), "%2E.%2F..%2Fx");
        assert_eq!(segment("é"), "%C3%A9");
        assert!(segment(&"/".repeat(200)).len() <= 200);
        assert_ne!(segment(&"/".repeat(200)), segment(&"/".repeat(199)));
    }
}
