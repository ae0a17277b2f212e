//! The real server, as a process of its own on a private data folder.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// A running `scrip-server`; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    /// Held open, so that the server can print.
    _output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    /// Starts it on a free port, on its embedded database or on the one at `database`.
    pub(crate) fn start(data: &Path, database: Option<&str>) -> Result<Self> {
        let mut command = command(data, database)?;
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("SCRIP_LOG", "warn")
            .stdin(Stdio::null());
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("starting scrip-server")?;
        let output = child.stdout.take().context("the server's standard output")?;
        let mut line = String::new();
        let mut output = BufReader::new(output);
        output
            .read_line(&mut line)
            .context("reading where the server listens")?;
        let address = line.trim().rsplit_once("http://").map(|(_, address)| address.parse());
        if let Some(Ok(address)) = address {
            return Ok(Self {
                child,
                _output: output,
                address,
            });
        }
        child.kill().context("stopping a server that did not start")?;
        child.wait().context("waiting for a server that did not start")?;
        anyhow::bail!("scrip-server did not say where it listens; its messages stand above")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("asking the server to stop")?;
        let status = self.child.wait().context("waiting for the server")?;
        ensure!(status.success(), "scrip-server ended with {status}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && self.child.kill().is_ok() && self.child.wait().is_err() {
            eprintln!("scrip-bench: the server could not be waited for");
        }
    }
}

/// A command of `scrip-server` on a data folder.
pub(crate) fn command(data: &Path, database: Option<&str>) -> Result<Command> {
    let mut command = Command::new(program()?);
    command
        .arg("--data")
        .arg(data)
        .env_remove("DATABASE_URL")
        .env_remove("SCRIP_LISTEN");
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    Ok(command)
}

/// Runs a command to its end and answers what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {name}"))?;
    ensure!(
        output.status.success(),
        "{name} ended with {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).with_context(|| format!("{name} printed no UTF-8"))
}

/// The server that was built beside this program.
fn program() -> Result<PathBuf> {
    let path = std::env::current_exe()
        .context("finding this program")?
        .with_file_name("scrip-server");
    ensure!(path.is_file(), "{} is missing: run `cargo xtask bench`", path.display());
    Ok(path)
}
