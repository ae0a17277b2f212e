//! Bills: their numbers, sums and states.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BillingError, remittance, words};
use crate::{Money, TokenQuote};

words! {
    /// What a numbered document is.
    InvoiceKind {
        /// It asks for money.
        Invoice = "invoice", "Invoice";
        /// It takes a bill back, or a part of it.
        CreditNote = "credit_note", "Credit note";
    }
}

words! {
    /// Where a bill stands.
    InvoiceStatus {
        /// Money is still to be paid.
        Open = "open", "Open";
        /// Nothing is owed any more.
        Paid = "paid", "Paid";
        /// It was taken back by a credit note.
        Credited = "credited", "Credited";
        /// The vendor gave it up.
        WrittenOff = "written_off", "Written off";
    }
}

/// The number of a bill: without a gap in its year.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvoiceNumber(String);

impl InvoiceNumber {
    /// The number at place `seq` (from 1) of a year.
    pub fn new(prefix: &str, year: i64, seq: i64) -> Self {
        Self(format!("{prefix}-{year:04}-{seq:06}"))
    }

    /// Its letters and digits alone, by which it is looked for.
    pub fn key(&self) -> String {
        remittance::squeeze(&self.0)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct InvoiceLine {
    /// What is billed.
    pub text: String,
    /// Before tax.
    pub net: Money,
    /// The tax, in thousandths.
    pub tax_permille: u16,
    /// What the tax is called.
    pub tax_name: String,
    /// The tax.
    pub tax: Money,
}

impl InvoiceLine {
    /// The line of a purchase of tokens.
    pub fn of(quote: &TokenQuote) -> Self {
        let pack = quote
            .pack
            .as_ref()
            .map(|pack| format!(" (pack {pack})"))
            .unwrap_or_default();
        let discount = if quote.discount.is_zero() {
            String::new()
        } else {
            format!(", {} less {}", quote.gross, quote.discount)
        };
        Self {
            text: format!("{}{pack}{discount}", quote.tokens),
            net: quote.net,
            tax_permille: quote.tax_permille,
            tax_name: quote.tax_name.clone(),
            tax: quote.tax,
        }
    }

    /// The part of the line, `gross` of it with tax, that a credit note takes back after `before` was taken back already. The
    /// parts of a whole have the whole tax, however many there are.
    pub fn part(&self, before: Money, gross: Money) -> Result<Self, crate::Error> {
        let whole = self.net.checked_add(self.tax)?;
        let tax_of = |part: Money| self.tax.share(part.minor, whole.minor);
        let tax = tax_of(before.checked_add(gross)?)?.checked_sub(tax_of(before)?)?;
        Ok(Self {
            text: format!("Taken back: {}", self.text),
            net: gross.checked_sub(tax)?,
            tax,
            ..self.clone()
        })
    }
}

/// The sums of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceTotals {
    /// Before tax.
    pub net: Money,
    /// The tax.
    pub tax: Money,
    /// What is to be paid.
    pub gross: Money,
}

impl InvoiceTotals {
    /// The sums of some lines of one currency; of none there is no sum.
    pub fn of(lines: &[InvoiceLine]) -> Result<Self, crate::Error> {
        let currency = lines.first().map(|line| line.net.currency);
        let zero = Money::zero(currency.ok_or(BillingError::TextWrong {
            field: "bill",
            why: "it has no line",
        })?);
        let (mut net, mut tax) = (zero, zero);
        for line in lines {
            net = net.checked_add(line.net)?;
            tax = tax.checked_add(line.tax)?;
        }
        let gross = net.checked_add(tax)?;
        Ok(Self { net, tax, gross })
    }
}

/// What is owed on a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceState {
    /// What it asks for.
    pub gross: Money,
    /// What was paid.
    pub paid: Money,
    /// What was taken back by credit notes.
    pub credited: Money,
    /// Where it stands.
    pub status: InvoiceStatus,
}

impl InvoiceState {
    /// What is still to be paid; nothing once it is given up.
    pub fn open(&self) -> Money {
        let minor = match self.status {
            InvoiceStatus::Open => (self.gross.minor - self.paid.minor - self.credited.minor).max(0),
            _ => 0,
        };
        Money { minor, ..self.gross }
    }

    /// How much of a payment it takes: no more than is owed. One that was given up still takes a late payment.
    pub fn takes(&self, payment: Money) -> Result<Money, crate::Error> {
        let owed = self.gross.checked_sub(self.paid)?.checked_sub(self.credited)?;
        // Another currency is refused by the difference.
        payment.checked_sub(owed)?;
        let minor = payment.minor.min(owed.minor);
        if minor > 0 && matches!(self.status, InvoiceStatus::Open | InvoiceStatus::WrittenOff) {
            return Ok(Money { minor, ..payment });
        }
        Err(BillingError::StateWrong {
            what: "the bill".to_owned(),
            state: self.status.as_str(),
            wanted: "paid",
        }
        .into())
    }

    /// After a payment of what it takes.
    pub fn pay(self, amount: Money) -> Result<Self, crate::Error> {
        let paid = self.paid.checked_add(amount)?;
        Ok(Self { paid, ..self }.settled())
    }

    /// After `amount` was taken back. Answers what was paid beyond what is owed then: it goes back to the payer.
    pub fn credit(self, amount: Money) -> Result<(Self, Money), crate::Error> {
        let credited = self.credited.checked_add(amount)?;
        if amount.minor < 1 || credited.minor > self.gross.minor {
            let why = "more than nothing and no more than the bill can be taken back";
            return Err(BillingError::AmountWrong { amount, why }.into());
        }
        let owed = self.gross.checked_sub(credited)?;
        let beyond = (self.paid.minor - owed.minor).max(0);
        let paid = Money {
            minor: self.paid.minor - beyond,
            ..self.paid
        };
        let next = Self { paid, credited, ..self }.settled();
        Ok((
            next,
            Money {
                minor: beyond,
                ..amount
            },
        ))
    }

    /// After the vendor gave it up.
    pub fn write_off(self) -> Result<Self, crate::Error> {
        if self.status == InvoiceStatus::Open {
            let status = InvoiceStatus::WrittenOff;
            return Ok(Self { status, ..self });
        }
        Err(BillingError::StateWrong {
            what: "the bill".to_owned(),
            state: self.status.as_str(),
            wanted: "written off",
        }
        .into())
    }

    fn settled(self) -> Self {
        let owed = self.gross.minor - self.paid.minor - self.credited.minor;
        let status = match self.status {
            _ if self.credited == self.gross => InvoiceStatus::Credited,
            _ if owed <= 0 => InvoiceStatus::Paid,
            other => other,
        };
        Self { status, ..self }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euro(minor: i64) -> Money {
        Money::new(minor, "EUR".parse().unwrap()).unwrap()
    }

    fn bill(gross: i64) -> InvoiceState {
        InvoiceState {
            gross: euro(gross),
            paid: euro(0),
            credited: euro(0),
            status: InvoiceStatus::Open,
        }
    }

    proptest! {
        #[test]
        fn whatever_is_paid_and_taken_back_nothing_is_lost(gross in 1i64..10_000,
            steps in prop::collection::vec((any::<bool>(), 1i64..6000), 0..12)) {
            let (mut state, mut held) = (bill(gross), 0);
            for (pays, amount) in steps {
                if pays {
                    if let Ok(taken) = state.takes(euro(amount)) {
                        state = state.pay(taken).unwrap();
                        held += taken.minor;
                    }
                } else if let Ok((next, back)) = state.credit(euro(amount)) {
                    state = next;
                    held -= back.minor;
                }
                prop_assert_eq!(state.paid.minor, held);
                prop_assert!(state.paid.minor >= 0 && state.paid.minor + state.credited.minor <= gross);
                let owed = gross - state.paid.minor - state.credited.minor;
                prop_assert_eq!(state.status == InvoiceStatus::Open, owed > 0);
                prop_assert_eq!(state.open().minor, owed);
            }
        }

        #[test]
        fn a_part_of_a_line_is_exactly_what_was_asked(net in 1i64..100_000, tax in 0i64..20_000, part in 1i64..1000) {
            let line = InvoiceLine { text: "x".into(), net: euro(net), tax_permille: 190, tax_name: "VAT".into(), tax: euro(tax) };
            let gross = euro(net + tax).share(part, 1000).unwrap();
            let taken = line.part(euro(0), gross).unwrap();
            prop_assert_eq!(InvoiceTotals::of(&[taken]).unwrap().gross, gross);
        }

        #[test]
        fn parts_of_a_whole_have_its_whole_tax(net in 1i64..5000, tax in 0i64..1000, cuts in prop::collection::vec(1i64..6000, 0..9)) {
            let line = InvoiceLine { text: "x".into(), net: euro(net), tax_permille: 190, tax_name: "VAT".into(), tax: euro(tax) };
            let mut cuts: Vec<i64> = cuts.into_iter().filter(|cut| *cut < net + tax).chain([net + tax]).collect();
            cuts.sort_unstable();
            let (mut before, mut sum) = (0, 0);
            for cut in cuts {
                let part = line.part(euro(before), euro(cut - before)).unwrap();
                prop_assert!(part.tax.minor >= 0 && part.net.minor >= 0);
                (before, sum) = (cut, sum + part.tax.minor);
            }
            prop_assert_eq!(sum, tax);
        }
    }

    #[test]
    fn a_bill_that_was_given_up_takes_a_late_payment() {
        let lost = bill(100).pay(euro(40)).unwrap().write_off().unwrap();
        assert_eq!((lost.open().minor, lost.takes(euro(100)).unwrap().minor), (0, 60));
        assert_eq!(lost.pay(euro(60)).unwrap().status, InvoiceStatus::Paid);
        assert!(lost.write_off().is_err());
        let yen = Money::new(5, "JPY".parse().unwrap()).unwrap();
        assert!(bill(100).takes(yen).is_err());
        assert_eq!(InvoiceNumber::new("INV", 2026, 17).key(), "INV2026000017");
    }
}
