//! With which statuses a route refuses: what follows from what it takes, and what only it knows.

use std::collections::BTreeSet;

use utoipa::openapi::path::Operation;

/// What each status of a refusal says; every route that refuses with it says it the same way.
pub(super) const WORDS: [(&str, &str); 13] = [
    ("400", "It cannot be read"),
    ("401", "Nobody is recognised by that, or the session is missing or over"),
    ("402", "The wallet holds too few tokens"),
    ("403", "The caller may not do that, or it may not be done now"),
    ("404", "There is no such thing that the caller may see"),
    ("408", "It took too long"),
    ("409", "It does not fit how things stand"),
    ("413", "It is too large"),
    ("416", "There is no such part of the file"),
    ("422", "It can be read, and makes no sense or is not allowed"),
    ("429", "Too often; Retry-After says when to come back"),
    ("500", "The server failed"),
    ("503", "The server cannot do it now; the same request may be sent again"),
];

/// The statuses of the refusals of a route.
pub(super) fn of(method: &str, path: &str, operation: &Operation) -> BTreeSet<&'static str> {
    let has_body = operation.request_body.is_some();
    let has_parameters = operation.parameters.iter().flatten().next().is_some();
    // Nothing but an empty requirement opens a route, so that whatever says nothing asks for a session.
    let is_signed_in = operation.security.is_none();
    let follows = [
        (true, &["408", "500", "503"][..]),
        (has_body || has_parameters, &["400", "422"]),
        (has_body, &["413"]),
        (is_signed_in, &["401"]),
        (path.contains('{'), &["404"]),
    ];
    let follows = follows.iter().filter(|(does, _)| *does);
    let statuses = follows.flat_map(|(_, statuses)| *statuses);
    let route = format!("{method} {path}");
    let own = OWN.iter().filter(|(of, _)| *of == route);
    statuses
        .chain(own.flat_map(|(_, statuses)| *statuses))
        .copied()
        .collect()
}

/// What routes refuse with beside that.
const OWN: &[(&str, &[&str])] = &[
    ("POST /v1/accounts", &["409", "429"]),
    ("POST /v1/sessions", &["401", "409", "429"]),
    ("POST /v1/sessions/exchange", &["404", "429"]),
    ("POST /v1/recoveries", &["404", "409", "429"]),
    ("POST /v1/recoveries/finish", &["404", "409", "429"]),
    ("POST /v1/verifications", &["404", "409", "429"]),
    ("POST /v1/claims", &["404", "409", "429"]),
    ("POST /v1/account/verification", &["409", "422", "429"]),
    ("POST /v1/account/email", &["409", "429"]),
    ("POST /v1/account/password", &["429"]),
    ("POST /v1/account/erase", &["409", "429"]),
    ("POST /v1/account/second-factor", &["409", "429"]),
    ("POST /v1/account/second-factor/confirm", &["409", "429"]),
    ("POST /v1/account/second-factor/remove", &["409", "429"]),
    ("POST /v1/clock/recovery", &["404"]),
    ("POST /v1/trials", &["404", "409"]),
    ("POST /v1/orders", &["402", "403", "404", "409"]),
    ("POST /v1/quotes", &["404", "409"]),
    ("PUT /v1/cart/items/{product}", &["409"]),
    ("GET /v1/orders/{order}/refund", &["409"]),
    ("POST /v1/orders/{order}/refund", &["409"]),
    ("POST /v1/recipients", &["403", "404", "429"]),
    ("POST /v1/transfers", &["402", "403", "404", "409"]),
    ("POST /v1/transfers/{transfer}/cancel", &["409"]),
    ("POST /v1/gifts", &["402", "403", "404", "409"]),
    ("POST /v1/gifts/{gift}/accept", &["409"]),
    ("POST /v1/gifts/{gift}/decline", &["409"]),
    ("POST /v1/gifts/{gift}/withdraw", &["409"]),
    ("POST /v1/devices", &["402", "403", "404", "409"]),
    ("POST /v1/offline/requests", &["402", "403", "404", "409"]),
    ("POST /v1/licenses/{license}/codes", &["403", "409", "429"]),
    ("PUT /v1/licenses/{license}/renewal", &["403", "409"]),
    ("DELETE /v1/licenses/{license}/renewal", &["403", "409"]),
    ("GET /v1/licenses/{license}/end", &["403", "409"]),
    ("POST /v1/licenses/{license}/end", &["403", "409"]),
    ("POST /v1/licenses/{license}/pause", &["403", "409"]),
    ("POST /v1/licenses/{license}/resume", &["403", "409"]),
    ("POST /v1/licenses/{license}/transfer", &["403", "409"]),
    ("POST /v1/activations/{activation}/release", &["403", "409", "429"]),
    ("POST /v1/activations/{activation}/journal", &["403", "409"]),
    ("GET /v1/artifacts/{sha256}", &["403", "416"]),
    ("POST /v1/teams", &["409"]),
    ("GET /v1/teams/{team}", &["403"]),
    ("DELETE /v1/teams/{team}", &["403", "409"]),
    ("PUT /v1/teams/{team}/members", &["403", "409", "429"]),
    ("DELETE /v1/teams/{team}/members/{member}", &["403", "409"]),
    ("POST /v1/teams/{team}/join", &["403", "409"]),
    ("POST /v1/teams/{team}/deposit", &["402", "403", "409"]),
    ("POST /v1/teams/{team}/draw", &["402", "403", "409"]),
    ("GET /v1/teams/{team}/moves", &["403"]),
    ("GET /v1/token-prices/quote", &["404", "409"]),
    ("GET /v1/token-prices/shortfall", &["404", "409"]),
    ("POST /v1/token-orders", &["402", "403", "404", "409"]),
    ("DELETE /v1/token-orders/{order}", &["409"]),
    ("PUT /v1/token-orders/{order}/document", &["409"]),
    ("POST /v1/token-purchases", &["402", "404", "409", "429"]),
    ("POST /v1/token-purchases/{purchase}/cancel", &["409"]),
    ("POST /v1/stripe/webhook", &["409"]),
    ("POST /v1/vouchers/redeem", &["404", "409", "429"]),
];
