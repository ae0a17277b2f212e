//! What only Linux knows.

use std::path::Path;

use scrip_domain::ArtifactKind;

/// What keeps secrets on this system, as the window names it.
pub(crate) const KEYSTORE_NAME: &str = "secret-service";

/// The operating system's id of this computer (machine-id(5)); empty where it has none.
pub(crate) fn machine_id() -> String {
    ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .into_iter()
        .find_map(|path| std::fs::read_to_string(path).ok().filter(|id| !id.trim().is_empty()))
        .unwrap_or_default()
}

/// What the computer calls itself.
pub(crate) fn computer_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(100).collect();
    if name.is_empty() {
        "Linux computer".to_owned()
    } else {
        name
    }
}

/// The command that runs `argv` in a terminal; `None` where no terminal is known.
pub(crate) fn terminal_command(argv: Vec<String>) -> Option<Vec<String>> {
    let found = ["x-terminal-emulator", "gnome-terminal", "konsole", "xterm"]
        .into_iter()
        .find(|name| is_on_path(name))?;
    let separator = if found == "gnome-terminal" { "--" } else { "-e" };
    Some(
        [found.to_owned(), separator.to_owned()]
            .into_iter()
            .chain(argv)
            .collect(),
    )
}

/// Whether files of this kind can be installed on this computer at all.
pub(crate) fn can_install(kind: ArtifactKind) -> bool {
    match kind {
        ArtifactKind::Deb => is_on_path("dpkg"),
        ArtifactKind::Appimage | ArtifactKind::Tar => true,
        ArtifactKind::Setup => false,
    }
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::join(&folder, program).is_file())
}
