//! Rule texts with versions: what people agree to (000-09).
//!
//! A version never changes once it is registered: a consent names its sum. Deliberately absent:
//! who agreed (`consent`), reading the files (`config`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::procedure::Texts;
use crate::desk::unit;
use crate::types::{Hash, Locale};

/// One version of a rule text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// The short name, the same for all versions.
    pub name: String,
    /// Which version.
    pub version: u16,
    /// What it is called, by language.
    #[serde(default)]
    pub title: Texts,
    /// From which day on it holds.
    #[serde(deserialize_with = "unit::day")]
    pub effective: Date,
    /// Who approved it, in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub approved_by: String,
    /// The file that holds it, by language, relative to the organization's file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub file: BTreeMap<Locale, String>,
    /// The words themselves, by language: read from the files, or written in place of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub content: BTreeMap<Locale, String>,
}

impl RuleText {
    /// What it is called for a reader of `locale`, without the version; the short name where
    /// nothing is said.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> &str {
        let title = self.title.get(&locale).or_else(|| self.title.values().next());
        title.map_or(&self.name, String::as_str)
    }

    /// The language in which a reader of `locale` gets it: his own, else the first there is.
    #[must_use]
    pub fn locale_for(&self, locale: Locale) -> Option<Locale> {
        let has = self.content.contains_key(&locale);
        if has { Some(locale) } else { self.content.keys().next().copied() }
    }

    /// The sum of the text in a language, by which a consent names it.
    #[must_use]
    pub fn hash(&self, locale: Locale) -> Option<Hash> {
        self.content.get(&locale).map(|text| Hash::of(text.as_bytes()))
    }

    /// The name of the file that it is sent as: `rules-4.de.txt`.
    #[must_use]
    pub fn file_name(&self, locale: Locale) -> String {
        let stem: String = self
            .name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' })
            .collect();
        format!("{stem}-{}.{locale}.txt", self.version)
    }

    /// Whether another entry is the same version in the same words.
    #[must_use]
    pub fn reads_like(&self, other: &Self) -> bool {
        self.content == other.content
    }
}
