//! Rows of the outbox leave from here, once the batch that made them is durable.
//!
//! It reads the store and not the view: nothing that could still be lost is sent. What a server
//! said goes to the decider as an event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::daemon::clock::Clock;
use crate::daemon::ended;
use crate::daemon::ledger::Ledger;
use crate::daemon::records::{self, Due, OutboxRow};
use crate::daemon::texts::Texts;
use crate::desk::Desk;
use crate::mail::compose;
use crate::notice::{self, Renderer};
use crate::store::{Keyspace, Range, Store, StoreError, record};
use crate::submit::{Outcome, Parcel, Submit};
use crate::ticket::event::{SubmitOutcome, Submitted};
use crate::ticket::{Case, Notice};
use crate::types::OutboxId;

/// Rows that are under way at once.
const UNDER_WAY_MAX: usize = 32;
/// Rows that are read at once.
const ROWS_MAX: usize = 256;

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
        let (done, mut finished) = mpsc::unbounded_channel();
        let mut taken = Taken::default();
        loop {
            while let Ok(id) = finished.try_recv() {
                taken.settling.insert(id);
            }
            let (due, next_at) = outbox.due(&mut taken).await?;
            for (at, id, row) in due {
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
                if *closing.borrow() {
                    break;
                }
                taken.due.insert(id, at);
                outbox.under_way.fetch_add(1, Ordering::AcqRel);
                tokio::spawn(Arc::clone(&outbox).leave(id, row, slot, done.clone()));
            }
            tokio::select! {
                () = ended(&mut closing) => break,
                () = outbox.rows.notified() => {},
                Some(id) = finished.recv() => { taken.settling.insert(id); },
                () = outbox.clock.wait_until(next_at) => {},
            }
        }
        let every = u32::try_from(UNDER_WAY_MAX).unwrap_or(u32::MAX);
        match slots.acquire_many(every).await {
            Ok(_all) => Ok(()),
            Err(closed) => Err(StoreError::Poisoned(closed.to_string())),
        }
    }

    /// One row on its way, and the word that it is no longer under way.
    async fn leave(
        self: Arc<Self>,
        id: OutboxId,
        row: OutboxRow,
        slot: OwnedSemaphorePermit,
        done: mpsc::UnboundedSender<OutboxId>,
    ) {
        self.send(id, row).await;
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        drop(slot);
        if done.send(id).is_err() {
            tracing::debug!("the outbox is closed");
        }
    }

    /// Rows that are due and not taken, and when the next is.
    async fn due(&self, taken: &mut Taken) -> Result<(DueRows, Option<Timestamp>), StoreError> {
        let now = self.clock.now();
        let from = [records::DUE_ROWS];
        let to = records::behind(&from);
        let limit = ROWS_MAX + taken.due.len();
        let range = Range { from: &from, to: &to, limit, reverse: false };
        let found = self.store.scan(Keyspace::Due, range).await?;
        let is_whole = found.len() < limit;
        let found = found.iter().filter_map(|(key, _)| match records::read_due(key)? {
            (at, Due::Row(id)) => Some((at, id)),
            (_, Due::Timer(_)) => None,
        });
        let found: Vec<(Timestamp, OutboxId)> = found.collect();
        taken.forget_settled(&found, is_whole);
        let mut rows = Vec::new();
        for (at, id) in found {
            if taken.due.contains_key(&id) {
                continue;
            }
            if at > now {
                return Ok((rows, Some(at)));
            }
            let value = self.store.get(Keyspace::Outbox, &records::outbox(id)).await?;
            if let Some(value) = value {
                rows.push((at, id, record::decode::<OutboxRow>(&value)?.record));
            }
        }
        Ok((rows, None))
    }

    async fn send(&self, id: OutboxId, row: OutboxRow) {
        let attempts = row.attempts + 1;
        let notice = row.notice;
        let outcome = match self.prepare(&notice).await {
            Ok(Prepared::Parcel(parcel)) => outcome(self.submit.submit(parcel).await),
            Ok(Prepared::Dropped(why)) => SubmitOutcome::Dropped(why),
            Err(error) => SubmitOutcome::Transient(error.to_string()),
        };
        let submitted = Submitted { id, notice, attempts, outcome };
        if self.submitted.send(submitted).await.is_err() {
            tracing::debug!(%id, "the decider is gone; the row is sent again at the next start");
        }
    }

    async fn prepare(&self, notice: &Notice) -> Result<Prepared, StoreError> {
        let Some(desk) = self.desk.borrow().clone() else {
            return Err(StoreError::Damaged("the register is not read yet".into()));
        };
        if let Some(why) = self.refused(&desk, notice).await? {
            return Ok(Prepared::Dropped(why));
        }
        let contents = self.texts.contents(notice);
        let outgoing = self.renderer.render(&desk, notice, &contents);
        Ok(Prepared::Parcel(Parcel {
            id: notice.id,
            reverse_path: notice::reverse_path(&desk, notice),
            forward_path: notice.to.address.clone(),
            bytes: compose(&outgoing),
        }))
    }

    /// Why a row does not leave, if it does not.
    async fn refused(&self, desk: &Desk, notice: &Notice) -> Result<Option<String>, StoreError> {
        let mut loaded = self.ledger.begin().await?;
        let mut lookups = crate::ticket::Lookups::default();
        lookups.tickets.extend(notice.ticket);
        lookups.correspondents.insert(notice.to.address.clone());
        self.ledger.load(&mut loaded, &lookups).await?;
        let case: &Case = &loaded.case;
        Ok(crate::ticket::may_leave(desk, case, notice, self.clock.now()).map(str::to_owned))
    }
}

type DueRows = Vec<(Timestamp, OutboxId, OutboxRow)>;

/// Rows that must not be sent now, though the store still says that they are due.
#[derive(Debug, Default)]
struct Taken {
    /// When each was due that is under way or settling.
    due: BTreeMap<OutboxId, Timestamp>,
    /// Those that a server answered: what it said is being decided and made durable.
    settling: BTreeSet<OutboxId>,
}

impl Taken {
    /// Forgets answered rows that the store no longer has due at the same time.
    fn forget_settled(&mut self, found: &[(Timestamp, OutboxId)], is_whole: bool) {
        let still: BTreeSet<_> = found.iter().copied().collect();
        let due = &mut self.due;
        self.settling.retain(|id| {
            let Some(at) = due.get(id) else { return false };
            let is_due = still.contains(&(*at, *id));
            let is_settled = !is_due && (is_whole || found.last().is_some_and(|(to, _)| to > at));
            if is_settled {
                due.remove(id);
            }
            !is_settled
        });
    }
}

enum Prepared {
    Parcel(Parcel),
    Dropped(String),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_is_taken_until_what_the_server_said_is_durable() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut taken = Taken::default();
        taken.due.insert(OutboxId(1), at(10));
        taken.due.insert(OutboxId(2), at(10));
        taken.settling.insert(OutboxId(1));
        taken.forget_settled(&[(at(10), OutboxId(1)), (at(10), OutboxId(2))], true);
        assert!(taken.due.contains_key(&OutboxId(1)), "answered, and not durable yet");
        taken.forget_settled(&[(at(10), OutboxId(2))], false);
        assert!(taken.due.contains_key(&OutboxId(1)), "perhaps behind what was read");
        taken.forget_settled(&[(at(10), OutboxId(2)), (at(99), OutboxId(1))], false);
        assert!(!taken.due.contains_key(&OutboxId(1)), "it is due later");
        taken.forget_settled(&[], true);
        assert!(taken.due.contains_key(&OutboxId(2)), "it is under way");
    }
}
