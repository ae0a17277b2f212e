//! The files under `deploy/`: every metric that they name is one that a server tells.

use std::collections::BTreeSet;

use crate::support::Api;

const RULES: &str = include_str!("../../../../deploy/prometheus/scrip.rules.yml");
const BOARD: &str = include_str!("../../../../deploy/grafana/scrip.json");

/// Every word that begins like a metric of ours.
fn metrics(text: &str) -> BTreeSet<String> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with("scrip_"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_and_the_dashboard_ask_for_metrics_that_there_are() {
    let api = Api::new().await;
    for job in ["audit", "renewals"] {
        scrip_server::run_job(&api.server, job).await.unwrap();
    }
    // So that every family has a series.
    api.get("/healthz", None).await;
    let told = String::from_utf8(api.get("/metrics", None).await.bytes).unwrap();
    assert!(
        told.contains("scrip_job_failures_in_a_row{name=\"audit\"} 0\n"),
        "{told}"
    );
    assert!(told.contains("scrip_webhooks_held{outcome=\"waiting\"} 0\n"), "{told}");
    let families: BTreeSet<_> = told
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .collect();
    let board: serde_json::Value = serde_json::from_str(BOARD).unwrap();
    assert!(board["panels"].as_array().unwrap().len() >= 12);
    let asked = metrics(RULES)
        .into_iter()
        .chain(metrics(BOARD))
        .collect::<BTreeSet<_>>();
    assert!(asked.len() >= 8, "{asked:?}");
    for metric in asked {
        let is = |kind, end: &str| {
            metric
                .strip_suffix(end)
                .is_some_and(|name| families.contains(&(name, kind)))
        };
        let found =
            families.contains(&(metric.as_str(), "gauge")) || is("counter", "_total") || is("histogram", "_bucket");
        assert!(found, "no server tells {metric}: {families:?}");
    }
}
