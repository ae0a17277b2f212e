//! Search as you type: over the imported catalog against `appstreamcli`, and over many made-up products.

mod made_up;

use std::collections::BTreeSet;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use scrip_api::CatalogEntry;
use scrip_app::catalog::Index;
use scrip_client::{Client, Limits};

use crate::report::{Goal, Report, seconds};
use crate::rounds::{Effort, Spread, percentile, timed};
use crate::server::{Server, command, output};

/// Where the distribution keeps its catalog (AppStream specification, section 3.5).
const CATALOG: &str = "/var/lib/swcatalog/yaml";
/// Results that one search shows.
const SHOWN: usize = 60;
/// Whole words that the peer is asked, in turns.
const PEER_WORDS: [&str; 8] = [
    "calculator",
    "paint",
    "music",
    "chess",
    "editor",
    "terminal",
    "photo",
    "mail",
];
/// Made-up products.
const MANY: usize = 100_000;
/// How often each query is run; its fastest time would hide the tail, so that every time counts.
const REPEATS: usize = 3;

pub(crate) fn measure(effort: Effort, report: &mut Report) -> Result<()> {
    let entries = imported()?;
    ensure!(!entries.is_empty(), "the catalog in {CATALOG} lists nothing");
    let count = entries.len();
    let index = Index::build(entries);

    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    let rounds = effort.slow_rounds * 2;
    for word in PEER_WORDS.iter().cycle().take(rounds.max(PEER_WORDS.len())) {
        let ask = || {
            Command::new("appstreamcli")
                .args(["search", word])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
        };
        let (ended, took) = timed(ask);
        ensure!(
            ended.context("starting appstreamcli")?.success(),
            "appstreamcli search {word} failed"
        );
        theirs.push(took);
        // Everything that a person types on the way to the word.
        let typed: Vec<f64> = prefixes(word)
            .map(|typed| timed(|| black_box(index.search(typed, SHOWN)).total).1)
            .collect();
        ours.push(Spread::of(typed).median);
    }
    let median = |times: &[f64]| seconds(Spread::of(times.to_vec()).median);
    let what = format!("search as you type over {count} imported programs, against `appstreamcli search`");
    report.compare(
        &what,
        median(&ours),
        median(&theirs),
        Spread::of_ratios(&ours, &theirs),
        Goal::AtMost(1.0 / 500.0),
    );

    let times = time_all(&index, &queries(&names(&index, 1)));
    report.limit(
        &format!("the same, 99th percentile of {} searches", times.len()),
        percentile(&times, 990),
        1e-3,
    );

    let (many, took) = timed(|| Index::build(made_up::entries(MANY)));
    let times = time_all(&many, &queries(&names(&many, MANY / 150)));
    let what = format!(
        "search as you type over {MANY} made-up products, 99th percentile of {} searches",
        times.len()
    );
    report.limit(&what, percentile(&times, 990), 10e-3);
    let (median, worst) = (seconds(percentile(&times, 500)), seconds(percentile(&times, 1000)));
    report.note(format!(
        "Searches are every beginning of product names and the same with one typo, results ranked, counted by category and cut \
         to {SHOWN}. Over the made-up products the median is {median} and the worst {worst}; making and indexing them took {}.",
        seconds(took)
    ));
    Ok(())
}

/// Imports the distribution's catalog into a server, and fetches it as a client does.
fn imported() -> Result<Vec<CatalogEntry>> {
    ensure!(
        Path::new(CATALOG).is_dir(),
        "{CATALOG} is missing: run `cargo xtask setup`"
    );
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let data = folder.path().join("data");
    output(command(&data, None)?.args(["import", "appstream", CATALOG]))?;
    let server = Server::start(&data, None)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting a runtime")?;
    let entries = runtime.block_on(async {
        let client = Client::new(server.url().parse()?, Limits::default())?;
        let (mut entries, mut revision) = (Vec::new(), 0);
        while let Some(page) = client.catalog_changes(revision, 1000).await? {
            revision = page.revision;
            entries.extend(page.items);
            if !page.more {
                break;
            }
        }
        anyhow::Ok(entries)
    })?;
    server.stop()?;
    Ok(entries)
}

/// The names of every `step`-th product.
fn names(index: &Index, step: usize) -> Vec<&str> {
    index
        .entries()
        .iter()
        .step_by(step)
        .map(|entry| entry.name.as_str())
        .collect()
}

/// What people type on the way to these names, each once: every beginning, and every beginning with one letter wrong.
fn queries(names: &[&str]) -> Vec<String> {
    let mut queries = BTreeSet::new();
    for (number, name) in names.iter().enumerate() {
        for prefix in prefixes(name) {
            queries.insert(prefix.to_owned());
            queries.insert(misspelt(prefix, number));
        }
    }
    queries.into_iter().collect()
}

fn prefixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, letter)| &text[..at + letter.len_utf8()])
}

/// One letter left out, doubled, swapped with the next, or another one in its place; which, and where, depends on `seed`.
fn misspelt(text: &str, seed: usize) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let at = (seed / 4) % letters.len();
    match seed % 4 {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        2 if at + 1 < letters.len() => letters.swap(at, at + 1),
        _ => letters[at] = 'q',
    }
    letters.into_iter().collect()
}

/// The seconds of every search, sorted.
fn time_all(index: &Index, queries: &[String]) -> Vec<f64> {
    let mut times = Vec::with_capacity(queries.len() * REPEATS);
    for _ in 0..REPEATS {
        times.extend(
            queries
                .iter()
                .map(|query| timed(|| black_box(index.search(query, SHOWN)).total).1),
        );
    }
    times.sort_by(f64::total_cmp);
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_type_letter_by_letter_and_err() {
        assert_eq!(
            prefixes("Cafés").collect::<Vec<_>>(),
            ["C", "Ca", "Caf", "Café", "Cafés"]
        );
        assert_eq!(misspelt("word", 0), "ord");
        assert_eq!(misspelt("word", 5), "woord");
        assert_eq!(misspelt("word", 2), "owrd");
        assert_eq!(misspelt("word", 3), "qord");
        assert_eq!(queries(&["ab"]), ["", "a", "ab", "b"]);
    }
}
