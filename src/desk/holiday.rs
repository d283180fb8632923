//! Public holidays of the sixteen German states, Finland and Sweden, by rule.
//!
//! Compared with the Python package `holidays` for 2024 to 2030 (`contrib/holidays`,
//! `tests/all/calendar.rs`). Deliberately absent: holidays of single towns, school holidays, days
//! that are only customary; a site names what it lacks under `closed`.

use std::ops::RangeInclusive;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

/// Whose holidays count: ISO 3166-2 in small letters, such as `de-nw`; a country where its parts
/// do not differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are codes of ISO 3166-2")]
pub enum Region {
    DeBb,
    DeBe,
    DeBw,
    DeBy,
    DeHb,
    DeHe,
    DeHh,
    DeMv,
    DeNi,
    DeNw,
    DeRp,
    DeSh,
    DeSl,
    DeSn,
    DeSt,
    DeTh,
    Fi,
    Se,
}

/// A public holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Holiday {
    NewYear,
    Epiphany,
    WomensDay,
    GoodFriday,
    EasterSunday,
    EasterMonday,
    LaborDay,
    LiberationDay,
    Ascension,
    Pentecost,
    WhitMonday,
    CorpusChristi,
    NationalDay,
    UprisingDay,
    MidsummerEve,
    Midsummer,
    Assumption,
    ChildrensDay,
    GermanUnity,
    Reformation,
    AllSaints,
    Repentance,
    Independence,
    ChristmasEve,
    Christmas,
    SecondChristmas,
}

/// How a holiday finds its date in a year.
#[derive(Debug, Clone, Copy)]
enum When {
    /// Month and day.
    Fixed(i8, i8),
    /// Days after Easter Sunday.
    Easter(i32),
    /// The first of this weekday on or after month and day.
    From(i8, i8, Weekday),
}

/// One holiday where and when it is one.
struct Rule {
    holiday: Holiday,
    when: When,
    years: RangeInclusive<i16>,
    regions: &'static [Region],
}

use Region::{
    DeBb, DeBe, DeBw, DeBy, DeHb, DeHe, DeHh, DeMv, DeNi, DeNw, DeRp, DeSh, DeSl, DeSn, DeSt, DeTh,
    Fi, Se,
};

const EVERYWHERE: &[Region] = &[
    DeBb, DeBe, DeBw, DeBy, DeHb, DeHe, DeHh, DeMv, DeNi, DeNw, DeRp, DeSh, DeSl, DeSn, DeSt, DeTh,
    Fi, Se,
];
const GERMANY: &[Region] = &[
    DeBb, DeBe, DeBw, DeBy, DeHb, DeHe, DeHh, DeMv, DeNi, DeNw, DeRp, DeSh, DeSl, DeSn, DeSt, DeTh,
];
const ALWAYS: RangeInclusive<i16> = 1995..=9999;

const fn rule(holiday: Holiday, when: When, regions: &'static [Region]) -> Rule {
    Rule { holiday, when, years: ALWAYS, regions }
}

const fn within(
    years: RangeInclusive<i16>,
    holiday: Holiday,
    when: When,
    regions: &'static [Region],
) -> Rule {
    Rule { holiday, when, years, regions }
}

/// The laws on holidays as they stand; a new one is a line here.
const RULES: &[Rule] = &[
    rule(Holiday::NewYear, When::Fixed(1, 1), EVERYWHERE),
    rule(Holiday::Epiphany, When::Fixed(1, 6), &[DeBw, DeBy, DeSt, Fi, Se]),
    within(2019..=9999, Holiday::WomensDay, When::Fixed(3, 8), &[DeBe]),
    within(2023..=9999, Holiday::WomensDay, When::Fixed(3, 8), &[DeMv]),
    rule(Holiday::GoodFriday, When::Easter(-2), EVERYWHERE),
    rule(Holiday::EasterSunday, When::Easter(0), &[DeBb, Fi, Se]),
    rule(Holiday::EasterMonday, When::Easter(1), EVERYWHERE),
    rule(Holiday::LaborDay, When::Fixed(5, 1), EVERYWHERE),
    within(2020..=2020, Holiday::LiberationDay, When::Fixed(5, 8), &[DeBe]),
    within(2025..=2025, Holiday::LiberationDay, When::Fixed(5, 8), &[DeBe]),
    rule(Holiday::Ascension, When::Easter(39), EVERYWHERE),
    rule(Holiday::Pentecost, When::Easter(49), &[DeBb, Fi, Se]),
    rule(Holiday::WhitMonday, When::Easter(50), GERMANY),
    rule(Holiday::CorpusChristi, When::Easter(60), &[DeBw, DeBy, DeHe, DeNw, DeRp, DeSl]),
    within(2005..=9999, Holiday::NationalDay, When::Fixed(6, 6), &[Se]),
    within(2028..=2028, Holiday::UprisingDay, When::Fixed(6, 17), &[DeBe]),
    rule(Holiday::MidsummerEve, When::From(6, 19, Weekday::Friday), &[Fi]),
    rule(Holiday::Midsummer, When::From(6, 20, Weekday::Saturday), &[Fi, Se]),
    rule(Holiday::Assumption, When::Fixed(8, 15), &[DeSl]),
    within(2019..=9999, Holiday::ChildrensDay, When::Fixed(9, 20), &[DeTh]),
    rule(Holiday::GermanUnity, When::Fixed(10, 3), GERMANY),
    within(2017..=2017, Holiday::Reformation, When::Fixed(10, 31), GERMANY),
    rule(Holiday::Reformation, When::Fixed(10, 31), &[DeBb, DeMv, DeSn, DeSt, DeTh]),
    within(2018..=9999, Holiday::Reformation, When::Fixed(10, 31), &[DeHb, DeHh, DeNi, DeSh]),
    rule(Holiday::AllSaints, When::Fixed(11, 1), &[DeBw, DeBy, DeNw, DeRp, DeSl]),
    rule(Holiday::AllSaints, When::From(10, 31, Weekday::Saturday), &[Fi, Se]),
    rule(Holiday::Repentance, When::From(11, 16, Weekday::Wednesday), &[DeSn]),
    rule(Holiday::Independence, When::Fixed(12, 6), &[Fi]),
    rule(Holiday::ChristmasEve, When::Fixed(12, 24), &[Fi]),
    rule(Holiday::Christmas, When::Fixed(12, 25), EVERYWHERE),
    rule(Holiday::SecondChristmas, When::Fixed(12, 26), EVERYWHERE),
];

impl Region {
    /// The holiday that `day` is here, if it is one.
    #[must_use]
    pub fn holiday(self, day: Date) -> Option<Holiday> {
        let falls = |rule: &&Rule| {
            rule.years.contains(&day.year())
                && rule.regions.contains(&self)
                && rule.when.date(day.year()) == Some(day)
        };
        RULES.iter().find(falls).map(|rule| rule.holiday)
    }
}

impl When {
    fn date(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Easter(days) => easter(year).checked_add(days.days()).ok(),
            Self::From(month, day, weekday) => {
                let first = Date::new(year, month, day).ok()?;
                let days = first.weekday().until(weekday);
                first.checked_add(i32::from(days).days()).ok()
            }
        }
    }
}

/// Easter Sunday of the Gregorian calendar (the rule of the Gregorian reform, 1582).
fn easter(year: i16) -> Date {
    let year = i32::from(year);
    let golden = year % 19;
    let century = year / 100;
    let sun = century / 4;
    let moon = (8 * century + 13) / 25;
    let epact = (19 * golden + century - sun - moon + 15) % 30;
    let late = epact / 28;
    let last = 29 / (epact + 1) * ((21 - golden) / 11);
    let full_moon = epact - late * (1 - late * last);
    let weekday = (year + year / 4 + full_moon + 2 - century + sun) % 7;
    let day = full_moon - weekday;
    let march = i16::try_from(year).ok().and_then(|year| Date::new(year, 3, 1).ok());
    march.and_then(|first| first.checked_add((day + 27).days()).ok()).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn easter_at_its_bounds() {
        for (year, day) in [
            (1818, date(1818, 3, 22)),
            (1943, date(1943, 4, 25)),
            (2000, date(2000, 4, 23)),
            (2024, date(2024, 3, 31)),
            (2038, date(2038, 4, 25)),
            (2285, date(2285, 3, 22)),
        ] {
            assert_eq!(easter(year), day);
        }
    }

    #[test]
    fn holidays_are_found_by_their_day() {
        assert_eq!(DeNw.holiday(date(2026, 6, 4)), Some(Holiday::CorpusChristi));
        assert_eq!(DeBe.holiday(date(2026, 6, 4)), None);
        assert_eq!(DeSn.holiday(date(2026, 11, 18)), Some(Holiday::Repentance));
    }
}
