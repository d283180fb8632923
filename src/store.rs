//! Keeping: the archive of what was accepted and decided, and the store made from it.
//!
//! The store is narrow on purpose: get, scan a range, one atomic conditional batch whose answer
//! means durable. Deliberately absent: transactions that stay open, queries, meaning of records
//! beyond their encoding (`record`).

pub mod archive;
pub mod embedded;
pub mod memory;
pub mod record;
pub mod redb;
pub mod sled;
pub mod view;

use std::future::Future;

/// A family of records; its number is the first byte of a key on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Keyspace {
    /// Counters, marks, versions: name.
    Meta = 1,
    /// What was accepted before: hash of content or Message-ID.
    Seen = 2,
    /// Tickets: id u64.
    Ticket = 3,
    /// Histories: ticket u64, sequence u32.
    Transaction = 4,
    /// Message-IDs to tickets.
    Thread = 5,
    /// Addresses that mail came from or went to.
    Correspondent = 6,
    /// People, units, queues, memberships.
    Register = 7,
    /// Rows of the outbox: id u64.
    Outbox = 8,
    /// What is due when: milliseconds u64, then what.
    Due = 9,
    /// Keys to ids, nothing else.
    Index = 10,
    /// Messages that could not be decided: position u64.
    Quarantine = 11,
    /// One line per accepted message, what became of it: position u64.
    Message = 12,
    /// Open digests and other counters kept as things happen.
    Digest = 13,
}

/// A key within its family; big-endian numbers, so that order on disk is order of meaning.
pub type Key = Vec<u8>;
/// An encoded record: see `record`.
pub type Value = Vec<u8>;

/// What must still be true of a record that a decision read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is no such record.
    Absent(Keyspace, Key),
    /// The record's version is this one (see `record::version`).
    Version(Keyspace, Key, u64),
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Writes a record.
    Put(Keyspace, Key, Value),
    /// Removes a record; one that is not there is no error.
    Delete(Keyspace, Key),
}

/// All that one event changes: whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// What was read.
    pub conditions: Vec<Condition>,
    /// What changes, in order.
    pub operations: Vec<Operation>,
    /// The event with everything it drew, as JSON; kept in the archive beside the operations.
    pub event: Vec<u8>,
}

/// Why a batch was not committed, or a read failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A condition no longer holds: read again, decide again.
    #[error("a record changed since it was read")]
    Conflict,
    /// No space left, or below the floor.
    #[error("not enough free space")]
    Full,
    /// A write or sync failed; whether it took is unknown until the next start.
    #[error("the store failed and waits for a restart: {0}")]
    Poisoned(String),
    /// A record cannot be read: its place and what is wrong with it.
    #[error("damaged record: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether doing the same again may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Conflict | Self::Full)
    }
}

/// What every engine offers.
pub trait Store: Clone + Send + Sync + 'static {
    /// Reads one record.
    fn get(
        &self,
        keyspace: Keyspace,
        key: &[u8],
    ) -> impl Future<Output = Result<Option<Value>, StoreError>> + Send;

    /// Reads up to `limit` records with `from <= key < to`, in order; from the end if `reverse`.
    fn scan(
        &self,
        keyspace: Keyspace,
        range: Range<'_>,
    ) -> impl Future<Output = Result<Vec<(Key, Value)>, StoreError>> + Send;

    /// Commits a batch. `Ok` means durable.
    fn commit(&self, batch: Batch) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A range of keys to scan.
#[derive(Debug, Clone, Copy)]
pub struct Range<'a> {
    /// The first key that counts.
    pub from: &'a [u8],
    /// The first key that no longer counts; empty is the end of the family.
    pub to: &'a [u8],
    /// How many records at most.
    pub limit: usize,
    /// Whether to begin at the end.
    pub reverse: bool,
}
