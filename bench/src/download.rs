//! A download that is verified while it streams, against `curl` that verifies nothing.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use scrip_client::{Client, Limits, SessionToken};
use scrip_domain::{ArtifactKind, Intent, Sha256, Version};
use scrip_install::{Artifact, ArtifactSource, Body, Installer, Paths, SourceError, Watch};

use crate::checkouts::seed;
use crate::machine::{forget_peak_memory, memory};
use crate::report::{Goal, Report};
use crate::rounds::{Effort, Spread, timed};
use crate::server::{Server, command, output};

/// The size of the file.
const FILE_BYTES: u32 = 512 << 20;
const BLOCKS: u32 = 512;

pub(crate) fn measure(effort: Effort, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let data = folder.path().join("data");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting a runtime")?;
    // Opening the store lays the database that the server's commands then find.
    let url = format!("sqlite:{}", data.join("scrip.db").display());
    std::fs::create_dir_all(&data).context("making the data folder")?;
    let buyer = runtime.block_on(seed::one_buyer(&url))?;

    let file = folder.path().join("random.tar");
    let artifact = write_random(&file)?;
    let product = seed::product_id(0)?;
    let publish = ["publish", "--product", product.as_str(), "--release", "1.0"];
    output(command(&data, None)?.args(publish).arg(&file))?;
    std::fs::remove_file(&file).context("removing the file that was published")?;

    let server = Server::start(&data, None)?;
    let client = Arc::new(Client::new(server.url().parse()?, Limits::default())?);
    client.set_session(Some(SessionToken::new(buyer.token.clone())?));
    runtime.block_on(buy(&client, &product))?;

    let (mut ours, mut theirs, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    forget_peak_memory()?;
    let before = memory("VmRSS:")?;
    let source = Vendor {
        client,
        sha256: artifact.sha256,
    };
    for round in 0..=effort.slow_rounds {
        let took_ours = fetch(&runtime, &folder.path().join("ours"), &artifact, &source)?;
        let took_theirs = fetch_with_curl(&folder.path().join("theirs"), &server, &buyer.token, &artifact)?;
        // The first round only warms up the caches of the disk.
        if round > 0 {
            ours.push(megabytes(took_ours));
            theirs.push(megabytes(took_theirs));
            hashes.push(megabytes(hash_alone()));
        }
    }
    let grown = memory("VmHWM:")?.saturating_sub(before);
    server.stop()?;

    let speed = |speeds: &[f64]| format!("{:.0} MB/s", Spread::of(speeds.to_vec()).median);
    let ratio = Spread::of_ratios(&ours, &theirs);
    let what = "download of 512 MiB from loopback, verified while streaming, against `curl -o` without verification";
    report.compare(what, speed(&ours), speed(&theirs), ratio, Goal::AtLeast(0.7));
    let ceiling = Spread::of_ratios(&hashes, &theirs);
    report.note(format!(
        "SHA-256 alone, of bytes that are in memory already, runs at {} here, between the downloads: {:.2}× the speed of `curl`. \
         On one connection that is about what verifying leaves possible.",
        speed(&hashes),
        ceiling.median
    ));
    report.note(format!(
        "Downloading raised the memory of the process by {:.1} MiB at most, for a file of 512 MiB.",
        mebibytes(grown)
    ));
    Ok(())
}

/// Fetches into a new folder, which is removed again; answers the seconds.
fn fetch(runtime: &tokio::runtime::Runtime, folder: &Path, artifact: &Artifact, source: &Vendor) -> Result<f64> {
    let installer = Installer::new(Paths {
        state: folder.join("state"),
        prefix: folder.join("prefix"),
    });
    let (fetched, took) = timed(|| runtime.block_on(installer.fetch(artifact, source, &Watch::none())));
    fetched.context("downloading")?;
    std::fs::remove_dir_all(folder).context("removing a download")?;
    Ok(took)
}

/// The same with `curl`.
fn fetch_with_curl(target: &Path, server: &Server, token: &str, artifact: &Artifact) -> Result<f64> {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--output"])
        .arg(target);
    curl.args(["--header", &format!("Authorization: Bearer {token}")]);
    curl.arg(format!("{}/v1/artifacts/{}", server.url(), artifact.sha256));
    let (ended, took) = timed(|| output(&mut curl));
    ended?;
    let length = target.metadata().context("looking at what curl wrote")?.len();
    ensure!(length == artifact.size, "curl wrote {length} bytes");
    std::fs::remove_file(target).context("removing what curl wrote")?;
    Ok(took)
}

/// Writes random bytes, never all of them in memory.
fn write_random(path: &Path) -> Result<Artifact> {
    let mut file = File::create(path).context("creating a file of random bytes")?;
    let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
    let mut block = vec![0; (FILE_BYTES / BLOCKS) as usize];
    for _ in 0..BLOCKS {
        getrandom::fill(&mut block).ok().context("gathering randomness")?;
        digest.update(&block);
        file.write_all(&block).context("writing random bytes")?;
    }
    file.sync_all().context("writing random bytes")?;
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest.finish().as_ref());
    Ok(Artifact {
        file_name: "random.tar".to_owned(),
        size: u64::from(FILE_BYTES),
        sha256: Sha256(sha256),
        kind: ArtifactKind::Tar,
        version: Version::new("1.0"),
    })
}

/// The seconds that the digest of as many bytes takes when they need not be moved.
fn hash_alone() -> f64 {
    let block = vec![7; (FILE_BYTES / BLOCKS) as usize];
    let (_, took) = timed(|| {
        let mut digest = ring::digest::Context::new(&ring::digest::SHA256);
        (0..BLOCKS).for_each(|_| digest.update(&block));
        digest.finish()
    });
    took
}

async fn buy(client: &Client, product: &scrip_domain::ProductId) -> Result<()> {
    let item = scrip_domain::Item {
        product: product.clone(),
        intent: Intent::Buy,
        offer: None,
    };
    let request = scrip_api::CheckoutRequest {
        items: vec![item],
        expected_total: seed::price()?,
        clear_cart: false,
        purchase: None,
    };
    let command = "019535d9-3df7-79fb-b466-fa907fa17f9e".parse()?;
    client
        .check_out(&request, command)
        .await
        .map(drop)
        .context("buying the file")
}

/// The server as a source of the file's bytes, as the app has it.
struct Vendor {
    client: Arc<Client>,
    sha256: Sha256,
}

impl ArtifactSource for Vendor {
    fn open(&self, offset: u64) -> BoxFuture<'_, Result<Body, SourceError>> {
        Box::pin(async move {
            let body = self
                .client
                .artifact(&self.sha256, offset)
                .await
                .map_err(SourceError::fatal)?;
            let stream = body.stream.map(|chunk| chunk.map_err(SourceError::fatal));
            Ok(Body {
                start: body.start,
                total: body.total,
                stream: Box::pin(stream),
            })
        })
    }
}

/// The speed of the whole file, in millions of bytes a second.
fn megabytes(took: f64) -> f64 {
    f64::from(FILE_BYTES) / took / 1e6
}

fn mebibytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) / 1024.0
}
