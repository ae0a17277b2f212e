//! Running the system's own tools.

use std::ffi::OsString;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::{Command, Stdio};

use crate::system;

/// A command to run: no shell is involved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program, found in `PATH`.
    pub program: &'static str,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Whether it needs the rights of the administrator.
    pub elevated: bool,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit status; none where a signal ended it.
    pub status: Option<i32>,
    /// The end of what it wrote to both of its streams, at most [`OUTPUT_BYTES_MAX`] bytes.
    pub output: String,
}

/// How much of a command's output is kept.
pub const OUTPUT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Runs commands and waits for them. Tests put their own in place of the system's.
pub trait Commands: Send + Sync {
    /// Runs `invocation` to its end.
    fn run(&self, invocation: &Invocation) -> io::Result<Outcome>;

    /// Whether `program` is in `PATH`.
    fn has(&self, program: &str) -> bool;
}

/// The system's commands; what needs the administrator's rights goes through polkit's `pkexec` unless they are there.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemCommands;

impl Commands for SystemCommands {
    fn run(&self, invocation: &Invocation) -> io::Result<Outcome> {
        // The messages are read: they must not be translated. Nobody is there to answer a question.
        let environment = [("LC_ALL", "C"), ("DEBIAN_FRONTEND", "noninteractive")];
        let mut command = if invocation.elevated && !system::is_root() {
            let mut command = Command::new("pkexec");
            // pkexec clears the environment.
            command
                .arg("env")
                .args(environment.map(|(name, value)| format!("{name}={value}")))
                .arg(invocation.program);
            command
        } else {
            let mut command = Command::new(invocation.program);
            command.envs(environment);
            command
        };
        // A file, not a pipe: a daemon that the command starts would hold a pipe open for ever.
        let mut output = tempfile::tempfile()?;
        command
            .args(&invocation.args)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?);
        let status = command.status()?.code();
        let length = output.metadata()?.len();
        output.seek(SeekFrom::Start(length.saturating_sub(OUTPUT_BYTES_MAX)))?;
        let mut bytes = Vec::new();
        output.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(Outcome {
            status,
            output: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    fn has(&self, program: &str) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| {
            std::fs::metadata(folder.join(program)).is_ok_and(|metadata| system::is_executable(&metadata))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_and_the_status_are_kept() {
        let args = ["-c", "echo out; echo err >&2; exit 3"].map(OsString::from).to_vec();
        let outcome = SystemCommands
            .run(&Invocation {
                program: "sh",
                args,
                elevated: false,
            })
            .unwrap();
        assert_eq!(outcome.status, Some(3));
        assert_eq!(outcome.output, "out\nerr\n");
        assert!(SystemCommands.has("sh"));
        assert!(!SystemCommands.has("no-such-program-here"));
    }
}
