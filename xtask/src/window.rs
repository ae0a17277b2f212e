//! The real window: opened for a person, or for the README's picture.

use std::path::Path;

use anyhow::Result;

use crate::display::{Display, private_folder, with_secret_service};
use crate::places::Places;
use crate::process::{Companion, Interrupts};
use crate::run::{self, Built};
use crate::setup::{self, Job};
use crate::store::{self, Server};

/// Opens the window on a display of its own or on the person's.
pub(crate) fn open(built: &Built, server: &str, state: &Path, display: Option<&Display>) -> Result<Companion> {
    let home = private_folder(&state.join("home"))?;
    let mut command = with_secret_service(&built.program("scrip-desktop"), state)?;
    command.env("SCRIP_SERVER", server).env("SCRIP_HOME", home);
    if let Some(display) = display {
        // There is no graphics card behind such a display; without asking for one it starts sooner.
        command
            .env("DISPLAY", display.name())
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.env("SCRIP_ALLOW_MULTIPLE", "1");
    }
    Companion::start("scrip-desktop", &mut command)
}

/// Makes docs/window.png from the real window.
pub(crate) fn take_picture_for_readme(places: &Places) -> Result<()> {
    setup::set_up(places, &Job::ALL)?;
    let built = run::build(places, true)?;
    let interrupts = Interrupts::hear()?;
    let data = places.cached("screenshot/server")?;
    store::fill(places, &built, &data, &store::STOCK, &interrupts)?;
    let server = Server::start(&built, &data, run::free_port(0)?, &interrupts)?;
    let display = Display::start()?;
    let _window = open(
        &built,
        server.url(),
        &places.cached("screenshot/window")?,
        Some(&display),
    )?;
    let file = places.root.join("docs/window.png");
    display.take_picture_when_still(&file, &interrupts)?;
    println!("    {}", file.display());
    Ok(())
}
