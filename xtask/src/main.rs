//! Every chore of the project as `cargo xtask NAME`: set up, run, test, check the house rules, measure.

mod clicks;
mod display;
mod fuzz;
mod page;
mod places;
mod process;
mod run;
mod samples;
mod sdk;
mod setup;
mod steps;
mod store;
mod tidy;
mod till;
mod tour;
mod window;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::places::Places;
use crate::setup::Job;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Every chore of the project",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Install what building, running and testing need and this machine lacks.
    Setup {
        /// Only what building and running need.
        #[arg(long)]
        run_only: bool,
    },
    /// Build everything, fill a store with this distribution's programs, and open the window.
    Run(run::Options),
    /// Everything that must pass: rules, formatting, lints, tests of the page, of every crate, of the window.
    Test {
        /// Only the steps whose name contains this, such as "window".
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        only: String,
    },
    /// What a build machine runs: the same as `test`.
    Ci,
    /// Check the rules of the house: dependency arrows, file length, forbidden words, translations.
    Tidy,
    /// Measure against what stands beside it, in release builds, and write docs/benchmarks.md.
    Bench {
        /// Passed on to the measuring program; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build what publishers link, and install its header, libraries, pkg-config file and Python package.
    Sdk {
        /// Where to install, such as /usr/local; without it below the folder in which cargo builds.
        #[arg(long, value_name = "DIR")]
        prefix: Option<std::path::PathBuf>,
    },
    /// Feed the readers of codes, files, pictures, requests, bundles and keys with random input; fails on any crash.
    Fuzz(fuzz::Options),
    /// Build and package the program in samples/: a .deb, an archive, and with --windows an installer.
    Samples(samples::Options),
    /// Make the README's pictures: docs/window.png and a customer's tour from the real window, an operator's from the console.
    Screenshot,
}

fn main() -> ExitCode {
    match perform(Arguments::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(chore: Chore) -> Result<()> {
    let places = Places::find()?;
    match chore {
        Chore::Setup { run_only: true } => setup::set_up(&places, &[Job::Build, Job::Run]),
        Chore::Setup { run_only: false } => setup::set_up(&places, &Job::ALL),
        Chore::Run(options) => run::run(&places, &options),
        Chore::Test { only } => steps::test(&places, &only),
        Chore::Ci => steps::test(&places, ""),
        Chore::Tidy => steps::tidy(&places),
        Chore::Bench { arguments } => steps::bench(&places, &arguments),
        Chore::Sdk { prefix } => sdk::install(&places, prefix),
        Chore::Fuzz(options) => fuzz::fuzz(&places, &options),
        Chore::Samples(options) => samples::package(&places, &options),
        Chore::Screenshot => tour::take_pictures(&places),
    }
}
