//! `cargo xtask run`: the whole of Scrip on this machine, with real programs, in a window.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;

use crate::display::{Display, require_virtual_display};
use crate::page;
use crate::places::Places;
use crate::process::{Interrupts, cargo, show};
use crate::setup::{self, Job};
use crate::store::{self, Server};
use crate::till::{self, PracticePayments};
use crate::window;

/// Where the server listens when the port is free: the same each time, so that a session survives.
const PORT: u16 = 7747;

/// How `run` runs.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Build with optimisation: slower to build, faster to use.
    #[arg(long)]
    release: bool,
    /// Without a display: stay after the picture was taken, until Ctrl-C.
    #[arg(long)]
    keep: bool,
    /// Forget the store, the accounts and the window's state of earlier runs.
    #[arg(long)]
    fresh: bool,
}

/// The programs that were built.
#[derive(Debug)]
pub(crate) struct Built {
    folder: PathBuf,
    /// With optimisation.
    pub(crate) release: bool,
}

impl Built {
    /// What a build of the whole workspace leaves.
    pub(crate) fn by_tests(places: &Places) -> Self {
        Self {
            folder: places.target.join("debug"),
            release: false,
        }
    }

    /// Where they are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of one of them.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Builds everything, fills a store, opens the window, and stays until it is closed.
pub(crate) fn run(places: &Places, options: &Options) -> Result<()> {
    println!("==> set up");
    setup::set_up(places, &[Job::Build, Job::Run])?;
    println!("==> build (in {})", places.target.display());
    let built = build(places, options.release)?;
    if options.fresh && places.cache.join("run").exists() {
        fs::remove_dir_all(places.cache.join("run")).context("forgetting earlier runs")?;
    }
    let interrupts = Interrupts::hear()?;
    println!("==> fill the store");
    let data = places.cached("run/server")?;
    store::fill(places, &built, &data, &store::STOCK, &interrupts)?;
    let stocked = till::stock(&built, &data)?;
    println!("==> start the server");
    let mut payments = PracticePayments::start(&built, &data)?;
    let mut server = Server::start(&built, &data, free_port(PORT)?, &payments.environment(), &interrupts)?;
    println!("    {}, with its data in {}", server.url(), data.display());
    println!(
        "    tokens are sold for play money, paid at {}: nobody is charged",
        payments.url()
    );
    println!("    vouchers to redeem: {}", stocked.vouchers.display());
    println!(
        "    the vendor's console: {}/console, as {}; the password stands in {}, which only you can read",
        server.url(),
        till::OPERATOR,
        stocked.password.display()
    );
    println!(
        "    for a terminal: export SCRIP_SERVER={} PATH={}:$PATH",
        server.url(),
        built.folder().display()
    );

    println!("==> open the window");
    let state = places.cached("run/window")?;
    let display = if std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some() {
        None
    } else {
        require_virtual_display()?;
        println!("    there is no display here: the window opens on one that nobody sees, and a picture is taken");
        Some(Display::start()?)
    };
    let mut window = window::open(&built, server.url(), &state, display.as_ref())?;
    if let Some(display) = &display {
        let file = places.target.join("screenshots/window.png");
        fs::create_dir_all(places.target.join("screenshots")).context("making the folder of pictures")?;
        display.take_picture_when_still(&file, &interrupts)?;
        window.require_running()?;
        println!("    a picture of the window: {}", file.display());
        if !options.keep {
            return Ok(());
        }
    }
    println!("    close the window or press Ctrl-C to stop");
    while !window.has_ended() && !interrupts.arrives_within(Duration::from_millis(200)) {
        server.require_running()?;
        payments.require_running()?;
    }
    Ok(())
}

/// Builds the page, the server, the terminal program and the window.
pub(crate) fn build(places: &Places, release: bool) -> Result<Built> {
    page::build(places)?;
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    let cargo_build = || -> Command {
        let mut command = cargo(places);
        command.args(["build", "--locked"]).args(profile);
        command
    };
    // One call, so that crates which several of them use are compiled once.
    show(
        cargo_build()
            .args([
                "-p",
                "scrip-server",
                "-p",
                "scrip-cli",
                "-p",
                "scrip-desktop",
                "-p",
                "scrip-testkit",
            ])
            .args(["--features", "scrip-desktop/custom-protocol"]),
    )?;
    Ok(Built {
        folder: places.target.join(if release { "release" } else { "debug" }),
        release,
    })
}

/// `wanted`, or another port when it is taken.
pub(crate) fn free_port(wanted: u16) -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", wanted))
        .or_else(|_| TcpListener::bind(("127.0.0.1", 0)))
        .context("looking for a free port")?;
    Ok(listener.local_addr().context("asking for the port")?.port())
}
