//! What the manifests say: who depends on whom, and that every crate is described and linted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Fault;
use crate::places::Places;
use crate::process::{cargo, read};

/// A crate of the workspace.
#[derive(Clone, Debug)]
pub(super) struct Crate {
    /// Its name without `scrip-`.
    pub(super) name: String,
    pub(super) description: String,
    pub(super) manifest: PathBuf,
    pub(super) dependencies: Vec<Dependency>,
    /// The root file of each of its targets.
    roots: Vec<PathBuf>,
}

/// One line of a crate's dependencies.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    /// The package's full name.
    pub(super) name: String,
    /// Whether only tests, examples and benchmarks use it.
    pub(super) is_dev: bool,
    pub(super) features: Vec<String>,
}

/// Asks cargo for the crates of the workspace; needs no network.
pub(super) fn read_crates(root: &Path) -> Result<Vec<Crate>> {
    let places = Places {
        root: root.to_path_buf(),
        ..Places::find()?
    };
    let text = read(cargo(&places).args(["metadata", "--no-deps", "--format-version", "1", "--offline"]))?;
    let metadata: Value = serde_json::from_str(&text).context("reading what cargo metadata says")?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    packages
        .iter()
        .map(|package| crate_of(package).context("reading a package of cargo metadata"))
        .collect()
}

/// Every crate says what it is, inherits the workspace's lints, and explains itself in its first line.
pub(super) fn check(crates: &[Crate]) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for krate in crates {
        if krate.description.len() < 20 {
            faults.push(Fault::new(
                &krate.name,
                "has no description",
                "a newcomer reads the list of crates first",
            ));
        }
        let manifest =
            fs::read_to_string(&krate.manifest).with_context(|| format!("reading {}", krate.manifest.display()))?;
        if !manifest.contains("[lints]\nworkspace = true") && !lints_itself(krate, &manifest) {
            let what = "does not inherit the workspace's lints";
            faults.push(Fault::new(
                &krate.name,
                what,
                "a rule that one crate escapes is no rule",
            ));
        }
        for file in &krate.roots {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            if !text
                .trim_start_matches("#!/usr/bin/env")
                .trim_start()
                .starts_with("//!")
            {
                let what = format!("{} does not begin with `//!`", file.display());
                faults.push(Fault::new(
                    &krate.name,
                    what,
                    "the first lines of a crate say what it is for",
                ));
            }
        }
    }
    Ok(faults)
}

/// The borders to C hold pointers, which the workspace forbids: they say their lints themselves, as strictly otherwise.
fn lints_itself(krate: &Crate, manifest: &str) -> bool {
    let strict = [
        "unsafe_op_in_unsafe_fn = \"deny\"",
        "undocumented_unsafe_blocks",
        "pedantic",
        "unwrap_used",
    ];
    ["sdk-c", "wal"].contains(&krate.name.as_str()) && strict.iter().all(|lint| manifest.contains(lint))
}

fn crate_of(package: &Value) -> Result<Crate> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let name = text(&package["name"]).context("a package has no name")?;
    let dependencies = package["dependencies"]
        .as_array()
        .context("a package has no dependencies")?;
    let targets = package["targets"].as_array().context("a package has no targets")?;
    Ok(Crate {
        name: name.strip_prefix("scrip-").unwrap_or(&name).to_owned(),
        description: text(&package["description"]).unwrap_or_default(),
        manifest: text(&package["manifest_path"])
            .context("a package has no manifest")?
            .into(),
        dependencies: dependencies
            .iter()
            .map(|dependency| Dependency {
                name: text(&dependency["name"]).unwrap_or_default(),
                is_dev: dependency["kind"] == "dev",
                features: dependency["features"]
                    .as_array()
                    .map_or_else(Vec::new, |all| all.iter().filter_map(text).collect()),
            })
            .collect(),
        roots: targets
            .iter()
            .filter_map(|target| text(&target["src_path"]))
            .map(PathBuf::from)
            .collect(),
    })
}

#[cfg(test)]
impl Crate {
    /// A crate that exists only in a test.
    pub(super) fn for_test(name: &str, dependencies: Vec<Dependency>) -> Self {
        Self {
            name: name.to_owned(),
            description: String::new(),
            manifest: PathBuf::new(),
            dependencies,
            roots: Vec::new(),
        }
    }
}
