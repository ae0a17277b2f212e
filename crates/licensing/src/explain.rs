//! What a code says, in plain words.

use std::fmt;

use scrip_domain::Timestamp;

use crate::{Claims, Grant, Used};

impl Claims {
    /// The code in plain words, a line each, as they stand at `now`.
    pub fn explain(&self, now: Timestamp) -> Vec<String> {
        let mut lines = vec![
            format!("Authorizes {} under the license {}.", self.aud, self.sub),
            format!(
                "Issued by {} on {} (code {}, number {}).",
                self.iss, self.iat, self.jti, self.seq
            ),
            self.explain_grant(now),
        ];
        lines.extend(self.explain_grace(now));
        lines.extend(self.explain_lease(now));
        if !self.used.is_nothing() {
            lines.push(format!(
                "Until then {} had been counted on this computer.",
                Counts::of(self.used).join(" and ")
            ));
        }
        if self.nbf > now {
            lines.push(format!("Holds only from {}.", self.nbf));
        }
        if let (false, Some(price)) = (self.grant == Grant::Perpetual, self.equity.price) {
            lines.push(format!(
                "Of the price of {price}, {} are paid; the rest makes it yours.",
                self.equity.credited
            ));
        }
        lines.push(format!(
            "Works only with the device key {} on the computer {}.",
            self.cnf.jkt, self.machine
        ));
        lines
    }

    fn explain_grant(&self, now: Timestamp) -> String {
        let counts = Counts(self.grant.counts());
        match (self.grant, self.lease) {
            (Grant::Perpetual, false) => return "Owned: it holds for ever.".to_owned(),
            (Grant::Perpetual, true) => return "Owned: this computer holds one of its seats.".to_owned(),
            _ => {}
        }
        let mut limits = counts.words();
        let end = self.remaining().ends_at;
        match (end, limits.is_empty()) {
            (Some(end), true) if end <= now => return format!("Rented until {end}: that time is over."),
            (Some(end), true) => return format!("Rented until {end}: {} left.", Span::between(now, end)),
            (Some(end), false) if end <= now => limits.push(format!("until {end} (that time is over)")),
            (Some(end), false) => limits.push(format!("until {end} ({} left)", Span::between(now, end))),
            (None, true) => return "Rented.".to_owned(),
            (None, false) => {}
        }
        match limits.as_slice() {
            [only] => format!("Rented for {only}."),
            several => format!("Rented for {}, whichever ends first.", several.join(" or ")),
        }
    }

    fn explain_grace(&self, now: Timestamp) -> Option<String> {
        let (end, grace) = (self.exp?, i64::from(self.grace));
        if grace == 0 {
            None
        } else if self.is_in_grace(now) {
            Some(format!(
                "The program still runs for {}, until {end}: extend the rental before then.",
                Span::between(now, end)
            ))
        } else {
            Some(format!(
                "After its end the program runs on for {}, until {end}.",
                Span { seconds: grace }
            ))
        }
    }

    fn explain_lease(&self, now: Timestamp) -> Option<String> {
        let end = self.exp.filter(|_| self.lease)?;
        Some(if end <= now {
            format!("On loan until {end}: go online to renew it.")
        } else {
            format!(
                "On loan until {end} ({} left): it renews itself online.",
                Span::between(now, end)
            )
        })
    }
}

/// Uses and processings in words.
struct Counts((Option<u64>, Option<u64>));

impl Counts {
    fn of(used: Used) -> Vec<String> {
        let some = |count| Some(count).filter(|count| *count > 0);
        Self((some(used.uses), some(used.processings))).words()
    }

    fn words(&self) -> Vec<String> {
        let say = |count: Option<u64>, unit: &str| {
            count.map(|count| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        };
        let (uses, processings) = self.0;
        say(uses, "use")
            .into_iter()
            .chain(say(processings, "processing"))
            .collect()
    }
}

/// A length of time in its two largest units.
struct Span {
    seconds: i64,
}

impl Span {
    fn between(earlier: Timestamp, later: Timestamp) -> Self {
        Self {
            seconds: later.seconds_since(earlier),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.seconds / 86_400, "day"),
            (self.seconds / 3_600 % 24, "hour"),
            (self.seconds / 60 % 60, "minute"),
            (self.seconds % 60, "second"),
        ];
        let first = parts
            .iter()
            .position(|(count, _)| *count > 0)
            .unwrap_or(parts.len() - 1);
        for (at, (count, unit)) in parts
            .iter()
            .skip(first)
            .take(2)
            .filter(|(count, _)| *count > 0)
            .enumerate()
        {
            let (gap, plural) = (if at > 0 { " " } else { "" }, if *count == 1 { "" } else { "s" });
            write!(f, "{gap}{count} {unit}{plural}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_in_two_units() {
        for (seconds, words) in [
            (0, ""),
            (59, "59 seconds"),
            (61, "1 minute 1 second"),
            (86_400, "1 day"),
            (90_061, "1 day 1 hour"),
            (86_460, "1 day"),
        ] {
            assert_eq!(Span { seconds }.to_string(), words);
        }
    }
}
