//! The pages' routes, as the source lists them: a router cannot be asked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// `GET /account/orders` and its like, of all files in a folder of the server's source.
pub(super) fn listed(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut routes = BTreeSet::new();
    for file in sources(&folder) {
        let source = std::fs::read_to_string(&file).unwrap();
        // Unit tests stand below.
        let source = source.split("#[cfg(test)]").next().unwrap();
        for call in source.split(".route(").skip(1) {
            read_route(call, source, &mut routes);
        }
    }
    routes
}

/// Reads `"/path", get(one).post(other))…`, where the path may be the name of a constant of the file.
fn read_route(call: &str, source: &str, routes: &mut BTreeSet<String>) {
    let call = call.trim_start();
    let (written, rest) = call.split_once(',').unwrap();
    if written == "everything_else" || !rest.contains('(') {
        return;
    }
    let path = match written.strip_prefix('"') {
        Some(path) => path.trim_end_matches('"'),
        None => constant(source, written),
    };
    let mut depth = 1;
    let end = call.find(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        depth == 0
    });
    let methods = &call[written.len()..end.unwrap_or(call.len())];
    for (word, method) in [
        ("get(", "GET"),
        ("post(", "POST"),
        ("put(", "PUT"),
        ("delete(", "DELETE"),
    ] {
        let named = methods.match_indices(word);
        let before = |at: usize| methods[..at].chars().next_back();
        // Not the end of another word.
        if named
            .into_iter()
            .any(|(at, _)| before(at).is_none_or(|letter| !letter.is_alphanumeric() && letter != '_'))
        {
            routes.insert(format!("{method} {path}"));
        }
    }
}

/// The text that a constant holds.
fn constant<'s>(source: &'s str, name: &str) -> &'s str {
    let mark = format!("const {name}: &str = \"");
    let (_, rest) = source
        .split_once(&mark)
        .unwrap_or_else(|| panic!("the constant {name} is not in the file of its route"));
    rest.split('"').next().unwrap()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}
