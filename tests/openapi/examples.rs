//! Requests that work, written into the description as examples: what a reader of the description has to make up.

use serde_json::{Value, json};

use crate::customer::{ADA, DEVICE_KEY, GUS, MACHINE, Made, PASSWORD};
use crate::shop::{CLAY, DRAW, PAINT, RENTED, SKETCH};

/// Gives every operation of the description its examples.
pub(crate) fn write(document: &mut Value, made: &Made) {
    let bodies = bodies(made);
    for (path, item) in document["paths"].as_object_mut().unwrap() {
        for (method, operation) in item.as_object_mut().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
            for parameter in parameters.into_iter().flatten() {
                if let Some(value) = parameter_of(&route, parameter["name"].as_str().unwrap(), made) {
                    parameter["example"] = value.into();
                }
            }
            let body = bodies.iter().find(|(of, _)| *of == route);
            if route == "PUT /v1/token-orders/{order}/document" {
                operation["requestBody"]["content"]["application/octet-stream"]["example"] = "%PDF-1.7\n".into();
            }
            if let Some((_, body)) = body {
                operation["requestBody"]["content"]["application/json"]["example"] = body.clone();
            }
        }
    }
}

fn parameter_of(route: &str, name: &str, made: &Made) -> Option<String> {
    let own = made.own.iter().find(|(of, own, _)| (*of, *own) == (route, name));
    let shared = || {
        made.names
            .iter()
            .find(|(shared, _)| *shared == name)
            .map(|(_, value)| value)
    };
    match name {
        "Idempotency-Key" => Some(uuid::Uuid::new_v4().to_string()),
        "missing" | "tokens" => Some("50".to_owned()),
        _ => own.map(|(.., value)| value).or_else(shared).cloned(),
    }
}

fn bodies(made: &Made) -> Vec<(&'static str, Value)> {
    let rented = json!([{"product": SKETCH, "intent": "rent", "offer": "week"}]);
    let bill_to = json!({"name": "Ada & Co"});
    vec![
        (
            "POST /v1/accounts",
            json!({"email": "eve@example.com", "password": PASSWORD}),
        ),
        ("POST /v1/sessions", json!({"email": ADA, "password": PASSWORD})),
        (
            "POST /v1/account/email",
            json!({"email": "ada@example.net", "password": PASSWORD}),
        ),
        ("POST /v1/account/second-factor", json!({"password": PASSWORD})),
        ("PUT /v1/account/profile", json!({"name": "Ada"})),
        ("POST /v1/clock/recovery", json!({"device": made.device})),
        (
            "POST /v1/devices",
            json!({"name": "Desk", "public_key": DEVICE_KEY, "machine": MACHINE,
            "platform": {"os": "linux", "arch": "x86_64"}}),
        ),
        ("POST /v1/orders", json!({"items": rented, "expected_total": 30})),
        (
            "POST /v1/quotes",
            json!({"items": [{"product": CLAY, "intent": "buy"}]}),
        ),
        (
            "PUT /v1/cart/items/{product}",
            json!({"product": PAINT, "intent": "extend"}),
        ),
        (
            "POST /v1/orders/{order}/refund",
            json!({"product": RENTED[4], "at_least": 0}),
        ),
        ("POST /v1/trials", json!({"product": DRAW, "device": made.device})),
        ("POST /v1/licenses/{license}/codes", json!({"device": made.device})),
        (
            "PUT /v1/licenses/{license}/renewal",
            json!({"offer": "week", "cap": 30}),
        ),
        ("POST /v1/licenses/{license}/pause", json!({})),
        ("POST /v1/licenses/{license}/transfer", json!({"to": GUS})),
        ("POST /v1/licenses/{license}/end", json!({"at_least": 0})),
        ("POST /v1/activations/{activation}/release", json!({})),
        ("POST /v1/recipients", json!({"to": GUS})),
        (
            "POST /v1/transfers",
            json!({"to": GUS, "name": "g…@example.com", "tokens": 5}),
        ),
        (
            "POST /v1/gifts",
            json!({"to": GUS, "name": "g…@example.com", "product": DRAW, "expected_price": 100}),
        ),
        ("POST /v1/teams", json!({"name": "Club"})),
        (
            "PUT /v1/teams/{team}/members",
            json!({"email": GUS, "role": "member", "monthly_limit": 60}),
        ),
        ("POST /v1/teams/{team}/deposit", json!({"tokens": 5})),
        ("POST /v1/teams/{team}/draw", json!({"tokens": 5})),
        ("PUT /v1/wallet/alert", json!({"below": 10})),
        (
            "POST /v1/token-orders",
            json!({"currency": "EUR", "tokens": 100, "method": "bank_transfer", "bill_to": bill_to}),
        ),
        (
            "POST /v1/token-purchases",
            json!({"currency": "EUR", "tokens": 100, "method": "card"}),
        ),
        ("POST /v1/vouchers/redeem", json!({"code": made.voucher})),
    ]
}
