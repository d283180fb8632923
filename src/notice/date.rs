//! Dates as people say them in each language, in the site's zone.
//!
//! Every form of a moment that a text may need is made at once ([`Moment::slot`]), because the
//! forms differ by more than their names: Finnish and Swedish bend the weekday. Deliberately
//! absent: a clock.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::{Value, json};

use crate::types::{Locale, day, short_day};

/// Weekdays from Monday on, as a heading names them.
const WEEKDAYS: [[&str; 7]; 4] = [
    ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ["maanantai", "tiistai", "keskiviikko", "torstai", "perjantai", "lauantai", "sunnuntai"],
    ["måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"],
];

/// What the weekday ends in where something happens on it.
const ON: [&str; 4] = ["", "", "na", "en"];

const fn row(locale: Locale) -> usize {
    match locale {
        Locale::De => 0,
        Locale::En => 1,
        Locale::Fi => 2,
        Locale::Sv => 3,
    }
}

fn pick<const N: usize>(table: &[[&'static str; N]; 4], locale: Locale, at: i8) -> &'static str {
    let at = usize::try_from(at).unwrap_or_default();
    table.get(row(locale)).and_then(|names| names.get(at)).copied().unwrap_or_default()
}

/// A moment in a zone and a language.
#[derive(Debug, Clone)]
pub struct Moment {
    at: Zoned,
    locale: Locale,
}

impl Moment {
    /// The moment `at` for readers in `zone`.
    #[must_use]
    pub fn new(at: Timestamp, zone: &TimeZone, locale: Locale) -> Self {
        Self { at: at.to_zoned(zone.clone()), locale }
    }

    fn weekday(&self) -> &'static str {
        pick(&WEEKDAYS, self.locale, Weekday::to_monday_zero_offset(self.at.weekday()))
    }

    /// Day and month: "21. November".
    #[must_use]
    pub fn short(&self) -> String {
        short_day(self.at.date(), self.locale)
    }

    /// Day, month and year: "21. November 2026".
    #[must_use]
    pub fn day(&self) -> String {
        day(self.at.date(), self.locale)
    }

    /// Weekday, day and month, as a heading: "Samstag, 21. November".
    #[must_use]
    pub fn heading(&self) -> String {
        let comma = if self.locale == Locale::De { "," } else { "" };
        format!("{}{comma} {}", self.weekday(), self.short())
    }

    fn with_weekday(&self, day: &str) -> String {
        let weekday = self.weekday();
        let end = ON.get(row(self.locale)).copied().unwrap_or_default();
        match self.locale {
            Locale::De => format!("{weekday}, {day}"),
            Locale::En | Locale::Fi => format!("{weekday}{end} {day}"),
            Locale::Sv => format!("{weekday}{end} den {day}"),
        }
    }

    /// The day on which something happens: "Samstag, 21. November 2026".
    #[must_use]
    pub fn on(&self) -> String {
        self.with_weekday(&self.day())
    }

    /// The same without its year, for subjects: "Freitag, 27. November".
    #[must_use]
    pub fn on_short(&self) -> String {
        self.before_midnight()
            .map_or_else(|| self.with_weekday(&self.short()), |day| day.with_weekday(&day.short()))
    }

    /// The hour: "10:00 Uhr".
    #[must_use]
    pub fn time(&self) -> String {
        let (hour, minute) = (self.at.hour(), self.at.minute());
        match self.locale {
            Locale::De => format!("{hour}:{minute:02} Uhr"),
            Locale::En => format!("{hour}:{minute:02}"),
            Locale::Fi => format!("klo {hour}.{minute:02}"),
            Locale::Sv => format!("kl. {hour}.{minute:02}"),
        }
    }

    /// Day and hour: "Samstag, 21. November 2026, 10:00 Uhr".
    #[must_use]
    pub fn full(&self) -> String {
        self.joined(&self.on(), &self.time())
    }

    fn joined(&self, day: &str, time: &str) -> String {
        match self.locale {
            Locale::De | Locale::En => format!("{day}, {time}"),
            Locale::Fi | Locale::Sv => format!("{day} {time}"),
        }
    }

    /// Midnight belongs to the day that it ends.
    fn before_midnight(&self) -> Option<Self> {
        let is_midnight = self.at.hour() == 0 && self.at.minute() == 0;
        let day = is_midnight.then(|| self.at.checked_sub(1.minute()).ok()).flatten()?;
        Some(Self { at: day, locale: self.locale })
    }

    /// A time to act by: "Freitag, 27. November 2026, 24 Uhr".
    #[must_use]
    pub fn until(&self) -> String {
        let Some(day) = self.before_midnight() else { return self.full() };
        match self.locale {
            Locale::De => format!("{}, 24 Uhr", day.on()),
            Locale::En => format!("the end of {}", day.on()),
            Locale::Fi => format!("{} klo 24", day.on()),
            Locale::Sv => format!("{} kl. 24", day.on()),
        }
    }

    /// How an attribution line says it: "21. November 2026 um 10:00 Uhr".
    #[must_use]
    pub fn wrote(&self) -> String {
        let (day, time) = (self.day(), self.time());
        match self.locale {
            Locale::De => format!("{day} um {time}"),
            Locale::En => format!("{day} at {time}"),
            Locale::Fi | Locale::Sv => format!("{day} {time}"),
        }
    }

    /// All forms that a text may name: `on`, `full`, `until`, `wrote`, `time`, `short`.
    #[must_use]
    pub fn slot(&self) -> Value {
        json!({
            "on": self.on(),
            "full": self.full(),
            "until": self.until(),
            "wrote": self.wrote(),
            "time": self.time(),
            "short": self.short(),
        })
    }
}

/// How long something waits: "seit 2 Stunden", "2 hours".
#[must_use]
pub fn age(since: Timestamp, now: Timestamp, locale: Locale) -> String {
    let minutes = now.as_second().saturating_sub(since.as_second()).max(0) / 60;
    let (count, unit) = match minutes {
        0..60 => (minutes.max(1), 0),
        60..2880 => (minutes / 60, 1),
        _ => (minutes / 1440, 2),
    };
    let names: [(&str, &str); 3] = match locale {
        Locale::De => [("einer Minute", "Minuten"), ("einer Stunde", "Stunden"), ("", "Tagen")],
        Locale::En => [("1 minute", "minutes"), ("1 hour", "hours"), ("", "days")],
        Locale::Fi => [("1 minuutti", "minuuttia"), ("1 tunti", "tuntia"), ("", "päivää")],
        Locale::Sv => [("1 minut", "minuter"), ("1 timme", "timmar"), ("", "dagar")],
    };
    let (one, many) = names.get(unit).copied().unwrap_or_default();
    let length = if count == 1 { one.to_owned() } else { format!("{count} {many}") };
    if locale == Locale::De { format!("seit {length}") } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str, locale: Locale) -> Moment {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        Moment::new(text.parse().unwrap(), &zone, locale)
    }

    #[test]
    fn end_of_a_day_is_said_as_such() {
        let said = |locale| moment("2026-11-27T23:00:00Z", locale).until();
        assert_eq!(said(Locale::De), "Freitag, 27. November 2026, 24 Uhr");
        assert_eq!(said(Locale::En), "the end of Friday 27 November 2026");
        assert_eq!(said(Locale::Fi), "perjantaina 27.11.2026 klo 24");
        assert_eq!(said(Locale::Sv), "fredagen den 27 november 2026 kl. 24");
        assert_eq!(moment("2026-11-27T23:00:00Z", Locale::De).on_short(), "Freitag, 27. November");
    }

    #[test]
    fn days_begin_in_the_sites_zone() {
        assert_eq!(moment("2026-11-20T23:30:00Z", Locale::De).on(), "Samstag, 21. November 2026");
        assert_eq!(
            moment("2026-07-01T08:05:00Z", Locale::Sv).full(),
            "onsdagen den 1 juli 2026 kl. 10.05"
        );
    }

    #[test]
    fn ages_have_their_plural() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let ago = |minutes: i64| age(now - minutes.minutes(), now, Locale::De);
        assert_eq!(ago(0), "seit einer Minute");
        assert_eq!(ago(60), "seit einer Stunde");
        assert_eq!(ago(47 * 60), "seit 47 Stunden");
        assert_eq!(ago(48 * 60), "seit 2 Tagen");
        assert_eq!(age(now - 2.hours(), now, Locale::Fi), "2 tuntia");
    }
}
