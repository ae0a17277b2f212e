//! Counting: one entry at a time, by whoever holds the lock.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use scrip_domain::Timestamp;

use super::anchor::{Anchor, Head};
use super::file::{Found, Placed, Slots, sync_folder};
use super::record::{self, Identity, Kind, RECORD_BYTES, Record, Standing, Vouchers};
use super::{Fault, JournalSeal, MeteringKey, Part, RecordKey, Records};
use crate::Error;

/// What is to be written next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// This many starts of the program, at least one.
    Use(u64),
    /// This many units of work, at least one.
    Processings(u64),
    /// The number of the code, or the time, is noted.
    Mark,
    /// The code was given back: it and those before it are void from now on.
    Surrender,
}

impl Standing {
    /// Refuses a code that was superseded or given back.
    pub fn admit(&self, code_seq: u64) -> Result<(), Error> {
        if code_seq < self.code_seq {
            return Err(Fault::Superseded {
                seq: code_seq,
                highest: self.code_seq,
            }
            .into());
        }
        if self.surrendered > 0 && code_seq <= self.surrendered {
            return Err(Fault::Surrendered { seq: code_seq }.into());
        }
        Ok(())
    }
}

/// The journal of one license on this computer. Safe to share between threads; other processes may count in the
/// same file at the same time.
pub struct Journal {
    path: PathBuf,
    identity: Identity,
    key: Arc<MeteringKey>,
    record_key: RecordKey,
    anchor: Arc<dyn Anchor>,
    open: Mutex<Option<Row>>,
    /// The last head that was seen: an anchor while the process lives.
    seen: Mutex<Option<Head>>,
}

/// An open file, and its end where there is a record.
struct Row {
    slots: Slots,
    tip: Option<Tip>,
    /// Which process opened it: one that forked shares its parent's lock and needs a handle of its own.
    process: u32,
}

/// The number of the first record, and the last record.
struct Tip {
    first: u64,
    last: Placed,
}

/// A lock that ends when this does.
struct Held<'f>(&'f File);

impl<'f> Held<'f> {
    fn take(file: &'f File) -> io::Result<Self> {
        // A signal that the program handles, such as a child's end, only interrupts the wait.
        loop {
            match file.lock() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map(|()| Self(file)),
            }
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // A lock that cannot be given back ends with the file's handle.
        self.0.unlock().ok();
    }
}

impl Journal {
    /// The journal in the file `path`, which need not be there yet.
    pub fn new(path: impl Into<PathBuf>, identity: Identity, key: Arc<MeteringKey>, anchor: Arc<dyn Anchor>) -> Self {
        Self {
            path: path.into(),
            record_key: key.record_key(identity.license),
            identity,
            key,
            anchor,
            open: Mutex::new(None),
            seen: Mutex::new(None),
        }
    }

    /// What was counted so far; `None` where nothing was ever counted.
    pub fn standing(&self) -> Result<Option<Standing>, Error> {
        Ok(self.last()?.map(|(record, _)| record.standing()))
    }

    /// The last record and its place, if there is one.
    pub fn last(&self) -> Result<Option<(Record, Head)>, Error> {
        let last = self.locked(false, |_, tip| {
            Ok(tip.as_ref().map(|tip| (tip.last.record, tip.last.head())))
        })?;
        Ok(last.flatten())
    }

    /// Every record's bytes one after the other.
    pub fn records(&self) -> Result<Vec<u8>, Error> {
        let bytes = self.locked(false, |slots, tip| {
            let mut bytes = Vec::new();
            let count = tip.as_ref().map_or(0, |tip| tip.last.record.seq - tip.first + 1);
            for slot in 0..count {
                bytes.extend(slots.read(slot).map_err(self.io("read"))?.unwrap_or([0; RECORD_BYTES]));
            }
            Ok(bytes)
        })?;
        Ok(bytes.unwrap_or_default())
    }

    /// Everything for the vendor's server, sealed at `now`: in parts of `most` records, the oldest first, of which only the
    /// first may be shorter. Nothing where nothing was ever counted.
    pub fn parts(&self, now: Timestamp, most: usize) -> Result<Vec<Part>, Error> {
        let bytes = self.records()?;
        let (rows, _) = bytes.as_chunks::<RECORD_BYTES>();
        let part = |rows: &[[u8; RECORD_BYTES]]| {
            // What somebody changed before the end is for the server to find.
            let seal = JournalSeal::on(&Records::of(rows), self.identity.license, &self.key, now);
            Ok(Part {
                records: rows.as_flattened().to_vec(),
                seal: self.key.sign_seal(&seal)?,
            })
        };
        let mut parts: Vec<Part> = rows.rchunks(most.max(1)).map(part).collect::<Result<_, Error>>()?;
        parts.reverse();
        Ok(parts)
    }

    /// Counts: asks `decide` what to write, now that nobody else counts, and answers what holds once that is
    /// durable. `code_seq` is the number of the code under which it is taken; `start` is what the server had counted
    /// before, for a journal that begins. A refusal of `decide` writes nothing.
    pub fn append<E: From<Error>>(
        &self,
        time: Timestamp,
        code_seq: u64,
        start: Standing,
        decide: impl FnOnce(&Standing) -> Result<Entry, E>,
    ) -> Result<Standing, E> {
        let written = self.locked(true, |slots, tip| {
            let begun = match tip.take() {
                Some(tip) => tip,
                None => self.begin(slots, time, start)?,
            };
            self.put(slots, tip, begun, code_seq, |last| {
                decide(&last.standing()).map(|entry| (time, entry))
            })
        })?;
        written.unwrap_or_else(|| Err(self.edited("it was removed meanwhile").into()))
    }

    /// The same where something was counted before; `decide` is given the last record and says the time as well. Answers
    /// `None`, and asks nothing, where the journal has no record yet.
    pub fn append_next<E: From<Error>>(
        &self,
        code_seq: u64,
        decide: impl FnOnce(&Record) -> Result<(Timestamp, Entry), E>,
    ) -> Result<Option<Standing>, E> {
        let written = self.locked(false, |slots, tip| match tip.take() {
            Some(begun) => self.put(slots, tip, begun, code_seq, decide).map(Some),
            None => Ok(None),
        })?;
        written.flatten().transpose()
    }

    /// Puts behind the end `begun` what `decide` says, durably, and leaves the new end in `tip`.
    fn put<E: From<Error>>(
        &self,
        slots: &Slots,
        tip: &mut Option<Tip>,
        begun: Tip,
        code_seq: u64,
        decide: impl FnOnce(&Record) -> Result<(Timestamp, Entry), E>,
    ) -> Result<Result<Standing, E>, Error> {
        let Tip { first, last } = begun;
        let draft =
            decide(&last.record).and_then(|(time, entry)| self.draft(&last, entry, code_seq, time).map_err(E::from));
        let (last, answer) = match draft {
            Err(refusal) => (last, Err(refusal)),
            Ok(next) => {
                let next = Placed::new(next, next.write(&self.record_key));
                slots
                    .put(next.record.seq - first, &next.bytes)
                    .map_err(self.io("write"))?;
                self.anchor.write(&self.identity, next.head());
                let standing = next.record.standing();
                (next, Ok(standing))
            }
        };
        *tip = Some(Tip { first, last });
        Ok(answer)
    }

    /// Cuts the file down to one record, after the server acknowledged everything up to `acknowledged`. Answers
    /// `false`, and changes nothing, where more was counted since.
    pub fn compact(&self, time: Timestamp, acknowledged: Head) -> Result<bool, Error> {
        let done = self.locked(false, |_, tip| {
            let Some(last) = tip
                .as_ref()
                .map(|tip| &tip.last)
                .filter(|last| last.head() == acknowledged)
            else {
                return Ok(false);
            };
            let surrendered = last.record.standing().surrendered;
            let next = self.next(last, Kind::Checkpoint, surrendered, 0, time)?;
            let next = Placed::new(next, next.write(&self.record_key));
            let path = self.path.with_extension("journal.new");
            let replace = || {
                Slots::open(&path, true)?.begin(&next.bytes)?;
                std::fs::rename(&path, &self.path)?;
                sync_folder(&self.path)
            };
            replace().map_err(self.io("replace"))?;
            self.anchor.write(&self.identity, next.head());
            *tip = None;
            Ok(true)
        })?;
        Ok(done.unwrap_or(false))
    }

    /// Holds the lock while `work` looks at the file and at its end, which is up to date then. Answers `None` where
    /// there is no file and none is to be made.
    fn locked<T>(
        &self,
        create: bool,
        work: impl FnOnce(&Slots, &mut Option<Tip>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that after a failure the next one begins by reading.
        let process = std::process::id();
        let mut row = open.take().filter(|row| row.process == process);
        loop {
            let mut held = match row.take() {
                Some(row) => row,
                None => match self.open_file(create)? {
                    Some(slots) => Row {
                        slots,
                        tip: None,
                        process,
                    },
                    None => return Ok(None),
                },
            };
            let lock = Held::take(held.slots.file()).map_err(self.io("lock"))?;
            if !held.slots.is_at(&self.path).map_err(self.io("look for"))? {
                // It was replaced while this waited for the lock.
                continue;
            }
            self.refresh(&held.slots, &mut held.tip)?;
            let done = work(&held.slots, &mut held.tip)?;
            drop(lock);
            if let Some(tip) = &held.tip {
                *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(tip.last.head());
            }
            *open = Some(held);
            return Ok(Some(done));
        }
    }

    fn open_file(&self, create: bool) -> Result<Option<Slots>, Error> {
        if create && let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(self.io("make the folder of"))?;
        }
        match Slots::open(&self.path, create) {
            Ok(slots) => Ok(Some(slots)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !create => {
                self.check_anchor(None)?;
                Ok(None)
            }
            Err(error) => Err(self.io("open")(error)),
        }
    }

    /// Brings what is known of the file's end up to date.
    fn refresh(&self, slots: &Slots, tip: &mut Option<Tip>) -> Result<(), Error> {
        let vouchers = Vouchers {
            metering: self.key.verifying_key(),
            records: Some(&self.record_key),
        };
        if let Some(known) = tip.take()
            && let Some(last) = slots
                .follow(known.first, &known.last, &self.identity, vouchers)
                .map_err(self.io("read"))?
        {
            *tip = Some(Tip { last, ..known });
            return Ok(());
        }
        *tip = match slots.find(&self.identity, vouchers).map_err(self.io("read"))? {
            Found::Nothing => None,
            Found::Row { first, last } => Some(Tip { first, last: *last }),
            Found::Edited(why) => return Err(self.edited(why)),
            Found::Foreign(what) => {
                return Err(Fault::Copied {
                    license: self.identity.license,
                    what,
                }
                .into());
            }
        };
        self.check_anchor(tip.as_ref().map(|tip| (slots, tip)))
    }

    /// Compares the file's end with what the anchor and this process remember.
    fn check_anchor(&self, found: Option<(&Slots, &Tip)>) -> Result<(), Error> {
        let anchored = self.anchor.read(&self.identity);
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for known in [anchored, seen].into_iter().flatten() {
            self.check_known(known, found)?;
        }
        if let Some((_, tip)) = found
            && anchored != Some(tip.last.head())
        {
            self.anchor.write(&self.identity, tip.last.head());
        }
        Ok(())
    }

    fn check_known(&self, known: Head, found: Option<(&Slots, &Tip)>) -> Result<(), Error> {
        let seq = found.map_or(0, |(_, tip)| tip.last.record.seq);
        let rolled_back = Fault::RolledBack {
            license: self.identity.license,
            found: seq,
            known: known.seq,
        };
        let Some((slots, tip)) = found.filter(|_| known.seq <= seq) else {
            return Err(rolled_back.into());
        };
        // What was cut off because the server acknowledged it cannot be compared any more.
        if let Some(slot) = known.seq.checked_sub(tip.first) {
            let same = slots.read(slot).map_err(self.io("read"))?;
            if same.is_none_or(|bytes| record::hash(&bytes) != known.hash) {
                return Err(rolled_back.into());
            }
        }
        Ok(())
    }

    fn begin(&self, slots: &Slots, time: Timestamp, start: Standing) -> Result<Tip, Error> {
        let open = Record {
            kind: Kind::Open,
            seq: 1,
            time,
            amount: 0,
            total_uses: start.uses,
            total_processings: start.processings,
            code_seq: start.code_seq,
            identity: self.identity,
            previous: [0; 32],
        };
        let last = Placed::new(open, open.write(&self.record_key));
        slots
            .begin(&last.bytes)
            .and_then(|()| sync_folder(&self.path))
            .map_err(self.io("begin"))?;
        Ok(Tip { first: 1, last })
    }

    fn draft(&self, last: &Placed, entry: Entry, code_seq: u64, time: Timestamp) -> Result<Record, Error> {
        let standing = last.record.standing();
        let (kind, amount) = match entry {
            Entry::Use(amount) => (Kind::Use, amount),
            Entry::Processings(amount) => (Kind::Processings, amount),
            Entry::Mark if code_seq > standing.surrendered => (Kind::Mark, 0),
            Entry::Mark => (Kind::Mark, standing.surrendered),
            Entry::Surrender => (Kind::Surrender, code_seq.max(standing.surrendered)),
        };
        if matches!(entry, Entry::Use(_) | Entry::Processings(_)) {
            standing.admit(code_seq)?;
        }
        self.next(last, kind, amount, code_seq, time)
    }

    fn next(&self, last: &Placed, kind: Kind, amount: u64, code_seq: u64, time: Timestamp) -> Result<Record, Error> {
        last.record
            .next(last.hash, kind, amount, code_seq, time)
            .ok_or_else(|| self.edited("its numbers are larger than any that is counted"))
    }

    fn edited(&self, why: &'static str) -> Error {
        let license = self.identity.license;
        Fault::Edited { license, why }.into()
    }

    fn io(&self, what: &'static str) -> impl Fn(io::Error) -> Error + '_ {
        move |error| {
            Error::Journal(Fault::Io {
                what,
                path: self.path.clone(),
                why: error.to_string(),
            })
        }
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Journal({})", self.path.display())
    }
}
