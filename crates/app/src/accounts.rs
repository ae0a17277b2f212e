//! The account: its person's data, its sessions, its second factor, and signing in by the system's browser.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_api::{
    BrowserExchange, CodeByMail, EmailChange, EmailChanged, EraseRequest, ErasurePreview, PasswordByCode,
    PasswordChange, PasswordProof, Profile, RecoveryAsk, SecondFactorCode, SecondFactorSetup, SessionView, SpareCodes,
};
use scrip_client::Loopback;
use scrip_domain::PersonalDetails;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::contract::{
    BrowserSignIn, CodeArgs, EmailArgs, EraseArgs, Event, FactorArgs, NewPasswordArgs, PasswordArgs, PersonalExport,
    ProofArgs, RecoverArgs, SessionArgs, SessionState,
};
use crate::{App, Error, platform};

/// How long a person may take in the browser.
const BROWSER_PATIENCE: Duration = Duration::from_mins(10);

/// The browser that was sent to sign this app in, if any.
#[derive(Default)]
pub(crate) struct BrowserCell(Mutex<Option<Errand>>);

/// A door that waits for the browser, and the secrets that only this app knows.
struct Errand {
    door: Loopback,
    state: String,
    /// The verifier (RFC 7636 section 4.1).
    verifier: String,
}

/// 43 random characters that need no encoding anywhere.
fn secret() -> String {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    bytes[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    Base64UrlUnpadded::encode_string(&Sha256::digest(bytes))
}

impl App {
    /// Begins to sign in by the browser: opens a door on this computer and answers the page to open (RFC 8252).
    pub async fn session_browser_begin(&self) -> Result<BrowserSignIn, Error> {
        self.require_keystore().await?;
        let door = Loopback::open().await?;
        let (state, verifier) = (secret(), secret());
        let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes()));
        let redirect = door.redirect().replace(':', "%3A").replace('/', "%2F");
        let client: String = platform::computer_name()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .take(60)
            .collect();
        let query = format!(
            "response_type=code&redirect_uri={redirect}&code_challenge={challenge}&code_challenge_method=S256\
             &state={state}&client={client}"
        );
        let url = self.client.sign_in_page(&query);
        *self.browser.0.lock().await = Some(Errand { door, state, verifier });
        Ok(BrowserSignIn { url })
    }

    /// Waits until the person has signed in in the browser.
    pub async fn session_browser_wait(&self) -> Result<SessionState, Error> {
        let errand = self.browser.0.lock().await.take();
        let errand = errand.ok_or(Error::BrowserSignIn {
            why: "it was not begun",
        })?;
        let waited = tokio::time::timeout(BROWSER_PATIENCE, errand.door.wait(&errand.state)).await;
        let answer = waited.map_err(|_| Error::BrowserSignIn {
            why: "nobody signed in within ten minutes",
        })??;
        let code = answer.code.ok_or(Error::BrowserSignIn {
            why: "it was declined in the browser",
        })?;
        let request = BrowserExchange {
            code,
            verifier: errand.verifier,
            redirect_uri: errand.door.redirect().to_owned(),
        };
        let session = self.noted(self.client.exchange_browser_code(&request).await).await?;
        self.begin_session(session).await
    }

    /// What the vendor knows of the person.
    pub async fn account_profile(&self) -> Result<Profile, Error> {
        self.require_session().await?;
        self.noted(self.client.profile().await).await
    }

    /// Corrects what the person told of themselves.
    pub async fn account_correct(&self, details: PersonalDetails) -> Result<Profile, Error> {
        let details = details.checked()?;
        self.require_session().await?;
        self.noted(self.client.set_profile(&details).await).await
    }

    /// Gives the account another address.
    pub async fn account_email(&self, args: EmailArgs) -> Result<EmailChanged, Error> {
        let request = EmailChange {
            password: args.password,
            email: args.email.parse()?,
        };
        self.require_session().await?;
        self.noted(self.client.change_email(&request).await).await
    }

    /// Sets a new password; every other session ends.
    pub async fn account_password(&self, args: PasswordArgs) -> Result<(), Error> {
        args.new_password.check()?;
        let request = PasswordChange {
            password: args.password,
            new_password: args.new_password,
        };
        self.require_session().await?;
        self.noted(self.client.change_password(&request).await).await
    }

    /// Lets the vendor mail the code that verifies the address once more.
    pub async fn account_send_verification(&self) -> Result<(), Error> {
        self.require_session().await?;
        self.noted(self.client.send_verification().await).await
    }

    /// Verifies an address by the code that was mailed there.
    pub async fn account_verify(&self, args: CodeArgs) -> Result<(), Error> {
        let request = CodeByMail { code: args.code };
        self.noted(self.client.verify_email(&request).await).await
    }

    /// Lets the vendor mail a code that sets a new password.
    pub async fn account_recover(&self, args: RecoverArgs) -> Result<(), Error> {
        let request = RecoveryAsk {
            email: args.email.parse()?,
        };
        self.noted(self.client.ask_recovery(&request).await).await
    }

    /// Sets a new password by the code that was mailed; every session ends.
    pub async fn account_recover_finish(&self, args: NewPasswordArgs) -> Result<(), Error> {
        let request = by_code(args)?;
        self.noted(self.client.finish_recovery(&request).await).await
    }

    /// Claims an account that an operator opened, and signs in.
    pub async fn account_claim(&self, args: NewPasswordArgs) -> Result<SessionState, Error> {
        let request = by_code(args)?;
        self.require_keystore().await?;
        let session = self.noted(self.client.claim(&request).await).await?;
        self.begin_session(session).await
    }

    /// The sessions of the account, the newest first.
    pub async fn account_sessions(&self) -> Result<Vec<SessionView>, Error> {
        self.require_session().await?;
        self.noted(self.client.sessions().await).await
    }

    /// Ends a session, or every one but this computer's.
    pub async fn account_end_sessions(&self, args: SessionArgs) -> Result<Vec<SessionView>, Error> {
        let malformed = |text: &str| scrip_domain::Error::IdMalformed {
            text: text.chars().take(64).collect(),
        };
        let session = args.session.as_deref();
        let session = session.map(|text| Uuid::try_parse(text).map_err(|_| malformed(text)));
        let session = session.transpose()?;
        self.require_session().await?;
        self.noted(self.client.end_sessions(session).await).await?;
        self.account_sessions().await
    }

    /// Begins to set up an authenticator app.
    pub async fn account_factor_begin(&self, args: ProofArgs) -> Result<SecondFactorSetup, Error> {
        self.require_session().await?;
        let request = PasswordProof {
            password: args.password,
        };
        self.noted(self.client.begin_second_factor(&request).await).await
    }

    /// Confirms it by what it shows; answers the spare codes, once.
    pub async fn account_factor_confirm(&self, args: FactorArgs) -> Result<SpareCodes, Error> {
        self.require_session().await?;
        let request = SecondFactorCode { code: args.code };
        self.noted(self.client.confirm_second_factor(&request).await).await
    }

    /// Takes it off.
    pub async fn account_factor_remove(&self, args: ProofArgs) -> Result<(), Error> {
        self.require_session().await?;
        let request = PasswordProof {
            password: args.password,
        };
        self.noted(self.client.remove_second_factor(&request).await).await
    }

    /// Everything that the vendor keeps of the person.
    pub async fn account_export(&self) -> Result<PersonalExport, Error> {
        self.require_session().await?;
        let bytes = self.noted(self.client.export().await).await?;
        Ok(PersonalExport {
            json: String::from_utf8_lossy(&bytes).into_owned(),
        })
    }

    /// What erasing the person would mean now.
    pub async fn account_erasure(&self) -> Result<ErasurePreview, Error> {
        self.require_session().await?;
        self.noted(self.client.erasure_preview().await).await
    }

    /// Erases the person at the vendor and signs out. Authorization codes stay on this computer.
    pub async fn account_erase(&self, args: EraseArgs) -> Result<SessionState, Error> {
        self.require_session().await?;
        let request = EraseRequest {
            password: args.password,
            code: args.code,
            forfeit: args.forfeit,
        };
        self.noted(self.client.erase(&request).await).await?;
        self.forget_session().await?;
        self.forget_person()?;
        self.tell(Event::LibraryChanged);
        self.session_state().await
    }
}

fn by_code(args: NewPasswordArgs) -> Result<PasswordByCode, Error> {
    args.password.check()?;
    Ok(PasswordByCode {
        code: args.code,
        password: args.password,
    })
}
