//! The samples as a customer gets them: a Debian package, an archive for one person's own folder, a Windows installer.

mod linux;
mod windows;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::places::Places;
use crate::process::{cargo, show};

/// The sample, as cargo, the packages and the terminal call it.
pub(crate) const NAME: &str = "contact-sheet";
/// Its product in the store.
pub(crate) const PRODUCT: &str = "org.example.ContactSheet";
/// The version of every crate, and so of the sample.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How the samples are packaged.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// The vendor whose licenses count, urn:scrip:vendor:…; compiled in. Without it the program reads a file that its
    /// package installs, which is only for demonstration
    #[arg(long, value_name = "URN")]
    issuer: Option<String>,
    /// Where to put the packages; without it below the folder in which cargo builds
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Without optimisation: sooner built, larger and slower
    #[arg(long)]
    quick: bool,
    /// The Windows installer too; says what is missing where it cannot be built
    #[arg(long)]
    windows: bool,
}

/// A sample built for one vendor, or for none.
#[derive(Debug)]
pub(crate) struct Sample<'s> {
    /// The vendor that is compiled in.
    pub(crate) issuer: Option<&'s str>,
    /// With optimisation.
    pub(crate) release: bool,
}

/// Builds and packages the samples.
pub(crate) fn package(places: &Places, options: &Options) -> Result<()> {
    let out = options.out.clone().unwrap_or_else(|| places.target.join("samples"));
    let out = std::path::absolute(&out).with_context(|| format!("finding {}", out.display()))?;
    let sample = Sample {
        issuer: options.issuer.as_deref(),
        release: !options.quick,
    };
    let mut files = sample.package(places, &out)?;
    if options.windows {
        files.push(windows::package(places, &sample, &out)?);
    }
    for file in files {
        let size = fs::metadata(&file)
            .with_context(|| format!("measuring {}", file.display()))?
            .len();
        println!("    {} ({size} bytes)", file.display());
    }
    Ok(())
}

impl Sample<'_> {
    /// Builds the sample and its packages for Linux into the folder `out`; answers the packages.
    pub(crate) fn package(&self, places: &Places, out: &std::path::Path) -> Result<Vec<PathBuf>> {
        self.require_issuer()?;
        let program = self.build(places, None)?;
        fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
        linux::package(places, self, &program, out)
    }

    /// Builds the Windows installer into the folder `out`; answers what this machine lacks for that.
    pub(crate) fn package_for_windows(
        &self,
        places: &Places,
        out: &std::path::Path,
    ) -> Result<std::result::Result<PathBuf, Vec<String>>> {
        let missing = windows::missing();
        if !missing.is_empty() {
            return Ok(Err(missing));
        }
        windows::package(places, self, out).map(Ok)
    }

    /// Builds the program, for this machine or for `target`; answers where it is. Only its own crate is built with other
    /// flags, so that what the rest of the workspace has built is used.
    fn build(&self, places: &Places, target: Option<&str>) -> Result<PathBuf> {
        let mut command = cargo(places);
        command.args(["rustc", "--locked", "-p", NAME, "--bin", NAME]);
        let mut folder = places.target.clone();
        if let Some(target) = target {
            command.args(["--target", target]);
            folder.push(target);
        }
        if self.release {
            command.arg("--release");
        }
        command.args(["--", "-C", "strip=symbols"]);
        match self.issuer {
            Some(issuer) => command.env("SCRIP_ISSUER", issuer),
            None => command.env_remove("SCRIP_ISSUER"),
        };
        show(&mut command)?;
        let ending = if target.is_some_and(|target| target.contains("windows")) {
            ".exe"
        } else {
            ""
        };
        folder.push(if self.release { "release" } else { "debug" });
        Ok(folder.join(format!("{NAME}{ending}")))
    }

    fn require_issuer(&self) -> Result<()> {
        if let Some(issuer) = self.issuer
            && !issuer.starts_with("urn:scrip:vendor:")
        {
            bail!("{issuer} is no vendor: urn:scrip:vendor: and the root key's thumbprint are expected");
        }
        Ok(())
    }
}
