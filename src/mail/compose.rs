//! Outgoing messages: values to RFC 5322 bytes.

use jiff::Timestamp;

use crate::types::Mailbox;

/// A part to be attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingPart {
    /// The file name.
    pub name: String,
    /// Type and subtype.
    pub media_type: String,
    /// The decoded bytes.
    pub content: Vec<u8>,
}

/// A message to be sent, every choice made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The author.
    pub from: Mailbox,
    /// The one visible recipient.
    pub to: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// The subject.
    pub subject: String,
    /// Without brackets.
    pub message_id: String,
    /// Without brackets.
    pub in_reply_to: Option<String>,
    /// Without brackets, oldest first.
    pub references: Vec<String>,
    /// The moment it was made.
    pub date: Timestamp,
    /// Further fields, such as `Auto-Submitted`; values in one line.
    pub fields: Vec<(String, String)>,
    /// The text with LF line ends.
    pub text: String,
    /// The same words as HTML.
    pub html: Option<String>,
    /// What is attached.
    pub attachments: Vec<OutgoingPart>,
}

/// Composes the bytes, with CRLF line ends.
#[must_use]
pub fn compose(_outgoing: &Outgoing) -> Vec<u8> {
    Vec::new()
}
