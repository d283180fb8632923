//! Meetings of a site: who meets, when, who leads, and how long before the agenda goes out.
//!
//! A meeting is a series; one of its dates is a sitting, which is a ticket (`ticket::sitting`).
//! Times are local, so that 20:00 is 20:00 before and after the clocks change. Deliberately
//! absent: what stands on an agenda and what is decided.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::desk::Register;
use crate::desk::calendar::Days;
use crate::desk::procedure::Texts;
use crate::types::{Locale, PersonId, QueueName};

/// For so many days the next date is looked for.
const SEARCH_DAYS: u16 = 800;
/// A meeting that says nothing of it ends after two hours.
const DURATION_MINUTES: u32 = 120;

/// One `[[meeting]]` of `lotse.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    /// The short name that procedures use.
    pub name: String,
    /// What it is called, by language.
    #[serde(default)]
    pub title: Texts,
    /// Who leads it and records its results.
    pub chair: PersonId,
    /// Who may record them as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<PersonId>,
    /// The queue whose members meet; its sittings are tickets there.
    pub queue: QueueName,
    /// On which days; nothing where `dates` name them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Every>,
    /// At which local time, such as `20:00`.
    pub at: Time,
    /// How long it takes, for calendars.
    #[serde(default = "two_hours")]
    pub duration: Lead,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Days on which it does not take place.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<Date>,
    /// Days on which it takes place besides, also in a pause.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dates: BTreeSet<Date>,
    /// How long before it the agenda goes out.
    #[serde(default = "a_week")]
    pub agenda_before: Lead,
}

const fn two_hours() -> Lead {
    Lead { days: 0, minutes: DURATION_MINUTES }
}

const fn a_week() -> Lead {
    Lead { days: 7, minutes: 0 }
}

/// Days and minutes, written `7 days`, `36 hours`, `1 day 2 hours`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lead {
    days: u16,
    minutes: u32,
}

impl Lead {
    /// Whole days.
    #[must_use]
    pub const fn days(days: u16) -> Self {
        Self { days, minutes: 0 }
    }

    /// As a span of whole days by the calendar and of exact minutes.
    #[must_use]
    pub fn span(self) -> Span {
        i64::from(self.days).days().minutes(i64::from(self.minutes))
    }
}

impl TryFrom<String> for Lead {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let problem = || format!("`{text}` is no span: write `7 days`, `36 hours` or `90 min`");
        let span: Span = text.trim().parse().map_err(|_error| problem())?;
        let days = span.get_weeks().saturating_mul(7).saturating_add(span.get_days());
        let minutes =
            i64::from(span.get_hours()).saturating_mul(60).saturating_add(span.get_minutes());
        let read = i64::from(days).days().minutes(minutes);
        let whole = Span::new()
            .try_weeks(span.get_weeks())
            .and_then(|whole| whole.try_days(span.get_days()))
            .and_then(|whole| whole.try_hours(span.get_hours()))
            .and_then(|whole| whole.try_minutes(span.get_minutes()))
            .map_err(|_error| problem())?;
        if whole.fieldwise() != span.fieldwise() || read.is_negative() || read.is_zero() {
            return Err(problem());
        }
        let (days, minutes) = (u16::try_from(days), u32::try_from(minutes));
        match (days, minutes) {
            (Ok(days @ 0..=366), Ok(minutes @ 0..=600_000)) => Ok(Self { days, minutes }),
            _ => Err(problem()),
        }
    }
}

impl From<Lead> for String {
    fn from(lead: Lead) -> Self {
        match lead {
            Lead { days, minutes: 0 } => format!("{days} days"),
            Lead { days: 0, minutes } => format!("{minutes} min"),
            Lead { days, minutes } => format!("{days} days {minutes} min"),
        }
    }
}

/// How a meeting recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Every {
    /// `second Tuesday`, `last Friday`: of each month; -1 is the last.
    Nth(i8, Weekday),
    /// `every 2 weeks from 2026-11-03`.
    Weeks(u16, Date),
    /// `monthly on 8`; the last day of a month that has no such day.
    Monthly(i8),
}

const NTH: [(&str, &str, i8); 6] = [
    ("first", "1st", 1),
    ("second", "2nd", 2),
    ("third", "3rd", 3),
    ("fourth", "4th", 4),
    ("fifth", "5th", 5),
    ("last", "last", -1),
];

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

fn weekday(word: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| *name == word).map(|(_, day)| *day)
}

impl TryFrom<String> for Every {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let problem = || {
            format!(
                "`{text}` names no days: write `second Tuesday`, `last Friday`, \
                 `every 2 weeks from 2026-11-03` or `monthly on 8`"
            )
        };
        let lower = text.trim().to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let every = match words.as_slice() {
            [nth, day] | [nth, day, "of", "the" | "each" | "every", "month"] => {
                let nth = NTH.iter().find(|(name, short, _)| name == nth || short == nth);
                nth.zip(weekday(day)).map(|((_, _, nth), day)| Self::Nth(*nth, day))
            }
            ["every", "week", "from", from] | ["weekly", "from", from] => {
                from.parse().ok().map(|from| Self::Weeks(1, from))
            }
            ["every", count, "weeks" | "week", "from", from] => {
                let count = count.parse().ok().filter(|count| (1..=52).contains(count));
                count.zip(from.parse().ok()).map(|(count, from)| Self::Weeks(count, from))
            }
            ["monthly", "on", day] => {
                let day = day.trim_end_matches(['.', 't', 'h', 's', 'n', 'd', 'r']).parse().ok();
                day.filter(|day| (1..=31).contains(day)).map(Self::Monthly)
            }
            _ => None,
        };
        every.ok_or_else(problem)
    }
}

impl From<Every> for String {
    fn from(every: Every) -> Self {
        every.to_string()
    }
}

impl fmt::Display for Every {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nth(nth, day) => {
                let nth = NTH.iter().find(|(_, _, known)| known == nth).map_or("", |one| one.0);
                let day = WEEKDAYS.iter().find(|(_, known)| known == day).map_or("", |one| one.0);
                write!(out, "{nth} {day}")
            }
            Self::Weeks(count, from) => write!(out, "every {count} weeks from {from}"),
            Self::Monthly(day) => write!(out, "monthly on {day}"),
        }
    }
}

impl Every {
    /// Whether a day is one of them.
    #[must_use]
    pub fn is_on(self, day: Date) -> bool {
        match self {
            Self::Nth(-1, weekday) => {
                day.weekday() == weekday && day.day() > day.days_in_month() - 7
            }
            Self::Nth(nth, weekday) => day.weekday() == weekday && (day.day() - 1) / 7 + 1 == nth,
            Self::Weeks(count, from) => {
                let days = day.duration_since(from).as_hours() / 24;
                days >= 0 && days % (7 * i64::from(count)) == 0
            }
            Self::Monthly(wanted) => day.day() == wanted.min(day.days_in_month()),
        }
    }
}

impl Meeting {
    /// What it is called for a reader of `locale`; the short name where nothing is said.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> &str {
        let title = self.title.get(&locale).or_else(|| self.title.values().next());
        title.map_or(&self.name, String::as_str)
    }

    /// Whether it takes place on a day.
    #[must_use]
    pub fn is_on(&self, day: Date, days: Days<'_>) -> bool {
        let is_regular = self.every.is_some_and(|every| every.is_on(day))
            && days.calendar.pause(day).is_none()
            && !self.except.contains(&day);
        is_regular || self.dates.contains(&day)
    }

    /// When the next one after `after` begins; nothing where none does within two years.
    #[must_use]
    pub fn next(&self, after: Timestamp, days: Days<'_>) -> Option<Timestamp> {
        let mut day = after.to_zoned(days.zone.clone()).date();
        for _ in 0..SEARCH_DAYS {
            if self.is_on(day, days) {
                let begins = day.to_datetime(self.at).to_zoned(days.zone.clone()).ok()?;
                if begins.timestamp() > after {
                    return Some(begins.timestamp());
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// When one that begins then ends.
    #[must_use]
    pub fn ends(&self, begins: Timestamp, days: Days<'_>) -> Timestamp {
        let begins = begins.to_zoned(days.zone.clone());
        let ends = begins.checked_add(self.duration.span());
        ends.unwrap_or(begins).timestamp()
    }

    /// When the agenda of one that begins then goes out: at the same local time some days before.
    #[must_use]
    pub fn agenda_at(&self, begins: Timestamp, days: Days<'_>) -> Timestamp {
        let begins = begins.to_zoned(days.zone.clone());
        let before = begins.checked_sub(self.agenda_before.span());
        before.unwrap_or(begins).timestamp()
    }

    /// Who may record its results: the chair, and who keeps the minutes.
    #[must_use]
    pub fn records(&self, person: &PersonId) -> bool {
        self.chair == *person || self.minutes.as_ref() == Some(person)
    }

    /// Every mistake, as a sentence that says what to do; some only show beside the register.
    #[must_use]
    pub fn check(
        &self,
        locale: Locale,
        register: Option<&Register>,
        days: Days<'_>,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(is_word) {
            problems.push(format!("name = \"{}\": use letters, digits and hyphens", self.name));
        }
        if !self.title.contains_key(&locale) {
            problems.push(format!("it has no title in the site's language: add `title.{locale}`"));
        }
        if self.every.is_none() && self.dates.is_empty() {
            problems.push(
                "it never takes place: add `every = \"second Tuesday\"`, or `dates`".to_owned(),
            );
        }
        for day in &self.except {
            let is_regular = self.every.is_some_and(|every| every.is_on(*day));
            if !is_regular {
                problems.push(format!(
                    "`except` names {day}, on which it would not take place anyway: correct it or \
                     leave it out"
                ));
            }
            if self.dates.contains(day) {
                problems.push(format!("{day} stands in `except` and in `dates`: leave one out"));
            }
        }
        if self.every.is_some() && !self.takes_place(days) {
            problems.push(
                "`except` and the pauses of the calendar leave no day: correct them".to_owned(),
            );
        }
        problems.extend(register.into_iter().flat_map(|register| self.unknown(register)));
        problems
    }

    /// Whether some regular day of the next years is left.
    fn takes_place(&self, days: Days<'_>) -> bool {
        let from = match self.every {
            Some(Every::Weeks(_, from)) => from,
            _ => self.except.first().copied().unwrap_or_else(|| Date::constant(2026, 1, 1)),
        };
        let begins = from.to_zoned(days.zone.clone()).map(|begins| begins.timestamp());
        begins.is_ok_and(|begins| {
            self.next(begins.checked_sub(SignedDuration::from_secs(1)).unwrap_or(begins), days)
                .is_some()
        })
    }

    fn unknown(&self, register: &Register) -> Vec<String> {
        let mut problems = Vec::new();
        for (key, person) in [("chair", Some(&self.chair)), ("minutes", self.minutes.as_ref())] {
            let Some(person) = person else { continue };
            match register.person(person) {
                None => problems.push(format!(
                    "`{key}` names `{person}`, who is no person of the organization: name one"
                )),
                Some(known) if known.addresses.is_empty() => problems.push(format!(
                    "`{key}` names `{person}`, who has no address for the agenda: add one"
                )),
                Some(_) => {}
            }
        }
        if register.queue(&self.queue).is_none() {
            problems.push(format!("`queue` names `{}`, which is no queue: name one", self.queue));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Calendar;
    use jiff::tz::TimeZone;

    fn meeting(lines: &str) -> Meeting {
        let text = format!(
            "name = \"ag\"\ntitle.de = \"AG-Treffen\"\nchair = \"jo\"\nqueue = \"ag\"\n\
             at = \"20:00\"\n{lines}"
        );
        toml::from_str(&text).unwrap()
    }

    fn dates(meeting: &Meeting, calendar: &Calendar, after: &str, count: usize) -> Vec<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let days = Days { calendar, zone: &zone };
        let mut after: Timestamp = after.parse().unwrap();
        let mut found = Vec::new();
        while let Some(next) = meeting.next(after, days).filter(|_| found.len() < count) {
            found.push(next.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string());
            after = next;
        }
        found
    }

    #[test]
    fn days_are_found_by_every_kind_of_recurrence() {
        let calendar = Calendar::default();
        let of = |every: &str, after, count| {
            dates(&meeting(&format!("every = \"{every}\"")), &calendar, after, count)
        };
        assert_eq!(
            of("second Tuesday", "2026-10-13T18:00:00Z", 3),
            ["2026-11-10 20:00 +01:00", "2026-12-08 20:00 +01:00", "2027-01-12 20:00 +01:00"]
        );
        assert_eq!(of("last Friday", "2027-02-01T00:00:00Z", 1), ["2027-02-26 20:00 +01:00"]);
        assert_eq!(
            of("fifth Monday", "2026-11-01T00:00:00Z", 2),
            ["2026-11-30 20:00 +01:00", "2027-03-29 20:00 +02:00"]
        );
        assert_eq!(
            of("every 2 weeks from 2026-10-20", "2026-10-01T00:00:00Z", 2),
            ["2026-10-20 20:00 +02:00", "2026-11-03 20:00 +01:00"]
        );
        assert_eq!(
            of("monthly on 31", "2027-01-01T00:00:00Z", 2),
            ["2027-01-31 20:00 +01:00", "2027-02-28 20:00 +01:00"]
        );
    }

    #[test]
    fn exceptions_pauses_and_further_dates_are_seen_to() {
        let calendar: Calendar = toml::from_str(
            "[[pause]]\nname.de = \"Pause\"\nfrom = \"2026-12-01\"\nto = \"2026-12-31\"",
        )
        .unwrap();
        let ag = meeting(
            "every = \"second Tuesday\"\nexcept = [\"2026-11-10\"]\ndates = [\"2026-12-15\"]",
        );
        assert_eq!(
            dates(&ag, &calendar, "2026-11-01T00:00:00Z", 2),
            ["2026-12-15 20:00 +01:00", "2027-01-12 20:00 +01:00"]
        );
    }

    #[test]
    fn agenda_goes_out_at_the_same_local_time_over_a_change_of_clocks() {
        let (calendar, zone) = (Calendar::default(), TimeZone::get("Europe/Berlin").unwrap());
        let days = Days { calendar: &calendar, zone: &zone };
        let ag = meeting("every = \"every week from 2026-10-27\"\nagenda_before = \"7 days\"");
        let begins = ag.next("2026-10-20T00:00:00Z".parse().unwrap(), days).unwrap();
        assert_eq!(begins, "2026-10-27T20:00:00+01:00".parse().unwrap());
        assert_eq!(ag.agenda_at(begins, days), "2026-10-20T20:00:00+02:00".parse().unwrap());
        assert_eq!(ag.ends(begins, days), "2026-10-27T22:00:00+01:00".parse().unwrap());
    }

    #[test]
    fn spans_and_days_that_say_nothing_are_refused() {
        for text in ["", "7", "0 days", "-1 day", "1 month", "500 days", "1 s"] {
            assert!(Lead::try_from(text.to_owned()).is_err(), "{text}");
        }
        let every = [
            "",
            "Tuesday",
            "sixth Monday",
            "every 0 weeks from 2026-11-03",
            "every 2 weeks",
            "monthly on 32",
            "every 2 weeks from 2026-13-03",
        ];
        for text in every {
            assert!(Every::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["second tuesday", "every 2 weeks from 2026-11-03", "monthly on 8"] {
            assert_eq!(Every::try_from(text.to_owned()).unwrap().to_string(), text);
        }
    }
}
