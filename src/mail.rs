//! RFC 5322 bytes to values and back.
//!
//! Everything lotse knows about a message as such stands here: its fields, its text, who wrote it
//! by its own claim, whether a machine wrote it, what is new in it and what is quoted, and how an
//! outgoing message is put together. Reading never fails: what is broken is listed as a [`Defect`].
//! Deliberately absent: tickets, people of the register, templates, the network.

mod answered;
mod attribution;
pub mod authres;
pub mod automatic;
mod blame;
mod body;
mod card;
mod challenge;
mod charset;
pub mod compose;
pub mod dsn;
mod field;
mod flowed;
pub mod glance;
mod header;
mod history;
pub mod html;
pub mod language;
mod list;
mod oldbounce;
mod opaque;
mod original;
pub mod parse;
mod part;
mod phrases;
pub mod quote;
mod servertalk;
mod signature;
pub mod subject;
mod tnef;
mod transfer;

pub use authres::Verdicts;
pub use automatic::Kind;
pub use compose::{Outgoing, compose};
pub use dsn::{Bounce, Complaint};
pub use glance::Glance;
pub use list::original_author;
pub use parse::{attachment_content, parse, parse_with_sums, return_path};
pub use quote::Reply;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::{Address, Hash, Mailbox};

/// The reverse-path of an envelope (RFC 5321 section 4.1.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum ReversePath {
    /// The door had no envelope and the message no `Return-Path` above its first `Received`.
    #[default]
    Unknown,
    /// `<>`: never to be answered (RFC 5321 section 4.5.5).
    Null,
    /// Where a delivery report would go.
    Address(Address),
}

/// One header field, unfolded and decoded as far as it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name as written.
    pub name: String,
    /// The value without line ends, RFC 2047 words decoded.
    pub value: String,
}

/// A part that is not the message's text. Its bytes stay in the raw message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file name, decoded (RFC 2231, RFC 2047), without folders; made up where there is none.
    pub name: String,
    /// Type and subtype in lower case.
    pub media_type: String,
    /// Octets after decoding.
    pub bytes: usize,
    /// Which part of the message it is, for [`attachment_content`].
    pub part: u32,
    /// The Content-ID without brackets, where the HTML text refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_id: Option<String>,
    /// An invitation or a business card in one line; empty for everything else.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The sum of its octets after decoding, by which a paper is known; nothing where the message
    /// can bring none ([`parse_with_sums`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
}

/// A mailing list that carried the message (RFC 2369, RFC 2919).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViaList {
    /// The list's id, without its phrase and brackets.
    pub id: String,
    /// The address to post to, if the list names one.
    pub post: Option<Address>,
    /// Whether the list put its own address into `From`.
    pub author_munged: bool,
}

/// Something odd about a message that did not stop it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect(pub String);

/// What was understood of a message.
///
/// The bytes themselves stay where they are; nothing large is copied but its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// The Message-ID without its angle brackets.
    pub message_id: Option<String>,
    /// The authors (`From`).
    pub from: Vec<Mailbox>,
    /// Who sent it for the authors (`Sender`).
    pub sender: Option<Mailbox>,
    /// Where answers should go.
    pub reply_to: Vec<Mailbox>,
    /// The visible recipients.
    pub to: Vec<Mailbox>,
    /// The visible recipients of copies.
    pub cc: Vec<Mailbox>,
    /// The subject, decoded, in one line; empty if there is none.
    pub subject: String,
    /// What the author's clock said.
    pub date: Option<Timestamp>,
    /// Message-IDs of `In-Reply-To`, without brackets.
    pub in_reply_to: Vec<String>,
    /// Message-IDs of `References`, oldest first, without brackets.
    pub references: Vec<String>,
    /// All header fields from top to bottom.
    pub fields: Vec<Field>,
    /// The whole text with LF line ends; made from the HTML where there is no plain text.
    pub text: String,
    /// The HTML text as it came, if there is one.
    pub html: Option<String>,
    /// Everything else.
    pub attachments: Vec<Attachment>,
    /// Who wrote it: a person, a machine, a mail server, a list, lotse itself.
    pub kind: Kind,
    /// Whether a machine may answer it (RFC 3834 section 2).
    pub may_answer: bool,
    /// The list it came through, if any.
    pub via_list: Option<ViaList>,
    /// What a delivery report says.
    pub bounce: Option<Bounce>,
    /// A person's complaint about a message of ours.
    pub complaint: Option<Complaint>,
    /// What was broken.
    pub defects: Vec<Defect>,
    /// The message as it came, where what a reader sees of it was guessed; no part of it.
    pub original: Option<Attachment>,
    /// The sum of all its octets as they came; nothing where nothing came, or it is not wanted.
    pub hash: Option<Hash>,
}

impl Message {
    /// The first header field of this name, case aside.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.as_str())
    }

    /// All header fields of this name from top to bottom, case aside.
    pub fn fields_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| field.value.as_str())
    }

    /// The first author, if the message names one.
    #[must_use]
    pub fn author(&self) -> Option<&Mailbox> {
        self.from.first()
    }
}
