//! The Linux kernel's keyring as an anchor (keyrings(7), user-keyring(7)).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use linux_keyutils::{Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};

use super::anchor::{Anchor, Head};
use super::record::Identity;

/// The keyring of the user id: one key for each journal, described as `scrip:journal LICENSE KEY`, where `KEY` is the
/// first 16 bytes of the metering key's thumbprint in hexadecimal.
///
/// Nothing here fails aloud: where the kernel has no keyrings, or a container forbids them, there is no anchor.
#[derive(Default)]
pub(super) struct UserKeyring {
    /// Keys that were found or made, so that a unit costs one call of the kernel.
    known: Mutex<HashMap<Identity, Key>>,
}

impl Anchor for UserKeyring {
    fn read(&self, journal: &Identity) -> Option<Head> {
        read(journal)
            .or_else(|error| match error {
                // The key is there, but nothing of this process possesses it (a session without pam_keyinit).
                KeyError::AccessDenied => possess().and_then(|()| read(journal)),
                error => Err(error),
            })
            .ok()
            .flatten()
    }

    fn write(&self, journal: &Identity, head: Head) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let payload = head.to_bytes();
        if known.get(journal).is_some_and(|key| key.update(&payload).is_ok()) {
            return;
        }
        known.remove(journal);
        if let Ok(key) = add(journal, &payload) {
            known.insert(*journal, key);
        }
    }

    fn forget(&self, journal: &Identity) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(journal);
        // What cannot be removed ends when the computer is switched off.
        find(journal).and_then(|key| key.invalidate()).ok();
    }
}

fn description(journal: &Identity) -> String {
    let mut text = format!("scrip:journal {} ", journal.license);
    for byte in journal.key {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

fn read(journal: &Identity) -> Result<Option<Head>, KeyError> {
    let key = match find(journal) {
        Err(KeyError::KeyDoesNotExist) => return Ok(None),
        found => found?,
    };
    let mut payload = [0; 40];
    let length = key.read(&mut payload)?;
    Ok((length == payload.len()).then(|| Head::from_bytes(&payload)).flatten())
}

fn find(journal: &Identity) -> Result<Key, KeyError> {
    let ring = KeyRing::from_special_id(KeyRingIdentifier::User, false)?;
    ring.search(&description(journal))
}

/// Adds the key, or replaces what the key of that description holds (`add_key(2)`).
fn add(journal: &Identity, payload: &[u8; 40]) -> Result<Key, KeyError> {
    let ring = KeyRing::from_special_id(KeyRingIdentifier::User, true)?;
    let key = ring.add_key(&description(journal), payload)?;
    let mine = KeyPermissionsBuilder::builder()
        .posessor(Permission::ALL)
        .user(Permission::ALL)
        .build();
    // By itself only a possessor may read the key, which a process of the same user in another session is not.
    if key.set_perms(mine).is_err() {
        possess()?;
        key.set_perms(mine)?;
    }
    Ok(key)
}

/// Makes this process a possessor of the user's keyring.
fn possess() -> Result<(), KeyError> {
    KeyRing::from_special_id(KeyRingIdentifier::Process, true)?.link_keyring_id(KeyRingIdentifier::User)
}
