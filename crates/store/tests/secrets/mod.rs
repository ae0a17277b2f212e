//! Secrets lie in the database sealed, also those that an earlier version left in clear.

use scrip_domain::{Coded as _, ErrorCode};
use scrip_store::DataKey;
use uuid::Uuid;

use crate::support::{Fixture, act, both};

const SECRET: &[u8] = b"twenty secret bytes!";
const SIGNS: &str = "whsec_c2lnbnMgdGhlIG1lc3NhZ2Vz";

async fn endpoint(fixture: &Fixture) -> Uuid {
    let (id, act) = (fixture.id(), act("webhook.added"));
    let url = "https://example.com/hook";
    assert!(fixture.store.add_endpoint(id, url, &[], SIGNS, &act).await.unwrap());
    id
}

both! {
    async fn the_database_alone_gives_no_secret_away(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 0).await;
        let store = &fixture.store;
        store.put_second_factor(ada.id, SECRET).await.unwrap();
        let id = endpoint(&fixture).await;
        store.rotate_endpoint(id, "whsec_bmV3IG9uZQ", fixture.now().plus_seconds(60), &act("webhook.secret_changed")).await.unwrap();
        for hidden in [SECRET, SIGNS.as_bytes(), b"whsec_bmV3IG9uZQ"] {
            assert_eq!(fixture.places_of(hidden).await, Vec::<String>::new());
        }
        // With the key they are what they were.
        assert_eq!(store.second_factor(ada.id).await.unwrap().unwrap().secret, SECRET);
        let endpoint = store.endpoint(id).await.unwrap();
        assert_eq!((endpoint.secret.as_str(), endpoint.old_secret.as_deref()), ("whsec_bmV3IG9uZQ", Some(SIGNS)));
        // Without it, or with another, they are not; and a server that has another does not start.
        let other = store.clone().with_data_key(DataKey::new(&[8; 32]));
        assert_eq!(other.second_factor(ada.id).await.unwrap_err().code(), ErrorCode::StoreSealed);
        assert_eq!(other.endpoints().await.unwrap_err().code(), ErrorCode::StoreSealed);
        store.seal_secrets().await.unwrap();
        assert_eq!(other.seal_secrets().await.unwrap_err().code(), ErrorCode::StoreSealed);
    }

    async fn secrets_in_clear_are_sealed_once(fixture: Fixture) {
        let mut users = Vec::new();
        for name in 0..3 {
            let user = fixture.user(&format!("u{name}@example.com"), 0).await;
            fixture.store.put_second_factor(user.id, b"other").await.unwrap();
            users.push(user.id);
        }
        let id = endpoint(&fixture).await;
        fixture.tamper(&format!("UPDATE webhook_endpoints SET secret = '{SIGNS}', old_secret = ''")).await;
        let hex = SECRET.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let bytes = if fixture.store.backend() == "sqlite" { format!("X'{hex}'") } else { format!("'\\x{hex}'") };
        fixture.tamper(&format!("UPDATE second_factors SET secret = {bytes}")).await;
        assert_eq!(fixture.places_of(SECRET).await, ["second_factors.secret"; 3]);
        let in_clear = fixture.store.second_factor(users[0]).await.unwrap_err();
        assert_eq!(in_clear.code(), ErrorCode::StoreSealed, "a secret in clear is not taken for one that was sealed");
        // Two servers that start at once seal each of them once.
        let (one, two) = (fixture.store.clone(), fixture.reopen().await.store);
        let (one, two) = tokio::join!(one.seal_secrets(), two.seal_secrets());
        assert_eq!(one.unwrap() + two.unwrap(), 4);
        assert_eq!(fixture.store.seal_secrets().await.unwrap(), 0);
        assert_eq!(fixture.places_of(SECRET).await, Vec::<String>::new());
        assert_eq!(fixture.places_of(SIGNS.as_bytes()).await, Vec::<String>::new());
        for user in users {
            assert_eq!(fixture.store.second_factor(user).await.unwrap().unwrap().secret, SECRET);
        }
        assert_eq!(fixture.store.endpoint(id).await.unwrap().secret, SIGNS);
    }
}
