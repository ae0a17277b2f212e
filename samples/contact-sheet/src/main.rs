//! Contact Sheet: the photos of a folder on one page.
//!
//! A sample of a program that asks Scrip's SDK for its license: each photo costs one processing where the license
//! counts them. It ends with 0 when all went well, 1 when something is wrong with the files, 2 when it was called
//! wrongly, and 3 when its license refuses.

mod conversation;
mod failure;
mod lettering;
mod license;
mod photos;
mod sheet;
mod work;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scrip_sdk::Scrip;

use crate::failure::Failure;
use crate::work::Job;

/// The photos of a folder on one page: a neat sheet with captions
#[derive(Parser)]
#[command(
    name = "contact-sheet",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Each photo costs one processing where your license counts them. A sheet that would cost more than is \
        left is refused and costs nothing; a photo that cannot be read costs nothing. A sheet that is stopped halfway has \
        cost the photos drawn so far.\n\nExit status: 0 done, 1 something is wrong with the files, 2 called wrongly, \
        3 refused by the license."
)]
struct Arguments {
    #[command(subcommand)]
    question: Option<Question>,
    /// The folder with the photos (PNG and JPEG); asked for in a terminal where none is given
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Where to write the sheet, a .png or .jpg; contact-sheet.png in the folder by default
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How many photos stand beside each other
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=12))]
    columns: u32,
    /// What stands above the photos; the folder's name by default
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Only show what the sheet would cost and what is left
    #[arg(long)]
    plan: bool,
}

#[derive(Subcommand)]
enum Question {
    /// Show your license: what is left of it, and how much of the program is yours
    License,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(&mut io::stderr().lock()),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    if arguments.question.is_some() {
        let answer = license::open()?.authorize()?;
        return say(&license::words(&answer));
    }
    let job = |folder| Job::new(folder, arguments.output, arguments.columns, arguments.title);
    let scrip: Scrip = license::open()?;
    let Some(folder) = arguments.folder else {
        if !io::stdin().is_terminal() {
            return Err(Failure::Usage("a folder is expected; see contact-sheet --help"));
        }
        return conversation::hold(&scrip, job, &mut io::stdin().lock(), &mut io::stdout().lock());
    };
    let job = job(folder)?;
    let plan = work::plan(&scrip, &job)?;
    if arguments.plan {
        say(&plan.words())?;
        return plan.require_enough();
    }
    work::perform(&scrip, &job, &plan, &mut io::stdout().lock())
}

fn say(text: &str) -> Result<(), Failure> {
    use io::Write as _;
    writeln!(io::stdout(), "{text}").map_err(Failure::Output)
}
