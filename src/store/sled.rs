//! sled 0.34.7, used in the one way that lost nothing in simulated power cuts.
//!
//! `flush` alone does not sync on Linux (`sync_file_range`), so every write ends with an
//! `fdatasync` of sled's file on a descriptor of ours. Nodes larger than a quarter of a segment go
//! to files that sled never syncs: segments of 8 MiB keep them out, and one such file stops the
//! store. sled never syncs the file with its parameters either: a new database is made aside and
//! synced whole. An interrupted open leaves a `snap.*.generating` that the next open would take
//! for a snapshot: it is removed before. Deliberately absent: trees, transactions, merge operators,
//! compression, temporary stores, and any writer beside the committer.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ::sled::{Batch, Config, Db, IVec, Mode};

use super::creation::make_whole;
use super::embedded::{Engine, guard};
use super::journal::Writes;
use super::segment::sync_folder;
use super::{Key, Keyspace, Range, StoreError, Value};

const SEGMENT_BYTES: usize = 8 << 20;
const CACHE_BYTES: u64 = 128 << 20;
/// Also what starts sled's garbage collection: without it space is never given back.
const FLUSH_EVERY_MS: u64 = 500;
/// `f_type` of file systems that copy on write, where `sync_file_range` promises even less.
const COPY_ON_WRITE: [(u64, &str); 3] =
    [(0x9123_683e, "btrfs"), (0x2fc1_2fc1, "zfs"), (0xca45_1a4e, "bcachefs")];

/// One sled database.
#[derive(Debug)]
pub struct SledEngine {
    db: Db,
    file: File,
    blobs: PathBuf,
    /// A file that is there while the database is open; what it leaves tells of an unclean end.
    open_mark: PathBuf,
    has_failed: AtomicBool,
    /// Dropped behind `db`, so that who opens the database next finds it free.
    release: Release,
}

impl SledEngine {
    /// Opens the database in `folder`, or makes one.
    ///
    /// After an unclean end every record is read once, about 2.5 s for a million of them.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] if the file system is none that sled was proven on, or sled says
    /// no; [`StoreError::Damaged`] if a record cannot be read; [`StoreError::Poisoned`] if it
    /// panics.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        guard(|| Self::open_unguarded(folder))
    }

    fn open_unguarded(folder: &Path) -> Result<Self, StoreError> {
        let failed = |error: io::Error| unusable(folder, &error.to_string());
        let open_mark = folder.with_extension("open");
        make_whole(folder, |making| {
            let db = config(making).open().map_err(|error| unusable(making, &error.to_string()))?;
            let flushed = db.flush().map(drop).map_err(|error| failure("flush", &error));
            drop(db);
            drop(Release { path: making.join("db"), is_awaited: flushed.is_ok() });
            flushed
        })?;
        refuse_copy_on_write(folder)?;
        remove_unfinished_snapshots(folder).map_err(failed)?;
        let was_open = open_mark.exists();
        File::create(&open_mark).and_then(|file| file.sync_all()).map_err(failed)?;
        let db = config(folder).open().map_err(|error| unusable(folder, &error.to_string()))?;
        let file = File::options().read(true).write(true).open(folder.join("db"));
        let file = file.map_err(failed)?;
        let blobs = folder.join("blobs");
        let release = Release { path: folder.join("db"), is_awaited: false };
        let has_failed = AtomicBool::new(false);
        let engine = Self { db, file, blobs, open_mark, has_failed, release };
        sync_folder(folder).map_err(failed)?;
        folder.parent().map_or(Ok(()), sync_folder).map_err(failed)?;
        engine.refuse_blobs()?;
        if was_open {
            engine.check_all()?;
        }
        Ok(engine)
    }

    /// Makes everything written so far durable.
    fn sync(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|error| failure("flush", &error))?;
        self.file.sync_data().map_err(|error| failure("sync", &error))
    }

    /// A file there means that a node left the synced log.
    fn refuse_blobs(&self) -> Result<(), StoreError> {
        let mut entries = match std::fs::read_dir(&self.blobs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failure("look into blobs", &error)),
        };
        match entries.next() {
            None => Ok(()),
            Some(_) => Err(failure("keep nodes in its log", &"there is a file in blobs/")),
        }
    }

    fn check_all(&self) -> Result<(), StoreError> {
        for record in self.db.iter() {
            let (key, _) = record.map_err(|error| StoreError::Damaged(error.to_string()))?;
            if key.first().and_then(|&number| Keyspace::find(number)).is_none() {
                let what = format!("sled holds a key of no family: {}", key.escape_ascii());
                return Err(StoreError::Damaged(what));
            }
        }
        Ok(())
    }

    fn note<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_err() {
            self.has_failed.store(true, Ordering::Release);
        }
        result
    }
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let found = self.db.get(key).map_err(|error| failure("read", &error));
        Ok(self.note(found)?.map(|value| value.to_vec()))
    }

    fn scan(&self, range: Range<'_>) -> Result<Vec<(Key, Value)>, StoreError> {
        let found = if range.to.is_empty() {
            self.db.range(range.from..)
        } else {
            self.db.range(range.from..range.to)
        };
        let collected = if range.reverse {
            found.rev().take(range.limit).map(owned).collect()
        } else {
            found.take(range.limit).map(owned).collect()
        };
        self.note(collected)
    }

    fn write_durable(&self, changes: &Writes<'_>) -> Result<(), StoreError> {
        // A panic on the way leaves the flag set: the open mark then stays behind.
        let had_failed = self.has_failed.swap(true, Ordering::AcqRel);
        let mut batch = Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(*key, *value),
                None => batch.remove(*key),
            }
        }
        self.db.apply_batch(batch).map_err(|error| failure("write", &error))?;
        self.sync()?;
        self.refuse_blobs()?;
        self.has_failed.store(had_failed, Ordering::Release);
        Ok(())
    }
}

impl Drop for SledEngine {
    fn drop(&mut self) {
        let is_clean = !self.has_failed.load(Ordering::Acquire) && guard(|| self.sync()).is_ok();
        if is_clean && let Err(error) = std::fs::remove_file(&self.open_mark) {
            tracing::warn!(%error, "the next start will check every record");
        }
        self.release.is_awaited = is_clean;
    }
}

/// Waits, when dropped, until sled's threads have let go of the database and its lock.
///
/// Not after a failure: what hangs then must not keep the process from ending. Its own lock it
/// gives back by name: closing the file is not enough while a child that is being started holds
/// a copy of it.
#[derive(Debug)]
struct Release {
    path: PathBuf,
    is_awaited: bool,
}

impl Drop for Release {
    fn drop(&mut self) {
        if self.is_awaited
            && let Err(error) =
                File::open(&self.path).and_then(|file| file.lock().and_then(|()| file.unlock()))
        {
            tracing::warn!(%error, "sled may still hold its database");
        }
    }
}

fn config(folder: &Path) -> Config {
    Config::new()
        .path(folder)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(CACHE_BYTES)
        .mode(Mode::LowSpace)
        .flush_every_ms(Some(FLUSH_EVERY_MS))
}

fn owned(record: ::sled::Result<(IVec, IVec)>) -> Result<(Key, Value), StoreError> {
    let (key, value) = record.map_err(|error| failure("read", &error))?;
    Ok((key.to_vec(), value.to_vec()))
}

fn refuse_copy_on_write(folder: &Path) -> Result<(), StoreError> {
    let found = rustix::fs::statfs(folder).map_err(|error| unusable(folder, &error.to_string()))?;
    let found = u64::from_ne_bytes(found.f_type.to_ne_bytes());
    match COPY_ON_WRITE.iter().find(|(number, _)| *number == found & 0xffff_ffff) {
        Some((_, name)) => Err(unusable(folder, &format!("sled is not safe on {name}; use redb"))),
        None => Ok(()),
    }
}

fn remove_unfinished_snapshots(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn unusable(folder: &Path, what: &str) -> StoreError {
    StoreError::Unusable(format!("{}: {what}", folder.display()))
}

fn failure(what: &str, error: &impl std::fmt::Display) -> StoreError {
    StoreError::Poisoned(format!("sled could not {what}: {error}"))
}
