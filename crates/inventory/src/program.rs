//! What was found: a program, where it came from and how it is started.

use std::path::{Path, PathBuf};

use scrip_domain::Version;
use serde::{Deserialize, Serialize, Serializer};

/// How a program was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The Debian package database.
    Dpkg,
    /// The RPM package database.
    Rpm,
    /// A Flatpak deployment, of the system or of the person.
    Flatpak,
    /// A snap.
    Snap,
    /// A desktop entry whose program is there.
    DesktopEntry,
    /// An AppImage in one of the person's folders.
    Appimage,
    /// A program in the person's own prefix.
    Prefix,
    /// A program on the search path.
    Executable,
}

impl Source {
    /// The source's name in a sentence, such as `the Debian package database`.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Dpkg => "the Debian package database",
            Self::Rpm => "the RPM package database",
            Self::Flatpak => "the Flatpak applications",
            Self::Snap => "the snaps",
            Self::DesktopEntry => "the desktop entries",
            Self::Appimage => "the AppImages",
            Self::Prefix => "your own programs",
            Self::Executable => "the search path",
        }
    }
}

/// One installed program, as one source knows it. The same program may stand in several sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Program {
    /// The name that a person reads; the id where the source knows no other.
    pub name: String,
    /// The installed version, where the source tells it.
    pub version: Option<Version>,
    /// Who knows of it.
    pub source: Source,
    /// The package's name, application id, desktop file id or file name.
    pub id: String,
    /// The program's file or folder. A package database does not tell it: see [`crate::locate`].
    #[serde(serialize_with = "option_lossy")]
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub location: Option<PathBuf>,
    /// What starts it, where the source tells it; see [`crate::launch_command`].
    pub launch: Option<Launch>,
}

/// What starts a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "LaunchTarget"))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Launch {
    /// A desktop entry.
    DesktopEntry {
        /// The desktop file id, such as `org.gnome.Calculator.desktop`.
        id: String,
    },
    /// A file that can be run.
    File {
        /// The file's absolute path.
        #[serde(serialize_with = "lossy")]
        #[cfg_attr(feature = "ts", ts(type = "string"))]
        path: PathBuf,
    },
}

/// A path may hold any bytes, JSON only Unicode: what is not is replaced, so that one odd file name fails no list.
pub(crate) fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
pub(crate) fn option_lossy<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(Path::to_string_lossy).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_written_and_read_as_json() {
        let program = Program {
            name: "Hello".to_owned(),
            version: Some(Version::new("2.10-3")),
            source: Source::DesktopEntry,
            id: "hello.desktop".to_owned(),
            location: Some(PathBuf::from("/usr/bin/hello")),
            launch: Some(Launch::DesktopEntry {
                id: "hello.desktop".to_owned(),
            }),
        };
        let json = serde_json::to_value(&program).unwrap();
        assert_eq!(json["source"], "desktop_entry");
        assert_eq!(json["version"], "2.10-3");
        assert_eq!(json["launch"]["kind"], "desktop_entry");
        assert_eq!(serde_json::from_value::<Program>(json).unwrap(), program);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_unicode_fails_no_list() {
        use std::os::unix::ffi::OsStrExt;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(b"/opt/\xff"));
        let json = serde_json::to_string(&Launch::File { path }).unwrap();
        assert!(json.contains("/opt/\u{fffd}"), "{json}");
    }
}
