//! Submission into a maildir: the rehearsal, in which nothing leaves the machine.
//!
//! Every file begins with the envelope (`Return-Path`, `Delivered-To`), then follows the message as
//! it is. Deliberately absent: reading, flags, removal of what a crash left in `tmp` (every reader
//! of a maildir removes that after 36 hours).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::{Outcome, Parcel, SubmitError};

/// Files written at once: enough for the disk to join their syncs, few enough threads.
const WRITERS_MAX: usize = 32;

/// An opened maildir.
#[derive(Debug, Clone)]
pub struct Maildir {
    folder: Arc<Folder>,
    writers: Arc<Semaphore>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    arrivals: Arrivals,
    attempts: AtomicU64,
}

impl Maildir {
    /// Opens a maildir and makes its three folders where they are missing.
    ///
    /// # Errors
    /// [`SubmitError::Folder`] if one of them cannot be made or opened.
    pub fn open(path: &Path) -> Result<Self, SubmitError> {
        for name in ["tmp", "new", "cur"] {
            let folder = path.join(name);
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(|source| SubmitError::Folder { path: folder.clone(), source })?;
        }
        let new = path.join("new");
        let directory =
            File::open(&new).map_err(|source| SubmitError::Folder { path: new, source })?;
        let folder = Folder {
            path: path.to_owned(),
            arrivals: Arrivals::new(directory),
            attempts: AtomicU64::new(0),
        };
        Ok(Self { folder: Arc::new(folder), writers: Arc::new(Semaphore::new(WRITERS_MAX)) })
    }

    /// The name of a parcel's file in `new`.
    ///
    /// A repeated submit replaces the file. If a reader has moved it to `cur` in between, a second
    /// file of the same name comes into `new`: its name and Message-ID show that it is the same.
    #[must_use]
    pub fn file_name(parcel: &Parcel) -> String {
        format!("{:020}.lotse", parcel.id.0)
    }

    pub(super) async fn submit(&self, parcel: Parcel) -> Outcome {
        let writers = Arc::clone(&self.writers);
        let Ok(_writer) = writers.acquire().await else {
            return Outcome::Transient("the maildir is closed".to_owned());
        };
        let folder = Arc::clone(&self.folder);
        match spawn_blocking(move || folder.store(&parcel)).await {
            Ok(Ok(name)) => Outcome::Sent(name),
            Ok(Err(error)) => Outcome::Transient(format!("maildir: {error}")),
            Err(error) => Outcome::Transient(format!("maildir: {error}")),
        }
    }
}

impl Folder {
    /// Writes the file, durable and whole, or not at all.
    fn store(&self, parcel: &Parcel) -> io::Result<String> {
        let name = Maildir::file_name(parcel);
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let draft = format!("{name}.{}.{attempt}", std::process::id());
        let draft = self.path.join("tmp").join(draft);
        let moved = write_durable(&draft, parcel)
            .and_then(|()| fs::rename(&draft, self.path.join("new").join(&name)));
        if let Err(error) = moved {
            // The first error is what matters; a draft that stays is never read as mail.
            drop(fs::remove_file(&draft));
            return Err(error);
        }
        self.arrivals.sync()?;
        Ok(name)
    }
}

fn write_durable(path: &Path, parcel: &Parcel) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut bytes = Vec::with_capacity(parcel.bytes.len() + 600);
    write!(
        bytes,
        "Return-Path: <{}>\r\nDelivered-To: {}\r\n",
        parcel.reverse_path_text(),
        parcel.forward_path
    )?;
    bytes.extend_from_slice(&parcel.bytes);
    file.write_all(&bytes)?;
    file.sync_data()
}

/// Makes renames durable, many with one sync of the directory.
#[derive(Debug)]
struct Arrivals {
    directory: File,
    arrived: AtomicU64,
    synced: Mutex<Synced>,
}

#[derive(Debug, Default)]
struct Synced {
    /// The last arrival that a sync covered, whatever came of it.
    last: u64,
    /// The last arrival whose sync failed: a later one that passes proves nothing for it.
    failed: u64,
}

impl Arrivals {
    fn new(directory: File) -> Self {
        Self { directory, arrived: AtomicU64::new(0), synced: Mutex::default() }
    }

    /// Returns once a sync that began after this call has passed.
    ///
    /// Who comes while one runs waits for the next, which then covers all who wait.
    fn sync(&self) -> io::Result<()> {
        let mine = self.arrived.fetch_add(1, Ordering::SeqCst) + 1;
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if synced.last < mine {
            let covered = self.arrived.load(Ordering::SeqCst);
            let result = self.directory.sync_all();
            synced.last = covered;
            if let Err(error) = result {
                synced.failed = covered;
                return Err(error);
            }
        } else if mine <= synced.failed {
            return Err(io::Error::other("the folder could not be synced"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory that can be synced only once it is repaired would need a broken disk; a sync
    /// that failed is noted by hand instead.
    #[test]
    fn a_failed_sync_fails_for_all_it_covered_and_for_nobody_later() {
        let folder = tempfile::tempdir().unwrap();
        let arrivals = Arrivals::new(File::open(folder.path()).unwrap());
        *arrivals.synced.lock().unwrap() = Synced { last: 2, failed: 2 };
        assert!(arrivals.sync().is_err());
        assert!(arrivals.sync().is_err());
        assert!(arrivals.sync().is_ok());
    }
}
