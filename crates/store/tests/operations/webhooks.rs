//! What happened becomes one message for each endpoint that wants it, whenever that is looked at.

use scrip_domain::{Coded, Intent};
use scrip_store::{Act, Attempt};
use uuid::Uuid;

use crate::support::{Fixture, both, item, listing};

const ACT: Act<'_> = Act {
    actor: "ada@example.com",
    action: "webhook.added",
    subject: "test",
    why: "test",
};

async fn endpoint(fixture: &Fixture, events: &[&str]) -> Uuid {
    let id = fixture.id();
    let events: Vec<_> = events.iter().map(|kind| (*kind).to_owned()).collect();
    let url = "https://example.com/hook";
    assert!(
        fixture
            .store
            .add_endpoint(id, url, &events, "whsec_AAAA", &ACT)
            .await
            .unwrap()
    );
    assert!(
        !fixture
            .store
            .add_endpoint(id, url, &events, "whsec_AAAA", &ACT)
            .await
            .unwrap()
    );
    id
}

async fn collect(fixture: &Fixture) -> usize {
    let mut events = 0;
    loop {
        match fixture.store.collect_events().await.unwrap() {
            0 => return events,
            found => events += found,
        }
    }
}

both! {
    async fn what_happened_is_told_once_to_those_who_want_it(fixture: Fixture) {
        fixture.user("early@example.com", 5).await;
        assert_eq!(collect(&fixture).await, 0, "nobody is told");
        fixture.advance(1);
        assert_eq!(collect(&fixture).await, 0, "still nobody");
        let (all, some) = (endpoint(&fixture, &[]).await, endpoint(&fixture, &["order.paid"]).await);
        let user = fixture.user("ada@example.com", 100).await;
        fixture.list(&[listing("a", 40, 10, 0)]).await;
        fixture.check_out(&user, vec![item("a", Intent::Buy, None)], 40).await.unwrap();
        assert_eq!(collect(&fixture).await, 3);
        assert_eq!(collect(&fixture).await, 0);
        let told = fixture.store.deliveries(Some(all), None, 10).await.unwrap();
        let mut kinds: Vec<_> = told.iter().map(|message| message.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["account.opened", "order.paid", "tokens.granted"]);
        let paid = fixture.store.deliveries(Some(some), None, 10).await.unwrap();
        assert_eq!((paid.len(), paid[0].kind.as_str(), paid[0].status.as_str()), (1, "order.paid", "waiting"));
        for part in ["\"type\":\"order.paid\"", "\"amount\":-40", "\"lines\":[", &user.id.to_string()] {
            assert!(paid[0].body.contains(part), "{part} in {}", paid[0].body);
        }
        assert!(!told.iter().any(|message| message.body.contains("ada@example.com")), "an address left the house");
        // The day after, nothing is found again.
        fixture.advance(1);
        assert_eq!(collect(&fixture).await, 0);
    }

    async fn a_message_is_tried_until_it_arrives_or_is_given_up(fixture: Fixture) {
        let store = &fixture.store;
        let endpoint = endpoint(&fixture, &[]).await;
        let event = fixture.id();
        store.ping_endpoint(endpoint, event, &ACT).await.unwrap();
        store.ping_endpoint(endpoint, event, &ACT).await.unwrap();
        let due = store.due_deliveries(10).await.unwrap();
        assert_eq!((due.len(), due[0].event, due[0].attempts), (1, event, 0));
        let attempt = Attempt { delivery: due[0].id, endpoint, answer: Some(500), problem: Some("it answered 500"),
            again_at: Some(fixture.now().plus_seconds(60)), stop: None };
        store.settle_delivery(&attempt).await.unwrap();
        assert_eq!(store.due_deliveries(10).await.unwrap().len(), 0);
        assert_eq!(store.endpoint(endpoint).await.unwrap().failing_since, Some(fixture.now()));
        assert_eq!(store.delivery_counts().await.unwrap(), (1, 0));
        fixture.advance(1);
        assert_eq!(store.due_deliveries(10).await.unwrap()[0].attempts, 1);
        let given_up = Attempt { again_at: None, stop: Some("it is gone"), ..attempt };
        store.settle_delivery(&given_up).await.unwrap();
        assert_eq!(store.delivery_counts().await.unwrap(), (0, 1));
        assert_eq!(store.endpoint(endpoint).await.unwrap().stopped.unwrap().1, "it is gone");
        store.redeliver(due[0].id, &ACT).await.unwrap();
        assert_eq!(store.due_deliveries(10).await.unwrap().len(), 0, "the endpoint is stopped");
        store.stop_endpoint(endpoint, None, &ACT).await.unwrap();
        assert_eq!(store.due_deliveries(10).await.unwrap().len(), 1);
        let arrived = Attempt { answer: Some(204), problem: None, again_at: None, stop: None, ..attempt };
        store.settle_delivery(&arrived).await.unwrap();
        let log = &store.deliveries(Some(endpoint), None, 10).await.unwrap()[0];
        assert_eq!((log.status.as_str(), log.answer, log.attempts), ("arrived", Some(204), 1));
        store.rotate_endpoint(endpoint, "whsec_BBBB", fixture.now().plus_seconds(60), &ACT).await.unwrap();
        let rotated = store.endpoint(endpoint).await.unwrap();
        assert_eq!((rotated.secret.as_str(), rotated.old_secret.as_deref()), ("whsec_BBBB", Some("whsec_AAAA")));
        assert!(!format!("{rotated:?}").contains("whsec"), "{rotated:?}");
        fixture.advance(1);
        assert_eq!(store.endpoint(endpoint).await.unwrap().old_secret, None);
        let nobody = store.endpoint(Uuid::nil()).await.unwrap_err();
        assert_eq!(nobody.code().as_str(), "webhook.not_found");
        fixture.assert_sound().await;
    }
}
