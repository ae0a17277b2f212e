//! What the contract names and is being built.

use scrip_api::{EndQuote, Ended, LicenseView, Transferred, UsageReport};

use crate::contract::{
    ArmoredFile, ClockView, DeviceArgs, DeviceView, EndArgs, Imported, Inspection, NoticesArgs, NoticesView,
    OfflineAnswerView, OfflineRequestArgs, OfflineRequestView, ProductArgs, QrPicture, ReleaseArgs, RenewalArgs,
    ScanArgs, Scanned, SeatsView, SyncView, TextArgs, TransferArgs, UsageArgs, WaitingRequest,
};
use crate::{App, Error};

fn absent<T>(name: &str) -> Result<T, Error> {
    Err(Error::CommandInvalid {
        name: name.to_owned(),
        why: "this version does not have it yet".to_owned(),
    })
}

#[expect(missing_docs, clippy::unused_async, reason = "all commands have one shape")]
impl App {
    pub async fn code_export(&self, _args: ProductArgs) -> Result<ArmoredFile, Error> {
        absent("code.export")
    }
    pub async fn code_import(&self, _args: TextArgs) -> Result<Imported, Error> {
        absent("code.import")
    }
    pub async fn code_inspect(&self, _args: TextArgs) -> Result<Vec<Inspection>, Error> {
        absent("code.inspect")
    }
    pub async fn code_qr(&self, _args: ProductArgs) -> Result<Vec<QrPicture>, Error> {
        absent("code.qr")
    }
    pub async fn code_scan(&self, _args: ScanArgs) -> Result<Scanned, Error> {
        absent("code.scan")
    }
    pub async fn trial_start(&self, _args: ProductArgs) -> Result<LicenseView, Error> {
        absent("trial.start")
    }
    pub async fn license_pause(&self, _args: ProductArgs) -> Result<LicenseView, Error> {
        absent("license.pause")
    }
    pub async fn license_resume(&self, _args: ProductArgs) -> Result<LicenseView, Error> {
        absent("license.resume")
    }
    pub async fn license_end_quote(&self, _args: ProductArgs) -> Result<EndQuote, Error> {
        absent("license.end_quote")
    }
    pub async fn license_end(&self, _args: EndArgs) -> Result<Ended, Error> {
        absent("license.end")
    }
    pub async fn license_renewal_set(&self, _args: RenewalArgs) -> Result<LicenseView, Error> {
        absent("license.renewal_set")
    }
    pub async fn license_renewal_remove(&self, _args: ProductArgs) -> Result<LicenseView, Error> {
        absent("license.renewal_remove")
    }
    pub async fn license_transfer(&self, _args: TransferArgs) -> Result<Transferred, Error> {
        absent("license.transfer")
    }
    pub async fn seats_view(&self, _args: ProductArgs) -> Result<SeatsView, Error> {
        absent("seats.view")
    }
    pub async fn seats_release(&self, _args: ReleaseArgs) -> Result<SeatsView, Error> {
        absent("seats.release")
    }
    pub async fn devices_view(&self) -> Result<Vec<DeviceView>, Error> {
        absent("devices.view")
    }
    pub async fn offline_request(&self, _args: OfflineRequestArgs) -> Result<OfflineRequestView, Error> {
        absent("offline.request")
    }
    pub async fn offline_waiting(&self) -> Result<Vec<WaitingRequest>, Error> {
        absent("offline.waiting")
    }
    pub async fn offline_submit(&self, _args: TextArgs) -> Result<OfflineAnswerView, Error> {
        absent("offline.submit")
    }
    pub async fn offline_import(&self, _args: TextArgs) -> Result<Imported, Error> {
        absent("offline.import")
    }
    pub async fn clock_status(&self) -> Result<ClockView, Error> {
        absent("clock.status")
    }
    pub async fn clock_recover(&self, _args: TextArgs) -> Result<ClockView, Error> {
        absent("clock.recover")
    }
    pub async fn clock_recovery_code(&self, _args: DeviceArgs) -> Result<ArmoredFile, Error> {
        absent("clock.recovery_code")
    }
    pub async fn usage_view(&self, _args: UsageArgs) -> Result<UsageReport, Error> {
        absent("usage.view")
    }
    pub async fn notices_view(&self, _args: NoticesArgs) -> Result<NoticesView, Error> {
        absent("notices.view")
    }
    pub async fn journal_sync(&self) -> Result<SyncView, Error> {
        absent("journal.sync")
    }
}
