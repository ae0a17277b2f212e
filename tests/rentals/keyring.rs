//! What a Secret Service remembers of a journal, on a computer that was switched off in between: each of its commands runs in
//! a user namespace of its own, whose kernel keyring is empty.

use std::path::Path;
use std::process::Command;

use scrip_tests::Customer;

use crate::life::journal;
use crate::shop::{PRODUCT, PROGRAM, Shop, claims, license};

/// A computer whose secrets are in a Secret Service, with ten starts of the program.
fn rented(shop: &Shop) -> Customer {
    let cellar = Customer::apart_with_keyring(&shop.vendor.url(), "cellar");
    cellar.place_program(PROGRAM);
    cellar.register("ada@example.com");
    cellar.ok(&["rent", PRODUCT, "--offer", "ten"]);
    claims(&cellar);
    assert_eq!(cellar.ok(&["whoami"])["keystore"], "secret-service");
    cellar
}

/// Makes `to` what `from` is now.
fn copy(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    let status = Command::new("cp").arg("--archive").arg(from).arg(to).status().unwrap();
    assert!(status.success());
}

#[test]
fn an_old_copy_of_the_journal_is_refused_because_the_secret_service_remembers() {
    let shop = Shop::open();
    let cellar = rented(&shop);
    assert_eq!(cellar.starts(PRODUCT), PROGRAM);
    let file = journal(&cellar);
    let old = std::fs::read(&file).unwrap();
    let (old_keyring, new_keyring) = (shop.folder.path().join("old"), shop.folder.path().join("new"));
    copy(cellar.keyring(), &old_keyring);
    assert_eq!(cellar.starts(PRODUCT), PROGRAM);
    copy(cellar.keyring(), &new_keyring);

    std::fs::write(&file, &old).unwrap();
    for _ in 0..2 {
        assert_eq!(cellar.run(&["run", PRODUCT]).code(), "journal.rolled_back");
    }
    // Nothing else remembers: with the keyring of then, the copy of then is taken.
    copy(&old_keyring, cellar.keyring());
    assert_eq!(cellar.starts(PRODUCT), PROGRAM);

    // A journal that is gone is noticed like one that is old.
    copy(&new_keyring, cellar.keyring());
    std::fs::remove_file(&file).unwrap();
    assert_eq!(cellar.run(&["run", PRODUCT]).code(), "journal.rolled_back");
    assert_eq!(cellar.ok(&["sync"])["failures"][0]["code"], "journal.rolled_back");
    assert_eq!(cellar.starts(PRODUCT), PROGRAM);
    cellar.ok(&["sync"]);
    assert_eq!(
        license(&cellar)["used"]["uses"],
        3,
        "what the keyring remembers is counted again"
    );
    shop.audit(&cellar);
}
