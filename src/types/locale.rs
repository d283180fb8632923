//! The languages that lotse speaks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A shipped language (ISO 639-1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// German.
    De,
    /// English.
    #[default]
    En,
    /// Finnish.
    Fi,
    /// Swedish.
    Sv,
}

impl Locale {
    /// Every shipped language, in the order in which help lists them.
    pub const ALL: [Self; 4] = [Self::De, Self::En, Self::Fi, Self::Sv];

    /// The two-letter code, also the name of the folder with its texts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Fi => "fi",
            Self::Sv => "sv",
        }
    }

    /// Finds the language of a tag such as `de`, `de-AT` or `sv_FI` (RFC 5646), if it is shipped.
    #[must_use]
    pub fn find(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|locale| locale.code().eq_ignore_ascii_case(primary))
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
