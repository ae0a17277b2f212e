//! What can be done with a license, its seats and its journal; and what a computer without a network needs.

use scrip_api::{
    Devices, EndQuote, EndRequest, Ended, IDEMPOTENCY_KEY, JournalReceipt, JournalUpload, LicenseView, Notice,
    OfflineAnswer, OfflineSubmission, Page, RecoveryRequest, ReleaseRequest, RenewalRequest, Seats, Signed,
    StopRequest, TransferRequest, Transferred, TrialRequest, UsageReport,
};
use scrip_domain::{ActivationId, CommandId, LicenseId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::Repeat;
use crate::{Client, Error};

impl Client {
    /// Begins a free trial (`POST /v1/trials`). Repeating it is refused, as a second trial is.
    pub async fn start_trial(&self, request: &TrialRequest) -> Result<LicenseView, Error> {
        self.post("/v1/trials", Repeat::Never, request).await
    }

    /// Stops the time of a rental (`POST /v1/licenses/{id}/pause`).
    pub async fn pause(&self, license: LicenseId, request: &StopRequest) -> Result<LicenseView, Error> {
        self.post(&format!("/v1/licenses/{license}/pause"), Repeat::Never, request)
            .await
    }

    /// Lets the time of a rental go on (`POST /v1/licenses/{id}/resume`).
    pub async fn resume(&self, license: LicenseId) -> Result<LicenseView, Error> {
        self.post(&format!("/v1/licenses/{license}/resume"), Repeat::Never, &())
            .await
    }

    /// What ending a rental now would give back (`GET /v1/licenses/{id}/end`).
    pub async fn end_quote(&self, license: LicenseId) -> Result<EndQuote, Error> {
        self.get(&format!("/v1/licenses/{license}/end")).await
    }

    /// Ends a rental early (`POST /v1/licenses/{id}/end`); `command` is the idempotency key.
    pub async fn end(&self, license: LicenseId, request: &EndRequest, command: CommandId) -> Result<Ended, Error> {
        self.command(&format!("/v1/licenses/{license}/end"), request, command)
            .await
    }

    /// Lets a rental extend itself (`PUT /v1/licenses/{id}/renewal`).
    pub async fn set_renewal(&self, license: LicenseId, request: &RenewalRequest) -> Result<LicenseView, Error> {
        let path = format!("/v1/licenses/{license}/renewal");
        let put = |url: &str| self.transport().http.put(url).json(request);
        let limit = self.transport().limits.answer_bytes;
        self.transport().json(&path, Repeat::Safe, limit, put).await
    }

    /// Lets a rental run out (`DELETE /v1/licenses/{id}/renewal`).
    pub async fn remove_renewal(&self, license: LicenseId) -> Result<LicenseView, Error> {
        let path = format!("/v1/licenses/{license}/renewal");
        let delete = |url: &str| self.transport().http.delete(url);
        let limit = self.transport().limits.answer_bytes;
        self.transport().json(&path, Repeat::Safe, limit, delete).await
    }

    /// Gives a license to another account (`POST /v1/licenses/{id}/transfer`); `command` is the idempotency key.
    pub async fn transfer(
        &self,
        license: LicenseId,
        request: &TransferRequest,
        command: CommandId,
    ) -> Result<Transferred, Error> {
        self.command(&format!("/v1/licenses/{license}/transfer"), request, command)
            .await
    }

    /// The seats of a license (`GET /v1/licenses/{id}/seats`).
    pub async fn seats(&self, license: LicenseId) -> Result<Seats, Error> {
        self.get(&format!("/v1/licenses/{license}/seats")).await
    }

    /// Gives a seat back (`POST /v1/activations/{id}/release`).
    pub async fn release(&self, activation: ActivationId, request: &ReleaseRequest) -> Result<LicenseView, Error> {
        self.post(&format!("/v1/activations/{activation}/release"), Repeat::Safe, request)
            .await
    }

    /// Reports what was used (`POST /v1/activations/{id}/journal`); what was reported before counts once.
    pub async fn report_journal(
        &self,
        activation: ActivationId,
        upload: &JournalUpload,
    ) -> Result<JournalReceipt, Error> {
        self.post(&format!("/v1/activations/{activation}/journal"), Repeat::Safe, upload)
            .await
    }

    /// The account's computers (`GET /v1/devices`).
    pub async fn devices(&self) -> Result<Devices, Error> {
        self.get("/v1/devices").await
    }

    /// The vendor's keys, signed by its root (`GET /v1/keys`).
    pub async fn signed_keys(&self) -> Result<Signed, Error> {
        self.get("/v1/keys").await
    }

    /// The codes that no longer hold, signed with the time of the answer (`GET /v1/revocations`).
    pub async fn revocations(&self) -> Result<Signed, Error> {
        self.get("/v1/revocations").await
    }

    /// What the catalog's prices are, signed (`GET /v1/catalog/prices`).
    pub async fn price_sheet(&self) -> Result<Signed, Error> {
        self.get("/v1/catalog/prices").await
    }

    /// A code that sets a computer's idea of time right (`POST /v1/clock/recovery`).
    pub async fn recovery(&self, request: &RecoveryRequest) -> Result<Signed, Error> {
        self.post("/v1/clock/recovery", Repeat::Safe, request).await
    }

    /// Hands in what a computer without a network asks for (`POST /v1/offline/requests`); the same request is answered once.
    pub async fn submit_offline(&self, submission: &OfflineSubmission) -> Result<OfflineAnswer, Error> {
        self.post("/v1/offline/requests", Repeat::Safe, submission).await
    }

    /// What was used on the account's computers in the last `days` days (`GET /v1/usage`).
    pub async fn usage(&self, days: u32) -> Result<UsageReport, Error> {
        self.get(&format!("/v1/usage?days={days}")).await
    }

    /// What the vendor tells the person, the newest first (`GET /v1/notices`).
    pub async fn notices(&self) -> Result<Page<Notice>, Error> {
        self.get("/v1/notices").await
    }

    pub(crate) async fn command<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
        command: CommandId,
    ) -> Result<T, Error> {
        let key = command.to_string();
        let post = |url: &str| self.transport().http.post(url).header(IDEMPOTENCY_KEY, &key).json(body);
        let limit = self.transport().limits.answer_bytes;
        self.transport().json(path, Repeat::Safe, limit, post).await
    }
}
