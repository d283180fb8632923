//! The model: a map. What every engine must agree with, and what the simulation runs on.
//!
//! [`MemoryEngine`] stands behind [`super::embedded::EmbeddedStore`] like any engine.
//! [`MemoryStore`] needs no archive and no thread; it is deterministic and fails when it is told
//! to. Deliberately absent: durability.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::oneshot;

use super::embedded::{Engine, scan_keyspace};
use super::journal::{self, Changes, Writes};
use super::{Batch, Key, Keyspace, Range, Store, StoreError, Value};

/// A map as an engine.
#[derive(Debug, Default)]
pub struct MemoryEngine {
    records: RwLock<BTreeMap<Key, Value>>,
}

impl Clone for MemoryEngine {
    fn clone(&self) -> Self {
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { records: RwLock::new(records) }
    }
}

impl Engine for MemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        Ok(self.records.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan(&self, range: Range<'_>) -> Result<Vec<(Key, Value)>, StoreError> {
        let to = if range.to.is_empty() {
            Bound::Unbounded
        } else if range.from < range.to {
            Bound::Excluded(range.to)
        } else {
            return Ok(Vec::new());
        };
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let found = records.range::<[u8], _>((Bound::Included(range.from), to));
        let found = found.map(|(key, value)| (key.clone(), value.clone()));
        Ok(if range.reverse {
            found.rev().take(range.limit).collect()
        } else {
            found.take(range.limit).collect()
        })
    }

    fn write_durable(&self, changes: &Writes<'_>) -> Result<(), StoreError> {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in changes {
            match value {
                Some(value) => records.insert(key.to_vec(), value.to_vec()),
                None => records.remove(*key),
            };
        }
        Ok(())
    }
}

/// A store in memory, with faults on demand; clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    engine: MemoryEngine,
    committed: Vec<Batch>,
    waiting: VecDeque<(Batch, oneshot::Sender<Result<(), StoreError>>)>,
    is_held: bool,
    faults: VecDeque<StoreError>,
    poison: Option<StoreError>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next commits fail with these errors, one each; [`StoreError::Poisoned`] is sticky.
    pub fn fail_next(&self, errors: impl IntoIterator<Item = StoreError>) {
        self.lock().faults.extend(errors);
    }

    /// From now on batches wait until [`Self::release`]; reads do not see them.
    pub fn hold(&self) {
        self.lock().is_held = true;
    }

    /// Commits up to `count` of the waiting batches, in order; how many there were.
    ///
    /// With none left, batches no longer wait.
    pub fn release(&self, count: usize) -> usize {
        let mut state = self.lock();
        let mut released = 0;
        while released < count
            && let Some((batch, answer)) = state.waiting.pop_front()
        {
            let result = state.commit(batch);
            drop(answer.send(result));
            released += 1;
        }
        state.is_held = !state.waiting.is_empty();
        released
    }

    /// What a crash leaves: the committed records without what waits, as a store of its own.
    #[must_use]
    pub fn crashed(&self) -> Self {
        let state = self.lock();
        let (engine, committed) = (state.engine.clone(), state.committed.clone());
        let state = State { engine, committed, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Every batch committed so far, in order.
    #[must_use]
    pub fn committed(&self) -> Vec<Batch> {
        self.lock().committed.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, batch: Batch) -> oneshot::Receiver<Result<(), StoreError>> {
        let (answer, receiver) = oneshot::channel();
        let mut state = self.lock();
        if state.is_held {
            state.waiting.push_back((batch, answer));
        } else {
            let result = state.commit(batch);
            drop(answer.send(result));
        }
        receiver
    }
}

impl State {
    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.refuse_if_poisoned()?;
        batch.check()?;
        if let Some(error) = self.faults.pop_front() {
            if matches!(error, StoreError::Poisoned(_)) {
                self.poison = Some(error.clone());
            }
            return Err(error);
        }
        for condition in &batch.conditions {
            let (keyspace, key) = condition.target();
            if !condition.holds(self.engine.get(&keyspace.place(key))?.as_deref()) {
                return Err(StoreError::Conflict);
            }
        }
        let mut changes = Changes::new();
        journal::merge(&mut changes, batch.operations.clone());
        self.engine.write_durable(&journal::last_of([&changes]))?;
        self.committed.push(batch);
        Ok(())
    }

    fn refuse_if_poisoned(&self) -> Result<(), StoreError> {
        self.poison.clone().map_or(Ok(()), Err)
    }
}

impl Store for MemoryStore {
    async fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let state = self.lock();
        state.refuse_if_poisoned()?;
        state.engine.get(&keyspace.place(key))
    }

    async fn scan(
        &self,
        keyspace: Keyspace,
        range: Range<'_>,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        let state = self.lock();
        state.refuse_if_poisoned()?;
        scan_keyspace(|places| state.engine.scan(places), keyspace, range)
    }

    fn commit(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> + 'static {
        let answer = self.enqueue(batch);
        async move {
            answer.await.unwrap_or_else(|_| Err(StoreError::Poisoned("the store is gone".into())))
        }
    }
}
