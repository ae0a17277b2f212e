//! How results and failures are told.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use scrip_app::Failure;
use serde::Serialize;

/// How this run tells things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// One JSON object instead of words.
    pub(crate) json: bool,
}

impl Output {
    /// Tells a result: as JSON, or in the words that `words` gives.
    pub(crate) fn show<T: Serialize>(self, result: &T, words: impl FnOnce() -> String) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string_pretty(result)
                .map_err(|error| internal("the result cannot be written as JSON", &error))?
        } else {
            minutes(&words())
        };
        print(&text)
    }

    /// Tells something beside the result; never beside JSON.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            complain(&minutes(&format!("note: {text}")));
        }
    }

    /// Tells a failure, and gives the exit status that belongs to it.
    pub(crate) fn fail(self, failure: &Failure) -> ExitCode {
        complain(&if self.json {
            in_json(failure)
        } else {
            minutes(&in_words(failure))
        });
        ExitCode::FAILURE
    }

    /// Whether progress is drawn.
    pub(crate) fn draws_progress(self) -> bool {
        !self.json && io::stderr().is_terminal()
    }
}

/// Tells that the command line was not understood, or the help that was asked for.
pub(crate) fn refuse_usage(error: &clap::Error, json: bool) -> ExitCode {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_help || !json {
        return match error.print() {
            Ok(()) if is_help => ExitCode::SUCCESS,
            _ => ExitCode::from(2),
        };
    }
    complain(&in_json(&usage_failure(error)));
    ExitCode::from(2)
}

fn usage_failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let message = lines.next().unwrap_or("the command was not understood");
    let details: Vec<&str> = lines.clone().take_while(|line| !line.starts_with("Usage:")).collect();
    let mut message = message.trim_start_matches("error: ").to_owned();
    for detail in details.iter().filter(|line| !line.starts_with("tip:")) {
        message.push(' ');
        message.push_str(detail);
    }
    let usage = lines.find(|line| line.starts_with("Usage:")).map(str::to_owned);
    Failure {
        code: "command.invalid".to_owned(),
        message,
        hints: usage
            .into_iter()
            .chain(["Run \"scrip --help\" for all commands.".to_owned()])
            .collect(),
        quote: None,
    }
}

/// A failure of this program itself.
pub(crate) fn internal(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure {
        code: "internal.error".to_owned(),
        message: format!("{what}: {error}"),
        hints: Vec::new(),
        quote: None,
    }
}

/// The text with every instant (RFC 3339) told to the minute: `2025-06-01T09:30:00Z` becomes `2025-06-01 09:30 UTC`.
fn minutes(text: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let bytes = text.as_bytes();
    let mut told = String::with_capacity(text.len());
    let mut at = 0;
    let mut kept = 0;
    while at + SHAPE.len() < bytes.len() {
        let fits = bytes[at..].iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        });
        let fraction = bytes[at + SHAPE.len()..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
            .count();
        let end = at + SHAPE.len() + fraction;
        if fits && bytes.get(end) == Some(&b'Z') {
            told.push_str(&text[kept..at]);
            told.push_str(&text[at..at + 10]);
            told.push(' ');
            told.push_str(&text[at + 11..at + 16]);
            told.push_str(" UTC");
            at = end + 1;
            kept = at;
        } else {
            at += 1;
        }
    }
    told.push_str(&text[kept..]);
    told
}

fn in_words(failure: &Failure) -> String {
    let mut text = format!("error: {} [{}]", failure.message, failure.code);
    for hint in &failure.hints {
        text.push_str("\n  ");
        text.push_str(hint);
    }
    text
}

fn in_json(failure: &Failure) -> String {
    serde_json::to_string(failure).unwrap_or_else(|_| r#"{"code":"internal.error","message":"","hints":[]}"#.to_owned())
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let end = if text.ends_with('\n') || text.is_empty() {
        ""
    } else {
        "\n"
    };
    match out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(end.as_bytes()))
        .and_then(|()| out.flush())
    {
        // Whoever reads has seen enough, as in `scrip search | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(|error| internal("standard output cannot be written", &error)),
    }
}

fn complain(text: &str) {
    // Where standard error is closed, nobody can be told.
    drop(writeln!(io::stderr().lock(), "{text}"));
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Arguments;

    #[test]
    fn a_failure_is_one_json_object() {
        let failure = Failure {
            code: "wallet.insufficient".to_owned(),
            message: "30 tokens are missing".to_owned(),
            hints: vec!["Add 30 tokens.".to_owned()],
            quote: None,
        };
        insta::assert_snapshot!(in_json(&failure), @r#"{"code":"wallet.insufficient","message":"30 tokens are missing","hints":["Add 30 tokens."]}"#);
        insta::assert_snapshot!(in_words(&failure), @r"
        error: 30 tokens are missing [wallet.insufficient]
          Add 30 tokens.
        ");
    }

    #[test]
    fn instants_are_told_to_the_minute() {
        for (text, told) in [
            ("until 2025-06-01T09:30:59Z.", "until 2025-06-01 09:30 UTC."),
            ("2025-06-01T09:30:59.123456Z", "2025-06-01 09:30 UTC"),
            (
                "é2025-06-01T09:30:59Zé2025-06-01T09:31:00Z",
                "é2025-06-01 09:30 UTCé2025-06-01 09:31 UTC",
            ),
            ("2025-06-01T09:30:59+02:00", "2025-06-01T09:30:59+02:00"),
            ("2025-06-01T09:30:59", "2025-06-01T09:30:59"),
            ("", ""),
            ("2025-06-01T0", "2025-06-01T0"),
        ] {
            assert_eq!(minutes(text), told);
        }
    }

    #[test]
    fn a_command_that_is_not_understood_is_one_json_object_too() {
        let error = Arguments::try_parse_from(["scrip", "--json", "rent", "hello"]).unwrap_err();
        insta::assert_snapshot!(in_json(&usage_failure(&error)), @r#"{"code":"command.invalid","message":"the following required arguments were not provided: --offer <ID>","hints":["Usage: scrip rent --offer <ID> <PRODUCT>","Run \"scrip --help\" for all commands."]}"#);
        let error = Arguments::try_parse_from(["scrip", "fly"]).unwrap_err();
        insta::assert_snapshot!(in_json(&usage_failure(&error)), @r#"{"code":"command.invalid","message":"unrecognized subcommand 'fly'","hints":["Usage: scrip [OPTIONS] <COMMAND>","Run \"scrip --help\" for all commands."]}"#);
    }
}
