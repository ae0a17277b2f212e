//! Amounts as Stripe counts them, which for a few currencies is not as ISO 4217 does.

use scrip_domain::{Currency, Money};

use crate::Error;

/// Counted in whole units here, in hundredths at Stripe: `ISK` and `UGX` for the sake of old programs.
const IN_HUNDREDTHS: [&str; 2] = ["ISK", "UGX"];
/// Counted in hundredths here, in whole units at Stripe.
const IN_WHOLE: [&str; 1] = ["MGA"];

/// The amount as Stripe counts it; refuses one that Stripe could not charge exactly.
pub(super) fn to_stripe(money: Money) -> Result<i64, Error> {
    let code = money.currency.as_str();
    let inexact = || Error::PaymentRefused {
        why: format!("{money} cannot be charged by card: the last digit must be 0"),
    };
    if IN_HUNDREDTHS.contains(&code) {
        money.minor.checked_mul(100).ok_or_else(inexact)
    } else if IN_WHOLE.contains(&code) {
        (money.minor % 100 == 0)
            .then_some(money.minor / 100)
            .ok_or_else(inexact)
    } else if money.currency.digits() == 3 {
        // Stripe takes three digits, of which the last is 0.
        (money.minor % 10 == 0).then_some(money.minor).ok_or_else(inexact)
    } else {
        Ok(money.minor)
    }
}

/// The amount that Stripe counts so, in the currency of three lower-case letters.
pub(super) fn from_stripe(amount: i64, currency: &str) -> Result<Money, Error> {
    let currency: Currency = currency.parse()?;
    let minor = if IN_HUNDREDTHS.contains(&currency.as_str()) {
        amount / 100
    } else if IN_WHOLE.contains(&currency.as_str()) {
        amount.saturating_mul(100)
    } else {
        amount
    };
    Ok(Money::new(minor, currency)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_survive_the_way_to_stripe_and_back() {
        for (text, amount) in [
            ("12.50 EUR", 1250),
            ("1250 JPY", 1250),
            ("1250 ISK", 125_000),
            ("5 UGX", 500),
            ("1.250 KWD", 1250),
            ("200.00 MGA", 200),
        ] {
            let money: Money = text.parse().unwrap();
            assert_eq!(to_stripe(money).unwrap(), amount, "{text}");
            let currency = money.currency.as_str().to_lowercase();
            assert_eq!(from_stripe(amount, &currency).unwrap(), money);
        }
        for inexact in ["1.255 KWD", "200.50 MGA"] {
            assert!(to_stripe(inexact.parse().unwrap()).is_err(), "{inexact}");
        }
    }
}
