//! Free trials: one of a product for each account and for each computer.

use scrip_domain::{DeviceId, License, LicenseId, ProductId, UserId, start_trial};
use uuid::Uuid;

use crate::db::args;
use crate::ledger::retrying;
use crate::{Error, Store, catalog, licenses};

impl Store {
    /// Begins the trial of a product on the user's computer.
    pub async fn start_trial(&self, user: UserId, product: &ProductId, device: DeviceId) -> Result<License, Error> {
        let device = self.device(user, device).await?;
        retrying!("begin a trial", {
            let mut tx = self.database.write().await?;
            let now = self.clock.now();
            let sale = catalog::find_sales(&mut tx, std::iter::once(product))
                .await?
                .remove(product);
            let sale = sale.ok_or_else(|| scrip_domain::Error::ProductNotFound {
                product: product.clone(),
            })?;
            let held = licenses::find(&mut tx, &[(user, product)]).await?;
            let license = LicenseId(self.new_id());
            let license = start_trial(license, user, product, &sale, held.first(), now)?;
            let sql = "SELECT user_id FROM trials WHERE product = $1 AND (user_id = $2 OR machine = $3)";
            let values = args![product.as_str(), user.0, device.machine.as_str()];
            let before = tx.rows::<(Uuid,)>("look for a trial", sql, &values).await?;
            if !before.is_empty() {
                let mine = before.iter().any(|(had,)| *had == user.0);
                return Err(scrip_domain::Error::TrialUsed {
                    product: product.clone(),
                    by: if mine { "account" } else { "computer" },
                }
                .into());
            }
            licenses::insert(&mut tx, &[&license]).await?;
            let sql =
                "INSERT INTO trials (product, user_id, machine, license_id, created_at) VALUES ($1, $2, $3, $4, $5)";
            let values = args![product.as_str(), user.0, device.machine.as_str(), license.id.0, now];
            tx.execute("begin a trial", sql, &values).await?;
            tx.commit().await?;
            Ok(license)
        })
    }
}
