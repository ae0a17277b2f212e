//! The exchange with the vendor: what was counted goes there; keys, revocations, fresh codes and notices come.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use scrip_api::{LicenseView, Notice};
use scrip_domain::{Coded, ErrorCode, Timestamp, Usage};
use scrip_licensing::Claims;
use scrip_licensing::clock::{Evidence, Floor};
use scrip_licensing::journal::{Head, Journal};
use serde::{Deserialize, Serialize};

use crate::contract::{Event, Failure, NoticesArgs, NoticesView, Reported, SyncView};
use crate::shop::VIEW_PATIENCE;
use crate::{App, Error, state};

/// The longest pause between two looks at what is on loan.
const LOOK_SECONDS: u64 = 300;
/// The shortest one.
const LOOK_SECONDS_MIN: u64 = 5;
/// How long after an exchange the library is shown without another one, in seconds.
const EXCHANGE_SECONDS: i64 = 300;
/// The most notices that are kept here.
const NOTICES_MAX: usize = 200;

/// The vendor's notices as they are stored.
#[derive(Default, Serialize, Deserialize)]
struct StoredNotices {
    items: Vec<Notice>,
    /// The newest that the person saw.
    seen_until: Option<Timestamp>,
}

impl StoredNotices {
    fn view(&self) -> NoticesView {
        let is_new = |notice: &&Notice| self.seen_until.is_none_or(|seen| notice.created_at > seen);
        NoticesView {
            unseen: u32::try_from(self.items.iter().filter(is_new).count()).unwrap_or(u32::MAX),
            items: self.items.clone(),
        }
    }
}

impl App {
    /// Exchanges everything with the vendor. What does not work is named and tried again next time.
    pub async fn journal_sync(&self) -> Result<SyncView, Error> {
        self.exchange(true).await
    }

    /// [`App::journal_sync`] where the last exchange is some minutes ago.
    pub(crate) async fn exchange_if_due(&self) {
        let now = self.clock.now().seconds();
        let last = self.exchanged.swap(now, Ordering::Relaxed);
        if (last..last.saturating_add(EXCHANGE_SECONDS)).contains(&now) {
            return;
        }
        match self.exchange(false).await {
            Ok(view) => {
                for failure in view.failures {
                    tracing::info!(%failure, "a part of the exchange with the vendor waits");
                }
            }
            Err(error) => tracing::info!(%error, "the exchange with the vendor waits"),
        }
    }

    async fn exchange(&self, with_library: bool) -> Result<SyncView, Error> {
        self.require_session().await?;
        self.exchanged.store(self.clock.now().seconds(), Ordering::Relaxed);
        self.recall_anchors().await?;
        let mut view = SyncView::default();
        self.refresh_keys().await?;
        if let Err(error) = self.refresh_prices().await {
            tracing::debug!(%error, "the prices stay unsigned");
        }
        // Reported first: a fresh code then allows what is left after it.
        for product in self.coded() {
            let Some(license) = self.license(&product)? else {
                continue;
            };
            match self.report(&license).await {
                Ok(None) => {}
                Ok(Some(report)) => {
                    view.fresh.extend(report.fresh.then(|| product.clone()));
                    view.failures.extend(report.failure);
                    view.reported.push(Reported {
                        product,
                        usage: report.usage,
                        findings: report.findings,
                    });
                }
                Err(error) => view.failures.push(Failure::from(&error)),
            }
        }
        if with_library && let Err(error) = self.library_refresh().await {
            view.failures.push(Failure::from(&error));
        }
        let (renewed, failures) = self.renew_leases().await?;
        view.fresh.extend(renewed);
        view.failures.extend(failures.iter().map(Failure::from));
        if let Err(error) = self.refresh_notices().await {
            view.failures.push(Failure::from(&error));
        }
        self.keep_anchors().await?;
        if !view.fresh.is_empty() || !view.reported.is_empty() {
            self.tell(Event::LibraryChanged);
        }
        Ok(view)
    }

    /// Reports what was counted here of a license; `None` where there is nothing new. A journal that is an old copy is named,
    /// and goes on from what is remembered of it.
    pub(crate) async fn report(&self, license: &LicenseView) -> Result<Option<Report>, Error> {
        let Some(claims) = self
            .stored_claims(&license.product)?
            .filter(|claims| claims.sub == license.id)
        else {
            return Ok(None);
        };
        let Some(meter) = self.meter()? else { return Ok(None) };
        let mut failure = None;
        let counted = match self.counted(license.id) {
            Err(error) if error.code() == ErrorCode::JournalRolledBack => {
                failure = Some(Failure::from(&error));
                self.resume_journal(&claims).await?;
                self.counted(license.id)?
            }
            counted => counted?,
        };
        let Some((standing, head, _)) = counted else {
            return Ok(None);
        };
        let seat = self.seat(license.id)?;
        let total = Usage {
            uses: standing.uses,
            processings: standing.processings,
        };
        if failure.is_none() && (head.seq <= seat.reported_seq || (total == seat.reported && seat.reported_seq > 0)) {
            return Ok(None);
        }
        let activation = match seat.activation {
            Some(activation) => activation,
            None => match self.find_activation(license).await? {
                Some(activation) => activation,
                None => return Ok(None),
            },
        };
        let journal = self.open_journal(&meter, license.id, self.anchors.clone())?;
        let mut report = Report {
            usage: Usage {
                uses: total.uses.saturating_sub(seat.reported.uses.max(claims.used.uses)),
                processings: total
                    .processings
                    .saturating_sub(seat.reported.processings.max(claims.used.processings)),
            },
            failure,
            ..Report::default()
        };
        for upload in self.uploads(&meter, &journal)? {
            let receipt = self
                .noted(self.client.report_journal(activation, &upload).await)
                .await?;
            report.findings.extend(receipt.findings);
            self.note_license(&receipt.license)?;
            self.change_seat(license.id, |seat| {
                seat.reported_seq = receipt.acknowledged_seq;
            })?;
            if let Some(code) = receipt.code {
                self.take_code(&license.product, &code.code).await?;
                report.fresh = true;
            }
            if receipt.acknowledged_seq >= head.seq {
                self.change_seat(license.id, |seat| seat.reported = total)?;
            }
            self.cut(&journal, receipt.acknowledged_seq, &receipt.acknowledged_hash)?;
        }
        Ok(Some(report))
    }

    /// Cuts off what the server acknowledged, where nothing was counted since.
    fn cut(&self, journal: &Journal, seq: u64, hash: &str) -> Result<(), Error> {
        let Ok(hash) = hash.parse::<scrip_domain::Sha256>() else {
            return Ok(());
        };
        journal.compact(self.believed_now(), Head { seq, hash: hash.0 })?;
        Ok(())
    }

    /// The tie of a license to this computer, where its code came by a file.
    async fn find_activation(&self, license: &LicenseView) -> Result<Option<scrip_domain::ActivationId>, Error> {
        let device = self.require_device().await?;
        let seats = self.noted(self.client.seats(license.id).await).await?;
        let own = seats
            .activations
            .iter()
            .find(|seat| seat.live && seat.device == device.id)
            .map(|seat| seat.id);
        self.change_seat(license.id, |seat| seat.activation = own)?;
        Ok(own)
    }

    /// Fetches anew the codes that are on loan and half over.
    pub(crate) async fn renew_leases(&self) -> Result<(Vec<scrip_domain::ProductId>, Vec<Error>), Error> {
        let (mut renewed, mut failures) = (Vec::new(), Vec::new());
        for product in self.coded() {
            let Ok(Some(claims)) = self.stored_claims(&product) else {
                continue;
            };
            if !self.is_due(&claims) {
                continue;
            }
            let Some(license) = self.license(&product)?.filter(|license| license.id == claims.sub) else {
                continue;
            };
            match self.fetch_code(&license, None).await {
                Ok(_) => renewed.push(product),
                Err(error) => failures.push(error),
            }
        }
        Ok((renewed, failures))
    }

    /// Whether a code on loan is half over.
    fn is_due(&self, claims: &Claims) -> bool {
        let Some(end) = claims.exp.filter(|_| claims.lease) else {
            return false;
        };
        let half = end.seconds_since(claims.iat) / 2;
        self.believed_now() >= claims.iat.plus_seconds(half)
    }

    /// How long a code on loan may wait for its renewal; `None` where the code of the product is not on loan.
    pub fn lease_pause(&self, product: &scrip_domain::ProductId) -> Option<Duration> {
        let claims = self
            .stored_claims(product)
            .ok()
            .flatten()
            .filter(|claims| claims.lease)?;
        let half = claims.exp?.seconds_since(claims.iat) / 2;
        let until = claims.iat.plus_seconds(half).seconds_since(self.believed_now());
        let seconds = u64::try_from(until).unwrap_or(0);
        Some(Duration::from_secs(seconds.clamp(LOOK_SECONDS_MIN, LOOK_SECONDS)))
    }

    /// Renews what is on loan for as long as it is polled: the heartbeat of a program that stays open.
    pub async fn keep_leases(&self) {
        loop {
            let pauses = self.coded();
            let next = pauses.iter().filter_map(|product| self.lease_pause(product)).min();
            tokio::time::sleep(next.unwrap_or(Duration::from_secs(LOOK_SECONDS))).await;
            if self.stored_session().is_ok_and(|session| session.is_none()) {
                continue;
            }
            match self.renew_leases().await {
                Ok((renewed, failures)) => {
                    for error in failures {
                        tracing::info!(%error, "what is on loan is renewed later");
                    }
                    if !renewed.is_empty() {
                        self.tell(Event::LibraryChanged);
                    }
                }
                Err(error) => tracing::info!(%error, "what is on loan is renewed later"),
            }
        }
    }

    /// What the vendor tells the person: what it says now, or what is stored here where it does not answer.
    pub async fn notices_view(&self, args: NoticesArgs) -> Result<NoticesView, Error> {
        let asked = tokio::time::timeout(VIEW_PATIENCE, self.refresh_notices()).await;
        if let Ok(Err(error)) = asked
            && !error.is_offline()
        {
            return Err(error);
        }
        let mut stored = self.stored_notices()?;
        let view = stored.view();
        if args.seen && view.unseen > 0 {
            stored.seen_until = stored.items.iter().map(|notice| notice.created_at).max();
            state::write(&self.notices_file(), &stored)?;
            self.tell(Event::NoticesChanged { unseen: 0 });
        }
        Ok(view)
    }

    async fn refresh_notices(&self) -> Result<(), Error> {
        self.require_session().await?;
        let page = self.noted(self.client.notices().await).await?;
        let mut stored = self.stored_notices()?;
        let before = stored.view().unseen;
        stored.items = page.items;
        stored.items.truncate(NOTICES_MAX);
        state::write(&self.notices_file(), &stored)?;
        let unseen = stored.view().unseen;
        if unseen != before {
            self.tell(Event::NoticesChanged { unseen });
        }
        Ok(())
    }

    /// Removes what the vendor told one person.
    pub(crate) fn forget_notices(&self) -> Result<(), Error> {
        state::remove(&self.notices_file())
    }

    fn stored_notices(&self) -> Result<StoredNotices, Error> {
        Ok(state::read(&self.notices_file())?.unwrap_or_default())
    }

    fn notices_file(&self) -> PathBuf {
        self.folder.join("notices.json")
    }

    /// Notes that the vendor answered a request of this computer at a time that it signed.
    pub(crate) fn note_bundle_time(&self, at: Timestamp) -> Result<(), Error> {
        self.correct_clock(Floor::new(at, Evidence::Bundle)).map(|_| ())
    }
}

/// What became of a report.
#[derive(Default)]
pub(crate) struct Report {
    usage: Usage,
    findings: Vec<scrip_api::Finding>,
    fresh: bool,
    failure: Option<Failure>,
}
