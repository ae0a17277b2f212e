//! Started from a menu: the program asks for the folder, says what the sheet costs, and waits for a yes.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use scrip_sdk::Scrip;

use crate::failure::Failure;
use crate::license;
use crate::work::{self, Job};

/// Makes one sheet. What goes wrong is told before the window closes.
pub(crate) fn hold(
    scrip: &Scrip,
    job: impl FnOnce(PathBuf) -> Result<Job, Failure>,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let made = make(scrip, job, input, out);
    if let Err(failure) = &made {
        failure.tell(out);
    }
    ask(input, out, "Press Enter to close: ")?;
    made
}

fn make(
    scrip: &Scrip,
    job: impl FnOnce(PathBuf) -> Result<Job, Failure>,
    input: &mut impl BufRead,
    out: &mut impl Write,
) -> Result<(), Failure> {
    writeln!(out, "{}\n", license::words(&scrip.authorize()?)).map_err(Failure::Output)?;
    let folder = ask(input, out, "Folder with the photos: ")?;
    if folder.is_empty() {
        return Ok(());
    }
    let job = job(PathBuf::from(folder))?;
    let plan = work::plan(scrip, &job)?;
    writeln!(out, "{}", plan.words()).map_err(Failure::Output)?;
    plan.require_enough()?;
    if !matches!(ask(input, out, "Make the sheet? [y/N] ")?.as_str(), "y" | "Y" | "yes") {
        return Ok(());
    }
    work::perform(scrip, &job, &plan, out)
}

fn ask(input: &mut impl BufRead, out: &mut impl Write, question: &str) -> Result<String, Failure> {
    write!(out, "{question}")
        .and_then(|()| out.flush())
        .map_err(Failure::Output)?;
    let mut line = String::new();
    input.read_line(&mut line).map_err(Failure::Output)?;
    Ok(line.trim().to_owned())
}
