//! Which messages are being decided, noted where the end of the process does not take it along
//! (design section 2).
//!
//! A panic costs one message; stack overflow and lack of memory cost the process. So the file
//! `deciding` names the last message that was begun. After an unclean end everything up to it is
//! decided one by one; a message that ended the process while it was alone is read elsewhere first,
//! and after [`ENDS_MAX`] ends nowhere. Deliberately absent: syncs. The note must outlive the
//! process, not the machine; a note that a power cut lost or tore costs some care at the next
//! start, or none.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::types::Position;

/// How often the process may end while a message is alone in it.
///
/// Once where reading it is to blame: then it is tried in a process of its own (`alone`), which
/// tells the message's fault from somebody else's `kill -9`. What is left is the decision, which
/// nobody can try elsewhere. Kills fall into the milliseconds of one and the same message too: on a
/// loaded machine one in five was within some message, and two in a row within the same one put
/// mail aside that nothing was wrong with.
pub const ENDS_MAX: u64 = 4;

/// What the file says: three numbers of 8 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Note {
    /// Everything up to and with this message may have been begun.
    begun: Position,
    /// The message that was decided alone, if one was.
    alone: Position,
    /// How often it ended the process, if the process ends now.
    ends: u64,
}

impl Note {
    fn ends_of(&self, position: Position) -> u64 {
        if self.alone == position { self.ends } else { 0 }
    }
}

const NOTE_BYTES: usize = 24;

/// The file `deciding` of a data folder; clones are the same.
#[derive(Debug, Clone)]
pub struct Marker {
    file: Arc<File>,
    /// Up to here messages are decided one by one.
    careful_until: Position,
    note: Arc<Mutex<Option<Note>>>,
}

impl Marker {
    /// Opens the file and reads what an unclean end left in it.
    ///
    /// # Errors
    /// The file cannot be opened or read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true).mode(0o600);
        let file = options.open(folder.join("deciding"))?;
        let note = read(&file)?;
        let careful_until = note.begun;
        Ok(Self { file: Arc::new(file), careful_until, note: Arc::new(Mutex::new(Some(note))) })
    }

    /// Whether this message may have been begun when the process ended.
    #[must_use]
    pub fn is_careful(&self, position: Position) -> bool {
        position <= self.careful_until
    }

    /// Notes that everything up to and with this message is begun. A microsecond.
    pub fn begin(&self, last: Position) {
        self.write(|_| Note { begun: last, ..Note::default() });
    }

    /// How often the process ended while this message was alone in it.
    #[must_use]
    pub fn ends_of(&self, position: Position) -> u64 {
        self.lock().map_or(0, |note| note.ends_of(position))
    }

    /// Does work on a message that may end the process, and notes meanwhile that it is this one.
    ///
    /// Only such work: the shorter the note stands, the less is a message blamed for an end that
    /// somebody else brought about.
    pub fn alone<T>(&self, position: Position, work: impl FnOnce() -> T) -> T {
        if !self.is_careful(position) {
            return work();
        }
        let begun = self.careful_until;
        let mut ends = 0;
        self.write(|note| {
            ends = note.ends_of(position);
            Note { begun, alone: position, ends: ends + 1 }
        });
        let done = work();
        self.set_ends(position, ends);
        done
    }

    /// Notes that this message is decided: no earlier end was its fault.
    pub fn outlived(&self, position: Position) {
        self.set_ends(position, 0);
    }

    fn set_ends(&self, position: Position, ends: u64) {
        self.write(|note| if note.alone == position { Note { ends, ..note } } else { note });
    }

    /// The process ends for a reason that lies in no message: the next start need not be careful.
    /// Nothing is noted after that.
    pub fn clear(&self) {
        *self.lock() = None;
        if let Err(error) = self.file.set_len(0) {
            tracing::warn!(%error, "the note of what is being decided cannot be cleared");
        }
    }

    /// Nothing is written once the note was cleared.
    fn write(&self, change: impl FnOnce(Note) -> Note) {
        let mut note = self.lock();
        let Some(before) = *note else { return };
        let changed = change(before);
        *note = Some(changed);
        let mut bytes = [0; NOTE_BYTES];
        let numbers = [changed.begun.0, changed.alone.0, changed.ends];
        for (to, from) in bytes.iter_mut().zip(numbers.into_iter().flat_map(u64::to_be_bytes)) {
            *to = from;
        }
        if let Err(error) = self.file.write_all_at(&bytes, 0) {
            tracing::warn!(%error, "what is being decided cannot be noted");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Note>> {
        self.note.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The note in the file; one that is not whole is none.
fn read(file: &File) -> io::Result<Note> {
    let mut bytes = [0; NOTE_BYTES];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Note::default()),
        Err(error) => return Err(error),
    }
    let number = |place: usize| {
        let found = bytes.get(place..).and_then(|rest| rest.first_chunk::<8>());
        found.map_or(0, |found| u64::from_be_bytes(*found))
    };
    Ok(Note { begun: Position(number(0)), alone: Position(number(8)), ends: number(16) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_start_and_clean_end_ask_for_no_care() {
        let folder = tempfile::tempdir().unwrap();
        let marker = Marker::open(folder.path()).unwrap();
        assert!(!marker.is_careful(Position(8)));
        marker.begin(Position(80));
        marker.clear();
        marker.begin(Position(88));
        let marker = Marker::open(folder.path()).unwrap();
        assert!(!marker.is_careful(Position(8)), "nothing is noted behind a clear");
    }

    /// What stands in the file when the process ends within work on this message.
    fn end_within(marker: &Marker, position: Position) {
        let file = Arc::clone(&marker.file);
        let mut bytes = [0; NOTE_BYTES];
        marker.alone(position, || file.read_exact_at(&mut bytes, 0).unwrap());
        file.write_all_at(&bytes, 0).unwrap();
    }

    #[test]
    fn what_was_begun_is_decided_with_care_and_given_up_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Marker::open(folder.path()).unwrap();
        open().begin(Position(80));
        for end in 0..ENDS_MAX {
            let marker = open();
            assert!(marker.is_careful(Position(80)) && !marker.is_careful(Position(88)));
            assert_eq!(marker.ends_of(Position(40)), end);
            marker.alone(Position(40), || "parsed without harm");
            end_within(&marker, Position(40));
        }
        let marker = open();
        assert_eq!(marker.ends_of(Position(40)), ENDS_MAX, "it ended the process every time");
        assert_eq!(marker.ends_of(Position(48)), 0, "the next is not delayed by it");
        assert!(marker.is_careful(Position(80)), "care reaches as far as before");
        marker.begin(Position(96));
        assert!(open().is_careful(Position(96)));
    }

    #[test]
    fn message_that_was_decided_is_not_blamed_for_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Marker::open(folder.path()).unwrap();
        open().begin(Position(80));
        end_within(&open(), Position(40));
        let marker = open();
        marker.alone(Position(40), || "decided, and not durable when the process ends");
        marker.outlived(Position(40));
        end_within(&open(), Position(40));
        assert_eq!(open().ends_of(Position(40)), 1);
    }

    #[test]
    fn nothing_is_noted_of_what_is_not_careful() {
        let folder = tempfile::tempdir().unwrap();
        let marker = Marker::open(folder.path()).unwrap();
        for _ in 0..=ENDS_MAX {
            end_within_fast(&marker);
        }
        assert_eq!(marker.ends_of(Position(40)), 0);
    }

    fn end_within_fast(marker: &Marker) {
        marker.begin(Position(40));
        end_within(marker, Position(40));
    }

    #[test]
    fn torn_note_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("deciding"), [255; NOTE_BYTES - 1]).unwrap();
        assert!(!Marker::open(folder.path()).unwrap().is_careful(Position(8)));
    }
}
