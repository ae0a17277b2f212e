//! Catalogs in XML: a collection (`<components>`) or one program's metainfo (`<component>`).

use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::catalog::{Catalog, Problem};
use crate::draft::{Draft, DraftIcon, DraftRelease, DraftScreenshot, excerpt};
use crate::markup::{Element, line_at};
use crate::{Error, limits};

/// Reads the catalog `text`; `path` is for messages.
///
/// No document type is accepted, so that there are no entities to expand and nothing outside to fetch.
pub(crate) fn read(path: &Path, text: &str) -> Result<Catalog, Error> {
    let mut reader = Reader::from_str(text);
    let mut root: Option<Catalog> = None;
    let mut media_base = None;
    // The line of the last component that was counted to, so that no byte is counted twice.
    let (mut line, mut counted) = (1, 0);
    let malformed = |at: u64, why: String| Error::Malformed {
        path: path.to_owned(),
        line: line_at(text, offset(at)),
        why,
    };
    loop {
        let begin = reader.buffer_position();
        let event = reader
            .read_event()
            .map_err(|error| malformed(reader.error_position(), error.to_string()))?;
        let is_empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.name();
                if name.into_inner() == "components" && root.is_none() {
                    let attribute = |name| attribute(&start, name).map_err(|why| malformed(begin, why));
                    root = Some(Catalog::new(path, attribute("origin")?.unwrap_or_default()));
                    media_base = attribute("media_baseurl")?;
                    continue;
                }
                if !is_empty {
                    reader
                        .read_to_end(name)
                        .map_err(|error| malformed(reader.error_position(), error.to_string()))?;
                }
                if name.into_inner() != "component" {
                    if root.is_none() {
                        let why = format!(
                            "<{}> is neither <components> nor <component>",
                            excerpt(name.into_inner())
                        );
                        return Err(malformed(begin, why));
                    }
                    continue;
                }
                let catalog = root.get_or_insert_with(|| Catalog::new(path, String::new()));
                if catalog.components.len() + catalog.problems.len() >= limits::COMPONENTS {
                    let (max, unit) = (limits::COMPONENTS as u64, "components");
                    return Err(Error::TooLarge {
                        path: path.to_owned(),
                        max,
                        unit,
                    });
                }
                let begin = offset(begin);
                line += line_at(text.get(counted..).unwrap_or_default(), begin - counted) - 1;
                counted = begin;
                let fragment = text.get(begin..offset(reader.buffer_position())).unwrap_or_default();
                match component(fragment, media_base.as_deref()) {
                    Ok(component) => catalog.components.push(component),
                    Err((component, why)) => catalog.problems.push(Problem { line, component, why }),
                }
            }
            Event::DocType(_) => return Err(malformed(begin, "a document type is not allowed".to_owned())),
            Event::Text(text) if !text.trim().is_empty() => {
                return Err(malformed(begin, "text stands outside of any component".to_owned()));
            }
            Event::CData(_) | Event::GeneralRef(_) => {
                return Err(malformed(begin, "text stands outside of any component".to_owned()));
            }
            Event::Text(_) | Event::End(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    root.ok_or_else(|| malformed(0, "there is neither <components> nor <component>".to_owned()))
}

/// A position in a text that is in memory.
fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let Some(attribute) = start.try_get_attribute(name).map_err(|error| error.to_string())? else {
        return Ok(None);
    };
    let value = attribute
        .normalized_value(XmlVersion::Implicit1_0)
        .map_err(|error| error.to_string())?;
    Ok(Some(value.into_owned()))
}

/// One `<component>`; the error names it, where it has a name, and says what is wrong.
fn component(fragment: &str, media_base: Option<&str>) -> Result<crate::Component, (Option<String>, String)> {
    let root = Element::parse(fragment).map_err(|why| (None, why))?;
    let draft = match root.named("component").next() {
        Some(element) => draft(element),
        None => Err("it is a translation".to_owned()),
    };
    let id = root
        .named("component")
        .next()
        .and_then(|element| element.text_of("id"))
        .map(|id| excerpt(&id));
    draft
        .and_then(|draft| draft.finish(media_base))
        .map_err(|why| (id, why))
}

fn draft(component: &Element) -> Result<Draft, String> {
    if let Some(merge) = component.attribute("merge").filter(|merge| *merge != "none") {
        return Err(format!("it only changes another component (merge: {})", excerpt(merge)));
    }
    // Old metainfo files have `<developer_name>`; newer ones `<developer><name>`.
    let developer = component
        .named("developer")
        .next()
        .and_then(|developer| developer.text_of("name"));
    let texts = |list: &str, entry: &str| -> Vec<String> {
        component
            .named(list)
            .flat_map(|list| list.named(entry).map(Element::text).collect::<Vec<_>>())
            .collect()
    };
    Ok(Draft {
        id: component.text_of("id").unwrap_or_default(),
        kind: component.attribute("type").unwrap_or_default().to_owned(),
        package: component.text_of("pkgname"),
        name: component.text_of("name"),
        summary: component.text_of("summary"),
        description: component
            .named("description")
            .next()
            .map(Element::blocks)
            .unwrap_or_default(),
        developer: developer.or_else(|| component.text_of("developer_name")),
        license: component.text_of("project_license"),
        homepage: component
            .named("url")
            .find(|url| url.attribute("type") == Some("homepage"))
            .map(Element::text),
        categories: texts("categories", "category"),
        keywords: texts("keywords", "keyword"),
        icons: component.named("icon").filter_map(icon).collect(),
        screenshots: component
            .named("screenshots")
            .flat_map(|list| list.named("screenshot").map(screenshot).collect::<Vec<_>>())
            .collect(),
        releases: component
            .named("releases")
            .flat_map(|list| list.named("release").map(release).collect::<Vec<_>>())
            .collect(),
        desktop_ids: component
            .named("launchable")
            .filter(|launchable| launchable.attribute("type") == Some("desktop-id"))
            .map(Element::text)
            .collect(),
        bundles: component
            .named("bundle")
            .map(|bundle| (bundle.attribute("type").unwrap_or_default().to_owned(), bundle.text()))
            .collect(),
        binaries: texts("provides", "binary"),
    })
}

fn icon(icon: &Element) -> Option<DraftIcon> {
    let (width, height) = (icon.number("width"), icon.number("height"));
    match icon.attribute("type")? {
        "cached" => Some(DraftIcon::Cached {
            name: icon.text(),
            width,
            height,
            scale: icon.number("scale"),
        }),
        "remote" => Some(DraftIcon::Remote {
            url: icon.text(),
            width,
            height,
        }),
        "stock" => Some(DraftIcon::Stock { name: icon.text() }),
        _ => None,
    }
}

fn screenshot(screenshot: &Element) -> DraftScreenshot {
    let mut images: Vec<_> = screenshot.named("image").collect();
    images.sort_by_key(|image| !matches!(image.attribute("type"), None | Some("source")));
    DraftScreenshot {
        default: screenshot.attribute("type") == Some("default"),
        caption: screenshot.text_of("caption").unwrap_or_default(),
        pictures: images
            .into_iter()
            .map(|image| (image.text(), image.number("width")))
            .collect(),
    }
}

fn release(release: &Element) -> DraftRelease {
    DraftRelease {
        version: release.attribute("version").unwrap_or_default().to_owned(),
        unix_seconds: release
            .attribute("timestamp")
            .and_then(|seconds| seconds.trim().parse().ok()),
        date: release.attribute("date").map(|date| date.trim().to_owned()),
    }
}
