//! Deeds that need a second operator, with the program on the machine.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use scrip_domain::{BillingPolicy, Role};
use uuid::Uuid;

use crate::billing::ACT;
use crate::browser::{Browser, admit};
use crate::deeds::strict;
use crate::support::Api;

/// Runs the program on the machine.
fn machine(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scrip-server"))
        .args(["--data", data.to_str().unwrap()])
        .args(arguments)
        .env_remove("DATABASE_URL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn says(output: &Output, status: i32, words: &str) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(words), "{words}: {said}");
    said
}

#[expect(clippy::too_many_lines, reason = "one command after the other")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_on_the_machine_waits_the_same_way() {
    let api = Api::new().await;
    api.register("ada@example.com").await;
    let data = api.folder.path();
    let run = |arguments: &[&str], input: &str| machine(data, arguments, input);
    let grant = [
        "grant",
        "--user",
        "ada@example.com",
        "--tokens",
        "7",
        "--reason",
        "welcome back",
    ];
    says(
        &run(&grant, ""),
        0,
        "issued 7 tokens to ada@example.com; the wallet holds 107",
    );
    let store = api.server.store();
    store.put_setting(&strict(), &ACT).await.unwrap();
    // Nobody could approve that the first operator is admitted.
    let add = |email: &'static str, role: &'static str| {
        ["operator", "add", "--email", email, "--role", role, "--password-stdin"]
    };
    says(
        &run(&add("ivy@vendor.example", "owner"), "correct horse\n"),
        0,
        "can sign in",
    );
    assert!(
        store
            .last_act("emergency")
            .await
            .unwrap()
            .unwrap()
            .why
            .contains("nobody could approve it")
    );
    says(
        &run(&add("bob@vendor.example", "support"), "correct horse\n"),
        3,
        "Admit bob@vendor.example as Support.",
    );

    let before = store
        .user_by_email(&"ada@example.com".parse().unwrap())
        .await
        .unwrap()
        .unwrap()
        .balance;
    says(&run(&grant, ""), 3, "Give 7 tokens to ada@example.com.");
    let listed = says(&run(&["approvals", "list"], ""), 0, "Give 7 tokens to ada@example.com.");
    let id = |listed: &str, summary: &str| -> String {
        let lines: Vec<_> = listed.lines().collect();
        let at = lines.iter().position(|line| line.contains(summary)).unwrap();
        lines[at - 1].split_whitespace().next().unwrap().to_owned()
    };
    let request = id(&listed, "Give 7 tokens");
    let decide = |what: &'static str, request: &str, who: &'static str, password: &str| {
        let arguments = [
            "approvals",
            what,
            request,
            "--as",
            who,
            "--password-stdin",
            "--reason",
            "checked",
        ];
        machine(data, &arguments, password)
    };
    says(
        &decide("confirm", &request, "ivy@vendor.example", "wrong horse\n"),
        1,
        "[auth.credentials_wrong]",
    );
    says(
        &decide("confirm", &request, "nobody@vendor.example", "correct horse\n"),
        1,
        "[auth.credentials_wrong]",
    );
    says(
        &decide("confirm", &request, "ivy@vendor.example", "correct horse\n"),
        0,
        "7 tokens given",
    );
    says(
        &decide("confirm", &request, "ivy@vendor.example", "correct horse\n"),
        1,
        "[approval.decided]",
    );
    let after = store
        .user_by_email(&"ada@example.com".parse().unwrap())
        .await
        .unwrap()
        .unwrap()
        .balance;
    assert_eq!(after.get(), before.get() + 7, "given once");

    // A leave: the password of a new operator stays with who has the machine.
    let request = id(&listed, "Admit bob");
    says(
        &decide("confirm", &request, "ivy@vendor.example", "correct horse\n"),
        0,
        "It may be done now",
    );
    says(
        &run(&add("bob@vendor.example", "support"), "correct horse\n"),
        0,
        "can sign in",
    );
    says(
        &decide(
            "refuse",
            &Uuid::new_v4().to_string(),
            "bob@vendor.example",
            "correct horse\n",
        ),
        1,
        "[operator.forbidden]",
    );

    let make = ["voucher", "make", "--tokens", "100", "--count", "5", "--label", "Fair"];
    says(&run(&make, ""), 3, "Make 5 vouchers of 100 tokens for Fair.");
    let seller = ["invoice", "set", "seller=Ada Ltd"];
    says(&run(&seller, ""), 3, "Change the settings Bills: seller=Ada Ltd.");
    let price = [
        "tokens",
        "price",
        "set",
        "--currency",
        "EUR",
        "--price",
        "0.10",
        "--reason",
        "new",
    ];
    says(&run(&price, ""), 3, "Sell tokens for 0.10 EUR.");
    says(
        &run(&["keys", "rotate"], ""),
        3,
        "Make a new signing key, on the machine.",
    );
    let listed = says(&run(&["approvals", "list"], ""), 0, "Make a new signing key");
    let request = id(&listed, "Make a new signing key");
    says(
        &decide("refuse", &request, "ivy@vendor.example", "correct horse\n"),
        0,
        "It will not be done.",
    );
    let request = id(&listed, "Change the settings Bills");
    says(
        &decide("confirm", &request, "ivy@vendor.example", "correct horse\n"),
        0,
        "Saved.",
    );
    let bills: BillingPolicy = store.setting().await.unwrap();
    assert_eq!(bills.seller, "Ada Ltd");

    // In an emergency nothing waits, and nobody can miss it.
    says(
        &run(&[&make[..], &["--emergency", "short"]].concat(), ""),
        2,
        "10 to 200 visible characters",
    );
    let why = "the stand opens in an hour and nobody is there";
    says(
        &run(&[&make[..], &["--emergency", why]].concat(), ""),
        0,
        "batch 1: 5 vouchers of 100 tokens",
    );
    let loud = store.last_act("emergency").await.unwrap().unwrap();
    assert!(
        loud.action == "approvals.passed_over" && loud.why.contains(why),
        "{loud:?}"
    );
    let mut finance = Browser::new(&api);
    admit(&api, "finance@vendor.example", Role::Finance).await;
    let fields = [("email", "finance@vendor.example"), ("password", "correct horse")];
    finance.fill("/console/sign-in", "/console/sign-in", &fields).await;
    let page = finance.page("/console").await;
    assert!(
        page.contains("Without a second operator") && page.contains(why),
        "{page}"
    );
    assert_eq!(store.audit().await.unwrap().breaches, []);
}
