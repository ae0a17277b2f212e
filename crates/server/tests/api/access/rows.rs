//! The words of the tables.

use scrip_domain::Permission;

/// What somebody is in a team, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seat {
    Invited,
    Member,
    Manager,
    Owner,
}

/// Who may use a route of the API or an account page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Whoever asks.
    Anyone,
    /// Whoever is signed in, about themselves.
    SignedIn,
    /// Ada, whose object the address names; to others it does not exist.
    Owner,
    /// Whoever has a license of what the address names; to others it is not there.
    Licensed,
    /// Gus, to whom ada gave it; to others it does not exist.
    Recipient,
    /// Members of ada's team, from that role on; to others it does not exist.
    Team(Seat),
}

/// A route of the API or an account page.
pub(super) struct Row {
    pub(super) method: &'static str,
    /// With the names of ada's things in braces.
    pub(super) path: &'static str,
    pub(super) rule: Rule,
    /// What is sent: JSON or fields of a form, with the same names in braces.
    pub(super) body: &'static str,
}

impl Row {
    pub(super) fn name(&self) -> String {
        let path = self.path.split('?').next().unwrap();
        format!("{} {path}", self.method)
    }
}

pub(super) const fn row(method: &'static str, path: &'static str, rule: Rule, body: &'static str) -> Row {
    Row {
        method,
        path,
        rule,
        body,
    }
}

/// A page of the console or a deed there.
pub(super) struct ConsoleRow {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// What an operator needs for it.
    pub(super) needs: Permission,
}
