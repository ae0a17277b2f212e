//! What a catalog says, before it is checked: the one place where every format becomes a [`Component`].

use scrip_domain::{Timestamp, Version};

use crate::component::{Block, Bundle, BundleKind, Component, ComponentKind, Icon, Release, Screenshot};
use crate::limits;

/// A component as it was read: nothing in it is trusted yet.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) package: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) description: Vec<Block>,
    pub(crate) developer: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) homepage: Option<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) icons: Vec<DraftIcon>,
    pub(crate) screenshots: Vec<DraftScreenshot>,
    pub(crate) releases: Vec<DraftRelease>,
    pub(crate) desktop_ids: Vec<String>,
    /// The bundling system's name and the id.
    pub(crate) bundles: Vec<(String, String)>,
    pub(crate) binaries: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum DraftIcon {
    Cached {
        name: String,
        width: u32,
        height: u32,
        scale: u32,
    },
    Remote {
        url: String,
        width: u32,
        height: u32,
    },
    Stock {
        name: String,
    },
}

#[derive(Debug, Default)]
pub(crate) struct DraftScreenshot {
    pub(crate) default: bool,
    pub(crate) caption: String,
    /// Addresses with their widths; the source picture, where there is one, comes first.
    pub(crate) pictures: Vec<(String, u32)>,
}

#[derive(Debug, Default)]
pub(crate) struct DraftRelease {
    pub(crate) version: String,
    pub(crate) unix_seconds: Option<i64>,
    /// ISO 8601, with or without the time of day.
    pub(crate) date: Option<String>,
}

impl Draft {
    /// Checks the draft; `media_base` is where relative addresses begin. The error says what is wrong.
    pub(crate) fn finish(self, media_base: Option<&str>) -> Result<Component, String> {
        let id = self
            .id
            .trim()
            .parse()
            .map_err(|error: scrip_domain::Error| error.to_string())?;
        let kind = ComponentKind::parse(self.kind.trim())
            .ok_or_else(|| format!("\"{}\" is not a type of component", excerpt(&self.kind)))?;
        let name = bounded("name", self.name, limits::NAME_BYTES)?.ok_or("it has no name")?;
        let length: usize = self.description.iter().map(block_bytes).sum();
        if length > limits::DESCRIPTION_BYTES {
            return Err(format!(
                "its description has {length} bytes; {} are the most",
                limits::DESCRIPTION_BYTES
            ));
        }
        Ok(Component {
            id,
            kind,
            name,
            package: self.package.filter(|name| is_file_name(name)),
            summary: bounded("summary", self.summary, limits::LINE_BYTES)?.unwrap_or_default(),
            description: self.description,
            developer: bounded("developer's name", self.developer, limits::NAME_BYTES)?,
            license: bounded("licence", self.license, limits::LINE_BYTES)?,
            homepage: self.homepage.and_then(|url| web_address(None, &url)),
            categories: words(self.categories),
            keywords: words(self.keywords),
            icons: list(self.icons, |icon| icon.finish(media_base)),
            screenshots: screenshots(self.screenshots, media_base),
            releases: list(self.releases, DraftRelease::finish),
            desktop_ids: list(self.desktop_ids, |id| {
                (is_file_name(&id) && id.ends_with(".desktop")).then_some(id)
            }),
            bundles: list(self.bundles, |(kind, id)| bundle(&kind, id)),
            // Old catalogs write the whole path.
            binaries: list(self.binaries, |name| {
                name.rsplit('/')
                    .next()
                    .filter(|name| is_file_name(name))
                    .map(str::to_owned)
            }),
        })
    }
}

impl DraftIcon {
    fn finish(self, media_base: Option<&str>) -> Option<Icon> {
        match self {
            Self::Cached {
                name,
                width,
                height,
                scale,
            } => is_file_name(&name).then_some(Icon::Cached {
                name,
                width,
                height,
                scale: scale.max(1),
            }),
            Self::Remote { url, width, height } => {
                web_address(media_base, &url).map(|url| Icon::Remote { url, width, height })
            }
            Self::Stock { name } => is_file_name(&name).then_some(Icon::Stock { name }),
        }
    }
}

impl DraftRelease {
    fn finish(self) -> Option<Release> {
        let date = self.date.as_deref().and_then(|date| match date.len() {
            10 => format!("{date}T00:00:00Z").parse().ok(),
            _ => date.parse().ok(),
        });
        let released_at = self
            .unix_seconds
            .filter(|seconds| *seconds > 0)
            .map(Timestamp::from_seconds)
            .or(date);
        let version = Version::new(&plain_text(&self.version));
        (!version.as_str().is_empty()).then_some(Release { version, released_at })
    }
}

fn screenshots(mut drafts: Vec<DraftScreenshot>, media_base: Option<&str>) -> Vec<Screenshot> {
    drafts.sort_by_key(|draft| !draft.default);
    list(drafts, |draft| {
        // `max_by_key` answers the last of equals; the source picture stands first.
        let (url, _) = draft.pictures.into_iter().rev().max_by_key(|(_, width)| *width)?;
        let mut caption = plain_text(&draft.caption);
        caption.truncate(caption.floor_char_boundary(limits::LINE_BYTES));
        web_address(media_base, &url).map(|url| Screenshot { url, caption })
    })
}

fn bundle(kind: &str, id: String) -> Option<Bundle> {
    let kind = match kind {
        "flatpak" => BundleKind::Flatpak,
        "snap" => BundleKind::Snap,
        _ => return None,
    };
    let bundle = Bundle { kind, id };
    (bundle.id.len() <= limits::NAME_BYTES && is_file_name(bundle.installed_id())).then_some(bundle)
}

/// The entries that `finish` accepts, at most [`limits::LIST`], none twice.
fn list<T, U: PartialEq>(drafts: Vec<T>, finish: impl FnMut(T) -> Option<U>) -> Vec<U> {
    let mut entries = Vec::new();
    for entry in drafts.into_iter().take(limits::LIST).filter_map(finish) {
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries
}

fn words(words: Vec<String>) -> Vec<String> {
    list(words, |word| {
        Some(plain_text(&word)).filter(|word| !word.is_empty() && word.len() <= limits::NAME_BYTES)
    })
}

/// `text` as one line of plain text, `None` where it is empty, an error where it is longer than `max` bytes.
fn bounded(what: &str, text: Option<String>, max: usize) -> Result<Option<String>, String> {
    let text = text.map(|text| plain_text(&text)).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.len() > max => Err(format!("its {what} has {} bytes; {max} are the most", text.len())),
        text => Ok(text),
    }
}

/// `text` on one line: every run of white space becomes one space, control characters vanish.
pub(crate) fn plain_text(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().filter(|c| !c.is_control() && !is_bidi_control(*c)));
    }
    line.truncate(line.trim_end().len());
    line
}

/// Characters that reorder the text around them: one forgotten in a listing would turn the page about it.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `url` as an address of the web, `None` where it is none. Relative ones begin at `base`.
fn web_address(base: Option<&str>, url: &str) -> Option<String> {
    let url = url.trim();
    let absolute = match base {
        _ if url.contains("://") => url.to_owned(),
        Some(base) => format!("{}/{}", base.trim_end_matches('/'), url.trim_start_matches('/')),
        None => return None,
    };
    let rest = absolute
        .strip_prefix("https://")
        .or_else(|| absolute.strip_prefix("http://"))?;
    let ok = absolute.len() <= limits::URL_BYTES
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
        && !absolute
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "\"'<>`\\".contains(c))
        && !rest.split('/').any(|segment| segment == "..");
    ok.then_some(absolute)
}

/// Whether `name` is safe as a file's name or as an argument of a program.
fn is_file_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && !name.starts_with(['.', '-'])
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "/\\:".contains(c))
}

fn block_bytes(block: &Block) -> usize {
    match block {
        Block::Paragraph { text } => text.len(),
        Block::List { items, .. } => items.iter().map(String::len).sum(),
    }
}

/// The beginning of a text that nobody checked, for a message.
pub(crate) fn excerpt(text: &str) -> String {
    plain_text(&text.chars().take(80).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_pass() {
        let base = Some("https://media.example/pool/");
        assert_eq!(
            web_address(base, "a/b.png").as_deref(),
            Some("https://media.example/pool/a/b.png")
        );
        assert_eq!(
            web_address(base, "http://x.example/y").as_deref(),
            Some("http://x.example/y")
        );
        assert_eq!(web_address(None, "a/b.png"), None);
        for bad in [
            "javascript://%0aalert(1)",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://x.example/a b",
            "https://x.example/\"><script>",
            "../../secret",
            &format!("https://x.example/{}", "a".repeat(2048)),
        ] {
            assert_eq!(web_address(base, bad), None, "{bad}");
        }
    }

    #[test]
    fn text_becomes_one_plain_line() {
        assert_eq!(plain_text("  a\n\t b\u{0}c \u{7} "), "a bc");
        assert_eq!(plain_text("safe\u{202e}gpj.exe"), "safegpj.exe");
        assert_eq!(plain_text(" \n "), "");
    }

    #[test]
    fn names_that_could_leave_their_folder_or_pass_for_options_are_dropped() {
        let draft = |name: &str| Draft {
            id: "a.b".to_owned(),
            name: Some("A".to_owned()),
            package: Some(name.to_owned()),
            icons: vec![DraftIcon::Cached {
                name: name.to_owned(),
                width: 64,
                height: 64,
                scale: 1,
            }],
            desktop_ids: vec![format!("{name}.desktop")],
            bundles: vec![("snap".to_owned(), name.to_owned())],
            ..Draft::default()
        };
        let good = draft("good").finish(None).unwrap();
        assert_eq!(
            (good.icons.len(), good.desktop_ids.len(), good.bundles.len()),
            (1, 1, 1)
        );
        for bad in [
            "../etc/passwd",
            "/etc/passwd",
            "-rf",
            ".hidden",
            "a b",
            "a\\b",
            "a\u{0}",
        ] {
            let component = draft(bad).finish(None).unwrap();
            assert_eq!(component.package, None, "{bad}");
            assert!(component.icons.is_empty() && component.desktop_ids.is_empty() && component.bundles.is_empty());
        }
    }
}
