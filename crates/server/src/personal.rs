//! What the vendor keeps of a person: given to the person as a document, and taken away.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header;
use scrip_api::ErasurePreview;
use scrip_domain::UserId;
use scrip_store::{ErasureOutlook, ExportCursor, ExportPage};
use serde_json::json;

use crate::{Error, Server};

/// The version of the document's form; `docs/personal-data.md` describes it.
const FORMAT: u32 = 1;

/// Everything that is kept of a person, as one JSON document. It is read and sent page by page: its size is in nobody's memory.
pub(crate) async fn export(server: &Server, user: UserId) -> Result<Response, Error> {
    let head = json!({"format": FORMAT, "vendor": server.issuer(), "exported_at": server.now()}).to_string();
    let head = head.trim_end_matches('}').to_owned();
    // The first page is read before the answer begins, so that a database that is away is told as an error.
    let first = next(server.clone(), user, ExportCursor::START).await?;
    let (text, rest) = first;
    let begin = Ok::<_, Error>(Bytes::from(head + &text));
    let server = server.clone();
    let pages = stream::try_unfold(rest, move |cursor| {
        let server = server.clone();
        async move {
            let Some(cursor) = cursor else {
                return Ok(None);
            };
            let (text, rest) = next(server, user, cursor).await?;
            Ok(Some((Bytes::from(text), rest)))
        }
    });
    let whole = stream::StreamExt::chain(stream::once(async { begin }), pages);
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"personal-data.json\"",
        ),
    ];
    Ok((headers, Body::from_stream(whole)).into_response())
}

/// The text of the next page, and where to go on; the last one ends the document.
async fn next(server: Server, user: UserId, cursor: ExportCursor) -> Result<(String, Option<ExportCursor>), Error> {
    let (page, rest) = server.0.store.export_page(user, cursor).await?;
    let ends = rest.as_ref().is_none_or(ExportCursor::begins_section);
    let mut text = page_text(&page, ends);
    if rest.is_none() {
        text.push_str("\n}\n");
    }
    Ok((text, rest))
}

fn page_text(page: &ExportPage, ends: bool) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    if page.begins {
        let written = write!(text, ",\n\"{}\": [", page.section);
        debug_assert!(written.is_ok());
    }
    for (at, row) in page.rows.iter().enumerate() {
        let comma = if page.begins && at == 0 { "" } else { "," };
        let written = write!(text, "{comma}\n  {row}");
        debug_assert!(written.is_ok());
    }
    if ends {
        text.push(']');
    }
    text
}

/// What erasing would mean, as the API says it.
pub(crate) fn preview(outlook: ErasureOutlook) -> ErasurePreview {
    ErasurePreview {
        hindrances: outlook.hindrances,
        forfeits: outlook.balance,
        licenses: outlook.licenses,
        bills_kept: outlook.bills,
        bills_kept_until: outlook.bills_until,
    }
}

/// Ends what the law of books no longer keeps; what was done, in words.
pub(crate) async fn run_job(server: &Server) -> Result<String, Error> {
    let mut names = 0;
    loop {
        let ended = server.0.store.end_retention().await?;
        names += ended;
        if ended == 0 {
            break;
        }
    }
    let documents = server.0.files.sweep_documents(&server.0.store, server.now()).await?;
    if names + documents == 0 {
        return Ok(String::new());
    }
    Ok(format!(
        "took the names off {names} old records, and removed {documents} documents"
    ))
}
