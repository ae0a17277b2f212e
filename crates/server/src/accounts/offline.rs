//! Accounts that an operator opens for people who are not there, and codes that help them back in.

use scrip_domain::{Email, PersonalDetails, SecretCode, Tokens};
use scrip_store::{Act, CodePurpose, NewCode, NewUser, OfflineAccount, User};

use super::{hash_code, new_code};
use crate::{Error, Server};

/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// A code for a person who cannot sign in.
pub struct NewClaim<'c> {
    /// Whose account it is.
    pub user: &'c User,
    /// Whether the authenticator and the passkeys are taken off.
    pub without_factors: bool,
    /// The operator.
    pub actor: &'c str,
    /// Why.
    pub why: &'c str,
}

/// Opens an account that its person claims by the code that this answers.
pub async fn open(
    server: &Server,
    email: Email,
    details: &PersonalDetails,
    actor: &str,
    why: &str,
) -> Result<(User, SecretCode), Error> {
    let details = details.checked()?;
    let days = i64::from(server.account_policy().await?.claim_days);
    let code = new_code()?;
    let account = NewUser {
        email,
        password_hash: String::new(),
        // The operator knows whom the account is for.
        grant: server.0.config.settings.registration_tokens,
        grant_later: Tokens::ZERO,
    };
    let new = OfflineAccount {
        account: &account,
        details: &details,
        code: hash_code(&code),
        expires_at: server.0.clock.now().plus_seconds(days * DAY_SECONDS),
        actor,
        why,
    };
    let user = server.0.store.open_offline(&new).await?;
    tracing::info!(user = %user.id, "an account was opened off-line");
    Ok((user, code))
}

/// A new code with which the person sets a password; the one before serves no more.
pub async fn reissue(server: &Server, claim: &NewClaim<'_>) -> Result<SecretCode, Error> {
    let days = i64::from(server.account_policy().await?.claim_days);
    let code = new_code()?;
    let kept = NewCode {
        hash: hash_code(&code),
        user: claim.user.id,
        purpose: CodePurpose::Claim,
        email: &claim.user.email,
        expires_at: server.0.clock.now().plus_seconds(days * DAY_SECONDS),
    };
    let act = Act {
        actor: claim.actor,
        action: "user.code_given",
        subject: &claim.user.id.to_string(),
        why: claim.why,
    };
    server.0.store.reissue_claim(&kept, claim.without_factors, &act).await?;
    Ok(code)
}
