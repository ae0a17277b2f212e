//! What tokens cost in money: price lists, packs, discounts by volume, and the quote of a purchase.

use serde::{Deserialize, Serialize};

use crate::money::divide_rounded;
use crate::{Currency, Error, Money, PackId, PriceListId, Timestamp, Tokens};

/// The most packs, and the most tiers, of one price list.
const ROWS_MAX: usize = 20;
/// The longest name of a tax, in characters.
const TAX_NAME_CHARS_MAX: usize = 40;

/// A number of tokens sold as one thing, at a price of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TokenPack {
    /// Its name in the list.
    pub id: PackId,
    /// How many tokens it holds.
    pub tokens: Tokens,
    /// What it costs before tax, in the currency's smallest unit.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub price_minor: i64,
}

/// A discount on all tokens of a purchase, from a number of tokens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TokenTier {
    /// The fewest tokens that get it.
    pub from: Tokens,
    /// The discount, in thousandths of the price.
    pub discount_permille: u16,
}

/// What a vendor asks for tokens in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TokenPriceTerms {
    /// What `per_tokens` tokens cost before tax, in the currency's smallest unit.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub price_minor: i64,
    /// How many tokens cost that: 1, or more where one token costs less than the smallest unit.
    pub per_tokens: Tokens,
    /// The fewest tokens that are sold at once.
    pub tokens_min: Tokens,
    /// The most tokens that are sold at once.
    pub tokens_max: Tokens,
    /// Discounts by volume, the smallest first.
    #[serde(default)]
    pub tiers: Vec<TokenTier>,
    /// Packs, in the order in which they are shown.
    #[serde(default)]
    pub packs: Vec<TokenPack>,
    /// The tax on top, in thousandths; 0 for none.
    #[serde(default)]
    pub tax_permille: u16,
    /// What the tax is called on a bill, such as `VAT 19 %`.
    #[serde(default)]
    pub tax_name: String,
}

/// A price list: what tokens cost in a currency from an instant on.
///
/// Of the lists of a currency the one that began last and has not ended is in force, so that a list with an end is an
/// offer for a while, after which the one before it holds again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TokenPriceList {
    /// Its id.
    pub id: PriceListId,
    /// The currency.
    pub currency: Currency,
    /// When it begins.
    pub effective_from: Timestamp,
    /// When it ends; absent where it lasts until another begins.
    pub effective_until: Option<Timestamp>,
    /// What it asks.
    pub terms: TokenPriceTerms,
}

/// How many tokens somebody wants to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenAmount {
    /// So many.
    Tokens(Tokens),
    /// A pack of the list.
    Pack(PackId),
}

/// What a purchase of tokens costs, line by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TokenQuote {
    /// The price list that it follows.
    pub list: PriceListId,
    /// How many tokens.
    pub tokens: Tokens,
    /// The pack that they are.
    pub pack: Option<PackId>,
    /// What they cost one by one.
    pub gross: Money,
    /// What volume, or the pack, saves of that.
    pub discount: Money,
    /// The price before tax: `gross − discount`.
    pub net: Money,
    /// What the tax is called; empty where there is none.
    pub tax_name: String,
    /// The tax, in thousandths of the price.
    pub tax_permille: u16,
    /// The tax.
    pub tax: Money,
    /// What is to be paid: `net + tax`.
    pub total: Money,
}

/// Ways out of a shortfall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Shortfall {
    /// How many tokens are missing.
    pub missing: Tokens,
    /// Exactly these, or the fewest that are sold.
    pub exact: TokenQuote,
    /// The cheapest pack that holds them.
    pub pack: Option<TokenQuote>,
}

impl TokenPriceTerms {
    /// Refuses terms that contradict themselves.
    pub fn check(&self, currency: Currency) -> Result<(), Error> {
        let fault = |why| Err(Error::PriceListInvalid { why });
        if self.price_minor < 1 || self.per_tokens.is_zero() {
            return fault("a price is at least one smallest unit for at least one token");
        }
        if self.tokens_min.is_zero() || self.tokens_min > self.tokens_max {
            return fault("at least one token is sold at once, and not more at least than at most");
        }
        if self.tiers.len() > ROWS_MAX || self.packs.len() > ROWS_MAX {
            return fault("there are at most 20 packs and 20 tiers");
        }
        let rising =
            |pair: &[TokenTier]| pair[0].from < pair[1].from && pair[0].discount_permille < pair[1].discount_permille;
        if !self.tiers.windows(2).all(rising) || self.tiers.iter().any(|tier| tier.discount_permille > 900) {
            return fault("each tier begins later and saves more than the one before, 900 thousandths at most");
        }
        for (at, pack) in self.packs.iter().enumerate() {
            if pack.tokens.is_zero() || pack.price_minor < 1 {
                return fault("a pack holds at least one token and costs at least one smallest unit");
            }
            if self.packs[..at].iter().any(|other| other.id == pack.id) {
                return fault("a name stands for one pack");
            }
        }
        let name = self.tax_name.trim();
        if self.tax_permille > 500 || name.chars().count() > TAX_NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return fault("a tax is 500 thousandths at most, and its name 40 visible characters");
        }
        if (self.tax_permille > 0) == name.is_empty() {
            return fault("a tax has a name, and a name a tax");
        }
        // Every price can be written, the dearest too.
        let list = PriceListId(uuid::Uuid::nil());
        self.quote(list, currency, self.tokens_max, None)?;
        for pack in &self.packs {
            self.quote(list, currency, pack.tokens, Some(pack))?;
        }
        Ok(())
    }

    /// What so many tokens cost before any discount.
    fn gross(&self, currency: Currency, tokens: Tokens) -> Result<Money, Error> {
        let exact = i128::from(tokens.get()) * i128::from(self.price_minor);
        Money::of(
            divide_rounded(exact, i128::from(self.per_tokens.get())).max(1),
            currency,
        )
    }

    /// What so many tokens cost by their own tier.
    fn in_tier(&self, currency: Currency, tokens: Tokens) -> Result<Money, Error> {
        let tier = self.tiers.iter().rev().find(|tier| tier.from <= tokens);
        let kept = 1000 - i128::from(tier.map_or(0, |tier| tier.discount_permille));
        let exact = i128::from(tokens.get()) * i128::from(self.price_minor) * kept;
        let minor = divide_rounded(exact, i128::from(self.per_tokens.get()) * 1000);
        Money::of(minor.max(1), currency)
    }

    /// What so many tokens cost before tax: never more than a larger number of them.
    fn net(&self, currency: Currency, tokens: Tokens) -> Result<Money, Error> {
        let mut net = self.in_tier(currency, tokens)?;
        for tier in self.tiers.iter().filter(|tier| tier.from > tokens) {
            let larger = self.in_tier(currency, tier.from)?;
            if larger.minor < net.minor {
                net = larger;
            }
        }
        Ok(net)
    }

    fn quote(
        &self,
        list: PriceListId,
        currency: Currency,
        tokens: Tokens,
        pack: Option<&TokenPack>,
    ) -> Result<TokenQuote, Error> {
        let net = match pack {
            Some(pack) => Money::new(pack.price_minor, currency)?,
            None => self.net(currency, tokens)?,
        };
        // A pack that is dearer than its tokens one by one saves nothing, and is shown at what it costs.
        let mut gross = self.gross(currency, tokens)?;
        gross.minor = gross.minor.max(net.minor);
        let tax = net.share(i64::from(self.tax_permille), 1000)?;
        Ok(TokenQuote {
            list,
            tokens,
            pack: pack.map(|pack| pack.id.clone()),
            gross,
            discount: gross.checked_sub(net)?,
            net,
            tax_name: self.tax_name.trim().to_owned(),
            tax_permille: self.tax_permille,
            tax,
            total: net.checked_add(tax)?,
        })
    }
}

impl TokenPriceList {
    /// Whether it has begun and not ended at `at`; another list may have begun later.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.effective_from <= at && self.effective_until.is_none_or(|end| at < end)
    }
}

/// The list in force at `at`, of the lists of one currency.
pub fn list_in_force(lists: &[TokenPriceList], at: Timestamp) -> Option<&TokenPriceList> {
    let covering = lists.iter().filter(|list| list.covers(at));
    covering.max_by_key(|list| list.effective_from)
}

/// What some tokens cost by `list` at `at`.
pub fn price_tokens(list: &TokenPriceList, wanted: &TokenAmount, at: Timestamp) -> Result<TokenQuote, Error> {
    let TokenPriceList {
        id, currency, terms, ..
    } = list;
    if !list.covers(at) {
        return Err(Error::TokensNotSold { currency: *currency });
    }
    match wanted {
        TokenAmount::Pack(pack) => {
            let found = terms.packs.iter().find(|known| known.id == *pack);
            let pack = found.ok_or_else(|| Error::PackNotFound {
                pack: pack.clone(),
                available: terms.packs.iter().map(|pack| pack.id.clone()).collect(),
            })?;
            terms.quote(*id, *currency, pack.tokens, Some(pack))
        }
        TokenAmount::Tokens(tokens) if !(terms.tokens_min..=terms.tokens_max).contains(tokens) => {
            Err(Error::TokensAmountRefused {
                tokens: *tokens,
                min: terms.tokens_min,
                max: terms.tokens_max,
            })
        }
        TokenAmount::Tokens(tokens) => terms.quote(*id, *currency, *tokens, None),
    }
}

/// What it costs to have `missing` tokens more: exactly these, and the cheapest pack that holds them.
pub fn price_shortfall(list: &TokenPriceList, missing: Tokens, at: Timestamp) -> Result<Shortfall, Error> {
    let terms = &list.terms;
    let exact = price_tokens(list, &TokenAmount::Tokens(missing.max(terms.tokens_min)), at)?;
    let enough = terms.packs.iter().filter(|pack| pack.tokens >= missing);
    let best = enough.min_by_key(|pack| (pack.price_minor, std::cmp::Reverse(pack.tokens)));
    let pack = best.map(|pack| price_tokens(list, &TokenAmount::Pack(pack.id.clone()), at));
    Ok(Shortfall {
        missing,
        exact,
        pack: pack.transpose()?,
    })
}

#[cfg(test)]
mod tests;
