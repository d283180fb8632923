//! Delivery reports (RFC 3464, RFC 6522, RFC 3463).

use serde::{Deserialize, Serialize};

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
