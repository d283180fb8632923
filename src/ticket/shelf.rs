//! Where a ticket waits and what it counts for: kept beside it at each change, so that no digest
//! walks over all tickets.
//!
//! Both are functions of one ticket alone, so that what is kept is what a full count would find.
//! Weeks begin on Monday 00:00 UTC whatever the site's zone is: settings may change, what was
//! counted may not. Deliberately absent: what a digest makes of it (`digest`), records (`daemon`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::desk::digest::monday;
use crate::ticket::procedure::{Waits, digest_line};
use crate::ticket::quarantine::Lying;
use crate::ticket::state::{Actor, Status, Ticket};
use crate::types::{Address, Locale, PersonId, QueueName, Sequence, TicketId};

/// A place where tickets wait, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Shelf {
    /// Nobody has them, or an answer on them is held back: somebody of the queue is wanted.
    Nobodys(QueueName),
    /// They wait for this person: whose they are, or who was asked something about them.
    Persons(PersonId),
    /// Nobody has answered the last words from outside.
    Unanswered(QueueName),
    /// Requests that have not ended.
    Requests(QueueName),
}

/// Tickets of a shelf, as far as they were looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelved {
    /// Since when each waits, oldest first.
    pub tickets: Vec<(Timestamp, TicketId)>,
    /// Whether there are more.
    pub more: bool,
}

/// What counts are kept of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Tally {
    /// A queue as it stands.
    Queue(QueueName),
    /// A queue in the week of this Monday.
    Week(QueueName, Date),
    /// What waits for a person.
    Person(PersonId),
}

/// Counts. Which of them a [`Tally`] has, is its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Tickets that are open.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub open: u32,
    /// Of these, nobody's.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub nobodys: u32,
    /// Of the open, those whose last words from outside nobody answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unanswered: u32,
    /// Begun in the week.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub opened: u32,
    /// Ended in the week, and still ended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub closed: u32,
    /// Answered for the first time in the week: within a day, three days, a week, later.
    #[serde(default, skip_serializing_if = "has_none")]
    pub answered: [u32; 4],
    /// What waits for the person.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn has_none(numbers: &[u32; 4]) -> bool {
    numbers == &[0; 4]
}

impl Counts {
    fn zip(self, other: Self, with: impl Fn(u32, u32) -> u32) -> Self {
        let mut answered = self.answered;
        for (mine, theirs) in answered.iter_mut().zip(other.answered) {
            *mine = with(*mine, theirs);
        }
        Self {
            open: with(self.open, other.open),
            nobodys: with(self.nobodys, other.nobodys),
            unanswered: with(self.unanswered, other.unanswered),
            opened: with(self.opened, other.opened),
            closed: with(self.closed, other.closed),
            answered,
            waits: with(self.waits, other.waits),
        }
    }

    /// These and others.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.zip(other, u32::saturating_add)
    }

    /// These without others.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.zip(other, u32::saturating_sub)
    }
}

/// Whether a ticket needs somebody: nobody has it, or an answer on it is held back. What rests
/// needs nobody until it comes back. Requests of procedures ask for whom they need themselves.
#[must_use]
pub fn needs_somebody(ticket: &Ticket) -> bool {
    let is_people = ticket.request.is_none() && ticket.sitting.is_none();
    let is_nobodys = ticket.owner.is_none() && is_people;
    let is_awake = ticket.status != Status::Stalled;
    ticket.status.is_active() && (is_nobodys && is_awake || !ticket.held.is_empty())
}

/// Since when the last words from outside wait for an answer; a first one since the ticket began,
/// however often its requestor reminds us.
#[must_use]
pub fn unanswered_since(ticket: &Ticket) -> Option<Timestamp> {
    let is_people = ticket.request.is_none() && ticket.sitting.is_none();
    let is_awake = ticket.status.is_active() && ticket.status != Status::Stalled;
    let is_asked = is_awake && !ticket.suspect && is_people;
    if !is_asked {
        return None;
    }
    let answer = ticket.last_answer.as_ref().map(|(answer, _)| *answer);
    let is_late = |words: Sequence| answer.is_none_or(|answer| answer < words);
    let last = ticket.last_received.as_ref().filter(|last| is_late(last.sequence));
    let own = last.map(|last| answer.map_or(ticket.created_at, |_| last.at));
    let merged = ticket.merged.iter().filter_map(|merged| merged.waits);
    let merged = merged.filter(|(words, _)| is_late(*words)).map(|(_, since)| since);
    own.into_iter().chain(merged).min()
}

/// For whom a ticket waits: whose it is, and who was asked.
#[must_use]
pub fn waits_for(ticket: &Ticket) -> BTreeSet<PersonId> {
    let mut people: BTreeSet<PersonId> = BTreeSet::new();
    if ticket.status.is_active() && ticket.sitting.is_none() {
        people.extend(ticket.owner.clone());
    }
    let line = digest_line(ticket, Locale::En, Timestamp::MIN);
    let asked = match line.map(|line| line.waits) {
        Some(Waits::People { of, .. }) => of,
        _ => Vec::new(),
    };
    people.extend(asked.into_iter().filter_map(|by| match by {
        Actor::Person(person) => Some(person),
        _ => None,
    }));
    people
}

/// The shelves a ticket stands on, and since when.
#[must_use]
pub fn places(ticket: &Ticket) -> BTreeSet<(Shelf, Timestamp)> {
    let mut places = BTreeSet::new();
    if ticket.practice.is_some() {
        return places;
    }
    let queue = || ticket.queue.clone();
    if needs_somebody(ticket) {
        places.insert((Shelf::Nobodys(queue()), ticket.created_at));
    }
    if let Some(since) = unanswered_since(ticket) {
        places.insert((Shelf::Unanswered(queue()), since));
    }
    let is_pending = ticket.request.as_ref().is_some_and(|request| !request.is_ended());
    if is_pending && ticket.status.is_active() {
        places.insert((Shelf::Requests(queue()), ticket.created_at));
    }
    let people = waits_for(ticket).into_iter();
    places.extend(people.map(|person| (Shelf::Persons(person), ticket.created_at)));
    places
}

/// What a ticket counts for. What was spam counts nowhere.
#[must_use]
pub fn counts(ticket: &Ticket) -> BTreeMap<Tally, Counts> {
    let mut counts: BTreeMap<Tally, Counts> = BTreeMap::new();
    if ticket.practice.is_some() {
        return counts;
    }
    let mut add = |tally: Tally, more: Counts| {
        let known = counts.entry(tally).or_default();
        *known = known.plus(more);
    };
    for person in waits_for(ticket) {
        add(Tally::Person(person), Counts { waits: 1, ..Counts::default() });
    }
    if ticket.sitting.is_some() || ticket.suspect || ticket.status == Status::Rejected {
        return counts;
    }
    if ticket.status.is_active() {
        let standing = Counts {
            open: 1,
            nobodys: u32::from(needs_somebody(ticket)),
            unanswered: u32::from(unanswered_since(ticket).is_some()),
            ..Counts::default()
        };
        add(Tally::Queue(ticket.queue.clone()), standing);
    }
    let week = |at| Tally::Week(ticket.queue.clone(), week_of(at));
    add(week(ticket.created_at), Counts { opened: 1, ..Counts::default() });
    if let Some(ended_at) = ticket.ended_at {
        add(week(ended_at), Counts { closed: 1, ..Counts::default() });
    }
    if let Some(answered_at) = ticket.first_answer_at {
        let answered = within(answered_at.duration_since(ticket.created_at));
        add(week(answered_at), Counts { answered, ..Counts::default() });
    }
    counts
}

fn within(span: SignedDuration) -> [u32; 4] {
    let days = |count: i64| SignedDuration::from_hours(24 * count);
    if span <= days(1) {
        [1, 0, 0, 0]
    } else if span <= days(3) {
        [0, 1, 0, 0]
    } else if span <= days(7) {
        [0, 0, 1, 0]
    } else {
        [0, 0, 0, 1]
    }
}

/// The Monday of the week in which something happens.
#[must_use]
pub fn week_of(at: Timestamp) -> Date {
    monday(at.to_zoned(TimeZone::UTC).date())
}

/// What goes wrong on the site, for those who look after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trouble {
    /// Messages that were set aside, the last first.
    pub quarantined: Vec<Lying>,
    /// Addresses that get no automatic mail for a time, and until when.
    pub stopped: Vec<(Address, Timestamp)>,
    /// Addresses that mail did not reach, the last first, and since when.
    pub suspended: Vec<(Address, Timestamp)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_in_utc() {
        for (at, week) in [
            ("2026-11-22T23:59:59Z", "2026-11-16"),
            ("2026-11-23T00:00:00Z", "2026-11-23"),
            ("2026-11-29T12:00:00Z", "2026-11-23"),
        ] {
            assert_eq!(week_of(at.parse().unwrap()), week.parse().unwrap(), "{at}");
        }
    }

    #[test]
    fn taking_away_what_was_never_counted_leaves_nothing() {
        let one = Counts { open: 1, answered: [1, 0, 0, 2], ..Counts::default() };
        assert_eq!(Counts::default().minus(one), Counts::default());
        assert_eq!(one.plus(one).minus(one), one);
    }
}
