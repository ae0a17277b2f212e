//! Who is signed in.

use std::path::PathBuf;
use std::sync::PoisonError;

use scrip_api::{Account, RegisterRequest, Session, SignInRequest};
use scrip_client::SessionToken;
use scrip_domain::{Email, Timestamp, Tokens};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::contract::{Credentials, Event, SessionState};
use crate::{App, Error, platform, state};

/// What is stored of a session beside its secret.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredSession {
    pub(crate) account: Account,
    pub(crate) expires_at: Timestamp,
}

/// The session as far as it was read.
#[derive(Default)]
pub(crate) struct SessionCell(Mutex<Cell>);

#[derive(Default)]
struct Cell {
    /// Whether the client speaks for it already.
    armed: bool,
}

/// How many times the session was looked at.
#[derive(Default)]
pub(crate) struct Looks(std::sync::Mutex<u64>);

impl App {
    /// Who is signed in, from what is stored here.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn session_state(&self) -> Result<SessionState, Error> {
        // One look at a time, so that the numbers say which is the later one.
        let mut looks = self.looks.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = self.stored_session()?.map(|session| session.account);
        *looks += 1;
        Ok(SessionState {
            account,
            server: self.client.server().to_string(),
            online: self.is_online(),
            keystore: self.keystore.name().to_owned(),
            revision: *looks,
        })
    }

    /// The account as the server knows it now.
    pub async fn account(&self) -> Result<Account, Error> {
        self.require_session().await?;
        let account = self.noted(self.client.account().await).await?;
        self.note_balance(account.balance)?;
        Ok(account)
    }

    /// Opens an account and signs in.
    pub async fn session_register(&self, credentials: Credentials) -> Result<SessionState, Error> {
        credentials.password.check()?;
        let request = RegisterRequest {
            email: credentials.email.parse()?,
            password: credentials.password,
            name: credentials.name,
            client: Some(platform::computer_name()),
        };
        self.require_keystore().await?;
        let session = self.noted(self.client.register(&request).await).await?;
        self.begin_session(session).await
    }

    /// Signs in.
    pub async fn session_sign_in(&self, credentials: Credentials) -> Result<SessionState, Error> {
        let email: Email = credentials.email.parse()?;
        self.require_keystore().await?;
        let known = self.keystore.get(&self.known_name(&email)).await?;
        let request = SignInRequest {
            email,
            password: credentials.password,
            code: credentials.code,
            client: Some(platform::computer_name()),
            known: known.map(|token| token.to_string()),
        };
        let session = self.noted(self.client.sign_in(&request).await).await?;
        self.begin_session(session).await
    }

    /// Signs out. What is personal is removed from this computer; authorization codes stay, because programs need them.
    pub async fn session_sign_out(&self) -> Result<SessionState, Error> {
        if self.require_session().await.is_ok()
            && let Err(error) = self.client.sign_out().await
        {
            tracing::info!(%error, "the server keeps the session until it ends by itself");
        }
        self.forget_session().await?;
        self.forget_person()?;
        self.tell(Event::LibraryChanged);
        self.session_state().await
    }

    /// Refuses before an account or a session is opened whose secret could not be kept.
    pub(crate) async fn require_keystore(&self) -> Result<(), Error> {
        self.keystore.get(&self.session_name()).await.map(|_| ())
    }

    pub(crate) async fn begin_session(&self, session: Session) -> Result<SessionState, Error> {
        let token = SessionToken::new(session.token.clone())?;
        let before = state::read::<StoredSession>(&self.session_file()).unwrap_or_default();
        if self
            .stored_owner()?
            .or(before.map(|before| before.account.id))
            .is_some_and(|id| id != session.account.id)
        {
            self.forget_person()?;
        }
        self.keystore.set(&self.session_name(), token.reveal()).await?;
        if let Some(known) = &session.known {
            self.keystore
                .set(&self.known_name(&session.account.email), known)
                .await?;
        }
        let stored = StoredSession {
            account: session.account,
            expires_at: session.expires_at,
        };
        state::write(&self.session_file(), &stored)?;
        self.session.0.lock().await.armed = true;
        self.client.set_session(Some(token));
        self.note_balance(stored.account.balance)?;
        self.tell_session().await;
        self.tell(Event::LibraryChanged);
        // Signing in is going online once: from now on this computer can ask for what it needs without a network. Whoever
        // cannot get the keys now is signed in all the same, and gets them with the next contact.
        if !matches!(self.trusted(), Ok(Some(_)))
            && let Err(error) = self.refresh_keys().await
        {
            tracing::debug!(%error, "the vendor's keys were not fetched at sign-in");
        }
        self.session_state().await
    }

    /// The account of the session that the client now speaks for; reads its secret when it is first needed.
    pub(crate) async fn require_session(&self) -> Result<Account, Error> {
        let mut cell = self.session.0.lock().await;
        let stored = self.stored_session()?.ok_or(Error::NotSignedIn)?;
        if !cell.armed {
            let Some(secret) = self.keystore.get(&self.session_name()).await? else {
                return Err(Error::NotSignedIn);
            };
            self.client.set_session(Some(SessionToken::new(secret.as_str())?));
            cell.armed = true;
        }
        Ok(stored.account)
    }

    /// Whether somebody is signed in, as far as is known here.
    pub(crate) fn stored_session(&self) -> Result<Option<StoredSession>, Error> {
        state::read(&self.session_file())
    }

    /// Forgets a session that has ended.
    pub(crate) async fn forget_session(&self) -> Result<(), Error> {
        self.client.set_session(None);
        self.session.0.lock().await.armed = false;
        if self.stored_session()?.is_some() {
            state::remove(&self.session_file())?;
            self.keystore.delete(&self.session_name()).await?;
        }
        self.tell_session().await;
        Ok(())
    }

    pub(crate) async fn tell_session(&self) {
        match self.session_state().await {
            Ok(state) => self.tell(Event::SessionChanged(state)),
            Err(error) => tracing::warn!(%error, "the session cannot be told"),
        }
    }

    /// Keeps the balance that the server named last, for when it does not answer.
    pub(crate) fn note_balance(&self, balance: Tokens) -> Result<(), Error> {
        self.store_wallet(balance)?;
        if let Some(mut stored) = self.stored_session()?
            && stored.account.balance != balance
        {
            stored.account.balance = balance;
            state::write(&self.session_file(), &stored)?;
        }
        Ok(())
    }

    fn session_file(&self) -> PathBuf {
        self.folder.join("session.json")
    }

    /// Where the token is kept that shows the vendor that this computer signed in before; it stays after signing out.
    fn known_name(&self, email: &Email) -> String {
        format!("known {} {email}", self.client.server())
    }

    fn session_name(&self) -> String {
        format!("session {}", self.client.server())
    }
}
