//! Whether a computer is recognised after what happens to computers, from made-up system files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use scrip_licensing::{FactKind, MachineFacts, MachineMatch};
use tempfile::TempDir;

/// A computer as its files tell it.
#[derive(Clone, Copy)]
struct Computer {
    system: &'static str,
    board: Option<&'static str>,
    model: &'static str,
    network: &'static str,
    disk: &'static str,
    disk_model: &'static str,
    processor: &'static str,
    name: &'static str,
}

/// A computer whose board tells its id to nobody but the administrator.
const DESK: Computer = Computer {
    system: "0123456789abcdef0123456789abcdef",
    board: None,
    model: "B550 PRO",
    network: "a8:a1:59:12:34:56",
    disk: "S5GXNX0R123456",
    disk_model: "Samsung SSD 980",
    processor: "AMD Ryzen 7 5800X",
    name: "desk",
};

const VIRTUAL: Computer = Computer {
    board: Some("4c4c4544-0051-3510-8052-b4c04f4a3132"),
    model: "Standard PC (Q35 + ICH9, 2009)",
    network: "52:54:00:11:22:33",
    disk: "QM00001",
    disk_model: "QEMU HARDDISK",
    name: "build",
    ..DESK
};

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{text}\n")).unwrap();
}

/// A part under `class`, with the hardware that `path` names behind it.
fn plug(root: &Path, class: &str, path: &str, files: &[(&str, &str)]) {
    let hardware = root.join("sys/devices").join(path);
    fs::create_dir_all(&hardware).unwrap();
    fs::create_dir_all(root.join(class)).unwrap();
    symlink(&hardware, root.join(class).join("device")).unwrap();
    for (file, text) in files {
        write(root, &format!("{class}/{file}"), text);
    }
}

impl Computer {
    fn facts(self) -> MachineFacts {
        let root = TempDir::new().unwrap();
        let root = root.path();
        write(root, "etc/machine-id", self.system);
        write(root, "sys/class/dmi/id/board_vendor", "Example Inc.");
        write(root, "sys/class/dmi/id/board_name", self.model);
        write(root, "sys/class/dmi/id/board_serial", "To be filled by O.E.M.");
        if let Some(board) = self.board {
            write(root, "sys/class/dmi/id/product_uuid", board);
        }
        let card = [("address", self.network), ("addr_assign_type", "0")];
        plug(root, "sys/class/net/enp4s0", "pci0000:00/0000:04:00.0", &card);
        let changing = [("address", "9a:00:00:00:00:01"), ("addr_assign_type", "3")];
        plug(root, "sys/class/net/wlan0", "pci0000:00/0000:05:00.0", &changing);
        let plugged = [("address", "00:e0:4c:00:00:01"), ("addr_assign_type", "0")];
        plug(root, "sys/class/net/enx0", "pci0000:00/usb1/1-2", &plugged);
        write(root, "sys/class/net/docker0/address", "02:42:00:00:00:01");
        let disk = [("device/serial", self.disk), ("device/model", self.disk_model)];
        plug(root, "sys/block/nvme0n1", "pci0000:00/nvme/nvme0", &disk);
        let stick = [("device/serial", "STICK123"), ("removable", "1")];
        plug(root, "sys/block/sda", "pci0000:00/usb1/1-3", &stick);
        let cpu = format!("processor\t: 0\nmodel name\t: {}\n", self.processor);
        write(root, "proc/cpuinfo", &cpu);
        write(root, "proc/meminfo", "MemTotal:       32782912 kB\nMemFree: 1 kB");
        write(root, "proc/sys/kernel/hostname", self.name);
        MachineFacts::read(root)
    }
}

/// How `new` compares with `old`, and that the order does not matter.
fn compare(old: Computer, new: Computer) -> MachineMatch {
    let (old, new) = (old.facts(), new.facts());
    let there = MachineMatch::between(&old, &new);
    assert_eq!(there, MachineMatch::between(&new, &old));
    there
}

#[test]
fn only_what_is_built_in_and_says_something_is_told() {
    let facts = DESK.facts();
    for kind in FactKind::ALL {
        let count = usize::from(kind != FactKind::Board);
        assert_eq!(facts.of(kind).len(), count, "{kind}");
    }
    assert!(
        VIRTUAL.facts().of(FactKind::Disk).is_empty(),
        "a virtual disk's number is copied with it"
    );
    assert_eq!(VIRTUAL.facts().of(FactKind::Board).len(), 1);
    let json = serde_json::to_string(&facts).unwrap();
    assert!(!json.contains(DESK.disk) && json.len() < 300, "{json}");
    assert_eq!(serde_json::from_str::<MachineFacts>(&json).unwrap(), facts);
}

#[test]
fn a_repaired_or_reinstalled_computer_is_the_same() {
    let same = compare(DESK, DESK);
    assert!(same.same && same.changed.is_empty());
    for (new, words) in [
        (
            Computer {
                system: "fedcba9876543210fedcba9876543210",
                name: "fresh",
                ..DESK
            },
            "same network card, disk, model and processor and memory; the system id and name changed: reinstalled",
        ),
        (
            Computer {
                disk: "WD-WX12345",
                ..DESK
            },
            "same network card, system id, model, processor and memory and name; the disk changed: a new disk",
        ),
        (
            Computer {
                disk: "WD-WX12345",
                system: "fedcba9876543210fedcba9876543210",
                name: "fresh",
                ..DESK
            },
            "same network card, model and processor and memory; the disk, system id and name changed: a new disk with a new system",
        ),
        (
            Computer {
                network: "00:1b:21:00:00:01",
                ..DESK
            },
            "same disk, system id, model, processor and memory and name; the network card changed: a new network card",
        ),
        (
            Computer {
                processor: "AMD Ryzen 9 5950X",
                ..DESK
            },
            "same network card, disk, system id, model and name; the processor and memory changed: a new processor or more memory",
        ),
    ] {
        let found = compare(DESK, new);
        assert!(found.same, "{found}");
        assert_eq!(found.to_string(), words);
    }
    let known = Computer {
        board: Some("4c4c4544-0051-3510-8052-b4c04f4a3132"),
        ..DESK
    };
    let reinstalled = Computer {
        system: "fedcba9876543210fedcba9876543210",
        ..known
    };
    assert_eq!(
        compare(known, reinstalled).to_string(),
        "same board, network card, disk, model, processor and memory and name; the system id changed: reinstalled"
    );
    assert!(compare(known, DESK).same, "once read by the administrator, once not");
}

#[test]
fn another_board_is_another_computer() {
    let moved_disk = Computer {
        model: "X670 PLUS",
        network: "04:42:1a:00:00:01",
        processor: "AMD Ryzen 9 7900X",
        ..DESK
    };
    let found = compare(DESK, moved_disk);
    assert!(!found.same && found.matched.contains(&FactKind::Disk));
    assert!(
        found.to_string().ends_with("another board is another computer"),
        "{found}"
    );
    let twin = |board, network| Computer {
        board: Some(board),
        network,
        disk: "S5GXNX0R999999",
        ..DESK
    };
    let (one, two) = (
        twin("4c4c4544-0051-3510-8052-b4c04f4a3132", "a8:a1:59:00:00:01"),
        twin("4c4c4544-0051-3510-8052-b4c04f4a3133", "a8:a1:59:00:00:02"),
    );
    assert!(!compare(one, two).same, "the same order of the same maker");
    let stranger = Computer {
        system: "fedcba9876543210fedcba9876543210",
        network: "a8:a1:59:00:00:09",
        disk: "S5GXNX0R999998",
        name: "other",
        ..DESK
    };
    assert!(!compare(DESK, stranger).same, "another computer of the same model");
}

#[test]
fn a_copied_virtual_machine_is_another_computer() {
    let copy = Computer {
        board: Some("5d5d5544-0051-3510-8052-b4c04f4a3132"),
        network: "52:54:00:aa:bb:cc",
        ..VIRTUAL
    };
    assert!(!compare(VIRTUAL, copy).same);
    let hidden = |computer: Computer| Computer {
        board: None,
        ..computer
    };
    let found = compare(hidden(VIRTUAL), hidden(copy));
    assert!(!found.same, "also where the board's id cannot be read");
    assert!(
        found.to_string().ends_with("a copy of the system on another computer"),
        "{found}"
    );
}

#[test]
fn where_nothing_can_be_read_nothing_is_the_same() {
    let empty = TempDir::new().unwrap();
    let nothing = MachineFacts::read(empty.path());
    assert!(nothing.is_empty());
    for other in [MachineFacts::default(), DESK.facts()] {
        let found = MachineMatch::between(&nothing, &other);
        assert!(!found.same);
        assert_eq!(found.to_string(), "nothing about the computer could be compared");
    }
    let mut system = MachineFacts::default();
    system.add(FactKind::System, DESK.system);
    assert!(
        MachineMatch::between(&system, &DESK.facts()).same,
        "the system's id decides where it is all there is"
    );
}

#[test]
fn facts_are_bounded_and_unknown_kinds_refused() {
    let mut facts = MachineFacts::default();
    for number in 0..20 {
        facts.add(FactKind::Network, &format!("card {number}"));
    }
    facts.add(FactKind::Disk, "  ");
    assert_eq!(facts.of(FactKind::Network).len(), MachineFacts::MAX_OF_A_KIND);
    assert!(facts.of(FactKind::Disk).is_empty());
    let nine = format!("{{\"disk\":[{}]}}", ["\"AAAAAAAAAAAAAAAA\""; 9].join(","));
    for bad in [
        nine.as_str(),
        r#"{"disk":["AAAA"]}"#,
        r#"{"disk":["AAAAAAAAAAAAAAA="]}"#,
        r#"{"disk":[],"disk":[]}"#,
        r#"{"owner":[]}"#,
    ] {
        assert!(serde_json::from_str::<MachineFacts>(bad).is_err(), "{bad}");
    }
}
