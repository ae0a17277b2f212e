//! What wallets hold, what people send each other, teams, and taking orders back.

use scrip_api::{GiftView, OrderView, TeamMoveView, TokenTransfer, TransferKind};
use scrip_domain::{GiftId, OfferId, OrderId, ProductId, SendingId, TeamId, TeamRole, Timestamp, Tokens, UserId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! args {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize, TS)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }
    )+};
}

args! {
    /// A text to keep in a file.
    TextFile {
        /// Its content.
        text: String,
    }

    /// A document to keep or to print.
    PdfFile {
        /// The PDF file, in base64.
        pdf: String,
    }

    /// The period of a statement.
    PeriodArgs {
        /// From this instant on; from the beginning where it is absent.
        #[serde(default)]
        #[ts(optional = nullable)]
        from: Option<Timestamp>,
        /// Before this instant; until now where it is absent.
        #[serde(default)]
        #[ts(optional = nullable)]
        until: Option<Timestamp>,
    }

    /// A statement file to check. Works with no network.
    StatementArgs {
        /// The file's content.
        text: String,
        /// The vendor's address; the vendors that this computer knows where it is absent.
        #[serde(default)]
        #[ts(optional = nullable)]
        vendor: Option<String>,
    }

    /// What a statement says whose signature holds.
    StatementView {
        /// The vendor's address.
        issuer: String,
        /// When it was signed.
        signed_at: Timestamp,
        /// The account's address then.
        email: String,
        /// The first instant of the period.
        from: Timestamp,
        /// The first instant after it.
        until: Timestamp,
        /// What the wallet held at the beginning, in tokens.
        #[ts(type = "number")]
        opening: i64,
        /// What it held at the end, in tokens.
        #[ts(type = "number")]
        closing: i64,
        /// What happened, the oldest first.
        entries: Vec<StatementLine>,
    }

    /// A line of a statement.
    StatementLine {
        /// When it happened.
        at: Timestamp,
        /// Why: `grant`, `order` and the like.
        kind: String,
        /// Tokens that came in (positive) or went out (negative).
        #[ts(type = "number")]
        amount: i64,
        /// What it was for, in words.
        reason: String,
    }

    /// Which part of a list is asked for.
    CursorArgs {
        /// The cursor of the page before; absent for the newest.
        #[serde(default)]
        #[ts(optional = nullable)]
        cursor: Option<String>,
    }

    /// Asks how somebody is called, before something is sent.
    RecipientArgs {
        /// The address.
        to: String,
    }

    /// Sends tokens.
    SendArgs {
        /// The recipient's address.
        to: String,
        /// The recipient's name, as the person confirmed it.
        name: String,
        /// How many.
        tokens: Tokens,
        /// A line to the recipient; may be empty.
        message: String,
        /// The idempotency key, a UUID made when the person pressed the button.
        command: String,
    }

    /// Names a transfer between people.
    SendingArgs {
        /// The transfer.
        transfer: SendingId,
    }

    /// What was sent and is coming.
    TransfersView {
        /// The newest first.
        items: Vec<TokenTransfer>,
        /// Asks for older ones; absent at the end.
        next_cursor: Option<String>,
    }

    /// Gives a product.
    GiveArgs {
        /// The recipient's address.
        to: String,
        /// The recipient's name, as the person confirmed it.
        name: String,
        /// The product.
        product: ProductId,
        /// The rental offer; absent to give it for ever.
        #[serde(default)]
        #[ts(optional = nullable)]
        offer: Option<OfferId>,
        /// The price that the person saw.
        expected_price: Tokens,
        /// A line to the recipient; may be empty.
        message: String,
        /// The idempotency key.
        command: String,
    }

    /// Ends a gift that waits.
    EndGiftArgs {
        /// The gift.
        gift: GiftId,
        /// How.
        how: GiftEnd,
    }

    /// What was given and received.
    GiftsView {
        /// The newest first.
        items: Vec<GiftView>,
        /// Asks for older ones; absent at the end.
        next_cursor: Option<String>,
    }

    /// Begins a team.
    BeginTeamArgs {
        /// What it is called.
        name: String,
        /// The idempotency key.
        command: String,
    }

    /// Names a team.
    TeamArgs {
        /// The team.
        team: TeamId,
    }

    /// Invites somebody, or changes what a member may do.
    MemberArgs {
        /// The team.
        team: TeamId,
        /// The account's address.
        email: String,
        /// What the member may do.
        role: TeamRole,
        /// What the member may draw in a calendar month (UTC).
        monthly_limit: Tokens,
    }

    /// Takes somebody out of a team.
    RemoveMemberArgs {
        /// The team.
        team: TeamId,
        /// The account; one's own to leave, or to decline an invitation.
        member: UserId,
    }

    /// Moves tokens between one's own wallet and a team's.
    TeamTokensArgs {
        /// The team.
        team: TeamId,
        /// How many.
        tokens: Tokens,
        /// Whether they are drawn out of the team's wallet; else they are put in.
        draw: bool,
        /// The idempotency key.
        command: String,
    }

    /// Asks what moved into and out of a team's wallet.
    TeamMovesArgs {
        /// The team.
        team: TeamId,
        /// The cursor of the page before; absent for the newest.
        #[serde(default)]
        #[ts(optional = nullable)]
        cursor: Option<String>,
    }

    /// What moved.
    TeamMovesView {
        /// The newest first.
        items: Vec<TeamMoveView>,
        /// Asks for older ones; absent at the end.
        next_cursor: Option<String>,
    }

    /// What was paid for.
    OrdersView {
        /// The newest first.
        items: Vec<OrderView>,
        /// Asks for older ones; absent at the end.
        next_cursor: Option<String>,
    }

    /// Names a product of an order.
    OrderLineArgs {
        /// The order.
        order: OrderId,
        /// The product.
        product: ProductId,
    }

    /// Takes a product of an order back.
    TakeBackArgs {
        /// The order.
        order: OrderId,
        /// The product.
        product: ProductId,
        /// The least that the wallet gets, as the person saw it.
        at_least: Tokens,
    }
}

/// How a gift ends that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum GiftEnd {
    /// The recipient takes it.
    Accept,
    /// The recipient sends it back.
    Decline,
    /// The giver takes it back.
    Withdraw,
}

impl GiftEnd {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Asks for a part of the wallet's history.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct HistoryArgs {
    /// The cursor of the page before; absent for the newest entries.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub cursor: Option<String>,
    /// From this instant on.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub from: Option<Timestamp>,
    /// Before this instant.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub until: Option<Timestamp>,
    /// Of this kind alone.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub kind: Option<TransferKind>,
}
