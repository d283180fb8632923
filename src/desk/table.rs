//! Registers as tables: which there are, and which columns each has.
//!
//! Deliberately absent: their rows (`listing`), who may read them (`readership`), the words that a
//! reader sees (`notice`).

use serde::{Deserialize, Serialize};

/// A register that is derived from live data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// People, with the queues and units that they belong to (000-02).
    Users,
    /// Units, and who speaks for them.
    Units,
    /// Queues, and who works in them.
    Queues,
    /// Who agreed to which rule text, and who has not (000-14, 000-26).
    Consents,
    /// Who gave which signed paper, who keeps it, and who has given none (000-22).
    Declarations,
    /// How far renewals of consents have come: who was asked, who agreed, whose places rest
    /// (000-09).
    Renewals,
    /// Rule texts in all versions: from when on, approved by whom (000-09).
    Rules,
    /// Roles, and what who has one may do.
    Roles,
    /// Papers of requests, with their sums. Every ticket must be read for it: never by mail.
    Evidence,
    /// Breaches of the rules: warnings, notes, suspensions, until they are forgotten (000-08).
    Breaches,
}

impl Table {
    /// Every register.
    pub const ALL: [Self; 10] = [
        Self::Users,
        Self::Units,
        Self::Queues,
        Self::Consents,
        Self::Declarations,
        Self::Renewals,
        Self::Rules,
        Self::Roles,
        Self::Evidence,
        Self::Breaches,
    ];

    /// Every register that is sent by mail.
    pub fn by_mail() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|table| *table != Self::Evidence)
    }

    /// Its name on the command line, and of its file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Units => "units",
            Self::Queues => "queues",
            Self::Consents => "consents",
            Self::Declarations => "declarations",
            Self::Renewals => "renewals",
            Self::Rules => "rules",
            Self::Roles => "roles",
            Self::Evidence => "evidence",
            Self::Breaches => "breaches",
        }
    }

    /// The register of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// The columns by which rows belong together: what the first of them is about.
    #[must_use]
    pub const fn key(self) -> &'static [&'static str] {
        match self {
            Self::Users => &["id"],
            Self::Units => &["unit"],
            Self::Queues => &["queue"],
            Self::Consents | Self::Rules => &["text", "version"],
            Self::Renewals => &["procedure", "version"],
            Self::Declarations => &["declaration"],
            Self::Roles => &["role"],
            Self::Evidence => &["ticket"],
            Self::Breaches => &["who"],
        }
    }

    /// Its columns.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Users => USERS,
            Self::Units => UNITS,
            Self::Queues => QUEUES,
            Self::Consents => CONSENTS,
            Self::Declarations => DECLARATIONS,
            Self::Renewals => RENEWALS,
            Self::Rules => RULES,
            Self::Roles => ROLES,
            Self::Evidence => EVIDENCE,
            Self::Breaches => BREACHES,
        }
    }
}

const USERS: &[&str] = &["id", "name", "addresses", "locale", "queue", "access", "role", "units"];
const UNITS: &[&str] = &[
    "unit",
    "name",
    "parent",
    "addresses",
    "speaker",
    "delegate",
    "until",
    "coordinators",
    "minimum",
    "lacking",
];
const QUEUES: &[&str] = &[
    "queue",
    "title",
    "addresses",
    "parent",
    "unit",
    "person",
    "name",
    "access",
    "role",
    "inherited",
    "minimum",
    "lacking",
];
const CONSENTS: &[&str] =
    &["text", "version", "who", "name", "agreed_at", "rung", "ticket", "hash", "taken_back"];
const DECLARATIONS: &[&str] = &[
    "declaration",
    "title",
    "who",
    "name",
    "given_at",
    "rung",
    "file",
    "hash",
    "ticket",
    "until",
    "custodian",
    "acknowledged_at",
];
const RENEWALS: &[&str] = &[
    "procedure",
    "text",
    "version",
    "begun_at",
    "who",
    "name",
    "asked_at",
    "ticket",
    "state",
    "agreed_at",
    "declined_at",
    "lapsed_at",
    "resting",
];
const RULES: &[&str] =
    &["text", "version", "title", "effective", "holds", "approved_by", "locale", "hash", "agreed"];
const ROLES: &[&str] = &["role", "title", "rights", "denials", "invites", "gives", "sees"];
const EVIDENCE: &[&str] = &[
    "ticket",
    "procedure",
    "fact",
    "proves",
    "kind",
    "name",
    "hash",
    "at",
    "by",
    "rung",
    "until",
    "custodian",
];
const BREACHES: &[&str] = &[
    "who",
    "name",
    "level",
    "state",
    "at",
    "text",
    "version",
    "reason",
    "by",
    "rung",
    "ticket",
    "follow_up",
    "until",
    "resting",
    "ended_at",
    "expires_at",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_keys_are_columns() {
        for table in Table::ALL {
            assert_eq!(Table::find(table.name()), Some(table));
            assert!(table.key().iter().all(|name| table.columns().contains(name)), "{table:?}");
        }
    }
}
