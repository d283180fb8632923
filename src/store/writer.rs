//! The archive's only writer: takes what waits, writes it at once, syncs it once, answers.
//!
//! Deliberately absent: retrying. After a failed write or sync nobody knows what the disk holds,
//! so the archive is poisoned until the next start has looked.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::StoreError;
use super::archive::Shared;
use super::frame::{Frame, Place, position_of};
use super::recovery::{self, Mark, Tail};
use super::segment::{HEADER_BYTES, Segment};
use crate::types::Position;

/// A frame that waits, and who waits for it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) frame: Frame,
    pub(crate) answer: oneshot::Sender<Result<Position, StoreError>>,
}

/// The state of the writer thread.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    tail: Tail,
    segment_bytes: u64,
    buffer: Vec<u8>,
}

impl Writer {
    pub(crate) const fn new(shared: Arc<Shared>, tail: Tail, segment_bytes: u64) -> Self {
        Self { shared, tail, segment_bytes, buffer: Vec::new() }
    }

    /// Writes until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(group) = self.shared.queue.drain() {
            let written = match self.shared.poison.error() {
                Some(error) => Err(error),
                None => self.write(&group),
            };
            if let Err(StoreError::Poisoned(reason)) = &written {
                self.shared.poison.set(reason);
            }
            answer(group, written);
        }
    }

    /// Writes a group durably; the positions of its frames.
    fn write(&mut self, group: &[Request]) -> Result<Vec<Position>, StoreError> {
        let bytes: u64 = group.iter().map(|request| request.frame.bytes() as u64).sum();
        if self.tail.offset + bytes > self.segment_bytes && self.tail.offset > HEADER_BYTES {
            self.roll(bytes).map_err(|error| failure("begin a segment of the archive", &error))?;
        }
        let positions = self.encode(group);
        let file = &self.tail.segment.file;
        file.write_all_at(&self.buffer, self.tail.offset)
            .and_then(|()| file.sync_data())
            .map_err(|error| StoreError::Poisoned(format!("write the archive: {error}")))?;
        self.tail.offset += self.buffer.len() as u64;
        let end = position_of(self.tail.segment.number, self.tail.offset);
        self.shared.end.store(end, Ordering::Release);
        Ok(positions)
    }

    fn encode(&mut self, group: &[Request]) -> Vec<Position> {
        let Segment { number: segment, salt, .. } = self.tail.segment;
        let start = u32::try_from(self.tail.offset).unwrap_or(u32::MAX);
        self.buffer.clear();
        let mut positions = Vec::with_capacity(group.len());
        for request in group {
            let offset = self.tail.offset + self.buffer.len() as u64;
            let place = Place { segment, offset, group: start };
            request.frame.encode(&mut self.buffer, place, salt);
            positions.push(Position(position_of(segment, offset)));
        }
        positions
    }

    /// Ends the segment where its last frame ends, and begins the next.
    fn roll(&mut self, bytes: u64) -> io::Result<()> {
        let Segment { number, salt, ref file } = self.tail.segment;
        file.set_len(self.tail.offset)?;
        file.sync_all()?;
        let bytes = self.segment_bytes.max(HEADER_BYTES + bytes);
        let segment = Segment::create(&self.shared.folder, number + 1, salt, bytes)?;
        let keeps_mark = self.tail.keeps_mark;
        self.tail = Tail { segment, offset: HEADER_BYTES, keeps_mark };
        if keeps_mark {
            return Ok(());
        }
        let position = position_of(number + 1, HEADER_BYTES);
        recovery::store_mark(&self.shared.folder, Mark { position, salt })
    }
}

fn answer(group: Vec<Request>, written: Result<Vec<Position>, StoreError>) {
    let positions = match written {
        Ok(positions) => positions.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error); group.len()],
    };
    for (request, position) in group.into_iter().zip(positions) {
        // Nobody waits any more: the frame is durable all the same.
        drop(request.answer.send(position));
    }
}

/// A full disk is no poison where nothing was written yet.
fn failure(what: &str, error: &io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Poisoned(format!("{what}: {error}")),
    }
}
