//! Accounts and the wallet.

use std::io::Read;

use scrip_app::contract::{Credentials, SessionState};
use scrip_app::{App, Failure};
use scrip_domain::Password;
use serde_json::json;

use crate::args::CredentialArgs;
use crate::output::{Output, internal};
use crate::table::Table;

/// The longest line that is read as a password, in bytes.
const MAX_PASSWORD_BYTES: u64 = 4096;

pub(crate) async fn register(app: &App, output: Output, credentials: CredentialArgs) -> Result<(), Failure> {
    let state = app.session_register(read_credentials(credentials)?).await?;
    signed_in(output, &state, "Welcome")
}

pub(crate) async fn logout(app: &App, output: Output) -> Result<(), Failure> {
    app.session_sign_out().await?;
    output.show(&json!({ "signed_out": true }), || "Signed out.".to_owned())
}

pub(crate) async fn whoami(app: &App, output: Output) -> Result<(), Failure> {
    let known = app.session_state().await?;
    let account = match app.account().await {
        Ok(account) => account,
        Err(error) => match known.account {
            Some(account) if is_offline(&error) => account,
            _ => return Err(error.into()),
        },
    };
    let state = app.session_state().await?;
    let result = json!({
        "id": account.id, "email": account.email, "created_at": account.created_at, "balance": account.balance,
        "server": state.server, "online": state.online, "keystore": state.keystore,
    });
    output.show(&result, || {
        let mut table = Table::default();
        table.row(["Account", account.email.as_str()]);
        table.row(["Balance", &account.balance.to_string()]);
        table.row([
            "Server",
            &format!(
                "{}{}",
                state.server,
                if state.online { "" } else { " (does not answer)" }
            ),
        ]);
        table.row(["Secrets", &secrets(&state)]);
        table.text()
    })
}

pub(crate) async fn wallet(app: &App, output: Output) -> Result<(), Failure> {
    settle(app, output).await?;
    let wallet = app.wallet_view().await?;
    output.show(&wallet, || {
        format!("{} (as of {})", wallet.balance, wallet.confirmed_at)
    })
}

/// Settles payments whose outcome is not known, where the server answers.
pub(crate) async fn settle(app: &App, output: Output) -> Result<(), Failure> {
    match app.settle_payments().await {
        Ok(orders) => {
            for order in orders {
                output.note(&format!("An interrupted payment of {} was completed.", order.total));
            }
            Ok(())
        }
        Err(error) if is_offline(&error) || matches!(error, scrip_app::Error::NotSignedIn) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the server could not be asked.
pub(crate) fn is_offline(error: &scrip_app::Error) -> bool {
    error.is_offline()
}

pub(crate) fn signed_in(output: Output, state: &SessionState, greeting: &str) -> Result<(), Failure> {
    if state.keystore == "file" {
        output.note("secrets are kept in a file that only you can read, because SCRIP_KEYSTORE=file is set.");
    }
    output.show(state, || match &state.account {
        Some(account) => format!("{greeting} {}. Your wallet holds {}.", account.email, account.balance),
        None => "Nobody is signed in.".to_owned(),
    })
}

fn secrets(state: &SessionState) -> String {
    match state.keystore.as_str() {
        "file" => "in a file that only you can read".to_owned(),
        keyring => format!("in the system's keyring ({keyring})"),
    }
}

fn read_credentials(credentials: CredentialArgs) -> Result<Credentials, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_PASSWORD_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| internal("the password cannot be read from standard input", &error))?;
    let line = text.lines().next().unwrap_or_default();
    Ok(Credentials {
        email: credentials.email,
        password: Password::new(line),
        name: credentials.name,
        code: None,
    })
}
