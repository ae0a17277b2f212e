//! One verified license: the ordered list of its refusals, and taking from it.

use std::sync::Arc;

use scrip_domain::{Remaining, Timestamp};
use scrip_licensing::clock::{Evidence, Floor, Guard, TimeSource};
use scrip_licensing::journal::{Entry, Fault, Journal, Record, Standing};
use scrip_licensing::{Claims, Error, Grant};

use crate::{Authorization, Kind, Refusal, Warning};

/// What a program asks to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    Nothing,
    Uses(u64),
    Processings(u64),
}

/// A license whose code is good but for its dates and counts.
pub(crate) struct License {
    pub(crate) claims: Claims,
    /// Where its uses are counted; `None` where nothing counts them.
    pub(crate) journal: Option<Arc<Journal>>,
    /// What its files say of the time.
    pub(crate) floors: Vec<Floor>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) time: Arc<dyn TimeSource>,
    pub(crate) warnings: Vec<Warning>,
}

impl License {
    /// Takes from the license, or says why not. Refused in this order: given back or superseded, the clock, the
    /// dates, the counts.
    pub(crate) fn take(&self, take: Take) -> Result<Authorization, Refusal> {
        let claims = &self.claims;
        let mut warnings = self.warnings.clone();
        // Where something was counted before, one look at the journal under its lock is enough.
        if let (Some(journal), Some(entry)) = (&self.journal, self.entry(take)) {
            let taken = journal.append_next(claims.seq, |last| {
                let now = self.admit(Some(last), &mut warnings)?;
                self.check(&last.standing(), take)?;
                Ok::<_, Refusal>((now.unwrap_or_else(|| self.time.read().wall), entry))
            })?;
            if taken.is_some() {
                return Ok(self.answer(taken, warnings));
            }
        }
        let last = self.last()?;
        let now = self.admit(last.as_ref(), &mut warnings)?;
        let standing = match &self.journal {
            Some(journal) if claims.grant.is_counted() => Some(self.count(journal, take, now, last)?),
            Some(journal) if claims.grant != Grant::Perpetual => self.mark(journal, now, last.as_ref())?,
            _ => None,
        };
        Ok(self.answer(standing, warnings))
    }

    /// Whether the code serves at all, whatever is counted; answers the time, for which nothing is asked where time ends nothing.
    fn admit(&self, last: Option<&Record>, warnings: &mut Vec<Warning>) -> Result<Option<Timestamp>, Refusal> {
        if let Some(last) = last {
            last.standing().admit(self.claims.seq)?;
        }
        let end = self.claims.exp;
        end.map(|end| self.check_time(end, last, warnings)).transpose()
    }

    /// What `take` writes into the journal; `None` where it takes nothing that this license counts.
    fn entry(&self, take: Take) -> Option<Entry> {
        let (uses, processings) = self.claims.grant.counts();
        match take {
            Take::Uses(amount) if uses.is_some() && amount > 0 => Some(Entry::Use(amount)),
            Take::Processings(amount) if processings.is_some() && amount > 0 => Some(Entry::Processings(amount)),
            _ => None,
        }
    }

    /// Remembers that a newer code came, so that an older one serves no more; only where something was counted, as
    /// the others begin no journal.
    fn mark(
        &self,
        journal: &Journal,
        now: Option<Timestamp>,
        last: Option<&Record>,
    ) -> Result<Option<Standing>, Refusal> {
        let Some(standing) = last.map(Record::standing) else {
            return Ok(None);
        };
        if standing.code_seq >= self.claims.seq {
            return Ok(Some(standing));
        }
        let now = now.unwrap_or_else(|| self.time.read().wall);
        journal
            .append(now, self.claims.seq, standing, |_| Ok(Entry::Mark))
            .map(Some)
    }

    /// The journal's last record, if there is one.
    fn last(&self) -> Result<Option<Record>, Refusal> {
        let Some(journal) = &self.journal else {
            return Ok(None);
        };
        match journal.last() {
            Ok(last) => Ok(last.map(|(record, _)| record)),
            // What is owned is owned, whatever became of a file that counts nothing for it.
            Err(_) if self.claims.grant == Grant::Perpetual => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn check_time(
        &self,
        end: Timestamp,
        last: Option<&Record>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Timestamp, Refusal> {
        let claims = &self.claims;
        let mut floors = self.floors.clone();
        floors.extend(last.map(|record| Floor::new(record.time, Evidence::Journal)));
        let ruling = self.guard.look(&floors)?;
        let (now, product) = (ruling.now, claims.aud.clone());
        if now < claims.nbf {
            let begins_at = claims.nbf;
            return Err(Error::NotYetValid {
                product,
                begins_at,
                now,
            }
            .into());
        }
        // RFC 7519 section 4.1.4: on or after `exp` the code is not accepted.
        if now >= end {
            let ended_at = claims.soft_end().unwrap_or(end);
            return Err(Error::Expired { product, ended_at, now }.into());
        }
        warnings.extend(ruling.behind.map(Warning::Clock));
        if let Some(ended_at) = claims.soft_end().filter(|_| claims.is_in_grace(now)) {
            warnings.push(Warning::Grace { ended_at, until: end });
        }
        Ok(now)
    }

    /// Takes from what is counted; answers what was taken in all.
    fn count(
        &self,
        journal: &Journal,
        take: Take,
        now: Option<Timestamp>,
        last: Option<Record>,
    ) -> Result<Standing, Refusal> {
        let claims = &self.claims;
        let start = Standing {
            uses: claims.used.uses,
            processings: claims.used.processings,
            code_seq: 0,
            surrendered: 0,
        };
        let Some(entry) = self.entry(take) else {
            let standing = last.map_or(start, |last| last.standing());
            self.check(&standing, Take::Nothing)?;
            return Ok(self.mark(journal, now, last.as_ref())?.unwrap_or(standing));
        };
        let now = now.unwrap_or_else(|| self.time.read().wall);
        journal.append(now, claims.seq, start, |standing| {
            standing.admit(claims.seq)?;
            self.check(standing, take)?;
            Ok(entry)
        })
    }

    /// Whether `take` is left; where nothing is to be taken, whether anything is.
    fn check(&self, standing: &Standing, take: Take) -> Result<(), Refusal> {
        let claims = &self.claims;
        let (uses, processings) = claims.ceiling();
        // Whichever limit is reached first ends the rental; but what was started may work on.
        let (asked_uses, asked_processings) = match take {
            Take::Nothing => (1, 1),
            Take::Uses(amount) => (amount, 1),
            Take::Processings(amount) => (0, amount),
        };
        for (what, ceiling, counted, known, asked) in [
            ("uses", uses, standing.uses, claims.used.uses, asked_uses),
            (
                "processings",
                processings,
                standing.processings,
                claims.used.processings,
                asked_processings,
            ),
        ] {
            let Some(ceiling) = ceiling else { continue };
            if counted < known {
                let license = claims.sub;
                return Err(Fault::Fewer {
                    license,
                    what,
                    counted,
                    known,
                }
                .into());
            }
            let left = ceiling.saturating_sub(counted);
            if left < asked {
                let product = claims.aud.clone();
                return Err(Refusal::Exhausted {
                    product,
                    what,
                    asked,
                    left,
                });
            }
        }
        Ok(())
    }

    fn answer(&self, standing: Option<Standing>, warnings: Vec<Warning>) -> Authorization {
        let claims = &self.claims;
        let (uses, processings) = claims.ceiling();
        let counted = standing.unwrap_or_default();
        Authorization {
            product: claims.aud.clone(),
            license: claims.sub,
            kind: if claims.grant == Grant::Perpetual {
                Kind::Perpetual
            } else {
                Kind::Rental
            },
            remaining: Remaining {
                uses: uses.map(|ceiling| ceiling.saturating_sub(counted.uses)),
                processings: processings.map(|ceiling| ceiling.saturating_sub(counted.processings)),
                ..claims.remaining()
            },
            runs_until: claims.exp,
            equity: claims.equity,
            warnings,
        }
    }
}
