//! Whom a bill is for.

use serde::{Deserialize, Serialize};

use super::BillingError;

/// The name and address on a bill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct BillTo {
    /// The person or the company.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 120))]
    pub name: String,
    /// Street, town and country, in lines.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 600))]
    pub address: String,
    /// The buyer's tax number; may be empty.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_length = 40))]
    pub tax_number: String,
}

impl BillTo {
    /// The same without white space at the ends, if it can stand on a bill.
    pub fn check(&self) -> Result<Self, BillingError> {
        let lines: Vec<&str> = self
            .address
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        if lines.len() > 6 {
            let why = "an address has at most six lines";
            return Err(BillingError::TextWrong { field: "address", why });
        }
        Ok(Self {
            name: check_text("name", &self.name, 1, 120)?,
            address: lines
                .into_iter()
                .map(|line| check_text("address", line, 0, 100))
                .collect::<Result<Vec<_>, _>>()?
                .join("\n"),
            tax_number: check_text("tax number", &self.tax_number, 0, 40)?,
        })
    }
}

/// A text of `min` to `max` visible characters, without white space at its ends.
pub fn check_text(field: &'static str, text: &str, min: usize, max: usize) -> Result<String, BillingError> {
    let text = text.trim();
    let why = match text.chars().count() {
        count if count < min => "it is missing",
        count if count > max => "it is too long",
        _ if text.chars().any(char::is_control) => "it has characters that cannot be shown",
        _ => return Ok(text.to_owned()),
    };
    Err(BillingError::TextWrong { field, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_tidied_or_refused() {
        let to = BillTo {
            name: " Ada & Co ".into(),
            address: "Street 1\r\n\r\n 1234 Town ".into(),
            tax_number: String::new(),
        };
        let checked = to.check().unwrap();
        assert_eq!(
            (checked.name.as_str(), checked.address.as_str()),
            ("Ada & Co", "Street 1\n1234 Town")
        );
        assert!(
            BillTo {
                name: " ".into(),
                ..to.clone()
            }
            .check()
            .is_err()
        );
        assert!(
            BillTo {
                address: "x\n".repeat(7),
                ..to.clone()
            }
            .check()
            .is_err()
        );
        assert!(
            BillTo {
                name: "a\u{7}".into(),
                ..to
            }
            .check()
            .is_err()
        );
    }
}
