//! Batches on their way to the disk, awaited in the order in which they were handed over.
//!
//! Deliberately absent: what is done when one fails (`serve`).

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc};

use crate::daemon::errand::Errands;
use crate::daemon::ledger::Loaded;
use crate::daemon::program::Programs;
use crate::daemon::progress::Progress;
use crate::daemon::search::Indexer;
use crate::store::StoreError;
use crate::ticket::effect::{Errand, RunOrder};
use crate::ticket::{Effect, Event};

type Durable = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// A batch on its way to the disk.
pub(crate) struct Settling {
    /// Says when it is durable.
    pub(crate) durable: Durable,
    /// Whether the outbox has something to look at then.
    pub(crate) has_rows: bool,
    /// What is to be started then.
    pub(crate) runs: Vec<RunOrder>,
    /// The errands that begin then.
    pub(crate) errands: Vec<Errand>,
    /// What it was decided on.
    pub(crate) spent: Option<Spent>,
    /// Its place among those that may be on their way.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// What was decided on and is no longer needed: freed where it delays no decision, because to free
/// a message of many parts takes as long as to look one up.
#[expect(dead_code, reason = "most of it is only dropped")]
pub(crate) struct Spent {
    pub(crate) event: Event,
    pub(crate) effects: Vec<Effect>,
    pub(crate) loaded: Loaded,
}

impl Spent {
    /// The programs that are to be started because of it.
    pub(crate) fn runs(&self) -> Vec<RunOrder> {
        let order = |effect: &Effect| {
            if let Effect::Run(order) = effect { Some((**order).clone()) } else { None }
        };
        self.effects.iter().filter_map(order).collect()
    }

    /// The errands that begin because of it.
    pub(crate) fn errands(&self) -> Vec<Errand> {
        let errand = |effect: &Effect| {
            if let Effect::Errand(errand) = effect { Some((**errand).clone()) } else { None }
        };
        self.effects.iter().filter_map(errand).collect()
    }
}

/// Awaits batches until one fails or none comes any more.
pub(crate) async fn settle(
    mut batches: mpsc::UnboundedReceiver<Settling>,
    progress: Arc<Progress>,
    (rows, (programs, runners), indexer): (Arc<Notify>, (Programs, Errands), Option<Indexer>),
    failed: mpsc::Sender<StoreError>,
) {
    while let Some(settling) = batches.recv().await {
        let Settling { durable, has_rows, runs, errands, spent, permit } = settling;
        if let Err(error) = durable.await {
            if failed.send(error).await.is_err() {
                tracing::debug!("nobody waits for failures any more");
            }
            return;
        }
        progress.durable.fetch_add(1, Ordering::AcqRel);
        progress.changed.notify_waiters();
        if has_rows {
            rows.notify_one();
        }
        runs.into_iter().for_each(|order| programs.start(order));
        errands.into_iter().for_each(|errand| runners.start(errand));
        if let (Some(indexer), Some(spent)) = (&indexer, spent) {
            indexer.note(spent.event, &spent.effects);
        }
        drop(permit);
    }
}

impl fmt::Debug for Settling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settling").field("has_rows", &self.has_rows).finish_non_exhaustive()
    }
}
