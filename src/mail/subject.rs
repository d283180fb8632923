//! Subjects: tags, and prefixes of replies and forwards in many languages.

use crate::types::TicketId;

/// A subject taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// `[nrw #17]`: the site's name in lower case and the number, with the key behind it if any.
    pub tag: Option<Tag>,
    /// Other words in brackets, in order: `technik` of `[technik]`.
    pub tokens: Vec<String>,
    /// Whether the outermost prefix says that it is a forward (Fwd, WG, VS, VL ..).
    pub is_forward: bool,
    /// Whether a prefix says that it is a reply (Re, AW, SV, Vs, Antw ..).
    pub is_reply: bool,
    /// What remains: the author's own words.
    pub bare: String,
}

/// A subject tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The site's name, in lower case.
    pub site: String,
    /// The ticket's number.
    pub ticket: TicketId,
    /// The key of buttons and challenges on sites without a separator: `[nrw #17 k3f9w2hq7mza]`.
    pub key: Option<String>,
}

/// Takes a decoded subject apart. Tolerant: text glued to the tag, any case, spaces.
#[must_use]
pub fn split(_subject: &str) -> Subject {
    Subject::default()
}
