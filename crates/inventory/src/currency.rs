//! Whether an installed version is as new as the catalog's, although the two were written in different worlds.

use scrip_domain::Version;

/// Marks that a packager adds to the upstream version after removing files from the source.
const REPACK_MARKS: [&str; 6] = ["+dfsg", "~dfsg", ".dfsg", "+ds", "~ds", "+repack"];

/// Whether `installed` is at least as new as `latest`.
///
/// A distribution's package carries an epoch and a packager's revision (`1:2.10-3+b1`) that the author's release (`2.10`)
/// does not have. It is as new when the author's part is, or when the whole version is. The whole versions are compared only
/// where the installed one has no epoch that the other lacks: an epoch would beat every release. The mark of a repacked
/// source (`~dfsg`) and a leading `v` do not count, so that no update is offered for ever.
pub fn is_current(installed: &Version, latest: &Version) -> bool {
    let (installed, latest) = (without_v(installed), without_v(latest));
    let comparable = has_epoch(&latest) || !has_epoch(&installed);
    (comparable && installed >= latest) || author_part(&installed) >= author_part(&latest)
}

fn without_v(version: &Version) -> Version {
    let text = version.as_str();
    match text.strip_prefix(['v', 'V']) {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => Version::new(rest),
        _ => version.clone(),
    }
}

fn has_epoch(version: &Version) -> bool {
    version
        .as_str()
        .split_once(':')
        .is_some_and(|(epoch, _)| epoch.bytes().all(|byte| byte.is_ascii_digit()))
}

fn author_part(version: &Version) -> Version {
    let upstream = version.upstream();
    let text = upstream.as_str();
    let end = REPACK_MARKS
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .unwrap_or(text.len());
    Version::new(&text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn current(installed: &str, latest: &str) -> bool {
        is_current(&Version::new(installed), &Version::new(latest))
    }

    #[test]
    fn versions_of_different_worlds_make_no_update_loop() {
        for (installed, latest) in [
            ("1:2.10-3+b1", "2.10"),
            ("2.10-3", "2.10-3"),
            ("2.10-2", "2.10-3"),
            ("2.11", "2.10-3"),
            ("5.2~dfsg-1", "5.2"),
            ("5.2+dfsg1-1", "5.2"),
            ("5.2.dfsg-1", "5.2"),
            ("1.0~ds2-1", "1.0"),
            ("2.10", "v2.10"),
            ("3.0", "1:2.0-1"),
            ("2:9.0-1", "2:9.0-1"),
            ("40.2-1.fc40", "40.2"),
            ("0:1.2-3.fc40", "1.2"),
        ] {
            assert!(
                current(installed, latest),
                "{installed} should count as new as {latest}"
            );
        }
    }

    #[test]
    fn an_older_program_is_older() {
        for (installed, latest) in [
            ("1:2.9-1", "2.10"),
            ("2.9", "2.10-1"),
            ("2.10~rc1-1", "2.10"),
            ("1:1.0-1", "2:1.1-1"),
            ("v1.0", "v1.1"),
        ] {
            assert!(
                !current(installed, latest),
                "{installed} should count as older than {latest}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_version_is_as_new_as_itself(text in "\\PC{0,20}") {
            prop_assert!(current(&text, &text));
        }
    }
}
