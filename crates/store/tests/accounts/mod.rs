//! Accounts: mail, codes, sessions, tries, second factors, and what is left when a person goes.

use scrip_domain::{Coded, Email, ErrorCode, PersonalDetails, Tokens};
use scrip_store::{
    Act, CodePurpose, Erasure, MailOutcome, NewBrowserCode, NewCode, NewMail, NewNotice, NewSession, NewUser,
    OfflineAccount, Passkey, TokenHash, User,
};

use crate::support::{Fixture, both, device, tokens};

fn code<'c>(fixture: &Fixture, user: &'c User, purpose: CodePurpose, byte: u8) -> NewCode<'c> {
    NewCode {
        hash: TokenHash([byte; 32]),
        user: user.id,
        purpose,
        email: &user.email,
        expires_at: fixture.now().plus_seconds(3600),
    }
}

fn email(text: &str) -> Email {
    text.parse().unwrap()
}

fn passkey(fixture: &Fixture, user: &User, byte: u8) -> Passkey {
    Passkey {
        id: fixture.id(),
        credential: vec![byte; 16],
        user: user.id,
        name: "Phone".into(),
        algorithm: -7,
        public_key: vec![1],
        counter: 0,
        created_at: fixture.now(),
        used_at: None,
    }
}

async fn mail(fixture: &Fixture, user: &User) {
    let mail = NewMail {
        user: user.id,
        recipient: &user.email,
        kind: "test",
        subject: "Hello",
        text: "a secret",
    };
    fixture.store.put_mail(&mail).await.unwrap();
}

both! {
    async fn mail_is_taken_once_tried_again_later_and_forgotten_when_sent(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        mail(&fixture, &user).await;
        let takers = (0..6).map(|_| {
            let store = fixture.store.clone();
            tokio::spawn(async move { store.take_mails(10).await.unwrap() })
        });
        let mut taken = Vec::new();
        for taker in takers.collect::<Vec<_>>() {
            taken.extend(taker.await.unwrap());
        }
        assert_eq!((taken.len(), taken[0].attempts, taken[0].text.as_str()), (1, 1, "a secret"));
        fixture.store.settle_mail(taken[0].id, MailOutcome::Later("busy")).await.unwrap();
        assert_eq!(fixture.store.take_mails(10).await.unwrap(), []);
        fixture.advance(1);
        let again = fixture.store.take_mails(10).await.unwrap();
        assert_eq!((again.len(), again[0].attempts), (1, 2));
        fixture.store.settle_mail(again[0].id, MailOutcome::Sent).await.unwrap();
        assert_eq!(fixture.store.mail_counts().await.unwrap().sent, 1);
        let export = serde_json::to_value(fixture.export(&user).await).unwrap();
        assert_eq!(export["mails"][0]["status"], "sent");
        assert!(!export.to_string().contains("a secret"));
        fixture.advance(31);
        fixture.store.sweep_mails().await.unwrap();
        assert_eq!(fixture.store.mail_counts().await.unwrap(), scrip_store::MailCounts::default());
    }

    async fn mail_that_waited_too_long_is_given_up(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        mail(&fixture, &user).await;
        assert_eq!(fixture.store.sweep_mails().await.unwrap(), 0);
        fixture.advance(4);
        assert_eq!(fixture.store.sweep_mails().await.unwrap(), 1);
        assert_eq!(fixture.store.take_mails(10).await.unwrap(), []);
        assert_eq!(fixture.store.mail_counts().await.unwrap().failed, 1);
    }

    async fn a_notice_is_mailed_once_and_only_to_a_verified_address(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let notice = NewNotice { user: user.id, kind: "renewal.paid", product: None, subject: "1", text: "Renewed." };
        assert!(fixture.store.put_notice(&notice).await.unwrap());
        assert_eq!(fixture.store.take_mails(10).await.unwrap(), []);
        fixture.store.put_code(&code(&fixture, &user, CodePurpose::Verify, 1)).await.unwrap();
        fixture.store.verify_address(TokenHash([1; 32])).await.unwrap();
        let notice = NewNotice { subject: "2", ..notice };
        assert!(fixture.store.put_notice(&notice).await.unwrap());
        assert!(!fixture.store.put_notice(&notice).await.unwrap());
        let mails = fixture.store.take_mails(10).await.unwrap();
        assert_eq!(mails.len(), 1);
        assert_eq!((mails[0].kind.as_str(), mails[0].recipient.as_str()), ("renewal.paid", "ada@example.com"));
    }

    async fn a_code_serves_once_for_one_purpose_and_not_for_ever(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let store = &fixture.store;
        store.put_code(&code(&fixture, &user, CodePurpose::Verify, 1)).await.unwrap();
        let wrong = store.recover(TokenHash([1; 32]), CodePurpose::Recover, "x").await.unwrap_err();
        assert_eq!(wrong.code(), ErrorCode::AccountCodeWrong);
        let tries = (0..6).map(|_| {
            let store = fixture.store.clone();
            tokio::spawn(async move { store.verify_address(TokenHash([1; 32])).await.is_ok() })
        });
        let mut verified = 0;
        for attempt in tries.collect::<Vec<_>>() {
            verified += usize::from(attempt.await.unwrap());
        }
        assert_eq!(verified, 1);
        assert_eq!(store.user_by_id(user.id).await.unwrap().unwrap().verified_at, Some(fixture.now()));
        store.put_code(&code(&fixture, &user, CodePurpose::Recover, 2)).await.unwrap();
        store.put_code(&code(&fixture, &user, CodePurpose::Recover, 3)).await.unwrap();
        let replaced = store.recover(TokenHash([2; 32]), CodePurpose::Recover, "x").await.unwrap_err();
        assert_eq!(replaced.code(), ErrorCode::AccountCodeWrong);
        fixture.advance(1);
        let old = store.recover(TokenHash([3; 32]), CodePurpose::Recover, "x").await.unwrap_err();
        assert_eq!(old.code(), ErrorCode::AccountCodeWrong);
    }

    async fn an_address_that_was_taken_meanwhile_is_not_given_twice(fixture: Fixture) {
        let ada = fixture.user("ada@example.com", 0).await;
        let wanted = email("countess@example.com");
        let code = NewCode { email: &wanted, ..code(&fixture, &ada, CodePurpose::Verify, 1) };
        fixture.store.put_code(&code).await.unwrap();
        fixture.user("countess@example.com", 0).await;
        let taken = fixture.store.verify_address(TokenHash([1; 32])).await.unwrap_err();
        assert_eq!(taken.code(), ErrorCode::AccountEmailTaken);
        assert_eq!(fixture.store.user_by_id(ada.id).await.unwrap().unwrap().email, ada.email);
        let taken = fixture.store.set_email(ada.id, &wanted).await.unwrap_err();
        assert_eq!(taken.code(), ErrorCode::AccountEmailTaken);
    }

    async fn a_new_password_ends_every_session(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let store = &fixture.store;
        let end = fixture.now().plus_seconds(60);
        store.open_session(user.id, TokenHash([7; 32]), end).await.unwrap();
        store.put_code(&code(&fixture, &user, CodePurpose::Recover, 1)).await.unwrap();
        assert_eq!(store.recover(TokenHash([1; 32]), CodePurpose::Recover, "$new$").await.unwrap(), user.id);
        assert_eq!(store.caller(TokenHash([7; 32])).await.unwrap(), None);
        let found = store.user_by_id(user.id).await.unwrap().unwrap();
        assert_eq!((found.password_hash.as_str(), found.verified_at), ("$new$", Some(fixture.now())));
        store.open_session(user.id, TokenHash([8; 32]), end).await.unwrap();
        store.open_session(user.id, TokenHash([9; 32]), end).await.unwrap();
        store.set_password(user.id, "$newer$", Some(TokenHash([9; 32]))).await.unwrap();
        assert_eq!(store.caller(TokenHash([8; 32])).await.unwrap(), None);
        assert!(store.caller(TokenHash([9; 32])).await.unwrap().is_some());
    }

    async fn sessions_are_listed_and_ended_by_their_owner_alone(fixture: Fixture) {
        let (ada, eve) = (fixture.user("ada@example.com", 0).await, fixture.user("eve@example.com", 0).await);
        let store = &fixture.store;
        for (byte, user) in [(1, &ada), (2, &ada), (3, &eve)] {
            let session = NewSession {
                user: user.id,
                token: TokenHash([byte; 32]),
                label: "desk",
                expires_at: fixture.now().plus_seconds(86_400 * 9),
            };
            store.open_labelled_session(&session).await.unwrap();
        }
        let listed = store.sessions(ada.id).await.unwrap();
        assert_eq!((listed.len(), listed[0].label.as_str()), (2, "desk"));
        let foreign = store.end_session(eve.id, listed[0].id).await.unwrap_err();
        assert_eq!(foreign.code(), ErrorCode::SessionNotFound);
        store.end_session(ada.id, listed[0].id).await.unwrap();
        assert_eq!(store.caller(listed[0].token).await.unwrap(), None);
        fixture.advance(1);
        store.touch_session(listed[1].token).await.unwrap();
        assert_eq!(store.sessions(ada.id).await.unwrap()[0].seen_at, fixture.now());
        assert_eq!(store.end_sessions(eve.id, None).await.unwrap(), 1);
    }

    async fn an_account_keeps_its_newest_hundred_sessions(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let end = fixture.now().plus_seconds(86_400 * 365);
        for byte in 0..105 {
            fixture.advance(1);
            fixture.store.open_session(user.id, TokenHash([byte; 32]), end).await.unwrap();
        }
        assert_eq!(fixture.store.sessions(user.id).await.unwrap().len(), 100);
        assert_eq!(fixture.store.caller(TokenHash([0; 32])).await.unwrap(), None);
        assert!(fixture.store.caller(TokenHash([104; 32])).await.unwrap().is_some());
    }

    async fn a_browsers_code_serves_once(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let code = NewBrowserCode {
            hash: TokenHash([1; 32]),
            user: user.id,
            challenge: "challenge",
            redirect: "http://127.0.0.1:4000/",
            label: "desk",
            expires_at: fixture.now().plus_seconds(60),
        };
        fixture.store.put_browser_code(&code).await.unwrap();
        let taken = fixture.store.take_browser_code(TokenHash([1; 32])).await.unwrap();
        assert_eq!((taken.user, taken.challenge.as_str()), (user.id, "challenge"));
        assert!(fixture.store.take_browser_code(TokenHash([1; 32])).await.is_err());
    }

    async fn tries_are_counted_in_their_window_and_none_is_lost(fixture: Fixture) {
        let address = email("nobody@example.com");
        let tries = (0..8).map(|_| {
            let (store, address) = (fixture.store.clone(), address.clone());
            tokio::spawn(async move { store.count_try(&address, &["net:1", "*"], 900).await })
        });
        for attempt in tries.collect::<Vec<_>>() {
            attempt.await.unwrap().unwrap();
        }
        let counted = fixture.store.count_try(&address, &["net:1", "*"], 900).await.unwrap();
        assert_eq!(counted.iter().map(|tries| tries.failures).collect::<Vec<_>>(), [9, 9]);
        fixture.store.uncount_try(&address, "net:1", true).await.unwrap();
        fixture.store.uncount_try(&address, "*", false).await.unwrap();
        let counted = fixture.store.count_try(&address, &["net:1", "*"], 900).await.unwrap();
        assert_eq!(counted.iter().map(|tries| tries.failures).collect::<Vec<_>>(), [1, 9]);
        fixture.advance(1);
        let counted = fixture.store.count_try(&address, &["*"], 900).await.unwrap();
        assert_eq!((counted[0].failures, counted[0].since), (1, fixture.now()));
        fixture.advance(3);
        assert!(fixture.store.sweep_accounts().await.unwrap() >= 1);
    }

    async fn a_client_is_known_to_its_account_alone(fixture: Fixture) {
        let (ada, eve) = (fixture.user("ada@example.com", 0).await, fixture.user("eve@example.com", 0).await);
        let client = TokenHash([5; 32]);
        assert!(fixture.store.put_client(ada.id, client).await.unwrap());
        assert!(!fixture.store.put_client(ada.id, client).await.unwrap());
        assert!(fixture.store.knows_client(ada.id, client).await.unwrap());
        assert!(!fixture.store.knows_client(eve.id, client).await.unwrap());
    }

    async fn an_authenticator_is_confirmed_once_and_each_step_serves_once(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let store = &fixture.store;
        store.put_second_factor(user.id, &[1; 20]).await.unwrap();
        store.put_second_factor(user.id, &[2; 20]).await.unwrap();
        let spare = TokenHash([9; 32]);
        store.confirm_second_factor(user.id, &user.email, 100, &[spare]).await.unwrap();
        let factor = store.second_factor(user.id).await.unwrap().unwrap();
        assert_eq!((factor.secret, factor.confirmed, factor.last_step), (vec![2; 20], true, 100));
        assert_eq!(store.put_second_factor(user.id, &[3; 20]).await.unwrap_err().code(), ErrorCode::AuthSecondFactorState);
        assert!(!store.use_step(user.id, 100).await.unwrap());
        assert!(store.use_step(user.id, 101).await.unwrap());
        assert_eq!(store.spares(user.id).await.unwrap(), 1);
        let eve = fixture.user("eve@example.com", 0).await;
        assert!(!store.use_spare(eve.id, spare).await.unwrap());
        assert!(store.use_spare(user.id, spare).await.unwrap());
        assert!(!store.use_spare(user.id, spare).await.unwrap());
        assert!(store.remove_second_factor(user.id).await.unwrap());
        assert_eq!(store.second_factor(user.id).await.unwrap(), None);
    }

    async fn passkeys_are_counted_and_a_copied_one_is_refused(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let store = &fixture.store;
        let key = passkey(&fixture, &user, 1);
        store.put_passkey(&key).await.unwrap();
        let again = Passkey { id: fixture.id(), ..key.clone() };
        assert_eq!(store.put_passkey(&again).await.unwrap_err().code(), ErrorCode::AuthPasskeyRefused);
        assert_eq!(store.passkey(&[1; 16]).await.unwrap().unwrap(), key);
        store.use_passkey(key.id, 0).await.unwrap();
        store.use_passkey(key.id, 5).await.unwrap();
        assert_eq!(store.use_passkey(key.id, 5).await.unwrap_err().code(), ErrorCode::AuthPasskeyRefused);
        assert_eq!(store.passkeys(user.id).await.unwrap()[0].used_at, Some(fixture.now()));
        for byte in 2..=20 {
            store.put_passkey(&passkey(&fixture, &user, byte)).await.unwrap();
        }
        let full = store.put_passkey(&passkey(&fixture, &user, 21)).await.unwrap_err();
        assert_eq!(full.code(), ErrorCode::AuthPasskeyRefused);
        store.remove_passkey(user.id, key.id).await.unwrap();
        assert_eq!(store.passkey(&[1; 16]).await.unwrap(), None);
    }

    async fn a_question_is_answered_once(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 0).await;
        let end = fixture.now().plus_seconds(60);
        fixture.store.put_challenge(&[1; 32], Some(user.id), end).await.unwrap();
        fixture.store.put_challenge(&[2; 32], None, end).await.unwrap();
        assert_eq!(fixture.store.take_challenge(&[1; 32]).await.unwrap(), Some(user.id));
        assert_eq!(fixture.store.take_challenge(&[2; 32]).await.unwrap(), None);
        assert!(fixture.store.take_challenge(&[1; 32]).await.is_err());
    }

    async fn an_account_opened_offline_is_claimed_by_its_code(fixture: Fixture) {
        let account = NewUser { email: email("ada@example.com"), password_hash: String::new(), grant: tokens(30), grant_later: tokens(0) };
        let details = PersonalDetails { name: "Ada".into(), ..PersonalDetails::default() };
        let new = OfflineAccount {
            account: &account,
            details: &details,
            code: TokenHash([4; 32]),
            expires_at: fixture.now().plus_seconds(86_400),
            actor: "cli",
            why: "by telephone",
        };
        let user = fixture.store.open_offline(&new).await.unwrap();
        assert_eq!((user.name.as_str(), user.password(), user.balance), ("Ada", None, tokens(30)));
        let listed = fixture.store.search_users("ada@", None, 10).await.unwrap();
        assert_eq!((listed.len(), listed[0].unclaimed, listed[0].name.as_str()), (1, true, "Ada"));
        assert_eq!(fixture.store.recover(TokenHash([4; 32]), CodePurpose::Claim, "$x$").await.unwrap(), user.id);
        let claimed = fixture.store.user_by_id(user.id).await.unwrap().unwrap();
        assert_eq!((claimed.password(), claimed.verified_at), (Some("$x$".into()), None));
        let acts = fixture.store.acts(Some(&user.id.to_string()), None, 10).await.unwrap();
        assert_eq!((acts.len(), acts[0].action.as_str(), acts[0].why.as_str()), (1, "user.opened", "by telephone"));
        let act = Act { actor: "cli", action: "user.sessions_ended", subject: "x", why: "lost laptop" };
        fixture.store.open_session(user.id, TokenHash([7; 32]), fixture.now().plus_seconds(60)).await.unwrap();
        assert_eq!(fixture.store.end_sessions_of(user.id, &act).await.unwrap(), 1);
        fixture.assert_sound().await;
    }

    async fn users_are_found_by_parts_and_paged(fixture: Fixture) {
        for name in ["ada", "bob", "a_a", "eve"] {
            fixture.user(&format!("{name}@example.com"), 0).await;
        }
        let store = &fixture.store;
        assert_eq!(store.search_users("", None, 10).await.unwrap().len(), 4);
        let first = store.search_users("", None, 3).await.unwrap();
        let rest = store.search_users("", Some(first[2].id.0), 3).await.unwrap();
        assert_eq!((first[0].email.as_str(), rest.len()), ("eve@example.com", 1));
        let found = async |words: &str| {
            let rows = store.search_users(words, None, 10).await.unwrap();
            rows.into_iter().map(|row| row.email).collect::<Vec<_>>()
        };
        assert_eq!(found("a_a").await, ["a_a@example.com", "ada@example.com"], "words that begin so, none a pattern");
        assert_eq!(found("EXAMPLE ad").await, ["ada@example.com"]);
        assert_eq!((found("%").await, found("xampl").await), (Vec::<String>::new(), Vec::new()));
        assert_eq!(store.search_users("example", Some(first[2].id.0), 3).await.unwrap().len(), 1, "a page further");
        let details = PersonalDetails { name: "Zoë Ångström".into(), phone: String::new(), postal_address: String::new() };
        store.set_personal_details(first[0].id, &details).await.unwrap();
        assert_eq!((found("zoë").await, found("ångs exa").await), (vec!["eve@example.com".into()], vec!["eve@example.com".into()]));
        store.set_email(first[0].id, &"new@example.net".parse().unwrap()).await.unwrap();
        assert_eq!((found("eve").await, found("net zo").await), (Vec::new(), vec!["new@example.net".into()]));
        fixture.assert_sound().await;
        assert_eq!(store.search_users(&first[1].id.to_string(), None, 10).await.unwrap(), [first[1].clone()]);
    }

    async fn a_rare_word_is_found_behind_many_accounts(fixture: Fixture) {
        let first = fixture.user("rare.word@example.com", 0).await;
        for number in 0..2100 {
            fixture.user(&format!("user{number}@example.org"), 0).await;
        }
        for words in ["rare", "example rare", "example com", "wor"] {
            let found = fixture.store.search_users(words, None, 2).await.unwrap();
            assert_eq!((found.len(), found[0].id), (1, first.id), "{words}");
        }
        let common = fixture.store.search_users("example", None, 3).await.unwrap();
        assert_eq!((common.len(), common[0].email.as_str()), (3, "user2099@example.org"));
        // A database from before there were words gets them when it is opened.
        fixture.tamper("DELETE FROM user_words").await;
        assert_ne!(fixture.store.audit().await.unwrap().breaches, []);
        fixture.tamper("INSERT INTO user_words_missing (id) VALUES (1)").await;
        let again = fixture.reopen().await;
        assert_eq!(again.store.search_users("rare", None, 2).await.unwrap().len(), 1);
        again.assert_sound().await;
    }

    async fn an_erased_person_leaves_numbers_and_no_name(fixture: Fixture) {
        let user = fixture.user("ada@example.com", 50).await;
        let store = &fixture.store;
        let details = PersonalDetails {
            name: "Ada Lovelace".into(),
            phone: "+44 20 7946 0000".into(),
            postal_address: "12 St James's Square".into(),
        };
        store.set_personal_details(user.id, &details).await.unwrap();
        assert_eq!(store.personal_details(user.id).await.unwrap(), details);
        store.put_device(user.id, &device("ada's desk"), |_| None).await.unwrap();
        store.put_passkey(&passkey(&fixture, &user, 1)).await.unwrap();
        mail(&fixture, &user).await;
        let export = serde_json::to_string(&fixture.export(&user).await).unwrap();
        assert!(["Ada Lovelace", "ada's desk", "+44", "Welcome tokens"].iter().all(|part| export.contains(part)), "{export}");
        let erasure = Erasure { user: user.id, forfeit: Tokens::ZERO };
        assert_eq!(store.erase(&erasure).await.unwrap_err().code(), ErrorCode::AccountNotErasable);
        store.erase(&Erasure { forfeit: tokens(50), ..erasure }).await.unwrap();
        let export = serde_json::to_string(&fixture.export(&user).await).unwrap();
        // Whole words: the digits of an identifier may well spell "ada".
        for part in ["Lovelace", "ada@", "ada's desk", "+44 20", "St James's", "Phone"] {
            assert!(!export.contains(part), "{part}: {export}");
        }
        assert_eq!(store.balance(user.id).await.unwrap(), Tokens::ZERO);
        assert!(store.user_by_email(&user.email).await.unwrap().is_none());
        fixture.user("ada@example.com", 5).await;
        store.erase(&erasure).await.unwrap();
        fixture.assert_sound().await;
    }

    async fn a_setting_of_accounts_has_defaults(fixture: Fixture) {
        let policy = fixture.store.setting::<scrip_domain::AccountPolicy>().await.unwrap();
        assert_eq!(policy, scrip_domain::AccountPolicy::default());
        let user = fixture.user("ada@example.com", 0).await;
        assert_eq!(fixture.store.last_code_at(user.id, CodePurpose::Verify).await.unwrap(), None);
    }
}
