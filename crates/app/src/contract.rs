//! What the window and the terminal can ask of the app, and what they get: the types of the command table.
//!
//! Every type here has a TypeScript twin, generated into `ui/src/lib/host/bindings.ts`.

pub use scrip_api::{
    Account, ActivationView, Artifact, Cart, CatalogEntry, Category, DescriptionBlock as Description, EmailChanged,
    EndQuote, Ended, ErasurePreview, Finding, GiftView, LicenseView, Notice, Order, OrderView, Product, Profile,
    Recipient, Redeemed, RefundQuote, Refunded, Seats, SecondFactorSetup, SessionView, SpareCodes, TeamBalance,
    TeamMember, TeamMoveView, TeamView, TokenOrderView, TokenPurchase, TokenTransfer, TransferKind, Transferred,
    UsageReport, WaitingCart, WalletAlert, WalletEntry, WalletHolding,
};
use scrip_domain::{Item, Offers, ProductId, PurchaseId, Quote, Sha256, Timestamp, Tokens, Version};
pub use scrip_domain::{Offer, PersonalDetails, TokenQuote};
use scrip_inventory::Detection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

mod accounts;
mod holding;
mod licensing;
mod offline_tokens;
mod token_sales;

pub use accounts::{
    BrowserSignIn, CodeArgs, EmailArgs, EraseArgs, FactorArgs, NewPasswordArgs, PasswordArgs, PersonalExport,
    ProofArgs, RecoverArgs, SessionArgs,
};
pub use holding::{
    BeginTeamArgs, CursorArgs, EndGiftArgs, GiftEnd, GiftsView, GiveArgs, HistoryArgs, MemberArgs, OrderLineArgs,
    OrdersView, PdfFile, PeriodArgs, RecipientArgs, RemoveMemberArgs, SendArgs, SendingArgs, StatementArgs,
    StatementLine, StatementView, TakeBackArgs, TeamArgs, TeamMovesArgs, TeamMovesView, TeamTokensArgs, TextFile,
    TransfersView,
};
pub use licensing::{
    ArmoredFile, ClockView, DeviceArgs, DeviceView, EndArgs, Imported, ImportedCode, Inspection, NoticesArgs,
    NoticesView, OfflineAnswerView, OfflineAsk, OfflineOrder, OfflineRequestArgs, OfflineRequestView, QrPicture,
    ReleaseArgs, RenewalArgs, Reported, ScanArgs, Scanned, SeatsView, Standing, SyncView, TextArgs, TransferArgs,
    UsageArgs, WaitingRequest,
};
pub use offline_tokens::{
    DocumentArgs, InvoiceArgs, InvoicesView, PageArgs, RedeemArgs, TokenOrderArgs, TokenOrderPlaceArgs, TokenOrdersView,
};
pub use token_sales::{BuyTokensArgs, PurchaseArgs, PurchasesArgs, PurchasesView, ShortfallArgs, TokenQuoteArgs};

/// Why a command failed, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Failure {
    /// The stable code, such as `wallet.insufficient`.
    pub code: String,
    /// What happened, to what and why, in one or two sentences.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
    /// Today's quote, where the price changed or the wallet lacks tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub quote: Option<Quote>,
}

/// Who is signed in, where, and whether the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SessionState {
    /// The account; absent when nobody is signed in.
    pub account: Option<Account>,
    /// The address of the vendor's server.
    pub server: String,
    /// Whether the last exchange with the server worked.
    pub online: bool,
    /// Where secrets are kept: `secret-service`, or `file` with a warning to show.
    pub keystore: String,
    /// How many times this run had looked at the session: of two states, the one with the smaller number is older.
    #[ts(type = "number")]
    pub revision: u64,
}

/// Signs in or registers.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Credentials {
    /// The address that identifies the account.
    pub email: String,
    /// The password.
    pub password: scrip_domain::Password,
    /// How the person is called, where an account is opened.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub name: Option<String>,
    /// What the authenticator app shows, or a spare code, where the account has one.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub code: Option<String>,
}

/// Which products a search shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    /// Every product.
    #[default]
    All,
    /// Those found on this computer.
    Installed,
    /// Those that the person owns or rents.
    Licensed,
    /// Those that the vendor publishes installers of.
    Downloadable,
}

/// Searches the local catalog; works with no network.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct SearchArgs {
    /// What was typed; empty lists everything by name.
    pub words: String,
    /// Only this category.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub category: Option<String>,
    /// Only these products.
    #[serde(default)]
    pub show: Show,
    /// How many results to leave out at the start.
    #[serde(default)]
    pub offset: u32,
    /// How many results to give, 1 to 500.
    pub limit: u32,
}

/// A product in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProductCard {
    /// The product's id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// One sentence about it.
    pub summary: String,
    /// Its developer; empty where unknown.
    pub developer: String,
    /// Its categories.
    pub categories: Vec<String>,
    /// The digest of its icon, to pass to the host's icon address.
    pub icon: Option<Sha256>,
    /// Its offers.
    pub offers: Offers,
    /// Whether this computer has it.
    pub installed: bool,
    /// The person's license, where there is one.
    pub license: Option<LicenseView>,
}

/// Results of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SearchResult {
    /// The asked part of the results.
    pub items: Vec<ProductCard>,
    /// How many products match in all.
    pub total: u32,
    /// Matching products by category, over all results.
    pub categories: Vec<Category>,
}

/// Names one product.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProductArgs {
    /// The product's id.
    pub product: ProductId,
}

/// What acquiring a product would do on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Installed already: only the authorization code is fetched.
    Authorize,
    /// Installed in an older version: a newer one can be downloaded, or only the code fetched.
    Update,
    /// Absent: downloaded, verified, installed, then authorized.
    Install,
}

/// The plan for a product, shown before anything is charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Plan {
    /// The product.
    pub product: ProductId,
    /// What will be done.
    pub action: Action,
    /// Installer bytes that will be downloaded; 0 when only the code is fetched. Bytes already here do not count.
    #[ts(type = "number")]
    pub download_bytes: u64,
    /// The file that would be installed.
    pub artifact: Option<Artifact>,
    /// What was found on this computer, in words.
    pub evidence: Vec<String>,
    /// What was found, for programs.
    pub detection: Detection,
    /// Why the plan cannot be carried out, such as no file for this computer.
    pub obstacle: Option<Failure>,
}

/// Everything that the page of one product shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProductView {
    /// The listing, with description, pictures and releases where the server could be asked.
    pub product: Product,
    /// Whether the description comes from the server (or only the listing from the local catalog).
    pub complete: bool,
    /// What acquiring it would do here.
    pub plan: Plan,
    /// The person's license.
    pub license: Option<LicenseView>,
    /// Whether an authorization code for this computer is stored here that holds now.
    pub authorized: bool,
    /// What the stored code lets run; absent where there is none.
    pub standing: Option<Standing>,
    /// The person's license of the product that this one upgrades, where there is one: it can be had with the intent `upgrade`.
    pub upgrade_of: Option<ProductId>,
    /// Whether it stands in the cart.
    pub in_cart: bool,
}

/// Asks what some items cost.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct QuoteArgs {
    /// The items.
    pub items: Vec<Item>,
}

/// Pays for some items.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct PayArgs {
    /// The items.
    pub items: Vec<Item>,
    /// The total that the person saw.
    pub expected_total: Tokens,
    /// The idempotency key, a UUID made when the person pressed the button; a repetition answers the first order.
    pub command: String,
    /// Whether the items are the cart's, which is then emptied.
    #[serde(default)]
    pub from_cart: bool,
    /// The purchase of tokens with which the price of the items was kept.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub purchase: Option<PurchaseId>,
}

/// Pays for the cart.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AddToCartArgs {
    /// The item.
    pub item: Item,
}

/// Carries out the plan of a product that is licensed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AcquireArgs {
    /// The product.
    pub product: ProductId,
    /// Whether an older installed version is updated (true) or only authorized (false).
    #[serde(default)]
    pub update: bool,
    /// Whether to borrow a floating seat, where the license has some, instead of taking one of its own.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub floating: bool,
}

/// What acquiring a product did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Acquired {
    /// The product.
    pub product: ProductId,
    /// What was done.
    pub action: Action,
    /// Installer bytes that were downloaded.
    #[ts(type = "number")]
    pub downloaded_bytes: u64,
    /// The version that is now found on this computer.
    pub version: Option<Version>,
    /// What is now found on this computer, in words.
    pub evidence: Vec<String>,
}

/// A license with everything that the library shows beside it.
#[expect(clippy::struct_excessive_bools, reason = "each is a button of its own")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LibraryEntry {
    /// The product's name; its id where the catalog no longer has it.
    pub name: String,
    /// The digest of its icon.
    pub icon: Option<Sha256>,
    /// The license, judged by this computer's clock.
    pub license: LicenseView,
    /// What is found on this computer.
    pub detection: Detection,
    /// Whether an authorization code for this computer is stored here that holds now.
    pub authorized: bool,
    /// What the stored code lets run; absent where there is none.
    pub standing: Option<Standing>,
    /// Whether it can be started from here.
    pub can_launch: bool,
    /// Whether the vendor publishes a file for this computer.
    pub can_install: bool,
    /// Whether Scrip installed it, so that Scrip can remove it.
    pub can_uninstall: bool,
}

/// The library; works with no network from what is stored here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LibraryView {
    /// The entries, the newest license first.
    pub entries: Vec<LibraryEntry>,
    /// When the server last confirmed them; absent when never.
    pub confirmed_at: Option<Timestamp>,
}

/// The wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WalletView {
    /// The balance, in tokens.
    pub balance: Tokens,
    /// When the server last confirmed it.
    pub confirmed_at: Timestamp,
}

/// A part of the wallet's history, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct HistoryView {
    /// The entries.
    pub items: Vec<WalletEntry>,
    /// Asks for older entries; absent at the end.
    pub next_cursor: Option<String>,
}

/// A stored authorization code and what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CodeView {
    /// The code: a compact JWS.
    pub code: String,
    /// Its verified claims.
    #[ts(type = "Record<string, unknown>")]
    pub claims: serde_json::Value,
    /// What it says, in words.
    pub explanation: Vec<String>,
}

/// The state of the local catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CatalogState {
    /// How many products it holds.
    pub products: u32,
    /// Its revision.
    #[ts(type = "number")]
    pub revision: i64,
    /// When it was last compared with the server's; absent when never.
    pub synced_at: Option<Timestamp>,
}

/// How far an acquisition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waiting for its turn.
    Queued,
    /// Bytes arrive and are hashed.
    Downloading,
    /// The digest is compared.
    Verifying,
    /// The program is put in place.
    Installing,
    /// The computer is looked at again.
    Detecting,
    /// The authorization code is fetched.
    Authorizing,
    /// All done.
    Done,
    /// It failed; `failure` says why.
    Failed,
    /// The person cancelled it.
    Cancelled,
}

/// News for the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// An acquisition moved on.
    Progress {
        /// Of which product.
        product: ProductId,
        /// How far it is.
        stage: Stage,
        /// Bytes that are here.
        #[ts(type = "number")]
        done_bytes: u64,
        /// Bytes in all.
        #[ts(type = "number")]
        total_bytes: u64,
        /// Why it failed.
        failure: Option<Failure>,
    },
    /// The local catalog changed; lists should be asked for again.
    CatalogChanged(CatalogState),
    /// Licenses, codes or installed programs changed.
    LibraryChanged,
    /// The vendor has something new to tell.
    NoticesChanged {
        /// How many notices the person has not seen here.
        unseen: u32,
    },
    /// Someone signed in or out, or the connection came or went.
    SessionChanged(SessionState),
}
