//! A browser without JavaScript.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use scrip_domain::{Password, Role};
use scrip_store::Act;

use crate::support::{Answer, Api};

/// A browser: it keeps cookies and reads forms.
pub(crate) struct Browser<'a> {
    api: &'a Api,
    pub(crate) cookies: Vec<(String, String)>,
}

pub(crate) fn text(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.clone()).unwrap()
}

impl<'a> Browser<'a> {
    pub(crate) fn new(api: &'a Api) -> Self {
        let cookies = Vec::new();
        Self { api, cookies }
    }

    pub(crate) async fn signed_in(api: &'a Api, email: &str) -> Self {
        let mut browser = Self::new(api);
        let answer = browser.sign_in(email, "correct horse").await;
        assert_eq!((answer.status, location(&answer)), (StatusCode::SEE_OTHER, "/account"));
        browser
    }

    /// Admits an operator and signs in at the console.
    pub(crate) async fn operator(api: &'a Api, role: Role) -> Self {
        let email = format!("{}@vendor.example", role.as_str().replace('_', "-"));
        admit(api, &email, role).await;
        let mut browser = Self::new(api);
        let token = browser.token("/console/sign-in").await;
        let fields = [
            ("token", token.as_str()),
            ("email", email.as_str()),
            ("password", "correct horse"),
        ];
        let answer = browser.post("/console/sign-in", &fields).await;
        assert_eq!((answer.status, location(&answer)), (StatusCode::SEE_OTHER, "/console"));
        browser
    }

    /// Sends a form of the page at `path`, with its token.
    pub(crate) async fn fill(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(page).await;
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        self.post(action, &all).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let token = self.token("/account/sign-in").await;
        let fields = [("token", token.as_str()), ("email", email), ("password", password)];
        self.post("/account/sign-in", &fields).await
    }

    pub(crate) async fn send(&mut self, request: http::request::Builder, body: Body) -> Answer {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request.header(header::COOKIE, cookies.join("; "));
        let answer = self.api.send(request.body(body).unwrap()).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; HttpOnly; SameSite="), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::builder().uri(path), Body::empty()).await
    }

    pub(crate) async fn page(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", text(&answer));
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let page = text(&answer);
        let inline = page.replace("<script src=\"/account/passkeys.js\" defer></script>", "");
        assert!(
            !inline.contains("<script") && !page.contains(" style=") && !page.contains(" onclick="),
            "{page}"
        );
        assert!(page.contains("<html lang=\"en\">") && page.contains("<h1>"));
        // Where a line may break is nothing that is read.
        page.replace("<wbr>", "")
    }

    /// The token of the forms of a page.
    pub(crate) async fn token(&mut self, path: &str) -> String {
        let page = self.page(path).await;
        value_of(&page, "token")
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let escape = |text: &str| -> String {
            let digits: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            digits.concat()
        };
        let body: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body.join("&"))).await
    }

    pub(crate) async fn upload(&mut self, token: &str, file: &str) -> Answer {
        let body = format!(
            "--X\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{token}\r\n--X\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"a.scrip\"\r\nContent-Type: text/plain\r\n\r\n{file}\r\n--X\r\nContent-Disposition: \
             form-data; name=\"request\"\r\n\r\n\r\n--X--\r\n"
        );
        let request = Request::builder()
            .method(Method::POST)
            .uri("/account/offline")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X");
        self.send(request, Body::from(body)).await
    }
}

/// The value of the first field with this name.
pub(crate) fn value_of(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let from = page.find(&mark).unwrap_or_else(|| panic!("no {name} in {page}")) + mark.len();
    page[from..].split('"').next().unwrap().to_owned()
}

pub(crate) fn location(answer: &Answer) -> &str {
    answer.headers[header::LOCATION].to_str().unwrap()
}

/// Admits an operator whose password is `correct horse`.
pub(crate) async fn admit(api: &Api, email: &str, role: Role) {
    let hash = scrip_server::hash_password(&api.server, Password::new("correct horse"))
        .await
        .unwrap();
    let act = Act {
        actor: "cli",
        action: "operator.admitted",
        subject: email,
        why: "test",
    };
    api.server
        .store()
        .add_operator(&email.parse().unwrap(), role, &hash, &act)
        .await
        .unwrap();
}
