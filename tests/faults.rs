//! What goes wrong in the world: processes killed in the middle, tampered files, a server that is gone.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use scrip_tests::{Customer, Listing, PRICES, Vendor};

const PRODUCT: &str = "org.example.Large";
const NAME: &str = "scrip-test-large";
const LARGE_BYTES: usize = 96 << 20;

struct Shop {
    folder: tempfile::TempDir,
    vendor: Vendor,
    customer: Customer,
    archive: PathBuf,
}

fn shop(bytes: usize) -> Shop {
    let folder = tempfile::tempdir().unwrap();
    let vendor = Vendor::start("registration_tokens = 1000");
    let listing = Listing {
        id: PRODUCT,
        name: "Large",
        package: None,
        binary: NAME,
    };
    let archive = vendor.sell(&listing, folder.path(), bytes);
    let customer = Customer::new(&vendor.url());
    customer.register("ada@example.com");
    customer.ok(&["rent", PRODUCT, "--offer", "week"]);
    Shop {
        folder,
        vendor,
        customer,
        archive,
    }
}

/// Waits until `ready`, and fails when it takes unreasonably long.
#[track_caller]
fn wait_until(what: &str, mut ready: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !ready() {
        assert!(begun.elapsed() < Duration::from_mins(2), "{what} never happened");
        std::thread::yield_now();
    }
}

/// The size of the unfinished download on the customer's disk.
fn partial_bytes(customer: &Customer) -> u64 {
    fn walk(folder: &std::path::Path) -> u64 {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let size = |entry: std::fs::DirEntry| match entry.metadata() {
            Ok(data) if data.is_dir() => walk(&entry.path()),
            Ok(data) if entry.path().extension().is_some_and(|ending| ending == "part") => data.len(),
            _ => 0,
        };
        entries.map(size).sum()
    }
    walk(customer.home())
}

#[test]
fn a_client_killed_in_the_middle_of_a_download_resumes_it() {
    let Shop {
        vendor,
        customer,
        archive,
        folder: _folder,
    } = shop(LARGE_BYTES);
    let size = std::fs::metadata(&archive).unwrap().len();
    let mut installing = customer.start(&mut customer.command(&["install", PRODUCT]));
    wait_until("a part of the download", || partial_bytes(&customer) > 8 << 20);
    installing.kill().unwrap();
    installing.wait().unwrap();
    let kept = partial_bytes(&customer);
    assert!(kept > 0 && kept < size, "{kept} of {size} bytes are here");
    let sent_before = vendor.artifact_bytes();
    let plan = customer.ok(&["plan", PRODUCT]);
    assert!(
        plan["download_bytes"].as_u64().unwrap() <= size - kept,
        "bytes that are here are not counted again"
    );
    customer.ok(&["install", PRODUCT]);
    let sent = vendor.artifact_bytes() - sent_before;
    assert!(sent < size, "{sent} bytes were sent again of {size}");
    assert_eq!(customer.ok(&["plan", PRODUCT])["action"], "authorize");
    customer.ok(&["uninstall", PRODUCT]);
}

#[test]
fn a_server_killed_in_the_middle_of_a_download_costs_nothing() {
    let Shop {
        mut vendor,
        customer,
        folder: _folder,
        ..
    } = shop(LARGE_BYTES);
    let address = vendor.address();
    let installing = customer.start(&mut customer.command(&["install", PRODUCT]));
    wait_until("a part of the download", || partial_bytes(&customer) > 8 << 20);
    vendor.kill();
    let failed = Customer::finish(installing);
    assert!(
        matches!(failed.code().as_str(), "server.unreachable" | "artifact.truncated"),
        "{failed:?}"
    );
    assert!(partial_bytes(&customer) > 0, "what came is kept");
    vendor.restart_at(address);
    customer.ok(&["install", PRODUCT]);
    assert_eq!(customer.ok(&["plan", PRODUCT])["action"], "authorize");
    assert!(vendor.audit().contains("the books balance"));
}

#[test]
fn a_tampered_or_truncated_file_is_never_installed() {
    let Shop {
        vendor,
        customer,
        folder: _folder,
        ..
    } = shop(1 << 20);
    let files = vendor.data().join("files/artifacts");
    let stored = std::fs::read_dir(&files).unwrap().next().unwrap().unwrap().path();
    let good = std::fs::read(&stored).unwrap();
    let mut bent = good.clone();
    bent[good.len() / 2] ^= 1;
    std::fs::write(&stored, &bent).unwrap();
    assert_eq!(customer.run(&["install", PRODUCT]).code(), "artifact.digest_mismatch");
    std::fs::write(&stored, &good[..good.len() / 2]).unwrap();
    let short = customer.run(&["install", PRODUCT]).code();
    assert!(
        matches!(
            short.as_str(),
            "artifact.truncated" | "server.unreachable" | "server.unavailable"
        ),
        "{short}"
    );
    assert_eq!(customer.ok(&["plan", PRODUCT])["action"], "install");
    std::fs::write(&stored, &good).unwrap();
    customer.ok(&["install", PRODUCT]);
}

#[test]
fn checkouts_interrupted_by_a_killed_server_are_paid_once_or_not_at_all() {
    let Shop {
        mut vendor,
        customer,
        folder: _folder,
        ..
    } = shop(1000);
    let address = vendor.address();
    let start = customer.balance();
    let mut paid = 0;
    for round in 0..6 {
        let paying = customer.start(&mut customer.command(&["extend", PRODUCT]));
        if round % 2 == 0 {
            wait_until("an order or an end", || {
                vendor.get("/metrics").contains("scrip_orders_total 1") || round == 2
            });
        }
        vendor.kill();
        let outcome = Customer::finish(paying);
        vendor.restart_at(address);
        if !outcome.status.success() {
            let code = outcome.code();
            assert!(
                matches!(code.as_str(), "server.unreachable" | "server.answer_invalid"),
                "{outcome:?}"
            );
        }
        // The next start of the client settles what was left open, with the same idempotency key.
        customer.ok(&["library"]);
        let balance = customer.balance();
        let charged = start - balance - paid;
        assert!(
            charged == 0 || charged == 30 || charged == 10,
            "round {round}: {charged} tokens were charged"
        );
        paid += charged;
        if balance < 60 {
            break;
        }
    }
    let history = customer.ok(&["wallet", "history"]);
    let entries = history["items"].as_array().unwrap();
    let sum: i64 = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum();
    assert_eq!(sum, customer.balance());
    assert!(vendor.audit().contains("the books balance"));
}

#[test]
fn many_customers_at_once_leave_balanced_books_behind_a_kill() {
    let Shop {
        mut vendor,
        folder: _folder,
        ..
    } = shop(1000);
    let address = vendor.address();
    let customers: Vec<_> = (0..4).map(|_| Customer::new(&vendor.url())).collect();
    for (n, customer) in customers.iter().enumerate() {
        customer.register(&format!("u{n}@example.com"));
    }
    let running: Vec<_> = customers
        .iter()
        .map(|c| c.start(&mut c.command(&["rent", PRODUCT, "--offer", "week"])))
        .collect();
    wait_until("an order", || !vendor.get("/metrics").contains("scrip_orders_total 0"));
    vendor.kill();
    let ended: Vec<_> = running.into_iter().map(Customer::finish).collect();
    vendor.restart_at(address);
    for (customer, outcome) in customers.iter().zip(ended) {
        let library = customer.ok(&["library"]);
        let rented = library["entries"].as_array().unwrap().len() == 1;
        assert_eq!(customer.balance(), if rented { 970 } else { 1000 });
        assert!(
            rented || !outcome.status.success(),
            "a success was announced for nothing: {outcome:?}"
        );
    }
    assert!(vendor.audit().contains("the books balance"));
}

#[test]
fn what_a_person_gets_wrong_is_refused_with_a_code_and_a_hint() {
    let Shop {
        vendor,
        customer,
        folder,
        ..
    } = shop(1000);
    let login = |password: &str| {
        customer.run_with_password(&["login", "--email", "ada@example.com", "--password-stdin"], password)
    };
    assert_eq!(login("wrong horse battery").code(), "auth.credentials_wrong");
    login("correct horse battery").ok();
    assert_eq!(
        customer.run(&["buy", "org.example.Nothing"]).code(),
        "product.not_found"
    );
    assert_eq!(
        customer.run(&["extend", PRODUCT, "--offer", "decade"]).code(),
        "offer.not_found"
    );
    assert_eq!(
        customer.run(&["rent", PRODUCT, "--offer", "week"]).code(),
        "license.already_active"
    );
    assert_eq!(customer.run(&["buy", PRODUCT, "--expect", "1"]).code(), "price.changed");
    let dear = PRICES.replace("purchase = 100", "purchase = 100000");
    let listing = Listing {
        id: "org.example.Dear",
        name: "Dear",
        package: None,
        binary: "scrip-test-dear",
    };
    vendor.import(&[listing.write(folder.path())], &dear);
    customer.ok(&["catalog", "sync"]);
    let refused = customer.run(&["buy", "org.example.Dear"]);
    assert_eq!(refused.code(), "wallet.insufficient");
    let error = refused.error();
    assert!(
        error["message"].as_str().unwrap().contains("99030"),
        "it says how many are missing: {error}"
    );
    assert!(!error["hints"].as_array().unwrap().is_empty());
    let unknown = customer.run(&["frobnicate"]);
    assert_eq!(
        (unknown.code().as_str(), unknown.status.code()),
        ("command.invalid", Some(2))
    );
    customer.ok(&["logout"]);
    assert_eq!(customer.run(&["wallet"]).code(), "auth.session_missing");
}

#[test]
fn an_operator_is_told_once_what_is_wrong_and_what_to_do() {
    let vendor = Vendor::start("");
    let address = vendor.address().to_string();
    let taken = ["serve", "--listen", &address];
    let absent = ["import", "appstream", "/nowhere/catalog.xml"];
    let negative = ["grant", "--user", "ada@example.com", "--tokens", "-5", "--reason", "x"];
    for (arguments, words) in [
        (taken.as_slice(), ["in use", "--listen", "[config.invalid]"]),
        (
            absent.as_slice(),
            ["No such file", "Check the path", "[catalog.unavailable]"],
        ),
        (negative.as_slice(), ["'-5'", "--tokens", "at least 1 token"]),
    ] {
        let output = vendor.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        for word in words {
            assert_eq!(said.matches(word).count(), 1, "{word}: {said}");
        }
    }
}
