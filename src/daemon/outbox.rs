//! Rows of the outbox leave from here, once the batch that made them is durable.
//!
//! It reads the store and not the view: nothing that could still be lost is sent. What a server
//! said goes to the decider as an event.

use std::collections::BTreeMap;
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
use crate::store::{Key, Keyspace, Range, Store, StoreError, record};
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
        let (done, mut finished) = mpsc::unbounded_channel::<Key>();
        let mut taken = Taken::default();
        loop {
            while let Ok(key) = finished.try_recv() {
                taken.answered(&key);
            }
            let due = outbox.due(&mut taken).await?;
            for (key, id, row) in due.rows {
                taken.take(key.clone());
                if let Err(over) = outbox.take(&row.notice) {
                    outbox.defer(id, row, over).await;
                    taken.answered(&key);
                    continue;
                }
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
                if *closing.borrow() {
                    break;
                }
                outbox.under_way.fetch_add(1, Ordering::AcqRel);
                let done = done.clone();
                tokio::spawn(Arc::clone(&outbox).leave(id, row, slot, (key, done)));
            }
            if *closing.borrow() {
                break;
            }
            if !due.is_cut_off
                && !outbox.woken(&mut closing, &mut finished, &mut taken, due.next_at).await
            {
                break;
            }
        }
        let every = u32::try_from(UNDER_WAY_MAX).unwrap_or(u32::MAX);
        match slots.acquire_many(every).await {
            Ok(_all) => Ok(()),
            Err(closed) => Err(StoreError::Poisoned(closed.to_string())),
        }
    }

    /// Waits until rows may be due that were not: told so, or by time. An answer alone makes none
    /// due: the store is looked at once it is durable. Says no when the daemon ends.
    async fn woken(
        &self,
        closing: &mut watch::Receiver<bool>,
        finished: &mut mpsc::UnboundedReceiver<Key>,
        taken: &mut Taken,
        next_at: Option<Timestamp>,
    ) -> bool {
        loop {
            tokio::select! {
                () = ended(closing) => return false,
                () = self.rows.notified() => return true,
                Some(key) = finished.recv() => taken.answered(&key),
                () = self.clock.wait_until(next_at) => return true,
            }
        }
    }

    /// One row on its way, and the word that it is no longer under way.
    async fn leave(
        self: Arc<Self>,
        id: OutboxId,
        row: OutboxRow,
        slot: OwnedSemaphorePermit,
        (key, done): (Key, mpsc::UnboundedSender<Key>),
    ) {
        self.send(id, row).await;
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        drop(slot);
        if done.send(key).is_err() {
            tracing::debug!("the outbox is closed");
        }
    }

    /// Rows that are due and not under way.
    async fn due(&self, taken: &mut Taken) -> Result<DueRows, StoreError> {
        let now = self.clock.now();
        let from = [records::DUE_ROWS];
        let to = records::behind(&from);
        let limit = ROWS_MAX + taken.keys.len();
        let range = Range { from: &from, to: &to, limit, reverse: false };
        let found = self.store.scan(Keyspace::Due, range).await?;
        let keys: Vec<Key> = found.into_iter().map(|(key, _)| key).collect();
        taken.settled(&keys);
        let is_cut_off = keys.len() == limit;
        let mut due = DueRows { rows: Vec::new(), next_at: None, is_cut_off };
        for key in keys {
            let Some((at, Due::Row(id))) = records::read_due(&key) else { continue };
            if taken.keys.contains_key(&key) {
                continue;
            }
            if at > now {
                due.next_at = Some(at);
                due.is_cut_off = false;
                break;
            }
            let value = self.store.get(Keyspace::Outbox, &records::outbox(id)).await?;
            let Some(value) = value else { continue };
            let row = record::decode::<OutboxRow>(&value)?.record;
            if row.next_at.is_some() {
                due.rows.push((key, id, row));
            }
        }
        due.is_cut_off &= !due.rows.is_empty();
        if self.allowance.is_bounded() {
            due.rows.sort_by_key(|(_, _, row)| budget::class(&row.notice));
        }
        Ok(due)
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

/// What is due.
struct DueRows {
    rows: Vec<(Key, OutboxId, OutboxRow)>,
    /// When the next row is due, if it is known.
    next_at: Option<Timestamp>,
    /// More may be due than was read.
    is_cut_off: bool,
}

/// Rows that were handed to the way out, by the key under which they were due.
///
/// A row stays taken when the server has answered, until the store no longer shows it under that
/// key: what the server said is decided and durable only then, and till then the row looks as if
/// it had never left.
#[derive(Debug, Default)]
struct Taken {
    keys: BTreeMap<Key, bool>,
}

impl Taken {
    fn take(&mut self, key: Key) {
        self.keys.insert(key, false);
    }

    fn answered(&mut self, key: &[u8]) {
        if let Some(is_answered) = self.keys.get_mut(key) {
            *is_answered = true;
        }
    }

    /// `due` are the first keys that the store shows, in order.
    fn settled(&mut self, due: &[Key]) {
        let is_due = |key: &Key| due.binary_search(key).is_ok();
        self.keys.retain(|key, is_answered| !*is_answered || is_due(key));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answered_row_stays_taken_until_the_store_has_settled_it() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let key = records::due(at(1), &Due::Row(OutboxId(7)));
        let later = records::due(at(60), &Due::Row(OutboxId(7)));
        let mut taken = Taken::default();
        taken.take(key.clone());
        taken.settled(&[]);
        assert!(taken.keys.contains_key(&key), "the server has not answered");
        taken.answered(&key);
        taken.settled(std::slice::from_ref(&key));
        assert!(taken.keys.contains_key(&key), "what it said is not durable");
        taken.settled(std::slice::from_ref(&later));
        assert!(taken.keys.is_empty(), "it waits for another time now");
    }
}
