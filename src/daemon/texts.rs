//! Words of accepted messages, read from the archive when a notice needs them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::mail::compose::OutgoingPart;
use crate::mail::{self, Attachment, ReversePath, glance};
use crate::notice::{self, Content, Contents};
use crate::store::StoreError;
use crate::store::archive::Archive;
use crate::store::frame::{Frame, FrameKind};
use crate::ticket::{Matter, Notice};
use crate::types::Position;

/// Messages that are kept at hand, because several notices of one are sent together.
const KEPT_MAX: usize = 64;
/// Octets of attachments that are kept of each.
const KEPT_BYTES_MAX: usize = 512 << 10;

/// Where accepted messages are read from.
pub trait Frames {
    /// The frame at a position; what cannot be read is absent.
    fn frame(&self, position: Position) -> Option<Frame>;

    /// Erases the bytes of the message at a position, where they can be.
    ///
    /// # Errors
    /// Why they could not.
    fn erase(&self, _position: Position) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Frames for Archive {
    fn frame(&self, position: Position) -> Option<Frame> {
        self.read(position).ok().filter(|frame| frame.kind != FrameKind::Erased)
    }

    fn erase(&self, position: Position) -> Result<(), StoreError> {
        Self::erase(self, position)
    }
}

/// Reads words from an archive; clones share what is at hand.
#[derive(Debug, Clone)]
pub struct Texts<F: Frames = Archive> {
    archive: F,
    kept: Arc<Mutex<BTreeMap<Position, Arc<Kept>>>>,
}

/// A message at hand. Who wants the same at the same time waits for the first, so that it is taken
/// apart once.
#[derive(Debug, Default)]
struct Kept {
    words: OnceLock<Option<Content>>,
    parts: Mutex<BTreeMap<u32, Arc<Vec<u8>>>>,
}

impl<F: Frames> Texts<F> {
    /// Reads from this archive.
    #[must_use]
    pub fn new(archive: F) -> Self {
        Self { archive, kept: Arc::default() }
    }

    /// Where it reads from.
    #[must_use]
    pub const fn archive(&self) -> &F {
        &self.archive
    }

    /// Erases the text of a message for good.
    ///
    /// # Errors
    /// Why it could not be erased.
    pub fn erase(&self, position: Position) -> Result<(), StoreError> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&position);
        self.archive.erase(position)
    }

    /// Everything that a notice shows; what cannot be read is absent.
    #[must_use]
    pub fn contents(&self, notice: &Notice) -> Contents {
        let mut contents = Contents::new();
        for position in notice::positions(notice) {
            let kept = self.kept(position);
            let Some(mut content) = self.words(&kept, position).cloned() else { continue };
            let listed = carried(notice, position);
            if !listed.is_empty() {
                content.attachments = self.attachments(&kept, position, &listed);
            }
            contents.insert(position, content);
        }
        for position in notice::lying(notice) {
            // What brought a reader down is not read here.
            let seen = self.archive.frame(position).map(|frame| glance::glance(&frame.body));
            let text = seen.map(|glance| glance.to_text());
            let content = |text| Content { text, html: None, attachments: Vec::new() };
            contents.extend(text.map(|text| (position, content(text))));
        }
        contents
    }

    /// The whole text of a message.
    #[must_use]
    pub fn whole(&self, position: Position) -> Option<String> {
        let kept = self.kept(position);
        self.words(&kept, position).map(|content| content.text.clone())
    }

    fn kept(&self, position: Position) -> Arc<Kept> {
        let mut all = lock(&self.kept);
        if let Some(kept) = all.get(&position) {
            return Arc::clone(kept);
        }
        if all.len() >= KEPT_MAX {
            all.pop_first();
        }
        let kept = Arc::new(Kept::default());
        all.insert(position, Arc::clone(&kept));
        kept
    }

    fn words<'a>(&self, kept: &'a Kept, position: Position) -> Option<&'a Content> {
        let read = || {
            let frame = self.archive.frame(position)?;
            let message = mail::parse(&frame.body, &ReversePath::Unknown);
            Some(Content { text: message.text, html: message.html, attachments: Vec::new() })
        };
        kept.words.get_or_init(read).as_ref()
    }

    fn attachments(
        &self,
        kept: &Kept,
        position: Position,
        listed: &[Attachment],
    ) -> Vec<OutgoingPart> {
        let mut parts = lock(&kept.parts);
        if !listed.iter().all(|attachment| parts.contains_key(&attachment.part)) {
            let Some(frame) = self.archive.frame(position) else { return Vec::new() };
            parts.extend(listed.iter().filter_map(|attachment| {
                let content = mail::attachment_content(&frame.body, attachment.part)?;
                Some((attachment.part, Arc::new(content)))
            }));
        }
        let found = listed.iter().filter_map(|attachment| {
            let content = Arc::clone(parts.get(&attachment.part)?);
            Some((attachment, content))
        });
        let found: Vec<_> = found.collect();
        if parts.values().map(|part| part.len()).sum::<usize>() > KEPT_BYTES_MAX {
            parts.clear();
        }
        drop(parts);
        let outgoing = found.into_iter().map(|(attachment, content)| OutgoingPart {
            name: attachment.name.clone(),
            media_type: attachment.media_type.clone(),
            content: Arc::unwrap_or_clone(content),
        });
        outgoing.collect()
    }
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The attachments of this message that go along with the notice.
fn carried(notice: &Notice, position: Position) -> Vec<Attachment> {
    match &notice.matter {
        Matter::Answer { text, attachments, .. }
        | Matter::Copy { text, attachments, parked: false, .. }
        | Matter::Comment { text, attachments, .. }
            if text.message == position =>
        {
            attachments.clone()
        }
        matter => {
            let its = notice::enclosed(matter).iter().filter(|file| file.message == position);
            its.map(|file| file.attachment.clone()).collect()
        }
    }
}
