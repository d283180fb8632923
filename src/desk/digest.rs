//! When a person gets a digest, and of what: the choices that stand beside the person's name.
//!
//! Days are the person's own, working days the site's. Deliberately absent: what a digest says
//! (`ticket::digest`), and who may choose what by mail.

use std::fmt;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::desk::{Desk, Person};
use crate::types::{QueueName, UnitId};

/// How often.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default, Hash,
)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// On each working day.
    #[default]
    Day,
    /// On the first working day of a week.
    Week,
    /// On the first working day of a month.
    Month,
    /// Not at all.
    Never,
}

/// Of what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// What waits for the person, and in the queues whose digest the person reads.
    #[default]
    Own,
    /// A queue.
    Queue(QueueName),
    /// The queues and requests of a unit and of all below it.
    Unit(UnitId),
    /// Everything.
    All,
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("queue", name)) => Ok(Self::Queue(QueueName::new(name.trim()))),
            Some(("unit", id)) => Ok(Self::Unit(UnitId::new(id.trim()))),
            None if text == "own" => Ok(Self::Own),
            None if text == "all" => Ok(Self::All),
            _ => Err(format!(
                "`{text}` is no scope of a digest: \"own\", \"queue:NAME\", \"unit:ID\" or \"all\""
            )),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => f.write_str("own"),
            Self::Queue(name) => write!(f, "queue:{name}"),
            Self::Unit(id) => write!(f, "unit:{id}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// One digest that a person gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct DigestChoice {
    /// How often.
    #[serde(default)]
    pub every: Every,
    /// The hour of the day in the person's zone; the site's where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour: Option<i8>,
    /// Of what.
    #[serde(default)]
    pub scope: Scope,
    /// Whether it is sent when there is nothing to say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty: bool,
}

impl DigestChoice {
    /// Whether `day` is one of its days. A week whose every day is free has none.
    fn is_day(&self, desk: &Desk, day: Date) -> bool {
        let is_working = |day: Date| desk.site.calendar.is_working(day);
        let first = match self.every {
            Every::Never => return false,
            Every::Day => return is_working(day),
            Every::Week => monday(day),
            Every::Month => day.first_of_month(),
        };
        let mut earlier = std::iter::successors(Some(first), |day| day.tomorrow().ok())
            .take_while(|earlier| *earlier < day);
        is_working(day) && !earlier.any(is_working)
    }

    /// Its first time strictly after `at`; nothing where the calendar has none within 400 days.
    #[must_use]
    pub fn next_after(&self, desk: &Desk, person: &Person, at: Timestamp) -> Option<Timestamp> {
        let zone = zone_of(desk, person);
        let mut day = at.to_zoned(zone.clone()).date();
        for _ in 0..400 {
            if self.is_day(desk, day) {
                let hour = self.hour.unwrap_or(desk.site.digest_hour).clamp(0, 23);
                let due = day.at(hour, 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
                if due > at {
                    return Some(due);
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The time of the one before that of `at`: what happened since is new.
    #[must_use]
    pub fn before(&self, desk: &Desk, person: &Person, at: Timestamp) -> Timestamp {
        let days = match self.every {
            Every::Day | Every::Never => 11.days(),
            Every::Week => 21.days(),
            Every::Month => 63.days(),
        };
        let zone = zone_of(desk, person);
        let start = at.to_zoned(zone).checked_sub(days).map_or(at, |start| start.timestamp());
        let mut last = start;
        while let Some(next) = self.next_after(desk, person, last).filter(|next| *next < at) {
            last = next;
        }
        last
    }
}

/// The Monday of a day's week.
#[must_use]
pub fn monday(day: Date) -> Date {
    let behind = Weekday::to_monday_zero_offset(day.weekday());
    day.checked_sub(i64::from(behind).days()).unwrap_or(day)
}

/// The zone in which a person's days begin.
#[must_use]
pub fn zone_of(desk: &Desk, person: &Person) -> TimeZone {
    person.time_zone.clone().unwrap_or_else(|| desk.site.time_zone.clone())
}

/// The digests of a person who chose none: each working day, of the own.
const EACH_DAY: &[DigestChoice] =
    &[DigestChoice { every: Every::Day, hour: None, scope: Scope::Own, empty: false }];

/// What a person gets.
#[must_use]
pub fn choices(person: &Person) -> &[DigestChoice] {
    if person.digests.is_empty() { EACH_DAY } else { &person.digests }
}

/// The first time after `at` at which a person is due any digest.
#[must_use]
pub fn next_after(desk: &Desk, person: &Person, at: Timestamp) -> Option<Timestamp> {
    choices(person).iter().filter_map(|choice| choice.next_after(desk, person, at)).min()
}

/// Which digests a person is due exactly then.
#[must_use]
pub fn due_at<'a>(desk: &Desk, person: &'a Person, at: Timestamp) -> Vec<&'a DigestChoice> {
    let Ok(just_before) = at.checked_sub(jiff::SignedDuration::from_nanos(1)) else {
        return Vec::new();
    };
    let is_due = |choice: &&DigestChoice| choice.next_after(desk, person, just_before) == Some(at);
    choices(person).iter().filter(is_due).collect()
}
