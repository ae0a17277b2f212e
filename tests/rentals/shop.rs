//! A vendor with one program, and computers of its customers.

use std::path::PathBuf;

use scrip_tests::{Customer, Listing, Vendor};
use serde_json::Value;

pub(crate) const PRODUCT: &str = "org.example.Tool";
pub(crate) const PROGRAM: &str = "scrip-test-rented";

/// Every kind of offer; what a payment gives counts in full toward owning.
pub(crate) const PRICES: &str = r#"
[default]
purchase = 100
seats = 2
transferable = true
trial = { duration = "7d" }
[[default.rental]]
id = "three"
price = 40
duration = "7d"
uses = 3
credit_permille = 1000
[[default.rental]]
id = "ten"
price = 10
uses = 10
credit_permille = 1000
[[default.rental]]
id = "week"
price = 70
duration = "7d"
credit_permille = 500
refund_permille = 900
pauses = 2
pause_max = "30d"
"#;

/// A running vendor.
pub(crate) struct Shop {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) vendor: Vendor,
    catalog: PathBuf,
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::with_prices(PRICES)
    }

    pub(crate) fn with_prices(prices: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vendor = Vendor::start("registration_tokens = 500");
        let listing = Listing {
            id: PRODUCT,
            name: "Tool",
            package: None,
            binary: PROGRAM,
        };
        let catalog = listing.write(folder.path());
        let shop = Self {
            folder,
            vendor,
            catalog,
        };
        shop.set_prices(prices);
        shop
    }

    /// Lists the program anew at these prices.
    pub(crate) fn set_prices(&self, prices: &str) {
        self.vendor.import(std::slice::from_ref(&self.catalog), prices);
    }

    /// The computer that the tests run on, with the program and a new account.
    pub(crate) fn customer(&self, email: &str) -> Customer {
        let customer = Customer::new(&self.vendor.url());
        customer.place_program(PROGRAM);
        customer.register(email);
        customer
    }

    /// Another computer, with the program and nobody signed in.
    pub(crate) fn computer(&self, name: &str) -> Customer {
        let customer = Customer::apart(&self.vendor.url(), name);
        customer.place_program(PROGRAM);
        customer
    }

    /// The vendor's address, as its account page shows it.
    pub(crate) fn issuer(&self) -> String {
        let info: Value = serde_json::from_str(&self.vendor.get("/v1/server")).unwrap();
        info["issuer"].as_str().unwrap().to_owned()
    }

    /// A file in the tests' own folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The books balance, and the wallet's history adds up to what the wallet holds.
    #[track_caller]
    pub(crate) fn audit(&self, customer: &Customer) {
        assert!(self.vendor.audit().contains("the books balance"));
        let history = customer.ok(&["wallet", "history"]);
        let entries = history["items"].as_array().unwrap();
        let sum: i64 = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum();
        assert_eq!(sum, customer.balance(), "{history}");
    }
}

/// What the library says of the program.
#[track_caller]
pub(crate) fn license(customer: &Customer) -> Value {
    let library = customer.ok(&["library"]);
    let entries = library["entries"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["license"]["product"] == PRODUCT);
    entry.unwrap_or_else(|| panic!("no license in {library}"))["license"].clone()
}

/// The claims of the code that is stored, or fetched now.
#[track_caller]
pub(crate) fn claims(customer: &Customer) -> Value {
    customer.ok(&["code", "show", PRODUCT])["claims"].clone()
}
