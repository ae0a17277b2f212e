//! One person's whole journey, on real packages: from the first look to owning a program that runs with no network.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

use std::process::Command;

use scrip_tests::{Customer, Listing, PRICES, Vendor, absent_package, is_installed, present_package};

/// Removes a package that a failed journey left behind.
struct Removed<'n>(&'n str);

impl Drop for Removed<'_> {
    fn drop(&mut self) {
        if is_installed(self.0) {
            let removed = Command::new("dpkg").args(["--purge", self.0]).output();
            assert!(removed.is_ok_and(|run| run.status.success()) || std::thread::panicking());
        }
    }
}

#[test]
fn from_the_catalog_to_ownership() {
    let folder = tempfile::tempdir().unwrap();
    let (absent, present) = (absent_package(folder.path()), present_package(folder.path()));
    let _removed = Removed(&absent.name);
    let mut vendor = Vendor::start("registration_tokens = 100");
    let (wanted, owned) = ("org.example.Wanted", "org.example.Present");
    let listings = [
        Listing {
            id: wanted,
            name: "Wanted",
            package: Some(&absent.name),
            binary: &absent.name,
        },
        Listing {
            id: owned,
            name: "Present",
            package: Some(&present.name),
            binary: &present.name,
        },
    ];
    let catalogs: Vec<_> = listings.iter().map(|listing| listing.write(folder.path())).collect();
    assert!(vendor.import(&catalogs, PRICES).contains("listed 2 programs"));
    vendor.run_ok(&["publish", absent.file.to_str().unwrap(), "--product", wanted]);
    vendor.run_ok(&["publish", present.file.to_str().unwrap(), "--product", owned]);

    let customer = Customer::new(&vendor.url());
    customer.register("ada@example.com");
    assert_eq!(customer.balance(), 100);
    vendor.grant("ada@example.com", 400);
    let found = customer.ok(&["search", "want"]);
    assert_eq!(
        (found["total"].as_u64(), found["items"][0]["id"].as_str()),
        (Some(1), Some(wanted))
    );
    assert_eq!(found["items"][0]["offers"].as_array().unwrap().len(), 3);
    let programs = customer.ok(&["installed"]);
    let all = programs["programs"].as_array().unwrap();
    assert!(
        all.iter()
            .any(|program| program["name"] == present.name.as_str() && program["source"] == "dpkg")
    );

    buy_what_is_installed(&vendor, &customer, owned);
    rent_and_install(
        &vendor,
        &customer,
        wanted,
        &absent.name,
        std::fs::metadata(&absent.file).unwrap().len(),
    );
    extend_and_convert(&customer, wanted);
    use_it_offline(&mut vendor, &customer, wanted, folder.path());

    customer.ok(&["uninstall", wanted]);
    assert!(!is_installed(&absent.name));
    assert_eq!(customer.ok(&["plan", wanted])["action"], "install");
    assert!(vendor.audit().contains("the books balance"));
}

/// What is on the PC already costs no download: only the code arrives.
fn buy_what_is_installed(vendor: &Vendor, customer: &Customer, product: &str) {
    let plan = customer.ok(&["plan", product]);
    assert_eq!(
        (plan["action"].as_str(), plan["download_bytes"].as_u64()),
        (Some("authorize"), Some(0))
    );
    assert!(!plan["evidence"].as_array().unwrap().is_empty());
    customer.ok(&["buy", product]);
    assert_eq!(customer.balance(), 400);
    customer.ok(&["install", product]);
    assert_eq!(vendor.artifact_bytes(), 0, "no byte of an installer was sent");
    let code = customer.ok(&["code", "show", product]);
    assert_eq!(
        (code["claims"]["aud"].as_str(), code["claims"]["grant"]["kind"].as_str()),
        (Some(product), Some("perpetual"))
    );
    assert_eq!(code["code"].as_str().unwrap().split('.').count(), 3);
}

fn rent_and_install(vendor: &Vendor, customer: &Customer, product: &str, package: &str, size: u64) {
    let plan = customer.ok(&["plan", product]);
    assert_eq!(
        (plan["action"].as_str(), plan["download_bytes"].as_u64()),
        (Some("install"), Some(size))
    );
    assert_eq!(customer.run(&["install", product]).code(), "license.not_found");
    customer.ok(&["rent", product, "--offer", "week"]);
    assert_eq!(customer.balance(), 370);
    customer.ok(&["install", product]);
    assert!(is_installed(package));
    assert_eq!(vendor.artifact_bytes(), size);
    let run = Command::new(package).arg("--version").output().unwrap();
    assert!(run.status.success() || !run.stdout.is_empty(), "{package} runs");
    assert_eq!(customer.ok(&["plan", product])["action"], "authorize");
    customer.ok(&["install", product]);
    assert_eq!(vendor.artifact_bytes(), size, "installing again downloads nothing");
}

/// 50% of each of two payments of 30 counts: the conversion costs 100 − 30, and paid + converted = price.
fn extend_and_convert(customer: &Customer, product: &str) {
    customer.ok(&["extend", product]);
    assert_eq!(customer.balance(), 340);
    let before = customer.ok(&["code", "show", product]);
    let equity = before["claims"]["equity"]["credited"].as_i64().unwrap();
    assert_eq!(
        (equity, before["claims"]["grant"]["kind"].as_str()),
        (30, Some("duration"))
    );
    customer.ok(&["convert", product]);
    let paid_to_own = 340 - customer.balance();
    assert_eq!(equity + paid_to_own, 100);
    let after = customer.ok(&["code", "show", product]);
    assert_eq!(after["claims"]["grant"]["kind"], "perpetual");
    assert!(after["claims"]["seq"].as_i64() > before["claims"]["seq"].as_i64());
    assert_eq!(customer.run(&["convert", product]).code(), "license.already_owned");
}

/// With the vendor gone the library, the search and the codes still work.
fn use_it_offline(vendor: &mut Vendor, customer: &Customer, product: &str, folder: &std::path::Path) {
    let address = vendor.address();
    vendor.stop();
    let code = customer.ok(&["code", "show", product]);
    let file = folder.join("paid.scrip");
    std::fs::write(&file, code["code"].as_str().unwrap()).unwrap();
    let verified = customer.ok(&["code", "verify", file.to_str().unwrap()]);
    assert_eq!(
        (verified["valid"].as_bool(), verified["claims"]["aud"].as_str()),
        (Some(true), Some(product))
    );
    assert_eq!(customer.ok(&["search", "want"])["total"], 1);
    let library = customer.ok(&["library"]);
    assert_eq!(library["entries"].as_array().unwrap().len(), 2);
    assert_eq!(customer.ok(&["plan", product])["action"], "authorize");
    assert_eq!(customer.run(&["convert", product]).code(), "server.unreachable");
    vendor.restart_at(address);
}
