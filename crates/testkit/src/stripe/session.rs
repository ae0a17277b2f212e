//! Checkout Sessions as Stripe answers them; the shape is checked against the types of its official package for Node.js.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What a plain payment has nothing to say of.
const ABSENT: [&str; 32] = [
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "billing_address_collection",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer",
    "customer_account",
    "customer_details",
    "discounts",
    "integration_identifier",
    "invoice",
    "invoice_creation",
    "locale",
    "managed_payments",
    "origin_context",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "payment_method_options",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "subscription",
    "wallet_options",
];

/// A session that was asked for by a form, or why it is refused.
pub(super) fn create(id: &str, form: &str) -> Result<Value, String> {
    let fields = read_form(form)?;
    let field = |name: &str| fields.get(name).map(String::as_str);
    let needed = |name: &str| field(name).ok_or_else(|| format!("Missing required param: {name}."));
    if needed("mode")? != "payment" {
        return Err("only payments are known here".to_owned());
    }
    let mut total = 0;
    let mut currency = None;
    for at in 0..20 {
        let key = |rest: &str| format!("line_items[{at}]{rest}");
        let Some(quantity) = fields.get(&key("[quantity]")) else {
            break;
        };
        let amount = needed(&key("[price_data][unit_amount]"))?;
        needed(&key("[price_data][product_data][name]"))?;
        let parse = |text: &str| text.parse::<i64>().map_err(|_| format!("Invalid integer: {text}"));
        total += parse(quantity)? * parse(amount)?;
        let of_line = needed(&key("[price_data][currency]"))?;
        if *currency.get_or_insert(of_line) != of_line || of_line.len() != 3 || of_line.to_lowercase() != of_line {
            return Err(format!("Invalid currency: {of_line}"));
        }
    }
    let currency = currency.ok_or("Missing required param: line_items.")?;
    let back = needed("success_url")?;
    let expires_at: i64 = needed("expires_at")?
        .parse()
        .map_err(|_| "Invalid integer: expires_at")?;
    let metadata: BTreeMap<&str, &str> = fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("metadata[")?.strip_suffix(']')?, value.as_str())))
        .collect();
    let mut session = json!({
        "id": id, "object": "checkout.session", "amount_subtotal": total, "amount_total": total,
        "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
        "cancel_url": field("cancel_url"), "client_reference_id": field("client_reference_id"),
        "created": expires_at - 3600, "currency": currency, "custom_fields": [],
        "custom_text": {"after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null},
        "customer_creation": "if_required", "customer_email": field("customer_email"), "expires_at": expires_at,
        "livemode": false, "metadata": metadata, "mode": "payment", "payment_method_collection": "if_required",
        "payment_method_types": ["card"], "payment_status": "unpaid", "shipping_options": [], "status": "open",
        "submit_type": field("submit_type"), "success_url": back,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, "ui_mode": "hosted_page",
        "url": format!("https://checkout.stripe.com/c/pay/{id}"),
    });
    for name in ABSENT {
        session[name] = Value::Null;
    }
    Ok(session)
}

/// The fields of a form (`application/x-www-form-urlencoded`).
pub(super) fn read_form(form: &str) -> Result<BTreeMap<String, String>, String> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').ok_or("a field without a value")?;
        Ok((decoded(name)?, decoded(value)?))
    });
    pairs.collect()
}

fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap_or(b' '), rest.next().unwrap_or(b' ')];
                let digits = std::str::from_utf8(&digits).map_err(|why| why.to_string())?.to_owned();
                u8::from_str_radix(&digits, 16).map_err(|why| why.to_string())?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|why| why.to_string())
}
