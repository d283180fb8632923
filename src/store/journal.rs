//! Batches as frames of the archive, and stores made from them: redo, rebuild, copy.
//!
//! The body of a batch frame is `[count u32]`, then for each operation `[1 put | 2 delete]`,
//! `[keyspace u8][key bytes u32][key]` and, for a put, `[value bytes u32][value]`; numbers are
//! big-endian. Its head is the event as the caller gave it. Deliberately absent: conditions (only
//! what passed is here) and deciding again (the fold needs no rules).

use std::collections::BTreeMap;

use super::archive::Archive;
use super::embedded::Engine;
use super::frame::{Frame, FrameKind};
use super::{BATCH_BYTES_MAX, Batch, Key, Keyspace, Operation, Range, StoreError, Value};
use crate::types::Position;

/// The record of [`Keyspace::Meta`] that says how far the archive was applied: the position behind
/// the last applied batch frame, eight octets, big-endian.
pub const APPLIED: &[u8] = b"applied";
/// Batches that one durable write takes at most, proven on sled.
pub(crate) const GROUP_COUNT_MAX: usize = 256;
/// Records that a copy reads at once.
const PAGE_RECORDS: usize = 1000;

/// Changes of one durable write: keys as on disk, `None` being a deletion.
pub type Changes = BTreeMap<Key, Option<Value>>;
/// The same as an engine gets them.
pub type Writes<'a> = BTreeMap<&'a [u8], Option<&'a [u8]>>;

/// What is left to write of several changes, in order: the last of each key.
#[must_use]
pub fn last_of<'a>(all: impl IntoIterator<Item = &'a Changes>) -> Writes<'a> {
    let all = all.into_iter().flatten();
    all.map(|(key, value)| (key.as_slice(), value.as_deref())).collect()
}

/// The frame of a batch.
#[must_use]
pub fn frame_of(batch: &Batch) -> Frame {
    let body = encode(&batch.operations);
    Frame { kind: FrameKind::Batch, head: batch.event.clone(), body }
}

/// Encodes operations as the body of a batch frame.
#[must_use]
pub fn encode(operations: &[Operation]) -> Vec<u8> {
    let bytes: usize = operations.iter().map(|operation| operation.bytes() + 10).sum();
    let mut body = Vec::with_capacity(bytes + 4);
    push_length(&mut body, operations.len());
    for operation in operations {
        let (keyspace, key) = operation.target();
        body.push(if matches!(operation, Operation::Put(..)) { 1 } else { 2 });
        body.push(keyspace.number());
        push_length(&mut body, key.len());
        body.extend_from_slice(key);
        if let Operation::Put(_, _, value) = operation {
            push_length(&mut body, value.len());
            body.extend_from_slice(value);
        }
    }
    body
}

/// Decodes the body of a batch frame.
///
/// # Errors
/// [`StoreError::Damaged`] if it is none.
pub fn decode(body: &[u8]) -> Result<Vec<Operation>, StoreError> {
    let mut rest = body;
    read_all(&mut rest)
        .filter(|_| rest.is_empty())
        .ok_or_else(|| StoreError::Damaged("a frame that holds no operations".into()))
}

fn read_all(rest: &mut &[u8]) -> Option<Vec<Operation>> {
    let count = read_length(rest)?;
    let mut operations = Vec::new();
    for _ in 0..count {
        let (head, behind) = rest.split_first_chunk::<2>()?;
        *rest = behind;
        let [kind, keyspace] = *head;
        let keyspace = Keyspace::find(keyspace)?;
        let key = read_bytes(rest)?;
        operations.push(match kind {
            1 => Operation::Put(keyspace, key, read_bytes(rest)?),
            2 => Operation::Delete(keyspace, key),
            _ => return None,
        });
    }
    Some(operations)
}

fn read_bytes(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = read_length(rest)?;
    let (bytes, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(bytes.to_vec())
}

fn read_length(rest: &mut &[u8]) -> Option<usize> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    *rest = behind;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

/// Lengths are bounded by [`BATCH_BYTES_MAX`], far below what four octets count.
fn push_length(body: &mut Vec<u8>, length: usize) {
    body.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

/// Adds operations to the changes of one durable write, in order.
pub(crate) fn merge(changes: &mut Changes, operations: Vec<Operation>) {
    for operation in operations {
        match operation {
            Operation::Put(keyspace, key, value) => {
                changes.insert(keyspace.place(&key), Some(value))
            }
            Operation::Delete(keyspace, key) => changes.insert(keyspace.place(&key), None),
        };
    }
}

/// Notes how far the archive was applied among the changes of one durable write.
pub(crate) fn merge_applied(changes: &mut Changes, behind: Position) {
    changes.insert(Keyspace::Meta.place(APPLIED), Some(behind.0.to_be_bytes().to_vec()));
}

/// How far the archive was applied to an engine; position 0 if not at all.
///
/// # Errors
/// [`StoreError::Damaged`] if the record is no position; and what the engine says.
pub fn applied(engine: &dyn Engine) -> Result<Position, StoreError> {
    let Some(value) = engine.get(&Keyspace::Meta.place(APPLIED))? else {
        return Ok(Position(0));
    };
    match <[u8; 8]>::try_from(value.as_slice()) {
        Ok(position) => Ok(Position(u64::from_be_bytes(position))),
        Err(error) => Err(StoreError::Damaged(format!("Meta `applied` is no position: {error}"))),
    }
}

/// What folding the archive into an engine did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folded {
    /// Batches applied.
    pub batches: u64,
    /// The position of the last of them.
    pub last: Option<Position>,
    /// Places of the archive that cannot be read, as sentences; what they held is missing.
    pub damaged: Vec<String>,
}

/// Applies the batches behind [`applied`] again.
///
/// # Errors
/// [`StoreError::Damaged`] if the archive cannot be read there, or ends before what the engine
/// holds: going on would leave a hole in silence. [`rebuild`] goes on and lists it.
pub fn redo(archive: &Archive, engine: &dyn Engine) -> Result<Folded, StoreError> {
    let applied = applied(engine)?;
    if applied > archive.end() {
        let end = archive.end();
        let what = format!("the archive ends at {end}, the store goes on to {applied}");
        return Err(StoreError::Damaged(what));
    }
    let folded = fold(archive, engine, applied, |_| {})?;
    match folded.damaged.first() {
        Some(damage) => Err(StoreError::Damaged(format!("{damage}; `lotse rebuild` goes on"))),
        None => Ok(folded),
    }
}

/// Makes a store anew from the archive, into an empty engine.
///
/// `progress` is told the position reached, after each durable write.
///
/// # Errors
/// [`StoreError::Refused`] if the engine is not empty; and what the engine says.
pub fn rebuild(
    archive: &Archive,
    engine: &dyn Engine,
    progress: impl FnMut(Position),
) -> Result<Folded, StoreError> {
    refuse_filled(engine)?;
    fold(archive, engine, Position(0), progress)
}

fn fold(
    archive: &Archive,
    engine: &dyn Engine,
    from: Position,
    mut progress: impl FnMut(Position),
) -> Result<Folded, StoreError> {
    let mut folded = Folded::default();
    let mut group = Group::default();
    for found in archive.scan(from) {
        let (position, frame) = match found {
            Ok(found) => found,
            Err(error) => {
                folded.damaged.push(error.to_string());
                continue;
            }
        };
        if matches!(frame.kind, FrameKind::Message | FrameKind::Erased) {
            continue;
        }
        let operations = match decode(&frame.body) {
            Ok(operations) => operations,
            Err(error) => {
                folded.damaged.push(format!("position {position}: {error}"));
                continue;
            }
        };
        if !group.has_room(&operations) {
            group.write(engine)?;
            progress(position);
        }
        group.add(operations, frame.behind(position));
        folded.batches += 1;
        folded.last = Some(position);
    }
    group.write(engine)?;
    progress(archive.end());
    Ok(folded)
}

/// Batches that go into one durable write.
#[derive(Debug, Default)]
struct Group {
    changes: Changes,
    count: usize,
    bytes: usize,
}

impl Group {
    fn has_room(&self, operations: &[Operation]) -> bool {
        let bytes: usize = operations.iter().map(Operation::bytes).sum();
        self.count < GROUP_COUNT_MAX && self.bytes + bytes <= BATCH_BYTES_MAX
    }

    fn add(&mut self, operations: Vec<Operation>, behind: Position) {
        self.count += 1;
        self.bytes += operations.iter().map(Operation::bytes).sum::<usize>();
        merge(&mut self.changes, operations);
        merge_applied(&mut self.changes, behind);
    }

    fn write(&mut self, engine: &dyn Engine) -> Result<(), StoreError> {
        let group = std::mem::take(self);
        if group.count == 0 { Ok(()) } else { engine.write_durable(&last_of([&group.changes])) }
    }
}

/// Copies every record of one engine into another, empty one; how many there were.
///
/// What says how far the archive was applied is copied last: a copy that was interrupted is
/// completed from the archive at the next start. `progress` is told the records copied so far.
///
/// # Errors
/// [`StoreError::Refused`] if the target is not empty; and what the engines say.
pub fn copy(
    from: &dyn Engine,
    to: &dyn Engine,
    mut progress: impl FnMut(u64),
) -> Result<u64, StoreError> {
    refuse_filled(to)?;
    let applied = Keyspace::Meta.place(APPLIED);
    let mut copied = 0;
    let mut next = Vec::new();
    loop {
        let range = Range { from: &next, to: &[], limit: PAGE_RECORDS, reverse: false };
        let page = from.scan(range)?;
        let Some((last, _)) = page.last() else { break };
        next = successor(last);
        copied += page.len() as u64;
        let changes = page.into_iter().filter(|(key, _)| *key != applied);
        write_bounded(to, changes)?;
        progress(copied);
    }
    if let Some(position) = from.get(&applied)? {
        to.write_durable(&Writes::from([(applied.as_slice(), Some(position.as_slice()))]))?;
    }
    Ok(copied)
}

fn write_bounded(
    to: &dyn Engine,
    records: impl Iterator<Item = (Key, Value)>,
) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    let mut bytes = 0;
    for (key, value) in records {
        bytes += key.len() + value.len();
        changes.insert(key, Some(value));
        if bytes > BATCH_BYTES_MAX / 2 {
            to.write_durable(&last_of([&changes]))?;
            changes.clear();
            bytes = 0;
        }
    }
    if changes.is_empty() { Ok(()) } else { to.write_durable(&last_of([&changes])) }
}

/// The first key behind `key`.
pub(crate) fn successor(key: &[u8]) -> Key {
    let mut next = key.to_vec();
    next.push(0);
    next
}

fn refuse_filled(engine: &dyn Engine) -> Result<(), StoreError> {
    let first = engine.scan(Range { from: &[], to: &[], limit: 1, reverse: false })?;
    if first.is_empty() {
        Ok(())
    } else {
        Err(StoreError::Refused("the target holds records already".into()))
    }
}
