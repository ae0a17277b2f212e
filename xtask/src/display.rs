//! What a window needs around it: a display, a session bus, a Secret Service; and pictures of it.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{Companion, Interrupts, is_on_path, read, wait_until};

/// The size of the window, in pixels; a display of our own is exactly as large.
pub(crate) const WINDOW_SIZE: (u32, u32) = (1180, 780);

/// How long nothing changes in a window that has come to rest: longer than a page waits for the catalog.
const STILL_MIN: Duration = Duration::from_secs(4);

/// Run on a new session bus: unlocks a keyring in the folder `$1` and becomes the program that follows.
const IN_SESSION: &str = r#"
printf scrip | XDG_DATA_HOME="$1" gnome-keyring-daemon --unlock --components=secrets --daemonize ||
    { echo "gnome-keyring-daemon did not start" >&4; exit 1; }
shift
exec "$@" >&3 2>&4 3>&- 4>&-"#;

/// A display of our own, ended when dropped.
#[derive(Debug)]
pub(crate) struct Display {
    name: String,
    _server: Companion,
}

impl Display {
    /// Starts an X server that shows nothing anywhere, on a number that is free.
    pub(crate) fn start() -> Result<Self> {
        let screen = format!("{}x{}x24", WINDOW_SIZE.0, WINDOW_SIZE.1);
        let mut server = Companion::start(
            "Xvfb",
            Command::new("Xvfb")
                .args([
                    "-displayfd",
                    "1",
                    "-screen",
                    "0",
                    &screen,
                    "-nolisten",
                    "tcp",
                    "-noreset",
                ])
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )?;
        let output = server.child().stdout.take().context("Xvfb has no standard output")?;
        let mut number = String::new();
        BufReader::new(output)
            .read_line(&mut number)
            .context("reading the display's number from Xvfb")?;
        let number: u32 = number.trim().parse().context("Xvfb gave no display number")?;
        Ok(Self {
            name: format!(":{number}"),
            _server: server,
        })
    }

    /// Its name for `DISPLAY`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes a picture of the whole display once it shows something and has stopped changing.
    pub(crate) fn take_picture_when_still(&self, file: &Path, interrupts: &Interrupts) -> Result<()> {
        let mut last = String::new();
        let mut since = Instant::now();
        let is_still = || -> Result<Option<()>> {
            interrupts.require_none()?;
            self.take_picture(file)?;
            // The digest of the pixels, and how far they differ from each other: 0 for an empty display.
            let facts = read(
                Command::new("identify")
                    .args(["-format", "%# %[fx:standard_deviation]"])
                    .arg(file),
            )?;
            let blank = facts
                .split(' ')
                .nth(1)
                .and_then(|text| text.parse().ok())
                .is_none_or(|spread: f64| spread < 0.02);
            if facts != last || blank {
                since = Instant::now();
            }
            last = facts;
            Ok((since.elapsed() > STILL_MIN).then_some(()))
        };
        wait_until(Duration::from_secs(90), is_still).context("the window never came to rest")
    }

    fn take_picture(&self, file: &Path) -> Result<()> {
        read(
            Command::new("import")
                .args(["-display", &self.name, "-window", "root"])
                .arg(file),
        )
        .map(drop)
    }
}

/// A command that runs `program` where it finds a Secret Service: in this session where there is one, else in a new one.
pub(crate) fn with_secret_service(program: &Path, state: &Path) -> Result<Command> {
    if has_secret_service() {
        return Ok(Command::new(program));
    }
    println!("    no Secret Service here: the window gets a session bus and a keyring of its own");
    session_of_its_own(program, state)
}

/// A command that runs `program` on a new session bus with a new Secret Service, whose secrets are kept in `state`.
pub(crate) fn session_of_its_own(program: &Path, state: &Path) -> Result<Command> {
    let runtime = private_folder(&state.join("runtime"))?;
    let keyrings = private_folder(&state.join("keyrings"))?;
    // The bus and what it starts speak of themselves: only the program's own words are shown.
    let mut command = Command::new("bash");
    command
        .args([
            "-c",
            "exec dbus-run-session -- bash -c \"$@\" 3>&1 4>&2 >/dev/null 2>&1",
            "bash",
        ])
        .args([IN_SESSION, "bash"])
        .arg(keyrings)
        .arg(program)
        .env("XDG_RUNTIME_DIR", runtime)
        .env("NO_AT_BRIDGE", "1");
    Ok(command)
}

/// A folder that only its owner may enter.
pub(crate) fn private_folder(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
        .with_context(|| format!("closing {} to others", folder.display()))?;
    Ok(folder.to_path_buf())
}

/// Fails where a display of our own cannot be started.
pub(crate) fn require_virtual_display() -> Result<()> {
    for program in ["Xvfb", "import", "identify"] {
        if !is_on_path(program) {
            bail!("{program} is missing: run `cargo xtask setup`");
        }
    }
    Ok(())
}

fn has_secret_service() -> bool {
    if env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none() || !is_on_path("dbus-send") {
        return false;
    }
    let asks = |method: &str, arguments: &[&str]| -> String {
        let mut command = Command::new("dbus-send");
        command.args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
        ]);
        command.arg(format!("org.freedesktop.DBus.{method}")).args(arguments);
        read(&mut command).unwrap_or_default()
    };
    // It runs, or the bus starts it when it is first spoken to.
    asks("NameHasOwner", &["string:org.freedesktop.secrets"]).contains("boolean true")
        || asks("ListActivatableNames", &[]).contains("\"org.freedesktop.secrets\"")
}
