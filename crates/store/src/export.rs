//! Everything that the vendor keeps of a person, for that person (GDPR articles 15 and 20).

use scrip_domain::{Timestamp, UserId};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::db::args;
use crate::{Error, Store};

/// Rows of one table that an export holds; whoever has more is told that there are.
const ROWS_MAX: usize = 100_000;

/// A column as JSON; instants, whose names end in `_at`, as RFC 3339.
trait Shown {
    fn shown(self, name: &str) -> Value;
}

impl Shown for i64 {
    fn shown(self, name: &str) -> Value {
        if name.ends_with("_at") {
            Timestamp::from_micros(self).to_string().into()
        } else {
            self.into()
        }
    }
}

impl Shown for String {
    fn shown(self, name: &str) -> Value {
        let document = matches!(name, "lines" | "terms" | "tenure");
        let parsed = document.then(|| serde_json::from_str(&self).ok()).flatten();
        parsed.unwrap_or(Value::String(self))
    }
}

impl Shown for Uuid {
    fn shown(self, _: &str) -> Value {
        self.to_string().into()
    }
}

impl Shown for bool {
    fn shown(self, _: &str) -> Value {
        self.into()
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(self, name: &str) -> Value {
        self.map_or(Value::Null, |value| value.shown(name))
    }
}

/// Reads a table's rows of one person, column by column, into a list of objects.
macro_rules! section {
    ($export:ident, $store:ident, $user:ident, $section:literal, $rest:literal, { $($column:ident: $type:ty),+ $(,)? }) => {{
        let columns = [$(stringify!($column)),+].map(|name| format!("t.{name}")).join(", ");
        let sql = format!("SELECT {columns} FROM {} LIMIT $2", $rest);
        let limit = i64::try_from(ROWS_MAX).unwrap_or(i64::MAX) + 1;
        let values = args![$user.0, limit];
        let mut rows = $store.database.rows::<($($type,)+)>("export personal data", &sql, &values).await?;
        if rows.len() > ROWS_MAX {
            rows.truncate(ROWS_MAX);
            $export.insert(concat!($section, "_cut").to_owned(), ROWS_MAX.into());
        }
        let list = rows.into_iter().map(|row| {
            let ($($column,)+) = row;
            let mut object = Map::new();
            $(object.insert(stringify!($column).to_owned(), $column.shown(stringify!($column)));)+
            Value::Object(object)
        });
        let list: Vec<Value> = list.collect();
        $export.insert($section.to_owned(), Value::Array(list));
    }};
}

impl Store {
    /// Everything that is kept of a person, table by table; secrets are not in it.
    pub async fn export(&self, user: UserId) -> Result<Value, Error> {
        let mut export = Map::new();
        section!(export, self, user, "account", "users t WHERE t.id = $1", {
            id: Uuid, email: String, name: String, phone: String, postal_address: String, created_at: i64,
            verified_at: Option<i64>,
        });
        section!(export, self, user, "sessions", "sessions t WHERE t.user_id = $1 ORDER BY t.created_at", {
            label: String, created_at: i64, seen_at: i64, expires_at: i64,
        });
        section!(export, self, user, "passkeys", "passkeys t WHERE t.user_id = $1 ORDER BY t.id", {
            name: String, created_at: i64, used_at: Option<i64>,
        });
        section!(export, self, user, "mails", "mails t WHERE t.user_id = $1 ORDER BY t.id", {
            recipient: String, kind: String, subject: String, status: String, created_at: i64,
        });
        section!(export, self, user, "notices", "notices t WHERE t.user_id = $1 ORDER BY t.id", {
            kind: String, product: Option<String>, text: String, created_at: i64,
        });
        section!(export, self, user, "devices", "devices t WHERE t.user_id = $1 ORDER BY t.id", {
            id: Uuid, name: String, os: String, arch: String, thumbprint: String, machine: String, created_at: i64,
        });
        section!(export, self, user, "licenses", "licenses t WHERE t.user_id = $1 ORDER BY t.id", {
            id: Uuid, product: String, kind: String, ends_at: Option<i64>, uses: Option<i64>, processings: Option<i64>,
            equity: i64, started_at: i64, terms: String,
        });
        section!(export, self, user, "orders",
            "entries e JOIN orders t ON t.id = e.transfer_id WHERE e.owner = $1 AND e.account = 'wallet' ORDER BY t.id", {
            id: Uuid, lines: String, total: i64, balance_after: i64, created_at: i64,
        });
        section!(export, self, user, "wallet",
            "(SELECT r.id, r.kind, r.reason, r.created_at, e.amount, e.balance_after FROM entries e \
             JOIN transfers r ON r.id = e.transfer_id WHERE e.owner = $1 AND e.account = 'wallet') t ORDER BY t.id", {
            id: Uuid, kind: String, reason: String, created_at: i64, amount: i64, balance_after: Option<i64>,
        });
        section!(export, self, user, "cart", "cart_items t WHERE t.user_id = $1 ORDER BY t.added_at", {
            product: String, intent: String, offer: Option<String>, added_at: i64,
        });
        section!(export, self, user, "trials", "trials t WHERE t.user_id = $1 ORDER BY t.created_at", {
            product: String, machine: String, created_at: i64,
        });
        section!(export, self, user, "usage", "usage_days t WHERE t.user_id = $1 ORDER BY t.day", {
            day: i64, product: String, device_id: Uuid, uses: i64, processings: i64,
        });
        Ok(Value::Object(export))
    }
}
