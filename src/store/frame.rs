//! One frame of the archive: what it holds, and how it stands on disk.
//!
//! A frame's checksum covers kind, head and body, the frame's own position and the archive's salt.
//! So a block that the disk put elsewhere, or a frame that somebody wrote into the body of a mail,
//! is never taken for a frame. Deliberately absent: files (`segment`), what heads mean (callers).

use crate::types::Position;

use super::StoreError;

/// Octets before a frame's head.
pub(crate) const PREFIX_BYTES: usize = 24;
/// Frames begin at multiples of this.
pub(crate) const ALIGNMENT: usize = 8;
/// Octets that head and body may have together.
pub const FRAME_BYTES_MAX: usize = 1 << 30;
/// Bits of a position that count octets within a segment.
pub(crate) const OFFSET_BITS: u32 = 40;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// An accepted message: envelope, then the bytes as they came.
    Message = 1,
    /// A committed batch: its event, then its operations (see `journal`).
    Batch = 2,
    /// Operations that batches before it need no longer be folded for.
    Base = 3,
    /// What was erased: zeros stand in its place, and the checksum covers the head alone. A message
    /// that was erased by itself keeps its head; what an erasure of a person or ticket left behind
    /// has none.
    Erased = 4,
}

/// One entry of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it holds.
    pub kind: FrameKind,
    /// JSON by the caller.
    pub head: Vec<u8>,
    /// Bytes by the caller.
    pub body: Vec<u8>,
}

impl Frame {
    /// Octets that it takes on disk.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        (PREFIX_BYTES + self.head.len() + self.body.len()).next_multiple_of(ALIGNMENT)
    }

    /// Where the next frame may begin, if this one stands at `position`.
    pub(crate) const fn behind(&self, position: Position) -> Position {
        Position(position.0 + self.bytes() as u64)
    }

    /// Whether it is small enough.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if self.head.len().saturating_add(self.body.len()) > FRAME_BYTES_MAX {
            let refusal = format!("one frame has more than {FRAME_BYTES_MAX} octets");
            return Err(StoreError::Refused(refusal));
        }
        Ok(())
    }

    /// Appends the frame as it stands on disk at `position`, in the group that began at `group`.
    pub(crate) fn encode(&self, buffer: &mut Vec<u8>, place: Place, salt: u64) {
        let prefix = Prefix {
            kind: self.kind as u8,
            group: place.group,
            head_bytes: small(self.head.len()),
            body_bytes: small(self.body.len()),
            checksum: 0,
        };
        let position = position_of(place.segment, place.offset);
        let checksum = prefix.checksum_of(&[&self.head, &self.body], position, salt);
        let end = buffer.len() + self.bytes();
        buffer.extend_from_slice(&mark_of(salt));
        buffer.extend_from_slice(&checksum.to_be_bytes());
        buffer.extend_from_slice(&prefix.fields());
        buffer.extend_from_slice(&self.head);
        buffer.extend_from_slice(&self.body);
        buffer.resize(end, 0);
    }
}

/// Where a frame stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    /// The offset of the first frame that was synced together with this one.
    pub(crate) group: u32,
}

/// How a message is erased where it stands.
#[derive(Debug)]
pub(crate) struct Erasure {
    /// What stands before its head from then on.
    pub(crate) prefix: Vec<u8>,
    pub(crate) head_bytes: usize,
    pub(crate) body_bytes: usize,
}

/// What stands before a frame's head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prefix {
    kind: u8,
    pub(crate) group: u32,
    head_bytes: u32,
    body_bytes: u32,
    checksum: u32,
}

impl Prefix {
    /// Reads a prefix; `None` if no frame of this archive begins like this.
    pub(crate) fn parse(bytes: &[u8; PREFIX_BYTES], salt: u64) -> Option<Self> {
        let (mark, rest) = bytes.split_first_chunk::<4>()?;
        let (checksum, rest) = rest.split_first_chunk::<4>()?;
        let (&[kind, 0, 0, 0], rest) = rest.split_first_chunk::<4>()? else { return None };
        let (group, rest) = rest.split_first_chunk::<4>()?;
        let (head_bytes, rest) = rest.split_first_chunk::<4>()?;
        let body_bytes = rest.first_chunk::<4>()?;
        (*mark == mark_of(salt)).then(|| Self {
            kind,
            group: u32::from_be_bytes(*group),
            head_bytes: u32::from_be_bytes(*head_bytes),
            body_bytes: u32::from_be_bytes(*body_bytes),
            checksum: u32::from_be_bytes(*checksum),
        })
    }

    /// Octets of head and body.
    pub(crate) fn content_bytes(&self) -> u64 {
        u64::from(self.head_bytes) + u64::from(self.body_bytes)
    }

    /// Octets of its head, and of its body.
    pub(crate) const fn parts(&self) -> (u32, u32) {
        (self.head_bytes, self.body_bytes)
    }

    /// The frame, if these are its head and body and the checksum is right.
    pub(crate) fn frame(
        &self,
        head: Vec<u8>,
        body: Vec<u8>,
        position: u64,
        salt: u64,
    ) -> Option<Frame> {
        let kind = match self.kind {
            1 => FrameKind::Message,
            2 => FrameKind::Batch,
            3 => FrameKind::Base,
            4 => FrameKind::Erased,
            _ => return None,
        };
        let covered: &[u8] = if kind == FrameKind::Erased { &[] } else { &body };
        let is_sound = self.checksum_of(&[&head, covered], position, salt) == self.checksum;
        is_sound.then_some(Frame { kind, head, body })
    }

    /// The octets of this prefix once the body is erased, and how many octets head and body have;
    /// nothing if it is no message's. `head` reads the head, whose length it is given.
    pub(crate) fn erased<E>(
        self,
        position: u64,
        salt: u64,
        head: impl FnOnce(usize) -> Result<Vec<u8>, E>,
    ) -> Result<Option<Erasure>, E> {
        let is_message = [FrameKind::Message as u8, FrameKind::Erased as u8].contains(&self.kind);
        if !is_message {
            return Ok(None);
        }
        let (head_bytes, body_bytes) = (self.head_bytes as usize, self.body_bytes as usize);
        let head = head(head_bytes)?;
        let prefix = Self { kind: FrameKind::Erased as u8, ..self };
        let mut octets = mark_of(salt).to_vec();
        octets.extend_from_slice(&prefix.checksum_of(&[&head], position, salt).to_be_bytes());
        octets.extend_from_slice(&prefix.fields());
        Ok(Some(Erasure { prefix: octets, head_bytes, body_bytes }))
    }

    /// What stands before this head and so many octets that hold nothing any more.
    pub(crate) fn hollow(head: &[u8], body_bytes: usize, place: Place, salt: u64) -> Vec<u8> {
        let prefix = Self {
            kind: FrameKind::Erased as u8,
            group: place.group,
            head_bytes: small(head.len()),
            body_bytes: small(body_bytes),
            checksum: 0,
        };
        let mut octets = mark_of(salt).to_vec();
        let checksum = prefix.checksum_of(&[head], position_of(place.segment, place.offset), salt);
        octets.extend_from_slice(&checksum.to_be_bytes());
        octets.extend_from_slice(&prefix.fields());
        octets
    }

    fn fields(&self) -> Vec<u8> {
        let mut fields = vec![self.kind, 0, 0, 0];
        fields.extend_from_slice(&self.group.to_be_bytes());
        fields.extend_from_slice(&self.head_bytes.to_be_bytes());
        fields.extend_from_slice(&self.body_bytes.to_be_bytes());
        fields
    }

    fn checksum_of(&self, content: &[&[u8]], position: u64, salt: u64) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&position.to_be_bytes());
        hasher.update(&salt.to_be_bytes());
        hasher.update(&self.fields());
        for part in content {
            hasher.update(part);
        }
        hasher.finalize()
    }
}

/// Segment and offset folded together.
pub(crate) const fn position_of(segment: u64, offset: u64) -> u64 {
    (segment << OFFSET_BITS) | offset
}

/// Segment and offset of a position.
pub(crate) const fn segment_and_offset(position: Position) -> (u64, u64) {
    (position.0 >> OFFSET_BITS, position.0 & ((1 << OFFSET_BITS) - 1))
}

/// What every frame begins with. Nobody outside knows it, so a mail full of it cannot be written;
/// never zero, which is what unwritten space reads as.
pub(crate) const fn mark_of(salt: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = salt.to_be_bytes();
    [a | 1, b, c, d]
}

/// Lengths are checked against [`FRAME_BYTES_MAX`] before; what were longer would not verify.
fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
