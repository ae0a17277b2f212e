//! What the Linux kernel remembers of journals.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::sync::Arc;

use scrip_domain::{Coded, ErrorCode, LicenseId};
use scrip_licensing::MachineDigest;
use scrip_licensing::journal::{Entry, Head, Identity, Journal, MeteringKey, system_anchor};

use super::home::count;

/// A home of this computer's only user, as far as it counts one license.
struct Home {
    folder: tempfile::TempDir,
    key: Arc<MeteringKey>,
    identity: Identity,
}

impl Home {
    fn new(license: LicenseId) -> Self {
        let key = Arc::new(MeteringKey::generate().unwrap());
        let machine = MachineDigest::of("0123456789abcdef0123456789abcdef").unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            identity: Identity::new(license, key.thumbprint(), machine),
            key,
        }
    }

    /// As a program that starts now opens it.
    fn journal(&self) -> Journal {
        self.journal_in(self.folder.path())
    }

    fn journal_in(&self, folder: &Path) -> Journal {
        let path = folder.join("license.journal");
        Journal::new(path, self.identity, self.key.clone(), Arc::from(system_anchor()))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        system_anchor().forget(&self.identity);
    }
}

/// Whether the kernel remembers anything here: a container may forbid it, and then nothing breaks.
fn remembers() -> bool {
    let home = Home::new(LicenseId(uuid::Uuid::new_v4()));
    let head = Head { seq: 1, hash: [9; 32] };
    system_anchor().write(&home.identity, head);
    system_anchor().read(&home.identity) == Some(head)
}

#[test]
fn the_kernel_remembers_for_the_next_program() {
    let works = remembers();
    let home = Home::new(LicenseId(uuid::Uuid::new_v4()));
    let journal = home.identity;
    assert_eq!(system_anchor().read(&journal), None);
    let anchor = system_anchor();
    let head = |seq| Head { seq, hash: [9; 32] };
    for seq in 1..4 {
        anchor.write(&journal, head(seq));
        assert_eq!(system_anchor().read(&journal), works.then(|| head(seq)));
    }
    system_anchor().forget(&journal);
    assert_eq!(anchor.read(&journal), None);
    anchor.write(&journal, head(4));
    assert_eq!(system_anchor().read(&journal), works.then(|| head(4)), "and anew");
}

#[test]
fn two_homes_of_one_user_count_one_license_side_by_side() {
    let license = LicenseId(uuid::Uuid::new_v4());
    let (first, second) = (Home::new(license), Home::new(license));
    for round in 1..4 {
        assert_eq!(count(&first.journal(), Entry::Use(2)).unwrap().uses, 2 * round);
        assert_eq!(count(&second.journal(), Entry::Use(1)).unwrap().uses, round);
    }
    assert_eq!(first.journal().standing().unwrap().unwrap().uses, 6);
}

#[test]
fn an_old_copy_in_either_home_is_refused() {
    let works = remembers();
    let license = LicenseId(uuid::Uuid::new_v4());
    let (first, second) = (Home::new(license), Home::new(license));
    for home in [&first, &second] {
        let file = home.folder.path().join("license.journal");
        count(&home.journal(), Entry::Use(1)).unwrap();
        let old = std::fs::read(&file).unwrap();
        count(&home.journal(), Entry::Use(1)).unwrap();
        std::fs::write(&file, old).unwrap();
        let refused = home.journal().standing().err().map(|refusal| refusal.code());
        assert_eq!(refused, works.then_some(ErrorCode::JournalRolledBack));
    }
}

#[test]
fn a_home_that_was_copied_is_noticed_beside_its_original() {
    let works = remembers();
    let home = Home::new(LicenseId(uuid::Uuid::new_v4()));
    count(&home.journal(), Entry::Use(1)).unwrap();
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(
        home.folder.path().join("license.journal"),
        copy.path().join("license.journal"),
    )
    .unwrap();
    count(&home.journal(), Entry::Use(1)).unwrap();
    let refused = count(&home.journal_in(copy.path()), Entry::Use(1)).err();
    assert_eq!(
        refused.map(|refusal| refusal.code()),
        works.then_some(ErrorCode::JournalRolledBack)
    );
}
