//! The page on which somebody practises paying. Nobody shall take it for one where money moves.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::practice::escaped;
use super::text;

/// Lines that a form asks for at most.
const LINES_MAX: usize = 20;

/// What a form orders, line by line, as `[{"name", "amount"}]`.
pub(super) fn lines_of(fields: &BTreeMap<String, String>) -> Value {
    let line = |at: usize| {
        let field = |rest: &str| fields.get(&format!("line_items[{at}][price_data]{rest}"));
        let amount: i64 = field("[unit_amount]")?.parse().ok()?;
        Some(json!({"name": field("[product_data][name]")?, "amount": amount}))
    };
    Value::Array((0..LINES_MAX).map_while(line).collect())
}

/// Where the person goes afterwards.
pub(super) fn way_back(session: &Value, id: &str, paid: bool) -> String {
    let name = if paid { "success_url" } else { "cancel_url" };
    text(&session[name]).replace("{CHECKOUT_SESSION_ID}", id)
}

/// An amount of a currency as people read it. Stripe's own list says which currencies have no smaller unit.
fn money(amount: i64, currency: &str) -> String {
    const WHOLE: [&str; 6] = ["jpy", "krw", "vnd", "clp", "isk", "xaf"];
    let currency_shown = currency.to_uppercase();
    if WHOLE.contains(&currency) {
        return format!("{currency_shown} {amount}");
    }
    format!("{currency_shown} {}.{:02}", amount / 100, (amount % 100).abs())
}

/// The page of a session; `declined` where the practice card was just refused.
pub(super) fn show(id: &str, session: &Value, declined: bool) -> String {
    let currency = text(&session["currency"]);
    let total = money(session["amount_total"].as_i64().unwrap_or(0), currency);
    let line = |line: &Value| {
        let amount = money(line["amount"].as_i64().unwrap_or(0), currency);
        format!("<div><dt>{}</dt><dd>{amount}</dd></div>", escaped(text(&line["name"])))
    };
    let lines: String = session["practice_lines"]
        .as_array()
        .into_iter()
        .flatten()
        .map(line)
        .collect();
    let back = escaped(&way_back(session, id, session["payment_status"] == "paid"));
    let refused = if declined {
        "<p class=\"bad\" role=\"alert\">The practice card was declined. Nothing was paid.</p>"
    } else {
        ""
    };
    let deeds = if session["status"] == "open" {
        format!(
            "{refused}<form method=\"post\" action=\"/pay/{id}/pay\"><button class=\"go\">Pretend to pay {total}</button></form>\
             <form method=\"post\" action=\"/pay/{id}/decline\"><button>Pretend that the card is declined</button></form>\
             <p><a href=\"{back}\">Go back without paying</a></p>"
        )
    } else {
        let how = if session["payment_status"] == "paid" {
            "It is paid, in play money."
        } else {
            "This page is closed. Nothing was paid."
        };
        format!("<p role=\"status\">{how}</p><p><a href=\"{back}\">Go back</a></p>")
    };
    whole(&format!(
        "<h1>Practice payment</h1><p class=\"total\">{total}</p><dl>{lines}</dl>{deeds}"
    ))
}

/// There is no such page.
pub(super) fn unknown() -> String {
    whole("<h1>Practice payment</h1><p>There is no such payment here.</p>")
}

fn whole(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Practice payment: no real money</title>\
         <style>{STYLE}</style></head><body><header role=\"note\"><strong>PRACTICE – NO REAL MONEY</strong>\
         <span>This page belongs to a store on this computer. It takes no card and charges nobody.</span></header>\
         <main>{body}</main><footer>Never type a real card number here: there is no field for one, and that is \
         meant.</footer></body></html>"
    )
}

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#f4f2fa;--card:#fff;--ink:#1d1830;--soft:#5d5673;--line:#dcd6ec;--go:#5b3fa8}\
@media(prefers-color-scheme:dark){:root{--bg:#14111d;--card:#1f1a2d;--ink:#efeaf9;--soft:#aca3c4;--line:#3a3350;--go:#a48bea}}\
*{box-sizing:border-box}body{margin:0;min-height:100vh;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,sans-serif;\
display:grid;grid-template-rows:auto 1fr auto;justify-items:center}\
header{width:100%;padding:14px 20px;text-align:center;color:#1a1a1a;background:repeating-linear-gradient(135deg,#ffd84d 0 22px,#f4bf1c 22px 44px);\
border-bottom:3px solid #1a1a1a}header strong{display:block;font-size:20px;letter-spacing:.06em}\
main{width:min(420px,calc(100vw - 32px));margin:40px 0;padding:28px;border:2px dashed var(--go);border-radius:16px;background:var(--card);align-self:start}\
h1{margin:0;font-size:17px;color:var(--soft);font-weight:600}.total{margin:2px 0 16px;font-size:34px;font-weight:700}\
dl{margin:0 0 20px;border-top:1px solid var(--line)}dl div{display:flex;justify-content:space-between;gap:16px;padding:9px 0;border-bottom:1px solid var(--line)}\
dt{color:var(--soft)}dd{margin:0;font-variant-numeric:tabular-nums}form{margin:0 0 10px}\
button{width:100%;min-height:46px;border:1px solid var(--line);border-radius:10px;background:transparent;color:var(--ink);font:inherit;cursor:pointer}\
button.go{border:0;background:var(--go);color:#fff;font-weight:600}@media(prefers-color-scheme:dark){button.go{color:#14111d}}\
.bad{padding:10px 12px;border-radius:10px;background:#fbe6e4;color:#8f1c15}a{color:inherit}footer{padding:16px;color:var(--soft);font-size:14px;text-align:center}";
