//! Whether two descriptions are of one computer.
//!
//! A mainboard makes a computer: another board, or another model of board, is another computer. Where the board's
//! own id cannot be read (on Linux only the administrator can), a network card or a disk that is still there shows
//! that the computer is, together with half of the weight of what both descriptions tell. What is only written on
//! a disk, such as the system's id, never suffices beside hardware that could be compared: a copied disk has it too.

use std::fmt;

use super::{FactKind, MachineFacts};

/// How two descriptions of a computer compare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineMatch {
    /// Whether they describe one computer.
    pub same: bool,
    /// What is the same, the weightiest first.
    pub matched: Vec<FactKind>,
    /// What both tell and tell differently, the weightiest first.
    pub changed: Vec<FactKind>,
}

impl FactKind {
    const fn weight(self) -> u32 {
        match self {
            Self::Board => 5,
            Self::Network => 4,
            Self::Disk => 3,
            Self::System | Self::Model | Self::Processor => 2,
            Self::Name => 1,
        }
    }

    /// Whether no two computers share it, unless somebody moved a part.
    const fn is_own_hardware(self) -> bool {
        matches!(self, Self::Board | Self::Network | Self::Disk)
    }
}

impl MachineMatch {
    /// Compares what was known with what is read now. A kind that only one of them tells is left out; of several
    /// facts of a kind one that is in both is enough.
    pub fn between(old: &MachineFacts, new: &MachineFacts) -> Self {
        let (mut matched, mut changed) = (Vec::new(), Vec::new());
        for kind in FactKind::ALL {
            let (old, new) = (old.of(kind), new.of(kind));
            if old.iter().any(|fact| new.contains(fact)) {
                matched.push(kind);
            } else if !old.is_empty() && !new.is_empty() {
                changed.push(kind);
            }
        }
        Self {
            same: decide(&matched, &changed),
            matched,
            changed,
        }
    }
}

fn decide(matched: &[FactKind], changed: &[FactKind]) -> bool {
    if changed.contains(&FactKind::Board) || changed.contains(&FactKind::Model) {
        return false;
    }
    let own = |kinds: &[FactKind]| kinds.iter().any(|kind| kind.is_own_hardware());
    let weight = |kinds: &[FactKind]| kinds.iter().map(|kind| kind.weight()).sum::<u32>();
    if own(matched) {
        // A board alone is not believed: there are makers that give every board the same id.
        matched.len() > 1 && weight(matched) >= weight(changed)
    } else if own(changed) {
        false
    } else {
        // Nothing of the hardware can be compared: the system's id decides, as it does in a code.
        matched.contains(&FactKind::System) && !changed.contains(&FactKind::Processor)
    }
}

impl fmt::Display for MachineMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.matched.is_empty() && self.changed.is_empty() {
            return f.write_str("nothing about the computer could be compared");
        }
        let changed = |kind| self.changed.contains(&kind);
        if self.matched.is_empty() {
            write!(f, "nothing is the same: {} changed", join(&self.changed))?;
        } else {
            write!(f, "same {}", join(&self.matched))?;
            if !self.changed.is_empty() {
                write!(f, "; the {} changed", join(&self.changed))?;
            }
        }
        f.write_str(match self.same {
            _ if self.changed.is_empty() => "",
            true if changed(FactKind::System) && changed(FactKind::Disk) => ": a new disk with a new system",
            true if changed(FactKind::System) => ": reinstalled",
            true if changed(FactKind::Disk) => ": a new disk",
            true if changed(FactKind::Network) => ": a new network card",
            true if changed(FactKind::Processor) => ": a new processor or more memory",
            true => ": renamed",
            false if changed(FactKind::Board) || changed(FactKind::Model) => ": another board is another computer",
            false if self.matched.contains(&FactKind::System) => ": a copy of the system on another computer",
            false => ": another computer",
        })
    }
}

fn join(kinds: &[FactKind]) -> String {
    let names: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
