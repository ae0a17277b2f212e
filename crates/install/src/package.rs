//! The system's package manager: apt where it is there, dpkg otherwise.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use scrip_domain::Version;

use crate::commands::{Commands, Invocation, Outcome};
use crate::{Condition, Error, Package, system};

/// What dpkg knows of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// `installed`, `half-configured`, `config-files` … (dpkg-query(1), `db:Status-Status`).
    pub(crate) state: String,
    pub(crate) version: Version,
}

impl Status {
    pub(crate) fn is_installed(&self) -> bool {
        self.state == "installed"
    }
}

impl Package {
    /// What is there of this package.
    pub(crate) fn condition(&self, known: &BTreeMap<String, Status>) -> Condition {
        match known.get(&self.name).filter(|status| status.is_installed()) {
            None => Condition::Missing {
                missing: vec![self.name.clone()],
            },
            Some(status) if status.version == self.version => Condition::Whole,
            Some(status) => Condition::Changed {
                version: status.version.clone(),
            },
        }
    }
}

/// What dpkg knows of the packages `names`; one that it does not know is left out.
pub(crate) fn query(commands: &dyn Commands, names: &[&str]) -> Result<BTreeMap<String, Status>, Error> {
    let mut known = BTreeMap::new();
    if names.is_empty() || !commands.has("dpkg-query") {
        return Ok(known);
    }
    let mut args: Vec<OsString> = vec![
        "-W".into(),
        r"-f=${Package}\t${db:Status-Status}\t${Version}\n".into(),
        "--".into(),
    ];
    args.extend(names.iter().map(OsString::from));
    // It answers 1 when one of the names is unknown, and the lines of the others all the same.
    let outcome = run(commands, "dpkg-query", args, false, "list", &names.join(", "))?;
    for line in outcome.output.lines() {
        let mut fields = line.split('\t');
        if let (Some(name), Some(state), Some(version)) = (fields.next(), fields.next(), fields.next()) {
            let status = Status {
                state: state.to_owned(),
                version: Version::new(version),
            };
            // The same package may be known for several processors.
            if status.is_installed() || !known.contains_key(name) {
                known.insert(name.to_owned(), status);
            }
        }
    }
    Ok(known)
}

/// The files of an installed package.
pub(crate) fn files(commands: &dyn Commands, name: &str) -> Result<Vec<PathBuf>, Error> {
    let args = vec!["-L".into(), "--".into(), OsString::from(name)];
    let outcome = run(commands, "dpkg-query", args, false, "list", name)?;
    Ok(outcome
        .output
        .lines()
        .filter(|line| line.starts_with('/'))
        .map(PathBuf::from)
        .collect())
}

/// Installs `files`, the packages `names`, in one go.
pub(crate) fn install(commands: &dyn Commands, files: &[&Path], names: &str) -> Result<(), Error> {
    let mut args: Vec<OsString> = Vec::new();
    let program = if commands.has("apt-get") {
        // A file of the same or of an older version is wanted all the same; a changed configuration file is kept; another
        // program that is using the package manager gets a minute to end.
        let options = "install -y -q --no-install-recommends --reinstall --allow-downgrades \
            -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=60 --";
        args.extend(options.split_whitespace().map(OsString::from));
        "apt-get"
    } else if commands.has("dpkg") {
        args.extend(["--force-confdef", "--force-confold", "-i", "--"].map(OsString::from));
        "dpkg"
    } else {
        return Err(Error::Unsupported {
            file: names.to_owned(),
            why: "it has no package manager for .deb files".into(),
        });
    };
    args.extend(files.iter().map(OsString::from));
    change(commands, program, &args, "install", names)
}

/// Removes the package `name`, and nothing but it: refused while another package needs it.
pub(crate) fn remove(commands: &dyn Commands, name: &str) -> Result<(), Error> {
    change(
        commands,
        "dpkg",
        &["--remove", "--", name].map(OsString::from),
        "remove",
        name,
    )
}

fn change(
    commands: &dyn Commands,
    program: &'static str,
    args: &[OsString],
    operation: &'static str,
    names: &str,
) -> Result<(), Error> {
    if !system::is_root() && !commands.has("pkexec") {
        let tail = "pkexec is not installed".to_owned();
        return Err(Error::PermissionDenied {
            operation,
            packages: names.to_owned(),
            tail,
        });
    }
    let outcome = run(commands, program, args.to_vec(), true, operation, names)?;
    if outcome.status == Some(0) {
        return Ok(());
    }
    // A package manager that was killed earlier asks for this, and for nothing else, before it works again.
    if outcome.output.contains("dpkg --configure -a") {
        run(
            commands,
            "dpkg",
            vec!["--configure".into(), "-a".into()],
            true,
            operation,
            names,
        )?;
        let outcome = run(commands, program, args.to_vec(), true, operation, names)?;
        return if outcome.status == Some(0) {
            Ok(())
        } else {
            Err(failure(&outcome, operation, names))
        };
    }
    Err(failure(&outcome, operation, names))
}

fn failure(outcome: &Outcome, operation: &'static str, names: &str) -> Error {
    let packages = names.to_owned();
    let tail = tail(&outcome.output);
    let said = |texts: &[&str]| texts.iter().any(|text| outcome.output.contains(text));
    if said(&[
        "Could not get lock",
        "is locked by another process",
        "frontend lock was locked",
        "Unable to acquire the dpkg",
    ]) {
        Error::PackageManagerBusy {
            operation,
            packages,
            tail,
        }
    } else if (!system::is_root() && matches!(outcome.status, Some(126 | 127)))
        || said(&[
            "Request dismissed",
            "Not authorized",
            "are you root?",
            "requires superuser privilege",
        ])
    {
        Error::PermissionDenied {
            operation,
            packages,
            tail,
        }
    } else {
        Error::PackageManager {
            operation,
            packages,
            tail,
        }
    }
}

/// The last lines of `output`: at most 20 of them and 2,000 bytes.
fn tail(output: &str) -> String {
    let lines: Vec<_> = output
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let text = lines[lines.len().saturating_sub(20)..].join("\n");
    let mut start = text.len().saturating_sub(2000);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    if text.is_empty() {
        "it said nothing".to_owned()
    } else {
        text[start..].to_owned()
    }
}

fn run(
    commands: &dyn Commands,
    program: &'static str,
    args: Vec<OsString>,
    elevated: bool,
    operation: &'static str,
    names: &str,
) -> Result<Outcome, Error> {
    commands
        .run(&Invocation {
            program,
            args,
            elevated,
        })
        .map_err(|error| Error::PackageManager {
            operation,
            packages: names.to_owned(),
            tail: format!("{program} could not be started: {error}"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_domain::{Coded, ErrorCode};

    #[test]
    fn a_held_lock_a_dismissed_question_and_the_rest_are_told_apart() {
        let code = |status, output: &str| {
            failure(
                &Outcome {
                    status,
                    output: output.to_owned(),
                },
                "install",
                "hello",
            )
            .code()
        };
        let locked = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4 (apt)";
        assert_eq!(code(Some(100), locked), ErrorCode::InstallBusy);
        let dpkg = "dpkg: error: dpkg frontend lock was locked by another process with pid 4";
        assert_eq!(code(Some(2), dpkg), ErrorCode::InstallBusy);
        let dismissed = "Error executing command as another user: Request dismissed";
        assert_eq!(code(Some(126), dismissed), ErrorCode::InstallPermission);
        assert_eq!(
            code(Some(100), "E: Unable to correct problems"),
            ErrorCode::InstallPackageManager
        );
    }

    #[test]
    fn the_tail_is_short_and_never_splits_a_character() {
        assert_eq!(tail(""), "it said nothing");
        assert!(tail(&"é\n".repeat(5000)).lines().count() <= 20);
        assert!(tail(&"é".repeat(5001)).len() <= 2000);
    }
}
