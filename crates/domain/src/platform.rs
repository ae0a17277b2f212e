//! Operating systems, processors and the forms in which programs are packaged.

use serde::{Deserialize, Serialize};

/// The kind of an installable file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A Debian binary package (deb(5)).
    Deb,
    /// A type-2 AppImage (AppImage specification).
    Appimage,
    /// A tar archive, plain or compressed with gzip, xz or zstd.
    Tar,
    /// A program that installs another on Windows.
    Setup,
}

impl ArtifactKind {
    /// The kind that a file name tells, by its ending.
    pub fn from_file_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[".deb"]) {
            Some(Self::Deb)
        } else if ends(&[".appimage"]) {
            Some(Self::Appimage)
        } else if ends(&[".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst"]) {
            Some(Self::Tar)
        } else if ends(&[".exe"]) {
            Some(Self::Setup)
        } else {
            None
        }
    }

    /// The operating system that files of this kind are for, as Rust names it.
    pub const fn os(self) -> &'static str {
        match self {
            Self::Deb | Self::Appimage | Self::Tar => "linux",
            Self::Setup => "windows",
        }
    }
}

/// What a program runs on: an operating system and a processor, as Rust names them (`linux`, `x86_64`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Platform {
    /// `linux`, `windows` or `macos`.
    pub os: String,
    /// `x86_64`, `aarch64` …, or `any`.
    pub arch: String,
}

impl Platform {
    /// What this program was built for.
    pub fn current() -> Self {
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
        }
    }

    /// Whether something made for `self` runs on `computer`.
    pub fn runs_on(&self, computer: &Self) -> bool {
        self.os == computer.os && (self.arch == "any" || self.arch == computer.arch)
    }

    /// The processor that Debian calls `name` (`amd64`, `arm64`, `all` …).
    pub fn arch_from_debian(name: &str) -> &str {
        match name {
            "amd64" => "x86_64",
            "arm64" => "aarch64",
            "i386" => "x86",
            "armhf" | "armel" => "arm",
            "all" => "any",
            "ppc64el" => "powerpc64",
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_tell_their_kind() {
        assert_eq!(
            ArtifactKind::from_file_name("hello_2.10_amd64.deb"),
            Some(ArtifactKind::Deb)
        );
        assert_eq!(
            ArtifactKind::from_file_name("Krita.AppImage"),
            Some(ArtifactKind::Appimage)
        );
        assert_eq!(ArtifactKind::from_file_name("x.tar.zst"), Some(ArtifactKind::Tar));
        let setup = ArtifactKind::from_file_name("Painter-1.0-x86_64-setup.exe");
        assert_eq!(setup.map(ArtifactKind::os), Some("windows"));
        assert_eq!(ArtifactKind::from_file_name("x.pdf"), None);
    }

    #[test]
    fn any_processor_means_any() {
        let here = Platform {
            os: "linux".into(),
            arch: "x86_64".into(),
        };
        assert!(
            Platform {
                os: "linux".into(),
                arch: "any".into()
            }
            .runs_on(&here)
        );
        assert!(
            !Platform {
                os: "windows".into(),
                arch: "any".into()
            }
            .runs_on(&here)
        );
    }
}
