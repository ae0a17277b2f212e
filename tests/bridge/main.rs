//! The app's core behind HTTP on this computer, so that tests reach it from the page in a browser: what the shell does for the window.
//!
//! It prints its address and serves until it is ended. `SCRIP_HOME`, `SCRIP_SERVER` and `SCRIP_KEYSTORE` say whose app it is.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{self, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{Stream, stream};
use scrip_app::contract::Event;
use scrip_app::{App, Options};
use scrip_domain::Sha256;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = Arc::new(App::open(Options::from_environment()?)?);
    let router = Router::new()
        .route("/call", post(call))
        .route("/events", get(events))
        .route("/icons/{digest}", get(icon))
        .with_state(Arc::clone(&app));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        app.catch_up().await;
        app.keep_leases().await;
    });
    axum::serve(listener, router).await?;
    Ok(())
}

/// A command of the app's table.
#[derive(Deserialize)]
struct Call {
    name: String,
    args: Value,
}

async fn call(State(app): State<Arc<App>>, Json(call): Json<Call>) -> Response {
    match app.dispatch(&call.name, call.args).await {
        Ok(result) => Json(result).into_response(),
        Err(failure) => (StatusCode::UNPROCESSABLE_ENTITY, Json(failure)).into_response(),
    }
}

async fn events(State(app): State<Arc<App>>) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let heard = stream::unfold(app.events(), async |mut events| {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::LibraryChanged,
            Err(RecvError::Closed) => return None,
        };
        // Events are plain data: they always serialise.
        let text = serde_json::to_string(&event).unwrap_or_default();
        Some((Ok(sse::Event::default().data(text)), events))
    });
    Sse::new(heard)
}

async fn icon(State(app): State<Arc<App>>, Path(digest): Path<String>) -> Response {
    let Ok(digest) = digest.parse::<Sha256>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match app.icon(digest).await {
        Ok(png) => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
