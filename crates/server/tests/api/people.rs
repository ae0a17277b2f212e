//! The pages of a person's account, and the console's pages about people, in a browser without JavaScript.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use http::StatusCode;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use scrip_domain::Role;
use scrip_testkit::Smtp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::browser::{Browser, location, text};
use crate::support::Api;

fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

#[tokio::test]
async fn an_account_is_opened_on_a_page_and_erased_on_another() {
    let api = Api::with_settings("registration_tokens = 5").await;
    let mut browser = Browser::new(&api);
    let fields = [("email", "ada@example.com"), ("name", "Ada"), ("password", "short")];
    let refused = browser.fill("/account/sign-up", "/account/sign-up", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        text(&refused).contains("value=\"ada@example.com\""),
        "what was typed stays"
    );
    let fields = [
        ("email", "ada@example.com"),
        ("name", "Ada"),
        ("password", "correct horse"),
    ];
    let opened = browser.fill("/account/sign-up", "/account/sign-up", &fields).await;
    assert_eq!((opened.status, location(&opened)), (StatusCode::SEE_OTHER, "/account"));
    let page = browser.get("/account/personal").await;
    assert!(text(&page).contains("value=\"Ada\"") && text(&page).contains("not verified"));
    let fields = [
        ("name", "Ada Lovelace"),
        ("phone", ""),
        ("postal_address", "1 Square\r\nLondon"),
    ];
    browser.fill("/account/personal", "/account/personal", &fields).await;
    let export = browser.get("/account/personal/export.json").await;
    assert_eq!(export.json()["account"][0]["postal_address"], "1 Square\nLondon");
    let erase = [("forfeit", "5"), ("password", "correct horse")];
    let unsure = browser
        .fill("/account/personal", "/account/personal/erase", &erase)
        .await;
    assert_eq!(location(&unsure), "/account/personal");
    let erase = [("forfeit", "5"), ("password", "correct horse"), ("sure", "on")];
    let gone = browser
        .fill("/account/personal", "/account/personal/erase", &erase)
        .await;
    assert_eq!(location(&gone), "/account/sign-in");
    assert_eq!(location(&browser.get("/account").await), "/account/sign-in");
}

#[tokio::test]
async fn links_in_mail_show_a_button_before_they_do_anything() {
    let smtp = Smtp::start();
    let api = Api::with_settings(&smtp.settings()).await;
    api.register("ada@example.com").await;
    scrip_server::send_due(&api.server).await.unwrap();
    let mail = smtp.mails().remove(0).replace("=\r\n", "").replace("=3D", "=");
    let path = mail.split("http://127.0.0.1:7747").nth(1).unwrap();
    let path = path.split_whitespace().next().unwrap().to_owned();
    let code = path.split('=').next_back().unwrap().to_owned();
    let mut browser = Browser::new(&api);
    let page = browser.get(&path).await;
    assert!(text(&page).contains(&code));
    let verified = browser.fill(&path, "/account/verify", &[("code", &code)]).await;
    assert_eq!(location(&verified), "/account");
    let again = browser.fill(&path, "/account/verify", &[("code", &code)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn sessions_are_seen_and_ended_on_a_page() {
    let api = Api::new().await;
    let token = api.register("ada@example.com").await;
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let page = browser.get("/account/security").await;
    assert!(text(&page).contains("this browser"));
    let listed = api.get("/v1/sessions", Some(&token)).await.succeed();
    let other = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|session| session["current"] == true)
        .unwrap();
    let id = other["id"].as_str().unwrap();
    let ended = browser
        .fill("/account/security", "/account/security/end", &[("session", id)])
        .await;
    assert_eq!(location(&ended), "/account/security");
    assert_eq!(api.get("/v1/wallet", Some(&token)).await.code(), "auth.session_expired");
    let fields = [("password", "wrong horse"), ("new_password", "battery staple")];
    let wrong = browser
        .fill("/account/security", "/account/security/password", &fields)
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&wrong).contains("auth.credentials_wrong"));
}

/// The page that an app opens.
fn ask(challenge: &str, redirect: &str) -> String {
    format!(
        "/account/authorize?response_type=code&code_challenge={challenge}&code_challenge_method=S256&state=abc&client=desk&redirect_uri={}",
        redirect.replace(':', "%3A").replace('/', "%2F")
    )
}

#[tokio::test]
async fn an_app_is_signed_in_by_the_browser_with_the_verifier_alone() {
    let api = Api::new().await;
    api.register("ada@example.com").await;
    let verifier = "v".repeat(43);
    let challenge = encode(&Sha256::digest(verifier.as_bytes()));
    let redirect = "http://127.0.0.1:4711/signed-in";
    let path = ask(&challenge, redirect);
    // Whoever is not signed in signs in first, and comes back.
    let mut browser = Browser::new(&api);
    let first = browser.get(&path).await;
    let sign_in = location(&first).to_owned();
    assert!(
        sign_in.starts_with("/account/sign-in?next=%2Faccount%2Fauthorize"),
        "{sign_in}"
    );
    let page = text(&browser.get(&sign_in).await);
    let next = page
        .split("name=\"next\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let fields = [
        ("email", "ada@example.com"),
        ("password", "correct horse"),
        ("next", next.as_str()),
    ];
    let signed = browser.fill(&sign_in, "/account/sign-in", &fields).await;
    assert!(
        location(&signed).starts_with("/account/authorize?"),
        "{}",
        location(&signed)
    );
    let page = text(&browser.get(&path).await);
    assert!(page.contains("ada@example.com") && page.contains("desk"));
    let fields = |answer: &'static str| {
        [
            ("response_type", "code"),
            ("redirect_uri", redirect),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("state", "abc"),
            ("client", "desk"),
            ("answer", answer),
        ]
    };
    let declined = browser.fill(&path, "/account/authorize", &fields("no")).await;
    assert!(text(&declined).contains("error=access_denied"));
    let code = async |browser: &mut Browser<'_>| {
        let agreed = text(&browser.fill(&path, "/account/authorize", &fields("yes")).await);
        agreed
            .split("code=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .to_owned()
    };
    let exchange = |code: &str, verifier: &str| json!({"code": code, "verifier": verifier, "redirect_uri": redirect});
    let stolen = code(&mut browser).await;
    let thief = api
        .post("/v1/sessions/exchange", None, exchange(&stolen, &"w".repeat(43)))
        .await;
    assert_eq!(thief.code(), "auth.browser");
    let late = api
        .post("/v1/sessions/exchange", None, exchange(&stolen, &verifier))
        .await;
    assert_eq!(
        late.code(),
        "account.code_wrong",
        "a code that was tried serves no more"
    );
    let good = code(&mut browser).await;
    let session = api
        .post("/v1/sessions/exchange", None, exchange(&good, &verifier))
        .await
        .succeed();
    let account = api.get("/v1/account", session["token"].as_str()).await.succeed();
    assert_eq!(account["email"], "ada@example.com");
    let old = code(&mut browser).await;
    api.clock.advance_seconds(121);
    let late = api.post("/v1/sessions/exchange", None, exchange(&old, &verifier)).await;
    assert_eq!(late.code(), "account.code_wrong");
    let elsewhere = browser.get(&ask(&challenge, "https://evil.example/")).await;
    assert!(text(&elsewhere).contains("auth.browser"));
}

/// An authenticator as browsers have them (Web Authentication Level 2), for `localhost`.
struct Authenticator {
    key: EcdsaKeyPair,
    random: ring::rand::SystemRandom,
    counter: u32,
}

impl Authenticator {
    fn new() -> Self {
        let random = ring::rand::SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        Self {
            key,
            random,
            counter: 0,
        }
    }

    fn client(kind: &str, asked: &Value, origin: &str) -> Vec<u8> {
        let data = json!({"type": kind, "challenge": asked["challenge"], "origin": origin, "crossOrigin": false});
        data.to_string().into_bytes()
    }

    fn data(&mut self, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let mut data = Sha256::digest(b"localhost").to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data
    }

    fn create(&mut self, asked: &Value) -> String {
        let mut data = self.data(0x45);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&[0, 4, 1, 2, 3, 4]);
        let mut key = vec![
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        key.extend_from_slice(self.key.public_key().as_ref());
        let client = Self::client("webauthn.create", asked, "http://localhost:7747");
        json!({"id": encode(&[1, 2, 3, 4]), "client": encode(&client), "authenticator": encode(&data),
            "key": encode(&key), "algorithm": -7})
        .to_string()
    }

    fn sign(&mut self, asked: &Value, origin: &str, flags: u8) -> String {
        let data = self.data(flags);
        let client = Self::client("webauthn.get", asked, origin);
        let signed: Vec<u8> = data.iter().copied().chain(Sha256::digest(&client)).collect();
        let signature = self.key.sign(&self.random, &signed).unwrap();
        json!({"id": encode(&[1, 2, 3, 4]), "client": encode(&client), "authenticator": encode(&data),
            "signature": encode(signature.as_ref())})
        .to_string()
    }
}

#[tokio::test]
async fn a_passkey_is_added_and_signs_in_where_it_was_asked_for() {
    let api = Api::with_settings("public_url = \"http://localhost:7747\"").await;
    api.register("ada@example.com").await;
    let mut browser = Browser::signed_in(&api, "ada@example.com").await;
    let page = browser.get("/account/security").await;
    assert!(
        page.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("script-src 'self'")
    );
    let mut device = Authenticator::new();
    let asked = browser.get("/account/security/passkeys/question").await.json();
    assert_eq!(
        (&asked["rp"]["id"], &asked["user"]["name"]),
        (&json!("localhost"), &json!("ada@example.com"))
    );
    let answer = device.create(&asked);
    let fields = [
        ("name", "Phone"),
        ("password", "correct horse"),
        ("answer", answer.as_str()),
    ];
    let added = browser
        .fill("/account/security", "/account/security/passkeys", &fields)
        .await;
    assert_eq!(
        (added.status, location(&added)),
        (StatusCode::SEE_OTHER, "/account/security")
    );
    let again = browser
        .fill("/account/security", "/account/security/passkeys", &fields)
        .await;
    assert!(text(&again).contains("too old"), "a question is answered once");

    let sign_in = async |device: &mut Authenticator, origin: &str, flags: u8| {
        let mut other = Browser::new(&api);
        let asked = other.get("/account/sign-in/passkey/question").await.json();
        let answer = device.sign(&asked, origin, flags);
        other
            .fill(
                "/account/sign-in",
                "/account/sign-in/passkey",
                &[("answer", &answer), ("next", "")],
            )
            .await
    };
    let signed = sign_in(&mut device, "http://localhost:7747", 5).await;
    assert_eq!((signed.status, location(&signed)), (StatusCode::SEE_OTHER, "/account"));
    let phished = sign_in(&mut device, "https://evil.example", 5).await;
    assert!(text(&phished).contains("another server"));
    let absent = sign_in(&mut device, "http://localhost:7747", 1).await;
    assert!(text(&absent).contains("not recognised"));
    device.counter = 0;
    let copied = sign_in(&mut device, "http://localhost:7747", 5).await;
    assert!(text(&copied).contains("count of signatures"));
    let mut stranger = Authenticator::new();
    stranger.counter = 100;
    let forged = sign_in(&mut stranger, "http://localhost:7747", 5).await;
    assert!(text(&forged).contains("signature does not hold"));
}

#[tokio::test]
async fn an_operator_opens_an_account_and_its_person_claims_it() {
    let api = Api::new().await;
    let mut operator = Browser::operator(&api, Role::Support).await;
    let fields = [
        ("email", "ada@example.com"),
        ("name", "Ada"),
        ("phone", ""),
        ("postal_address", ""),
        ("why", "by telephone"),
    ];
    let page = text(&operator.fill("/console/users", "/console/users", &fields).await);
    let code = page
        .split("<code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    let listed = text(&operator.get("/console/users?words=ada").await);
    assert!(listed.contains("waits to be claimed"), "{listed}");
    let mut person = Browser::new(&api);
    let fields = [("code", code.as_str()), ("password", "correct horse")];
    let claimed = person.fill("/account/claim", "/account/claim", &fields).await;
    assert_eq!(
        (claimed.status, location(&claimed)),
        (StatusCode::SEE_OTHER, "/account")
    );
    let again = person.fill("/account/claim", "/account/claim", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    let user = api
        .server
        .store()
        .user_by_email(&"ada@example.com".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    let path = format!("/console/users/{}", user.id);
    let shown = text(&operator.get(&path).await);
    assert!(shown.contains("user.opened") && shown.contains("by telephone"));
    let ended = operator
        .fill(&path, &format!("{path}/sessions"), &[("why", "lost laptop")])
        .await;
    assert_eq!(location(&ended), path);
    assert_eq!(location(&person.get("/account").await), "/account/sign-in");
    let mut reader = Browser::operator(&api, Role::ReadOnly).await;
    let refused = reader
        .fill(
            "/console/users",
            "/console/users",
            &[("email", "x@example.com"), ("why", "x")],
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
