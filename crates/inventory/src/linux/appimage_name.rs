//! What the file name of an AppImage tells: `NAME-VERSION-ARCH.AppImage` by the AppImage documentation's convention.

const ENDING: &str = ".appimage";
const ARCHITECTURES: [&str; 12] = [
    "x86_64", "x86-64", "amd64", "x64", "i686", "i386", "aarch64", "arm64", "armhf", "armv7l", "x86", "linux",
];

/// Whether the name has the usual ending.
pub(crate) fn has_ending(name: &str) -> bool {
    name.len() > ENDING.len() && name.as_bytes()[name.len() - ENDING.len()..].eq_ignore_ascii_case(ENDING.as_bytes())
}

/// The program's name, and its version where the name holds one.
pub(crate) fn parse(file_name: &str) -> (&str, Option<&str>) {
    let mut rest = if has_ending(file_name) {
        &file_name[..file_name.len() - ENDING.len()]
    } else {
        file_name
    };
    while let Some(shorter) = without_architecture(rest) {
        rest = shorter;
    }
    let versions = rest
        .match_indices(['-', '_', ' '])
        .filter(|(at, _)| *at > 0 && is_version(&rest[at + 1..]));
    match versions.into_iter().next() {
        Some((at, _)) => (&rest[..at], Some(rest[at + 1..].trim_start_matches(['v', 'V']))),
        None => (rest, None),
    }
}

fn without_architecture(text: &str) -> Option<&str> {
    ARCHITECTURES.iter().find_map(|architecture| {
        let start = text
            .len()
            .checked_sub(architecture.len() + 1)
            .filter(|start| *start > 0)?;
        let end = text.as_bytes().get(start + 1..)?;
        let separated = matches!(text.as_bytes()[start], b'-' | b'_' | b'.' | b' ');
        (separated && end.eq_ignore_ascii_case(architecture.as_bytes())).then(|| &text[..start])
    })
}

/// A version begins with a digit, behind a `v` at most, and has no letters but after its numbers.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    text.starts_with(|c: char| c.is_ascii_digit()) && (text.contains('.') || text.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_versions_are_told_apart() {
        for (file, name, version) in [
            ("krita-5.2.2-x86_64.appimage", "krita", Some("5.2.2")),
            ("Obsidian-1.5.8.AppImage", "Obsidian", Some("1.5.8")),
            ("Logseq-linux-x64-0.10.9.AppImage", "Logseq-linux-x64", Some("0.10.9")),
            ("nvim.appimage", "nvim", None),
            ("nvim-linux-x86_64.appimage", "nvim", None),
            ("Cool_App-v2.0-beta1-aarch64.AppImage", "Cool_App", Some("2.0-beta1")),
            ("audacity-linux-3.4.2-x64.AppImage", "audacity-linux", Some("3.4.2")),
            ("balenaEtcher-20231201.AppImage", "balenaEtcher", Some("20231201")),
            ("h2-tool.AppImage", "h2-tool", None),
            ("tool", "tool", None),
            ("-1.0.AppImage", "-1.0", None),
        ] {
            assert_eq!(parse(file), (name, version), "{file}");
        }
    }

    proptest! {
        #[test]
        fn no_name_panics(name in "\\PC{0,12}(-|_|v|1|\\.|x86_64|.AppImage){0,4}") {
            parse(&name);
        }
    }
}
