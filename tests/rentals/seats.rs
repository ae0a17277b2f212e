//! Several computers of one account.

use scrip_tests::Customer;

use crate::shop::{PRODUCT, PROGRAM, Shop, claims, license};

fn signed_in(shop: &Shop, name: &str) -> Customer {
    let computer = shop.computer(name);
    computer.sign_in("ada@example.com");
    computer
}

#[test]
fn the_third_computer_waits_for_a_seat_and_a_dead_one_is_freed() {
    let shop = Shop::open();
    let first = shop.computer("desk");
    first.register("ada@example.com");
    first.ok(&["buy", PRODUCT]);
    let (second, third) = (signed_in(&shop, "lamp"), signed_in(&shop, "chair"));
    claims(&first);
    claims(&second);
    assert_eq!(third.run(&["code", "show", PRODUCT]).code(), "seat.none_free");

    first.ok(&["seats", "release", PRODUCT]);
    assert!(!first.run(&["run", PRODUCT]).status.success());
    claims(&third);
    assert_eq!(
        (third.starts(PRODUCT), second.starts(PRODUCT)),
        (PROGRAM.to_owned(), PROGRAM.to_owned())
    );
    assert_eq!(first.run(&["code", "show", PRODUCT]).code(), "seat.none_free");

    // The second one is lost: its seat is freed from the third, and the first one has it.
    third.ok(&["seats", "release", PRODUCT, "--computer", "lamp"]);
    claims(&first);
    assert_eq!(first.starts(PRODUCT), PROGRAM);
    assert_eq!(second.starts(PRODUCT), PROGRAM, "nobody told it yet");
    second.ok(&["sync"]);
    assert_eq!(second.run(&["run", PRODUCT]).code(), "code.revoked");
    let seats = third.ok(&["seats", PRODUCT]);
    let live = seats["seats"]["activations"].as_array().unwrap().iter();
    let mut live: Vec<_> = live
        .filter(|seat| seat["live"] == true)
        .map(|seat| seat["device_name"].as_str().unwrap())
        .collect();
    live.sort_unstable();
    assert_eq!(live, ["chair", "desk"]);
}

#[test]
fn two_computers_share_what_is_left_and_take_no_more_than_that() {
    let shop = Shop::open();
    let first = shop.computer("desk");
    first.register("ada@example.com");
    first.ok(&["rent", PRODUCT, "--offer", "three"]);
    claims(&first);
    let second = signed_in(&shop, "lamp");
    assert_eq!(
        second.run(&["code", "show", PRODUCT]).code(),
        "license.in_use",
        "all is promised to the first"
    );
    first.starts(PRODUCT);
    first.ok(&["sync"]);
    first.ok(&["seats", "release", PRODUCT]);
    assert_eq!(claims(&second)["grant"]["uses"], 2);
    second.starts(PRODUCT);
    second.starts(PRODUCT);
    assert_eq!(second.run(&["run", PRODUCT]).code(), "license.exhausted");
    second.ok(&["sync"]);
    assert_eq!(license(&second)["used"]["uses"], 3);
}

#[test]
fn a_revoked_license_is_refused_once_the_computer_has_heard_of_it() {
    let shop = Shop::open();
    let ada = shop.customer("ada@example.com");
    ada.ok(&["buy", PRODUCT]);
    claims(&ada);
    let id = license(&ada)["id"].as_str().unwrap().to_owned();
    shop.vendor.run_ok(&["license", "revoke", &id, "--reason", "stolen"]);
    assert_eq!(ada.starts(PRODUCT), PROGRAM, "nobody told it yet");
    ada.ok(&["sync"]);
    assert_eq!(ada.run(&["run", PRODUCT]).code(), "code.revoked");
    assert_eq!(license(&ada)["state"], "revoked");
}
