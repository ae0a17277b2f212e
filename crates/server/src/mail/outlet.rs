//! The way out: one SMTP server that takes all mail.

use std::time::{Duration, SystemTime};

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use scrip_domain::Timestamp;
use scrip_store::MailRow;

use super::letter::Letter;
use crate::Error;
use crate::config::{Encryption, MailSettings, Secret};

/// How long connecting may take, and handing over one mail.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where mail goes, and from whom it comes.
pub(crate) struct Outlet {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// What stands behind the `@` of message ids.
    domain: String,
}

/// Why a mail was not taken.
pub(super) struct Refused {
    pub(super) why: String,
    /// Whether trying again would be no use.
    pub(super) for_good: bool,
}

impl Outlet {
    /// The way out that the settings describe. Nothing is sent yet.
    pub(crate) fn open(settings: &MailSettings, password: Option<&Secret>) -> Result<Self, Error> {
        let invalid = |why: String| Error::MailInvalid { why };
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|why| invalid(format!("from = \"{}\": {why}", settings.from)))?;
        let domain = from.email.domain().to_owned();
        let tls = || TlsParameters::new(settings.server.clone()).map_err(|why| invalid(format!("server: {why}")));
        let tls = match settings.encryption {
            Encryption::Tls => Tls::Wrapper(tls()?),
            Encryption::Starttls => Tls::Required(tls()?),
            Encryption::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.server)
            .port(settings.port.unwrap_or(settings.encryption.port()))
            .tls(tls)
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(PATIENCE));
        match (&settings.user, password) {
            (Some(_), Some(_)) if settings.encryption == Encryption::None && !settings.is_local() => {
                return Err(invalid("a password is not sent without encryption".to_owned()));
            }
            (Some(user), Some(password)) => {
                builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
            }
            (Some(user), None) => {
                return Err(invalid(format!("user = \"{user}\" needs SCRIP_SMTP_PASSWORD")));
            }
            (None, _) => {}
        }
        Ok(Self {
            transport: builder.build(),
            from,
            domain,
        })
    }

    /// Hands one mail to the server.
    pub(super) async fn send(&self, mail: &MailRow, letter: &Letter, now: Timestamp) -> Result<(), Refused> {
        let message = self
            .message(mail, letter, now)
            .map_err(|why| Refused { why, for_good: true })?;
        // The transport bounds how long connecting may take; a server that falls silent afterwards is left here.
        let handed = tokio::time::timeout(PATIENCE, self.transport.send(message)).await;
        match handed {
            Err(_) => Err(Refused {
                why: format!("the mail server fell silent for {} seconds", PATIENCE.as_secs()),
                for_good: false,
            }),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Refused {
                for_good: error.is_permanent() && error.status().is_some_and(about_the_mail),
                why: describe(&error),
            }),
        }
    }

    /// The same id and date at every try, so that whoever gets it twice sees that it is one mail (RFC 5322 section 3.6.4).
    fn message(&self, mail: &MailRow, letter: &Letter, now: Timestamp) -> Result<Message, String> {
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.seconds()).unwrap_or(0));
        let to: lettre::Address = mail
            .recipient
            .parse()
            .map_err(|why| format!("the address cannot be used: {why}"))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject.clone())
            .date(date)
            .message_id(Some(format!("<{}@{}>", mail.id, self.domain)))
            .multipart(MultiPart::alternative_plain_html(
                letter.text.clone(),
                letter.html.clone(),
            ))
            .map_err(|why| format!("the mail cannot be written: {why}"))
    }
}

/// Whether a refusal is about this mail and not about who may send: a wrong password is mended by the operator, and the mail waits.
fn about_the_mail(code: lettre::transport::smtp::response::Code) -> bool {
    let code: u16 = code.into();
    !matches!(code, 500..=504 | 530..=538)
}

/// The error and its causes, in one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = inner.source();
    }
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}
