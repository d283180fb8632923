//! The archive, the store over every engine, and the view: one contract for all.

#[path = "store/archive.rs"]
mod archive;
#[path = "store/contract.rs"]
mod contract;
#[path = "store/redo.rs"]
mod redo;
#[path = "store/view.rs"]
mod view;

use lotse::store::any::AnyStore;
use lotse::store::archive::Archive;
use lotse::store::journal::Folded;
use lotse::store::memory::MemoryStore;
use lotse::store::{
    Batch, Condition, EngineKind, Key, Keyspace, Operation, Range, Store, StoreSettings, Value,
    record,
};
use tempfile::TempDir;

/// A data folder, and what opens in it; without a kind a store in memory.
struct Site {
    folder: TempDir,
    kind: Option<EngineKind>,
}

impl Site {
    fn new(kind: Option<EngineKind>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), kind }
    }

    fn all() -> Vec<Self> {
        [None, Some(EngineKind::Sled), Some(EngineKind::Redb)].map(Self::new).into()
    }

    fn durable() -> Vec<Self> {
        [Some(EngineKind::Sled), Some(EngineKind::Redb)].map(Self::new).into()
    }

    fn settings(&self) -> StoreSettings {
        let engine = self.kind.unwrap_or(EngineKind::Redb);
        StoreSettings { path: self.folder.path().to_owned(), engine, free_floor: 0, search: true }
    }

    fn archive(&self) -> Archive {
        let (archive, recovery) = Archive::open(self.folder.path()).unwrap();
        assert_eq!((recovery.cut, recovery.damaged), (None, vec![]));
        archive
    }

    fn open(&self) -> (AnyStore, Folded) {
        match self.kind {
            None => (AnyStore::Memory(MemoryStore::new()), Folded::default()),
            Some(_) => AnyStore::open(&self.settings(), self.archive()).unwrap(),
        }
    }
}

fn put(keyspace: Keyspace, key: &str, value: &[u8]) -> Operation {
    Operation::Put(keyspace, key.into(), value.to_vec())
}

fn delete(keyspace: Keyspace, key: &str) -> Operation {
    Operation::Delete(keyspace, key.into())
}

fn batch(operations: Vec<Operation>) -> Batch {
    Batch { conditions: vec![], operations, event: b"{}".to_vec() }
}

fn conditional(condition: Condition, operations: Vec<Operation>) -> Batch {
    Batch { conditions: vec![condition], ..batch(operations) }
}

fn versioned(version: u64) -> Value {
    record::encode(1, version, &"text").unwrap()
}

const EVERYTHING: Range<'static> = Range { from: &[], to: &[], limit: usize::MAX, reverse: false };

async fn dump<S: Store>(store: &S) -> Vec<(Keyspace, Key, Value)> {
    let mut dump = Vec::new();
    for keyspace in Keyspace::ALL {
        let records = store.scan(keyspace, EVERYTHING).await.unwrap();
        dump.extend(records.into_iter().map(|(key, value)| (keyspace, key, value)));
    }
    dump
}
