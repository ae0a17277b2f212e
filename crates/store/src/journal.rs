//! Reported usage journals: what was acknowledged, what was found wrong, and what was used by day.

use scrip_domain::{ActivationId, DeviceId, License, LicenseId, ProductId, Timestamp, Usage, UserId};
use uuid::Uuid;

use crate::catalog::read_id;
use crate::db::{Tx, Value, args};
use crate::ledger::retrying;
use crate::names::name_of;
use crate::notices::NewNotice;
use crate::{Error, Store};

/// What was acknowledged last of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// The thumbprint of the key that signs it.
    pub metering_key: String,
    /// The last record's place; 0 where none was acknowledged.
    pub seq: u64,
    /// The last record's hash.
    pub hash: [u8; 32],
    /// What was counted up to there.
    pub used: Usage,
    /// Counts the reports, from 1.
    pub revision: i64,
}

/// A journal that was verified, to be acknowledged.
#[derive(Clone, Debug)]
pub struct JournalReport {
    /// Whose journal it is.
    pub activation: ActivationId,
    /// The statement by which the device certifies the key that signs it.
    pub certificate: String,
    /// What is acknowledged from now on; its revision is the one that was read, 0 where there was none.
    pub head: JournalHead,
    /// The computer.
    pub device: DeviceId,
    /// What was taken since the last report, by day, in days since 1970-01-01 (UTC).
    pub days: Vec<(i64, Usage)>,
    /// What is wrong: a name such as `journal.fork`, and a sentence.
    pub findings: Vec<(String, String)>,
}

/// What one computer used of one product on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedOnDay {
    /// The day, in days since 1970-01-01 (UTC).
    pub day: i64,
    /// The product.
    pub product: ProductId,
    /// What the person calls the computer.
    pub device_name: String,
    /// How much.
    pub used: Usage,
}

/// What all computers together used of one product on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductUsage {
    /// The day, in days since 1970-01-01 (UTC).
    pub day: i64,
    /// The product.
    pub product: ProductId,
    /// How many computers.
    pub devices: u64,
    /// How much.
    pub used: Usage,
}

impl Store {
    /// The newest tie of a license to the computer with the key `thumbprint`, where there is one.
    pub async fn activation_on(
        &self,
        user: UserId,
        license: LicenseId,
        thumbprint: &str,
    ) -> Result<Option<ActivationId>, Error> {
        let sql = "SELECT a.id FROM activations a JOIN licenses l ON l.id = a.license_id \
                   JOIN devices d ON d.id = a.device_id \
                   WHERE l.user_id = $1 AND a.license_id = $2 AND d.thumbprint = $3 ORDER BY a.created_at DESC, a.id DESC";
        let values = args![user.0, license.0, thumbprint];
        let rows = self
            .database
            .rows::<(Uuid,)>("find an activation", sql, &values)
            .await?;
        Ok(rows.first().map(|(id,)| ActivationId(*id)))
    }

    /// What was acknowledged last of the journal of an activation.
    pub async fn journal_head(&self, activation: ActivationId) -> Result<Option<JournalHead>, Error> {
        type Found = (String, i64, Vec<u8>, i64, i64, i64);
        let sql =
            "SELECT metering_key, seq, hash, uses, processings, revision FROM journal_heads WHERE activation_id = $1";
        let rows = self
            .database
            .rows::<Found>("read a journal's head", sql, &args![activation.0])
            .await?;
        let Some((metering_key, seq, hash, uses, processings, revision)) = rows.into_iter().next() else {
            return Ok(None);
        };
        let corrupt = |why: &str| Error::Corrupt {
            table: "journal_heads",
            id: activation.to_string(),
            why: why.to_owned(),
        };
        Ok(Some(JournalHead {
            metering_key,
            seq: read_count(seq),
            hash: hash.try_into().map_err(|_| corrupt("the hash is not 32 bytes"))?,
            used: usage(uses, processings),
            revision,
        }))
    }

    /// Writes what a journal proved: its head, the use by day, and what was found wrong, of which the person is told.
    ///
    /// Answers how many findings are new; `None` where another report of the same journal came in between: the
    /// journal is to be compared again. The license itself counts by [`Store::report_use`].
    pub async fn put_journal(&self, license: &License, report: &JournalReport) -> Result<Option<usize>, Error> {
        retrying!("report a journal", {
            let mut tx = self.database.write().await?;
            let now = self.clock.now();
            if !write_head(&mut tx, report, now).await? {
                return Ok(None);
            }
            for (day, used) in &report.days {
                let sql = "INSERT INTO usage_days (user_id, product, device_id, day, uses, processings) \
                           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, product, device_id, day) DO UPDATE SET \
                           uses = usage_days.uses + excluded.uses, processings = usage_days.processings + excluded.processings";
                let values = args![
                    license.user.0,
                    license.product.as_str(),
                    report.device.0,
                    *day,
                    count(used.uses),
                    count(used.processings)
                ];
                tx.execute("count the use of a day", sql, &values).await?;
            }
            let mut new = 0;
            for (kind, explanation) in &report.findings {
                let sql = "INSERT INTO journal_findings (activation_id, kind, explanation, found_at) \
                           VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
                let values = args![report.activation.0, kind.as_str(), explanation.as_str(), now];
                if tx.execute("note a finding", sql, &values).await? == 1 {
                    new += 1;
                    let name = name_of(&mut tx, &license.product).await?;
                    let text = format!("The journal of {name} is not as it should be: {explanation}.");
                    let notice = NewNotice {
                        user: license.user,
                        kind: "journal.finding",
                        product: Some(&license.product),
                        subject: &format!("{} {kind} {explanation}", report.activation),
                        text: &text,
                    };
                    notice.put(&mut tx, self.new_id(), now).await?;
                }
            }
            tx.commit().await?;
            Ok(Some(new))
        })
    }

    /// What was found wrong with the journal of an activation, the oldest first: name, sentence, when.
    pub async fn findings(&self, activation: ActivationId) -> Result<Vec<(String, String, Timestamp)>, Error> {
        let sql = "SELECT kind, explanation, found_at FROM journal_findings WHERE activation_id = $1 \
                   ORDER BY found_at, kind, explanation";
        let rows = self
            .database
            .rows::<(String, String, i64)>("read findings", sql, &args![activation.0])
            .await?;
        let read = |(kind, text, at)| (kind, text, Timestamp::from_micros(at));
        Ok(rows.into_iter().map(read).collect())
    }

    /// What the user's computers used since the day `since`, the newest day first; 10,000 rows at most.
    pub async fn usage(&self, user: UserId, since: i64) -> Result<Vec<UsedOnDay>, Error> {
        type Found = (i64, String, String, i64, i64);
        let sql = "SELECT u.day, u.product, d.name, u.uses, u.processings FROM usage_days u \
                   JOIN devices d ON d.id = u.device_id WHERE u.user_id = $1 AND u.day >= $2 \
                   ORDER BY u.day DESC, u.product, d.name, d.id LIMIT 10000";
        let rows = self
            .database
            .rows::<Found>("read the use", sql, &args![user.0, since])
            .await?;
        rows.into_iter()
            .map(|(day, product, device_name, uses, processings)| {
                Ok(UsedOnDay {
                    day,
                    product: read_id(&product)?,
                    device_name,
                    used: usage(uses, processings),
                })
            })
            .collect()
    }

    /// What all computers used since the day `since`, of one product or of all, the newest day first; 10,000 rows at most.
    pub async fn usage_of_products(&self, product: Option<&ProductId>, since: i64) -> Result<Vec<ProductUsage>, Error> {
        type Found = (i64, String, i64, i64, i64);
        let mut values: Vec<Value> = args![since].to_vec();
        let only = product.map_or("", |product| {
            values.push(Value::from(product.as_str()));
            "AND product = $2"
        });
        let sql = format!(
            "SELECT day, product, COUNT(DISTINCT device_id), CAST(SUM(uses) AS BIGINT), CAST(SUM(processings) AS BIGINT) \
             FROM usage_days WHERE day >= $1 {only} GROUP BY day, product ORDER BY day DESC, product LIMIT 10000"
        );
        let rows = self.database.rows::<Found>("sum the use", &sql, &values).await?;
        rows.into_iter()
            .map(|(day, product, devices, uses, processings)| {
                Ok(ProductUsage {
                    day,
                    product: read_id(&product)?,
                    devices: read_count(devices),
                    used: usage(uses, processings),
                })
            })
            .collect()
    }
}

/// Writes the head if it is still at the revision that was read.
async fn write_head(tx: &mut Tx, report: &JournalReport, now: Timestamp) -> Result<bool, Error> {
    let head = &report.head;
    let sql = if head.revision == 0 {
        "INSERT INTO journal_heads (activation_id, metering_key, certificate, seq, hash, uses, processings, reported_at, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE journal_heads SET metering_key = $2, certificate = $3, seq = $4, hash = $5, uses = $6, processings = $7, \
         reported_at = $8, revision = revision + 1 WHERE activation_id = $1 AND revision = $9"
    };
    let mut values: Vec<Value> = args![
        report.activation.0,
        head.metering_key.as_str(),
        report.certificate.as_str(),
        count(head.seq),
        head.hash.to_vec(),
        count(head.used.uses),
        count(head.used.processings),
        now,
    ]
    .to_vec();
    if head.revision != 0 {
        values.push(Value::from(head.revision));
    }
    Ok(tx.execute("acknowledge a journal", sql, &values).await? == 1)
}

fn usage(uses: i64, processings: i64) -> Usage {
    Usage {
        uses: read_count(uses),
        processings: read_count(processings),
    }
}

fn read_count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
