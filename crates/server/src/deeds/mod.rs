//! Deeds that need a second operator where the policy says so: asked for by one, done when another approves.
//!
//! Every such deed has a name and a body, and goes through [`hold`] before it is done, at the console and on the command line
//! alike. What is approved is done at once, in the name of who asked. A deed that takes or shows a secret cannot be done by
//! somebody else: approving it gives a leave, with which who asked does it, once and within a day.

mod approving;
mod billing;
mod people;
mod tokens;
mod vendor;

pub use approving::{Decider, decide, needs_code};
pub use billing::{
    APPROVE_ORDER, CREDIT_INVOICE, OneCredit, OneInvoice, OneLimit, OneOrder, OnePayment, RECORD_PAYMENT,
    SET_CREDIT_LIMIT, WRITE_OFF,
};
pub(crate) use billing::{CLEAR_PAYMENT, IMPORT_STATEMENT, OneClearing, OneReturn, OneStatement, RETURN_PAYMENT};
use futures_util::future::BoxFuture;
pub(crate) use people::{ADD_ENDPOINT, ENDPOINT_SECRET, NewEndpoint, OneEndpoint};
pub use people::{
    ADMIT_OPERATOR, CHANGE_PASSWORD, CHANGE_ROLE, LET_IN, NewOperator, OneOperator, OneRole, RESET_FACTOR,
};
use scrip_domain::{ApprovalPolicy, DeedKind, Permission};
use scrip_store::{Act, ApprovalRow, NewApproval};
use serde::Serialize;
use serde::de::DeserializeOwned;
pub(crate) use tokens::{CAMPAIGN, OneCampaign, OneRefund, REFUND};
pub use tokens::{
    END_PRICES, GRANT, MAKE_VOUCHERS, OneBatch, OneGrant, OneList, OnePurchaseRefund, PUBLISH_PRICES, REFUND_PURCHASE,
};
pub(crate) use vendor::{CHANGE_KEYS, OneKeyChange};
pub use vendor::{CHANGE_SETTINGS, KEYS_LEAVE, KeysLeave, OneLicense, OneSetting, REVOKE_LICENSE};

use crate::console::Operator;
use crate::html::Refused;
use crate::{Error, Server};

/// What stands as the outcome of an approved leave until it is used, and afterwards.
const LEAVE: &str = "It may be done now, once and within a day, by who asked.";
const LEAVE_USED: &str = "It was done by who asked.";
/// How long a leave holds, in seconds: a day.
const LEAVE_SECONDS: i64 = 86_400;
/// Who does what is done on the machine.
const MACHINE: &str = "cli";
/// Under what subject the audit log keeps what was done on the machine without a second operator.
pub(crate) const EMERGENCY: &str = "emergency";

/// What a deed is done with.
pub struct Doing<'d> {
    pub(crate) server: &'d Server,
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

type Run = for<'d> fn(&'d Doing<'d>) -> BoxFuture<'d, Result<String, Error>>;

/// A deed that a policy may hold back.
pub struct Deed {
    /// Its name, for ever.
    name: &'static str,
    /// Does it, and answers what was done in a sentence.
    run: Run,
    /// Whether approving it gives a leave instead of doing it.
    gives_leave: bool,
}

impl Deed {
    /// A deed that is done when it is approved.
    const fn done_by(name: &'static str, run: Run) -> Self {
        Self {
            name,
            run,
            gives_leave: false,
        }
    }

    /// A deed that who asked for it does with a leave.
    const fn by_leave(name: &'static str) -> Self {
        Self {
            name,
            run: |_| Box::pin(async { Ok(LEAVE.to_owned()) }),
            gives_leave: true,
        }
    }
}

/// Every deed that can be asked for.
const DEEDS: &[&Deed] = &[
    &REVOKE_LICENSE,
    &CHANGE_KEYS,
    &KEYS_LEAVE,
    &CHANGE_SETTINGS,
    &PUBLISH_PRICES,
    &END_PRICES,
    &REFUND_PURCHASE,
    &GRANT,
    &CAMPAIGN,
    &REFUND,
    &MAKE_VOUCHERS,
    &WRITE_OFF,
    &CREDIT_INVOICE,
    &RETURN_PAYMENT,
    &RECORD_PAYMENT,
    &CLEAR_PAYMENT,
    &IMPORT_STATEMENT,
    &SET_CREDIT_LIMIT,
    &APPROVE_ORDER,
    &ADMIT_OPERATOR,
    &CHANGE_ROLE,
    &CHANGE_PASSWORD,
    &LET_IN,
    &RESET_FACTOR,
    &ADD_ENDPOINT,
    &ENDPOINT_SECRET,
];

/// Who wants a deed done.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// An operator at the console, by address.
    Operator(&'a str),
    /// Whoever has the machine and calls the program there. With a reason in an emergency nothing is held back, and the audit
    /// log says so.
    Machine {
        /// Why it cannot wait.
        emergency: Option<&'a str>,
    },
}

impl<'a> Asker<'a> {
    const fn name(self) -> &'a str {
        match self {
            Self::Operator(email) => email,
            Self::Machine { .. } => MACHINE,
        }
    }
}

/// Lets a deed wait for a second operator where the policy says so, and answers what to tell who asked: its summary, and where it
/// waits. `None` where it is to be done now. `asked` is its summary in a sentence, its body, and why it is wanted.
pub async fn hold(
    server: &Server,
    by: Asker<'_>,
    deed: &Deed,
    kind: DeedKind,
    asked: (&str, &(impl Serialize + Sync), &str),
) -> Result<Option<String>, Error> {
    let (summary, body, why) = asked;
    let store = &server.0.store;
    let policy: ApprovalPolicy = store.setting().await?;
    if !policy.holds_back(kind) {
        return Ok(None);
    }
    let body = write(body)?;
    let new = NewApproval {
        deed: deed.name,
        summary,
        body: &body,
    };
    if let Asker::Machine { emergency } = by
        && let Some(words) = past_the_policy(server, kind, emergency).await?
    {
        let why = format!("{summary} {why} ({words})");
        tracing::warn!(deed = deed.name, why, "done without a second operator");
        store
            .put_act(&machine_act("approvals.passed_over", EMERGENCY, &why))
            .await?;
        return Ok(None);
    }
    let since = server.now().plus_seconds(-LEAVE_SECONDS);
    if deed.gives_leave && store.use_leave(&new, by.name(), (LEAVE, LEAVE_USED), since).await? {
        return Ok(None);
    }
    let act = Act {
        actor: by.name(),
        ..machine_act("approval.asked", "", why)
    };
    let id = store.ask_approval(&new, &act).await?;
    let then = if deed.gives_leave {
        " Then do it again, within a day."
    } else {
        ""
    };
    Ok(Some(format!(
        "Another operator has to approve that: {summary} It waits under Approvals ({id}).{then}"
    )))
}

fn write(body: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(body).map_err(|_| Error::Internal {
        operation: "write a deed",
    })
}

const fn machine_act<'a>(action: &'static str, subject: &'a str, why: &'a str) -> Act<'a> {
    Act {
        actor: MACHINE,
        action,
        subject,
        why,
    }
}

/// Why a deed on the machine is not held back: in an emergency, or because nobody could approve that the first operator is admitted.
async fn past_the_policy(server: &Server, kind: DeedKind, emergency: Option<&str>) -> Result<Option<String>, Error> {
    if let Some(why) = emergency {
        return Ok(Some(format!("emergency: {why}")));
    }
    if kind != DeedKind::Operators {
        return Ok(None);
    }
    let operators = server.0.store.operators().await?;
    let approves = operators
        .iter()
        .any(|operator| operator.disabled_at.is_none() && operator.role.may(Permission::Approve));
    Ok((!approves).then(|| "nobody could approve it".to_owned()))
}

/// Does the deed, or lets it wait for a second operator where the policy says so. Answers what to tell the operator.
pub(crate) async fn do_or_ask(
    server: &Server,
    operator: &Operator,
    deed: &Deed,
    kind: DeedKind,
    asked: (&str, &(impl Serialize + Sync), &str),
) -> Result<String, Refused> {
    let by = Asker::Operator(&operator.email);
    if let Some(waits) = hold(server, by, deed, kind, asked).await? {
        return Ok(waits);
    }
    Ok(run(server, by, deed, asked.1, asked.2).await?)
}

async fn run(
    server: &Server,
    by: Asker<'_>,
    deed: &Deed,
    body: &(impl Serialize + Sync),
    why: &str,
) -> Result<String, Error> {
    let body = write(body)?;
    let doing = Doing {
        server,
        actor: by.name(),
        why,
        body: &body,
    };
    (deed.run)(&doing).await
}

/// Does a deed that was approved, in the name of who asked, and writes down what came of it. Can be tried again.
pub(crate) async fn carry_out(server: &Server, row: &ApprovalRow) -> Result<String, Error> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_deed_has_a_name_of_its_own() {
        let names: BTreeSet<_> = DEEDS.iter().map(|deed| deed.name).collect();
        assert_eq!(names.len(), DEEDS.len());
    }
}
