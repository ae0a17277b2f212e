//! Selling tokens on paper: orders that come by any way, bills, payments, and what the vendor's policy says of them.

mod bill_to;
mod invoice;
mod policy;
mod remittance;

pub use bill_to::{BillTo, check_text};
pub use invoice::{InvoiceKind, InvoiceLine, InvoiceNumber, InvoiceState, InvoiceStatus, InvoiceTotals};
pub use policy::{BillingPolicy, IssueOn};
pub use remittance::{creditor_reference, invoice_keys_in};
use serde::{Deserialize, Serialize};

use crate::{Coded, ErrorCode, Money, PurchaseMethod};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

            /// The words that people read.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$member => $label),+ }
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
pub(crate) use words;

words! {
    /// How an order for tokens reached the vendor.
    OrderChannel {
        /// Placed by the person, in the app or on the account page.
        Online = "online", "On-line";
        /// Taken by phone.
        Phone = "phone", "Phone";
        /// By fax.
        Fax = "fax", "Fax";
        /// By letter.
        Mail = "mail", "Mail";
        /// By e-mail.
        Email = "email", "E-mail";
        /// At the counter.
        Counter = "counter", "Counter";
    }
}

words! {
    /// Where an order for tokens stands.
    TokenOrderStatus {
        /// It waits for an operator.
        Submitted = "submitted", "Waiting";
        /// It is billed.
        Approved = "approved", "Approved";
        /// An operator said no.
        Rejected = "rejected", "Rejected";
        /// Its buyer took it back.
        Canceled = "canceled", "Canceled";
    }
}

words! {
    /// Where a payment stands that somebody handed in or a bank reported.
    PaymentStatus {
        /// The cheque is not cleared yet.
        Pending = "pending", "Not cleared";
        /// The money is there.
        Booked = "booked", "Booked";
        /// The cheque bounced.
        Bounced = "bounced", "Bounced";
    }
}

/// Whether tokens can be ordered on paper and paid so.
const fn is_paid_off_line(method: PurchaseMethod) -> bool {
    !matches!(method, PurchaseMethod::Card)
}

/// What a rule of billing refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BillingError {
    /// The vendor's policy contradicts itself.
    #[error("the rules for bills are not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PolicyInvalid { why: &'static str },
    /// A bill would make a customer owe more than allowed.
    #[error("{owed} are owed already; {amount} more would exceed the limit of {limit}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    CreditLimit { owed: Money, amount: Money, limit: Money },
    /// Something cannot be done in the state that a thing has.
    #[error("{what} is {state}: it cannot be {wanted}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    StateWrong {
        what: String,
        state: &'static str,
        wanted: &'static str,
    },
    /// An amount does not fit.
    #[error("{amount} is not possible: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    AmountWrong { amount: Money, why: &'static str },
    /// A text that comes with an order is missing or too long.
    #[error("the {field} is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TextWrong { field: &'static str, why: &'static str },
}

impl Coded for BillingError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::PolicyInvalid { .. } => ErrorCode::BillingPolicyInvalid,
            Self::CreditLimit { .. } => ErrorCode::BillingCreditLimit,
            Self::StateWrong { .. } => ErrorCode::BillingStateWrong,
            Self::AmountWrong { .. } | Self::TextWrong { .. } => ErrorCode::BillingAmountWrong,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::CreditLimit { .. } => {
                vec!["Wait for a payment, raise the account's limit, or let it be paid first.".to_owned()]
            }
            Self::StateWrong { .. } => vec!["Look at it again; someone else may have been faster.".to_owned()],
            _ => Vec::new(),
        }
    }
}
