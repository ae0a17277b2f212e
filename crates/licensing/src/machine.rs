//! Which computer a code is for, without telling anybody the computer's id.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Error;
use crate::digest::digest_type;

/// What the machine id is mixed with: 16 bytes, so that they are a systemd application id too.
const APPLICATION: &[u8; 16] = b"scrip.machine.v1";

digest_type! {
    /// A computer as Scrip alone knows it: HMAC-SHA-256 over `scrip.machine.v1`, keyed by the id that the
    /// operating system gave the computer.
    ///
    /// This is the construction of `sd_id128_get_machine_app_specific(3)`: the first 16 bytes, with the marks of
    /// a version-4 UUID, are what `systemd-id128 machine-id --app-specific=73637269702e6d616368696e652e7631`
    /// prints. Test vector: the id `0123456789abcdef0123456789abcdef` gives
    /// `yFEaqM8YLxWzLi5cSeXZpgageO-L8EOf0Vt8T__a_bA`.
    MachineDigest,
}

impl MachineDigest {
    /// The digest of the computer whose id is `os_id`: 32 hexadecimal digits, with or without the dashes and
    /// braces of a UUID (`/etc/machine-id`, `MachineGuid`, `IOPlatformUUID`).
    pub fn of(os_id: &str) -> Result<Self, Error> {
        let id = parse(os_id).ok_or(Error::MachineIdInvalid)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&id).map_err(|_| Error::MachineIdInvalid)?;
        mac.update(APPLICATION);
        Ok(Self(mac.finalize().into_bytes().into()))
    }
}

fn parse(os_id: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut digits = 0;
    for c in os_id.trim().chars().filter(|c| !matches!(c, '-' | '{' | '}')) {
        let digit = u8::try_from(c.to_digit(16)?).ok()?;
        let byte: &mut u8 = bytes.get_mut(digits / 2)?;
        *byte = (*byte << 4) | digit;
        digits += 1;
    }
    // An id of zeros is what broken firmware and unprepared images report: it would tie every such computer to one code.
    (digits == 32 && bytes != [0; 16]).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_vector_holds_in_every_spelling() {
        for id in [
            "0123456789abcdef0123456789abcdef\n",
            "01234567-89AB-CDEF-0123-456789ABCDEF",
            "{01234567-89ab-cdef-0123-456789abcdef}",
        ] {
            let digest = MachineDigest::of(id).unwrap();
            assert_eq!(
                digest.to_string(),
                "yFEaqM8YLxWzLi5cSeXZpgageO-L8EOf0Vt8T__a_bA",
                "{id}"
            );
        }
    }

    #[test]
    fn what_is_no_machine_id_is_refused() {
        for bad in [
            "",
            "uninitialized",
            "0123",
            &"0".repeat(32),
            &"a".repeat(33),
            &"é".repeat(16),
        ] {
            assert!(MachineDigest::of(bad).is_err(), "{bad}");
        }
    }
}
