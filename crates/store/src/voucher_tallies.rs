//! How many vouchers of each batch were redeemed and canceled, so that nobody counts them. Each batch has several rows, so
//! that people who redeem vouchers of one batch at once seldom wait for each other.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::Error;
use crate::db::{Tx, Value, args};

/// Rows of one batch.
const PARTS: i64 = 16;

/// Adds vouchers, by batch and serial, to those that were redeemed, or else to those that were canceled.
pub(crate) async fn add(tx: &mut Tx, vouchers: &[(Uuid, i64)], redeemed: bool) -> Result<(), Error> {
    let mut sums: BTreeMap<(Uuid, i64), i64> = BTreeMap::new();
    for (batch, serial) in vouchers {
        *sums.entry((*batch, serial.rem_euclid(PARTS))).or_default() += 1;
    }
    let values: Vec<Value> = sums
        .into_iter()
        .flat_map(|((batch, part), count)| {
            let (redeemed, canceled) = if redeemed { (count, 0) } else { (0, count) };
            args![batch, part, redeemed, canceled]
        })
        .collect();
    if values.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO voucher_tallies (batch_id, part, redeemed, canceled) {rows} \
             ON CONFLICT (batch_id, part) DO UPDATE SET redeemed = voucher_tallies.redeemed + excluded.redeemed, \
             canceled = voucher_tallies.canceled + excluded.canceled";
    tx.execute_each("count vouchers", sql, 4, &values).await.map(drop)
}
