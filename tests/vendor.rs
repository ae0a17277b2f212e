use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use crate::listing::{Listing, PRICES, tar_with_program};
use crate::program;

/// A vendor's server in a private folder.
pub struct Vendor {
    folder: Arc<TempDir>,
    environment: Vec<(&'static str, String)>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    address: SocketAddr,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Vendor {
    /// A running server with these settings (the text of `scrip-server.toml`).
    pub fn start(settings: &str) -> Self {
        let mut vendor = Self::prepare(settings, Vec::new());
        vendor.restart();
        vendor
    }

    /// A server with these settings, and more in its environment, that does not run yet.
    pub fn prepare(settings: &str, environment: Vec<(&'static str, String)>) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("scrip-vendor-")
            .tempdir()
            .expect("a private folder");
        std::fs::write(folder.path().join("scrip-server.toml"), settings).expect("the settings are written");
        Self {
            folder: Arc::new(folder),
            environment,
            running: None,
        }
    }

    /// Another server on the same data, that does not run yet.
    pub fn twin(&self) -> Self {
        Self {
            folder: Arc::clone(&self.folder),
            environment: self.environment.clone(),
            running: None,
        }
    }

    /// Starts the server on a free port.
    pub fn restart(&mut self) {
        assert!(self.running.is_none(), "the server runs already");
        self.serve("127.0.0.1:0");
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("the server runs").address
    }

    /// Its address for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    fn serve(&mut self, listen: &str) {
        let mut child = self
            .command(&["serve", "--listen", listen])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("scrip-server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its standard output")).lines();
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        let address = first
            .rsplit("http://")
            .next()
            .and_then(|address| address.trim().parse().ok());
        let address = address.unwrap_or_else(|| panic!("scrip-server did not say where it listens: {first:?}"));
        // The rest is read on, so that the server never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        self.running = Some(Running { child, address });
    }

    /// Ends the server at once, as a power cut would (SIGKILL).
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.child.kill().expect("the server is killed");
            running.child.wait().expect("the server ends");
        }
    }

    /// Asks the server to end (SIGTERM) and waits until it has.
    pub fn stop(&mut self) {
        let mut running = self.running.take().expect("the server runs");
        let pid = running.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .expect("kill")
                .success()
        );
        assert!(
            running.child.wait().expect("the server ends").success(),
            "a polite end is a success"
        );
    }

    /// Starts the server again where it listened before.
    pub fn restart_at(&mut self, address: SocketAddr) {
        assert!(self.running.is_none(), "the server runs already");
        self.serve(&address.to_string());
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("scrip-server"));
        command
            .args(arguments)
            .arg("--data")
            .arg(self.folder.path())
            .env_remove("DATABASE_URL")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a further `scrip-server` command on the same data; answers what it printed.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("scrip-server runs")
    }

    /// The same, where it must succeed; answers its standard output.
    #[track_caller]
    pub fn run_ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    }

    /// Lists the programs of catalog files at these prices.
    pub fn import(&self, catalogs: &[PathBuf], prices: &str) -> String {
        let policy = self.folder.path().join("prices.toml");
        std::fs::write(&policy, prices).expect("the prices are written");
        let mut arguments = vec!["import", "appstream"];
        arguments.extend(catalogs.iter().map(|path| path.to_str().expect("a plain path")));
        arguments.extend(["--prices", policy.to_str().expect("a plain path")]);
        self.run_ok(&arguments)
    }

    /// Lists a program, and publishes version 1.0 of it as an archive with `bytes` of padding; answers where that is.
    pub fn sell(&self, listing: &Listing<'_>, folder: &Path, bytes: usize) -> PathBuf {
        self.import(&[listing.write(folder)], PRICES);
        let archive = tar_with_program(folder, listing.binary, "1.0", bytes);
        let path = archive.to_str().expect("a plain path");
        self.run_ok(&["publish", path, "--product", listing.id, "--version", "1.0"]);
        archive
    }

    /// Issues tokens.
    pub fn grant(&self, email: &str, tokens: i64) {
        self.run_ok(&[
            "grant",
            "--user",
            email,
            "--tokens",
            &tokens.to_string(),
            "--reason",
            "test",
        ]);
    }

    /// Proves that the books balance.
    #[track_caller]
    pub fn audit(&self) -> String {
        self.run_ok(&["audit"])
    }

    /// A page of the server, by one plain request.
    pub fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).expect("the server answers");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a time limit");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .expect("an answer with a body")
    }

    /// Bytes of installers that the server has sent since it started.
    pub fn artifact_bytes(&self) -> u64 {
        let metrics = self.get("/metrics");
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("scrip_artifact_bytes_total "));
        line.and_then(|count| count.trim().parse().ok())
            .unwrap_or_else(|| panic!("no counter in {metrics}"))
    }
}
