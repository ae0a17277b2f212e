//! The examples in C, Python and Rust, built as a publisher builds them and run on a computer with a real code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../../sdk/tests/fixture/mod.rs"]
#[expect(dead_code, reason = "the examples need no clock of their own")]
mod fixture;
#[path = "../../../xtask/src/sdk/layout.rs"]
#[expect(dead_code, reason = "nobody asks here how large the files are")]
mod layout;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use scrip_licensing::Grant;

use fixture::{PRODUCT, Pc, Vendor};

/// What cargo built and the chore installs, below a folder that the tests share.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = PREFIX.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let built = std::env::current_exe().unwrap();
        layout::install(&root(), built.parent().unwrap(), folder.path()).unwrap();
        folder
    });
    folder.path()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A vendor, and this computer with 3 pictures.
fn computer() -> (Vendor, Pc) {
    let machine = scrip_sdk::machine_digest().expect("this computer has an id: systemd-machine-id-setup makes one");
    let (vendor, pc) = (Vendor::new(), Pc::new(machine));
    let claims = vendor.claims(&pc, Grant::Processings { count: 3 });
    pc.store(&vendor, &[&claims]);
    (vendor, pc)
}

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = |bytes| String::from_utf8(bytes).unwrap();
    format!("{}{}[{}]", said(stdout), said(stderr), status.code().unwrap_or(-1))
}

fn example(program: &mut Command, vendor: &Vendor, pc: &Pc, pictures: &str) -> String {
    run(program
        .args([&vendor.issuer(), PRODUCT, pictures])
        .env("SCRIP_HOME", pc.home())
        .env("LD_LIBRARY_PATH", prefix().join("lib")))
}

/// Renders two of three pictures, then one that is left and one that is not.
fn renders(mut program: impl FnMut() -> Command) {
    let (vendor, pc) = computer();
    let said = example(&mut program(), &vendor, &pc, "2");
    assert_eq!(said, "rented\npicture 1, 2 left\npicture 2, 1 left\n[0]");
    let said = example(&mut program(), &vendor, &pc, "2");
    assert!(
        said.starts_with("rented\npicture 1, 0 left\nlicense.exhausted: no processings of"),
        "{said}"
    );
    assert!(said.contains("Extend the rental") && said.ends_with("[2]"), "{said}");
    let said = example(&mut program(), &Vendor::new(), &pc, "1");
    assert!(
        said.starts_with("statement.issuer: ") && said.ends_with("[2]"),
        "{said}"
    );
}

/// Compiles the example in C with what pkg-config says.
fn compile(folder: &Path, flags: &[&str]) -> PathBuf {
    let said = Command::new("pkg-config")
        .args(["--cflags", "--libs"])
        .args(flags)
        .arg("scrip")
        .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig"))
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let mut words: Vec<String> = String::from_utf8(said.stdout)
        .unwrap()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if flags.contains(&"--static") {
        for word in words.iter_mut().filter(|word| *word == "-lscrip") {
            *word = prefix().join("lib/libscrip.a").display().to_string();
        }
    }
    let program = folder.join("render");
    let compiled = run(Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-o"])
        .arg(&program)
        .arg(root().join("crates/sdk/examples/c/render.c"))
        .args(words));
    assert_eq!(compiled, "[0]");
    program
}

#[test]
fn the_example_in_c_runs_with_the_shared_library() {
    let folder = tempfile::tempdir().unwrap();
    let program = compile(folder.path(), &[]);
    renders(|| Command::new(&program));
}

#[test]
fn the_example_in_c_runs_with_the_static_library() {
    let folder = tempfile::tempdir().unwrap();
    let program = compile(folder.path(), &["--static"]);
    renders(|| Command::new(&program));
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", prefix().join("lib/scrip/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

#[test]
fn the_example_in_python_runs() {
    renders(|| {
        let mut command = python();
        command.arg(root().join("crates/sdk/examples/python/render.py"));
        command
    });
}

#[test]
fn the_example_in_rust_runs() {
    // Cargo has built it if it built this; otherwise it does now.
    renders(|| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root()).args([
            "run",
            "--quiet",
            "--offline",
            "-p",
            "scrip-sdk",
            "--example",
            "render",
            "--",
        ]);
        command
    });
}

/// The interpreter with PyJWT that the test command prepares.
fn python_with_jwt() -> PathBuf {
    let path = std::env::var_os("SCRIP_PYTHON").map(PathBuf::from);
    path.or_else(|| {
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
        Some(cache.join("scrip/python/bin/python"))
    })
    .unwrap()
}

#[test]
fn a_plain_jwt_library_checks_the_same_without_the_sdk() {
    let machine = scrip_sdk::machine_digest().unwrap();
    let (vendor, pc) = (Vendor::new(), Pc::new(machine));
    let claims = vendor.claims(&pc, Grant::Perpetual);
    pc.store(&vendor, &[&claims]);
    let check = |vendor: &Vendor| {
        run(Command::new(python_with_jwt())
            .arg(root().join("crates/sdk/examples/python/plain.py"))
            .args([&vendor.issuer(), PRODUCT])
            .arg(pc.server()))
    };
    assert_eq!(check(&vendor), "org.example.Render: perpetual\n[0]");
    assert!(check(&Vendor::new()).contains("another vendor"));
    pc.write("revocations.jws", &vendor.revocations(claims.sub));
    assert!(check(&vendor).contains("revoked: refunded"));
    // A code that was changed, and one of another computer.
    std::fs::remove_file(pc.file("revocations.jws")).unwrap();
    let other = Vendor::new();
    pc.store(&other, &[&claims]);
    pc.write("keys.jws", &vendor.keys());
    assert!(check(&vendor).starts_with("refused: "));
    let mut moved = claims;
    moved.machine = scrip_licensing::MachineDigest([7; 32]);
    pc.store(&vendor, &[&moved]);
    assert!(check(&vendor).contains("another computer"));
}

#[test]
fn forked_programs_in_python_take_each_unit_once() {
    let machine = scrip_sdk::machine_digest().unwrap();
    let (vendor, pc) = (Vendor::new(), Pc::new(machine));
    let claims = vendor.claims(&pc, Grant::Uses { count: 60 });
    pc.store(&vendor, &[&claims]);
    let program = r#"
import os, sys
from scrip_sdk import Refused, Scrip

scrip = Scrip(sys.argv[1], sys.argv[2])
scrip.use_once()
# The children share the handle that their parent opened, and its files.
for child in range(6):
    if os.fork() == 0:
        taken = 0
        try:
            while True:
                scrip.use_once()
                taken += 1
        except Refused as refused:
            os._exit(taken if refused.code == "license.exhausted" else 255)
print(1 + sum(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(6)))
"#;
    let said = example(python().args(["-c", program]), &vendor, &pc, "0");
    assert_eq!(said, "60\n[0]");
}
