//! Icons from folders and from archives.

#![expect(clippy::unwrap_used, reason = "what a test prepares must succeed")]

use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use scrip_appstream::{Component, Error, Icons, find_icons, limits, read_path};
use scrip_domain::{Coded, ErrorCode};

fn editor() -> Component {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/collection.yml");
    read_path(&fixture).unwrap().components.remove(0)
}

const NAME: &str = "example-editor_editor.png";

fn png(mark: &str) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n", mark.as_bytes()].concat()
}

fn archive(path: &Path, entries: &[(&str, Vec<u8>)]) {
    let mut archive = tar::Builder::new(GzEncoder::new(
        std::fs::File::create(path).unwrap(),
        Compression::fast(),
    ));
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        // Written as they are: the builder itself refuses a path with dots.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, content.as_slice()).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap();
}

#[test]
fn the_nearest_size_of_a_folder_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    for (size, mark) in [
        ("64x64", "small"),
        ("128x128", "large"),
        ("64x64@2", "double"),
        ("other", "not an icon folder"),
    ] {
        let sizes = folder.path().join("example-main").join(size);
        std::fs::create_dir_all(&sizes).unwrap();
        std::fs::write(sizes.join(NAME), png(mark)).unwrap();
    }
    let icons = Icons::open(folder.path(), "example-main").unwrap();
    assert_eq!(icons.find(&editor(), 48).unwrap(), Some(png("small")));
    assert_eq!(icons.find(&editor(), 128).unwrap(), Some(png("large")));
    std::fs::remove_file(folder.path().join("example-main/128x128").join(NAME)).unwrap();
    assert_eq!(icons.find(&editor(), 128).unwrap(), Some(png("double")));
    let flat = Icons::open(&folder.path().join("example-main/64x64"), "").unwrap();
    assert_eq!(flat.find(&editor(), 128).unwrap(), Some(png("small")));
    assert!(matches!(
        Icons::open(Path::new("/nowhere"), ""),
        Err(Error::Unreadable { .. })
    ));
}

#[test]
fn what_is_no_icon_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let large = [png(""), vec![0; usize::try_from(limits::ICON_BYTES).unwrap()]].concat();
    for content in [b"<svg onload='alert(1)'/>".to_vec(), Vec::new(), large] {
        std::fs::write(folder.path().join(NAME), content).unwrap();
        assert_eq!(
            Icons::open(folder.path(), "").unwrap().find(&editor(), 64).unwrap(),
            None
        );
    }
    std::fs::remove_file(folder.path().join(NAME)).unwrap();
    std::fs::create_dir(folder.path().join(NAME)).unwrap();
    assert_eq!(
        Icons::open(folder.path(), "").unwrap().find(&editor(), 64).unwrap(),
        None
    );
}

#[test]
fn icons_of_an_archive_are_found_by_name_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("icons.tar.gz");
    archive(
        &path,
        &[
            ("../../../etc/cron.d/x.png", png("evil")),
            ("./sub/example-editor_editor.png", png("good")),
        ],
    );
    let icons = Icons::open(&path, "").unwrap();
    assert_eq!(icons.find(&editor(), 64).unwrap(), Some(png("good")));
    std::fs::write(&path, b"\x1f\x8bnot really").unwrap();
    let error = Icons::open(&path, "").unwrap_err();
    assert_eq!(error.code(), ErrorCode::CatalogMalformed);
}

#[test]
fn icons_are_found_where_distributions_put_them() {
    let folder = tempfile::tempdir().unwrap();
    for sub in ["yaml", "icons", "lists"] {
        std::fs::create_dir(folder.path().join(sub)).unwrap();
    }
    assert_eq!(
        find_icons(&folder.path().join("yaml/main.yml.gz")),
        [folder.path().join("icons")]
    );
    let tar = folder.path().join("lists/host_dists_main_dep11_icons-64x64.tar.gz");
    archive(&tar, &[]);
    let found = find_icons(
        &folder
            .path()
            .join("lists/host_dists_main_dep11_Components-amd64.yml.gz"),
    );
    assert_eq!(found, [tar]);
    assert!(find_icons(Path::new("/")).is_empty());
}
