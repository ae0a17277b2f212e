//! Writes that survive a power cut, and removals that may be repeated.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::error::io_error;
use crate::{Error, system};

/// Writes `path` so that after a crash either the old or the new content is there, whole.
pub(crate) fn write_durable(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    create_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.tmp"));
    remove_file(&temporary)?;
    let write = |temporary: &Path| -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write(&temporary).map_err(|source| Error::write("write", path, bytes.len() as u64, source))?;
    fs::rename(&temporary, path).map_err(io_error("write", path))?;
    system::sync_folder(folder).map_err(io_error("sync", folder))
}

/// Reads a file of at most `limit` bytes; none where it does not exist.
pub(crate) fn read_bounded(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error("open", path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(Error::StateCorrupt {
            path: path.to_owned(),
            why: format!("it is larger than {limit} bytes"),
        });
    }
    Ok(Some(bytes))
}

/// Makes `folder` and those above it; one that exists is fine.
pub(crate) fn create_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(io_error("create", folder))
}

/// Whether something, be it a dangling link, stands at `path`.
pub(crate) fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Removes a file or a link; one that is gone already is fine.
pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    gone_is_fine(fs::remove_file(path)).map_err(io_error("remove", path))
}

/// Removes a file and makes its absence durable.
pub(crate) fn remove_durable(path: &Path) -> Result<(), Error> {
    remove_file(path)?;
    sync_parent(path)
}

/// Removes a tree; one that is gone already is fine.
pub(crate) fn remove_tree(path: &Path) -> Result<(), Error> {
    let result = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    gone_is_fine(result).map_err(io_error("remove", path))
}

/// Removes what interrupted writes left in `folder`. Only for who holds the lock: a running write looks the same.
pub(crate) fn clear_temporaries(folder: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error("list", folder)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(io_error("list", folder))?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") && name.as_encoded_bytes().ends_with(b".tmp") {
            remove_file(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a folder if it is empty.
pub(crate) fn remove_empty_folder(path: &Path) -> Result<(), Error> {
    match fs::remove_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => gone_is_fine(other).map_err(io_error("remove", path)),
    }
}

/// Renames `from` to `to` and makes it durable.
pub(crate) fn rename_durable(from: &Path, to: &Path) -> Result<(), Error> {
    if let Some(folder) = to.parent() {
        create_folder(folder)?;
    }
    fs::rename(from, to).map_err(io_error("rename", from))?;
    sync_parent(from)?;
    sync_parent(to)
}

/// Makes `link` point to `target`, replacing a link that is there in one step.
pub(crate) fn link_durable(target: &Path, link: &Path) -> Result<(), Error> {
    let folder = link.parent().unwrap_or(link);
    create_folder(folder)?;
    let name = link.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.tmp"));
    remove_file(&temporary)?;
    system::symlink(target, &temporary).map_err(io_error("link", link))?;
    fs::rename(&temporary, link).map_err(io_error("link", link))?;
    system::sync_folder(folder).map_err(io_error("sync", folder))
}

fn sync_parent(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) if folder.exists() => system::sync_folder(folder).map_err(io_error("sync", folder)),
        _ => Ok(()),
    }
}

fn gone_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_durable_write_replaces_whole_and_removals_repeat() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.json");
        write_durable(&path, b"one").unwrap();
        write_durable(&path, b"two").unwrap();
        assert_eq!(read_bounded(&path, 3).unwrap().unwrap(), b"two");
        assert!(read_bounded(&path, 2).is_err());
        remove_durable(&path).unwrap();
        remove_durable(&path).unwrap();
        assert!(read_bounded(&path, 3).unwrap().is_none());
        remove_tree(&folder.path().join("a")).unwrap();
        remove_tree(&folder.path().join("a")).unwrap();
    }

    #[test]
    fn a_link_is_replaced_in_one_step() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("current");
        link_durable(Path::new("1"), &link).unwrap();
        link_durable(Path::new("2"), &link).unwrap();
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("2"));
    }
}
