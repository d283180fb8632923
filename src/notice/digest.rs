//! What the template of digests may name.
//!
//! Deliberately absent: drawing the chart of its weeks (`chart`), the files that go along
//! (`digest_files`), wording.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::desk::Every;
use crate::mail::compose::{OutgoingPart, Picture};
use crate::notice::chart::{self, Charts};
use crate::notice::date::age;
use crate::notice::html::Shown;
use crate::notice::slots::{Scene, filled, short};
use crate::notice::words_of;
use crate::ticket::Matter;
use crate::ticket::history::Priority;
use crate::ticket::inbox::{News, Waiting};
use crate::ticket::report::{
    Deadline, DigestItem, Ends, Lacking, Need, Neglected, Numbers, Report, Troubles, Week,
};

/// Characters of a line's first words.
const FIRST_WORDS_CHARS: usize = 160;
/// Lines of one kind that a mail holds.
const ROWS_MAX: usize = 60;
/// Names of those whose consent is missing.
const NAMES_MAX: usize = 12;
/// Weeks that stand in the mail; all are attached.
const WEEKS_SHOWN: usize = 6;
/// Pixels of the chart on a wide screen.
const CHART_WIDTH: u32 = 480;

/// The first names of many.
fn shown_names(names: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = names.iter().take(NAMES_MAX).cloned().collect();
    if names.len() > NAMES_MAX {
        shown.push(format!("+{}", names.len() - NAMES_MAX));
    }
    shown
}

impl Scene<'_> {
    pub(super) fn digest(&self, items: &[DigestItem], more: u32, report: Option<&Report>) -> Value {
        let lines: Vec<Value> = items.iter().take(ROWS_MAX).map(|item| self.item(item)).collect();
        let breaches = report.map_or(0, |report| report.breaches.len());
        let shown = u64::try_from(lines.len() + breaches).unwrap_or(u64::MAX);
        let example = items.iter().find(|item| item.need == Need::Nobodys);
        let example = example.or_else(|| items.iter().find(|item| item.need == Need::Yours));
        let is_plain = breaches == 0 && items.iter().all(|item| item.need == Need::Nobodys);
        let report = report.cloned().unwrap_or_default();
        let has_more = !(report.news.is_empty()
            && report.deadlines.is_empty()
            && report.lacking.is_empty()
            && report.neglected.is_empty()
            && report.renewals.is_empty()
            && report.breaches.is_empty()
            && report.numbers.is_none()
            && report.trouble.is_none());
        json!({
            "total": shown.saturating_add(u64::from(more)), "more": more, "is_plain": is_plain,
            "example": example.map(|item| item.ticket.0), "items": lines,
            "other_queue": self.other_queue(), "is_report": has_more,
            "news": rows(&report.news, |line| self.news(line)),
            "deadlines": rows(&report.deadlines, |deadline| self.deadline(deadline)),
            "lacking": rows(&report.lacking, |lacking| self.lacking(lacking)),
            "renewals": rows(&report.renewals, |one| json!({
                "title": one.title, "version": one.version, "agreed": one.agreed,
                "asked": one.asked, "missing": self.list(&shown_names(&one.missing)),
            })),
            "breaches": rows(&report.breaches, |one| json!({
                "ticket": one.ticket.0, "name": one.name, "suspension": one.suspension,
                "at": self.moment(one.at).slot(), "warnings": one.warnings,
                "answered": one.answered_at.map(|at| self.moment(at).slot()),
            })),
            "neglected": rows(&report.neglected, |neglected| self.neglected(neglected)),
            "numbers": report.numbers.as_ref().map(|numbers| self.numbers(numbers)),
            "trouble": report.trouble.as_ref().map(|trouble| self.trouble(trouble)),
            "weekly": report.every == Every::Week, "monthly": report.every == Every::Month,
            "hour": report.hour, "zone": self.foreign_zone(),
        })
    }

    /// The name of the reader's zone, where it is not the site's.
    fn foreign_zone(&self) -> Option<String> {
        let person = self.desk.register.person(self.notice.person.as_ref()?)?;
        let zone = person.time_zone.as_ref().filter(|zone| **zone != self.desk.site.time_zone)?;
        zone.iana_name().map(str::to_owned)
    }

    /// A queue that an example may name: not the digest's own, and one that people write to where
    /// there is such a one.
    pub(super) fn other_queue(&self) -> Option<String> {
        let queues = self.desk.register.queues().filter(|queue| queue.name != self.notice.queue);
        queues.min_by_key(|queue| queue.addresses.is_empty()).map(|queue| queue.name.to_string())
    }

    fn item(&self, item: &DigestItem) -> Value {
        let (title, until, of) = match &item.need {
            Need::Asked { title, until } => (Some(title.clone()), *until, None),
            Need::Undecided { title, of } => (Some(title.clone()), None, of.clone()),
            Need::Due { until } => (None, Some(*until), None),
            Need::Away { name, until } => (None, Some(*until), Some(name.clone())),
            Need::Yours | Need::Nobodys => (None, None, None),
        };
        json!({
            "ticket": item.ticket.0,
            "from": item.from,
            "subject": filled(&item.subject),
            "age": age(item.at, self.notice.at, self.notice.locale),
            "excerpt": item.excerpt.as_ref().and_then(|excerpt| self.first_words(excerpt)),
            "doubt": item.doubt.is_some(),
            "urgent": item.priority == Priority::High,
            "has_time": item.priority == Priority::Low,
            "held": item.held,
            "held_by": item.held_by,
            "asked": matches!(item.need, Need::Asked { .. }),
            "undecided": matches!(item.need, Need::Undecided { .. }),
            "due": matches!(item.need, Need::Due { .. }),
            "yours": item.need == Need::Yours,
            "away": matches!(item.need, Need::Away { .. }),
            "title": title,
            "until": until.map(|until| self.moment(until).slot()),
            "of": of,
        })
    }

    fn first_words(&self, excerpt: &crate::ticket::Excerpt) -> Option<String> {
        let words = short(&words_of(excerpt, self.contents), FIRST_WORDS_CHARS);
        filled(&words).map(|words| self.quote(&words))
    }

    fn news(&self, line: &Waiting) -> Value {
        json!({
            "ticket": line.ticket.0,
            "subject": filled(&line.subject),
            "letter": line.news == News::Letter,
            "answer": line.news == News::Answer,
            "comment": line.news == News::Comment,
            "held": line.news == News::Held,
            "from": line.from,
            "count": line.count,
            "age": age(line.at, self.notice.at, self.notice.locale),
            "excerpt": line.text.as_ref().and_then(|excerpt| self.first_words(excerpt)),
        })
    }

    fn deadline(&self, deadline: &Deadline) -> Value {
        json!({
            "ticket": deadline.ticket.0,
            "title": deadline.title,
            "ends": self.moment(deadline.at).slot(),
            "left": self.days_left(deadline.at),
            "window": deadline.what == Ends::Window,
            "step": deadline.what == Ends::Step,
            "facts": deadline.what == Ends::Facts,
            "vote": deadline.what == Ends::Vote,
            "meeting": deadline.what == Ends::Meeting,
            "objection": deadline.what == Ends::Objection,
            "overdue": deadline.what == Ends::Overdue,
            "names": self.list(&deadline.names),
        })
    }

    /// Days from the reader's today to the day on which something ends; its midnight belongs to
    /// the day before.
    fn days_left(&self, at: Timestamp) -> u64 {
        let zone = self.zone();
        let last = at.checked_sub(1.second()).unwrap_or(at).to_zoned(zone.clone()).date();
        let today = self.notice.at.to_zoned(zone.clone()).date();
        let days = last.duration_since(today).as_hours() / 24;
        u64::try_from(days).unwrap_or(0)
    }

    fn lacking(&self, lacking: &Lacking) -> Value {
        json!({
            "name": lacking.name, "unit": lacking.is_unit, "minimum": lacking.minimum,
            "people": self.list(&lacking.people), "count": lacking.people.len(),
        })
    }

    fn neglected(&self, neglected: &Neglected) -> Value {
        let (ticket, since) = neglected.oldest;
        json!({
            "queue": neglected.queue.as_str(), "promised": neglected.promised,
            "count": neglected.count, "more": neglected.more, "ticket": ticket.0,
            "age": age(since, self.notice.at, self.notice.locale),
        })
    }

    fn numbers(&self, numbers: &Numbers) -> Value {
        let [day, three, week, later] = numbers.answered;
        let oldest = numbers.oldest.map(|(ticket, since)| {
            json!({"ticket": ticket.0, "age": age(since, self.notice.at, self.notice.locale)})
        });
        let behind = numbers.weeks.len().saturating_sub(WEEKS_SHOWN);
        let weeks = numbers.weeks.iter().skip(behind).map(|week| {
            json!({
                "begins": self.first_day(week),
                "opened": week.opened, "closed": week.closed, "open": week.open,
            })
        });
        let queues = rows(&numbers.queues, |line| {
            json!({
                "queue": line.queue.as_str(), "open": line.open, "nobodys": line.nobodys,
                "opened": line.opened, "closed": line.closed,
            })
        });
        json!({
            "opened": numbers.opened, "closed": numbers.closed, "open": numbers.open,
            "before": numbers.before, "oldest": oldest, "queues": queues,
            "weeks": weeks.collect::<Vec<Value>>(),
            "answered": day + three + week + later, "in_a_day": day,
            "in_three_days": day + three, "in_a_week": day + three + week,
        })
    }

    fn first_day(&self, week: &Week) -> String {
        let begins = week.monday.to_zoned(self.zone().clone());
        begins.map(|begins| self.moment(begins.timestamp()).short()).unwrap_or_default()
    }

    /// The chart of a digest that has numbers, for the message of this id.
    pub(super) fn chart(&self, charts: &Charts, message_id: &str) -> Option<(Shown, Picture)> {
        let Matter::Digest { report: Some(report), .. } = &self.notice.matter else { return None };
        let weeks = &report.numbers.as_ref()?.weeks;
        let days: Vec<String> = weeks.iter().map(|week| self.first_day(week)).collect();
        let content = charts.png(weeks, &days, self.notice.locale)?;
        let content_id = format!("chart.{message_id}");
        let alt = chart::alt(weeks, self.notice.locale);
        let part =
            OutgoingPart { name: "chart.png".into(), media_type: "image/png".into(), content };
        let shown = Shown { content_id: content_id.clone(), alt, width: CHART_WIDTH };
        Some((shown, Picture { content_id, part }))
    }

    fn trouble(&self, trouble: &Troubles) -> Value {
        let names = |addresses: &[crate::types::Address]| {
            let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            self.list(&names)
        };
        json!({
            "quarantined": trouble.quarantined,
            "lying": rows(&trouble.lying, |one| self.lying(one)),
            "silent": !(trouble.stopped.is_empty() && trouble.suspended.is_empty()),
            "stopped": names(&trouble.stopped), "suspended": names(&trouble.suspended),
        })
    }
}

fn rows<T>(things: &[T], row: impl Fn(&T) -> Value) -> Vec<Value> {
    things.iter().take(ROWS_MAX).map(row).collect()
}
