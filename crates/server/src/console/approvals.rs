//! Deeds that need a second operator: asked for by one, done when another approves.

use futures_util::future::BoxFuture;
use scrip_domain::{ApprovalPolicy, DeedKind, HoldKind, LicenseId};
use scrip_store::{Act, ApprovalRow, NewApproval};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Operator, token_deeds};
use crate::html::Refused;
use crate::{Error, KeyChange, KeyList, Server};

/// What a deed is done with.
pub(crate) struct Doing<'d> {
    pub(crate) server: &'d Server,
    /// The id of the command: doing the deed twice with it does it once.
    #[expect(dead_code, reason = "deeds that move tokens take it")]
    pub(crate) command: Uuid,
    /// In whose name.
    pub(crate) actor: &'d str,
    /// Why.
    pub(crate) why: &'d str,
    /// What the deed needs to know, as JSON.
    body: &'d str,
}

impl Doing<'_> {
    /// What the deed needs to know.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(self.body).map_err(|why| Error::Malformed { why: why.to_string() })
    }

    /// The deed for the audit log.
    pub(crate) fn act<'a>(&'a self, action: &'static str, subject: &'a str) -> Act<'a> {
        Act {
            actor: self.actor,
            action,
            subject,
            why: self.why,
        }
    }
}

/// A deed that a policy may hold back.
pub(crate) struct Deed {
    /// Its name, for ever.
    pub(crate) name: &'static str,
    /// Does it, and answers what was done in a sentence.
    pub(crate) run: for<'d> fn(&'d Doing<'d>) -> BoxFuture<'d, Result<String, Error>>,
}

/// Every deed that can be asked for.
const DEEDS: &[&Deed] = &[
    &REVOKE_LICENSE,
    &CHANGE_KEYS,
    &super::pages::PUBLISH_PRICES,
    &super::pages::REFUND_PURCHASE,
    &token_deeds::GRANT,
    &token_deeds::CAMPAIGN,
    &token_deeds::REFUND,
];

/// Revokes a license for good.
pub(crate) const REVOKE_LICENSE: Deed = Deed {
    name: "license.revoke",
    run: |doing| Box::pin(revoke_license(doing)),
};

/// Rotates, retires or revokes a key.
pub(crate) const CHANGE_KEYS: Deed = Deed {
    name: "keys.change",
    run: |doing| Box::pin(change_keys(doing)),
};

/// Which license.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneLicense {
    pub(crate) license: LicenseId,
}

/// Which change, and of which key.
#[derive(Serialize, Deserialize)]
pub(crate) struct OneKeyChange {
    pub(crate) change: String,
    pub(crate) kid: String,
}

/// Does the deed, or lets it wait for a second operator where the policy says so. Answers what to tell the operator.
pub(crate) async fn do_or_ask(
    server: &Server,
    operator: &Operator,
    deed: &Deed,
    kind: DeedKind,
    asked: (&str, &impl Serialize, &str),
) -> Result<String, Refused> {
    let (summary, body, why) = asked;
    let body = serde_json::to_string(body).map_err(|_| Error::Internal {
        operation: "write a deed",
    })?;
    let policy: ApprovalPolicy = server.0.store.setting().await?;
    if !policy.holds_back(kind) {
        let doing = Doing {
            server,
            command: server.new_id(),
            actor: &operator.email,
            why,
            body: &body,
        };
        return Ok((deed.run)(&doing).await?);
    }
    let new = NewApproval {
        deed: deed.name,
        summary,
        body: &body,
    };
    let id = server
        .0
        .store
        .ask_approval(&new, &operator.act("approval.asked", summary, why))
        .await?;
    Ok(format!(
        "Another operator has to approve that: {summary} It waits under Approvals ({id})."
    ))
}

/// Does a deed that was approved, in the name of who asked, and writes down what came of it. Can be tried again.
pub(super) async fn carry_out(server: &Server, row: &ApprovalRow) -> Result<String, Error> {
    let deed = DEEDS
        .iter()
        .find(|deed| deed.name == row.deed)
        .ok_or_else(|| Error::Malformed {
            why: format!("this server knows no deed {}", row.deed),
        })?;
    let approver = row.decided_by.as_deref().unwrap_or_default();
    let why = format!("{} (approved by {approver})", row.why);
    let doing = Doing {
        server,
        command: row.id,
        actor: &row.asked_by,
        why: &why,
        body: &row.body,
    };
    let outcome = (deed.run)(&doing).await;
    let (done, text) = match &outcome {
        Ok(text) => (true, text.clone()),
        Err(error) => (false, error.to_string()),
    };
    server.0.store.settle_approval(row.id, done, &text).await?;
    outcome
}

async fn revoke_license(doing: &Doing<'_>) -> Result<String, Error> {
    let OneLicense { license } = doing.body()?;
    let subject = license.to_string();
    let act = doing.act("license.revoked", &subject);
    let revoked = doing
        .server
        .0
        .store
        .set_hold(license, Some(HoldKind::Revoked), &act)
        .await?;
    Ok(format!("The license of {} is revoked.", revoked.product))
}

async fn change_keys(doing: &Doing<'_>) -> Result<String, Error> {
    let OneKeyChange { change, kid } = doing.body()?;
    let thumbprint = || {
        kid.parse().map_err(|_| Error::Malformed {
            why: "the thumbprint is malformed".to_owned(),
        })
    };
    let (change, action) = match change.as_str() {
        "rotate" => (KeyChange::Rotate, "keys.rotated"),
        "retire" => (KeyChange::Retire(thumbprint()?), "keys.retired"),
        "revoke" => (KeyChange::Revoke(thumbprint()?), "keys.revoked"),
        _ => {
            return Err(Error::Malformed {
                why: "there is no such change of the keys".to_owned(),
            });
        }
    };
    let server = doing.server.clone();
    let now = server.0.clock.now();
    let changing = tokio::task::spawn_blocking({
        let server = server.clone();
        move || KeyList::change(&server.0.config, change, None, now)
    });
    let list = changing.await.map_err(|_| Error::Internal {
        operation: "change the keys",
    })??;
    let subject = if kid.is_empty() {
        list.keys.first().map_or_else(String::new, |key| key.kid.clone())
    } else {
        kid
    };
    server.0.store.put_act(&doing.act(action, &subject)).await?;
    Ok("The key set is changed. Servers take it up when they are started again.".to_owned())
}
