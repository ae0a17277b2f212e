//! Counting, extending, owning, pausing, ending, trying and giving away.

use scrip_tests::Customer;

use crate::shop::{PRODUCT, PROGRAM, Shop, claims, license};

#[test]
fn a_combined_rental_counts_its_uses_and_what_was_paid_counts_toward_owning() {
    let shop = Shop::open();
    let ada = shop.customer("ada@example.com");
    ada.ok(&["rent", PRODUCT, "--offer", "three"]);
    let code = claims(&ada);
    assert_eq!(
        (&code["grant"]["kind"], &code["grant"]["uses"]),
        (&"combined".into(), &3.into())
    );
    assert!(code["exp"].is_number(), "the other limit is the time: {code}");
    for _ in 0..3 {
        assert_eq!(ada.starts(PRODUCT), PROGRAM);
    }
    assert_eq!(ada.run(&["run", PRODUCT]).code(), "license.exhausted");
    let synced = ada.ok(&["sync"]);
    assert_eq!(synced["reported"][0]["usage"]["uses"], 3, "{synced}");
    assert_eq!(license(&ada)["state"], "exhausted");
    assert_eq!(ada.run(&["run", PRODUCT]).code(), "license.exhausted");

    ada.ok(&["extend", PRODUCT]);
    assert_eq!(license(&ada)["remaining"]["uses"], 3);
    assert_eq!(license(&ada)["used"]["uses"], 3);
    assert_eq!(
        claims(&ada)["used"]["uses"],
        3,
        "the new code says what was counted before"
    );
    assert_eq!(ada.starts(PRODUCT), PROGRAM);
    assert_eq!(ada.balance(), 420);
    ada.ok(&["convert", PRODUCT]);
    assert_eq!(ada.balance(), 400, "what was paid and what owning cost are the price");
    assert_eq!(claims(&ada)["grant"]["kind"], "perpetual");
    for _ in 0..5 {
        assert_eq!(ada.starts(PRODUCT), PROGRAM);
    }
    shop.audit(&ada);
}

#[test]
fn a_pause_stops_the_time_and_ending_gives_back_what_is_unused() {
    let shop = Shop::open();
    let ada = shop.customer("ada@example.com");
    ada.ok(&["rent", PRODUCT, "--offer", "week"]);
    claims(&ada);
    assert_eq!(ada.starts(PRODUCT), PROGRAM);
    let kept = shop.path("kept.scrip");
    ada.ok(&["code", "export", PRODUCT, "-o", &kept]);

    assert_eq!(ada.ok(&["pause", PRODUCT])["state"], "paused");
    assert!(!ada.run(&["run", PRODUCT]).status.success());
    assert_eq!(ada.run(&["code", "show", PRODUCT]).code(), "license.paused");
    // A copy that was put away starts nothing any more.
    ada.ok(&["code", "import", &kept]);
    assert_eq!(ada.run(&["run", PRODUCT]).code(), "code.surrendered");
    assert_eq!(ada.ok(&["resume", PRODUCT])["state"], "active");
    assert_eq!(ada.starts(PRODUCT), PROGRAM);

    let quote = ada.ok(&["end", PRODUCT]);
    assert_eq!(
        (&quote["ended"], ada.balance()),
        (&false.into(), 430),
        "only --yes ends it"
    );
    let refund = quote["quote"]["tokens"].as_i64().unwrap();
    assert!(
        (60..=63).contains(&refund),
        "nearly all of 900 thousandths of 70: {refund}"
    );
    let ended = ada.ok(&["end", PRODUCT, "--yes"]);
    assert_eq!(ended["result"]["tokens"].as_i64(), Some(refund));
    assert_eq!(ada.balance(), 430 + refund);
    assert!(!ada.run(&["run", PRODUCT]).status.success());
    shop.audit(&ada);
}

#[test]
fn an_old_copy_of_the_journal_is_refused() {
    let shop = Shop::open();
    let ada = shop.customer("ada@example.com");
    ada.ok(&["rent", PRODUCT, "--offer", "ten"]);
    claims(&ada);
    ada.starts(PRODUCT);
    let journal = journal(&ada);
    let old = std::fs::read(&journal).unwrap();
    ada.starts(PRODUCT);
    std::fs::write(&journal, old).unwrap();
    assert_eq!(ada.run(&["run", PRODUCT]).code(), "journal.rolled_back");
    let synced = ada.ok(&["sync"]);
    assert_eq!(synced["failures"][0]["code"], "journal.rolled_back", "{synced}");
    ada.starts(PRODUCT);
    ada.ok(&["sync"]);
    assert_eq!(license(&ada)["used"]["uses"], 3, "nothing was gained");
}

/// The one journal of a computer.
pub(crate) fn journal(customer: &Customer) -> std::path::PathBuf {
    let servers = customer.home().join("data/servers");
    let server = std::fs::read_dir(servers).unwrap().next().unwrap().unwrap().path();
    let mut files = std::fs::read_dir(server.join("journal")).unwrap();
    let is_journal = |path: &std::path::PathBuf| path.extension().is_some_and(|ending| ending == "journal");
    files
        .find_map(|file| Some(file.unwrap().path()).filter(is_journal))
        .unwrap()
}

#[test]
fn what_is_owned_runs_when_the_vendor_is_gone_for_good() {
    let mut shop = Shop::open();
    let ada = shop.customer("ada@example.com");
    ada.ok(&["buy", PRODUCT]);
    let code = ada.ok(&["code", "show", PRODUCT]);
    let file = shop.path("owned.scrip");
    ada.ok(&["code", "export", PRODUCT, "-o", &file]);
    shop.vendor.kill();
    let verified = ada.ok(&["code", "verify", &file]);
    assert_eq!(
        (&verified["valid"], &verified["claims"]),
        (&true.into(), &code["claims"])
    );
    assert_eq!(ada.starts(PRODUCT), PROGRAM);
    assert_eq!(license(&ada)["state"], "owned");
    assert_eq!(ada.run(&["sync"]).code(), "server.unreachable");
    assert_eq!(ada.starts(PRODUCT), PROGRAM);
}

#[test]
fn a_trial_is_had_once_by_an_account_and_once_on_a_computer() {
    let shop = Shop::open();
    let ada = shop.customer("ada@example.com");
    assert_eq!(ada.ok(&["trial", PRODUCT])["trial"], true);
    claims(&ada);
    assert_eq!((ada.starts(PRODUCT), ada.balance()), (PROGRAM.to_owned(), 500));
    let eve = shop.customer("eve@example.com");
    assert_eq!(eve.run(&["trial", PRODUCT]).code(), "trial.used", "the computer had it");
    let other = shop.computer("desk");
    other.sign_in("eve@example.com");
    assert_eq!(other.ok(&["trial", PRODUCT])["trial"], true);
    let third = shop.computer("lamp");
    third.sign_in("ada@example.com");
    assert!(!third.run(&["trial", PRODUCT]).status.success(), "the account had it");
}

#[test]
fn a_license_goes_to_another_account_with_what_was_paid_for_it() {
    let shop = Shop::open();
    let ada = shop.customer("ada@example.com");
    let eve = shop.computer("desk");
    eve.register("eve@example.com");
    ada.ok(&["rent", PRODUCT, "--offer", "three"]);
    claims(&ada);
    ada.starts(PRODUCT);
    assert_eq!(
        ada.ok(&["gift", PRODUCT, "--to", "eve@example.com"])["to"],
        "eve@example.com"
    );
    assert!(!ada.run(&["run", PRODUCT]).status.success());
    assert_eq!(ada.run(&["code", "show", PRODUCT]).code(), "license.not_found");
    let given = license(&eve);
    assert_eq!(
        (&given["equity"], &given["remaining"]["uses"]),
        (&40.into(), &2.into()),
        "{given}"
    );
    claims(&eve);
    assert_eq!(eve.starts(PRODUCT), PROGRAM);
    eve.ok(&["convert", PRODUCT]);
    assert_eq!(eve.balance(), 440);

    let shop = Shop::with_prices("[default]\npurchase = 100\n");
    let ada = shop.customer("ada@example.com");
    shop.computer("desk").register("eve@example.com");
    ada.ok(&["buy", PRODUCT]);
    let refused = ada.run(&["gift", PRODUCT, "--to", "eve@example.com"]);
    assert_eq!(refused.code(), "license.not_transferable");
}
