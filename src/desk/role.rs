//! Roles as data: what they are called, and what who has one may do.
//!
//! Deliberately absent: who has which (memberships and units of the `register`).

use serde::{Deserialize, Serialize};

use crate::desk::procedure::Texts;
use crate::types::Locale;

/// Which tickets a role sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Sees {
    /// Every ticket of its queues.
    #[default]
    All,
    /// Only its own.
    Own,
}

/// A role that memberships may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The short name that settings and facts use.
    pub name: String,
    /// What it is called, by language.
    #[serde(default)]
    pub title: Texts,
    /// What who has it may do, by keyword or step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<String>,
    /// What who has it may not do, whatever else allows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denials: Vec<String>,
    /// Roles that it may invite others to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invites: Vec<String>,
    /// Roles that it may give.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gives: Vec<String>,
    /// Which tickets it sees.
    #[serde(default)]
    pub sees: Sees,
}

impl Role {
    /// What it is called for a reader of `locale`; the short name where nothing is said.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> &str {
        let title = self.title.get(&locale).or_else(|| self.title.values().next());
        title.map_or(&self.name, String::as_str)
    }

    /// Whether it allows something: named among its rights, and not denied.
    #[must_use]
    pub fn may(&self, right: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|name| name == right);
        names(&self.rights) && !names(&self.denials)
    }
}
