//! What an account whose address is not verified may not do yet, and the way out.

use maud::{Markup, html};
use scrip_domain::Deed;

use super::Person;
use crate::html::{Form, grouped};
use crate::{Error, Server};

/// The notice above a page; nothing where the address is verified, or where the server sends no mail.
pub(super) async fn notice(server: &Server, person: &Person) -> Result<Markup, Error> {
    if person.verified || !server.mails() {
        return Ok(Markup::default());
    }
    let user = person.account(server).await?;
    let barred = server.barred(&user).await?;
    let waits = server.0.store.grant_waiting(user.id).await?;
    Ok(html! {
        div.problem role="status" {
            p { strong { "Your e-mail address is not verified yet." } " " (barred_words(&barred)) }
            @if !waits.is_zero() {
                p { (grouped(waits.get())) " tokens wait for you: they are yours once it is verified." }
            }
            p { "Follow the link in the mail that was sent to " (person.email) ", or enter its code " a href="/account/verify" { "here" } "." }
            (Form::post(person, "/account/personal/verification", "Send the mail again", Markup::default()).quiet())
        }
    })
}

/// What is barred, as a sentence; empty where nothing is.
fn barred_words(barred: &[Deed]) -> String {
    let words: Vec<&str> = barred.iter().map(|deed| deed.words()).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => format!("Until it is, you cannot {one}."),
        [most @ .., last] => format!("Until it is, you cannot {} or {last}.", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_barred_is_a_sentence() {
        assert_eq!(barred_words(&[]), "");
        assert_eq!(
            barred_words(&[Deed::BuyTokens]),
            "Until it is, you cannot buy tokens by card."
        );
        assert_eq!(
            barred_words(&[Deed::Send, Deed::Receive, Deed::OrderOnBill]),
            "Until it is, you cannot send tokens or gifts, be sent tokens or gifts or order tokens on a bill."
        );
    }
}
