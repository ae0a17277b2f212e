//! The account: personal data, sessions, second factor.

use std::io::Read;
use std::path::Path;

use scrip_app::contract::{
    CodeArgs, Credentials, EmailArgs, EraseArgs, ErasurePreview, FactorArgs, NewPasswordArgs, PasswordArgs,
    PersonalDetails, Profile, ProofArgs, RecoverArgs, SessionArgs,
};
use scrip_app::{App, Failure};
use scrip_domain::{Password, SecretCode, Tokens};
use serde_json::json;

use crate::args::{AccountCommand, FactorCommand, LoginArgs};
use crate::output::{Output, internal};
use crate::session::{settle, signed_in};
use crate::table::Table;

/// The longest input that is read for passwords, in bytes.
const INPUT_BYTES_MAX: u64 = 8192;

/// `N` passwords, a line each.
fn passwords<const N: usize>() -> Result<[Password; N], Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(INPUT_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| internal("the password cannot be read from standard input", &error))?;
    let mut lines = text.lines();
    Ok(std::array::from_fn(|_| Password::new(lines.next().unwrap_or_default())))
}

fn code(text: &str) -> Result<SecretCode, Failure> {
    text.parse()
        .map_err(|error: scrip_domain::Error| scrip_app::Error::from(error).into())
}

pub(crate) async fn login(app: &App, output: Output, login: LoginArgs) -> Result<(), Failure> {
    let state = if login.browser {
        let page = app.session_browser_begin().await?;
        output.note(&format!(
            "Sign in on this page, in a browser on this computer:\n{}",
            page.url
        ));
        app.session_browser_wait().await?
    } else {
        let [password] = passwords()?;
        let credentials = Credentials {
            email: login.email.unwrap_or_default(),
            password,
            name: None,
            code: login.code,
        };
        app.session_sign_in(credentials).await?
    };
    signed_in(output, &state, "Signed in as")
}

pub(crate) async fn run(app: &App, output: Output, command: AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::Show => show(output, &app.account_profile().await?),
        AccountCommand::Set { name, phone, address } => {
            let now = app.account_profile().await?.details;
            let details = PersonalDetails {
                name: name.unwrap_or(now.name),
                phone: phone.unwrap_or(now.phone),
                postal_address: address.map_or(now.postal_address, |text| text.replace("\\n", "\n")),
            };
            show(output, &app.account_correct(details).await?)
        }
        AccountCommand::Email { email } => {
            let [password] = passwords()?;
            let changed = app.account_email(EmailArgs { password, email }).await?;
            output.show(&changed, || {
                if changed.mailed {
                    "A mail is on its way there; the address changes with its code: scrip account verify CODE."
                        .to_owned()
                } else {
                    "The address is changed.".to_owned()
                }
            })
        }
        AccountCommand::Password => {
            let [password, new_password] = passwords()?;
            app.account_password(PasswordArgs { password, new_password }).await?;
            done(output, "The password is changed, and every other session has ended.")
        }
        AccountCommand::Verify { code: Some(text) } => {
            app.account_verify(CodeArgs { code: code(&text)? }).await?;
            done(output, "The address is verified.")
        }
        AccountCommand::Verify { code: None } => {
            app.account_send_verification().await?;
            done(output, "A mail is on its way; give its code to scrip account verify.")
        }
        AccountCommand::Recover { code: Some(text), .. } => {
            let code = code(&text)?;
            let [password] = passwords()?;
            app.account_recover_finish(NewPasswordArgs { code, password }).await?;
            done(output, "The new password is set; sign in with it.")
        }
        AccountCommand::Recover { email, .. } => {
            let email = email.unwrap_or_default();
            app.account_recover(RecoverArgs { email }).await?;
            done(
                output,
                "Where the address has an account, a mail is on its way; give its code with --code.",
            )
        }
        AccountCommand::Claim { code: text } => {
            let code = code(&text)?;
            let [password] = passwords()?;
            let state = app.account_claim(NewPasswordArgs { code, password }).await?;
            signed_in(output, &state, "Welcome")
        }
        AccountCommand::Sessions { end, end_others } => sessions(app, output, end, end_others).await,
        AccountCommand::SecondFactor { command } => factor(app, output, command).await,
        AccountCommand::Export { output: file } => export(app, output, &file).await,
        AccountCommand::Erase { preview: true, .. } => {
            let preview = app.account_erasure().await?;
            output.show(&preview, || erasure_words(&preview))
        }
        AccountCommand::Erase { forfeit, code, .. } => {
            let preview = app.account_erasure().await?;
            eprintln!("{}", erasure_words(&preview));
            let [password] = passwords()?;
            let forfeit = Tokens::new(forfeit.unwrap_or_default())
                .map_err(|error| Failure::from(scrip_app::Error::from(error)))?;
            settle(app, output).await?;
            app.account_erase(EraseArgs {
                password,
                code,
                forfeit,
            })
            .await?;
            done(output, "You are erased. Authorization codes stay on this computer.")
        }
    }
}

/// What erasing means, one thing a line.
fn erasure_words(preview: &ErasurePreview) -> String {
    let mut lines: Vec<String> = preview
        .hindrances
        .iter()
        .map(|hindrance| format!("First: {hindrance}."))
        .collect();
    if !preview.forfeits.is_zero() {
        lines.push(format!("{} in the wallet are lost.", preview.forfeits));
    }
    if preview.licenses > 0 {
        lines.push(format!("No further code is issued for {} licenses.", preview.licenses));
    }
    if let Some(until) = preview.bills_kept_until {
        lines.push(format!(
            "The law of books keeps the names on {} bills, the last until {until}.",
            preview.bills_kept
        ));
    }
    if lines.is_empty() {
        lines.push("Nothing is open, and nothing is kept but numbers.".to_owned());
    }
    lines.join("\n")
}

fn done(output: Output, words: &str) -> Result<(), Failure> {
    output.show(&json!({ "done": true }), || words.to_owned())
}

fn show(output: Output, profile: &Profile) -> Result<(), Failure> {
    output.show(profile, || {
        let mut table = Table::default();
        let verified = profile
            .verified_at
            .map_or("not verified".to_owned(), |at| format!("verified {at}"));
        table.row(["E-mail", &format!("{} ({verified})", profile.email)]);
        if !profile.barred.is_empty() {
            let barred: Vec<&str> = profile.barred.iter().map(|deed| deed.words()).collect();
            let words = format!("{} (scrip account verify sends the mail again)", barred.join(", "));
            table.row(["Not before it is", &words]);
        }
        if !profile.grant_waits.is_zero() {
            table.row(["Waits for it", &profile.grant_waits.to_string()]);
        }
        table.row(["Name", &profile.details.name]);
        table.row(["Telephone", &profile.details.phone]);
        table.row(["Address", &profile.details.postal_address.replace('\n', ", ")]);
        let factor = if profile.second_factor {
            format!("on, {} spare codes left", profile.spare_codes)
        } else {
            "off".to_owned()
        };
        table.row(["Authenticator", &factor]);
        table.row(["Passkeys", &profile.passkeys.join(", ")]);
        table.row(["Since", &profile.created_at.to_string()]);
        table.text()
    })
}

async fn sessions(app: &App, output: Output, end: Option<String>, end_others: bool) -> Result<(), Failure> {
    let listed = if end.is_some() || end_others {
        app.account_end_sessions(SessionArgs { session: end }).await?
    } else {
        app.account_sessions().await?
    };
    output.show(&listed, || {
        let mut table = Table::default();
        for session in &listed {
            let here = if session.current { "this one" } else { "" };
            table.row([&session.id, &session.label, &session.seen_at.to_string(), here]);
        }
        table.text()
    })
}

async fn factor(app: &App, output: Output, command: FactorCommand) -> Result<(), Failure> {
    match command {
        FactorCommand::Begin => {
            let [password] = passwords()?;
            let setup = app.account_factor_begin(ProofArgs { password }).await?;
            output.show(&setup, || {
                format!(
                    "Secret: {}\nAddress: {}\nThen: scrip account second-factor confirm CODE",
                    setup.secret, setup.uri
                )
            })
        }
        FactorCommand::Confirm { code } => {
            let spares = app.account_factor_confirm(FactorArgs { code }).await?;
            output.show(&spares, || {
                format!(
                    "Keep these codes; each stands in for the app once:\n{}",
                    spares.codes.join("\n")
                )
            })
        }
        FactorCommand::Remove => {
            let [password] = passwords()?;
            app.account_factor_remove(ProofArgs { password }).await?;
            done(output, "The authenticator app is no longer asked for.")
        }
    }
}

async fn export(app: &App, output: Output, file: &Path) -> Result<(), Failure> {
    let export = app.account_export().await?;
    std::fs::write(file, export.json)
        .map_err(|error| internal(&format!("{} cannot be written", file.display()), &error))?;
    output.show(&json!({ "file": file }), || {
        format!("Everything is in {}.", file.display())
    })
}
