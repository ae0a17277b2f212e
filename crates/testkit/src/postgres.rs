use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A PostgreSQL server in a private folder and on a private port, for one test process.
///
/// A shell keeps it: when the test process ends, however it ends, the shell's standard input closes, and it
/// stops the server and removes the folder. Nothing is left behind and no process is ended by name.
pub struct Postgres {
    port: u16,
    _keeper: Child,
    _lifeline: ChildStdin,
}

static SHARED: OnceLock<Postgres> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Makes the cluster, serves it until standard input closes, then stops it and removes the folder.
const KEEPER: &str = r#"
set -eu
cd "$FOLDER"
"$BIN/initdb" --pgdata=data --username=scrip --auth=trust --no-locale --encoding=UTF8 >initdb.log 2>&1 || { cat initdb.log >&2; exit 1; }
"$BIN/postgres" -D "$FOLDER/data" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories="$FOLDER" $OPTIONS >postgres.log 2>&1 &
server=$!
for _ in $(seq 600); do
  if "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT"; then break; fi
  kill -0 $server 2>/dev/null || { cat postgres.log >&2; exit 1; }
  sleep 0.05
done
echo ready
cat >/dev/null || true
kill -INT $server 2>/dev/null || true
wait $server || true
cd / && rm -rf "$FOLDER"
"#;

impl Postgres {
    /// The server of this test process, started at the first call.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start: tests that need it must fail without it.
    pub fn shared() -> &'static Self {
        // Commits of tests need not survive a power cut.
        SHARED.get_or_init(|| Self::start("-c fsync=off -c full_page_writes=off"))
    }

    /// A server of its own with these options of `postgres`, durable unless they say otherwise.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    pub fn start(options: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("scrip-postgres-")
            .tempdir()
            .expect("a private folder")
            .keep();
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("a free port")
            .port();
        let mut keeper = unprivileged(&folder);
        keeper
            .args(["sh", "-c", KEEPER])
            .env("FOLDER", &folder)
            .env("BIN", programs())
            .env("PORT", port.to_string())
            .env("OPTIONS", options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut keeper = keeper.spawn().expect("a shell to keep PostgreSQL");
        let lifeline = keeper.stdin.take().expect("the shell's standard input");
        let mut line = String::new();
        let answer = BufReader::new(keeper.stdout.take().expect("the shell's standard output")).read_line(&mut line);
        assert!(
            answer.is_ok() && line.trim() == "ready",
            "PostgreSQL did not start; its messages stand above"
        );
        Self {
            port,
            _keeper: keeper,
            _lifeline: lifeline,
        }
    }

    /// Where to connect: host, port and user in one address, without a database.
    pub fn address(&self) -> String {
        format!("postgres://scrip@127.0.0.1:{}", self.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database; answers its address.
    ///
    /// # Panics
    /// Where the server refuses.
    pub fn database(&self) -> String {
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            DATABASES.fetch_add(1, Ordering::Relaxed)
        );
        self.run_sql("postgres", &format!("CREATE DATABASE {name}"));
        format!("{}/{name}", self.address())
    }

    /// Runs statements as the owner, past every rule of the store: for tests that break the books on purpose.
    ///
    /// # Panics
    /// Where a statement fails.
    pub fn run_sql(&self, database: &str, sql: &str) {
        let mut psql = Command::new(programs().join("psql"))
            .args([
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--host=127.0.0.1",
                "--username=scrip",
            ])
            .arg(format!("--port={}", self.port))
            .arg(format!("--dbname={database}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("psql");
        psql.stdin
            .take()
            .expect("psql's standard input")
            .write_all(sql.as_bytes())
            .expect("psql reads");
        assert!(psql.wait().expect("psql ends").success(), "psql refused: {sql}");
    }
}

/// The folder of the newest PostgreSQL that the distribution installed.
fn programs() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("postgres").exists())
        .collect();
    versions.sort();
    versions
        .pop()
        .map(|(_, bin)| bin)
        .expect("PostgreSQL is not installed: run `cargo xtask setup`")
}

/// PostgreSQL refuses to run as root, so that root hands the folder to the package's own user.
fn unprivileged(folder: &Path) -> Command {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|of_this_process| {
        use std::os::unix::fs::MetadataExt as _;
        of_this_process.uid() == 0
    });
    if !is_root {
        return Command::new("env");
    }
    let handed = Command::new("chown")
        .arg("postgres:postgres")
        .arg(folder)
        .status()
        .expect("chown");
    assert!(handed.success(), "the folder cannot be handed to the user postgres");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]);
    command
}
