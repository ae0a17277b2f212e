//! A price list of tokens as people write it down, at the console and on the command line.

use std::str::FromStr;

use scrip_domain::{Currency, Money, TokenPack, TokenPriceTerms, TokenTier, Tokens};
use scrip_store::NewPriceList;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::html::read_day;

/// A price list in words; every member as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceSheet {
    /// Three letters.
    pub currency: String,
    /// An amount without currency, before tax: `0.10`.
    pub price: String,
    /// How many tokens cost that; 1 where nothing is given.
    pub per: String,
    /// The fewest tokens that are sold at once; 1 where nothing is given.
    pub least: String,
    /// The most tokens that are sold at once; a million where nothing is given.
    pub most: String,
    /// Discounts by volume, separated by lines or commas: a number of tokens and the percent from there on, `1000 10`.
    pub tiers: String,
    /// Packs, separated by lines or commas: a name, a number of tokens and a price before tax, `small 200 18.00`.
    pub packs: String,
    /// The tax in percent; none where nothing is given.
    pub tax: String,
    /// What the tax is called.
    pub tax_name: String,
    /// The day, or the instant (RFC 3339), at which it begins; at once where nothing is given.
    pub from: String,
    /// When it ends; never where nothing is given.
    pub until: String,
}

impl PriceSheet {
    /// Reads the words.
    pub fn read(&self) -> Result<NewPriceList, Error> {
        let currency: Currency = self.currency.parse()?;
        let tokens =
            |text: &str, otherwise: i64| read_tokens(if text.trim().is_empty() { None } else { Some(text) }, otherwise);
        let mut tiers = Vec::new();
        for row in rows(&self.tiers) {
            let [from, percent] = words(row, "a discount is a number of tokens and a percentage: 1000 10")?;
            tiers.push(TokenTier {
                from: read_tokens(Some(from), 0)?,
                discount_permille: read_percent(percent)?,
            });
        }
        let mut packs = Vec::new();
        for row in rows(&self.packs) {
            let [id, count, price] = words(row, "a pack is a name, a number of tokens and a price: small 200 18.00")?;
            packs.push(TokenPack {
                id: id.parse()?,
                tokens: read_tokens(Some(count), 0)?,
                price_minor: Money::parse(price, currency)?.minor,
            });
        }
        let terms = TokenPriceTerms {
            price_minor: Money::parse(&self.price, currency)?.minor,
            per_tokens: tokens(&self.per, 1)?,
            tokens_min: tokens(&self.least, 1)?,
            tokens_max: tokens(&self.most, 1_000_000)?,
            tiers,
            packs,
            tax_permille: if self.tax.trim().is_empty() {
                0
            } else {
                read_percent(&self.tax)?
            },
            tax_name: self.tax_name.trim().to_owned(),
        };
        terms.check(currency)?;
        Ok(NewPriceList {
            currency,
            effective_from: read_instant(&self.from)?,
            effective_until: read_instant(&self.until)?,
            terms,
        })
    }
}

fn rows(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ',']).map(str::trim).filter(|row| !row.is_empty())
}

fn words<'a, const N: usize>(row: &'a str, shape: &str) -> Result<[&'a str; N], Error> {
    let words: Vec<&str> = row.split_whitespace().collect();
    words
        .try_into()
        .map_err(|_| malformed(format!("\"{}\": {shape}", shown(row))))
}

fn read_tokens(text: Option<&str>, otherwise: i64) -> Result<Tokens, Error> {
    let Some(text) = text else {
        return Ok(Tokens::new(otherwise)?);
    };
    let number = i64::from_str(text.trim());
    Ok(Tokens::new(number.map_err(|_| {
        malformed(format!("\"{}\" is not a number of tokens", shown(text)))
    })?)?)
}

/// `12.5` as 125 thousandths.
fn read_percent(text: &str) -> Result<u16, Error> {
    let wrong = || {
        malformed(format!(
            "\"{}\" is not a percentage with at most one decimal digit",
            shown(text)
        ))
    };
    let (whole, tenth) = text
        .trim()
        .trim_end_matches('%')
        .trim_end()
        .split_once('.')
        .unwrap_or((text.trim().trim_end_matches('%').trim_end(), "0"));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if tenth.len() != 1 || whole.len() > 3 || !digits(whole) || !digits(tenth) {
        return Err(wrong());
    }
    format!("{whole}{tenth}").parse().map_err(|_| wrong())
}

fn read_instant(text: &str) -> Result<Option<scrip_domain::Timestamp>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match read_day(text) {
        Some(day) => Ok(Some(day)),
        None => Ok(Some(text.parse()?)),
    }
}

fn shown(text: &str) -> String {
    text.trim().chars().take(60).collect()
}

fn malformed(why: String) -> Error {
    Error::Malformed { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> PriceSheet {
        PriceSheet {
            currency: "eur".into(),
            price: "0.10".into(),
            tiers: "1000 10\n5000 12.5".into(),
            packs: "small 200 18.00, large 2000 150".into(),
            tax: "19".into(),
            tax_name: "VAT 19 %".into(),
            from: "2030-01-31".into(),
            until: "2030-02-28T12:00:00Z".into(),
            ..PriceSheet::default()
        }
    }

    #[test]
    fn words_become_a_price_list() {
        let list = sheet().read().unwrap();
        assert_eq!(
            (list.currency.as_str(), list.terms.price_minor, list.terms.tax_permille),
            ("EUR", 10, 190)
        );
        assert_eq!(
            (
                list.terms.per_tokens.get(),
                list.terms.tokens_min.get(),
                list.terms.tokens_max.get()
            ),
            (1, 1, 1_000_000)
        );
        assert_eq!(
            list.terms
                .tiers
                .iter()
                .map(|tier| tier.discount_permille)
                .collect::<Vec<_>>(),
            [100, 125]
        );
        assert_eq!(list.terms.packs[1].price_minor, 15_000);
        assert_eq!(list.effective_from.unwrap().to_string(), "2030-01-31T00:00:00Z");
        assert_eq!(list.effective_until.unwrap().to_string(), "2030-02-28T12:00:00Z");
    }

    #[test]
    fn words_that_make_no_sense_are_refused() {
        let faults: [fn(&mut PriceSheet); 9] = [
            |sheet| sheet.currency = "XXX".into(),
            |sheet| sheet.price = "0,10".into(),
            |sheet| sheet.per = "many".into(),
            |sheet| sheet.most = "-1".into(),
            |sheet| sheet.tiers = "1000".into(),
            |sheet| sheet.tiers = "1000 12.55".into(),
            |sheet| sheet.packs = "small 200".into(),
            |sheet| sheet.tax = "ten".into(),
            |sheet| sheet.from = "tomorrow".into(),
        ];
        for (at, fault) in faults.into_iter().enumerate() {
            let mut sheet = sheet();
            fault(&mut sheet);
            assert!(sheet.read().is_err(), "fault {at}");
        }
    }
}
