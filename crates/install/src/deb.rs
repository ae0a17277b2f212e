//! Looking into Debian packages (deb(5)) before anybody is asked for permission.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use scrip_domain::{Platform, Version};

use crate::error::io_error;
use crate::{Error, archive};

/// The control files of the largest packages of a distribution have a few megabytes.
const CONTROL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The control file alone.
const FIELDS_BYTES_MAX: u64 = 1024 * 1024;
const MEMBERS_MAX: usize = 16;

/// What a package says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) package: String,
    pub(crate) version: Version,
    pub(crate) architecture: String,
}

impl Control {
    /// Refuses a package for another processor, and one of another name than `expected`.
    pub(crate) fn check(&self, file: &str, expected: Option<&str>) -> Result<(), Error> {
        let arch = Platform::arch_from_debian(&self.architecture).to_owned();
        let here = Platform::current();
        let made_for = Platform {
            os: here.os.clone(),
            arch,
        };
        if !made_for.runs_on(&here) {
            let why = format!("it was made for {} and this is {}", self.architecture, here.arch);
            return Err(Error::Unsupported {
                file: file.to_owned(),
                why,
            });
        }
        match expected {
            Some(expected) if expected != self.package => {
                let why = format!("it holds the package {:?} instead of {expected:?}", self.package);
                Err(Error::ArchiveInvalid {
                    archive: file.to_owned(),
                    why,
                })
            }
            _ => Ok(()),
        }
    }
}

/// Reads the control file of the package at `path`, published as `name`.
pub(crate) fn read_control(path: &Path, name: &str) -> Result<Control, Error> {
    let file = File::open(path).map_err(io_error("open", path))?;
    let invalid = |why: String| Error::ArchiveInvalid {
        archive: name.to_owned(),
        why,
    };
    let text = control_text(BufReader::new(file)).map_err(|error| invalid(error.to_string()))?;
    parse(&text).map_err(|why| invalid(why.to_owned()))
}

/// The control file's text: ar(5) members, then a tar archive inside one of them.
fn control_text(mut stream: impl Read + Send) -> io::Result<String> {
    let mut magic = [0; 8];
    stream
        .read_exact(&mut magic)
        .map_err(|_| io::Error::other("it is not a Debian package"))?;
    if &magic != b"!<arch>\n" {
        return Err(io::Error::other("it is not a Debian package"));
    }
    for _ in 0..MEMBERS_MAX {
        let mut header = [0; 60];
        stream
            .read_exact(&mut header)
            .map_err(|_| io::Error::other("its control file is missing"))?;
        let field = |range: std::ops::Range<usize>| std::str::from_utf8(&header[range]).unwrap_or_default().trim();
        let name = field(0..16).trim_end_matches('/').to_owned();
        let size: u64 = field(48..58)
            .parse()
            .map_err(|_| io::Error::other("one of its headers is damaged"))?;
        if &header[58..] != b"`\n" {
            return Err(io::Error::other("one of its headers is damaged"));
        }
        if name.starts_with("control.tar") {
            if size > CONTROL_BYTES_MAX {
                return Err(io::Error::other("its control part is too large"));
            }
            return find_control(&mut stream.take(size));
        }
        let skipped = io::copy(&mut (&mut stream).take(size + size % 2), &mut io::sink())?;
        if skipped < size {
            return Err(io::Error::other("it ends too early"));
        }
    }
    Err(io::Error::other("its control file is missing"))
}

fn find_control(member: &mut (impl Read + Send)) -> io::Result<String> {
    let stream = archive::decompress(BufReader::new(member), CONTROL_BYTES_MAX)?;
    let mut archive = tar::Archive::new(stream);
    // Raw: the control file has a short name, and long ones are not read into memory.
    for entry in archive.entries()?.raw(true) {
        let entry = entry?;
        let is_control = matches!(entry.path_bytes().as_ref(), b"control" | b"./control");
        if is_control && entry.header().entry_type().is_file() {
            let mut bytes = Vec::new();
            entry.take(FIELDS_BYTES_MAX + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > FIELDS_BYTES_MAX {
                return Err(io::Error::other("its control file is too large"));
            }
            return String::from_utf8(bytes).map_err(|_| io::Error::other("its control file is not UTF-8"));
        }
    }
    Err(io::Error::other("its control file is missing"))
}

fn parse(text: &str) -> Result<Control, &'static str> {
    let field = |name: &str| {
        let value = text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        value.filter(|value| !value.is_empty())
    };
    let package = field("Package").ok_or("its control file names no package")?;
    let version = field("Version").ok_or("its control file names no version")?;
    let architecture = field("Architecture").ok_or("its control file names no architecture")?;
    // Debian Policy section 5.6.1. A name that begins with a dash would read as an option.
    let plain = package
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
    if !plain || package.len() > 200 || !package.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("its package name is not one that Debian allows");
    }
    Ok(Control {
        package,
        version: Version::new(&version),
        architecture,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_domain::{Coded, ErrorCode};

    #[test]
    fn fields_are_read_and_dangerous_names_refused() {
        let control = parse("Package: hello\nVersion: 1:2.10-3\nArchitecture: all\nDescription: x\n more\n").unwrap();
        assert_eq!(
            (control.package.as_str(), control.version.as_str()),
            ("hello", "1:2.10-3")
        );
        assert!(control.check("hello.deb", Some("hello")).is_ok());
        let other = control.check("hello.deb", Some("bye")).unwrap_err();
        assert_eq!(other.code(), ErrorCode::InstallArchiveInvalid);
        for name in ["-oDpkg::Pre-Invoke::=reboot", "../x", "a b", "Hello"] {
            assert!(
                parse(&format!("Package: {name}\nVersion: 1\nArchitecture: all\n")).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn another_processor_is_refused_before_permission_is_asked() {
        let control = Control {
            package: "x".into(),
            version: Version::new("1"),
            architecture: "s390x".into(),
        };
        assert_eq!(
            control.check("x.deb", None).unwrap_err().code(),
            ErrorCode::InstallUnsupported
        );
    }

    #[test]
    fn what_is_no_package_is_refused() {
        for bytes in [
            &b""[..],
            b"!<arch>\n",
            b"PK\x03\x04 and more",
            &[b"!<arch>\n".as_slice(), &[b'x'; 60]].concat(),
        ] {
            assert!(control_text(bytes).is_err());
        }
    }
}
