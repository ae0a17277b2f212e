//! The sections of an export.

use scrip_domain::{Timestamp, UserId};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{PAGE, Rows, Section};
use crate::db::{Value, row_struct};

/// A column as JSON; instants, whose names end in `_at`, as RFC 3339.
trait Shown {
    fn shown(self, name: &str) -> Json;
}

impl Shown for i64 {
    fn shown(self, name: &str) -> Json {
        if name.ends_with("_at") || name == "at" {
            Timestamp::from_micros(self).to_string().into()
        } else {
            self.into()
        }
    }
}

/// Columns that hold a JSON document.
const DOCUMENTS: [&str; 9] = [
    "lines", "terms", "tenure", "facts", "quote", "items", "bill_to", "seller", "notes",
];

impl Shown for String {
    fn shown(self, name: &str) -> Json {
        let document = DOCUMENTS.contains(&name);
        let parsed = document.then(|| serde_json::from_str(&self).ok()).flatten();
        parsed.unwrap_or(Json::String(self))
    }
}

impl Shown for Uuid {
    fn shown(self, _: &str) -> Json {
        self.to_string().into()
    }
}

impl Shown for bool {
    fn shown(self, _: &str) -> Json {
        self.into()
    }
}

impl Shown for Vec<u8> {
    fn shown(self, _: &str) -> Json {
        Json::Null
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(self, name: &str) -> Json {
        self.map_or(Json::Null, |value| value.shown(name))
    }
}

/// What is less than every key.
trait Least: Into<Value> {
    fn least() -> Self;
}

impl Least for Uuid {
    fn least() -> Self {
        Self::nil()
    }
}

impl Least for i64 {
    fn least() -> Self {
        Self::MIN
    }
}

impl Least for String {
    fn least() -> Self {
        Self::new()
    }
}

impl Least for Vec<u8> {
    fn least() -> Self {
        Self::new()
    }
}

/// `section!(NAME, FROM, key(columns that order and tell rows apart), hide(columns that are read and not shown), { columns })`;
/// `FROM` names the rows `t` and ends in a condition with the account's id as `$1`.
macro_rules! section {
    ($name:literal, $from:literal, key($($key:tt)*), hide($($hidden:tt)*), { $($columns:tt)* }) => {
        section!(@by |user: UserId| Value::from(user.0), $name, $from, key($($key)*), hide($($hidden)*), { $($columns)* })
    };
    (@by $id:expr, $name:literal, $from:literal, key($($key:ident: $key_type:ty),+), hide($($hidden:ident),*),
        { $($column:ident: $type:ty),+ $(,)? }) => {
        Section {
            name: $name,
            first: || vec![$(<$key_type as Least>::least().into()),+],
            page: |store, user, after| Box::pin(async move {
                row_struct! {
                    /// A row.
                    pub(crate) struct Found { $($column: $type),+ }
                }
                const HIDDEN: &[&str] = &[$(stringify!($hidden)),*];
                let columns = [$(concat!("t.", stringify!($column))),+].join(", ");
                let keys = [$(concat!("t.", stringify!($key))),+].join(", ");
                let marks: Vec<String> = (2..2 + after.len()).map(|number| format!("${number}")).collect();
                let sql = format!(
                    "SELECT {columns} FROM {} AND ({keys}) > ({}) ORDER BY {keys} LIMIT {}",
                    $from, marks.join(", "), PAGE + 1
                );
                let id: fn(UserId) -> Value = $id;
                let mut values = vec![id(user)];
                values.extend(after);
                let mut found = store.database.rows::<Found>("export personal data", &sql, &values).await?;
                let more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
                if more {
                    found.pop();
                }
                let last = found.last().filter(|_| more);
                let next = last.map(|row| vec![$(Value::from(row.$key.clone())),+]);
                let show = |row: Found| {
                    let mut object = Map::new();
                    $(if !HIDDEN.contains(&stringify!($column)) {
                        object.insert(stringify!($column).to_owned(), row.$column.shown(stringify!($column)));
                    })+
                    object
                };
                Ok(Rows { rows: found.into_iter().map(show).collect(), next })
            }),
        }
    };
}

/// Every section, in the order of the document.
pub(super) const SECTIONS: &[Section] = &[
    section!("account", "users t WHERE t.id = $1", key(id: Uuid), hide(), {
        id: Uuid, email: String, name: String, phone: String, postal_address: String, created_at: i64,
        verified_at: Option<i64>, grant_waits: i64,
    }),
    section!("sessions", "sessions t WHERE t.user_id = $1", key(token_hash: Vec<u8>), hide(token_hash), {
        token_hash: Vec<u8>, label: String, created_at: i64, seen_at: i64, expires_at: i64,
    }),
    section!("known_clients", "known_clients t WHERE t.user_id = $1", key(hash: Vec<u8>), hide(hash), {
        hash: Vec<u8>, seen_at: i64,
    }),
    section!("authenticator", "second_factors t WHERE t.user_id = $1", key(user_id: Uuid), hide(user_id), {
        user_id: Uuid, confirmed_at: Option<i64>,
    }),
    section!("passkeys", "passkeys t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, name: String, algorithm: i64, created_at: i64, used_at: Option<i64>,
    }),
    section!("codes", "account_codes t WHERE t.user_id = $1", key(hash: Vec<u8>), hide(hash), {
        hash: Vec<u8>, purpose: String, email: String, created_at: i64, expires_at: i64,
    }),
    section!("mails", "mails t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, recipient: String, kind: String, subject: String, status: String, created_at: i64,
    }),
    section!("notices", "notices t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, kind: String, product: Option<String>, text: String, created_at: i64,
    }),
    section!("devices", "devices t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, name: String, os: String, arch: String, thumbprint: String, machine: String, facts: String,
        replaced_by: Option<Uuid>, created_at: i64,
    }),
    section!("licenses", "licenses t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, product: String, kind: String, ends_at: Option<i64>, uses: Option<i64>, processings: Option<i64>,
        equity: i64, started_at: i64, terms: String, tenure: String,
    }),
    section!("license_events",
        "(SELECT e.* FROM license_events e JOIN licenses l ON l.id = e.license_id WHERE l.user_id = $1) t WHERE TRUE",
        key(id: Uuid), hide(), {
        id: Uuid, license_id: Uuid, what: String, why: String, created_at: i64,
    }),
    section!("license_commands", "license_commands t WHERE t.user_id = $1", key(command_id: Uuid), hide(), {
        command_id: Uuid, license_id: Uuid, what: String, tokens: i64, created_at: i64,
    }),
    section!("seats",
        "(SELECT a.* FROM activations a JOIN licenses l ON l.id = a.license_id WHERE l.user_id = $1) t WHERE TRUE",
        key(id: Uuid), hide(), {
        id: Uuid, license_id: Uuid, device_id: Uuid, kind: String, created_at: i64, released_at: Option<i64>,
        lease_ends_at: Option<i64>, seen_at: i64, reported_uses: i64, reported_processings: i64,
    }),
    section!("journals",
        "(SELECT j.* FROM journal_heads j JOIN activations a ON a.id = j.activation_id \
         JOIN licenses l ON l.id = a.license_id WHERE l.user_id = $1) t WHERE TRUE",
        key(activation_id: Uuid), hide(), {
        activation_id: Uuid, seq: i64, uses: i64, processings: i64, reported_at: i64,
    }),
    section!("journal_findings",
        "(SELECT j.* FROM journal_findings j JOIN activations a ON a.id = j.activation_id \
         JOIN licenses l ON l.id = a.license_id WHERE l.user_id = $1) t WHERE TRUE",
        key(activation_id: Uuid, kind: String, explanation: String), hide(), {
        activation_id: Uuid, kind: String, explanation: String, found_at: i64,
    }),
    section!("revocations",
        "(SELECT r.* FROM revocations r JOIN licenses l ON l.id = r.license_id WHERE l.user_id = $1) t WHERE TRUE",
        key(license_id: Uuid, thumbprint: String), hide(), {
        license_id: Uuid, thumbprint: String, seq: i64, created_at: i64, reason: String,
    }),
    section!("offline_answers", "offline_answers t WHERE t.user_id = $1", key(nonce: Uuid), hide(), {
        nonce: Uuid, notes: String, created_at: i64,
    }),
    section!("orders",
        "(SELECT e.transfer_id AS id, o.lines, o.total, o.balance_after, o.created_at FROM entries e \
         JOIN orders o ON o.id = e.transfer_id WHERE e.owner = $1 AND e.account = 'wallet') t WHERE TRUE",
        key(id: Uuid), hide(), {
        id: Uuid, lines: String, total: i64, balance_after: i64, created_at: i64,
    }),
    section!("order_refunds", "order_refunds t WHERE t.user_id = $1", key(transfer_id: Uuid), hide(), {
        transfer_id: Uuid, order_id: Uuid, product: String, tokens: i64, by_operator: bool, created_at: i64,
    }),
    section!("wallet",
        "(SELECT e.transfer_id AS id, r.kind, r.reason, r.created_at, e.amount, e.balance_after FROM entries e \
         JOIN transfers r ON r.id = e.transfer_id WHERE e.owner = $1 AND e.account = 'wallet') t WHERE TRUE",
        key(id: Uuid), hide(), {
        id: Uuid, kind: String, reason: String, created_at: i64, amount: i64, balance_after: Option<i64>,
    }),
    section!("grants", "grants t WHERE t.user_id = $1", key(command_id: Uuid), hide(), {
        command_id: Uuid, transfer_id: Uuid, tokens: i64, reason: String,
    }),
    section!("dated_tokens", "lots t WHERE t.user_id = $1", key(transfer_id: Uuid), hide(), {
        transfer_id: Uuid, tokens: i64, given_at: i64, expires_at: Option<i64>, campaign_id: Option<Uuid>,
    }),
    section!("vouchers",
        "(SELECT v.serial, v.user_id, v.redeemed_at, v.transfer_id, b.tokens, b.label FROM vouchers v \
         JOIN voucher_batches b ON b.id = v.batch_id WHERE v.user_id = $1) t WHERE TRUE",
        key(serial: i64), hide(), {
        serial: i64, tokens: i64, label: String, redeemed_at: Option<i64>, transfer_id: Option<Uuid>,
    }),
    section!("token_purchases", "token_purchases t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, tokens: i64, net: i64, tax: i64, currency: String, quote: String, method: String, status: String,
        reference: String, failure: Option<String>, created_at: i64, paid_at: Option<i64>, issued_at: Option<i64>,
        reversed: i64, returned: i64,
    }),
    section!("token_reversals",
        "(SELECT r.* FROM token_reversals r JOIN token_purchases p ON p.id = r.purchase_id WHERE p.user_id = $1) t \
         WHERE TRUE",
        key(id: Uuid), hide(), {
        id: Uuid, purchase_id: Uuid, kind: String, tokens: i64, short: i64, minor: i64, status: String, why: String,
        created_at: i64, settled_at: Option<i64>,
    }),
    section!("held_quotes", "held_quotes t WHERE t.user_id = $1", key(purchase_id: Uuid), hide(), {
        purchase_id: Uuid, items: String, total: i64, ends_at: i64,
    }),
    section!("token_orders", "offline_orders t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, channel: String, channel_reference: String, note: String, bill_to: String, document_name: Option<String>,
        document_type: Option<String>, document_bytes: Option<i64>, status: String, decided_why: String,
        decided_at: Option<i64>, invoice_id: Option<Uuid>, created_at: i64,
    }),
    section!("invoices", "invoices t WHERE t.user_id = $1", key(id: Uuid), hide(), {
        id: Uuid, kind: String, number: String, purchase_id: Uuid, corrects: Option<Uuid>, buyer_reference: String,
        seller: String, bill_to: String, lines: String, currency: String, net: i64, tax: i64, gross: i64, paid: i64,
        credited: i64, status: String, issued_at: i64, due_at: i64, settled_at: Option<i64>, reminders: i64,
    }),
    section!("payments",
        "(SELECT p.id, u.invoice_id, u.minor AS used, p.minor, p.currency, p.method, p.status, p.payer, p.text, p.received_at \
         FROM invoices i JOIN payment_uses u ON u.invoice_id = i.id JOIN payments p ON p.id = u.payment_id \
         WHERE i.user_id = $1) t WHERE TRUE",
        key(id: Uuid, invoice_id: Uuid), hide(), {
        id: Uuid, invoice_id: Uuid, used: i64, minor: i64, currency: String, method: String, status: String, payer: String,
        text: String, received_at: i64,
    }),
    section!("payments_announced",
        "(SELECT p.* FROM payments p JOIN invoices i ON i.id = p.meant_for WHERE i.user_id = $1 AND p.applied = 0) t WHERE TRUE",
        key(id: Uuid), hide(), {
        id: Uuid, minor: i64, currency: String, method: String, status: String, payer: String, text: String, received_at: i64,
    }),
    section!("credit_limits", "credit_limits t WHERE t.user_id = $1", key(currency: String), hide(), {
        currency: String, minor: Option<i64>,
    }),
    section!("transfers_sent", "sendings t WHERE t.sender = $1", key(id: Uuid), hide(), {
        id: Uuid, tokens: i64, message: String, state: String, created_at: i64, settles_at: i64, ended_at: Option<i64>,
    }),
    section!("transfers_received", "sendings t WHERE t.recipient = $1", key(id: Uuid), hide(), {
        id: Uuid, tokens: i64, message: String, state: String, created_at: i64, settles_at: i64, ended_at: Option<i64>,
    }),
    section!("gifts_given", "gifts t WHERE t.giver = $1", key(id: Uuid), hide(), {
        id: Uuid, product: String, offer: Option<String>, price: i64, message: String, state: String, created_at: i64,
        lapses_at: i64, ended_at: Option<i64>, order_id: Option<Uuid>,
    }),
    section!("gifts_received", "gifts t WHERE t.recipient = $1", key(id: Uuid), hide(), {
        id: Uuid, product: String, offer: Option<String>, message: String, state: String, created_at: i64,
        lapses_at: i64, ended_at: Option<i64>, order_id: Option<Uuid>,
    }),
    section!("teams",
        "(SELECT m.*, n.name, n.closed_at FROM team_members m JOIN teams n ON n.id = m.team_id WHERE m.user_id = $1) t WHERE TRUE",
        key(team_id: Uuid), hide(), {
        team_id: Uuid, name: String, role: String, monthly_limit: i64, invited_at: i64, joined_at: Option<i64>,
        closed_at: Option<i64>,
    }),
    section!("team_moves", "team_moves t WHERE t.user_id = $1", key(transfer_id: Uuid), hide(), {
        transfer_id: Uuid, team_id: Uuid, drawn: i64, created_at: i64,
    }),
    section!("wallet_alert", "wallet_alerts t WHERE t.user_id = $1", key(user_id: Uuid), hide(user_id), {
        user_id: Uuid, below: i64, armed_at: Option<i64>,
    }),
    section!("cart", "cart_items t WHERE t.user_id = $1", key(product: String), hide(), {
        product: String, intent: String, offer: Option<String>, added_at: i64,
    }),
    section!("trials", "trials t WHERE t.user_id = $1", key(product: String), hide(), {
        product: String, machine: String, license_id: Uuid, created_at: i64,
    }),
    section!("usage", "usage_days t WHERE t.user_id = $1", key(product: String, device_id: Uuid, day: i64), hide(), {
        day: i64, product: String, device_id: Uuid, uses: i64, processings: i64,
    }),
    // What the vendor's people did names the account by its id as text.
    section!(@by |user: UserId| Value::from(user.to_string()), "deeds_of_the_vendor",
        "acts t WHERE t.subject = $1", key(seq: i64), hide(), {
        seq: i64, at: i64, action: String, why: String,
    }),
];
