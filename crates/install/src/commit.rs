//! Putting a staged tree in its place.

use std::path::{Path, PathBuf};

use scrip_domain::ProductId;
use uuid::Uuid;

use crate::batch::Job;
use crate::journal::{Action, Commit, Record};
use crate::stage::{self, Staged};
use crate::{Error, Installer, Launch, Paths, Phase, Receipt, desktop, disk, fetch, installer, receipt, removal};

/// Stages and commits an AppImage or an archive.
pub(crate) fn install_tree(installer: &Installer, job: &Job, previous: Option<Receipt>) -> Result<Receipt, Error> {
    let product = &job.program.product;
    if let Some(package) = previous.as_ref().and_then(|previous| previous.package.as_ref()) {
        let why = format!(
            "it is installed as the package {}, which has to be removed first",
            package.name
        );
        return Err(Error::Unsupported {
            file: job.artifact.file_name.clone(),
            why,
        });
    }
    let started_at = installer.clock.now();
    let id = installer.ids.new_id(installer.clock.as_ref());
    let mut record = Record {
        id,
        product: product.clone(),
        started_at,
        action: Action::Stage,
    };
    installer.journal().write(&record)?;
    installer.reached("staging journaled");
    job.watch.report(Phase::Installing, 0, job.artifact.size);
    let staging = staging_folder(installer, id);
    let planned = stage::build(installer, job, &staging)
        .and_then(|staged| plan(installer, job, &record, staging.clone(), &staged, previous));
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => {
            disk::remove_tree(&staging)?;
            installer.journal().remove(id)?;
            return Err(error);
        }
    };
    installer.reached("staged");
    record.action = Action::Commit(Box::new(plan.clone()));
    installer.journal().write(&record)?;
    installer.reached("commit journaled");
    complete(installer, &record, &plan)?;
    disk::remove_file(&fetch::finished_path(&installer.paths, &job.artifact))?;
    installer::announce(&job.watch, &plan.receipt);
    Ok(plan.receipt)
}

/// Where the tree of the operation `id` is built.
pub(crate) fn staging_folder(installer: &Installer, id: Uuid) -> PathBuf {
    installer.paths.staging().join(id.to_string())
}

/// Takes every step of a commit; each may have been taken already.
pub(crate) fn complete(installer: &Installer, record: &Record, plan: &Commit) -> Result<(), Error> {
    if disk::exists(&plan.staging) {
        disk::rename_durable(&plan.staging, &plan.folder)?;
    }
    installer.reached("folder in place");
    let name = plan.folder.file_name().unwrap_or_default();
    disk::link_durable(Path::new(name), &installer.paths.current(&record.product))?;
    installer.reached("current switched");
    let (link, target) = &plan.link;
    disk::link_durable(target, link)?;
    installer.reached("command linked");
    if let Some((icon, source)) = &plan.icon
        && let Some(bytes) = disk::read_bounded(source, stage::ICON_BYTES_MAX)?
    {
        disk::write_durable(icon, &bytes)?;
    }
    let (entry, text) = &plan.desktop;
    disk::write_durable(entry, text.as_bytes())?;
    installer.reached("menu entry written");
    receipt::write(&installer.paths, &plan.receipt)?;
    installer.reached("receipt durable");
    if let Some(previous) = &plan.previous {
        removal::remove_files(installer, previous, Some(&plan.receipt))?;
    }
    installer.journal().remove(record.id)?;
    installer.reached("record removed");
    Ok(())
}

/// Decides every name, so that nothing is left to decide when the commit has begun.
fn plan(
    installer: &Installer,
    job: &Job,
    record: &Record,
    staging: PathBuf,
    staged: &Staged,
    previous: Option<Receipt>,
) -> Result<Commit, Error> {
    let (paths, product, program) = (&installer.paths, &record.product, &job.program);
    let folder = paths.free_version_folder(product, &job.artifact.version);
    let target = paths.current(product).join(&staged.executable);
    let own_name = crate::paths::segment(product.as_str());
    let commands = [paths.bin().join(&staged.command), paths.bin().join(&own_name)];
    let link = free_place(paths, product, commands)?;
    let desktop_name = own_name.strip_suffix(".desktop").unwrap_or(&own_name);
    let entries = [
        format!("{desktop_name}.desktop"),
        format!("scrip-{desktop_name}.desktop"),
    ];
    let entry = free_place(paths, product, entries.map(|name| paths.applications().join(name)))?;
    let icon = staged.icon.as_ref().map(|icon| {
        let place = paths
            .icons()
            .join(&icon.folder)
            .join("apps")
            .join(format!("{desktop_name}.{}", icon.extension));
        (place, folder.join(&icon.file))
    });
    let terminal = program.terminal || staged.terminal;
    let text = desktop::entry(&desktop::Entry {
        product,
        name: &program.name,
        summary: &program.summary,
        command: &target,
        takes: staged.takes.as_deref(),
        icon: icon.as_ref().map(|(place, _)| place.as_path()),
        categories: &program.categories,
        terminal,
    });
    let mut files = vec![entry.clone(), link.clone()];
    files.extend(icon.iter().map(|(place, _)| place.clone()));
    files.push(folder.clone());
    let receipt = Receipt {
        product: product.clone(),
        name: program.name.clone(),
        version: job.artifact.version.clone(),
        kind: job.artifact.kind,
        sha256: job.artifact.sha256,
        size: job.artifact.size,
        installed_at: record.started_at,
        launch: Some(Launch {
            command: vec![target.display().to_string()],
            terminal,
        }),
        package: None,
        files,
    };
    Ok(Commit {
        staging,
        folder,
        link: (link, target),
        desktop: (entry, text),
        icon,
        receipt,
        previous,
    })
}

/// The first of `places` where nothing stands that belongs to another program.
fn free_place(paths: &Paths, product: &ProductId, places: [PathBuf; 2]) -> Result<PathBuf, Error> {
    let [first, second] = places;
    if is_ours(paths, product, &first) {
        Ok(first)
    } else if is_ours(paths, product, &second) {
        Ok(second)
    } else {
        Err(Error::NameTaken { path: first })
    }
}

/// Whether nothing stands at `path`, or something that an installation of `product` put there.
pub(crate) fn is_ours(paths: &Paths, product: &ProductId, path: &Path) -> bool {
    let Ok(metadata) = path.symlink_metadata() else {
        return true;
    };
    if metadata.is_symlink() {
        return std::fs::read_link(path).is_ok_and(|target| target.starts_with(paths.app(product)));
    }
    if path.extension().is_some_and(|extension| extension == "desktop") {
        let text = disk::read_bounded(path, desktop::ENTRY_BYTES_MAX)
            .ok()
            .flatten()
            .unwrap_or_default();
        return desktop::is_of(&String::from_utf8_lossy(&text), product);
    }
    path.starts_with(paths.icons()) || path.starts_with(paths.app(product))
}
