//! A journal's file: finding its last record, and putting the next one behind it.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::anchor::Head;
use super::record::{self, Identity, RECORD_BYTES, Record, Vouchers};

/// How many records a file grows by. The zeros are written and not only reserved: turning reserved blocks into
/// written ones would change the file's metadata with each append.
const GROW_RECORDS: u64 = 256;
const RECORD: u64 = RECORD_BYTES as u64;

/// The bytes of a slot; `None` behind the end of the file.
type Bytes = Option<[u8; RECORD_BYTES]>;

/// A record with its bytes and their hash.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) record: Record,
    pub(super) bytes: [u8; RECORD_BYTES],
    pub(super) hash: [u8; 32],
}

impl Placed {
    pub(super) fn new(record: Record, bytes: [u8; RECORD_BYTES]) -> Self {
        Self {
            record,
            hash: record::hash(&bytes),
            bytes,
        }
    }

    pub(super) fn head(&self) -> Head {
        Head {
            seq: self.record.seq,
            hash: self.hash,
        }
    }
}

/// What a file holds.
pub(super) enum Found {
    /// No record: it was just made, or its making was cut short.
    Nothing,
    /// The number of the first record, and the last record.
    Row { first: u64, last: Box<Placed> },
    /// Records that nobody wrote so.
    Edited(&'static str),
    /// Records of another journal; the difference.
    Foreign(&'static str),
}

/// An open file, and which one it is.
#[derive(Debug)]
pub(super) struct Slots {
    file: File,
    /// How many slots the file was seen to have.
    room: Cell<u64>,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl Slots {
    /// Opens the file, or makes it where `create` says so.
    pub(super) fn open(path: &Path, create: bool) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(create).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        Ok(Self {
            #[cfg(unix)]
            identity: identity(&file.metadata()?),
            room: Cell::new(0),
            file,
        })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Whether `path` still names this file, or another one has taken its place.
    pub(super) fn is_at(&self, path: &Path) -> io::Result<bool> {
        #[cfg(unix)]
        {
            match std::fs::metadata(path) {
                Ok(metadata) => Ok(identity(&metadata) == self.identity),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        }
        #[cfg(not(unix))]
        {
            // A file that is open here cannot be replaced there.
            path.try_exists()
        }
    }

    /// Looks for the last record, by halving: records first, zeros behind them.
    pub(super) fn find(&self, expect: &Identity, vouchers: Vouchers<'_>) -> io::Result<Found> {
        let slots = self.file.metadata()?.len() / RECORD;
        let (mut written, mut blank) = (0, slots);
        while written < blank {
            let middle = written + (blank - written) / 2;
            match self.read(middle)? {
                Some(bytes) if !record::is_blank(&bytes) => written = middle + 1,
                _ => blank = middle,
            }
        }
        let Some(first) = self.read(0)?.filter(|_| written > 0) else {
            return Ok(Found::Nothing);
        };
        let Some(first) = Record::parse(&first) else {
            // Only the making of a file can be cut short in its first record.
            let torn = written == 1;
            return Ok(if torn {
                Found::Nothing
            } else {
                Found::Edited("its first record is none")
            });
        };
        if let Some(what) = foreign(&first.identity, expect) {
            return Ok(Found::Foreign(what));
        }
        // The very last record may be one that a crash cut short.
        for slot in [Some(written - 1), written.checked_sub(2)].into_iter().flatten() {
            let expected_seq = first.seq.saturating_add(slot);
            if let Some(last) = self.valid(slot, expected_seq, expect, vouchers)? {
                let last = Box::new(last);
                return Ok(Found::Row { first: first.seq, last });
            }
        }
        Ok(if written == 1 {
            Found::Nothing
        } else {
            Found::Edited("its last records are not as they were written")
        })
    }

    /// What was written behind `last` by others; `last` itself where it is still the end; `None` where the record
    /// is not in its place any more, or what follows is not a continuation of it.
    pub(super) fn follow(
        &self,
        first: u64,
        last: &Placed,
        expect: &Identity,
        vouchers: Vouchers<'_>,
    ) -> io::Result<Option<Placed>> {
        let mut slot = last.record.seq - first;
        let (same, mut after) = self.read_two(slot)?;
        if same != Some(last.bytes) {
            return Ok(None);
        }
        let mut row = vec![];
        let (mut seq, mut hash) = (last.record.seq, last.hash);
        while let Some(bytes) = after.filter(|bytes| !record::is_blank(bytes)) {
            match Record::parse(&bytes) {
                Some(next) if next.seq == seq + 1 && next.previous == hash && next.identity == *expect => {
                    let next = Placed::new(next, bytes);
                    (seq, hash) = (next.record.seq, next.hash);
                    row.push(next);
                }
                _ => break,
            }
            slot += 1;
            after = self.read(slot + 1)?;
        }
        // What vouches for the last vouches for those before it; the very last may have been cut short.
        let Some(end) = row.pop() else {
            return Ok(Some(last.clone()));
        };
        if vouchers.hold(&end.bytes) {
            return Ok(Some(end));
        }
        match row.pop() {
            None => Ok(Some(last.clone())),
            Some(before) if vouchers.hold(&before.bytes) => Ok(Some(before)),
            Some(_) => Ok(None),
        }
    }

    /// Puts a record into its slot, durably.
    pub(super) fn put(&self, slot: u64, bytes: &[u8; RECORD_BYTES]) -> io::Result<()> {
        if slot >= self.room.get() {
            let slots = self.file.metadata()?.len() / RECORD;
            if slot >= slots {
                let zeros = vec![0; RECORD_BYTES * usize::try_from(GROW_RECORDS).unwrap_or(1)];
                write_at(&self.file, &zeros, slots * RECORD)?;
                self.file.sync_all()?;
            }
        }
        write_at(&self.file, bytes, slot * RECORD)?;
        self.file.sync_data()
    }

    /// Fills a new file: its first record, and zeros behind it.
    pub(super) fn begin(&self, bytes: &[u8; RECORD_BYTES]) -> io::Result<()> {
        let mut chunk = vec![0; RECORD_BYTES * usize::try_from(GROW_RECORDS).unwrap_or(1)];
        chunk[..RECORD_BYTES].copy_from_slice(bytes);
        write_at(&self.file, &chunk, 0)?;
        self.file.sync_all()
    }

    /// The bytes of one slot; `None` behind the end of the file.
    pub(super) fn read(&self, slot: u64) -> io::Result<Option<[u8; RECORD_BYTES]>> {
        let mut bytes = [0; RECORD_BYTES];
        Ok((self.fill(&mut bytes, slot)? == RECORD_BYTES).then_some(bytes))
    }

    /// The bytes of a slot and of the next one, read at once. What was seen of the file's length is what holds now.
    fn read_two(&self, slot: u64) -> io::Result<(Bytes, Bytes)> {
        let mut bytes = [[0; RECORD_BYTES]; 2];
        let done = self.fill(bytes.as_flattened_mut(), slot)? / RECORD_BYTES;
        self.room.set(slot + done as u64);
        let [first, second] = bytes;
        Ok(((done > 0).then_some(first), (done > 1).then_some(second)))
    }

    /// Reads into `bytes` from the beginning of `slot` on; answers how many there were.
    fn fill(&self, bytes: &mut [u8], slot: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < bytes.len() {
            match read_at(&self.file, &mut bytes[done..], slot * RECORD + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn valid(&self, slot: u64, seq: u64, expect: &Identity, vouchers: Vouchers<'_>) -> io::Result<Option<Placed>> {
        let Some(bytes) = self.read(slot)? else {
            return Ok(None);
        };
        let Some(record) = Record::parse(&bytes).filter(|record| record.seq == seq && record.identity == *expect)
        else {
            return Ok(None);
        };
        if let Some(before) = slot.checked_sub(1)
            && self
                .read(before)?
                .is_none_or(|before| record::hash(&before) != record.previous)
        {
            return Ok(None);
        }
        Ok(vouchers.hold(&bytes).then(|| Placed::new(record, bytes)))
    }
}

/// In what the journal of `found` is another one than that of `expect`.
pub(super) fn foreign(found: &Identity, expect: &Identity) -> Option<&'static str> {
    if found.license != expect.license {
        Some("license")
    } else if found.machine != expect.machine {
        Some("computer")
    } else if found.key != expect.key {
        Some("metering key")
    } else {
        None
    }
}

/// Makes a rename or a new file in `path`'s folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    std::hint::black_box(path);
    Ok(())
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, at)
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[count..];
        at += count as u64;
    }
    Ok(())
}
