//! Identifiers: a type each, so that one can never stand where another belongs.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::Clock;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = "uuid"))]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(transparent)]
        pub struct $name(#[cfg_attr(feature = "ts", ts(type = "string"))] pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Error;

            fn from_str(text: &str) -> Result<Self, crate::Error> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| crate::Error::IdMalformed { text: text.chars().take(64).collect() })
            }
        }
    )+};
}

id! {
    /// A person's account with the vendor.
    UserId,
    /// An order: one paid checkout.
    OrderId,
    /// A license: one person's right to one product.
    LicenseId,
    /// A transfer in the ledger.
    TransferId,
    /// A computer that a person registered.
    DeviceId,
    /// The tie of a license to a device.
    ActivationId,
    /// A bill or a credit note.
    InvoiceId,
    /// A command made by a client; its idempotency key.
    CommandId,
    /// A price list of tokens.
    PriceListId,
    /// A purchase of tokens.
    PurchaseId,
    /// A promotion.
    CampaignId,
    /// Tokens that a person sends to another.
    SendingId,
    /// A product that a person gives to another.
    GiftId,
    /// A family or team with a wallet of its own.
    TeamId,
    /// One of the vendor's people.
    OperatorId,
}

/// Where new identifiers come from. Passed in, so that simulations repeat.
pub trait IdSource: Send + Sync {
    /// A UUID never given before: version 7 (RFC 9562 section 5.7), so that later ones sort after earlier ones.
    fn new_id(&self, clock: &dyn Clock) -> Uuid;
}

/// Time from the caller's clock, a counter that keeps ids of one moment in order, randomness from the operating system.
#[derive(Debug, Default)]
pub struct SystemIds {
    /// 4096ths of a millisecond since the Unix epoch (RFC 9562 section 6.2, method 3), so that the ids of two processes on one
    /// computer sort by time too; counted on where two ids are made at once.
    last: AtomicU64,
}

impl IdSource for SystemIds {
    fn new_id(&self, clock: &dyn Clock) -> Uuid {
        let micros = u64::try_from(clock.now().micros()).unwrap_or(0);
        let now = ((micros / 1000) << 12) + (micros % 1000) * 4096 / 1000;
        let next = |last: u64| now.max(last + 1);
        let previous = self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let stamp = next(previous.unwrap_or_else(|last| last));
        let mut tail = [0; 10];
        tail[..2].copy_from_slice(&u16::try_from(stamp & 0xfff).unwrap_or(0).to_be_bytes());
        tail[2..].copy_from_slice(&Uuid::new_v4().into_bytes()[8..]);
        // The last eight bytes of a version-4 UUID carry two fixed bits, where the builder writes the same variant.
        uuid::Builder::from_unix_timestamp_millis(stamp >> 12, &tail).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FixedClock, Timestamp};

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let clock = FixedClock::new(Timestamp::from_seconds(1_700_000_000));
        let ids = SystemIds::default();
        let first = ids.new_id(&clock);
        let same_millisecond: Vec<_> = (0..5000).map(|_| ids.new_id(&clock)).collect();
        clock.advance_seconds(60);
        let later = ids.new_id(&clock);
        assert_eq!(first.get_version_num(), 7);
        assert!(first < same_millisecond[0] && same_millisecond.is_sorted());
        assert!(same_millisecond[4999] < later);
        assert!("not-an-id".parse::<OrderId>().is_err());
    }

    #[test]
    fn ids_of_two_processes_sort_by_time_within_a_millisecond() {
        let (here, there) = (SystemIds::default(), SystemIds::default());
        let made: Vec<_> = (0..2000)
            .map(|micros| {
                let clock = FixedClock::new(Timestamp::from_micros(1_700_000_000_000_000 + micros));
                let ids = if micros % 2 == 0 { &here } else { &there };
                ids.new_id(&clock)
            })
            .collect();
        assert!(made.is_sorted());
    }
}
