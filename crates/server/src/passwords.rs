//! Password hashing with argon2id (RFC 9106), off the async threads and a few at a time.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use scrip_domain::Password;
use tokio::sync::Semaphore;

use crate::Error;

/// Hashes that run at once; each takes 19 MiB and a processor (OWASP's parameters, the crate's default).
const CONCURRENT_MAX: usize = 2;

pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
    /// A hash that no password matches, so that an unknown address takes as long as a wrong password.
    decoy: String,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut noise = [0; 32];
        getrandom::fill(&mut noise).map_err(|_| Error::Internal {
            operation: "gather randomness",
        })?;
        let decoy = hash_now(&noise)?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(CONCURRENT_MAX)),
            decoy,
        })
    }

    /// The hash of a new password, in PHC string format.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Error> {
        self.run(move || hash_now(password.reveal().as_bytes())).await?
    }

    /// Whether `password` is the one of `hash`; takes as long where there is no hash.
    pub(crate) async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Error> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let matches = self
            .run(move || {
                let hash = PasswordHash::new(&hash).map_err(|_| Error::Internal {
                    operation: "read a password hash",
                })?;
                Ok::<_, Error>(
                    Argon2::default()
                        .verify_password(password.reveal().as_bytes(), &hash)
                        .is_ok(),
                )
            })
            .await??;
        Ok(known && matches)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let failed = || Error::Internal {
            operation: "hash a password",
        };
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| failed())?;
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(|_| failed())
    }
}

fn hash_now(password: &[u8]) -> Result<String, Error> {
    let hash = Argon2::default().hash_password(password);
    hash.map(|hash| hash.to_string()).map_err(|_| Error::Internal {
        operation: "hash a password",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash(Password::new("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(
            passwords
                .verify(Password::new("correct horse"), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(Password::new("wrong horse"), Some(hash))
                .await
                .unwrap()
        );
        assert!(!passwords.verify(Password::new("correct horse"), None).await.unwrap());
    }
}
