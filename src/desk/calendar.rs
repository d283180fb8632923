//! Working hours: Monday to Friday from 08:00 to 17:00 in the site's zone.
//!
//! Hours are half-open: 17:00 is over. Deliberately absent: holidays, pauses, calendars of a
//! queue's own.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The first working hour.
const BEGIN_HOUR: i8 = 8;
/// The hour that is over.
const END_HOUR: i8 = 17;
/// Days that are looked at: far more than any span of ours.
const DAYS_MAX: u32 = 400;

/// Whether anybody works on this day.
#[must_use]
pub fn is_working(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The moment at which `span` of working time has passed since `from`.
#[must_use]
pub fn working_after(zone: &TimeZone, from: Timestamp, span: SignedDuration) -> Timestamp {
    let mut left = span;
    let mut day = from.to_zoned(zone.clone()).date();
    for _ in 0..DAYS_MAX {
        if let (true, Some(begin), Some(end)) =
            (is_working(day), at(zone, day, BEGIN_HOUR), at(zone, day, END_HOUR))
        {
            let start = from.max(begin);
            let open = end.duration_since(start);
            if open > SignedDuration::ZERO && left <= open {
                return start.checked_add(left).unwrap_or(Timestamp::MAX);
            }
            left -= open.max(SignedDuration::ZERO);
        }
        let Ok(tomorrow) = day.tomorrow() else { break };
        day = tomorrow;
    }
    from.checked_add(span).unwrap_or(Timestamp::MAX)
}

fn at(zone: &TimeZone, day: Date, hour: i8) -> Option<Timestamp> {
    day.at(hour, 0, 0, 0).to_zoned(zone.clone()).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_working_hours_leave_nights_and_weekends_out() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (from, after) in [
            // Monday morning.
            ("2026-11-23T10:00:00+01:00", "2026-11-23T14:00:00+01:00"),
            // To the very end of a day, and over it.
            ("2026-11-23T13:00:00+01:00", "2026-11-23T17:00:00+01:00"),
            ("2026-11-23T15:30:00+01:00", "2026-11-24T10:30:00+01:00"),
            // A Friday evening, a Saturday, a night.
            ("2026-11-20T16:00:00+01:00", "2026-11-23T11:00:00+01:00"),
            ("2026-11-21T10:00:00+01:00", "2026-11-23T12:00:00+01:00"),
            ("2026-11-24T03:00:00+01:00", "2026-11-24T12:00:00+01:00"),
            ("2026-11-24T17:00:00+01:00", "2026-11-25T12:00:00+01:00"),
            // Summer time ends between the two.
            ("2026-10-23T16:00:00+02:00", "2026-10-26T11:00:00+01:00"),
        ] {
            let found = working_after(&zone, from.parse().unwrap(), SignedDuration::from_hours(4));
            assert_eq!(found, after.parse().unwrap(), "{from}");
        }
    }
}
