//! What publishers link: built small, and installed as any C library is.

mod layout;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::process::{cargo, show};

/// A program verifies a few signatures in its life: the plain code for it is enough, and half as large as what
/// unrolls loops and knows every processor.
const SMALL: [&str; 3] = [
    "--cfg curve25519_dalek_backend=\"serial\"",
    "--cfg sha2_backend=\"soft\"",
    "--cfg sha2_backend_soft=\"compact\"",
];

/// Builds the programs whose size and memory `bench` measures, as publishers link the SDK.
pub(crate) fn build_footprint(places: &Places) -> Result<()> {
    let examples = ["--example", "footprint", "--example", "bare"];
    show(
        cargo(places)
            .args(["build", "--locked", "--profile", "sdk", "-p", "scrip-sdk"])
            .args(examples)
            .env("RUSTFLAGS", SMALL.join(" ")),
    )
}

/// Builds the SDK and installs it below `prefix`.
pub(crate) fn install(places: &Places, prefix: Option<PathBuf>) -> Result<()> {
    let prefix = prefix.unwrap_or_else(|| places.target.join("sdk-prefix"));
    let prefix = std::path::absolute(&prefix).with_context(|| format!("finding {}", prefix.display()))?;
    let libraries = ["--crate-type", "cdylib,staticlib"];
    show(
        cargo(places)
            .args(["rustc", "--locked", "--profile", "sdk", "-p", "scrip-sdk-c"])
            .args(libraries)
            .env("RUSTFLAGS", SMALL.join(" ")),
    )?;
    let installed = layout::install(&places.root, &places.target.join("sdk"), &prefix)
        .with_context(|| format!("installing below {}", prefix.display()))?;
    for file in installed {
        println!("    {} ({} bytes)", file.path.display(), file.bytes);
    }
    println!(
        "\nC:      cc program.c $(PKG_CONFIG_PATH={0}/lib/pkgconfig pkg-config --cflags --libs scrip)",
        prefix.display()
    );
    println!("Python: PYTHONPATH={0}/lib/scrip/python", prefix.display());
    Ok(())
}
