//! Flatpak applications, of the system's and of the person's installation (flatpak(5), "File layout").

use std::path::Path;

use quick_xml::events::Event;
use quick_xml::{Reader, XmlVersion};
use scrip_domain::Version;

use super::deploy::{self, Facts};
use super::files::is_file_name;
use crate::inventory::Findings;
use crate::watch::Watch;
use crate::{Error, Launch, Program, Roots, Source};

/// The largest metainfo file that is read.
const METAINFO_BYTES_MAX: u64 = 4 << 20;

/// Reads the applications; runtimes are not programs.
pub(crate) fn scan(roots: &Roots, watch: &mut Watch) -> Findings {
    let mut findings = Findings::default();
    let own = roots.data_home.as_ref().map(|dir| dir.join("flatpak"));
    for installation in own.into_iter().chain([roots.system.join("var/lib/flatpak")]) {
        if let Err(error) = read_installation(&installation, watch, &mut findings) {
            findings.warn(Source::Flatpak, &error);
        }
    }
    findings
}

fn read_installation(dir: &Path, watch: &mut Watch, findings: &mut Findings) -> Result<(), Error> {
    for entry in watch.list(&dir.join("app"))? {
        let Some(id) = entry.name.to_str().filter(|id| is_file_name(id)) else {
            continue;
        };
        // `current` links to the chosen architecture and branch, `active` to the commit that is deployed.
        let deployment = entry.path.join("current/active");
        if !watch.stat(&deployment).is_some_and(|metadata| metadata.is_dir())
            || watch.stat(&deployment.join("metadata")).is_none()
        {
            continue;
        }
        let facts = match facts(&deployment, id, watch) {
            Ok(facts) => facts,
            Err(error) => {
                findings.warn(Source::Flatpak, &error);
                Facts::default()
            }
        };
        findings.programs.push(Program {
            name: facts.name.unwrap_or_else(|| id.to_owned()),
            version: facts.version.as_deref().map(Version::new),
            source: Source::Flatpak,
            id: id.to_owned(),
            location: Some(deployment),
            launch: Some(Launch::DesktopEntry {
                id: format!("{id}.desktop"),
            }),
        });
    }
    Ok(())
}

/// The deployment's own record, then the application's metainfo.
fn facts(deployment: &Path, id: &str, watch: &mut Watch) -> Result<Facts, Error> {
    let recorded = watch.read(&deployment.join("deploy"), deploy::BYTES_MAX)?;
    let mut facts = recorded.and_then(|bytes| deploy::parse(&bytes)).unwrap_or_default();
    for (folder, ending) in [("metainfo", "metainfo"), ("appdata", "appdata")] {
        if facts.version.is_some() {
            break;
        }
        for share in ["export/share", "files/share"] {
            let path = deployment.join(share).join(folder).join(format!("{id}.{ending}.xml"));
            if let Some(bytes) = watch.read(&path, METAINFO_BYTES_MAX)? {
                facts.version = newest_release(&bytes);
                break;
            }
        }
    }
    Ok(facts)
}

/// The version of the first release, which is the newest (AppStream specification, `<releases/>`).
fn newest_release(metainfo: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(metainfo);
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) | Event::Empty(element) if element.name().as_ref() == "release" => {
                let version = element.try_get_attribute("version").ok()??;
                let version = version.normalized_value(XmlVersion::Implicit1_0).ok()?;
                return Some(version.trim().to_owned()).filter(|version| !version.is_empty());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    const REAL_DEPLOY: &[u8] = include_bytes!("fixtures/deploy.gvariant");

    fn deploy(installation: &Path, id: &str) -> std::path::PathBuf {
        let dir = installation.join("app").join(id).join("x86_64/stable/0123abcd");
        fs::create_dir_all(dir.join("export/share/metainfo")).unwrap();
        fs::write(dir.join("metadata"), format!("[Application]\nname={id}\n")).unwrap();
        symlink("0123abcd", dir.parent().unwrap().join("active")).unwrap();
        symlink("x86_64/stable", installation.join("app").join(id).join("current")).unwrap();
        dir
    }

    #[test]
    fn applications_of_both_installations_are_found_with_their_versions() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::inside(dir.path());
        let system = roots.system.join("var/lib/flatpak");
        let own = roots.data_home.clone().unwrap().join("flatpak");
        fs::write(deploy(&system, "org.x.Hello").join("deploy"), REAL_DEPLOY).unwrap();
        let metainfo = r#"<?xml version="1.0"?><component><!-- <release version="0"/> --><releases>
            <release version="2.1 " date="2024-01-01"/><release version="2.0"/></releases></component>"#;
        fs::write(
            deploy(&own, "org.x.Own").join("export/share/metainfo/org.x.Own.metainfo.xml"),
            metainfo,
        )
        .unwrap();
        deploy(&own, "org.x.Bare");
        fs::create_dir_all(system.join("app/org.x.Removed/x86_64")).unwrap();
        symlink("current", system.join("app/org.x.Removed/current")).unwrap();

        let findings = scan(&roots, &mut Watch::begin());
        let found: Vec<_> = findings
            .programs
            .iter()
            .map(|program| {
                (
                    program.id.as_str(),
                    program.name.as_str(),
                    program.version.as_ref().map(Version::as_str),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("org.x.Bare", "org.x.Bare", None),
                ("org.x.Own", "org.x.Own", Some("2.1")),
                ("org.x.Hello", "Hello World", Some("3.4.1"))
            ]
        );
        assert!(findings.warnings.is_empty());
    }

    #[test]
    fn metainfo_that_is_no_xml_has_no_version() {
        for text in [
            "",
            "<release",
            "<a><release/></a>",
            "<release version=\"&bomb;\"/>",
            "<release version=\" \"/>",
        ] {
            assert_eq!(newest_release(text.as_bytes()), None, "{text}");
        }
        assert_eq!(newest_release(b"\xff<release version='1'/>"), Some("1".to_owned()));
    }
}
