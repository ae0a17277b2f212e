//! How programs that were found are started.

use scrip_domain::{Coded, ErrorCode};
use scrip_inventory::{Launch, LaunchCommand, Program, Source, launch_command, locate};

use crate::computer::{APPIMAGE, Computer, entry, write_program};

fn found(computer: &Computer, source: Source, id: &str) -> Program {
    let inventory = computer.scan();
    inventory
        .find(source, id)
        .unwrap_or_else(|| panic!("{id} is not found"))
        .clone()
}

fn argv(computer: &Computer, program: &Program) -> Vec<String> {
    launch_command(program, &computer.roots).unwrap().argv
}

#[test]
fn a_desktop_entry_tells_its_command() {
    let computer = Computer::new();
    computer.write_program("/opt/My App/run");
    computer.write(
        "/usr/share/applications/kde/my-app.desktop",
        entry("My App", "\"/opt/My App/run\" --title %c %U") + "Terminal=true\nPath=/srv\n",
    );
    let program = found(&computer, Source::DesktopEntry, "kde-my-app.desktop");
    assert_eq!(
        launch_command(&program, &computer.roots).unwrap(),
        LaunchCommand {
            argv: ["/opt/My App/run", "--title", "My App"].map(str::to_owned).to_vec(),
            working_dir: Some("/srv".into()),
            terminal: true
        }
    );
}

#[test]
fn a_package_is_started_by_the_entry_or_the_program_it_brought() {
    let computer = Computer::new();
    computer.write_status(&[
        "plain 1",
        "multi 1",
        "foreign 1",
        "desk 1",
        "many 1",
        "library 1",
        "vim 1",
    ]);
    let info = "/var/lib/dpkg/info";
    for program in [
        "plain",
        "multi-tool",
        "foreign",
        "desk",
        "desk-helper",
        "a",
        "b",
        "vim.basic",
        "vim",
    ] {
        computer.write_program(&format!("/usr/bin/{program}"));
    }
    let native = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    computer.write(
        &format!("{info}/plain.list"),
        "/.\n/usr/bin\n/usr/bin/plain\n/usr/bin/plain-missing\n",
    );
    computer.write(
        &format!("{info}/multi:{native}.list"),
        "/usr/bin/multi-tool\n/usr/share/doc/multi\n",
    );
    computer.write(&format!("{info}/foreign:riscv64.list"), "/usr/bin/foreign\n");
    computer.write(&format!("{info}/many.list"), "/usr/bin/a\n/usr/bin/b\n");
    computer.write(&format!("{info}/library.list"), "/usr/lib/x.so\n");
    computer.write(&format!("{info}/vim.list"), "/usr/bin/vim.basic\n/usr/bin/vim.other\n");
    let apps = "/usr/share/applications";
    computer.write(
        &format!("{info}/desk.list"),
        format!("{apps}/other.desktop\n{apps}/org.x.Desk.desktop\n{apps}/gone.desktop\n"),
    );
    computer.write(&format!("{apps}/other.desktop"), entry("Other", "desk-helper"));
    computer.write(&format!("{apps}/org.x.Desk.desktop"), entry("Desk", "desk --new %U"));

    let start = |id: &str| launch_command(&found(&computer, Source::Dpkg, id), &computer.roots);
    let path = |name: &str| computer.path(&format!("/usr/bin/{name}"));
    for (id, program) in [
        ("plain", "plain"),
        ("multi", "multi-tool"),
        ("foreign", "foreign"),
        ("vim", "vim"),
    ] {
        let command = start(id).unwrap();
        assert_eq!(
            (command.argv[0].as_str(), command.terminal),
            (path(program).to_str().unwrap(), true),
            "{id}"
        );
        assert_eq!(
            locate(&found(&computer, Source::Dpkg, id), &computer.roots),
            Some(path(program))
        );
    }
    let command = start("desk").unwrap();
    assert_eq!(
        (command.argv, command.terminal),
        (vec!["desk".to_owned(), "--new".to_owned()], false)
    );
    assert_eq!(
        locate(&found(&computer, Source::Dpkg, "desk"), &computer.roots),
        Some(path("desk"))
    );
    for id in ["many", "library"] {
        let error = start(id).unwrap_err();
        assert_eq!(error.code(), ErrorCode::LaunchFailed);
        assert!(error.to_string().starts_with(id) && !error.hints().is_empty());
    }
}

#[test]
fn flatpaks_snaps_and_files_are_started_by_their_own_means() {
    let computer = Computer::new();
    computer.write(
        "/var/lib/flatpak/app/org.x.App/current/active/metadata",
        "[Application]\n",
    );
    computer.write("/snap/bare/current/meta/snap.yaml", "name: bare\n");
    computer.write_program("/snap/bin/hello");
    computer.write("/snap/hello/current/meta/snap.yaml", "name: hello\n");
    let image = computer.home("Applications/nvim.appimage");
    write_program(&image, APPIMAGE);
    assert_eq!(
        argv(&computer, &found(&computer, Source::Flatpak, "org.x.App")),
        ["flatpak", "run", "org.x.App"]
    );
    assert_eq!(
        argv(&computer, &found(&computer, Source::Snap, "bare")),
        ["snap", "run", "bare"]
    );
    let hello = argv(&computer, &found(&computer, Source::Snap, "hello"));
    assert_eq!(hello, [computer.path("/snap/bin/hello").to_str().unwrap()]);
    assert_eq!(
        argv(&computer, &found(&computer, Source::Appimage, "nvim")),
        [image.to_str().unwrap()]
    );
}

#[test]
fn a_hostile_record_starts_nothing() {
    let computer = Computer::new();
    computer.write("/secret.list", "/usr/bin/calc\n");
    computer.write_program("/usr/bin/calc");
    computer.write("/usr/share/applications/calc.desktop", entry("Calculator", "calc"));
    computer.write("/usr/share/evil.desktop", entry("Evil", "calc"));
    let program = |source, id: &str, launch| Program {
        name: String::new(),
        version: None,
        source,
        id: id.to_owned(),
        location: None,
        launch,
    };
    let climbing = Launch::DesktopEntry {
        id: "../evil.desktop".to_owned(),
    };
    for program in [
        program(Source::Dpkg, "../../../../secret", None),
        program(Source::Flatpak, "--command=sh", None),
        program(Source::Snap, "--shell", None),
        program(Source::DesktopEntry, "x", Some(climbing)),
        program(Source::DesktopEntry, "../bin/calc", None),
    ] {
        assert!(launch_command(&program, &computer.roots).is_err(), "{program:?}");
    }
}
