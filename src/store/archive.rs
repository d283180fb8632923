//! The append-only archive: accepted messages and committed batches as checksummed frames.
//!
//! It is spool, evidence and journal at once: what an engine holds can be made anew from it. One
//! thread writes; whatever waits goes into one write and one sync, with no artificial delay. A
//! failed write or sync is sticky. Only erasing changes what was written. Deliberately absent: what
//! frames mean, the clock.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{File, TryLockError};
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::frame::{Frame, position_of, segment_and_offset};
use super::poison::Poison;
use super::queue::{Bounds, Queue};
use super::recovery::{self, Recovery};
use super::remake;
use super::room::Room;
use super::segment::{self, Found, Segment};
use super::writer::{Request, Writer};
use super::{StoreError, StoreSettings};
use crate::types::Position;

/// What one sync takes at most, and what may wait for it.
const BOUNDS: Bounds = Bounds {
    waiting_count: 8192,
    waiting_bytes: 64 << 20,
    group_count: 1024,
    group_bytes: 8 << 20,
};
/// How often a lock is tried: the one before may be ending, or have a child between fork and exec.
const LOCK_TRIES: u32 = 20;
/// The wait between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(25);
/// Segments kept open for reading.
const OPEN_FILES_MAX: usize = 64;

/// Sizes of an archive.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveLimits {
    /// Octets of a segment file; a frame that is larger gets a segment of its own.
    pub segment_bytes: u64,
    /// Octets of free space below which [`Archive::has_room`] says no.
    pub free_floor: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, free_floor: 256 << 20 }
    }
}

impl From<&StoreSettings> for ArchiveLimits {
    fn from(settings: &StoreSettings) -> Self {
        Self { free_floor: settings.free_floor, ..Self::default() }
    }
}

/// The archive of one data folder; clones are the same archive.
#[derive(Debug, Clone)]
pub struct Archive {
    inner: Arc<Inner>,
}

/// What the writer thread and readers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) queue: Queue<Request>,
    pub(crate) poison: Poison,
    /// Where the next frame will begin; everything before is durable.
    pub(crate) end: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    salt: u64,
    first: u64,
    files: Mutex<BTreeMap<u64, Segment>>,
    room: Room,
    writer: Option<JoinHandle<()>>,
    /// Held as long as the archive is open: the data folder belongs to one process.
    _lock: File,
}

impl Archive {
    /// Opens the archive of a data folder, or makes one, with the usual sizes.
    ///
    /// # Errors
    /// As [`Self::open_with`].
    pub fn open(folder: &Path) -> Result<(Self, Recovery), StoreError> {
        Self::open_with(folder, ArchiveLimits::default())
    }

    /// Opens the archive of a data folder, or makes one; verifies it from its mark on.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] if another process works in the folder, or it cannot be read.
    pub fn open_with(folder: &Path, limits: ArchiveLimits) -> Result<(Self, Recovery), StoreError> {
        let lock = lock(folder)?;
        let archive = folder.join("archive");
        remake::complete(folder).map_err(|error| unusable(folder, &error))?;
        let opened = recovery::open(folder, &archive, limits.segment_bytes);
        let (recovery, tail) = opened.map_err(|error| unusable(&archive, &error))?;
        let shared = Arc::new(Shared {
            folder: archive.clone(),
            queue: Queue::new(BOUNDS),
            poison: Poison::new(),
            end: AtomicU64::new(recovery.end.0),
        });
        let first = recovery.first;
        let salt = tail.segment.salt;
        let writer = Writer::new(Arc::clone(&shared), tail, limits.segment_bytes);
        let writer = std::thread::Builder::new().name("archive".into()).spawn(move || writer.run());
        let writer = Some(writer.map_err(|error| unusable(&archive, &error))?);
        let room = Room::new(&archive, limits.free_floor);
        let files = Mutex::new(BTreeMap::new());
        let inner = Inner { shared, salt, first, files, room, writer, _lock: lock };
        Ok((Self { inner: Arc::new(inner) }, recovery))
    }

    /// Appends a frame; the position it got is durable once the future says so.
    ///
    /// The frame is enqueued by the call itself: the order of calls is the order on disk. Who
    /// drops the future does not take the frame back. Too much waiting is [`StoreError::Full`];
    /// await [`Self::ready`] before the call to be slowed down instead.
    ///
    /// # Errors
    /// [`StoreError::Full`] if nothing was written for lack of room, [`StoreError::Refused`] if
    /// the frame is too big, [`StoreError::Poisoned`] if this or an earlier write failed.
    pub fn append(
        &self,
        frame: Frame,
    ) -> impl Future<Output = Result<Position, StoreError>> + Send + use<> + 'static {
        let poison = self.inner.shared.poison.clone();
        let enqueued = self.enqueue(vec![frame]);
        async move {
            let Some(answer) = enqueued?.pop() else { return Err(StoreError::Full) };
            answer.await.unwrap_or_else(|_| Err(poison.error_of_silence()))
        }
    }

    /// Enqueues frames next to each other, or none; one answer for each, in order.
    pub(crate) fn enqueue(&self, frames: Vec<Frame>) -> Result<Vec<Answer>, StoreError> {
        if let Some(error) = self.inner.shared.poison.error() {
            return Err(error);
        }
        let mut answers = Vec::with_capacity(frames.len());
        let mut requests = Vec::with_capacity(frames.len());
        for frame in frames {
            frame.check()?;
            let (sender, receiver) = oneshot::channel();
            answers.push(receiver);
            let bytes = frame.bytes();
            requests.push((Request { frame, answer: sender }, bytes));
        }
        self.inner.shared.queue.push(requests)?;
        Ok(answers)
    }

    /// Returns once there is room for more frames to wait.
    pub async fn ready(&self) {
        self.inner.shared.queue.ready().await;
    }

    /// Reads the frame at a position that [`Self::append`] or [`Self::scan`] named.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names segment and offset if no sound frame stands there.
    pub fn read(&self, position: Position) -> Result<Frame, StoreError> {
        let (number, offset) = segment_and_offset(position);
        let nothing =
            || StoreError::Damaged(format!("{} holds no frame", Damage::at(number, offset)));
        if position.0 >= self.end().0 || offset < segment::HEADER_BYTES {
            return Err(nothing());
        }
        match self.segment(number).and_then(|segment| segment.read(offset)) {
            Ok(Found::Frame { frame, .. }) => Ok(frame),
            Ok(Found::End | Found::Damaged) => Err(nothing()),
            Err(error) => {
                Err(StoreError::Damaged(format!("{}: {error}", Damage::at(number, offset))))
            }
        }
    }

    /// Overwrites the bytes of the message at a position, durably, and gives their space back; its
    /// head stays. Doing it twice does no harm.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if no message stands there or it cannot be overwritten.
    pub fn erase(&self, position: Position) -> Result<(), StoreError> {
        let (number, offset) = segment_and_offset(position);
        let place = Damage::at(number, offset);
        if position.0 >= self.end().0 || offset < segment::HEADER_BYTES {
            return Err(StoreError::Damaged(format!("{place} holds no message")));
        }
        match self.segment(number).and_then(|segment| segment.erase(offset)) {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::Damaged(format!("{place} holds no message"))),
            Err(error) => Err(StoreError::Damaged(format!("{place}: {error}"))),
        }
    }

    /// All durable frames from a position on, in order; [`Position`] 0 is the first.
    ///
    /// A damaged place is one error with its segment and offset; behind it the scan goes on.
    #[must_use]
    pub fn scan(&self, from: Position) -> Scan {
        let (number, offset) = segment_and_offset(from);
        let (number, offset) =
            if number < self.inner.first { (self.inner.first, 0) } else { (number, offset) };
        let at = position_of(number, offset.max(segment::HEADER_BYTES));
        Scan { archive: self.clone(), at, end: self.end().0 }
    }

    /// Where the next frame will begin: everything before is durable.
    #[must_use]
    pub fn end(&self) -> Position {
        Position(self.inner.shared.end.load(Ordering::Acquire))
    }

    /// Whether `bytes` fit and leave the floor of free space.
    #[must_use]
    pub fn has_room(&self, bytes: u64) -> bool {
        self.inner.room.has_room(bytes)
    }

    /// Its folder, and what its frames are marked with.
    pub(crate) fn identity(&self) -> (&Path, u64) {
        (&self.inner.shared.folder, self.inner.salt)
    }

    /// Returns once a write or sync failed, with the reason.
    pub async fn poisoned(&self) -> String {
        self.inner.shared.poison.wait().await
    }

    fn segment(&self, number: u64) -> io::Result<Segment> {
        let mut files = self.inner.files.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(segment) = files.get(&number) {
            return Ok(segment.clone());
        }
        let segment = Segment::open(&self.inner.shared.folder, number, self.inner.salt)?;
        if files.len() >= OPEN_FILES_MAX {
            files.pop_first();
        }
        files.insert(number, segment.clone());
        Ok(segment)
    }
}

/// The answer to one enqueued frame.
pub(crate) type Answer = oneshot::Receiver<Result<Position, StoreError>>;

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            self.shared.poison.set("the archive's writer panicked");
        }
    }
}

/// An iterator over frames: see [`Archive::scan`].
#[derive(Debug)]
pub struct Scan {
    archive: Archive,
    at: u64,
    end: u64,
}

impl Iterator for Scan {
    type Item = Result<(Position, Frame), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.end {
            let (number, offset) = segment_and_offset(Position(self.at));
            match self.archive.segment(number).and_then(|segment| step(&segment, offset)) {
                Ok(Step::Frame(frame, next)) => {
                    let position = Position(self.at);
                    self.at = position_of(number, next);
                    return Some(Ok((position, frame)));
                }
                Ok(Step::End) => self.at = position_of(number + 1, segment::HEADER_BYTES),
                Ok(Step::Damaged(next)) => {
                    let next = next.map(|offset| position_of(number, offset));
                    let behind = position_of(number + 1, segment::HEADER_BYTES);
                    self.at = next.filter(|&next| next <= self.end).unwrap_or(behind);
                    return Some(Err(Damage::at(number, offset).into()));
                }
                Err(error) => {
                    self.at = position_of(number + 1, segment::HEADER_BYTES);
                    let what = format!("{}: {error}", Damage::at(number, offset));
                    return Some(Err(StoreError::Damaged(what)));
                }
            }
        }
        None
    }
}

impl Scan {
    /// Where the scan goes on: behind the last frame it gave.
    #[must_use]
    pub const fn at(&self) -> Position {
        Position(self.at)
    }
}

enum Step {
    Frame(Frame, u64),
    End,
    Damaged(Option<u64>),
}

fn step(segment: &Segment, offset: u64) -> io::Result<Step> {
    Ok(match segment.read(offset)? {
        Found::Frame { frame, next, .. } => Step::Frame(frame, next),
        Found::End => Step::End,
        Found::Damaged => {
            let next = segment.find_frame(offset + 1)?;
            Step::Damaged(next.map(|(offset, _)| offset))
        }
    })
}

/// A place that no frame can be read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// The number of the segment.
    pub segment: u64,
    /// The octet in it.
    pub offset: u64,
}

impl Damage {
    /// The place with this number and octet.
    #[must_use]
    pub const fn at(segment: u64, offset: u64) -> Self {
        Self { segment, offset }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "archive segment {}, offset {}", self.segment, self.offset)
    }
}

impl From<Damage> for StoreError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage.to_string())
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join("lock");
    let open = || {
        std::fs::create_dir_all(folder)?;
        File::options().create(true).truncate(false).write(true).open(&path)
    };
    let file = open().map_err(|error| unusable(&path, &error))?;
    for _ in 0..LOCK_TRIES {
        if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            break;
        }
        std::thread::park_timeout(LOCK_PAUSE);
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let folder = folder.display();
            Err(StoreError::Unusable(format!("another lotse works in the folder {folder}")))
        }
        Err(TryLockError::Error(error)) => Err(unusable(&path, &error)),
    }
}

pub(crate) fn unusable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unusable(format!("{}: {error}", path.display()))
}
