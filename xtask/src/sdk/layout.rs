//! Where each part of the SDK goes below a prefix. The SDK's own tests install with this too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The shared library's name, with the number that changes when programs must be linked anew.
const SHARED: &str = "libscrip.so.0";

/// A file that was installed.
pub(crate) struct Installed {
    pub(crate) path: PathBuf,
    /// Its size.
    pub(crate) bytes: u64,
}

/// Installs the header, the libraries that cargo left in `built`, the pkg-config file and the Python package.
pub(crate) fn install(root: &Path, built: &Path, prefix: &Path) -> io::Result<Vec<Installed>> {
    let sdk = root.join("crates/sdk");
    let lib = prefix.join("lib");
    let mut files = vec![
        (sdk.join("include/scrip.h"), prefix.join("include/scrip.h")),
        (built.join("libscrip.so"), lib.join(SHARED)),
        (built.join("libscrip.a"), lib.join("libscrip.a")),
    ];
    let python = lib.join("scrip/python");
    for name in [
        "pyproject.toml",
        "scrip_sdk/__init__.py",
        "scrip_sdk/_library.py",
        "scrip_sdk/py.typed",
    ] {
        files.push((sdk.join("python").join(name), python.join(name)));
    }
    let mut installed = Vec::new();
    for (from, to) in files {
        make_room(&to)?;
        let bytes = fs::copy(from, &to)?;
        installed.push(Installed { path: to, bytes });
    }
    link(SHARED, &lib.join("libscrip.so"))?;
    let path = lib.join("pkgconfig/scrip.pc");
    make_room(&path)?;
    let text = pkg_config(prefix, &version(root)?);
    fs::write(&path, &text)?;
    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
    installed.push(Installed { path, bytes });
    Ok(installed)
}

fn pkg_config(prefix: &Path, version: &str) -> String {
    format!(
        "prefix={}\nlibdir=${{prefix}}/lib\nincludedir=${{prefix}}/include\n\nName: scrip\n\
         Description: May this program run here, and how much is left of it\nVersion: {version}\n\
         Cflags: -I${{includedir}}\nLibs: -L${{libdir}} -lscrip\nLibs.private: -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc\n",
        prefix.display()
    )
}

/// The version of the workspace, from its manifest.
fn version(root: &Path) -> io::Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
    let (_, rest) = manifest.split_once("[workspace.package]").unwrap_or_default();
    let version = rest.lines().find_map(|line| line.strip_prefix("version = "));
    Ok(version.unwrap_or("0").trim_matches('"').to_owned())
}

/// Makes the folder of `path`, and removes what is there: a library in use is never written into.
fn make_room(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn link(target: &str, path: &Path) -> io::Result<()> {
    make_room(path)?;
    std::os::unix::fs::symlink(target, path)
}
