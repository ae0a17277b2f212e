//! Price policies, right and wrong.

#![expect(clippy::unwrap_used, reason = "what a test prepares must succeed")]

use std::path::Path;

use proptest::prelude::*;
use scrip_appstream::{Error, PricePolicy};
use scrip_domain::{Coded, ErrorCode, Offers, ProductId};

const POLICY: &str = r#"
[default]
purchase = 100

[[default.rental]]
id = "week"
price = 10
duration = "7d"
credit_permille = 500

[[default.rental]]
id = "ten"
price = 5
uses = 10

[product."org.example.Dear"]
purchase = 250

[product."org.example.Rented"]
[[product."org.example.Rented".rental]]
id = "batch"
price = 3
processings = 1000

[product."org.example.Sold"]
rental = []
"#;

fn parse(text: &str) -> Result<PricePolicy, Error> {
    PricePolicy::parse(text, Path::new("prices.toml"))
}

fn ids(offers: &Offers) -> Vec<String> {
    offers
        .as_slice()
        .iter()
        .map(|offer| format!("{} {}", offer.id(), offer.price()))
        .collect()
}

fn product(id: &str) -> ProductId {
    id.parse().unwrap()
}

#[test]
fn a_section_overrides_what_it_names_and_inherits_the_rest() {
    let policy = parse(POLICY).unwrap();
    let of = |id: &str| ids(&policy.sale_of(&product(id)).offers);
    assert_eq!(
        of("org.example.Any"),
        ["purchase 100 tokens", "week 10 tokens", "ten 5 tokens"]
    );
    assert_eq!(
        of("org.example.Dear"),
        ["purchase 250 tokens", "week 10 tokens", "ten 5 tokens"]
    );
    assert_eq!(of("org.example.Rented"), ["purchase 100 tokens", "batch 3 tokens"]);
    assert_eq!(of("org.example.Sold"), ["purchase 100 tokens"]);
    let week = policy.sale_of(&product("a")).offers.rentals().next().unwrap().clone();
    assert_eq!(
        (week.allowance.to_string().as_str(), week.credit_permille),
        ("7 days", 500)
    );
    assert_eq!(policy.products().count(), 3);
}

#[test]
fn what_nothing_prices_is_not_for_sale() {
    assert!(parse("").unwrap().sale_of(&product("a")).offers.as_slice().is_empty());
    let policy = parse("[product.a]\npurchase = 1").unwrap();
    assert_eq!(ids(&policy.sale_of(&product("a")).offers), ["purchase 1 token"]);
    assert!(policy.sale_of(&product("b")).offers.as_slice().is_empty());
}

#[test]
fn mistakes_are_told_with_file_line_and_what_is_expected() {
    let rental = |rest: &str| format!("[default]\n\n[[default.rental]]\nid = \"w\"\nprice = 1\n{rest}\n");
    for (text, line, words) in [
        ("[default\n".to_owned(), 1, ""),
        (
            "[default]\npurchase = -1".to_owned(),
            2,
            "-1 is not an amount of tokens",
        ),
        ("[default]\npurchase = 1.5".to_owned(), 2, ""),
        ("[default]\npurchase = \"1\"".to_owned(), 2, ""),
        (
            "[default]\npurchase = 99999999999999999".to_owned(),
            2,
            "not an amount of tokens",
        ),
        (
            "[default]\nprice = 1".to_owned(),
            2,
            "unknown field `price`, expected one of `purchase`, `rental`",
        ),
        ("[defaults]\npurchase = 1".to_owned(), 1, "unknown field `defaults`"),
        ("[default]\npurchase = 1\npurchase = 2".to_owned(), 3, "duplicate key"),
        ("\n[product.\"a/b\"]\npurchase = 1".to_owned(), 2, "is not a product id"),
        (rental(""), 3, "at least one of duration, uses and processings"),
        (rental("uses = 1\npauses = 1"), 3, "both pauses and pause_max"),
        (rental("uses = 1\ngrace = \"long\""), 3, "grace = "),
        (rental("uses = 1\nrefund_permille = 1001"), 1, "refund_permille"),
        (rental("duration = \"soon\""), 3, "as in \"7d\""),
        (rental("duration = \"1s\""), 1, "1 minute"),
        (rental("uses = -1"), 6, ""),
        (rental("uses = 0"), 1, ""),
        (rental("uses = 1\ncredit_permille = 1001"), 1, "at most 1000"),
        (rental("uses = 1\ncredit_permille = 70000"), 7, ""),
        (rental("uses = 1\nrenewal = true"), 7, "unknown field `renewal`"),
        (rental("uses = 1").replace("\"w\"", "\"w w\""), 4, "is not an offer id"),
        (rental("uses = 1").replace("price = 1", ""), 3, "missing field `price`"),
        (
            rental("uses = 1").replace("price = 1", "price = 0"),
            1,
            "at least 1 token",
        ),
        (
            rental("uses = 1")
                .replace("[default]", "[default]\npurchase = 1")
                .replace("\"w\"", "\"purchase\""),
            1,
            "same id",
        ),
    ] {
        let error = parse(&text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CatalogPricesInvalid);
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("prices.toml: line {line}: ")),
            "{text}\n{message}"
        );
        assert!(message.contains(words), "{text}\n{message}");
    }
}

#[test]
fn a_policy_is_read_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prices.toml");
    assert_eq!(
        PricePolicy::read(&path).unwrap_err().code(),
        ErrorCode::CatalogUnavailable
    );
    std::fs::write(&path, POLICY).unwrap();
    assert_eq!(PricePolicy::read(&path).unwrap(), parse(POLICY).unwrap());
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "(\\[|\\]|default|product|rental|=|\"|\\.|id|uses|[0-9]|\n| |é){0,40}") {
        if let Err(error) = parse(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
