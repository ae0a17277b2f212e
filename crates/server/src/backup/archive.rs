//! The archive: written file by file, and read with every name, size and digest checked.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self as stdio, Read, Write as _};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{BackupReport, DATABASE, Entry, FORMAT, Manifest, SAVED, folder_of, io, refused};
use crate::Error;

const MANIFEST: &str = "manifest.json";
/// The largest list that is read, in bytes.
const MANIFEST_BYTES_MAX: u64 = 256 << 20;
/// The pieces in which a file is read.
const PIECE_BYTES: usize = 256 << 10;
/// A level at which the disk is the slower one.
const ZSTD_LEVEL: i32 = 3;

/// Reads and digests at once.
struct Digesting<R> {
    inner: R,
    digest: Sha256,
    bytes: u64,
}

impl<R> Digesting<R> {
    fn new(inner: R) -> Self {
        let (digest, bytes) = (Sha256::new(), 0);
        Self { inner, digest, bytes }
    }

    fn entry(self, path: String) -> Entry {
        Entry {
            path,
            bytes: self.bytes,
            sha256: scrip_domain::Sha256(self.digest.finalize().into()).to_string(),
        }
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> stdio::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Writes everything into the new file `target`; it appears whole or not at all.
pub(super) fn write(target: &Path, staging: &Path, data: &Path, mut manifest: Manifest) -> Result<BackupReport, Error> {
    let beside = folder_of(target);
    // Readable by its owner alone.
    let part = tempfile::NamedTempFile::new_in(&beside).map_err(io("make a file in", &beside))?;
    let failed = io("write", target);
    let mut encoder = zstd::Encoder::new(part.as_file(), ZSTD_LEVEL).map_err(&failed)?;
    encoder.include_checksum(true).map_err(&failed)?;
    let mut archive = tar::Builder::new(encoder);
    let mut add = |root: &Path, name: &str| -> Result<(), Error> {
        for path in files_below(&root.join(name))? {
            let named = path.strip_prefix(root).unwrap_or(&path);
            let named = named
                .to_str()
                .ok_or_else(|| refused(&path, "its name is not text"))?
                .to_owned();
            manifest.entries.push(append(&mut archive, &path, named)?);
        }
        Ok(())
    };
    add(staging, DATABASE)?;
    for name in SAVED {
        add(data, name)?;
    }
    let list = serde_json::to_vec(&manifest).map_err(|why| refused(target, &why.to_string()))?;
    let mut header = header(list.len() as u64);
    archive
        .append_data(&mut header, MANIFEST, list.as_slice())
        .map_err(&failed)?;
    let encoder = archive.into_inner().map_err(&failed)?;
    encoder.finish().and_then(|mut file| file.flush()).map_err(&failed)?;
    part.as_file().sync_all().map_err(&failed)?;
    part.persist_noclobber(target).map_err(|why| failed(why.error))?;
    File::open(&beside)
        .and_then(|folder| folder.sync_all())
        .map_err(&failed)?;
    Ok(manifest.report())
}

fn append<W: stdio::Write>(archive: &mut tar::Builder<W>, path: &Path, named: String) -> Result<Entry, Error> {
    let failed = io("back up", path);
    let file = File::open(path).map_err(&failed)?;
    let bytes = file.metadata().map_err(&failed)?.len();
    let mut content = Digesting::new(file.take(bytes));
    archive
        .append_data(&mut header(bytes), &named, &mut content)
        .map_err(&failed)?;
    if content.bytes == bytes {
        Ok(content.entry(named))
    } else {
        Err(refused(path, "it was cut while it was read; try again"))
    }
}

fn header(bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o600);
    header
}

/// Every file at or below `path`, in the order of their names. What is being uploaded (`#` in its name) is left out.
fn files_below(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = io("read", path);
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => {}
        Ok(found) if found.is_file() => {
            let uploading = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().contains('#'));
            return Ok(if uploading { Vec::new() } else { vec![path.to_owned()] });
        }
        Ok(_) => return Err(refused(path, "it is neither a file nor a folder")),
        Err(why) if why.kind() == stdio::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(failed(why)),
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(&failed)? {
        names.push(entry.map_err(&failed)?.path());
    }
    names.sort();
    let mut files = Vec::new();
    for name in names {
        files.extend(files_below(&name)?);
    }
    Ok(files)
}

/// Unpacks into the empty folder `folder` and checks everything against the list.
pub(super) fn unpack(source: &Path, folder: &Path) -> Result<Manifest, Error> {
    let failed = io("read", source);
    let damaged = |why: String| Error::BackupDamaged {
        path: source.to_owned(),
        why,
    };
    let file = File::open(source).map_err(&failed)?;
    let broken = |why: stdio::Error| damaged(why.to_string());
    let mut archive = tar::Archive::new(zstd::Decoder::new(file).map_err(broken)?);
    let mut found = BTreeMap::new();
    let mut manifest = None;
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        if manifest.is_some() || !entry.header().entry_type().is_file() {
            return Err(damaged(format!("{} should not be there", path.display())));
        }
        if path == Path::new(MANIFEST) {
            let mut list = Vec::new();
            entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut list).map_err(broken)?;
            let read: Manifest = serde_json::from_slice(&list).map_err(|why| damaged(why.to_string()))?;
            manifest = Some(read);
            continue;
        }
        let named = checked(&path).ok_or_else(|| damaged(format!("{} leads elsewhere", path.display())))?;
        let target = folder.join(&path);
        let mut content = Digesting::new(entry);
        put(&mut content, &target, broken)?;
        found.insert(named.clone(), content.entry(named));
    }
    let manifest = manifest.ok_or_else(|| damaged("its end is missing".to_owned()))?;
    // The checksum over everything, the list too, stands behind the last byte.
    stdio::copy(&mut archive.into_inner(), &mut stdio::sink()).map_err(broken)?;
    if manifest.format != FORMAT {
        return Err(refused(source, "it was made by a newer version"));
    }
    for entry in &manifest.entries {
        if found.remove(&entry.path).as_ref() != Some(entry) {
            return Err(damaged(format!("{} is not as it was saved", entry.path)));
        }
    }
    match found.first_key_value() {
        Some((path, _)) => Err(damaged(format!("{path} should not be there"))),
        None => Ok(manifest),
    }
}

/// The path as text, where it stays below its folder and begins with a name that is saved.
fn checked(path: &Path) -> Option<String> {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let known = SAVED.iter().chain([&DATABASE]).any(|name| path.starts_with(name));
    (plain && known).then(|| path.to_str().map(str::to_owned)).flatten()
}

/// Writes the content into a new file. `broken` says what a content is that cannot be read.
fn put(content: &mut impl Read, target: &Path, broken: impl Fn(stdio::Error) -> Error) -> Result<(), Error> {
    let failed = io("write", target);
    if let Some(parent) = target.parent() {
        crate::config::create_private_folder(parent).map_err(&failed)?;
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(target).map_err(&failed)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match content.read(&mut piece).map_err(&broken)? {
            0 => break,
            read => file.write_all(&piece[..read]).map_err(&failed)?,
        }
    }
    file.sync_all().map_err(&failed)
}
