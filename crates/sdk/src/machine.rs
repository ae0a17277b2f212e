//! Which computer this is.

use scrip_licensing::{Error, MachineDigest};

/// This computer as codes name it, from the id that the operating system gave it: machine-id(5) on Linux,
/// `MachineGuid` on Windows, `IOPlatformUUID` on macOS.
pub fn machine_digest() -> Result<MachineDigest, Error> {
    MachineDigest::of(&machine_id().unwrap_or_default())
}

#[cfg(not(any(windows, target_os = "macos")))]
fn machine_id() -> Option<String> {
    ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .into_iter()
        .find_map(|path| std::fs::read_to_string(path).ok().filter(|id| !id.trim().is_empty()))
}

#[cfg(windows)]
fn machine_id() -> Option<String> {
    let key = r"HKLM\SOFTWARE\Microsoft\Cryptography";
    let said = printed("reg", &["query", key, "/v", "MachineGuid", "/reg:64"])?;
    said.split_whitespace().last().map(str::to_owned)
}

#[cfg(target_os = "macos")]
fn machine_id() -> Option<String> {
    let said = printed("/usr/sbin/ioreg", &["-rd1", "-c", "IOPlatformExpertDevice"])?;
    let line = said.lines().find(|line| line.contains("\"IOPlatformUUID\""))?;
    line.rsplit('"').nth(1).map(str::to_owned)
}

#[cfg(any(windows, target_os = "macos"))]
fn printed(program: &str, arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()
}
