//! Feeds the readers of everything that comes from outside with what nobody would send, for a fixed number of times.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::places::Places;
use crate::process::{cargo, read, show};

/// The version of cargo-fuzz that the targets are built with.
const CARGO_FUZZ_VERSION: &str = "0.13.2";
/// The compiler that has the sanitizers.
const TOOLCHAIN: &str = "nightly";
/// The longest input, in bytes: several times the longest seed.
const INPUT_BYTES_MAX: u32 = 16 * 1024;
/// An input that takes longer than this, in seconds, is a fault.
const SECONDS_MAX: u32 = 10;

#[derive(Args)]
pub(crate) struct Options {
    /// How often each target is run.
    #[arg(long, default_value_t = 200_000)]
    runs: u64,
    /// Where the randomness begins: the same number tries the same inputs on the same build and corpus.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Only the targets whose name contains this.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    only: String,
}

/// Runs every target; fails on the first input that panics, hangs or breaks memory, and says where it is kept.
pub(crate) fn fuzz(places: &Places, options: &Options) -> Result<()> {
    let mut targets = targets(&places.root)?;
    targets.retain(|target| target.contains(&options.only));
    if targets.is_empty() {
        bail!("no target's name contains {:?}", options.only);
    }
    install_toolchain()?;
    let tool = install_cargo_fuzz(places)?;
    for target in &targets {
        show(cargo_fuzz(places, &tool).args(["build", target]))?;
    }
    for target in &targets {
        let start = Instant::now();
        run(places, &tool, target, options)?;
        println!(
            "    {target}: {} executions, {:.1} s",
            options.runs,
            start.elapsed().as_secs_f64()
        );
    }
    println!(
        "    {} targets, {} executions each, no crash",
        targets.len(),
        options.runs
    );
    Ok(())
}

/// The targets by name: a file each.
fn targets(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("fuzz/fuzz_targets");
    let mut targets = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry.with_context(|| format!("reading {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.file_stem().unwrap_or_default();
            targets.push(name.to_string_lossy().into_owned());
        }
    }
    targets.sort();
    Ok(targets)
}

fn run(places: &Places, tool: &Path, target: &str, options: &Options) -> Result<()> {
    let corpus = places.cached(&format!("fuzz/corpus/{target}"))?;
    let found = places.cached(&format!("fuzz/found/{target}"))?;
    let mut command = cargo_fuzz(places, tool);
    command.args(["run", target]).arg(corpus);
    // What is found new goes to the first folder; the seeds are only read.
    let seeds = places.root.join("fuzz/seeds").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args([
        "--".to_owned(),
        format!("-runs={}", options.runs),
        format!("-seed={}", options.seed),
        format!("-max_len={INPUT_BYTES_MAX}"),
        format!("-timeout={SECONDS_MAX}"),
        format!("-artifact_prefix={}/", found.display()),
        "-print_final_stats=1".to_owned(),
        "-print_funcs=0".to_owned(),
        "-verbosity=0".to_owned(),
    ]);
    show(&mut command).with_context(|| format!("an input was found, see {}", found.display()))
}

fn cargo_fuzz(places: &Places, tool: &Path) -> Command {
    let mut command = Command::new(tool);
    command
        .current_dir(&places.root)
        .env("CARGO_TARGET_DIR", places.target.join("fuzz"))
        .env("RUSTUP_TOOLCHAIN", TOOLCHAIN);
    // Set by the cargo that runs this program: they would bring back its own compiler.
    for name in ["CARGO", "RUSTC", "RUSTDOC"] {
        command.env_remove(name);
    }
    command
}

fn install_toolchain() -> Result<()> {
    let installed = read(Command::new("rustup").args(["toolchain", "list"]))?;
    if installed.lines().any(|line| line.starts_with(TOOLCHAIN)) {
        return Ok(());
    }
    println!("    only the {TOOLCHAIN} compiler has the sanitizers: installing it");
    show(Command::new("rustup").args(["toolchain", "install", TOOLCHAIN, "--profile", "minimal"]))
}

fn install_cargo_fuzz(places: &Places) -> Result<PathBuf> {
    let tools = places.cached("tools")?;
    let tool = tools.join(format!("bin/cargo-fuzz{}", env::consts::EXE_SUFFIX));
    let stamp = tools.join(format!("cargo-fuzz-{CARGO_FUZZ_VERSION}"));
    if !stamp.is_file() || !tool.is_file() {
        println!("    cargo-fuzz {CARGO_FUZZ_VERSION} builds and runs the targets: compiling it, once");
        show(
            cargo(places)
                .args([
                    "install",
                    "cargo-fuzz",
                    "--version",
                    CARGO_FUZZ_VERSION,
                    "--locked",
                    "--quiet",
                    "--root",
                ])
                .arg(&tools),
        )?;
        fs::write(&stamp, "").with_context(|| format!("writing {}", stamp.display()))?;
    }
    Ok(tool)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_target_is_built_and_has_seeds() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifest = std::fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap();
        let targets = super::targets(root).unwrap();
        assert!(!targets.is_empty());
        for target in targets {
            assert!(
                manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")),
                "{target} is missing in fuzz/Cargo.toml"
            );
            assert!(root.join("fuzz/seeds").join(&target).is_dir(), "{target} has no seeds");
        }
    }
}
