//! What a license allows here: counted, given back, on loan, revoked, and on two computers.

use crate::desk::{Desk, HELLO, args, hello};
use crate::fake::{MACHINE, NOW};
use scrip_app::contract::{EndArgs, ReleaseArgs, TransferArgs};
use scrip_domain::{Coded, ErrorCode, LicenseState, Timestamp};
use scrip_licensing::Grant;

const OTHER: &str = "fedcba9876543210fedcba9876543210";

/// Puts a program `hello` that runs `script` onto the computer under `home`.
fn install(home: &std::path::Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let computer = home.join("computer");
    let dpkg = computer.join("var/lib/dpkg");
    std::fs::create_dir_all(dpkg.join("info")).unwrap();
    let status =
        "Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.10-3\nDescription: x\n\n";
    std::fs::write(dpkg.join("status"), status).unwrap();
    std::fs::write(dpkg.join("info/hello.list"), "/usr/bin/hello\n").unwrap();
    let bin = computer.join("usr/bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("hello"), script).unwrap();
    std::fs::set_permissions(bin.join("hello"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn uses_are_counted_before_the_program_starts_and_shown_to_the_unit_offline() {
    let home = tempfile::tempdir().unwrap();
    install(home.path(), "#!/bin/sh\n");
    let desk = Desk::open(Grant::Uses { count: 3 }).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    app.catalog_sync().await.unwrap();
    for left in [2, 1] {
        let start = app.begin_run(&hello()).await.unwrap();
        assert!(start.counted && start.argv[0].ends_with("hello"));
        assert_eq!(start.left.uses, Some(left));
    }
    let clock = desk.clock.clone();
    let Desk { vendor, .. } = desk;
    let app_url = vendor.url.clone();
    drop(app);
    let app = vendor.app_on(home.path(), MACHINE, &clock);
    drop(vendor);
    assert!(app_url.starts_with("http://127.0.0.1"));
    let entry = app.library_view().await.unwrap().entries.remove(0);
    let standing = entry.standing.unwrap();
    assert!(standing.allowed && standing.counts);
    assert_eq!((standing.left.uses, standing.unreported.uses), (Some(1), 2));
    assert_eq!(
        entry.license.remaining.uses,
        Some(1),
        "the license's own count is told to the unit too"
    );
    app.begin_run(&hello()).await.unwrap();
    let error = app.begin_run(&hello()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LicenseExhausted);
    let entry = app.library_view().await.unwrap().entries.remove(0);
    assert_eq!(entry.license.state, LicenseState::Exhausted);
    assert!(!entry.authorized);
    assert_eq!(entry.standing.unwrap().failure.unwrap().code, "license.exhausted");
}

#[tokio::test]
async fn what_was_counted_is_reported_once_and_a_fresh_code_comes() {
    let home = tempfile::tempdir().unwrap();
    install(home.path(), "#!/bin/sh\n");
    let desk = Desk::open(Grant::Uses { count: 5 }).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    app.catalog_sync().await.unwrap();
    app.begin_run(&hello()).await.unwrap();
    app.begin_run(&hello()).await.unwrap();
    let synced = app.journal_sync().await.unwrap();
    assert_eq!(synced.failures, []);
    assert_eq!(
        (synced.reported[0].usage.uses, synced.reported[0].findings.len()),
        (2, 0)
    );
    assert_eq!(synced.fresh, [hello()]);
    assert_eq!(
        app.journal_sync().await.unwrap().reported,
        [],
        "nothing is reported twice"
    );
    let standing = app.standing(&hello()).unwrap();
    assert_eq!((standing.left.uses, standing.unreported.uses), (Some(3), 0));
    app.begin_run(&hello()).await.unwrap();
    assert_eq!(app.journal_sync().await.unwrap().reported[0].usage.uses, 1);
    assert_eq!(app.standing(&hello()).unwrap().left.uses, Some(2));
}

#[tokio::test]
async fn an_old_copy_of_the_journal_is_named_and_gains_nothing() {
    let home = tempfile::tempdir().unwrap();
    install(home.path(), "#!/bin/sh\n");
    let desk = Desk::open(Grant::Uses { count: 5 }).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    app.catalog_sync().await.unwrap();
    app.begin_run(&hello()).await.unwrap();
    let journal = app
        .code_file(&hello())
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("journal");
    let file = std::fs::read_dir(&journal).unwrap().next().unwrap().unwrap().path();
    let old = std::fs::read(&file).unwrap();
    app.begin_run(&hello()).await.unwrap();
    app.begin_run(&hello()).await.unwrap();
    drop(app);
    std::fs::write(&file, old).unwrap();
    let app = desk.app(home.path(), MACHINE).await;
    let error = app.begin_run(&hello()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::JournalRolledBack);
    let synced = app.journal_sync().await.unwrap();
    assert_eq!(synced.failures[0].code, "journal.rolled_back");
    assert_eq!(
        synced.reported[0].usage.uses, 3,
        "what the old copy lacked is counted again"
    );
    assert_eq!(app.begin_run(&hello()).await.unwrap().left.uses, Some(1));
}

#[tokio::test]
async fn a_pause_gives_the_code_back_and_no_copy_of_it_serves_again() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Uses { count: 5 }).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    let kept = app.code_export(args()).await.unwrap();
    assert_eq!(kept.file_name, "org.example.Hello.scrip");
    let paused = app.license_pause(args()).await.unwrap();
    assert_eq!(paused.state, LicenseState::Paused);
    assert!(!app.code_file(&hello()).exists());
    assert_eq!(app.library_view().await.unwrap().entries[0].standing, None);
    // A copy that was put away is void.
    std::fs::write(app.code_file(&hello()), kept.text).unwrap();
    assert_eq!(
        app.standing(&hello()).unwrap().failure.unwrap().code,
        "code.surrendered"
    );
    std::fs::remove_file(app.code_file(&hello())).unwrap();
    app.license_resume(args()).await.unwrap();
    assert!(app.authorized(&hello()), "the code came back with the resumption");
}

#[tokio::test]
async fn a_refused_pause_leaves_a_code_that_holds() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Uses { count: 5 }).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    desk.books.lock().unwrap().refuse_pause = true;
    let error = app.license_pause(args()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::LicenseNotPausable);
    assert!(app.authorized(&hello()));
}

#[tokio::test]
async fn ending_and_giving_away_take_the_code_along() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Duration).await;
    desk.books.lock().unwrap().lasts_seconds = Some(86_400);
    desk.stock();
    let app = desk.authorized(home.path(), MACHINE).await;
    let quote = app.license_end_quote(args()).await.unwrap();
    let ended = app
        .license_end(EndArgs {
            product: hello(),
            at_least: quote.tokens,
            command: app.new_command().to_string(),
        })
        .await
        .unwrap();
    assert_eq!(
        (ended.tokens.get(), app.wallet_view().await.unwrap().balance.get()),
        (7, 42)
    );
    assert!(!app.code_file(&hello()).exists());
    app.code_show(args()).await.unwrap();
    let given = app
        .license_transfer(TransferArgs {
            product: hello(),
            to: "eve@example.com".to_owned(),
            command: app.new_command().to_string(),
        })
        .await
        .unwrap();
    assert_eq!(
        (given.to.as_str(), app.code_file(&hello()).exists()),
        ("eve@example.com", false)
    );
}

#[tokio::test]
async fn two_computers_have_seats_and_one_is_freed_for_the_dead_one() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let desk = Desk::open(Grant::Perpetual).await;
    let first = desk.authorized(one.path(), MACHINE).await;
    let second = desk.authorized(two.path(), OTHER).await;
    let code = first.code_export(args()).await.unwrap();
    let error = second
        .code_import(scrip_app::contract::TextArgs { text: code.text })
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeOtherDevice);
    let view = second.seats_view(args()).await.unwrap();
    assert_eq!(view.seats.activations.iter().filter(|seat| seat.live).count(), 2);
    let dead = view
        .seats
        .activations
        .iter()
        .find(|seat| Some(seat.device) != view.this_device)
        .unwrap();
    second
        .seats_release(ReleaseArgs {
            product: hello(),
            activation: Some(dead.id),
        })
        .await
        .unwrap();
    assert!(first.authorized(&hello()), "nobody told it yet");
    first.journal_sync().await.unwrap();
    assert_eq!(first.standing(&hello()).unwrap().failure.unwrap().code, "code.revoked");
    let view = second
        .seats_release(ReleaseArgs {
            product: hello(),
            activation: None,
        })
        .await
        .unwrap();
    assert!(!second.code_file(&hello()).exists());
    assert!(view.seats.activations.iter().all(|seat| !seat.live));
    let devices = second.devices_view().await.unwrap();
    assert_eq!(devices.iter().filter(|device| device.this_computer).count(), 1);
    assert_eq!(second.recognised().unwrap().as_deref(), Some("same board: reinstalled"));
}

#[tokio::test]
async fn a_copied_home_is_another_computer() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Uses { count: 5 }).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    drop(app);
    let app = desk.app(home.path(), OTHER).await;
    assert_eq!(
        app.standing(&hello()).unwrap().failure.unwrap().code,
        "code.other_device"
    );
    let view = app.code_show(args()).await.unwrap();
    assert_eq!(view.claims["seq"], 1, "a code of its own, of a device of its own");
    assert!(app.authorized(&hello()));
    assert_eq!(desk.vendor.requests("POST", "/v1/devices").len(), 2);
}

#[tokio::test]
async fn a_lease_is_renewed_when_half_is_over_and_ends_without_the_server() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Perpetual).await;
    {
        let mut books = desk.books.lock().unwrap();
        (books.lasts_seconds, books.lease) = (Some(3600), true);
    }
    let app = desk.authorized(home.path(), MACHINE).await;
    assert_eq!(app.journal_sync().await.unwrap().fresh, []);
    desk.clock.advance_seconds(1900);
    assert_eq!(app.journal_sync().await.unwrap().fresh, [hello()]);
    let end = app.standing(&hello()).unwrap().lease_ends_at.unwrap();
    assert_eq!(end, Timestamp::from_seconds(NOW + 1900 + 3600));
    desk.clock.advance_seconds(3600);
    let standing = app.standing(&hello()).unwrap();
    assert_eq!(standing.failure.unwrap().code, "code.expired");
}

#[tokio::test]
async fn the_grace_is_a_warning_and_its_end_a_refusal() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Duration).await;
    {
        let mut books = desk.books.lock().unwrap();
        (books.lasts_seconds, books.grace) = (Some(1000), 600);
    }
    desk.stock();
    let app = desk.authorized(home.path(), MACHINE).await;
    desk.clock.advance_seconds(1100);
    let standing = app.standing(&hello()).unwrap();
    assert!(standing.allowed && standing.in_grace);
    assert!(
        standing.warnings[0].contains("runs on until"),
        "{:?}",
        standing.warnings
    );
    desk.clock.advance_seconds(600);
    assert_eq!(app.standing(&hello()).unwrap().failure.unwrap().code, "code.expired");
}

#[tokio::test]
async fn another_vendor_behind_the_same_address_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Perpetual).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    desk.books.lock().unwrap().replace_root();
    let error = app.journal_sync().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::CodeIssuer);
    assert!(error.hints()[0].contains("Do not trust this server"));
    assert!(app.authorized(&hello()), "what the first vendor gave holds on");
}

#[tokio::test]
async fn notices_are_new_until_they_are_seen() {
    let home = tempfile::tempdir().unwrap();
    let desk = Desk::open(Grant::Perpetual).await;
    let app = desk.app(home.path(), MACHINE).await;
    let notice = serde_json::json!({
        "id": "1", "kind": "renewal.soon", "product": HELLO, "text": "Soon.", "created_at": "2026-01-01T00:00:00Z"
    });
    desk.books.lock().unwrap().notices = vec![notice];
    let look = |seen| scrip_app::contract::NoticesArgs { seen };
    assert_eq!(app.notices_view(look(true)).await.unwrap().unseen, 1);
    assert_eq!(app.notices_view(look(false)).await.unwrap().unseen, 0);
}

#[tokio::test]
async fn the_menu_entry_comes_with_a_code_that_counts_and_goes_with_it() {
    let home = tempfile::tempdir().unwrap();
    install(home.path(), "#!/bin/sh\n");
    let desk = Desk::open(Grant::Uses { count: 5 }).await;
    let app = desk.app(home.path(), MACHINE).await;
    app.catalog_sync().await.unwrap();
    let acquire = scrip_app::contract::AcquireArgs {
        product: hello(),
        update: false,
        floating: false,
    };
    app.acquire_start(acquire).await.unwrap();
    let entry = home
        .path()
        .join("prefix/share/applications/scrip-run-org.example.Hello.desktop");
    assert!(
        std::fs::read_to_string(&entry)
            .unwrap()
            .contains("Name=Hello (with Scrip)")
    );
    app.license_pause(args()).await.unwrap();
    assert!(!entry.exists());
}

#[tokio::test]
async fn a_window_that_opens_reports_what_was_counted_meanwhile() {
    let home = tempfile::tempdir().unwrap();
    install(home.path(), "#!/bin/sh\n");
    let desk = Desk::open(Grant::Uses { count: 5 }).await;
    let app = desk.authorized(home.path(), MACHINE).await;
    app.catalog_sync().await.unwrap();
    app.begin_run(&hello()).await.unwrap();
    let app = std::sync::Arc::new(desk.vendor.app_on(home.path(), MACHINE, &desk.clock));
    let opened = app.clone();
    // On another thread, as the window does it.
    tokio::spawn(async move { opened.catch_up().await }).await.unwrap();
    assert_eq!(app.standing(&hello()).unwrap().unreported.uses, 0);
    assert_eq!(app.standing(&hello()).unwrap().left.uses, Some(4));
    let beat = tokio::spawn(async move { app.keep_leases().await });
    beat.abort();
}
