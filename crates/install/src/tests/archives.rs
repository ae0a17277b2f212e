//! Hostile and damaged archives.

use std::io::Write;
use std::path::Path;

use scrip_domain::{ArtifactKind, Coded, ErrorCode};
use tar::EntryType;

use super::fixtures::{Scratch, Tarball, appimage, artifact, listing, noise, request};
use crate::{Error, Watch};

/// Installs `bytes` and expects a refusal that leaves nothing behind.
async fn refused(kind: ArtifactKind, name: &str, bytes: &[u8]) -> Error {
    let scratch = Scratch::new();
    let outside = scratch.path().join("outside");
    std::fs::write(&outside, "mine").unwrap();
    let request = request(artifact(kind, name, "1", bytes), bytes);
    let error = scratch.installer().install(request, &Watch::none()).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "mine");
    let left = listing(scratch.path());
    let expected = |path: &Path| {
        path == Path::new("outside") || path.ends_with("install.lock") || path.starts_with("state/downloads")
    };
    assert!(left.keys().all(|path| expected(path)), "{error}: {left:?}");
    error
}

async fn entry_refused(tarball: Tarball, why: &str) {
    let bytes = tarball.file("bin/painter", 0o755, b"#!/bin/sh\n").finish();
    let error = refused(ArtifactKind::Tar, "painter.tar", &bytes).await;
    assert_eq!(error.code(), ErrorCode::InstallPathUnsafe, "{error}");
    assert!(error.to_string().contains(why), "{error}");
}

#[tokio::test]
async fn paths_that_leave_the_folder_are_refused() {
    entry_refused(Tarball::default().file("../outside", 0o644, b"x"), "leaves the folder").await;
    entry_refused(
        Tarball::default().file("a/../../outside", 0o644, b"x"),
        "leaves the folder",
    )
    .await;
    entry_refused(
        Tarball::default().file("/tmp/scrip-outside", 0o644, b"x"),
        "absolute path",
    )
    .await;
    let long = b"../../../../outside\0";
    let named = Tarball::default().entry(EntryType::GNULongName, "././@LongLink", "", 0, long);
    entry_refused(named.file("harmless", 0o644, b"x"), "leaves the folder").await;
    let pax = b"22 path=../../outside\n";
    let named = Tarball::default().entry(EntryType::XHeader, "pax", "", 0, pax);
    entry_refused(named.file("harmless", 0o644, b"x"), "leaves the folder").await;
}

#[tokio::test]
async fn links_that_leave_the_folder_are_refused_also_in_chains() {
    entry_refused(Tarball::default().link("a", "/etc/passwd"), "absolute path").await;
    entry_refused(Tarball::default().link("a", "../outside"), "leaves the folder").await;
    entry_refused(Tarball::default().link("a/b", "../../outside"), "leaves the folder").await;
    // Each link alone stays inside, read as text; followed one through the other they leave.
    let chain = Tarball::default()
        .folder("p/q/r")
        .link("p/q/r/up", "../../..")
        .link("m", "p/q/r/up/../outside");
    entry_refused(chain, "leaves the folder").await;
    entry_refused(Tarball::default().link("a", "b").link("b", "a"), "circles").await;
    let through = Tarball::default().link("a", ".").file("a/x", 0o644, b"x");
    entry_refused(through, "below a link").await;
    let hard = Tarball::default().entry(EntryType::Link, "h", "../outside", 0o644, b"");
    entry_refused(hard, "leaves the folder").await;
    let hard = Tarball::default()
        .link("a", "bin")
        .entry(EntryType::Link, "h", "a", 0o644, b"");
    entry_refused(hard, "no file of the archive").await;
}

#[tokio::test]
async fn a_link_out_of_the_only_folder_is_refused_although_it_stays_in_the_archive() {
    let bytes = Tarball::default()
        .file("top/run", 0o755, b"x")
        .link("top/up", "..")
        .finish();
    let error = refused(ArtifactKind::Tar, "painter.tar", &bytes).await;
    assert_eq!(error.code(), ErrorCode::InstallPathUnsafe, "{error}");
}

#[tokio::test]
async fn devices_duplicates_and_impossible_names_are_refused() {
    entry_refused(
        Tarball::default().entry(EntryType::Char, "null", "", 0o666, b""),
        "device",
    )
    .await;
    entry_refused(
        Tarball::default().entry(EntryType::Fifo, "pipe", "", 0o666, b""),
        "pipe",
    )
    .await;
    entry_refused(
        Tarball::default().file("x", 0o644, b"1").file("./x", 0o644, b"2"),
        "twice",
    )
    .await;
    entry_refused(
        Tarball::default().file("x", 0o644, b"1").file("x/y", 0o644, b"2"),
        "below a link or a file",
    )
    .await;
    let long = [b'n'; 300];
    let named = Tarball::default().entry(EntryType::GNULongName, "././@LongLink", "", 0, &long);
    entry_refused(named.file("x", 0o644, b"x"), "no file can have").await;
    let deep = "d/".repeat(100);
    let named = Tarball::default().entry(EntryType::GNULongName, "././@LongLink", "", 0, deep.as_bytes());
    entry_refused(named.file("x", 0o644, b"x"), "too deep").await;
}

#[tokio::test]
async fn damaged_archives_are_refused() {
    let whole = Tarball::default()
        .file("bin/painter", 0o755, &noise(1, 20_000))
        .finish();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&whole).unwrap();
    let gz = gz.finish().unwrap();
    let mut wrong_sum = gz.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    let cases: [&[u8]; 6] = [
        &whole[..10_000],
        &gz[..gz.len() / 2],
        &wrong_sum,
        b"not an archive at all",
        &[0; 1024],
        &noise(3, 5000),
    ];
    for bytes in cases {
        let error = refused(ArtifactKind::Tar, "painter.tar", bytes).await;
        assert_eq!(error.code(), ErrorCode::InstallArchiveInvalid, "{error}");
    }
    let data = Tarball::default().file("readme", 0o644, b"x").finish();
    let error = refused(ArtifactKind::Tar, "painter.tar", &data).await;
    assert!(error.to_string().contains("no program"), "{error}");
}

#[tokio::test]
async fn a_decompression_bomb_is_stopped() {
    // 80 MiB of zeros in a few kilobytes.
    let zeros = vec![0; 80 * 1024 * 1024];
    let tarball = Tarball::default().file("bin/painter", 0o755, &zeros).finish();
    let bomb = zstd::encode_all(tarball.as_slice(), 1).unwrap();
    let error = refused(ArtifactKind::Tar, "painter.tar.zst", &bomb).await;
    assert_eq!(error.code(), ErrorCode::InstallArchiveInvalid);
    assert!(error.to_string().contains("far more"), "{error}");
    let huge_name = Tarball::default().entry(EntryType::GNULongName, "././@LongLink", "", 0, &zeros[..3_000_000]);
    let bytes = zstd::encode_all(huge_name.finish().as_slice(), 1).unwrap();
    let error = refused(ArtifactKind::Tar, "painter.tar.zst", &bytes).await;
    assert!(error.to_string().contains("header"), "{error}");
}

#[tokio::test]
async fn what_is_no_appimage_is_refused() {
    let mut type_1 = appimage(b"x");
    type_1[10] = 1;
    let mut foreign = appimage(b"x");
    foreign[18] = 0xf3;
    let plain = [
        b"\x7fELF\x02\x01\x01\x00\0\0\0\0\0\0\0\0\x02\x00\x3e\x00".as_slice(),
        b"x",
    ]
    .concat();
    for bytes in [
        type_1,
        foreign,
        plain,
        b"#!/bin/sh\necho no\n".to_vec(),
        b"\x7fE".to_vec(),
    ] {
        let error = refused(ArtifactKind::Appimage, "Painter.AppImage", &bytes).await;
        assert_eq!(error.code(), ErrorCode::InstallArchiveInvalid, "{error}");
    }
}
