//! The store plus the batches handed over and not yet durable: what the next decision reads.
//!
//! Reads never wait for a sync, and a batch is seen from the call that hands it over. If a batch
//! fails, what was decided on top of it is void: the view is broken, every later call says so, and
//! the caller makes a new one. What was read ahead of a decision is still what it would read, as
//! long as no batch since has touched it. Deliberately absent: conditions (the store checks them at
//! commit).

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::pending::merge;
use super::touched::Touched;
use super::{Batch, Key, Keyspace, Operation, Range, Store, StoreError, Value};

/// A store as it will be once everything handed over is durable; clones are the same view.
#[derive(Debug, Clone)]
pub struct View<S: Store> {
    store: S,
    overlay: Arc<Mutex<Overlay>>,
    touched: Arc<Touched>,
}

/// How many batches were handed over when something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

#[derive(Debug, Default)]
struct Overlay {
    changes: BTreeMap<Keyspace, BTreeMap<Key, Change>>,
    handed_over: u64,
    broken: Option<StoreError>,
}

/// A change that is not durable yet, by the batch of this number.
#[derive(Debug)]
struct Change {
    value: Option<Value>,
    batch: u64,
}

impl<S: Store> View<S> {
    /// A view of a store to which nobody else commits what this view decides on.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self { store, overlay: Arc::default(), touched: Arc::default() }
    }

    /// Now: what is read from here on shows at least every batch handed over so far.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.touched.begin();
        Moment(lock(&self.overlay).handed_over)
    }

    /// Whether no batch handed over since has changed this record; a record that did not change
    /// is sometimes taken for one that did.
    #[must_use]
    pub fn is_untouched(&self, keyspace: Keyspace, key: &[u8], since: Moment) -> bool {
        self.touched.last(keyspace.number(), key) <= since.0
    }

    /// Reads one record.
    ///
    /// # Errors
    /// What broke the view, or what the store says.
    pub async fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Value>, StoreError> {
        if let Some(value) = lock(&self.overlay).find(keyspace, key)? {
            return Ok(value);
        }
        self.store.get(keyspace, key).await
    }

    /// Reads some records, in their order; cheaper than one by one.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn read_all(
        &self,
        places: &[(Keyspace, Key)],
    ) -> Result<Vec<Option<Value>>, StoreError> {
        let changed = lock(&self.overlay).find_all(places)?;
        let mut values = Vec::with_capacity(places.len());
        for ((keyspace, key), changed) in places.iter().zip(changed) {
            values.push(match changed {
                Some(value) => value,
                None => self.store.get(*keyspace, key).await?,
            });
        }
        Ok(values)
    }

    /// Reads a range, as [`Store::scan`] does.
    ///
    /// # Errors
    /// What broke the view, or what the store says.
    pub async fn scan(
        &self,
        keyspace: Keyspace,
        range: Range<'_>,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        let changes = lock(&self.overlay).find_range(keyspace, &range)?;
        if changes.is_empty() {
            return self.store.scan(keyspace, range).await;
        }
        // Every deletion may hide one record of the store, so that many more must be read.
        let deletions = changes.iter().filter(|(_, value)| value.is_none()).count();
        let limit = range.limit.saturating_add(deletions);
        let stored = self.store.scan(keyspace, Range { limit, ..range }).await?;
        Ok(merge(stored, changes, &range))
    }

    /// Hands a batch over: seen by every later read, and enqueued in the store, by this call.
    ///
    /// The future says when it is durable. It must be polled to its end: a view whose batch nobody
    /// waits for is broken, because nobody would learn of its failure.
    ///
    /// # Errors
    /// What the store says of the batch; it breaks the view, and so it is said from then on.
    pub fn hand_over(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<S> + 'static {
        let mut overlay = lock(&self.overlay);
        let enqueued = overlay.refuse_if_broken().map(|()| {
            let (number, keys) = overlay.apply(&batch.operations);
            for (keyspace, key) in &keys {
                self.touched.note(keyspace.number(), key, number);
            }
            let promise = Promise { overlay: Arc::clone(&self.overlay), number, keys: Some(keys) };
            (self.store.commit(batch), promise)
        });
        drop(overlay);
        async move {
            let (commit, mut promise) = enqueued?;
            let result = commit.await;
            promise.settle(&result);
            result
        }
    }

    /// How many records are changed and not yet durable.
    #[must_use]
    pub fn pending(&self) -> usize {
        lock(&self.overlay).changes.values().map(BTreeMap::len).sum()
    }
}

impl Overlay {
    fn refuse_if_broken(&self) -> Result<(), StoreError> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    fn apply(&mut self, operations: &[Operation]) -> (u64, Vec<(Keyspace, Key)>) {
        self.handed_over += 1;
        let batch = self.handed_over;
        let mut keys = Vec::with_capacity(operations.len());
        for operation in operations {
            let (keyspace, key) = operation.target();
            let value = match operation {
                Operation::Put(_, _, value) => Some(value.clone()),
                Operation::Delete(..) => None,
            };
            keys.push((keyspace, key.clone()));
            let family = self.changes.entry(keyspace).or_default();
            family.insert(key.clone(), Change { value, batch });
        }
        (batch, keys)
    }

    fn find(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Option<Value>>, StoreError> {
        self.refuse_if_broken()?;
        let change = self.changes.get(&keyspace).and_then(|family| family.get(key));
        Ok(change.map(|change| change.value.clone()))
    }

    fn find_all(
        &self,
        places: &[(Keyspace, Key)],
    ) -> Result<Vec<Option<Option<Value>>>, StoreError> {
        places.iter().map(|(keyspace, key)| self.find(*keyspace, key)).collect()
    }

    fn find_range(
        &self,
        keyspace: Keyspace,
        range: &Range<'_>,
    ) -> Result<BTreeMap<Key, Option<Value>>, StoreError> {
        self.refuse_if_broken()?;
        let Some(family) = self.changes.get(&keyspace) else { return Ok(BTreeMap::new()) };
        let found = family.range::<[u8], _>((Bound::Included(range.from), Bound::Unbounded));
        let found = found.take_while(|(key, _)| range.to.is_empty() || key.as_slice() < range.to);
        Ok(found.map(|(key, change)| (key.clone(), change.value.clone())).collect())
    }
}

/// A batch on its way: takes its changes out of the overlay once they are durable.
struct Promise {
    overlay: Arc<Mutex<Overlay>>,
    number: u64,
    keys: Option<Vec<(Keyspace, Key)>>,
}

impl Promise {
    fn settle(&mut self, result: &Result<(), StoreError>) {
        let keys = self.keys.take().unwrap_or_default();
        let mut overlay = lock(&self.overlay);
        if let Err(error) = result {
            overlay.broken.get_or_insert_with(|| error.clone());
            return;
        }
        for (keyspace, key) in keys {
            let Some(family) = overlay.changes.get_mut(&keyspace) else { continue };
            if family.get(&key).is_some_and(|change| change.batch == self.number) {
                family.remove(&key);
            }
        }
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if self.keys.is_some() {
            let reason = "nobody waited for a batch to be durable".to_owned();
            self.settle(&Err(StoreError::Poisoned(reason)));
        }
    }
}

fn lock(overlay: &Mutex<Overlay>) -> MutexGuard<'_, Overlay> {
    overlay.lock().unwrap_or_else(PoisonError::into_inner)
}
