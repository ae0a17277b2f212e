//! The store that `run` fills: the distribution's catalog, a price policy, and a dozen real packages; and its server.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::process::{Companion, Interrupts, is_on_path, read, wait_until};
use crate::run::Built;
use crate::samples::{self, Sample};
use crate::setup::{catalog_files, has_catalog_icons};

/// What a store sells, and for how much.
#[derive(Debug)]
pub(crate) struct Stock<'s> {
    /// The price policy, from the root of the clone.
    pub(crate) prices: &'s str,
    /// The packages that are published, as (package, product).
    pub(crate) packages: &'s [(&'s str, &'s str)],
    /// The catalog of the samples, which are built for the store's own vendor and published.
    pub(crate) samples: Option<&'s str>,
}

/// What `run` sells: small programs that the distribution packages. The last two are often on the machine already.
pub(crate) const STOCK: Stock<'static> = Stock {
    prices: "catalog/prices.toml",
    packages: &[
        ("galculator", "galculator.desktop"),
        ("l3afpad", "l3afpad.desktop"),
        ("gpicview", "gpicview.desktop"),
        ("xarchiver", "xarchiver.desktop"),
        ("bastet", "bastet.desktop"),
        ("gmult", "net.launchpad.gmult"),
        ("pegsolitaire", "com.github.jnumm.pegsolitaire"),
        ("stopwatch", "stopwatch.desktop"),
        ("xzoom", "xzoom.desktop"),
        ("gdmap", "gdmap.desktop"),
        ("gnome-chess", "org.gnome.Chess"),
        ("sudoku", "sudoku.desktop"),
        ("vim-common", "vim.desktop"),
        ("imagemagick-6.q16", "display-im6.q16.desktop"),
    ],
    samples: Some("catalog/samples"),
};

/// What the note of a finished import ends with where the catalog's icons were there.
const WITH_ICONS: &str = "\n# with icons";

/// Imports the catalog and publishes the packages, unless that was done with the same input before.
pub(crate) fn fill(
    places: &Places,
    built: &Built,
    data: &Path,
    stock: &Stock<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let mut catalog = Catalog::find(places)?;
    if let Some(samples) = stock.samples {
        catalog.add(&places.root.join(samples))?;
    }
    let prices = places.root.join(stock.prices);
    let mut wanted = catalog.fingerprint(&prices)?;
    let with_icons = format!("{wanted}{WITH_ICONS}");
    let stamp = data.join("catalog-imported");
    // Icons that apt has removed since are in the store all the same.
    let is_done = |imported: String| imported == with_icons || (imported == wanted && !has_catalog_icons());
    if fs::read_to_string(&stamp).is_ok_and(is_done) {
        println!("    the catalog is imported already ({})", catalog.words());
    } else {
        println!("    importing {}", catalog.words());
        let mut import = server(built, data, &["import", "appstream"]);
        let told = read(import.args(&catalog.files).arg("--prices").arg(&prices))?;
        for line in told.lines() {
            println!("    {line}");
        }
        if has_catalog_icons() {
            wanted = with_icons;
        }
        fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))?;
    }
    if catalog.is_of_distribution {
        publish_packages(places, built, data, stock.packages, interrupts)?;
    }
    if stock.samples.is_some() {
        publish_sample(places, built, data)?;
    }
    Ok(())
}

/// Builds the sample for this store's vendor, so that it takes no other's licenses, and publishes it.
fn publish_sample(places: &Places, built: &Built, data: &Path) -> Result<()> {
    let keys = read(&mut server(built, data, &["keys", "show", "--json"]))?;
    let keys: serde_json::Value = serde_json::from_str(&keys).context("reading what scrip-server says of its keys")?;
    let issuer = keys["issuer"].as_str().context("scrip-server names no issuer")?;
    let sample = Sample {
        issuer: Some(issuer),
        release: built.release,
    };
    let folder = data.join("samples");
    let mut files = sample.package(places, &folder)?;
    match sample.package_for_windows(places, &folder)? {
        Ok(installer) => files.push(installer),
        Err(missing) => println!("    the sample's Windows installer is left out: {}", missing.join("; ")),
    }
    for file in files {
        let names = ["publish", "--product", samples::PRODUCT, "--version", samples::VERSION];
        read(server(built, data, &names).arg(&file))?;
        let name = file.file_name().unwrap_or_default().display();
        println!("    published {name} as {}", samples::PRODUCT);
    }
    Ok(())
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    process: Companion,
    url: String,
    log: PathBuf,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(
        built: &Built,
        data: &Path,
        port: u16,
        environment: &[(&str, &str)],
        interrupts: &Interrupts,
    ) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let log = data.join("server.log");
        let output = fs::File::create(&log).with_context(|| format!("writing {}", log.display()))?;
        let mut process = Companion::start(
            "scrip-server",
            server(built, data, &["serve", "--listen", &address.to_string()])
                .env("SCRIP_PUBLIC_URL", format!("http://{address}"))
                .envs(environment.iter().copied())
                .stdout(Stdio::null())
                .stderr(output),
        )?;
        wait_until(Duration::from_mins(1), || {
            interrupts.require_none()?;
            process.require_running()?;
            Ok(is_ready(address).then_some(()))
        })
        .with_context(|| format!("waiting for the server, which wrote {}", log.display()))?;
        Ok(Self {
            process,
            log,
            url: format!("http://{address}"),
        })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Fails when it has ended.
    pub(crate) fn require_running(&mut self) -> Result<()> {
        self.process
            .require_running()
            .with_context(|| format!("it wrote {}", self.log.display()))
    }
}

/// A command of `scrip-server` on a data folder, with the embedded database.
pub(crate) fn server(built: &Built, data: &Path, verb: &[&str]) -> Command {
    let mut command = Command::new(built.program("scrip-server"));
    command.args(verb).arg("--data").arg(data).env_remove("DATABASE_URL");
    command
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

struct Catalog {
    files: Vec<PathBuf>,
    is_of_distribution: bool,
}

impl Catalog {
    fn find(places: &Places) -> Result<Self> {
        let files = catalog_files();
        if !files.is_empty() {
            return Ok(Self {
                files,
                is_of_distribution: true,
            });
        }
        let mut own = Self {
            files,
            is_of_distribution: false,
        };
        own.add(&places.root.join("catalog/fallback"))?;
        Ok(own)
    }

    /// With the files of `folder` too.
    fn add(&mut self, folder: &Path) -> Result<()> {
        let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
        let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        self.files.append(&mut files);
        Ok(())
    }

    fn words(&self) -> &'static str {
        if self.is_of_distribution {
            "the distribution's own programs"
        } else {
            "the small catalog of the repository"
        }
    }

    /// Changes when any input of the import changes.
    fn fingerprint(&self, prices: &Path) -> Result<String> {
        let mut lines = fs::read_to_string(prices).with_context(|| format!("reading {}", prices.display()))?;
        for file in &self.files {
            let facts = fs::metadata(file).with_context(|| format!("looking at {}", file.display()))?;
            let changed = facts
                .modified()
                .with_context(|| format!("looking at {}", file.display()))?;
            write!(lines, "\n# {} {} {changed:?}", file.display(), facts.len()).context("describing the catalog")?;
        }
        Ok(lines)
    }
}

/// A package that cannot be had is left out with a word: the store works without it.
fn publish_packages(
    places: &Places,
    built: &Built,
    data: &Path,
    packages: &[(&str, &str)],
    interrupts: &Interrupts,
) -> Result<()> {
    if !is_on_path("apt-get") {
        return Ok(());
    }
    let downloads = places.cached("packages")?;
    let stamps = data.join("published");
    fs::create_dir_all(&stamps).with_context(|| format!("making {}", stamps.display()))?;
    for (package, product) in packages {
        interrupts.require_none()?;
        let Some(file) = downloaded(&downloads, package)? else {
            continue;
        };
        let name = file.file_name().unwrap_or_default();
        if stamps.join(name).exists() {
            continue;
        }
        match read(server(built, data, &["publish", "--product", product]).arg(&file)) {
            Ok(_) => {
                fs::write(stamps.join(name), product).with_context(|| format!("noting that {package} is published"))?;
                println!("    published {package} as {product}");
            }
            Err(error) => println!("    {package} was not published: {error:#}"),
        }
    }
    Ok(())
}

pub(crate) fn downloaded(folder: &Path, package: &str) -> Result<Option<PathBuf>> {
    let find = || -> Result<Option<PathBuf>> {
        let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
        let begins = format!("{package}_");
        let is_package = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&begins) && name.ends_with(".deb")
        };
        Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).find(is_package))
    };
    if let Some(file) = find()? {
        return Ok(Some(file));
    }
    // Without its own user for downloads, which may not enter the cache of root.
    let mut download = Command::new("apt-get");
    download
        .current_dir(folder)
        .args(["download", "-qq", "-o", "APT::Sandbox::User=root", package]);
    if let Err(error) = read(&mut download) {
        println!("    {package} is left out: {error:#}");
        return Ok(None);
    }
    find()
}
