//! What lets a person get tokens in the store that `run` fills: prices, rules for bills, vouchers, an operator who opens the
//! console, and payments with play money.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::{Companion, read, words};
use crate::run::{Built, free_port};
use crate::store::server;

/// Where practice payments listen when the port is free: pages that are open keep their address.
const PORT: u16 = 7748;
/// Who opens the console.
pub(crate) const OPERATOR: &str = "owner@example.org";
/// Characters of a password: 100 random bits.
const PASSWORD_CHARS: usize = 20;
/// Nothing that is mistaken for something else (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The first price lists: a round price, packs that save, a discount for many, and a tax as a line of its own.
const PRICES: [&[&str]; 2] = [
    &[
        "--currency",
        "EUR",
        "--price",
        "0.10",
        "--least",
        "10",
        "--most",
        "100000",
        "--pack",
        "starter 100 9.50",
        "--pack",
        "standard 250 22.50",
        "--pack",
        "large 1000 82.00",
        "--pack",
        "studio 5000 375.00",
        "--tier",
        "500 5",
        "--tier",
        "2000 10",
        "--tax",
        "19",
        "--tax-name",
        "VAT 19 %",
        "--reason",
        "first prices",
    ],
    &[
        "--currency",
        "USD",
        "--price",
        "0.11",
        "--least",
        "10",
        "--most",
        "100000",
        "--pack",
        "starter 100 10.50",
        "--pack",
        "large 1000 90.00",
        "--reason",
        "first prices",
    ],
];

/// Rules for orders on paper: a seller, or nothing is sold on bills. The account is the example of the German banks.
const BILLING: [&str; 7] = [
    "seller=The Practice Store",
    "address=1 Example Street; 12345 Exampletown",
    "contact=shop@example.org",
    "iban=DE02120300000000202051",
    "bic=BYLADEM1001",
    "credit_limit_minor=50000",
    "methods=[\"purchase_order\",\"invoice\",\"bank_transfer\",\"cheque\"]",
];

/// What was put into a store.
#[derive(Debug)]
pub(crate) struct Stocked {
    /// Vouchers to redeem, printed.
    pub(crate) vouchers: PathBuf,
    /// The file with the operator's password.
    pub(crate) password: PathBuf,
}

/// Puts prices, rules, vouchers and an operator into the store, each once.
pub(crate) fn stock(built: &Built, data: &Path) -> Result<Stocked> {
    let done = data.join("till");
    fs::create_dir_all(&done).with_context(|| format!("making {}", done.display()))?;
    for (at, prices) in PRICES.iter().enumerate() {
        once(&done.join(format!("prices-{at}")), || {
            read(server(built, data, &["tokens", "price", "set"]).args(*prices)).map(drop)
        })?;
    }
    once(&done.join("billing"), || {
        read(server(built, data, &["invoice", "set"]).args(BILLING)).map(drop)
    })?;
    let vouchers = data.join("vouchers.pdf");
    once(&done.join("vouchers"), || {
        let make = [
            "voucher",
            "make",
            "--tokens",
            "100",
            "--count",
            "2",
            "--label",
            "Welcome",
            "--promotion",
        ];
        read(server(built, data, &make).arg("--output").arg(&vouchers)).map(drop)
    })?;
    let password = data.join("console-password");
    once(&done.join("operator"), || admit(built, data, &password))?;
    Ok(Stocked { vouchers, password })
}

/// Does what has not been done; a step that fails is done again the next time.
fn once(stamp: &Path, step: impl FnOnce() -> Result<()>) -> Result<()> {
    if stamp.exists() {
        return Ok(());
    }
    step()?;
    fs::write(stamp, "").with_context(|| format!("writing {}", stamp.display()))
}

/// Admits the operator with a password that was never seen before, and keeps it in a file for its owner alone.
fn admit(built: &Built, data: &Path, file: &Path) -> Result<()> {
    let password = random_password()?;
    let failed = || format!("writing {}", file.display());
    if file.exists() {
        fs::remove_file(file).with_context(failed)?;
    }
    let mut kept = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(failed)?;
    writeln!(kept, "{password}").with_context(failed)?;
    let mut add = server(built, data, &["operator", "add", "--role", "owner", "--password-stdin"]);
    add.args(["--email", OPERATOR])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut adding = add.spawn().with_context(|| format!("starting {}", words(&add)))?;
    let mut input = adding.stdin.take().context("it takes no input")?;
    writeln!(input, "{password}").context("telling the password")?;
    drop(input);
    let status = adding.wait().context("waiting for it")?;
    if !status.success() {
        bail!("{} ended with {status}", words(&add));
    }
    Ok(())
}

fn random_password() -> Result<String> {
    let mut bytes = [0; PASSWORD_CHARS];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("asking the system for randomness")?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]))
        .collect())
}

/// A payment provider with play money.
#[derive(Debug)]
pub(crate) struct PracticePayments {
    process: Companion,
    /// It serves until this closes.
    _lifeline: ChildStdin,
    url: String,
    key: String,
}

impl PracticePayments {
    /// Starts it; it remembers in the store's folder what was paid.
    pub(crate) fn start(built: &Built, data: &Path) -> Result<Self> {
        let mut command = Command::new(built.program("scrip-practice-payments"));
        command
            .arg(format!("127.0.0.1:{}", free_port(PORT)?))
            .arg(data.join("practice-payments.json"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Companion::start("practice payments", &mut command)?;
        let child = process.child();
        let lifeline = child.stdin.take().context("it takes no input")?;
        let output = child.stdout.take().context("it has no output")?;
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .context("asking for its address")?;
        let (url, key) = line
            .trim()
            .split_once(' ')
            .context("practice payments told no address")?;
        Ok(Self {
            process,
            _lifeline: lifeline,
            url: url.to_owned(),
            key: key.to_owned(),
        })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What tells a server to take its payments there, and from nowhere else.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 3] {
        [
            ("SCRIP_STRIPE_URL", &self.url),
            ("SCRIP_STRIPE_SECRET_KEY", &self.key),
            ("SCRIP_STRIPE_WEBHOOK_SECRET", ""),
        ]
    }

    /// Fails when it has ended.
    pub(crate) fn require_running(&mut self) -> Result<()> {
        self.process.require_running()
    }
}
