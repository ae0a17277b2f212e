//! Licenses: one row each, changed at the revision that was read or not at all.

use scrip_domain::{License, LicenseId, LicenseKind, ProductId, Remaining, TermsSnapshot, Timestamp, UserId};
use uuid::Uuid;

use crate::catalog::text_of;
use crate::db::{Tx, Value, Write, args, row_struct};
use crate::ledger::read_tokens;
use crate::{Error, Store};

pub(crate) const COLUMNS: &str =
    "id, user_id, product, kind, ends_at, uses, processings, equity, last_offer, terms, tenure, started_at, revision";

row_struct! {
    /// A license as its row has it.
    pub(crate) struct LicenseRow {
        id: Uuid,
        user_id: Uuid,
        product: String,
        kind: String,
        ends_at: Option<i64>,
        uses: Option<i64>,
        processings: Option<i64>,
        equity: i64,
        last_offer: Option<String>,
        terms: String,
        tenure: String,
        started_at: i64,
        revision: i64,
    }
}

impl LicenseRow {
    pub(crate) const fn id(&self) -> Uuid {
        self.id
    }

    pub(crate) fn read(self) -> Result<License, Error> {
        let id = self.id;
        let corrupt = |why: String| Error::Corrupt {
            table: "licenses",
            id: id.to_string(),
            why,
        };
        let terms: TermsSnapshot = serde_json::from_str(&self.terms).map_err(|why| corrupt(why.to_string()))?;
        let tenure = serde_json::from_str(&self.tenure).map_err(|why| corrupt(why.to_string()))?;
        let count = |value: Option<i64>| value.map(u64::try_from).transpose();
        Ok(License {
            id: LicenseId(self.id),
            user: UserId(self.user_id),
            product: self
                .product
                .parse()
                .map_err(|why: scrip_domain::Error| corrupt(why.to_string()))?,
            kind: match self.kind.as_str() {
                PERPETUAL => LicenseKind::Perpetual,
                RENTAL => LicenseKind::Rental,
                other => return Err(corrupt(format!("the kind {other} is unknown"))),
            },
            remaining: Remaining {
                ends_at: self.ends_at.map(Timestamp::from_micros),
                uses: count(self.uses).map_err(|why| corrupt(why.to_string()))?,
                processings: count(self.processings).map_err(|why| corrupt(why.to_string()))?,
            },
            equity: read_tokens("licenses", self.id, self.equity)?,
            last_offer: self
                .last_offer
                .map(|offer| offer.parse())
                .transpose()
                .map_err(|why: scrip_domain::Error| corrupt(why.to_string()))?,
            terms,
            tenure,
            started_at: Timestamp::from_micros(self.started_at),
            revision: self.revision,
        })
    }
}

const PERPETUAL: &str = "perpetual";
const RENTAL: &str = "rental";

fn kind_text(kind: LicenseKind) -> &'static str {
    match kind {
        LicenseKind::Perpetual => PERPETUAL,
        LicenseKind::Rental => RENTAL,
    }
}

fn count(value: Option<u64>) -> Option<i64> {
    value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))
}

/// When a license that extends itself runs out: the end of its time, 0 where its units are used up.
fn renews_at(license: &License) -> Option<i64> {
    let left = &license.remaining;
    let renews = license.kind == LicenseKind::Rental && license.tenure.renewal.is_some();
    let over = left.uses == Some(0) || left.processings == Some(0);
    match left.ends_at {
        _ if !renews => None,
        _ if over => Some(0),
        end => end.map(Timestamp::micros),
    }
}

/// The license with this id, of `user` where one is given; until the transaction ends nobody else changes it.
pub(crate) async fn lock(tx: &mut Tx, license: LicenseId, user: Option<UserId>) -> Result<License, Error> {
    let sql = "UPDATE licenses SET revision = revision WHERE id = $1";
    tx.execute("lock a license", sql, &args![license.0]).await?;
    find_one(tx, license, user).await
}

/// The license with this id, of `user` where one is given.
pub(crate) async fn find_one(tx: &mut Tx, license: LicenseId, user: Option<UserId>) -> Result<License, Error> {
    let sql = format!("SELECT {COLUMNS} FROM licenses WHERE id = $1");
    let found = tx.row::<LicenseRow>("read a license", &sql, &args![license.0]).await?;
    let mine = found.filter(|row| user.is_none_or(|user| user.0 == row.user_id));
    let absent = || Error::LicenseNotFound {
        license: license.to_string(),
    };
    mine.ok_or_else(absent)?.read()
}

/// The license, where it is the user's.
pub(crate) fn of_user(license: License, user: UserId) -> Result<License, Error> {
    if license.user == user {
        Ok(license)
    } else {
        Err(Error::LicenseNotFound {
            license: license.id.to_string(),
        })
    }
}

/// Takes back what computers were promised of licenses whose allowance began anew.
pub(crate) fn forget_promises(licenses: &[LicenseId]) -> Write {
    let sql = "UPDATE activations SET \
         allotted_uses = CASE WHEN allotted_uses > reported_uses THEN reported_uses ELSE allotted_uses END, \
         allotted_processings = CASE WHEN allotted_processings > reported_processings THEN reported_processings \
         ELSE allotted_processings END WHERE license_id IN ({rows})";
    let values = licenses.iter().map(|license| Value::from(license.0)).collect();
    Write::new("take promises back", sql, 1, values)
}

/// Reads the licenses of some users for some products.
pub(crate) async fn find(tx: &mut Tx, wanted: &[(UserId, &ProductId)]) -> Result<Vec<License>, Error> {
    let sql = "SELECT l.* FROM ({rows}) AS v JOIN licenses l ON l.user_id = v.column1 AND l.product = v.column2";
    let values: Vec<Value> = wanted
        .iter()
        .flat_map(|(user, product)| args![user.0, product.as_str()])
        .collect();
    let rows = tx.rows_of_each::<LicenseRow>("read licenses", sql, 2, &values).await?;
    rows.into_iter().map(LicenseRow::read).collect()
}

/// Writes licenses that begin.
pub(crate) async fn insert(tx: &mut Tx, licenses: &[&License]) -> Result<(), Error> {
    tx.write_all([begin(licenses)]).await
}

/// What writes licenses that begin.
pub(crate) fn begin(licenses: &[&License]) -> Write {
    let mut values: Vec<Value> = Vec::with_capacity(licenses.len() * 14);
    for license in licenses {
        values.extend(args![
            license.id.0,
            license.user.0,
            license.product.as_str(),
            kind_text(license.kind),
            license.remaining.ends_at.map(Timestamp::micros),
            count(license.remaining.uses),
            count(license.remaining.processings),
            license.equity,
            license.last_offer.as_ref().map(|offer| offer.as_str().to_owned()),
            text_of(&license.terms),
            text_of(&license.tenure),
            license.started_at,
            license.revision,
            renews_at(license),
        ]);
    }
    let sql = format!("INSERT INTO licenses ({COLUMNS}, renews_at) {{rows}}");
    Write::new("begin licenses", sql, 14, values)
}

/// Writes licenses that changed, each if its row is still at the revision that stands before it.
pub(crate) async fn update(tx: &mut Tx, changed: &[(i64, &License)]) -> Result<(), Error> {
    tx.write_all([change(changed)]).await
}

/// What writes them.
pub(crate) fn change(changed: &[(i64, &License)]) -> Write {
    let mut values: Vec<Value> = Vec::with_capacity(changed.len() * 14);
    for (revision, license) in changed {
        values.extend(args![
            license.id.0,
            *revision,
            license.user.0,
            license.product.as_str(),
            kind_text(license.kind),
            license.remaining.ends_at.map(Timestamp::micros),
            count(license.remaining.uses),
            count(license.remaining.processings),
            license.equity,
            license.last_offer.as_ref().map(|offer| offer.as_str().to_owned()),
            text_of(&license.terms),
            text_of(&license.tenure),
            license.revision,
            renews_at(license),
        ]);
    }
    let sql = "UPDATE licenses SET user_id = v.column3, product = v.column4, kind = v.column5, ends_at = v.column6, \
         uses = v.column7, processings = v.column8, equity = v.column9, last_offer = v.column10, terms = v.column11, \
         tenure = v.column12, revision = v.column13, renews_at = v.column14 FROM ({rows}) AS v \
         WHERE licenses.id = v.column1 AND licenses.revision = v.column2";
    Write::new("change licenses", sql, 14, values).guarded()
}

impl Store {
    /// Every license of the user, the newest first.
    pub async fn licenses(&self, user: UserId) -> Result<Vec<License>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM licenses WHERE user_id = $1 ORDER BY started_at DESC, id DESC");
        let rows = self
            .database
            .rows::<LicenseRow>("read a library", &sql, &args![user.0])
            .await?;
        rows.into_iter().map(LicenseRow::read).collect()
    }

    /// The user's license with this id; another user's is as absent as none.
    pub async fn license(&self, user: UserId, license: LicenseId) -> Result<License, Error> {
        let sql = format!("SELECT {COLUMNS} FROM licenses WHERE id = $1 AND user_id = $2");
        let rows = self
            .database
            .rows::<LicenseRow>("read a license", &sql, &args![license.0, user.0])
            .await?;
        let absent = || Error::LicenseNotFound {
            license: license.to_string(),
        };
        rows.into_iter().next().ok_or_else(absent)?.read()
    }

    /// The user's licenses for some products.
    pub async fn licenses_for(&self, user: UserId, products: &[ProductId]) -> Result<Vec<License>, Error> {
        if products.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<_> = products.iter().map(|product| (user, product)).collect();
        find(&mut self.database.read().await?, &wanted).await
    }
}
