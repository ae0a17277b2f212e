//! A payment provider to practise with: the part of Stripe's API that the server calls, and a page on which nothing is paid.
//!
//! What was paid here is play money. The page says so, it asks for no card, and it serves this computer alone.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::http::{self, Answer, Request};
use super::page;
use super::session::{self, read_form};
use super::{SECRET_KEY, locked, text};

/// A provider that remembers in a file what was paid, so that it can be stopped and started again.
pub struct Practice {
    /// The address at which it is reached, with no slash at its end.
    url: String,
    file: PathBuf,
    held: Mutex<Held>,
}

/// What it remembers.
#[derive(Default, Serialize, Deserialize)]
struct Held {
    /// How many names were given.
    named: u64,
    sessions: BTreeMap<String, Value>,
    payments: BTreeMap<String, Value>,
    refunds: Vec<Value>,
    /// The form and the answer of each command, by its key.
    answered: BTreeMap<String, (String, Value)>,
}

type Answered = Result<Value, (u16, String)>;

impl Practice {
    /// A provider at `url` that goes on from what `file` holds, where there is such a file.
    ///
    /// # Errors
    /// Where the file cannot be read, or is not its own.
    pub fn open(url: &str, file: &Path) -> io::Result<Self> {
        let held = match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Held::default(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            url: url.to_owned(),
            file: file.to_owned(),
            held: Mutex::new(held),
        })
    }

    /// Answers whoever connects, until the process ends.
    pub fn serve(self, listener: &TcpListener) {
        let practice = Arc::new(self);
        for stream in listener.incoming().flatten() {
            let practice = Arc::clone(&practice);
            std::thread::spawn(move || http::serve(stream, |request| practice.answer(request)));
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let mut held = locked(&self.held);
        if let Some(rest) = path.strip_prefix("/pay/") {
            return self.page(&mut held, &request.method, rest);
        }
        if request.header("authorization") != Some(&format!("Bearer {SECRET_KEY}")) {
            return Answer::refusal(401, "Invalid API Key provided");
        }
        let commands = request.method == "POST";
        let key = request.header("idempotency-key").filter(|_| commands);
        if let Some((said, answer)) = key.and_then(|key| held.answered.get(key)) {
            return if *said == request.body {
                Answer::json(200, answer)
            } else {
                Answer::refusal(400, "Keys for idempotent requests differ")
            };
        }
        let answered = match request.method.as_str() {
            "POST" => self.command(&mut held, path, &request.body),
            "GET" => held.read(path, query),
            _ => Err((405, "Method Not Allowed".to_owned())),
        };
        let value = match answered {
            Ok(value) => value,
            Err((status, why)) => return Answer::refusal(status, &why),
        };
        if let Some(key) = key {
            let answered = (request.body.clone(), value.clone());
            held.answered.insert(key.to_owned(), answered);
        }
        if commands && let Err(error) = self.keep(&held) {
            return Answer::refusal(500, &error.to_string());
        }
        Answer::json(200, &value)
    }

    fn command(&self, held: &mut Held, path: &str, body: &str) -> Answered {
        if path == "/v1/refunds" {
            return held.refund(body);
        }
        if path == "/v1/checkout/sessions" {
            let id = held.name("cs_test_practice");
            let mut session = session::create(&id, body).map_err(|why| (400, why))?;
            session["url"] = json!(format!("{}/pay/{id}", self.url));
            // What is bought, for the page to show.
            let named = read_form(body).map_err(|why| (400, why))?;
            session["practice_lines"] = page::lines_of(&named);
            held.sessions.insert(id, session.clone());
            return Ok(session);
        }
        let expired = path.strip_prefix("/v1/checkout/sessions/");
        let session = expired
            .and_then(|rest| rest.strip_suffix("/expire"))
            .and_then(|id| held.sessions.get_mut(id))
            .ok_or((404, "No such checkout.session".to_owned()))?;
        if session["status"] != "open" {
            let why = "Only Checkout Sessions with a status in [\"open\"] can be expired.";
            return Err((400, why.to_owned()));
        }
        session["status"] = json!("expired");
        session["url"] = Value::Null;
        Ok(session.clone())
    }

    /// The page of a session, and what its buttons do.
    fn page(&self, held: &mut Held, method: &str, rest: &str) -> Answer {
        let (id, deed) = rest.split_once('/').unwrap_or((rest, ""));
        let Some(session) = held.sessions.get(id) else {
            return Answer::page(404, page::unknown());
        };
        let open = session["status"] == "open";
        match (method, deed) {
            ("GET", "") => Answer::page(200, page::show(id, session, false)),
            ("POST", "decline") if open => Answer::page(200, page::show(id, session, true)),
            ("POST", "pay") if open => {
                held.pay(id);
                match self.keep(held) {
                    Ok(()) => Answer::elsewhere(&page::way_back(&held.sessions[id], id, true)),
                    Err(error) => Answer::refusal(500, &error.to_string()),
                }
            }
            ("POST", _) => Answer::page(409, page::show(id, session, false)),
            _ => Answer::page(404, page::unknown()),
        }
    }

    /// Writes down what it remembers: the whole of it or, where that fails, nothing.
    fn keep(&self, held: &Held) -> io::Result<()> {
        let fresh = self.file.with_extension("new");
        fs::write(&fresh, serde_json::to_vec(held)?)?;
        fs::rename(fresh, &self.file)
    }
}

impl Held {
    fn name(&mut self, kind: &str) -> String {
        self.named += 1;
        format!("{kind}_{}", self.named)
    }

    fn read(&self, path: &str, query: &str) -> Answered {
        let absent = |what: &str| (404, format!("No such {what}"));
        let query = read_form(query).map_err(|why| (400, why))?;
        let payment = query.get("payment_intent").map(String::as_str);
        let of_payment = |object: &&Value| object["payment_intent"].as_str() == payment;
        let list = |data: Vec<&Value>| json!({"object": "list", "data": data, "has_more": false, "url": path});
        match path {
            "/v1/checkout/sessions" => Ok(list(self.sessions.values().filter(of_payment).collect())),
            "/v1/refunds" => Ok(list(self.refunds.iter().filter(of_payment).collect())),
            // Whoever pays here comes back to the server, which then looks for itself.
            "/v1/events" => Ok(list(Vec::new())),
            _ => match path.rsplit_once('/') {
                Some(("/v1/checkout/sessions", id)) => self.sessions.get(id).cloned().ok_or(absent("checkout.session")),
                Some(("/v1/payment_intents", id)) => self.payments.get(id).cloned().ok_or(absent("payment_intent")),
                _ => Err((404, format!("Unrecognized request URL ({path})"))),
            },
        }
    }

    fn pay(&mut self, id: &str) {
        let payment = self.name("pi_practice");
        let Some(session) = self.sessions.get_mut(id) else {
            return;
        };
        session["status"] = json!("complete");
        session["payment_status"] = json!("paid");
        session["payment_intent"] = json!(payment);
        session["url"] = Value::Null;
        let paid = json!({"id": payment, "object": "payment_intent", "amount": session["amount_total"],
            "currency": session["currency"], "status": "succeeded", "metadata": session["metadata"],
            "last_payment_error": null, "livemode": false});
        self.payments.insert(payment, paid);
    }

    fn refund(&mut self, form: &str) -> Answered {
        let refused = |why: &str| (400, why.to_owned());
        let fields = read_form(form).map_err(|why| (400, why))?;
        let named = fields.get("payment_intent").map(String::as_str).unwrap_or_default();
        let Some(payment) = self.payments.get(named) else {
            return Err((404, format!("No such payment_intent: '{named}'")));
        };
        let amount: i64 = fields
            .get("amount")
            .and_then(|text| text.parse().ok())
            .filter(|amount| *amount > 0)
            .ok_or(refused("Invalid positive integer"))?;
        let of_payment = self.refunds.iter().filter(|refund| refund["payment_intent"] == named);
        let before: i64 = of_payment.filter_map(|refund| refund["amount"].as_i64()).sum();
        if before + amount > payment["amount"].as_i64().unwrap_or(0) {
            return Err(refused("Refund amount is greater than unrefunded amount on charge"));
        }
        let currency = text(&payment["currency"]).to_owned();
        let mut metadata = BTreeMap::new();
        for (name, value) in &fields {
            if let Some(name) = name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']')) {
                metadata.insert(name, value);
            }
        }
        let refund = json!({"id": format!("re_practice_{}", self.refunds.len()), "object": "refund", "amount": amount,
            "currency": currency, "payment_intent": named, "status": "succeeded", "metadata": metadata});
        self.refunds.push(refund.clone());
        Ok(refund)
    }
}

/// A text within a page.
pub(super) fn escaped(text: &str) -> String {
    let safe = |letter: char| match letter {
        '<' | '>' | '&' | '"' | '\'' => format!("&#{};", u32::from(letter)),
        other => other.to_string(),
    };
    text.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    const ORDER: &str = "mode=payment&success_url=http://127.0.0.1:1/back?session={CHECKOUT_SESSION_ID}&cancel_url=http://127.0.0.1:1/back\
                         &expires_at=1800000000&metadata[purchase]=p&line_items[0][quantity]=1&line_items[0][price_data][currency]=eur\
                         &line_items[0][price_data][unit_amount]=1071&line_items[0][price_data][product_data][name]=100 <tokens>";

    /// Starts a provider on a free port, and answers its address.
    fn start(file: &Path) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let practice = Practice::open(&format!("http://{address}"), file).unwrap();
        std::thread::spawn(move || practice.serve(&listener));
        address
    }

    fn ask(address: &str, method: &str, path: &str, key: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nAuthorization: Bearer {SECRET_KEY}\r\nIdempotency-Key: {key}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn what_was_paid_is_known_after_a_restart_and_given_back_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("payments.json");
        let first = start(&file);
        let opened = ask(&first, "POST", "/v1/checkout/sessions", "a", ORDER);
        assert!(opened.contains("cs_test_practice_1"), "{opened}");
        assert_eq!(ask(&first, "POST", "/v1/checkout/sessions", "a", ORDER), opened);
        assert!(ask(&first, "POST", "/v1/checkout/sessions", "a", "mode=setup").starts_with("HTTP/1.1 400"));

        let page = ask(&first, "GET", "/pay/cs_test_practice_1", "", "");
        assert!(page.contains("NO REAL MONEY") && page.contains("EUR 10.71"), "{page}");
        assert!(
            page.contains("100 &#60;tokens&#62;"),
            "what is bought is text alone: {page}"
        );
        let declined = ask(&first, "POST", "/pay/cs_test_practice_1/decline", "", "");
        assert!(declined.contains("declined"), "{declined}");
        let paid = ask(&first, "POST", "/pay/cs_test_practice_1/pay", "", "");
        let back = "Location: http://127.0.0.1:1/back?session=cs_test_practice_1\r\n";
        assert!(paid.starts_with("HTTP/1.1 303") && paid.contains(back), "{paid}");
        assert!(ask(&first, "POST", "/pay/cs_test_practice_1/pay", "", "").starts_with("HTTP/1.1 409"));

        let second = start(&file);
        let session = ask(&second, "GET", "/v1/checkout/sessions/cs_test_practice_1", "", "");
        assert!(session.contains("\"payment_status\":\"paid\""), "{session}");
        let refund = "payment_intent=pi_practice_2&amount=1000&metadata[reversal]=r";
        assert!(ask(&second, "POST", "/v1/refunds", "b", refund).starts_with("HTTP/1.1 200"));
        assert!(ask(&second, "POST", "/v1/refunds", "c", refund).starts_with("HTTP/1.1 400"));
        let refunds = ask(
            &second,
            "GET",
            "/v1/refunds?limit=100&payment_intent=pi_practice_2",
            "",
            "",
        );
        assert_eq!(refunds.matches("\"reversal\":\"r\"").count(), 1, "{refunds}");
    }
}
