//! What a door remembers of a folder between two starts.
//!
//! Deliberately absent: which messages were taken, by content; duplicates are recognized when they
//! are decided. This memory only makes them rare.

use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a folder was read, in UIDs (RFC 3501 section 2.3.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderMark {
    /// All UIDs below hold only under this UIDVALIDITY.
    pub uid_validity: u32,
    /// When lotse saw the folder for the first time, in whole seconds as INTERNALDATE has them:
    /// what came in the same second is new.
    pub first_contact_at: Timestamp,
    /// What lay there before, as ranges of UIDs with both ends included, ascending.
    pub backlog: Vec<(u32, u32)>,
    /// The backlog is taken up to here.
    pub backlog_taken: u32,
    /// Everything else is taken up to here.
    pub taken: u32,
    /// Could be neither fetched nor moved away; never tried again.
    #[serde(default)]
    pub failed: Vec<u32>,
}

impl FolderMark {
    /// The mark of a folder in which all up to `uid_last` lay before.
    #[must_use]
    pub fn first(uid_validity: u32, uid_last: u32, now: Timestamp) -> Self {
        let first_contact_at = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let backlog = if uid_last == 0 { Vec::new() } else { vec![(1, uid_last)] };
        Self {
            uid_validity,
            first_contact_at,
            backlog,
            backlog_taken: 0,
            taken: 0,
            failed: Vec::new(),
        }
    }

    /// The mark after the server gave all messages new UIDs: what lay there before is known by
    /// its INTERNALDATE alone, and everything else counts as not taken.
    ///
    /// A message whose date is missing counts as new: better decided twice than lost.
    #[must_use]
    pub fn renumbered(&self, uid_validity: u32, dates: &[(u32, Timestamp)]) -> Self {
        let mut backlog: Vec<(u32, u32)> = Vec::new();
        for (uid, at) in dates {
            if *at >= self.first_contact_at {
                continue;
            }
            match backlog.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
                _ => backlog.push((*uid, *uid)),
            }
        }
        Self {
            uid_validity,
            first_contact_at: self.first_contact_at,
            backlog,
            backlog_taken: 0,
            taken: 0,
            failed: Vec::new(),
        }
    }

    /// Whether the message lay there before lotse came.
    #[must_use]
    pub fn is_backlog(&self, uid: u32) -> bool {
        self.backlog.iter().any(|(first, last)| (*first..=*last).contains(&uid))
    }

    /// Whether the message is taken (or given up) and only its move may be missing.
    #[must_use]
    pub fn is_settled(&self, uid: u32) -> bool {
        uid <= if self.is_backlog(uid) { self.backlog_taken } else { self.taken }
    }

    /// Notes that the message is taken. Messages must be settled in ascending order.
    pub fn settle(&mut self, uid: u32) {
        if self.is_backlog(uid) {
            self.backlog_taken = self.backlog_taken.max(uid);
        } else {
            self.taken = self.taken.max(uid);
        }
    }

    /// The first UID that is not at the front of the backlog.
    #[must_use]
    pub fn after_backlog(&self) -> u32 {
        match self.backlog.first() {
            Some((1, last)) => last.saturating_add(1),
            _ => 1,
        }
    }
}

/// Where marks are kept. `keep` returns when the mark survives a power cut.
pub trait FolderState: Send + Sync + 'static {
    /// The mark of the folder of this key, if it was ever seen.
    ///
    /// # Errors
    /// The mark is there and cannot be read.
    fn load(&self, key: &str) -> impl Future<Output = io::Result<Option<FolderMark>>> + Send;

    /// Replaces the mark of the folder of this key.
    ///
    /// # Errors
    /// The mark is not durable.
    fn keep(&self, key: &str, mark: &FolderMark) -> impl Future<Output = io::Result<()>> + Send;
}

/// Marks as small files, one to a folder, replaced atomically.
#[derive(Debug, Clone)]
pub struct FileState {
    folder: PathBuf,
}

impl FileState {
    /// Keeps marks in this folder, which must exist.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, key: &str) -> PathBuf {
        let mut name = String::from("imap-");
        for byte in key.bytes() {
            if byte.is_ascii_alphanumeric() || b"@.-_".contains(&byte) {
                name.push(char::from(byte));
            } else {
                name.push_str(&format!("%{byte:02x}"));
            }
        }
        name.push_str(".json");
        self.folder.join(name)
    }
}

impl FolderState for FileState {
    async fn load(&self, key: &str) -> io::Result<Option<FolderMark>> {
        let path = self.path(key);
        let text = match tokio::fs::read(path).await {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(serde_json::from_slice(&text)?))
    }

    async fn keep(&self, key: &str, mark: &FolderMark) -> io::Result<()> {
        let (folder, path, text) = (self.folder.clone(), self.path(key), serde_json::to_vec(mark)?);
        tokio::task::spawn_blocking(move || replace(&folder, &path, &text))
            .await
            .map_err(io::Error::other)?
    }
}

fn replace(folder: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn backlog_and_new_mail_are_settled_apart() {
        let mut mark = FolderMark::first(7, 10, at(0));
        mark.settle(12);
        assert!(mark.is_settled(11) && !mark.is_settled(13));
        assert!(!mark.is_settled(3), "taking new mail settles no backlog");
        mark.settle(3);
        assert!(mark.is_settled(3) && !mark.is_settled(4));
        assert_eq!(mark.after_backlog(), 11);
        assert_eq!(FolderMark::first(7, 0, at(0)).after_backlog(), 1);
    }

    #[test]
    fn renumbered_folder_knows_its_backlog_by_date() {
        let dates = [(1, 5), (2, 6), (4, 99), (5, 7), (6, 100), (9, 8)].map(|(u, s)| (u, at(s)));
        let mark = FolderMark::first(7, 10, at(100)).renumbered(8, &dates);
        assert_eq!(mark.backlog, vec![(1, 2), (4, 5), (9, 9)]);
        assert!(!mark.is_backlog(6), "the moment of first contact is new");
        let within = at(100).checked_add(SignedDuration::from_millis(700)).unwrap();
        let mark = FolderMark::first(7, 10, within).renumbered(8, &dates);
        assert!(!mark.is_backlog(6), "dates of the server have no fractions");
        let unknown = FolderMark::first(7, 10, at(100)).renumbered(8, &[]);
        assert!(!unknown.is_backlog(1));
    }

    #[tokio::test]
    async fn file_state_keeps_one_mark_to_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let state = FileState::new(folder.path().to_owned());
        let mark = FolderMark::first(7, 10, at(100));
        assert_eq!(state.load("desk@h:143/Übrig/x").await.unwrap(), None);
        state.keep("desk@h:143/Übrig/x", &mark).await.unwrap();
        state.keep("desk@h:143/INBOX", &FolderMark::first(8, 0, at(1))).await.unwrap();
        assert_eq!(state.load("desk@h:143/Übrig/x").await.unwrap(), Some(mark));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
