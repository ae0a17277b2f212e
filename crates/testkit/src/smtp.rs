use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A real SMTP server (`aiosmtpd`) on a free port, which keeps every mail as a file in a private folder.
///
/// It stops when the test process ends, however it ends: it reads its standard input, which closes then.
pub struct Smtp {
    port: u16,
    folder: tempfile::TempDir,
    server: Child,
    lifeline: Option<ChildStdin>,
}

/// Serves until standard input closes. Refuses recipients at `refused.example` for good and at `busy.example` for now.
const SERVER: &str = r#"
import os, sys
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder, password = sys.argv[1], sys.argv[2]

class Keep:
    count = 0
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.endswith("@refused.example"):
            return "550 no such mailbox"
        if address.endswith("@busy.example"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"
    async def handle_DATA(self, server, session, envelope):
        Keep.count += 1
        name = os.path.join(folder, "%06d" % Keep.count)
        with open(name + ".part", "wb") as file:
            file.write(envelope.content)
        os.rename(name + ".part", name + ".eml")
        return "250 OK"

def check(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.login == b"shop" and data.password == password.encode()
    return AuthResult(success=good, handled=False)

def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

options = dict(authenticator=check, auth_required=True, auth_require_tls=False) if password else {}
controller = Controller(Keep(), hostname="127.0.0.1", port=free_port(), **options)
controller.start()
print(controller.port, flush=True)
sys.stdin.read()
controller.stop()
"#;

impl Smtp {
    /// A server that takes mail from anybody.
    ///
    /// # Panics
    /// Where the tests' Python or its library is missing.
    pub fn start() -> Self {
        Self::with_password("")
    }

    /// A server that takes mail from the user `shop` with this password alone.
    ///
    /// # Panics
    /// Where the tests' Python or its library is missing.
    pub fn with_password(password: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("scrip-smtp-")
            .tempdir()
            .expect("a private folder");
        let mut server = Command::new(python())
            .args(["-c", SERVER])
            .arg(folder.path())
            .arg(password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tests' Python; cargo xtask setup installs it");
        let lifeline = server.stdin.take().expect("its standard input");
        let mut line = String::new();
        let read = BufReader::new(server.stdout.take().expect("its standard output")).read_line(&mut line);
        let port = line.trim().parse();
        assert!(
            read.is_ok() && port.is_ok(),
            "aiosmtpd did not start; its messages stand above, and cargo xtask setup installs it"
        );
        Self {
            port: port.unwrap_or_default(),
            folder,
            server,
            lifeline: Some(lifeline),
        }
    }

    /// The settings that send mail here.
    pub fn settings(&self) -> String {
        format!(
            "[mail]\nserver = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\nfrom = \"The Shop <shop@example.com>\"\n",
            self.port
        )
    }

    /// Every mail that came, in order, as it came.
    ///
    /// # Panics
    /// Where the folder cannot be read.
    pub fn mails(&self) -> Vec<String> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .expect("the private folder")
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
            .collect();
        files.sort();
        let read = |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).expect("a mail")).into_owned();
        files.iter().map(read).collect()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        // It ends when its standard input closes.
        drop(self.lifeline.take());
        if let Err(why) = self.server.wait() {
            eprintln!("aiosmtpd did not end: {why}");
        }
    }
}

/// The Python that has the tests' libraries: what `SCRIP_PYTHON` names, or where the chores put it.
fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("SCRIP_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = cache.or(home).unwrap_or_else(|| PathBuf::from("/nonexistent"));
    let kept = cache.join("scrip/python/bin/python");
    if kept.is_file() { kept } else { PathBuf::from("python3") }
}
