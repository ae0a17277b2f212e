//! How a program is recognised on a computer.

use serde::{Deserialize, Serialize};

/// One way to recognise an installed program. A product's rules are tried in order; the first that matches decides.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DetectionRule {
    /// A package of the system's package manager (dpkg or rpm).
    Package {
        /// The package's name.
        name: String,
    },
    /// A Flatpak application.
    Flatpak {
        /// The application id.
        id: String,
    },
    /// A snap.
    Snap {
        /// The snap's name.
        name: String,
    },
    /// A desktop entry (Desktop Entry Specification 1.5).
    DesktopEntry {
        /// The desktop file id, such as `org.gnome.Calculator.desktop`.
        id: String,
    },
    /// A program on the search path or in the person's own prefix.
    Executable {
        /// The file's name, without a folder.
        name: String,
    },
}
