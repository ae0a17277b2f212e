//! The vendor: the rules of the domain, and what a server remembers of each computer.

use std::collections::BTreeMap;

use scrip_domain::{
    Allowance, Holdings, Intent, Item, License, LicenseId, LicenseKind, Limits, Offer, Offers, Outstanding, PauseRule,
    Policy, RentalOffer, RentalRules, Sale, Timestamp, Tokens, Usage, UserId, allot, quote, settle,
};
use scrip_licensing::journal::{Acknowledged, Ceiling, Finding, Identity, JournalSeal, MeteringKey, Records};
use scrip_licensing::{Claims, Equity, Grant, RootKey, SigningKey, Used};
use uuid::Uuid;

use crate::fixture::{DAY, NOW, PRODUCT, Pc, Vendor, at};
use scrip_testkit::Chance;

pub(super) const PRICE: i64 = 1000;
pub(super) const WALLET: i64 = 100_000;
pub(super) const OFFERS: [&str; 4] = ["month", "fifty", "work", "both"];

/// What the server remembers of a computer.
#[derive(Default)]
pub(super) struct Seat {
    pub(super) live: bool,
    /// Uses and processings: the ceiling of its last code, and what it reported.
    pub(super) allotted: (u64, u64),
    pub(super) reported: (u64, u64),
    acknowledged: Option<Acknowledged>,
    pub(super) code_seq: u64,
}

pub(super) struct Shop {
    pub(super) vendor: Vendor,
    sale: Sale,
    pub(super) now: i64,
    pub(super) balance: i64,
    pub(super) revenue: i64,
    /// Every use and processing that was ever paid for.
    pub(super) granted: (u64, u64),
    pub(super) license: Option<License>,
    pub(super) seats: [Seat; 2],
}

fn rental(id: &str, limits: Limits) -> Offer {
    Offer::Rental(RentalOffer {
        id: id.parse().unwrap(),
        price: Tokens::new(150).unwrap(),
        allowance: Allowance::of(limits).unwrap(),
        credit_permille: 1000,
        rules: RentalRules {
            grace_seconds: 2 * DAY,
            refund_permille: 800,
            pause: Some(PauseRule {
                max_pauses: 3,
                max_seconds: 20 * DAY,
            }),
            lease_seconds: None,
        },
    })
}

impl Shop {
    /// A vendor whose keys come from `chance`, so that a seed lives the same life again, to the byte.
    pub(super) fn new(chance: &mut Chance) -> Self {
        let none = Limits::default();
        let offers = vec![
            Offer::Purchase {
                id: "purchase".parse().unwrap(),
                price: Tokens::new(PRICE).unwrap(),
            },
            rental(
                "month",
                Limits {
                    seconds: Some(30 * DAY),
                    ..none
                },
            ),
            rental("fifty", Limits { uses: Some(50), ..none }),
            rental(
                "work",
                Limits {
                    processings: Some(500),
                    ..none
                },
            ),
            rental(
                "both",
                Limits {
                    seconds: Some(30 * DAY),
                    uses: Some(40),
                    ..none
                },
            ),
        ];
        Self {
            vendor: Vendor {
                root: RootKey::from_secret_bytes(&chance.secret()).unwrap(),
                signing: SigningKey::from_secret_bytes(&chance.secret()).unwrap(),
            },
            sale: Sale {
                offers: Offers::new(offers).unwrap(),
                policy: Policy {
                    seats: 2,
                    ..Policy::default()
                },
            },
            now: NOW,
            balance: WALLET,
            revenue: 0,
            granted: (0, 0),
            license: None,
            seats: [Seat::default(), Seat::default()],
        }
    }

    pub(super) fn time(&self) -> Timestamp {
        at(self.now)
    }

    /// Pays; answers what it cost, or `None` where the rules refuse.
    pub(super) fn pay(&mut self, intent: Intent, offer: Option<&str>) -> Option<i64> {
        let product: scrip_domain::ProductId = PRODUCT.parse().unwrap();
        let licenses = self
            .license
            .iter()
            .map(|license| (product.clone(), license.clone()))
            .collect();
        let holdings = Holdings {
            user: UserId(Uuid::nil()),
            balance: Tokens::new(self.balance).unwrap(),
            licenses,
            sales: BTreeMap::from([(product.clone(), self.sale.clone())]),
        };
        let items = [Item {
            product,
            intent,
            offer: offer.map(|id| id.parse().unwrap()),
        }];
        let total = quote(&items, &holdings, self.time()).ok()?.total;
        let settled = settle(&items, total, &holdings, self.time(), &mut || {
            LicenseId(Uuid::from_u128(7))
        })
        .unwrap();
        let license = settled.licenses.into_iter().next().unwrap();
        if license.kind == LicenseKind::Rental {
            let limits = license
                .terms
                .offers
                .rentals()
                .find(|rental| Some(&rental.id) == license.last_offer.as_ref());
            let limits = limits.unwrap().allowance.limits();
            self.granted.0 += limits.uses.unwrap_or(0);
            self.granted.1 += limits.processings.unwrap_or(0);
        }
        self.license = Some(license);
        self.balance = settled.balance.get();
        self.revenue += total.get();
        Some(total.get())
    }

    /// Takes over what a computer reports of its journal; answers what is wrong with it.
    pub(super) fn reconcile(
        &mut self,
        who: usize,
        journal: &[u8],
        whose: &Identity,
        key: &MeteringKey,
    ) -> Vec<Finding> {
        let seat = &mut self.seats[who];
        let ceiling = Ceiling {
            uses: Some(seat.allotted.0),
            processings: Some(seat.allotted.1),
        };
        let records = Records::read(journal).unwrap();
        let end = JournalSeal::on(&records, whose.license, key, at(NOW));
        let known = seat.acknowledged.as_ref();
        let found = records.reconcile(whose, key.verifying_key(), Some(&end), known, ceiling);
        let taken = Usage {
            uses: found.uses.saturating_sub(seat.reported.0),
            processings: found.processings.saturating_sub(seat.reported.1),
        };
        seat.reported = (seat.reported.0.max(found.uses), seat.reported.1.max(found.processings));
        if found.findings.is_empty()
            && let Some(head) = found.head
        {
            seat.acknowledged = Some(Acknowledged {
                head,
                uses: found.uses,
                processings: found.processings,
            });
        }
        if found.surrendered >= seat.code_seq && seat.code_seq > 0 {
            seat.live = false;
            seat.allotted = seat.reported;
        }
        if (taken.uses, taken.processings) != (0, 0) {
            self.license = self.license.as_ref().map(|license| license.report(taken).0);
        }
        found.findings
    }

    /// A fresh code for a computer, where the license allows anything.
    pub(super) fn code(&mut self, who: usize, pc: &Pc) -> Option<Claims> {
        let license = self.license.clone().filter(|license| license.allows(self.time()))?;
        let other = &self.seats[1 - who];
        let outstanding = |allotted, reported| {
            if other.live {
                vec![Outstanding { allotted, reported }]
            } else {
                vec![]
            }
        };
        let (uses, processings) = (
            outstanding(other.allotted.0, other.reported.0),
            outstanding(other.allotted.1, other.reported.1),
        );
        let left = license.remaining_at(self.time());
        let seat = &mut self.seats[who];
        seat.live = true;
        seat.code_seq += 1;
        seat.allotted = (
            allot(left.uses.unwrap_or(0), seat.reported.0, &uses),
            allot(left.processings.unwrap_or(0), seat.reported.1, &processings),
        );
        let counts = (seat.allotted.0 - seat.reported.0, seat.allotted.1 - seat.reported.1);
        let grant = match (license.kind, left.ends_at, left.uses, left.processings) {
            (LicenseKind::Perpetual, ..) => Grant::Perpetual,
            (_, Some(_), None, None) => Grant::Duration,
            (_, None, Some(_), None) => Grant::Uses { count: counts.0 },
            (_, None, None, Some(_)) => Grant::Processings { count: counts.1 },
            (_, _, uses, processings) => Grant::Combined {
                uses: uses.map(|_| counts.0),
                processings: processings.map(|_| counts.1),
            },
        };
        let grace = license.rules().grace_seconds;
        let ends_at = left.ends_at.filter(|_| license.kind == LicenseKind::Rental);
        Some(Claims {
            sub: license.id,
            jti: format!("{who}-{}", seat.code_seq),
            iat: at(self.now),
            nbf: at(self.now),
            exp: ends_at.map(|end| end.plus_seconds(grace)),
            seq: seat.code_seq,
            used: Used {
                uses: seat.reported.0,
                processings: seat.reported.1,
            },
            grace: ends_at.map_or(0, |_| u32::try_from(grace).unwrap()),
            equity: Equity {
                credited: license.equity,
                price: license.terms.offers.purchase_price(),
            },
            ..self.vendor.claims(pc, grant)
        })
    }
}
