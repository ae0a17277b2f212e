//! What servers must not be able to do to a client, by servers that try.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod wire;

use std::time::Duration;

use futures_util::StreamExt;
use scrip_api::CheckoutRequest;
use scrip_client::{Client, Error, Limits, SessionToken};
use scrip_domain::{Coded, CommandId, ErrorCode, Tokens};
use wire::{Answer, Server};

const PROBLEM: &str = r#"{"type":"urn:scrip:problem:x","status":402,"code":"CODE","detail":"30 tokens are missing","hints":["Add some."]}"#;

fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(2),
        stall: Duration::from_millis(400),
        exchange: Duration::from_millis(1200),
        pause: Duration::from_millis(1),
        answer_bytes: 1000,
        catalog_bytes: 1000,
        icon_bytes: 1000,
        ..Limits::default()
    }
}

fn client(server: &Server) -> Client {
    Client::new(server.url().parse().unwrap(), limits()).unwrap()
}

fn wallet(balance: i64) -> Answer {
    Answer::json(200, &format!("{{\"balance\":{balance}}}"))
}

#[tokio::test]
async fn a_good_answer_is_read_and_the_session_is_sent() {
    let server = Server::start(vec![wallet(7)]).await;
    let client = client(&server);
    client.set_session(Some(SessionToken::new("s3cret").unwrap()));
    assert_eq!(client.wallet().await.unwrap().balance.get(), 7);
    let request = &server.requests()[0];
    assert!(request.starts_with("GET /v1/wallet HTTP/1.1\r\n"), "{request}");
    assert!(request.to_lowercase().contains("authorization: bearer s3cret\r\n"));
    assert!(!format!("{client:?}").contains("s3cret"));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_cut_off() {
    let body = format!("{{\"balance\":1,\"x\":\"{}\"}}", "y".repeat(5000));
    let told = Answer::json(200, &body);
    let untold = Answer::raw(&format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{body}"
    ));
    let lying =
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{");
    for answer in [told, untold, lying] {
        let server = Server::start(vec![answer]).await;
        let error = client(&server).wallet().await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerAnswerTooLarge, "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_is_asked_for_again() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"bal";
    let server = Server::start(vec![Answer::raw(cut), Answer::raw(""), wallet(3)]).await;
    assert_eq!(client(&server).wallet().await.unwrap().balance.get(), 3);
    let server = Server::start(vec![Answer::raw(cut), Answer::raw(cut), Answer::raw(cut), wallet(3)]).await;
    let error = client(&server).wallet().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServerUnreachable);
    assert!(
        error.is_offline() && error.to_string().contains("/v1/wallet"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_not_the_contract_is_refused() {
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}";
    let answers = [
        Answer::raw(html),
        Answer::json(200, "{\"balance\":-1}"),
        Answer::json(200, "{\"balance\":1"),
        Answer::json(200, "[]"),
        Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"balance\":1}"),
        Answer::raw("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx"),
        Answer::raw("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}"),
    ];
    for answer in answers {
        let server = Server::start(vec![answer]).await;
        let error = client(&server).wallet().await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ServerAnswerInvalid, "{error}");
        assert_eq!(server.requests().len(), 1, "an invalid answer is not asked for again");
    }
}

#[tokio::test]
async fn no_redirect_is_followed_with_the_session() {
    let elsewhere = Server::start(vec![wallet(1)]).await;
    let answer = format!(
        "HTTP/1.1 307 Away\r\nLocation: {}/v1/wallet\r\nContent-Length: 0\r\n\r\n",
        elsewhere.url()
    );
    let server = Server::start(vec![Answer::raw(&answer)]).await;
    let client = client(&server);
    client.set_session(Some(SessionToken::new("s3cret").unwrap()));
    let error = client.wallet().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServerAnswerInvalid);
    assert!(elsewhere.requests().is_empty());
    assert!(!error.to_string().contains("s3cret"));
}

#[tokio::test]
async fn a_server_that_stalls_or_drips_is_left() {
    let stalled = Server::start(vec![Answer::stall(), Answer::stall(), Answer::stall()]).await;
    assert_eq!(
        client(&stalled).wallet().await.unwrap_err().code(),
        ErrorCode::ServerUnreachable
    );
    let dripping = Server::start(vec![Answer::drip(), Answer::drip(), Answer::drip()]).await;
    assert_eq!(
        client(&dripping).wallet().await.unwrap_err().code(),
        ErrorCode::ServerUnreachable
    );
}

#[tokio::test]
async fn a_refusal_keeps_its_code_known_or_not() {
    for (code, known) in [
        ("wallet.insufficient", ErrorCode::WalletInsufficient),
        ("moon.full", ErrorCode::RequestMalformed),
    ] {
        let server = Server::start(vec![Answer::problem(402, &PROBLEM.replace("CODE", code))]).await;
        let error = client(&server).wallet().await.unwrap_err();
        assert_eq!((error.code(), error.code_text().as_str()), (known, code));
        assert_eq!(
            (error.to_string().as_str(), error.hints()),
            ("30 tokens are missing", vec!["Add some.".to_owned()])
        );
        assert!(error.is_refusal() && !error.is_transient());
    }
    let gateway = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\nx";
    let server = Server::start(vec![Answer::raw(gateway), wallet(2)]).await;
    assert_eq!(client(&server).wallet().await.unwrap().balance.get(), 2);
}

#[tokio::test]
async fn a_payment_is_repeated_under_the_same_key_and_nothing_else_is() {
    let order = r#"{"id":"01890a5d-ac96-774b-bcce-b302099a8057","created_at":"2026-01-01T00:00:00Z","lines":[],"total":5,"balance_after":1}"#;
    let request = CheckoutRequest {
        items: Vec::new(),
        expected_total: Tokens::new(5).unwrap(),
        clear_cart: false,
        purchase: None,
    };
    let command = CommandId(uuid::Uuid::from_u128(7));
    // The first answer is lost after the server has done the work.
    let server = Server::start(vec![Answer::raw(""), Answer::json(200, order)]).await;
    assert_eq!(
        client(&server).check_out(&request, command).await.unwrap().total.get(),
        5
    );
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert!(
            request
                .to_lowercase()
                .contains("idempotency-key: 00000000-0000-0000-0000-000000000007\r\n"),
            "{request}"
        );
    }
    let server = Server::start(vec![Answer::raw(""), wallet(1)]).await;
    let credentials = scrip_api::SignInRequest {
        email: "ada@example.com".parse().unwrap(),
        password: scrip_domain::Password::new("correct horse"),
        code: None,
        client: None,
        known: None,
    };
    let error = client(&server).sign_in(&credentials).await.err().unwrap();
    assert_eq!(server.requests().len(), 1);
    assert!(!error.is_refusal() && !error.to_string().contains("correct horse"));
}

#[tokio::test]
async fn nobody_there_is_told_with_the_address() {
    let server = Server::start(Vec::new()).await;
    let url = server.url();
    drop(server);
    let client = Client::new(url.parse().unwrap(), limits()).unwrap();
    let error = client.server_info().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::ServerUnreachable);
    assert!(error.to_string().contains(&url) && !error.hints().is_empty(), "{error}");
}

async fn collect(client: &Client, offset: u64) -> Result<(u64, Option<u64>, Vec<u8>), Error> {
    let body = client.artifact(&scrip_domain::Sha256([1; 32]), offset).await?;
    let chunks: Vec<_> = body.stream.collect().await;
    let bytes = chunks.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    Ok((body.start, body.total, bytes))
}

#[tokio::test]
async fn an_artifact_continues_where_it_broke_or_begins_again() {
    let partial = "HTTP/1.1 206 Partial\r\nContent-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n456789";
    let server = Server::start(vec![Answer::raw(partial)]).await;
    assert_eq!(
        collect(&client(&server), 4).await.unwrap(),
        (4, Some(10), b"456789".to_vec())
    );
    assert!(server.requests()[0].to_lowercase().contains("range: bytes=4-\r\n"));
    // A server that ignores the range sends everything: the caller is told that it begins at 0.
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
    let server = Server::start(vec![Answer::raw(whole)]).await;
    assert_eq!(
        collect(&client(&server), 4).await.unwrap(),
        (0, Some(10), b"0123456789".to_vec())
    );
}

#[tokio::test]
async fn a_wrong_range_or_a_broken_artifact_is_an_error() {
    for header in ["bytes 3-9/10", "bytes 5-9/10", "bytes 4-20/10", "nonsense"] {
        let answer = format!("HTTP/1.1 206 Partial\r\nContent-Range: {header}\r\nContent-Length: 1\r\n\r\nx");
        let server = Server::start(vec![Answer::raw(&answer)]).await;
        assert_eq!(
            collect(&client(&server), 4).await.unwrap_err().code(),
            ErrorCode::ServerAnswerInvalid,
            "{header}"
        );
    }
    let server = Server::start(vec![Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123")]).await;
    let error = collect(&client(&server), 0).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn an_unchanged_catalog_costs_one_short_answer() {
    let server = Server::start(vec![Answer::raw(
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 0\r\n\r\n",
    )])
    .await;
    assert_eq!(client(&server).catalog_changes(12, 100).await.unwrap(), None);
    let request = server.requests()[0].to_lowercase();
    assert!(
        request.starts_with("get /v1/catalog/changes?since=12&limit=100 ")
            && request.contains("if-none-match: w/\"12\"\r\n")
    );
}
