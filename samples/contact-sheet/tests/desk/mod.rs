//! A vendor, this computer with a home folder of its own, and the installed program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::{Rgb, RgbImage};
use scrip_domain::Timestamp;
use scrip_licensing::Grant;
use scrip_testkit::Vendor;

/// 2026-03-01T12:00:00Z, when the vendor does everything.
pub(crate) const NOW: i64 = 1_772_366_400;
const PRODUCT: &str = "org.example.ContactSheet";

/// The one colour of a photo that a test made.
pub(crate) fn colour(index: u8) -> [u8; 3] {
    [40 + index * 5, 200 - index * 4, 90 + index * 3]
}

pub(crate) struct Desk {
    folder: tempfile::TempDir,
    vendor: Vendor,
}

/// What a run of the program left.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// Without a license.
    pub(crate) fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
            vendor: Vendor::new().unwrap(),
        };
        desk.write(
            "share/contact-sheet/issuer",
            &format!("# the vendor\n{}\n", desk.vendor.issuer()),
        );
        fs::create_dir(desk.path("bin")).unwrap();
        fs::hard_link(env!("CARGO_BIN_EXE_contact-sheet"), desk.path("bin/contact-sheet"))
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_contact-sheet"), desk.path("bin/contact-sheet")).map(|_| ()))
            .unwrap();
        desk
    }

    /// With a code by `grant`, stored as the app does.
    pub(crate) fn with(grant: Grant) -> Self {
        let desk = Self::new();
        desk.store(grant, None);
        desk
    }

    /// With a rental that ends at `end`, in seconds since 1970.
    pub(crate) fn until(end: i64) -> Self {
        let desk = Self::new();
        desk.store(Grant::Duration, Some(Timestamp::from_seconds(end)));
        desk
    }

    fn store(&self, grant: Grant, exp: Option<Timestamp>) {
        let now = Timestamp::from_seconds(NOW - 7 * 86_400);
        let machine = scrip_sdk::machine_digest().unwrap();
        let mut claims = self.vendor.claims(&PRODUCT.parse().unwrap(), machine, grant, now);
        claims.exp = exp;
        self.vendor.store(self.home(), &claims).unwrap();
    }

    /// Makes `count` photos, JPEG and PNG in turns.
    pub(crate) fn photos(&self, count: u8) {
        fs::create_dir_all(self.path("photos")).unwrap();
        for index in 1..=count {
            let photo = RgbImage::from_pixel(400, 300, Rgb(colour(index)));
            let ending = if index % 2 == 1 { "jpg" } else { "png" };
            let ending = if index == 3 { "png" } else { ending };
            photo
                .save(self.path(&format!("photos/photo-{index:02}.{ending}")))
                .unwrap();
        }
    }

    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    pub(crate) fn issuer(&self) -> PathBuf {
        self.path("share/contact-sheet/issuer")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/contact-sheet"));
        command
            .args(arguments)
            .current_dir(self.home())
            .env("SCRIP_HOME", self.home());
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().unwrap();
        Ended {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// How many photos are left.
    pub(crate) fn left(&self) -> usize {
        let told = self.run(&["license"]);
        if told.stderr.contains("no processings of") {
            return 0;
        }
        let line = told.stdout.lines().find(|line| line.contains(" left")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
