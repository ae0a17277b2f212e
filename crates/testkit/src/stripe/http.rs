//! As much of HTTP/1.1 (RFC 9112) as two programs on one computer need.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

/// The largest body, in bytes.
const BODY_MAX: usize = 1 << 20;

/// What was asked.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

/// What is answered: JSON but for pages.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    content_type: &'static str,
    location: Option<String>,
}

impl Answer {
    pub(super) fn json(status: u16, value: &Value) -> Self {
        Self::plain(status, value.to_string().into_bytes())
    }

    /// JSON that is written already.
    pub(super) const fn plain(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            body,
            content_type: "application/json",
            location: None,
        }
    }

    /// A page for people.
    pub(super) fn page(status: u16, html: String) -> Self {
        Self {
            content_type: "text/html; charset=utf-8",
            ..Self::plain(status, html.into_bytes())
        }
    }

    /// Sends a browser elsewhere.
    pub(super) fn elsewhere(url: &str) -> Self {
        let no_break = |letter: &char| !letter.is_control();
        Self {
            location: Some(url.chars().filter(no_break).collect()),
            ..Self::plain(303, Vec::new())
        }
    }

    pub(super) fn refusal(status: u16, message: &str) -> Self {
        Self::json(
            status,
            &json!({"error": {"type": "invalid_request_error", "message": message}}),
        )
    }
}

/// Answers one request. A connection that breaks is the other side's to notice.
pub(super) fn serve(mut stream: TcpStream, answer: impl FnOnce(&Request) -> Answer) {
    let Some(request) = read_request(&stream) else { return };
    let Answer {
        status,
        body,
        content_type,
        location,
    } = answer(&request);
    let location = location.map_or_else(String::new, |url| format!("Location: {url}\r\n"));
    let head = format!(
        "HTTP/1.1 {status} \r\nContent-Type: {content_type}\r\n{location}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)));
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    let mut body = vec![0; length.min(BODY_MAX)];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}
