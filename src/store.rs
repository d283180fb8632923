//! Keeping: the archive of what was accepted and decided, and the store made from it.
//!
//! The store is narrow on purpose: get, scan a range, one atomic conditional batch whose answer
//! means durable. Everything committed is a frame of the `archive` first; an engine (`sled`,
//! `redb`) holds what can be made anew from there (`journal`). Deliberately absent: transactions
//! that stay open, queries, meaning of records beyond their encoding (`record`).

pub mod any;
pub mod archive;
mod creation;
pub mod embedded;
pub mod frame;
pub mod index;
pub mod journal;
pub mod memory;
mod pending;
mod poison;
mod queue;
pub mod record;
pub mod recovery;
pub mod redb;
pub mod remake;
mod remembered;
mod room;
mod segment;
pub mod sled;
mod touched;
pub mod view;
mod writer;

use std::future::Future;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Octets that a value may have: what is larger belongs into the archive and is referred to.
pub const VALUE_BYTES_MAX: usize = 64 << 10;
/// Octets that a key may have.
pub const KEY_BYTES_MAX: usize = 1 << 10;
/// Octets that keys and values of one batch may have together: the largest group proven on sled.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// The section `[store]` of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// The data folder; relative to the file that names it.
    pub path: PathBuf,
    /// What keeps the records.
    pub engine: EngineKind,
    /// Octets of free space below which nothing more is accepted.
    pub free_floor: u64,
    /// Whether mail is found by its words.
    pub search: bool,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            path: PathBuf::from("data"),
            engine: EngineKind::Sled,
            free_floor: 256 << 20,
            search: false,
        }
    }
}

/// The embedded engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// sled 0.34.7, in the one way that loses nothing.
    Sled,
    /// redb.
    Redb,
}

impl EngineKind {
    /// Its name in the settings, and of its folder below the data folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sled => "sled",
            Self::Redb => "redb",
        }
    }
}

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

impl Keyspace {
    /// Every family, in the order of its numbers.
    pub const ALL: [Self; 13] = [
        Self::Meta,
        Self::Seen,
        Self::Ticket,
        Self::Transaction,
        Self::Thread,
        Self::Correspondent,
        Self::Register,
        Self::Outbox,
        Self::Due,
        Self::Index,
        Self::Quarantine,
        Self::Message,
        Self::Digest,
    ];

    /// The first byte of its keys on disk.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Finds the family whose keys begin with this byte.
    #[must_use]
    pub fn find(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|keyspace| keyspace.number() == number)
    }

    /// The key as it stands on disk: the family's number, then the key.
    pub(crate) fn place(self, key: &[u8]) -> Key {
        let mut place = Vec::with_capacity(key.len() + 1);
        place.push(self.number());
        place.extend_from_slice(key);
        place
    }
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

impl Operation {
    /// Which record it changes.
    #[must_use]
    pub fn target(&self) -> (Keyspace, &Key) {
        match self {
            Self::Put(keyspace, key, _) | Self::Delete(keyspace, key) => (*keyspace, key),
        }
    }

    /// Octets of key and value.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        match self {
            Self::Put(_, key, value) => key.len() + value.len(),
            Self::Delete(_, key) => key.len(),
        }
    }
}

impl Batch {
    /// Octets of its keys and values.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.operations.iter().map(Operation::bytes).sum()
    }

    /// Whether it keeps to the sizes that every store takes.
    ///
    /// # Errors
    /// [`StoreError::Refused`] names keyspace and key of what is too big.
    pub fn check(&self) -> Result<(), StoreError> {
        for operation in &self.operations {
            let (keyspace, key) = operation.target();
            let shown = key.escape_ascii();
            if key.len() > KEY_BYTES_MAX {
                let refusal = format!("a key of {keyspace:?} has more than {KEY_BYTES_MAX} octets");
                return Err(StoreError::Refused(format!("{refusal}: {shown}")));
            }
            if operation.bytes() > key.len() + VALUE_BYTES_MAX {
                let refusal = format!("the value of {keyspace:?} `{shown}` has more than");
                return Err(StoreError::Refused(format!("{refusal} {VALUE_BYTES_MAX} octets")));
            }
            if (keyspace, key.as_slice()) == (Keyspace::Meta, journal::APPLIED) {
                return Err(StoreError::Refused("Meta `applied` belongs to the store".into()));
            }
        }
        if self.bytes() > BATCH_BYTES_MAX {
            let refusal = format!("one batch has more than {BATCH_BYTES_MAX} octets");
            return Err(StoreError::Refused(refusal));
        }
        Ok(())
    }
}

impl Condition {
    /// Whether it holds for the record that it names, `None` being no record.
    #[must_use]
    pub fn holds(&self, found: Option<&[u8]>) -> bool {
        match self {
            Self::Absent(..) => found.is_none(),
            Self::Version(_, _, version) => found.and_then(record::version) == Some(*version),
        }
    }

    /// Which record it names.
    #[must_use]
    pub fn target(&self) -> (Keyspace, &Key) {
        match self {
            Self::Absent(keyspace, key) | Self::Version(keyspace, key, _) => (*keyspace, key),
        }
    }
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
    /// What was asked for breaks a limit that every store has.
    #[error("{0}")]
    Refused(String),
    /// The data folder cannot be opened: locked by another process, or not to be read.
    #[error("cannot open the store: {0}")]
    Unusable(String),
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
    ///
    /// The batch is enqueued by the call itself, not by the first poll: the order of calls is the
    /// order of commits. Who drops the future does not take the batch back.
    fn commit(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<Self> + 'static;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_defaults_and_refuse_what_they_do_not_know() {
        let settings: StoreSettings = toml::from_str("engine = \"redb\"").unwrap();
        let expected = StoreSettings { engine: EngineKind::Redb, ..StoreSettings::default() };
        assert_eq!(settings, expected);
        assert_eq!((settings.path.to_str(), settings.free_floor), (Some("data"), 256 << 20));
        let error = toml::from_str::<StoreSettings>("engin = \"redb\"").unwrap_err().to_string();
        assert!(error.contains("engin") && error.contains("free_floor"), "{error}");
        assert!(toml::from_str::<StoreSettings>("engine = \"memory\"").is_err());
    }
}
