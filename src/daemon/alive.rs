//! What was heard up to when, over restarts: what nobody listened to must not count as silence.
//!
//! A small file beside the archive, replaced every minute and not synced: losing a minute lengthens
//! a deadline, never shortens one. Deliberately absent: what an outage does to a deadline.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::daemon::ended;
use crate::daemon::spool::{Doors, Heard};

/// How often it is noted.
const EVERY: std::time::Duration = std::time::Duration::from_mins(1);

fn file(folder: &Path) -> PathBuf {
    folder.join("alive")
}

/// What was heard before this start, by doors of these names.
///
/// A file that cannot be read says by its own time when it was last written: from then on nothing
/// is known to be heard.
#[must_use]
pub fn heard(folder: &Path, doors: &[String]) -> Heard {
    let path = file(folder);
    let Ok(content) = std::fs::read(&path) else { return Heard::default() };
    serde_json::from_slice(&content).unwrap_or_else(|error| {
        tracing::warn!(%error, "what was heard before is not readable: it counts as an outage");
        let written_at = std::fs::metadata(&path).and_then(|file| file.modified()).ok();
        let last = written_at.and_then(|at| Timestamp::try_from(at).ok());
        let reached = doors.iter().filter_map(|door| Some((door.clone(), last?))).collect();
        Heard { reached, outages: Vec::new() }
    })
}

/// Notes every minute how far the doors are, and once more at the end.
pub async fn keep(folder: PathBuf, doors: Doors, mut closing: watch::Receiver<bool>) {
    let mut minutes = tokio::time::interval(EVERY);
    loop {
        let is_over = tokio::select! {
            () = ended(&mut closing) => true,
            _ = minutes.tick() => false,
        };
        if let Err(error) = note(&folder, &doors.heard()) {
            tracing::warn!(%error, "it was not noted how far the doors are");
        }
        if is_over {
            return;
        }
    }
}

fn note(folder: &Path, heard: &Heard) -> std::io::Result<()> {
    let path = file(folder);
    let draft = path.with_extension("new");
    std::fs::write(&draft, serde_json::to_vec(heard)?)?;
    std::fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_is_kept_and_a_damaged_file_counts_as_silence_since_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["lmtp:inner".to_owned()];
        assert_eq!(heard(folder.path(), &names), Heard::default());
        let doors = Doors::expecting(names.clone(), &Heard::default());
        doors.report("lmtp:inner", "2026-11-28T20:00:00Z".parse().unwrap());
        note(folder.path(), &doors.heard()).unwrap();
        assert_eq!(heard(folder.path(), &names), doors.heard());
        std::fs::write(file(folder.path()), b"").unwrap();
        assert!(heard(folder.path(), &names).reached["lmtp:inner"] > Timestamp::UNIX_EPOCH);
    }
}
