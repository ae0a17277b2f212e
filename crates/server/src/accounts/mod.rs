//! Accounts: signing in, proving an address, recovering, second factors. What the API and the pages both ask for.

pub(crate) mod letters;
pub(crate) mod offline;
pub(crate) mod passkeys;
pub(crate) mod second;
pub(crate) mod sign_in;

use scrip_domain::{AccountPolicy, Deed, SecretCode};
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

    /// Refuses what an account may not do before its address is verified. Where no mail is sent nobody can verify one.
    pub async fn require_verified(&self, user: &User, deed: Deed) -> Result<(), Error> {
        if user.verified_at.is_some() || !self.mails() || self.account_policy().await?.allows_unverified(deed) {
            return Ok(());
        }
        Err(Error::Unverified { deed })
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
