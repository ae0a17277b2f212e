//! The one list of every error code in Scrip.

/// An error that has a stable code and knows what a person can do next.
pub trait Coded: std::error::Error {
    /// The stable code: programs branch on it, translations key on it.
    fn code(&self) -> ErrorCode;

    /// What to do next: short sentences, the likeliest first; may be empty.
    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)?) => {
        /// Every error code of every crate. Append-only: a code never changes its meaning and is never reused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* #[doc = concat!("`", $code, "`")] $variant,)+
        }

        impl ErrorCode {
            /// All codes, in the order in which they were added.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it is written in JSON, such as `wallet.insufficient`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The code written as `text`, or `None` for one that this version does not know.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

error_codes! {
    AccountEmailInvalid = "account.email_invalid",
    AccountEmailTaken = "account.email_taken",
    AccountNotFound = "account.not_found",
    AccountPasswordInvalid = "account.password_invalid",
    ArtifactDigestMismatch = "artifact.digest_mismatch",
    ArtifactNoneForPlatform = "artifact.none_for_platform",
    ArtifactNotFound = "artifact.not_found",
    ArtifactRangeInvalid = "artifact.range_invalid",
    ArtifactSizeMismatch = "artifact.size_mismatch",
    ArtifactTruncated = "artifact.truncated",
    AuthCredentialsWrong = "auth.credentials_wrong",
    AuthSessionExpired = "auth.session_expired",
    AuthSessionMissing = "auth.session_missing",
    CartDuplicateProduct = "cart.duplicate_product",
    CartEmpty = "cart.empty",
    CartTooLarge = "cart.too_large",
    CatalogMalformed = "catalog.malformed",
    CatalogPricesInvalid = "catalog.prices_invalid",
    CatalogUnavailable = "catalog.unavailable",
    CodeAlgorithm = "code.algorithm",
    CodeExpired = "code.expired",
    CodeIssuer = "code.issuer",
    CodeKeyUnknown = "code.key_unknown",
    CodeMalformed = "code.malformed",
    CodeNotFound = "code.not_found",
    CodeNotYetValid = "code.not_yet_valid",
    CodeOtherDevice = "code.other_device",
    CodeOtherProduct = "code.other_product",
    CodeSignature = "code.signature",
    CommandInvalid = "command.invalid",
    ConfigInvalid = "config.invalid",
    DeviceKeyInvalid = "device.key_invalid",
    DeviceNotFound = "device.not_found",
    DigestMalformed = "digest.malformed",
    IdMalformed = "id.malformed",
    IdempotencyConflict = "idempotency.conflict",
    IdempotencyKeyMissing = "idempotency.key_missing",
    InstallArchiveInvalid = "install.archive_invalid",
    InstallBusy = "install.busy",
    InstallCancelled = "install.cancelled",
    InstallDiskFull = "install.disk_full",
    InstallIo = "install.io",
    InstallNotInstalled = "install.not_installed",
    InstallPackageManager = "install.package_manager",
    InstallPathUnsafe = "install.path_unsafe",
    InstallPermission = "install.permission",
    InstallUnsupported = "install.unsupported",
    InternalError = "internal.error",
    InventoryIo = "inventory.io",
    KeystoreLocked = "keystore.locked",
    KeystoreUnavailable = "keystore.unavailable",
    LaunchFailed = "launch.failed",
    LedgerUnbalanced = "ledger.unbalanced",
    LicenseAlreadyActive = "license.already_active",
    LicenseAlreadyOwned = "license.already_owned",
    LicenseExhausted = "license.exhausted",
    LicenseExpired = "license.expired",
    LicenseNotConvertible = "license.not_convertible",
    LicenseNotFound = "license.not_found",
    LicenseOfferMismatch = "license.offer_mismatch",
    OfferIdMalformed = "offer.id_malformed",
    OfferInvalid = "offer.invalid",
    OfferNotFound = "offer.not_found",
    PriceChanged = "price.changed",
    ProductAmbiguous = "product.ambiguous",
    ProductIdMalformed = "product.id_malformed",
    ProductNotFound = "product.not_found",
    RequestMalformed = "request.malformed",
    RequestMethodNotAllowed = "request.method_not_allowed",
    RequestNotFound = "request.not_found",
    RequestRateLimited = "request.rate_limited",
    RequestTimeout = "request.timeout",
    RequestTooLarge = "request.too_large",
    ServerAnswerInvalid = "server.answer_invalid",
    ServerAnswerTooLarge = "server.answer_too_large",
    ServerUnavailable = "server.unavailable",
    ServerUnreachable = "server.unreachable",
    ServerUrlInvalid = "server.url_invalid",
    StateCorrupt = "state.corrupt",
    StateIo = "state.io",
    StoreBusy = "store.busy",
    StoreCorrupt = "store.corrupt",
    StoreUnavailable = "store.unavailable",
    TimestampMalformed = "timestamp.malformed",
    TokensOutOfRange = "tokens.out_of_range",
    WalletInsufficient = "wallet.insufficient",
    CodeKeysInvalid = "code.keys_invalid",
    DeviceMachineIdInvalid = "device.machine_id_invalid",
    LicenseNotPausable = "license.not_pausable",
    LicenseNotPaused = "license.not_paused",
    LicenseSuspended = "license.suspended",
    LicenseRevoked = "license.revoked",
    LicensePaused = "license.paused",
    LicenseNotTransferable = "license.not_transferable",
    LicenseNotUpgradable = "license.not_upgradable",
    LicenseInUse = "license.in_use",
    LicenseRenewalCap = "license.renewal_cap",
    TrialUsed = "trial.used",
    SeatNoneFree = "seat.none_free",
    SeatCycling = "seat.cycling",
    SeatReleaseLimited = "seat.release_limited",
    CodeRevoked = "code.revoked",
    StatementMalformed = "statement.malformed",
    StatementOtherKind = "statement.other_kind",
    StatementSignature = "statement.signature",
    StatementIssuer = "statement.issuer",
    StatementOtherDevice = "statement.other_device",
    StatementOtherRequest = "statement.other_request",
    StatementRolledBack = "statement.rolled_back",
    StatementDate = "statement.date",
    QrUnreadable = "qr.unreadable",
    QrParts = "qr.parts",
    QrTooLarge = "qr.too_large",
    ClockBehind = "clock.behind",
    CodeSuperseded = "code.superseded",
    CodeSurrendered = "code.surrendered",
    JournalCopied = "journal.copied",
    JournalEdited = "journal.edited",
    JournalIo = "journal.io",
    JournalKeyInvalid = "journal.key_invalid",
    JournalRolledBack = "journal.rolled_back",
    OfflineOtherAccount = "offline.other_account",
    SeatNotFound = "seat.not_found",
    SeatNotSurrendered = "seat.not_surrendered",
    CurrencyUnknown = "currency.unknown",
    MoneyMalformed = "money.malformed",
    MoneyOutOfRange = "money.out_of_range",
    PackIdMalformed = "pack.id_malformed",
    PackNotFound = "pack.not_found",
    PriceListInvalid = "price_list.invalid",
    PriceListNotFound = "price_list.not_found",
    TokensNotSold = "tokens.not_sold",
    TokensAmountRefused = "tokens.amount_refused",
    PurchaseNotFound = "purchase.not_found",
    PurchaseSettled = "purchase.settled",
    PaymentMethodOff = "payment.method_off",
    PaymentUnavailable = "payment.unavailable",
    PaymentRefused = "payment.refused",
    JobUnknown = "job.unknown",
    JobRunning = "job.running",
    JobFailed = "job.failed",
    CampaignInvalid = "campaign.invalid",
    CampaignNotFound = "campaign.not_found",
    CampaignOver = "campaign.over",
    SettingInvalid = "setting.invalid",
    SendingOff = "sending.off",
    SendingTooEarly = "sending.too_early",
    SendingLimit = "sending.limit",
    SendingTied = "sending.tied",
    SendingRecipient = "sending.recipient",
    SendingNotFound = "sending.not_found",
    SendingOver = "sending.over",
    MessageInvalid = "message.invalid",
    GiftNotFound = "gift.not_found",
    GiftOver = "gift.over",
    TeamNotFound = "team.not_found",
    TeamRefused = "team.refused",
    TeamLimit = "team.limit",
    OrderNotFound = "order.not_found",
    RefundRefused = "refund.refused",
    HistoryPeriod = "history.period",
    FormStale = "form.stale",
    OperatorForbidden = "operator.forbidden",
    OperatorEmailTaken = "operator.email_taken",
    OperatorNotFound = "operator.not_found",
    OperatorLastOwner = "operator.last_owner",
    ApprovalNotFound = "approval.not_found",
    ApprovalDecided = "approval.decided",
    ApprovalOwn = "approval.own",
    BackupRefused = "backup.refused",
    BackupDamaged = "backup.damaged",
    AccountCodeWrong = "account.code_wrong",
    AccountDetailsInvalid = "account.details_invalid",
    AccountUnverified = "account.unverified",
    AccountNotErasable = "account.not_erasable",
    AuthLocked = "auth.locked",
    AuthSecondFactorMissing = "auth.second_factor_missing",
    AuthSecondFactorWrong = "auth.second_factor_wrong",
    AuthSecondFactorState = "auth.second_factor_state",
    AuthPasskeyRefused = "auth.passkey_refused",
    AuthBrowser = "auth.browser",
    MailNotSetUp = "mail.not_set_up",
    MailFailed = "mail.failed",
    SessionNotFound = "session.not_found",
    WebhookNotFound = "webhook.not_found",
    WebhookAddressRefused = "webhook.address_refused",
    RequestTooMany = "request.too_many",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
