//! Forms as somebody sends them who knows their fields.

use axum::body::Body;
use http::{Request, StatusCode, header};
use uuid::Uuid;

use crate::browser::{Browser, text};
use crate::support::Answer;

/// Deeds that take a file.
const FILES: [&str; 4] = [
    "/account/offline",
    "/document",
    "/console/payments/import",
    "/console/token-orders/new/document",
];

/// Sends a form, adding whatever field it lacks.
pub(super) async fn send(browser: &mut Browser<'_>, path: &str, token: &str) -> Answer {
    let mut fields = vec![("token".to_owned(), token.to_owned())];
    for _ in 0..20 {
        let named: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let answer = if FILES.iter().any(|end| path.ends_with(end)) {
            upload(browser, path, &named).await
        } else {
            browser.post(path, &named).await
        };
        match missing(&answer) {
            Some(name) => fields.push((name.clone(), sample(&name))),
            None => return answer,
        }
    }
    panic!("{path} wants ever more fields: {fields:?}");
}

/// The field that a refusal says is missing.
fn missing(answer: &Answer) -> Option<String> {
    if answer.status != StatusCode::BAD_REQUEST {
        return None;
    }
    let page = text(answer);
    let rest = page.split("missing field `").nth(1)?;
    rest.split('`').next().map(str::to_owned)
}

/// Something that fits into a field of that name.
fn sample(name: &str) -> String {
    match name {
        "command" | "event" | "id" | "session" | "campaign" | "list" | "order" | "user" | "license" | "invoice" => {
            Uuid::new_v4().to_string()
        }
        "email" | "to" => "somebody@example.com".to_owned(),
        "password" | "new_password" => "battery staple".to_owned(),
        "product" => "org.example.Paint".to_owned(),
        "currency" => "EUR".to_owned(),
        "role" => "support".to_owned(),
        "method" => "bank_transfer".to_owned(),
        "code" => "ABCDE-FGHJK-MNPQR".to_owned(),
        "disabled" | "stop" | "paused" | "cleared" | "stopped" => "true".to_owned(),
        "response_type" => "code".to_owned(),
        "code_challenge" => "c".repeat(43),
        "code_challenge_method" => "S256".to_owned(),
        "redirect_uri" => "http://127.0.0.1:4711/signed-in".to_owned(),
        "decision" => "rejected".to_owned(),
        "audience" => "new".to_owned(),
        name if name.ends_with("day") || name.ends_with("date") => "2025-07-01".to_owned(),
        "why" | "reason" | "name" | "label" | "note" | "message" | "reference" | "payer" => "a test".to_owned(),
        _ => "1".to_owned(),
    }
}

/// A form with a file (RFC 7578).
pub(super) async fn upload(browser: &mut Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, value) in fields {
        for part in [
            "--X\r\nContent-Disposition: form-data; name=\"",
            name,
            "\"\r\n\r\n",
            value,
            "\r\n",
        ] {
            body.push_str(part);
        }
    }
    body.push_str(
        "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n%PDF-1.4 a file\r\n--X--\r\n",
    );
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X");
    browser.send(request, Body::from(body)).await
}
