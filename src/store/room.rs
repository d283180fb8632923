//! How much space the disk has left, asked again after so many octets written and never by time.
//!
//! Deliberately absent: reserving. The floor is what keeps an engine from failing half-way.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Octets written after which the disk is asked again.
const ASK_EVERY_BYTES: u64 = 4 << 20;
/// Octets above the floor from which on the disk is asked each time.
const NEAR_BYTES: u64 = 64 << 20;

#[derive(Debug)]
pub(crate) struct Room {
    folder: PathBuf,
    floor: u64,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    free: u64,
    spent: u64,
}

impl Room {
    pub(crate) fn new(folder: &Path, floor: u64) -> Self {
        Self { folder: folder.to_owned(), floor, known: Mutex::new(Known::default()) }
    }

    /// Whether `bytes` fit and leave the floor free. A disk that cannot be asked has no room.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.spent = known.spent.saturating_add(bytes);
        let needed = self.floor.saturating_add(bytes);
        let is_near = known.free < needed.saturating_add(NEAR_BYTES);
        if is_near || known.spent > ASK_EVERY_BYTES {
            *known = Known { free: free_bytes(&self.folder), spent: 0 };
        }
        known.free >= needed
    }
}

fn free_bytes(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_decides_and_a_missing_disk_has_no_room() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Room::new(folder.path(), 0).has_room(1));
        assert!(!Room::new(folder.path(), u64::MAX).has_room(0));
        assert!(!Room::new(folder.path(), 0).has_room(u64::MAX));
        assert!(!Room::new(&folder.path().join("nothing"), 0).has_room(1));
    }
}
