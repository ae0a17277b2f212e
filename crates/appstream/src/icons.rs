//! The cached icons of a catalog.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::component::{Component, Icon};
use crate::{Error, limits};

/// What every PNG begins with (PNG specification, third edition, section 5.2).
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Icons by the names that catalogs give them: those of a folder, or those of an `icons-SIZE.tar.gz`.
#[derive(Debug)]
pub struct Icons(Source);

#[derive(Debug)]
enum Source {
    /// A folder with one folder for each size, `64x64`, `128x128`, `64x64@2` …
    Folder { sizes: Vec<(u32, PathBuf)> },
    /// An archive, read once: file name to content.
    Archive(HashMap<String, Vec<u8>>),
}

impl Icons {
    /// Opens `path`: a folder with folders of sizes in it (or in its folder `origin`, or one such folder
    /// itself), or a gzip-compressed tar archive.
    pub fn open(path: &Path, origin: &str) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable {
            path: path.to_owned(),
            source,
        };
        if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            return archive(path).map(|icons| Self(Source::Archive(icons)));
        }
        let own = path.join(origin);
        let folder = if !origin.is_empty() && own.is_dir() {
            own
        } else {
            path.to_owned()
        };
        let unreadable = |source| Error::Unreadable {
            path: folder.clone(),
            source,
        };
        let mut sizes = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?.path();
            let size = entry.file_name().and_then(|name| size_of(&name.to_string_lossy()));
            sizes.extend(size.filter(|_| entry.is_dir()).map(|size| (size, entry)));
        }
        if sizes.is_empty() {
            sizes.push((0, folder));
        }
        sizes.sort();
        Ok(Self(Source::Folder { sizes }))
    }

    /// The cached icon of `component` whose size is nearest to `pixels`, as a PNG of at most
    /// [`limits::ICON_BYTES`]; `None` where there is none.
    pub fn find(&self, component: &Component, pixels: u32) -> Result<Option<Vec<u8>>, Error> {
        let mut names = Vec::new();
        for icon in &component.icons {
            if let Icon::Cached { name, .. } = icon
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        match &self.0 {
            Source::Archive(icons) => Ok(names.into_iter().find_map(|name| icons.get(name).cloned())),
            Source::Folder { sizes } => {
                let mut sizes: Vec<_> = sizes.iter().collect();
                sizes.sort_by_key(|(size, _)| size.abs_diff(pixels));
                for (_, folder) in sizes {
                    for name in &names {
                        if let Some(icon) = read_icon(&folder.join(name))? {
                            return Ok(Some(icon));
                        }
                    }
                }
                Ok(None)
            }
        }
    }
}

/// Where the icons of the catalog at `catalog` usually are: the folder `icons` beside its own folder, and
/// archives beside it (`…_dep11_icons-SIZE.tar.gz`). Only what exists; may be empty.
pub fn find_icons(catalog: &Path) -> Vec<PathBuf> {
    let Some(parent) = catalog.parent() else {
        return Vec::new();
    };
    // Only in the layout of /usr/share/swcatalog: elsewhere a folder named `icons` is an icon theme's.
    let in_layout = parent.file_name().is_some_and(|name| name == "yaml" || name == "xml");
    let beside = parent.parent().filter(|_| in_layout).map(|folder| folder.join("icons"));
    let mut found: Vec<_> = beside.into_iter().filter(|icons| icons.is_dir()).collect();
    let name = catalog
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if let Some((prefix, _)) = name.split_once("Components-") {
        let archives = ["128x128", "64x64", "48x48"].map(|size| parent.join(format!("{prefix}icons-{size}.tar.gz")));
        found.extend(archives.into_iter().filter(|archive| archive.is_file()));
    }
    found
}

/// The pixels of a folder named `64x64` or `64x64@2`.
fn size_of(name: &str) -> Option<u32> {
    let (size, scale) = name.split_once('@').unwrap_or((name, "1"));
    let (width, height) = size.split_once('x')?;
    let pixels: u32 = width.parse().ok().filter(|_| width == height)?;
    pixels.checked_mul(scale.parse().ok()?)
}

fn read_icon(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let unreadable = |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    file.take(limits::ICON_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(Some(bytes).filter(|bytes| is_icon(bytes)))
}

fn is_icon(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG) && bytes.len() as u64 <= limits::ICON_BYTES
}

fn archive(path: &Path) -> Result<HashMap<String, Vec<u8>>, Error> {
    let malformed = |why: String| Error::IconsMalformed {
        path: path.to_owned(),
        why,
    };
    let file = File::open(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let bytes = MultiGzDecoder::new(BufReader::new(file)).take(limits::ICONS_BYTES);
    let mut archive = tar::Archive::new(bytes);
    let mut icons = HashMap::new();
    for (at, entry) in archive
        .entries()
        .map_err(|error| malformed(error.to_string()))?
        .enumerate()
    {
        if at >= limits::ICONS {
            return Err(Error::TooLarge {
                path: path.to_owned(),
                max: limits::ICONS as u64,
                unit: "icons",
            });
        }
        let entry = entry.map_err(|error| malformed(error.to_string()))?;
        let name = match entry.path() {
            Ok(name) if entry.header().entry_type().is_file() => name,
            _ => continue,
        };
        let Some(name) = name.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
            continue;
        };
        let mut bytes = Vec::new();
        entry
            .take(limits::ICON_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| malformed(error.to_string()))?;
        if is_icon(&bytes) {
            icons.entry(name).or_insert(bytes);
        }
    }
    Ok(icons)
}
