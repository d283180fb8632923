//! Liaison tasks: what one team asks another again and again, so that they stay in touch (000-06).
//!
//! Days recur as those of meetings do, by the site's calendar. Deliberately absent: what an answer
//! does, and what its absence (`ticket::liaison`).

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::desk::Register;
use crate::desk::calendar::Days;
use crate::desk::meeting::{Every, Lead};
use crate::desk::procedure::Texts;
use crate::types::{Locale, QueueName};

/// For so many days the next or the last date is looked for.
const SEARCH_DAYS: u16 = 800;

/// One `[[liaison]]` of `lotse.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liaison {
    /// The short name.
    pub name: String,
    /// What it is called, by language.
    #[serde(default)]
    pub title: Texts,
    /// What is asked, by language.
    #[serde(default)]
    pub text: Texts,
    /// The queue of the team that asks.
    pub from: QueueName,
    /// The queue of the team that is asked; each date is a ticket there.
    pub to: QueueName,
    /// On which days; none in a pause.
    pub every: Every,
    /// At which local time.
    #[serde(default = "nine")]
    pub at: Time,
    /// Days on which nothing is asked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub except: BTreeSet<Date>,
    /// How long the team may take; then it is reminded.
    #[serde(default = "a_week")]
    pub answer_within: Lead,
    /// How long after the reminder nobody has answered; then others are told.
    #[serde(default = "three_days")]
    pub overdue_after: Lead,
}

const fn nine() -> Time {
    Time::constant(9, 0, 0, 0)
}

const fn a_week() -> Lead {
    Lead::days(7)
}

const fn three_days() -> Lead {
    Lead::days(3)
}

impl Liaison {
    /// What it is called for a reader of `locale`; the short name where nothing is said.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> &str {
        let title = self.title.get(&locale).or_else(|| self.title.values().next());
        title.map_or(&self.name, String::as_str)
    }

    /// What is asked, for a reader of `locale`.
    #[must_use]
    pub fn asks(&self, locale: Locale) -> &str {
        let text = self.text.get(&locale).or_else(|| self.text.values().next());
        text.map_or("", String::as_str)
    }

    fn is_on(&self, day: Date, days: Days<'_>) -> bool {
        let is_free = days.calendar.pause(day).is_some() || self.except.contains(&day);
        self.every.is_on(day) && !is_free
    }

    fn begins(&self, day: Date, days: Days<'_>) -> Option<Timestamp> {
        let at = day.to_datetime(self.at).to_zoned(days.zone.clone()).ok()?;
        self.is_on(day, days).then(|| at.timestamp())
    }

    /// When it is asked next after `after`; nothing where it is not within two years.
    #[must_use]
    pub fn next(&self, after: Timestamp, days: Days<'_>) -> Option<Timestamp> {
        let mut day = after.to_zoned(days.zone.clone()).date();
        for _ in 0..SEARCH_DAYS {
            if let Some(at) = self.begins(day, days).filter(|at| *at > after) {
                return Some(at);
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// The last day on which it was to be asked, up to `now` and not before `first`: however many
    /// were missed, only that one is caught up with.
    #[must_use]
    pub fn latest(&self, first: Timestamp, now: Timestamp, days: Days<'_>) -> Option<Date> {
        let mut day = now.to_zoned(days.zone.clone()).date();
        for _ in 0..SEARCH_DAYS {
            match self.begins(day, days) {
                Some(at) if at < first => return None,
                Some(at) if at <= now => return Some(day),
                Some(_) | None => day = day.yesterday().ok()?,
            }
        }
        None
    }

    /// When a span that begins at `since` is over.
    #[must_use]
    pub fn after(since: Timestamp, span: Lead, days: Days<'_>) -> Timestamp {
        let since = since.to_zoned(days.zone.clone());
        since.checked_add(span.span()).unwrap_or(since).timestamp()
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
        for (key, texts) in [("title", &self.title), ("text", &self.text)] {
            if !texts.contains_key(&locale) {
                problems
                    .push(format!("it has no {key} in the site's language: add `{key}.{locale}`"));
            }
        }
        for day in self.except.iter().filter(|day| !self.every.is_on(**day)) {
            problems.push(format!(
                "`except` names {day}, on which nothing would be asked anyway: correct it or \
                 leave it out"
            ));
        }
        if self.from == self.to {
            problems.push(format!(
                "`from` and `to` are both `{}`: name two teams, because one asks the other",
                self.to
            ));
        }
        problems.extend(self.overlap(days));
        let queues = register.into_iter().flat_map(|register| {
            [("from", &self.from), ("to", &self.to)].map(|(key, queue)| {
                let is_served = !register.members(queue).is_empty();
                let what = match register.queue(queue) {
                    None => "is no queue",
                    Some(_) if !is_served => "has no members",
                    Some(_) => return None,
                };
                Some(format!("`{key}` names `{queue}`, which {what}: name a queue with members"))
            })
        });
        problems.extend(queues.flatten());
        problems
    }

    /// Whether the next is asked before the last can be overdue.
    fn overlap(&self, days: Days<'_>) -> Option<String> {
        let from = match self.every {
            Every::Weeks(_, from) => from,
            _ => self.except.first().copied().unwrap_or_else(|| Date::constant(2026, 1, 1)),
        };
        let from = from.checked_sub(1.day()).ok()?.to_zoned(days.zone.clone()).ok()?;
        let first = self.next(from.timestamp(), days)?;
        let second = self.next(first, days)?;
        let reminded = Self::after(first, self.answer_within, days);
        let overdue = Self::after(reminded, self.overdue_after, days);
        (overdue >= second).then(|| {
            "`answer_within` and `overdue_after` together last until the next is asked: shorten \
             them, or ask less often"
                .to_owned()
        })
    }
}
