//! The vendor's people: what each of them may do.

use serde::{Deserialize, Serialize};

/// What an operator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
    /// Money: sales, prices of tokens, refunds, the books.
    Finance,
    /// People: accounts, licenses, refunds, small grants.
    Support,
    /// What is for sale, and for how many tokens.
    Catalog,
    /// Looks, and changes nothing.
    ReadOnly,
}

/// What the vendor demands of operators at the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConsolePolicy {
    /// Whether everybody sets up an authenticator app before anything else.
    pub second_factor_required: bool,
}

/// Something that not every operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See figures, the catalog, and how the server runs.
    See,
    /// See accounts, orders, licenses and computers.
    SeePeople,
    /// See payments, invoices and the books.
    SeeMoney,
    /// See who did what.
    SeeLog,
    /// Open accounts, change them, end their sessions.
    People,
    /// Stop, reinstate and move licenses; free seats.
    Licenses,
    /// Give tokens.
    Grants,
    /// Give tokens or money back.
    Refunds,
    /// Record orders and payments, send invoices, make vouchers.
    Sales,
    /// Change what tokens cost in money.
    Prices,
    /// Change what is listed, and for how many tokens.
    Catalog,
    /// Run jobs, change webhooks.
    Operations,
    /// Change settings.
    Settings,
    /// Change the vendor's keys.
    Keys,
    /// Admit operators and change their roles.
    Operators,
    /// Decide what another operator asked for.
    Approve,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Finance, Self::Support, Self::Catalog, Self::ReadOnly];

    /// The role as it is stored and typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Finance => "finance",
            Self::Support => "support",
            Self::Catalog => "catalog",
            Self::ReadOnly => "read_only",
        }
    }

    /// What the role is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Finance => "Finance",
            Self::Support => "Support",
            Self::Catalog => "Catalog",
            Self::ReadOnly => "Read only",
        }
    }

    /// The role written as `text`, with `-` or `_` between words.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('-', "_");
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether an operator with this role may do it.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Owner => true,
            Self::Finance => matches!(
                permission,
                P::See
                    | P::SeePeople
                    | P::SeeMoney
                    | P::SeeLog
                    | P::Grants
                    | P::Refunds
                    | P::Sales
                    | P::Prices
                    | P::Approve
            ),
            Self::Support => matches!(
                permission,
                P::See | P::SeePeople | P::People | P::Licenses | P::Grants | P::Refunds | P::Sales
            ),
            Self::Catalog => matches!(permission, P::See | P::Catalog),
            Self::ReadOnly => matches!(permission, P::See | P::SeePeople | P::SeeMoney | P::SeeLog),
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(
            (Role::parse("read-only"), Role::parse("king")),
            (Some(Role::ReadOnly), None)
        );
    }

    #[test]
    fn who_may_only_look_changes_nothing() {
        let changes = [
            Permission::People,
            Permission::Licenses,
            Permission::Grants,
            Permission::Refunds,
            Permission::Sales,
            Permission::Prices,
            Permission::Catalog,
            Permission::Operations,
            Permission::Settings,
            Permission::Keys,
            Permission::Operators,
            Permission::Approve,
        ];
        assert!(
            changes
                .iter()
                .all(|change| !Role::ReadOnly.may(*change) && Role::Owner.may(*change))
        );
        assert!(!Role::Catalog.may(Permission::SeePeople) && !Role::Support.may(Permission::SeeMoney));
    }
}
