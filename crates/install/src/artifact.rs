//! What is installed: the file, and the program inside it.

use std::path::PathBuf;
use std::sync::Arc;

use scrip_domain::{ArtifactKind, ProductId, Sha256, Version};

use crate::{ArtifactSource, Error};

/// A file that the vendor published for a release, as the signed release describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The name under which it was published. It is shown and checked, and never used as a path.
    pub file_name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// The form in which the program is packaged.
    pub kind: ArtifactKind,
    /// The version of the program inside.
    pub version: Version,
}

impl Artifact {
    /// Refuses a name that is not one plain file name, and a size of zero.
    pub fn check(&self) -> Result<(), Error> {
        let name = &self.file_name;
        let why = if name.is_empty() || name == "." || name == ".." {
            "it names no file"
        } else if name.len() > 255 {
            "it is longer than 255 bytes"
        } else if name.contains(['/', '\\', ':']) {
            "it holds a path separator"
        } else if name.chars().any(char::is_control) {
            "it holds a control character"
        } else if self.size == 0 {
            return Err(Error::SizeMismatch {
                file: name.clone(),
                expected: 1,
                got: 0,
            });
        } else {
            return Ok(());
        };
        Err(Error::FileNameUnsafe {
            name: name.chars().take(80).collect(),
            why,
        })
    }

    /// The ending under which the verified file is kept; package managers look at it.
    pub(crate) fn extension(&self) -> &'static str {
        match self.kind {
            ArtifactKind::Deb => "deb",
            ArtifactKind::Appimage => "appimage",
            ArtifactKind::Tar => "tar",
            ArtifactKind::Setup => "exe",
        }
    }
}

/// The program that an artifact holds, as the catalog describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The product's id.
    pub product: ProductId,
    /// The name a person reads.
    pub name: String,
    /// One sentence; may be empty.
    pub summary: String,
    /// A picture for menus: PNG or SVG.
    pub icon: Option<Icon>,
    /// The command's name, where the listing tells it (`AppStream`'s `provides/binary`).
    pub binary: Option<String>,
    /// The name that the package must have, where the listing tells it (`AppStream`'s `pkgname`).
    pub package: Option<String>,
    /// Menu categories (Desktop Menu Specification), such as `Game`.
    pub categories: Vec<String>,
    /// Whether the program runs in a terminal.
    pub terminal: bool,
}

impl Program {
    /// A program of which only the id and the name are known.
    pub fn new(product: ProductId, name: &str) -> Self {
        Self {
            product,
            name: name.to_owned(),
            summary: String::new(),
            icon: None,
            binary: None,
            package: None,
            categories: Vec::new(),
            terminal: false,
        }
    }
}

/// A program's picture, PNG or SVG, at most 4 MiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A file on this computer.
    File(PathBuf),
    /// The picture itself.
    Bytes(Vec<u8>),
}

/// One program to install.
#[derive(Clone)]
pub struct Request {
    /// What is installed.
    pub program: Program,
    /// From which file.
    pub artifact: Artifact,
    /// Where the file's bytes come from.
    pub source: Arc<dyn ArtifactSource>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_domain::{Coded, ErrorCode};

    #[test]
    fn only_plain_file_names_are_accepted() {
        let artifact = |name: &str| Artifact {
            file_name: name.to_owned(),
            size: 1,
            sha256: Sha256([0; 32]),
            kind: ArtifactKind::Tar,
            version: Version::new("1"),
        };
        assert!(artifact("Krita 5.2 (x86_64).AppImage").check().is_ok());
        for bad in [
            "",
            ".",
            "..",
            "../../x",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "c:x",
            "a\nb",
            "a\0b",
            &"x".repeat(256),
        ] {
            assert_eq!(
                artifact(bad).check().unwrap_err().code(),
                ErrorCode::InstallPathUnsafe,
                "{bad:?}"
            );
        }
    }
}
