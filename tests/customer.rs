use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program;

/// A customer's computer: all state in a private folder, secrets in a file there.
pub struct Customer {
    home: TempDir,
    server: String,
}

/// What a command of the terminal client did.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output as JSON; `Null` where there was none.
    pub json: Value,
    /// Its standard error.
    pub stderr: String,
}

impl Outcome {
    fn of(output: &Output) -> Self {
        let stdout = String::from_utf8_lossy(&output.stdout);
        Self {
            status: output.status,
            json: serde_json::from_str(stdout.trim()).unwrap_or(Value::Null),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The result of a command that must succeed.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(
            self.status.success() && self.json.is_object(),
            "{:?}: {}{}",
            self.status,
            self.json,
            self.stderr
        );
        self.json
    }

    /// The error of a command that must fail: an object with `code`, `message` and `hints`.
    #[track_caller]
    pub fn error(&self) -> Value {
        assert!(!self.status.success(), "it succeeded: {}", self.json);
        let line = self
            .stderr
            .lines()
            .rev()
            .find(|line| line.trim_start().starts_with('{'));
        let error: Value = line
            .and_then(|line| serde_json::from_str(line).ok())
            .or_else(|| serde_json::from_str(self.stderr.trim()).ok())
            .unwrap_or_else(|| panic!("no JSON on standard error: {}", self.stderr));
        assert!(error["message"].is_string() && error["hints"].is_array(), "{error}");
        error
    }

    /// The stable code of a command that must fail.
    #[track_caller]
    pub fn code(&self) -> String {
        self.error()["code"].as_str().expect("a code").to_owned()
    }
}

impl Customer {
    /// A fresh computer that knows the server at `server`.
    pub fn new(server: &str) -> Self {
        let home = tempfile::Builder::new()
            .prefix("scrip-customer-")
            .tempdir()
            .expect("a private folder");
        Self {
            home,
            server: server.to_owned(),
        }
    }

    /// The folder of all local state.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// `scrip --json ARGUMENTS`, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("scrip"));
        command
            .arg("--json")
            .args(arguments)
            .env("SCRIP_SERVER", &self.server)
            .env("SCRIP_HOME", self.home.path())
            .env("SCRIP_KEYSTORE", "file")
            .env("HOME", self.home.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs `scrip --json ARGUMENTS`.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(&self.command(arguments).output().expect("scrip runs"))
    }

    /// The same, where it must succeed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Value {
        self.run(arguments).ok()
    }

    /// Runs it with a password on standard input.
    pub fn run_with_password(&self, arguments: &[&str], password: &str) -> Outcome {
        let mut child = self.start(self.command(arguments).stdin(Stdio::piped()));
        let mut stdin = child.stdin.take().expect("its standard input");
        writeln!(stdin, "{password}").expect("it reads");
        drop(stdin);
        Outcome::of(&child.wait_with_output().expect("scrip ends"))
    }

    /// Starts a command whose output is kept.
    pub fn start(&self, command: &mut Command) -> Child {
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("scrip starts")
    }

    /// What a started command did, once it ends.
    pub fn finish(child: Child) -> Outcome {
        Outcome::of(&child.wait_with_output().expect("scrip ends"))
    }

    /// Opens an account and signs in.
    #[track_caller]
    pub fn register(&self, email: &str) {
        self.run_with_password(
            &["register", "--email", email, "--password-stdin"],
            "correct horse battery",
        )
        .ok();
    }

    /// What the wallet holds.
    #[track_caller]
    pub fn balance(&self) -> i64 {
        self.ok(&["wallet"])["balance"].as_i64().expect("a balance")
    }
}
