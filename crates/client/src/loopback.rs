//! Where the system's browser brings the code of a person who signed in there (RFC 8252 section 7.3).

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::Error;

/// The longest request that is read, in bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// How long one connection may take.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(5);

/// A door on this computer alone, open while a person signs in.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    redirect: String,
}

/// What the browser brought.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserAnswer {
    /// The code; none where the person declined.
    pub code: Option<String>,
}

impl std::fmt::Debug for BrowserAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BrowserAnswer(code: {})", self.code.is_some())
    }
}

impl Loopback {
    /// Opens the door on a free port.
    pub async fn open() -> Result<Self, Error> {
        let failed = |why: std::io::Error| Error::Setup { why: why.to_string() };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self {
            listener,
            redirect: format!("http://127.0.0.1:{port}/signed-in"),
        })
    }

    /// Where the browser is sent back to.
    pub fn redirect(&self) -> &str {
        &self.redirect
    }

    /// Waits for the browser that carries `state`; everything else that knocks is turned away.
    pub async fn wait(&self, state: &str) -> Result<BrowserAnswer, Error> {
        loop {
            let accepted = self.listener.accept().await;
            let (stream, _) = accepted.map_err(|why| Error::Setup { why: why.to_string() })?;
            // Whoever connects and says nothing keeps nobody waiting for long.
            let served = tokio::time::timeout(CONNECTION_PATIENCE, serve(stream, state)).await;
            if let Ok(Some(answer)) = served {
                return Ok(answer);
            }
        }
    }
}

/// Answers one request; what it brought, where it is the one that is waited for.
async fn serve(mut stream: TcpStream, state: &str) -> Option<BrowserAnswer> {
    let mut request = Vec::new();
    let mut piece = [0; 2048];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.ok()?;
        request.extend_from_slice(&piece[..read]);
        if read == 0 || request.len() > REQUEST_BYTES_MAX {
            return None;
        }
    }
    let answer = answer_in(&request, state);
    let (status, words) = match &answer {
        Some(BrowserAnswer { code: Some(_) }) => (
            "200 OK",
            "You are signed in. You can close this page and go back to Scrip.",
        ),
        Some(BrowserAnswer { code: None }) => (
            "200 OK",
            "Nobody was signed in. You can close this page and go back to Scrip.",
        ),
        None => ("404 Not Found", "There is nothing here."),
    };
    let page =
        format!("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Scrip</title><p>{words}</p></html>");
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    let told = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(page.as_bytes()).await?;
        stream.shutdown().await
    };
    // The code has come, whether or not the browser waits for the page.
    drop(told.await);
    answer
}

/// What a request brought: `GET /signed-in?code=…&state=…`.
fn answer_in(request: &[u8], state: &str) -> Option<BrowserAnswer> {
    let line = request.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?')?;
    if method != "GET" || path != "/signed-in" {
        return None;
    }
    let value = |wanted: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    // Both are written in letters, digits, dashes and underscores alone, so that nothing is to be decoded.
    if value("state")? != state {
        return None;
    }
    let code = value("code").filter(|code| !code.is_empty() && code.len() <= 200);
    Some(BrowserAnswer {
        code: code.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_browser_that_was_sent_is_heard() {
        let heard = |line: &str| answer_in(format!("{line}\r\nHost: x\r\n\r\n").as_bytes(), "abc");
        let good = heard("GET /signed-in?code=xyz&state=abc HTTP/1.1").unwrap();
        assert_eq!(good.code.as_deref(), Some("xyz"));
        let declined = heard("GET /signed-in?error=access_denied&state=abc HTTP/1.1").unwrap();
        assert_eq!(declined.code, None);
        for bad in [
            "GET /signed-in?code=xyz&state=abd HTTP/1.1",
            "GET /signed-in?code=xyz HTTP/1.1",
            "POST /signed-in?code=xyz&state=abc HTTP/1.1",
            "GET /favicon.ico HTTP/1.1",
            "nonsense",
        ] {
            assert_eq!(heard(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn a_door_waits_past_strangers() {
        let door = Loopback::open().await.unwrap();
        let address = door
            .redirect()
            .trim_start_matches("http://")
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        let knock = async move {
            for line in [
                "GET /favicon.ico",
                "GET /signed-in?code=evil&state=guess",
                "GET /signed-in?code=good&state=s",
            ] {
                let mut stream = TcpStream::connect(&address).await.unwrap();
                stream
                    .write_all(format!("{line} HTTP/1.1\r\n\r\n").as_bytes())
                    .await
                    .unwrap();
                let mut page = String::new();
                stream.read_to_string(&mut page).await.unwrap();
                assert!(page.starts_with("HTTP/1.1 "), "{page}");
            }
        };
        let (answer, ()) = tokio::join!(door.wait("s"), knock);
        assert_eq!(answer.unwrap().code.as_deref(), Some("good"));
    }
}
