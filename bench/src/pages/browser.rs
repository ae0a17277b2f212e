//! A browser that asks for one page after the other on one connection, as lean as can be.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// No page takes longer than that.
const ANSWER_SECONDS_MAX: u64 = 60;
/// The longest page that is read.
const PAGE_BYTES_MAX: usize = 64 << 20;

/// A browser that is signed in, or not.
pub(super) struct Browser {
    stream: BufReader<TcpStream>,
    cookie: String,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Where it sends the browser.
    pub(super) location: Option<String>,
    pub(super) is_html: bool,
    pub(super) body: Vec<u8>,
    pub(super) took: Duration,
}

impl Browser {
    /// Connects; `cookie` is sent with every request.
    pub(super) fn open(address: SocketAddr, cookie: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).context("connecting to the server")?;
        stream.set_nodelay(true).context("connecting to the server")?;
        stream
            .set_read_timeout(Some(Duration::from_secs(ANSWER_SECONDS_MAX)))
            .context("connecting to the server")?;
        Ok(Self {
            stream: BufReader::with_capacity(256 * 1024, stream),
            cookie: cookie.to_owned(),
        })
    }

    /// Asks for a path with its query, and reads the whole answer.
    pub(super) fn get(&mut self, path: &str) -> Result<Answer> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {}\r\n\r\n",
            self.cookie
        );
        let asked = Instant::now();
        self.stream
            .get_mut()
            .write_all(request.as_bytes())
            .context("asking for a page")?;
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let mut answer = Answer {
            status: status.with_context(|| format!("no status: {status_line}"))?,
            location: None,
            is_html: false,
            body: Vec::new(),
            took: Duration::ZERO,
        };
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().context("reading the length of a page")?,
                "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
                "location" => answer.location = Some(value.to_owned()),
                "content-type" => answer.is_html = value.starts_with("text/html"),
                _ => {}
            }
        }
        if is_chunked {
            while self.chunk(&mut answer.body)? {}
        } else {
            self.read(length, &mut answer.body)?;
        }
        answer.took = asked.elapsed();
        Ok(answer)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).context("reading an answer")?;
        ensure!(read > 0, "the server closed the connection");
        Ok(line.trim_end().to_owned())
    }

    fn read(&mut self, length: usize, body: &mut Vec<u8>) -> Result<()> {
        ensure!(body.len() + length <= PAGE_BYTES_MAX, "a page is too long");
        let before = body.len();
        body.resize(before + length, 0);
        self.stream.read_exact(&mut body[before..]).context("reading a page")
    }

    /// Reads one chunk (RFC 9112 section 7.1); answers whether more follow.
    fn chunk(&mut self, body: &mut Vec<u8>) -> Result<bool> {
        let line = self.line()?;
        let length = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16);
        let length = length.with_context(|| format!("no length of a chunk: {line}"))?;
        self.read(length, body)?;
        self.line()?;
        Ok(length > 0)
    }
}
