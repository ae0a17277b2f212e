//! Seats and what their computers are promised.

use scrip_domain::{Coded, ErrorCode, SeatKind, Usage};
use scrip_store::SurrenderedSeat;

use crate::support::rental::{gives, policy, product, rent};
use crate::support::{self, Fixture, both};

both! {
    async fn seats_are_taken_kept_given_back_and_taken_again(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        let (desk, lap) = (fixture.computer(&ada, "desk").await, fixture.computer(&ada, "lap").await);
        let first = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        let refused = fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::SeatNoneFree);
        let late = SurrenderedSeat { code_seq: first.code_seq - 1, ..gives(&first, 0) };
        assert_eq!(fixture.store.release(ada.id, &late).await.unwrap_err().code(), ErrorCode::SeatNotSurrendered);
        fixture.store.release(ada.id, &gives(&first, 0)).await.unwrap();
        fixture.store.release(ada.id, &gives(&first, 0)).await.unwrap();
        fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap();
        fixture.assert_sound().await;
        let rows = fixture.store.seats(ada.id, rented.id).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.seat.is_live(fixture.now())).count(), 1);
        assert_eq!(rows.len(), 2);
        fixture.tamper("UPDATE activations SET released_at = NULL").await;
        assert_eq!(fixture.store.audit().await.unwrap().breaches.len(), 1);
    }

    async fn the_last_seat_goes_to_one_of_many_that_ask_at_once(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(2, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "uses", 50).await;
        let other = fixture.reopen().await;
        let mut asking = Vec::new();
        for n in 0..6 {
            let device = fixture.computer(&ada, &format!("pc{n}")).await;
            let (server, ada) = (if n % 2 == 0 { fixture.clone() } else { other.clone() }, ada.clone());
            asking.push(tokio::spawn(async move { server.take(&ada, rented.id, device, SeatKind::Fixed).await }));
        }
        let mut seated = 0;
        for asked in asking {
            match asked.await.unwrap() {
                Ok(_) => seated += 1,
                // The first was promised every use, so that a second seat has nothing to take.
                Err(error) => assert!(matches!(error.code(), ErrorCode::SeatNoneFree | ErrorCode::LicenseInUse), "{error}"),
            }
        }
        assert!((1..=2).contains(&seated), "{seated}");
        fixture.assert_sound().await;
    }

    async fn uses_are_promised_once_and_reports_count_once(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(2, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "uses", 50).await;
        let (desk, lap) = (fixture.computer(&ada, "desk").await, fixture.computer(&ada, "lap").await);
        let first = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!((first.allotted.uses, first.reported.uses), (100, 0));
        let refused = fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::LicenseInUse);
        assert!(refused.to_string().contains("desk"), "{refused}");
        let ten = Usage { uses: 10, processings: 0 };
        for _ in 0..2 {
            let (after, beyond) = fixture.store.report_use(first.id, ten).await.unwrap();
            assert_eq!((after.remaining.uses, after.tenure.used.uses, beyond), (Some(90), 10, Usage::default()));
        }
        // It gives the seat back; the other computer gets everything, and then the two share.
        fixture.store.release(ada.id, &gives(&first, 10)).await.unwrap();
        let second = fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!(second.allotted.uses, 90);
        fixture.store.report_use(second.id, ten).await.unwrap();
        assert_eq!(fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap_err().code(), ErrorCode::LicenseInUse);
        fixture.store.release(ada.id, &gives(&second, 10)).await.unwrap();
        let again = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!((again.reported.uses, again.allotted.uses), (10, 90), "it goes on counting where it was");
        assert!(again.code_seq > second.code_seq);
        fixture.assert_sound().await;
        fixture.tamper("UPDATE activations SET allotted_uses = allotted_uses + 1").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
    }

    async fn what_a_lost_computer_reports_too_late_is_counted_and_explained(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(2, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "uses", 50).await;
        let (desk, lap) = (fixture.computer(&ada, "desk").await, fixture.computer(&ada, "lap").await);
        let lost = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        fixture.store.force_release(ada.id, lost.id, "dead").await.unwrap();
        fixture.store.force_release(ada.id, lost.id, "dead").await.unwrap();
        assert_eq!(fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap().activation.allotted.uses, 100);
        let (late, _) = fixture.store.report_use(lost.id, Usage { uses: 30, processings: 0 }).await.unwrap();
        assert_eq!(late.remaining.uses, Some(70));
        fixture.assert_sound().await;
        let revoked = fixture.store.revocations(10).await.unwrap();
        assert_eq!(revoked.len(), 1);
        assert_eq!((revoked[0].seq, revoked[0].thumbprint.as_deref()), (1, Some("thumb desk")));
        let events = fixture.store.license_events(rented.id).await.unwrap();
        assert_eq!((events.len(), events[0].why.as_str()), (1, "dead"));
        assert_eq!(fixture.store.notices(ada.id, None, 10).await.unwrap()[0].kind, "seat.released");
    }

    async fn seats_are_freed_from_afar_three_times_a_quarter(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        let bob = fixture.user("bob@example.com", 0).await;
        fixture.list(&[product("a", policy(5, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        for n in 0..4 {
            let device = fixture.computer(&ada, &format!("pc{n}")).await;
            let seat = fixture.take(&ada, rented.id, device, SeatKind::Fixed).await.unwrap().activation;
            let stranger = fixture.store.force_release(bob.id, seat.id, "mine").await.unwrap_err();
            assert_eq!(stranger.code(), ErrorCode::SeatNotFound);
            match fixture.store.force_release(ada.id, seat.id, "dead").await {
                Ok(_) => assert!(n < 3),
                Err(error) => assert_eq!((n, error.code()), (3, ErrorCode::SeatReleaseLimited)),
            }
        }
    }

    async fn a_computer_with_a_new_system_keeps_its_seat(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(1, 0))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        let desk = fixture.computer(&ada, "desk").await;
        let before = fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap().activation;
        let anew = scrip_store::NewDevice { thumbprint: "thumb new".into(), ..support::device("desk again") };
        let same = |other: &scrip_store::DeviceRow| (other.id == desk).then(|| "same board".to_owned());
        let (row, replaced) = fixture.store.put_device(ada.id, &anew, same).await.unwrap();
        assert_eq!(replaced.unwrap().1, "same board");
        let listed = fixture.store.devices(ada.id).await.unwrap();
        assert_eq!(listed.iter().map(|device| device.id).collect::<Vec<_>>(), [row.id]);
        let after = fixture.take(&ada, rented.id, row.id, SeatKind::Fixed).await.unwrap().activation;
        assert!(after.code_seq > before.code_seq);
        assert_eq!(fixture.store.revocations(10).await.unwrap()[0].seq, before.code_seq.unsigned_abs());
        assert_eq!(fixture.take(&ada, rented.id, desk, SeatKind::Fixed).await.unwrap_err().code(), ErrorCode::SeatNoneFree);
        // The same key registered once more is the same computer.
        let (again, replaced) = fixture.store.put_device(ada.id, &anew, same).await.unwrap();
        assert_eq!((again.id, replaced), (row.id, None));
        fixture.assert_sound().await;
    }

    async fn floating_seats_are_lent_and_fall_free(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 500).await;
        fixture.list(&[product("a", policy(1, 1))]).await;
        let rented = rent(&fixture, &ada, "a", "days", 100).await;
        let (desk, lap) = (fixture.computer(&ada, "desk").await, fixture.computer(&ada, "lap").await);
        let lent = fixture.take(&ada, rented.id, desk, SeatKind::Floating).await.unwrap();
        assert_eq!(lent.lease_ends_at, Some(fixture.now().plus_seconds(3600)));
        let renewed = fixture.take(&ada, rented.id, desk, SeatKind::Floating).await.unwrap();
        assert_eq!(renewed.activation.id, lent.activation.id);
        let refused = fixture.take(&ada, rented.id, lap, SeatKind::Floating).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::SeatNoneFree);
        fixture.advance(1);
        fixture.take(&ada, rented.id, lap, SeatKind::Floating).await.unwrap();
        assert_eq!(fixture.take(&ada, rented.id, desk, SeatKind::Floating).await.unwrap_err().code(), ErrorCode::SeatNoneFree);
        // A seat of its own takes the place of a borrowed one.
        let own = fixture.take(&ada, rented.id, lap, SeatKind::Fixed).await.unwrap().activation;
        assert_eq!(fixture.take(&ada, rented.id, lap, SeatKind::Floating).await.unwrap().activation.id, own.id);
        fixture.take(&ada, rented.id, desk, SeatKind::Floating).await.unwrap();
        fixture.assert_sound().await;
    }
}
