//! Breaches of the rules of use: warnings, notes and suspensions, with the rule that held that day
//! (000-08).
//!
//! Each stands on a ticket of its own, on which the person is heard; the register forgets it when
//! its time is over. Deliberately absent: who may record one (`readership`), what is said to whom
//! (`ticket::breach`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::readership;
use crate::desk::{Access, Desk, Register};
use crate::types::{PersonId, Position, QueueName, TicketId};

/// The right of a role to record breaches, to see all of them and to be asked about suspensions.
pub const RIGHT: &str = "warn";

/// How much a breach weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It is on record and counts for nothing.
    Note,
    /// It counts: after so many, coordinators are asked about a suspension.
    Warning,
    /// The person's places in queues rest until a day.
    Suspension,
}

impl Level {
    /// The word for it in registers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Suspension => "suspension",
        }
    }
}

/// A breach of the rules of use, as it is on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breach {
    /// The ticket on which the person was told and is heard.
    pub ticket: TicketId,
    /// Whose.
    pub person: PersonId,
    /// How much it weighs.
    pub level: Level,
    /// The rule text and the version that held that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<(String, u16)>,
    /// What happened, in the words of who recorded it.
    pub reason: String,
    /// Who recorded it.
    pub by: PersonId,
    /// On which rung of the proof ladder.
    pub rung: u8,
    /// When.
    pub at: Timestamp,
    /// In which accepted message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Position>,
    /// The ticket on which it was said, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<TicketId>,
    /// When the coordinators look again how it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<Timestamp>,
    /// The end of the last day of a suspension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Places that rest because of it, with the access that comes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<(QueueName, Access)>,
    /// When a suspension ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned_at: Option<Timestamp>,
    /// When it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// From then on the register knows nothing of it.
    pub expires_at: Timestamp,
}

impl Breach {
    /// Whether it stands: nobody withdrew it.
    #[must_use]
    pub const fn stands(&self) -> bool {
        self.withdrawn_at.is_none()
    }

    /// Whether it is a suspension that has not ended.
    #[must_use]
    pub fn suspends(&self) -> bool {
        self.level == Level::Suspension && self.stands() && self.returned_at.is_none()
    }

    /// The word for how it stands in registers.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.stands(), self.level) {
            (false, _) => "withdrawn",
            (true, Level::Suspension) if self.returned_at.is_some() => "over",
            (true, _) => "open",
        }
    }
}

/// The section `[breaches]`: when somebody is asked, and how long a breach is kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The queue in which those concerned are heard; the dispatcher's where none is named.
    pub queue: Option<QueueName>,
    /// The short name of the rule text that breaches are of.
    pub text: String,
    /// After so many open warnings coordinators are asked about a suspension; 0: never.
    pub warnings: u16,
    /// Days within which they count together.
    pub within_days: u16,
    /// Days after which coordinators look again.
    pub follow_up_days: u16,
    /// Days after which a breach is forgotten.
    pub expire_days: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            queue: None,
            text: "rules".to_owned(),
            warnings: 2,
            within_days: 365,
            follow_up_days: 30,
            expire_days: 365,
        }
    }
}

impl Settings {
    /// What is wrong whatever the register is, as sentences that say what to do.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let spans = [
            ("within_days", self.within_days),
            ("follow_up_days", self.follow_up_days),
            ("expire_days", self.expire_days),
        ];
        for (name, _) in spans.iter().filter(|(_, days)| *days == 0) {
            problems.push(format!("{name} = 0: write how many days, 1 or more"));
        }
        if self.expire_days < self.follow_up_days {
            problems.push(format!(
                "follow_up_days = {} lies behind expire_days = {}: nothing would be left to look \
                 at; make it smaller",
                self.follow_up_days, self.expire_days
            ));
        }
        problems
    }

    /// What is wrong beside the register.
    #[must_use]
    pub fn problems(&self, register: &Register) -> Vec<String> {
        let queue = self.queue.as_ref().filter(|name| register.queue(name).is_none());
        let problem = |name: &QueueName| {
            format!("queue = \"{name}\": it is no queue of the organization; name one, or add it")
        };
        queue.map(problem).into_iter().collect()
    }

    /// The queue in which those concerned are heard.
    #[must_use]
    pub fn queue<'a>(&'a self, desk: &'a Desk) -> &'a QueueName {
        let is_there = |queue: &&QueueName| desk.register.queue(queue).is_some();
        self.queue.as_ref().filter(is_there).unwrap_or_else(|| desk.dispatcher())
    }
}

/// Who records breaches, sees all of them and is asked about suspensions.
#[must_use]
pub fn coordinators(desk: &Desk) -> std::collections::BTreeSet<PersonId> {
    readership::holders(desk, RIGHT)
}

/// Warnings of a person that stand and count together at a moment, oldest first.
#[must_use]
pub fn open_warnings<'a>(
    register: &'a Register,
    person: &PersonId,
    (now, settings): (Timestamp, &Settings),
) -> Vec<&'a Breach> {
    let span = days(settings.within_days);
    let counts = |breach: &&Breach| {
        let is_recent = now.duration_since(breach.at) <= span && now < breach.expires_at;
        breach.level == Level::Warning && breach.stands() && is_recent
    };
    let mut found: Vec<&Breach> =
        register.breaches().filter(|breach| &breach.person == person).filter(counts).collect();
    found.sort_by_key(|breach| (breach.at, breach.ticket));
    found
}

/// So many days as a span.
#[must_use]
pub fn days(count: u16) -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(24 * i64::from(count))
}

/// The day on which a moment falls where the site is.
#[must_use]
pub fn day_of(desk: &Desk, at: Timestamp) -> Date {
    at.to_zoned(desk.site.time_zone.clone()).date()
}
