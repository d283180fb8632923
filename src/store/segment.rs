//! One segment file of the archive: a header, then frames, then space not yet written.
//!
//! Deliberately absent: threads, order, syncing many frames at once (`archive`).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::frame::{ALIGNMENT, Frame, PREFIX_BYTES, Prefix, mark_of, position_of};

/// Octets before the first frame.
pub(crate) const HEADER_BYTES: u64 = HEADER_LENGTH as u64;
const HEADER_LENGTH: usize = 32;
const MAGIC: &[u8; 8] = b"lotsear1";
const CHUNK_BYTES: usize = 1 << 20;
/// Octets of a frame that are read first: what stands before a mail's first field, and a few more.
const START_BYTES: usize = 1 << 10;
const ZEROS: [u8; 4096] = [0; 4096];

/// One open segment.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) salt: u64,
    pub(crate) file: Arc<File>,
}

/// What stands at an offset.
#[derive(Debug)]
pub(crate) enum Found {
    /// A frame, where its group began, and the offset behind it.
    Frame { frame: Frame, group: u64, next: u64 },
    /// Nothing was written here or behind.
    End,
    /// Something that is no frame of this archive.
    Damaged,
}

impl Segment {
    /// Makes a new segment of `bytes`, file and folder synced.
    pub(crate) fn create(folder: &Path, number: u64, salt: u64, bytes: u64) -> io::Result<Self> {
        let path = path_of(folder, number);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).open(&path)?;
        let made = fill(&file, number, salt, bytes).and_then(|()| sync_folder(folder));
        if let Err(error) = made {
            std::fs::remove_file(&path)?;
            return Err(error);
        }
        Ok(Self { number, salt, file: Arc::new(file) })
    }

    /// Makes a segment of `bytes` that holds nothing yet and takes no space: what is not written
    /// to it stays a hole. The caller syncs it.
    pub(crate) fn create_hollow(
        folder: &Path,
        number: u64,
        salt: u64,
        bytes: u64,
    ) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let path = path_of(folder, number);
        let file = options.read(true).write(true).create(true).truncate(true).open(&path)?;
        file.write_all_at(&header_of(number, salt), 0)?;
        file.set_len(bytes.max(HEADER_BYTES))?;
        Ok(Self { number, salt, file: Arc::new(file) })
    }

    /// Opens a segment whose frames are marked with `salt`.
    pub(crate) fn open(folder: &Path, number: u64, salt: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path_of(folder, number))?;
        Ok(Self { number, salt, file: Arc::new(file) })
    }

    /// Reads what stands at `offset`.
    pub(crate) fn read(&self, offset: u64) -> io::Result<Found> {
        let mut start = [0; START_BYTES];
        let read = self.read_some(&mut start, offset)?;
        let start = start.get(..read).unwrap_or_default();
        let Some((prefix, content)) = start.split_first_chunk::<PREFIX_BYTES>() else {
            return self.unwritten_or_damaged(offset);
        };
        if *prefix == [0; PREFIX_BYTES] {
            return self.unwritten_or_damaged(offset);
        }
        let Some(prefix) = Prefix::parse(prefix, self.salt) else { return Ok(Found::Damaged) };
        let next = offset + PREFIX_BYTES as u64 + prefix.content_bytes();
        // Most frames are longer than what was read: only then the file is asked how long it is.
        let is_whole = prefix.content_bytes() <= content.len() as u64;
        if !is_whole && next > self.file.metadata()?.len() {
            return Ok(Found::Damaged);
        }
        let (head, body) = self.content(&prefix, content, offset + PREFIX_BYTES as u64)?;
        let position = position_of(self.number, offset);
        let group = u64::from(prefix.group);
        let next = next.next_multiple_of(ALIGNMENT as u64);
        Ok(prefix
            .frame(head, body, position, self.salt)
            .map_or(Found::Damaged, |frame| Found::Frame { frame, group, next }))
    }

    /// Head and body of a frame that stand at `at`, of which `start` was read already.
    fn content(&self, prefix: &Prefix, start: &[u8], at: u64) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let (head_bytes, body_bytes) = prefix.parts();
        let head = self.octets(start, at, head_bytes)?;
        let behind = start.get(head.len()..).unwrap_or_default();
        let body = self.octets(behind, at + head.len() as u64, body_bytes)?;
        Ok((head, body))
    }

    /// So many octets from `at` on, the first of which are known.
    fn octets(&self, known: &[u8], at: u64, bytes: u32) -> io::Result<Vec<u8>> {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let known = known.get(..bytes).unwrap_or(known);
        let mut octets = Vec::with_capacity(bytes);
        octets.extend_from_slice(known);
        octets.resize(bytes, 0);
        let rest = octets.get_mut(known.len()..).unwrap_or_default();
        self.file.read_exact_at(rest, at + known.len() as u64)?;
        Ok(octets)
    }

    /// Reads until the buffer is full or the file ends; how many octets there were.
    fn read_some(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut read = 0;
        loop {
            let rest = buffer.get_mut(read..).unwrap_or_default();
            match self.file.read_at(rest, offset + read as u64)? {
                0 => return Ok(read),
                more => read += more,
            }
        }
    }

    fn unwritten_or_damaged(&self, offset: u64) -> io::Result<Found> {
        let is_unwritten = self.is_unwritten(offset)?;
        Ok(if is_unwritten { Found::End } else { Found::Damaged })
    }

    /// Erases the message at `offset`, durably: first the frame says that it is erased, then its
    /// body is overwritten, so that a crash between the two leaves a sound frame, and its space
    /// given back. Does the same again to what was begun before. Says whether a message stands
    /// there.
    pub(crate) fn erase(&self, offset: u64) -> io::Result<bool> {
        let mut prefix = [0; PREFIX_BYTES];
        self.file.read_exact_at(&mut prefix, offset)?;
        let Some(prefix) = Prefix::parse(&prefix, self.salt) else { return Ok(false) };
        let head_at = offset + PREFIX_BYTES as u64;
        let read = |length| {
            let mut head = vec![0; length];
            self.file.read_exact_at(&mut head, head_at).map(|()| head)
        };
        let position = position_of(self.number, offset);
        let Some(erasure) = prefix.erased(position, self.salt, read)? else { return Ok(false) };
        self.file.write_all_at(&erasure.prefix, offset)?;
        self.file.sync_data()?;
        let mut at = head_at + erasure.head_bytes as u64;
        let mut left = erasure.body_bytes;
        while left > 0 {
            let page = ZEROS.get(..left.min(ZEROS.len())).unwrap_or(&ZEROS);
            self.file.write_all_at(page, at)?;
            at += page.len() as u64;
            left -= page.len();
        }
        self.file.sync_data()?;
        self.free(head_at + erasure.head_bytes as u64, erasure.body_bytes as u64)?;
        Ok(true)
    }

    /// Gives back to the disk what holds zeros only. A file system that has no holes keeps them.
    fn free(&self, at: u64, bytes: u64) -> io::Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match fallocate(&self.file, flags, at, bytes) {
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds the first sound frame at or behind `offset`: its offset, and where its group began.
    pub(crate) fn find_frame(&self, offset: u64) -> io::Result<Option<(u64, u64)>> {
        let end = self.file.metadata()?.len();
        let mark = mark_of(self.salt);
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut start = offset.next_multiple_of(ALIGNMENT as u64);
        while start < end {
            let read = self.file.read_at(&mut chunk, start)?;
            let words = chunk.get(..read).unwrap_or_default().chunks_exact(ALIGNMENT);
            let whole_bytes = (words.len() * ALIGNMENT) as u64;
            for (candidate, word) in (start..).step_by(ALIGNMENT).zip(words) {
                if !word.starts_with(&mark) {
                    continue;
                }
                if let Found::Frame { group, .. } = self.read(candidate)? {
                    return Ok(Some((candidate, group)));
                }
            }
            if whole_bytes == 0 {
                break;
            }
            start += whole_bytes;
        }
        Ok(None)
    }

    /// Whether everything from `offset` on is as it was allocated.
    pub(crate) fn is_unwritten(&self, mut offset: u64) -> io::Result<bool> {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = self.file.read_at(&mut chunk, offset)?;
            if read == 0 {
                return Ok(true);
            }
            let mut pages = chunk.get(..read).unwrap_or_default().chunks(ZEROS.len());
            if pages.any(|page| ZEROS.get(..page.len()) != Some(page)) {
                return Ok(false);
            }
            offset += read as u64;
        }
    }

    /// Cuts everything from `offset` on, durably, and allocates the space anew.
    ///
    /// Without the cut, what was torn off could be taken for frames once its gap is written again.
    pub(crate) fn cut(&self, offset: u64, bytes: u64) -> io::Result<()> {
        self.file.set_len(offset)?;
        self.file.sync_all()?;
        allocate(&self.file, bytes)?;
        self.file.sync_all()
    }
}

/// The salt in a segment's header, if the header is sound.
pub(crate) fn salt_of(folder: &Path, number: u64) -> io::Result<Option<u64>> {
    let mut header = [0; HEADER_LENGTH];
    let file = File::open(path_of(folder, number))?;
    if file.metadata()?.len() < HEADER_BYTES {
        return Ok(None);
    }
    file.read_exact_at(&mut header, 0)?;
    let salt = header.get(16..24).and_then(|salt| salt.first_chunk::<8>());
    let salt = salt.map(|salt| u64::from_be_bytes(*salt));
    Ok(salt.filter(|&salt| header_of(number, salt) == header))
}

/// The numbers of all segments, in order.
pub(crate) fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".segment"));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn path_of(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:010}.segment"))
}

fn fill(file: &File, number: u64, salt: u64, bytes: u64) -> io::Result<()> {
    file.write_all_at(&header_of(number, salt), 0)?;
    allocate(file, bytes)?;
    file.sync_all()
}

/// Allocated space makes the later syncs twice as fast; a file system that cannot is no error.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    let flags = FallocateFlags::empty();
    match fallocate(file, flags, 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        other => other.map_err(io::Error::from),
    }
}

fn header_of(number: u64, salt: u64) -> [u8; HEADER_LENGTH] {
    let mut header = [0; HEADER_LENGTH];
    let fields = MAGIC.iter().copied().chain(number.to_be_bytes()).chain(salt.to_be_bytes());
    for (to, from) in header.iter_mut().zip(fields) {
        *to = from;
    }
    let checksum = crc32fast::hash(header.get(..24).unwrap_or_default());
    for (to, from) in header.iter_mut().skip(24).zip(checksum.to_be_bytes()) {
        *to = from;
    }
    header
}
