//! DEP-11: a catalog as a stream of YAML documents, the first of which is its header.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use crate::catalog::{Catalog, Problem};
use crate::draft::{Draft, DraftIcon, DraftRelease, DraftScreenshot, excerpt};
use crate::markup::description;
use crate::{Error, limits};

/// Reads the catalog `text`; `path` is for messages.
pub(crate) fn read(path: &Path, text: &str) -> Result<Catalog, Error> {
    let malformed = |line, why: String| Error::Malformed {
        path: path.to_owned(),
        line,
        why,
    };
    let mut documents = Documents { text, line: 1 };
    let (line, first) = documents
        .next()
        .ok_or_else(|| malformed(1, "the file is empty".to_owned()))?;
    let header: Header = parse(first).map_err(|why| malformed(line, format!("the header: {why}")))?;
    if header.file != "DEP-11" {
        return Err(malformed(
            line,
            "the first document has to say `File: DEP-11`".to_owned(),
        ));
    }
    let base = header.media_base.as_deref();
    let mut catalog = Catalog::new(path, header.origin.unwrap_or_default());
    for (at, (line, document)) in documents.enumerate() {
        if at >= limits::COMPONENTS {
            let (max, unit) = (limits::COMPONENTS as u64, "components");
            return Err(Error::TooLarge {
                path: path.to_owned(),
                max,
                unit,
            });
        }
        match parse::<Document>(document)
            .and_then(Document::draft)
            .and_then(|draft| draft.finish(base))
        {
            Ok(component) => catalog.components.push(component),
            Err(why) => catalog.problems.push(Problem {
                line,
                component: id_line(document),
                why,
            }),
        }
    }
    Ok(catalog)
}

/// The documents of a stream with the line at which each begins, cut at the lines that YAML 1.2 section 9.1.2
/// reserves for it. Cutting first keeps one bad component from taking the others with it, and anchors and
/// memory within one component.
struct Documents<'t> {
    text: &'t str,
    line: usize,
}

impl<'t> Iterator for Documents<'t> {
    type Item = (usize, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.text.is_empty() {
            let mut end = 0;
            let mut lines = 0;
            for line in self.text.split_inclusive('\n') {
                if end > 0 && is_separator(line) {
                    break;
                }
                end += line.len();
                lines += 1;
            }
            let (document, rest) = self.text.split_at(end);
            let at = self.line;
            self.text = rest;
            self.line += lines;
            let empty = document
                .lines()
                .all(|line| is_separator(line) || line.trim().is_empty() || line.starts_with(['#', '%']));
            if !empty {
                return Some((at, document));
            }
        }
        None
    }
}

fn is_separator(line: &str) -> bool {
    (line.starts_with("---") || line.starts_with("...")) && line[3..].starts_with([' ', '\t', '\r', '\n'])
        || line == "---"
        || line == "..."
}

/// Reads one document within the limits.
fn parse<'d, T: Deserialize<'d>>(document: &'d str) -> Result<T, String> {
    if document.len() > limits::COMPONENT_BYTES {
        return Err(format!(
            "it has {} bytes; {} are the most",
            document.len(),
            limits::COMPONENT_BYTES
        ));
    }
    // Aliases are allowed by the format and used by nobody: few, and small when expanded.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: limits::DEPTH,
            max_nodes: 200_000,
            max_events: 400_000,
            max_aliases: 64,
            max_anchors: 64,
            max_documents: 1,
            max_merge_keys: 0,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10_000,
        },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(document, options).map_err(|error| excerpt_long(&error.to_string()))
}

fn excerpt_long(message: &str) -> String {
    crate::draft::plain_text(&message.chars().take(300).collect::<String>())
}

/// What a document that cannot be read calls itself.
fn id_line(document: &str) -> Option<String> {
    document
        .lines()
        .find_map(|line| line.strip_prefix("ID:"))
        .map(|id| excerpt(id.trim_matches([' ', '\'', '"'])))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Header {
    #[serde(default)]
    file: String,
    origin: Option<String>,
    #[serde(rename = "MediaBaseUrl")]
    media_base: Option<String>,
}

/// A component as DEP-11 writes it. Fields that are not used are skipped.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(rename = "ID")]
    id: String,
    #[serde(default, rename = "Type")]
    kind: String,
    package: Option<String>,
    #[serde(default)]
    name: Untranslated<String>,
    #[serde(default)]
    summary: Untranslated<String>,
    #[serde(default)]
    description: Untranslated<String>,
    /// Before AppStream 1.0.
    #[serde(default)]
    developer_name: Untranslated<String>,
    developer: Option<Developer>,
    project_license: Option<String>,
    url: Option<Urls>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    keywords: Untranslated<Vec<String>>,
    icon: Option<Icons>,
    #[serde(default)]
    screenshots: Vec<Screenshot>,
    #[serde(default)]
    releases: Vec<Release>,
    launchable: Option<Launchable>,
    #[serde(default)]
    bundles: Vec<Bundle>,
    provides: Option<Provides>,
    merge: Option<String>,
}

#[derive(Deserialize)]
struct Developer {
    #[serde(default)]
    name: Untranslated<String>,
}

#[derive(Deserialize)]
struct Urls {
    homepage: Option<String>,
}

#[derive(Deserialize)]
struct Icons {
    #[serde(default)]
    cached: Vec<Picture>,
    #[serde(default)]
    remote: Vec<Picture>,
    stock: Option<String>,
}

/// An icon or a screenshot's picture: the name is that of a cached icon, the address that of all others.
#[derive(Deserialize)]
struct Picture {
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    #[serde(default)]
    scale: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Screenshot {
    #[serde(default)]
    default: bool,
    #[serde(default)]
    caption: Untranslated<String>,
    source_image: Option<Picture>,
    #[serde(default)]
    thumbnails: Vec<Picture>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Release {
    #[serde(default)]
    version: String,
    unix_timestamp: Option<i64>,
    date: Option<String>,
}

#[derive(Deserialize)]
struct Launchable {
    #[serde(default, rename = "desktop-id")]
    desktop_ids: Vec<String>,
}

#[derive(Deserialize)]
struct Bundle {
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

#[derive(Deserialize)]
struct Provides {
    #[serde(default)]
    binaries: Vec<String>,
}

impl Document {
    fn draft(self) -> Result<Draft, String> {
        if let Some(merge) = self.merge.filter(|merge| merge != "none") {
            return Err(format!(
                "it only changes another component (merge: {})",
                excerpt(&merge)
            ));
        }
        let mut icons = Vec::new();
        if let Some(listed) = self.icon {
            icons.extend(listed.cached.into_iter().map(|icon| DraftIcon::Cached {
                name: icon.name,
                width: icon.width,
                height: icon.height,
                scale: icon.scale,
            }));
            icons.extend(listed.remote.into_iter().map(|icon| DraftIcon::Remote {
                url: icon.url,
                width: icon.width,
                height: icon.height,
            }));
            icons.extend(listed.stock.map(|name| DraftIcon::Stock { name }));
        }
        Ok(Draft {
            id: self.id,
            kind: self.kind,
            package: self.package,
            name: self.name.0,
            summary: self.summary.0,
            description: self.description.0.as_deref().map_or(Ok(Vec::new()), description)?,
            developer: self
                .developer
                .and_then(|developer| developer.name.0)
                .or(self.developer_name.0),
            license: self.project_license,
            homepage: self.url.and_then(|urls| urls.homepage),
            categories: self.categories,
            keywords: self.keywords.0.unwrap_or_default(),
            icons,
            screenshots: self.screenshots.into_iter().map(Screenshot::draft).collect(),
            releases: self
                .releases
                .into_iter()
                .map(|release| DraftRelease {
                    version: release.version,
                    unix_seconds: release.unix_timestamp,
                    date: release.date,
                })
                .collect(),
            desktop_ids: self
                .launchable
                .map(|launchable| launchable.desktop_ids)
                .unwrap_or_default(),
            bundles: self
                .bundles
                .into_iter()
                .map(|bundle| (bundle.kind, bundle.id))
                .collect(),
            binaries: self.provides.map(|provides| provides.binaries).unwrap_or_default(),
        })
    }
}

impl Screenshot {
    fn draft(self) -> DraftScreenshot {
        let pictures = self.source_image.into_iter().chain(self.thumbnails);
        DraftScreenshot {
            default: self.default,
            caption: self.caption.0.unwrap_or_default(),
            pictures: pictures.map(|picture| (picture.url, picture.width)).collect(),
        }
    }
}

/// The untranslated value of a map from locales to values: that of `C`, else of English.
struct Untranslated<T>(Option<T>);

impl<T> Default for Untranslated<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Untranslated<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Locales<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Locales<T> {
            type Value = Untranslated<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from locales to values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut best, mut rank) = (None, 0);
                while let Some(locale) = map.next_key::<std::borrow::Cow<'_, str>>()? {
                    let worth = match &*locale {
                        "C" => 3,
                        "en" | "en_US" | "en-US" => 2,
                        "en_GB" | "en-GB" => 1,
                        _ => 0,
                    };
                    if worth > rank {
                        (best, rank) = (map.next_value::<Option<T>>()?, worth);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Untranslated(best))
            }
        }

        deserializer.deserialize_map(Locales(std::marker::PhantomData))
    }
}
