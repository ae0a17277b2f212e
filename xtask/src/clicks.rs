//! Scripts that click in the real window, in `tests/window`: the tests and the README's pictures. Each gets a store, a display,
//! a session and home folders of its own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::display::{Display, private_folder, require_virtual_display, session_of_its_own};
use crate::places::Places;
use crate::process::{Companion, Interrupts, read};
use crate::run::{self, Built, free_port};
use crate::setup::{self, Job};
use crate::store::{self, Stock};

/// How long a script may take in all.
const RUN_MAX: Duration = Duration::from_mins(12);

/// Variables that would lead out of the run's own folders and display.
const ELSEWHERE: [&str; 6] = [
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "WAYLAND_DISPLAY",
    "DATABASE_URL",
    "SCRIP_KEYSTORE",
];

/// A program of the distribution, as a package and as a product, and words that find it.
type Program = (&'static str, &'static str, &'static str);

/// Programs of which one is on any machine that was set up for the tests.
const PRESENT: [Program; 3] = [
    ("imagemagick-6.q16", "display-im6.q16.desktop", "imagemagick"),
    ("imagemagick-7.q16", "display-im7.q16.desktop", "imagemagick"),
    ("vim-common", "vim.desktop", "vim"),
];

/// Small programs that need nothing which the window does not need; the first that is absent is installed and removed again.
const ABSENT: [Program; 4] = [
    ("galculator", "galculator.desktop", "galculator"),
    ("l3afpad", "l3afpad.desktop", "l3afpad"),
    ("xarchiver", "xarchiver.desktop", "xarchiver"),
    ("gpicview", "gpicview.desktop", "gpicview"),
];

/// Runs the tests that click in the window, with programs that `cargo xtask test` built.
pub(crate) fn test(places: &Places) -> Result<()> {
    if read(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!("they install and remove a real package, which only root may: run them as root, such as in a container");
    }
    let (present, absent) = (choose(&PRESENT, true)?, choose(&ABSENT, false)?);
    let stock = Stock {
        prices: "tests/window/prices.toml",
        packages: &[(present.0, present.1), (absent.0, absent.1)],
        samples: None,
    };
    let pictures = places.target.join("screenshots");
    let run = Run {
        stock: &stock,
        arguments: &["--test", "--test-reporter=spec", "--test-concurrency=1"],
        scripts: &[
            "tests/window/journey.test.mjs",
            "tests/window/rentals.test.mjs",
            "tests/window/economy.test.mjs",
        ],
        pictures: &pictures,
        programs: (present, absent),
    };
    run.perform(places, &Built::by_tests(places))?;
    println!("    pictures of every screen: {}", pictures.display());
    Ok(())
}

/// Clicks through what a customer's tour shows, and keeps pictures of it in `pictures`.
pub(crate) fn take_pictures(places: &Places, pictures: &Path) -> Result<()> {
    setup::set_up(places, &Job::ALL)?;
    let built = run::build(places, false)?;
    let run = Run {
        stock: &store::STOCK,
        arguments: &[],
        scripts: &["tests/window/picture.mjs"],
        pictures,
        programs: (choose(&PRESENT, true)?, ABSENT[0]),
    };
    run.perform(places, &built)
}

/// Scripts of Node.js that click in the window, each in a world of its own, and what they find.
struct Run<'r> {
    stock: &'r Stock<'r>,
    arguments: &'r [&'r str],
    scripts: &'r [&'r str],
    pictures: &'r Path,
    /// One that is on this machine, and one that is not.
    programs: (Program, Program),
}

impl Run<'_> {
    fn perform(&self, places: &Places, built: &Built) -> Result<()> {
        require_virtual_display()?;
        let interrupts = Interrupts::hear()?;
        let (_, absent) = self.programs;
        let filled = places.cached("clicks")?.join(self.stock.prices.replace('/', "-"));
        store::fill(places, built, &filled, self.stock, &interrupts)?;
        let package = store::downloaded(&places.cached("packages")?, absent.0)?
            .with_context(|| format!("the package {} could not be had", absent.0))?;
        let bytes = fs::metadata(&package)
            .with_context(|| format!("looking at {}", package.display()))?
            .len();

        for script in self.scripts {
            self.click(places, built, (script, &filled, bytes), &interrupts)?;
        }
        Ok(())
    }

    /// Runs one script, with a copy of the store that was filled; `bytes` is the size of the package that is not here.
    fn click(
        &self,
        places: &Places,
        built: &Built,
        (script, filled, bytes): (&str, &Path, u64),
        interrupts: &Interrupts,
    ) -> Result<()> {
        let (present, absent) = self.programs;
        let scratch = Scratch::new()?;
        let data = scratch.0.join("server");
        read(Command::new("cp").arg("--archive").arg(filled).arg(&data))?;
        let display = Display::start()?;
        let mut command = session_of_its_own(Path::new("node"), &scratch.0)?;
        command
            .args(self.arguments)
            .arg(places.root.join(script))
            .env("HOME", private_folder(&scratch.0.join("home"))?)
            .env("DISPLAY", display.name())
            .env("GDK_BACKEND", "x11")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("LANG", "C.UTF-8")
            .env("SCRIP_HOME", private_folder(&scratch.0.join("person"))?)
            .env("SCRIP_ALLOW_MULTIPLE", "1")
            .env("SCRIP_PROGRAMS", built.folder())
            .env("SCRIP_SERVER", format!("http://127.0.0.1:{}", free_port(0)?))
            .env("SCRIP_DATA", &data)
            .env("SCRIP_SCREENSHOTS", self.pictures)
            .env("SCRIP_TAURI_DRIVER", places.tauri_driver())
            .env("SCRIP_PYTHON", places.python())
            .env("SCRIP_DRIVER_PORTS", format!("{},{}", free_port(0)?, free_port(0)?))
            .env("SCRIP_PRESENT", format!("{},{}", present.1, present.2))
            .env(
                "SCRIP_ABSENT",
                format!("{},{},{},{bytes}", absent.1, absent.2, absent.0),
            )
            .stdin(Stdio::null());
        for name in ELSEWHERE {
            command.env_remove(name);
        }
        wait(Companion::start("the clicks in the window", &mut command)?, interrupts)
    }
}

fn wait(mut clicks: Companion, interrupts: &Interrupts) -> Result<()> {
    let start = Instant::now();
    while !clicks.has_ended() {
        if interrupts.arrives_within(Duration::from_millis(100)) {
            bail!("interrupted");
        }
        if start.elapsed() > RUN_MAX {
            bail!("not done after {} minutes", RUN_MAX.as_secs() / 60);
        }
    }
    let status = clicks.child().wait().context("asking how they ended")?;
    if !status.success() {
        bail!("they ended with {status}");
    }
    Ok(())
}

/// The first program that is on this machine, or is not.
fn choose(programs: &[Program], installed: bool) -> Result<Program> {
    for program in programs {
        let status = Command::new("dpkg-query")
            .args(["--show", "--showformat", "${db:Status-Status}", program.0])
            .output()
            .context("starting dpkg-query")?;
        if (status.stdout == b"installed") == installed {
            return Ok(*program);
        }
    }
    let names: Vec<_> = programs.iter().map(|program| program.0).collect();
    bail!(
        "one of {names:?} must {} installed on this machine",
        if installed { "be" } else { "not be" }
    )
}

/// A folder that is removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let folder = env::temp_dir().join(format!("scrip-window-{}", process::id()));
        Ok(Self(private_folder(&folder)?))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("xtask: removing {}: {error}", self.0.display());
        }
    }
}
