//! The one door to everything that this crate does.

use std::path::PathBuf;
use std::sync::Arc;

use scrip_domain::{ArtifactKind, Clock, IdSource, ProductId, SystemClock, SystemIds};
use tokio::task::spawn_blocking;

use crate::commands::{Commands, SystemCommands};
use crate::journal::Journal;
use crate::lock::Lock;
use crate::{
    Artifact, ArtifactSource, Condition, Error, Installed, Paths, Phase, Receipt, Request, Retry, Watch, batch, fetch,
    package, receipt, recovery, removal, system,
};

/// Installs, removes and lists programs under one pair of folders. Clones share their queue: one operation changes
/// programs at a time, the others wait; another process is told `install.busy`.
#[derive(Clone)]
pub struct Installer {
    pub(crate) paths: Paths,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) commands: Arc<dyn Commands>,
    retry: Retry,
    queue: Arc<tokio::sync::Mutex<()>>,
    #[cfg(test)]
    pub(crate) crash_at: crate::tests::CrashAt,
}

/// What an installation would need, before anything is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Bytes that are still to be downloaded.
    pub download_bytes: u64,
    /// Bytes of an earlier download that need not come again.
    pub here_bytes: u64,
    /// Whether the person will be asked for an administrator's password.
    pub asks_permission: bool,
}

/// What became of an operation that had been interrupted.
#[derive(Debug)]
pub struct Recovered {
    /// The product; none for a record that could not be read.
    pub product: Option<ProductId>,
    /// What was done about it.
    pub outcome: Outcome,
}

/// How an interrupted operation was settled.
#[derive(Debug)]
pub enum Outcome {
    /// It was completed.
    Completed,
    /// It was taken back: everything is as before it began.
    TakenBack,
    /// It could not be settled now and is tried again at the next operation.
    Failed(Error),
    /// Its record could not be understood and was set aside in this file.
    SetAside(PathBuf),
}

impl Installer {
    /// An installer for `paths`, with the system's clock, ids and commands.
    pub fn new(paths: Paths) -> Self {
        Self {
            paths,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds::default()),
            commands: Arc::new(SystemCommands),
            retry: Retry::default(),
            queue: Arc::default(),
            #[cfg(test)]
            crash_at: crate::tests::CrashAt::default(),
        }
    }

    /// Takes the time from `clock` instead.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Takes new ids from `ids` instead.
    pub fn with_ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// Runs the package manager through `commands` instead.
    pub fn with_commands(mut self, commands: Arc<dyn Commands>) -> Self {
        self.commands = commands;
        self
    }

    /// Tries broken downloads again as `retry` says.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// What installing `artifact` would need. Refuses what could never be installed here.
    pub fn plan(&self, artifact: &Artifact) -> Result<Plan, Error> {
        artifact.check()?;
        let here_bytes = fetch::bytes_here(&self.paths, artifact);
        let asks_permission = artifact.kind == ArtifactKind::Deb && !system::is_root();
        Ok(Plan {
            download_bytes: artifact.size - here_bytes,
            here_bytes,
            asks_permission,
        })
    }

    /// Downloads and verifies `artifact`, continuing an earlier download; answers where the verified file lies.
    pub async fn fetch(
        &self,
        artifact: &Artifact,
        source: &dyn ArtifactSource,
        watch: &Watch,
    ) -> Result<PathBuf, Error> {
        fetch::fetch(&self.paths, artifact, source, self.retry, watch).await
    }

    /// Downloads, verifies and installs one program. The receipt that is answered is durable.
    pub async fn install(&self, request: Request, watch: &Watch) -> Result<Receipt, Error> {
        let mut results = self.install_batch(vec![request], watch).await;
        results.pop().unwrap_or(Err(Error::BrokenOff {
            operation: "the installation",
        }))
    }

    /// Installs several programs and asks for permission once at most; answers in the order of `requests`.
    ///
    /// Once begun, the installation of a verified file runs to its end even when the caller stops waiting.
    pub async fn install_batch(&self, requests: Vec<Request>, watch: &Watch) -> Vec<Result<Receipt, Error>> {
        let count = requests.len();
        let mut fetched = Vec::with_capacity(count);
        for request in requests {
            let watch = watch.of(&request.program.product);
            let file = self.fetch(&request.artifact, request.source.as_ref(), &watch).await;
            fetched.push(file.map(|file| batch::Job {
                program: request.program,
                artifact: request.artifact,
                file,
                watch,
            }));
        }
        let begun = |installer: &Self| Ok(batch::install_all(installer, fetched));
        match self.alone("the installation", begun).await {
            Ok(results) => results,
            Err(error) => batch::same_for_all(&error, count),
        }
    }

    /// Removes what was installed for `product`; answers the receipt that is no more.
    pub async fn uninstall(&self, product: &ProductId) -> Result<Receipt, Error> {
        let product = product.clone();
        self.alone("the removal", move |installer| {
            if let Some(error) = recovery::failures(recovery::settle_all(installer)?).remove(&product) {
                return Err(error);
            }
            removal::uninstall(installer, &product)
        })
        .await
    }

    /// Completes or takes back every operation that was interrupted. To be called at every start.
    pub async fn recover(&self) -> Result<Vec<Recovered>, Error> {
        self.alone("the recovery", recovery::settle_all).await
    }

    /// What was installed, by product, each with what is left of it.
    pub async fn receipts(&self) -> Result<Vec<Installed>, Error> {
        let installer = self.clone();
        let listed = spawn_blocking(move || installer.list());
        listed.await.map_err(|_| Error::BrokenOff {
            operation: "the listing",
        })?
    }

    /// Removes every download that nobody works on; answers how many bytes that freed.
    pub async fn clear_downloads(&self) -> Result<u64, Error> {
        self.alone("the clearing of downloads", |installer| {
            removal::clear_downloads(&installer.paths)
        })
        .await
    }

    fn list(&self) -> Result<Vec<Installed>, Error> {
        let receipts = receipt::all(&self.paths)?;
        let names: Vec<_> = receipts
            .iter()
            .filter_map(|receipt| receipt.package.as_ref())
            .map(|p| &*p.name)
            .collect();
        let packages = package::query(self.commands.as_ref(), &names)?;
        let inspect = |receipt: Receipt| {
            let condition = match &receipt.package {
                Some(package) => package.condition(&packages),
                None => files_condition(&receipt),
            };
            Installed { receipt, condition }
        };
        Ok(receipts.into_iter().map(inspect).collect())
    }

    /// Does `work` on a blocking thread, while nothing else changes programs.
    async fn alone<T: Send + 'static>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = self.queue.clone().lock_owned().await;
        let installer = self.clone();
        let done = spawn_blocking(move || {
            let _turn = turn;
            let _lock = Lock::take(&installer.paths.lock())?;
            work(&installer)
        });
        done.await.map_err(|_| Error::BrokenOff { operation })?
    }

    pub(crate) fn journal(&self) -> Journal {
        Journal(self.paths.journal())
    }

    /// Marks a step behind which a crash is simulated in tests.
    #[inline]
    pub(crate) fn reached(&self, step: &'static str) {
        tracing::trace!(state = %self.paths.state.display(), step, "reached");
        #[cfg(test)]
        self.crash_at.reached(step);
    }
}

fn files_condition(receipt: &Receipt) -> Condition {
    // The program itself decides: a person who deleted only its menu entry still has it.
    let program = receipt
        .launch
        .iter()
        .filter_map(|launch| launch.command.first())
        .map(PathBuf::from);
    let missing: Vec<_> = program
        .filter(|path| !path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if missing.is_empty() {
        Condition::Whole
    } else {
        Condition::Missing { missing }
    }
}

/// Tells a watcher that a program's receipt is durable.
pub(crate) fn announce(watch: &Watch, receipt: &Receipt) {
    watch.report(Phase::Done, receipt.size, receipt.size);
}
