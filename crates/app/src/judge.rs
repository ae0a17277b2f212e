//! Whether a program may run here: one place, which is the one that programs themselves ask.
//!
//! The vendor's signature, the revocations, the journal and the clock guard are judged by the library that publishers
//! link, from the same files, so that the window, the terminal and a program never disagree.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use scrip_api::LicenseView;
use scrip_domain::{
    License, LicenseKind, LicenseState, ProductId, Remaining, Tenure, TermsSnapshot, Timestamp, UserId,
};
use scrip_licensing::clock::{Evidence, Floor};
use scrip_licensing::{Claims, Error as LicensingError};
use scrip_sdk::{Authorization, Scrip, Settings, Surroundings};

use crate::contract::{Failure, Standing};
use crate::{App, Error};

/// The handles by product, which remember what was verified already.
#[derive(Default)]
pub(crate) struct Judges(Mutex<HashMap<ProductId, Arc<Scrip>>>);

impl App {
    /// May the product run here now? Takes nothing.
    pub(crate) fn authorize(&self, product: &ProductId) -> Result<Authorization, Error> {
        Ok(self.judge(product)?.authorize()?)
    }

    /// Takes one start of the product, where its license counts starts.
    pub(crate) fn use_once(&self, product: &ProductId) -> Result<Authorization, Error> {
        Ok(self.judge(product)?.use_once()?)
    }

    fn judge(&self, product: &ProductId) -> Result<Arc<Scrip>, Error> {
        let mut judges = self.judges.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(judge) = judges.get(product) {
            return Ok(judge.clone());
        }
        let issuer = self.pinned_issuer()?.ok_or(Error::KeysUnknown)?;
        let settings = Settings {
            issuer,
            product: product.to_string(),
            home: self.home.clone(),
        };
        let surroundings = Surroundings {
            machine: self.machine.digest()?,
            time: self.machine.time.clone(),
            anchor: self.anchors.clone(),
        };
        let judge = Arc::new(Scrip::open_in(settings, surroundings)?);
        judges.insert(product.clone(), judge.clone());
        Ok(judge)
    }

    /// Forgets what was verified, where journals or the vendor changed.
    pub(crate) fn forget_judges(&self) {
        let mut judges = self.judges.0.lock().unwrap_or_else(PoisonError::into_inner);
        judges.clear();
    }

    /// What the stored code of a product lets run; `None` where there is no code.
    pub fn standing(&self, product: &ProductId) -> Option<Standing> {
        if !self.has_code(product) {
            return None;
        }
        let judged = self.authorize(product);
        let claims = self.stored_claims(product).ok().flatten();
        let claims = claims.as_ref();
        let now = self.believed_now();
        let (left, warnings) = match &judged {
            Ok(authorization) => {
                let warnings = authorization.warnings.iter().map(ToString::to_string).collect();
                (authorization.remaining, warnings)
            }
            Err(_) => (claims.map(|claims| self.left(claims)).unwrap_or_default(), Vec::new()),
        };
        Some(Standing {
            allowed: judged.is_ok(),
            failure: judged.err().map(|error| Failure::from(&error)),
            left,
            in_grace: claims.is_some_and(|claims| claims.is_in_grace(now)),
            grace_ends_at: claims.filter(|claims| claims.grace > 0).and_then(Claims::hard_end),
            lease_ends_at: claims.filter(|claims| claims.lease).and_then(Claims::hard_end),
            counts: claims.is_some_and(|claims| claims.grant.is_counted()),
            unreported: claims.map(|claims| self.unreported(claims)).unwrap_or_default(),
            warnings,
        })
    }

    /// What is left for this computer by the code and the journal, whether or not it may run.
    fn left(&self, claims: &Claims) -> Remaining {
        let counted = self.counted(claims.sub).ok().flatten();
        let (uses, processings) = counted.map_or((claims.used.uses, claims.used.processings), |(counted, ..)| {
            (counted.uses, counted.processings)
        });
        let (uses_ceiling, processings_ceiling) = claims.ceiling();
        Remaining {
            uses: uses_ceiling.map(|ceiling| ceiling.saturating_sub(uses)),
            processings: processings_ceiling.map(|ceiling| ceiling.saturating_sub(processings)),
            ..claims.remaining()
        }
    }

    /// Whether a code for this computer is stored here that holds now.
    pub fn authorized(&self, product: &ProductId) -> bool {
        self.has_code(product) && self.authorize(product).is_ok()
    }

    /// The time to decide by: never before what is certain.
    pub(crate) fn believed_now(&self) -> Timestamp {
        match self.guard.look(&[]) {
            Ok(ruling) => ruling.now,
            Err(LicensingError::ClockBehind(behind)) => behind.evidence.time,
            Err(_) => self.clock.now(),
        }
    }

    /// Believes a fresh time of the vendor, and has the journals speak of it.
    pub(crate) fn correct_clock(&self, fresh: Floor) -> Result<bool, Error> {
        let corrected = self.guard.correct(fresh);
        if corrected {
            self.mark_journals(self.believed_now())?;
        }
        Ok(corrected)
    }

    /// The times that what is stored here proves.
    pub(crate) fn known_floors(&self) -> Result<Vec<Floor>, Error> {
        let mut floors = self.trusted()?.map_or_else(Vec::new, |trusted| trusted.floors());
        for product in self.coded() {
            if let Ok(Some(claims)) = self.stored_claims(&product) {
                floors.push(Floor::new(claims.iat, Evidence::Code));
            }
        }
        for license in self.journaled() {
            if let Ok(Some((_, _, time))) = self.counted(license) {
                floors.push(Floor::new(time, Evidence::Journal));
            }
        }
        Ok(floors)
    }

    /// The license as it stands now: what was counted here since is taken off, and its state is judged with no network.
    pub(crate) fn judged(&self, mut license: LicenseView) -> LicenseView {
        let claims = self.stored_claims(&license.product).ok().flatten();
        if let Some(claims) = claims.filter(|claims| claims.sub == license.id) {
            let unreported = self.unreported(&claims);
            let rest = |left: Option<u64>, taken: u64| left.map(|left| left.saturating_sub(taken));
            license.remaining.uses = rest(license.remaining.uses, unreported.uses);
            license.remaining.processings = rest(license.remaining.processings, unreported.processings);
        }
        // What ended does not begin again by itself.
        if !matches!(license.state, LicenseState::Expired | LicenseState::Exhausted) {
            license.state = as_license(&license, UserId(uuid::Uuid::nil())).state(self.believed_now());
        }
        license
    }
}

/// A license as the rules know it, as far as its holder is told.
pub(crate) fn as_license(view: &LicenseView, user: UserId) -> License {
    License {
        id: view.id,
        user,
        product: view.product.clone(),
        kind: view.kind,
        remaining: view.remaining,
        equity: view.equity,
        last_offer: view.last_offer.clone(),
        terms: view.terms.clone(),
        tenure: Tenure {
            used: view.used,
            paid: view.paid,
            paused_at: view.paused_at,
            pauses: view.pauses,
            trial: view.trial,
            renewal: view.renewal.clone(),
            hold: view.hold.clone(),
            ..Tenure::default()
        },
        started_at: view.started_at,
        revision: view.revision,
    }
}

/// A license as far as its code tells, where the vendor's server was never asked from this computer.
pub(crate) fn from_claims(claims: &Claims, now: Timestamp) -> LicenseView {
    let kind = match claims.grant {
        scrip_licensing::Grant::Perpetual => LicenseKind::Perpetual,
        _ => LicenseKind::Rental,
    };
    let license = License {
        id: claims.sub,
        user: UserId(uuid::Uuid::nil()),
        product: claims.aud.clone(),
        kind,
        remaining: claims.remaining(),
        equity: claims.equity.credited,
        last_offer: None,
        terms: TermsSnapshot {
            frozen_at: claims.iat,
            offers: scrip_domain::Offers::default(),
            policy: scrip_domain::Policy::default(),
        },
        tenure: Tenure::default(),
        started_at: claims.nbf,
        revision: 0,
    };
    LicenseView {
        price_to_own: claims
            .equity
            .price
            .map(|price| price.saturating_sub(claims.equity.credited)),
        state: if claims.is_in_grace(now) {
            LicenseState::Grace
        } else {
            license.state(now)
        },
        ..LicenseView::of(&license, now)
    }
}
