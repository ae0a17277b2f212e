//! Unpacking tar archives that may be hostile.
//!
//! No entry is ever written through a link: links are made last, after each was followed, in memory, to where it leads.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use tar::{Archive, Entry, EntryType, PaxExtensions};

use crate::error::io_error;
use crate::{Error, Watch, archive, disk, system};

const ENTRIES_MAX: usize = 200_000;
const NAME_BYTES_MAX: usize = 255;
const PATH_BYTES_MAX: usize = 4096;
const DEPTH_MAX: usize = 64;
/// Long names and extended headers are read into memory.
const HEADER_BYTES_MAX: u64 = 1024 * 1024;
/// A program may unpack to this many times its size, and this much more.
const RATIO_MAX: u64 = 200;
const ALLOWANCE_BYTES: u64 = 64 * 1024 * 1024;
const UNPACKED_BYTES_MAX: u64 = 128 * 1024 * 1024 * 1024;
/// Up to so many files are made durable one by one; beyond, the whole file system at once is quicker.
const SINGLE_SYNCS_MAX: usize = 256;
/// Links that may lead to links (as many as Linux follows).
const HOPS_MAX: usize = 40;

/// What an archive held, by path inside the unpacked tree.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: BTreeMap<PathBuf, Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Folder,
    File { executable: bool },
    Link(String),
}

impl Tree {
    /// The files, and whether each may be executed.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, bool)> {
        self.nodes.iter().filter_map(|(path, node)| match node {
            Node::File { executable } => Some((path.as_path(), *executable)),
            _ => None,
        })
    }

    /// The only folder at the top, where nothing stands beside it.
    fn only_folder(&self) -> Option<PathBuf> {
        let mut tops = self.nodes.iter().filter(|(path, _)| path.components().count() == 1);
        match (tops.next(), tops.next()) {
            (Some((path, Node::Folder)), None) => Some(path.clone()),
            _ => None,
        }
    }
}

/// Unpacks the tar archive at `file`, published as `name`, into the new folder `into`. A single folder at its top is left out.
pub(crate) fn unpack(file: &Path, name: &str, into: &Path, watch: &Watch) -> Result<Tree, Error> {
    let opened = File::open(file).map_err(io_error("open", file))?;
    let size = opened.metadata().map_err(io_error("measure", file))?.len();
    let limit = size
        .saturating_mul(RATIO_MAX)
        .saturating_add(ALLOWANCE_BYTES)
        .min(UNPACKED_BYTES_MAX);
    disk::create_folder(into)?;
    let mut unpacking = Unpacking {
        name,
        into,
        watch,
        tree: Tree::default(),
        written: Vec::new(),
    };
    let stream = archive::decompress(BufReader::with_capacity(256 * 1024, opened), limit);
    let mut archive = Archive::new(stream.map_err(|error| unpacking.broken(&error))?);
    unpacking.read(&mut archive)?;
    // To the end: a checksum at the end of the compressed stream counts too.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| unpacking.broken(&error))?;
    unpacking.finish()
}

struct Unpacking<'a> {
    name: &'a str,
    into: &'a Path,
    watch: &'a Watch,
    tree: Tree,
    written: Vec<PathBuf>,
}

/// What precedes an entry and belongs to it.
#[derive(Default)]
struct Ahead {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Unpacking<'_> {
    fn read<R: Read>(&mut self, archive: &mut Archive<R>) -> Result<(), Error> {
        let mut ahead = Ahead::default();
        let entries = archive.entries().map_err(|error| self.broken(&error))?;
        // Raw: the library reads long names into memory without a bound.
        for (index, entry) in entries.raw(true).enumerate() {
            if index >= ENTRIES_MAX {
                return Err(self.invalid(format!("it has more than {ENTRIES_MAX} entries")));
            }
            if self.watch.is_cancelled() {
                return Err(Error::Cancelled {
                    what: format!("the installation of {}", self.name),
                });
            }
            let mut entry = entry.map_err(|error| self.broken(&error))?;
            match entry.header().entry_type() {
                EntryType::GNULongName => ahead.path = Some(self.read_header(&mut entry)?),
                EntryType::GNULongLink => ahead.link = Some(self.read_header(&mut entry)?),
                EntryType::XHeader => self.read_extensions(&mut entry, &mut ahead)?,
                EntryType::XGlobalHeader => {
                    self.read_header(&mut entry)?;
                }
                _ => self.place(&mut entry, std::mem::take(&mut ahead))?,
            }
        }
        if self.tree.nodes.is_empty() {
            Err(self.invalid("it is empty".to_owned()))
        } else {
            Ok(())
        }
    }

    fn read_header<R: Read>(&self, entry: &mut Entry<'_, R>) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        entry
            .take(HEADER_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| self.broken(&error))?;
        if bytes.len() as u64 > HEADER_BYTES_MAX {
            return Err(self.invalid(format!("one of its headers is larger than {HEADER_BYTES_MAX} bytes")));
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Ok(bytes)
    }

    fn read_extensions<R: Read>(&self, entry: &mut Entry<'_, R>, ahead: &mut Ahead) -> Result<(), Error> {
        let bytes = self.read_header(entry)?;
        for extension in PaxExtensions::new(&bytes) {
            let extension = extension.map_err(|error| self.broken(&error))?;
            match extension.key_bytes() {
                b"path" => ahead.path = Some(extension.value_bytes().to_vec()),
                b"linkpath" => ahead.link = Some(extension.value_bytes().to_vec()),
                b"size" => return Err(self.invalid("a file inside is larger than 8 GiB".to_owned())),
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(self.invalid("it holds sparse files, which are not supported".to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes what one entry describes.
    fn place<R: Read>(&mut self, entry: &mut Entry<'_, R>, ahead: Ahead) -> Result<(), Error> {
        let raw = ahead.path.unwrap_or_else(|| entry.path_bytes().into_owned());
        let shown = String::from_utf8_lossy(&raw).into_owned();
        let path = self.inside(&raw, &shown)?;
        let kind = entry.header().entry_type();
        if path.as_os_str().is_empty() {
            return if kind.is_dir() {
                Ok(())
            } else {
                Err(self.refused(&shown, "has no name"))
            };
        }
        self.make_parents(&path, &shown)?;
        match self.tree.nodes.get(&path) {
            None => {}
            Some(Node::Folder) if kind.is_dir() => return Ok(()),
            Some(_) => return Err(self.refused(&shown, "appears twice")),
        }
        let target = self.into.join(&path);
        let link = |unpacking: &Self| {
            let bytes = ahead
                .link
                .clone()
                .or_else(|| entry.header().link_name_bytes().map(Into::into));
            let text = String::from_utf8(bytes.unwrap_or_default())
                .ok()
                .filter(|text| !text.is_empty());
            text.ok_or_else(|| unpacking.refused(&shown, "is a link to a name that is not text"))
        };
        let node = match kind {
            EntryType::Directory => {
                fs::create_dir(&target).map_err(|error| Error::write("create", &target, 0, error))?;
                Node::Folder
            }
            EntryType::Regular | EntryType::Continuous => self.write_file(entry, &target)?,
            EntryType::Symlink => Node::Link(link(self)?),
            EntryType::Link => {
                let text = link(self)?;
                let original = self.inside(text.as_bytes(), &shown)?;
                let Some(node @ Node::File { .. }) = self.tree.nodes.get(&original).cloned() else {
                    return Err(self.refused(&shown, "is a hard link to something that is no file of the archive"));
                };
                fs::hard_link(self.into.join(original), &target).map_err(io_error("link", &target))?;
                node
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                return Err(self.refused(&shown, "is a device or a pipe"));
            }
            _ => return Err(self.invalid(format!("its entry {shown:?} is of an unknown kind"))),
        };
        self.tree.nodes.insert(path, node);
        Ok(())
    }

    fn write_file<R: Read>(&mut self, entry: &mut Entry<'_, R>, target: &Path) -> Result<Node, Error> {
        let size = entry.header().entry_size().map_err(|error| self.broken(&error))?;
        let executable = entry.header().mode().map_err(|error| self.broken(&error))? & 0o111 != 0;
        let open = OpenOptions::new().write(true).create_new(true).open(target);
        let mut file = open.map_err(|error| Error::write("create", target, size, error))?;
        let mut block = vec![0; usize::try_from(size.clamp(1, 256 * 1024)).unwrap_or(1)];
        let mut written = 0;
        loop {
            let count = entry.read(&mut block).map_err(|error| self.broken(&error))?;
            if count == 0 {
                break;
            }
            let write = file.write_all(&block[..count]);
            write.map_err(|error| Error::write("write", target, size - written, error))?;
            written += count as u64;
            if self.watch.is_cancelled() {
                return Err(Error::Cancelled {
                    what: format!("the installation of {}", self.name),
                });
            }
        }
        if written != size {
            return Err(self.invalid("it ends too early".to_owned()));
        }
        // Neither set-user-id nor write access for others survives.
        let mode = if executable { 0o755 } else { 0o644 };
        system::set_mode(target, mode).map_err(io_error("set the mode of", target))?;
        self.written.push(target.to_owned());
        if self.written.len() <= SINGLE_SYNCS_MAX {
            file.sync_all()
                .map_err(|error| Error::write("sync", target, 0, error))?;
        }
        Ok(Node::File { executable })
    }

    /// The folders above `path`; none of them may be anything else.
    fn make_parents(&mut self, path: &Path, shown: &str) -> Result<(), Error> {
        let mut above: Vec<_> = path
            .ancestors()
            .skip(1)
            .filter(|parent| !parent.as_os_str().is_empty())
            .collect();
        above.reverse();
        for parent in above {
            match self.tree.nodes.get(parent) {
                Some(Node::Folder) => {}
                Some(_) => return Err(self.refused(shown, "lies below a link or a file")),
                None => {
                    let target = self.into.join(parent);
                    fs::create_dir(&target).map_err(|error| Error::write("create", &target, 0, error))?;
                    self.tree.nodes.insert(parent.to_owned(), Node::Folder);
                }
            }
        }
        Ok(())
    }

    /// An entry's path, once it is certain that it stays inside the tree.
    fn inside(&self, raw: &[u8], shown: &str) -> Result<PathBuf, Error> {
        let Ok(text) = std::str::from_utf8(raw) else {
            return Err(self.refused(shown, "has a name that is not UTF-8"));
        };
        if text.starts_with('/') {
            return Err(self.refused(shown, "has an absolute path"));
        }
        if text.len() > PATH_BYTES_MAX {
            return Err(self.refused(shown, "has a path that is too long"));
        }
        let mut path = PathBuf::new();
        for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part == ".." {
                return Err(self.refused(shown, "leaves the folder with \"..\""));
            }
            if part.len() > NAME_BYTES_MAX || part.contains('\0') {
                return Err(self.refused(shown, "has a name that no file can have"));
            }
            path.push(part);
        }
        if path.components().count() > DEPTH_MAX {
            return Err(self.refused(shown, "lies too deep"));
        }
        Ok(path)
    }

    /// Makes the links, leaves out a single folder at the top, and makes everything durable.
    fn finish(mut self) -> Result<Tree, Error> {
        let top = self.tree.only_folder();
        let floor = usize::from(top.is_some());
        for (path, node) in &self.tree.nodes {
            if let Node::Link(target) = node {
                self.follow(path, target, floor)?;
            }
        }
        for (path, node) in &self.tree.nodes {
            if let Node::Link(target) = node {
                let link = self.into.join(path);
                system::symlink(Path::new(target), &link).map_err(|error| Error::write("link", &link, 0, error))?;
            }
        }
        self.sync()?;
        if let Some(top) = top {
            let aside = self.into.with_extension("top");
            fs::rename(self.into.join(&top), &aside).map_err(io_error("rename", &aside))?;
            fs::remove_dir(self.into).map_err(io_error("remove", self.into))?;
            fs::rename(&aside, self.into).map_err(io_error("rename", &aside))?;
            let strip = |(path, node): (PathBuf, Node)| Some((path.strip_prefix(&top).ok()?.to_owned(), node));
            self.tree.nodes = self.tree.nodes.into_iter().filter_map(strip).collect();
        }
        Ok(self.tree)
    }

    fn sync(&self) -> Result<(), Error> {
        if self.written.len() > SINGLE_SYNCS_MAX {
            return system::sync_file_system(self.into).map_err(|error| Error::write("sync", self.into, 0, error));
        }
        let folders = self.tree.nodes.iter().filter(|(_, node)| **node == Node::Folder);
        for folder in folders
            .map(|(path, _)| self.into.join(path))
            .chain([self.into.to_owned()])
        {
            system::sync_folder(&folder).map_err(io_error("sync", &folder))?;
        }
        Ok(())
    }

    /// Follows a link through every other link; it may lead to nothing, but never out. `floor` is the depth of the top.
    fn follow(&self, path: &Path, target: &str, floor: usize) -> Result<(), Error> {
        let shown = path.display().to_string();
        let mut here = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut ahead: VecDeque<String> = VecDeque::new();
        let mut hops = 0;
        let mut next = Some(target.to_owned());
        loop {
            if let Some(target) = next.take() {
                hops += 1;
                if target.starts_with('/') {
                    return Err(self.refused(&shown, "is a link to an absolute path"));
                }
                if hops > HOPS_MAX || target.len() > PATH_BYTES_MAX || ahead.len() > PATH_BYTES_MAX {
                    return Err(self.refused(&shown, "is a link that goes in circles"));
                }
                for part in target.split('/').rev().filter(|part| !part.is_empty() && *part != ".") {
                    ahead.push_front(part.to_owned());
                }
            }
            let Some(part) = ahead.pop_front() else { return Ok(()) };
            if part != ".." {
                here.push(&part);
                if let Some(Node::Link(target)) = self.tree.nodes.get(&here) {
                    next = Some(target.clone());
                    here.pop();
                }
            } else if here.components().count() <= floor {
                return Err(self.refused(&shown, "is a link that leaves the folder"));
            } else {
                here.pop();
            }
        }
    }

    fn refused(&self, entry: &str, why: &'static str) -> Error {
        let entry = entry.chars().take(120).collect();
        Error::EntryUnsafe {
            archive: self.name.to_owned(),
            entry,
            why,
        }
    }

    fn invalid(&self, why: String) -> Error {
        Error::ArchiveInvalid {
            archive: self.name.to_owned(),
            why,
        }
    }

    fn broken(&self, error: &io::Error) -> Error {
        self.invalid(error.to_string())
    }
}
