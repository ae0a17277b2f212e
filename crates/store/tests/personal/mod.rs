//! A person sees everything that is kept of them, and nothing that names them is left when they go.

use std::collections::{BTreeMap, BTreeSet};

use scrip_domain::{
    BillTo, BillingPolicy, Coded as _, Email, ErrorCode, Intent, Money, OrderChannel, PersonalDetails, PurchaseMethod,
    RetentionPolicy, SendingPolicy, Sha256, TeamId, TeamRole, TokenAmount, Tokens,
};
use scrip_store::{
    Act, Erasure, Export, ExportCursor, NewApproval, NewGift, NewGrant, NewMail, NewPayment, NewPriceList, NewSending,
    NewSession, NewTokenOrder, NewTokenPurchase, OTHER_IDS, OrderDocument, PERSONAL_COLUMNS, Passkey, Store, TokenHash,
    User,
};
use serde_json::Value;
use uuid::Uuid;

use crate::support::rental::{policy, product};
use crate::support::{Fixture, act, both, device, item, tokens};

const EMAIL: &str = "zenobia.q@persona.example";
const NAME: &str = "Zenobia Quackenbush";
const PHONE: &str = "+44 5550 7377";
const ADDRESS: &str = "99 Pelargonium Row";
const OTHER: &str = "bob@other.example";

impl Fixture {
    /// A whole export, section by section.
    pub(crate) async fn export(&self, user: &User) -> BTreeMap<&'static str, Vec<Value>> {
        let mut whole: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut cursor = Some(ExportCursor::START);
        while let Some(at) = cursor {
            let (page, next) = self.store.export_page(user.id, at).await.unwrap();
            assert_eq!(page.begins, !whole.contains_key(page.section), "{}", page.section);
            whole.entry(page.section).or_default().extend(page.rows);
            cursor = next;
        }
        whole
    }
}

fn euro(minor: i64) -> Money {
    Money::new(minor, "EUR".parse().unwrap()).unwrap()
}

/// A person who told everything of themselves, with a computer, a passkey, sessions, codes and mail.
async fn somebody(fixture: &Fixture) -> User {
    let store = &fixture.store;
    let user = fixture.user(EMAIL, 5000).await;
    let details = PersonalDetails {
        name: NAME.into(),
        phone: PHONE.into(),
        postal_address: ADDRESS.into(),
    };
    store.set_personal_details(user.id, &details).await.unwrap();
    store
        .put_device(user.id, &device(&format!("{NAME}'s desk")), |_| None)
        .await
        .unwrap();
    let passkey = Passkey {
        id: fixture.id(),
        credential: vec![9; 16],
        user: user.id,
        name: format!("Phone of {NAME}"),
        algorithm: -7,
        public_key: vec![1],
        counter: 0,
        created_at: fixture.now(),
        used_at: None,
    };
    store.put_passkey(&passkey).await.unwrap();
    store.put_second_factor(user.id, b"twenty secret bytes!").await.unwrap();
    let session = NewSession {
        user: user.id,
        token: TokenHash([1; 32]),
        label: &format!("{NAME} on a tablet"),
        expires_at: fixture.now().plus_seconds(1_000_000),
    };
    store.open_labelled_session(&session).await.unwrap();
    store.put_client(user.id, TokenHash([2; 32])).await.unwrap();
    let email: Email = EMAIL.parse().unwrap();
    store.count_try(&email, &["net:203.0.113.0"], 900).await.unwrap();
    let mail = NewMail {
        user: user.id,
        recipient: &email,
        kind: "test",
        subject: &format!("Dear {NAME}"),
        text: "Hello",
    };
    store.put_mail(&mail).await.unwrap();
    store.set_wallet_alert(user.id, Some(tokens(10))).await.unwrap();
    user
}

/// What people do with each other.
async fn deal(fixture: &Fixture, user: &User, other: &User) {
    let store = &fixture.store;
    fixture
        .list(&[product("a", policy(1, 0)), product("b", policy(1, 0))])
        .await;
    fixture
        .check_out(user, vec![item("a", Intent::Buy, None)], 1000)
        .await
        .unwrap();
    let sending = |from: &User, to: &'static str, name: &'static str, message: &'static str| {
        let sender = from.id;
        let command = fixture.id();
        async move {
            let new = NewSending {
                sender,
                to,
                name,
                tokens: tokens(10),
                message,
                command,
                digest: [1; 32],
            };
            let policy = SendingPolicy {
                account_age_hours: 0,
                given_can_be_sent: true,
                ..SendingPolicy::default()
            };
            store.send_tokens(&new, &policy).await.unwrap()
        }
    };
    sending(user, OTHER, "b…@other.example", "from Zenobia Quackenbush with thanks").await;
    sending(other, EMAIL, NAME, "for Zenobia Quackenbush").await;
    let rules = SendingPolicy {
        account_age_hours: 0,
        given_can_be_sent: true,
        ..SendingPolicy::default()
    };
    let (id, command) = ("b".parse().unwrap(), fixture.id());
    let gift = NewGift {
        giver: user.id,
        to: OTHER,
        name: "b…@other.example",
        product: &id,
        offer: None,
        expected_price: tokens(1000),
        message: "enjoy it, Zenobia Quackenbush",
        command,
        digest: [1; 32],
    };
    let gift = store.give_product(&gift, &rules).await.unwrap();
    store.accept_gift(other.id, gift.id).await.unwrap();
    let team = TeamId(fixture.id());
    store
        .begin_team(user.id, team, "The Zenobia Quackenbush family")
        .await
        .unwrap();
    store
        .put_member(user.id, team, OTHER, TeamRole::Owner, tokens(10))
        .await
        .unwrap();
    fixture.advance(3);
    store.settle_sendings(100).await.unwrap();
    let grant = NewGrant {
        email: EMAIL,
        tokens: tokens(7),
        reason: "Goodwill",
        command: fixture.id(),
        expires_at: Some(fixture.now().plus_seconds(900 * 86_400)),
    };
    store.grant_dated(&grant, &act("tokens.granted")).await.unwrap();
    store
        .grant(EMAIL, tokens(3), "Goodwill", fixture.id(), "ivy@vendor.example")
        .await
        .unwrap();
    let approval = NewApproval {
        deed: "tokens.grant",
        summary: &format!("Give 5 tokens to {EMAIL}."),
        body: &format!("{{\"email\":\"{EMAIL}\"}}"),
    };
    store.ask_approval(&approval, &act("approval.asked")).await.unwrap();
}

fn order(fixture: &Fixture, user: &User, method: PurchaseMethod) -> NewTokenOrder {
    NewTokenOrder {
        purchase: NewTokenPurchase {
            user: user.id,
            command: fixture.id(),
            digest: [3; 32],
            method,
            currency: "EUR".parse().unwrap(),
            wanted: TokenAmount::Tokens(tokens(100)),
            expected_total: None,
            reference: format!("{NAME} 7"),
            expires_at: None,
            hold: None,
        },
        channel: OrderChannel::Phone,
        channel_reference: format!("call of {NAME}"),
        note: format!("{NAME} calls back"),
        bill_to: BillTo {
            name: NAME.into(),
            address: ADDRESS.into(),
            tax_number: String::new(),
        },
        approved: false,
    }
}

/// Two orders on paper: one that came to a bill, and one that was taken back.
async fn buy(fixture: &Fixture, user: &User) -> (Uuid, Uuid) {
    let store = &fixture.store;
    let prices = NewPriceList {
        currency: "EUR".parse().unwrap(),
        effective_from: None,
        effective_until: None,
        terms: scrip_testkit::token_prices(),
    };
    store
        .put_price_list(&prices, &act("tokens.price_published"))
        .await
        .unwrap();
    let rules = BillingPolicy::default();
    let document = OrderDocument {
        sha256: Sha256([5; 32]),
        name: format!("{NAME}.pdf"),
        media_type: "application/pdf".into(),
        bytes: 9,
    };
    let waiting = order(fixture, user, PurchaseMethod::PurchaseOrder);
    let (waiting, _) = store.place_token_order(&waiting, &rules, None).await.unwrap();
    store
        .attach_order_document(Some(user.id), waiting.id, &document)
        .await
        .unwrap();
    assert_eq!(
        store
            .unused_documents(&[Sha256([5; 32]), Sha256([6; 32])])
            .await
            .unwrap(),
        [Sha256([6; 32])]
    );
    let billed = order(fixture, user, PurchaseMethod::BankTransfer);
    let (billed, _) = store.place_token_order(&billed, &rules, None).await.unwrap();
    let bill = store.invoice(Some(user.id), billed.invoice.unwrap()).await.unwrap();
    let outlook = store.erasure_outlook(user.id).await.unwrap();
    let open: Vec<_> = outlook
        .hindrances
        .iter()
        .map(|text| text.split(':').next().unwrap())
        .collect();
    assert!(
        open.ends_with(&["1 bills are not paid", "1 orders wait for the vendor"]),
        "{open:?}"
    );
    let refused = store
        .erase(&Erasure {
            user: user.id,
            forfeit: tokens(9999),
        })
        .await
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::AccountNotErasable);
    assert!(refused.to_string().contains("1 bills are not paid"), "{refused}");
    store.cancel_token_order(user.id, waiting.id).await.unwrap();
    let payment = NewPayment {
        id: fixture.id(),
        method: PurchaseMethod::Cash,
        money: euro(bill.state.gross.minor),
        payer: NAME.into(),
        text: format!("at the counter, {NAME}"),
        received_at: fixture.now(),
        invoice: Some(bill.id),
        cleared: true,
    };
    store.book_payment(&payment, &act("payment.recorded")).await.unwrap();
    (bill.id, payment.id)
}

/// Where any of the person's words stands.
async fn left(fixture: &Fixture) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    for words in [EMAIL, NAME, PHONE, ADDRESS, "Zenobia", "Quackenbush", "Pelargonium"] {
        places.extend(fixture.places_of(words.as_bytes()).await);
    }
    places
}

/// What the law of books keeps of the person until its time is over.
const KEPT: [&str; 8] = [
    "invoices.bill_to",
    "invoices.buyer_reference",
    "offline_orders.bill_to",
    "offline_orders.channel_reference",
    "offline_orders.note",
    "payments.payer",
    "payments.text",
    "token_purchases.reference",
];

both! {
    async fn every_column_that_names_a_person_is_exported_or_left_out_for_a_reason(fixture: Fixture) {
        let sections: BTreeSet<_> = Store::export_sections().collect();
        let listed: BTreeMap<_, _> = PERSONAL_COLUMNS.iter().copied().collect();
        assert_eq!(listed.len(), PERSONAL_COLUMNS.len(), "a column is listed once");
        let columns = fixture.columns().await;
        assert!(columns.len() > 300, "{}", columns.len());
        let names: BTreeSet<_> = columns.iter().map(|column| format!("{}.{}", column.table, column.name)).collect();
        for (column, export) in PERSONAL_COLUMNS {
            assert!(names.contains(*column), "there is no column {column}");
            match export {
                Export::In(section) => assert!(sections.contains(section), "{column}: there is no section {section}"),
                Export::LeftOut(why) => assert!(why.len() > 20, "{column} is left out for no reason"),
            }
        }
        for column in columns {
            let name = format!("{}.{}", column.table, column.name);
            let person = match column.kind.as_str() {
                "uuid" => !OTHER_IDS.contains(&column.name.as_str()),
                "text" => ["email", "recipient"].contains(&column.name.as_str()),
                _ => false,
            };
            assert!(!person || listed.contains_key(name.as_str()), "{name} names a person and is in no list: crates/store/src/export/columns.rs");
        }
    }

    async fn an_export_is_whole_and_an_erased_person_is_nowhere(fixture: Fixture) {
        let store = &fixture.store;
        let other = fixture.user(OTHER, 500).await;
        let user = somebody(&fixture).await;
        deal(&fixture, &user, &other).await;
        let hindered = store.erasure_outlook(user.id).await.unwrap().hindrances;
        assert!(hindered[0].starts_with("1 teams belong to it"), "{hindered:?}");
        let (bill, _) = buy(&fixture, &user).await;
        let export = fixture.export(&user).await;
        assert_eq!(export.keys().copied().collect::<BTreeSet<_>>(), Store::export_sections().collect());
        for section in [
            "account", "sessions", "known_clients", "authenticator", "passkeys", "mails", "notices", "devices", "licenses", "orders",
            "wallet", "grants", "dated_tokens", "token_purchases", "token_orders", "invoices", "payments", "transfers_sent",
            "transfers_received", "gifts_given", "teams", "wallet_alert", "deeds_of_the_vendor",
        ] {
            assert!(!export[section].is_empty(), "{section} is empty");
        }
        assert_eq!(export["token_orders"].len(), 2);
        let orders: Vec<_> = export["token_orders"].iter().map(|order| &order["document_name"]).collect();
        assert!(orders.contains(&&Value::String(format!("{NAME}.pdf"))), "{orders:?}");
        assert_eq!(export["invoices"][0]["bill_to"]["name"], NAME);
        assert!(!serde_json::to_string(&export).unwrap().contains("twenty secret bytes!"));
        // Others' accounts are not in it.
        assert!(!serde_json::to_string(&export).unwrap().contains(OTHER));

        let team = store.teams(user.id).await.unwrap()[0].id;
        store.join_team(other.id, team).await.unwrap();
        store.close_team(user.id, team).await.unwrap();
        let outlook = store.erasure_outlook(user.id).await.unwrap();
        assert_eq!((outlook.hindrances.as_slice(), outlook.bills, outlook.licenses), (&[][..], 1, 1));
        assert_eq!(outlook.bills_until.unwrap().to_string(), "2036-01-01T00:00:00Z");
        store.erase(&Erasure { user: user.id, forfeit: outlook.balance }).await.unwrap();
        assert_eq!(left(&fixture).await, KEPT.map(str::to_owned).into());
        let gone = fixture.export(&user).await;
        assert_eq!(gone["account"][0]["name"], "");
        for section in ["sessions", "passkeys", "notices", "mails", "teams", "codes", "known_clients", "authenticator"] {
            assert!(gone[section].is_empty(), "{section}: {:?}", gone[section]);
        }
        // The document of the order that came to nothing is nobody's now.
        assert_eq!(store.unused_documents(&[Sha256([5; 32])]).await.unwrap(), [Sha256([5; 32])]);
        // What others have stays, without the name.
        assert_eq!(store.sendings(other.id, None, 10).await.unwrap().len(), 2);
        let told = store.notices(other.id, None, 50).await.unwrap();
        assert!(told.iter().any(|notice| notice.text.contains("somebody who has left")), "{told:?}");
        fixture.assert_sound().await;

        // The day before, nothing changes; then the names are gone, and the numbers stay.
        fixture.advance(3800);
        assert_eq!(store.end_retention().await.unwrap(), 0);
        assert_eq!(left(&fixture).await.len(), KEPT.len());
        fixture.advance(60);
        assert_eq!(store.end_retention().await.unwrap(), 4);
        assert_eq!(store.end_retention().await.unwrap(), 0);
        assert_eq!(left(&fixture).await, BTreeSet::new());
        let bill = store.invoice(None, bill).await.unwrap();
        assert_eq!((bill.bill_to.name.as_str(), bill.state.gross), ("erased", euro(1190)));
        fixture.assert_sound().await;
    }

    async fn a_long_history_is_exported_whole_page_by_page(fixture: Fixture) {
        let user = fixture.user(EMAIL, 0).await;
        for _ in 0..1100 {
            fixture.store.grant(EMAIL, tokens(1), "again", fixture.id(), "cli").await.unwrap();
        }
        let export = fixture.export(&user).await;
        assert_eq!((export["wallet"].len(), export["grants"].len(), export["deeds_of_the_vendor"].len()), (1100, 1100, 1100));
        let ids: BTreeSet<_> = export["wallet"].iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 1100, "no row comes twice");
        assert_eq!(export["wallet"][1099]["balance_after"], 1100);
    }

    async fn a_shorter_retention_is_for_those_who_go_later(fixture: Fixture) {
        let store = &fixture.store;
        let user = fixture.user(EMAIL, 0).await;
        buy(&fixture, &user).await;
        let none = Act { actor: "cli", action: "settings.changed", subject: "retention", why: "test" };
        store.put_setting(&RetentionPolicy { bill_years: 0 }, &none).await.unwrap();
        let outlook = store.erasure_outlook(user.id).await.unwrap();
        assert_eq!(outlook.bills_until.unwrap().to_string(), "2026-01-01T00:00:00Z");
        store.erase(&Erasure { user: user.id, forfeit: outlook.balance }).await.unwrap();
        store.put_setting(&RetentionPolicy { bill_years: 30 }, &none).await.unwrap();
        fixture.advance(220);
        assert_eq!(store.end_retention().await.unwrap(), 4);
        assert_eq!(store.balance(user.id).await.unwrap(), Tokens::ZERO);
    }
}
