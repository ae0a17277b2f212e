//! Why a product counts as installed or not, in words that a person understands.

use scrip_domain::{DetectionRule, Version};

use crate::detect::entry_id;
use crate::{DetectionStatus, Inventory, Program, Source};

/// Why the product counts as there.
pub(crate) fn of_presence(program: &Program, status: DetectionStatus, latest: Option<&Version>) -> Vec<String> {
    let mut evidence = vec![finding(program)];
    match (&program.version, latest) {
        (Some(version), Some(latest)) if status == DetectionStatus::Outdated => {
            evidence.push(format!("{version} is older than {latest} in the catalog."));
        }
        (Some(version), Some(latest)) => evidence.push(format!("{version} is as new as {latest} in the catalog.")),
        (None, Some(_)) => evidence.push("Its version is not known, so no update is offered.".to_owned()),
        (_, None) => {}
    }
    evidence
}

/// Why the product counts as absent: what was looked for, what was left over, and what could not be read.
pub(crate) fn of_absence(rules: &[DetectionRule], inventory: &Inventory) -> Vec<String> {
    if rules.is_empty() {
        return vec!["The catalog does not say how to recognise this program.".to_owned()];
    }
    let mut looked_for = String::new();
    for rule in rules {
        looked_for.push_str(if looked_for.is_empty() { "No " } else { ", no " });
        let (kind, id) = match rule {
            DetectionRule::Package { name } => ("package ", name),
            DetectionRule::Flatpak { id } => ("Flatpak application ", id),
            DetectionRule::Snap { name } => ("snap ", name),
            DetectionRule::DesktopEntry { id } => ("desktop entry ", id),
            DetectionRule::Executable { name } => ("program ", name),
        };
        looked_for.push_str(kind);
        looked_for.push_str(id);
    }
    looked_for.push_str(": nothing found.");
    let mut evidence = vec![looked_for];
    for rule in rules {
        let (kind, id, missing) = match rule {
            DetectionRule::DesktopEntry { id } => (
                "The desktop entry",
                id,
                inventory.leftover(Source::DesktopEntry, &entry_id(id)),
            ),
            DetectionRule::Executable { name } => ("A record of", name, inventory.leftover(Source::Prefix, name)),
            _ => continue,
        };
        if let Some(missing) = missing {
            evidence.push(format!("{kind} {id} is left over: its program {missing} is gone."));
        }
    }
    for warning in inventory.warnings() {
        if rules.iter().any(|rule| sources(rule).contains(&warning.source)) {
            let source = warning.source.describe();
            evidence.push(format!(
                "What only {source} would tell is not known: {}.",
                warning.message
            ));
        }
    }
    evidence
}

fn finding(program: &Program) -> String {
    let id = &program.id;
    let version = program
        .version
        .as_ref()
        .map(|version| format!(" {version}"))
        .unwrap_or_default();
    let place = program.location.as_ref().map(|path| path.display().to_string());
    match (program.source, place) {
        (Source::Dpkg, _) => format!("The package {id}{version} is installed (Debian package database)."),
        (Source::Rpm, _) => format!("The package {id}{version} is installed (RPM package database)."),
        (Source::Flatpak, _) => format!("The Flatpak application {id}{version} is installed."),
        (Source::Snap, _) => format!("The snap {id}{version} is installed."),
        (Source::DesktopEntry, Some(place)) => format!("The desktop entry {id} starts {place}."),
        (Source::DesktopEntry, None) => format!("The desktop entry {id} is installed."),
        (Source::Appimage, place) => format!("The AppImage {} is installed.", place.as_ref().unwrap_or(id)),
        (Source::Prefix, Some(place)) => format!("Your own program {id}{version} is installed at {place}."),
        (Source::Prefix, None) => format!("Your own program {id}{version} is installed."),
        (Source::Executable, place) => format!("The program {id} was found at {}.", place.as_ref().unwrap_or(id)),
    }
}

fn sources(rule: &DetectionRule) -> &'static [Source] {
    match rule {
        DetectionRule::Package { .. } => &[Source::Dpkg, Source::Rpm],
        DetectionRule::Flatpak { .. } => &[Source::Flatpak],
        DetectionRule::Snap { .. } => &[Source::Snap],
        DetectionRule::DesktopEntry { .. } => &[Source::DesktopEntry, Source::Flatpak],
        DetectionRule::Executable { .. } => &[Source::Prefix, Source::Appimage],
    }
}
