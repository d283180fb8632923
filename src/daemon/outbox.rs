//! Rows of the outbox leave from here, once the batch that made them is durable.
//!
//! It reads the store and not the view: nothing that could still be lost is sent. What a server
//! said goes to the decider as an event.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::daemon::allowance::Allowance;
use crate::daemon::casework::Casework;
use crate::daemon::clock::Clock;
use crate::daemon::ended;
use crate::daemon::ledger::Ledger;
use crate::daemon::records::{self, Due, OutboxRow};
use crate::daemon::texts::Texts;
use crate::desk::Desk;
use crate::notice::{self, Renderer};
use crate::store::{Keyspace, Range, Store, StoreError, record};
use crate::submit::{Outcome, Parcel, Submit};
use crate::ticket::budget::{self, Class};
use crate::ticket::event::{SubmitOutcome, Submitted};
use crate::ticket::way_out::{Finding, Refused};
use crate::ticket::{Event, Notice};
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
    /// What the way out allows.
    pub allowance: Allowance,
    /// Where what a server said goes.
    pub events: mpsc::Sender<Event>,
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
            for (id, row) in due {
                if let Err(over) = outbox.take(&row.notice) {
                    outbox.defer(id, row, over).await;
                    continue;
                }
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
                outbox.under_way.fetch_add(1, Ordering::AcqRel);
                tokio::spawn(Arc::clone(&outbox).leave(id, row, slot));
            }
            tokio::select! {
                () = ended(&mut closing) => break,
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
        let is_whole = found.len() < limit;
        let found: Vec<(Timestamp, OutboxId)> = found
            .iter()
            .filter_map(|(key, _)| match records::read_due(key)? {
                (at, Due::Row(id)) => Some((at, id)),
                (_, Due::Timer(_)) => None,
            })
            .collect();
        let still: BTreeSet<_> = found.iter().copied().collect();
        taken.retain(|row| still.contains(row) || (!is_whole && still.last() < Some(row)));
        let (mut rows, mut next_at) = (Vec::new(), None);
        for (at, id) in found {
            if at > now {
                next_at = Some(at);
                break;
            }
            if !taken.insert((at, id)) {
                continue;
            }
            let value = self.store.get(Keyspace::Outbox, &records::outbox(id)).await?;
            if let Some(value) = value {
                rows.push((id, record::decode::<OutboxRow>(&value)?.record));
            }
        }
        if self.allowance.is_bounded() {
            rows.sort_by_key(|(_, row)| budget::class(&row.notice));
        }
        Ok((rows, next_at))
    }

    /// Counts a mail that is about to leave, or names the bound that holds it back. What is past
    /// its time passes: it is dropped on the way.
    fn take(&self, notice: &Notice) -> Result<(), Finding> {
        let now = self.clock.now();
        let is_past = notice.best_before.is_some_and(|at| at < now);
        let zone = self.desk.borrow().as_ref().map(|desk| desk.site.time_zone.clone());
        let class = if is_past { Class::Answer } else { budget::class(notice) };
        self.allowance.take(class, now, &zone.unwrap_or(TimeZone::UTC))
    }

    /// A row waits for the budget.
    async fn defer(&self, id: OutboxId, row: OutboxRow, over: Finding) {
        if let Finding::Over { opens_at, .. } = &over {
            let outcome = SubmitOutcome::Deferred(*opens_at);
            let (notice, attempts) = (row.notice, row.attempts + 1);
            self.tell(Event::Submitted(Box::new(Submitted { id, notice, attempts, outcome })))
                .await;
        }
        self.tell(Event::WayOut(over)).await;
    }

    async fn send(&self, id: OutboxId, row: OutboxRow) {
        let attempts = row.attempts + 1;
        let notice = row.notice;
        let outcome = self.hand_over(&notice).await;
        let has_left = matches!(outcome, SubmitOutcome::Sent(_) | SubmitOutcome::Uncertain(_));
        if !has_left {
            self.allowance.give_back();
        } else if self.allowance.is_bounded() {
            self.tell(Event::WayOut(Finding::Spent)).await;
        }
        self.tell(Event::Submitted(Box::new(Submitted { id, notice, attempts, outcome }))).await;
    }

    async fn tell(&self, event: Event) {
        if self.events.send(event).await.is_err() {
            tracing::debug!("the decider is gone; rows are sent again at the next start");
        }
    }

    /// Hands a mail over; under another sender where the first is refused. What then passes is
    /// used from the start from then on.
    async fn hand_over(&self, notice: &Notice) -> SubmitOutcome {
        let mut refused = self.allowance.refused();
        loop {
            let parcel = match self.prepare(notice, refused).await {
                Ok(Ok(parcel)) => parcel,
                Ok(Err(why)) => return SubmitOutcome::Dropped(why.to_owned()),
                Err(error) => return SubmitOutcome::Transient(error.to_string()),
            };
            let is_null = notice::reverse_path(&parcel.desk, notice).is_none();
            let has_own_path = !parcel.desk.site.separator.is_empty();
            match (self.submit.submit(parcel.parcel).await, refused.next(is_null, has_own_path)) {
                (Outcome::RefusedSender { .. }, Some(next)) => refused = next,
                (Outcome::Sent(said), _) => {
                    if self.allowance.concede(refused) {
                        tracing::warn!(?refused, "the way out refuses senders: others are used");
                        self.tell(Event::WayOut(Finding::Refused(refused))).await;
                    }
                    return SubmitOutcome::Sent(said);
                }
                (other, _) => return outcome(other),
            }
        }
    }

    async fn prepare(
        &self,
        notice: &Notice,
        refused: Refused,
    ) -> Result<Result<Prepared, &'static str>, StoreError> {
        let Some(desk) = self.desk.borrow().clone() else {
            return Err(StoreError::Damaged("the register is not read yet".into()));
        };
        let casework = Casework {
            desk: &desk,
            ledger: &self.ledger,
            texts: &self.texts,
            renderer: &self.renderer,
        };
        let parcel = casework.parcel_under(notice, self.clock.now(), refused).await?;
        Ok(parcel.map(|parcel| Prepared { desk, parcel }))
    }
}

/// A parcel, and the settings it was made by.
struct Prepared {
    desk: Arc<Desk>,
    parcel: Parcel,
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
