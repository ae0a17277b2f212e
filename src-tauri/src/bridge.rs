//! What passes between the page and the app: one command there, one stream of events back.

use std::sync::Arc;

use scrip_app::{App, Failure, contract::Event};
use serde_json::Value;
use tauri::{AppHandle, Emitter, State};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// The name under which the page hears events.
const EVENT: &str = "event";

/// Runs the command `name` of the app's table with `args`. Runs off the window's thread, so that the page never stalls.
#[tauri::command]
pub(crate) async fn call(app: State<'_, Arc<App>>, name: String, args: Value) -> Result<Value, Failure> {
    let app = app.inner().clone();
    app.dispatch(&name, args).await
}

/// Passes every event of the app on to the page, until the app is gone.
pub(crate) fn forward_events(handle: AppHandle, mut events: Receiver<Event>) {
    tauri::async_runtime::spawn(async move {
        loop {
            match events.recv().await {
                Ok(event) => send(&handle, &event),
                // Only progress comes in such numbers, and the next one says where things stand; the library may have changed.
                Err(RecvError::Lagged(_)) => send(&handle, &Event::LibraryChanged),
                Err(RecvError::Closed) => return,
            }
        }
    });
}

fn send(handle: &AppHandle, event: &Event) {
    if let Err(error) = handle.emit(EVENT, event) {
        tracing::warn!(%error, "an event did not reach the page");
    }
}
