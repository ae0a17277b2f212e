//! Reminders of bills that are overdue.

use scrip_domain::Timestamp;
use uuid::Uuid;

use super::invoices::{find_invoice, save_invoice};
use crate::db::args;
use crate::ledger::retrying;
use crate::{Error, Store};

const DAY_SECONDS: i64 = 86_400;

impl Store {
    /// Reminds of bills that are overdue, each as often as its terms say. Looks at up to `limit`; answers how many reminders
    /// went out.
    pub async fn remind_of_invoices(&self, limit: i64) -> Result<u64, Error> {
        let sql = "SELECT id FROM invoices WHERE status = 'open' AND due_at < $1 AND id > $2 ORDER BY id LIMIT $3";
        let (mut reminded, mut after) = (0, Uuid::nil());
        loop {
            let values = args![self.clock.now(), after, limit];
            let rows = self
                .database
                .rows::<(Uuid,)>("find overdue bills", sql, &values)
                .await?;
            let Some((last,)) = rows.last() else {
                return Ok(reminded);
            };
            after = *last;
            for (id,) in rows {
                reminded += u64::from(self.remind_of(id).await?);
            }
        }
    }

    /// Sends the reminder that is due for a bill; of several that were missed, one.
    async fn remind_of(&self, id: Uuid) -> Result<bool, Error> {
        retrying!("remind of a bill", {
            let (mut tx, now) = (self.database.write().await?, self.clock.now());
            let mut invoice = find_invoice(&mut tx, id).await?;
            let due = |days: u16| invoice.due_at.plus_seconds(i64::from(days) * DAY_SECONDS) <= now;
            let stage = invoice
                .seller
                .reminder_days
                .iter()
                .take_while(|days| due(**days))
                .count();
            let stage = i64::try_from(stage).unwrap_or(0);
            if stage <= invoice.reminders || !invoice.is_overdue(now) {
                return Ok(false);
            }
            invoice.reminders = stage;
            save_invoice(&mut tx, &invoice, now).await?;
            let text = format!(
                "Bill {} was due on {}: {} are still to be paid. Please name {} on the transfer.",
                invoice.number,
                day(invoice.due_at),
                invoice.state.open(),
                invoice.reference()
            );
            let subject = format!("{id} {stage}");
            let told = self
                .tell_about(&mut tx, invoice.user, "invoice.reminder", &subject, &text, now)
                .await?;
            tx.commit().await?;
            Ok(told)
        })
    }
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}
