//! The commands about the vendor's people.

use std::io::{IsTerminal as _, Read as _};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use scrip_domain::{DeedKind, Email, Password, Role};
use scrip_server::deeds::{
    ADMIT_OPERATOR, CHANGE_PASSWORD, CHANGE_ROLE, LET_IN, NewOperator, OneOperator, OneRole, RESET_FACTOR,
};
use scrip_server::{Error, Server, hash_password};
use scrip_store::{Act, OperatorRow};

use super::approvals::held;

/// The most that is read of standard input, in bytes.
const INPUT_BYTES_MAX: u64 = 4096;

#[derive(Subcommand)]
pub(crate) enum OperatorCommand {
    /// Admit an operator to the console
    Add {
        #[command(flatten)]
        who: Who,
        /// owner, finance, support, catalog or read-only
        #[arg(long, value_name = "ROLE", value_parser = parse_role)]
        role: Role,
        /// Read the password from standard input (one line)
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give an operator another password
    Password {
        #[command(flatten)]
        who: Who,
        /// Read the password from standard input (one line)
        #[arg(long)]
        password_stdin: bool,
    },
    /// Change what an operator may do
    Role {
        #[command(flatten)]
        who: Who,
        /// owner, finance, support, catalog or read-only
        #[arg(long, value_name = "ROLE", value_parser = parse_role)]
        role: Role,
    },
    /// Shut an operator out and end every session
    Disable(Who),
    /// Let an operator in again
    Enable(Who),
    /// Take an operator's second factor off and end every session
    ResetFactor(Who),
    /// List the operators
    List,
}

#[derive(Args)]
pub(crate) struct Who {
    /// The operator's e-mail address
    #[arg(long, value_name = "EMAIL")]
    email: Email,
    /// Why; stands in the audit log
    #[arg(long, value_name = "TEXT", default_value = "at the server")]
    reason: String,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "one of owner, finance, support, catalog, read-only".to_owned())
}

impl Who {
    fn act(&self, action: &'static str) -> Act<'_> {
        Act {
            actor: "cli",
            action,
            subject: self.email.as_str(),
            why: &self.reason,
        }
    }

    async fn find(&self, server: &Server) -> Result<OperatorRow, Error> {
        let found = server.store().operator_by_email(&self.email).await?;
        found.ok_or_else(|| {
            Error::Store(scrip_store::Error::OperatorNotFound {
                operator: self.email.to_string(),
            })
        })
    }
}

pub(crate) async fn run(server: &Server, emergency: Option<&str>, command: OperatorCommand) -> anyhow::Result<()> {
    let store = server.store();
    match command {
        OperatorCommand::Add {
            who,
            role,
            password_stdin,
        } => {
            let summary = format!("Admit {} as {role}.", who.email);
            let one = NewOperator {
                email: who.email.clone(),
                role,
            };
            let asked = (summary.as_str(), &one, who.reason.as_str());
            held(server, emergency, &ADMIT_OPERATOR, DeedKind::Operators, asked).await?;
            let hash = hash_password(server, read_password(password_stdin)?).await?;
            let act = who.act("operator.admitted");
            let added = store.add_operator(&who.email, role, &hash, &act).await;
            added.map_err(Error::from)?;
            println!("{} can sign in at /console, as {role}", who.email);
        }
        OperatorCommand::Password { who, password_stdin } => {
            let operator = who.find(server).await?;
            let summary = format!("Give {} another password.", who.email);
            let one = OneOperator { operator: operator.id };
            let asked = (summary.as_str(), &one, who.reason.as_str());
            held(server, emergency, &CHANGE_PASSWORD, DeedKind::Operators, asked).await?;
            let hash = hash_password(server, read_password(password_stdin)?).await?;
            let act = who.act("operator.password_changed");
            let set = store.set_operator_password(operator.id, &hash, &act).await;
            set.map_err(Error::from)?;
            println!("the password of {} is changed, and every session ended", who.email);
        }
        OperatorCommand::Role { who, role } => {
            let operator = who.find(server).await?;
            let summary = format!("Make {} {role}.", who.email);
            let one = OneRole {
                operator: operator.id,
                role,
            };
            let asked = (summary.as_str(), &one, who.reason.as_str());
            held(server, emergency, &CHANGE_ROLE, DeedKind::Operators, asked).await?;
            let act = who.act("operator.role_changed");
            let set = store.set_operator_role(operator.id, role, &act).await;
            set.map_err(Error::from)?;
            println!("{} is {role} now", who.email);
        }
        OperatorCommand::Disable(who) => {
            let operator = who.find(server).await?;
            let act = who.act("operator.shut_out");
            let set = store.set_operator_disabled(operator.id, true, &act).await;
            set.map_err(Error::from)?;
            println!("{} is shut out", who.email);
        }
        OperatorCommand::Enable(who) => {
            let operator = who.find(server).await?;
            let summary = format!("Let {} in again.", who.email);
            let one = OneOperator { operator: operator.id };
            let asked = (summary.as_str(), &one, who.reason.as_str());
            held(server, emergency, &LET_IN, DeedKind::Operators, asked).await?;
            let act = who.act("operator.let_in");
            let set = store.set_operator_disabled(operator.id, false, &act).await;
            set.map_err(Error::from)?;
            println!("{} can sign in again", who.email);
        }
        OperatorCommand::ResetFactor(who) => {
            let operator = who.find(server).await?;
            let summary = format!("Take the second factor of {} off.", who.email);
            let one = OneOperator { operator: operator.id };
            let asked = (summary.as_str(), &one, who.reason.as_str());
            held(server, emergency, &RESET_FACTOR, DeedKind::SecondFactor, asked).await?;
            let act = who.act("operator.factor_reset");
            let reset = store.remove_operator_factor(operator.id, true, &act).await;
            reset.map_err(Error::from)?;
            println!("{} signs in with the password alone", who.email);
        }
        OperatorCommand::List => {
            for operator in store.operators().await.map_err(Error::from)? {
                let access = operator.disabled_at.map_or("", |_| " (shut out)");
                println!("{} {}{access}", operator.email, operator.role.as_str());
            }
        }
    }
    Ok(())
}

/// Asks for a new password, twice; or reads it from standard input.
fn read_password(from_stdin: bool) -> anyhow::Result<Password> {
    if !from_stdin && std::io::stdin().is_terminal() {
        let typed = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        let again = rpassword::prompt_password("Again: ").context("cannot read the password")?;
        anyhow::ensure!(typed == again, "the two passwords differ");
        return Ok(Password::new(typed));
    }
    let text = read_input()?;
    Ok(Password::new(text.lines().next().unwrap_or_default()))
}

/// Asks for an operator's password, and for a code where `with_code`; or reads both from standard input, a line each.
pub(crate) fn read_proof(from_stdin: bool, with_code: bool) -> anyhow::Result<(Password, String)> {
    if !from_stdin && std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        let code = if with_code {
            rpassword::prompt_password("Code of the authenticator app: ").context("cannot read the code")?
        } else {
            String::new()
        };
        return Ok((Password::new(password), code));
    }
    let text = read_input()?;
    let mut lines = text.lines();
    let password = Password::new(lines.next().unwrap_or_default());
    Ok((password, lines.next().unwrap_or_default().to_owned()))
}

fn read_input() -> anyhow::Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().take(INPUT_BYTES_MAX).read_to_string(&mut text);
    read.context("cannot read the password from standard input")?;
    Ok(text)
}
