//! Bytes to a [`Message`]: never fails, lists defects.

use crate::mail::{Message, ReversePath};

/// Understands a raw message. `reverse_path` helps to tell machines from people.
#[must_use]
pub fn parse(_raw: &[u8], _reverse_path: &ReversePath) -> Message {
    Message::default()
}

/// The decoded bytes of an attachment, by its part number.
#[must_use]
pub fn attachment_content(_raw: &[u8], _part: u32) -> Option<Vec<u8>> {
    None
}
