//! redb: one file, one table, every write durable before it returns.
//!
//! Commits are in two phases and say what space is free (`quick_repair`), so that a start after a
//! kill does not walk the whole file. Deliberately absent: savepoints, several tables, compaction.

use std::path::Path;

use ::redb::{Database, ReadableDatabase, TableDefinition};

use super::creation::make_whole;
use super::embedded::{Engine, guard};
use super::journal::Writes;
use super::{Key, Range, StoreError, Value};

const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
const CACHE_BYTES: usize = 128 << 20;

/// One redb database.
#[derive(Debug)]
pub struct RedbEngine {
    database: Database,
}

impl RedbEngine {
    /// Opens the database in `folder`, or makes one.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] if redb says no, [`StoreError::Poisoned`] if it panics.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        guard(|| Self::open_unguarded(folder))
    }

    fn open_unguarded(folder: &Path) -> Result<Self, StoreError> {
        make_whole(folder, |making| Self::open_in(making).map(drop))?;
        Self::open_in(folder)
    }

    fn open_in(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("records.redb");
        let database = Database::builder().set_cache_size(CACHE_BYTES).create(&path);
        let engine = Self { database: database.map_err(|error| unusable(&path, &error))? };
        engine.write(&Writes::new()).map_err(|error| unusable(&path, &error))?;
        Ok(engine)
    }

    fn read(&self, key: &[u8]) -> Result<Option<Value>, ::redb::Error> {
        let table = self.database.begin_read()?.open_table(RECORDS)?;
        Ok(table.get(key)?.map(|value| value.value().to_vec()))
    }

    fn read_range(&self, range: Range<'_>) -> Result<Vec<(Key, Value)>, ::redb::Error> {
        let table = self.database.begin_read()?.open_table(RECORDS)?;
        let mut found = if range.to.is_empty() {
            table.range(range.from..)?
        } else {
            table.range(range.from..range.to)?
        };
        let mut records = Vec::new();
        while records.len() < range.limit {
            let next = if range.reverse { found.next_back() } else { found.next() };
            let Some(record) = next else { break };
            let (key, value) = record?;
            records.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(records)
    }

    fn write(&self, changes: &Writes<'_>) -> Result<(), ::redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_quick_repair(true);
        let mut table = transaction.open_table(RECORDS)?;
        for (key, value) in changes {
            match value {
                Some(value) => drop(table.insert(*key, *value)?),
                None => drop(table.remove(*key)?),
            }
        }
        drop(table);
        transaction.commit()?;
        Ok(())
    }
}

impl Engine for RedbEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.read(key).map_err(|error| failure("read", &error))
    }

    fn scan(&self, range: Range<'_>) -> Result<Vec<(Key, Value)>, StoreError> {
        self.read_range(range).map_err(|error| failure("read", &error))
    }

    fn write_durable(&self, changes: &Writes<'_>) -> Result<(), StoreError> {
        self.write(changes).map_err(|error| failure("write", &error))
    }
}

fn unusable(path: &Path, error: &impl std::fmt::Display) -> StoreError {
    StoreError::Unusable(format!("{}: {error}", path.display()))
}

fn failure(what: &str, error: &impl std::fmt::Display) -> StoreError {
    StoreError::Poisoned(format!("redb could not {what}: {error}"))
}
