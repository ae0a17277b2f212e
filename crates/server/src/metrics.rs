//! What the server counts, in the Prometheus text format at `/metrics`.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use scrip_domain::Timestamp;

use crate::jobs::JobState;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    name: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabel {
    name: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    job_failures: Family<JobLabel, Gauge>,
    job_overdue: Family<JobLabel, Gauge>,
    webhooks_held: Family<OutcomeLabel, Gauge>,
    webhooks: Family<OutcomeLabel, Counter>,
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
        let job_failures = Family::default();
        registry.register(
            "job_failures_in_a_row",
            "How often a job failed since it last ended well, on any server",
            job_failures.clone(),
        );
        let job_overdue = Family::default();
        registry.register(
            "job_overdue_seconds",
            "How long a job is due and no server begins it",
            job_overdue.clone(),
        );
        let webhooks_held = Family::default();
        registry.register(
            "webhooks_held",
            "Messages that wait to be sent, or were given up",
            webhooks_held.clone(),
        );
        let webhooks: Family<OutcomeLabel, Counter> = Family::default();
        for outcome in ["arrived", "failed"] {
            // From the first look on, so that a rate is known when the first one fails.
            webhooks.get_or_create(&OutcomeLabel { outcome }).inc_by(0);
        }
        registry.register("webhook_attempts", "Attempts to send a webhook", webhooks.clone());
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
            job_failures,
            job_overdue,
            webhooks_held,
            webhooks,
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
        self.job_runs.get_or_create(&JobLabels { name: job, outcome }).inc();
        self.job_seconds
            .get_or_create(&JobLabel { name: job })
            .inc_by(took.as_secs_f64());
    }

    /// Takes over what the database knows of all servers.
    pub(crate) fn look(&self, jobs: &[JobState], (waiting, given_up): (i64, i64), now: Timestamp) {
        for job in jobs {
            let Ok(found) = crate::jobs::find(&job.name) else {
                continue;
            };
            let label = JobLabel { name: found.name };
            self.job_failures.get_or_create(&label).set(job.failures);
            let idle = job.due_at.filter(|_| !job.running && !job.paused);
            let overdue = idle.map_or(0, |due_at| now.seconds_since(due_at).max(0));
            // Due since 1970: an operator made it due.
            let overdue = if overdue > now.seconds() / 2 { 0 } else { overdue };
            self.job_overdue.get_or_create(&label).set(overdue);
        }
        for (outcome, count) in [("waiting", waiting), ("given_up", given_up)] {
            self.webhooks_held.get_or_create(&OutcomeLabel { outcome }).set(count);
        }
    }

    /// Counts one attempt to send a webhook.
    pub(crate) fn count_webhook(&self, arrived: bool) {
        let outcome = if arrived { "arrived" } else { "failed" };
        self.webhooks.get_or_create(&OutcomeLabel { outcome }).inc();
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
