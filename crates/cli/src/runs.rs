//! Starting a program that asks for nothing itself.

use std::process::{ExitCode, ExitStatus};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use scrip_app::{App, Failure, Start};
use scrip_domain::ProductId;
use serde_json::json;
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::RunArgs;
use crate::codes::resolve_offline;
use crate::output::Output;
use crate::programs::left_words;

pub(crate) async fn run(app: &App, output: Output, run: RunArgs) -> Result<ExitCode, Failure> {
    let product = resolve_offline(app, output, &run.product).await?;
    if run.desktop_entry {
        let path = app.write_run_entry(&product).await?;
        output.show(&json!({ "product": product, "file": path.to_string_lossy() }), || {
            format!("The menu entry is {}.", path.display())
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let start = app.begin_run(&product).await?;
    for warning in &start.warnings {
        output.note(&format!("{warning}."));
    }
    let left = left_words(&start.left);
    if start.counted && !left.is_empty() {
        output.note(&format!("one use of {product} is counted: {left}."));
    }
    let status = carry(app, output, &product, &start, &run).await?;
    Ok(exit_code(status))
}

/// Runs the program to its end, and keeps what is on loan for it fresh meanwhile.
async fn carry(
    app: &App,
    output: Output,
    product: &ProductId,
    start: &Start,
    run: &RunArgs,
) -> Result<ExitStatus, Failure> {
    let failed = |why: String| {
        Failure::from(scrip_app::Error::LaunchFailed {
            product: product.clone(),
            why,
        })
    };
    let (program, arguments) = start
        .argv
        .split_first()
        .ok_or_else(|| failed("nothing starts it".to_owned()))?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).args(&run.arguments);
    if let Some(folder) = &start.working_dir {
        command.current_dir(folder);
    }
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let hear = |kind| signal(kind).map_err(|error| failed(error.to_string()));
    // The keys that stop a program in a terminal reach the program too: it decides, and this one waits for it.
    let mut interrupts = hear(SignalKind::interrupt())?;
    // This one comes to a single process: the program is the one that is meant.
    let mut terminations = hear(SignalKind::terminate())?;
    let mut heartbeat = std::pin::pin!(app.keep_leases());
    loop {
        tokio::select! {
            status = child.wait() => return status.map_err(|error| failed(error.to_string())),
            () = &mut heartbeat => output.note("what is on loan is not renewed any more."),
            _ = interrupts.recv() => {}
            _ = terminations.recv() => terminate(&child).map_err(|error| failed(error.to_string()))?,
        }
    }
}

/// Asks the program to end; it may take its time.
fn terminate(child: &Child) -> std::io::Result<()> {
    // Until it was waited for, its id is no other's.
    let Some(id) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) else {
        return Ok(());
    };
    match kill_process(id, Signal::TERM) {
        Err(Errno::SRCH) => Ok(()),
        sent => Ok(sent?),
    }
}

/// The program's own status; 128 and the number of the signal where one ended it, as shells have it.
fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn the_programs_status_is_passed_on() {
        for (raw, code) in [(0, 0), (7 << 8, 7), (255 << 8, 255), (9, 137)] {
            let passed = format!("{:?}", exit_code(ExitStatus::from_raw(raw)));
            assert_eq!(passed, format!("{:?}", ExitCode::from(code)), "{raw}");
        }
    }
}
