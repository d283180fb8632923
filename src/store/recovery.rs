//! What is done with an archive before anything is read from it: verified, its torn tail cut.
//!
//! A group of frames is written only after the group before it was synced, and every frame tells
//! where its group began. So what does not verify is a torn tail only if no sound frame of a later
//! group follows; else it is damage, which is named and stays where it is. Verification begins at
//! a mark that moves on with each segment, but never past damage. Deliberately absent: repair.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::archive::Damage;
use super::creation::make_private;
use super::frame::{position_of, segment_and_offset};
use super::segment::{self, Found, HEADER_BYTES, Segment, sync_folder};
use crate::types::Position;

const MARK_MAGIC: &[u8; 8] = b"lotsemk1";
const MARK_BYTES: usize = 28;

/// What opening an archive found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Where the next frame will begin.
    pub end: Position,
    /// Frames that were verified.
    pub frames: u64,
    /// Where a torn tail was cut: of the last group, which was never said to be durable.
    pub cut: Option<Position>,
    /// Places that cannot be read any more.
    pub damaged: Vec<Damage>,
    /// The number of the first segment.
    pub(crate) first: u64,
}

/// Where the writer goes on.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) segment: Segment,
    pub(crate) offset: u64,
    /// Whether damage was found, so that every start looks at it again.
    pub(crate) keeps_mark: bool,
}

/// From where on the next start verifies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) position: u64,
    pub(crate) salt: u64,
}

/// Opens or makes the archive `folder` inside `data`.
pub(crate) fn open(data: &Path, folder: &Path, bytes: u64) -> io::Result<(Recovery, Tail)> {
    make_private(folder)?;
    sync_folder(data)?;
    if let Some(parent) = data.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync_folder(parent)?;
    }
    let mark = load_mark(folder)?;
    let numbers = segment::numbers(folder)?;
    let salt = salt_of_all(folder, &numbers, mark)?;
    let site = Site { folder, numbers: &numbers, salt, bytes };
    let mut verified = Verified::default();
    let mut tail = verified.look(&site, mark)?;
    if tail.is_none() {
        let known = mark.map(|mark| segment_and_offset(Position(mark.position)).0);
        let number = numbers.last().copied().max(known).map_or(1, |last| last + 1);
        tail = Some((Segment::create(folder, number, salt, bytes)?, HEADER_BYTES));
    }
    let Some((segment, offset)) = tail else { return Err(io::ErrorKind::NotFound.into()) };
    if verified.cut.is_some() {
        segment.cut(offset, bytes)?;
    }
    // A frame that a killed process wrote may be whole and yet only in memory.
    segment.file.sync_all()?;
    let end = position_of(segment.number, offset);
    let keeps_mark = !verified.damaged.is_empty();
    if !keeps_mark {
        store_mark(folder, Mark { position: end, salt })?;
    }
    let recovery = Recovery {
        end: Position(end),
        frames: verified.frames,
        cut: verified.cut,
        damaged: verified.damaged,
        first: numbers.first().copied().unwrap_or(segment.number),
    };
    Ok((recovery, Tail { segment, offset, keeps_mark }))
}

/// The archive that is looked at.
struct Site<'a> {
    folder: &'a Path,
    numbers: &'a [u64],
    salt: u64,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Verified {
    frames: u64,
    cut: Option<Position>,
    damaged: Vec<Damage>,
}

impl Verified {
    /// Verifies from the mark on; the last segment and its end, if the writer can go on there.
    fn look(&mut self, site: &Site<'_>, mark: Option<Mark>) -> io::Result<Option<(Segment, u64)>> {
        let mark = mark.map(|mark| segment_and_offset(Position(mark.position)));
        let (first, first_offset) = mark.unwrap_or((0, HEADER_BYTES));
        let mut before: Option<u64> = None;
        let mut tail = None;
        for &number in site.numbers.iter().filter(|&&number| number >= first) {
            if let Some(missing) = before.map(|before| before + 1).filter(|&next| next < number) {
                self.damaged.push(Damage::at(missing, 0));
            }
            before = Some(number);
            let is_last = site.numbers.last() == Some(&number);
            let start = if number == first { first_offset } else { HEADER_BYTES };
            let mut segment = Segment::open(site.folder, number, site.salt)?;
            if segment::salt_of(site.folder, number)? != Some(site.salt) {
                if is_last && start == HEADER_BYTES && segment.is_unwritten(HEADER_BYTES)? {
                    // Its making was interrupted before anything could be written to it.
                    self.cut = Some(Position(position_of(number, HEADER_BYTES)));
                    segment = Segment::create(site.folder, number, site.salt, site.bytes)?;
                } else {
                    self.damaged.push(Damage::at(number, 0));
                }
            }
            if segment.file.metadata()?.len() < start {
                self.damaged.push(Damage::at(number, start));
            }
            let end = self.walk(&segment, start, is_last)?;
            tail = is_last.then_some((segment, end));
        }
        if let (Some((number, offset)), None) = (mark, before) {
            self.damaged.push(Damage::at(number, offset));
        }
        Ok(tail)
    }

    /// Verifies one segment from `offset` on; where its frames end.
    fn walk(&mut self, segment: &Segment, mut offset: u64, is_last: bool) -> io::Result<u64> {
        loop {
            match segment.read(offset)? {
                Found::Frame { next, .. } => {
                    self.frames += 1;
                    offset = next;
                }
                Found::End => return Ok(offset),
                Found::Damaged if is_last && is_torn(segment, offset)? => {
                    self.cut = Some(Position(position_of(segment.number, offset)));
                    return Ok(offset);
                }
                Found::Damaged => {
                    self.damaged.push(Damage::at(segment.number, offset));
                    let Some((next, _)) = segment.find_frame(offset + 1)? else {
                        return Ok(offset);
                    };
                    offset = next;
                }
            }
        }
    }
}

/// Whether only the rest of one group follows, whose sync may never have returned.
fn is_torn(segment: &Segment, offset: u64) -> io::Result<bool> {
    let mut behind = offset + 1;
    while let Some((found, group)) = segment.find_frame(behind)? {
        if group > offset {
            return Ok(false);
        }
        behind = found + 1;
    }
    Ok(true)
}

/// The salt that the archive's frames are marked with; a new one for a new archive.
fn salt_of_all(folder: &Path, numbers: &[u64], mark: Option<Mark>) -> io::Result<u64> {
    for &number in numbers {
        if let Some(salt) = segment::salt_of(folder, number)? {
            return Ok(salt);
        }
    }
    if let Some(mark) = mark {
        return Ok(mark.salt);
    }
    for &number in numbers {
        if !Segment::open(folder, number, 0)?.is_unwritten(HEADER_BYTES)? {
            let what = "frames, but no sound segment header";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
    }
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(u64::from_be_bytes(bytes))
}

/// Stores the mark atomically and durably.
pub(crate) fn store_mark(folder: &Path, mark: Mark) -> io::Result<()> {
    let mut bytes = MARK_MAGIC.to_vec();
    bytes.extend_from_slice(&mark.position.to_be_bytes());
    bytes.extend_from_slice(&mark.salt.to_be_bytes());
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
    let path = folder.join("mark.new");
    let mut file = File::create(&path)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(&path, folder.join("mark"))?;
    sync_folder(folder)
}

/// The mark; a missing or unsound one is none, and everything is verified.
fn load_mark(folder: &Path) -> io::Result<Option<Mark>> {
    let bytes = match std::fs::read(folder.join("mark")) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(parse_mark(&bytes))
}

fn parse_mark(bytes: &[u8]) -> Option<Mark> {
    let (content, checksum) = bytes.split_last_chunk::<4>()?;
    let (magic, content) = content.split_first_chunk::<8>()?;
    let (position, content) = content.split_first_chunk::<8>()?;
    let salt = content.first_chunk::<8>()?;
    let is_sound = bytes.len() == MARK_BYTES
        && magic == MARK_MAGIC
        && crc32fast::hash(bytes.get(..MARK_BYTES - 4)?).to_be_bytes() == *checksum;
    is_sound
        .then(|| Mark { position: u64::from_be_bytes(*position), salt: u64::from_be_bytes(*salt) })
}
