//! What a program waits for: its first answer, every further one, a unit that is taken; and what a code costs the
//! vendor.

mod keygen;

use std::fs;
use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use scrip_domain::{Clock, SystemClock};
use scrip_licensing::{Claims, Grant, MachineDigest};
use scrip_sdk::{Scrip, Settings};
use scrip_testkit::Vendor;

use self::keygen::Keygen;
use crate::disk::{Appended, Overwritten};
use crate::report::{Goal, Report, per_second, seconds};
use crate::rounds::{Effort, Spread, count, percentile, timed};

const PRODUCT: &str = "org.example.Render";
/// Answers of one round: short rounds, so that what else runs on the machine spoils few of them.
const REPEATS: usize = 16;
/// Rounds for each of other measurements.
const ROUNDS_FACTOR: usize = 20;
/// The bytes of one record of a journal.
const RECORD_BYTES: usize = 192;
/// What the first answer may take, in seconds.
const FIRST_MAX: f64 = 1e-3;
/// What any other answer may take, in seconds, but for one of a hundred.
const NEXT_MAX: f64 = 1e-4;

pub(crate) fn measure(effort: Effort, report: &mut Report) -> Result<()> {
    let home = Home::new()?;
    let rounds = effort.fast_rounds * ROUNDS_FACTOR;
    // Taken first, so that there is a journal to look at, as with every program that was started once.
    take(&home, rounds, report)?;
    authorize(&home, rounds, report)?;
    issue(&home.claims, rounds, report)
}

/// A vendor, and a folder with a rental of it as the app stores it: starts and days, whichever end first, so that an
/// answer has to ask the clock and the journal.
struct Home {
    vendor: Vendor,
    claims: Claims,
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Result<Self> {
        let vendor = Vendor::new()?;
        let folder = tempfile::tempdir().context("making a home folder")?;
        let machine = fs::read_to_string("/etc/machine-id").context("asking which computer this is")?;
        let grant = Grant::Combined {
            uses: Some(1_000_000_000),
            processings: None,
        };
        let machine = MachineDigest::of(machine.trim())?;
        let claims = Claims {
            exp: Some("2999-01-01T00:00:00Z".parse()?),
            ..vendor.claims(&PRODUCT.parse()?, machine, grant, SystemClock.now())
        };
        vendor.store(folder.path(), &claims).context("storing a code")?;
        Ok(Self { vendor, claims, folder })
    }

    fn open(&self) -> Result<Scrip> {
        let settings = Settings::new(self.vendor.issuer(), PRODUCT).in_home(self.folder.path());
        Ok(Scrip::open(settings)?)
    }
}

/// `use_once` against one durable write of as many bytes.
fn take(home: &Home, rounds: usize, report: &mut Report) -> Result<()> {
    let scrip = home.open()?;
    scrip.use_once()?;
    let record = [7; RECORD_BYTES];
    let mut appended = Appended::create(home.folder.path())?;
    let mut overwritten = Overwritten::create(home.folder.path(), RECORD_BYTES * (rounds + 1))?;
    let (mut ours, mut appends, mut overwrites) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (taken, took) = timed(|| scrip.use_once());
        taken?;
        ours.push(took);
        appends.push(appended.append(&record)?);
        overwrites.push(overwritten.put(&record)?);
    }
    let left = scrip.authorize()?.remaining.uses;
    ensure!(
        left == Some(1_000_000_000 - count_u64(rounds) - 1),
        "{rounds} uses and one were taken, but {left:?} are left"
    );
    report.compare(
        "`use_once()`: one start of a program taken, against appending 192 bytes and `fdatasync` on the same disk",
        median(&ours),
        median(&appends),
        Spread::of_ratios(&ours, &appends),
        Goal::AtMost(1.2),
    );
    let Spread { median, low, high } = Spread::of_ratios(&ours, &overwrites);
    report.note(format!(
        "Against 192 bytes written over zeros that are on the disk already, and `fdatasync` ({} at the median), \
         `use_once()` is {median:.2}× ({low:.2}× … {high:.2}×): a journal grows ahead of its records, so that this is \
         the least that a durable unit can cost.",
        seconds(Spread::of(overwrites).median)
    ));
    Ok(())
}

/// `authorize` against a bare signature and against `keygen-rs`.
fn authorize(home: &Home, rounds: usize, report: &mut Report) -> Result<()> {
    let code = scrip_licensing::SigningKey::generate()?.issue(&home.claims)?;
    let (signed, _) = code.rsplit_once('.').context("a code has parts")?;
    let key = SigningKey::from_bytes(&[9; 32]);
    let (signature, public) = (key.sign(signed.as_bytes()), key.verifying_key());
    let keygen = Keygen::sign(&key)?;
    let scrip = home.open()?;
    scrip.authorize()?;

    let (mut next, mut first, mut bare, mut other) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        next.push(time(|| black_box(scrip.authorize()).is_ok())?);
        bare.push(time(|| verify(&public, black_box(signed), &signature))?);
        other.push(time(|| black_box(&keygen).verify())?);
        let (answer, took) = timed(|| home.open().and_then(|scrip| Ok(scrip.authorize()?)));
        answer?;
        first.push(took);
    }
    let peers = [
        ("the bare `verify_strict` of a code's bytes", &bare),
        (
            "`keygen-rs` verifying and reading a license file that is in memory",
            &other,
        ),
    ];
    for (peer, times) in peers {
        report.compare(
            &format!("`authorize()` of a handle that stays open, against {peer}"),
            median(&next),
            median(times),
            Spread::of_ratios(&next, times),
            Goal::AtMost(0.5),
        );
    }
    next.sort_by(f64::total_cmp);
    report.limit(
        &format!("the same, 99th percentile of {rounds} means of {REPEATS}"),
        percentile(&next, 990),
        NEXT_MAX,
    );
    for (peer, times) in peers {
        report.compare(
            &format!("first `authorize()` of a handle, its opening included, against {peer}"),
            median(&first),
            median(times),
            Spread::of_ratios(&first, times),
            Goal::AtMost(5.0),
        );
    }
    report.limit("the same, by the clock", Spread::of(first).median, FIRST_MAX);
    report.note(
        "The rental is of starts and days, whichever end first: each `authorize()` looks whether a file changed, asks \
         the clock guard and reads the journal's end under its lock. The first one reads every file and verifies the \
         signatures of the key set, the code and the certificate of the metering key, and the tag of the journal's last \
         record."
            .into(),
    );
    Ok(())
}

/// Codes that the vendor can issue in a second, against bare signatures of as many bytes.
fn issue(claims: &Claims, rounds: usize, report: &mut Report) -> Result<()> {
    let vendor = scrip_licensing::SigningKey::generate()?;
    let code = vendor.issue(claims)?;
    let (signed, _) = code.rsplit_once('.').context("a code has parts")?;
    let key = SigningKey::from_bytes(&[9; 32]);
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(time(|| vendor.issue(black_box(claims)).is_ok())?);
        bare.push(time(|| {
            black_box(key.sign(black_box(signed.as_bytes())));
            true
        })?);
    }
    let rate = |times: &[f64]| per_second(1.0 / Spread::of(times.to_vec()).median);
    report.compare(
        "authorization codes issued on one processor, against bare signatures of the same bytes",
        rate(&ours),
        rate(&bare),
        // Speeds: the peer's time divided by ours.
        Spread::of_ratios(&bare, &ours),
        Goal::AtLeast(0.8),
    );
    Ok(())
}

fn verify(key: &VerifyingKey, signed: &str, signature: &Signature) -> bool {
    key.verify_strict(signed.as_bytes(), signature).is_ok()
}

/// The seconds that one answer takes.
fn time(answer: impl Fn() -> bool) -> Result<f64> {
    let (good, took) = timed(|| (0..REPEATS).all(|_| answer()));
    ensure!(good, "a good license was refused");
    Ok(took / count(REPEATS))
}

fn median(times: &[f64]) -> String {
    seconds(Spread::of(times.to_vec()).median)
}

fn count_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
