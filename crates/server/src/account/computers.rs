//! Computers that are gone, and computers whose clock was wrong.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use maud::html;
use scrip_domain::{ActivationId, DeviceId};
use scrip_licensing::armor::{self, Label};

use super::Person;
use super::answer::pictures;
use crate::html::{Bare, Page, Refused, Sent, Viewer as _};
use crate::request::Path;
use crate::{Server, statements};

/// The reason that is recorded and signed.
const FREED: &str = "its seat was freed on the account page";

pub(super) async fn free(
    State(server): State<Server>,
    person: Person,
    Path(activation): Path<ActivationId>,
    _: Sent<Bare>,
) -> Result<Response, Refused> {
    server.0.store.force_release(person.user, activation, FREED).await?;
    Ok(person.visit().see_saying(
        "/account",
        "The seat is free. The codes that this computer has no longer hold.",
    ))
}

pub(super) async fn recovery(
    State(server): State<Server>,
    person: Person,
    Path(device): Path<DeviceId>,
) -> Result<Response, Refused> {
    let device = server.0.store.device(person.user, device).await?;
    let code = statements::recovery_code(&server, &device)?;
    let body = html! {
        p { "For the computer " strong { (device.name) } ", where a program says that its clock is wrong and cannot be set right otherwise." }
        p { "The code holds the present time, so use it soon. Scan the picture there, or carry the file to it and run "
            code { "scrip clock recover FILE" } "." }
        p { a href=(format!("/account/computers/{}/recovery.scrip", device.id)) download { "Download the recovery code" } }
        (pictures(&code))
    };
    Ok(Page::new("Recovery code", body)
        .above("/account", "Account")
        .show(&person))
}

pub(super) async fn recovery_file(
    State(server): State<Server>,
    person: Person,
    Path(device): Path<DeviceId>,
) -> Result<Response, Refused> {
    let device = server.0.store.device(person.user, device).await?;
    let code = statements::recovery_code(&server, &device)?;
    tracing::info!(device = %device.id, "a recovery code was made");
    Ok(file("recovery.scrip", armor::write_one(Label::Recovery, &code)))
}

/// A file to keep.
pub(super) fn file(name: &str, text: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, text).into_response()
}
