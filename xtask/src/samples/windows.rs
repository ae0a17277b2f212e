//! The sample's installer for Windows, built on Linux with mingw and NSIS.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::{NAME, Sample, VERSION};
use crate::places::Places;
use crate::process::{is_on_path, read};

const TARGET: &str = "x86_64-pc-windows-gnu";
const LINKER: &str = "x86_64-w64-mingw32-gcc";

/// Makes the installer in `out`, or says everything that is missing.
pub(super) fn package(places: &Places, sample: &Sample<'_>, out: &Path) -> Result<PathBuf> {
    let missing = missing();
    if !missing.is_empty() {
        bail!(
            "the Windows installer cannot be built here:\n  {}",
            missing.join("\n  ")
        );
    }
    let program = sample.build(places, Some(TARGET))?;
    let folder = places.root.join("samples").join(NAME).join("package");
    let file = out.join(format!("{NAME}-{VERSION}-x86_64-setup.exe"));
    let define = |name: &str, value: &Path| format!("-D{name}={}", value.display());
    let mut build = Command::new("makensis");
    build
        .args(["-V2", "-NOCD", &format!("-DVERSION={VERSION}")])
        .arg(define("PROGRAM", &program))
        .arg(define("LICENSE_FILE", &places.root.join("LICENSE-MIT")))
        .arg(define("OUT", &file));
    if sample.issuer.is_none() {
        build.arg(define("ISSUER", &folder.join("issuer")));
    }
    read(build.arg(folder.join(format!("{NAME}.nsi"))))?;
    Ok(file)
}

/// What is not installed, each with how to get it.
pub(super) fn missing() -> Vec<String> {
    let tools = [
        ("makensis", "nsis", "writes the installer"),
        (LINKER, "gcc-mingw-w64-x86-64", "links programs for Windows"),
    ];
    let tools = tools.into_iter().filter(|(program, ..)| !is_on_path(program));
    let mut missing: Vec<String> = tools
        .map(|(program, package, why)| format!("{program}, which {why}: apt-get install {package}"))
        .collect();
    if !has_standard_library() {
        missing.push(format!(
            "Rust's standard library for {TARGET}: rustup target add {TARGET}"
        ));
    }
    missing
}

/// Whether the compiler that cargo calls, with the flags that it gives it for this target, finds the library.
fn has_standard_library() -> bool {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let flags = std::env::var("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS").unwrap_or_default();
    let mut ask = Command::new(compiler);
    ask.args(flags.split_whitespace())
        .args(["--print", "target-libdir", "--target", TARGET]);
    let Ok(folder) = read(&mut ask) else { return false };
    let Ok(entries) = std::fs::read_dir(folder.trim()) else {
        return false;
    };
    entries
        .filter_map(Result::ok)
        .any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}
