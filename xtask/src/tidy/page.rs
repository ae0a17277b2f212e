//! The page: one file knows the window's library, and every error code has its sentence.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Fault, Source};

/// The library of the window, cut in two so that this file does not find itself.
const WINDOW_LIBRARY: (&str, &str) = ("@tauri-", "apps/");

/// Every error code, one a line; a test of the domain keeps it in step with the code.
const CODES: &str = "crates/domain/src/snapshots/scrip_domain__error__tests__error_codes.snap";

/// What the page says, by language; under `errors` a sentence for each code.
const SENTENCES: &str = "ui/src/i18n/";

pub(super) fn check(sources: &[Source]) -> Vec<Fault> {
    let mut faults = check_imports(sources);
    faults.extend(check_translations(sources));
    faults
}

fn check_imports(sources: &[Source]) -> Vec<Fault> {
    let name = [WINDOW_LIBRARY.0, WINDOW_LIBRARY.1].concat();
    let imports = |source: &&Source| {
        source.path.starts_with("ui/src/")
            && source.has_extension(&["ts", "svelte", "js"])
            && source.text.contains(&name)
    };
    let reason = "everything else of the page runs in a browser and in tests, without a window";
    let extra = sources.iter().filter(imports).skip(1);
    extra
        .map(|source| Fault::new(&source.path, format!("imports {name}, as another file does"), reason))
        .collect()
}

fn check_translations(sources: &[Source]) -> Vec<Fault> {
    let Some(snapshot) = sources.iter().find(|source| source.path == CODES) else {
        return vec![Fault::new(
            CODES,
            "is missing",
            "it is the list of codes that the page has sentences for",
        )];
    };
    // The list follows insta's header, which ends with a line of three dashes.
    let codes: BTreeSet<&str> = snapshot
        .text
        .rsplit("---\n")
        .next()
        .unwrap_or_default()
        .lines()
        .collect();
    let languages = sources
        .iter()
        .filter(|source| source.path.starts_with(SENTENCES) && source.has_extension(&["json"]));
    languages
        .flat_map(|language| check_language(language, &codes))
        .collect()
}

fn check_language(language: &Source, codes: &BTreeSet<&str>) -> Vec<Fault> {
    let sentences: Value = serde_json::from_str(&language.text).unwrap_or_default();
    let Some(sentences) = sentences["errors"].as_object() else {
        return vec![Fault::new(
            &language.path,
            "has no errors",
            "a failure is told in the person's language",
        )];
    };
    let written: BTreeSet<&str> = sentences.keys().map(String::as_str).collect();
    let missing = codes.difference(&written).map(|code| {
        Fault::new(
            &language.path,
            format!("has no sentence for {code}"),
            "a failure is told in the person's language",
        )
    });
    let unknown = written.difference(codes).map(|code| {
        Fault::new(
            &language.path,
            format!("has a sentence for {code}, which no code of ours is"),
            "it can never be shown",
        )
    });
    missing.chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::{CODES, check};

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn codes_and_sentences_match() {
        let codes = source(CODES, "---\nsource: x\n---\na.b\nc.d\n");
        let english = |text: &str| source("ui/src/i18n/en.json", text);
        assert!(check(&[codes.clone(), english(r#"{"errors": {"a.b": "A", "c.d": "C"}}"#)]).is_empty());
        assert_eq!(check(&[codes.clone(), english(r#"{"errors": {"a.b": "A"}}"#)]).len(), 1);
        assert_eq!(
            check(&[
                codes.clone(),
                english(r#"{"errors": {"a.b": "A", "c.d": "C", "e.f": "E"}}"#)
            ])
            .len(),
            1
        );
        assert_eq!(check(&[codes, english("{")]).len(), 1);
    }

    #[test]
    fn one_file_knows_the_window() {
        let codes = source(CODES, "---\nsource: x\n---\n");
        let import = [r#"import { invoke } from "@tauri-"#, r#"apps/api/core";"#].concat();
        let one = [codes.clone(), source("ui/src/lib/host/tauri.ts", &import)];
        assert!(check(&one).is_empty());
        let two = [
            codes,
            source("ui/src/lib/a.ts", &import),
            source("ui/src/lib/host/tauri.ts", &import),
        ];
        assert_eq!(check(&two).len(), 1);
    }
}
