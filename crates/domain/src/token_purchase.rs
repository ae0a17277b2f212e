//! Purchases of tokens: how they are paid and where they stand.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$member_doc])* $member,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The word in JSON and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$member => $word),+ }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$member),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// How tokens are paid for.
    PurchaseMethod {
        /// On-line, by card and what else the payment page takes.
        Card = "card",
        /// By a purchase order that the vendor approves.
        PurchaseOrder = "purchase_order",
        /// Billed.
        Invoice = "invoice",
        /// By bank transfer ahead.
        BankTransfer = "bank_transfer",
        /// By cheque.
        Cheque = "cheque",
        /// By postal or bank money order.
        MoneyOrder = "money_order",
        /// In cash.
        Cash = "cash",
    }
}

words! {
    /// Where a purchase stands.
    PurchaseStatus {
        /// Neither paid nor issued.
        Open = "open",
        /// Paid; the tokens are not issued yet.
        Paid = "paid",
        /// The tokens are in the wallet. Whether they are paid says the instant of payment.
        Issued = "issued",
        /// Given up before anything was issued.
        Canceled = "canceled",
        /// The money was given back and the tokens taken back.
        Refunded = "refunded",
        /// The payer's bank took the money back; it is argued about.
        Disputed = "disputed",
    }
}

impl PurchaseMethod {
    /// The words that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Card => "Card",
            Self::PurchaseOrder => "Purchase order",
            Self::Invoice => "Invoice",
            Self::BankTransfer => "Bank transfer",
            Self::Cheque => "Cheque",
            Self::MoneyOrder => "Money order",
            Self::Cash => "Cash",
        }
    }
}

impl PurchaseStatus {
    /// Whether tokens may still be issued for it.
    pub const fn is_issuable(self) -> bool {
        matches!(self, Self::Open | Self::Paid)
    }

    /// Whether a payment may still arrive. One that comes after the purchase was given up counts as well.
    pub const fn is_payable(self) -> bool {
        matches!(self, Self::Open | Self::Canceled | Self::Issued)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_json_and_in_the_database() {
        for method in PurchaseMethod::ALL {
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
            assert_eq!(PurchaseMethod::parse(method.as_str()), Some(*method));
        }
        for status in PurchaseStatus::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
            assert_eq!(PurchaseStatus::parse(status.as_str()), Some(*status));
        }
        assert_eq!(PurchaseStatus::parse("lost"), None);
    }
}
