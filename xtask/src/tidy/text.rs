//! What stands in the files: their length, words that are never left behind, lints that are never silenced.

use super::{Fault, Source};

/// Lines that a file of code may have.
const LINES_MAX: usize = 500;

/// Words that may not stand in code. Each is cut in two here, so that this list does not find itself.
const FORBIDDEN: [(&str, &str, &str); 9] = [
    ("todo", "!(", "what is on main works"),
    ("unimplemented", "!(", "what is on main works"),
    ("FIX", "ME", "what is on main works; what is missing stands in an issue"),
    ("TO", "DO:", "what is on main works; what is missing stands in an issue"),
    ("coming", " soon", "the page shows what there is"),
    ("#[", "ignore", "a test that does not run proves nothing"),
    (
        "#[",
        "allow(",
        "`#[expect(lint, reason = \"…\")]` says why, and complains when it is no longer needed",
    ),
    ("describe", ".only(", "it keeps every other test from running"),
    ("test", ".skip(", "a test that does not run proves nothing"),
];

/// Ways to wait that tests may not use, but for the pause between two looks at a condition.
const SLEEPS: [(&str, &str); 2] = [("thread::", "sleep("), ("time::", "sleep(")];

/// The longest pause between two looks, in milliseconds.
const PAUSE_MILLIS_MAX: u32 = 50;

pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let code = |source: &&Source| source.has_extension(&["rs", "ts", "svelte", "mjs", "js", "css", "sh", "toml"]);
    sources
        .iter()
        .filter(code)
        .filter(|source| !source.is_generated())
        .flat_map(check_file)
        .collect()
}

fn check_file(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    let lines = source.text.lines().count();
    if source.has_extension(&["rs", "ts", "svelte"]) && lines > LINES_MAX {
        let what = format!("has {lines} lines, {LINES_MAX} are allowed");
        faults.push(Fault::new(
            &source.path,
            what,
            "a file that nobody can hold in mind is split by its nouns",
        ));
    }
    for (number, line) in source.text.lines().enumerate() {
        let place = || format!("{}:{}", source.path, number + 1);
        for (begin, end, reason) in FORBIDDEN {
            if contains_both(line, begin, end) {
                faults.push(Fault::new(place(), format!("{begin}{end}"), reason));
            }
        }
        let sleeps = SLEEPS.iter().any(|(begin, end)| contains_both(line, begin, end)) && !is_pause_of_poll(line);
        if sleeps && tests_begin_before(source, number) {
            faults.push(Fault::new(
                place(),
                "sleeps",
                "a test polls a condition: a sleep is too short or too long",
            ));
        }
    }
    faults
}

fn contains_both(line: &str, begin: &str, end: &str) -> bool {
    line.match_indices(begin)
        .any(|(at, _)| line[at + begin.len()..].starts_with(end))
}

/// Whether the line sleeps for so short a time that only a loop around it can be waiting for something.
fn is_pause_of_poll(line: &str) -> bool {
    let millis = line.split_once("from_millis(").map(|(_, rest)| rest);
    millis
        .and_then(|rest| rest.split_once(')')?.0.parse().ok())
        .is_some_and(|millis: u32| millis <= PAUSE_MILLIS_MAX)
}

/// Whether the line stands in a test: in a file of tests, or behind `#[cfg(test)]`.
fn tests_begin_before(source: &Source, number: usize) -> bool {
    source.is_test()
        || source
            .text
            .lines()
            .take(number)
            .any(|line| line.trim() == "#[cfg(test)]")
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::check;

    fn faults_in(path: &str, text: &str) -> usize {
        check(&[Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }])
        .len()
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(faults_in("crates/a/src/lib.rs", &"\n".repeat(500)), 0);
        assert_eq!(faults_in("crates/a/src/lib.rs", &"\n".repeat(501)), 1);
        let generated = format!(
            "// This file is generated: do not edit it by hand.\n{}",
            "\n".repeat(900)
        );
        assert_eq!(faults_in("ui/src/bindings.ts", &generated), 0);
    }

    #[test]
    fn words_left_behind_are_found() {
        assert_eq!(
            faults_in("crates/a/src/lib.rs", &["fn f() { todo", "!() }"].concat()),
            1
        );
        assert_eq!(
            faults_in("crates/a/src/lib.rs", &["#[", "ignore = \"slow\"]"].concat()),
            1
        );
        assert_eq!(
            faults_in("README.md", &["FIX", "ME"].concat()),
            0,
            "prose may say what the rule is"
        );
    }

    #[test]
    fn only_tests_may_not_sleep() {
        let line = ["std::thread::", "sleep(pause);"].concat();
        assert_eq!(faults_in("crates/a/src/watch.rs", &line), 0);
        assert_eq!(
            faults_in(
                "crates/a/src/watch.rs",
                &format!("#[cfg(test)]\nmod tests {{ {line} }}")
            ),
            1
        );
        assert_eq!(faults_in("crates/a/tests/watch.rs", &line), 1);
        let pause = ["std::thread::", "sleep(Duration::from_millis(50));"].concat();
        assert_eq!(faults_in("crates/a/tests/watch.rs", &pause), 0, "between two looks");
        let wait = ["std::thread::", "sleep(Duration::from_millis(51));"].concat();
        assert_eq!(faults_in("crates/a/tests/watch.rs", &wait), 1);
    }
}
