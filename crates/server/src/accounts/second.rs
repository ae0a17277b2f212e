//! The second factor: an authenticator app, and codes that stand in for it.

use scrip_domain::{Email, SecretCode};
use scrip_store::User;

use super::{hash_code, new_code};
use crate::totp::Secret;
use crate::{Error, Server};

/// Codes that stand in for an authenticator that was lost.
const SPARES: usize = 10;

/// An authenticator that is being set up.
pub(crate) struct Enrollment {
    /// As it is typed into an app.
    pub(crate) secret: String,
    /// As an app reads it from a QR picture.
    pub(crate) uri: String,
}

/// Refuses where the account has an authenticator and the code is not its.
pub(crate) async fn check(server: &Server, user: &User, code: Option<&str>) -> Result<(), Error> {
    let store = &server.0.store;
    let Some(factor) = store.second_factor(user.id).await?.filter(|factor| factor.confirmed) else {
        return Ok(());
    };
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        return Err(Error::SecondFactorMissing);
    };
    let secret = Secret::from_bytes(factor.secret);
    let right = match secret.check(code, server.0.clock.now(), factor.last_step) {
        Some(step) => store.use_step(user.id, step).await?,
        None => match code.parse::<SecretCode>() {
            Ok(spare) => store.use_spare(user.id, hash_code(&spare)).await?,
            Err(_) => false,
        },
    };
    if right { Ok(()) } else { Err(Error::SecondFactorWrong) }
}

/// Begins to set up an authenticator; it counts once its first code is confirmed.
pub(crate) async fn begin(server: &Server, user: &User) -> Result<Enrollment, Error> {
    let secret = Secret::new()?;
    server.0.store.put_second_factor(user.id, secret.bytes()).await?;
    Ok(shown(server, &secret, &user.email))
}

/// The authenticator that is being set up, where one is.
pub(crate) async fn begun(server: &Server, user: &User) -> Result<Option<Enrollment>, Error> {
    let factor = server.0.store.second_factor(user.id).await?;
    let open = factor.filter(|factor| !factor.confirmed);
    Ok(open.map(|factor| shown(server, &Secret::from_bytes(factor.secret), &user.email)))
}

fn shown(server: &Server, secret: &Secret, email: &Email) -> Enrollment {
    Enrollment {
        secret: secret.text(),
        uri: secret.uri(email.as_str(), &server.0.config.settings.name),
    }
}

/// Confirms the authenticator by its first code; the codes that stand in for it, shown once.
pub(crate) async fn confirm(server: &Server, user: &User, code: &str) -> Result<Vec<String>, Error> {
    let store = &server.0.store;
    let factor = store.second_factor(user.id).await?;
    let Some(factor) = factor.filter(|factor| !factor.confirmed) else {
        return Err(Error::SecondFactorState {
            why: "no authenticator is being set up",
        });
    };
    let secret = Secret::from_bytes(factor.secret);
    let step = secret
        .check(code, server.0.clock.now(), factor.last_step)
        .ok_or(Error::SecondFactorWrong)?;
    let mut spares = Vec::with_capacity(SPARES);
    for _ in 0..SPARES {
        spares.push(new_code()?);
    }
    let hashes: Vec<_> = spares.iter().map(hash_code).collect();
    store.confirm_second_factor(user.id, &user.email, step, &hashes).await?;
    tell(server, user, "An authenticator app is now asked for when you sign in.").await?;
    Ok(spares.iter().map(SecretCode::shown).collect())
}

/// Takes the authenticator off.
pub(crate) async fn remove(server: &Server, user: &User) -> Result<(), Error> {
    if server.0.store.remove_second_factor(user.id).await? {
        tell(
            server,
            user,
            "Your authenticator app is no longer asked for when you sign in.",
        )
        .await?;
    }
    Ok(())
}

async fn tell(server: &Server, user: &User, text: &str) -> Result<(), Error> {
    super::letters::tell(server, user.id, "security.second_factor", text).await
}
