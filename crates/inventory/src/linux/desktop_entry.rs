//! One desktop entry (Desktop Entry Specification 1.5): what it names and what it starts.

use memchr::memchr;

/// The largest file that is read; heavily translated ones have a hundred KiB.
pub(crate) const BYTES_MAX: u64 = 1 << 20;

/// What is wanted of an entry of type `Application`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of the specification, independent of the others"
)]
pub(crate) struct DesktopEntry {
    pub(crate) name: String,
    pub(crate) exec: Option<String>,
    pub(crate) try_exec: Option<String>,
    pub(crate) icon: Option<String>,
    pub(crate) working_dir: Option<String>,
    /// `X-AppImage-Version`. The key `Version` is the specification's version, not the program's.
    pub(crate) version: Option<String>,
    /// Deleted, says the specification: it is as if the file did not exist.
    pub(crate) is_hidden: bool,
    pub(crate) is_shown: bool,
    pub(crate) needs_terminal: bool,
    pub(crate) is_dbus_activatable: bool,
}

/// Reads an entry; `None` for what is not one, or not of an application. Translated names are passed over.
pub(crate) fn parse(bytes: &[u8]) -> Option<DesktopEntry> {
    if memchr(0, bytes).is_some() {
        return None;
    }
    let mut entry = DesktopEntry {
        is_shown: true,
        ..DesktopEntry::default()
    };
    let (mut in_group, mut is_application) = (false, false);
    for line in bytes.split(|byte| *byte == b'\n') {
        match line.first() {
            None | Some(b'#') => continue,
            Some(b'[') if in_group => break,
            Some(b'[') => {
                in_group = line.trim_ascii_end() == b"[Desktop Entry]";
                continue;
            }
            Some(_) if !in_group => continue,
            Some(_) => {}
        }
        let Some(equals) = memchr(b'=', line) else { continue };
        let (key, value) = (line[..equals].trim_ascii(), line[equals + 1..].trim_ascii());
        match key {
            b"Type" => is_application = value == b"Application",
            b"Name" => entry.name = unescape(&String::from_utf8_lossy(value)),
            b"Exec" => entry.exec = text(value),
            b"TryExec" => entry.try_exec = text(value),
            b"Icon" => entry.icon = text(value),
            b"Path" => entry.working_dir = text(value),
            b"X-AppImage-Version" => entry.version = text(value),
            b"Hidden" => entry.is_hidden = value == b"true",
            b"NoDisplay" => entry.is_shown = value != b"true",
            b"Terminal" => entry.needs_terminal = value == b"true",
            b"DBusActivatable" => entry.is_dbus_activatable = value == b"true",
            _ => {}
        }
    }
    // A hidden entry may hold nothing else: it only takes away the one of the same id further down the list.
    (is_application || entry.is_hidden).then_some(entry)
}

fn text(value: &[u8]) -> Option<String> {
    let text = unescape(std::str::from_utf8(value).ok()?);
    (!text.is_empty()).then_some(text)
}

/// Section "Possible value types": `\s`, `\n`, `\t`, `\r` and `\\`; any other escape stays as it is.
fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('s') => text.push(' '),
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('\\') | None => text.push('\\'),
            Some(other) => text.extend(['\\', other]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_group_is_read_and_translations_are_not() {
        let entry = parse(
            b"# comment\n\n[Desktop Entry]\nType=Application\nVersion=1.5\nName[de]=Rechner\nName = Calculator\\sPlus\n\
              Exec=calc \"a\\\\\\\\b\" %U\nTryExec=calc\nIcon=calc\nPath=/srv\nTerminal=true\nNoDisplay=true\nX-AppImage-Version=2.1\n\
              [Desktop Action New]\nName=Other\nExec=other\n",
        )
        .unwrap();
        assert_eq!(entry.name, "Calculator Plus");
        assert_eq!(entry.exec.as_deref(), Some("calc \"a\\\\b\" %U"));
        assert_eq!(
            (entry.try_exec.as_deref(), entry.icon.as_deref()),
            (Some("calc"), Some("calc"))
        );
        assert_eq!(
            (entry.working_dir.as_deref(), entry.version.as_deref()),
            (Some("/srv"), Some("2.1"))
        );
        assert!(entry.needs_terminal && !entry.is_shown && !entry.is_hidden);
    }

    #[test]
    fn what_is_no_application_is_refused() {
        assert_eq!(parse(b""), None);
        assert_eq!(parse(b"[Desktop Entry]\nType=Link\nName=x\n"), None);
        assert_eq!(parse(b"[Desktop Entry]\nType=Application\nName=x\0y\nExec=x\n"), None);
        assert_eq!(parse(b"Type=Application\nName=x\n"), None);
        assert!(parse(b"[Desktop Entry]\nHidden=true\n").unwrap().is_hidden);
    }

    #[test]
    fn text_that_is_not_unicode_spoils_only_its_own_key() {
        let entry =
            parse(b"[Desktop Entry]\nType=Application\nName=caf\xe9\nName[fr]=\xff\nExec=\xff\nIcon=ok\n").unwrap();
        assert_eq!(
            (entry.name.as_str(), entry.exec, entry.icon.as_deref()),
            ("caf\u{fffd}", None, Some("ok"))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            parse(&bytes);
            parse(&[b"[Desktop Entry]\n".as_slice(), &bytes].concat());
        }
    }
}
