//! The embedded store: any engine behind the archive, all writes by one thread.
//!
//! The committer takes what waits, checks conditions against everything before, has the batches
//! that pass synced as frames of the archive, and answers: from then on they are durable. A second
//! thread writes them to the engine, meanwhile reads find them in `pending`. A conflict never
//! reaches the archive. An error or panic of the engine is sticky; what it lacks then, the next
//! start gives it from the archive. Deliberately absent: locks on records, transactions that stay
//! open.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::archive::Archive;
use super::frame::Frame;
use super::journal::{self, Folded, GROUP_COUNT_MAX, Writes};
use super::pending::{self, Group, Pending};
use super::poison::Poison;
use super::queue::{Bounds, Queue};
use super::{BATCH_BYTES_MAX, Batch, Condition, Key, Keyspace, Range, Store, StoreError, Value};
use crate::types::Position;

const BOUNDS: Bounds = Bounds {
    waiting_count: 4096,
    waiting_bytes: 64 << 20,
    group_count: GROUP_COUNT_MAX,
    group_bytes: BATCH_BYTES_MAX,
};

/// What an engine must do. Keys begin with the number of their family; it knows nothing else.
pub trait Engine: Send + Sync + 'static {
    /// Reads one record.
    ///
    /// # Errors
    /// What the engine says; it counts as a failure of the whole store.
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError>;

    /// Reads a range; its bounds are keys as on disk, and an empty `to` is the end of all.
    ///
    /// # Errors
    /// As [`Self::get`].
    fn scan(&self, range: Range<'_>) -> Result<Vec<(Key, Value)>, StoreError>;

    /// Writes all changes or none; returns once a power cut loses nothing of them.
    ///
    /// # Errors
    /// As [`Self::get`]; whether anything was written is then unknown.
    fn write_durable(&self, changes: &Writes<'_>) -> Result<(), StoreError>;
}

/// A store over one engine; clones are the same store.
pub struct EmbeddedStore<E: Engine> {
    inner: Arc<Inner<E>>,
}

struct Inner<E: Engine> {
    shared: Arc<Shared<E>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared<E> {
    engine: E,
    queue: Queue<Request>,
    pending: Pending,
    poison: Poison,
}

struct Request {
    batch: Batch,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl<E: Engine> EmbeddedStore<E> {
    /// Opens a store: batches that the archive holds and the engine lacks are applied again.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if archive and engine do not fit together; what the engine says.
    pub fn open(engine: E, archive: Archive) -> Result<(Self, Folded), StoreError> {
        let folded = guard(|| journal::redo(&archive, &engine))?;
        let (queue, pending, poison) = (Queue::new(BOUNDS), Pending::default(), Poison::new());
        let shared = Arc::new(Shared { engine, queue, pending, poison });
        let mut inner = Inner { shared: Arc::clone(&shared), threads: Vec::new() };
        let committing = Arc::clone(&shared);
        inner.spawn("committer", move || run(&committing, &archive))?;
        inner.spawn("engine", move || shared.apply())?;
        Ok((Self { inner: Arc::new(inner) }, folded))
    }

    /// Returns once there is room for more batches to wait; who does not ask is refused at the
    /// bound with [`StoreError::Full`].
    pub async fn ready(&self) {
        self.inner.shared.queue.ready().await;
    }

    /// Returns once a write failed, with the reason.
    pub async fn poisoned(&self) -> String {
        self.inner.shared.poison.wait().await
    }

    /// Reads at once: engines answer from memory in microseconds and never wait for a sync.
    fn read<T>(
        &self,
        read: impl FnOnce(&Shared<E>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let shared = &self.inner.shared;
        if let Some(error) = shared.poison.error() {
            return Err(error);
        }
        let result = guard(|| read(shared));
        if let Err(StoreError::Poisoned(reason)) = &result {
            shared.poison.set(reason);
        }
        result
    }
}

impl<E: Engine> Store for EmbeddedStore<E> {
    async fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.read(|shared| shared.pending.get(&shared.engine, &keyspace.place(key)))
    }

    async fn scan(
        &self,
        keyspace: Keyspace,
        range: Range<'_>,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        self.read(|shared| {
            let scan = |places: Range<'_>| shared.pending.scan(&shared.engine, places);
            scan_keyspace(scan, keyspace, range)
        })
    }

    fn commit(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<E> + 'static {
        let poison = self.inner.shared.poison.clone();
        let enqueued = self.inner.shared.enqueue(batch);
        async move { enqueued?.await.unwrap_or_else(|_| Err(poison.error_of_silence())) }
    }
}

impl<E> Shared<E> {
    fn enqueue(&self, batch: Batch) -> Result<Answer, StoreError> {
        if let Some(error) = self.poison.error() {
            return Err(error);
        }
        batch.check()?;
        let bytes = batch.bytes() + batch.event.len();
        let (answer, receiver) = oneshot::channel();
        self.queue.push(vec![(Request { batch, answer }, bytes)])?;
        Ok(receiver)
    }
}

impl<E: Engine> Shared<E> {
    /// The thread that writes to the engine: until nothing more is archived.
    fn apply(&self) {
        if let Err(error) = guard(|| pending::apply(&self.pending, &self.engine)) {
            self.poison.set(match &error {
                StoreError::Poisoned(reason) => reason,
                _ => "the engine takes nothing more",
            });
            self.pending.close();
        }
    }
}

type Answer = oneshot::Receiver<Result<(), StoreError>>;

/// Reads a range of one family by a scan of places.
pub(crate) fn scan_keyspace(
    scan: impl FnOnce(Range<'_>) -> Result<Vec<(Key, Value)>, StoreError>,
    keyspace: Keyspace,
    range: Range<'_>,
) -> Result<Vec<(Key, Value)>, StoreError> {
    let from = keyspace.place(range.from);
    let to =
        if range.to.is_empty() { vec![keyspace.number() + 1] } else { keyspace.place(range.to) };
    if from >= to || range.limit == 0 {
        return Ok(Vec::new());
    }
    let mut records = scan(Range { from: &from, to: &to, ..range })?;
    for (key, _) in &mut records {
        key.remove(0);
    }
    Ok(records)
}

/// The committer thread: until the queue is closed and empty.
fn run<E: Engine>(shared: &Shared<E>, archive: &Archive) {
    while let Some(requests) = shared.queue.drain() {
        let (answers, batches): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|request| (request.answer, request.batch)).unzip();
        shared.pending.await_room();
        let committed = match shared.poison.error() {
            Some(error) => Err(error),
            None => guard(|| commit(shared, archive, batches)),
        };
        if let Err(StoreError::Poisoned(reason)) = &committed {
            shared.poison.set(reason);
        }
        let results = match committed {
            Ok(results) => results,
            Err(error) => vec![Err(error); answers.len()],
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // Nobody waits any more: the batch is durable all the same.
            drop(answer.send(result));
        }
    }
}

/// Commits a group; one result for each batch. An error is the fate of all.
fn commit<E: Engine>(
    shared: &Shared<E>,
    archive: &Archive,
    batches: Vec<Batch>,
) -> Result<Vec<Result<(), StoreError>>, StoreError> {
    let mut results = Vec::with_capacity(batches.len());
    let mut group = Group::default();
    let mut frames = Vec::with_capacity(batches.len());
    for batch in batches {
        if !all_hold(shared, &group, &batch.conditions)? {
            results.push(Err(StoreError::Conflict));
            continue;
        }
        frames.push(journal::frame_of(&batch));
        group.batches += 1;
        group.bytes += batch.bytes();
        journal::merge(&mut group.changes, batch.operations);
        results.push(Ok(()));
    }
    if let Some(behind) = append_all(archive, frames)? {
        journal::merge_applied(&mut group.changes, behind);
        shared.pending.push(group);
    }
    Ok(results)
}

fn all_hold<E: Engine>(
    shared: &Shared<E>,
    group: &Group,
    conditions: &[Condition],
) -> Result<bool, StoreError> {
    for condition in conditions {
        let (keyspace, key) = condition.target();
        let place = keyspace.place(key);
        let holds = match group.changes.get(&place) {
            Some(changed) => condition.holds(changed.as_deref()),
            None => condition.holds(shared.pending.get(&shared.engine, &place)?.as_deref()),
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Has all frames synced; the position behind the last.
///
/// A full disk before the first frame leaves everything as it was; behind it the group is in doubt.
fn append_all(archive: &Archive, frames: Vec<Frame>) -> Result<Option<Position>, StoreError> {
    let Some(last_bytes) = frames.last().map(Frame::bytes) else { return Ok(None) };
    let mut last = None;
    for answer in archive.enqueue(frames)? {
        match answer.blocking_recv() {
            Ok(Ok(position)) => last = Some(position),
            Ok(Err(error)) if last.is_none() => return Err(error),
            Ok(Err(error)) => {
                return Err(StoreError::Poisoned(format!("half a group was archived: {error}")));
            }
            Err(_) => return Err(StoreError::Poisoned("the archive's writer ended".into())),
        }
    }
    Ok(last.map(|last: Position| Position(last.0 + last_bytes as u64)))
}

/// Calls into an engine; a panic or error there is a failure of the store.
pub(crate) fn guard<T>(call: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(StoreError::Poisoned(format!("the engine panicked: {}", said.unwrap_or("no message"))))
    })
}

impl<E: Engine> Inner<E> {
    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let thread = std::thread::Builder::new().name(name.into()).spawn(work);
        self.threads.push(thread.map_err(|error| StoreError::Unusable(error.to_string()))?);
        Ok(())
    }
}

impl<E: Engine> Drop for Inner<E> {
    /// The committer ends with what waits, and only then the engine's thread with what it left.
    fn drop(&mut self) {
        self.shared.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                self.shared.poison.set("a thread of the store panicked");
            }
            self.shared.pending.close();
        }
    }
}

impl<E: Engine> Clone for EmbeddedStore<E> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<E: Engine> fmt::Debug for EmbeddedStore<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore")
            .field("poisoned", &self.inner.shared.poison.error())
            .finish_non_exhaustive()
    }
}
