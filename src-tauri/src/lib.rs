//! The desktop shell: a window around the app's table of commands.
//!
//! The page reaches the computer through one command, `bridge::call`, hears one stream of events, and loads icons from one
//! scheme. No rule of the business lives here; whatever the window can do, the terminal can do too.

mod bridge;
mod icons;
mod opening;
mod saving;

use std::sync::Arc;

use scrip_app::{App, Options};
use tauri::Manager;

/// Why the window did not open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The app's settings or its state on the disk could not be read.
    #[error("opening the app's state: {0}")]
    State(#[source] scrip_app::Error),
    /// The system gave no window.
    #[error("opening the window: {0}")]
    Window(#[source] tauri::Error),
}

/// Opens the window and returns when it is closed. A second start shows the first window instead, unless
/// `SCRIP_ALLOW_MULTIPLE` is set in the environment.
pub fn run() -> Result<(), Error> {
    let app = Options::from_environment()
        .and_then(App::open)
        .map(Arc::new)
        .map_err(Error::State)?;
    let mut builder = tauri::Builder::default();
    if std::env::var_os("SCRIP_ALLOW_MULTIPLE").is_none() {
        builder = builder.plugin(tauri_plugin_single_instance::init(|handle, _arguments, _folder| {
            show(handle);
        }));
    }
    builder
        .manage(app.clone())
        .register_asynchronous_uri_scheme_protocol(icons::SCHEME, icons::answer)
        .invoke_handler(tauri::generate_handler![
            bridge::call,
            opening::open_external,
            saving::save_file
        ])
        .setup(move |tauri| {
            bridge::forward_events(tauri.handle().clone(), app.events());
            tauri::async_runtime::spawn(async move {
                app.catch_up().await;
                app.keep_leases().await;
            });
            Ok(())
        })
        .run(tauri::generate_context!())
        .map_err(Error::Window)
}

fn show(handle: &tauri::AppHandle) {
    let Some(window) = handle.get_webview_window("main") else {
        return;
    };
    for (what, result) in [("unminimize", window.unminimize()), ("focus", window.set_focus())] {
        if let Err(error) = result {
            tracing::warn!(%error, "{what}");
        }
    }
}
