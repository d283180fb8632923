//! Days and the names of months as people say them, for those who write dates and those who read
//! them.

use jiff::civil::Date;

use crate::types::Locale;

/// In the order of [`Locale::ALL`]. Finnish bends them behind a day.
const MONTHS: [[&str; 12]; 4] = [
    [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "tammikuuta",
        "helmikuuta",
        "maaliskuuta",
        "huhtikuuta",
        "toukokuuta",
        "kesäkuuta",
        "heinäkuuta",
        "elokuuta",
        "syyskuuta",
        "lokakuuta",
        "marraskuuta",
        "joulukuuta",
    ],
    [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
];

/// The names in a language, from January on.
#[must_use]
pub const fn months(locale: Locale) -> &'static [&'static str; 12] {
    let [de, en, fi, sv] = &MONTHS;
    match locale {
        Locale::De => de,
        Locale::En => en,
        Locale::Fi => fi,
        Locale::Sv => sv,
    }
}

/// Day and month: "21. November".
#[must_use]
pub fn short_day(date: Date, locale: Locale) -> String {
    let at = usize::try_from(date.month() - 1).unwrap_or_default();
    let (day, month) = (date.day(), months(locale).get(at).copied().unwrap_or_default());
    match locale {
        Locale::De => format!("{day}. {month}"),
        Locale::En | Locale::Sv => format!("{day} {month}"),
        Locale::Fi => format!("{day}.{}.", date.month()),
    }
}

/// Day, month and year: "21. November 2026".
#[must_use]
pub fn day(date: Date, locale: Locale) -> String {
    let (short, year) = (short_day(date, locale), date.year());
    match locale {
        Locale::De | Locale::En | Locale::Sv => format!("{short} {year}"),
        Locale::Fi => format!("{short}{year}"),
    }
}

/// The number of the month, from 1 on, whose name in some language is one of these.
#[must_use]
pub fn month_number(is_named: impl Fn(&str) -> bool) -> Option<i8> {
    let found = MONTHS.iter().find_map(|names| names.iter().position(|name| is_named(name)))?;
    i8::try_from(found + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn month_has_its_number_in_every_language() {
        for locale in Locale::ALL {
            for (name, number) in months(locale).iter().zip(1..) {
                assert_eq!(month_number(|known| known == *name), Some(number), "{name}");
            }
        }
        assert_eq!(month_number(|_| false), None);
    }
}
