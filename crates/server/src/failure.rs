//! How a command of the terminal fails.

use std::process::ExitCode;

use scrip_domain::Coded as _;

use crate::commands::approvals;

/// Says on standard error what failed, why, and what to do next.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    if let Some(waits) = error.downcast_ref::<approvals::Waits>() {
        println!("{waits}");
        return ExitCode::from(approvals::WAITS_STATUS);
    }
    eprintln!("scrip-server: {}", in_words(error));
    let known = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<scrip_server::Error>());
    if let Some(known) = known {
        for hint in known.hints() {
            eprintln!("  {hint}");
        }
        eprintln!("  [{}]", known.code());
    }
    ExitCode::FAILURE
}

/// An error and what caused it. Some messages end with their cause, which is not said again.
fn in_words(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if words.is_empty() {
            words = cause;
        } else if !words.ends_with(&cause) {
            words = format!("{words}: {cause}");
        }
    }
    words
}
