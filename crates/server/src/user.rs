//! The operator's commands about people's accounts.

use clap::{Args, Subcommand};
use scrip_domain::{Email, PersonalDetails};
use scrip_server::{Error, NewClaim, Server};
use scrip_store::{Act, User};

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Open an account for a person who is not there; prints the code with which they claim it
    Open(Open),
    /// Print a code with which a person sets a new password
    Code {
        #[command(flatten)]
        whose: Whose,
        /// Take the authenticator app and the passkeys off too
        #[arg(long)]
        without_factors: bool,
    },
    /// End every session of an account
    EndSessions(Whose),
    /// Send the mail that is due, and say what became of it
    SendMail,
}

#[derive(Args)]
pub(crate) struct Open {
    #[command(flatten)]
    whose: Whose,
    /// How the person is called
    #[arg(long, value_name = "TEXT", default_value = "")]
    name: String,
    /// Their telephone number
    #[arg(long, value_name = "TEXT", default_value = "")]
    phone: String,
    /// Their postal address
    #[arg(long, value_name = "TEXT", default_value = "")]
    address: String,
}

#[derive(Args)]
pub(crate) struct Whose {
    /// The account's e-mail address
    #[arg(long, value_name = "EMAIL")]
    email: Email,
    /// Why; stands in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Who acts from the command line.
const ACTOR: &str = "cli";

pub(crate) async fn run(server: &Server, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Open(open) => {
            let details = PersonalDetails {
                name: open.name,
                phone: open.phone,
                postal_address: open.address,
            };
            let (user, code) =
                scrip_server::open_offline(server, open.whose.email, &details, ACTOR, &open.whose.reason).await?;
            println!("opened {} ({}) with {}", user.email, user.id, user.balance);
            println!("claim code, shown once: {}", code.shown());
        }
        UserCommand::Code { whose, without_factors } => {
            let user = find(server, &whose.email).await?;
            let claim = NewClaim {
                user: &user,
                without_factors,
                actor: ACTOR,
                why: &whose.reason,
            };
            let code = scrip_server::reissue_claim(server, &claim).await?;
            println!("code, shown once: {}", code.shown());
        }
        UserCommand::EndSessions(whose) => {
            let user = find(server, &whose.email).await?;
            let act = Act {
                actor: ACTOR,
                action: "user.sessions_ended",
                subject: &user.id.to_string(),
                why: &whose.reason,
            };
            let ended = server
                .store()
                .end_sessions_of(user.id, &act)
                .await
                .map_err(Error::from)?;
            println!("{ended} sessions of {} have ended", user.email);
        }
        UserCommand::SendMail => {
            if !server.mails() {
                println!("this server sends no mail: scrip-server.toml has no [mail]");
            }
            println!("{}", scrip_server::send_due(server).await?);
        }
    }
    Ok(())
}

async fn find(server: &Server, email: &Email) -> Result<User, Error> {
    let user = server.store().user_by_email(email).await?;
    Ok(user.ok_or_else(|| scrip_store::Error::AccountNotFound {
        email: email.to_string(),
    })?)
}
