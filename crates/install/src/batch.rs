//! Installing verified files: packages together, everything else one by one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scrip_domain::{ArtifactKind, ProductId};

use crate::journal::{Action, Record};
use crate::{
    Artifact, Error, Installer, Package, Program, Receipt, Watch, commit, deb, disk, fetch, installer, launch, package,
    receipt, recovery, removal,
};

/// A verified file that waits to be installed.
pub(crate) struct Job {
    pub(crate) program: Program,
    pub(crate) artifact: Artifact,
    pub(crate) file: PathBuf,
    pub(crate) watch: Watch,
}

/// Installs what was fetched; answers in the same order.
pub(crate) fn install_all(installer: &Installer, fetched: Vec<Result<Job, Error>>) -> Vec<Result<Receipt, Error>> {
    let mut results: Vec<Option<Result<Receipt, Error>>> = Vec::new();
    let mut packages = Vec::new();
    // Once and first: from here on the journal holds operations of this batch too.
    let mut unsettled = match recovery::settle_all(installer) {
        Ok(settled) => recovery::failures(settled),
        Err(error) => return same_for_all(&error, fetched.len()),
    };
    for (index, job) in fetched.into_iter().enumerate() {
        results.push(match job.and_then(|job| prepare(installer, job, &mut unsettled)) {
            Err(error) => Some(Err(error)),
            Ok((job, previous)) if job.artifact.kind == ArtifactKind::Deb => {
                match begin_package(installer, job, previous) {
                    Ok(begun) => {
                        packages.push((index, begun));
                        None
                    }
                    Err(error) => Some(Err(error)),
                }
            }
            Ok((job, previous)) => Some(commit::install_tree(installer, &job, previous)),
        });
    }
    for (index, result) in install_packages(installer, &packages) {
        results[index] = Some(result);
    }
    let missing = || {
        Err(Error::BrokenOff {
            operation: "the installation",
        })
    };
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(missing))
        .collect()
}

/// The error of a whole batch, once for each of its `count` programs.
pub(crate) fn same_for_all(error: &Error, count: usize) -> Vec<Result<Receipt, Error>> {
    (0..count).map(|_| Err(again(error))).collect()
}

/// Refuses what stands in the way, and looks up what the program replaces.
fn prepare(
    installer: &Installer,
    job: Job,
    unsettled: &mut BTreeMap<ProductId, Error>,
) -> Result<(Job, Option<Receipt>), Error> {
    if job.watch.is_cancelled() {
        return Err(Error::Cancelled {
            what: format!("the installation of {}", job.program.name),
        });
    }
    let product = &job.program.product;
    if let Some(error) = unsettled.remove(product) {
        return Err(error);
    }
    let previous = receipt::read(&installer.paths, product)?;
    Ok((job, previous))
}

/// A package whose installation is in the journal.
struct Begun {
    job: Job,
    record: Record,
    receipt: Receipt,
    previous: Option<Receipt>,
}

/// Looks into the package, before anybody is asked for permission, and writes the intention down.
fn begin_package(installer: &Installer, job: Job, previous: Option<Receipt>) -> Result<Begun, Error> {
    let control = deb::read_control(&job.file, &job.artifact.file_name)?;
    control.check(&job.artifact.file_name, job.program.package.as_deref())?;
    let started_at = installer.clock.now();
    let package = Package {
        name: control.package,
        version: control.version,
    };
    let receipt = Receipt {
        product: job.program.product.clone(),
        name: job.program.name.clone(),
        version: job.artifact.version.clone(),
        kind: job.artifact.kind,
        sha256: job.artifact.sha256,
        size: job.artifact.size,
        installed_at: started_at,
        launch: None,
        package: Some(package),
        files: Vec::new(),
    };
    let action = Action::InstallPackage {
        receipt: Box::new(receipt.clone()),
        previous: previous.clone().map(Box::new),
    };
    let id = installer.ids.new_id(installer.clock.as_ref());
    let record = Record {
        id,
        product: receipt.product.clone(),
        started_at,
        action,
    };
    installer.journal().write(&record)?;
    installer.reached("package journaled");
    Ok(Begun {
        job,
        record,
        receipt,
        previous,
    })
}

fn install_packages(installer: &Installer, begun: &[(usize, Begun)]) -> Vec<(usize, Result<Receipt, Error>)> {
    if begun.is_empty() {
        return Vec::new();
    }
    for (_, begun) in begun {
        begun
            .job
            .watch
            .report(crate::Phase::Installing, 0, begun.job.artifact.size);
    }
    let files: Vec<_> = begun.iter().map(|(_, begun)| begun.job.file.as_path()).collect();
    let packages: Vec<_> = begun
        .iter()
        .filter_map(|(_, begun)| begun.receipt.package.as_ref())
        .collect();
    let names = packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>();
    let outcome = package::install(installer.commands.as_ref(), &files, &names.join(", "));
    installer.reached("package manager done");
    let known = package::query(installer.commands.as_ref(), &names);
    let finish = |begun: &Begun| {
        let known = known.as_ref().map_err(again)?;
        let wanted = begun.receipt.package.as_ref();
        let there = wanted.and_then(|wanted| Some((known.get(&wanted.name)?, wanted)));
        let done = there.is_some_and(|(status, wanted)| status.is_installed() && status.version == wanted.version);
        match &outcome {
            // Of a batch that failed, some packages may have arrived: what is there counts.
            _ if done => {}
            Err(error) => {
                installer.journal().remove(begun.record.id)?;
                return Err(again(error));
            }
            Ok(()) => {
                installer.journal().remove(begun.record.id)?;
                let tail = "it reported success, but the package is not installed".to_owned();
                return Err(Error::PackageManager {
                    operation: "install",
                    packages: begun.receipt.name.clone(),
                    tail,
                });
            }
        }
        let receipt = finish_package(installer, &begun.record, &begun.receipt, begun.previous.as_ref())?;
        disk::remove_file(&fetch::finished_path(&installer.paths, &begun.job.artifact))?;
        installer::announce(&begun.job.watch, &receipt);
        Ok(receipt)
    };
    begun.iter().map(|(index, begun)| (*index, finish(begun))).collect()
}

/// Writes the receipt of an installed package and removes what it replaces; may be repeated.
pub(crate) fn finish_package(
    installer: &Installer,
    record: &Record,
    receipt: &Receipt,
    previous: Option<&Receipt>,
) -> Result<Receipt, Error> {
    let mut receipt = receipt.clone();
    if let Some(package) = &receipt.package {
        let files = package::files(installer.commands.as_ref(), &package.name)?;
        receipt.launch = launch::of_package(&files, &receipt.product, &package.name);
    }
    receipt::write(&installer.paths, &receipt)?;
    installer.reached("receipt durable");
    if let Some(previous) = previous.filter(|previous| previous.package.is_none()) {
        removal::remove_files(installer, previous, Some(&receipt))?;
        disk::remove_tree(&installer.paths.app(&receipt.product))?;
    }
    installer.journal().remove(record.id)?;
    installer.reached("record removed");
    Ok(receipt)
}

/// The same error once more: of the package manager's and of the lock's there is one for several programs.
fn again(error: &Error) -> Error {
    match error {
        Error::PackageManager {
            operation,
            packages,
            tail,
        } => Error::PackageManager {
            operation,
            packages: packages.clone(),
            tail: tail.clone(),
        },
        Error::PackageManagerBusy {
            operation,
            packages,
            tail,
        } => Error::PackageManagerBusy {
            operation,
            packages: packages.clone(),
            tail: tail.clone(),
        },
        Error::PermissionDenied {
            operation,
            packages,
            tail,
        } => Error::PermissionDenied {
            operation,
            packages: packages.clone(),
            tail: tail.clone(),
        },
        Error::Unsupported { file, why } => Error::Unsupported {
            file: file.clone(),
            why: why.clone(),
        },
        Error::Busy { path, holder } => Error::Busy {
            path: path.clone(),
            holder: holder.clone(),
        },
        Error::Io {
            operation,
            path,
            source,
        } => {
            let source = std::io::Error::new(source.kind(), source.to_string());
            Error::Io {
                operation,
                path: path.clone(),
                source,
            }
        }
        Error::DiskFull {
            path,
            needed_bytes,
            free_bytes,
        } => Error::DiskFull {
            path: path.clone(),
            needed_bytes: *needed_bytes,
            free_bytes: *free_bytes,
        },
        _ => Error::BrokenOff {
            operation: "the installation",
        },
    }
}
