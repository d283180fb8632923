//! Counting in working time and in days, beside what others count.
//!
//! Deliberately absent: what is done when the time has come (`procedure`, `scenario`).

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use lotse::desk::calendar::{Calendar, Counting, Day};
use lotse::desk::holiday::{Holiday, Region};

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn calendar(text: &str) -> Calendar {
    toml::from_str(text).unwrap()
}

fn region(code: &str) -> Region {
    serde_json::from_value(code.into()).unwrap()
}

/// Every day of 2024 to 2030 in eighteen regions, beside the package `holidays`.
#[test]
fn holidays_are_those_of_the_law() {
    let text = include_str!("../../fixtures/calendar/holidays.txt");
    let mut lines = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        lines += 1;
        let mut words = line.split(' ');
        let code = words.next().unwrap();
        let year = words.next().unwrap();
        let wanted: Vec<String> = words.map(|day| format!("{year}-{day}")).collect();
        let first = date(year.parse().unwrap(), 1, 1);
        let days = first.series(1.day()).take_while(|day| day.year() == first.year());
        let ours: Vec<String> = days
            .filter(|day| region(code).holiday(*day).is_some())
            .map(|day| day.to_string())
            .collect();
        assert_eq!(ours, wanted, "{code} {year}");
    }
    assert_eq!(lines, 18 * 7);
}

/// The first working moment and due times that the tests of Request Tracker and of the Perl
/// package Business-Hours name.
#[test]
fn working_time_agrees_with_request_tracker() {
    let weekdays = |shift: &str| {
        let days = ["mon", "tue", "wed", "thu", "fri"];
        let lines: Vec<String> = days.iter().map(|day| format!("{day} = [\"{shift}\"]")).collect();
        format!("[hours]\n{}\n", lines.join("\n"))
    };
    let only = |day: &str| {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let shift = |name: &str| if name == day { "[\"09:00-17:00\"]" } else { "[]" };
        let lines: Vec<String> =
            days.iter().map(|name| format!("{name} = {}", shift(name))).collect();
        format!("[hours]\n{}\n", lines.join("\n"))
    };
    let office = weekdays("09:00-18:00");
    let rests = format!("closed = [\"2009-01-01\", \"2009-05-01\", \"2009-05-09\"]\n{office}");
    for (hours, zone_name, begins, seconds, due) in [
        (only("sun"), "UTC", "2007-01-01T00:00:00Z", 0, "2007-01-07T09:00:00Z"),
        (only("sun"), "UTC", "2007-01-01T00:00:00Z", 3_600, "2007-01-07T10:00:00Z"),
        (only("mon"), "UTC", "2007-01-01T00:00:00Z", 3_600, "2007-01-01T10:00:00Z"),
        (office.clone(), "America/New_York", "2007-01-01T22:00:00Z", 0, "2007-01-01T22:00:00Z"),
        (office.clone(), "America/New_York", "2007-01-01T22:00:00Z", 7_200, "2007-01-02T15:00:00Z"),
        (office.clone(), "Europe/Moscow", "2007-01-01T22:00:00Z", 0, "2007-01-02T06:00:00Z"),
        (office, "Europe/Moscow", "2007-01-01T22:00:00Z", 7_200, "2007-01-02T08:00:00Z"),
        (rests.clone(), "UTC", "2008-12-31T23:59:59Z", 0, "2009-01-02T09:00:00Z"),
        (rests, "UTC", "2008-12-31T15:00:00Z", 28_800, "2009-01-02T14:00:00Z"),
    ] {
        let span = SignedDuration::from_secs(seconds);
        let ours = calendar(&hours).after_working(at(begins), span, &zone(zone_name));
        assert_eq!(ours, Some(at(due)), "{begins} and {seconds} s in {zone_name}");
    }
}

/// 001-42: an order that is authorized waits 20 working hours; 001-43: Monday to Friday, 08:00 to
/// 17:00.
#[test]
fn twenty_working_hours_are_two_days_and_two_hours() {
    let calendar = Calendar::default();
    let berlin = zone("Europe/Berlin");
    let span = SignedDuration::from_hours(20);
    let due = calendar.after_working(at("2026-11-26T08:00:00+01:00"), span, &berlin);
    assert_eq!(due, Some(at("2026-11-30T10:00:00+01:00")), "Thursday, Friday, Monday 10:00");
}

/// Failure 40: 48 working hours became six days, and midnight lost a minute.
#[test]
fn around_the_clock_loses_nothing_at_midnight() {
    let all = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let lines: Vec<String> = all.iter().map(|day| format!("{day} = [\"00:00-24:00\"]")).collect();
    let calendar = calendar(&format!("[hours]\n{}\n", lines.join("\n")));
    let berlin = zone("Europe/Berlin");
    let begins = at("2026-03-27T12:00:00+01:00");
    let hours = SignedDuration::from_hours(48);
    assert_eq!(calendar.after_working(begins, hours, &berlin), Some(begins + hours));
    assert_eq!(calendar.worked(begins, begins + hours, &berlin), hours, "over the short Sunday");
}

#[test]
fn end_of_work_is_due_then_and_not_next_morning() {
    let calendar = Calendar::default();
    let berlin = zone("Europe/Berlin");
    let begins = at("2026-11-20T08:00:00+01:00");
    let day = SignedDuration::from_hours(9);
    let due = calendar.after_working(begins, day, &berlin);
    assert_eq!(due, Some(at("2026-11-20T17:00:00+01:00")));
    let evening = at("2026-11-20T17:00:00+01:00");
    let monday = at("2026-11-23T08:00:00+01:00");
    assert_eq!(calendar.working_from(evening, &berlin), Some(monday), "17:00 is half-open");
}

/// A shift over the hour that is skipped or comes twice lasts what the clocks say.
#[test]
fn clocks_that_change_at_night_change_the_shift() {
    let calendar = calendar("[hours]\nsun = [\"00:00-06:00\"]\n");
    let berlin = zone("Europe/Berlin");
    for (day, hours) in [(date(2026, 3, 29), 5), (date(2026, 10, 25), 7), (date(2026, 11, 1), 6)] {
        let from = day.to_zoned(berlin.clone()).unwrap().timestamp();
        let to = day.tomorrow().unwrap().to_zoned(berlin.clone()).unwrap().timestamp();
        let worked = calendar.worked(from, to, &berlin);
        assert_eq!(worked, SignedDuration::from_hours(hours), "{day}");
    }
}

#[test]
fn spans_of_days_count_what_they_say() {
    let calendar = calendar(
        r#"
        holidays = "de-nw"
        closed = ["2026-12-31"]
        [[pause]]
        name.de = "Weihnachtspause"
        from = "2026-12-21"
        to = "2027-01-03"
        "#,
    );
    let last = |day: Date, days, counting| calendar.last_day(day, days, counting).unwrap();
    let tuesday = date(2026, 11, 24);
    assert_eq!(last(tuesday, 4, Counting::Calendar), date(2026, 11, 28));
    assert_eq!(last(tuesday, 4, Counting::Working), date(2026, 11, 30));
    let before_the_pause = date(2026, 12, 18);
    assert_eq!(last(before_the_pause, 4, Counting::Calendar), date(2027, 1, 5));
    assert_eq!(last(before_the_pause, 4, Counting::Working), date(2027, 1, 7));
    assert_eq!(calendar.day(date(2026, 6, 4)), Day::Holiday(Holiday::CorpusChristi));
    assert_eq!(calendar.day(date(2026, 6, 6)), Day::Free);
    assert!(matches!(calendar.day(date(2026, 12, 25)), Day::Pause(pause) if pause.from < pause.to));
}

#[test]
fn calendar_without_working_time_says_so() {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let lines: Vec<String> = days.iter().map(|day| format!("{day} = []")).collect();
    let calendar = calendar(&format!("[hours]\n{}\n", lines.join("\n")));
    let now = at("2026-11-21T10:00:00Z");
    assert_eq!(calendar.working_from(now, &TimeZone::UTC), None);
    assert_eq!(calendar.last_day(date(2026, 11, 21), 1, Counting::Working), None);
    let days = calendar.last_day(date(2026, 11, 21), 1, Counting::Calendar);
    assert_eq!(days, Some(date(2026, 11, 22)));
}

#[test]
fn mistakes_are_named() {
    let calendar = calendar(
        r#"
        [hours]
        mon = ["08:00-12:00", "11:00-17:00"]
        [[pause]]
        name.de = "Pause"
        from = "2026-12-24"
        to = "2026-12-20"
        "#,
    );
    assert_eq!(
        calendar.check(),
        [
            "a pause ends on 2026-12-20, before it begins on 2026-12-24: swap them",
            "`mon` has 08:00-12:00 and 11:00-17:00, which overlap: join them",
        ]
    );
    let error = toml::from_str::<Calendar>("[hours]\nmon = [\"8-17\"]").unwrap_err().to_string();
    assert!(error.contains("`8-17` is no working time: write `08:00-17:00`"), "{error}");
}
