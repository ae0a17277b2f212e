//! The account: its person's data, its sessions, its second factor.

use bytes::Bytes;
use scrip_api::{
    BrowserExchange, CodeByMail, EmailChange, EmailChanged, EraseRequest, ErasurePreview, PasswordByCode,
    PasswordChange, PasswordProof, Profile, RecoveryAsk, SecondFactorCode, SecondFactorSetup, Session, SessionView,
    SpareCodes,
};
use scrip_domain::PersonalDetails;
use serde::Serialize;

use crate::transport::{JSON, Repeat};
use crate::{Client, Error};

/// The largest export of personal data, in bytes.
const EXPORT_BYTES_MAX: u64 = 256 << 20;

impl Client {
    /// The page on which a browser signs an app in (RFC 8252), with this query.
    pub fn sign_in_page(&self, query: &str) -> String {
        self.server().join(&format!("/account/authorize?{query}"))
    }

    /// Opens the session that a browser signed in (`POST /v1/sessions/exchange`). The code serves once.
    pub async fn exchange_browser_code(&self, request: &BrowserExchange) -> Result<Session, Error> {
        self.post("/v1/sessions/exchange", Repeat::Never, request).await
    }

    /// What the vendor knows of the person (`GET /v1/account/profile`).
    pub async fn profile(&self) -> Result<Profile, Error> {
        self.get("/v1/account/profile").await
    }

    /// Corrects what the person told of themselves (`PUT /v1/account/profile`).
    pub async fn set_profile(&self, details: &PersonalDetails) -> Result<Profile, Error> {
        let put = |url: &str| self.transport().http.put(url).json(details);
        let limit = self.transport().limits.answer_bytes;
        self.transport()
            .json("/v1/account/profile", Repeat::Safe, limit, put)
            .await
    }

    /// Gives the account another address (`POST /v1/account/email`).
    pub async fn change_email(&self, request: &EmailChange) -> Result<EmailChanged, Error> {
        self.post("/v1/account/email", Repeat::Never, request).await
    }

    /// Sets a new password (`POST /v1/account/password`).
    pub async fn change_password(&self, request: &PasswordChange) -> Result<(), Error> {
        self.post_for_nothing("/v1/account/password", Some(request)).await
    }

    /// Mails the code that verifies the address once more (`POST /v1/account/verification`).
    pub async fn send_verification(&self) -> Result<(), Error> {
        self.post_for_nothing::<()>("/v1/account/verification", None).await
    }

    /// Uses a mailed code (`POST /v1/verifications`).
    pub async fn verify_email(&self, request: &CodeByMail) -> Result<(), Error> {
        self.post_for_nothing("/v1/verifications", Some(request)).await
    }

    /// Mails a code that sets a new password (`POST /v1/recoveries`).
    pub async fn ask_recovery(&self, request: &RecoveryAsk) -> Result<(), Error> {
        self.post_for_nothing("/v1/recoveries", Some(request)).await
    }

    /// Sets a new password by a mailed code (`POST /v1/recoveries/finish`).
    pub async fn finish_recovery(&self, request: &PasswordByCode) -> Result<(), Error> {
        self.post_for_nothing("/v1/recoveries/finish", Some(request)).await
    }

    /// Claims an account that an operator opened, and signs it in (`POST /v1/claims`).
    pub async fn claim(&self, request: &PasswordByCode) -> Result<Session, Error> {
        self.post("/v1/claims", Repeat::Never, request).await
    }

    /// The sessions of the account (`GET /v1/sessions`).
    pub async fn sessions(&self) -> Result<Vec<SessionView>, Error> {
        self.get("/v1/sessions").await
    }

    /// Ends one session of the account (`DELETE /v1/sessions/{id}`), or every one but this (`DELETE /v1/sessions`).
    pub async fn end_sessions(&self, session: Option<uuid::Uuid>) -> Result<(), Error> {
        let path = session.map_or_else(|| "/v1/sessions".to_owned(), |id| format!("/v1/sessions/{id}"));
        let url = self.server().join(&path);
        let limit = self.transport().limits.answer_bytes;
        let delete = |url: &str| self.transport().http.delete(url);
        self.transport()
            .exchange(&url, Repeat::Never, limit, JSON, &delete)
            .await?;
        Ok(())
    }

    /// Begins to set up an authenticator app (`POST /v1/account/second-factor`).
    pub async fn begin_second_factor(&self, request: &PasswordProof) -> Result<SecondFactorSetup, Error> {
        self.post("/v1/account/second-factor", Repeat::Never, request).await
    }

    /// Confirms it by its first code (`POST /v1/account/second-factor/confirm`).
    pub async fn confirm_second_factor(&self, request: &SecondFactorCode) -> Result<SpareCodes, Error> {
        self.post("/v1/account/second-factor/confirm", Repeat::Never, request)
            .await
    }

    /// Takes it off (`POST /v1/account/second-factor/remove`).
    pub async fn remove_second_factor(&self, request: &PasswordProof) -> Result<(), Error> {
        self.post_for_nothing("/v1/account/second-factor/remove", Some(request))
            .await
    }

    /// Everything that the vendor keeps of the person, JSON as the server wrote it (`GET /v1/account/export`).
    pub async fn export(&self) -> Result<Bytes, Error> {
        let url = self.server().join("/v1/account/export");
        let get = |url: &str| self.transport().http.get(url);
        let (_, body) = self
            .transport()
            .exchange(&url, Repeat::Safe, EXPORT_BYTES_MAX, JSON, &get)
            .await?;
        Ok(body)
    }

    /// What erasing the person would mean (`GET /v1/account/erasure`).
    pub async fn erasure_preview(&self) -> Result<ErasurePreview, Error> {
        self.get("/v1/account/erasure").await
    }

    /// Erases the person (`POST /v1/account/erase`).
    pub async fn erase(&self, request: &EraseRequest) -> Result<(), Error> {
        self.post_for_nothing("/v1/account/erase", Some(request)).await
    }

    /// Posts what is answered by nothing (HTTP status 204).
    async fn post_for_nothing<B: Serialize + Sync>(&self, path: &str, body: Option<&B>) -> Result<(), Error> {
        let url = self.server().join(path);
        let limit = self.transport().limits.answer_bytes;
        let post = |url: &str| {
            let request = self.transport().http.post(url);
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        self.transport()
            .exchange(&url, Repeat::Never, limit, JSON, &post)
            .await?;
        Ok(())
    }
}
