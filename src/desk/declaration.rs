//! Declarations: who gave which signed paper, and who keeps the original (000-21, 000-22).
//!
//! Deliberately absent: how a paper is recognized (`ticket::procedure`), the paper itself, which
//! lies in its message.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::consent::Consenting;
use crate::desk::procedure::Texts;
use crate::types::{Hash, PersonId, Position, TicketId};

/// A signed paper that somebody keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Whose.
    pub by: Consenting,
    /// What is declared: the name of the fact that asks for it.
    pub fact: String,
    /// What it is called, by language.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub title: Texts,
    /// The name of the file, or what else stands for it.
    pub name: String,
    /// Its sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    /// When it came.
    pub at: Timestamp,
    /// On which rung of the proof ladder.
    pub rung: u8,
    /// In which accepted message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Position>,
    /// On which ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// The last day on which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Who keeps the original.
    pub custodian: PersonId,
    /// When the custodian said that it is there, and on which rung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<(Timestamp, u8)>,
}

impl Declaration {
    /// Under what it is kept: one of each for a fact; a later one takes its place.
    #[must_use]
    pub fn key(&self) -> DeclarationKey {
        (self.fact.clone(), self.by.clone())
    }
}

/// Fact, who.
pub type DeclarationKey = (String, Consenting);
