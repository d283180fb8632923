//! What is said of a breach of the rules, to its person and to the coordinators.
//!
//! Deliberately absent: wording (`notice`), what a breach is (`desk::breach`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ticket::matter::TextPart;
use crate::types::TicketId;

/// What happened to a breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreachStage {
    /// It is on record and counts for nothing.
    Noted,
    /// It is on record and counts.
    Warned,
    /// Places in queues rest because of it.
    Suspended,
    /// It was withdrawn: it never counted.
    Withdrawn,
    /// A suspension ended.
    Returned,
}

impl BreachStage {
    /// Every stage.
    pub const ALL: [Self; 5] =
        [Self::Noted, Self::Warned, Self::Suspended, Self::Withdrawn, Self::Returned];
}

/// A breach as a mail tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreachPage {
    /// Whose it is.
    pub name: String,
    /// Who did what happened now; nobody where a day had come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What the rule text is called, and the version that held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<(String, u16)>,
    /// Why, in the words of who did it; may be empty for what ends a breach.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When the breach was recorded.
    pub at: Timestamp,
    /// The how manyth open warning it is.
    #[serde(default)]
    pub count: u16,
    /// Whether the coordinators are asked about a suspension.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// The open warnings, where the coordinators are asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<(TicketId, Timestamp, String)>,
    /// When the coordinators look again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<Timestamp>,
    /// The end of the last day of a suspension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The queues whose places rest, or are open again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
    /// Queues whose place stays open, because nobody else could write there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<String>,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// The rule text that goes along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<TextPart>,
}
