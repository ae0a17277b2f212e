//! A wallet's signed statement as a document: what it says in print, and what it proves.

use std::path::Path;
use std::process::Command;

use http::header;
use scrip_licensing::StatementFile;

use crate::browser::{Browser, text};
use crate::support::{Api, PRICES};

/// What a reader of PDF finds, by one of poppler's programs.
fn poppler(program: &str, arguments: &[&str], folder: &Path) -> String {
    let done = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|why| panic!("{program} is missing ({why}): cargo xtask setup installs it"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A wallet with many movements.
async fn statement() -> (Api, Vec<u8>) {
    let api = Api::new().await;
    api.list(PRICES).await;
    let token = api.register("ada@example.com").await;
    for amount in 1..=60 {
        api.grant("ada@example.com", amount).await;
        api.clock.advance_seconds(60);
    }
    api.pay(&token, "rent", Some("week"), 30).await.succeed();
    let answer = api.get("/v1/wallet/statement.pdf", Some(&token)).await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/pdf");
    (api, answer.bytes)
}

#[tokio::test]
async fn a_statement_is_printed_and_holds_what_was_signed() {
    let (api, bytes) = statement().await;
    let issuer = api.server.issuer();
    let found = StatementFile::text_in(&bytes).unwrap();
    let signed = StatementFile::verify(&found, issuer).unwrap();
    let closing = 100 + 60 * 61 / 2 - 30;
    assert_eq!((signed.opening, signed.closing, signed.entries.len()), (0, closing, 62));
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join("statement.pdf"), &bytes).unwrap();
    let printed = poppler("pdftotext", &["-layout", "statement.pdf", "-"], scratch.path());
    let digest = StatementFile::digest_in(&found).unwrap().to_string();
    for words in [
        "Statement of a wallet",
        "ada@example.com",
        &signed.sub.to_string(),
        "Balance at the beginning",
        "Balance at the end",
        "1,900",
        "Given by the vendor",
        "−30",
        &digest,
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    // Any reader of PDF takes the files out, which prove the same.
    poppler("pdfdetach", &["-saveall", "statement.pdf"], scratch.path());
    let json = std::fs::read_to_string(scratch.path().join("statement.json")).unwrap();
    assert_eq!(StatementFile::verify(&json, issuer).unwrap(), signed);
    let lines = std::fs::read_to_string(scratch.path().join("statement.txt")).unwrap();
    assert_eq!(StatementFile::verify(&lines, issuer).unwrap(), signed);

    let mut ada = Browser::signed_in(&api, "ada@example.com").await;
    let page = ada.page("/account/wallet?from=2025-06-15&until=2025-06-15").await;
    assert!(page.contains("/account/wallet/statement.pdf?from=2025-06-15"), "{page}");
    let same = ada
        .get("/account/wallet/statement.pdf?from=2025-06-15&until=2025-06-15")
        .await;
    let found = StatementFile::text_in(&same.bytes).unwrap();
    assert_eq!(StatementFile::verify(&found, issuer).unwrap().closing, closing);
    assert!(text(&ada.get("/account/wallet/statement.json").await).contains("scrip-statement/1"));
}

#[tokio::test]
async fn a_document_that_was_changed_proves_nothing() {
    let (api, bytes) = statement().await;
    let issuer = api.server.issuer();
    let begin = bytes.windows(10).position(|part| part == b"-----BEGIN").unwrap();
    let end = bytes.windows(8).position(|part| part == b"-----END").unwrap();
    let verify = |bytes: &[u8]| StatementFile::text_in(bytes).and_then(|text| StatementFile::verify(&text, issuer));
    for at in (begin + 40..end - 4).step_by(97) {
        let mut changed = bytes.clone();
        if changed[at].is_ascii_alphanumeric() {
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(verify(&changed).is_err(), "byte {at}");
        }
    }
    assert!(verify(&bytes[..end]).is_err(), "cut off");
    assert!(verify(&[&bytes[..], &bytes[..]].concat()).is_err(), "two statements");
    assert!(verify(b"%PDF-1.7 nothing").is_err());
    let other = Api::new().await;
    let found = StatementFile::text_in(&bytes).unwrap();
    assert!(
        StatementFile::verify(&found, other.server.issuer()).is_err(),
        "another vendor's"
    );
}
