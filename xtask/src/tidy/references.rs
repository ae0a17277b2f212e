//! What texts for people point at: the tests that the threat model names are there.

use super::{Fault, Source};

/// The text whose claims each name a test.
const THREATS: &str = "SECURITY.md";

pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let Some(threats) = sources.iter().find(|source| source.path == THREATS) else {
        return Vec::new();
    };
    let missing = |(path, name): &(&str, &str)| {
        let function = format!("fn {name}(");
        !sources
            .iter()
            .any(|source| source.path == *path && source.text.contains(&function))
    };
    references(&threats.text)
        .filter(missing)
        .map(|(path, name)| {
            let what = format!("names the test {path}#{name}, which is not there");
            Fault::new(THREATS, what, "a protection that no test shows is a hope")
        })
        .collect()
}

/// Every `path/to/file.rs#test` between backquotes.
fn references(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| quoted.split_once('#'))
        .filter(|(path, _)| {
            std::path::Path::new(path)
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_gone_is_missed() {
        let source = |path: &str, text: &str| Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let threats = source(THREATS, "| x | `a/b.rs#holds` and `a/b.rs#gone` | `not#code` |");
        let faults = check(&[threats, source("a/b.rs", "fn holds() {}")]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].what.contains("#gone"), "{}", faults[0].what);
    }
}
