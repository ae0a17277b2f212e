use std::path::{Path, PathBuf};

/// Prices for every product of a test.
pub const PRICES: &str = r#"
[default]
purchase = 100
[[default.rental]]
id = "week"
price = 30
duration = "7d"
credit_permille = 500
[[default.rental]]
id = "ten"
price = 10
uses = 10
credit_permille = 1000
"#;

/// A program as a catalog describes it.
pub struct Listing<'l> {
    /// Its component id.
    pub id: &'l str,
    /// Its name.
    pub name: &'l str,
    /// The package that installs it, where one does.
    pub package: Option<&'l str>,
    /// The program that it puts on the search path.
    pub binary: &'l str,
}

impl Listing<'_> {
    /// Writes the listing as a metainfo file into `folder`.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let package = self
            .package
            .map(|name| format!("<pkgname>{name}</pkgname>"))
            .unwrap_or_default();
        let text = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<component type="console-application">
  <id>{id}</id>
  <name>{name}</name>
  <summary>A program of the whole-system tests</summary>
  <metadata_license>CC0-1.0</metadata_license>
  <project_license>GPL-3.0-or-later</project_license>
  <description><p>Something real to install.</p></description>
  <categories><category>Utility</category></categories>
  {package}
  <provides><binary>{binary}</binary></provides>
</component>
"#,
            id = self.id,
            name = self.name,
            binary = self.binary,
        );
        let path = folder.join(format!("{}.metainfo.xml", self.id));
        std::fs::write(&path, text).expect("the listing is written");
        path
    }
}

/// A gzip-compressed tar archive with one program `bin/NAME` and `padding` bytes that do not compress.
pub fn tar_with_program(folder: &Path, name: &str, version: &str, padding: usize) -> PathBuf {
    let path = folder.join(format!("{name}-{version}.tar.gz"));
    let file = std::fs::File::create(&path).expect("an archive");
    let level = flate2::Compression::none();
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(file, level));
    let script = format!("#!/bin/sh\necho {name} {version}\n");
    append(
        &mut archive,
        &format!("{name}-{version}/bin/{name}"),
        0o755,
        script.as_bytes(),
    );
    // A linear congruential sequence: the same bytes in every run.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    })
    .take(padding)
    .collect();
    append(
        &mut archive,
        &format!("{name}-{version}/share/{name}/data"),
        0o644,
        &noise,
    );
    archive
        .into_inner()
        .and_then(flate2::write::GzEncoder::finish)
        .expect("the archive is written");
    path
}

fn append<W: std::io::Write>(archive: &mut tar::Builder<W>, path: &str, mode: u32, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    archive.append_data(&mut header, path, content).expect("an entry");
}
