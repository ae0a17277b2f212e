//! localstripe: a stateful stand-in for much of Stripe's API, which nobody here wrote (<https://pypi.org/project/localstripe>).

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::SECRET_KEY;
use super::http::Answer;

/// A localstripe of this test process alone. A shell keeps it, and ends it when the test process ends, however it ends.
pub struct LocalStripe {
    port: u16,
    _keeper: Child,
    _lifeline: ChildStdin,
}

static SHARED: OnceLock<LocalStripe> = OnceLock::new();

/// How long it may take to start on a busy machine.
const START_MAX: Duration = Duration::from_mins(1);

/// Serves until standard input closes.
const KEEPER: &str = r#"
set -eu
"$PYTHON" -c "$PROGRAM" >/dev/null 2>"$LOG" &
server=$!
cat >/dev/null || true
kill $server 2>/dev/null || true
wait $server || true
rm -f "$LOG"
"#;

/// Its data stay in memory: it would keep them in one file for everybody.
const PROGRAM: &str = "
import os, sys
import localstripe.resources as resources
resources.Store.dump_to_disk = lambda self: None
sys.argv = ['localstripe', '--from-scratch', '--port', os.environ['PORT']]
from localstripe.server import start
start()
";

impl LocalStripe {
    /// The one of this test process, started at the first call.
    ///
    /// # Panics
    /// Where it is not installed or does not start: tests that need it must fail without it.
    pub fn shared() -> &'static Self {
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("a free port")
            .port();
        let log = tempfile::Builder::new()
            .prefix("scrip-localstripe-")
            .tempfile()
            .expect("a private file");
        let (_, log) = log.keep().expect("a file to keep");
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER])
            .env("PYTHON", python())
            .env("PROGRAM", PROGRAM)
            .env("PORT", port.to_string())
            .env("LOG", &log)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut keeper = keeper.spawn().expect("a shell to keep localstripe");
        let lifeline = keeper.stdin.take().expect("the shell's standard input");
        let deadline = Instant::now() + START_MAX;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                Instant::now() < deadline,
                "localstripe did not start (cargo xtask setup installs it): {}",
                std::fs::read_to_string(&log).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Self {
            port,
            _keeper: keeper,
            _lifeline: lifeline,
        }
    }

    /// Lets it send its messages to `url`, signed under `secret`. It does so a second after what they tell of.
    ///
    /// # Panics
    /// Where it refuses.
    pub fn send_messages(&self, name: &str, url: &str, secret: &str) {
        let answer = ask(
            "POST",
            &format!("/_config/webhooks/{name}"),
            &format!("url={url}&secret={secret}"),
        );
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    }
}

/// One request of the localstripe of this process.
pub(super) fn ask(method: &str, path: &str, form: &str) -> Answer {
    let port = LocalStripe::shared().port;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("localstripe listens");
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {SECRET_KEY}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).expect("localstripe listens");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("localstripe answers");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .expect("a status");
    let body = answer.split_off(end);
    Answer::plain(status, body)
}

/// The interpreter with localstripe and schemathesis that the test command prepares.
///
/// # Panics
/// Where there is neither `SCRIP_PYTHON` nor a home folder.
pub fn python() -> PathBuf {
    let path = std::env::var_os("SCRIP_PYTHON").map(PathBuf::from);
    path.or_else(|| {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
        Some(cache.join("scrip/python/bin/python"))
    })
    .expect("SCRIP_PYTHON, or a home folder")
}
