//! Rentals that extend themselves.

use scrip_domain::{License, Timestamp};

use crate::db::args;
use crate::licenses::{COLUMNS, LicenseRow};
use crate::{Error, Store};

/// The most licenses of one look.
const LICENSES_MAX: i64 = 1000;

impl Store {
    /// Licenses that extend themselves and whose time ends between two instants, or whose units are used up. The soonest first.
    pub async fn renewing(&self, from: Timestamp, until: Timestamp) -> Result<Vec<License>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM licenses WHERE renews_at = 0 OR (renews_at > $1 AND renews_at <= $2) \
             ORDER BY renews_at, id LIMIT {LICENSES_MAX}"
        );
        let rows = self
            .database
            .rows::<LicenseRow>("look for renewals", &sql, &args![from, until])
            .await?;
        rows.into_iter().map(LicenseRow::read).collect()
    }
}
