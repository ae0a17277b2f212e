//! A server of prepared bytes: one answer for each connection, whatever was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a connection gets.
pub(crate) struct Answer {
    bytes: Vec<u8>,
    ending: Ending,
}

enum Ending {
    Close,
    Stall,
    Drip,
}

impl Answer {
    /// These bytes, then the end of the connection.
    pub(crate) fn raw(text: &str) -> Self {
        Self {
            bytes: text.as_bytes().to_vec(),
            ending: Ending::Close,
        }
    }

    /// A JSON body.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::typed(status, "application/json", body)
    }

    /// Problem details.
    pub(crate) fn problem(status: u16, body: &str) -> Self {
        Self::typed(status, "application/problem+json", body)
    }

    /// Nothing, for ever.
    pub(crate) fn stall() -> Self {
        Self {
            bytes: Vec::new(),
            ending: Ending::Stall,
        }
    }

    /// A body that never ends, a byte now and then.
    pub(crate) fn drip() -> Self {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
        Self {
            bytes: head.as_bytes().to_vec(),
            ending: Ending::Drip,
        }
    }

    fn typed(status: u16, media_type: &str, body: &str) -> Self {
        let length = body.len();
        Self::raw(&format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }
}

/// The server; it ends when it is dropped.
pub(crate) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Answers the first connections with `answers`, and nobody afterwards.
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = requests.clone();
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            for answer in answers {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let log = log.clone();
                open.spawn(async move { serve(stream, answer, &log).await });
            }
            while open.join_next().await.is_some() {}
        });
        Self { port, requests, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The heads of the requests that came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, log: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&head) {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => head.extend_from_slice(&buffer[..count]),
        }
    }
    log.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
    if stream.write_all(&answer.bytes).await.is_err() {
        return;
    }
    match answer.ending {
        Ending::Close => drop(stream.shutdown().await),
        Ending::Stall => std::future::pending().await,
        Ending::Drip => {
            let mut beat = tokio::time::interval(Duration::from_millis(50));
            while stream.write_all(b" ").await.is_ok() {
                beat.tick().await;
            }
        }
    }
}

/// Whether a request has come with all of its body: a connection closed before would be reset.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|part| part == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |text| text.parse().unwrap());
    request.len() >= end + 4 + length
}
