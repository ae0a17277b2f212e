//! Deciding what waits, on the machine: by an operator who proves who they are.

use scrip_domain::{Email, Password, Permission};
use scrip_store::{Act, ApprovalRow, OperatorRow};
use uuid::Uuid;

use super::carry_out;
use crate::console::{check_factor, is_factor_required};
use crate::{Error, Server};

/// Who decides.
pub struct Decider {
    /// The operator's address.
    pub email: Email,
    /// The operator's password.
    pub password: Password,
    /// What the operator's authenticator app shows, or a spare code; empty for an operator without one.
    pub code: String,
}

/// Whether an operator has an authenticator app, whose code decides beside the password.
pub async fn needs_code(server: &Server, email: &Email) -> Result<bool, Error> {
    let known = server.0.store.operator_by_email(email).await?;
    Ok(known.is_some_and(|operator| operator.has_factor))
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

/// The operator whose password and code they are, as at the sign-in of the console.
async fn known(server: &Server, by: Decider) -> Result<OperatorRow, Error> {
    server.0.limits.count_account(&format!("operator {}", by.email))?;
    let known = server.0.store.operator_by_email(&by.email).await?;
    let hash = known.as_ref().map(|operator| operator.password_hash.clone());
    let matches = server.0.passwords.verify(by.password, hash).await?;
    let operator = known
        .filter(|operator| matches && operator.disabled_at.is_none())
        .ok_or(Error::CredentialsWrong)?;
    check_factor(server, operator.id, &by.code).await?;
    if !operator.has_factor && is_factor_required(server).await? {
        return Err(Error::SecondFactorState {
            why: "the vendor demands it of every operator, and yours is not set up: sign in at /console first",
        });
    }
    Ok(operator)
}
