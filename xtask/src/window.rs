//! The real window, opened for a person.

use std::path::Path;

use anyhow::Result;

use crate::display::{Display, private_folder, with_secret_service};
use crate::process::Companion;
use crate::run::Built;

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
