//! What was verified already, and from which files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use scrip_domain::ProductId;
use scrip_licensing::clock::{Evidence, Floor, Guard, TimeSource};
use scrip_licensing::journal::{Anchor, Identity, Journal, MeteringKey};
use scrip_licensing::{
    Claims, Error, Grant, KeySetStatement, MachineDigest, MeteringCertificate, RevocationList, StatementKind, Verifier,
    armor,
};

use crate::files::Seen;
use crate::license::License;
use crate::{Refusal, Warning};

/// The most folders of servers that are looked into.
const FOLDERS_MAX: usize = 64;
/// The largest file of a metering key that is read, in bytes. One that is written has 65.
const KEY_BYTES_MAX: usize = 256;

/// What a program asks for, and where it runs.
pub(crate) struct Question {
    pub(crate) issuer: String,
    pub(crate) product: ProductId,
    pub(crate) servers: PathBuf,
    pub(crate) machine: MachineDigest,
    pub(crate) time: Arc<dyn TimeSource>,
    pub(crate) anchor: Arc<dyn Anchor>,
}

/// Verified licenses for the product, the best first, and why the others are none.
pub(crate) struct Found {
    pub(crate) licenses: Vec<License>,
    pub(crate) refusal: Refusal,
    seen: Seen,
}

/// What outlives a change of files: open journals and the guards of the clock.
#[derive(Default)]
pub(crate) struct Cache {
    found: Option<Arc<Found>>,
    journals: HashMap<PathBuf, (Identity, Arc<Journal>)>,
    guards: HashMap<PathBuf, Arc<Guard>>,
}

/// One server's folder, read and verified.
struct Folder<'f> {
    path: &'f Path,
    verifier: Verifier,
    revocations: Option<RevocationList>,
    floors: Vec<Floor>,
    warnings: Vec<Warning>,
}

impl Cache {
    /// The licenses for the product, verified now or since their files changed last.
    pub(crate) fn find(&mut self, question: &Question) -> Arc<Found> {
        if let Some(found) = self.found.as_ref().filter(|found| found.seen.is_current()) {
            return found.clone();
        }
        let found = Arc::new(self.look(question));
        // Why there is nothing may pass without a file that changes: a disk that answers again, for example.
        self.found = Some(found.clone()).filter(|found| !found.licenses.is_empty());
        found
    }

    fn look(&mut self, question: &Question) -> Found {
        let mut seen = Seen::default();
        let product = question.product.clone();
        let mut refusals = Vec::new();
        let mut licenses = Vec::new();
        seen.note(&question.servers);
        for path in folders(&question.servers) {
            match self.look_into(&path, question, &mut seen, &mut refusals) {
                Ok(more) => licenses.extend(more),
                Err(refusal) => refusals.push(refusal),
            }
        }
        // What is owned before what is rented, and of each the newest.
        licenses.sort_by_key(|license: &License| {
            (
                license.claims.grant != Grant::Perpetual,
                std::cmp::Reverse(license.claims.iat),
            )
        });
        let refusal = refusals.into_iter().next().unwrap_or(Refusal::NoCode { product });
        Found {
            licenses,
            refusal,
            seen,
        }
    }

    fn look_into(
        &mut self,
        path: &Path,
        question: &Question,
        seen: &mut Seen,
        refusals: &mut Vec<Refusal>,
    ) -> Result<Vec<License>, Refusal> {
        let file = path.join("codes").join(format!("{}.scrip", question.product));
        let Some(text) = seen.read(&file, armor::MAX_FILE_BYTES)? else {
            return Ok(Vec::new());
        };
        let codes = armor::read(&text)?;
        let folder = Folder::open(path, question, seen)?;
        let mut best: Vec<Claims> = Vec::new();
        for code in &codes {
            match folder.verify(code, question) {
                Err(error) => refusals.push(error.into()),
                // Of the codes of one license the highest number counts.
                Ok(claims) => match best.iter_mut().find(|other| other.sub == claims.sub) {
                    Some(other) if other.seq >= claims.seq => {}
                    Some(other) => *other = claims,
                    None => best.push(claims),
                },
            }
        }
        let mut licenses = Vec::with_capacity(best.len());
        for claims in best {
            match self.license(&folder, claims, question, seen) {
                Ok(license) => licenses.push(license),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Ok(licenses)
    }

    fn license(
        &mut self,
        folder: &Folder<'_>,
        claims: Claims,
        question: &Question,
        seen: &mut Seen,
    ) -> Result<License, Refusal> {
        let journal = match self.journal(folder, &claims, question, seen) {
            Ok(journal) => journal,
            Err(refusal) if claims.grant.is_counted() => return Err(refusal),
            // A license that counts nothing does not stand or fall with it.
            Err(_) => None,
        };
        let mut floors = folder.floors.clone();
        floors.push(Floor::new(claims.iat, Evidence::Code));
        let guard = self
            .guards
            .entry(folder.path.to_owned())
            .or_insert_with(|| Arc::new(Guard::new(folder.path.join("clock.json"), question.time.clone())));
        Ok(License {
            claims,
            journal,
            floors,
            guard: guard.clone(),
            time: question.time.clone(),
            warnings: folder.warnings.clone(),
        })
    }

    fn journal(
        &mut self,
        folder: &Folder<'_>,
        claims: &Claims,
        question: &Question,
        seen: &mut Seen,
    ) -> Result<Option<Arc<Journal>>, Refusal> {
        let path = folder.path.join("metering.key");
        let missing = |path: PathBuf| Refusal::MeteringMissing {
            product: claims.aud.clone(),
            path,
        };
        let text = seen.read(&path, KEY_BYTES_MAX)?.ok_or_else(|| missing(path))?;
        let key = MeteringKey::from_hex(&text)?;
        let path = folder.path.join("metering.jws");
        let text = seen
            .read(&path, StatementKind::Metering.max_bytes())?
            .ok_or_else(|| missing(path))?;
        let certificate = MeteringCertificate::open(text.trim(), claims.cnf.jkt)?;
        if certificate.machine != question.machine || certificate.key()?.thumbprint() != key.thumbprint() {
            return Err(Error::StatementDevice {
                kind: StatementKind::Metering,
            }
            .into());
        }
        let identity = Identity::new(claims.sub, key.thumbprint(), question.machine);
        let path = folder.path.join("journal").join(format!("{}.journal", claims.sub));
        if let Some((_, journal)) = self.journals.get(&path).filter(|(known, _)| *known == identity) {
            return Ok(Some(journal.clone()));
        }
        let journal = Arc::new(Journal::new(&path, identity, Arc::new(key), question.anchor.clone()));
        self.journals.insert(path, (identity, journal.clone()));
        Ok(Some(journal))
    }
}

impl<'f> Folder<'f> {
    fn open(path: &'f Path, question: &Question, seen: &mut Seen) -> Result<Self, Refusal> {
        let issuer = &question.issuer;
        let file = path.join("keys.jws");
        let text = seen
            .read(&file, StatementKind::KeySet.max_bytes())?
            .ok_or(Refusal::KeysMissing { path: file })?;
        let set = KeySetStatement::open(text.trim(), issuer)?;
        let keys = set.key_set()?;
        let mut floors = vec![Floor::new(set.iat, Evidence::KeySet)];
        let mut warnings = Vec::new();
        let file = path.join("revocations.jws");
        let list = seen
            .read(&file, StatementKind::Revocations.max_bytes())
            .and_then(|text| {
                Ok(text
                    .map(|text| RevocationList::open(text.trim(), issuer, &keys))
                    .transpose()?)
            });
        let revocations = match list {
            Ok(list) => list,
            Err(refusal) => {
                let why = refusal.to_string();
                warnings.push(Warning::Revocations { why });
                None
            }
        };
        floors.extend(
            revocations
                .as_ref()
                .map(|list| Floor::new(list.iat, Evidence::Revocations)),
        );
        Ok(Self {
            path,
            verifier: Verifier::new(issuer.clone(), keys),
            revocations,
            floors,
            warnings,
        })
    }

    /// Everything but the dates, which the clock guard decides.
    fn verify(&self, code: &str, question: &Question) -> Result<Claims, Error> {
        let claims = self.verifier.inspect(code)?;
        let product = claims.aud.clone();
        if product != question.product {
            let expected = question.product.clone();
            return Err(Error::OtherProduct { product, expected });
        }
        if claims.machine != question.machine {
            let what = "computer";
            return Err(Error::OtherDevice { product, what });
        }
        let list = self.revocations.as_ref();
        match list.and_then(|list| list.refuses(claims.sub, claims.cnf.jkt, claims.seq)) {
            None => Ok(claims),
            Some(revocation) => Err(Error::Revoked {
                product,
                at: revocation.at,
                reason: revocation.reason.clone(),
            }),
        }
    }
}

/// The folders of servers, in the order of their names.
fn folders(servers: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(servers).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.truncate(FOLDERS_MAX);
    folders
}
