//! Measures Scrip against what stands beside it on the same machine, and writes what came out to docs/benchmarks.md.
//!
//! Every number is a ratio of one run: ours and the peer's are measured in turns, so that a slow moment of the
//! machine hits both. Quoted are the median of the rounds' ratios and their range.

mod checkouts;
mod codes;
mod disk;
mod download;
mod footprint;
mod machine;
mod numbers;
mod pages;
mod report;
mod rounds;
mod scan;
mod sdk;
mod search;
mod server;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use clap::{Parser, ValueEnum};

use crate::report::Report;
use crate::rounds::Effort;

/// Measures Scrip against what stands beside it.
#[derive(Parser)]
#[command(name = "scrip-bench")]
struct Arguments {
    /// Measure only this; docs/benchmarks.md stays as it is
    #[arg(long, value_enum, value_name = "NAME")]
    only: Option<Subject>,
    /// Fewer and shorter rounds; docs/benchmarks.md stays as it is
    #[arg(long)]
    quick: bool,
    /// Make the vendor whose pages are measured so many times smaller; docs/benchmarks.md stays as it is
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    smaller: u32,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Whole HTTP checkouts against pgbench.
    Checkouts,
    /// One authorization code against a bare signature and another library.
    Codes,
    /// The SDK's answers and units against bare signatures, another library and the bare disk.
    Sdk,
    /// The scan of installed programs against dpkg-query.
    Scan,
    /// Search as you type against appstreamcli.
    Search,
    /// A verified download against curl.
    Download,
    /// What linking the SDK adds to a program.
    Footprint,
    /// Every page of the console and the account on a large vendor.
    Pages,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scrip-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    ensure!(
        !cfg!(debug_assertions),
        "a debug build says nothing about speed: run `cargo xtask bench`"
    );
    let effort = if arguments.quick { Effort::QUICK } else { Effort::FULL };
    let mut report = Report::new(machine::Facts::read()?);
    for &subject in Subject::value_variants() {
        if arguments.only.is_some_and(|only| only != subject) {
            continue;
        }
        eprintln!("==> {subject:?}");
        let measured = match subject {
            Subject::Checkouts => checkouts::measure(effort, &mut report),
            Subject::Codes => codes::measure(effort, &mut report),
            Subject::Sdk => sdk::measure(effort, &mut report),
            Subject::Scan => scan::measure(effort, &mut report),
            Subject::Search => search::measure(effort, &mut report),
            Subject::Download => download::measure(effort, &mut report),
            Subject::Footprint => footprint::measure(effort, &mut report),
            Subject::Pages => pages::measure(effort, usize::try_from(arguments.smaller)?, &mut report),
        };
        measured.with_context(|| format!("measuring {subject:?}"))?;
    }
    let text = report.render()?;
    println!("{text}");
    if arguments.only.is_none() && !arguments.quick && arguments.smaller == 1 {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("the crate has no parent folder")?;
        let path = root.join("docs/benchmarks.md");
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        eprintln!("written to {}", path.display());
    }
    Ok(())
}
