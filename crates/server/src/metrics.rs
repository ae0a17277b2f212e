//! What the server counts, in the Prometheus text format at `/metrics`.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    job: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabel {
    job: &'static str,
}

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    job_runs: Family<JobLabels, Counter>,
    job_seconds: Family<JobLabel, Counter<f64, AtomicU64>>,
    /// Bytes of installers that were sent.
    pub(crate) artifact_bytes: Counter,
    /// Checkouts that were paid, repetitions not counted.
    pub(crate) orders: Counter,
    /// Authorization codes that were issued.
    pub(crate) codes: Counter,
    /// Mails that the next server took.
    pub(crate) mails: Counter,
    /// Tries to hand a mail on that failed.
    pub(crate) mail_failures: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("scrip");
        let requests = Family::default();
        registry.register(
            "http_requests",
            "Requests by method, route and status",
            requests.clone(),
        );
        let seconds = Histogram::new([
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ]);
        registry.register("http_request_seconds", "Time until an answer begins", seconds.clone());
        let job_runs = Family::default();
        registry.register("job_runs", "Runs of jobs by this server", job_runs.clone());
        let job_seconds = Family::default();
        registry.register(
            "job_seconds",
            "Time that this server spent on jobs",
            job_seconds.clone(),
        );
        let (artifact_bytes, orders, codes) = (Counter::default(), Counter::default(), Counter::default());
        registry.register(
            "artifact_bytes",
            "Bytes of installers that were sent",
            artifact_bytes.clone(),
        );
        registry.register("orders", "Checkouts that were paid", orders.clone());
        registry.register("codes", "Authorization codes that were issued", codes.clone());
        let (mails, mail_failures) = (Counter::default(), Counter::default());
        registry.register("mails", "Mails that the next server took", mails.clone());
        registry.register(
            "mail_failures",
            "Tries to hand a mail on that failed",
            mail_failures.clone(),
        );
        Self {
            registry,
            requests,
            seconds,
            job_runs,
            job_seconds,
            artifact_bytes,
            orders,
            codes,
            mails,
            mail_failures,
        }
    }
}

impl Metrics {
    /// Counts one answered request. `route` is the pattern, not the path, so that the number of series is bounded.
    pub(crate) fn count_request(&self, method: &http::Method, route: &str, status: u16, took: Duration) {
        let method = if STANDARD_METHODS.contains(&method.as_str()) {
            method.as_str()
        } else {
            "OTHER"
        };
        let labels = RequestLabels {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Counts one run of a job.
    pub(crate) fn count_job(&self, job: &'static str, succeeded: bool, took: Duration) {
        let outcome = if succeeded { "succeeded" } else { "failed" };
        self.job_runs.get_or_create(&JobLabels { job, outcome }).inc();
        self.job_seconds
            .get_or_create(&JobLabel { job })
            .inc_by(took.as_secs_f64());
    }

    /// Everything that was counted.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}

/// Any other word a client sends as a method counts as one.
const STANDARD_METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
