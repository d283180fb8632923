//! Words of accepted messages, read from the archive when a notice needs them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::mail::compose::OutgoingPart;
use crate::mail::{self, Attachment, ReversePath};
use crate::notice::{self, Content, Contents};
use crate::store::archive::Archive;
use crate::store::frame::Frame;
use crate::ticket::{Matter, Notice};
use crate::types::Position;

/// Texts that are kept at hand, because several notices of one message are sent together.
const KEPT_MAX: usize = 64;

/// Where accepted messages are read from.
pub trait Frames {
    /// The frame at a position; what cannot be read is absent.
    fn frame(&self, position: Position) -> Option<Frame>;
}

impl Frames for Archive {
    fn frame(&self, position: Position) -> Option<Frame> {
        self.read(position).ok()
    }
}

/// Reads words from an archive; clones share what is at hand.
#[derive(Debug, Clone)]
pub struct Texts<F: Frames = Archive> {
    archive: F,
    kept: Arc<Mutex<BTreeMap<Position, Arc<Content>>>>,
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

    /// Everything that a notice shows; what cannot be read is absent.
    #[must_use]
    pub fn contents(&self, notice: &Notice) -> Contents {
        let mut contents = Contents::new();
        for position in notice::positions(notice) {
            let Some(text) = self.text(position) else { continue };
            let mut content = (*text).clone();
            content.attachments = self.attachments(notice, position);
            contents.insert(position, content);
        }
        contents
    }

    /// The whole text of a message.
    #[must_use]
    pub fn whole(&self, position: Position) -> Option<String> {
        self.text(position).map(|content| content.text.clone())
    }

    fn text(&self, position: Position) -> Option<Arc<Content>> {
        if let Some(content) = self.lock().get(&position) {
            return Some(Arc::clone(content));
        }
        let frame = self.archive.frame(position)?;
        let message = mail::parse(&frame.body, &ReversePath::Unknown);
        let content = Content { text: message.text, html: message.html, attachments: Vec::new() };
        let content = Arc::new(content);
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX {
            kept.pop_first();
        }
        kept.insert(position, Arc::clone(&content));
        Some(content)
    }

    fn attachments(&self, notice: &Notice, position: Position) -> Vec<OutgoingPart> {
        let Some(listed) = carried(notice, position) else { return Vec::new() };
        let Some(frame) = self.archive.frame(position) else { return Vec::new() };
        listed
            .iter()
            .filter_map(|attachment| {
                let content = mail::attachment_content(&frame.body, attachment.part)?;
                Some(OutgoingPart {
                    name: attachment.name.clone(),
                    media_type: attachment.media_type.clone(),
                    content,
                })
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Position, Arc<Content>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The attachments of this message that go along with the notice, if any do.
fn carried(notice: &Notice, position: Position) -> Option<&[Attachment]> {
    match &notice.matter {
        Matter::Answer { text, attachments, .. }
        | Matter::Copy { text, attachments, parked: false, .. }
        | Matter::Comment { text, attachments, .. } => {
            (text.message == position && !attachments.is_empty()).then_some(attachments)
        }
        _ => None,
    }
}
