//! Small parts of pages: badges, facts, figures, instants, problems.

use maud::{Markup, html};
use scrip_domain::{Coded, Timestamp};

/// How a state feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Done, paid, running.
    Good,
    /// Somebody has to do something.
    Wait,
    /// Failed, overdue, revoked.
    Bad,
    /// Neither.
    Plain,
}

/// A state in a word or two.
pub(crate) fn badge(tone: Tone, text: &str) -> Markup {
    let look = match tone {
        Tone::Good => "good",
        Tone::Wait => "wait",
        Tone::Bad => "bad",
        Tone::Plain => "plain",
    };
    html! { span.badge.(look) { (text) } }
}

/// Names and what stands behind them.
pub(crate) fn facts<'f>(facts: impl IntoIterator<Item = (&'f str, Markup)>) -> Markup {
    html! { dl.facts { @for (name, fact) in facts { div { dt { (name) } dd { (fact) } } } } }
}

/// Large figures side by side: a name, the figure, what it means or where it leads.
pub(crate) fn figures<'f>(figures: impl IntoIterator<Item = (&'f str, String, Markup)>) -> Markup {
    html! {
        dl.figures {
            @for (name, figure, note) in figures {
                div { dt { (name) } dd { strong { (figure) } span.soft { (note) } } }
            }
        }
    }
}

/// The day and the minute, in universal time.
pub(crate) fn when(instant: Timestamp) -> Markup {
    html! { time datetime=(instant.to_string()) { (when_text(instant)) } }
}

/// The same as text.
pub(crate) fn when_text(instant: Timestamp) -> String {
    let text = instant.to_string();
    let minute: String = text.chars().take(16).collect();
    format!("{} UTC", minute.replace('T', " "))
}

/// The day, in universal time.
pub(crate) fn day(instant: Timestamp) -> Markup {
    html! { time datetime=(instant.to_string()) { (day_text(instant)) } }
}

/// The same as text: `2026-01-31`.
pub(crate) fn day_text(instant: Timestamp) -> String {
    instant.to_string().chars().take(10).collect()
}

/// The first instant of a day that a field of days sent; `None` where it is empty or no day.
pub(crate) fn read_day(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    (text.len() == 10)
        .then(|| format!("{text}T00:00:00Z").parse().ok())
        .flatten()
}

/// What was refused, above the form that was sent.
pub(crate) fn problem(error: &impl Coded) -> Markup {
    problem_of(&error.to_string(), &error.hints(), error.code().as_str())
}

/// The same in other words.
pub(crate) fn problem_of(text: &str, hints: &[String], code: &str) -> Markup {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    html! {
        div.problem role="alert" {
            p { (text) "." }
            @for hint in hints { p { (hint) } }
            @if !code.is_empty() { p.code { (code) } }
        }
    }
}

/// A section with a heading of the second order.
pub(crate) fn section(title: &str, inside: &Markup) -> Markup {
    html! { section { h2 { (title) } (inside) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_and_read_alike() {
        let instant = Timestamp::from_seconds(1_750_000_000);
        assert_eq!(
            (day_text(instant).as_str(), when_text(instant).as_str()),
            ("2025-06-15", "2025-06-15 15:06 UTC")
        );
        assert_eq!(read_day("2025-06-15").map(day_text).as_deref(), Some("2025-06-15"));
        assert_eq!(
            (read_day("2025-02-31"), read_day("tomorrow"), read_day("")),
            (None, None, None)
        );
    }
}
