//! What one person sees of another.

use std::collections::HashMap;

use scrip_domain::{UserId, masked};
use uuid::Uuid;

use crate::db::{Tx, Value, args, list_text};
use crate::{Error, Store};

/// Another person, as strangers see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub id: UserId,
    /// What tells a sender that it is the right one.
    pub name: String,
}

impl Person {
    /// Someone as they call themselves; by the first letter of their address where they do not.
    fn of(id: Uuid, email: &str, name: String) -> Self {
        let name = if name.trim().is_empty() { masked(email) } else { name };
        Self { id: UserId(id), name }
    }

    /// Someone whose account is gone.
    fn gone(id: Uuid) -> Self {
        Self {
            id: UserId(id),
            name: "someone who left".to_owned(),
        }
    }
}

/// The account with this address, and when it was opened.
pub(crate) async fn find(tx: &mut Tx, email: &str) -> Result<Person, Error> {
    let sql = "SELECT id, email, name FROM users WHERE email = $1 AND erased_at IS NULL";
    let found = tx
        .row::<(Uuid, String, String)>("find an account", sql, &args![email])
        .await?;
    let (id, email, name) = found.ok_or_else(|| Error::AccountNotFound {
        email: email.to_owned(),
    })?;
    Ok(Person::of(id, &email, name))
}

/// Some people, by their ids.
pub(crate) struct People(HashMap<Uuid, Person>);

impl People {
    /// Reads them with one statement.
    pub(crate) async fn read(tx: &mut Tx, ids: impl Iterator<Item = Uuid>) -> Result<Self, Error> {
        let ids: std::collections::BTreeSet<Uuid> = ids.collect();
        if ids.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let sql = format!(
            "SELECT id, email, name FROM users WHERE erased_at IS NULL AND id IN ({})",
            list_text(ids.len(), 1)
        );
        let values: Vec<Value> = ids.into_iter().map(Value::from).collect();
        let rows = tx.rows::<(Uuid, String, String)>("read names", &sql, &values).await?;
        let person = |(id, email, name): (Uuid, String, String)| (id, Person::of(id, &email, name));
        Ok(Self(rows.into_iter().map(person).collect()))
    }

    /// One of them.
    pub(crate) fn get(&self, id: Uuid) -> Person {
        self.0.get(&id).cloned().unwrap_or_else(|| Person::gone(id))
    }
}

impl Store {
    /// The account with this address as others see it, to be confirmed before something is sent to it.
    pub async fn person(&self, email: &str) -> Result<Person, Error> {
        find(&mut self.database.read().await?, email).await
    }
}
