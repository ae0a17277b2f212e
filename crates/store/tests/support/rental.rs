//! Products with everything that a rental can have, and steps of a license's life.

use scrip_domain::{
    Allowance, Intent, License, Limits, Offer, Offers, PauseRule, Policy, RentalOffer, RentalRules, Usage,
};
use scrip_store::{ActivationRow, ProductListing, SurrenderedSeat, User};

use super::{Fixture, item, listing, tokens};

pub(crate) fn rules() -> RentalRules {
    RentalRules {
        grace_seconds: 86_400,
        refund_permille: 900,
        pause: Some(PauseRule {
            max_pauses: 2,
            max_seconds: 30 * 86_400,
        }),
        lease_seconds: None,
    }
}

/// A product with a rental of ten days, one of 100 uses, and a trial.
pub(crate) fn product(id: &str, policy: Policy) -> ProductListing {
    let rental = |id: &str, price, allowance| {
        let (id, price) = (id.parse().unwrap(), tokens(price));
        Offer::Rental(RentalOffer {
            id,
            price,
            allowance,
            credit_permille: 500,
            rules: rules(),
        })
    };
    let offers = vec![
        Offer::Purchase {
            id: "purchase".parse().unwrap(),
            price: tokens(1000),
        },
        rental("days", 100, Allowance::Duration { seconds: 10 * 86_400 }),
        rental("uses", 50, Allowance::Uses { count: 100 }),
        rental(
            "both",
            60,
            Allowance::Combined(Limits {
                seconds: Some(86_400),
                uses: Some(40),
                processings: None,
            }),
        ),
        Offer::Trial {
            id: "trial".parse().unwrap(),
            allowance: Allowance::Uses { count: 5 },
        },
    ];
    ProductListing {
        offers: Offers::new(offers).unwrap(),
        policy,
        ..listing(id, 1, 1, 0)
    }
}

pub(crate) fn policy(seats: u16, floating_seats: u16) -> Policy {
    Policy {
        seats,
        floating_seats,
        transferable: true,
        upgrade_from: None,
    }
}

pub(crate) async fn rent(fixture: &Fixture, user: &User, product: &str, offer: &str, price: i64) -> License {
    let items = vec![item(product, Intent::Rent, Some(offer))];
    fixture.check_out(user, items, price).await.unwrap();
    license(fixture, user).await
}

pub(crate) async fn license(fixture: &Fixture, user: &User) -> License {
    fixture.store.licenses(user.id).await.unwrap().remove(0)
}

pub(crate) fn gives(row: &ActivationRow, uses: u64) -> SurrenderedSeat {
    SurrenderedSeat {
        activation: row.id,
        code_seq: row.code_seq,
        totals: Usage { uses, processings: 0 },
    }
}
