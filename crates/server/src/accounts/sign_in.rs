//! Signing in with a password, and perhaps a second factor; how often may be tried.
//!
//! Wrong tries lock out strangers, never a client that signed in before: it keeps a token that proves so and has a
//! count of its own. A person on a new computer whom strangers locked out recovers the account by mail, which
//! forgets the count.

use std::net::IpAddr;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use scrip_api::{Account, Session};
use scrip_domain::{Email, Password, Timestamp, UserId};
use scrip_store::{NewMail, NewSession, TokenHash, User};

use crate::caller::{hash_token, network_of, new_token};
use crate::{Error, Server};

use super::second;

/// All strangers together.
const STRANGERS: &str = "*";

/// A try to sign in.
pub(crate) struct Attempt<'a> {
    pub(crate) email: &'a Email,
    pub(crate) password: Password,
    /// A code of the authenticator, or one that stands in for it.
    pub(crate) code: Option<&'a str>,
    /// From which network address.
    pub(crate) address: IpAddr,
    /// The token of a client that signed in before.
    pub(crate) known: Option<&'a str>,
}

/// Who signed in.
pub(crate) struct Admitted {
    pub(crate) user: User,
    /// Whether the client was known.
    pub(crate) known: Option<TokenHash>,
}

/// The account with this address, if the password and the second factor are its own. Tries are limited.
pub(crate) async fn check(server: &Server, attempt: Attempt<'_>) -> Result<Admitted, Error> {
    server.0.limits.count_address(attempt.address)?;
    let store = &server.0.store;
    let user = store.user_by_email(attempt.email).await?;
    let known = match (&user, attempt.known) {
        (Some(user), Some(token)) if token.len() <= 64 => {
            let client = hash_token(token);
            store.knows_client(user.id, client).await?.then_some(client)
        }
        _ => None,
    };
    let origins = Origins::of(known, attempt.address);
    origins.count(server, attempt.email).await?;
    let hash = user.as_ref().and_then(User::password);
    let matches = server.0.passwords.verify(attempt.password, hash).await?;
    let user = user.filter(|_| matches).ok_or(Error::CredentialsWrong)?;
    match second::check(server, &user, attempt.code).await {
        Err(Error::SecondFactorMissing) => {
            // The password was right: that was no guess.
            origins.uncount(server, attempt.email).await?;
            Err(Error::SecondFactorMissing)
        }
        Err(other) => Err(other),
        Ok(()) => {
            origins.uncount(server, attempt.email).await?;
            Ok(Admitted { user, known })
        }
    }
}

/// Refuses where the password is not the account's. For what a person does who is signed in already.
pub(crate) async fn check_again(
    server: &Server,
    user: &User,
    password: Password,
    address: IpAddr,
) -> Result<(), Error> {
    server.0.limits.count_address(address)?;
    let origin = format!("account:{}", user.id);
    let origins = Origins(vec![origin]);
    origins.count(server, &user.email).await?;
    if !server.0.passwords.verify(password, user.password()).await? {
        return Err(Error::PasswordWrong);
    }
    origins.uncount(server, &user.email).await
}

/// Whose counts a try goes to: the client's own, or its network's and all strangers'.
struct Origins(Vec<String>);

impl Origins {
    fn of(known: Option<TokenHash>, address: IpAddr) -> Self {
        match known {
            Some(client) => Self(vec![format!("client:{}", Base64UrlUnpadded::encode_string(&client.0))]),
            None => Self(vec![format!("net:{}", network_of(address)), STRANGERS.to_owned()]),
        }
    }

    /// Counts a try before it is judged, so that many at once are not more than are allowed.
    async fn count(&self, server: &Server, email: &Email) -> Result<(), Error> {
        let rules = server.account_policy().await?.lockout;
        let names: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let counted = server.0.store.count_try(email, &names, rules.window_seconds).await?;
        let now = server.0.clock.now();
        for (name, tries) in names.iter().zip(counted) {
            let max = match *name {
                STRANGERS => rules.strangers,
                name if name.starts_with("net:") => rules.network,
                _ => rules.known,
            };
            if let Some(until) = tries.locked_until(max.saturating_add(1), now, rules.window_seconds) {
                return Err(Error::Locked {
                    seconds: u64::try_from(until.seconds_since(now)).unwrap_or(0) + 1,
                });
            }
        }
        Ok(())
    }

    /// Takes the count of a try back that was right.
    async fn uncount(&self, server: &Server, email: &Email) -> Result<(), Error> {
        let store = &server.0.store;
        for name in &self.0 {
            store.uncount_try(email, name, name != STRANGERS).await?;
        }
        Ok(())
    }
}

/// A session that was opened for a client.
pub(crate) struct Opened {
    /// The token of the session.
    pub(crate) token: String,
    /// When it ends by itself.
    pub(crate) expires_at: Timestamp,
    /// The token by which the client is known from now on, where it was not before.
    pub(crate) known: Option<String>,
}

/// Opens a session that is shown as `label`, and remembers the client.
pub(crate) async fn open(server: &Server, user: &User, known: Option<TokenHash>, label: &str) -> Result<Opened, Error> {
    let label = super::label(label);
    let (token, expires_at) = open_bare(server, user.id, &label).await?;
    let store = &server.0.store;
    if let Some(client) = known {
        store.put_client(user.id, client).await?;
        return Ok(Opened {
            token,
            expires_at,
            known: None,
        });
    }
    let (secret, client) = new_token()?;
    let first = store.put_client(user.id, client).await?;
    if !first && user.verified_at.is_some() && server.mails() {
        tell_of_stranger(server, user, &label).await?;
    }
    Ok(Opened {
        token,
        expires_at,
        known: Some(secret),
    })
}

/// Opens a session alone.
pub(crate) async fn open_bare(server: &Server, user: UserId, label: &str) -> Result<(String, Timestamp), Error> {
    let (token, hash) = new_token()?;
    let seconds = i64::from(server.0.config.settings.session_days) * 86_400;
    let expires_at = server.0.clock.now().plus_seconds(seconds);
    let session = NewSession {
        user,
        token: hash,
        label,
        expires_at,
    };
    server.0.store.open_labelled_session(&session).await?;
    Ok((token, expires_at))
}

/// Mails the person that somebody signed in on a client that was not known.
async fn tell_of_stranger(server: &Server, user: &User, label: &str) -> Result<(), Error> {
    let name = &server.0.config.settings.name;
    let on = if label.is_empty() {
        "an app or browser".to_owned()
    } else {
        format!("\"{label}\"")
    };
    let text = format!(
        "Somebody signed in to your account on {on}, which had not signed in before.\n\n\
         Was that you? Then all is well. If not, end that session and change your password:\n\n{}/account/security",
        server.public_url()
    );
    let mail = NewMail {
        user: user.id,
        recipient: &user.email,
        kind: "security.sign_in",
        subject: &format!("{name}: a new sign-in to your account"),
        text: &text,
    };
    Ok(server.0.store.put_mail(&mail).await?)
}

/// What an app gets that signed in.
pub(crate) fn session_of(opened: Opened, user: &User) -> Session {
    Session {
        token: opened.token,
        expires_at: opened.expires_at,
        account: account_of(user),
        known: opened.known,
    }
}

pub(crate) fn account_of(user: &User) -> Account {
    Account {
        id: user.id,
        email: user.email.clone(),
        created_at: user.created_at,
        balance: user.balance,
    }
}
