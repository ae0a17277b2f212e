//! The files under `deploy/`: every metric that they name is one that a server tells.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

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

/// Runs promtool, which knows the language of Prometheus; answers whether it was content, and what it said.
fn promtool(arguments: &[&str], folder: &Path) -> (bool, String) {
    let done = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("promtool is missing: cargo xtask setup installs it");
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// Every expression that a panel asks for, with what Grafana puts in for its variables.
fn expressions(board: &serde_json::Value) -> Vec<String> {
    let panels = board["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let asked = targets.map(|target| target["expr"].as_str().unwrap());
    asked.map(|expr| expr.replace("$__rate_interval", "1m")).collect()
}

#[test]
fn prometheus_reads_the_alerts_and_each_fires_when_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus");
    let (sound, said) = promtool(&["check", "config", "prometheus.yml"], &folder);
    assert!(sound && said.contains("7 rules found"), "{said}");
    let (passed, said) = promtool(&["test", "rules", "scrip.test.yml"], &folder);
    assert!(passed, "{said}");
    // Every alert has a moment at which it fires.
    let tests = include_str!("../../../../deploy/prometheus/scrip.test.yml");
    let alerts: Vec<_> = RULES
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert_eq!(alerts.len(), 7);
    for alert in alerts {
        let tried: Vec<_> = tests
            .split("- alertname: ")
            .filter(|test| test.starts_with(&format!("{alert}\n")))
            .collect();
        let fires = tried
            .iter()
            .any(|test| test.split("- interval").next().unwrap().contains("exp_alerts"));
        let silent = tried
            .iter()
            .any(|test| !test.split("- interval").next().unwrap().contains("exp_alerts"));
        assert!(fires && silent, "{alert} is not tried both ways");
    }
    // A rule that worries too late fails its test.
    let scratch = tempfile::tempdir().unwrap();
    let late = RULES.replace("> 600", "> 6000");
    std::fs::write(scratch.path().join("scrip.rules.yml"), late).unwrap();
    std::fs::write(scratch.path().join("scrip.test.yml"), tests).unwrap();
    let (passed, said) = promtool(&["test", "rules", "scrip.test.yml"], scratch.path());
    assert!(!passed && said.contains("ScripJobOverdue"), "{said}");
}

#[test]
fn prometheus_reads_every_expression_of_the_dashboard() {
    let board: serde_json::Value = serde_json::from_str(BOARD).unwrap();
    let mut ids = BTreeSet::new();
    for panel in board["panels"].as_array().unwrap() {
        assert!(
            ids.insert(panel["id"].as_i64().unwrap()),
            "two panels have one id: {panel}"
        );
        assert!(!panel["title"].as_str().unwrap().is_empty() && panel["type"].is_string());
        let place = |side: &str| panel["gridPos"][side].as_i64().unwrap();
        assert!(place("x") + place("w") <= 24 && place("h") > 0, "{panel}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
        assert!(!panel["targets"].as_array().unwrap().is_empty(), "{panel}");
    }
    assert_eq!(board["templating"]["list"][0]["name"], "datasource");
    let rules: Vec<_> = expressions(&board)
        .iter()
        .enumerate()
        .map(|(at, expr)| serde_json::json!({"record": format!("panel:{at}"), "expr": expr}))
        .collect();
    let asked = rules.len();
    assert!(asked >= 12);
    let scratch = tempfile::tempdir().unwrap();
    // JSON is YAML.
    let file = serde_json::json!({"groups": [{"name": "board", "rules": rules}]}).to_string();
    std::fs::write(scratch.path().join("board.yml"), file).unwrap();
    let (sound, said) = promtool(&["check", "rules", "board.yml"], scratch.path());
    assert!(sound && said.contains(&format!("{asked} rules found")), "{said}");
}
