//! Publishing the files that install a product.

use std::path::{Path, PathBuf};

use scrip_domain::{ArtifactKind, Platform, ProductId, Version};
use scrip_store::NewArtifact;

use crate::{Error, Server};

/// A file to publish and what cannot be read from its name.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The file.
    pub path: PathBuf,
    /// The listed product that it installs.
    pub product: ProductId,
    /// The version; read from the name of a Debian package where none is given.
    pub version: Option<String>,
    /// The processor as Rust names it; read from the name of a Debian package, else this machine's.
    pub arch: Option<String>,
}

/// Stores a file and lists it with its product. The same file again changes nothing.
pub async fn publish(server: &Server, publication: &Publication) -> Result<NewArtifact, Error> {
    let path = &publication.path;
    let unpublishable = |why: &str| Error::Unpublishable {
        path: path.clone(),
        why: why.to_owned(),
    };
    let file_name = path
        .file_name()
        .and_then(|name| name.to_str())
        .filter(|name| name.len() <= 255 && !name.chars().any(char::is_control))
        .ok_or_else(|| unpublishable("its name is not plain text of at most 255 bytes"))?;
    let kind = ArtifactKind::from_file_name(file_name).ok_or_else(|| unpublishable("its ending tells no kind"))?;
    // Asked before bytes are stored, so that a misspelt product leaves nothing behind.
    server.store().product(&publication.product).await?;
    let from_name = (kind == ArtifactKind::Deb).then(|| parse_deb_name(file_name)).flatten();
    let version = publication
        .version
        .as_deref()
        .or(from_name.as_ref().map(|(version, _)| version.as_str()))
        .ok_or_else(|| unpublishable("its name tells no version"))?;
    let here = Platform::current();
    let arch = publication
        .arch
        .clone()
        .or(from_name.as_ref().map(|(_, arch)| arch.clone()))
        .unwrap_or(here.arch);
    let (sha256, size) = server.0.files.put_file(path).await?;
    let artifact = NewArtifact {
        product: publication.product.clone(),
        sha256,
        size,
        file_name: file_name.to_owned(),
        kind,
        platform: Platform {
            os: kind.os().to_owned(),
            arch,
        },
        version: Version::new(version),
    };
    server.store().put_artifact(&artifact).await?;
    Ok(artifact)
}

/// Version and processor from `NAME_VERSION_ARCH.deb`; the colon of an epoch may be written `%3a`.
fn parse_deb_name(file_name: &str) -> Option<(String, String)> {
    let stem = Path::new(file_name).file_stem()?.to_str()?;
    let mut parts = stem.splitn(3, '_').skip(1);
    let version = parts.next()?.replace("%3a", ":").replace("%3A", ":");
    let arch = Platform::arch_from_debian(parts.next()?).to_owned();
    (!version.is_empty()).then_some((version, arch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_debian_packages_tell_version_and_processor() {
        assert_eq!(
            parse_deb_name("hello_2.10-3_amd64.deb"),
            Some(("2.10-3".into(), "x86_64".into()))
        );
        assert_eq!(
            parse_deb_name("x_1%3a2.0_all.deb"),
            Some(("1:2.0".into(), "any".into()))
        );
        assert_eq!(parse_deb_name("hello.deb"), None);
    }
}
