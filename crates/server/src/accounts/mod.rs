//! Accounts: signing in, proving an address, recovering, second factors. What the API and the pages both ask for.

pub(crate) mod letters;
pub(crate) mod offline;
pub(crate) mod passkeys;
pub(crate) mod second;
pub(crate) mod sign_in;

use scrip_domain::{AccountPolicy, Deed, Email, SecretCode, Tokens, UserId};
use scrip_store::{TokenHash, User};

use crate::caller::hash_token;
use crate::{Error, Server};

/// A new code that serves once.
pub(crate) fn new_code() -> Result<SecretCode, Error> {
    let mut bytes = [0; SecretCode::BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal {
        operation: "gather randomness",
    })?;
    Ok(SecretCode::from_random(bytes))
}

/// What the store keeps of a code.
pub(crate) fn hash_code(code: &SecretCode) -> TokenHash {
    hash_token(code.reveal())
}

/// What a session is shown as: visible characters, 80 at most.
pub(crate) fn label(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
    visible.trim().to_owned()
}

impl Server {
    /// What the vendor demands of accounts.
    pub(crate) async fn account_policy(&self) -> Result<AccountPolicy, Error> {
        Ok(self.0.store.setting::<AccountPolicy>().await?)
    }

    /// What this account may not do until its address is verified. Where no mail is sent nobody can verify one, so that
    /// everything is allowed.
    pub(crate) async fn barred(&self, user: &User) -> Result<Vec<Deed>, Error> {
        if user.verified_at.is_some() || !self.mails() {
            return Ok(Vec::new());
        }
        Ok(self.account_policy().await?.barred())
    }

    /// Refuses what the account may not do before its address is verified.
    pub(crate) async fn require_verified(&self, user: &User, deed: Deed) -> Result<(), Error> {
        if self.barred(user).await?.contains(&deed) {
            return Err(Error::Unverified { deed });
        }
        Ok(())
    }

    /// The same for whoever is signed in.
    pub(crate) async fn require_verified_id(&self, user: UserId, deed: Deed) -> Result<(), Error> {
        if !self.mails() {
            return Ok(());
        }
        let user = self.0.store.user_by_id(user).await?;
        self.require_verified(&user.ok_or(Error::SessionExpired)?, deed).await
    }

    /// Refuses to send to an address whose account may not be sent anything before it is verified. An address without an
    /// account is for the store to refuse.
    pub(crate) async fn require_recipient(&self, to: &Email) -> Result<(), Error> {
        if !self.mails() {
            return Ok(());
        }
        match self.0.store.user_by_email(to).await? {
            Some(recipient) if self.barred(&recipient).await?.contains(&Deed::Receive) => {
                Err(Error::RecipientUnverified)
            }
            _ => Ok(()),
        }
    }

    /// The tokens that a registration grants: at once, and once the address is verified.
    pub(crate) async fn registration_grant(&self) -> Result<(Tokens, Tokens), Error> {
        let grant = self.0.config.settings.registration_tokens;
        if !self.mails() || self.account_policy().await?.unverified_gets_grant {
            return Ok((grant, Tokens::ZERO));
        }
        Ok((Tokens::ZERO, grant))
    }
}

/// Forgets what serves no more, for the job; what it did, in words.
pub(crate) async fn run_job(server: &Server) -> Result<String, Error> {
    let gone = server.0.store.sweep_accounts().await?;
    Ok(if gone == 0 {
        String::new()
    } else {
        format!("forgot {gone} ended sessions, codes and counts")
    })
}
