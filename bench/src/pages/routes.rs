//! Which pages there are, read from the server's code: so a page that is added and not measured is noticed.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

/// A path of the router, such as `/console/users/{user}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Route(String);

impl Route {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a path of the server is this route's.
    fn fits(&self, path: &str) -> bool {
        let (mine, theirs): (Vec<_>, Vec<_>) = (self.0.split('/').collect(), path.split('/').collect());
        mine.len() == theirs.len()
            && mine
                .iter()
                .zip(theirs)
                .all(|(mine, part)| mine.starts_with('{') || *mine == part)
    }

    /// How many of its parts stand for anything.
    fn open_parts(&self) -> usize {
        self.0.matches('{').count()
    }
}

/// Every page under `/console` and `/account` that is asked for by GET.
pub(super) fn pages(sources: &Path) -> Result<BTreeSet<Route>> {
    let mut routes = BTreeSet::new();
    for realm in ["console", "account"] {
        read_folder(&sources.join(realm), &mut routes)?;
    }
    Ok(routes)
}

/// The route of a path: the one with the fewest parts that stand for anything.
pub(super) fn route_of<'r>(routes: &'r BTreeSet<Route>, path: &str) -> Option<&'r Route> {
    routes
        .iter()
        .filter(|route| route.fits(path))
        .min_by_key(|route| route.open_parts())
}

fn read_folder(folder: &Path, routes: &mut BTreeSet<Route>) -> Result<()> {
    let shown = folder.display();
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {shown}"))? {
        let path = entry.with_context(|| format!("listing {shown}"))?.path();
        if path.is_dir() {
            read_folder(&path, routes)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            read_routes(&text, routes);
        }
    }
    Ok(())
}

/// Adds the routes of one file: `.route("/path", get(…))`, or with a constant in the path's place.
fn read_routes(text: &str, routes: &mut BTreeSet<Route>) {
    for call in text.split(".route(").skip(1) {
        let call = &call[..end_of_call(call)];
        let Some((path, methods)) = call.split_once(',') else {
            continue;
        };
        let path = path.trim();
        let path = match path.strip_prefix('"') {
            Some(literal) => Some(literal.trim_end_matches('"')),
            None => constant(text, path),
        };
        let is_asked = methods.trim_start().starts_with("get(") || methods.contains(".get(");
        if let Some(path) = path.filter(|_| is_asked) {
            routes.insert(Route(path.to_owned()));
        }
    }
}

/// Where the parenthesis closes that was open before `text`.
fn end_of_call(text: &str) -> usize {
    let mut depth = 1;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The text of `const NAME: &str = "…";`.
fn constant<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("const {name}: &str = \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_from_code() {
        let mut routes = BTreeSet::new();
        let text = "const PATH: &str = \"/console/users\";\n Router::new().route(PATH, get(list).post(open))\
                    .route(\"/console/users/{user}\", get(show)).route(\"/console/users/{user}/code\", post(code))\
                    .route(\"/console/users/new\", get(new))";
        read_routes(text, &mut routes);
        let found: Vec<_> = routes.iter().map(Route::as_str).collect();
        assert_eq!(found, ["/console/users", "/console/users/new", "/console/users/{user}"]);
        let name = |path| route_of(&routes, path).map(Route::as_str);
        assert_eq!(name("/console/users/7"), Some("/console/users/{user}"));
        assert_eq!(name("/console/users/new"), Some("/console/users/new"));
        assert_eq!(name("/console/other"), None);
    }

    #[test]
    fn the_server_has_the_pages_that_it_has() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/server/src");
        let routes = pages(&sources).unwrap();
        for known in [
            "/console",
            "/console/users/{user}",
            "/account/wallet",
            "/console/books/files/{file}",
        ] {
            assert!(routes.contains(&Route(known.to_owned())), "{known}");
        }
    }
}
