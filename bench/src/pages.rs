//! Every page of the console and the account, on a vendor with a million transfers and on one with a tenth of that.

mod browser;
mod crawl;
mod deeds;
mod made;
mod routes;
mod stock;
mod years;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use self::browser::Browser;
use self::routes::Route;
use self::years::{HEAVY, OWNER, Scale, TYPICAL, session};
use crate::report::{Goal, PAGE_GROWTH_MAX, PAGE_P99_MAX, PageRow, Report, seconds};
use crate::rounds::{Effort, Spread, percentile};
use crate::server::{Server, command, output};

const BIG: Scale = Scale {
    users: 100_000,
    transfers: 1_000_000,
};
/// How often each page is asked for, in the long run and in the short one.
const REPEATS: usize = 100;
const REPEATS_QUICK: usize = 15;
/// The work that a server finds when it starts takes no longer than this.
const SETTLING: Duration = Duration::from_mins(5);

/// Pages that are no lists of anything, or that only a deed leads to.
const NOT_MEASURED: &[(&str, &str)] = &[
    ("/account/authorize", "asks about one app that waits"),
    ("/account/offline/answers/{nonce}", "answers one computer"),
    ("/account/offline/answers/{nonce}/bundle.scrip", "answers one computer"),
    ("/account/passkeys.js", "is always the same"),
    ("/account/token-orders/{order}/document", "hands a file out"),
    ("/console/token-orders/{order}/document", "hands a file out"),
    ("/account/sign-in/passkey/question", "makes a random number"),
    ("/account/security/passkeys/question", "makes a random number"),
    ("/account/tokens/return", "asks the payment provider"),
];

/// Somebody who looks at pages.
struct Visitor {
    name: &'static str,
    cookie: String,
    starts: &'static [&'static str],
}

/// A page that both servers have.
struct Kind {
    visitor: &'static str,
    name: String,
    big: Samples,
    tenth: Samples,
}

/// One address at one server.
struct Samples {
    address: String,
    bytes: usize,
    is_html: bool,
    /// Seconds.
    took: Vec<f64>,
}

/// Measures; the vendors are `smaller` times smaller than they are meant to be.
pub(crate) fn measure(effort: Effort, smaller: usize, report: &mut Report) -> Result<()> {
    let scale = BIG.part(smaller);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/server/src");
    let routes = routes::pages(&sources)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("starting a runtime")?;
    let (tenth, _) = made::data_folder(scale.part(10), &runtime)?;
    let (big, audited) = made::data_folder(scale, &runtime)?;
    let (tenth_server, big_server) = (start(tenth.path())?, start(big.path())?);
    let mut kinds = Vec::new();
    let mut browsers = Vec::new();
    for visitor in visitors() {
        let mut pair = [open(&big_server, &visitor)?, open(&tenth_server, &visitor)?];
        kinds.extend(find(&visitor, &mut pair, &routes)?);
        browsers.push((visitor.name, pair));
    }
    check_all_found(&routes, &kinds)?;
    let repeats = if effort.fast_rounds < Effort::FULL.fast_rounds {
        REPEATS_QUICK
    } else {
        REPEATS
    };
    for round in 0..repeats {
        for kind in &mut kinds {
            let (_, [on_big, on_tenth]) = browsers
                .iter_mut()
                .find(|(name, _)| *name == kind.visitor)
                .context("a visitor")?;
            // What is asked for first after a change pays for both; the turns share that.
            if round.is_multiple_of(2) {
                kind.big.ask(on_big)?;
                kind.tenth.ask(on_tenth)?;
            } else {
                kind.tenth.ask(on_tenth)?;
                kind.big.ask(on_big)?;
            }
        }
    }
    drop(browsers);
    big_server.stop()?;
    tenth_server.stop()?;
    tell(report, scale, kinds, repeats, &audited)
}

fn visitors() -> [Visitor; 4] {
    let account = |name, who| Visitor {
        name,
        cookie: format!("scrip_session={}", session(who)),
        starts: &["/account"],
    };
    [
        Visitor {
            name: "owner",
            cookie: format!("scrip_operator={}", session(OWNER)),
            starts: &["/console"],
        },
        account("typical", TYPICAL),
        account("heavy", HEAVY),
        Visitor {
            name: "nobody",
            cookie: String::new(),
            starts: &[
                "/console/sign-in",
                "/account/sign-in",
                "/account/sign-up",
                "/account/verify",
                "/account/recover",
                "/account/recover/finish",
                "/account/claim",
            ],
        },
    ]
}

/// Starts a server and waits until it did what it finds to do at first.
fn start(data: &Path) -> Result<Server> {
    let server = Server::start(data, None)?;
    let began = Instant::now();
    loop {
        let said = output(command(data, None)?.args(["jobs", "list", "--json"]))?;
        let jobs: Vec<serde_json::Value> = serde_json::from_str(&said).context("reading the list of jobs")?;
        let is_done = |job: &serde_json::Value| {
            job["running"] == false && (job["succeeded_at"].is_string() || job["failures"].as_i64() > Some(0))
        };
        if !jobs.is_empty() && jobs.iter().all(is_done) {
            eprintln!("    a server's first work took {:.1} s", began.elapsed().as_secs_f64());
            return Ok(server);
        }
        ensure!(began.elapsed() < SETTLING, "the server still works: {said}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn open(server: &Server, visitor: &Visitor) -> Result<Browser> {
    Browser::open(server.address(), &visitor.cookie)
}

/// The kinds of pages that a visitor can reach on both servers.
fn find(visitor: &Visitor, pair: &mut [Browser; 2], routes: &BTreeSet<Route>) -> Result<Vec<Kind>> {
    let words = BTreeMap::from([
        ("words", "tycho".to_owned()),
        ("email", HEAVY.to_owned()),
        ("subject", "EUR".to_owned()),
    ]);
    let starts: Vec<String> = visitor.starts.iter().map(|start| (*start).to_owned()).collect();
    let [big, tenth] = pair;
    let mut on_big = crawl::crawl(big, &starts, &words, routes)?;
    let mut on_tenth = crawl::crawl(tenth, &starts, &words, routes)?;
    if visitor.name == "owner" {
        for found in [&mut on_big, &mut on_tenth] {
            found.extend(SEARCHES.map(|(kind, address)| (kind.to_owned(), address.to_owned())));
        }
    }
    let mut kinds = Vec::new();
    for (name, address) in on_big {
        // Where the smaller vendor has no second page, there is nothing to compare with.
        let Some(other) = on_tenth.remove(&name) else { continue };
        let samples = |address| Samples {
            address,
            bytes: 0,
            is_html: false,
            took: Vec::new(),
        };
        kinds.push(Kind {
            visitor: visitor.name,
            name,
            big: samples(address),
            tenth: samples(other),
        });
    }
    eprintln!("    {} sees {} kinds of pages", visitor.name, kinds.len());
    Ok(kinds)
}

/// What operators type: a common part of addresses, nothing that exists, a whole address, two years of books.
const SEARCHES: [(&str, &str); 5] = [
    (
        "/console/users?words (in every second account)",
        "/console/users?words=example",
    ),
    ("/console/users?words (nobody's)", "/console/users?words=zzyzx"),
    (
        "/console/users?words (an address)",
        "/console/users?words=heavy%40example.org",
    ),
    (
        "/console/orders?email (of the typical account)",
        "/console/orders?email=typical%40example.org",
    ),
    (
        "/console/log?subject (nothing was done to it)",
        "/console/log?subject=zzyzx",
    ),
];

impl Samples {
    fn ask(&mut self, browser: &mut Browser) -> Result<()> {
        let answer = browser.get(&self.address)?;
        ensure!(answer.status == 200, "{} answers {}", self.address, answer.status);
        self.bytes = answer.body.len();
        self.is_html = answer.is_html;
        self.took.push(answer.took.as_secs_f64());
        Ok(())
    }

    /// The middle, and what one in a hundred takes, in seconds.
    fn percentiles(&mut self) -> (f64, f64) {
        self.took.sort_by(f64::total_cmp);
        (percentile(&self.took, 500), percentile(&self.took, 990))
    }
}

/// Fails where a page of the code was neither reached nor excused.
fn check_all_found(routes: &BTreeSet<Route>, kinds: &[Kind]) -> Result<()> {
    let is_found = |route: &Route| {
        kinds
            .iter()
            .any(|kind| kind.name.split(['?', ' ']).next() == Some(route.as_str()))
    };
    let is_excused = |route: &Route| NOT_MEASURED.iter().any(|(path, _)| *path == route.as_str());
    let missing: Vec<&str> = routes
        .iter()
        .filter(|route| !is_found(route) && !is_excused(route))
        .map(Route::as_str)
        .collect();
    if !missing.is_empty() {
        bail!(
            "no link of a made page leads to {}: make what it shows, or say why it is not measured",
            missing.join(", ")
        );
    }
    Ok(())
}

fn tell(report: &mut Report, scale: Scale, kinds: Vec<Kind>, repeats: usize, audited: &str) -> Result<()> {
    let mut rows = Vec::with_capacity(kinds.len());
    let (mut slowest, mut middles, mut small_middles) = (0.0_f64, Vec::new(), Vec::new());
    let mut slowest_file = (0.0_f64, String::new());
    for mut kind in kinds {
        let (p50, p99) = kind.big.percentiles();
        let (small_p50, _) = kind.tenth.percentiles();
        if kind.big.is_html {
            slowest = slowest.max(p99);
            middles.push(p50);
            small_middles.push(small_p50);
        } else if p99 > slowest_file.0 {
            slowest_file = (p99, kind.name.clone());
        }
        rows.push(PageRow {
            page: kind.name,
            visitor: kind.visitor,
            is_page: kind.big.is_html,
            p50,
            p99,
            small_p50,
            bytes: kind.big.bytes,
        });
    }
    ensure!(!middles.is_empty(), "no page was found");
    let count = middles.len();
    let Scale { users, transfers } = scale;
    report.limit(
        &format!("the slowest of {count} kinds of pages, 99th percentile, on SQLite with {users} accounts and {transfers} transfers"),
        slowest,
        PAGE_P99_MAX,
    );
    report.compare(
        "pages on that vendor, against the same pages of one with a tenth of it (medians; the range is over pages)",
        seconds(Spread::of(middles.clone()).median),
        seconds(Spread::of(small_middles.clone()).median),
        Spread::of_ratios(&middles, &small_middles),
        Goal::AtMost(PAGE_GROWTH_MAX),
    );
    let (took, file) = slowest_file;
    report.note(format!(
        "{} kinds of files are measured beside the pages and have no goal: they are as long as what was asked for. The slowest, \
         `{file}`, took {} at the 99th percentile.",
        rows.len() - count,
        seconds(took)
    ));
    let excused: Vec<String> = NOT_MEASURED
        .iter()
        .map(|(path, why)| format!("`{path}` {why}"))
        .collect();
    report.pages(
        &format!(
            "Each page is asked for {repeats} times of a release server on SQLite, on one connection, in turns with the same page of a vendor \
             with a tenth of everything. The made vendors are two years old and were played through the store's own functions; audited: {audited}. \
             The heavy customer has one in a hundred of all transfers. Not measured: {}.",
            excused.join("; ")
        ),
        rows,
    );
    Ok(())
}
