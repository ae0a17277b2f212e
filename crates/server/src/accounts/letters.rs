//! What accounts are mailed: links that prove an address or recover the account, and news of their security.

use scrip_domain::{Email, UserId};
use scrip_store::{CodePurpose, NewCode, NewMail, NewNotice, User};

use super::{hash_code, new_code};
use crate::{Error, Server};

/// The pause between two mails with a code to one account, in seconds, so that nobody's mailbox can be flooded.
const PAUSE_SECONDS: i64 = 60;

/// Mails a link that proves the address, the account's own or one that is to become its own.
pub(crate) async fn send_verification(server: &Server, user: &User, email: &Email) -> Result<(), Error> {
    let name = &server.0.config.settings.name;
    let letter = Letter {
        purpose: CodePurpose::Verify,
        kind: "account.verify",
        subject: format!("{name}: verify your e-mail address"),
        before: format!(
            "Somebody, hopefully you, gave this address to {name}. Follow this link to show that it is yours:"
        ),
        page: "verify",
        after: "If that was not you, do nothing: the address is not used.",
    };
    send(server, user, email, &letter).await
}

/// Mails a link that sets a new password, where the address has an account. Whether it has is not told.
pub(crate) async fn send_recovery(server: &Server, email: &Email) -> Result<(), Error> {
    if !server.mails() {
        return Err(Error::MailNotSetUp);
    }
    let Some(user) = server.0.store.user_by_email(email).await? else {
        return Ok(());
    };
    let name = &server.0.config.settings.name;
    let letter = Letter {
        purpose: CodePurpose::Recover,
        kind: "account.recover",
        subject: format!("{name}: set a new password"),
        before: format!("Somebody, hopefully you, cannot sign in to {name}. Follow this link to set a new password:"),
        page: "recover/finish",
        after: "If that was not you, do nothing: the password stays as it is.",
    };
    match send(server, &user, email, &letter).await {
        // That one was sent just now is not told either.
        Err(Error::RateLimited { .. }) => Ok(()),
        other => other,
    }
}

struct Letter {
    purpose: CodePurpose,
    kind: &'static str,
    subject: String,
    before: String,
    page: &'static str,
    after: &'static str,
}

async fn send(server: &Server, user: &User, email: &Email, letter: &Letter) -> Result<(), Error> {
    if !server.mails() {
        return Err(Error::MailNotSetUp);
    }
    let (store, now) = (&server.0.store, server.0.clock.now());
    if let Some(last) = store.last_code_at(user.id, letter.purpose).await? {
        let passed = now.seconds_since(last);
        if (0..PAUSE_SECONDS).contains(&passed) {
            return Err(Error::RateLimited {
                seconds: u64::try_from(PAUSE_SECONDS - passed).unwrap_or(1),
            });
        }
    }
    let minutes = server.account_policy().await?.link_minutes;
    let code = new_code()?;
    let shown = code.shown();
    let text = format!(
        "{}\n\n{}/account/{}?code={shown}\n\nOr enter this code:\n\n{shown}\n\nIt holds for {minutes} minutes. {}",
        letter.before,
        server.public_url(),
        letter.page,
        letter.after
    );
    let kept = NewCode {
        hash: hash_code(&code),
        user: user.id,
        purpose: letter.purpose,
        email,
        expires_at: now.plus_seconds(i64::from(minutes) * 60),
    };
    let mail = NewMail {
        user: user.id,
        recipient: email,
        kind: letter.kind,
        subject: &letter.subject,
        text: &text,
    };
    Ok(store.mail_code(&kept, &mail).await?)
}

/// Tells an address that is about to be replaced, so that a thief of a session cannot take the account unnoticed.
pub(crate) async fn tell_old_address(server: &Server, user: &User, new: &Email) -> Result<(), Error> {
    if !server.mails() || user.verified_at.is_none() {
        return Ok(());
    }
    let name = &server.0.config.settings.name;
    let text = format!(
        "Somebody who knows your password asked {name} to use another e-mail address for your account: {new}\n\n\
         If that was not you, set a new password at once:\n\n{}/account/recover",
        server.public_url()
    );
    let mail = NewMail {
        user: user.id,
        recipient: &user.email,
        kind: "security.email",
        subject: &format!("{name}: your address is about to change"),
        text: &text,
    };
    Ok(server.0.store.put_mail(&mail).await?)
}

/// Tells a person of a change to the account's security, in the app and by mail.
pub(crate) async fn tell(server: &Server, user: UserId, kind: &str, text: &str) -> Result<(), Error> {
    let subject = server.0.ids.new_id(&*server.0.clock).to_string();
    let notice = NewNotice {
        user,
        kind,
        product: None,
        subject: &subject,
        text,
    };
    server.0.store.put_notice(&notice).await?;
    Ok(())
}
