//! The places where tickets wait and the counts of them, kept in the batch of each change.
//!
//! Digests read these and never all tickets. Deliberately absent: what a ticket counts for
//! (`ticket::shelf`), keys (`records`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::daemon::ledger::{Ledger, Loaded, put_record};
use crate::daemon::records;
use crate::store::{Batch, Key, Keyspace, Operation, Range, Store, StoreError, Value, record};
use crate::ticket::quarantine::{Lying, SetAside};
use crate::ticket::shelf::{self, Counts, Shelf, Shelved, Tally, Trouble};
use crate::ticket::{Correspondent, Lookups, Ticket};
use crate::types::{Address, Position};

/// Tickets of one shelf that are looked up.
const SHELF_MAX: usize = 200;
/// Troubles of a kind that are looked up.
const TROUBLES_MAX: usize = 200;
/// Tickets that one batch of a count anew holds.
const PAGE: usize = 500;

/// The event of a count anew.
const COUNTED: &[u8] = br#"{"event":"count"}"#;

/// How counts change: what is taken from each, and what is added.
#[derive(Debug, Default)]
pub(super) struct Deltas(BTreeMap<Tally, (Counts, Counts)>);

impl Deltas {
    fn add(&mut self, before: BTreeMap<Tally, Counts>, after: BTreeMap<Tally, Counts>) {
        for (tally, counts) in before {
            let (less, _) = self.0.entry(tally).or_default();
            *less = less.plus(counts);
        }
        for (tally, counts) in after {
            let (_, more) = self.0.entry(tally).or_default();
            *more = more.plus(counts);
        }
        self.0.retain(|_, (less, more)| less != more);
    }
}

/// Moves a ticket from the shelves where it stood to those where it stands.
pub(super) fn shelve(
    batch: &mut Batch,
    deltas: &mut Deltas,
    before: Option<&Ticket>,
    after: &Ticket,
) {
    let keys = |ticket: &Ticket| -> BTreeSet<Key> {
        let places = shelf::places(ticket).into_iter();
        places.map(|(shelf, since)| records::shelved(&shelf, since, ticket.id)).collect()
    };
    let was = before.map(keys).unwrap_or_default();
    move_marks(batch, &was, &keys(after));
    deltas.add(before.map(shelf::counts).unwrap_or_default(), shelf::counts(after));
}

/// Marks an address among those that are stopped or suspended, or no longer.
pub(super) fn mark(
    batch: &mut Batch,
    address: &Address,
    before: Option<&Correspondent>,
    after: &Correspondent,
) {
    let keys = |state: &Correspondent| -> BTreeSet<Key> {
        let stopped = state.stopped_until.map(|until| records::stopped(until, address));
        let suspended = state.suspended_at.map(|since| records::suspended(since, address));
        stopped.into_iter().chain(suspended).collect()
    };
    move_marks(batch, &before.map(keys).unwrap_or_default(), &keys(after));
}

fn move_marks(batch: &mut Batch, was: &BTreeSet<Key>, is: &BTreeSet<Key>) {
    let gone = was.difference(is).cloned();
    batch.operations.extend(gone.map(|key| Operation::Delete(Keyspace::Index, key)));
    let new = is.difference(was).cloned();
    batch.operations.extend(new.map(|key| Operation::Put(Keyspace::Index, key, Vec::new())));
}

/// All shelves and counts, from all tickets.
#[derive(Debug, Default)]
pub(super) struct Counted {
    batch: Batch,
    deltas: Deltas,
}

impl Counted {
    /// Counts a ticket.
    pub(super) fn add(&mut self, ticket: &Ticket) {
        shelve(&mut self.batch, &mut self.deltas, None, ticket);
    }

    /// Hands everything on as records of a new store.
    pub(super) fn write(
        &self,
        put: &mut dyn FnMut(Keyspace, Key, Value) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for operation in &self.batch.operations {
            let (keyspace, key) = operation.target();
            put(keyspace, key.clone(), Vec::new())?;
        }
        for (tally, (_, counts)) in &self.deltas.0 {
            let value = record::encode_next(records::SCHEMA, None, counts)?;
            put(Keyspace::Digest, records::tally(tally), value)?;
        }
        Ok(())
    }
}

impl<S: Store> Ledger<S> {
    /// Writes the counts as they are after a batch.
    pub(super) async fn tally(
        &self,
        loaded: &mut Loaded,
        batch: &mut Batch,
        deltas: Deltas,
    ) -> Result<(), StoreError> {
        for (tally, (less, more)) in deltas.0 {
            let key = records::tally(&tally);
            let known: Option<Counts> =
                self.load_one(loaded, Keyspace::Digest, key.clone()).await?;
            let counts = known.unwrap_or_default().plus(more).minus(less);
            if counts == Counts::default() {
                batch.conditions.extend(loaded.condition(Keyspace::Digest, &key));
                batch.operations.push(Operation::Delete(Keyspace::Digest, key));
            } else {
                put_record(loaded, batch, (Keyspace::Digest, key), &counts)?;
            }
        }
        Ok(())
    }

    /// Adds what a digest asks for.
    pub(super) async fn load_digest(
        &self,
        loaded: &mut Loaded,
        lookups: &Lookups,
    ) -> Result<(), StoreError> {
        for shelf in &lookups.shelves {
            let shelved = self.shelf(records::shelf(shelf), shelf).await?;
            loaded.case.shelves.insert(shelf.clone(), shelved);
        }
        for page in &lookups.pages {
            let (shelf, (since, ticket)) = page;
            let mut behind = records::shelved(shelf, *since, *ticket);
            behind.push(0);
            loaded.case.pages.insert(page.clone(), self.shelf(behind, shelf).await?);
        }
        for tally in &lookups.tallies {
            // Not a condition: a digest that counts one mail more or less is no other digest.
            let counts = self.read(Keyspace::Digest, &records::tally(tally)).await?;
            loaded.case.tallies.insert(tally.clone(), counts.unwrap_or_default());
        }
        for person in &lookups.inboxes {
            let key = records::inbox(person);
            let inbox = self.load_one(loaded, Keyspace::Digest, key).await?;
            loaded.case.inboxes.insert(person.clone(), inbox.unwrap_or_default());
        }
        if let Some(now) = lookups.trouble {
            loaded.case.trouble = Some(self.trouble(now).await?);
        }
        Ok(())
    }

    async fn shelf(&self, from: Key, shelf: &Shelf) -> Result<Shelved, StoreError> {
        let to = records::behind(&records::shelf(shelf));
        let range = Range { from: &from, to: &to, limit: SHELF_MAX + 1, reverse: false };
        let found = self.view().scan(Keyspace::Index, range).await?;
        let more = found.len() > SHELF_MAX;
        let tickets = found.iter().filter_map(|(key, _)| records::read_shelved(key));
        Ok(Shelved { tickets: tickets.take(SHELF_MAX).collect(), more })
    }

    async fn trouble(&self, now: Timestamp) -> Result<Trouble, StoreError> {
        let mut trouble = Trouble::default();
        let all = Range { from: &[], to: &[], limit: TROUBLES_MAX, reverse: true };
        for (key, value) in self.view().scan(Keyspace::Quarantine, all).await? {
            let SetAside { at, why, dropped_at } = record::decode(&value)?.record;
            let position = <[u8; 8]>::try_from(key).map(u64::from_be_bytes).unwrap_or_default();
            if dropped_at.is_none() {
                let message = Position(position);
                trouble.quarantined.push(Lying { message, at, why });
            }
        }
        let (from, to) = records::stopped_after(now);
        trouble.stopped = self.marked(&from, &to, false).await?;
        let (from, to) = records::all_suspended();
        trouble.suspended = self.marked(&from, &to, true).await?;
        Ok(trouble)
    }

    async fn marked(
        &self,
        from: &[u8],
        to: &[u8],
        reverse: bool,
    ) -> Result<Vec<(Address, Timestamp)>, StoreError> {
        let range = Range { from, to, limit: TROUBLES_MAX, reverse };
        let found = self.view().scan(Keyspace::Index, range).await?;
        Ok(found.iter().filter_map(|(key, _)| records::read_marked(key)).collect())
    }

    /// Counts all tickets anew, where the store was written before there were counts; how many
    /// there were.
    ///
    /// # Errors
    /// What the store says.
    pub async fn settle_counts(&self) -> Result<u64, StoreError> {
        let weeks = records::TALLIES_OF_WEEKS;
        let to = records::behind(weeks);
        let one = Range { from: weeks, to: &to, limit: 1, reverse: false };
        if !self.view().scan(Keyspace::Digest, one).await?.is_empty() {
            return Ok(0);
        }
        let (mut from, mut known, mut deltas) = (Vec::new(), 0, Deltas::default());
        loop {
            let range = Range { from: &from, to: &[], limit: PAGE, reverse: false };
            let page = self.view().scan(Keyspace::Ticket, range).await?;
            let Some((last, _)) = page.last() else { break };
            from = last.iter().copied().chain([0]).collect();
            let mut batch = Batch { event: COUNTED.to_vec(), ..Batch::default() };
            for (_, value) in &page {
                let ticket: Ticket = record::decode(value)?.record;
                shelve(&mut batch, &mut deltas, None, &ticket);
                known += 1;
            }
            if !batch.operations.is_empty() {
                self.view().hand_over(batch).await?;
            }
        }
        // Last: while they are not there, an interrupted count begins anew.
        let mut batch = Batch { event: COUNTED.to_vec(), ..Batch::default() };
        self.tally(&mut self.begin().await?, &mut batch, deltas).await?;
        if !batch.operations.is_empty() {
            self.view().hand_over(batch).await?;
        }
        Ok(known)
    }
}
