//! What Flatpak records of a deployment: the file `deploy`, a `GVariant` of type `(ssasta{sv})` (origin, commit, subpaths,
//! installed size, facts), in the serialisation that the `GVariant` specification describes.

/// The largest file that is read; a real one has a few KiB.
pub(crate) const BYTES_MAX: u64 = 4 << 20;

/// The facts of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
}

/// Reads the facts; `None` for bytes that are not such a value. Facts are absent before Flatpak 1.2.
pub(crate) fn parse(bytes: &[u8]) -> Option<Facts> {
    // The ends of the three members of variable size stand last, in reverse order; the number after them is aligned to 8 bytes.
    let width = offset_width(bytes.len());
    let subpaths_end = offset(bytes, bytes.len().checked_sub(3 * width)?, width)?;
    let start = align(subpaths_end)?.checked_add(8)?;
    let end = bytes.len() - 3 * width;
    let facts = bytes.get(start..end)?;
    let mut found = Facts::default();
    for entry in array(facts)? {
        let Some((key, value)) = entry_of_text(entry) else {
            continue;
        };
        match key {
            b"appdata-name" => found.name = text(value),
            b"appdata-version" => found.version = text(value),
            _ => {}
        }
    }
    Some(found)
}

/// The elements of an array of dictionary entries; they are aligned to 8 bytes.
fn array(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let width = offset_width(bytes.len());
    let table = offset(bytes, bytes.len().checked_sub(width)?, width)?;
    let ends = bytes.get(table..)?.chunks_exact(width);
    let (mut elements, mut start) = (Vec::new(), 0);
    for end in ends {
        let end = offset(end, 0, width)?;
        elements.push(bytes.get(align(start)?..end).filter(|_| end <= table)?);
        start = end;
    }
    Some(elements)
}

/// The key and, where its value is a text, that text with its final zero.
fn entry_of_text(entry: &[u8]) -> Option<(&[u8], &[u8])> {
    let width = offset_width(entry.len());
    let values_end = entry.len().checked_sub(width)?;
    let key_end = offset(entry, values_end, width)?;
    let key = entry.get(..key_end)?.strip_suffix(b"\0")?;
    let variant = entry.get(align(key_end)?..values_end)?;
    Some((key, variant.strip_suffix(b"\0s")?))
}

fn text(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_suffix(b"\0")?;
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty() && text.len() <= 256)?;
    (!text.contains(char::is_control)).then(|| text.to_owned())
}

fn offset_width(container_bytes: usize) -> usize {
    match container_bytes {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        _ => 4,
    }
}

/// A little-endian offset: Flatpak writes in the byte order of the machine, and all that run it are of this one.
fn offset(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | usize::from(*byte)),
    )
}

fn align(at: usize) -> Option<usize> {
    at.checked_next_multiple_of(8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Written by `GLib` 2.74: `g_variant_new ("(ss^ast@a{sv})", …)` with nine facts of four types.
    const REAL: &[u8] = include_bytes!("fixtures/deploy.gvariant");

    #[test]
    fn a_value_that_glib_wrote_is_read() {
        let facts = Facts {
            name: Some("Hello World".to_owned()),
            version: Some("3.4.1".to_owned()),
        };
        assert_eq!(parse(REAL), Some(facts));
    }

    #[test]
    fn a_cut_value_tells_no_wrong_version() {
        for length in 0..REAL.len() {
            let version = parse(&REAL[..length]).and_then(|facts| facts.version);
            assert!(
                matches!(version.as_deref(), None | Some("3.4.1")),
                "cut at {length}: {version:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            parse(&bytes);
        }

        #[test]
        fn no_damage_panics(at in 0..REAL.len(), value: u8, cut in 0..REAL.len()) {
            let mut bytes = REAL.to_vec();
            bytes[at] = value;
            parse(&bytes);
            parse(&bytes[cut..]);
        }
    }
}
