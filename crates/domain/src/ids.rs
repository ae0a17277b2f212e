//! Identifiers: a type each, so that one can never stand where another belongs.

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
    /// A command made by a client; its idempotency key.
    CommandId,
}

/// Where new identifiers come from. Passed in, so that simulations repeat.
pub trait IdSource: Send + Sync {
    /// A UUID never given before: version 7 (RFC 9562 section 5.7), so that later ones sort after earlier ones.
    fn new_id(&self, clock: &dyn Clock) -> Uuid;
}

/// Time from the caller's clock, randomness from the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    fn new_id(&self, clock: &dyn Clock) -> Uuid {
        let millis = u64::try_from(clock.now().micros() / 1000).unwrap_or(0);
        let random = Uuid::new_v4().into_bytes();
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        // The version-4 marks of the source are overwritten by the builder; mixing the last six bytes back in keeps all 74 bits random.
        for (byte, extra) in tail.iter_mut().zip(&random[10..]) {
            *byte ^= extra;
        }
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FixedClock, Timestamp};

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let clock = FixedClock::new(Timestamp::from_seconds(1_700_000_000));
        let first = SystemIds.new_id(&clock);
        clock.advance_seconds(1);
        let second = SystemIds.new_id(&clock);
        assert_eq!(first.get_version_num(), 7);
        assert!(first < second);
        assert!("not-an-id".parse::<OrderId>().is_err());
    }
}
