use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program;

/// A customer's computer: all state in a private folder, secrets in a file there.
pub struct Customer {
    home: TempDir,
    server: String,
    /// The name of a computer apart from the one that the tests run on.
    apart: Option<String>,
    cut_off: bool,
    /// Where a Secret Service keeps its secrets; in a file of the computer where there is none.
    keyring: Option<TempDir>,
}

/// What makes the machine that a program sees: an id and a name of its own, and none of the host's hardware.
const MACHINE: &str =
    r#"mount --bind "$0" /etc/machine-id && mount -t tmpfs none /sys && hostname "$1" && shift && exec "$@""#;

/// What makes a session with a Secret Service: a new bus, on which the keyring in the folder `$0` is unlocked. Both speak of
/// themselves; only the program's own words are passed on.
const SESSION: &str = r#"exec dbus-run-session -- sh -c '
    printf scrip | XDG_DATA_HOME="$0" gnome-keyring-daemon --unlock --components=secrets --daemonize ||
        { echo "gnome-keyring-daemon did not start" >&4; exit 1; }
    exec "$@" >&3 2>&4 3>&- 4>&-' "$0" "$@" 3>&1 4>&2 >/dev/null 2>&1"#;

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
            apart: None,
            cut_off: false,
            keyring: None,
        }
    }

    /// A fresh computer with a machine id of its own, made from its name: its programs run in namespaces (unshare(1)).
    pub fn apart(server: &str, name: &str) -> Self {
        let mut customer = Self::new(server);
        let mut id = [0; 16];
        id.iter_mut()
            .zip(name.bytes().cycle())
            .for_each(|(to, byte)| *to = byte);
        let digits = format!("{:032x}", u128::from_be_bytes(id));
        std::fs::write(customer.home().join("machine-id"), digits).expect("a machine id");
        customer.apart = Some(name.to_owned());
        customer
    }

    /// The same, which keeps its secrets in a Secret Service of its own (gnome-keyring).
    pub fn apart_with_keyring(server: &str, name: &str) -> Self {
        let keyring = tempfile::Builder::new().prefix("scrip-keyring-").tempdir();
        Self {
            keyring: Some(keyring.expect("a private folder")),
            ..Self::apart(server, name)
        }
    }

    /// The folder of the Secret Service.
    ///
    /// # Panics
    ///
    /// Where the computer has none.
    pub fn keyring(&self) -> &Path {
        self.keyring.as_ref().expect("a Secret Service").path()
    }

    /// From now on the computer has no network at all.
    pub fn cut_off(&mut self) {
        assert!(self.apart.is_some(), "only a computer apart can be cut off");
        self.cut_off = true;
    }

    /// Puts a program `name` into `~/.local/bin`, as a person without any installer would.
    pub fn place_program(&self, name: &str) {
        let folder = self.home().join(".local/bin");
        std::fs::create_dir_all(&folder).expect("a folder of programs");
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho {name}\n")).expect("a program");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program that runs");
    }

    /// The folder of all local state.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// `scrip --json ARGUMENTS`, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut line: Vec<OsString> = Vec::new();
        if let Some(name) = &self.apart {
            line.extend(["unshare", "--map-root-user", "--mount", "--uts"].map(OsString::from));
            line.extend(self.cut_off.then(|| OsString::from("--net")));
            line.extend(["sh", "-c", MACHINE].map(OsString::from));
            line.extend([self.home().join("machine-id").into(), name.into()]);
        }
        if let Some(keyring) = &self.keyring {
            line.extend(["sh", "-c", SESSION].map(OsString::from));
            line.push(keyring.path().into());
        }
        line.push(program("scrip").into());
        let mut command = Command::new(&line[0]);
        command
            .args(&line[1..])
            .arg("--json")
            .args(arguments)
            .env("SCRIP_SERVER", &self.server)
            .env("SCRIP_HOME", self.home.path())
            .env("HOME", self.home.path())
            .stdin(Stdio::null());
        match &self.keyring {
            None => command.env("SCRIP_KEYSTORE", "file"),
            Some(keyring) => command
                .env_remove("SCRIP_KEYSTORE")
                .env_remove("XDG_DATA_HOME")
                .env("XDG_RUNTIME_DIR", keyring.path()),
        };
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

    /// Signs in to an account that exists.
    #[track_caller]
    pub fn sign_in(&self, email: &str) {
        self.run_with_password(
            &["login", "--email", email, "--password-stdin"],
            "correct horse battery",
        )
        .ok();
    }

    /// Starts an installed program through `scrip run`; answers what it printed.
    #[track_caller]
    pub fn starts(&self, product: &str) -> String {
        let output = self.command(&["run", product]).output().expect("scrip runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {errors}", output.status);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// What the wallet holds.
    #[track_caller]
    pub fn balance(&self) -> i64 {
        self.ok(&["wallet"])["balance"].as_i64().expect("a balance")
    }
}
