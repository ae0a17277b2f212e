//! Finding the account that a page is about.

use scrip_domain::{Email, UserId};

use crate::Server;
use crate::html::{Field, Refused};

/// Whose rows a page shows.
pub(super) enum Whose {
    /// Everybody's.
    All,
    /// One account's.
    Of(UserId),
    /// Nobody has this address.
    Nobody,
}

impl Whose {
    /// The account with the address that was asked for; everybody where none was.
    pub(super) async fn find(server: &Server, email: &str) -> Result<Self, Refused> {
        if email.trim().is_empty() {
            return Ok(Self::All);
        }
        let Ok(email) = email.parse::<Email>() else {
            return Ok(Self::Nobody);
        };
        let user = server.0.store.user_by_email(&email).await?;
        Ok(user.map_or(Self::Nobody, |user| Self::Of(user.id)))
    }

    /// Whether the list is cut to one account.
    pub(super) const fn is_set(&self) -> bool {
        !matches!(self, Self::All)
    }
}

/// The field in which the account is asked for.
pub(super) fn field(email: &str) -> Field<'_> {
    Field::text("email", "Account").value(email).length_max(254)
}
