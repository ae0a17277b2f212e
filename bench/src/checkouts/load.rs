//! Clients that buy one product after another over HTTP/1.1, as lean as can be: they share the processors with the server.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use scrip_domain::{IdSource as _, SystemClock, SystemIds};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::CLIENTS;
use super::seed::{self, Buyer, PRODUCTS};
use crate::rounds::count;

/// The longest answer that is read.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// The buyers of one store, and what was bought already.
pub(crate) struct Shop {
    buyers: Arc<Vec<Buyer>>,
    sold: Arc<AtomicUsize>,
    ids: Arc<SystemIds>,
}

/// What came out of one round.
pub(crate) struct Load {
    /// Paid checkouts in a second.
    pub(crate) rate: f64,
    /// The seconds that each took, sorted.
    pub(crate) latencies: Vec<f64>,
}

impl Shop {
    pub(crate) fn open(buyers: Vec<Buyer>) -> Self {
        Self {
            buyers: Arc::new(buyers),
            sold: Arc::default(),
            ids: Arc::default(),
        }
    }

    /// Buys with all clients at once for as long as `duration`.
    pub(crate) async fn sell(&self, address: SocketAddr, duration: Duration) -> Result<Load> {
        let mut connections = Vec::with_capacity(CLIENTS);
        for _ in 0..CLIENTS {
            let stream = TcpStream::connect(address).await.context("connecting to the server")?;
            stream.set_nodelay(true).context("connecting to the server")?;
            connections.push(stream);
        }
        let started = Instant::now();
        let mut clients = JoinSet::new();
        for stream in connections {
            let (buyers, sold, ids) = (Arc::clone(&self.buyers), Arc::clone(&self.sold), Arc::clone(&self.ids));
            clients.spawn(async move {
                let mut client = Client {
                    stream,
                    request: String::new(),
                    answer: vec![0; ANSWER_BYTES_MAX],
                };
                let mut latencies = Vec::with_capacity(4096);
                while started.elapsed() < duration {
                    let number = sold.fetch_add(1, Ordering::Relaxed);
                    let (product, buyer) = (number / buyers.len(), &buyers[number % buyers.len()]);
                    ensure!(product < PRODUCTS, "everything is sold");
                    let asked = Instant::now();
                    client.buy(product, buyer, &ids).await?;
                    latencies.push(asked.elapsed().as_secs_f64());
                }
                anyhow::Ok(latencies)
            });
        }
        let mut latencies: Vec<f64> = Vec::new();
        while let Some(ended) = clients.join_next().await {
            latencies.extend(ended.context("a client panicked")??);
        }
        let rate = count(latencies.len()) / started.elapsed().as_secs_f64();
        latencies.sort_by(f64::total_cmp);
        Ok(Load { rate, latencies })
    }
}

struct Client {
    stream: TcpStream,
    request: String,
    answer: Vec<u8>,
}

impl Client {
    /// One checkout; fails unless it was paid.
    async fn buy(&mut self, product: usize, buyer: &Buyer, ids: &SystemIds) -> Result<()> {
        let body = format!(
            r#"{{"items":[{{"product":"{}","intent":"buy"}}],"expected_total":{}}}"#,
            seed::product_id(product)?,
            seed::price()?.get()
        );
        self.request.clear();
        write!(
            self.request,
            "POST /v1/orders HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\nidempotency-key: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            buyer.token,
            ids.new_id(&SystemClock),
            body.len()
        )?;
        self.stream
            .write_all(self.request.as_bytes())
            .await
            .context("sending a checkout")?;
        let length = self.read().await?;
        let answer = &self.answer[..length];
        ensure!(
            answer.starts_with(b"HTTP/1.1 201 "),
            "a checkout failed: {}",
            String::from_utf8_lossy(answer)
        );
        Ok(())
    }

    /// Reads one whole answer; answers its length.
    async fn read(&mut self) -> Result<usize> {
        let mut length = 0;
        loop {
            ensure!(length < self.answer.len(), "an answer is too long");
            let read = self
                .stream
                .read(&mut self.answer[length..])
                .await
                .context("reading an answer")?;
            ensure!(read > 0, "the server closed a connection");
            length += read;
            if whole_length(&self.answer[..length])?.is_some_and(|whole| length >= whole) {
                return Ok(length);
            }
        }
    }
}

/// How long the answer that begins with `bytes` is, once its head is there.
fn whole_length(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end]).context("reading the head of an answer")?;
    for line in head.lines() {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok(Some(
                end + 4
                    + value
                        .trim()
                        .parse::<usize>()
                        .context("reading the length of an answer")?,
            ));
        }
    }
    bail!("an answer tells no length: {head}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_head_says() {
        assert_eq!(whole_length(b"HTTP/1.1 201 Created\r\nContent-Le").unwrap(), None);
        assert_eq!(
            whole_length(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{").unwrap(),
            Some(45)
        );
        assert!(whole_length(b"HTTP/1.1 201 Created\r\n\r\n").is_err());
    }
}
