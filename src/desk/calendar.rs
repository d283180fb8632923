//! When people work: hours by weekday, holidays, pauses; and counting in them.
//!
//! Hours are half-open: 08:00-17:00 ends at 17:00 sharp. They are local times, so that a day of 23
//! or 25 hours is a working day like any other and only what is worked counts. Deliberately
//! absent: what is promised in working time (`desk::procedure`, queues), the wall clock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::desk::holiday::{Holiday, Region};
use crate::types::{Locale, PersonId};

/// For so many days a search for working time goes on: a calendar that has none in two years has
/// none.
const SEARCH_DAYS: i32 = 731;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// Working hours, holidays and pauses of a queue or a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Calendar {
    /// The hours of each weekday; Monday to Friday 08:00-17:00 where nothing is said (001-43).
    pub hours: Week,
    /// Whose public holidays are free.
    pub holidays: Option<Region>,
    /// Further free days.
    pub closed: BTreeSet<Date>,
    /// Spans of days in which everything rests.
    #[serde(rename = "pause")]
    pub pauses: Vec<Pause>,
}

/// The hours of each weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Week {
    pub mon: Vec<Shift>,
    pub tue: Vec<Shift>,
    pub wed: Vec<Shift>,
    pub thu: Vec<Shift>,
    pub fri: Vec<Shift>,
    pub sat: Vec<Shift>,
    pub sun: Vec<Shift>,
}

/// Hours of one day, half-open, written `08:00-17:00`; `24:00` is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shift {
    /// Minutes after midnight.
    begins: u16,
    /// Minutes after midnight, later than `begins`.
    ends: u16,
}

/// Days in which windows do not open, their days do not count and reminders wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// What it is called, by language.
    pub name: BTreeMap<Locale, String>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// What a day is in a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day<'a> {
    /// People work.
    Working,
    /// A weekday without hours.
    Free,
    /// A public holiday.
    Holiday(Holiday),
    /// One of the site's own free days.
    Closed,
    /// Within a pause.
    Pause(&'a Pause),
}

/// Which days a span of whole days counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Every day outside pauses.
    #[default]
    Calendar,
    /// Days on which people work.
    Working,
}

impl Counting {
    /// Whether it is what holds where nothing is said.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A calendar in a time zone: whole days of a site.
#[derive(Debug, Clone, Copy)]
pub struct Days<'a> {
    /// Which of them count.
    pub calendar: &'a Calendar,
    /// Where they begin and end.
    pub zone: &'a TimeZone,
}

impl Calendar {
    /// What `day` is.
    #[must_use]
    pub fn day(&self, day: Date) -> Day<'_> {
        if let Some(pause) = self.pause(day) {
            Day::Pause(pause)
        } else if let Some(holiday) = self.holidays.and_then(|region| region.holiday(day)) {
            Day::Holiday(holiday)
        } else if self.closed.contains(&day) {
            Day::Closed
        } else if self.hours.on(day.weekday()).is_empty() {
            Day::Free
        } else {
            Day::Working
        }
    }

    /// Whether people work on `day`.
    #[must_use]
    pub fn is_working(&self, day: Date) -> bool {
        self.day(day) == Day::Working
    }

    /// The pause that `day` lies in.
    #[must_use]
    pub fn pause(&self, day: Date) -> Option<&Pause> {
        self.pauses.iter().find(|pause| (pause.from..=pause.to).contains(&day))
    }

    /// The first day after the pause, or the pauses, that `day` lies in; `day` where it is in none.
    #[must_use]
    pub fn after_pause(&self, day: Date) -> Date {
        let mut day = day;
        while let Some(pause) = self.pause(day) {
            let Ok(next) = pause.to.tomorrow() else { break };
            day = next;
        }
        day
    }

    /// Whether a span that is counted so counts this day.
    #[must_use]
    pub fn counts(&self, day: Date, counting: Counting) -> bool {
        match counting {
            Counting::Calendar => self.pause(day).is_none(),
            Counting::Working => self.is_working(day),
        }
    }

    /// The last day of a span of `days` that begins on the day after `day`; `None` where the
    /// calendar never has so many.
    #[must_use]
    pub fn last_day(&self, day: Date, days: u16, counting: Counting) -> Option<Date> {
        let mut left = days;
        let mut last = day;
        let mut idle_days = 0;
        while left > 0 {
            last = last.tomorrow().ok()?;
            if self.counts(last, counting) {
                left -= 1;
                idle_days = 0;
            } else {
                idle_days += 1;
            }
            if idle_days > SEARCH_DAYS {
                return None;
            }
        }
        Some(last)
    }

    /// The first instant at or after `at` in which people work; `None` where they never do.
    #[must_use]
    pub fn working_from(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.after_working(at, SignedDuration::ZERO, zone)
    }

    /// When `span` of working time has passed since `at`: "20 working hours" (001-42). At the end
    /// of a day sharp it is due then, not the next morning. `None` where people never work.
    #[must_use]
    pub fn after_working(
        &self,
        at: Timestamp,
        span: SignedDuration,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        let mut left = span.max(SignedDuration::ZERO);
        let mut day = at.to_zoned(zone.clone()).date();
        let mut idle_days = 0;
        while idle_days <= SEARCH_DAYS {
            idle_days += 1;
            for (begins, ends) in self.shifts(day, zone) {
                let begins = begins.max(at);
                if begins >= ends {
                    continue;
                }
                idle_days = 0;
                let worked = ends.duration_since(begins);
                if left <= worked {
                    return begins.checked_add(left).ok();
                }
                left = left.checked_sub(worked)?;
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// How much working time lies between two instants; nothing where `to` is not later.
    #[must_use]
    pub fn worked(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> SignedDuration {
        let mut worked = SignedDuration::ZERO;
        let mut day = from.to_zoned(zone.clone()).date();
        let last = to.to_zoned(zone.clone()).date();
        while day <= last {
            for (begins, ends) in self.shifts(day, zone) {
                let span = ends.min(to).duration_since(begins.max(from));
                worked = worked.saturating_add(span.max(SignedDuration::ZERO));
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        worked
    }

    /// The shifts of a day as instants, in order; none on a day without work.
    fn shifts(&self, day: Date, zone: &TimeZone) -> Vec<(Timestamp, Timestamp)> {
        if !self.is_working(day) {
            return Vec::new();
        }
        let instant = |minutes| instant(day, minutes, zone);
        let mut shifts: Vec<_> = self
            .hours
            .on(day.weekday())
            .iter()
            .filter_map(|shift| Some((instant(shift.begins)?, instant(shift.ends)?)))
            .collect();
        shifts.sort_unstable();
        shifts
    }

    /// Every mistake, as a sentence that says what to do.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for pause in self.pauses.iter().filter(|pause| pause.to < pause.from) {
            let (from, to) = (pause.from, pause.to);
            problems.push(format!("a pause ends on {to}, before it begins on {from}: swap them"));
        }
        for (weekday, shifts) in self.hours.days() {
            let mut sorted: Vec<&Shift> = shifts.iter().collect();
            sorted.sort_unstable_by_key(|shift| shift.begins);
            let overlap = sorted.windows(2).find_map(|pair| match pair {
                [one, two] if two.begins < one.ends => Some((*one, *two)),
                _ => None,
            });
            if let Some((one, two)) = overlap {
                problems.push(format!("`{weekday}` has {one} and {two}, which overlap: join them"));
            }
        }
        problems
    }
}

impl Default for Week {
    fn default() -> Self {
        let day = || vec![Shift { begins: 8 * 60, ends: 17 * 60 }];
        Self {
            mon: day(),
            tue: day(),
            wed: day(),
            thu: day(),
            fri: day(),
            sat: Vec::new(),
            sun: Vec::new(),
        }
    }
}

impl Week {
    /// The hours of a weekday.
    #[must_use]
    pub fn on(&self, weekday: Weekday) -> &[Shift] {
        match weekday {
            Weekday::Monday => &self.mon,
            Weekday::Tuesday => &self.tue,
            Weekday::Wednesday => &self.wed,
            Weekday::Thursday => &self.thu,
            Weekday::Friday => &self.fri,
            Weekday::Saturday => &self.sat,
            Weekday::Sunday => &self.sun,
        }
    }

    fn days(&self) -> [(&'static str, &[Shift]); 7] {
        [
            ("mon", &self.mon),
            ("tue", &self.tue),
            ("wed", &self.wed),
            ("thu", &self.thu),
            ("fri", &self.fri),
            ("sat", &self.sat),
            ("sun", &self.sun),
        ]
    }
}

/// The instant of a local time; the end of a day is the first instant of the next one. A time that
/// the clocks skip is moved behind the gap, of one that comes twice the first counts.
fn instant(day: Date, minutes: u16, zone: &TimeZone) -> Option<Timestamp> {
    let (day, minutes) =
        if minutes == DAY_MINUTES { (day.tomorrow().ok()?, 0) } else { (day, minutes) };
    let time = Time::midnight().checked_add(i64::from(minutes).minutes()).ok()?;
    Some(day.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp())
}

impl FromStr for Shift {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let problem = || format!("`{text}` is no working time: write `08:00-17:00`");
        let (begins, ends) = text.split_once('-').ok_or_else(problem)?;
        let shift = minutes(begins.trim()).zip(minutes(ends.trim()));
        let (begins, ends) = shift.ok_or_else(problem)?;
        if begins >= ends {
            return Err(format!("`{text}` ends before it begins; 24:00 is the end of a day"));
        }
        Ok(Self { begins, ends })
    }
}

/// Minutes after midnight of `8:00` or `24:00`.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    if hours.len() > 2 || minutes.len() != 2 || !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let sum = hours * 60 + minutes;
    (minutes < 60 && sum <= DAY_MINUTES).then_some(sum)
}

impl TryFrom<String> for Shift {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Shift> for String {
    fn from(shift: Shift) -> Self {
        shift.to_string()
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begins, ends) = (self.begins, self.ends);
        write!(out, "{:02}:{:02}-", begins / 60, begins % 60)?;
        write!(out, "{:02}:{:02}", ends / 60, ends % 60)
    }
}

/// Somebody is away for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// The end of the last day.
    pub until: Timestamp,
    /// Who stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<PersonId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_are_read_and_written_alike() {
        for text in ["08:00-17:00", "00:00-24:00", "23:59-24:00"] {
            assert_eq!(text.parse::<Shift>().unwrap().to_string(), text);
        }
        assert_eq!("8:00 - 9:30".parse::<Shift>().unwrap().to_string(), "08:00-09:30");
        for text in
            ["", "8-17", "17:00-08:00", "08:00-08:00", "08:60-09:00", "08:00-24:01", "+8:00-9:00"]
        {
            assert!(text.parse::<Shift>().is_err(), "{text}");
        }
    }
}
