//! Rows of the outbox leave from here, once the batch that made them is durable.
//!
//! It reads the store and not the view: nothing that could still be lost is sent. What a server
//! said goes to the decider as an event.

use std::collections::{BTreeMap, BTreeSet};
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
use crate::daemon::progress::Progress;
use crate::daemon::records::{self, Due};
use crate::daemon::sheet::{self, OutboxRow, Sheet};
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
/// What one of them counts for while accepted mail waits to be decided: that goes first.
const WEIGHT_BEHIND: u32 = 4;
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
    /// How far the decider is.
    pub progress: Arc<Progress>,
}

impl<S: Store> Outbox<S> {
    /// Sends until `closing` is set; what is under way is finished.
    ///
    /// # Errors
    /// What the store says.
    pub async fn run(self, mut closing: watch::Receiver<bool>) -> Result<(), StoreError> {
        let outbox = Arc::new(self);
        let slots = Arc::new(Semaphore::new(UNDER_WAY_MAX));
        let (done, mut finished) = mpsc::unbounded_channel::<Place>();
        let mut taken = Taken::default();
        loop {
            while let Ok(place) = finished.try_recv() {
                taken.answered(place);
            }
            let due = outbox.due(&mut taken).await?;
            for (place, row) in due.rows {
                taken.take(place, &row);
                if let Err(over) = outbox.take(&row.notice) {
                    outbox.defer(row, over).await;
                    taken.answered(place);
                    continue;
                }
                let weight = if outbox.progress.is_behind() { WEIGHT_BEHIND } else { 1 };
                let slot = Arc::clone(&slots).acquire_many_owned(weight).await;
                let Ok(slot) = slot else { break };
                if *closing.borrow() {
                    break;
                }
                outbox.under_way.fetch_add(1, Ordering::AcqRel);
                let done = done.clone();
                tokio::spawn(Arc::clone(&outbox).leave(row, slot, (place, done)));
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
        finished: &mut mpsc::UnboundedReceiver<Place>,
        taken: &mut Taken,
        next_at: Option<Timestamp>,
    ) -> bool {
        loop {
            tokio::select! {
                () = ended(closing) => return false,
                () = self.rows.notified() => return true,
                Some(place) = finished.recv() => taken.answered(place),
                () = self.clock.wait_until(next_at) => return true,
            }
        }
    }

    /// One row on its way, and the word that it is no longer under way.
    async fn leave(
        self: Arc<Self>,
        row: OutboxRow,
        slot: OwnedSemaphorePermit,
        (place, done): (Place, mpsc::UnboundedSender<Place>),
    ) {
        self.send(row).await;
        self.under_way.fetch_sub(1, Ordering::AcqRel);
        drop(slot);
        if done.send(place).is_err() {
            tracing::debug!("the outbox is closed");
        }
    }

    /// Rows that are due and not under way.
    async fn due(&self, taken: &mut Taken) -> Result<DueRows, StoreError> {
        let now = self.clock.now();
        let from = [records::DUE_ROWS];
        let to = records::behind(&from);
        let limit = ROWS_MAX + taken.sheets.len();
        let range = Range { from: &from, to: &to, limit, reverse: false };
        let found = self.store.scan(Keyspace::Due, range).await?;
        let marks = found.iter().filter_map(|(key, _)| match records::read_due(key)? {
            (at, Due::Row(first)) => Some((at, first)),
            (_, Due::Timer(_)) => None,
        });
        let (due, later): (Vec<_>, Vec<_>) = marks.partition(|(at, _)| *at <= now);
        taken.settled(&due.iter().map(|(_, first)| *first).collect());
        let mut rows = Vec::new();
        for (_, first) in due {
            if !taken.is_whole(first) {
                let sheet = self.sheet(first).await?;
                taken.compare(first, &sheet);
                let due = sheet.into_iter().filter(|row| row.next_at.is_some_and(|at| at <= now));
                let placed = due.map(|row| (Place { first, row: row.notice.id }, row));
                rows.extend(placed.filter(|(place, _)| !taken.holds(*place)));
            }
        }
        if self.allowance.is_bounded() {
            rows.sort_by_key(|(_, row)| budget::class(&row.notice));
        }
        let next_at = later.first().map(|(at, _)| *at);
        let is_cut_off = found.len() == limit && next_at.is_none() && !rows.is_empty();
        Ok(DueRows { rows, next_at, is_cut_off })
    }

    /// The rows of a sheet as they stand.
    async fn sheet(&self, first: OutboxId) -> Result<Vec<OutboxRow>, StoreError> {
        let value = self.store.get(Keyspace::Outbox, &sheet::sheet_key(first)).await?;
        let Some(value) = value else { return Ok(Vec::new()) };
        let standings = self.store.get(Keyspace::Outbox, &sheet::standings_key(first)).await?;
        let standings = standings.map(|value| record::decode(&value)).transpose()?;
        let sheet: Sheet = record::decode(&value)?.record;
        Ok(sheet.rows(standings.map(|found| found.record)))
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
    async fn defer(&self, row: OutboxRow, over: Finding) {
        if let Finding::Over { opens_at, .. } = &over {
            let outcome = SubmitOutcome::Deferred(*opens_at);
            let (id, notice, attempts) = (row.notice.id, row.notice, row.attempts + 1);
            self.tell(Event::Submitted(Box::new(Submitted { id, notice, attempts, outcome })))
                .await;
        }
        self.tell(Event::WayOut(over)).await;
    }

    async fn send(&self, row: OutboxRow) {
        let (id, attempts) = (row.notice.id, row.attempts + 1);
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

/// A row, and the first of its sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    first: OutboxId,
    row: OutboxId,
}

/// What is due.
struct DueRows {
    rows: Vec<(Place, OutboxRow)>,
    /// When the next row is due, if it is known.
    next_at: Option<Timestamp>,
    /// More may be due than was read.
    is_cut_off: bool,
}

/// Rows that were handed to the way out, by their sheets.
///
/// A row stays taken when the server has answered, until the store shows that it stands otherwise:
/// what the server said is decided and durable only then, and till then the row looks as if it had
/// never left.
#[derive(Debug, Default)]
struct Taken {
    sheets: BTreeMap<OutboxId, TakenSheet>,
}

#[derive(Debug, Default)]
struct TakenSheet {
    rows: BTreeMap<OutboxId, TakenRow>,
    /// How many rows stand on it; nothing until it was compared.
    count: usize,
}

#[derive(Debug)]
struct TakenRow {
    attempts: u32,
    next_at: Option<Timestamp>,
    is_answered: bool,
}

impl Taken {
    fn take(&mut self, place: Place, row: &OutboxRow) {
        let (attempts, next_at) = (row.attempts, row.next_at);
        let taken = TakenRow { attempts, next_at, is_answered: false };
        self.sheets.entry(place.first).or_default().rows.insert(place.row, taken);
    }

    fn holds(&self, place: Place) -> bool {
        self.sheets.get(&place.first).is_some_and(|sheet| sheet.rows.contains_key(&place.row))
    }

    fn answered(&mut self, place: Place) {
        let sheet = self.sheets.get_mut(&place.first);
        if let Some(row) = sheet.and_then(|sheet| sheet.rows.get_mut(&place.row)) {
            row.is_answered = true;
        }
    }

    /// Whether a sheet need not be read: all its rows are under way.
    fn is_whole(&self, first: OutboxId) -> bool {
        self.sheets.get(&first).is_some_and(|sheet| {
            sheet.rows.len() == sheet.count && sheet.rows.values().all(|row| !row.is_answered)
        })
    }

    /// `due` are all sheets with rows that were taken and still look as if they had not left.
    fn settled(&mut self, due: &BTreeSet<OutboxId>) {
        for (first, sheet) in &mut self.sheets {
            if !due.contains(first) {
                sheet.rows.retain(|_, row| !row.is_answered);
            }
        }
        self.sheets.retain(|_, sheet| !sheet.rows.is_empty());
    }

    /// Lets go of rows whose answer the store shows.
    fn compare(&mut self, first: OutboxId, stored: &[OutboxRow]) {
        let sheet = self.sheets.entry(first).or_default();
        sheet.count = stored.len();
        for row in stored {
            let is_settled = sheet.rows.get(&row.notice.id).is_some_and(|taken| {
                let is_same = (taken.attempts, taken.next_at) == (row.attempts, row.next_at);
                taken.is_answered && !is_same
            });
            if is_settled {
                sheet.rows.remove(&row.notice.id);
            }
        }
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
    use crate::daemon::sheet::Standing;
    use crate::types::Locale;

    #[test]
    fn answered_row_stays_taken_until_the_store_has_settled_it() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let first = OutboxId(7);
        let place = |row| Place { first, row: OutboxId(row) };
        let samples = notice::sample::notices(Locale::En).into_iter();
        let numbered = samples.zip(7..9);
        let notices =
            numbered.map(|(sample, id)| Notice { id: OutboxId(id), ..sample.notice }).collect();
        let fresh = Sheet { notices }.rows(None);
        let mut taken = Taken::default();
        taken.compare(first, &fresh);
        for row in &fresh {
            taken.take(place(row.notice.id.0), row);
        }
        taken.settled(&BTreeSet::new());
        assert!(taken.is_whole(first), "no server has answered");
        taken.answered(place(7));
        assert!(!taken.is_whole(first), "the store may show it");
        taken.compare(first, &fresh);
        assert!(taken.holds(place(7)), "what it said is not durable");
        let mut stored = fresh.clone();
        stored[0].next_at = Some(at(60));
        stored[1].next_at = None;
        taken.compare(first, &stored);
        assert!(!taken.holds(place(7)), "it waits for another time now");
        assert!(taken.holds(place(8)), "its server has not answered");
        taken.answered(place(8));
        taken.settled(&BTreeSet::new());
        assert!(taken.sheets.is_empty(), "nothing of the sheet is due");
        assert_eq!(fresh[0].next_at, Standing::first(fresh[0].notice.at, None).next_at);
    }
}
