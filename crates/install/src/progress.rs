//! How a running operation is watched and stopped.

use std::sync::Arc;

use scrip_domain::ProductId;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// How far an operation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Progress {
    /// The product that is installed; none while a file is only fetched.
    pub product: Option<ProductId>,
    /// What is being done.
    pub phase: Phase,
    /// Bytes done in this phase.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub done_bytes: u64,
    /// Bytes to do in this phase.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub total_bytes: u64,
}

/// What an operation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// What an earlier download left is read again.
    Checking,
    /// Bytes arrive and are verified.
    Downloading,
    /// The verified file is unpacked or handed to the package manager.
    Installing,
    /// The receipt is durable.
    Done,
}

/// The eye and the brake of one operation. Clones share both.
#[derive(Clone)]
pub struct Watch {
    cancel: CancellationToken,
    report: Arc<dyn Fn(Progress) + Send + Sync>,
    product: Option<ProductId>,
}

impl Watch {
    /// Calls `report` as the operation advances, at most once for each 512 KiB; stops soon after `cancel` is cancelled.
    pub fn new(cancel: CancellationToken, report: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self {
            cancel,
            report: Arc::new(report),
            product: None,
        }
    }

    /// Watches nothing and never stops.
    pub fn none() -> Self {
        Self::new(CancellationToken::new(), |_| {})
    }

    pub(crate) fn of(&self, product: &ProductId) -> Self {
        Self {
            product: Some(product.clone()),
            ..self.clone()
        }
    }

    pub(crate) fn report(&self, phase: Phase, done_bytes: u64, total_bytes: u64) {
        (self.report)(Progress {
            product: self.product.clone(),
            phase,
            done_bytes,
            total_bytes,
        });
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    pub(crate) async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }
}
