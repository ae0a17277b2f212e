//! What the vendor decides about bills.

use serde::{Deserialize, Serialize};

use super::{BillingError, words};
use crate::{Money, PurchaseMethod};

/// The longest line of a text that stands on bills, in characters, and the most reminders.
const LINE_CHARS_MAX: usize = 200;
const REMINDERS_MAX: usize = 6;

words! {
    /// When the tokens of an order are issued.
    IssueOn {
        /// As soon as the vendor says yes: the buyer gets credit.
        Approval = "approval", "On approval";
        /// When the bill is paid.
        Payment = "payment", "On payment";
    }
}

/// The vendor's rules for orders on paper and for bills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BillingPolicy {
    /// Who sells: the name on bills. Empty where tokens are not sold on bills.
    pub seller: String,
    /// The seller's address, its lines separated by line breaks or semicolons.
    pub address: String,
    /// The seller's tax number.
    pub tax_number: String,
    /// How the seller is reached.
    pub contact: String,
    /// The account that money is transferred to (ISO 13616), and its bank (ISO 9362); empty for none.
    pub iban: String,
    /// The bank.
    pub bic: String,
    /// What the numbers of bills begin with: up to eight capital letters.
    pub invoice_prefix: String,
    /// What the numbers of credit notes begin with.
    pub credit_note_prefix: String,
    /// Days until a bill is due.
    pub due_days: u16,
    /// Reminders go out so many days after that.
    pub reminder_days: Vec<u16>,
    /// When tokens of a purchase order are issued.
    pub purchase_order_issue: IssueOn,
    /// When tokens of an order to be billed are issued.
    pub invoice_issue: IssueOn,
    /// Whether an order to be billed waits for an operator.
    pub invoice_approval: bool,
    /// What an account may owe that has no limit of its own, in the smallest unit of the bill's currency.
    pub credit_limit_minor: i64,
    /// The methods that customers may choose.
    pub methods: Vec<PurchaseMethod>,
    /// What stands at the foot of bills.
    pub footer: String,
}

impl Default for BillingPolicy {
    fn default() -> Self {
        Self {
            seller: String::new(),
            address: String::new(),
            tax_number: String::new(),
            contact: String::new(),
            iban: String::new(),
            bic: String::new(),
            invoice_prefix: "INV".to_owned(),
            credit_note_prefix: "CN".to_owned(),
            due_days: 30,
            reminder_days: vec![7, 21, 35],
            purchase_order_issue: IssueOn::Approval,
            invoice_issue: IssueOn::Payment,
            invoice_approval: false,
            credit_limit_minor: 0,
            methods: vec![
                PurchaseMethod::PurchaseOrder,
                PurchaseMethod::Invoice,
                PurchaseMethod::BankTransfer,
            ],
            footer: String::new(),
        }
    }
}

impl BillingPolicy {
    /// Whether a customer may order by this method.
    pub fn offers(&self, method: PurchaseMethod) -> bool {
        super::is_paid_off_line(method) && self.methods.contains(&method)
    }

    /// When the tokens of an order are issued that is paid so.
    pub const fn issues_on(&self, method: PurchaseMethod) -> IssueOn {
        match method {
            PurchaseMethod::PurchaseOrder => self.purchase_order_issue,
            PurchaseMethod::Invoice => self.invoice_issue,
            _ => IssueOn::Payment,
        }
    }

    /// Whether an order that a customer places waits for an operator before it is billed.
    pub const fn needs_approval(&self, method: PurchaseMethod) -> bool {
        match method {
            PurchaseMethod::PurchaseOrder => true,
            PurchaseMethod::Invoice => self.invoice_approval,
            _ => false,
        }
    }

    /// Refuses a policy that contradicts itself.
    pub fn check(&self) -> Result<(), BillingError> {
        let fault = |why| Err(BillingError::PolicyInvalid { why });
        let lines = [&self.seller, &self.tax_number, &self.contact, &self.iban, &self.bic];
        let long = |text: &str| text.chars().count() > LINE_CHARS_MAX;
        if lines
            .iter()
            .any(|text| long(text) || text.chars().any(char::is_control))
        {
            return fault("a line has at most 200 visible characters");
        }
        if [&self.address, &self.footer]
            .iter()
            .any(|text| text.lines().count() > 8 || text.lines().any(long))
        {
            return fault("an address and a footer have at most 8 lines of 200 characters");
        }
        let prefix = |text: &str| (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
        if !prefix(&self.invoice_prefix) || !prefix(&self.credit_note_prefix) {
            return fault("numbers begin with one to eight capital letters");
        }
        if self.invoice_prefix == self.credit_note_prefix {
            return fault("bills and credit notes begin differently");
        }
        if self.due_days > 365 || self.reminder_days.iter().any(|days| *days > 365) {
            return fault("no period is longer than a year");
        }
        if self.reminder_days.len() > REMINDERS_MAX || !self.reminder_days.windows(2).all(|pair| pair[0] < pair[1]) {
            return fault("there are at most six reminders, each later than the one before");
        }
        if !(0..=Money::MINOR_MAX).contains(&self.credit_limit_minor) {
            return fault("a limit is not negative");
        }
        if !self.iban.is_empty() && !is_iban(&self.iban) {
            return fault("the IBAN has a wrong check digit");
        }
        if self.methods.iter().any(|method| !super::is_paid_off_line(*method)) {
            return fault("cards are paid on-line");
        }
        Ok(())
    }
}

/// ISO 13616: moved by four characters and read as a number, it leaves 1 when divided by 97.
fn is_iban(text: &str) -> bool {
    let squeezed: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    (15..=34).contains(&squeezed.len()) && squeezed.is_ascii() && super::remittance::mod97(&squeezed) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold_and_faults_are_named() {
        let policy = BillingPolicy::default();
        policy.check().unwrap();
        assert!(
            policy.needs_approval(PurchaseMethod::PurchaseOrder)
                && !policy.needs_approval(PurchaseMethod::BankTransfer)
        );
        assert_eq!(policy.issues_on(PurchaseMethod::Cheque), IssueOn::Payment);
        assert!(!policy.offers(PurchaseMethod::Card) && !policy.offers(PurchaseMethod::Cash));
        let german = BillingPolicy {
            iban: "DE89 3704 0044 0532 0130 00".into(),
            ..policy.clone()
        };
        german.check().unwrap();
        for wrong in [
            BillingPolicy {
                iban: "DE88 3704 0044 0532 0130 00".into(),
                ..policy.clone()
            },
            BillingPolicy {
                invoice_prefix: "inv".into(),
                ..policy.clone()
            },
            BillingPolicy {
                credit_note_prefix: "INV".into(),
                ..policy.clone()
            },
            BillingPolicy {
                reminder_days: vec![7, 7],
                ..policy.clone()
            },
            BillingPolicy {
                methods: vec![PurchaseMethod::Card],
                ..policy.clone()
            },
            BillingPolicy {
                credit_limit_minor: -1,
                ..policy
            },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
