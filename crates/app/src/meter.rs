//! The metering journals of this computer: the key that vouches for them, what remembers their ends, and what was reported.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64ct::{Base64UrlUnpadded, Encoding};
use scrip_api::JournalUpload;
use scrip_domain::{ActivationId, LicenseId, Timestamp, Usage};
use scrip_licensing::journal::{Anchor, Entry, Head, Identity, Journal, MeteringKey, Part, Standing};
use scrip_licensing::{Claims, MeteringCertificate, StatementKind};
use serde::{Deserialize, Serialize};

use crate::state::StateLock;
use crate::vendor::read_text;
use crate::{App, Error, state};

/// The most records of one report: under 1 MiB as text.
const REPORT_RECORDS: usize = 4000;
/// The largest file of a metering key that is read, in bytes. One that is written has 65.
const KEY_BYTES_MAX: usize = 256;

/// The computer's own memory of journals, and what the keyring remembers for longer.
pub(crate) struct Anchors {
    system: Arc<dyn Anchor>,
    recalled: Mutex<HashMap<LicenseId, Head>>,
}

impl Anchors {
    pub(crate) fn new(system: Arc<dyn Anchor>) -> Self {
        Self {
            system,
            recalled: Mutex::default(),
        }
    }

    fn recall(&self, license: LicenseId, head: Head) {
        let mut recalled = self.recalled.lock().unwrap_or_else(PoisonError::into_inner);
        recalled.insert(license, head);
    }

    fn forget(&self, license: LicenseId) {
        let mut recalled = self.recalled.lock().unwrap_or_else(PoisonError::into_inner);
        recalled.remove(&license);
    }
}

impl Anchor for Anchors {
    fn read(&self, journal: &Identity) -> Option<Head> {
        let recalled = self.recalled.lock().unwrap_or_else(PoisonError::into_inner);
        let recalled = recalled.get(&journal.license).copied();
        self.system
            .read(journal)
            .into_iter()
            .chain(recalled)
            .max_by_key(|head| head.seq)
    }

    fn write(&self, journal: &Identity, head: Head) {
        self.system.write(journal, head);
    }
}

/// Remembers anew, whatever was remembered before.
struct Anew(Arc<Anchors>);

impl Anchor for Anew {
    fn read(&self, _: &Identity) -> Option<Head> {
        None
    }

    fn write(&self, journal: &Identity, head: Head) {
        self.0.forget(journal.license);
        self.0.write(journal, head);
    }
}

/// What the keyring remembers of a journal: its end, and what was counted by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    head: Head,
    usage: Usage,
}

impl Kept {
    fn write(&self) -> String {
        let head = Base64UrlUnpadded::encode_string(&self.head.to_bytes());
        format!("{head} {} {}", self.usage.uses, self.usage.processings)
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let bytes = Base64UrlUnpadded::decode_vec(words.next()?).ok()?;
        let usage = Usage {
            uses: words.next()?.parse().ok()?,
            processings: words.next()?.parse().ok()?,
        };
        Head::from_bytes(&bytes).map(|head| Self { head, usage })
    }
}

/// What is known of one license on this computer beside its code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seat {
    /// The tie of the license to this computer; absent where its code came by a file.
    pub(crate) activation: Option<ActivationId>,
    /// Whether it is a floating seat.
    #[serde(default)]
    pub(crate) floating: bool,
    /// The last record that the vendor acknowledged.
    #[serde(default)]
    pub(crate) reported_seq: u64,
    /// What it acknowledged.
    #[serde(default)]
    pub(crate) reported: Usage,
}

/// The metering key and its certificate.
pub(crate) struct Meter {
    key: Arc<MeteringKey>,
    pub(crate) certificate: String,
}

impl App {
    /// The metering key, certified by the device key; made when something is first to be counted.
    pub(crate) async fn require_meter(&self) -> Result<Meter, Error> {
        if let Some(meter) = self.meter()? {
            return Ok(meter);
        }
        let device = self.device_key().await?;
        let machine = self.machine.digest()?;
        let _lock = StateLock::take(&self.places.data)?;
        if let Some(meter) = self.meter()? {
            return Ok(meter);
        }
        // What an unusable key counted cannot be gone on with.
        if self.journal_folder().exists() {
            self.set_journals_aside()?;
        }
        let key = MeteringKey::generate()?;
        let certificate = MeteringCertificate::new(&device, key.verifying_key(), machine, self.believed_now());
        let certificate = device.sign_metering(&certificate)?;
        state::write_bytes(&self.folder.join("metering.key"), key.to_hex().as_bytes())?;
        state::write_bytes(&self.folder.join("metering.jws"), certificate.as_bytes())?;
        Ok(Meter {
            key: Arc::new(key),
            certificate,
        })
    }

    /// The metering key that is stored here, where it is this computer's.
    pub(crate) fn meter(&self) -> Result<Option<Meter>, Error> {
        let Some(text) = read_text(&self.folder.join("metering.key"), KEY_BYTES_MAX)? else {
            return Ok(None);
        };
        let path = self.folder.join("metering.jws");
        let Some(certificate) = read_text(&path, StatementKind::Metering.max_bytes())? else {
            return Ok(None);
        };
        let Ok(key) = MeteringKey::from_hex(&text) else {
            return Ok(None);
        };
        let Some(device) = named_device(&certificate) else {
            return Ok(None);
        };
        let machine = self.machine.digest()?;
        let registered = self.stored_device()?.map(|device| device.thumbprint);
        let holds = MeteringCertificate::open(&certificate, device).is_ok_and(|statement| {
            statement.machine == machine
                && registered.is_none_or(|registered| registered == device)
                && statement
                    .key()
                    .is_ok_and(|named| named.thumbprint() == key.thumbprint())
        });
        Ok(holds.then(|| Meter {
            key: Arc::new(key),
            certificate,
        }))
    }

    /// The journal of a license; `None` where nothing is counted here.
    pub(crate) fn journal(&self, license: LicenseId) -> Result<Option<Journal>, Error> {
        let Some(meter) = self.meter()? else { return Ok(None) };
        self.open_journal(&meter, license, self.anchors.clone()).map(Some)
    }

    pub(crate) fn open_journal(
        &self,
        meter: &Meter,
        license: LicenseId,
        anchor: Arc<dyn Anchor>,
    ) -> Result<Journal, Error> {
        let identity = self.journal_identity(meter, license)?;
        let path = self.journal_folder().join(format!("{license}.journal"));
        Ok(Journal::new(path, identity, meter.key.clone(), anchor))
    }

    fn journal_identity(&self, meter: &Meter, license: LicenseId) -> Result<Identity, Error> {
        Ok(Identity::new(license, meter.key.thumbprint(), self.machine.digest()?))
    }

    /// What was counted here of a license, and where its journal ends.
    pub(crate) fn counted(&self, license: LicenseId) -> Result<Option<(Standing, Head, Timestamp)>, Error> {
        let Some(journal) = self.journal(license)? else {
            return Ok(None);
        };
        let last = journal.last()?;
        Ok(last.map(|(record, head)| (record.standing(), head, record.time)))
    }

    /// What was counted here and is not reported yet.
    pub(crate) fn unreported(&self, claims: &Claims) -> Usage {
        let Ok(Some((counted, ..))) = self.counted(claims.sub) else {
            return Usage::default();
        };
        let reported = self.seat(claims.sub).unwrap_or_default().reported;
        Usage {
            uses: counted.uses.saturating_sub(reported.uses.max(claims.used.uses)),
            processings: counted
                .processings
                .saturating_sub(reported.processings.max(claims.used.processings)),
        }
    }

    /// Begins the journal of a counted code whose file is gone although it is remembered: with what is remembered.
    pub(crate) async fn begin_journal_again(&self, meter: &Meter, claims: &Claims) -> Result<(), Error> {
        let path = self.journal_folder().join(format!("{}.journal", claims.sub));
        if path.exists() {
            return Ok(());
        }
        match self.anchors.read(&self.journal_identity(meter, claims.sub)?) {
            Some(_) => self.resume_journal(claims).await,
            None => Ok(()),
        }
    }

    /// Goes on with a journal that is older than what is remembered of it: what it lacks is counted again, so that
    /// nothing is gained.
    pub(crate) async fn resume_journal(&self, claims: &Claims) -> Result<(), Error> {
        let known = self.kept(claims.sub).await.map(|kept| kept.usage).unwrap_or_default();
        let meter = self.require_meter().await?;
        let journal = self.open_journal(&meter, claims.sub, Arc::new(Anew(self.anchors.clone())))?;
        let now = self.believed_now();
        let start = Standing {
            uses: claims.used.uses,
            processings: claims.used.processings,
            ..Standing::default()
        };
        let mark = |_: &Standing| Ok::<_, Error>(Entry::Mark);
        let standing = journal.append(now, claims.seq, start, mark)?;
        for (missing, entry) in [
            (known.uses.saturating_sub(standing.uses), Entry::Use as fn(u64) -> Entry),
            (
                known.processings.saturating_sub(standing.processings),
                Entry::Processings as fn(u64) -> Entry,
            ),
        ] {
            if missing > 0 {
                journal.append(now, claims.seq, start, |_| Ok::<_, Error>(entry(missing)))?;
            }
        }
        self.forget_judges();
        Ok(())
    }

    /// Writes down that the code of this computer is given back: it is void from here on, whatever follows.
    pub(crate) async fn surrender(&self, claims: &Claims) -> Result<JournalUpload, Error> {
        let meter = self.require_meter().await?;
        let journal = self.open_journal(&meter, claims.sub, self.anchors.clone())?;
        let start = Standing {
            uses: claims.used.uses,
            processings: claims.used.processings,
            ..Standing::default()
        };
        journal.append(self.believed_now(), claims.seq, start, |_| {
            Ok::<_, Error>(Entry::Surrender)
        })?;
        let newest = self.uploads(&meter, &journal)?.pop();
        Ok(newest.unwrap_or(JournalUpload {
            certificate: meter.certificate,
            seal: None,
            records: String::new(),
        }))
    }

    /// The reports that a journal takes.
    pub(crate) fn uploads(&self, meter: &Meter, journal: &Journal) -> Result<Vec<JournalUpload>, Error> {
        let parts = self.parts(journal)?;
        let upload = |part: Part| JournalUpload {
            certificate: meter.certificate.clone(),
            seal: Some(part.seal),
            records: Base64UrlUnpadded::encode_string(&part.records),
        };
        Ok(parts.into_iter().map(upload).collect())
    }

    /// A journal's records, at most [`REPORT_RECORDS`] at a time, each part sealed.
    pub(crate) fn parts(&self, journal: &Journal) -> Result<Vec<Part>, Error> {
        Ok(journal.parts(self.believed_now(), REPORT_RECORDS)?)
    }

    /// Notes the time in every journal, so that none speaks of a wrong one again.
    pub(crate) fn mark_journals(&self, now: Timestamp) -> Result<(), Error> {
        for license in self.journaled() {
            let Some(journal) = self.journal(license)? else {
                continue;
            };
            let last = match journal.last() {
                Ok(Some((record, _))) => record,
                Ok(None) => continue,
                Err(error) => {
                    tracing::info!(%error, %license, "the journal is not marked");
                    continue;
                }
            };
            if last.time > now {
                journal.append(now, last.code_seq, last.standing(), |_| Ok::<_, Error>(Entry::Mark))?;
            }
        }
        Ok(())
    }

    /// The licenses that have a journal here.
    pub(crate) fn journaled(&self) -> Vec<LicenseId> {
        let Ok(listing) = std::fs::read_dir(self.journal_folder()) else {
            return Vec::new();
        };
        let mut licenses: Vec<LicenseId> = listing
            .filter_map(|entry| {
                let name = entry.ok()?.file_name();
                name.to_str()?.strip_suffix(".journal")?.parse().ok()
            })
            .collect();
        licenses.sort_unstable();
        licenses
    }

    /// Asks the keyring how far journals had come, so that an old copy is noticed after the computer was switched off too.
    pub(crate) async fn recall_anchors(&self) -> Result<(), Error> {
        let mut licenses = self.journaled();
        licenses.extend(self.seats()?.into_keys());
        licenses.sort_unstable();
        licenses.dedup();
        for license in licenses {
            if let Some(kept) = self.kept(license).await {
                self.anchors.recall(license, kept.head);
            }
        }
        Ok(())
    }

    /// Lets the keyring remember how far journals have come.
    pub(crate) async fn keep_anchors(&self) -> Result<(), Error> {
        for license in self.journaled() {
            let Ok(Some((standing, head, _))) = self.counted(license) else {
                continue;
            };
            let kept = Kept {
                head,
                usage: Usage {
                    uses: standing.uses,
                    processings: standing.processings,
                },
            };
            if self.kept(license).await == Some(kept) {
                continue;
            }
            if let Err(error) = self.keystore.set(&anchor_name(license), &kept.write()).await {
                tracing::info!(%error, "the keyring does not remember the journal");
                return Ok(());
            }
            self.anchors.recall(license, head);
        }
        Ok(())
    }

    async fn kept(&self, license: LicenseId) -> Option<Kept> {
        match self.keystore.get(&anchor_name(license)).await {
            Ok(text) => text.and_then(|text| Kept::read(&text)),
            Err(error) => {
                tracing::info!(%error, "the keyring is not asked about the journal");
                None
            }
        }
    }

    /// Puts what was counted away, where a new key is to begin.
    pub(crate) fn set_journals_aside(&self) -> Result<(), Error> {
        let folder = self.journal_folder();
        if folder.exists() {
            let aside = self.folder.join(format!("journal.{}", uuid::Uuid::new_v4().simple()));
            std::fs::rename(&folder, &aside).map_err(crate::error::io_error("put aside", &folder))?;
        }
        state::remove(&self.folder.join("metering.key"))?;
        state::remove(&self.folder.join("metering.jws"))?;
        self.forget_judges();
        Ok(())
    }

    /// What is known of a license on this computer.
    pub(crate) fn seat(&self, license: LicenseId) -> Result<Seat, Error> {
        Ok(self.seats()?.remove(&license).unwrap_or_default())
    }

    /// Changes what is known of a license on this computer.
    pub(crate) fn change_seat(&self, license: LicenseId, change: impl FnOnce(&mut Seat)) -> Result<(), Error> {
        let _lock = StateLock::take(&self.folder)?;
        let mut seats = self.seats()?;
        change(seats.entry(license).or_default());
        state::write(&self.seats_file(), &seats)
    }

    fn seats(&self) -> Result<BTreeMap<LicenseId, Seat>, Error> {
        Ok(state::read(&self.seats_file())?.unwrap_or_default())
    }

    fn seats_file(&self) -> PathBuf {
        self.folder.join("seats.json")
    }

    fn journal_folder(&self) -> PathBuf {
        self.folder.join("journal")
    }
}

fn anchor_name(license: LicenseId) -> String {
    format!("journal {license}")
}

/// The device that a certificate names, unverified.
fn named_device(certificate: &str) -> Option<scrip_licensing::Thumbprint> {
    #[derive(Deserialize)]
    struct Named {
        iss: scrip_licensing::Thumbprint,
    }
    let payload = Base64UrlUnpadded::decode_vec(certificate.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Named>(&payload).ok().map(|named| named.iss)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_keyring_remembers_reads_back() {
        let kept = Kept {
            head: Head { seq: 7, hash: [3; 32] },
            usage: Usage {
                uses: 5,
                processings: 0,
            },
        };
        assert_eq!(Kept::read(&kept.write()), Some(kept));
        for bad in [
            "",
            "x",
            "AAAA 1 2",
            &kept.write()[1..],
            &format!("{} x", kept.write().replace(' ', "  ")),
        ] {
            assert_eq!(Kept::read(bad), None, "{bad}");
        }
    }
}
