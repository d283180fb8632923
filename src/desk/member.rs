//! Somebody in a queue: what he may do there, and what he is told at once.
//!
//! Deliberately absent: queues and who inherits their members (`register`).

use serde::{Deserialize, Serialize};

use crate::types::PersonId;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Nothing, for a while: the place is kept.
    Suspended,
    /// Read and comment.
    Read,
    /// Answer and change as well.
    Write,
}

/// Which mail of a queue a member gets at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum NotifyChoice {
    /// Everything that is nobody's, and one's own.
    #[default]
    Each,
    /// Only one's own.
    Mine,
    /// Only one's own at once, the rest in the digest.
    Digest,
    /// Nothing at all.
    None,
}

/// A person in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// What the person may do.
    pub access: Access,
    /// What the person is told at once.
    #[serde(default)]
    pub notify: NotifyChoice,
    /// The role that the person has there, by its short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}
