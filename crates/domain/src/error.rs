//! Errors of the rules.

use crate::{AllowanceKind, Coded, Currency, ErrorCode, Money, OfferId, PackId, ProductId, Timestamp, Tokens};

/// What a rule refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An amount of tokens is negative or too large.
    #[error("{amount} is not an amount of tokens: it must be between 0 and {max}", max = Tokens::MAX.get())]
    #[expect(missing_docs, reason = "the message names the fields")]
    TokensOutOfRange { amount: i64 },
    /// A text is not an instant.
    #[error("\"{text}\" is not an instant as RFC 3339 writes it")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TimestampMalformed { text: String },
    /// A text is not an identifier.
    #[error("\"{text}\" is not an identifier")]
    #[expect(missing_docs, reason = "the message names the fields")]
    IdMalformed { text: String },
    /// A text is not a SHA-256 digest.
    #[error("\"{text}\" is not a SHA-256 digest: 64 hexadecimal digits are expected")]
    #[expect(missing_docs, reason = "the message names the fields")]
    DigestMalformed { text: String },
    /// A text is not a product id.
    #[error("\"{text}\" is not a product id: letters, digits and ._+-@~: are allowed, 200 at most")]
    #[expect(missing_docs, reason = "the message names the fields")]
    ProductIdMalformed { text: String },
    /// A text is not an offer id.
    #[error("\"{text}\" is not an offer id: letters, digits, dot, dash and underscore are allowed, 64 at most")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OfferIdMalformed { text: String },
    /// An offer contradicts itself.
    #[error("the offer \"{offer}\" is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    OfferInvalid { offer: String, why: &'static str },
    /// An address is not one that mail could reach.
    #[error("\"{text}\" is not an e-mail address")]
    #[expect(missing_docs, reason = "the message names the fields")]
    EmailInvalid { text: String },
    /// A password is too short or too long.
    #[error("the password has {length} characters; between {min} and {max} are needed", min = crate::Password::MIN_CHARS, max = crate::Password::MAX_CHARS)]
    #[expect(missing_docs, reason = "the message names the fields")]
    PasswordInvalid { length: usize },
    /// Something that a person says of themselves is too long or not plain text.
    #[error("the {field} is not plain text of at most {chars_max} characters")]
    #[expect(missing_docs, reason = "the message names the fields")]
    DetailsInvalid { field: &'static str, chars_max: usize },
    /// A text is not a code that serves once.
    #[error("the code has twenty letters and digits, without U")]
    SecretCodeMalformed,
    /// A checkout without a line.
    #[error("the cart is empty")]
    CartEmpty,
    /// A checkout with too many lines.
    #[error("the cart has {lines} lines; {max} are allowed", max = crate::MAX_LINES)]
    #[expect(missing_docs, reason = "the message names the fields")]
    CartTooLarge { lines: usize },
    /// A product stands twice in one checkout.
    #[error("{product} is in the cart twice")]
    #[expect(missing_docs, reason = "the message names the fields")]
    CartDuplicateProduct { product: ProductId },
    /// The catalog has no such product.
    #[error("there is no product {product} in the catalog")]
    #[expect(missing_docs, reason = "the message names the fields")]
    ProductNotFound { product: ProductId },
    /// The product is not offered so.
    #[error("{product} {}", no_offer(.offer))]
    #[expect(missing_docs, reason = "the message names the fields")]
    OfferNotFound {
        product: ProductId,
        offer: String,
        available: Vec<OfferId>,
    },
    /// The person holds no license for the product.
    #[error("you have no license for {product}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseNotFound { product: ProductId },
    /// The person owns the product already.
    #[error("you own {product} already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseAlreadyOwned { product: ProductId },
    /// A rental is running already.
    #[error("your rental of {product} is running already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseAlreadyActive { product: ProductId },
    /// The frozen terms of the rental name no purchase price.
    #[error("the rental of {product} cannot be converted: the product had no purchase price when the rental began")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseNotConvertible { product: ProductId },
    /// A rental cannot be extended by another kind of allowance while some of the old is left.
    #[error("the rental of {product} runs by {running}; \"{offer}\" adds {offered}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseOfferMismatch {
        product: ProductId,
        offer: OfferId,
        running: AllowanceKind,
        offered: AllowanceKind,
    },
    /// The quoted total is not today's total.
    #[error("the total changed from {expected} to {current}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PriceChanged { expected: Tokens, current: Tokens },
    /// A product's policy contradicts itself.
    #[error("the policy of {product} is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PolicyInvalid { product: ProductId, why: &'static str },
    /// A rental has run out.
    #[error("your rental of {product} is over already")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseOver { product: ProductId },
    /// The uses or processings of a rental are used up.
    #[error("your rental of {product} is used up")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseUsedUp { product: ProductId },
    /// A rental cannot be paused.
    #[error("your rental of {product} cannot be paused: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseNotPausable { product: ProductId, why: &'static str },
    /// A rental is not paused.
    #[error("your rental of {product} is not paused")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseNotPaused { product: ProductId },
    /// The vendor stopped the license.
    #[error("the vendor has {} your license of {product}", if *revoked { "revoked" } else { "suspended" })]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseHeld { product: ProductId, revoked: bool },
    /// A license cannot be given to another account.
    #[error("your license of {product} cannot be transferred: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseNotTransferable { product: ProductId, why: &'static str },
    /// A license cannot become one of another product.
    #[error("your license of {from} cannot be upgraded to {to}: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseNotUpgradable {
        from: ProductId,
        to: ProductId,
        why: &'static str,
    },
    /// Renewals could not be paid even once.
    #[error("renewals of {product} may spend {cap}, and one costs {price}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RenewalCapTooLow {
        product: ProductId,
        cap: Tokens,
        price: Tokens,
    },
    /// The next renewal would spend more than was allowed.
    #[error("renewing {product} for {charge} would spend more than the {cap} that you allowed")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RenewalCapReached {
        product: ProductId,
        cap: Tokens,
        charge: Tokens,
    },
    /// A trial was had before.
    #[error("this {by} has had {product} for trial, or for good, before")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TrialUsed { product: ProductId, by: &'static str },
    /// All seats of a license are taken.
    #[error("all {seats} seats of your license of {product} are taken")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SeatNoneFree {
        product: ProductId,
        seats: u16,
        frees_at: Option<Timestamp>,
    },
    /// Too many different computers had a seat.
    #[error("your license of {product} ran on {computers} computers within 30 days")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SeatCycling {
        product: ProductId,
        computers: usize,
        free_at: Timestamp,
    },
    /// Too many seats were freed from afar.
    #[error("three seats of your license of {product} were freed from afar within 90 days")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SeatReleaseLimited { product: ProductId, free_at: Timestamp },
    /// Other computers still have the license.
    #[error("your license of {product} is still in use on: {}", computers.join(", "))]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicenseInUse { product: ProductId, computers: Vec<String> },
    /// All that is left is promised to other computers.
    #[error("everything that is left of your license of {product} is promised to: {}", computers.join(", "))]
    #[expect(missing_docs, reason = "the message names the fields")]
    AllowancePromised { product: ProductId, computers: Vec<String> },
    /// A rental is paused.
    #[error("your rental of {product} is paused")]
    #[expect(missing_docs, reason = "the message names the fields")]
    LicensePaused { product: ProductId },
    /// A journal does not give back the last code.
    #[error("the journal does not give back the last code of {computer}, number {seq}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SeatNotSurrendered { computer: String, seq: i64 },
    /// A text is not a currency in use.
    #[error("\"{text}\" is not a currency of ISO 4217")]
    #[expect(missing_docs, reason = "the message names the fields")]
    CurrencyUnknown { text: String },
    /// Two amounts are of two currencies.
    #[error("an amount in {expected} is needed, and {found} was given")]
    #[expect(missing_docs, reason = "the message names the fields")]
    CurrencyMismatch { expected: Currency, found: Currency },
    /// A text is not an amount of money.
    #[error("\"{text}\" is not an amount of {currency}: digits, then a point and at most {digits} digits", digits = .currency.digits())]
    #[expect(missing_docs, reason = "the message names the fields")]
    MoneyMalformed { text: String, currency: Currency },
    /// An amount of money is too large.
    #[error("the amount in {currency} is too large to be written")]
    #[expect(missing_docs, reason = "the message names the fields")]
    MoneyOutOfRange { currency: Currency },
    /// A text is not the name of a pack.
    #[error("\"{text}\" is not a pack's name: letters, digits, dot, dash and underscore are allowed, 40 at most")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PackIdMalformed { text: String },
    /// The price list has no such pack.
    #[error("there is no pack \"{pack}\"")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PackNotFound { pack: PackId, available: Vec<PackId> },
    /// A price list contradicts itself.
    #[error("the price list is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    PriceListInvalid { why: &'static str },
    /// No price list of the currency is in force.
    #[error("tokens are not sold for {currency} now")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TokensNotSold { currency: Currency },
    /// So many tokens are not sold at once.
    #[error("{tokens} are not sold at once: between {least} and {max}", least = .min.get())]
    #[expect(missing_docs, reason = "the message names the fields")]
    TokensAmountRefused { tokens: Tokens, min: Tokens, max: Tokens },
    /// The total in money is not the one that was seen.
    #[error("the price changed from {expected} to {current}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    MoneyPriceChanged { expected: Money, current: Money },
    /// Ending a rental gives back less than was expected.
    #[error("ending it gives back {current}, less than {expected}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RefundLower { expected: Tokens, current: Tokens },
    /// A promotion contradicts itself.
    #[error("the campaign is not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    CampaignInvalid { why: &'static str },
    /// A promotion gives nothing now.
    #[error("the campaign \"{name}\" gives nothing: it is {state}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    CampaignOver { name: String, state: &'static str },
    /// A setting contradicts itself.
    #[error("the settings of {setting} are not valid: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SettingInvalid { setting: &'static str, why: &'static str },
    /// The vendor lets nobody send tokens.
    #[error("tokens and gifts cannot be sent at this vendor")]
    SendingOff,
    /// An account, or a member of a team, is too new.
    #[error("this is possible from {from}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SendingTooEarly { from: Timestamp },
    /// More is sent than is allowed.
    #[error("{what}; {most} can be sent now")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SendingLimit { what: &'static str, most: Tokens },
    /// Some tokens of the wallet cannot be sent.
    #[error("{sendable} of the wallet's {balance} can be sent: those that were given cannot be passed on")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SendingTied { sendable: Tokens, balance: Tokens },
    /// The recipient is not the one that was confirmed.
    #[error("the recipient was not confirmed: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    SendingRecipient { why: &'static str },
    /// A message to a person is too long.
    #[error("a message has one line of {most} characters at most")]
    #[expect(missing_docs, reason = "the message names the fields")]
    MessageInvalid { most: usize },
    /// A member of a team may not do this.
    #[error("the team refuses: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TeamRefused { why: &'static str },
    /// A member draws more than allowed.
    #[error("{left} can still be drawn from the team's wallet in this month")]
    #[expect(missing_docs, reason = "the message names the fields")]
    TeamLimit { left: Tokens },
    /// What was paid for is not taken back.
    #[error("{product} is not taken back: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    RefundRefused { product: ProductId, why: &'static str },
    /// A voucher cannot be redeemed.
    #[error(transparent)]
    Voucher(#[from] crate::VoucherError),
    /// A rule of billing refused.
    #[error(transparent)]
    Billing(Box<crate::BillingError>),
    /// The wallet holds less than the total.
    #[error("{total} are needed and the wallet holds {balance}: {missing} are missing")]
    #[expect(missing_docs, reason = "the message names the fields")]
    WalletInsufficient {
        total: Tokens,
        balance: Tokens,
        missing: Tokens,
    },
}

impl From<crate::BillingError> for Error {
    fn from(error: crate::BillingError) -> Self {
        Self::Billing(Box::new(error))
    }
}

fn no_offer(offer: &str) -> String {
    if offer.is_empty() {
        "can be rented by several offers, and none of them was named".to_owned()
    } else {
        format!("has no offer \"{offer}\"")
    }
}

impl Coded for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::TokensOutOfRange { .. } => ErrorCode::TokensOutOfRange,
            Self::TimestampMalformed { .. } => ErrorCode::TimestampMalformed,
            Self::IdMalformed { .. } => ErrorCode::IdMalformed,
            Self::DigestMalformed { .. } => ErrorCode::DigestMalformed,
            Self::ProductIdMalformed { .. } => ErrorCode::ProductIdMalformed,
            Self::OfferIdMalformed { .. } => ErrorCode::OfferIdMalformed,
            Self::OfferInvalid { .. } | Self::PolicyInvalid { .. } => ErrorCode::OfferInvalid,
            Self::EmailInvalid { .. } => ErrorCode::AccountEmailInvalid,
            Self::PasswordInvalid { .. } => ErrorCode::AccountPasswordInvalid,
            Self::DetailsInvalid { .. } => ErrorCode::AccountDetailsInvalid,
            Self::SecretCodeMalformed => ErrorCode::AccountCodeWrong,
            Self::CartEmpty => ErrorCode::CartEmpty,
            Self::CartTooLarge { .. } => ErrorCode::CartTooLarge,
            Self::CartDuplicateProduct { .. } => ErrorCode::CartDuplicateProduct,
            Self::ProductNotFound { .. } => ErrorCode::ProductNotFound,
            Self::OfferNotFound { .. } => ErrorCode::OfferNotFound,
            Self::LicenseNotFound { .. } => ErrorCode::LicenseNotFound,
            Self::LicenseAlreadyOwned { .. } => ErrorCode::LicenseAlreadyOwned,
            Self::LicenseAlreadyActive { .. } => ErrorCode::LicenseAlreadyActive,
            Self::LicenseNotConvertible { .. } => ErrorCode::LicenseNotConvertible,
            Self::LicenseOfferMismatch { .. } => ErrorCode::LicenseOfferMismatch,
            Self::PriceChanged { .. } | Self::RefundLower { .. } | Self::MoneyPriceChanged { .. } => {
                ErrorCode::PriceChanged
            }
            Self::CurrencyUnknown { .. } | Self::CurrencyMismatch { .. } => ErrorCode::CurrencyUnknown,
            Self::MoneyMalformed { .. } => ErrorCode::MoneyMalformed,
            Self::MoneyOutOfRange { .. } => ErrorCode::MoneyOutOfRange,
            Self::PackIdMalformed { .. } => ErrorCode::PackIdMalformed,
            Self::PackNotFound { .. } => ErrorCode::PackNotFound,
            Self::PriceListInvalid { .. } => ErrorCode::PriceListInvalid,
            Self::TokensNotSold { .. } => ErrorCode::TokensNotSold,
            Self::TokensAmountRefused { .. } => ErrorCode::TokensAmountRefused,
            Self::WalletInsufficient { .. } => ErrorCode::WalletInsufficient,
            Self::LicenseOver { .. } => ErrorCode::LicenseExpired,
            Self::LicenseUsedUp { .. } => ErrorCode::LicenseExhausted,
            Self::LicenseNotPausable { .. } => ErrorCode::LicenseNotPausable,
            Self::LicenseNotPaused { .. } => ErrorCode::LicenseNotPaused,
            Self::LicenseHeld { revoked: true, .. } => ErrorCode::LicenseRevoked,
            Self::LicenseHeld { .. } => ErrorCode::LicenseSuspended,
            Self::LicenseNotTransferable { .. } => ErrorCode::LicenseNotTransferable,
            Self::LicenseNotUpgradable { .. } => ErrorCode::LicenseNotUpgradable,
            Self::RenewalCapTooLow { .. } | Self::RenewalCapReached { .. } => ErrorCode::LicenseRenewalCap,
            Self::TrialUsed { .. } => ErrorCode::TrialUsed,
            Self::SeatNoneFree { .. } => ErrorCode::SeatNoneFree,
            Self::SeatCycling { .. } => ErrorCode::SeatCycling,
            Self::SeatReleaseLimited { .. } => ErrorCode::SeatReleaseLimited,
            Self::LicenseInUse { .. } | Self::AllowancePromised { .. } => ErrorCode::LicenseInUse,
            Self::LicensePaused { .. } => ErrorCode::LicensePaused,
            Self::SeatNotSurrendered { .. } => ErrorCode::SeatNotSurrendered,
            Self::Voucher(error) => error.code(),
            Self::Billing(error) => error.code(),
            Self::CampaignInvalid { .. } => ErrorCode::CampaignInvalid,
            Self::CampaignOver { .. } => ErrorCode::CampaignOver,
            Self::SettingInvalid { .. } => ErrorCode::SettingInvalid,
            Self::SendingOff => ErrorCode::SendingOff,
            Self::SendingTooEarly { .. } => ErrorCode::SendingTooEarly,
            Self::SendingLimit { .. } => ErrorCode::SendingLimit,
            Self::SendingTied { .. } => ErrorCode::SendingTied,
            Self::SendingRecipient { .. } => ErrorCode::SendingRecipient,
            Self::MessageInvalid { .. } => ErrorCode::MessageInvalid,
            Self::TeamRefused { .. } => ErrorCode::TeamRefused,
            Self::TeamLimit { .. } => ErrorCode::TeamLimit,
            Self::RefundRefused { .. } => ErrorCode::RefundRefused,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::OfferNotFound { available, .. } if !available.is_empty() => {
                let names: Vec<_> = available.iter().map(OfferId::as_str).collect();
                vec![format!("Choose one of: {}.", names.join(", "))]
            }
            Self::LicenseNotFound { product } => vec![format!("Buy or rent {product} first.")],
            Self::LicenseAlreadyOwned { .. } => vec!["Install it from your library; nothing is to be paid.".to_owned()],
            Self::LicenseAlreadyActive { .. } => vec!["Extend the rental, or convert it into ownership.".to_owned()],
            Self::LicenseOfferMismatch { running, .. } => {
                vec![format!(
                    "Choose an offer that adds {running}, or wait until the rental has run out."
                )]
            }
            Self::PackNotFound { available, .. } if !available.is_empty() => {
                let names: Vec<_> = available.iter().map(PackId::as_str).collect();
                vec![format!("Choose one of: {}.", names.join(", "))]
            }
            Self::TokensNotSold { .. } => vec!["Choose another currency, or ask the vendor.".to_owned()],
            Self::PriceChanged { .. } | Self::MoneyPriceChanged { .. } => {
                vec!["Look at the new price and confirm again; nothing was charged.".to_owned()]
            }
            Self::WalletInsufficient { missing, .. } => {
                vec![format!(
                    "Add {missing} to your wallet, then check out again; your cart is kept."
                )]
            }
            Self::LicenseHeld { .. } => vec!["Ask the vendor why; nothing that you paid is lost.".to_owned()],
            Self::LicenseOver { .. } | Self::LicenseUsedUp { .. } => {
                vec!["Extend it or rent it again; what counts toward owning it is kept.".to_owned()]
            }
            Self::RenewalCapTooLow { price, .. } => vec![format!("Allow at least {price}.")],
            Self::RenewalCapReached { .. } => {
                vec!["Extend the rental yourself, or allow renewals to spend more.".to_owned()]
            }
            Self::TrialUsed { .. } => vec!["Rent or buy it.".to_owned()],
            Self::SeatNoneFree { frees_at, .. } => {
                let mut hints = vec![
                    "Give back the seat of a computer that no longer needs it, there or on the account page."
                        .to_owned(),
                ];
                hints.extend(frees_at.map(|at| format!("Or wait until {at}, when one falls free.")));
                hints
            }
            Self::SeatCycling { free_at, .. } => {
                vec![format!("Use it on one of those computers, or wait until {free_at}.")]
            }
            Self::LicenseInUse { .. } => {
                vec!["Give the seat back on each of them first, or free it on the account page.".to_owned()]
            }
            Self::AllowancePromised { .. } => {
                vec!["Let those computers report what they used, or give their seats back.".to_owned()]
            }
            Self::LicensePaused { .. } => vec!["Resume it; its end moves by the time that it was paused.".to_owned()],
            Self::SeatNotSurrendered { .. } => {
                vec!["Fetch a code once more on that computer, then give it back.".to_owned()]
            }
            Self::SendingTied { .. } => vec!["Spend those on programs, and send less.".to_owned()],
            Self::SendingRecipient { .. } => {
                vec!["Look at the recipient's name and confirm it; nothing was sent.".to_owned()]
            }
            Self::TeamLimit { .. } => vec!["Ask an owner of the team for a higher limit.".to_owned()],
            Self::CampaignOver { .. } => vec!["Look at its dates and its budget.".to_owned()],
            Self::Voucher(error) => error.hints(),
            Self::Billing(error) => error.hints(),
            Self::RefundLower { .. } => vec!["Look at what it gives back now and confirm again.".to_owned()],
            Self::SeatReleaseLimited { free_at, .. } => vec![format!(
                "Give the seat back on that computer itself, or wait until {free_at}."
            )],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_append_only() {
        let list: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        insta::assert_snapshot!("error_codes", list.join("\n"));
    }

    #[test]
    fn codes_are_dotted_unique_and_parse_back() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ErrorCode::ALL {
            let (area, detail) = code.as_str().split_once('.').unwrap();
            assert!(!area.is_empty() && !detail.is_empty());
            assert!(seen.insert(code.as_str()));
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
        }
        assert_eq!(ErrorCode::parse("no.such_code"), None);
    }
}
