//! What a mail says: the same paragraphs as plain text and as HTML.

use maud::{DOCTYPE, Markup, html};
use scrip_store::MailRow;

/// A mail's words.
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Letter {
    /// The letter of a mail from the vendor `name`, whose pages are at `url`.
    pub(super) fn of(mail: &MailRow, name: &str, url: &str) -> Self {
        let subject = if mail.subject.is_empty() {
            format!("{name}: {}", notice_subject(&mail.kind))
        } else {
            mail.subject.clone()
        };
        let subject: String = subject.chars().filter(|c| !c.is_control()).take(200).collect();
        let paragraphs: Vec<&str> = mail
            .text
            .split("\n\n")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let footer = format!("{name} sends this about your account. Sign in at {url}/account.");
        let text = format!("{}\n\n-- \n{footer}\n", paragraphs.join("\n\n"));
        let html = page(&subject, &paragraphs, name, url).into_string();
        Self { subject, text, html }
    }
}

/// Mail programs know little of style sheets: what there is stands in the elements.
fn page(subject: &str, paragraphs: &[&str], name: &str, url: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (subject) }
            }
            body style="font-family: sans-serif; font-size: 16px; line-height: 1.5; max-width: 34em; margin: 0 auto; padding: 1em" {
                @for paragraph in paragraphs { (part(paragraph)) }
                hr style="border: 0; border-top: 1px solid #999; margin: 2em 0 1em";
                p style="font-size: 13px" {
                    (name) " sends this about your account. "
                    a href=(format!("{url}/account")) { "Sign in" } "."
                }
            }
        }
    }
}

/// An address on a line of its own is a link, a code that is written in groups stands out, and all else is text.
fn part(paragraph: &str) -> Markup {
    let alone = !paragraph.contains(char::is_whitespace);
    if alone && (paragraph.starts_with("https://") || paragraph.starts_with("http://")) {
        html! { p { a href=(paragraph) { (paragraph) } } }
    } else if alone && paragraph.parse::<scrip_domain::SecretCode>().is_ok() {
        html! { p style="font-family: monospace; font-size: 20px; letter-spacing: 1px" { (paragraph) } }
    } else {
        html! { p { @for (at, line) in paragraph.lines().enumerate() { @if at > 0 { br; } (line) } } }
    }
}

/// What a notice is about, for the line that people see first.
fn notice_subject(kind: &str) -> &'static str {
    let area = kind.split('.').next().unwrap_or_default();
    match (kind, area) {
        ("renewal.paid", _) => "a rental was renewed",
        ("renewal.soon", _) => "a rental will be renewed soon",
        ("renewal.failed", _) => "a rental could not be renewed",
        ("security.password", _) => "your password was changed",
        ("security.second_factor", _) => "your second factor was changed",
        ("security.passkey", _) => "your passkeys were changed",
        ("security.email", _) => "your address was changed",
        ("security.sign_in", _) => "a new sign-in to your account",
        (_, "renewal" | "license" | "seat") => "about a license",
        (_, "tokens" | "wallet" | "lot" | "expiry" | "grant") => "about your tokens",
        (_, "transfer" | "gift") => "tokens or a gift",
        (_, "team") => "about your team",
        (_, "purchase" | "payment" | "invoice" | "voucher" | "refund") => "about your purchase",
        _ => "something about your account",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(kind: &str, subject: &str, text: &str) -> MailRow {
        MailRow {
            id: uuid::Uuid::nil(),
            recipient: "ada@example.com".to_owned(),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            attempts: 1,
            created_at: scrip_domain::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn text_and_html_say_the_same_and_nothing_is_markup() {
        let text = "Hello <b>Ada</b>,\n\nhttps://shop.example/account/verify?code=X\n\n01234-56789-ABCDE-FGHJK";
        let letter = Letter::of(
            &mail("account.verify", "Verify\nyour address", text),
            "Shop",
            "https://shop.example",
        );
        assert_eq!(letter.subject, "Verifyyour address");
        assert!(letter.text.starts_with("Hello <b>Ada</b>,"), "{}", letter.text);
        assert!(letter.html.contains("Hello &lt;b&gt;Ada&lt;/b&gt;,"), "{}", letter.html);
        assert!(
            letter
                .html
                .contains("<a href=\"https://shop.example/account/verify?code=X\">")
        );
        assert!(letter.html.contains("monospace") && letter.text.contains("\n-- \n"));
    }

    #[test]
    fn a_notice_says_what_it_is_about() {
        let letter = Letter::of(
            &mail("renewal.paid", "", "Paint was renewed."),
            "Shop",
            "https://shop.example",
        );
        assert_eq!(letter.subject, "Shop: a rental was renewed");
        let letter = Letter::of(&mail("no.such.kind", "", "x"), "Shop", "https://shop.example");
        assert_eq!(letter.subject, "Shop: something about your account");
    }
}
