//! Other programs: run to the end, or kept running and ended for certain.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a program may take to end itself after it was asked to.
const END_MAX: Duration = Duration::from_secs(10);

/// The command as a person would type it.
pub(crate) fn words(command: &Command) -> String {
    let quoted = |word: &OsStr| {
        let word = word.to_string_lossy();
        if word.contains(' ') {
            format!("'{word}'")
        } else {
            word.into_owned()
        }
    };
    let program = Path::new(command.get_program());
    std::iter::once(program.file_name().unwrap_or(command.get_program()))
        .chain(command.get_args())
        .map(quoted)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a command to its end and shows what it prints.
pub(crate) fn show(command: &mut Command) -> Result<()> {
    println!("    $ {}", words(command));
    let status = command
        .status()
        .with_context(|| format!("starting {}", words(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", words(command));
    }
    Ok(())
}

/// Runs a command to its end and gives what it printed; fails with what it complained of.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("starting {}", words(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", words(command), output.status, complaint.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no UTF-8", words(command)))
}

/// Whether a program is on the `PATH`.
pub(crate) fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// A program that runs beside this one, in a process group of its own; ended with everything it started when dropped.
#[derive(Debug)]
pub(crate) struct Companion {
    child: Child,
    name: String,
}

impl Companion {
    /// Starts it.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {}", words(command)))?;
        Ok(Self {
            child,
            name: name.to_owned(),
        })
    }

    /// The running process.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Fails when it has ended.
    pub(crate) fn require_running(&mut self) -> Result<()> {
        match self
            .child
            .try_wait()
            .with_context(|| format!("asking after {}", self.name))?
        {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself with {status}", self.name),
        }
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    fn signal_group(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([signal, "--", &format!("-{}", self.child.id())])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !sent && signal == "-KILL" {
            eprintln!(
                "xtask: {} (process group {}) had ended already",
                self.name,
                self.child.id()
            );
        }
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        self.signal_group("-TERM");
        if wait_until(END_MAX, || Ok(self.has_ended().then_some(()))).is_err() {
            self.signal_group("-KILL");
            if let Err(error) = self.child.wait() {
                eprintln!("xtask: waiting for {}: {error}", self.name);
            }
        }
    }
}

/// Asks again and again, for at most `max`, until there is an answer. `Err` when asking fails or the time is over.
pub(crate) fn wait_until<T>(max: Duration, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > max {
            bail!("nothing after {} s", max.as_secs());
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// Hears Ctrl-C and the wish to terminate, so that what was started is ended before this program ends.
#[derive(Debug)]
pub(crate) struct Interrupts(Receiver<()>);

impl Interrupts {
    /// From now on, both arrive here.
    pub(crate) fn hear() -> Result<Self> {
        let (send, receive) = channel();
        ctrlc::set_handler(move || {
            if send.send(()).is_err() {
                std::process::exit(130);
            }
        })
        .context("hearing Ctrl-C")?;
        Ok(Self(receive))
    }

    /// Whether one arrives within `max`.
    pub(crate) fn arrives_within(&self, max: Duration) -> bool {
        !matches!(self.0.recv_timeout(max), Err(RecvTimeoutError::Timeout))
    }

    /// Fails when one has arrived.
    pub(crate) fn require_none(&self) -> Result<()> {
        if self.0.try_recv().is_ok() {
            bail!("interrupted");
        }
        Ok(())
    }
}

/// `cargo` for the workspace, building in the cache.
pub(crate) fn cargo(places: &crate::places::Places) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(&places.root)
        .env("CARGO_TARGET_DIR", &places.target);
    // What the cargo that runs this program says of it: build scripts that look at it would build anew what is built.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// `npm` in one of the repository's folders.
pub(crate) fn npm(folder: &Path) -> Command {
    let mut command = Command::new("npm");
    command
        .current_dir(folder)
        .env("npm_config_fund", "false")
        .env("npm_config_audit", "false");
    command
}
