//! What publishers link: built small, and installed as any C library is.

mod layout;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::process::{cargo, show};

/// Builds the SDK and installs it below `prefix`.
pub(crate) fn install(places: &Places, prefix: Option<PathBuf>) -> Result<()> {
    let prefix = prefix.unwrap_or_else(|| places.target.join("sdk-prefix"));
    let prefix = std::path::absolute(&prefix).with_context(|| format!("finding {}", prefix.display()))?;
    show(cargo(places).args(["build", "--locked", "--profile", "sdk", "-p", "scrip-sdk-c"]))?;
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
