//! Reported journals, prices, and the answers that computers without a network got.

use scrip_domain::{ActivationId, DeviceId, Intent, License, SeatKind, Usage};
use scrip_store::{JournalHead, JournalReport, StoredAnswer, SurrenderedSeat};
use uuid::Uuid;

use crate::support::{Fixture, act, both, device, item, listing};

/// A user with a license on a computer.
async fn activated(fixture: &Fixture) -> (License, DeviceId, ActivationId) {
    let user = fixture.user("ada@example.com", 1000).await;
    fixture.list(&[listing("a", 100, 10, 500)]).await;
    fixture
        .check_out(&user, vec![item("a", Intent::Rent, Some("week"))], 10)
        .await
        .unwrap();
    let license = fixture.store.licenses(user.id).await.unwrap().remove(0);
    let device = fixture
        .store
        .put_device(user.id, &device("desk"), |_| None)
        .await
        .unwrap()
        .0
        .id;
    let seat = fixture.take(&user, license.id, device, SeatKind::Fixed).await.unwrap();
    let activation = seat.activation.id;
    (license, device, activation)
}

fn report(device: DeviceId, activation: ActivationId, seq: u64, revision: i64) -> JournalReport {
    JournalReport {
        activation,
        certificate: "certificate".into(),
        head: JournalHead {
            metering_key: "key".into(),
            seq,
            hash: [7; 32],
            used: Usage {
                uses: seq,
                processings: 0,
            },
            revision,
        },
        device,
        days: vec![(
            20_000,
            Usage {
                uses: 1,
                processings: 2,
            },
        )],
        findings: vec![("journal.gap".into(), "entries are missing".into())],
    }
}

both! {
    async fn a_journal_is_acknowledged_at_the_head_that_was_read_or_not_at_all(fixture: Fixture) {
        let (license, device, activation) = activated(&fixture).await;
        let store = &fixture.store;
        assert_eq!(store.journal_head(activation).await.unwrap(), None);
        assert_eq!(store.put_journal(&license, &report(device, activation, 3, 0)).await.unwrap(), Some(1));
        assert_eq!(store.put_journal(&license, &report(device, activation, 4, 0)).await.unwrap(), None, "it was not read");
        let head = store.journal_head(activation).await.unwrap().unwrap();
        assert_eq!((head.seq, head.used.uses, head.revision), (3, 3, 1));
        let second = report(device, activation, 5, head.revision);
        assert_eq!(store.put_journal(&license, &second).await.unwrap(), Some(0), "a finding is noted once");
        assert_eq!(store.put_journal(&license, &second).await.unwrap(), None);
        assert_eq!(store.findings(activation).await.unwrap().len(), 1);
        let used = store.usage(license.user, 20_000).await.unwrap();
        assert_eq!((used.len(), used[0].used, used[0].device_name.as_str()), (1, Usage { uses: 2, processings: 4 }, "desk"));
        assert_eq!(store.usage(license.user, 20_001).await.unwrap(), []);
        let sums = store.usage_of_products(Some(&license.product), 0).await.unwrap();
        assert_eq!((sums.len(), sums[0].devices, sums[0].used.processings), (1, 1, 4));
        assert_eq!(store.usage_of_products(Some(&"b".parse().unwrap()), 0).await.unwrap(), []);
        let found = store.activation_on(license.user, license.id, "thumb").await.unwrap();
        assert_eq!(found, Some(activation));
        assert_eq!(store.activation_on(license.user, license.id, "other").await.unwrap(), None);
    }

    async fn a_seat_that_is_taken_again_goes_on_with_its_journal(fixture: Fixture) {
        let (license, device, activation) = activated(&fixture).await;
        let store = &fixture.store;
        store.put_journal(&license, &report(device, activation, 3, 0)).await.unwrap();
        let seat = SurrenderedSeat { activation, code_seq: 1, totals: Usage::default() };
        store.release(license.user, &seat).await.unwrap();
        fixture.advance(1);
        let again = store.take_seat(license.user, license.id, device, SeatKind::Fixed, |_, _| Ok(())).await.unwrap();
        assert_ne!(again.activation.id, activation);
        let heads = (store.journal_head(activation).await.unwrap(), store.journal_head(again.activation.id).await.unwrap());
        assert_eq!((heads.0.is_some(), heads.0), (true, heads.1));
        let told = store.notices(license.user, None, 10).await.unwrap();
        assert_eq!(told.iter().filter(|notice| notice.kind == "journal.finding").count(), 1);
    }

    async fn of_many_reports_of_one_journal_at_once_one_counts(fixture: Fixture) {
        let (license, device, activation) = activated(&fixture).await;
        let tries = (0..8).map(|_| {
            let (fixture, license) = (fixture.clone(), license.clone());
            tokio::spawn(async move { fixture.store.put_journal(&license, &report(device, activation, 1, 0)).await })
        });
        let mut counted = 0;
        for attempt in tries.collect::<Vec<_>>() {
            counted += usize::from(attempt.await.unwrap().unwrap().is_some());
        }
        assert_eq!(counted, 1);
        let used = fixture.store.usage(license.user, 0).await.unwrap();
        assert_eq!(used[0].used, Usage { uses: 1, processings: 2 });
    }

    async fn a_request_has_one_answer(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let answer = |bundle: &str| StoredAnswer {
            user: user.id,
            request_digest: [5; 32],
            bundle: bundle.into(),
            notes: vec!["done".into()],
        };
        let nonce = Uuid::from_u128(7);
        assert_eq!(fixture.store.offline_answer(nonce).await.unwrap(), None);
        let first = fixture.store.put_offline_answer(nonce, &answer("first")).await.unwrap();
        assert_eq!(first, answer("first"));
        let second = fixture.store.put_offline_answer(nonce, &answer("second")).await.unwrap();
        assert_eq!(second, answer("first"), "the first one stays");
        assert_eq!(fixture.store.offline_answer(nonce).await.unwrap(), Some(answer("first")));
    }

    async fn prices_belong_to_a_revision_and_computers_to_accounts(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        fixture.list(&[listing("b", 100, 10, 500), listing("a", 50, 10, 500)]).await;
        let (revision, prices) = fixture.store.prices().await.unwrap();
        let products: Vec<_> = prices.iter().map(|(product, _)| product.as_str()).collect();
        assert_eq!((revision, products), (2, vec!["a", "b"]));
        assert!(prices[0].1.contains("50"), "{}", prices[0].1);
        fixture.store.unlist_product(&"a".parse().unwrap(), &act("product.unlisted")).await.unwrap();
        let (revision, prices) = fixture.store.prices().await.unwrap();
        assert_eq!((revision, prices.len()), (3, 1));
        assert!(fixture.store.device_users("thumb").await.unwrap().is_empty());
        fixture.store.put_device(user.id, &device("desk"), |_| None).await.unwrap();
        assert_eq!(fixture.store.device_users("thumb").await.unwrap(), [user.id]);
    }
}
