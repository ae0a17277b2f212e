//! Amounts of real money, in the smallest unit of their currency.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Error;

/// Currencies in use (ISO 4217, list one) by how many decimal digits they have.
const CURRENCIES: [(u8, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP \
         CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR \
         IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN \
         NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP \
         STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// A currency in use, by its three letters (ISO 4217).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Z]{3}$"))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Currency(#[cfg_attr(feature = "ts", ts(type = "string"))] &'static str);

impl Currency {
    /// The three letters.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// How many decimal digits its amounts have: 0, 2, 3 or 4.
    pub fn digits(self) -> u8 {
        let known = CURRENCIES.iter().find(|(_, codes)| codes.contains(self.0));
        known.map_or(2, |(digits, _)| *digits)
    }

    /// Every currency in use, in alphabetical order.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = CURRENCIES
            .iter()
            .flat_map(|(_, codes)| codes.split(' ').map(Self))
            .collect();
        all.sort_unstable();
        all
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.trim();
        let known = CURRENCIES.iter().flat_map(|(_, codes)| codes.split(' '));
        let mut matching = known.filter(|code| code.eq_ignore_ascii_case(wanted));
        matching.next().map(Self).ok_or_else(|| Error::CurrencyUnknown {
            text: wanted.chars().take(16).collect(),
        })
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An amount of money: whole smallest units (cents, yen) of one currency, at most [`Money::MINOR_MAX`] either way.
///
/// Amounts are never negative where something is sold; corrections may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The amount in the currency's smallest unit.
    #[serde(deserialize_with = "read_minor")]
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

fn read_minor<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let minor = i64::deserialize(from)?;
    if (-Money::MINOR_MAX..=Money::MINOR_MAX).contains(&minor) {
        Ok(minor)
    } else {
        Err(serde::de::Error::custom("the amount of money is too large"))
    }
}

impl Money {
    /// The largest amount: 2⁵³ − 1 smallest units, exact in a JSON number (RFC 8259 section 6).
    pub const MINOR_MAX: i64 = (1 << 53) - 1;

    /// `minor` smallest units; refuses more than [`Money::MINOR_MAX`] either way.
    pub fn new(minor: i64, currency: Currency) -> Result<Self, Error> {
        Self::of(i128::from(minor), currency)
    }

    /// No money at all.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads `12.50` as an amount of `currency`; not more decimal digits than the currency has.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, Error> {
        let malformed = || Error::MoneyMalformed {
            text: text.chars().take(40).collect(),
            currency,
        };
        let (sign, amount) = match text.trim().strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.trim()),
        };
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = usize::from(currency.digits());
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let shaped = !whole.is_empty() && whole.len() <= 16 && fraction.len() <= digits;
        if !shaped || !numeric(whole) || !numeric(fraction) || amount.ends_with('.') {
            return Err(malformed());
        }
        let number: i128 = format!("{whole}{fraction:0<digits$}")
            .parse()
            .map_err(|_| malformed())?;
        Self::of(sign * number, currency)
    }

    /// Whether the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum; refuses another currency.
    pub fn checked_add(self, other: Self) -> Result<Self, Error> {
        self.same_currency(other)?;
        Self::of(i128::from(self.minor) + i128::from(other.minor), self.currency)
    }

    /// The difference, which may be negative; refuses another currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, Error> {
        self.same_currency(other)?;
        Self::of(i128::from(self.minor) - i128::from(other.minor), self.currency)
    }

    /// `self × numerator / denominator`, halves rounded away from zero.
    pub fn share(self, numerator: i64, denominator: i64) -> Result<Self, Error> {
        let exact = i128::from(self.minor) * i128::from(numerator);
        Self::of(divide_rounded(exact, i128::from(denominator.max(1))), self.currency)
    }

    /// The amount without its currency, as people write it: `12.50`.
    pub fn amount(self) -> String {
        let digits = usize::from(self.currency.digits());
        let sign = if self.minor < 0 { "-" } else { "" };
        let number = format!("{:0>width$}", self.minor.unsigned_abs(), width = digits + 1);
        let (whole, fraction) = number.split_at(number.len() - digits);
        let point = if digits == 0 { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }

    /// `minor` smallest units, however large the calculation got that led there.
    pub(crate) fn of(minor: i128, currency: Currency) -> Result<Self, Error> {
        match i64::try_from(minor) {
            Ok(minor) if (-Self::MINOR_MAX..=Self::MINOR_MAX).contains(&minor) => Ok(Self { minor, currency }),
            _ => Err(Error::MoneyOutOfRange { currency }),
        }
    }

    fn same_currency(self, other: Self) -> Result<(), Error> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(Error::CurrencyMismatch {
                expected: self.currency,
                found: other.currency,
            })
        }
    }
}

/// `exact / by`, halves rounded away from zero; `by` is positive.
pub(crate) fn divide_rounded(exact: i128, by: i128) -> i128 {
    let doubled = exact.abs() * 2 + by;
    exact.signum() * (doubled / (by * 2))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// Reads `12.50 EUR`.
impl FromStr for Money {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (amount, currency) = text.trim().split_once(' ').ok_or_else(|| Error::CurrencyUnknown {
            text: text.chars().take(16).collect(),
        })?;
        Self::parse(amount, currency.parse()?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minor in -Money::MINOR_MAX..=Money::MINOR_MAX, at in 0usize..150) {
            let all = Currency::all();
            let money = Money::new(minor, all[at % all.len()]).unwrap();
            prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn a_share_is_off_by_half_a_unit_at_most(minor in -1_000_000i64..1_000_000, parts in 0i64..2000) {
            let whole = Money::new(minor, currency("EUR")).unwrap();
            let share = whole.share(parts, 1000).unwrap();
            prop_assert!((i128::from(share.minor) * 1000 - i128::from(minor) * i128::from(parts)).abs() * 2 <= 1000);
        }
    }

    #[test]
    fn amounts_are_written_with_the_digits_of_their_currency() {
        for (minor, code, written) in [
            (1250, "EUR", "12.50 EUR"),
            (-5, "eur", "-0.05 EUR"),
            (1250, "JPY", "1250 JPY"),
            (1250, "KWD", "1.250 KWD"),
            (0, "USD", "0.00 USD"),
        ] {
            assert_eq!(Money::new(minor, currency(code)).unwrap().to_string(), written);
        }
        let all = Currency::all();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]) && all.len() > 140);
    }

    #[test]
    fn what_is_no_money_is_refused() {
        for text in [
            "",
            "12",
            "12 XYZ",
            "1.234 EUR",
            "1. EUR",
            ".5 EUR",
            "1e3 EUR",
            "1,50 EUR",
            "1.5 JPY",
            "٣ EUR",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
        assert!("99999999999999999999 EUR".parse::<Money>().is_err());
        assert!(Money::new(Money::MINOR_MAX + 1, currency("EUR")).is_err());
        let (euro, yen) = (Money::zero(currency("EUR")), Money::zero(currency("JPY")));
        assert!(euro.checked_add(yen).is_err() && euro.checked_sub(yen).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"minor":9007199254740992,"currency":"EUR"}"#).is_err());
        assert!(serde_json::from_str::<Money>(r#"{"minor":1,"currency":"QQQ"}"#).is_err());
    }
}
