//! Days as people write them behind a keyword: a date, a weekday, tomorrow, so many days.
//!
//! Deliberately absent: hours; who waits for a day waits until people work on it.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

use crate::ticket::command::fold;
use crate::ticket::procedure::date_in;
use crate::types::month_number;

/// Days ahead that are still meant: further off is a slip.
const AHEAD_MAX: i64 = 1100;
/// Words beside a day that say nothing more.
const FILLERS: [&str; 25] = [
    "bis",
    "zum",
    "zur",
    "am",
    "den",
    "der",
    "in",
    "um",
    "until",
    "till",
    "til",
    "by",
    "on",
    "the",
    "of",
    "asti",
    "saakka",
    "viimeistään",
    "på",
    "senast",
    "om",
    "to",
    "vom",
    "i",
    "kuluttua",
];
/// Words that mean the one after the next midnight Sunday, where a weekday or week follows.
const NEXT: [&str; 12] = [
    "nächste",
    "nächsten",
    "nächster",
    "kommende",
    "kommenden",
    "next",
    "ensi",
    "seuraava",
    "nästa",
    "kommande",
    "this",
    "diesen",
];
const TODAY: [&str; 5] = ["heute", "today", "tänään", "idag", "dag"];
const TOMORROW: [&str; 5] = ["morgen", "tomorrow", "huomenna", "imorgon", "morgon"];
const AFTER: [&str; 4] = ["übermorgen", "overmorrow", "ylihuomenna", "övermorgon"];
const ONE: [&str; 9] = ["ein", "eine", "einen", "einem", "einer", "a", "one", "en", "ett"];
const DAYS: [&str; 9] = ["tag", "tage", "tagen", "day", "days", "päivä", "päivää", "dag", "dagar"];
const WEEKS: [&str; 10] = [
    "woche", "wochen", "week", "weeks", "viikko", "viikkoa", "viikon", "viikolla", "vecka",
    "veckor",
];
const MONTHS: [&str; 9] =
    ["monat", "monate", "monaten", "month", "months", "kuukausi", "kuukautta", "månad", "månader"];
/// Words for no day at all.
const NEVER: [&str; 9] =
    ["nie", "keine", "keiner", "never", "none", "ei", "koskaan", "aldrig", "ingen"];

/// The words for each weekday, from Monday on.
const WEEKDAYS: [&[&str]; 7] = [
    &["montag", "mo", "monday", "mon", "maanantai", "maanantaina", "måndag"],
    &["dienstag", "di", "tuesday", "tue", "tiistai", "tiistaina", "tisdag"],
    &["mittwoch", "mi", "wednesday", "wed", "keskiviikko", "keskiviikkona", "onsdag"],
    &["donnerstag", "do", "thursday", "thu", "torstai", "torstaina", "torsdag"],
    &["freitag", "fr", "friday", "fri", "perjantai", "perjantaina", "fredag"],
    &["samstag", "sonnabend", "sa", "saturday", "sat", "lauantai", "lauantaina", "lördag"],
    &["sonntag", "so", "sunday", "sun", "sunnuntai", "sunnuntaina", "söndag"],
];

fn is_in(table: &[&str], word: &str) -> bool {
    let forms = fold::forms(word);
    table.iter().any(|known| fold::is_same(&forms, &fold::forms(known)))
}

/// Whether a text means that there is no day any more.
#[must_use]
pub fn is_never(text: &str) -> bool {
    is_in(&NEVER, text.trim().trim_end_matches(['.', '!']))
}

/// The day that a text means, seen from `today`; nothing where it means none, or one that is over.
#[must_use]
pub fn parse(text: &str, today: Date) -> Option<Date> {
    let text = text.trim().trim_end_matches(['!', ',', ';']);
    let words: Vec<&str> = text.split_whitespace().filter(|word| !is_in(&FILLERS, word)).collect();
    let day = date_in(text)
        .or_else(|| without_year(&words, today))
        .or_else(|| named(&words, today))
        .or_else(|| ahead(&words, today))?;
    let last = today.checked_add(AHEAD_MAX.days()).ok()?;
    (today..=last).contains(&day).then_some(day)
}

/// `12.12.`, `12. Dezember`, `December 12`: the next such day.
fn without_year(words: &[&str], today: Date) -> Option<Date> {
    let (day, month) = match words {
        [one] => {
            let (day, month) = one.trim_end_matches('.').split_once('.')?;
            (number(day)?, number(month)?)
        }
        [one, two] => {
            let month = |word: &str| {
                let forms = fold::forms(word.trim_end_matches(['.', ',']));
                month_number(|name| fold::is_same(&forms, &fold::forms(name)))
            };
            match (number(one), month(two), month(one), number(two)) {
                (Some(day), Some(month), ..) | (.., Some(month), Some(day)) => (day, month),
                (Some(day), None, None, Some(month)) if one.ends_with('.') => (day, month),
                _ => return None,
            }
        }
        _ => return None,
    };
    let here = Date::new(today.year(), month, day).ok().filter(|date| *date >= today);
    here.or_else(|| Date::new(today.year().checked_add(1)?, month, day).ok())
}

fn number(word: &str) -> Option<i8> {
    word.trim_end_matches(['.', ',']).parse().ok().filter(|number| (1..=31).contains(number))
}

/// `tomorrow`, `Freitag`, `next week`: weekdays are the next such day behind today.
fn named(words: &[&str], today: Date) -> Option<Date> {
    let (word, is_next) = match words {
        [word] => (*word, false),
        [next, word] if is_in(&NEXT, next) => (*word, true),
        _ => return None,
    };
    let word = word.trim_end_matches(['.', ',']);
    if is_next && is_in(&WEEKS, word) {
        return today.nth_weekday(1, Weekday::Monday).ok();
    }
    let later = |days: i64| today.checked_add(days.days()).ok();
    if is_in(&TODAY, word) {
        return Some(today);
    }
    if is_in(&TOMORROW, word) {
        return later(1);
    }
    if is_in(&AFTER, word) {
        return later(2);
    }
    let place = WEEKDAYS.iter().position(|names| is_in(names, word))?;
    let weekday = Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()?;
    today.nth_weekday(1, weekday).ok()
}

/// `3 days`, `2 Wochen`, `ein Monat`.
fn ahead(words: &[&str], today: Date) -> Option<Date> {
    let [count, unit] = words else { return None };
    let count = if is_in(&ONE, count) { 1 } else { count.parse::<i64>().ok()? };
    let count = Some(count).filter(|count| (1..=AHEAD_MAX).contains(count))?;
    let unit = unit.trim_end_matches('.');
    let span: Span = if is_in(&DAYS, unit) {
        count.days()
    } else if is_in(&WEEKS, unit) {
        count.weeks()
    } else if is_in(&MONTHS, unit) {
        count.months()
    } else {
        return None;
    };
    today.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        // A Tuesday.
        let today: Date = "2026-11-24".parse().unwrap();
        for (text, day) in [
            ("2026-12-12", "2026-12-12"),
            ("12.12.2026", "2026-12-12"),
            ("bis zum 12. Dezember 2026", "2026-12-12"),
            ("12.12.", "2026-12-12"),
            ("bis 12. 12.", "2026-12-12"),
            ("3.1.", "2027-01-03"),
            ("3. Januar", "2027-01-03"),
            ("January 3", "2027-01-03"),
            ("3 tammikuuta", "2027-01-03"),
            ("den 3 januari", "2027-01-03"),
            ("morgen", "2026-11-25"),
            ("heute", "2026-11-24"),
            ("Freitag", "2026-11-27"),
            ("bis Freitag", "2026-11-27"),
            ("on friday", "2026-11-27"),
            ("perjantaina", "2026-11-27"),
            ("på måndag", "2026-11-30"),
            ("Dienstag", "2026-12-01"),
            ("next week", "2026-11-30"),
            ("nächsten Montag", "2026-11-30"),
            ("3 days", "2026-11-27"),
            ("in 3 Tagen", "2026-11-27"),
            ("2 Wochen", "2026-12-08"),
            ("eine Woche", "2026-12-01"),
            ("1 viikko", "2026-12-01"),
            ("10 päivää", "2026-12-04"),
            ("om 2 månader", "2027-01-24"),
        ] {
            assert_eq!(parse(text, today), Some(day.parse().unwrap()), "{text}");
        }
        for text in ["", "bald", "2026-11-23", "40.40.", "4000 days", "17", "später einmal"] {
            assert_eq!(parse(text, today), None, "{text}");
        }
    }

    #[test]
    fn no_day_is_a_word_too() {
        for text in ["nie", "none", "Ei", "aldrig."] {
            assert!(is_never(text), "{text}");
        }
        assert!(!is_never("Freitag"));
    }
}
