//! A program of a catalog, reduced to plain text and safe names.

use scrip_domain::{DetectionRule, ProductId, Timestamp, Version};
use serde::{Deserialize, Serialize};

/// A component of a catalog (AppStream 1.0 section 3), in the untranslated form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The component's id.
    pub id: ProductId,
    /// What it is.
    pub kind: ComponentKind,
    /// The package of the distribution that installs it.
    pub package: Option<String>,
    /// Its name.
    pub name: String,
    /// One sentence about it; may be empty.
    pub summary: String,
    /// The description.
    pub description: Vec<Block>,
    /// The developer's name.
    pub developer: Option<String>,
    /// The program's licence as an SPDX expression.
    pub license: Option<String>,
    /// The home page, `http` or `https`.
    pub homepage: Option<String>,
    /// Categories of the freedesktop menu specification.
    pub categories: Vec<String>,
    /// Words that people search for.
    pub keywords: Vec<String>,
    /// Its icons, in the catalog's order.
    pub icons: Vec<Icon>,
    /// Pictures of it, the default one first.
    pub screenshots: Vec<Screenshot>,
    /// Its versions, in the catalog's order (the newest first).
    pub releases: Vec<Release>,
    /// Desktop entries that start it, such as `org.gnome.Calculator.desktop`.
    pub desktop_ids: Vec<String>,
    /// Bundles that install it.
    pub bundles: Vec<Bundle>,
    /// Programs that it puts on the search path.
    pub binaries: Vec<String>,
}

/// What a component is (AppStream 1.0 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub enum ComponentKind {
    Generic,
    DesktopApplication,
    ConsoleApplication,
    WebApplication,
    Service,
    Addon,
    Runtime,
    Font,
    Codec,
    #[serde(rename = "inputmethod")]
    InputMethod,
    Firmware,
    Driver,
    Localization,
    Repository,
    OperatingSystem,
    IconTheme,
}

impl ComponentKind {
    /// The kind that the specification calls `name`; an absent or empty name is [`ComponentKind::Generic`].
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "" | "generic" => Self::Generic,
            // The second name was used before AppStream 0.10.
            "desktop-application" | "desktop" => Self::DesktopApplication,
            "console-application" => Self::ConsoleApplication,
            "web-application" => Self::WebApplication,
            "service" => Self::Service,
            "addon" => Self::Addon,
            "runtime" => Self::Runtime,
            "font" => Self::Font,
            "codec" => Self::Codec,
            "inputmethod" | "input-method" => Self::InputMethod,
            "firmware" => Self::Firmware,
            "driver" => Self::Driver,
            "localization" => Self::Localization,
            "repository" => Self::Repository,
            "operating-system" => Self::OperatingSystem,
            "icon-theme" => Self::IconTheme,
            _ => return None,
        })
    }
}

/// A part of a description: plain text, never markup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Paragraph {
        /// Its text.
        text: String,
    },
    /// A list.
    List {
        /// Whether its items are numbered.
        ordered: bool,
        /// Its items.
        items: Vec<String>,
    },
}

/// Where an icon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Icon {
    /// In the catalog's cache: see [`crate::Icons`].
    Cached {
        /// The file's name, without a folder.
        name: String,
        /// The width in logical pixels; 0 where it is not told.
        width: u32,
        /// The height in logical pixels; 0 where it is not told.
        height: u32,
        /// How many pixels a logical pixel has, 1 or more.
        scale: u32,
    },
    /// On the web.
    Remote {
        /// Its address.
        url: String,
        /// The width in pixels; 0 where it is not told.
        width: u32,
        /// The height in pixels; 0 where it is not told.
        height: u32,
    },
    /// In the icon theme of the computer that shows it.
    Stock {
        /// Its name in the theme.
        name: String,
    },
}

/// A picture of the program, on the web.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screenshot {
    /// The address of the largest picture.
    pub url: String,
    /// What it shows; may be empty.
    pub caption: String,
}

/// A version of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// When it came out.
    pub released_at: Option<Timestamp>,
}

/// A bundle that installs the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The bundling system.
    pub kind: BundleKind,
    /// The bundle's id as the catalog writes it, such as `app/org.gnome.Maps/x86_64/stable`.
    pub id: String,
}

/// A bundling system (AppStream 1.0 section 2.1.3.14). Others are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of the systems")]
pub enum BundleKind {
    Flatpak,
    Snap,
}

impl Bundle {
    /// The id by which the bundling system lists the installed program.
    pub fn installed_id(&self) -> &str {
        match self.kind {
            BundleKind::Flatpak => self.id.split('/').nth(1).unwrap_or(&self.id),
            BundleKind::Snap => &self.id,
        }
    }
}

impl Component {
    /// How to recognise the program on a computer, the surest way first.
    pub fn detection_rules(&self) -> Vec<DetectionRule> {
        let mut rules = Vec::new();
        rules.extend(
            self.package
                .iter()
                .map(|name| DetectionRule::Package { name: name.clone() }),
        );
        let own = Some(self.id.as_str()).filter(|id| id.ends_with(".desktop"));
        rules.extend(
            self.desktop_ids
                .iter()
                .map(String::as_str)
                .chain(own.filter(|own| self.desktop_ids.iter().all(|id| id != own)))
                .map(|id| DetectionRule::DesktopEntry { id: id.to_owned() }),
        );
        rules.extend(self.bundles.iter().map(|bundle| match bundle.kind {
            BundleKind::Flatpak => DetectionRule::Flatpak {
                id: bundle.installed_id().to_owned(),
            },
            BundleKind::Snap => DetectionRule::Snap {
                name: bundle.installed_id().to_owned(),
            },
        }));
        rules.extend(
            self.binaries
                .iter()
                .map(|name| DetectionRule::Executable { name: name.clone() }),
        );
        rules
    }
}
