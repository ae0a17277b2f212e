//! Of every column that names a person: where its rows are in an export, or why they are not.

/// Where the rows of a column stand in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// In a section of this name.
    In(&'static str),
    /// Nowhere, for a reason.
    LeftOut(&'static str),
}

use Export::{In, LeftOut};

/// Every column that holds the id or the address of a person, as `table.column`. A test compares the list with the tables.
pub const PERSONAL_COLUMNS: &[(&str, Export)] = &[
    ("users.id", In("account")),
    ("users.email", In("account")),
    ("sessions.user_id", In("sessions")),
    ("known_clients.user_id", In("known_clients")),
    ("second_factors.user_id", In("authenticator")),
    ("passkeys.user_id", In("passkeys")),
    (
        "passkey_challenges.user_id",
        LeftOut("a question to a browser that is open for five minutes"),
    ),
    (
        "browser_codes.user_id",
        LeftOut("a code that an app fetches its session with, for a minute"),
    ),
    ("account_codes.user_id", In("codes")),
    ("account_codes.email", In("codes")),
    ("mails.user_id", In("mails")),
    ("mails.recipient", In("mails")),
    ("notices.user_id", In("notices")),
    ("devices.user_id", In("devices")),
    ("licenses.user_id", In("licenses")),
    ("license_commands.user_id", In("license_commands")),
    ("offline_answers.user_id", In("offline_answers")),
    ("orders.user_id", In("orders")),
    ("order_refunds.user_id", In("order_refunds")),
    ("entries.owner", In("wallet")),
    ("wallets.user_id", LeftOut("the balance is the last line of the wallet")),
    ("grants.user_id", In("grants")),
    ("lots.user_id", In("dated_tokens")),
    ("vouchers.user_id", In("vouchers")),
    ("token_purchases.user_id", In("token_purchases")),
    ("held_quotes.user_id", In("held_quotes")),
    ("offline_orders.user_id", In("token_orders")),
    ("invoices.user_id", In("invoices")),
    ("credit_limits.user_id", In("credit_limits")),
    ("sendings.sender", In("transfers_sent")),
    ("sendings.recipient", In("transfers_received")),
    ("gifts.giver", In("gifts_given")),
    ("gifts.recipient", In("gifts_received")),
    ("team_members.user_id", In("teams")),
    ("team_moves.user_id", In("team_moves")),
    ("wallet_alerts.user_id", In("wallet_alert")),
    ("cart_items.user_id", In("cart")),
    ("trials.user_id", In("trials")),
    ("usage_days.user_id", In("usage")),
    (
        "user_words.user_id",
        LeftOut("the words of the address and the name, which the account shows"),
    ),
    (
        "holding_points.owner",
        LeftOut("sums of the wallet on the way, which its lines add up to"),
    ),
    (
        "holding_takings.owner",
        LeftOut("which dated tokens an order took, reckoned from the wallet's lines"),
    ),
    (
        "retained.user_id",
        LeftOut("it is written when the person is erased, and nobody is left who could ask"),
    ),
    (
        "operators.email",
        LeftOut("the vendor's own people, who are no customers"),
    ),
];

/// Names of columns that hold ids of something else than a person. A column with a new name is in this list or in the other.
pub const OTHER_IDS: &[&str] = &[
    "id",
    "activation_id",
    "batch_id",
    "campaign_id",
    "closed_by",
    "command_id",
    "corrects",
    "device_id",
    "end_transfer",
    "endpoint_id",
    "event_id",
    "invoice_id",
    "issued_transfer",
    "license_id",
    "meant_for",
    "move_id",
    "nonce",
    "of_transfer_id",
    "operator_id",
    "order_id",
    "payment_id",
    "purchase_id",
    "replaced_by",
    "run",
    "server",
    "subject",
    "team_id",
    "transfer_id",
    "undone_transfer",
    "upto",
];
