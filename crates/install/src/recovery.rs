//! Settling what was interrupted.

use std::collections::BTreeMap;
use std::io;

use scrip_domain::ProductId;

use crate::error::io_error;
use crate::journal::{Action, Record};
use crate::{Error, Installer, Outcome, Recovered, batch, commit, disk, package, receipt, removal};

/// Completes or takes back every unfinished operation and clears the staging folder of everything that nobody owns.
pub(crate) fn settle_all(installer: &Installer) -> Result<Vec<Recovered>, Error> {
    disk::clear_temporaries(&installer.paths.journal())?;
    disk::clear_temporaries(&installer.paths.receipts())?;
    let (records, damaged) = installer.journal().unfinished()?;
    let set_aside = |path| Recovered {
        product: None,
        outcome: Outcome::SetAside(path),
    };
    let mut settled: Vec<_> = damaged.into_iter().map(set_aside).collect();
    let mut all_settled = true;
    for record in records {
        let outcome = settle(installer, &record).unwrap_or_else(Outcome::Failed);
        all_settled &= !matches!(outcome, Outcome::Failed(_));
        tracing::info!(product = %record.product, ?outcome, "an interrupted operation was settled");
        settled.push(Recovered {
            product: Some(record.product),
            outcome,
        });
    }
    if all_settled {
        clear_staging(installer)?;
    }
    Ok(settled)
}

/// What could not be settled, by product.
pub(crate) fn failures(settled: Vec<Recovered>) -> BTreeMap<ProductId, Error> {
    let failed = |recovered: Recovered| match recovered {
        Recovered {
            product: Some(product),
            outcome: Outcome::Failed(error),
        } => Some((product, error)),
        _ => None,
    };
    settled.into_iter().filter_map(failed).collect()
}

fn settle(installer: &Installer, record: &Record) -> Result<Outcome, Error> {
    match &record.action {
        Action::Stage => {
            disk::remove_tree(&commit::staging_folder(installer, record.id))?;
            installer.reached("staging taken back");
            installer.journal().remove(record.id)?;
            Ok(Outcome::TakenBack)
        }
        Action::Commit(plan) => {
            if !disk::exists(&plan.staging) && !disk::exists(&plan.folder) {
                // Somebody deleted the new tree. The switch has not happened, or its target is gone anyway.
                installer.journal().remove(record.id)?;
                return Ok(Outcome::TakenBack);
            }
            commit::complete(installer, record, plan)?;
            Ok(Outcome::Completed)
        }
        Action::Remove { receipt } => {
            removal::complete(installer, record, receipt)?;
            Ok(Outcome::Completed)
        }
        Action::InstallPackage { receipt, previous } => {
            let Some(wanted) = &receipt.package else {
                return forget(installer, record);
            };
            let known = package::query(installer.commands.as_ref(), &[&wanted.name])?;
            match known.get(&wanted.name) {
                Some(status) if status.is_installed() && status.version == wanted.version => {
                    batch::finish_package(installer, record, receipt, previous.as_deref())?;
                    Ok(Outcome::Completed)
                }
                _ => forget(installer, record),
            }
        }
        Action::RemovePackage { receipt } => {
            let Some(package) = &receipt.package else {
                return forget(installer, record);
            };
            let known = package::query(installer.commands.as_ref(), &[&package.name])?;
            if known.get(&package.name).is_some_and(package::Status::is_installed) {
                return forget(installer, record);
            }
            receipt::remove(&installer.paths, &record.product)?;
            installer.reached("receipt removed");
            installer.journal().remove(record.id)?;
            Ok(Outcome::Completed)
        }
    }
}

fn forget(installer: &Installer, record: &Record) -> Result<Outcome, Error> {
    installer.journal().remove(record.id)?;
    Ok(Outcome::TakenBack)
}

/// Trees that no record owns: what was set aside for removal when the process ended.
fn clear_staging(installer: &Installer) -> Result<(), Error> {
    let staging = installer.paths.staging();
    let entries = match std::fs::read_dir(&staging) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error("list", &staging)(error)),
    };
    for entry in entries {
        disk::remove_tree(&entry.map_err(io_error("list", &staging))?.path())?;
        installer.reached("leftover removed");
    }
    disk::remove_empty_folder(&staging)
}
