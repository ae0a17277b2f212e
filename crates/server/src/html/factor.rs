//! Setting up an authenticator app, for customers and for operators alike.

use maud::{Markup, PreEscaped, html};
use scrip_licensing::qr;

use super::{Field, Form, Viewer};

/// What the app is told, as a picture of `uri` or as `secret` to type, and the form that is posted to `confirm` with what it shows.
pub(crate) fn enrollment(viewer: &impl Viewer, uri: &str, secret: &str, confirm: &str) -> Markup {
    let picture = qr::Picture::new(uri).and_then(|picture| picture.svg()).ok();
    let fields = html! {
        (Field::text("code", "Code").autocomplete("one-time-code").length_max(10).required().hint("The six digits that the app shows now."))
    };
    html! {
        p { "Scan this picture with your authenticator app, or type the secret into it. Then enter what it shows." }
        @if let Some(picture) = picture {
            figure.qr { div role="img" aria-label="QR picture of the secret" { (PreEscaped(picture)) } }
        }
        p { "Secret: " code { (in_groups(secret)) } }
        (Form::post(viewer, confirm, "Confirm", fields))
    }
}

/// In groups of four, which are easier to type.
fn in_groups(secret: &str) -> String {
    let mut groups = String::with_capacity(secret.len() / 4 * 5);
    for (at, letter) in secret.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            groups.push(' ');
        }
        groups.push(letter);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_in_groups() {
        assert_eq!(in_groups("ABCDEFGHIJ"), "ABCD EFGH IJ");
        assert_eq!(in_groups("ABCD"), "ABCD");
        assert_eq!(in_groups(""), "");
    }
}
