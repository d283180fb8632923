//! The arithmetic of objection windows: days of the site's calendar, ends at 24:00.
//!
//! 24:00 is the first instant of the next day in the site's zone, so that a day of 23 or 25 hours
//! is one day. Deliberately absent: which days are free
//! (`desk::calendar`).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::desk::calendar::{Counting, Days};

use crate::ticket::event::Outage;
use crate::ticket::later;
use crate::ticket::procedure::request::Window;

/// What is added to an outage before the window may end.
pub const GRACE_SPAN: SignedDuration = SignedDuration::from_hours(6);

/// The part of a window in which an outage lengthens it.
const LAST_PART: SignedDuration = SignedDuration::from_hours(24);

/// The end of a window of whole days whose clock counts from `since`: the first day is the first
/// after it that counts, the end is 24:00 of the last. Tuesday 10:00 and four days end Saturday
/// 24:00. Without end where the calendar never has so many days.
#[must_use]
pub fn end(since: Timestamp, count: u16, counting: Counting, days: Days<'_>) -> Timestamp {
    let zone = days.zone;
    let day = since.to_zoned(zone.clone()).date();
    let last = days.calendar.last_day(day, count, counting);
    let next = last.and_then(|last| last.tomorrow().ok());
    next.map_or(Timestamp::MAX, |next| midnight(next, zone))
}

/// When people are back from the pause that `at` lies in: the first working hour after it. `at`
/// where it lies in none.
#[must_use]
pub fn after_pause(at: Timestamp, days: Days<'_>) -> Timestamp {
    let zone = days.zone;
    let day = at.to_zoned(zone.clone()).date();
    let back = days.calendar.after_pause(day);
    if back == day {
        return at;
    }
    let back = midnight(back, zone);
    days.calendar.working_from(back, zone).unwrap_or(back)
}

/// An end that was counted without a look at pauses, moved behind those it would lie in.
fn not_in_pause(ends_at: Timestamp, days: Days<'_>) -> Timestamp {
    let zone = days.zone;
    let last = ends_at.to_zoned(zone.clone()).date().yesterday().unwrap_or(Date::MIN);
    let back = days.calendar.after_pause(last);
    if back == last { ends_at } else { midnight(back.tomorrow().unwrap_or(Date::MAX), zone) }
}

/// The first 24:00 at or after `at`.
#[must_use]
pub fn day_end(at: Timestamp, zone: &TimeZone) -> Timestamp {
    let date = at.to_zoned(zone.clone()).date();
    if midnight(date, zone) == at {
        return at;
    }
    date.tomorrow().map_or(Timestamp::MAX, |date| midnight(date, zone))
}

/// The end of a window whose clock stood still from `stopped_at` to `now` for nothing: what was
/// left goes on from now, to the next 24:00, never before the promised end.
#[must_use]
pub fn resumed(
    ends_at: Timestamp,
    stopped_at: Timestamp,
    now: Timestamp,
    days: Days<'_>,
) -> Timestamp {
    let left = ends_at.duration_since(stopped_at).max(SignedDuration::ZERO);
    // One second more, so that an answer at 24:00 sharp still leaves a day.
    let left = left.max(SignedDuration::from_secs(1));
    not_in_pause(day_end(later(now, left), days.zone).max(ends_at), days)
}

/// The end of a window during whose last part the daemon or a door was silent for so long.
#[must_use]
pub fn extended(
    ends_at: Timestamp,
    silent_span: SignedDuration,
    now: Timestamp,
    days: Days<'_>,
) -> Timestamp {
    let zone = days.zone;
    let grace = silent_span.checked_add(GRACE_SPAN).unwrap_or(SignedDuration::MAX);
    let end = day_end(later(ends_at, grace), zone);
    let end = if end > now { end } else { day_end(later(now, GRACE_SPAN), zone) };
    not_in_pause(end, days)
}

/// How long nobody could be heard in outages that reached into the last day of a window, those
/// aside for which it was made longer before. An outage that began after the end took nothing from
/// anybody; two at the same time count once.
#[must_use]
pub fn silent_span(outages: &[Outage], window: &Window) -> SignedDuration {
    silent_between(outages, (window.opens_at, window.ends_at), window.heard_at)
}

/// As [`silent_span`], of anything that began and ends, outages up to `heard_at` aside.
#[must_use]
pub fn silent_between(
    outages: &[Outage],
    (opens_at, ends_at): (Timestamp, Timestamp),
    heard_at: Option<Timestamp>,
) -> SignedDuration {
    let last_part = later(ends_at, -LAST_PART);
    let mut lately: Vec<Outage> = outages
        .iter()
        .filter(|outage| outage.to > last_part)
        .filter(|outage| heard_at.is_none_or(|heard_at| outage.to > heard_at))
        .copied()
        .collect();
    lately.sort_unstable();
    let mut counted_until = opens_at;
    let mut sum = SignedDuration::ZERO;
    for Outage { from, to } in lately {
        let (from, to) = (from.max(counted_until), to.min(ends_at));
        if to > from {
            sum = sum.saturating_add(to.duration_since(from));
            counted_until = to;
        }
    }
    sum
}

fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Calendar;

    #[test]
    fn outage_counts_only_where_it_took_time_from_the_last_day() {
        let window = window();
        let span = |from, to| silent_span(&[Outage { from: at(from), to: at(to) }], &window);
        let hours = SignedDuration::from_hours;
        assert_eq!(span("2026-11-28T20:00:00Z", "2026-11-29T07:00:00Z"), hours(3));
        assert_eq!(span("2026-11-28T20:00:00Z", "2026-11-28T22:00:00Z"), hours(2));
        assert_eq!(span("2026-11-26T20:00:00Z", "2026-11-27T22:00:00Z"), hours(0));
        assert_eq!(span("2026-11-29T20:00:00Z", "2026-11-29T22:00:00Z"), hours(0));
    }

    fn window() -> Window {
        Window {
            opens_at: at("2026-11-24T10:00:00Z"),
            ends_at: at("2026-11-28T23:00:00Z"),
            stopped_at: None,
            objections: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
            closed: false,
            restarts: 0,
            heard_at: None,
            repeated: false,
        }
    }

    #[test]
    fn outages_are_added_up_and_each_counts_once() {
        let outage = |from, to| Outage { from: at(from), to: at(to) };
        let first = outage("2026-11-28T20:00:00Z", "2026-11-28T21:00:00Z");
        let other_door = outage("2026-11-28T20:30:00Z", "2026-11-28T21:30:00Z");
        let later = outage("2026-11-28T22:00:00Z", "2026-11-29T03:00:00Z");
        let minutes = SignedDuration::from_mins;
        let all = [later, first, other_door];
        assert_eq!(silent_span(&all, &window()), minutes(150));
        let extended = Window { heard_at: Some(at("2026-11-28T21:30:00Z")), ..window() };
        assert_eq!(silent_span(&all, &extended), minutes(60));
        let young = Window { opens_at: at("2026-11-28T20:45:00Z"), ..window() };
        assert_eq!(silent_span(&[first], &young), minutes(15));
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn days<'a>(calendar: &'a Calendar, zone: &'a TimeZone) -> Days<'a> {
        Days { calendar, zone }
    }

    fn end_of(since: &str, count: u16, zone: &TimeZone) -> Timestamp {
        end(at(since), count, Counting::Calendar, days(&Calendar::default(), zone))
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn tuesday_and_four_days_end_saturday_at_24() {
        let end = end_of("2026-11-24T10:00:00+01:00", 4, &berlin());
        assert_eq!(end, at("2026-11-29T00:00:00+01:00"));
    }

    #[test]
    fn days_are_days_when_the_clocks_change() {
        // 25 October 2026 has 25 hours, 28 March 2027 has 23.
        let autumn = end_of("2026-10-23T23:59:59+02:00", 4, &berlin());
        assert_eq!(autumn, at("2026-10-28T00:00:00+01:00"));
        let spring = end_of("2027-03-26T00:00:00+01:00", 4, &berlin());
        assert_eq!(spring, at("2027-03-31T00:00:00+02:00"));
        let on_the_day = end_of("2026-10-25T02:30:00+01:00", 1, &berlin());
        assert_eq!(on_the_day, at("2026-10-27T00:00:00+01:00"));
    }

    #[test]
    fn midnight_that_does_not_exist_is_the_first_instant_of_its_day() {
        let zone = TimeZone::get("Africa/Cairo").unwrap();
        // Clocks went from 00:00 to 01:00 on 28 April 2023.
        let end = end_of("2023-04-26T10:00:00+02:00", 1, &zone);
        assert_eq!(end, at("2023-04-28T01:00:00+03:00"));
    }

    #[test]
    fn denied_objection_leaves_what_was_left_and_at_least_a_day() {
        let (calendar, zone) = (Calendar::default(), berlin());
        let days = days(&calendar, &zone);
        let ends_at = at("2026-11-29T00:00:00+01:00");
        let late = resumed(
            ends_at,
            at("2026-11-28T23:50:00+01:00"),
            at("2026-11-30T09:00:00+01:00"),
            days,
        );
        assert_eq!(late, at("2026-12-01T00:00:00+01:00"));
        let early = resumed(
            ends_at,
            at("2026-11-25T21:48:00+01:00"),
            at("2026-11-26T09:00:00+01:00"),
            days,
        );
        assert_eq!(early, at("2026-11-30T00:00:00+01:00"));
        let sharp = at("2026-12-02T00:00:00+01:00");
        assert!(resumed(ends_at, ends_at, sharp, days) > sharp);
    }

    #[test]
    fn outage_moves_the_end_to_a_later_24() {
        let (calendar, zone) = (Calendar::default(), berlin());
        let days = days(&calendar, &zone);
        let ends_at = at("2026-11-29T00:00:00+01:00");
        let span = SignedDuration::from_hours(4);
        let now = at("2026-11-29T02:00:00+01:00");
        assert_eq!(extended(ends_at, span, now, days), at("2026-11-30T00:00:00+01:00"));
        let now = at("2026-12-03T20:00:00+01:00");
        assert_eq!(extended(ends_at, span, now, days), at("2026-12-05T00:00:00+01:00"));
    }
}
