//! What the window and the terminal ask about licenses, seats, offline computers, codes and the clock.

use scrip_api::{Finding, Notice, Seats};
use scrip_domain::{
    ActivationId, DeviceId, Item, LicenseId, OfferId, OrderId, ProductId, QuoteLine, Remaining, Timestamp, Tokens,
    Usage,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Failure;

/// What this computer itself knows about running a product: from its code, its journal and its clock, with no network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Standing {
    /// Whether the program may run here now.
    pub allowed: bool,
    /// Why it may not.
    pub failure: Option<Failure>,
    /// What is left for this computer, to the unit; what was counted here since the last report is taken off.
    pub left: Remaining,
    /// Whether the end has passed and only the grace lets it run.
    pub in_grace: bool,
    /// When the grace ends, where there is one.
    pub grace_ends_at: Option<Timestamp>,
    /// When this code ends and is fetched anew, where it is a lease: a floating seat, or an offer that asks for it.
    pub lease_ends_at: Option<Timestamp>,
    /// Whether uses or units of work are counted.
    pub counts: bool,
    /// What was counted here and is not reported yet.
    pub unreported: Usage,
    /// What the person should know, a sentence each: the grace, a clock that is behind.
    pub warnings: Vec<String>,
}

/// Ends a rental early.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EndArgs {
    /// The product.
    pub product: ProductId,
    /// What `license.end_quote` said would come back; less than that is refused.
    pub at_least: Tokens,
    /// The idempotency key, a UUID made when the person pressed the button.
    pub command: String,
}

/// Lets a rental extend itself.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RenewalArgs {
    /// The product.
    pub product: ProductId,
    /// The offer that is paid again, one of the license's frozen terms.
    pub offer: OfferId,
    /// The most that renewals may spend in all.
    pub cap: Tokens,
}

/// Gives a license away.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TransferArgs {
    /// The product.
    pub product: ProductId,
    /// The other account's e-mail address.
    pub to: String,
    /// The idempotency key, a UUID made when the person pressed the button.
    pub command: String,
}

/// The seats of a license, and which of them is this computer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SeatsView {
    /// The license.
    pub license: LicenseId,
    /// What it is for.
    pub product: ProductId,
    /// The seats, and the computers on them.
    pub seats: Seats,
    /// This computer; absent where it was never registered.
    pub this_device: Option<DeviceId>,
}

/// Gives a seat back.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ReleaseArgs {
    /// The product.
    pub product: ProductId,
    /// Which seat; absent for that of this computer. A computer that is another one is taken to be dead: its codes are
    /// revoked, and how often that can be done is limited.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub activation: Option<ActivationId>,
}

/// A computer of the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeviceView {
    /// Its id.
    pub id: DeviceId,
    /// What the person calls it.
    pub name: String,
    /// The thumbprint of its key.
    pub thumbprint: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Why it was taken for a computer that was registered before, in words.
    pub recognised: Option<String>,
    /// Whether it is this computer.
    pub this_computer: bool,
}

/// Names one computer of the account.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DeviceArgs {
    /// The computer.
    pub device: DeviceId,
}

/// What a computer without a network asks the vendor for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OfflineAsk {
    /// A code for this computer, for a license that the account has.
    Activate {
        /// The product.
        product: ProductId,
    },
    /// These items, to buy, rent, extend, convert or upgrade.
    Items {
        /// The items, 1 to 100.
        items: Vec<Item>,
    },
    /// Everything in the cart.
    Cart,
}

/// Writes a request to carry to a computer that has a network.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct OfflineRequestArgs {
    /// What is asked for.
    pub ask: OfflineAsk,
    /// The e-mail address of the account; absent where somebody is or was signed in here.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub account: Option<String>,
}

/// A text as a picture; a long one takes several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct QrPicture {
    /// Which picture, from 1.
    pub part: u32,
    /// How many there are.
    pub parts: u32,
    /// The text in it.
    pub text: String,
    /// The picture as SVG.
    pub svg: String,
    /// The picture as PNG, in base64.
    pub png: String,
}

/// A file for the person to keep or carry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ArmoredFile {
    /// A name for it.
    pub file_name: String,
    /// What stands in it.
    pub text: String,
}

/// A request that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OfflineRequestView {
    /// The file to carry.
    pub file: ArmoredFile,
    /// The request's own id, by which its answer is recognised.
    pub nonce: String,
    /// When it was made, by this computer's clock.
    pub made_at: Timestamp,
    /// What it asks for, a sentence each.
    pub sentences: Vec<String>,
    /// What it may cost at most, by the prices that were signed last; absent where it costs nothing or they are unknown.
    pub expected_total: Option<Tokens>,
    /// The same as pictures.
    pub pictures: Vec<QrPicture>,
}

/// A request that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WaitingRequest {
    /// The request's own id.
    pub nonce: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// What it asks for, a sentence each.
    pub sentences: Vec<String>,
}

/// A text that was read from a file, typed or scanned: armored, compact, or the parts of several pictures in lines.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TextArgs {
    /// The text, 1 MiB at most.
    pub text: String,
}

/// The vendor's answer for a computer without a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OfflineAnswerView {
    /// The file to carry back.
    pub file: ArmoredFile,
    /// What was done, a sentence each.
    pub notes: Vec<String>,
    /// The same as pictures.
    pub pictures: Vec<QrPicture>,
}

/// What was paid for by an offline request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OfflineOrder {
    /// The order's id.
    pub id: OrderId,
    /// What was paid.
    pub total: Tokens,
    /// What the wallet held afterwards.
    pub balance_after: Tokens,
    /// What was paid for.
    pub lines: Vec<QuoteLine>,
}

/// What an answer or a file with codes brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Imported {
    /// The products whose codes are stored here now.
    pub products: Vec<ImportedCode>,
    /// What was paid for.
    pub order: Option<OfflineOrder>,
    /// What the vendor wrote, a sentence each.
    pub notes: Vec<String>,
}

/// A code that was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ImportedCode {
    /// What it is for.
    pub product: ProductId,
    /// What it says, in words.
    pub explanation: Vec<String>,
}

/// What a code, or another statement, says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Inspection {
    /// What it is: `authorization`, `request`, `bundle`, `recovery`, `keys`, `revocations`, `prices`, `metering`.
    pub kind: String,
    /// The product, where it is about one.
    pub product: Option<ProductId>,
    /// What it says, a sentence each.
    pub sentences: Vec<String>,
    /// Whether it holds here and now.
    pub holds: bool,
    /// Why it does not.
    pub failure: Option<Failure>,
    /// What stands in it.
    #[ts(type = "Record<string, unknown>")]
    pub claims: serde_json::Value,
}

/// Reads pictures that a person chose.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ScanArgs {
    /// PNG or JPEG files in base64, 1 to 16, each of 16 MiB at most.
    pub pictures: Vec<String>,
}

/// What stood in pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Scanned {
    /// The whole text, to pass to `code.inspect`, `code.import`, `offline.submit`, `offline.import` or `clock.recover`.
    pub text: String,
}

/// What this computer believes of the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClockView {
    /// What its clock shows.
    pub shows: Timestamp,
    /// The time that is decided by.
    pub believed: Timestamp,
    /// Whether the clock may be right.
    pub right: bool,
    /// Whether nothing that ends by time runs any more.
    pub refused: bool,
    /// The latest time that is certain.
    pub certain: Option<Timestamp>,
    /// By what that is known, in words.
    pub evidence: Option<String>,
    /// Since when the clock is wrong.
    pub since: Option<Timestamp>,
    /// How many seconds may still run so.
    #[ts(type = "number | null")]
    pub left_seconds: Option<i64>,
    /// All that in sentences.
    pub sentences: Vec<String>,
    /// What to do, the likeliest first; empty where the clock is right.
    pub ways_out: Vec<String>,
}

/// Asks for what was used.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct UsageArgs {
    /// In how many days, 1 to 366.
    pub days: u32,
}

/// Asks for the vendor's notices.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
pub struct NoticesArgs {
    /// Whether the person sees them now, so that they are not new any more.
    #[serde(default)]
    pub seen: bool,
}

/// What the vendor tells the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NoticesView {
    /// The newest first.
    pub items: Vec<Notice>,
    /// How many of them the person has not seen here.
    pub unseen: u32,
}

/// What was reported to the vendor of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Reported {
    /// The product.
    pub product: ProductId,
    /// What was reported now.
    pub usage: Usage,
    /// What the vendor found wrong with the journal.
    pub findings: Vec<Finding>,
}

/// What an exchange with the vendor brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SyncView {
    /// The journals that were reported.
    pub reported: Vec<Reported>,
    /// The products whose codes are fresh.
    pub fresh: Vec<ProductId>,
    /// What did not work; it is tried again next time.
    pub failures: Vec<Failure>,
}
