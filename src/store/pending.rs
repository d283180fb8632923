//! What the archive has and the engine does not yet: written to it in order, read before it.
//!
//! A batch is durable once its frame is synced, so its committer need not wait for the engine: the
//! groups stand here until a thread of their own has written them, several at once. It gathers for
//! a moment, because to write and sync twenty batches costs an engine little more than one. How
//! many may stand here is bounded, and who commits waits at the bound. Deliberately absent:
//! conditions (`embedded`), and what a crash leaves here (`journal::redo` writes it).

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Duration;

use super::embedded::Engine;
use super::journal::{self, Changes, GROUP_COUNT_MAX};
use super::remembered::Remembered;
use super::{BATCH_BYTES_MAX, Key, Range, StoreError, Value};

/// Batches that may wait for the engine: what a start after a crash writes again.
const WAITING_COUNT_MAX: usize = 512;
/// Batches that are worth a write at once.
const GATHERED_COUNT: usize = 64;
/// How long fewer wait for company.
const GATHER_SPAN: Duration = Duration::from_millis(20);
/// Octets that may.
const WAITING_BYTES_MAX: usize = 4 * BATCH_BYTES_MAX;

/// Changes of batches that were archived together.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) changes: Changes,
    pub(crate) batches: usize,
    pub(crate) bytes: usize,
}

impl Group {
    /// Whether another may join it: not more than is worth a write at once.
    const fn has_room(&self, other: &Self) -> bool {
        self.batches + other.batches <= GATHERED_COUNT
            && self.bytes + other.bytes <= BATCH_BYTES_MAX
    }

    /// Adds what was archived later.
    fn join(&mut self, later: Self) {
        self.changes.extend(later.changes);
        self.batches += later.batches;
        self.bytes += later.bytes;
    }
}

#[derive(Debug, Default)]
pub(crate) struct Pending {
    groups: RwLock<VecDeque<Arc<Group>>>,
    is_closed: Mutex<bool>,
    changed: Condvar,
    remembered: Remembered,
}

impl Pending {
    /// Adds a group; returns at once. It joins the last one while nobody has taken that: every look
    /// goes through all groups, so that there should be few.
    pub(crate) fn push(&self, group: Group) {
        let mut groups = self.write();
        let is_first = groups.is_empty();
        match groups.back_mut().and_then(Arc::get_mut).filter(|last| last.has_room(&group)) {
            Some(last) => last.join(group),
            None => groups.push_back(Arc::new(group)),
        }
        drop(groups);
        // What comes in between is looked at when the moment is over.
        if is_first || self.is_gathered() {
            self.tell();
        }
    }

    /// Returns once there is room for another group, or nobody takes any more.
    pub(crate) fn await_room(&self) {
        let mut is_closed = self.lock();
        while !*is_closed && !self.has_room() {
            is_closed = self.changed.wait(is_closed).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The groups that are written together next; blocks while there is none.
    ///
    /// `None` once nothing more comes and all is written.
    pub(crate) fn next(&self) -> Option<Vec<Arc<Group>>> {
        let mut is_closed = self.lock();
        let mut is_over = false;
        loop {
            let taken = self.first();
            if !taken.is_empty() && (is_over || *is_closed || self.is_gathered()) {
                return Some(taken);
            }
            if !taken.is_empty() {
                drop(taken);
                let waited = self.changed.wait_timeout(is_closed, GATHER_SPAN);
                let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                (is_closed, is_over) = (guard, timeout.timed_out());
                continue;
            }
            if *is_closed {
                return None;
            }
            is_closed = self.changed.wait(is_closed).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_gathered(&self) -> bool {
        let groups = self.read();
        groups.iter().map(|group| group.batches).sum::<usize>() >= GATHERED_COUNT
            || groups.iter().map(|group| group.bytes).sum::<usize>() >= BATCH_BYTES_MAX
    }

    /// The engine is about to write these groups.
    fn writing(&self, groups: &[Arc<Group>]) {
        let places: Vec<&Key> = groups.iter().flat_map(|group| group.changes.keys()).collect();
        self.remembered.begin(&places);
    }

    /// The first `count` groups are written.
    pub(crate) fn written(&self, count: usize) {
        self.remembered.complete();
        self.write().drain(..count);
        self.tell();
    }

    /// Nothing more comes, or nobody takes what comes.
    pub(crate) fn close(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// Reads one record: from here, or else from the engine.
    pub(crate) fn get<E: Engine>(
        &self,
        engine: &E,
        place: &[u8],
    ) -> Result<Option<Value>, StoreError> {
        // Not beyond the look: an engine that writes lets a reader wait, and who commits with it.
        let groups = self.read();
        let waiting = groups.iter().rev().find_map(|group| group.changes.get(place)).cloned();
        drop(groups);
        if let Some(value) = waiting.or_else(|| self.remembered.find(place)) {
            return Ok(value);
        }
        let asked = self.remembered.asking();
        let value = engine.get(place)?;
        self.remembered.keep(place, value.as_ref(), asked);
        Ok(value)
    }

    /// Reads a range of places. What the engine takes over meanwhile stays here until the end.
    pub(crate) fn scan<E: Engine>(
        &self,
        engine: &E,
        range: Range<'_>,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        let groups = self.read();
        let mut changes = BTreeMap::new();
        for group in groups.iter() {
            let bounds = (Bound::Included(range.from), end(range.to));
            let found = group.changes.range::<[u8], _>(bounds);
            changes.extend(found.map(|(key, value)| (key.clone(), value.clone())));
        }
        if changes.is_empty() {
            return engine.scan(range);
        }
        // Every deletion may hide one record of the engine, so that many more must be read.
        let deletions = changes.values().filter(|value| value.is_none()).count();
        let limit = range.limit.saturating_add(deletions);
        Ok(merge(engine.scan(Range { limit, ..range })?, changes, &range))
    }

    fn first(&self) -> Vec<Arc<Group>> {
        let (mut batches, mut bytes) = (0, 0);
        let mut taken: Vec<Arc<Group>> = Vec::new();
        for group in self.read().iter() {
            batches += group.batches;
            bytes += group.bytes;
            let is_over = batches > GROUP_COUNT_MAX || bytes > BATCH_BYTES_MAX;
            if is_over && !taken.is_empty() {
                break;
            }
            taken.push(Arc::clone(group));
        }
        taken
    }

    fn has_room(&self) -> bool {
        let groups = self.read();
        groups.iter().map(|group| group.batches).sum::<usize>() < WAITING_COUNT_MAX
            && groups.iter().map(|group| group.bytes).sum::<usize>() < WAITING_BYTES_MAX
    }

    /// Who waits looks again; with the lock, so that nobody misses it between looking and waiting.
    fn tell(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_closed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, VecDeque<Arc<Group>>> {
        self.groups.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, VecDeque<Arc<Group>>> {
        self.groups.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes groups to the engine until nothing more comes; the reason, if it fails.
pub(crate) fn apply<E: Engine>(pending: &Pending, engine: &E) -> Result<(), StoreError> {
    while let Some(groups) = pending.next() {
        pending.writing(&groups);
        engine.write_durable(&journal::last_of(groups.iter().map(|group| &group.changes)))?;
        pending.written(groups.len());
    }
    Ok(())
}

/// Records of a store under the changes that go before them.
pub(crate) fn merge(
    stored: Vec<(Key, Value)>,
    changes: BTreeMap<Key, Option<Value>>,
    range: &Range<'_>,
) -> Vec<(Key, Value)> {
    let mut merged: BTreeMap<Key, Option<Value>> =
        stored.into_iter().map(|(key, value)| (key, Some(value))).collect();
    merged.extend(changes);
    let records = merged.into_iter().filter_map(|(key, value)| Some((key, value?)));
    if range.reverse {
        records.rev().take(range.limit).collect()
    } else {
        records.take(range.limit).collect()
    }
}

const fn end(to: &[u8]) -> Bound<&[u8]> {
    if to.is_empty() { Bound::Unbounded } else { Bound::Excluded(to) }
}

#[cfg(test)]
mod tests {
    use super::super::memory::MemoryEngine;
    use super::*;

    const EVERYTHING: Range<'_> = Range { from: &[], to: &[], limit: 9, reverse: false };

    fn group(changes: &[(&str, Option<&str>)], batches: usize) -> Group {
        let owned = |text: &str| text.as_bytes().to_vec();
        let changes = changes.iter().map(|(key, value)| (owned(key), value.map(owned))).collect();
        Group { changes, batches, bytes: 1 }
    }

    fn all(pending: &Pending, engine: &MemoryEngine) -> String {
        let records = pending.scan(engine, EVERYTHING).unwrap();
        let shown = records.iter().map(|(key, value)| {
            assert_eq!(pending.get(engine, key), Ok(Some(value.clone())));
            format!("{}{}", key.escape_ascii(), value.escape_ascii())
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_waits_is_read_before_the_engine_and_the_same_once_it_is_written() {
        let (pending, engine) = (Pending::default(), MemoryEngine::default());
        pending.push(group(&[("a", Some("1")), ("b", Some("1"))], 1));
        let first = pending.next().unwrap();
        pending.push(group(&[("a", None), ("c", Some("2"))], 1));
        assert_eq!(all(&pending, &engine), "b1 c2");
        assert_eq!(pending.get(&engine, b"d"), Ok(None));
        pending.writing(&first);
        engine.write_durable(&journal::last_of(first.iter().map(|one| &one.changes))).unwrap();
        assert_eq!(all(&pending, &engine), "b1 c2", "half is written");
        pending.written(1);
        assert_eq!(all(&pending, &engine), "b1 c2");
        pending.close();
        apply(&pending, &engine).unwrap();
        assert_eq!(all(&pending, &engine), "b1 c2");
        assert_eq!(engine.get(b"a"), Ok(None));
    }

    #[test]
    fn small_group_joins_the_last_one_unless_that_is_being_written() {
        let (pending, engine) = (Pending::default(), MemoryEngine::default());
        pending.push(group(&[("a", Some("1")), ("b", Some("1"))], 1));
        pending.push(group(&[("a", Some("2"))], 1));
        pending.close();
        let taken = pending.next().unwrap();
        pending.push(group(&[("b", None)], 1));
        assert_eq!((taken.len(), pending.read().len()), (1, 2));
        assert_eq!(all(&pending, &engine), "a2");
        engine.write_durable(&journal::last_of(taken.iter().map(|one| &one.changes))).unwrap();
        pending.written(1);
        drop(taken);
        apply(&pending, &engine).unwrap();
        assert_eq!(all(&pending, &engine), "a2");
    }

    #[test]
    fn groups_are_written_together_up_to_the_bound_proven_on_sled() {
        let pending = Pending::default();
        for batches in [200, 50, 20, 300] {
            pending.push(group(&[], batches));
        }
        assert!(!pending.has_room());
        for expected in [2, 1, 1] {
            let taken = pending.next().unwrap().len();
            assert_eq!(taken, expected);
            pending.written(taken);
        }
        assert!(pending.has_room());
    }
}
