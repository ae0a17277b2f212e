//! Icons for the page, as `scrip-icon://localhost/DIGEST`: from the app's cache or, the first time, from the server.

use std::sync::Arc;

use scrip_app::App;
use scrip_domain::Sha256;
use tauri::http::{Request, Response, StatusCode, header};
use tauri::{Manager, Runtime, UriSchemeContext, UriSchemeResponder};

/// The scheme that the page loads icons from; also named in the content policy of `tauri.conf.json`.
pub(crate) const SCHEME: &str = "scrip-icon";

/// Answers a request of the page for an icon. What is named by its digest never changes, so the page may keep it for good.
#[expect(clippy::needless_pass_by_value, reason = "the signature is Tauri's")]
pub(crate) fn answer<R: Runtime>(
    context: UriSchemeContext<'_, R>,
    request: Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let app = context.app_handle().state::<Arc<App>>().inner().clone();
    let digest = request.uri().path().trim_start_matches('/').parse::<Sha256>();
    tauri::async_runtime::spawn(async move {
        let icon = match digest {
            Ok(digest) => app.icon(digest).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        responder.respond(match icon {
            Ok(png) => with_png(png),
            Err(reason) => {
                tracing::debug!(reason, uri = %request.uri(), "no icon");
                without_body(StatusCode::NOT_FOUND)
            }
        });
    });
}

fn with_png(png: Vec<u8>) -> Response<Vec<u8>> {
    Response::builder()
        .header(header::CONTENT_TYPE, "image/png")
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .body(png)
        .unwrap_or_else(|_| without_body(StatusCode::INTERNAL_SERVER_ERROR))
}

fn without_body(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}
