use std::collections::BTreeMap;

use scrip_domain::{ActivationId, DeviceId, LicenseId, OfferId, ProductId, SeatKind, Timestamp, Tokens};
use serde::{Deserialize, Serialize};

use crate::{Code, LicenseView};

/// A computer gives its code back: its usage journal, ending with a surrender that covers the last code it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Surrender {
    /// The computer.
    pub device: DeviceId,
    /// Its journal of the license, since what was acknowledged last.
    pub journal: JournalUpload,
}

/// Stops or ends a license on the computers that have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    /// What the caller's computer gives back; absent where it has no code. Other computers must have given theirs back before.
    #[serde(default)]
    pub surrender: Option<Surrender>,
}

/// What ending a rental now would give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct EndQuote {
    /// What the wallet gets back.
    pub tokens: Tokens,
    /// The part of the equity that was bought with it and goes.
    pub equity_back: Tokens,
    /// The equity that stays.
    pub equity_after: Tokens,
}

/// Ends a rental early. The command's id stands in the header `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EndRequest {
    /// The least that the person accepts to get back, as the quote said some moments ago.
    pub at_least: Tokens,
    /// What the caller's computer gives back.
    #[serde(default)]
    pub surrender: Option<Surrender>,
}

/// A rental that was ended early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Ended {
    /// The license as it is now.
    pub license: LicenseView,
    /// What the wallet got back.
    pub tokens: Tokens,
    /// What the wallet holds now.
    pub balance_after: Tokens,
}

/// Lets a rental extend itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenewalRequest {
    /// The frozen offer to pay again.
    pub offer: OfferId,
    /// The most that renewals may spend in all.
    pub cap: Tokens,
}

/// Gives a license to another account. The command's id stands in the header `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The other account's e-mail address.
    pub to: String,
    /// What the caller's computer gives back.
    #[serde(default)]
    pub surrender: Option<Surrender>,
}

/// A license that went to another account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Transferred {
    /// The license.
    pub license: LicenseId,
    /// What it is for.
    pub product: ProductId,
    /// Whose it is now.
    pub to: String,
}

/// Begins the free trial of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TrialRequest {
    /// The product.
    pub product: ProductId,
    /// The computer that tries it; each has one trial of a product.
    pub device: DeviceId,
}

/// The seats of a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Seats {
    /// How many computers can have it.
    pub seats: u16,
    /// How many more can borrow it.
    pub floating_seats: u16,
    /// Those that have it, and those that gave it back within a year, the newest first.
    pub activations: Vec<ActivationView>,
}

/// A computer that has or had a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct ActivationView {
    /// The tie of the license to the computer.
    pub id: ActivationId,
    /// The computer.
    pub device: DeviceId,
    /// What the person calls the computer.
    pub device_name: String,
    /// How the seat is held.
    pub kind: SeatKind,
    /// Whether it is held now.
    pub live: bool,
    /// Since when.
    pub taken_at: Timestamp,
    /// When it was given back.
    pub released_at: Option<Timestamp>,
    /// When a floating seat falls free by itself.
    pub lease_ends_at: Option<Timestamp>,
    /// When the computer was last heard of.
    pub seen_at: Timestamp,
    /// The uses that it reported.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub uses: u64,
    /// The processings that it reported.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub processings: u64,
}

/// Gives a seat back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// The journal, ending with a surrender, where the computer itself gives the seat back. Without it the computer is taken to
    /// be dead: its codes are revoked, and how often that can be done is limited.
    #[serde(default)]
    pub journal: Option<JournalUpload>,
}

/// A part of a usage journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JournalUpload {
    /// The statement by which the device's key certifies the key that sealed the records.
    pub certificate: String,
    /// The statement by which that key seals the last record, and so all before it; absent where an earlier build signed each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// Whole records in unpadded base64url, one after another; 1 MiB at most.
    pub records: String,
}

/// What became of a reported journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JournalReceipt {
    /// The last record that counts as reported.
    pub acknowledged_seq: u64,
    /// Its hash, lowercase hexadecimal.
    pub acknowledged_hash: String,
    /// What was found wrong with the journal: a code such as `journal.fork`, and a sentence.
    pub findings: Vec<Finding>,
    /// The license after the report.
    pub license: LicenseView,
    /// A fresh code for the computer, where the license still allows something.
    pub code: Option<Code>,
}

/// Something that is wrong with a usage journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Finding {
    /// What it is: `journal.gap`, `journal.fork`, `journal.rolled_back`, `journal.copied`, `journal.overdrawn`, `journal.edited`.
    pub kind: String,
    /// What that means.
    pub explanation: String,
}

/// A statement that the vendor signed: a compact JWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Signed {
    /// The statement.
    pub statement: String,
}

/// Asks for a code that sets a computer's idea of time right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryRequest {
    /// The computer.
    pub device: DeviceId,
}

/// Hands in what a computer without a network asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfflineSubmission {
    /// The request, armored or compact.
    pub request: String,
}

/// The answer for a computer without a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfflineAnswer {
    /// The armored bundle to carry back.
    pub bundle: String,
    /// What was done, a sentence each.
    pub notes: Vec<String>,
}

/// What was used, day by day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct UsageReport {
    /// The newest day first; a day and product once for each computer.
    pub rows: Vec<UsageRow>,
    /// The sums by product.
    pub totals: BTreeMap<String, UsageTotal>,
}

/// What one computer used of one product on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct UsageRow {
    /// The day (UTC), as `2025-06-15`.
    pub day: String,
    /// The product.
    pub product: ProductId,
    /// What the person calls the computer.
    pub device_name: String,
    /// Starts of the program.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub uses: u64,
    /// Units of work.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub processings: u64,
}

/// A sum of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct UsageTotal {
    /// Starts of the program.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub uses: u64,
    /// Units of work.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub processings: u64,
}

/// Something that the vendor tells the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// What it is about: `renewal.soon`, `renewal.paid`, `renewal.failed`, `license.received`, `license.given`, `seat.released`, `journal.finding`.
    pub kind: String,
    /// The product that it is about.
    pub product: Option<ProductId>,
    /// A sentence.
    pub text: String,
    /// When it was made.
    pub created_at: Timestamp,
}
