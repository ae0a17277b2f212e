//! What a wallet holds, what people send each other, teams, and what is taken back.

use scrip_domain::{
    Email, GiftId, GiftState, OfferId, OrderId, ProductId, QuoteLine, SendingId, SendingState, TeamId, TeamRole,
    Timestamp, Tokens, TransferId, UserId,
};
use serde::{Deserialize, Serialize};

use crate::Surrender;

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }
    )+};
}

shapes! {
    /// What a wallet holds, told apart.
    WalletHolding {
        /// The balance, in tokens.
        balance: Tokens,
        /// What of it can be sent to others.
        sendable: Tokens,
        /// What of it runs out, the soonest first.
        lots: Vec<ExpiringTokens>,
    }

    /// Tokens that run out.
    ExpiringTokens {
        /// The transfer that gave them.
        transfer: TransferId,
        /// How many are left.
        left: Tokens,
        /// When they run out.
        expires_at: Timestamp,
    }

    /// Below what balance a person wants to be told.
    WalletAlert {
        /// The balance; absent where the person wants to hear nothing.
        below: Option<Tokens>,
    }

    /// A statement of a wallet as a file; its members are those of the file `scrip-statement/1`.
    WalletStatementFile {
        /// The whole file, JSON: what was signed, the signature, and the vendor's keys.
        file: String,
    }

    /// Somebody as others see them.
    Recipient {
        /// The name to confirm.
        name: String,
    }

    /// Tokens that one person sends to another.
    TokenTransfer {
        /// Its id.
        id: SendingId,
        /// Whether the caller sends; else the caller gets.
        outgoing: bool,
        /// The other person's name.
        other: String,
        /// How many.
        tokens: Tokens,
        /// A line to the recipient; may be empty.
        message: String,
        /// Where it stands.
        state: SendingState,
        /// When it was sent.
        created_at: Timestamp,
        /// Until when the sender can take it back.
        settles_at: Timestamp,
        /// When it reached the recipient, or came back.
        ended_at: Option<Timestamp>,
    }

    /// A product that one person gives to another.
    GiftView {
        /// Its id.
        id: GiftId,
        /// Whether the caller gives; else the caller gets.
        outgoing: bool,
        /// The other person's name.
        other: String,
        /// The product.
        product: ProductId,
        /// The rental offer; absent where it is given for ever.
        offer: Option<OfferId>,
        /// What was paid.
        price: Tokens,
        /// A line to the recipient; may be empty.
        message: String,
        /// Where it stands.
        state: GiftState,
        /// When it was given.
        created_at: Timestamp,
        /// When it goes back, where nobody takes it.
        lapses_at: Timestamp,
        /// When it was taken, or went back.
        ended_at: Option<Timestamp>,
    }

    /// A family or team, as one of its members sees it.
    TeamView {
        /// Its id.
        id: TeamId,
        /// What it is called.
        name: String,
        /// What its wallet holds.
        balance: Tokens,
        /// What the caller may do.
        role: TeamRole,
        /// What the caller may draw in a calendar month (UTC); owners have no limit.
        monthly_limit: Tokens,
        /// What the caller drew in this month.
        drawn: Tokens,
        /// When the caller joined; absent while the invitation waits for an answer.
        joined_at: Option<Timestamp>,
        /// Its members, as far as the caller may see them; only where one team is asked for.
        members: Vec<TeamMember>,
    }

    /// A member of a team.
    TeamMember {
        /// The account.
        user: UserId,
        /// The member's name.
        name: String,
        /// What the member may do.
        role: TeamRole,
        /// What the member may draw in a calendar month (UTC).
        monthly_limit: Tokens,
        /// What the member drew in this month.
        drawn: Tokens,
        /// When the member joined; absent while the invitation waits.
        joined_at: Option<Timestamp>,
    }

    /// What a team's wallet holds after a move.
    TeamBalance {
        /// In tokens.
        balance: Tokens,
    }

    /// Tokens that moved into or out of a team's wallet.
    TeamMoveView {
        /// The transfer.
        transfer: TransferId,
        /// Who moved them.
        name: String,
        /// Tokens that were drawn (positive) or put in (negative).
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        drawn: i64,
        /// When.
        at: Timestamp,
    }

    /// A paid order, with what was taken back of it.
    OrderView {
        /// Its id.
        id: OrderId,
        /// When it was paid.
        created_at: Timestamp,
        /// What was paid for.
        lines: Vec<QuoteLine>,
        /// What was paid.
        total: Tokens,
        /// What was taken back.
        refunds: Vec<RefundedLine>,
    }

    /// A product of an order that was taken back.
    RefundedLine {
        /// The product.
        product: ProductId,
        /// What the wallet got back.
        tokens: Tokens,
        /// When.
        at: Timestamp,
    }

    /// What taking a product of an order back now would come to.
    RefundQuote {
        /// What the wallet would get, in tokens.
        tokens: Tokens,
    }

    /// What taking back came to.
    Refunded {
        /// What the wallet got back.
        tokens: Tokens,
        /// What it holds now.
        balance_after: Tokens,
    }
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }
    )+};
}

requests! {
    /// Asks how somebody is called, before something is sent.
    RecipientRequest {
        /// The address.
        to: Email,
    }

    /// Sends tokens.
    SendRequest {
        /// The recipient's address.
        to: Email,
        /// The recipient's name, as the sender confirmed it.
        name: String,
        /// How many.
        tokens: Tokens,
        /// A line to the recipient, 200 characters at most.
        #[serde(default)]
        message: String,
    }

    /// Gives a product.
    GiftRequest {
        /// The recipient's address.
        to: Email,
        /// The recipient's name, as the giver confirmed it.
        name: String,
        /// The product.
        product: ProductId,
        /// The rental offer; absent to give it for ever.
        #[serde(default)]
        offer: Option<OfferId>,
        /// The price that the giver saw.
        expected_price: Tokens,
        /// A line to the recipient, 200 characters at most.
        #[serde(default)]
        message: String,
    }

    /// Begins a team.
    TeamRequest {
        /// What it is called, 1 to 60 characters.
        name: String,
    }

    /// Invites somebody into a team, or changes what a member may do.
    TeamMemberRequest {
        /// The account's address.
        email: Email,
        /// What the member may do.
        role: TeamRole,
        /// What the member may draw in a calendar month (UTC).
        monthly_limit: Tokens,
    }

    /// Moves tokens between the caller's wallet and a team's.
    TeamTokensRequest {
        /// How many.
        tokens: Tokens,
    }

    /// Takes a product of an order back.
    OrderRefundRequest {
        /// The product.
        product: ProductId,
        /// The least that the wallet gets; less answers `price.changed`.
        at_least: Tokens,
        /// What the caller's computer gives back, where it has a seat.
        #[serde(default)]
        surrender: Option<Surrender>,
    }
}
