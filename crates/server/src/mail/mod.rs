//! Mail: what the outbox holds is sent by SMTP (RFC 5321), as text and as HTML.

mod letter;
mod outlet;

use futures_util::StreamExt as _;
use scrip_store::{MailOutcome, MailRow};

use self::letter::Letter;
pub(crate) use self::outlet::Outlet;
use crate::{Error, Server};

/// Mails that are taken at once. Sending them must be over before they are due again.
const BATCH: usize = 16;
/// Mails that are sent at the same time.
const CONCURRENT: usize = 4;

/// What one look at the outbox did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailReport {
    /// Mails that the next server took.
    pub sent: usize,
    /// Mails that are tried again later.
    pub later: usize,
    /// Mails that were given up.
    pub failed: usize,
}

impl std::fmt::Display for MailReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sent, later, failed } = self;
        write!(f, "{sent} sent, {later} to be tried again, {failed} given up")
    }
}

impl Server {
    /// Whether this server can send mail.
    pub fn mails(&self) -> bool {
        self.0.outlet.is_some()
    }
}

/// Sends the mail that is due, and gives up what waited too long.
pub async fn send_due(server: &Server) -> Result<MailReport, Error> {
    let store = &server.0.store;
    let given_up = store.sweep_mails().await?;
    let mut report = MailReport {
        failed: usize::try_from(given_up).unwrap_or(usize::MAX),
        ..MailReport::default()
    };
    let Some(outlet) = &server.0.outlet else {
        return Ok(report);
    };
    loop {
        let mails = store.take_mails(i64::try_from(BATCH).unwrap_or(1)).await?;
        let full = mails.len() == BATCH;
        let sending = mails.into_iter().map(|mail| send(server, outlet, mail));
        let outcomes: Vec<_> = futures_util::stream::iter(sending)
            .buffer_unordered(CONCURRENT)
            .collect()
            .await;
        for outcome in outcomes {
            match outcome? {
                Sent::Taken => report.sent += 1,
                Sent::Later => report.later += 1,
                Sent::Never => report.failed += 1,
            }
        }
        // Where the server does not take mail now, the rest of the outbox would not fare better.
        if !full || report.later > 0 {
            return Ok(report);
        }
    }
}

/// The same, for the job: what it did, in words.
pub(crate) async fn run_job(server: &Server) -> Result<String, Error> {
    let report = send_due(server).await?;
    Ok(if report == MailReport::default() {
        String::new()
    } else {
        report.to_string()
    })
}

enum Sent {
    Taken,
    Later,
    Never,
}

async fn send(server: &Server, outlet: &Outlet, mail: MailRow) -> Result<Sent, Error> {
    let letter = Letter::of(&mail, &server.0.config.settings.name, server.public_url());
    let (outcome, sent) = match outlet.send(&mail, &letter, server.0.clock.now()).await {
        Ok(()) => {
            server.0.metrics.mails.inc();
            (MailOutcome::Sent, Sent::Taken)
        }
        Err(refused) => {
            server.0.metrics.mail_failures.inc();
            tracing::warn!(mail = %mail.id, attempts = mail.attempts, why = %refused.why, "a mail was not taken");
            if refused.for_good {
                store_outcome(server, &mail, MailOutcome::Never(&refused.why)).await?;
                return Ok(Sent::Never);
            }
            store_outcome(server, &mail, MailOutcome::Later(&refused.why)).await?;
            return Ok(Sent::Later);
        }
    };
    store_outcome(server, &mail, outcome).await?;
    Ok(sent)
}

async fn store_outcome(server: &Server, mail: &MailRow, outcome: MailOutcome<'_>) -> Result<(), Error> {
    Ok(server.0.store.settle_mail(mail.id, outcome).await?)
}
