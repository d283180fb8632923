//! Consents: who agreed to which rule text, when, in which mail, proven how (000-14, 000-26).
//!
//! Deliberately absent: how words are understood as a consent (`ticket::procedure`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::{Address, Hash, Locale, PersonId, Position, TicketId, UnitId};

/// Who agreed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consenting {
    /// Somebody of the register.
    Person(PersonId),
    /// Somebody known by an address.
    Address(Address),
    /// A unit, by its minutes.
    Unit(UnitId),
}

/// A consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Whose.
    pub by: Consenting,
    /// To which rule text.
    pub text: String,
    /// In which version.
    pub version: u16,
    /// In which language it was sent.
    pub locale: Locale,
    /// The sum of the words that were sent.
    pub hash: Hash,
    /// When the mail that says so was received.
    pub at: Timestamp,
    /// On which rung of the proof ladder.
    pub rung: u8,
    /// In which accepted message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Position>,
    /// On which ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// When it was taken back, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

impl Consent {
    /// Under what it is kept: one of each for a text in a version; a later one takes its place.
    #[must_use]
    pub fn key(&self) -> ConsentKey {
        (self.text.clone(), self.version, self.by.clone())
    }
}

/// Text, version, who.
pub type ConsentKey = (String, u16, Consenting);

impl std::fmt::Display for Consenting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(person) => person.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Unit(unit) => unit.fmt(f),
        }
    }
}
