//! Every source of installed programs, against `dpkg-query` alone.

use std::hint::black_box;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use scrip_inventory::{Inventory, Roots};

use crate::report::{Goal, Report, seconds};
use crate::rounds::{Effort, Spread, timed};

pub(crate) fn measure(effort: Effort, report: &mut Report) -> Result<()> {
    let roots = Roots::from_environment();
    let mut inventory = Inventory::scan(&roots);
    let (mut scans, mut queries) = (Vec::new(), Vec::new());
    let (mut rescans, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..effort.fast_rounds {
        let (scanned, took) = timed(|| black_box(Inventory::scan(&roots)));
        inventory = scanned;
        scans.push(took);
        let query = || {
            Command::new("dpkg-query")
                .arg("-W")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()
        };
        let (ended, query_took) = timed(query);
        ensure!(ended.context("starting dpkg-query")?.success(), "dpkg-query failed");
        queries.push(query_took);
        let (changed, took) = timed(|| inventory.rescan(&roots));
        if changed.is_empty() {
            rescans.push(took);
            beside.push(query_took);
        }
    }
    ensure!(
        !rescans.is_empty(),
        "programs are being installed here: measure at another time"
    );
    let median = |times: &[f64]| seconds(Spread::of(times.to_vec()).median);
    let what = format!(
        "scan of every source of installed programs ({} found), against `dpkg-query -W` alone",
        inventory.programs().count()
    );
    report.compare(
        &what,
        median(&scans),
        median(&queries),
        Spread::of_ratios(&scans, &queries),
        Goal::AtMost(0.5),
    );
    let what = "rescan when nothing changed, against the same";
    report.compare(
        what,
        median(&rescans),
        median(&beside),
        Spread::of_ratios(&rescans, &beside),
        Goal::AtMost(0.05),
    );
    Ok(())
}
