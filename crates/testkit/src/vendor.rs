//! A vendor who issues codes, and this computer's files as the app keeps them, for programs that ask for their license.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use scrip_domain::{LicenseId, ProductId, Timestamp, Tokens};
use scrip_licensing::journal::{Identity, MeteringKey, system_anchor};
use scrip_licensing::{
    Claims, Confirmation, DeviceKey, Equity, Error, Grant, MachineDigest, MeteringCertificate, PublishedKey, RootKey,
    SigningKey, TermsDigest, Used, armor,
};

/// A vendor with keys of its own, and the device key of one customer's computer.
pub struct Vendor {
    root: RootKey,
    signing: SigningKey,
    device: DeviceKey,
    metering: MeteringKey,
    stored: Mutex<Vec<Identity>>,
}

impl Vendor {
    /// With new keys.
    pub fn new() -> Result<Self, Error> {
        Ok(Self {
            root: RootKey::generate()?,
            signing: SigningKey::generate()?,
            device: DeviceKey::generate()?,
            metering: MeteringKey::generate()?,
            stored: Mutex::default(),
        })
    }

    /// The vendor's address, which pins its root key.
    pub fn issuer(&self) -> String {
        self.root.issuer()
    }

    /// What the first code of a new license says, issued at `now`: 45 of 150 tokens are paid.
    pub fn claims(&self, product: &ProductId, machine: MachineDigest, grant: Grant, now: Timestamp) -> Claims {
        Claims {
            iss: self.issuer(),
            sub: LicenseId(uuid::Uuid::new_v4()),
            aud: product.clone(),
            jti: uuid::Uuid::new_v4().to_string(),
            iat: now,
            nbf: now,
            exp: None,
            cnf: Confirmation {
                jkt: self.device.thumbprint(),
            },
            machine,
            seq: 1,
            grant,
            used: Used::default(),
            grace: 0,
            lease: false,
            equity: Equity {
                credited: Tokens::new(45).unwrap_or(Tokens::ZERO),
                price: Tokens::new(150).ok(),
            },
            terms: TermsDigest([0; 32]),
        }
    }

    /// Stores the code and what belongs beside it below `home`, which a program calls `SCRIP_HOME`.
    pub fn store(&self, home: &Path, claims: &Claims) -> io::Result<()> {
        self.stored
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Identity::new(claims.sub, self.metering.thumbprint(), claims.machine));
        let server = home.join("data/servers/store.example-0123456789");
        let code = self.signing.issue(claims).map_err(io::Error::other)?;
        let keys = vec![PublishedKey::current(self.signing.verifying_key())];
        let keys = self.root.sign_keys(1, keys, claims.iat).map_err(io::Error::other)?;
        let counts = self.metering.verifying_key();
        let certificate = MeteringCertificate::new(&self.device, counts, claims.machine, claims.iat);
        let certificate = self.device.sign_metering(&certificate).map_err(io::Error::other)?;
        fs::create_dir_all(server.join("codes"))?;
        let file = format!("codes/{}.scrip", claims.aud);
        fs::write(server.join(file), armor::write([code.as_str()]))?;
        fs::write(server.join("keys.jws"), keys)?;
        fs::write(server.join("metering.key"), self.metering.to_hex().as_bytes())?;
        fs::write(server.join("metering.jws"), certificate)
    }
}

/// What programs remembered of these journals in the kernel's keyring goes with the vendor.
impl Drop for Vendor {
    fn drop(&mut self) {
        let stored = self.stored.get_mut().unwrap_or_else(PoisonError::into_inner);
        for journal in stored.drain(..) {
            system_anchor().forget(&journal);
        }
    }
}
