use proptest::prelude::*;

use super::*;

fn tokens(count: i64) -> Tokens {
    Tokens::new(count).unwrap()
}

fn pack(id: &str, count: i64, price_minor: i64) -> TokenPack {
    TokenPack {
        id: id.parse().unwrap(),
        tokens: tokens(count),
        price_minor,
    }
}

/// 10 cents a token, 10 % off from 100 and 20 % off from 1000, three packs, a tax of 19 %.
fn list() -> TokenPriceList {
    let tier = |from, discount_permille| TokenTier {
        from: tokens(from),
        discount_permille,
    };
    TokenPriceList {
        id: PriceListId(uuid::Uuid::nil()),
        currency: "EUR".parse().unwrap(),
        effective_from: Timestamp::from_seconds(1000),
        effective_until: None,
        terms: TokenPriceTerms {
            price_minor: 10,
            per_tokens: tokens(1),
            tokens_min: tokens(10),
            tokens_max: tokens(100_000),
            tiers: vec![tier(100, 100), tier(1000, 200)],
            packs: vec![pack("s", 50, 450), pack("m", 200, 1600), pack("l", 1000, 7000)],
            tax_permille: 190,
            tax_name: "VAT 19 %".to_owned(),
        },
    }
}

fn quote(count: i64) -> TokenQuote {
    price_tokens(
        &list(),
        &TokenAmount::Tokens(tokens(count)),
        Timestamp::from_seconds(2000),
    )
    .unwrap()
}

#[test]
fn a_quote_shows_the_discount_and_the_tax_as_lines() {
    let small = quote(50);
    assert_eq!(
        (small.gross.minor, small.discount.minor, small.net.minor),
        (500, 0, 500)
    );
    assert_eq!((small.tax.minor, small.total.minor), (95, 595));
    let large = quote(1000);
    assert_eq!(
        (large.gross.minor, large.discount.minor, large.net.minor),
        (10_000, 2000, 8000)
    );
    assert_eq!(large.total.to_string(), "95.20 EUR");
    let pack = price_tokens(
        &list(),
        &TokenAmount::Pack("m".parse().unwrap()),
        Timestamp::from_seconds(2000),
    )
    .unwrap();
    assert_eq!(
        (pack.tokens, pack.net.minor, pack.discount.minor),
        (tokens(200), 1600, 400)
    );
    assert_eq!(quote(99).net.minor, 900, "99 tokens cost no more than 100");
}

#[test]
fn a_list_holds_while_it_covers_the_instant() {
    let at = |seconds| Timestamp::from_seconds(seconds);
    let (mut offer, always) = (list(), list());
    (offer.effective_from, offer.effective_until) = (at(5000), Some(at(6000)));
    let lists = [offer, always];
    let begin = |instant| list_in_force(&lists, at(instant)).map(|list| list.effective_from);
    assert_eq!(begin(999), None);
    assert_eq!(begin(1000), Some(at(1000)));
    assert_eq!(begin(5000), Some(at(5000)));
    assert_eq!(
        begin(6000),
        Some(at(1000)),
        "after the offer the list before it holds again"
    );
    let early = price_tokens(&lists[1], &TokenAmount::Tokens(tokens(10)), at(999));
    assert!(matches!(early, Err(Error::TokensNotSold { .. })));
}

#[test]
fn a_shortfall_is_met_exactly_or_by_the_cheapest_pack_that_suffices() {
    let met = |missing| price_shortfall(&list(), tokens(missing), Timestamp::from_seconds(2000)).unwrap();
    let few = met(3);
    assert_eq!((few.exact.tokens, few.pack.unwrap().tokens), (tokens(10), tokens(50)));
    let some = met(120);
    assert_eq!(
        (some.exact.tokens, some.pack.unwrap().tokens),
        (tokens(120), tokens(200))
    );
    assert_eq!(met(1001).pack, None);
    let too_many = price_shortfall(&list(), tokens(100_001), Timestamp::from_seconds(2000));
    assert!(matches!(too_many, Err(Error::TokensAmountRefused { .. })));
}

#[test]
fn terms_that_contradict_themselves_are_refused() {
    let currency = "EUR".parse().unwrap();
    list().terms.check(currency).unwrap();
    let faults: [fn(&mut TokenPriceTerms); 10] = [
        |terms| terms.price_minor = 0,
        |terms| terms.per_tokens = Tokens::ZERO,
        |terms| terms.tokens_min = Tokens::ZERO,
        |terms| terms.tokens_max = tokens(9),
        |terms| terms.tiers.reverse(),
        |terms| terms.tiers[1].discount_permille = 901,
        |terms| terms.packs[0] = terms.packs[1].clone(),
        |terms| terms.packs[0].price_minor = 0,
        |terms| terms.tax_name.clear(),
        |terms| (terms.price_minor, terms.tokens_max) = (i64::MAX, Tokens::MAX),
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        let mut terms = list().terms;
        fault(&mut terms);
        assert!(terms.check(currency).is_err(), "fault {at}");
    }
}

proptest! {
    #[test]
    fn more_tokens_never_cost_less(fewer in 10i64..2000, more in 0i64..2000) {
        prop_assert!(quote(fewer).total.minor <= quote(fewer + more).total.minor);
    }

    #[test]
    fn the_lines_add_up(count in 10i64..100_000, price in 1i64..1000, per in 1i64..1000, tax in 1u16..=500) {
        let mut list = list();
        list.terms.price_minor = price;
        list.terms.per_tokens = tokens(per);
        list.terms.tax_permille = tax;
        let quote = price_tokens(&list, &TokenAmount::Tokens(tokens(count)), Timestamp::from_seconds(2000)).unwrap();
        prop_assert_eq!(quote.gross.minor, quote.net.minor + quote.discount.minor);
        prop_assert_eq!(quote.total.minor, quote.net.minor + quote.tax.minor);
        prop_assert!(quote.net.minor >= 1 && quote.discount.minor >= 0 && quote.tax.minor >= 0);
    }
}
