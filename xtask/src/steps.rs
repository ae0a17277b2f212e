//! The chores that are a list of steps: test, tidy, bench.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::clicks;
use crate::page;
use crate::places::Places;
use crate::process::{cargo, npm, show};
use crate::sdk;
use crate::setup::{self, Job};
use crate::tidy;

/// One feature set for everything that cargo does, so that nothing is compiled twice: the window with its page inside.
const FEATURES: [&str; 2] = ["--features", "scrip-desktop/custom-protocol"];

type Step<'a> = (&'a str, Box<dyn Fn() -> Result<()> + 'a>);

/// Runs everything that must pass, or only the steps whose name contains `only`; stops at the first failure.
pub(crate) fn test(places: &Places, only: &str) -> Result<()> {
    println!("cargo builds in {}", places.target.display());
    let ui = places.root.join("ui");
    let mut steps: Vec<Step<'_>> = vec![
        ("set up", Box::new(|| setup::set_up(places, &Job::ALL))),
        ("rules of the house", Box::new(|| tidy(places))),
        (
            "formatting",
            Box::new(|| show(cargo(places).args(["fmt", "--all", "--check"]))),
        ),
        (
            "page: types",
            Box::new(|| show(npm(&ui).args(["run", "--silent", "check"]))),
        ),
        ("page: tests", Box::new(|| show(npm(&ui).args(["test", "--silent"])))),
        ("page: build", Box::new(|| page::build(places))),
        (
            "lints",
            Box::new(|| show(workspace(places, "clippy").args(["--all-targets", "--", "-D", "warnings"]))),
        ),
        (
            "build",
            Box::new(|| show(workspace(places, "build").arg("--all-targets"))),
        ),
        (
            "page: tests in a browser",
            Box::new(|| browser_tests(places, "test:browser")),
        ),
        (
            "page on the real core: tests in a browser",
            Box::new(|| browser_tests(places, "test:core")),
        ),
        (
            "account and console: tests in a browser",
            Box::new(|| browser_tests(places, "test:pages")),
        ),
        ("tests", Box::new(|| show(&mut tests(places)))),
        ("tests in the window", Box::new(|| clicks::test(places))),
    ];
    let names: Vec<_> = steps.iter().map(|(name, _)| *name).collect();
    steps.retain(|(name, _)| name.contains(only));
    let count = steps.len();
    if count == 0 {
        bail!("no step's name contains {only:?}; the steps: {}", names.join(", "));
    }
    for (number, (name, step)) in steps.into_iter().enumerate() {
        let start = Instant::now();
        println!("\n==> [{}/{count}] {name}", number + 1);
        if let Err(error) = step() {
            println!("\nsteps: {number} passed, 1 failed");
            return Err(error.context(format!("step \"{name}\" failed")));
        }
        println!("    {name}: {:.1} s", start.elapsed().as_secs_f64());
    }
    println!("\nsteps: {count} passed, 0 failed");
    Ok(())
}

/// Checks the rules of the house.
pub(crate) fn tidy(places: &Places) -> Result<()> {
    let faults = tidy::check(&places.root)?;
    for fault in &faults {
        eprintln!("    {fault}");
    }
    if !faults.is_empty() {
        bail!("{} rules are broken", faults.len());
    }
    println!("    every rule of the house holds");
    Ok(())
}

/// Measures, in a release build.
pub(crate) fn bench(places: &Places, arguments: &[String]) -> Result<()> {
    setup::set_up(places, &[Job::Build, Job::Run, Job::Test])?;
    let packages = ["scrip-server", "scrip-cli", "scrip-bench"];
    let build = packages.iter().flat_map(|package| ["-p", package]);
    show(cargo(places).args(["build", "--release", "--locked"]).args(build))?;
    sdk::build_footprint(places)?;
    let program = places.target.join("release").join("scrip-bench");
    show(Command::new(program).current_dir(&places.root).args(arguments))
}

fn workspace(places: &Places, verb: &str) -> Command {
    let mut command = cargo(places);
    command.args([verb, "--workspace", "--locked"]).args(FEATURES);
    command
}

fn tests(places: &Places) -> Command {
    let mut command = workspace(places, "test");
    // One run names everything that fails.
    command
        .arg("--no-fail-fast")
        .env("SCRIP_TAURI_DRIVER", places.tauri_driver())
        .env("SCRIP_PYTHON", places.python());
    command
}

/// Runs one of the page's suites of tests in a browser.
pub(crate) fn browser_tests(places: &Places, script: &str) -> Result<()> {
    let ui = places.root.join("ui");
    let package = std::fs::read_to_string(ui.join("package.json")).context("reading ui/package.json")?;
    if !package.contains(&format!("\"{script}\"")) {
        bail!("ui/package.json has no script {script}");
    }
    show(
        npm(&ui)
            .args(["run", "--silent", script])
            .env("CARGO_TARGET_DIR", &places.target),
    )
}
