use scrip_domain::{TokenPriceTerms, Tokens};

/// A token for 10 cents, however many, and 19 % tax.
///
/// # Panics
/// Never: the numbers are right.
pub fn token_prices() -> TokenPriceTerms {
    let tokens = |count| Tokens::new(count).expect("a number of tokens");
    TokenPriceTerms {
        price_minor: 10,
        per_tokens: tokens(1),
        tokens_min: tokens(1),
        tokens_max: tokens(1_000_000),
        tiers: Vec::new(),
        packs: Vec::new(),
        tax_permille: 190,
        tax_name: "VAT 19 %".into(),
    }
}
