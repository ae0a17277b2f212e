//! What was used, for publishers: sums over all computers, without names.

use scrip_domain::ProductId;
use scrip_store::ProductUsage;
use serde::Serialize;

use crate::journal::{day_of, day_text};
use crate::routes::usage::DAYS_MAX;
use crate::{Error, Server};

/// What all computers together used of one product on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublisherUsage {
    /// The day (UTC), as `2025-06-15`.
    pub day: String,
    /// The product.
    pub product: ProductId,
    /// How many computers reported use.
    pub computers: u64,
    /// Starts of the program.
    pub uses: u64,
    /// Units of work.
    pub processings: u64,
}

/// What was used of one product, or of all, in the last `days` days (1 to 366, today among them); the newest day first.
pub async fn publisher_usage(
    server: &Server,
    product: Option<&ProductId>,
    days: u32,
) -> Result<Vec<PublisherUsage>, Error> {
    let days = i64::from(days).clamp(1, DAYS_MAX);
    let since = day_of(server.0.clock.now()) - (days - 1);
    let rows = server.0.store.usage_of_products(product, since).await?;
    let row = |found: ProductUsage| PublisherUsage {
        day: day_text(found.day),
        product: found.product,
        computers: found.devices,
        uses: found.used.uses,
        processings: found.used.processings,
    };
    Ok(rows.into_iter().map(row).collect())
}
