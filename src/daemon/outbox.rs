//! Rows of the outbox leave from here, once the batch that made them is durable.
//!
//! It reads the store and not the view: nothing that could still be lost is sent. What a server
//! said goes to the decider as an event.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::daemon::casework::Casework;
use crate::daemon::clock::Clock;
use crate::daemon::ended;
use crate::daemon::ledger::Ledger;
use crate::daemon::records::{self, Due, OutboxRow};
use crate::daemon::texts::Texts;
use crate::desk::Desk;
use crate::notice::Renderer;
use crate::store::{Keyspace, Range, Store, StoreError, record};
use crate::submit::{Outcome, Parcel, Submit};
use crate::ticket::Notice;
use crate::ticket::event::{SubmitOutcome, Submitted};
use crate::types::OutboxId;

/// Rows that are under way at once.
const UNDER_WAY_MAX: usize = 32;
/// Rows that are read at once.
const ROWS_MAX: usize = 256;

/// Rows that were taken at the time they were due, until the store has them no longer so: what a
/// server said may be known long before it is durable, and a row must not leave twice meanwhile.
type Taken = BTreeSet<(Timestamp, OutboxId)>;

/// Sends what is due.
#[derive(Debug)]
pub struct Outbox<S: Store> {
    /// The store itself.
    pub store: S,
    /// The books, for what a decision about a row reads.
    pub ledger: Ledger<S>,
    /// Settings, people, queues as they are.
    pub desk: watch::Receiver<Option<Arc<Desk>>>,
    /// Words of messages.
    pub texts: Texts,
    /// Texts of notices.
    pub renderer: Arc<Renderer>,
    /// The way out.
    pub submit: Submit,
    /// Time.
    pub clock: Clock,
    /// Told when rows became durable.
    pub rows: Arc<Notify>,
    /// Where what a server said goes.
    pub submitted: mpsc::Sender<Submitted>,
    /// How many rows are under way.
    pub under_way: Arc<AtomicUsize>,
}

impl<S: Store> Outbox<S> {
    /// Sends until `closing` is set; what is under way is finished.
    ///
    /// # Errors
    /// What the store says.
    pub async fn run(self, mut closing: watch::Receiver<bool>) -> Result<(), StoreError> {
        let outbox = Arc::new(self);
        let slots = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        let mut taken = Taken::new();
        loop {
            let (due, next_at) = outbox.due(&mut taken).await?;
            let is_more = due.len() >= ROWS_MAX;
            for (id, row) in due {
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
                if *closing.borrow() {
                    break;
                }
                outbox.under_way.fetch_add(1, Ordering::AcqRel);
                tokio::spawn(Arc::clone(&outbox).leave(id, row, slot));
            }
            tokio::select! {
                () = ended(&mut closing) => break,
                () = std::future::ready(()), if is_more => {},
                () = outbox.rows.notified() => {},
                () = outbox.clock.wait_until(next_at) => {},
            }
        }
        let every = u32::try_from(UNDER_WAY_MAX).unwrap_or(u32::MAX);
        match slots.acquire_many(every).await {
            Ok(_all) => Ok(()),
            Err(closed) => Err(StoreError::Poisoned(closed.to_string())),
        }
    }

    /// One row on its way.
    async fn leave(self: Arc<Self>, id: OutboxId, row: OutboxRow, slot: OwnedSemaphorePermit) {
        self.send(id, row).await;
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        drop(slot);
    }

    /// Rows that are due and not taken yet, which they are from now on, and when the next is.
    async fn due(
        &self,
        taken: &mut Taken,
    ) -> Result<(Vec<(OutboxId, OutboxRow)>, Option<Timestamp>), StoreError> {
        let now = self.clock.now();
        let from = [records::DUE_ROWS];
        let to = records::behind(&from);
        let limit = ROWS_MAX + taken.len();
        let range = Range { from: &from, to: &to, limit, reverse: false };
        let found = self.store.scan(Keyspace::Due, range).await?;
        if found.len() < limit {
            let keys = found.iter().filter_map(|(key, _)| records::read_due(key));
            let still: BTreeSet<(Timestamp, OutboxId)> = keys
                .filter_map(|(at, due)| match due {
                    Due::Row(id) => Some((at, id)),
                    Due::Timer(_) => None,
                })
                .collect();
            taken.retain(|row| still.contains(row));
        }
        let mut rows = Vec::new();
        for (key, _) in found {
            let Some((at, Due::Row(id))) = records::read_due(&key) else { continue };
            if at > now {
                return Ok((rows, Some(at)));
            }
            if !taken.insert((at, id)) {
                continue;
            }
            let value = self.store.get(Keyspace::Outbox, &records::outbox(id)).await?;
            if let Some(value) = value {
                rows.push((id, record::decode::<OutboxRow>(&value)?.record));
            }
        }
        Ok((rows, None))
    }

    async fn send(&self, id: OutboxId, row: OutboxRow) {
        let attempts = row.attempts + 1;
        let notice = row.notice;
        let outcome = match self.prepare(&notice).await {
            Ok(Ok(parcel)) => outcome(self.submit.submit(parcel).await),
            Ok(Err(why)) => SubmitOutcome::Dropped(why.to_owned()),
            Err(error) => SubmitOutcome::Transient(error.to_string()),
        };
        let submitted = Submitted { id, notice, attempts, outcome };
        if self.submitted.send(submitted).await.is_err() {
            tracing::debug!(%id, "the decider is gone; the row is sent again at the next start");
        }
    }

    async fn prepare(&self, notice: &Notice) -> Result<Result<Parcel, &'static str>, StoreError> {
        let Some(desk) = self.desk.borrow().clone() else {
            return Err(StoreError::Damaged("the register is not read yet".into()));
        };
        let casework = Casework {
            desk: &desk,
            ledger: &self.ledger,
            texts: &self.texts,
            renderer: &self.renderer,
        };
        casework.parcel(notice, self.clock.now()).await
    }
}

fn outcome(outcome: Outcome) -> SubmitOutcome {
    match outcome {
        Outcome::Sent(said) => SubmitOutcome::Sent(said),
        Outcome::Transient(said) => SubmitOutcome::Transient(said),
        Outcome::Permanent { status, diagnostic } => SubmitOutcome::Permanent(status, diagnostic),
        Outcome::RefusedSender { diagnostic } => SubmitOutcome::RefusedSender(diagnostic),
        Outcome::Uncertain(said) => SubmitOutcome::Uncertain(said),
    }
}
