//! The packages of Debian and its relatives that each job needs, each with its reason.

use super::Job;

/// A package and why it is needed.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) job: Job,
    pub(super) reason: &'static str,
}

const fn package(job: Job, name: &'static str, reason: &'static str) -> Package {
    Package { name, job, reason }
}

/// Every package, by job.
pub(super) const ALL: &[Package] = &[
    package(
        Job::Build,
        "build-essential",
        "compiles SQLite and the other C in our dependencies",
    ),
    package(Job::Build, "pkg-config", "finds the libraries of the window"),
    package(
        Job::Build,
        "libwebkit2gtk-4.1-dev",
        "the window shows its page with WebKitGTK",
    ),
    package(Job::Build, "librsvg2-dev", "the window's icon"),
    package(Job::Build, "git", "tells which files are the project's"),
    package(
        Job::Run,
        "appstream",
        "brings the distribution's catalog of real programs",
    ),
    package(
        Job::Run,
        "xdg-utils",
        "opens web addresses and tells the desktop of installed programs",
    ),
    package(Job::Run, "xvfb", "a display where there is none"),
    package(Job::Run, "xauth", "access to that display"),
    package(Job::Run, "dbus-x11", "a session bus where there is none"),
    package(Job::Run, "gnome-keyring", "a Secret Service where there is none"),
    package(Job::Run, "imagemagick", "takes pictures of the window"),
    package(Job::Run, "fonts-dejavu-core", "letters on a bare machine"),
    package(Job::Test, "webkit2gtk-driver", "clicks in the window"),
    package(
        Job::Test,
        "libsecret-tools",
        "looks into the Secret Service from outside",
    ),
    package(Job::Test, "x11-utils", "looks at windows from outside"),
    package(Job::Test, "chromium", "shows the page to the browser tests"),
    package(Job::Test, "postgresql", "the store's contract holds on PostgreSQL too"),
    package(Job::Test, "rpm", "its database of programs is read beside dpkg's"),
    package(Job::Test, "python3-venv", "holds the JWT library that checks our codes"),
    package(
        Job::Test,
        "poppler-utils",
        "reads what is printed on vouchers and bills",
    ),
    package(Job::Test, "hledger", "reads the books that an accountant gets"),
    package(
        Job::Test,
        "prometheus",
        "its promtool tries the alerts and reads the dashboard",
    ),
    package(Job::Test, "curl", "the pace that downloads are measured against"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;

    #[test]
    fn every_package_stands_once_and_has_a_reason() {
        let names: BTreeSet<_> = ALL.iter().map(|package| package.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert!(ALL.iter().all(|package| !package.reason.is_empty()));
    }
}
