//! How much mail a site may send in an hour and in a day, and what goes first (design section 9).
//!
//! A provider counts everything, so everything is counted. Deliberately absent: where the counts
//! are kept (`way_out`), and how much one person or one correspondent gets (`caps`).

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::ticket::effect::Notice;
use crate::ticket::matter::Matter;

/// What the way out allows the whole site; 0 is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Mails in a calendar day of the site's zone.
    pub per_day: u32,
    /// Mails in an hour of the clock.
    pub per_hour: u32,
}

/// What has left already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// In this day.
    pub today: u32,
    /// In this hour.
    pub this_hour: u32,
}

/// In this order the budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// What a person wrote to the outside.
    Answer,
    /// Questions, and notices with a deadline or of a fault.
    Question,
    /// "Your message has arrived", and what became of keywords.
    Receipt,
    /// What members are shown.
    Copy,
    /// What is collected.
    Digest,
}

/// Which bound holds a mail back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The hour's: it waits for the next hour.
    Hour,
    /// The day's: it waits for the next day.
    Day,
}

/// The class of a notice.
#[must_use]
pub const fn class(notice: &Notice) -> Class {
    match &notice.matter {
        Matter::Answer { .. } => Class::Answer,
        Matter::Held { .. }
        | Matter::HeldColleague { .. }
        | Matter::HeldInternal { .. }
        | Matter::Undeliverable { .. }
        | Matter::Breaker { .. }
        | Matter::Quarantine { .. }
        | Matter::Changes { .. }
        | Matter::Neglect { .. }
        | Matter::Delayed { .. }
        | Matter::Liaison { .. }
        | Matter::ErasePlan { .. }
        | Matter::OverBudget { .. }
        | Matter::MayAdd { .. }
        | Matter::WasItYou { .. }
        | Matter::Question { .. }
        | Matter::Reminder { .. }
        | Matter::Expired { .. }
        | Matter::ObjectionAsked { .. }
        | Matter::ObjectionNotCounted { .. }
        | Matter::WithdrawalAsked { .. }
        | Matter::SignatureAsked { .. }
        | Matter::Withdrawn { .. }
        | Matter::Complete { .. }
        | Matter::Extended { .. }
        | Matter::Unreached { .. }
        | Matter::Announcement { .. }
        | Matter::Objection { .. }
        | Matter::Stopped { .. }
        | Matter::ObjectionUnclear { .. }
        | Matter::Decided { .. }
        | Matter::Outcome { .. }
        | Matter::Escalated { .. }
        | Matter::Review { .. }
        | Matter::Confirm { .. }
        | Matter::ReasonAsked { .. }
        | Matter::Task { .. }
        | Matter::Item { .. }
        | Matter::Overdue { .. }
        | Matter::Probe { .. }
        | Matter::Sheet { .. }
        | Matter::Why { .. }
        | Matter::Again { .. }
        | Matter::Agenda { .. }
        | Matter::Ruling { .. }
        | Matter::Decides { .. }
        | Matter::Renewal { .. }
        | Matter::Ballot { .. }
        | Matter::Polled { .. }
        | Matter::Breach { .. } => Class::Question,
        Matter::Receipt { .. }
        | Matter::Result { .. }
        | Matter::Practice { .. }
        | Matter::Help
        | Matter::Register { .. }
        | Matter::Settled { .. }
        | Matter::Playbook { .. }
        | Matter::Minutes { .. }
        | Matter::BallotTaken { .. }
        | Matter::Refusal { .. } => Class::Receipt,
        Matter::Copy { .. }
        | Matter::Comment { .. }
        | Matter::AnswerCopy { .. }
        | Matter::HeldOther { .. } => Class::Copy,
        Matter::Digest { .. } => Class::Digest,
    }
}

/// What holds a mail of this class back now, if anything does.
///
/// Receipts, copies and digests leave the last fifth alone: the answer that a person writes in the
/// evening must not wait because a hundred receipts left in the morning.
#[must_use]
pub const fn held_by(budget: Budget, spent: Spent, class: Class) -> Option<Bound> {
    if is_over(budget.per_day, spent.today, class) {
        Some(Bound::Day)
    } else if is_over(budget.per_hour, spent.this_hour, class) {
        Some(Bound::Hour)
    } else {
        None
    }
}

const fn is_over(bound: u32, spent: u32, class: Class) -> bool {
    let reserve = match class {
        Class::Answer | Class::Question => 0,
        Class::Receipt | Class::Copy | Class::Digest => bound.div_ceil(5),
    };
    bound > 0 && spent >= bound.saturating_sub(reserve)
}

/// When a bound lets mail out again.
#[must_use]
pub fn opens_at(bound: Bound, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let next = match bound {
        Bound::Hour => {
            let (hour, _) = period(now, zone);
            hour.checked_add(SignedDuration::from_hours(1)).ok()
        }
        Bound::Day => {
            let tomorrow = now.to_zoned(zone.clone()).date().tomorrow();
            let start = tomorrow.and_then(|day| day.to_zoned(zone.clone()));
            start.ok().map(|start| start.timestamp())
        }
    };
    next.unwrap_or(Timestamp::MAX)
}

/// The beginning of the hour, and the day, in which `now` lies.
#[must_use]
pub fn period(now: Timestamp, zone: &TimeZone) -> (Timestamp, jiff::civil::Date) {
    let seconds = now.as_second().rem_euclid(3600);
    let whole = Timestamp::from_second(now.as_second() - seconds);
    (whole.unwrap_or(now), now.to_zoned(zone.clone()).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: [Class; 5] =
        [Class::Answer, Class::Question, Class::Receipt, Class::Copy, Class::Digest];

    fn left(budget: Budget, spent: Spent, class: Class) -> u32 {
        let more = |more: &u32| {
            let spent = Spent { today: spent.today + more, this_hour: spent.this_hour + more };
            held_by(budget, spent, class).is_some()
        };
        (0..1_000).find(more).unwrap_or(u32::MAX)
    }

    #[test]
    fn without_bounds_nothing_waits() {
        for class in CLASSES {
            assert_eq!(left(Budget::default(), Spent::default(), class), u32::MAX);
        }
    }

    #[test]
    fn what_people_wait_for_has_the_last_fifth_for_itself() {
        let budget = Budget { per_day: 20, per_hour: 0 };
        let lefts = CLASSES.map(|class| left(budget, Spent::default(), class));
        assert_eq!(lefts, [20, 20, 16, 16, 16]);
        let one = Budget { per_day: 1, per_hour: 0 };
        let lefts = CLASSES.map(|class| left(one, Spent::default(), class));
        assert_eq!(lefts, [1, 1, 0, 0, 0]);
    }

    #[test]
    fn the_nearer_bound_holds_and_the_day_is_named_first() {
        let budget = Budget { per_day: 20, per_hour: 5 };
        let spent = |today, this_hour| Spent { today, this_hour };
        assert_eq!(held_by(budget, spent(7, 4), Class::Answer), None);
        assert_eq!(held_by(budget, spent(7, 4), Class::Copy), Some(Bound::Hour));
        assert_eq!(held_by(budget, spent(7, 5), Class::Answer), Some(Bound::Hour));
        assert_eq!(held_by(budget, spent(20, 5), Class::Answer), Some(Bound::Day));
    }

    #[test]
    fn bounds_open_at_full_hours_and_at_midnight_of_the_zone() {
        let now: Timestamp = "2026-11-21T22:30:17.5Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let opens = |bound| opens_at(bound, now, &zone).to_string();
        assert_eq!(opens(Bound::Hour), "2026-11-21T23:00:00Z");
        assert_eq!(opens(Bound::Day), "2026-11-21T23:00:00Z");
        let later: Timestamp = "2026-11-21T23:30:00Z".parse().unwrap();
        assert_eq!(opens_at(Bound::Day, later, &zone).to_string(), "2026-11-22T23:00:00Z");
    }
}
