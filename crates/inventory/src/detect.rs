//! Whether a product of the catalog is installed, by the rules of its listing.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use scrip_domain::{DetectionRule, Version};
use serde::{Deserialize, Serialize};

use crate::program::option_lossy;
use crate::{Inventory, Launch, Program, Source, evidence, is_current, locate};

/// Whether a product is on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DetectionStatus {
    /// It is there, and as new as the catalog's, or its version is not known.
    Installed,
    /// It is there, and older than the catalog's.
    Outdated,
    /// It was not found.
    Absent,
}

/// The answer for one product, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Detection {
    /// Whether it is there.
    pub status: DetectionStatus,
    /// The installed version, where it is known.
    pub version: Option<Version>,
    /// The program's file or folder. [`detect_all`] leaves it out where a package's list of files would have to be read.
    #[serde(serialize_with = "option_lossy")]
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub location: Option<PathBuf>,
    /// Who knows of it.
    pub source: Option<Source>,
    /// The id under which that source knows it.
    pub id: Option<String>,
    /// Why, in whole sentences; never empty.
    pub evidence: Vec<String>,
    /// What starts it, where that is known without reading files; see [`Detection::program`].
    pub launch: Option<Launch>,
}

impl Detection {
    /// The program that was found, for [`crate::launch_command`] and [`crate::locate`].
    pub fn program(&self) -> Option<Program> {
        let (source, id) = (self.source?, self.id.clone()?);
        Some(Program {
            name: id.clone(),
            version: self.version.clone(),
            source,
            id,
            location: self.location.clone(),
            launch: self.launch.clone(),
        })
    }
}

/// Whether the product with these rules is installed, and whether it is as new as `latest`.
///
/// The first rule that finds a program decides, whoever installed that program; but where what it finds is older than `latest` and
/// another rule finds one that is not, the newer decides: a program that was updated by other means is not outdated.
pub fn detect(rules: &[DetectionRule], latest: Option<&Version>, inventory: &Inventory) -> Detection {
    let mut detection = judge(rules, latest, &Search::new(inventory));
    if detection.location.is_none() {
        detection.location = detection
            .program()
            .and_then(|program| locate(&program, inventory.roots()));
    }
    detection
}

/// [`detect`] for many products, in their order. Each rule costs a look into an index; the folders of the search path are listed once.
pub fn detect_all<'a, K>(
    products: impl IntoIterator<Item = (K, &'a [DetectionRule], Option<&'a Version>)>,
    inventory: &Inventory,
) -> Vec<(K, Detection)> {
    let search = Search::new(inventory);
    products
        .into_iter()
        .map(|(key, rules, latest)| (key, judge(rules, latest, &search)))
        .collect()
}

/// The first rules that ask for an executable are answered by a look into each folder of the search path; after so many it is cheaper to
/// list those folders once.
const LOOKS_MAX: usize = 32;

/// The inventory, and what was learnt of the search path while answering.
struct Search<'a> {
    inventory: &'a Inventory,
    looks: Cell<usize>,
    names: OnceCell<Option<HashSet<OsString>>>,
}

impl<'a> Search<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        Self {
            inventory,
            looks: Cell::new(0),
            names: OnceCell::new(),
        }
    }

    fn find_executable(&self, name: &str) -> Option<Program> {
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() > LOOKS_MAX {
            let names = self.names.get_or_init(|| self.inventory.executable_names());
            if names.as_ref().is_some_and(|names| !names.contains(OsStr::new(name))) {
                return None;
            }
        }
        self.inventory.find_executable(name)
    }
}

fn judge(rules: &[DetectionRule], latest: Option<&Version>, search: &Search<'_>) -> Detection {
    let mut outdated: Option<Cow<'_, Program>> = None;
    for program in rules.iter().flat_map(|rule| candidates(rule, search)) {
        match (&program.version, latest) {
            (Some(version), Some(latest)) if !is_current(version, latest) => {
                outdated.get_or_insert(program);
            }
            // An unknown version proves nothing against an older one: both may be the same program.
            (None, _) if outdated.is_some() => {}
            _ => return found(&program, DetectionStatus::Installed, rules, latest, search),
        }
    }
    match outdated {
        Some(program) => found(&program, DetectionStatus::Outdated, rules, latest, search),
        None => Detection {
            status: DetectionStatus::Absent,
            version: None,
            location: None,
            source: None,
            id: None,
            evidence: evidence::of_absence(rules, search.inventory),
            launch: None,
        },
    }
}

fn found(
    program: &Program,
    status: DetectionStatus,
    rules: &[DetectionRule],
    latest: Option<&Version>,
    search: &Search<'_>,
) -> Detection {
    // A package does not tell what starts it, but the same listing may name its desktop entry.
    let entry_of_listing = || {
        let entries = rules
            .iter()
            .filter(|rule| matches!(rule, DetectionRule::DesktopEntry { .. }));
        entries
            .flat_map(|rule| candidates(rule, search))
            .find_map(|program| program.launch.clone())
    };
    Detection {
        status,
        version: program.version.clone(),
        location: program.location.clone(),
        source: Some(program.source),
        id: Some(program.id.clone()),
        evidence: evidence::of_presence(program, status, latest),
        launch: program.launch.clone().or_else(entry_of_listing),
    }
}

/// The programs that a rule finds, the most telling source first. Later ones are looked for only when they are asked for.
fn candidates<'a>(rule: &'a DetectionRule, search: &'a Search<'a>) -> impl Iterator<Item = Cow<'a, Program>> + use<'a> {
    (0..PLACES_MAX).filter_map(move |place| look_up(rule, place, search))
}

/// The most places that [`look_up`] knows for one rule.
const PLACES_MAX: usize = 3;

fn look_up<'a>(rule: &'a DetectionRule, place: usize, search: &'a Search<'a>) -> Option<Cow<'a, Program>> {
    let inventory = search.inventory;
    let program = match (rule, place) {
        (DetectionRule::Package { name }, 0) => inventory.find(Source::Dpkg, name),
        (DetectionRule::Package { name }, 1) => inventory.find(Source::Rpm, name),
        (DetectionRule::Flatpak { id }, 0) => inventory.find(Source::Flatpak, id),
        (DetectionRule::Snap { name }, 0) => inventory.find(Source::Snap, name),
        // A receipt knows the version of what a desktop entry of ours starts; the entry does not.
        (DetectionRule::DesktopEntry { id }, 0) => inventory.find(Source::Prefix, &entry_id(id)),
        (DetectionRule::DesktopEntry { id }, 1) => inventory.find(Source::DesktopEntry, &entry_id(id)),
        // Flatpak exports the entry under the application's id, to a folder that a session may not know.
        (DetectionRule::DesktopEntry { id }, 2) => {
            inventory.find(Source::Flatpak, id.strip_suffix(".desktop").unwrap_or(id))
        }
        (DetectionRule::Executable { name }, 0) => inventory.find(Source::Prefix, name),
        (DetectionRule::Executable { name }, 1) => inventory.find(Source::Appimage, &name.to_ascii_lowercase()),
        (DetectionRule::Executable { name }, 2) => return search.find_executable(name).map(Cow::Owned),
        _ => None,
    };
    program.map(Cow::Borrowed)
}

/// The desktop file id with its ending, which listings sometimes leave out.
pub(crate) fn entry_id(id: &str) -> Cow<'_, str> {
    if id.ends_with(".desktop") {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(format!("{id}.desktop"))
    }
}
