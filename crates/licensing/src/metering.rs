//! Which metering key counts for a device, so that counting needs no keyring.

use scrip_domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::claims::numeric_date;
use crate::statement::{self, Sealed, Statement, StatementKind};
use crate::{DeviceKey, Error, Jwk, MachineDigest, Thumbprint, VerifyingKey};

/// A metering certificate (`scrip-metering+jwt`), signed by the device key, which it carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeteringCertificate {
    /// The thumbprint of the device key.
    pub iss: Thumbprint,
    /// When it was signed.
    #[serde(with = "numeric_date")]
    pub iat: Timestamp,
    /// The device's public key.
    pub device: Jwk,
    /// The metering key's public half: what it signs counts for this device.
    pub jwk: Jwk,
    /// The computer.
    pub machine: MachineDigest,
}

impl MeteringCertificate {
    /// What a device says of the metering key `key`.
    pub fn new(device: &DeviceKey, key: &VerifyingKey, machine: MachineDigest, now: Timestamp) -> Self {
        Self {
            iss: device.thumbprint(),
            iat: now,
            device: device.jwk(),
            jwk: key.jwk(),
            machine,
        }
    }

    /// Reads a certificate of the device whose key has the thumbprint `device`, which a code carries as `cnf.jkt`.
    pub fn open(text: &str, device: Thumbprint) -> Result<Self, Error> {
        let sealed = Sealed::parse(StatementKind::Metering, text)?;
        let certificate: Self = sealed.read()?;
        sealed.check(&device_key(&certificate.device)?)?;
        if certificate.iss != device {
            return Err(Error::StatementDevice {
                kind: StatementKind::Metering,
            });
        }
        Ok(certificate)
    }

    /// The metering key.
    pub fn key(&self) -> Result<VerifyingKey, Error> {
        device_key(&self.jwk)
    }
}

/// The Ed25519 key of a device's statement.
pub(crate) fn device_key(jwk: &Jwk) -> Result<VerifyingKey, Error> {
    jwk.verifying_key()?.ok_or(Error::DeviceKeyInvalid {
        why: "it is not an Ed25519 key",
    })
}

impl Statement for MeteringCertificate {
    const KIND: StatementKind = StatementKind::Metering;

    fn contradiction(&self) -> Option<&'static str> {
        let (Ok(device), Ok(key)) = (device_key(&self.device), device_key(&self.jwk)) else {
            return Some("one of its keys is not an Ed25519 key");
        };
        if device.thumbprint() != self.iss {
            return Some("its issuer is not the thumbprint of its device key");
        }
        (device == key).then_some("the metering key is the device key itself")
    }
}

impl DeviceKey {
    /// Signs a metering certificate of this device.
    pub fn sign_metering(&self, certificate: &MeteringCertificate) -> Result<String, Error> {
        self.require_own(StatementKind::Metering, certificate.iss)?;
        statement::sign(self.pair(), self.thumbprint(), certificate)
    }
}
