//! What a person does with a license: try, pause, end, renew, give away; and who has its seats.

use scrip_api::{
    EndQuote, EndRequest, Ended, LicenseView, ReleaseRequest, RenewalRequest, StopRequest, Surrender, TransferRequest,
    Transferred, TrialRequest, UsageReport,
};
use scrip_domain::{Email, ProductId};
use scrip_licensing::Claims;

use crate::contract::{EndArgs, Event, ProductArgs, ReleaseArgs, RenewalArgs, SeatsView, TransferArgs, UsageArgs};
use crate::{App, Error};

/// The most days of one report of use.
const USAGE_DAYS_MAX: u32 = 366;

impl App {
    /// Begins the free trial of a product on this computer.
    pub async fn trial_start(&self, args: ProductArgs) -> Result<LicenseView, Error> {
        let device = self.require_device().await?;
        let request = TrialRequest {
            product: args.product,
            device: device.id,
        };
        let license = self.noted(self.client.start_trial(&request).await).await?;
        self.license_changed(&license);
        // The code comes with the program too; where it does not come now, the trial has begun all the same.
        if let Err(error) = self.fetch_code(&license, Some(false)).await {
            tracing::info!(%error, product = %license.product, "the code of the trial is fetched later");
        }
        Ok(license)
    }

    /// Stops the time of a rental. This computer gives its code back; others must have done so before.
    pub async fn license_pause(&self, args: ProductArgs) -> Result<LicenseView, Error> {
        let license = self.license_for(&args.product).await?;
        let request = StopRequest {
            surrender: self.give_back(&license).await?,
        };
        let answer = self.client.pause(license.id, &request).await;
        let paused = self.settled(&license, request.surrender.is_some(), answer).await?;
        self.license_changed(&paused);
        Ok(paused)
    }

    /// Lets the time of a paused rental go on, and fetches the code for this computer again.
    pub async fn license_resume(&self, args: ProductArgs) -> Result<LicenseView, Error> {
        let license = self.license_for(&args.product).await?;
        let resumed = self.noted(self.client.resume(license.id).await).await?;
        self.license_changed(&resumed);
        if let Err(error) = self.fetch_code(&resumed, None).await {
            tracing::info!(%error, product = %resumed.product, "the code is fetched later");
        }
        Ok(resumed)
    }

    /// What ending a rental now would give back. Changes nothing; what was used is reported first, so that it counts.
    pub async fn license_end_quote(&self, args: ProductArgs) -> Result<EndQuote, Error> {
        let license = self.license_for(&args.product).await?;
        if let Err(error) = self.report(&license).await {
            tracing::info!(%error, "the journal is reported later");
        }
        self.noted(self.client.end_quote(license.id).await).await
    }

    /// Ends a rental early, for at least what the quote said.
    pub async fn license_end(&self, args: EndArgs) -> Result<Ended, Error> {
        let command = args.command.parse()?;
        let license = self.license_for(&args.product).await?;
        let request = EndRequest {
            at_least: args.at_least,
            surrender: self.give_back(&license).await?,
        };
        let answer = self.client.end(license.id, &request, command).await;
        let ended = self.settled(&license, request.surrender.is_some(), answer).await?;
        self.note_balance(ended.balance_after)?;
        self.license_changed(&ended.license);
        Ok(ended)
    }

    /// Lets a rental extend itself, up to a sum in all.
    pub async fn license_renewal_set(&self, args: RenewalArgs) -> Result<LicenseView, Error> {
        let license = self.license_for(&args.product).await?;
        let request = RenewalRequest {
            offer: args.offer,
            cap: args.cap,
        };
        let license = self.noted(self.client.set_renewal(license.id, &request).await).await?;
        self.license_changed(&license);
        Ok(license)
    }

    /// Lets a rental run out.
    pub async fn license_renewal_remove(&self, args: ProductArgs) -> Result<LicenseView, Error> {
        let license = self.license_for(&args.product).await?;
        let license = self.noted(self.client.remove_renewal(license.id).await).await?;
        self.license_changed(&license);
        Ok(license)
    }

    /// Gives a license to another account, with what is paid toward owning it.
    pub async fn license_transfer(&self, args: TransferArgs) -> Result<Transferred, Error> {
        let command = args.command.parse()?;
        let to: Email = args.to.parse()?;
        let license = self.license_for(&args.product).await?;
        let request = TransferRequest {
            to: to.to_string(),
            surrender: self.give_back(&license).await?,
        };
        let answer = self.client.transfer(license.id, &request, command).await;
        let transferred = self.settled(&license, request.surrender.is_some(), answer).await?;
        if let Err(error) = self.library_refresh().await {
            tracing::info!(%error, "the library is asked for later");
        }
        self.tell(Event::LibraryChanged);
        Ok(transferred)
    }

    /// The seats of a license.
    pub async fn seats_view(&self, args: ProductArgs) -> Result<SeatsView, Error> {
        let license = self.license_for(&args.product).await?;
        self.seats_of(&license).await
    }

    /// Gives a seat back: that of this computer, with its journal; or that of another, whose codes are revoked.
    pub async fn seats_release(&self, args: ReleaseArgs) -> Result<SeatsView, Error> {
        let license = self.license_for(&args.product).await?;
        let seats = self.seats_of(&license).await?;
        let own = seats
            .seats
            .activations
            .iter()
            .find(|seat| seat.live && Some(seat.device) == seats.this_device);
        let asked = args.activation.or(own.map(|seat| seat.id));
        let activation = asked.ok_or_else(|| Error::SeatNotHere {
            product: license.product.clone(),
        })?;
        let surrender = if own.is_some_and(|own| own.id == activation) {
            self.give_back(&license).await?
        } else {
            None
        };
        let given_back = surrender.is_some();
        let request = ReleaseRequest {
            journal: surrender.map(|surrender| surrender.journal),
        };
        let answer = self.client.release(activation, &request).await;
        let license = self.settled(&license, given_back, answer).await?;
        self.license_changed(&license);
        self.seats_of(&license).await
    }

    /// What was used on the account's computers; what is not reported yet is reported first.
    pub async fn usage_view(&self, args: UsageArgs) -> Result<UsageReport, Error> {
        self.require_session().await?;
        for product in self.coded() {
            if let Some(license) = self.license(&product)?
                && let Err(error) = self.report(&license).await
            {
                tracing::info!(%error, %product, "the journal is reported later");
            }
        }
        let days = args.days.clamp(1, USAGE_DAYS_MAX);
        self.noted(self.client.usage(days).await).await
    }

    async fn seats_of(&self, license: &LicenseView) -> Result<SeatsView, Error> {
        let seats = self.noted(self.client.seats(license.id).await).await?;
        Ok(SeatsView {
            license: license.id,
            product: license.product.clone(),
            seats,
            this_device: self.stored_device()?.map(|device| device.id),
        })
    }

    /// Gives the code of this computer back, where it has one: from here on it is void, whatever the server answers.
    pub(crate) async fn give_back(&self, license: &LicenseView) -> Result<Option<Surrender>, Error> {
        if self.own_claims(license).is_none() {
            return Ok(None);
        }
        let device = self.require_device().await?;
        // What was counted before is reported first, so that the surrender fits one report. A fresh code may come of it.
        self.report(license).await?;
        let Some(claims) = self.own_claims(license) else {
            return Ok(None);
        };
        let journal = self.surrender(&claims).await?;
        Ok(Some(Surrender {
            device: device.id,
            journal,
        }))
    }

    /// What the stored code of a license says, where it is of this license.
    fn own_claims(&self, license: &LicenseView) -> Option<Claims> {
        let claims = self.stored_claims(&license.product).ok().flatten();
        claims.filter(|claims| claims.sub == license.id)
    }

    /// Goes on after what was to give the code back: it goes where the server agreed; where it refused, a new one is fetched.
    pub(crate) async fn settled<T>(
        &self,
        license: &LicenseView,
        given_back: bool,
        answer: Result<T, scrip_client::Error>,
    ) -> Result<T, Error> {
        let answer = self.noted(answer).await;
        if !given_back {
            return answer;
        }
        match &answer {
            Ok(_) => {
                self.remove_code(&license.product)?;
                self.change_seat(license.id, |seat| seat.activation = None)?;
                if let Err(error) = self.keep_anchors().await {
                    tracing::info!(%error, "the keyring is told later how far the journals have come");
                }
            }
            // Whether it was done is not known: the code stays away until the server is asked again.
            Err(error) if error.is_offline() => {}
            Err(_) => {
                if let Err(error) = self.fetch_code(license, None).await {
                    tracing::warn!(%error, product = %license.product, "the code was given back, and no new one came");
                }
            }
        }
        answer
    }

    /// Keeps a license as the server named it just now.
    fn license_changed(&self, license: &LicenseView) {
        if let Err(error) = self.note_license(license) {
            tracing::warn!(%error, "the license is stored with the next look at the library");
        }
        self.tell(Event::LibraryChanged);
    }

    /// The licensed product that `product` upgrades, where the person has it and not yet the new one.
    pub(crate) fn upgrade_of(&self, product: &ProductId, from: Option<&ProductId>) -> Result<Option<ProductId>, Error> {
        let Some(from) = from else { return Ok(None) };
        let has = self.license(from)?.is_some() && self.license(product)?.is_none();
        Ok(has.then(|| from.clone()))
    }
}
