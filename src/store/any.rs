//! The store that the settings name.
//!
//! Deliberately absent: the memory store as a setting; it is for tests and `simulate`.

use std::path::{Path, PathBuf};

use super::archive::Archive;
use super::embedded::{EmbeddedStore, Engine};
use super::journal::{self, Folded};
use super::memory::MemoryStore;
use super::redb::RedbEngine;
use super::segment::sync_folder;
use super::sled::SledEngine;
use super::{Batch, EngineKind, Key, Keyspace, Range, Store, StoreError, StoreSettings, Value};
use crate::types::Position;

/// One of the stores; clones are the same store.
#[derive(Debug, Clone)]
pub enum AnyStore {
    /// In memory, for tests and simulation.
    Memory(MemoryStore),
    /// Over sled.
    Sled(EmbeddedStore<SledEngine>),
    /// Over redb.
    Redb(EmbeddedStore<RedbEngine>),
}

impl AnyStore {
    /// Opens the store of the settings behind an archive that is open already.
    ///
    /// # Errors
    /// What the engine says, or what [`journal::redo`] found.
    pub fn open(settings: &StoreSettings, archive: Archive) -> Result<(Self, Folded), StoreError> {
        let folder = engine_folder(settings, settings.engine);
        Ok(match settings.engine {
            EngineKind::Sled => {
                let (store, folded) = EmbeddedStore::open(SledEngine::open(&folder)?, archive)?;
                (Self::Sled(store), folded)
            }
            EngineKind::Redb => {
                let (store, folded) = EmbeddedStore::open(RedbEngine::open(&folder)?, archive)?;
                (Self::Redb(store), folded)
            }
        })
    }

    /// Returns once there is room for more batches to wait.
    pub async fn ready(&self) {
        match self {
            Self::Memory(_) => {}
            Self::Sled(store) => store.ready().await,
            Self::Redb(store) => store.ready().await,
        }
    }

    /// Returns once a write failed, with the reason: time to end the process.
    pub async fn poisoned(&self) -> String {
        match self {
            Self::Memory(_) => std::future::pending().await,
            Self::Sled(store) => store.poisoned().await,
            Self::Redb(store) => store.poisoned().await,
        }
    }
}

impl Store for AnyStore {
    async fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Value>, StoreError> {
        match self {
            Self::Memory(store) => store.get(keyspace, key).await,
            Self::Sled(store) => store.get(keyspace, key).await,
            Self::Redb(store) => store.get(keyspace, key).await,
        }
    }

    async fn scan(
        &self,
        keyspace: Keyspace,
        range: Range<'_>,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        match self {
            Self::Memory(store) => store.scan(keyspace, range).await,
            Self::Sled(store) => store.scan(keyspace, range).await,
            Self::Redb(store) => store.scan(keyspace, range).await,
        }
    }

    fn commit(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> + 'static {
        let commit = match self {
            Self::Memory(store) => Commit::Memory(store.commit(batch)),
            Self::Sled(store) => Commit::Sled(store.commit(batch)),
            Self::Redb(store) => Commit::Redb(store.commit(batch)),
        };
        async move {
            match commit {
                Commit::Memory(commit) => commit.await,
                Commit::Sled(commit) => commit.await,
                Commit::Redb(commit) => commit.await,
            }
        }
    }
}

/// The call has enqueued the batch already; only the waiting differs.
enum Commit<M, S, R> {
    Memory(M),
    Sled(S),
    Redb(R),
}

/// Removes the index of words, which the next daemon makes anew from archive and store.
///
/// # Errors
/// What the file system says.
pub fn forget_search(settings: &StoreSettings) -> Result<(), StoreError> {
    let folder = settings.path.join("search");
    remove(&folder).map_err(|error| super::archive::unusable(&folder, &error))
}

/// Opens an engine alone: to copy from or to, to rebuild into, to look at.
///
/// # Errors
/// What the engine says.
pub fn open_engine(
    settings: &StoreSettings,
    kind: EngineKind,
) -> Result<Box<dyn Engine>, StoreError> {
    open_in(&engine_folder(settings, kind), kind)
}

/// Where an engine keeps its files.
#[must_use]
pub fn engine_folder(settings: &StoreSettings, kind: EngineKind) -> PathBuf {
    settings.path.join(kind.name())
}

/// Makes the store of the settings anew from the archive, beside the old one, which it then
/// replaces; the old one stays as `<engine>.old` until the next rebuild.
///
/// # Errors
/// What the engine or the file system says; the old store is then untouched.
pub fn rebuild(
    settings: &StoreSettings,
    archive: &Archive,
    progress: impl FnMut(Position),
) -> Result<Folded, StoreError> {
    let folder = engine_folder(settings, settings.engine);
    let sibling = |suffix: &str| settings.path.join(format!("{}-{suffix}", settings.engine.name()));
    let (new, old) = (sibling("new"), sibling("old"));
    let failed = |error: std::io::Error| StoreError::Unusable(format!("rebuild: {error}"));
    for leftover in [&new, &new.with_extension("open")] {
        remove(leftover).map_err(failed)?;
    }
    let engine = open_in(&new, settings.engine)?;
    let folded = journal::rebuild(archive, engine.as_ref(), progress)?;
    drop(engine);
    remove(&old).map_err(failed)?;
    if folder.exists() {
        std::fs::rename(&folder, &old).map_err(failed)?;
    }
    remove(&folder.with_extension("open")).map_err(failed)?;
    std::fs::rename(&new, &folder).map_err(failed)?;
    sync_folder(&settings.path).map_err(failed)?;
    Ok(folded)
}

pub(crate) fn open_in(folder: &Path, kind: EngineKind) -> Result<Box<dyn Engine>, StoreError> {
    Ok(match kind {
        EngineKind::Sled => Box::new(SledEngine::open(folder)?),
        EngineKind::Redb => Box::new(RedbEngine::open(folder)?),
    })
}

/// Removes a file or a folder; one that is not there is no error.
pub(crate) fn remove(path: &Path) -> std::io::Result<()> {
    let removed =
        if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
