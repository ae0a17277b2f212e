//! Deciding what waits, on the machine: by an operator who proves who they are.

use scrip_domain::{Email, Password, Permission};
use scrip_store::{Act, ApprovalRow, OperatorRow};
use uuid::Uuid;

use super::carry_out;
use crate::{Error, Server};

/// Who decides.
pub struct Decider {
    /// The operator's address.
    pub email: Email,
    /// The operator's password.
    pub password: Password,
}

/// Approves a deed that waits and does it, or refuses it. Answers what came of it.
pub async fn decide(server: &Server, by: Decider, id: Uuid, approve: bool, why: &str) -> Result<String, Error> {
    let operator = known(server, by).await?;
    if !operator.role.may(Permission::Approve) {
        return Err(Error::OperatorForbidden { role: operator.role });
    }
    let (action, subject) = (
        if approve {
            "approval.approved"
        } else {
            "approval.refused"
        },
        id.to_string(),
    );
    let act = Act {
        actor: operator.email.as_str(),
        action,
        subject: &subject,
        why,
    };
    let row: ApprovalRow = server.0.store.decide_approval(id, approve, &act).await?;
    if approve {
        carry_out(server, &row).await
    } else {
        Ok("It will not be done.".to_owned())
    }
}

/// The operator whose password it is.
async fn known(server: &Server, by: Decider) -> Result<OperatorRow, Error> {
    server.0.limits.count_account(&format!("operator {}", by.email))?;
    let known = server.0.store.operator_by_email(&by.email).await?;
    let hash = known.as_ref().map(|operator| operator.password_hash.clone());
    let matches = server.0.passwords.verify(by.password, hash).await?;
    known
        .filter(|operator| matches && operator.disabled_at.is_none())
        .ok_or(Error::CredentialsWrong)
}
