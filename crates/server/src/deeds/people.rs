//! Deeds about the vendor's people, and about whom the vendor's programs tell what happens.

use scrip_domain::{Email, OperatorId, Role};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Deed, Doing};
use crate::Error;

/// Admits an operator: by leave, so that the password stays with who knows it.
pub const ADMIT_OPERATOR: Deed = Deed::by_leave("operator.admit");

/// Changes what an operator may do.
pub const CHANGE_ROLE: Deed = Deed::done_by("operator.role", |doing| Box::pin(change_role(doing)));

/// Gives an operator another password, by leave.
pub const CHANGE_PASSWORD: Deed = Deed::by_leave("operator.password");

/// Lets an operator in again.
pub const LET_IN: Deed = Deed::done_by("operator.let_in", |doing| Box::pin(let_in(doing)));

/// Takes another operator's second factor off.
pub const RESET_FACTOR: Deed = Deed::done_by("operator.factor_reset", |doing| Box::pin(reset_factor(doing)));

/// Tells another address what happens: by leave, because its secret is shown to who asked, once.
pub(crate) const ADD_ENDPOINT: Deed = Deed::by_leave("webhook.add");

/// Changes the secret that signs messages to an address, by leave.
pub(crate) const ENDPOINT_SECRET: Deed = Deed::by_leave("webhook.secret");

/// Who is to be admitted, as what.
#[derive(Serialize)]
pub struct NewOperator {
    /// The address.
    pub email: Email,
    /// The role.
    pub role: Role,
}

/// Which operator.
#[derive(Serialize, Deserialize)]
pub struct OneOperator {
    /// The id.
    pub operator: OperatorId,
}

/// Which operator gets which role.
#[derive(Serialize, Deserialize)]
pub struct OneRole {
    /// The id.
    pub operator: OperatorId,
    /// The role.
    pub role: Role,
}

/// Which address is to be told what.
#[derive(Serialize)]
pub(crate) struct NewEndpoint<'a> {
    pub(crate) url: &'a str,
    pub(crate) events: &'a [String],
}

/// Which endpoint.
#[derive(Serialize)]
pub(crate) struct OneEndpoint {
    pub(crate) endpoint: Uuid,
}

async fn change_role(doing: &Doing<'_>) -> Result<String, Error> {
    let OneRole { operator, role } = doing.body()?;
    let (subject, why) = (operator.to_string(), format!("{role}: {}", doing.why));
    let act = scrip_store::Act {
        why: &why,
        ..doing.act("operator.role_changed", &subject)
    };
    doing.server.0.store.set_operator_role(operator, role, &act).await?;
    Ok("The role is changed.".to_owned())
}

async fn let_in(doing: &Doing<'_>) -> Result<String, Error> {
    let OneOperator { operator } = doing.body()?;
    let subject = operator.to_string();
    let act = doing.act("operator.let_in", &subject);
    doing
        .server
        .0
        .store
        .set_operator_disabled(operator, false, &act)
        .await?;
    Ok("The operator can sign in again.".to_owned())
}

async fn reset_factor(doing: &Doing<'_>) -> Result<String, Error> {
    let OneOperator { operator } = doing.body()?;
    let subject = operator.to_string();
    let act = doing.act("operator.factor_reset", &subject);
    let store = &doing.server.0.store;
    store.remove_operator_factor(operator, true, &act).await?;
    Ok("The second factor is off, and every session of the operator ended.".to_owned())
}
