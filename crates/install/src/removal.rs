//! Taking programs away again.

use scrip_domain::ProductId;

use crate::error::io_error;
use crate::journal::{Action, Record};
use crate::lock::Locked;
use crate::{Error, Installer, Paths, Receipt, commit, disk, package, receipt};

/// Removes what the receipt of `product` promises, then the receipt.
pub(crate) fn uninstall(installer: &Installer, product: &ProductId) -> Result<Receipt, Error> {
    let Some(receipt) = receipt::read(&installer.paths, product)? else {
        return Err(Error::NotInstalled {
            product: product.clone(),
        });
    };
    let boxed = Box::new(receipt.clone());
    let action = match receipt.package {
        Some(_) => Action::RemovePackage { receipt: boxed },
        None => Action::Remove { receipt: boxed },
    };
    let started_at = installer.clock.now();
    let id = installer.ids.new_id(installer.clock.as_ref());
    let record = Record {
        id,
        product: product.clone(),
        started_at,
        action,
    };
    installer.journal().write(&record)?;
    installer.reached("removal journaled");
    match &receipt.package {
        Some(package) => remove_package(installer, &record, &package.name)?,
        None => complete(installer, &record, &receipt)?,
    }
    Ok(receipt)
}

/// Removes files, receipt and record; may be repeated after any interruption.
pub(crate) fn complete(installer: &Installer, record: &Record, old: &Receipt) -> Result<(), Error> {
    remove_files(installer, old, None)?;
    installer.reached("files removed");
    disk::remove_tree(&installer.paths.app(&old.product))?;
    installer.reached("folder removed");
    receipt::remove(&installer.paths, &old.product)?;
    installer.reached("receipt removed");
    installer.journal().remove(record.id)
}

/// Removes the files of `old` that `new` does not use. Folders leave their place in one step, before they are emptied.
pub(crate) fn remove_files(installer: &Installer, old: &Receipt, new: Option<&Receipt>) -> Result<(), Error> {
    let paths = &installer.paths;
    for (index, path) in old.files.iter().enumerate() {
        let kept = new.is_some_and(|new| new.files.contains(path));
        // A receipt that names something elsewhere was not written by this program.
        // What a person has put in its place since is theirs.
        if kept || !paths.holds(path) || !commit::is_ours(paths, &old.product, path) {
            continue;
        }
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            let trash = paths
                .staging()
                .join(format!("{}-{index}.old", crate::paths::segment(old.product.as_str())));
            disk::remove_tree(&trash)?;
            disk::rename_durable(path, &trash)?;
            installer.reached("old folder set aside");
            disk::remove_tree(&trash)?;
        } else {
            disk::remove_durable(path)?;
        }
        installer.reached("old file removed");
    }
    Ok(())
}

fn remove_package(installer: &Installer, record: &Record, name: &str) -> Result<(), Error> {
    let commands = installer.commands.as_ref();
    let there = package::query(commands, &[name])?
        .get(name)
        .is_some_and(package::Status::is_installed);
    let removed = if there { package::remove(commands, name) } else { Ok(()) };
    installer.reached("package removed");
    if let Err(error) = removed {
        installer.journal().remove(record.id)?;
        return Err(error);
    }
    receipt::remove(&installer.paths, &record.product)?;
    installer.reached("receipt removed");
    installer.journal().remove(record.id)
}

/// Removes the downloads on which nobody works; answers the bytes freed.
pub(crate) fn clear_downloads(paths: &Paths) -> Result<u64, Error> {
    let folder = paths.downloads();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(io_error("list", &folder)(error)),
    };
    let mut freed = 0;
    for entry in entries {
        let path = entry.map_err(io_error("list", &folder))?.path();
        let length = path.metadata().map_or(0, |metadata| metadata.len());
        match Locked::open(&path) {
            Ok(_idle) => {
                disk::remove_file(&path)?;
                freed += length;
            }
            Err(Error::Busy { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(freed)
}
