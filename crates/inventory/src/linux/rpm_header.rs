//! A package's header as rpm's database holds it (RPM package file format, "Header Structure").
//!
//! Two counts (big endian, 32 bits): index entries and bytes of data; then the entries of tag, type, offset and count; then the
//! data. Only what is asked for is read, so that a database of hundreds of MiB costs little.

/// Tags (rpmtag.h).
pub(crate) const TAG_NAME: u32 = 1000;
pub(crate) const TAG_VERSION: u32 = 1001;
pub(crate) const TAG_RELEASE: u32 = 1002;
pub(crate) const TAG_EPOCH: u32 = 1003;
pub(crate) const TAG_DIRINDEXES: u32 = 1116;
pub(crate) const TAG_BASENAMES: u32 = 1117;
pub(crate) const TAG_DIRNAMES: u32 = 1118;

const TYPE_INT32: u32 = 4;
const TYPE_STRING: u32 = 6;
const TYPE_STRING_ARRAY: u32 = 8;
const TYPE_I18N_STRING: u32 = 9;

/// rpm itself refuses more (`HEADER_TAGS_MAX`, `HEADER_DATA_MAX`).
const ENTRIES_MAX: u32 = 0xffff;
const DATA_BYTES_MAX: u32 = 0x0fff_ffff;
const PREFIX_BYTES: usize = 8;
const ENTRY_BYTES: usize = 16;
/// The longest name or version.
const TEXT_BYTES_MAX: usize = 512;
/// The largest list of files.
const LIST_BYTES_MAX: usize = 16 << 20;

/// Bytes that can be read at an offset.
pub(crate) trait ReadAt {
    /// How many bytes there are.
    fn len(&self) -> usize;
    /// Fills `buffer` from `offset`; `None` where that many bytes are not there.
    fn read_at(&self, buffer: &mut [u8], offset: usize) -> Option<()>;
}

impl ReadAt for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    fn read_at(&self, buffer: &mut [u8], offset: usize) -> Option<()> {
        buffer.copy_from_slice(self.get(offset..offset.checked_add(buffer.len())?)?);
        Some(())
    }
}

impl ReadAt for rusqlite::blob::Blob<'_> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn read_at(&self, buffer: &mut [u8], offset: usize) -> Option<()> {
        self.read_at_exact(buffer, offset).ok()
    }
}

/// A header whose index was read.
pub(crate) struct Header<'a, R> {
    input: &'a R,
    index: Vec<u8>,
    data_start: usize,
    data_bytes: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    kind: u32,
    offset: usize,
    count: usize,
}

impl<'a, R: ReadAt> Header<'a, R> {
    /// Reads the index; `None` for bytes that are no header.
    pub(crate) fn read(input: &'a R) -> Option<Self> {
        let mut prefix = [0; PREFIX_BYTES];
        input.read_at(&mut prefix, 0)?;
        let (entries, data_bytes) = (number(&prefix, 0)?, number(&prefix, 4)?);
        if entries == 0 || entries > ENTRIES_MAX || data_bytes > DATA_BYTES_MAX {
            return None;
        }
        let index_bytes = usize::try_from(entries).ok()? * ENTRY_BYTES;
        let data_start = PREFIX_BYTES + index_bytes;
        let data_bytes = usize::try_from(data_bytes).ok()?;
        if data_start + data_bytes > input.len() {
            return None;
        }
        let mut index = vec![0; index_bytes];
        input.read_at(&mut index, PREFIX_BYTES)?;
        Some(Self {
            input,
            index,
            data_start,
            data_bytes,
        })
    }

    /// The text of `tag`.
    pub(crate) fn text(&self, tag: u32) -> Option<String> {
        let entry = self.entry(tag)?;
        if !matches!(entry.kind, TYPE_STRING | TYPE_STRING_ARRAY | TYPE_I18N_STRING) || entry.count == 0 {
            return None;
        }
        let mut bytes = self.data(entry.offset, TEXT_BYTES_MAX)?;
        bytes.truncate(memchr::memchr(0, &bytes)?);
        String::from_utf8(bytes).ok()
    }

    /// The first number of `tag`.
    pub(crate) fn number(&self, tag: u32) -> Option<u32> {
        let entry = self
            .entry(tag)
            .filter(|entry| entry.kind == TYPE_INT32 && entry.count > 0)?;
        number(&self.data(entry.offset, 4)?, 0)
    }

    /// The paths of the package's files, each a folder of one list and a name of another.
    pub(crate) fn files(&self) -> Vec<String> {
        let (Some(names), Some(dirs)) = (self.list(TAG_BASENAMES), self.list(TAG_DIRNAMES)) else {
            return Vec::new();
        };
        let Some(entry) = self.entry(TAG_DIRINDEXES).filter(|entry| entry.kind == TYPE_INT32) else {
            return Vec::new();
        };
        let wanted = entry.count.min(names.len()) * 4;
        let indexes = self.data(entry.offset, wanted).unwrap_or_default();
        let places = indexes
            .chunks_exact(4)
            .filter_map(|bytes| usize::try_from(number(bytes, 0)?).ok());
        names
            .iter()
            .zip(places)
            .filter_map(|(name, place)| Some(format!("{}{name}", dirs.get(place)?)))
            .collect()
    }

    fn list(&self, tag: u32) -> Option<Vec<String>> {
        let entry = self.entry(tag).filter(|entry| entry.kind == TYPE_STRING_ARRAY)?;
        let bytes = self.data(entry.offset, LIST_BYTES_MAX)?;
        Some(
            bytes
                .split(|byte| *byte == 0)
                .take(entry.count)
                .map(|text| String::from_utf8_lossy(text).into())
                .collect(),
        )
    }

    /// Up to `most` bytes of the data from `offset`.
    fn data(&self, offset: usize, most: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; most.min(self.data_bytes.checked_sub(offset)?)];
        self.input.read_at(&mut bytes, self.data_start + offset)?;
        Some(bytes)
    }

    fn entry(&self, tag: u32) -> Option<Entry> {
        let bytes = self
            .index
            .chunks_exact(ENTRY_BYTES)
            .find(|bytes| number(bytes, 0) == Some(tag))?;
        let offset = usize::try_from(number(bytes, 8)?).ok()?;
        Some(Entry {
            kind: number(bytes, 4)?,
            offset,
            count: usize::try_from(number(bytes, 12)?).ok()?,
        })
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A header with these tags, as the format's description lays it out.
    pub(crate) fn header(tags: &[(u32, u32, u32, Vec<u8>)]) -> Vec<u8> {
        let (mut index, mut data) = (Vec::new(), Vec::new());
        for (tag, kind, count, bytes) in tags {
            for value in [*tag, *kind, u32::try_from(data.len()).unwrap(), *count] {
                index.extend(value.to_be_bytes());
            }
            data.extend(bytes);
        }
        let counts = [u32::try_from(tags.len()).unwrap(), u32::try_from(data.len()).unwrap()];
        [counts.map(u32::to_be_bytes).concat(), index, data].concat()
    }

    fn text(tag: u32, value: &str) -> (u32, u32, u32, Vec<u8>) {
        (tag, TYPE_STRING, 1, format!("{value}\0").into_bytes())
    }

    fn sample() -> Vec<u8> {
        header(&[
            text(TAG_NAME, "hello"),
            text(TAG_VERSION, "2.10"),
            (TAG_EPOCH, TYPE_INT32, 1, 7u32.to_be_bytes().to_vec()),
            (TAG_BASENAMES, TYPE_STRING_ARRAY, 2, b"hello\0hello.1\0".to_vec()),
            (
                TAG_DIRNAMES,
                TYPE_STRING_ARRAY,
                2,
                b"/usr/bin/\0/usr/share/man/\0".to_vec(),
            ),
            (TAG_DIRINDEXES, TYPE_INT32, 2, [0u32, 1].map(u32::to_be_bytes).concat()),
        ])
    }

    #[test]
    fn tags_are_read() {
        let bytes = sample();
        let input = bytes.as_slice();
        let header = Header::read(&input).unwrap();
        assert_eq!(header.text(TAG_NAME).unwrap(), "hello");
        assert_eq!(header.text(TAG_VERSION).unwrap(), "2.10");
        assert_eq!(header.number(TAG_EPOCH), Some(7));
        assert_eq!(header.text(TAG_RELEASE), None);
        assert_eq!(header.text(TAG_EPOCH), None);
        assert_eq!(header.files(), ["/usr/bin/hello", "/usr/share/man/hello.1"]);
    }

    #[test]
    fn counts_that_lie_are_refused() {
        let read = |bytes: &[u8]| Header::read(&bytes).is_some();
        assert!(!read(&[]));
        assert!(!read(&[0xff; 64]));
        assert!(!read(&[0, 0, 0xff, 0xff, 0, 0, 0, 0]));
        for length in 0..sample().len() {
            assert!(!read(&sample()[..length]), "cut at {length}");
        }
        let mut bytes = sample();
        bytes[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        let input = bytes.as_slice();
        assert_eq!(
            Header::read(&input).unwrap().text(TAG_NAME),
            None,
            "an offset past the data"
        );
    }

    fn exercise(bytes: &[u8]) {
        if let Some(header) = Header::read(&bytes) {
            header.text(TAG_NAME);
            header.number(TAG_EPOCH);
            header.files();
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            exercise(&bytes);
        }

        #[test]
        fn no_damage_panics(at in 0usize..200, value: u8) {
            let mut bytes = sample();
            let at = at % bytes.len();
            bytes[at] = value;
            exercise(&bytes);
        }
    }
}
