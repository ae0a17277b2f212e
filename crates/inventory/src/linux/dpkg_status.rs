//! dpkg's database in its text form (dpkg(1), FILES; deb822(5)), read as a stream.

use std::io::{self, Read};

use memchr::memchr;
use memchr::memmem::Finder;

/// A line longer than this is skipped: no field that is wanted is near as long.
const CHUNK_BYTES: usize = 128 * 1024;
/// The longest value of a wanted field.
const VALUE_BYTES_MAX: usize = 512;

/// What is wanted of one stanza.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stanza<'a> {
    pub(crate) package: &'a str,
    /// Empty unless it was asked for.
    pub(crate) architecture: &'a str,
    /// May be empty for what is not installed.
    pub(crate) version: &'a str,
    /// Whether the package is unpacked and configured; its triggers may still have to run.
    pub(crate) is_installed: bool,
}

/// How the text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// After a whole line.
    Whole,
    /// In the middle of a line: the file was cut.
    Truncated,
    /// More than the limit was there; the rest was not read.
    TooLarge,
}

/// Calls `each` for every stanza that has a package and a status, and a version if it is installed; reads at most `limit` bytes.
///
/// Memory is bounded by one chunk however long the lines are.
pub(crate) fn parse(
    mut input: impl Read,
    limit: u64,
    with_architecture: bool,
    mut each: impl FnMut(Stanza<'_>),
) -> io::Result<End> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut parser = Parser::new(with_architecture);
    let (mut filled, mut total, mut in_long_line) = (0, 0u64, false);
    loop {
        let count = match input.read(&mut chunk[filled..]) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        filled += count;
        total += count as u64;
        if count == 0 || total > limit {
            parser.finish(&mut each);
            return Ok(match (total > limit, filled > 0 || in_long_line) {
                (true, _) => End::TooLarge,
                (false, true) => End::Truncated,
                (false, false) => End::Whole,
            });
        }
        let Some(last) = memchr::memrchr(b'\n', &chunk[..filled]) else {
            if filled == chunk.len() {
                (filled, in_long_line) = (0, true);
            }
            continue;
        };
        let mut start = 0;
        if in_long_line {
            start = memchr(b'\n', &chunk[..filled]).map_or(0, |end| end + 1);
            in_long_line = false;
        }
        let end = last + 1;
        parser.lines(&chunk[start..end], &mut each);
        chunk.copy_within(end..filled, 0);
        filled -= end;
    }
}

/// The wanted fields of the stanza that is being read.
struct Parser {
    with_architecture: bool,
    package: String,
    architecture: String,
    version: String,
    is_installed: Option<bool>,
    stanza_end: Finder<'static>,
}

impl Parser {
    fn new(with_architecture: bool) -> Self {
        Self {
            with_architecture,
            package: String::new(),
            architecture: String::new(),
            version: String::new(),
            is_installed: None,
            stanza_end: Finder::new(b"\n\n"),
        }
    }

    /// Reads whole lines; a stanza may go on in the next call.
    fn lines(&mut self, text: &[u8], each: &mut impl FnMut(Stanza<'_>)) {
        let mut at = 0;
        while at < text.len() {
            // Most of a stanza is of no interest: once all is known, its end is searched for instead of each line.
            if text[at] != b'\n' && self.is_complete() {
                let Some(end) = self.stanza_end.find(&text[at..]) else {
                    return;
                };
                at += end + 1;
            }
            let end = at + memchr(b'\n', &text[at..]).unwrap_or(text.len() - at);
            if end == at {
                self.finish(each);
            } else {
                self.line(&text[at..end]);
            }
            at = end + 1;
        }
    }

    fn line(&mut self, line: &[u8]) {
        match line[0] {
            b'P' => copy_value(line, b"Package:", &mut self.package),
            b'V' => copy_value(line, b"Version:", &mut self.version),
            b'A' if self.with_architecture => copy_value(line, b"Architecture:", &mut self.architecture),
            b'S' => {
                if let Some(value) = line.strip_prefix(b"Status:") {
                    self.is_installed = Some(is_installed(value));
                }
            }
            _ => {}
        }
    }

    fn is_complete(&self) -> bool {
        self.is_installed.is_some()
            && !self.version.is_empty()
            && !self.package.is_empty()
            && (!self.with_architecture || !self.architecture.is_empty())
    }

    fn finish(&mut self, each: &mut impl FnMut(Stanza<'_>)) {
        if let Some(is_installed) = self.is_installed
            && is_package_name(&self.package)
            && (!is_installed || !self.version.is_empty())
        {
            each(Stanza {
                package: &self.package,
                architecture: &self.architecture,
                version: &self.version,
                is_installed,
            });
        }
        self.package.clear();
        self.architecture.clear();
        self.version.clear();
        self.is_installed = None;
    }
}

fn copy_value(line: &[u8], field: &[u8], value: &mut String) {
    let Some(text) = line.strip_prefix(field).map(<[u8]>::trim_ascii) else {
        return;
    };
    value.clear();
    if text.len() <= VALUE_BYTES_MAX
        && let Ok(text) = std::str::from_utf8(text)
    {
        value.push_str(text);
    }
}

/// `want flag state`: a package on hold or marked for removal is installed all the same, one with only its configuration left
/// (`config-files`) or one that broke on its way (`half-installed`, `reinstreq`) is not.
fn is_installed(value: &[u8]) -> bool {
    let mut words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (_want, flag, state) = (words.next(), words.next(), words.next());
    flag == Some(b"ok") && matches!(state, Some(b"installed" | b"triggers-pending" | b"triggers-awaited"))
}

/// Debian Policy section 5.6.1, with the capitals and the underscore that other archives use.
pub(crate) fn is_package_name(name: &str) -> bool {
    name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> (Vec<(String, String, bool)>, End) {
        let mut found = Vec::new();
        let end = parse(text, 1 << 40, false, |stanza| {
            found.push((
                stanza.package.to_owned(),
                stanza.version.to_owned(),
                stanza.is_installed,
            ));
        });
        (found, end.unwrap())
    }

    fn stanza(name: &str, status: &str, version: &str) -> String {
        format!(
            "Package: {name}\nStatus: {status}\nPriority: optional\nMaintainer: A <a@b>\nArchitecture: amd64\n\
             Version: {version}\nDepends: libc6\nConffiles:\n /etc/x 0123\nDescription: text\n Version: 9.9\n .\n more\n\n"
        )
    }

    #[test]
    fn stanzas_are_read_with_their_state() {
        let text = stanza("hello", "install ok installed", "2.10-3")
            + &stanza("held", "hold ok installed", "1:1.0")
            + &stanza("leaving", "deinstall ok installed", "1")
            + &stanza("removed", "deinstall ok config-files", "1.0")
            + &stanza("broken", "install reinstreq half-installed", "1.0")
            + &stanza("waiting", "install ok triggers-awaited", "3")
            + "Package: never\nStatus: unknown ok not-installed\n\n";
        let (found, end) = read(text.as_bytes());
        let states: Vec<_> = found
            .iter()
            .map(|(name, version, on)| (name.as_str(), version.as_str(), *on))
            .collect();
        assert_eq!(
            states,
            [
                ("hello", "2.10-3", true),
                ("held", "1:1.0", true),
                ("leaving", "1", true),
                ("removed", "1.0", false),
                ("broken", "1.0", false),
                ("waiting", "3", true),
                ("never", "", false)
            ]
        );
        assert_eq!(end, End::Whole);
    }

    #[test]
    fn fields_may_come_in_any_order_and_the_last_stanza_without_an_empty_line() {
        let (found, end) = read(b"Version: 1\nStatus: install ok installed\nPackage: a\n\n\n\nPackage: b\nStatus: install ok installed\nVersion: 2\n");
        assert_eq!(
            found,
            [
                ("a".to_owned(), "1".to_owned(), true),
                ("b".to_owned(), "2".to_owned(), true)
            ]
        );
        assert_eq!(end, End::Whole);
    }

    #[test]
    fn a_cut_file_loses_the_cut_line_only() {
        let text = stanza("hello", "install ok installed", "2.10-3")
            + "Package: cut\nStatus: install ok installed\nVersion: 1.";
        let (found, end) = read(text.as_bytes());
        assert_eq!(found, [("hello".to_owned(), "2.10-3".to_owned(), true)]);
        assert_eq!(end, End::Truncated);
    }

    #[test]
    fn endless_lines_are_skipped_in_bounded_memory() {
        let head = "Package: a\nStatus: install ok installed\nVersion: 1\nDescription: ";
        let tail = format!("\n\n{}", stanza("b", "install ok installed", "2"));
        let long = io::repeat(b'x').take(100 << 20);
        let mut found = Vec::new();
        let input = head.as_bytes().chain(long).chain(tail.as_bytes());
        let end = parse(input, 1 << 40, false, |stanza| found.push(stanza.package.to_owned())).unwrap();
        assert_eq!((found, end), (vec!["a".to_owned(), "b".to_owned()], End::Whole));
        let end = parse(io::repeat(b'\n'), 1 << 20, false, |_| {}).unwrap();
        assert_eq!(end, End::TooLarge);
    }

    #[test]
    fn every_place_of_a_chunk_border_gives_the_same() {
        struct Slowly<'a>(&'a [u8], usize);
        impl Read for Slowly<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let count = self.1.min(buffer.len());
                self.0.read(&mut buffer[..count])
            }
        }
        let text = stanza("a", "install ok installed", "1") + &stanza("b", "install ok installed", "2");
        for step in 1..60 {
            let mut found = Vec::new();
            parse(Slowly(text.as_bytes(), step), 1 << 40, true, |stanza| {
                found.push(format!("{} {} {}", stanza.package, stanza.architecture, stanza.version));
            })
            .unwrap();
            assert_eq!(found, ["a amd64 1", "b amd64 2"], "{step} bytes at a time");
        }
    }

    #[test]
    fn hostile_names_are_not_packages() {
        for name in ["../../etc/passwd", "a/b", "a b", "\u{e9}", ""] {
            let (found, _) = read(stanza(name, "install ok installed", "1").as_bytes());
            assert!(found.is_empty(), "{name:?}");
        }
        let (found, _) = read(b"Package: a\xff\nStatus: install ok installed\nVersion: 1\n\n");
        assert!(found.is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes);
        }

        #[test]
        fn no_mixture_of_lines_panics(lines in proptest::collection::vec(
            "(Package: [a-z/]{0,3}|Version:.{0,4}|Status: install ok installed|Status:.{0,3}| .{0,3}|)\n", 0..20)) {
            read(lines.concat().as_bytes());
        }
    }
}
