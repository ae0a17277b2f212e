//! Persistence on SQLite and PostgreSQL: migrations, the ledger, and every query.
//!
//! Every query is one SQL text for both databases. [`Store`] hides which one is behind it; `db` and `sqlite` are the only
//! modules that know, and `search`, `backup` and `migrations` the only ones with a text for each, because full-text search, copying
//! a whole database and laying out the tables of a sale have no common syntax. Writes follow one pattern: read, decide in `scrip_domain`, write with guards (unique keys,
//! compare-and-set on balances and revisions), and start again when a guard refuses.

mod account_codes;
mod accounts;
mod activations;
mod acts;
mod approvals;
mod audit;
mod backup;
mod billing;
mod books;
mod campaigns;
mod cart;
mod catalog;
mod checkout;
mod checkpoints;
mod coalesce;
mod db;
mod desk;
mod devices;
mod erasure;
mod error;
mod events;
mod export;
mod factors;
mod gifts;
mod history;
mod holdings;
mod jobs;
mod journal;
mod ledger;
mod licenses;
mod lifecycle;
mod listing;
mod lots;
mod mails;
mod migrations;
mod money;
mod names;
mod notices;
mod operator_factors;
mod operators;
mod orders;
mod people;
mod persons;
mod postgres;
mod renewals;
mod revocations;
mod search;
mod seats;
mod sendings;
mod sessions;
mod settings;
mod sqlite;
mod teams;
mod token_prices;
mod token_sales;
mod trials;
mod tries;
mod user_words;
mod vault;
mod vendor;
mod voucher_tallies;
mod vouchers;
mod wallet_alerts;
mod webhooks;

use std::sync::Arc;

pub use account_codes::{CodePurpose, NewCode};
pub use accounts::{Caller, NewUser, TokenHash, User};
pub use activations::ActivationRow;
pub use acts::{Act, LoggedAct};
pub use approvals::{ApprovalRow, ApprovalStatus, NewApproval};
pub use audit::{AuditReport, Breach};
pub use backup::{DatabaseCopy, TableCopy, check_restore, copy_database, restore_database};
pub use billing::{
    BankImport, BankLine, Invoice, InvoiceFilter, NewPayment, NewTokenOrder, OrderDocument, OrderFilter, Payment,
    PaymentUse, TokenOrder,
};
pub use books::{AccountTotal, BookLine, MoneyLine, MoneyTotal, RevenueDay, SalesDay};
pub use catalog::{ArtifactRow, ListedProduct, NewArtifact, ProductListing};
pub use checkout::{Checkout, PaidOrder};
pub use desk::{AnyDevice, AnyLicense, AnyOrder, OfferChange};
pub use devices::{DeviceRow, NewDevice};
pub use erasure::{Erasure, ErasureOutlook};
pub use error::{Error, Refusal};
pub use events::LicenseEvent;
pub use export::{Export, ExportCursor, ExportPage, OTHER_IDS, PERSONAL_COLUMNS};
pub use factors::{Passkey, SecondFactor};
pub use gifts::{Gift, NewGift};
pub use history::{HistoryFilter, WalletPeriod};
pub use jobs::{JobClaim, JobEnd, JobRow, JobRunRow, JobTurn};
pub use journal::{JournalHead, JournalReport, ProductUsage, UsedOnDay};
pub use ledger::HistoryEntry;
pub use lifecycle::{EndedLicense, LicenseCommand};
pub use listing::{CatalogPage, Changes};
pub use lots::{ExpiryReport, NewGrant};
pub use mails::{MailCounts, MailOutcome, MailRow, NewMail};
pub use names::ProductNames;
pub use notices::{NewNotice, NoticeRow};
pub use operators::OperatorRow;
pub use orders::{OrderRefund, OrderRow, RefundBy};
pub use people::Person;
pub use persons::{OfflineAccount, UserRow};
pub use revocations::RevocationRow;
use scrip_domain::{Clock, IdSource};
pub use seats::{Allotment, FLOATING_LEASE_SECONDS, SurrenderedSeat};
pub use sendings::{NewSending, Sending};
pub use sessions::{BrowserCode, NewBrowserCode, NewSession, SessionRow};
pub use settings::Setting;
pub use teams::{Member, Team, TeamMove, TeamTransfer};
pub use token_prices::{NewPriceList, PriceListRow};
pub use token_sales::{
    HeldQuote, HoldRequest, NewTokenPurchase, ProviderPage, ProviderReversal, PurchaseFilter, Reversal, ReversalKind,
    ReversalStatus, TokenPurchase,
};
pub use vault::DataKey;
pub use vendor::StoredAnswer;
pub use vouchers::{
    BATCH_VOUCHERS_MAX, NewVouchers, RedeemedVoucher, Redemption, VoucherBatch, VoucherFunding, VoucherRow,
};
pub use webhooks::{Attempt, DeliveryRow, DueDelivery, EVENT_KINDS, Endpoint};

use crate::coalesce::{Coalescer, Place};
use crate::db::Database;

/// The whole database of a vendor. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Store {
    database: Database,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    checkouts: Coalescer<Checkout, Result<PaidOrder, Refusal>>,
    /// Where a look-up is a round trip, those of one moment share it.
    callers: Option<Coalescer<TokenHash, Result<Option<Caller>, Error>>>,
    /// What seals the secrets in the database.
    data_key: Option<DataKey>,
}

impl Store {
    /// Opens `url` (`sqlite:PATH` or `postgres://…`), creating the database file and bringing the tables up to date.
    ///
    /// Must be called on a tokio runtime: the store keeps tasks there that commit concurrent checkouts together.
    pub async fn open(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Result<Self, Error> {
        let database = Database::open(url).await?;
        let checkouts = {
            let (database, clock, ids) = (database.clone(), clock.clone(), ids.clone());
            Coalescer::start(database.checkouts_place(), move |batch| {
                let (database, clock, ids) = (database.clone(), clock.clone(), ids.clone());
                async move { checkout::settle_batch(&database, &*clock, &*ids, batch).await }
            })?
        };
        let callers = match database.checkouts_place() {
            Place::Thread(_) => None,
            place @ Place::Tasks(_) => {
                let database = database.clone();
                Some(Coalescer::start(place, move |batch| {
                    let database = database.clone();
                    async move { accounts::find_callers(&database, batch).await }
                })?)
            }
        };
        Ok(Self {
            database,
            clock,
            ids,
            checkouts,
            callers,
            data_key: None,
        })
    }

    /// Answers whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut reader = self.database.read().await?;
        reader
            .rows::<(i64,)>("ping", "SELECT CAST(1 AS BIGINT)", &[])
            .await
            .map(drop)
    }

    /// `sqlite` or `postgresql`, for logs.
    pub fn backend(&self) -> &'static str {
        self.database.backend()
    }

    /// Waits for running statements and closes every connection.
    pub async fn close(&self) {
        self.database.close().await;
    }

    fn new_id(&self) -> uuid::Uuid {
        self.ids.new_id(&*self.clock)
    }
}
