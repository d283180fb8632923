//! What a register is as a mail: its rows, and what the reader may read of it; how far somebody is
//! who was asked to agree to a new version; what changed in how the site runs; how
//! a queue stands.
//!
//! Deliberately absent: how rows read (`notice`), where they come from (`desk::listing`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::desk::Table;
use crate::desk::account::Difference;
use crate::types::TicketId;

/// A register, or the part of it that its reader may read and asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterPage {
    /// Which.
    pub table: Table,
    /// The day on which it is so.
    pub day: Date,
    /// Words that select from it; empty for all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Where the reader sees a part only: who may read all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<String>,
    /// The rows by the columns of the table, kept with the mail: it says the same however often it
    /// is made.
    pub rows: Vec<Value>,
}

/// How far somebody is who was asked to agree to a new version of a rule text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RenewalStage {
    /// He is asked.
    First,
    /// He has not answered.
    Reminder,
    /// He said no.
    Declined,
    /// The time is over.
    Lapsed,
    /// He agreed.
    Agreed,
}

/// One thing that changed in how the site runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeLine {
    /// What.
    pub difference: Difference,
    /// Requests that run and keep the text that a procedure had when they began.
    #[serde(default, skip_serializing_if = "is_none")]
    pub kept: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_none(count: &u32) -> bool {
    *count == 0
}

/// How a queue stands that promises answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "plight", rename_all = "kebab-case")]
pub enum Plight {
    /// It breaks its promise, or nobody works in it.
    Neglected {
        /// Days within which an answer is promised.
        promised: u16,
        /// How many wait longer.
        count: u32,
        /// Whether there are more than were counted.
        more: bool,
        /// The one that waits longest, and since when.
        oldest: Option<(TicketId, Timestamp)>,
        /// Whether nobody is there who may answer.
        is_deserted: bool,
    },
    /// It keeps its promise again.
    Well,
}
