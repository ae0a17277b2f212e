//! What is carried back to a computer without a network: notes, a file, pictures.

use maud::{Markup, PreEscaped, html};
use scrip_api::OfflineAnswer;
use scrip_licensing::armor::{self, Label};
use scrip_licensing::qr;
use uuid::Uuid;

/// More pictures than these nobody scans: the file is there.
const PICTURES_MAX: usize = 12;

/// A statement as pictures to scan; a hint to the file where it is too long for that.
pub(super) fn pictures(text: &str) -> Markup {
    let parts = qr::split(text).ok().filter(|parts| parts.len() <= PICTURES_MAX);
    let drawn = parts.and_then(|parts| {
        let draw = |part: &String| qr::Picture::new(part).and_then(|picture| picture.svg());
        parts.iter().map(draw).collect::<Result<Vec<_>, _>>().ok()
    });
    let Some(drawn) = drawn else {
        return html! { p { "It is too long for pictures; carry the file." } };
    };
    let count = drawn.len();
    html! {
        ul.pictures {
            @for (at, picture) in drawn.iter().enumerate() {
                li {
                    figure {
                        div role="img" aria-label=(format!("QR picture {} of {count}", at + 1)) { (PreEscaped(picture)) }
                        figcaption { (at + 1) " of " (count) }
                    }
                }
            }
        }
    }
}

/// The answer to a request.
pub(super) fn answer(nonce: Uuid, answered: &OfflineAnswer) -> Markup {
    let compact = armor::read_one(Label::Bundle, &answered.bundle).unwrap_or_default();
    html! {
        ul { @for note in &answered.notes { li { (note) } } }
        p { "Carry the answer to that computer and import it there: " code { "scrip offline import FILE" } "." }
        p { a href=(format!("/account/offline/answers/{nonce}/bundle.scrip")) download { "Download the answer" } }
        (pictures(&compact))
    }
}
