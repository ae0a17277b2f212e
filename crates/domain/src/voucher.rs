//! Vouchers: tokens on paper, as a code that a person can type.
//!
//! A code has 20 symbols of Crockford's base 32, in four groups of five. Eight are the voucher's number, ten a tag that
//! only the vendor can make, and two are check symbols: a shortened Reed–Solomon code over GF(32), which notices any two
//! symbols that are wrong or swapped, so that a slip of the pen is told from a voucher that does not exist.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Coded, Error, ErrorCode, Timestamp, Tokens};

/// The symbols: no I, L, O and U, so that none is taken for another and no word comes out.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of the voucher's number, of the tag, and of both with the check symbols.
const SERIAL_SYMBOLS: usize = 8;
const TAG_SYMBOLS: usize = VoucherCode::TAG_BITS as usize / 5;
const CODE_SYMBOLS: usize = SERIAL_SYMBOLS + TAG_SYMBOLS + 2;
const GROUP_SYMBOLS: usize = 5;
/// The longest text that is looked at.
const TEXT_CHARS_MAX: usize = 80;

/// What is printed on a voucher and typed to redeem it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VoucherCode {
    serial: u64,
    tag: u64,
}

impl VoucherCode {
    /// The largest voucher number: 40 bits.
    pub const MAX_SERIAL: u64 = (1 << (5 * SERIAL_SYMBOLS)) - 1;
    /// The bits of a tag.
    pub const TAG_BITS: u32 = 50;

    /// The code of a voucher; bits of the number and the tag that do not fit are left out.
    pub const fn new(serial: u64, tag: u64) -> Self {
        Self {
            serial: serial & Self::MAX_SERIAL,
            tag: tag & ((1 << Self::TAG_BITS) - 1),
        }
    }

    /// The voucher's number.
    pub const fn serial(self) -> u64 {
        self.serial
    }

    /// What shows that the vendor made it.
    pub const fn tag(self) -> u64 {
        self.tag
    }

    fn symbols(self) -> [u8; CODE_SYMBOLS] {
        let mut symbols = [0; CODE_SYMBOLS];
        let (serial, rest) = symbols.split_at_mut(SERIAL_SYMBOLS);
        let (tag, checks) = rest.split_at_mut(TAG_SYMBOLS);
        write_symbols(self.serial, serial);
        write_symbols(self.tag, tag);
        checks.copy_from_slice(&[0, 0]);
        let found = remainder(&symbols[..CODE_SYMBOLS - 2]);
        symbols[CODE_SYMBOLS - 2..].copy_from_slice(&found);
        symbols
    }
}

/// The lowest bits of `value`, five to a symbol, the highest first.
fn write_symbols(value: u64, symbols: &mut [u8]) {
    let last = symbols.len() - 1;
    for (at, symbol) in symbols.iter_mut().enumerate() {
        *symbol = u8::try_from(value >> (5 * (last - at)) & 31).unwrap_or(0);
    }
}

fn read_symbols(symbols: &[u8]) -> u64 {
    symbols.iter().fold(0, |value, symbol| value << 5 | u64::from(*symbol))
}

/// The remainder of the symbols, as a polynomial over GF(32), by (x + α)(x + α²) = x² + 6x + 8.
fn remainder(symbols: &[u8]) -> [u8; 2] {
    symbols.iter().fold([0, 0], |[high, low], symbol| {
        let feedback = symbol ^ high;
        [low ^ multiply(feedback, 6), multiply(feedback, 8)]
    })
}

/// The product in GF(32) = GF(2)[α] / (α⁵ + α² + 1).
fn multiply(left: u8, right: u8) -> u8 {
    let mut product: u16 = (0..5)
        .filter(|bit| right >> bit & 1 == 1)
        .fold(0, |sum, bit| sum ^ u16::from(left) << bit);
    for bit in (5..9).rev() {
        if product >> bit & 1 == 1 {
            product ^= 0b10_0101 << (bit - 5);
        }
    }
    u8::try_from(product).unwrap_or(0)
}

/// In groups of five, as it is printed: `0000G-0003T-9K2VD-7XQ4M`.
impl fmt::Display for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, symbol) in self.symbols().into_iter().enumerate() {
            if at > 0 && at % GROUP_SYMBOLS == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(SYMBOLS[usize::from(symbol)]))?;
        }
        Ok(())
    }
}

/// Money on paper: a log shows which voucher it was and not its code.
impl fmt::Debug for VoucherCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VoucherCode({}, …)", self.serial)
    }
}

/// Reads what a person typed: letters of any case, spaces and dashes anywhere, O for 0, and I or L for 1.
impl FromStr for VoucherCode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = |why| Error::from(VoucherError::Malformed { why });
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(malformed("it is too long"));
        }
        let mut symbols = Vec::with_capacity(CODE_SYMBOLS);
        for letter in text
            .chars()
            .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '–' | '_'))
        {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let symbol = SYMBOLS.iter().position(|symbol| char::from(*symbol) == letter);
            let symbol = symbol.ok_or_else(|| malformed("it has a character that no voucher has"))?;
            symbols.push(u8::try_from(symbol).unwrap_or(0));
        }
        if symbols.len() != CODE_SYMBOLS {
            return Err(malformed("it does not have 20 letters and digits"));
        }
        if remainder(&symbols[..CODE_SYMBOLS - 2]) != symbols[CODE_SYMBOLS - 2..] {
            return Err(malformed("a letter or digit is wrong"));
        }
        let (serial, rest) = symbols.split_at(SERIAL_SYMBOLS);
        Ok(Self::new(read_symbols(serial), read_symbols(&rest[..TAG_SYMBOLS])))
    }
}

impl Serialize for VoucherCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VoucherCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// What a voucher is worth. The vendor's tag covers it, so that a number changed in a database makes the voucher worthless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoucherTerms {
    /// Its number.
    pub serial: u64,
    /// What it adds to a wallet.
    pub tokens: Tokens,
    /// When it can be redeemed no longer.
    pub expires_at: Option<Timestamp>,
}

impl VoucherTerms {
    /// What the tag covers: number, tokens, and the end in microseconds (the largest number for none), 8 bytes each,
    /// the highest first.
    pub fn to_bytes(&self) -> [u8; 24] {
        let end = self.expires_at.map_or(i64::MAX, Timestamp::micros);
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.serial.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.tokens.get().to_be_bytes());
        bytes[16..].copy_from_slice(&end.to_be_bytes());
        bytes
    }
}

/// What has become of a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VoucherState {
    /// It can be redeemed.
    Open,
    /// Someone has its tokens.
    Redeemed,
    /// The vendor took it back.
    Canceled,
    /// Its time is over.
    Expired,
}

impl VoucherState {
    /// The state at `now`. What was redeemed stays so, whatever comes after.
    pub fn of(redeemed: bool, canceled: bool, expires_at: Option<Timestamp>, now: Timestamp) -> Self {
        if redeemed {
            Self::Redeemed
        } else if canceled {
            Self::Canceled
        } else if expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else {
            Self::Open
        }
    }

    /// Refuses to redeem a voucher in this state.
    pub fn refuse(self) -> Result<(), Error> {
        match self {
            Self::Open => Ok(()),
            Self::Redeemed => Err(VoucherError::Redeemed.into()),
            Self::Canceled => Err(VoucherError::Canceled.into()),
            Self::Expired => Err(VoucherError::Expired.into()),
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redeemed => "redeemed",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }
}

/// Why a voucher cannot be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoucherError {
    /// A text is no voucher's code.
    #[error("that is not a voucher's code: {why}")]
    #[expect(missing_docs, reason = "the message names the fields")]
    Malformed { why: &'static str },
    /// The vendor made no such voucher.
    #[error("there is no such voucher")]
    Unknown,
    /// It was redeemed before.
    #[error("the voucher has been redeemed already")]
    Redeemed,
    /// The vendor took it back.
    #[error("the vendor has canceled the voucher")]
    Canceled,
    /// Its time is over.
    #[error("the voucher has expired")]
    Expired,
}

impl Coded for VoucherError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed { .. } => ErrorCode::VoucherMalformed,
            Self::Unknown => ErrorCode::VoucherUnknown,
            Self::Redeemed => ErrorCode::VoucherRedeemed,
            Self::Canceled => ErrorCode::VoucherCanceled,
            Self::Expired => ErrorCode::VoucherExpired,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Malformed { .. } | Self::Unknown => "Compare it with the paper, letter by letter.",
            Self::Redeemed => {
                "Look into the wallet's history; if it was not you, ask the vendor with the voucher at hand."
            }
            Self::Canceled | Self::Expired => "Ask whoever gave it to you, or the vendor.",
        };
        vec![hint.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_reads_as_it_was_written_however_it_is_typed(serial in 0..=VoucherCode::MAX_SERIAL, tag in 0..1u64 << 50) {
            let code = VoucherCode::new(serial, tag);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 23);
            let sloppy = text.to_lowercase().replace('-', "  ").replace('0', "o").replace('1', "l");
            for typed in [text.clone(), text.replace('-', ""), sloppy] {
                prop_assert_eq!(typed.parse::<VoucherCode>().unwrap(), code);
            }
            let shown = format!("{code:?}");
            prop_assert!(!shown.contains(&text));
        }

        #[test]
        fn two_wrong_or_swapped_symbols_are_noticed(serial in 0..=VoucherCode::MAX_SERIAL, tag in 0..1u64 << 50,
            first in 0..20usize, second in 0..20usize, by in 1..32u8, also in 0..32u8) {
            let symbols = VoucherCode::new(serial, tag).symbols();
            let sound = |symbols: &[u8]| remainder(&symbols[..18]) == symbols[18..];
            prop_assert!(sound(&symbols));
            let mut wrong = symbols;
            wrong[first] ^= by;
            prop_assert!(!sound(&wrong));
            if first != second {
                wrong[second] ^= also;
                prop_assert!(!sound(&wrong));
            }
            let mut swapped = symbols;
            swapped.swap(first, second);
            prop_assert_eq!(sound(&swapped), swapped == symbols);
        }
    }

    #[test]
    fn what_is_no_code_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "20 letters"),
            ("0000G-0003T-9K2VD-7XQ4", "20 letters"),
            ("0000G-0003T-9K2VD-7XQ4U", "no voucher has"),
            (&"0".repeat(81), "too long"),
        ] {
            let refused = text.parse::<VoucherCode>().unwrap_err().to_string();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn a_voucher_ends_once() {
        let (now, past) = (Timestamp::from_seconds(10), Some(Timestamp::from_seconds(10)));
        assert_eq!(VoucherState::of(false, false, None, now), VoucherState::Open);
        assert_eq!(VoucherState::of(false, false, past, now), VoucherState::Expired);
        assert_eq!(VoucherState::of(false, true, past, now), VoucherState::Canceled);
        assert_eq!(VoucherState::of(true, true, past, now), VoucherState::Redeemed);
        assert_eq!(VoucherState::Redeemed.refuse(), Err(VoucherError::Redeemed.into()));
    }
}
