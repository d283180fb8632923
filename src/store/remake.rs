//! Archive and engine made anew beside the old ones without what is erased, then exchanged whole.
//!
//! Frames keep their places, because records refer to messages by position: what is erased becomes
//! a hollow frame, and so does every batch, whose outcome a new base behind the last segment holds.
//! Nothing that counts is touched before both are synced; then a note says so, and from there only
//! names change. Whoever opens the archive next carries on from the note, or clears away what was
//! never noted. Deliberately absent: what is erased, and why (callers).

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::any::{open_in, remove};
use super::archive::{Archive, unusable};
use super::creation::make_private;
use super::embedded::Engine;
use super::frame::{ALIGNMENT, Frame, FrameKind, PREFIX_BYTES, Place, Prefix, position_of};
use super::journal::{self, Changes, last_of};
use super::recovery::{self, Mark};
use super::segment::{self, Found, HEADER_BYTES, Segment, sync_folder};
use super::{Key, Keyspace, Operation, StoreError, StoreSettings, Value};
use crate::store::EngineKind;
use crate::types::Position;

/// The file that says that everything is ready, and which engine holds the records.
const NOTE: &str = "exchange";
/// Octets of records in one frame of the base.
const BASE_BYTES: usize = 1 << 20;
/// Octets of a segment of the base.
const SEGMENT_BYTES: u64 = 64 << 20;

/// What becomes of an accepted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Keep,
    /// Nothing of it stays, its envelope included.
    Erase,
    /// This stands in its place. What is longer than the message does not fit: then it is erased.
    Replace(Frame),
}

/// An archive and an engine that are being made.
pub struct Remake<'a> {
    settings: &'a StoreSettings,
    folder: PathBuf,
    salt: u64,
    engine: Box<dyn Engine>,
    head: Vec<u8>,
    tail: Segment,
    offset: u64,
    operations: Vec<Operation>,
    bytes: usize,
}

impl std::fmt::Debug for Remake<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remake").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl<'a> Remake<'a> {
    /// Copies the archive, which nobody may write to meanwhile, without batches and without what
    /// `fate` says; `head` is the event that the base is recorded with.
    ///
    /// # Errors
    /// [`StoreError::Full`] if there is no room for a second one; what the file system says.
    pub fn begin(
        settings: &'a StoreSettings,
        archive: &Archive,
        head: Vec<u8>,
        mut fate: impl FnMut(Position, &Frame) -> Fate,
    ) -> Result<Self, StoreError> {
        let failed = |error: io::Error| unusable(&settings.path, &error);
        let (old, salt) = archive.identity();
        let engine_folder = made(&settings.path, settings.engine);
        for leftover in [&engine_folder, &engine_folder.with_extension("open")] {
            remove(leftover).map_err(failed)?;
        }
        if !archive.has_room(bytes_below(&settings.path).map_err(failed)?) {
            return Err(StoreError::Full);
        }
        let folder = settings.path.join("archive-new");
        remove(&folder).map_err(failed)?;
        make_private(&folder).map_err(failed)?;
        let numbers = segment::numbers(old).map_err(failed)?;
        for &number in &numbers {
            copy_segment(old, &folder, number, salt, &mut fate).map_err(failed)?;
        }
        let number = numbers.last().map_or(1, |last| last + 1);
        let tail = Segment::create(&folder, number, salt, SEGMENT_BYTES).map_err(failed)?;
        let engine = open_in(&engine_folder, settings.engine)?;
        Ok(Self {
            settings,
            folder,
            salt,
            engine,
            head,
            tail,
            offset: HEADER_BYTES,
            operations: Vec::new(),
            bytes: 0,
        })
    }

    /// Adds a record as it is from now on; in the order of families and keys is fastest.
    ///
    /// # Errors
    /// What the engine or the file system says.
    pub fn put(&mut self, keyspace: Keyspace, key: Key, value: Value) -> Result<(), StoreError> {
        if keyspace == Keyspace::Meta && key == journal::APPLIED {
            return Ok(());
        }
        self.bytes += key.len() + value.len();
        self.operations.push(Operation::Put(keyspace, key, value));
        if self.bytes >= BASE_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let operations = std::mem::take(&mut self.operations);
        self.bytes = 0;
        let body = journal::encode(&operations);
        let frame = Frame { kind: FrameKind::Base, head: self.head.clone(), body };
        self.append(&frame).map_err(|error| unusable(&self.folder, &error))?;
        let mut changes = Changes::new();
        journal::merge(&mut changes, operations);
        journal::merge_applied(&mut changes, self.end());
        self.engine.write_durable(&last_of([&changes]))
    }

    fn append(&mut self, frame: &Frame) -> io::Result<()> {
        if self.offset + frame.bytes() as u64 > SEGMENT_BYTES && self.offset > HEADER_BYTES {
            self.tail.file.set_len(self.offset)?;
            self.tail.file.sync_all()?;
            let number = self.tail.number + 1;
            self.tail = Segment::create(&self.folder, number, self.salt, SEGMENT_BYTES)?;
            self.offset = HEADER_BYTES;
        }
        let group = u32::try_from(self.offset).unwrap_or(u32::MAX);
        let place = Place { segment: self.tail.number, offset: self.offset, group };
        let mut octets = Vec::new();
        frame.encode(&mut octets, place, self.salt);
        self.tail.file.write_all_at(&octets, self.offset)?;
        self.offset += octets.len() as u64;
        Ok(())
    }

    fn end(&self) -> Position {
        Position(position_of(self.tail.number, self.offset))
    }

    /// Makes both durable and exchanges them for the old ones, which are gone then; so are the
    /// folders that other engines and rebuilds left in the data folder.
    ///
    /// # Errors
    /// What the engine or the file system says. If the note was written, the next one who opens
    /// the archive carries on.
    pub fn exchange(mut self) -> Result<(), StoreError> {
        self.write()?;
        let Self { settings, folder, engine, tail, offset, salt, .. } = self;
        drop(engine);
        let failed = |error: io::Error| unusable(&settings.path, &error);
        let position = position_of(tail.number, offset);
        let synced = tail.file.sync_all();
        let marked = synced.and_then(|()| recovery::store_mark(&folder, Mark { position, salt }));
        marked.map_err(failed)?;
        sync_folder(&settings.path).map_err(failed)?;
        note(&settings.path, settings.engine).map_err(failed)?;
        complete(&settings.path).map_err(failed)
    }
}

/// Where the new records of an engine are made.
fn made(data: &Path, engine: EngineKind) -> PathBuf {
    data.join(format!("{}-new", engine.name()))
}

fn note(data: &Path, engine: EngineKind) -> io::Result<()> {
    let making = data.join("exchange.new");
    let mut file = File::create(&making)?;
    file.write_all(engine.name().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&making, data.join(NOTE))?;
    sync_folder(data)
}

/// Carries on an exchange that was noted; what was made and never noted is cleared away. The
/// caller holds the lock of the data folder.
///
/// # Errors
/// What the file system says; doing it again goes on.
pub fn complete(data: &Path) -> io::Result<()> {
    let noted = match std::fs::read_to_string(data.join(NOTE)) {
        Ok(noted) => noted,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return remove(&data.join("archive-new"));
        }
        Err(error) => return Err(error),
    };
    let kinds = [EngineKind::Sled, EngineKind::Redb];
    let Some(engine) = kinds.into_iter().find(|kind| kind.name() == noted) else {
        let what = format!("{} names no engine: {noted}", data.join(NOTE).display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    };
    replace(data, &data.join("archive"), &data.join("archive-new"))?;
    replace(data, &data.join(engine.name()), &made(data, engine))?;
    for kind in kinds {
        let folder = data.join(kind.name());
        let others =
            ["old", "new", "gone"].map(|word| data.join(format!("{}-{word}", kind.name())));
        for other in &others {
            remove(other)?;
            remove(&other.with_extension("open"))?;
        }
        remove(&folder.with_extension("making"))?;
        if kind != engine {
            remove(&folder)?;
        }
        remove(&folder.with_extension("open"))?;
    }
    remove(&data.join("archive-gone"))?;
    sync_folder(data)?;
    std::fs::remove_file(data.join(NOTE))?;
    sync_folder(data)
}

/// Puts `new` in the place of `old`, which stays as `<old>-gone`; nothing if there is no new one.
fn replace(data: &Path, old: &Path, new: &Path) -> io::Result<()> {
    if !new.exists() {
        return Ok(());
    }
    if old.exists() {
        let mut gone = old.as_os_str().to_owned();
        gone.push("-gone");
        let gone = PathBuf::from(gone);
        remove(&gone)?;
        std::fs::rename(old, &gone)?;
    }
    std::fs::rename(new, old)?;
    sync_folder(data)
}

/// Octets on disk of what lies below a folder, which a second one would take at most.
fn bytes_below(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let data = entry.metadata()?;
        bytes += if data.is_dir() { bytes_below(&entry.path())? } else { data.blocks() * 512 };
    }
    Ok(bytes)
}

/// Copies one segment, frame by frame, each to where it stands. What cannot be read is not copied.
fn copy_segment(
    from: &Path,
    to: &Path,
    number: u64,
    salt: u64,
    fate: &mut impl FnMut(Position, &Frame) -> Fate,
) -> io::Result<()> {
    let old = Segment::open(from, number, salt)?;
    let new = Segment::create_hollow(to, number, salt, old.file.metadata()?.len())?;
    let mut offset = HEADER_BYTES;
    loop {
        match old.read(offset)? {
            Found::Frame { frame, group, next } => {
                let group = u32::try_from(group).unwrap_or(u32::MAX);
                let place = Place { segment: number, offset, group };
                let fate = match frame.kind {
                    FrameKind::Message => fate(Position(position_of(number, offset)), &frame),
                    FrameKind::Erased => Fate::Keep,
                    FrameKind::Batch | FrameKind::Base => Fate::Erase,
                };
                new.file.write_all_at(&octets_of(frame, fate, place, salt), offset)?;
                offset = next;
            }
            Found::End => break,
            Found::Damaged => match old.find_frame(offset + 1)? {
                Some((next, _)) => offset = next,
                None => break,
            },
        }
    }
    new.file.sync_all()
}

/// What stands in the place of a frame from now on; what is left of its space reads as zeros.
fn octets_of(frame: Frame, fate: Fate, place: Place, salt: u64) -> Vec<u8> {
    let room = frame.bytes();
    let content_bytes = frame.head.len() + frame.body.len();
    let kept = match fate {
        Fate::Keep if frame.kind == FrameKind::Erased => {
            let mut octets = Prefix::hollow(&frame.head, frame.body.len(), place, salt);
            octets.extend_from_slice(&frame.head);
            return octets;
        }
        Fate::Keep => Some(frame),
        Fate::Erase => None,
        Fate::Replace(frame) => fitted(frame, room),
    };
    let Some(kept) = kept else { return Prefix::hollow(&[], content_bytes, place, salt) };
    let mut octets = Vec::new();
    kept.encode(&mut octets, place, salt);
    let left = room - octets.len();
    if left > 0 {
        let offset = place.offset + octets.len() as u64;
        let behind = Place { offset, ..place };
        octets.extend(Prefix::hollow(&[], left - PREFIX_BYTES, behind, salt));
    }
    octets
}

/// The frame, if it fits into the room: what it leaves is nothing, or enough for a hollow frame.
fn fitted(mut frame: Frame, room: usize) -> Option<Frame> {
    let bytes = frame.bytes();
    let left = room.checked_sub(bytes)?;
    if left > 0 && left < PREFIX_BYTES {
        let content_bytes = PREFIX_BYTES + frame.head.len() + frame.body.len();
        // Blank lines at the end of a text are none of its words.
        frame.body.resize(frame.body.len() + (bytes - content_bytes) + left, b'\n');
        debug_assert!(frame.bytes() == room && left.is_multiple_of(ALIGNMENT));
    }
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::any;

    const SECRET: &str = "unverwechselbar";

    fn message(text: &str) -> Frame {
        Frame { kind: FrameKind::Message, head: b"{}".to_vec(), body: text.into() }
    }

    fn append(archive: &Archive, frame: Frame) -> Position {
        wait(archive.append(frame)).unwrap()
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn settings(folder: &Path, engine: EngineKind) -> StoreSettings {
        StoreSettings { path: folder.to_owned(), engine, free_floor: 0, search: true }
    }

    fn batch(value: &str) -> Frame {
        let put = Operation::Put(Keyspace::Ticket, b"1".to_vec(), value.into());
        Frame { kind: FrameKind::Batch, head: Vec::new(), body: journal::encode(&[put]) }
    }

    /// An archive of four messages and two batches; the positions of the messages.
    fn filled(settings: &StoreSettings) -> Vec<Position> {
        let (archive, _) = Archive::open(&settings.path).unwrap();
        let frames = [
            message("stays"),
            message(SECRET),
            batch(SECRET),
            message(&format!("{SECRET} and more words than before")),
            batch("kept"),
            message("behind"),
        ];
        let is_message = frames.clone().map(|frame| frame.kind == FrameKind::Message);
        let positions = frames.map(|frame| append(&archive, frame));
        drop(any::open_engine(settings, settings.engine).unwrap());
        let of_messages = positions.into_iter().zip(is_message).filter(|(_, is)| *is);
        of_messages.map(|(position, _)| position).collect()
    }

    fn fate(frame: &Frame) -> Fate {
        let text = String::from_utf8(frame.body.clone()).unwrap();
        match text.strip_prefix(SECRET) {
            None => Fate::Keep,
            Some("") => Fate::Erase,
            Some(rest) => Fate::Replace(message(rest)),
        }
    }

    fn remake(settings: &StoreSettings, is_exchanged: bool) {
        let (archive, _) = Archive::open(&settings.path).unwrap();
        let mut remake =
            Remake::begin(settings, &archive, Vec::new(), |_, frame| fate(frame)).unwrap();
        remake.put(Keyspace::Ticket, b"1".to_vec(), b"kept".to_vec()).unwrap();
        if is_exchanged {
            remake.exchange().unwrap();
        }
    }

    fn holds_secret(folder: &Path) -> bool {
        std::fs::read_dir(folder).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                return holds_secret(&path);
            }
            let bytes = std::fs::read(&path).unwrap();
            bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
        })
    }

    #[test]
    fn what_is_erased_is_in_no_file_and_the_rest_is_where_it_was() {
        for engine in [EngineKind::Sled, EngineKind::Redb] {
            let folder = tempfile::tempdir().unwrap();
            let settings = settings(folder.path(), engine);
            let positions = filled(&settings);
            remake(&settings, true);
            assert!(!holds_secret(folder.path()));
            let (archive, recovery) = Archive::open(folder.path()).unwrap();
            assert_eq!(recovery.damaged, []);
            let texts: Vec<_> = positions.iter().map(|at| archive.read(*at).unwrap()).collect();
            assert_eq!(texts[0], message("stays"));
            assert_eq!(texts[1].kind, FrameKind::Erased);
            let text = String::from_utf8(texts[2].body.clone()).unwrap();
            assert_eq!(text.trim_end(), " and more words than before");
            assert_eq!(texts[3], message("behind"));
            let frames: Vec<_> = archive.scan(Position(0)).map(Result::unwrap).collect();
            assert!(frames.iter().all(|(_, frame)| frame.kind != FrameKind::Batch));
            let before = any::open_engine(&settings, engine).unwrap();
            let value = before.get(&Keyspace::Ticket.place(b"1")).unwrap();
            assert_eq!(value.as_deref(), Some(b"kept".as_slice()));
            assert_eq!(journal::redo(&archive, before.as_ref()).unwrap().batches, 0);
            drop(before);
            let rebuilt = any::rebuild(&settings, &archive, |_| {}).unwrap();
            assert_eq!(rebuilt.damaged, Vec::<String>::new());
            assert!(append(&archive, message("new")) > positions[3]);
        }
    }

    #[test]
    fn what_was_never_noted_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), EngineKind::Redb);
        let positions = filled(&settings);
        remake(&settings, false);
        assert!(folder.path().join("archive-new").exists());
        let (archive, _) = Archive::open(folder.path()).unwrap();
        assert_eq!(archive.read(positions[1]).unwrap(), message(SECRET));
        assert!(!folder.path().join("archive-new").exists());
    }

    #[test]
    fn exchange_is_carried_on_from_wherever_it_ended() {
        let moves: [(&str, &str); 4] = [
            ("archive", "archive-gone"),
            ("archive-new", "archive"),
            ("redb", "redb-gone"),
            ("redb-new", "redb"),
        ];
        for done in 0..=moves.len() {
            let folder = tempfile::tempdir().unwrap();
            let settings = settings(folder.path(), EngineKind::Redb);
            let positions = filled(&settings);
            // What `exchange` does up to the note, and so many names of what it does behind it.
            let (archive, _) = Archive::open(&settings.path).unwrap();
            let mut remake =
                Remake::begin(&settings, &archive, Vec::new(), |_, frame| fate(frame)).unwrap();
            remake.put(Keyspace::Ticket, b"1".to_vec(), b"kept".to_vec()).unwrap();
            remake.write().unwrap();
            let (position, salt) = (remake.end().0, remake.salt);
            recovery::store_mark(&remake.folder, Mark { position, salt }).unwrap();
            drop((remake, archive));
            note(folder.path(), EngineKind::Redb).unwrap();
            for (from, to) in &moves[..done] {
                std::fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
            }
            let (archive, recovery) = Archive::open(folder.path()).unwrap();
            assert_eq!(recovery.damaged, [], "{done} moves");
            assert!(!holds_secret(folder.path()), "{done} moves");
            assert_eq!(archive.read(positions[0]).unwrap(), message("stays"), "{done} moves");
            assert!(!folder.path().join(NOTE).exists(), "{done} moves");
        }
    }
}
