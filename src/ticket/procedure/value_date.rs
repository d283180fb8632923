//! Days and numbers behind labels.
//!
//! Deliberately absent: days that are counted from others, as in "next Monday".

use jiff::civil::Date;

use crate::ticket::procedure::clause::clauses;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::value_aside::without_asides;
use crate::types::month_number;

pub(super) fn number(value: &str) -> Option<String> {
    let bare = without_asides(value);
    // "87, last year 92": what stands behind a comma only tells more, unless it takes back.
    let value = bare.split_once(", ").map_or(bare.as_str(), |(head, rest)| {
        let turns = || clauses(rest).iter().any(|one| one.turns() || !one.is_said());
        if head.contains(|c: char| c.is_ascii_digit()) && !turns() { head } else { &bare }
    });
    let mut numbers = value
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .filter_map(|digits| digits.parse::<u32>().ok());
    let (number, None) = (numbers.next()?, numbers.next()) else { return None };
    Some(number.to_string())
}

/// A day with its year: `1.2.2027`, `2027-02-01`, `1 February 2027`. Strokes are not read,
/// because nobody knows which number is the month.
pub(crate) fn date(value: &str) -> Option<Date> {
    if let Ok(date) = value.trim().parse::<Date>() {
        return Some(date);
    }
    if value.contains('/') {
        return None;
    }
    let folded = fold(value);
    let mut numbers = Vec::new();
    let mut month = None;
    for word in folded.split(' ') {
        if let Ok(number) = word.parse::<i16>() {
            numbers.push(number);
        } else if let Some(named) = month_number(|name| fold(name) == word) {
            month = Some(named);
        }
    }
    let (day, month, year) = match (numbers.as_slice(), month) {
        // "4 March 2027" and "March 4, 2027" name the month, so the day is the other one.
        ([day, year], Some(month)) => (*day, month, *year),
        ([day, month, year], None) => (*day, i8::try_from(*month).ok()?, *year),
        _ => return None,
    };
    let is_year = (1900..=2999).contains(&year);
    Date::new(year, month, i8::try_from(day).ok()?).ok().filter(|_| is_year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Locale, day};

    #[test]
    fn day_is_read_as_it_is_shown() {
        let first: Date = "2026-01-31".parse().unwrap();
        for date in first.series(jiff::Span::new().days(17)).take(24) {
            for locale in Locale::ALL {
                let shown = day(date, locale);
                assert_eq!(super::date(&shown), Some(date), "{shown}");
            }
        }
    }
}
