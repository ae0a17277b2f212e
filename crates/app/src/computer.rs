//! What is installed on this computer, and which products of the catalog that is.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use scrip_api::CatalogEntry;
use scrip_domain::{ArtifactKind, ProductId};
use scrip_install::Receipt;
use scrip_inventory::{
    Detection, DetectionStatus, Inventory, Launch, LaunchCommand, Program, Roots, Source, detect, detect_all,
    is_current, launch_command,
};

use crate::catalog::{Index, off_thread};
use crate::contract::{Event, ProductArgs};
use crate::{App, Error};

/// The programs of this computer as they were last looked at.
pub(crate) struct Computer {
    roots: Roots,
    seen: Mutex<Option<Arc<Seen>>>,
    /// Which products are here, for one catalog and one look.
    marks: Mutex<Option<Marks>>,
}

/// One look at this computer.
pub(crate) struct Seen {
    pub(crate) inventory: Inventory,
    /// What was installed from here and is still there.
    receipts: Vec<Receipt>,
}

impl Seen {
    /// Our own receipt of a product.
    pub(crate) fn receipt(&self, product: &ProductId) -> Option<&Receipt> {
        self.receipts.iter().find(|receipt| receipt.product == *product)
    }
}

struct Marks {
    index: Arc<Index>,
    seen: Arc<Seen>,
    installed: Arc<HashSet<ProductId>>,
}

impl Computer {
    pub(crate) fn new(roots: Roots) -> Self {
        Self {
            roots,
            seen: Mutex::new(None),
            marks: Mutex::new(None),
        }
    }

    fn seen(&self) -> Option<Arc<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl App {
    /// The programs on this computer.
    pub async fn inventory_programs(&self) -> Result<Vec<Program>, Error> {
        Ok(self.seen().await?.inventory.programs().cloned().collect())
    }

    /// Looks at this computer again; answers the programs.
    pub async fn inventory_rescan(&self) -> Result<Vec<Program>, Error> {
        let programs = self.look_again().await?.inventory.programs().cloned().collect();
        self.tell(Event::LibraryChanged);
        Ok(programs)
    }

    /// What was seen last; looked at now where nothing was yet.
    pub(crate) async fn seen(&self) -> Result<Arc<Seen>, Error> {
        match self.computer.seen() {
            Some(seen) => Ok(seen),
            None => self.look_again().await,
        }
    }

    /// Looks again at what changed, which costs little where nothing did.
    pub(crate) async fn look_again(&self) -> Result<Arc<Seen>, Error> {
        let receipts = self.present_receipts().await;
        let known = receipts
            .iter()
            .filter(|receipt| receipt.package.is_none())
            .map(as_program)
            .collect();
        let roots = self.computer.roots.clone().with_known(known);
        let before = self.computer.seen();
        let seen = off_thread("looking at the installed programs", move || {
            let Some(before) = before else {
                return Ok(Arc::new(Seen {
                    inventory: Inventory::scan(&roots),
                    receipts,
                }));
            };
            let mut inventory = before.inventory.clone();
            let unchanged = inventory.rescan(&roots).is_empty() && before.receipts == receipts;
            Ok(if unchanged {
                before
            } else {
                Arc::new(Seen { inventory, receipts })
            })
        })
        .await?;
        *self.computer.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen.clone());
        Ok(seen)
    }

    /// The products of the catalog that are on this computer.
    pub(crate) async fn installed_products(&self, index: &Arc<Index>) -> Result<Arc<HashSet<ProductId>>, Error> {
        let seen = self.seen().await?;
        let known = self
            .computer
            .marks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .and_then(|marks| {
                let same = Arc::ptr_eq(&marks.index, index) && Arc::ptr_eq(&marks.seen, &seen);
                same.then(|| marks.installed.clone())
            });
        if let Some(installed) = known {
            return Ok(installed);
        }
        let index = index.clone();
        let marks = off_thread("recognising the installed programs", move || {
            let listings = index.entries().iter();
            let asked = listings.map(|entry| (&entry.id, entry.detection.as_slice(), entry.latest_version.as_ref()));
            let found = detect_all(asked, &seen.inventory).into_iter();
            let found = found.filter(|(_, detection)| detection.status != DetectionStatus::Absent);
            let own = seen.receipts.iter().map(|receipt| receipt.product.clone());
            let installed: HashSet<ProductId> = found.map(|(id, _)| id.clone()).chain(own).collect();
            Ok(Marks {
                index,
                seen,
                installed: Arc::new(installed),
            })
        })
        .await?;
        let installed = marks.installed.clone();
        *self.computer.marks.lock().unwrap_or_else(PoisonError::into_inner) = Some(marks);
        Ok(installed)
    }

    /// The receipts of programs that are still there.
    async fn present_receipts(&self) -> Vec<Receipt> {
        match self.installer.receipts().await {
            Ok(installed) => installed
                .into_iter()
                .filter(scrip_install::Installed::is_present)
                .map(|one| one.receipt)
                .collect(),
            Err(error) => {
                tracing::warn!(%error, "the receipts of installed programs cannot be read");
                Vec::new()
            }
        }
    }

    /// Whether a product is here: by the rules of its listing, or by our own receipt where those find nothing.
    pub(crate) async fn detect_listed(
        &self,
        product: &ProductId,
        listing: Option<&CatalogEntry>,
        seen: &Arc<Seen>,
    ) -> Result<Detection, Error> {
        let (rules, latest) = listing.map_or((Vec::new(), None), |entry| {
            (entry.detection.clone(), entry.latest_version.clone())
        });
        let (asked, looked_at) = (latest.clone(), seen.clone());
        let look = move || Ok(detect(&rules, asked.as_ref(), &looked_at.inventory));
        let found = off_thread("recognising a program", look).await?;
        let Some(receipt) = seen.receipt(product) else {
            return Ok(found);
        };
        // A package's database knows its version better than we do; of everything else the receipt knows most.
        if found.status != DetectionStatus::Absent && (receipt.kind == ArtifactKind::Deb || found.version.is_some()) {
            return Ok(found);
        }
        Ok(by_receipt(receipt, latest.as_ref()))
    }

    /// The command that starts what was found.
    pub(crate) async fn launch_command(
        &self,
        product: &ProductId,
        detection: &Detection,
        seen: &Arc<Seen>,
    ) -> Result<LaunchCommand, Error> {
        if let Some(launch) = seen.receipt(product).and_then(|receipt| receipt.launch.as_ref()) {
            return Ok(LaunchCommand {
                argv: launch.command.clone(),
                working_dir: None,
                terminal: launch.terminal,
            });
        }
        let nothing = || scrip_inventory::Error::NothingToLaunch {
            id: product.to_string(),
        };
        let program = detection.program().ok_or_else(nothing)?;
        let looked_at = seen.clone();
        let find = move || Ok(launch_command(&program, looked_at.inventory.roots())?);
        off_thread("finding what starts a program", find).await
    }

    /// Removes a program that was installed from here.
    pub async fn library_uninstall(&self, args: ProductArgs) -> Result<(), Error> {
        let outcome = self.installer.uninstall(&args.product).await;
        if outcome.is_ok() {
            self.remove_run_entry(&args.product)?;
        }
        self.look_again().await?;
        self.tell(Event::LibraryChanged);
        outcome.map(|_| ()).map_err(Error::from)
    }
}

/// An installed program as the inventory lists it.
fn as_program(receipt: &Receipt) -> Program {
    let location = receipt
        .launch
        .as_ref()
        .and_then(|launch| launch.command.first())
        .map(std::path::PathBuf::from);
    Program {
        name: receipt.name.clone(),
        version: Some(receipt.version.clone()),
        source: Source::Prefix,
        id: receipt.product.to_string(),
        launch: location.clone().map(|path| Launch::File { path }),
        location,
    }
}

fn by_receipt(receipt: &Receipt, latest: Option<&scrip_domain::Version>) -> Detection {
    let outdated = latest.filter(|latest| !is_current(&receipt.version, latest));
    let mut evidence = vec![format!(
        "Scrip installed {} {} on this computer.",
        receipt.name, receipt.version
    )];
    evidence.extend(outdated.map(|latest| format!("{} is older than {latest} in the catalog.", receipt.version)));
    Detection {
        status: if outdated.is_some() {
            DetectionStatus::Outdated
        } else {
            DetectionStatus::Installed
        },
        version: Some(receipt.version.clone()),
        location: receipt
            .launch
            .as_ref()
            .and_then(|launch| launch.command.first())
            .map(Into::into),
        source: Some(Source::Prefix),
        id: Some(receipt.product.to_string()),
        evidence,
        launch: None,
    }
}
