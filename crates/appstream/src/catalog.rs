//! Catalogs as files.

use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::component::Component;
use crate::{Error, limits, xml, yaml};

/// What one file held.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The file.
    pub path: PathBuf,
    /// Where the data comes from, such as `debian-bookworm-main`: the folder of its icons. May be empty.
    pub origin: String,
    /// The components, in the file's order; ids can repeat.
    pub components: Vec<Component>,
    /// The components that were left out.
    pub problems: Vec<Problem>,
}

impl Catalog {
    pub(crate) fn new(path: &Path, origin: String) -> Self {
        // The origin names a folder: one that could leave its parent names none.
        let origin = if origin.contains(['/', '\\', '\0']) || origin.starts_with('.') {
            String::new()
        } else {
            origin
        };
        Self {
            path: path.to_owned(),
            origin,
            components: Vec::new(),
            problems: Vec::new(),
        }
    }
}

/// A component that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line at which the component begins, from 1.
    pub line: usize,
    /// What the component calls itself, where it does.
    pub component: Option<String>,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.component {
            Some(id) => write!(f, "line {}: {id}: {}", self.line, self.why),
            None => write!(f, "line {}: a component: {}", self.line, self.why),
        }
    }
}

/// Reads one catalog: DEP-11 YAML, collection XML or one program's metainfo XML, plain or gzip, told apart by
/// their content.
pub fn read_path(path: &Path) -> Result<Catalog, Error> {
    let text = read_text(path, limits::CATALOG_BYTES)?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('<') {
        xml::read(path, text)
    } else {
        yaml::read(path, text)
    }
}

/// The catalogs at `path`: itself where it is a file, else every `.yml`, `.yaml` and `.xml` (also with `.gz`)
/// below the folder, in the order of their names. Links to folders are not followed.
pub fn find_catalogs(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |path: &Path, source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    if !std::fs::metadata(path)
        .map_err(|source| unreadable(path, source))?
        .is_dir()
    {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|source| unreadable(&folder, source))? {
            let entry = entry.map_err(|source| unreadable(&folder, source))?;
            let kind = entry.file_type().map_err(|source| unreadable(&entry.path(), source))?;
            if kind.is_dir() {
                if depth < limits::DEPTH {
                    folders.push((entry.path(), depth + 1));
                }
            } else if is_catalog_name(&entry.file_name().to_string_lossy()) && entry.path().is_file() {
                found.push(entry.path());
            }
        }
        if found.len() > limits::CATALOGS {
            return Err(Error::TooLarge {
                path: path.to_owned(),
                max: limits::CATALOGS as u64,
                unit: "catalogs",
            });
        }
    }
    found.sort();
    Ok(found)
}

fn is_catalog_name(name: &str) -> bool {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    Path::new(plain)
        .extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml" || extension == "xml")
}

/// The whole text of a file, plain or gzip, of at most `max` bytes once decompressed.
pub(crate) fn read_text(path: &Path, max: u64) -> Result<String, Error> {
    let unreadable = |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut magic = Vec::new();
    (&mut file).take(2).read_to_end(&mut magic).map_err(unreadable)?;
    let mut bytes = Vec::new();
    if magic == [0x1f, 0x8b] {
        MultiGzDecoder::new(BufReader::new(magic.as_slice().chain(file)))
            .take(max + 1)
            .read_to_end(&mut bytes)
    } else {
        magic.as_slice().chain(file).take(max + 1).read_to_end(&mut bytes)
    }
    .map_err(unreadable)?;
    if bytes.len() as u64 > max {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            max,
            unit: "bytes",
        });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].split(|byte| *byte == b'\n').count();
        Error::Malformed {
            path: path.to_owned(),
            line,
            why: "it is not UTF-8 text".to_owned(),
        }
    })
}
