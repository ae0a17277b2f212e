//! Getting a licensed program to run on this computer: only its code where it is here already, else downloaded, verified,
//! installed, found again, and then the code.
//!
//! An acquisition is written down before it begins and struck out when it ends, so that one that was killed is resumed by the
//! next start: the download continues where it stopped, and what the installer had begun is completed or taken back.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use scrip_api::{CatalogEntry, LicenseView};
use scrip_client::Client;
use scrip_domain::{DetectionRule, ProductId, Sha256};
use scrip_install::{ArtifactSource, Body, Icon, Phase, Program, Request, SourceError, Watch};
use scrip_inventory::DetectionStatus;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::contract::{AcquireArgs, Acquired, Action, Event, Failure, Plan, ProductArgs, Stage};
use crate::product::to_install;
use crate::{App, Error, state};

/// The acquisitions that wait or run.
#[derive(Default)]
pub(crate) struct Acquisitions {
    running: Mutex<HashMap<ProductId, CancellationToken>>,
    /// One at a time; the others wait in the order in which they came.
    turn: tokio::sync::Mutex<()>,
    recovered: tokio::sync::OnceCell<()>,
}

/// An acquisition that was begun.
#[derive(Serialize, Deserialize)]
struct Job {
    product: ProductId,
    update: bool,
    #[serde(default)]
    floating: bool,
}

/// Strikes an acquisition out of the list when it ends, however it ends.
struct Running<'a> {
    app: &'a App,
    product: ProductId,
    cancel: CancellationToken,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.app
            .acquisitions
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.product);
    }
}

impl App {
    /// Carries out the plan of a product that is licensed. Answers at the end; progress arrives as events.
    pub async fn acquire_start(&self, args: AcquireArgs) -> Result<Acquired, Error> {
        let running = self.begin(&args.product)?;
        self.tell_stage(&args.product, Stage::Queued, 0, 0);
        let outcome = self.acquire(&args, &running.cancel).await;
        let (stage, failure) = match &outcome {
            Ok(_) => (Stage::Done, None),
            Err(error) if scrip_domain::Coded::code(error) == scrip_domain::ErrorCode::InstallCancelled => {
                (Stage::Cancelled, None)
            }
            Err(error) => (Stage::Failed, Some(Failure::from(error))),
        };
        let bytes = outcome.as_ref().map_or(0, |acquired| acquired.downloaded_bytes);
        let product = args.product.clone();
        self.tell(Event::Progress {
            product,
            stage,
            done_bytes: bytes,
            total_bytes: bytes,
            failure,
        });
        self.tell(Event::LibraryChanged);
        outcome
    }

    /// Stops an acquisition soon. What was downloaded is kept for another time.
    #[expect(clippy::unused_async, reason = "all commands have one shape")]
    pub async fn acquire_cancel(&self, args: ProductArgs) -> Result<(), Error> {
        let running = self.acquisitions.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cancel) = running.get(&args.product) {
            cancel.cancel();
        }
        Ok(())
    }

    /// Completes or takes back installations that an earlier run left unfinished. Does so once.
    pub async fn recover_installations(&self) -> Result<(), Error> {
        let recover = async {
            for recovered in self.installer.recover().await? {
                tracing::info!(?recovered, "an interrupted installation was settled");
            }
            Ok::<(), Error>(())
        };
        self.acquisitions.recovered.get_or_try_init(|| recover).await.copied()
    }

    /// Begins again every acquisition that an earlier run left unfinished.
    pub async fn resume_acquisitions(&self) -> Result<Vec<Acquired>, Error> {
        let mut acquired = Vec::new();
        let Ok(listing) = std::fs::read_dir(self.jobs_folder()) else {
            return Ok(acquired);
        };
        let mut paths: Vec<PathBuf> = listing
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        paths.sort();
        for path in paths
            .iter()
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        {
            let Some(job) = state::read::<Job>(path)? else { continue };
            acquired.push(
                self.acquire_start(AcquireArgs {
                    product: job.product,
                    update: job.update,
                    floating: job.floating,
                })
                .await?,
            );
        }
        Ok(acquired)
    }

    fn begin(&self, product: &ProductId) -> Result<Running<'_>, Error> {
        let mut running = self.acquisitions.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.contains_key(product) {
            return Err(Error::AlreadyRunning {
                product: product.clone(),
            });
        }
        let cancel = CancellationToken::new();
        running.insert(product.clone(), cancel.clone());
        Ok(Running {
            app: self,
            product: product.clone(),
            cancel,
        })
    }

    async fn acquire(&self, args: &AcquireArgs, cancel: &CancellationToken) -> Result<Acquired, Error> {
        let product = &args.product;
        let cancelled = || Error::Cancelled {
            product: product.clone(),
        };
        let _turn = tokio::select! {
            turn = self.acquisitions.turn.lock() => turn,
            () = cancel.cancelled() => return Err(cancelled()),
        };
        let license = tokio::select! {
            license = self.license_for(product) => license?,
            () = cancel.cancelled() => return Err(cancelled()),
        };
        self.recover_installations().await?;
        let listing = self.listing(product).await?;
        let plan = self.plan_of(&listing).await?;
        let job = self.jobs_folder().join(format!("{product}.json"));
        state::write(
            &job,
            &Job {
                product: product.clone(),
                update: args.update,
                floating: args.floating,
            },
        )?;
        let outcome = self.carry_out(&listing, &license, plan, args, cancel).await;
        // Whatever became of it is known now; only a run that was killed leaves its record.
        state::remove(&job)?;
        outcome
    }

    async fn carry_out(
        &self,
        listing: &CatalogEntry,
        license: &LicenseView,
        plan: Plan,
        args: &AcquireArgs,
        cancel: &CancellationToken,
    ) -> Result<Acquired, Error> {
        let product = &listing.id;
        let installs = match plan.action {
            Action::Install => true,
            Action::Update => args.update,
            Action::Authorize => false,
        };
        let mut acquired = Acquired {
            product: product.clone(),
            action: if installs { plan.action } else { Action::Authorize },
            downloaded_bytes: 0,
            version: plan.detection.version.clone(),
            evidence: plan.evidence.clone(),
        };
        if installs {
            acquired.downloaded_bytes = self.install(listing, plan, cancel).await?;
            self.tell_stage(
                product,
                Stage::Detecting,
                acquired.downloaded_bytes,
                acquired.downloaded_bytes,
            );
            let found = self.plan_of(listing).await?;
            if found.detection.status == DetectionStatus::Absent {
                return Err(Error::NotDetected {
                    product: product.clone(),
                });
            }
            acquired.version = found.detection.version;
            acquired.evidence = found.evidence;
        }
        self.tell_stage(
            product,
            Stage::Authorizing,
            acquired.downloaded_bytes,
            acquired.downloaded_bytes,
        );
        match self.fetch_code(license, args.floating.then_some(true)).await {
            Ok(_) => {}
            // A stored code that holds serves as well as a new one.
            Err(Error::Client(error)) if error.is_offline() && self.authorized(product) => {}
            Err(error) => return Err(error),
        }
        if let Err(error) = self.settle_run_entry(product).await {
            tracing::info!(%error, %product, "there is no menu entry that counts its uses");
        }
        Ok(acquired)
    }

    /// Downloads, verifies and installs; answers how many bytes came.
    async fn install(&self, listing: &CatalogEntry, plan: Plan, cancel: &CancellationToken) -> Result<u64, Error> {
        let Some(artifact) = plan.artifact.as_ref() else {
            let platform = scrip_domain::Platform::current();
            return Err(Error::NoArtifact {
                product: listing.id.clone(),
                platform,
            });
        };
        let artifact = to_install(artifact);
        let needed = self.installer.plan(&artifact)?;
        let source = Arc::new(VendorSource {
            client: self.client.clone(),
            sha256: artifact.sha256,
        });
        let request = Request {
            program: self.program(listing).await,
            artifact,
            source,
        };
        let (events, product) = (self.event_sender(), listing.id.clone());
        let watch = Watch::new(cancel.clone(), move |progress| {
            let stage = match progress.phase {
                Phase::Checking => Stage::Verifying,
                Phase::Downloading => Stage::Downloading,
                Phase::Installing | Phase::Done => Stage::Installing,
            };
            let (done_bytes, total_bytes) = (progress.done_bytes, progress.total_bytes);
            // Nobody may be listening.
            drop(events.send(Event::Progress {
                product: product.clone(),
                stage,
                done_bytes,
                total_bytes,
                failure: None,
            }));
        });
        self.installer.install(request, &watch).await?;
        Ok(needed.download_bytes)
    }

    /// The program as menus show it.
    async fn program(&self, listing: &CatalogEntry) -> Program {
        let mut program = Program::new(listing.id.clone(), &listing.name);
        program.summary.clone_from(&listing.summary);
        program.categories.clone_from(&listing.categories);
        for rule in &listing.detection {
            match rule {
                DetectionRule::Package { name } => program.package = program.package.or_else(|| Some(name.clone())),
                DetectionRule::Executable { name } => program.binary = program.binary.or_else(|| Some(name.clone())),
                _ => {}
            }
        }
        if let Some(digest) = listing.icon {
            match self.icon(digest).await {
                Ok(bytes) => program.icon = Some(Icon::Bytes(bytes)),
                Err(error) => tracing::info!(%error, "the menu entry stays without an icon"),
            }
        }
        program
    }

    fn tell_stage(&self, product: &ProductId, stage: Stage, done_bytes: u64, total_bytes: u64) {
        self.tell(Event::Progress {
            product: product.clone(),
            stage,
            done_bytes,
            total_bytes,
            failure: None,
        });
    }

    fn jobs_folder(&self) -> PathBuf {
        self.folder.join("jobs")
    }
}

/// The vendor's server as a source of an artifact's bytes.
struct VendorSource {
    client: Arc<Client>,
    sha256: Sha256,
}

impl ArtifactSource for VendorSource {
    fn open(&self, offset: u64) -> BoxFuture<'_, Result<Body, SourceError>> {
        Box::pin(async move {
            let body = self.client.artifact(&self.sha256, offset).await.map_err(source_error)?;
            let stream = body.stream.map(|chunk| chunk.map_err(source_error));
            Ok(Body {
                start: body.start,
                total: body.total,
                stream: Box::pin(stream),
            })
        })
    }
}

fn source_error(error: scrip_client::Error) -> SourceError {
    if error.is_transient() {
        SourceError::transient(error)
    } else {
        SourceError::fatal(error)
    }
}
