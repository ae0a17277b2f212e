//! What was measured, as a table.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use scrip_domain::{Clock, SystemClock};

use crate::machine::Facts;
use crate::rounds::Spread;

/// The most that one in a hundred answers of a page may take, in seconds.
pub(crate) const PAGE_P99_MAX: f64 = 0.1;
/// By how much a page may become slower where there is ten times as much.
pub(crate) const PAGE_GROWTH_MAX: f64 = 1.2;

/// What a ratio should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// One line of the table.
struct Row {
    what: String,
    ours: String,
    peer: String,
    ratio: String,
    goal: String,
    is_met: bool,
}

/// How fast a page is.
pub(crate) struct PageRow {
    pub(crate) page: String,
    pub(crate) visitor: &'static str,
    /// Whether a browser shows it, rather than saving it: what is saved is as long as what stands in it.
    pub(crate) is_page: bool,
    /// Seconds: the median, what one in a hundred takes, and the median where there is a tenth of everything.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) small_p50: f64,
    pub(crate) bytes: usize,
}

/// Everything that one run measured.
pub(crate) struct Report {
    facts: Facts,
    rows: Vec<Row>,
    notes: Vec<String>,
    /// What is said of the pages, and the pages.
    pages: Option<(String, Vec<PageRow>)>,
}

impl Report {
    pub(crate) fn new(facts: Facts) -> Self {
        Self {
            facts,
            rows: Vec::new(),
            notes: Vec::new(),
            pages: None,
        }
    }

    /// Adds a ratio of ours to the peer's.
    pub(crate) fn compare(&mut self, what: &str, ours: String, peer: String, ratio: Spread, goal: Goal) {
        let (goal_text, is_met) = match goal {
            Goal::AtLeast(least) => (format!("≥ {}", factor(least)), ratio.median >= least),
            Goal::AtMost(most) => (format!("≤ {}", factor(most)), ratio.median <= most),
        };
        let Spread { median, low, high } = ratio;
        self.add(Row {
            what: what.to_owned(),
            ours,
            peer,
            ratio: format!("{} ({} … {})", factor(median), factor(low), factor(high)),
            goal: goal_text,
            is_met,
        });
    }

    /// Adds a time that has a limit, both in seconds.
    pub(crate) fn limit(&mut self, what: &str, ours: f64, limit: f64) {
        let (ours_text, goal) = (seconds(ours), format!("≤ {}", seconds(limit)));
        let row = Row {
            what: what.to_owned(),
            ours: ours_text,
            peer: "–".into(),
            ratio: "–".into(),
            goal,
            is_met: ours <= limit,
        };
        self.add(row);
    }

    /// Adds by how much ours is larger than the peer's, which has a limit; all in bytes.
    pub(crate) fn grows(&mut self, what: &str, ours: u64, peer: u64, limit: u64) {
        let growth = ours.saturating_sub(peer);
        self.add(Row {
            what: what.to_owned(),
            ours: kilobytes(ours),
            peer: kilobytes(peer),
            ratio: format!("+{}", kilobytes(growth)),
            goal: format!("≤ +{}", kilobytes(limit)),
            is_met: growth <= limit,
        });
    }

    /// Adds a table of pages of its own.
    pub(crate) fn pages(&mut self, about: &str, rows: Vec<PageRow>) {
        self.pages = Some((about.to_owned(), rows));
    }

    /// Adds a sentence below the table.
    pub(crate) fn note(&mut self, text: String) {
        eprintln!("    {text}");
        self.notes.push(text);
    }

    fn add(&mut self, row: Row) {
        let met = if row.is_met { "met" } else { "missed" };
        eprintln!(
            "    {}: {} against {}: {} (goal {}: {met})",
            row.what, row.ours, row.peer, row.ratio, row.goal
        );
        self.rows.push(row);
    }

    /// The whole document.
    pub(crate) fn render(&self) -> Result<String> {
        let mut text = String::from(
            "# Benchmarks\n\n<!-- Written by `cargo xtask bench`; change the measurement, not this file. -->\n\n\
             Each ratio is ours divided by the peer's, of one run on one machine: both were measured in turns, and the median\n\
             of the rounds stands before their range. Times and speeds alone say little on another machine; ratios say more.\n\n",
        );
        let now = SystemClock.now().to_string();
        let date = now.split('T').next().context("a date")?;
        let Facts {
            processor,
            cores,
            has_sha,
            kernel,
            file_system,
            load_before,
        } = &self.facts;
        writeln!(text, "- Date: {date}")?;
        writeln!(
            text,
            "- Processor: {cores} × {processor}, {} SHA extensions",
            if *has_sha { "with" } else { "without" }
        )?;
        writeln!(text, "- Linux {kernel}, temporary folder on {file_system}")?;
        let load = crate::machine::load()?;
        writeln!(
            text,
            "- Load of the machine: {load_before} in the minute before the run, {load} in its last minute\n"
        )?;
        text.push_str("| what | ours | peer | ratio | goal | |\n|---|---|---|---|---|---|\n");
        for Row {
            what,
            ours,
            peer,
            ratio,
            goal,
            is_met,
        } in &self.rows
        {
            let met = if *is_met { "met" } else { "**missed**" };
            writeln!(text, "| {what} | {ours} | {peer} | {ratio} | {goal} | {met} |")?;
        }
        if !self.notes.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            writeln!(text, "- {note}")?;
        }
        if let Some((about, rows)) = &self.pages {
            render_pages(&mut text, about, rows)?;
        }
        Ok(text)
    }
}

fn render_pages(text: &mut String, about: &str, rows: &[PageRow]) -> Result<()> {
    writeln!(text, "\n## Pages\n\n{about}\n")?;
    text.push_str("| page | seen by | p50 | p99 | p50 with a tenth | growth | size |\n|---|---|---|---|---|---|---|\n");
    for row in rows {
        let growth = row.p50 / row.small_p50;
        let bold = |text: String, is_missed: bool| if is_missed { format!("**{text}**") } else { text };
        writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            row.page,
            row.visitor,
            seconds(row.p50),
            bold(seconds(row.p99), row.is_page && row.p99 > PAGE_P99_MAX),
            seconds(row.small_p50),
            bold(factor(growth), row.is_page && growth > PAGE_GROWTH_MAX),
            kilobytes(row.bytes as u64)
        )?;
    }
    Ok(())
}

/// A ratio with as many digits as say something.
fn factor(ratio: f64) -> String {
    match ratio {
        r if r >= 100.0 => format!("{r:.0}×"),
        r if r >= 10.0 => format!("{r:.1}×"),
        r if r >= 0.1 => format!("{r:.2}×"),
        r if r >= 0.01 => format!("{r:.3}×"),
        r => format!("1/{:.0}", 1.0 / r),
    }
}

/// A time in the unit that a person would choose.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 1e-3 => format!("{:.2} ms", s * 1e3),
        s => format!("{:.1} µs", s * 1e6),
    }
}

/// A size in thousands of bytes.
fn kilobytes(bytes: u64) -> String {
    format!("{} kB", bytes.div_ceil(1000))
}

/// A number of something in a second.
pub(crate) fn per_second(rate: f64) -> String {
    format!("{rate:.0}/s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [factor(1.5), factor(0.05), factor(0.001)],
            ["1.50×", "0.050×", "1/1000"]
        );
        assert_eq!(
            [seconds(2.0), seconds(0.004), seconds(4.2e-5)],
            ["2.00 s", "4.00 ms", "42.0 µs"]
        );
    }
}
