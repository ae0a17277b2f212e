//! The command table: what a window can ask by name, in one place.
//!
//! From this table come both the router and the TypeScript interface `Commands`.

use serde::de::DeserializeOwned;
use serde_json::Value;
use ts_rs::{Config, TS};

use crate::bindings::Declarations;
use crate::contract::{
    AcquireArgs, Acquired, AddToCartArgs, ArmoredFile, BeginTeamArgs, BrowserSignIn, BuyTokensArgs, CatalogState,
    ClockView, CodeArgs, CodeView, Credentials, CursorArgs, DeviceArgs, DeviceView, DocumentArgs, EmailArgs,
    EmailChanged, EndArgs, EndGiftArgs, EndQuote, Ended, EraseArgs, ErasurePreview, Event, FactorArgs, Failure,
    GiftsView, GiveArgs, HistoryArgs, HistoryView, Imported, Inspection, InvoiceArgs, InvoicesView, LibraryView,
    LicenseView, MemberArgs, NewPasswordArgs, NoticesArgs, NoticesView, OfflineAnswerView, OfflineRequestArgs,
    OfflineRequestView, OrderLineArgs, OrdersView, PageArgs, PasswordArgs, PayArgs, PdfFile, PeriodArgs,
    PersonalDetails, PersonalExport, Plan, ProductArgs, ProductView, Profile, ProofArgs, PurchaseArgs, PurchasesArgs,
    PurchasesView, QrPicture, QuoteArgs, RecipientArgs, RecoverArgs, RedeemArgs, ReleaseArgs, RemoveMemberArgs,
    RenewalArgs, ScanArgs, Scanned, SearchArgs, SearchResult, SeatsView, SecondFactorSetup, SendArgs, SendingArgs,
    SessionArgs, SessionState, SessionView, ShortfallArgs, SpareCodes, StatementArgs, StatementView, SyncView,
    TakeBackArgs, TeamArgs, TeamMovesArgs, TeamMovesView, TeamTokensArgs, TextArgs, TextFile, TokenOrderArgs,
    TokenOrderPlaceArgs, TokenOrdersView, TokenQuoteArgs, TransferArgs, Transferred, TransfersView, UsageArgs,
    UsageReport, WaitingRequest, WalletView,
};
use crate::{App, Error};

macro_rules! commands {
    ($($name:literal: $method:ident($($args:ty)?) -> $result:ty;)+) => {
        /// The names of all commands, in the order of the table.
        pub const COMMANDS: &[&str] = &[$($name),+];

        impl App {
            /// Runs the command `name` with `args`, a JSON object.
            pub async fn dispatch(&self, name: &str, args: Value) -> Result<Value, Failure> {
                match name {
                    $($name => {
                        let result: $result = self.$method($(parse::<$args>(name, args)?)?).await?;
                        answer(name, &result)
                    })+
                    _ => Err(invalid(name, "there is no such command").into()),
                }
            }
        }

        /// The TypeScript of every type of the table, and of the table itself.
        pub fn bindings() -> String {
            let config = Config::new().with_large_int("number");
            let mut declarations = Declarations::new(&config);
            $($(declarations.add::<$args>();)? declarations.add::<$result>();)+
            declarations.add::<Event>();
            declarations.add::<Failure>();
            let mut table = String::new();
            $(table.push_str(&line($name, None$(.or(Some(<$args as TS>::name(&config))))?, &<$result as TS>::name(&config)));)+
            declarations.write(&table)
        }
    };
}

commands! {
    "session.state": session_state() -> SessionState;
    "session.register": session_register(Credentials) -> SessionState;
    "session.sign_in": session_sign_in(Credentials) -> SessionState;
    "session.sign_out": session_sign_out() -> SessionState;
    "session.browser_begin": session_browser_begin() -> BrowserSignIn;
    "session.browser_wait": session_browser_wait() -> SessionState;
    "account.profile": account_profile() -> Profile;
    "account.correct": account_correct(PersonalDetails) -> Profile;
    "account.email": account_email(EmailArgs) -> EmailChanged;
    "account.password": account_password(PasswordArgs) -> ();
    "account.send_verification": account_send_verification() -> ();
    "account.verify": account_verify(CodeArgs) -> ();
    "account.recover": account_recover(RecoverArgs) -> ();
    "account.recover_finish": account_recover_finish(NewPasswordArgs) -> ();
    "account.claim": account_claim(NewPasswordArgs) -> SessionState;
    "account.sessions": account_sessions() -> Vec<SessionView>;
    "account.end_sessions": account_end_sessions(SessionArgs) -> Vec<SessionView>;
    "account.factor_begin": account_factor_begin(ProofArgs) -> SecondFactorSetup;
    "account.factor_confirm": account_factor_confirm(FactorArgs) -> SpareCodes;
    "account.factor_remove": account_factor_remove(ProofArgs) -> ();
    "account.export": account_export() -> PersonalExport;
    "account.erasure": account_erasure() -> ErasurePreview;
    "account.erase": account_erase(EraseArgs) -> SessionState;
    "catalog.sync": catalog_sync() -> CatalogState;
    "catalog.state": catalog_state() -> CatalogState;
    "catalog.search": catalog_search(SearchArgs) -> SearchResult;
    "product.view": product_view(ProductArgs) -> ProductView;
    "product.plan": product_plan(ProductArgs) -> Plan;
    "checkout.quote": checkout_quote(QuoteArgs) -> scrip_domain::Quote;
    "checkout.pay": checkout_pay(PayArgs) -> scrip_api::Order;
    "cart.view": cart_view() -> scrip_api::Cart;
    "cart.add": cart_add(AddToCartArgs) -> scrip_api::Cart;
    "cart.remove": cart_remove(ProductArgs) -> scrip_api::Cart;
    "acquire.start": acquire_start(AcquireArgs) -> Acquired;
    "acquire.cancel": acquire_cancel(ProductArgs) -> ();
    "library.view": library_view() -> LibraryView;
    "library.launch": library_launch(ProductArgs) -> ();
    "library.uninstall": library_uninstall(ProductArgs) -> ();
    "wallet.view": wallet_view() -> WalletView;
    "wallet.history": wallet_history(HistoryArgs) -> HistoryView;
    "tokens.prices": tokens_prices() -> scrip_api::TokenPrices;
    "tokens.quote": tokens_quote(TokenQuoteArgs) -> scrip_domain::TokenQuote;
    "tokens.shortfall": tokens_shortfall(ShortfallArgs) -> scrip_domain::Shortfall;
    "tokens.buy": tokens_buy(BuyTokensArgs) -> scrip_api::TokenPurchase;
    "tokens.purchase": tokens_purchase(PurchaseArgs) -> scrip_api::TokenPurchase;
    "tokens.purchases": tokens_purchases(PurchasesArgs) -> PurchasesView;
    "tokens.cancel": tokens_cancel(PurchaseArgs) -> scrip_api::TokenPurchase;
    "wallet.history_csv": wallet_history_csv(HistoryArgs) -> TextFile;
    "wallet.holding": wallet_holding() -> scrip_api::WalletHolding;
    "wallet.statement": wallet_statement(PeriodArgs) -> TextFile;
    "wallet.statement_pdf": wallet_statement_pdf(PeriodArgs) -> PdfFile;
    "wallet.alert": wallet_alert() -> scrip_api::WalletAlert;
    "wallet.alert_set": wallet_alert_set(scrip_api::WalletAlert) -> scrip_api::WalletAlert;
    "statement.verify": statement_verify(StatementArgs) -> StatementView;
    "transfers.recipient": transfers_recipient(RecipientArgs) -> scrip_api::Recipient;
    "transfers.send": transfers_send(SendArgs) -> scrip_api::TokenTransfer;
    "transfers.view": transfers_view(CursorArgs) -> TransfersView;
    "transfers.cancel": transfers_cancel(SendingArgs) -> scrip_api::TokenTransfer;
    "gifts.give": gifts_give(GiveArgs) -> scrip_api::GiftView;
    "gifts.view": gifts_view(CursorArgs) -> GiftsView;
    "gifts.end": gifts_end(EndGiftArgs) -> scrip_api::GiftView;
    "teams.view": teams_view() -> Vec<scrip_api::TeamView>;
    "teams.show": teams_show(TeamArgs) -> scrip_api::TeamView;
    "teams.begin": teams_begin(BeginTeamArgs) -> scrip_api::TeamView;
    "teams.join": teams_join(TeamArgs) -> scrip_api::TeamView;
    "teams.close": teams_close(TeamArgs) -> scrip_api::TeamBalance;
    "teams.put_member": teams_put_member(MemberArgs) -> scrip_api::TeamMember;
    "teams.remove_member": teams_remove_member(RemoveMemberArgs) -> ();
    "teams.move_tokens": teams_move_tokens(TeamTokensArgs) -> scrip_api::TeamBalance;
    "teams.moves": teams_moves(TeamMovesArgs) -> TeamMovesView;
    "orders.view": orders_view(CursorArgs) -> OrdersView;
    "orders.refund_quote": orders_refund_quote(OrderLineArgs) -> scrip_api::RefundQuote;
    "orders.refund": orders_refund(TakeBackArgs) -> scrip_api::Refunded;
    "voucher.redeem": voucher_redeem(RedeemArgs) -> scrip_api::Redeemed;
    "token_order.place": token_order_place(TokenOrderPlaceArgs) -> scrip_api::TokenOrderView;
    "token_order.document": token_order_document(DocumentArgs) -> scrip_api::TokenOrderView;
    "token_order.cancel": token_order_cancel(TokenOrderArgs) -> scrip_api::TokenOrderView;
    "token_orders.view": token_orders_view(PageArgs) -> TokenOrdersView;
    "invoices.view": invoices_view(PageArgs) -> InvoicesView;
    "invoice.pdf": invoice_pdf(InvoiceArgs) -> PdfFile;
    "code.show": code_show(ProductArgs) -> CodeView;
    "code.export": code_export(ProductArgs) -> ArmoredFile;
    "code.import": code_import(TextArgs) -> Imported;
    "code.inspect": code_inspect(TextArgs) -> Vec<Inspection>;
    "code.qr": code_qr(ProductArgs) -> Vec<QrPicture>;
    "code.scan": code_scan(ScanArgs) -> Scanned;
    "trial.start": trial_start(ProductArgs) -> LicenseView;
    "license.pause": license_pause(ProductArgs) -> LicenseView;
    "license.resume": license_resume(ProductArgs) -> LicenseView;
    "license.end_quote": license_end_quote(ProductArgs) -> EndQuote;
    "license.end": license_end(EndArgs) -> Ended;
    "license.renewal_set": license_renewal_set(RenewalArgs) -> LicenseView;
    "license.renewal_remove": license_renewal_remove(ProductArgs) -> LicenseView;
    "license.transfer": license_transfer(TransferArgs) -> Transferred;
    "seats.view": seats_view(ProductArgs) -> SeatsView;
    "seats.release": seats_release(ReleaseArgs) -> SeatsView;
    "devices.view": devices_view() -> Vec<DeviceView>;
    "offline.request": offline_request(OfflineRequestArgs) -> OfflineRequestView;
    "offline.waiting": offline_waiting() -> Vec<WaitingRequest>;
    "offline.submit": offline_submit(TextArgs) -> OfflineAnswerView;
    "offline.import": offline_import(TextArgs) -> Imported;
    "clock.status": clock_status() -> ClockView;
    "clock.recover": clock_recover(TextArgs) -> ClockView;
    "clock.recovery_code": clock_recovery_code(DeviceArgs) -> ArmoredFile;
    "usage.view": usage_view(UsageArgs) -> UsageReport;
    "notices.view": notices_view(NoticesArgs) -> NoticesView;
    "journal.sync": journal_sync() -> SyncView;
    "inventory.programs": inventory_programs() -> Vec<scrip_inventory::Program>;
    "inventory.rescan": inventory_rescan() -> Vec<scrip_inventory::Program>;
}

fn parse<T: DeserializeOwned>(name: &str, args: Value) -> Result<T, Error> {
    serde_json::from_value(args).map_err(|error| invalid(name, &error.to_string()))
}

fn answer(name: &str, result: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(result).map_err(|error| invalid(name, &error.to_string()).into())
}

fn invalid(name: &str, why: &str) -> Error {
    Error::CommandInvalid {
        name: name.chars().take(60).collect(),
        why: why.to_owned(),
    }
}

fn line(name: &str, args: Option<String>, result: &str) -> String {
    let args = args.unwrap_or_else(|| "Record<string, never>".to_owned());
    format!("  \"{name}\": {{ args: {args}, result: {result} }},\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the window reads the types from.
    fn bindings_file() -> std::path::PathBuf {
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/host/bindings.ts")
    }

    #[test]
    fn the_windows_types_are_fresh() {
        let fresh = bindings();
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            std::fs::write(bindings_file(), &fresh).unwrap();
        }
        let written = std::fs::read_to_string(bindings_file()).unwrap();
        assert!(
            written == fresh,
            "the window's types are stale: run UPDATE_BINDINGS=1 cargo test -p scrip-app"
        );
    }

    #[test]
    fn every_command_is_named_once() {
        let unique: std::collections::BTreeSet<_> = COMMANDS.iter().collect();
        assert_eq!(unique.len(), COMMANDS.len());
    }
}
