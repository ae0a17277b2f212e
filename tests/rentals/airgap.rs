//! A computer without a network: its requests and their answers travel as files.

use scrip_licensing::armor::{Label, read_one};
use scrip_tests::Customer;

use crate::shop::{PRICES, PRODUCT, PROGRAM, Shop};

/// A computer that fetched the catalog once and has no network since, and the person's other one.
fn cut_off(shop: &Shop) -> (Customer, Customer) {
    let mut apart = shop.computer("cellar");
    apart.ok(&["catalog", "sync"]);
    apart.cut_off();
    assert_eq!(apart.run(&["catalog", "sync"]).code(), "server.unreachable");
    (apart, shop.customer("ada@example.com"))
}

/// Writes a request for a rental into a file; answers the file.
#[track_caller]
fn ask(shop: &Shop, apart: &Customer, offer: &str, name: &str) -> String {
    let file = shop.path(name);
    let arguments = ["offline", "request", "rent", PRODUCT, "--offer", offer];
    let vendor = shop.issuer();
    let more = ["--account", "ada@example.com", "--vendor", &vendor, "-o", &file];
    let asked = apart.ok(&[&arguments[..], &more].concat());
    assert!(asked["expected_total"].is_number(), "{asked}");
    file
}

#[test]
fn a_rental_is_asked_for_paid_and_used_without_a_network() {
    let shop = Shop::open();
    let (apart, online) = cut_off(&shop);
    let (request, answer) = (ask(&shop, &apart, "three", "request"), shop.path("answer"));
    assert_eq!(
        apart.ok(&["offline", "waiting"])["waiting"].as_array().unwrap().len(),
        1
    );
    online.ok(&["offline", "submit", &request, "-o", &answer]);
    assert_eq!(online.balance(), 460);
    let imported = apart.ok(&["offline", "import", &answer]);
    assert_eq!(
        (&imported["products"][0]["product"], &imported["order"]["total"]),
        (&PRODUCT.into(), &40.into())
    );
    for _ in 0..3 {
        assert_eq!(apart.starts(PRODUCT), PROGRAM);
    }
    assert_eq!(apart.run(&["run", PRODUCT]).code(), "license.exhausted");

    // What was used travels with the next request, and the rental goes on.
    let (request, answer) = (shop.path("request2"), shop.path("answer2"));
    apart.ok(&[
        "offline",
        "request",
        "extend",
        PRODUCT,
        "--offer",
        "three",
        "--account",
        "ada@example.com",
        "-o",
        &request,
    ]);
    online.ok(&["offline", "submit", &request, "-o", &answer]);
    assert_eq!(crate::shop::license(&online)["used"]["uses"], 3);
    apart.ok(&["offline", "import", &answer]);
    assert_eq!(apart.starts(PRODUCT), PROGRAM);
    assert_eq!(online.balance(), 420);
    shop.audit(&online);
}

#[test]
fn the_vendor_answers_a_computer_that_never_had_a_network() {
    let shop = Shop::open();
    let online = shop.customer("ada@example.com");
    online.ok(&["buy", PRODUCT]);
    let vendor = shop.issuer();
    let mut apart = shop.computer("cellar");
    apart.cut_off();
    let (request, answer) = (shop.path("request"), shop.path("answer"));
    let arguments = [
        "offline",
        "request",
        "activate",
        PRODUCT,
        "--account",
        "ada@example.com",
    ];
    apart.ok(&[&arguments[..], &["--vendor", &vendor, "-o", &request]].concat());
    shop.vendor.run_ok(&["offline", "answer", &request, "-o", &answer]);
    apart.ok(&["offline", "import", &answer]);
    let verified = apart.ok(&["code", "show", PRODUCT]);
    assert_eq!(verified["claims"]["grant"]["kind"], "perpetual");
    let code = shop.path("code");
    apart.ok(&["code", "export", PRODUCT, "-o", &code]);
    assert_eq!(apart.ok(&["code", "verify", &code])["valid"], true);
}

#[test]
fn what_was_replayed_swapped_edited_or_priced_before_is_refused() {
    let shop = Shop::open();
    let (apart, online) = cut_off(&shop);
    let (request, answer) = (ask(&shop, &apart, "ten", "request"), shop.path("answer"));

    let edited = shop.path("edited");
    let other = ask(&shop, &apart, "three", "other");
    std::fs::write(&edited, swap_payload(&request, &other)).unwrap();
    let refused = online.run(&["offline", "submit", &edited, "-o", &answer]);
    assert_eq!(refused.code(), "statement.signature");
    let refused = shop.vendor.run(&["offline", "answer", &edited, "-o", &answer]);
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("statement.signature"));

    let eve = shop.computer("desk");
    eve.register("eve@example.com");
    let refused = eve.run(&["offline", "submit", &request, "-o", &answer]);
    assert_eq!(refused.code(), "offline.other_account");
    assert_eq!((online.balance(), eve.balance()), (500, 500), "nothing was charged");

    online.ok(&["offline", "submit", &request, "-o", &answer]);
    let again = shop.path("again");
    online.ok(&["offline", "submit", &request, "-o", &again]);
    assert_eq!(std::fs::read(&answer).unwrap(), std::fs::read(&again).unwrap());
    assert_eq!(online.balance(), 490, "the same request is paid once");

    online.ok(&["sync"]);
    assert_eq!(
        online.run(&["offline", "import", &answer]).code(),
        "statement.other_device"
    );
    apart.ok(&["offline", "import", &answer]);
    let replayed = apart.run(&["offline", "import", &answer]);
    assert_eq!(replayed.code(), "statement.other_request");
    assert_eq!(apart.starts(PRODUCT), PROGRAM);
}

#[test]
fn a_price_that_is_over_is_not_charged() {
    let shop = Shop::open();
    let (apart, online) = cut_off(&shop);
    let (request, answer) = (ask(&shop, &apart, "ten", "request"), shop.path("answer"));
    shop.set_prices(&PRICES.replace("price = 10", "price = 12"));
    let refused = online.run(&["offline", "submit", &request, "-o", &answer]);
    assert_eq!(refused.code(), "price.changed");
    assert_eq!(online.balance(), 500);
    shop.audit(&online);
}

/// The first request with what the second one says, under the first one's signature.
fn swap_payload(request: &str, other: &str) -> String {
    let compact = |file: &str| read_one(Label::Request, &std::fs::read_to_string(file).unwrap()).unwrap();
    let (request, other) = (compact(request), compact(other));
    let parts: Vec<&str> = request.split('.').collect();
    format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2])
}
