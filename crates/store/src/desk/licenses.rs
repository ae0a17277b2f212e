//! Licenses and computers of everybody.

use scrip_domain::{DeviceId, License, LicenseId, Timestamp, UserId};
use uuid::Uuid;

use crate::db::{Value, args, list_text};
use crate::licenses::{COLUMNS, LicenseRow};
use crate::{Error, Store};

/// A license with its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyLicense {
    /// The license.
    pub license: License,
    /// The holder's address; empty where the account was erased.
    pub email: String,
}

/// A computer with its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyDevice {
    /// The computer.
    pub id: DeviceId,
    /// Whose.
    pub user: UserId,
    /// The account's address; empty where it was erased.
    pub email: String,
    /// What the person calls it.
    pub name: String,
    /// What it runs, such as `linux x86_64`.
    pub platform: String,
    /// The RFC 7638 thumbprint of its key.
    pub thumbprint: String,
    /// When it was registered.
    pub at: Timestamp,
    /// Whether it registered anew since.
    pub replaced: bool,
}

impl Store {
    /// Up to `limit` licenses, the newest first, older than the one named `before`; of one account where it is given.
    pub async fn any_licenses(
        &self,
        user: Option<UserId>,
        before: Option<LicenseId>,
        limit: i64,
    ) -> Result<Vec<AnyLicense>, Error> {
        let before = before.map_or(Uuid::max(), |license| license.0);
        let mut tx = self.database.read().await?;
        let rows = if let Some(user) = user {
            let sql =
                format!("SELECT {COLUMNS} FROM licenses WHERE user_id = $3 AND id < $1 ORDER BY id DESC LIMIT $2");
            tx.rows::<LicenseRow>("list licenses", &sql, &args![before, limit, user.0])
                .await?
        } else {
            let sql = format!("SELECT {COLUMNS} FROM licenses WHERE id < $1 ORDER BY id DESC LIMIT $2");
            tx.rows::<LicenseRow>("list licenses", &sql, &args![before, limit])
                .await?
        };
        let licenses: Vec<License> = rows.into_iter().map(LicenseRow::read).collect::<Result<_, _>>()?;
        if licenses.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT id, email FROM users WHERE id IN ({})",
            list_text(licenses.len(), 1)
        );
        let users: Vec<Value> = licenses.iter().map(|license| Value::from(license.user.0)).collect();
        let emails = tx.rows::<(Uuid, String)>("find accounts", &sql, &users).await?;
        let email_of = |license: &License| {
            let found = emails.iter().find(|(id, _)| *id == license.user.0);
            found.map_or_else(String::new, |(_, email)| email.clone())
        };
        Ok(licenses
            .into_iter()
            .map(|license| AnyLicense {
                email: email_of(&license),
                license,
            })
            .collect())
    }

    /// Up to `limit` computers, the newest first, older than the one named `before`; of one account where it is given.
    pub async fn any_devices(
        &self,
        user: Option<UserId>,
        before: Option<DeviceId>,
        limit: i64,
    ) -> Result<Vec<AnyDevice>, Error> {
        type Found = (Uuid, Uuid, Option<String>, String, String, String, String, i64, bool);
        const SQL: &str = "SELECT d.id, d.user_id, u.email, d.name, d.os, d.arch, d.thumbprint, d.created_at, \
                           d.replaced_by IS NOT NULL FROM devices d LEFT JOIN users u ON u.id = d.user_id";
        let before = before.map_or(Uuid::max(), |device| device.0);
        let rows = if let Some(user) = user {
            let sql = format!("{SQL} WHERE d.user_id = $3 AND d.id < $1 ORDER BY d.id DESC LIMIT $2");
            let values = args![before, limit, user.0];
            self.database.rows::<Found>("list computers", &sql, &values).await?
        } else {
            let sql = format!("{SQL} WHERE d.id < $1 ORDER BY d.id DESC LIMIT $2");
            self.database
                .rows::<Found>("list computers", &sql, &args![before, limit])
                .await?
        };
        let read = |(id, user, email, name, os, arch, thumbprint, at, replaced): Found| AnyDevice {
            id: DeviceId(id),
            user: UserId(user),
            email: email.unwrap_or_default(),
            name,
            platform: format!("{os} {arch}"),
            thumbprint,
            at: Timestamp::from_micros(at),
            replaced,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
