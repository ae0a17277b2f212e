//! What this computer believes of the time, and the way out where its clock was wrong.

use scrip_api::RecoveryRequest;
use scrip_licensing::armor::{self, Label};
use scrip_licensing::clock::{ALLOWANCE_SECONDS, Behind, Evidence, Floor};
use scrip_licensing::{Error as LicensingError, Recovery};

use crate::contract::{ArmoredFile, ClockView, DeviceArgs, TextArgs};
use crate::offline::short;
use crate::pictures::text_of;
use crate::{App, Error};

impl App {
    /// What the clock shows, what is believed, and what to do where they differ.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn clock_status(&self) -> Result<ClockView, Error> {
        self.look_at_clock()
    }

    /// Takes a recovery code: from then on the time that it states is believed.
    pub async fn clock_recover(&self, args: TextArgs) -> Result<ClockView, Error> {
        let recovery = self.open_recovery(&text_of(Label::Recovery, &args.text)?).await?;
        if !self.correct_clock(Floor::new(recovery.iat, Evidence::Recovery))? {
            return Err(Error::RecoveryUsed { at: recovery.iat });
        }
        self.forget_judges();
        self.tell(crate::contract::Event::LibraryChanged);
        self.look_at_clock()
    }

    /// Reads a recovery code for this computer; changes nothing.
    pub(crate) async fn open_recovery(&self, text: &str) -> Result<Recovery, Error> {
        let trusted = self.trusted()?.ok_or(Error::KeysUnknown)?;
        let device = self.device_key().await?.thumbprint();
        Ok(Recovery::open(text, &trusted.keys.iss, &trusted.key_set, device)?)
    }

    /// The recovery code of a computer of the account, as a file to carry there.
    pub async fn clock_recovery_code(&self, args: DeviceArgs) -> Result<ArmoredFile, Error> {
        self.require_session().await?;
        let request = RecoveryRequest { device: args.device };
        let signed = self.noted(self.client.recovery(&request).await).await?.statement;
        Ok(ArmoredFile {
            file_name: format!("scrip-recovery-{}.txt", short(args.device.0)),
            text: armor::write_one(Label::Recovery, signed.trim()),
        })
    }

    fn look_at_clock(&self) -> Result<ClockView, Error> {
        let floors = self.known_floors()?;
        let shows = self.machine.time.read().wall;
        let (believed, behind, refused) = match self.guard.look(&floors) {
            Ok(ruling) => (ruling.now, ruling.behind, false),
            Err(LicensingError::ClockBehind(behind)) => (behind.evidence.time, Some(behind), true),
            Err(error) => return Err(error.into()),
        };
        let certain = self.guard.state().trusted;
        let sentences = match &behind {
            None => right(certain),
            Some(behind) => wrong(behind, refused),
        };
        Ok(ClockView {
            shows,
            believed,
            right: behind.is_none(),
            refused,
            certain: behind.map(|behind| behind.evidence).or(certain).map(|floor| floor.time),
            evidence: behind
                .map(|behind| behind.evidence)
                .or(certain)
                .map(|floor| floor.evidence.to_string()),
            since: behind.map(|behind| behind.since),
            left_seconds: behind.map(|behind| behind.left_seconds),
            sentences,
            ways_out: behind.map(|behind| behind.ways_out()).unwrap_or_default(),
        })
    }
}

fn right(certain: Option<Floor>) -> Vec<String> {
    let mut sentences = vec!["This computer's clock may be right: nothing that is known lies ahead of it.".to_owned()];
    sentences.extend(certain.map(|floor| {
        format!(
            "The latest time that is certain is {}, by {}.",
            floor.time, floor.evidence
        )
    }));
    sentences
}

fn wrong(behind: &Behind, refused: bool) -> Vec<String> {
    let what = behind.to_string();
    let mut first = what.chars();
    let what = first
        .next()
        .map(|letter| letter.to_uppercase().chain(first).collect::<String>())
        .unwrap_or_default();
    let allowed = ALLOWANCE_SECONDS / 3600;
    let then = if refused {
        format!("Programs that are rented by time have run {allowed} hours so and do not run any more.")
    } else {
        let hours = behind.left_seconds / 3600;
        format!("Programs that are rented by time run for {hours} of {allowed} hours more.")
    };
    let rest = "What is owned runs on, as does what is rented by uses or processings alone.".to_owned();
    vec![format!("{what}."), then, rest]
}
