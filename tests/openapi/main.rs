//! The description of the API against a running server: schemathesis, which nobody here wrote, sends what fits it and what does
//! not, and every answer must be one that is described.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod customer;
mod examples;
mod shop;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use scrip_testkit::{SECRET_KEY, Stripe, WEBHOOK_SECRET, python};
use scrip_tests::Vendor;
use serde_json::Value;

use crate::customer::Made;

/// What is asked of every answer. Data that fits may still be refused, because there is no such product or too few tokens, so
/// that `positive_data_acceptance` says nothing here; `NEVER_DONE` holds instead which routes never did what was asked.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,ignored_auth";

/// Routes that would end the session or the account with which everything is asked.
const LEFT_OUT: [&str; 4] = [
    "DELETE /v1/sessions/current",
    "DELETE /v1/sessions/{id}",
    "POST /v1/account/erase",
    "POST /v1/account/password",
];

/// Routes that can only refuse here: what they need comes by mail, from a browser or an authenticator, is signed by the provider or
/// with a device's key, or is a picture of a catalog.
const NEVER_DONE: [&str; 11] = [
    "GET /v1/icons/{sha256}",
    "POST /v1/account/second-factor/confirm",
    "POST /v1/account/verification",
    "POST /v1/activations/{activation}/journal",
    "POST /v1/claims",
    "POST /v1/offline/requests",
    "POST /v1/recoveries",
    "POST /v1/recoveries/finish",
    "POST /v1/sessions/exchange",
    "POST /v1/stripe/webhook",
    "POST /v1/verifications",
];

/// More sign-ins in a minute than people make.
const SETTINGS: &str = "registration_tokens = 100000\nsign_ins_per_minute = 1000000\n";

#[test]
fn every_answer_is_described_whatever_is_asked() {
    let stripe = Stripe::start();
    let environment = vec![
        ("SCRIP_STRIPE_URL", stripe.url().to_owned()),
        ("SCRIP_STRIPE_SECRET_KEY", SECRET_KEY.to_owned()),
        ("SCRIP_STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
        ("SCRIP_LOG", "error".to_owned()),
    ];
    let mut vendor = Vendor::prepare(SETTINGS, environment);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let voucher = runtime.block_on(shop::prepare(&vendor, folder.path()));
    vendor.restart();
    let made = runtime.block_on(customer::live(&vendor, voucher));
    let mut document: Value = serde_json::from_str(&vendor.get("/v1/openapi.json")).unwrap();
    examples::write(&mut document, &made);
    std::fs::write(folder.path().join("openapi.json"), document.to_string()).unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), config(&made)).unwrap();
    let mut run = Command::new(python().with_file_name("schemathesis"));
    run.current_dir(folder.path())
        .args([
            "--config-file",
            "schemathesis.toml",
            "--no-color",
            "run",
            "openapi.json",
        ])
        .args([
            "--url",
            &vendor.url(),
            "--checks",
            CHECKS,
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args(["--max-examples", "8", "--seed", "20260705", "--workers", "1"])
        .args(["--generation-database", "none", "--continue-on-failure", "--no-shrink"])
        .args(["--report", "ndjson", "--report-ndjson-path", "asked.ndjson"])
        .args(["--header", &format!("Authorization: Bearer {}", made.token)]);
    let output = run.output().expect("schemathesis runs: cargo xtask setup installs it");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{}", said.split_once("SUMMARY").map_or(&*said, |(_, summary)| summary));
    let done = done(&folder.path().join("asked.ndjson"));
    println!("{} answers that did what was asked", done.values().sum::<usize>());
    let never: Vec<&str> = done
        .iter()
        .filter(|(_, times)| **times == 0)
        .map(|(route, _)| route.as_str())
        .collect();
    assert_eq!(never, NEVER_DONE, "routes that never did what was asked");
    assert!(vendor.audit().ends_with("the books balance\n"));
}

/// Real ids stand in every second address, and the left-out routes are not called.
fn config(made: &Made) -> String {
    let mut text = "[warnings]\nenabled = false\n".to_owned();
    for (name, value) in &made.names {
        write!(text, "[dictionaries.{name}]\nvalues = [\"{value}\"]\n").unwrap();
    }
    text.push_str("[parameters]\n");
    for (name, _) in &made.names {
        for place in ["path", "body"] {
            writeln!(
                text,
                "\"{place}.{name}\" = {{ dictionary = \"{name}\", probability = 0.5 }}"
            )
            .unwrap();
        }
    }
    for route in LEFT_OUT {
        writeln!(text, "[[operations]]\ninclude-name = \"{route}\"\nenabled = false").unwrap();
    }
    text
}

/// How often each route did what was asked, from the log of a run: one event on each line, and in those that end a scenario every
/// answer.
fn done(log: &Path) -> BTreeMap<String, usize> {
    let mut done = BTreeMap::new();
    for line in std::fs::read_to_string(log).unwrap().lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let recorder = &event["ScenarioFinished"]["recorder"];
        let Some(route) = recorder["label"].as_str() else {
            continue;
        };
        let answers = recorder["interactions"].as_object().into_iter().flatten();
        let successes = answers.filter(|(_, asked)| {
            let status = asked["response"]["status_code"].as_u64();
            status.is_some_and(|status| (200..400).contains(&status))
        });
        *done.entry(route.to_owned()).or_default() += successes.count();
    }
    done
}
