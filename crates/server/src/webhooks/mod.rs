//! Telling the vendor's own programs what happened, as Standard Webhooks describes it
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! A message is sent until an endpoint answers 2xx, at growing distances, for three days; its id stays the same, so that whoever gets
//! it twice can tell.

mod address;
mod courier;
mod sign;

use futures_util::{StreamExt as _, stream};
use scrip_store::{Attempt, DueDelivery};

pub(crate) use courier::Courier;
use courier::Outcome;
pub(crate) use sign::new_secret;

use crate::{Error, Server};

/// Seconds until each further attempt, as the specification recommends: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
const AGAIN_SECONDS: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// An endpoint that answers nothing well for so long is told nothing more, in seconds: five days.
const PATIENCE_SECONDS: i64 = 5 * 86_400;
/// Messages on their way at the same time.
const AT_ONCE: usize = 16;
/// Messages of one turn; the next turn follows in seconds.
const TURN_MESSAGES: i64 = 500;
/// Looks for events in one turn.
const TURN_LOOKS: usize = 20;

/// What one turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookReport {
    /// Things that happened since the last turn.
    pub events: usize,
    /// Messages that arrived.
    pub arrived: usize,
    /// Messages that did not.
    pub failed: usize,
}

/// One turn, as a job.
pub(crate) async fn run_job(server: &Server) -> Result<String, Error> {
    let WebhookReport {
        events,
        arrived,
        failed,
    } = send_webhooks(server).await?;
    if arrived + failed == 0 {
        return Ok(String::new());
    }
    Ok(format!("{events} events, {arrived} messages arrived, {failed} did not"))
}

/// Collects what happened and sends every message that is due.
pub async fn send_webhooks(server: &Server) -> Result<WebhookReport, Error> {
    let store = &server.0.store;
    let mut report = WebhookReport::default();
    for _ in 0..TURN_LOOKS {
        let found = store.collect_events().await?;
        report.events += found;
        if found == 0 {
            break;
        }
    }
    let due = store.due_deliveries(TURN_MESSAGES).await?;
    let mut settled = stream::iter(due)
        .map(|message| async move { deliver(server, &message).await })
        .buffer_unordered(AT_ONCE);
    while let Some(arrived) = settled.next().await {
        if arrived? {
            report.arrived += 1;
        } else {
            report.failed += 1;
        }
    }
    Ok(report)
}

/// Sends one message and records how it went: whether it arrived.
async fn deliver(server: &Server, message: &DueDelivery) -> Result<bool, Error> {
    let now = server.now();
    let endpoint = &message.endpoint;
    let outcome = server.0.courier.post(message, now).await;
    let (answer, problem) = match &outcome {
        Outcome::Arrived(status) => (Some(*status), None),
        Outcome::Answered(status) => (Some(*status), Some(format!("it answered {status}"))),
        Outcome::Gone => (Some(410), Some("it answered 410: it is gone".to_owned())),
        Outcome::Failed(why) => (None, Some(why.clone())),
    };
    let tries = usize::try_from(message.attempts).unwrap_or(usize::MAX);
    let again_at = AGAIN_SECONDS.get(tries).map(|seconds| now.plus_seconds(*seconds));
    let weary = endpoint
        .failing_since
        .is_some_and(|since| now.seconds_since(since) > PATIENCE_SECONDS);
    let stop = match outcome {
        Outcome::Gone => Some("it answered that it is gone (410)"),
        Outcome::Answered(_) | Outcome::Failed(_) if weary => Some("nothing arrived for five days"),
        _ => None,
    };
    let attempt = Attempt {
        delivery: message.id,
        endpoint: endpoint.id,
        answer,
        problem: problem.as_deref(),
        again_at: again_at.filter(|_| problem.is_some()),
        stop,
    };
    server.0.store.settle_delivery(&attempt).await?;
    server.0.metrics.count_webhook(problem.is_none());
    Ok(problem.is_none())
}

/// Checks an address that an operator gives: what it is now, before anything is sent there.
pub(crate) fn check_url(server: &Server, url: &str) -> Result<String, Error> {
    server.0.courier.check(url).map(|url| url.to_string())
}
