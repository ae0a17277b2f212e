//! Catalogs in each of their formats, whole and broken.

#![expect(clippy::unwrap_used, reason = "what a test prepares must succeed")]

use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use scrip_appstream::{
    Block, Bundle, BundleKind, Catalog, Component, ComponentKind, Error, Icon, Release, Screenshot, find_catalogs,
    limits, read_path,
};
use scrip_domain::{Coded, DetectionRule, ErrorCode, Timestamp, Version};

const YAML: &str = include_str!("fixtures/collection.yml");
const COLLECTION: &str = include_str!("fixtures/collection.xml");
const METAINFO: &str = include_str!("fixtures/metainfo.xml");

fn read(content: impl AsRef<[u8]>) -> Result<Catalog, Error> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.as_ref()).unwrap();
    read_path(file.path())
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// What the fixtures say about the one program that all of them describe.
fn editor() -> Component {
    let text = |text: &str| text.to_owned();
    Component {
        id: "org.example.Editor".parse().unwrap(),
        kind: ComponentKind::DesktopApplication,
        package: Some(text("example-editor")),
        name: text("Editor"),
        summary: text("Write & read plain text"),
        description: vec![
            Block::Paragraph {
                text: text("A small editor for plain text."),
            },
            Block::List {
                ordered: false,
                items: vec![text("Opens large files"), text("Saves <safely>")],
            },
        ],
        developer: Some(text("The Example Project")),
        license: Some(text("GPL-3.0-or-later")),
        homepage: Some(text("https://editor.example")),
        categories: vec![text("Utility"), text("TextEditor")],
        keywords: vec![text("text"), text("notes")],
        icons: vec![
            Icon::Cached {
                name: text("example-editor_editor.png"),
                width: 64,
                height: 64,
                scale: 1,
            },
            Icon::Remote {
                url: text("https://media.example/pool/org/icon.png"),
                width: 128,
                height: 128,
            },
            Icon::Stock {
                name: text("org.example.Editor"),
            },
        ],
        screenshots: vec![
            Screenshot {
                url: text("https://media.example/pool/org/first.png"),
                caption: text("The main window"),
            },
            Screenshot {
                url: text("https://other.example/second.png"),
                caption: String::new(),
            },
        ],
        releases: vec![
            Release {
                version: Version::new("2.10"),
                released_at: Some(Timestamp::from_seconds(1_700_000_000)),
            },
            Release {
                version: Version::new("2.9"),
                released_at: Some("2023-01-02T00:00:00Z".parse().unwrap()),
            },
        ],
        desktop_ids: vec![text("org.example.Editor.desktop")],
        bundles: vec![
            Bundle {
                kind: BundleKind::Flatpak,
                id: text("app/org.example.Editor/x86_64/stable"),
            },
            Bundle {
                kind: BundleKind::Snap,
                id: text("example-editor"),
            },
        ],
        binaries: vec![text("example-edit")],
    }
}

#[test]
fn the_same_program_reads_the_same_from_yaml_and_xml() {
    for fixture in [YAML, COLLECTION] {
        for content in [
            fixture.as_bytes().to_vec(),
            gzip(fixture.as_bytes()),
            [b"\xef\xbb\xbf", fixture.as_bytes()].concat(),
        ] {
            let catalog = read(content).unwrap();
            assert_eq!(catalog.origin, "example-main");
            assert_eq!(catalog.components[0], editor());
            assert_eq!(catalog.problems, []);
        }
    }
    let metainfo = read(METAINFO).unwrap();
    // A metainfo file knows neither packages nor cached icons, and its addresses are whole.
    let expected = Component {
        package: None,
        icons: editor().icons[1..].to_vec(),
        ..editor()
    };
    assert_eq!((metainfo.components, metainfo.problems), (vec![expected], vec![]));
}

#[test]
fn other_kinds_of_components_are_read_too() {
    let catalog = read(YAML).unwrap();
    let kinds: Vec<_> = catalog
        .components
        .iter()
        .map(|component| (component.id.as_str(), component.kind))
        .collect();
    let expected = [
        ("org.example.Editor", ComponentKind::DesktopApplication),
        ("example-tool", ComponentKind::ConsoleApplication),
        ("org.example.fonts.desktop", ComponentKind::Font),
    ];
    assert_eq!(kinds, expected);
    let tool = &catalog.components[1];
    assert_eq!(
        (tool.name.as_str(), tool.summary.as_str()),
        ("2048", "en"),
        "numbers are names, English stands in for C"
    );
}

#[test]
fn detection_rules_go_from_the_surest_to_the_least() {
    let rules = editor().detection_rules();
    let expected = [
        DetectionRule::Package {
            name: "example-editor".to_owned(),
        },
        DetectionRule::DesktopEntry {
            id: "org.example.Editor.desktop".to_owned(),
        },
        DetectionRule::Flatpak {
            id: "org.example.Editor".to_owned(),
        },
        DetectionRule::Snap {
            name: "example-editor".to_owned(),
        },
        DetectionRule::Executable {
            name: "example-edit".to_owned(),
        },
    ];
    assert_eq!(rules, expected);
    let catalog = read(YAML).unwrap();
    let by_id = DetectionRule::DesktopEntry {
        id: "org.example.fonts.desktop".to_owned(),
    };
    assert_eq!(
        catalog.components[2].detection_rules(),
        [by_id],
        "an old id is the desktop entry itself"
    );
}

#[test]
fn one_bad_component_is_left_out_and_named() {
    for (bad, why) in [
        ("ID: ../../etc/passwd\nName: {C: x}", "is not a product id"),
        ("ID: bad.one\nType: desktop-application", "it has no name"),
        (
            "ID: bad.one\nName: {C: x}\nType: spaceship",
            "is not a type of component",
        ),
        (
            "ID: bad.one\nName: {C: x}\nMerge: append",
            "only changes another component",
        ),
        (
            "ID: bad.one\nName: {C: x}\nDescription: {C: '<p>unclosed'}",
            "its description",
        ),
        ("ID: bad.one\nName: {C: x}\nID: twice", "duplicate"),
        ("ID: bad.one\nName: [a, list]", ""),
        ("ID: bad.one\nName: {C: x\nSummary: y}}", ""),
        ("\tID: bad.one", ""),
        ("ID: *nobody\nName: {C: x}", ""),
    ] {
        let catalog = read(format!("{YAML}---\n{bad}\n---\nID: last.one\nName: {{C: Last}}\n")).unwrap();
        assert_eq!(catalog.components.len(), 4, "{bad}");
        assert_eq!(catalog.components[3].id.as_str(), "last.one");
        let [problem] = &catalog.problems[..] else {
            panic!("{bad}: {:?}", catalog.problems)
        };
        assert!(problem.why.contains(why), "{bad}: {problem}");
        assert_eq!(problem.line, YAML.lines().count() + 1, "{problem}");
    }
    let two = METAINFO.replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "");
    let collection =
        format!("<components>\n<component><id>x y</id></component>\n{two}<unknown><p/></unknown></components>");
    let catalog = read(collection).unwrap();
    assert_eq!((catalog.components.len(), catalog.problems.len()), (1, 1));
    assert_eq!(
        (catalog.problems[0].line, catalog.problems[0].component.as_deref()),
        (2, Some("x y"))
    );
}

#[test]
fn a_file_that_is_no_catalog_is_refused_with_its_path_and_line() {
    for (content, line) in [
        ("", 1),
        ("\n\n", 1),
        ("---\n---\n", 1),
        ("File: Other\n", 1),
        ("hello", 1),
        ("# only\n# comments\n", 1),
        ("<html>\n</html>", 1),
        ("<?xml version=\"1.0\"?>\n<!-- nothing -->", 1),
        ("<components>\n<component>\n</components>", 3),
        ("<components>\n<component></component", 2),
        ("<components>\n\ntext</components>", 1),
        ("\u{0}\u{1}\u{2}", 1),
    ] {
        let error = read(content).unwrap_err();
        assert_eq!(error.code(), ErrorCode::CatalogMalformed, "{content:?}");
        assert!(
            error.to_string().contains("/tmp") || error.to_string().contains("tmp"),
            "{error}"
        );
        assert!(
            error.to_string().contains(&format!("line {line}")),
            "{content:?}: {error}"
        );
        assert!(!error.hints().is_empty());
    }
    let error = read(b"File: DEP-11\nOrigin: \xff\xfe\n").unwrap_err();
    assert!(
        error.to_string().contains("line 2") && error.to_string().contains("UTF-8"),
        "{error}"
    );
    let error = read_path(Path::new("/nowhere/at/all.yml")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CatalogUnavailable);
    let truncated = gzip(YAML.as_bytes());
    let error = read(&truncated[..truncated.len() / 2]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::CatalogUnavailable, "{error}");
}

#[test]
fn bombs_do_not_go_off() {
    // Ten levels of ten aliases: ten thousand million names.
    let mut laughs =
        String::from("ID: a.bomb\nName: {C: x}\nK0: &k0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..10 {
        let aliases = vec![format!("*k{}", level - 1); 10].join(", ");
        laughs = format!("{laughs}K{level}: &k{level} [{aliases}]\n");
    }
    laughs.push_str("Categories: *k9\n");
    let nested = format!(
        "ID: a.nest\nName: {{C: x}}\nX: {}{}\n",
        "[".repeat(100),
        "]".repeat(100)
    );
    let giant = format!("ID: a.giant\nName: {{C: {}}}\n", "x".repeat(limits::COMPONENT_BYTES));
    let long = format!("ID: a.long\nName: {{C: {}}}\n", "x".repeat(limits::NAME_BYTES + 1));
    for bomb in [laughs, nested, giant, long] {
        let catalog = read(format!("{YAML}---\n{bomb}")).unwrap();
        assert_eq!(
            (catalog.components.len(), catalog.problems.len()),
            (3, 1),
            "{}",
            &bomb[..20]
        );
    }

    let entities = "<!DOCTYPE c [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><component><name>&b;</name></component>";
    let outside = "<!DOCTYPE c [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><component><name>&a;</name></component>";
    for bomb in [entities, outside] {
        let error = read(bomb).unwrap_err();
        assert!(error.to_string().contains("document type"), "{error}");
    }
    let deep = format!(
        "<components>{}{}</components>",
        "<component>".repeat(10_000),
        "</component>".repeat(10_000)
    );
    let catalog = read(deep).unwrap();
    assert_eq!((catalog.components.len(), catalog.problems.len()), (0, 1));
}

#[test]
fn a_small_file_cannot_fill_the_memory() {
    // A quarter of a GiB of spaces and a little more: one MiB, compressed once and repeated.
    let megabytes = usize::try_from(limits::CATALOG_BYTES >> 20).unwrap();
    let bomb = gzip(&vec![b' '; 1 << 20]).repeat(megabytes + 1);
    assert!(bomb.len() < 1 << 21);
    assert!(matches!(read(&bomb), Err(Error::TooLarge { .. })));
}

#[test]
fn catalogs_of_a_folder_are_found_in_order() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("yaml")).unwrap();
    for name in [
        "yaml/b.yml.gz",
        "yaml/a.yml",
        "c.metainfo.xml",
        "d.txt",
        "e.png",
        "f.gz",
    ] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop.yml")).unwrap();
    let found = find_catalogs(folder.path()).unwrap();
    let names: Vec<_> = found
        .iter()
        .map(|path| path.strip_prefix(folder.path()).unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["c.metainfo.xml", "yaml/a.yml", "yaml/b.yml.gz"]);
    assert_eq!(find_catalogs(&found[1]).unwrap(), [found[1].clone()]);
    assert!(find_catalogs(Path::new("/nowhere")).is_err());
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        for content in [text.clone(), format!("\u{feff}{text}"), format!("{YAML}---\n{text}"), format!("<components>{text}</components>")] {
            if let Ok(catalog) = read(content) {
                prop_assert!(catalog.components.len() <= 4);
            }
        }
    }

    #[test]
    fn any_changed_byte_is_answered(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for fixture in [YAML, COLLECTION, METAINFO] {
            let mut content = fixture.as_bytes().to_vec();
            let at = at.index(content.len());
            content[at] = byte;
            if let Ok(catalog) = read(content) {
                prop_assert!(catalog.components.len() <= 4);
            }
        }
    }
}
