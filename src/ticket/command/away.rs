//! The family of talk, third part: who is not there, until when, and who stands in.
//!
//! While somebody is away, what waits for that person goes to who stands in; where nobody does, it
//! stands in the digests of those who may write there. An absence to come is kept until its first
//! day. Deliberately absent: automatic replies of
//! mail programs, which are no word of their owner's (`mail::automatic`).

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::{Absence, Person, RegisterChange};
use crate::ticket::case::Missing;
use crate::ticket::command::{
    self, Act, Argument, Aside, By, Keyword, Outcome, Plain, Undo, day, fold,
};
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Effect, Timer};
use crate::ticket::matter::{ResultKind, Stand};
use crate::ticket::procedure::people::{self, Named};
use crate::types::PersonId;

/// The keyword that says so.
pub const AWAY: &str = "away";
/// The keyword that ends it.
pub const BACK: &str = "back";

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: AWAY,
        names: [
            &["abwesend", "urlaub", "weg"],
            &["away", "absent", "vacation"],
            &["poissa", "lomalla"],
            &["borta", "frånvarande"],
        ],
        argument: Argument::Absence,
        undo: Undo::Again,
        help: [
            "bis zu einem Tag, vielleicht mit „Vertretung“ und einem Namen",
            "until a day, perhaps with \"deputy\" and a name",
            "johonkin päivään asti, ehkä ”sijainen” ja nimi",
            "till en dag, kanske med ”ersättare” och ett namn",
        ],
        run: away,
        ..Keyword::BASE
    },
    Keyword {
        name: BACK,
        names: [&["zurück", "wieder-da"], &["back"], &["palasin", "takaisin"], &["tillbaka"]],
        undo: Undo::Again,
        plain: Plain::Asked,
        help: [
            "du bist wieder da, früher als gesagt",
            "you are here again, earlier than you said",
            "olet taas paikalla, aiemmin kuin ilmoitit",
            "du är här igen, tidigare än du sa",
        ],
        run: back,
        ..Keyword::BASE
    },
];

/// Words before the name of who stands in.
const DEPUTY: [&str; 14] = [
    "vertretung",
    "vertritt",
    "vertreten",
    "vertreterin",
    "vertreter",
    "deputy",
    "cover",
    "covers",
    "substitute",
    "sijainen",
    "sijaisena",
    "ersättare",
    "vikarie",
    "stand-in",
];
/// Words by which a sentence says that its author is away, besides the names of the keyword.
const SAYS: [&str; 12] = [
    "abwesend",
    "urlaub",
    "verreist",
    "away",
    "vacation",
    "holiday",
    "office",
    "poissa",
    "lomalla",
    "borta",
    "frånvarande",
    "semester",
];
/// Words of such a sentence that say nothing of the day.
const ASIDE: [&str; 31] = [
    "ich",
    "bin",
    "nicht",
    "da",
    "i",
    "am",
    "im",
    "on",
    "out",
    "of",
    "the",
    "not",
    "here",
    "will",
    "be",
    "werde",
    "sein",
    "olen",
    "jag",
    "är",
    "på",
    "ist",
    "durch",
    "through",
    "including",
    "einschließlich",
    "wieder",
    "also",
    "und",
    "and",
    "inklusive",
];

fn is_in(table: &[&str], word: &str) -> bool {
    let forms = fold::forms(word.trim_matches(|c: char| !c.is_alphanumeric()));
    table.iter().any(|known| fold::is_same(&forms, &fold::forms(known)))
}

/// A sentence that says that its author is away until a day, as an argument of the keyword.
#[must_use]
pub fn stated(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let says = words.iter().any(|word| is_in(&SAYS, word));
    let (days, deputy) = parts(text);
    let is_range = words.iter().any(|word| is_in(&FROM, word))
        && words.iter().any(|word| is_in(&BETWEEN, word));
    let is_until = is_range || words.iter().any(|word| is_in(&UNTIL, word));
    let days = days.trim();
    if !says || !is_until || days.is_empty() || text.contains('?') {
        return None;
    }
    Some(if deputy.is_empty() { days.to_owned() } else { format!("{days}, deputy {deputy}") })
}

const UNTIL: [&str; 6] = ["bis", "until", "till", "til", "asti", "saakka"];
/// Words beside the first day.
const FROM: [&str; 8] = ["vom", "von", "ab", "from", "starting", "från", "alkaen", "lähtien"];
/// Words between the first day and the last.
const BETWEEN: [&str; 9] = ["bis", "until", "till", "til", "to", "–", "-", "alkaen", "lähtien"];

/// The first day, if it names one, and the last, seen from `today`.
fn range(days: &str, today: Date) -> Option<(Option<Date>, Date)> {
    let spaced = days.replace('–', " – ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let between = words.iter().position(|word| *word == "–" || is_in(&BETWEEN, word));
    let (before, behind) = words.split_at(between.unwrap_or_default());
    let before: Vec<&str> = before.iter().filter(|word| !is_in(&FROM, word)).copied().collect();
    if before.is_empty() {
        return Some((None, day::parse(days, today)?));
    }
    let behind = behind.get(1..).unwrap_or_default().join(" ");
    if let Some(first) = day::parse(&before.join(" "), today) {
        return Some((Some(first), day::parse(&behind, first)?));
    }
    // "vom 3. bis 12. Dezember": the month is the last day's.
    let last = day::parse(&behind, today)?;
    let [number] = before.as_slice() else { return None };
    let number: i8 = number.trim_end_matches('.').parse().ok()?;
    let first = Date::new(last.year(), last.month(), number).ok();
    let first = first.filter(|first| (today..=last).contains(first))?;
    Some((Some(first), last))
}

/// The words for the day, and those for who stands in.
fn parts(argument: &str) -> (String, String) {
    let words: Vec<&str> = argument.split_whitespace().collect();
    let at = words.iter().position(|word| is_in(&DEPUTY, word));
    let (days, names) = words.split_at(at.unwrap_or(words.len()));
    let is_day = |word: &&&str| !is_in(&SAYS, word) && !is_in(&ASIDE, word);
    let days: Vec<&str> = days.iter().filter(is_day).copied().collect();
    let names: Vec<&str> =
        names.iter().skip(1).filter(|word| !is_in(&ASIDE, word)).copied().collect();
    let trim = |text: String| text.trim_matches([',', ';', ':', '(', ')', ' ', '.']).to_owned();
    let days = days.join(" ");
    (days.trim_matches([',', ';', ':', '(', ')', ' ']).to_owned(), trim(names.join(" ")))
}

/// What an argument says: the days, and who stands in.
struct Said {
    /// The first day, where it is to come.
    first: Option<Date>,
    last: Date,
    deputy: Option<PersonId>,
}

fn read(draft: &Draft<'_>, argument: &str) -> Result<Said, (ResultKind, String)> {
    let (days, deputy) = parts(argument);
    let today = command::today(draft);
    let (first, last) = range(&days, today).ok_or((ResultKind::NoDay, String::new()))?;
    let first = first.filter(|first| *first > today);
    if deputy.is_empty() {
        return Ok(Said { first, last, deputy: None });
    }
    match people::find(&draft.desk.register, &deputy) {
        Named::One(person) => Ok(Said { first, last, deputy: Some(person) }),
        Named::Nobody(near) => {
            let names: Vec<String> =
                near.iter().map(|id| draft.desk.register.name_of(id)).collect();
            Err((ResultKind::NoPerson, names.join(", ")))
        }
    }
}

/// Whether an argument says until when, and names nobody unknown.
///
/// # Errors
/// Which sentence says what is wrong, and the names that are near.
pub(super) fn check(draft: &Draft<'_>, argument: &str) -> Result<(), (ResultKind, String)> {
    read(draft, argument).map(|_| ())
}

fn away(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    Ok(leave(draft, person, act.argument))
}

fn back(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    Ok(end(draft, person))
}

/// Notes that somebody is away, to the end of the last day that an argument names, and from the
/// begin of the first if that is to come.
pub fn leave(draft: &mut Draft<'_>, person: &PersonId, argument: &str) -> Outcome {
    let Said { first, last, deputy } = match read(draft, argument) {
        Ok(said) => said,
        Err((kind, detail)) => return Outcome::of(kind, detail),
    };
    let begin = |day: Date| {
        let zone = draft.desk.site.time_zone.clone();
        day.to_zoned(zone).ok().map(|at| at.timestamp())
    };
    let until = last.tomorrow().ok().and_then(begin);
    let (Some(until), Some(known)) = (until, draft.register().person(person).cloned()) else {
        return Outcome::plain(ResultKind::NoDay);
    };
    let deputy = deputy.filter(|deputy| deputy != person);
    let name = deputy.as_ref().map(|deputy| draft.desk.register.name_of(deputy));
    let detail = name.unwrap_or_default();
    let absence = Absence { until, deputy };
    if let Some(from) = first.and_then(begin) {
        let next_absence = Some((from, absence));
        if known.next_absence == next_absence {
            return Outcome::plain(ResultKind::Already);
        }
        draft.enroll(RegisterChange::Person(Person { next_absence, ..known }));
        draft.push(Effect::Arm(Timer::Return(person.clone()), from));
        let aside = Aside { stands: vec![Stand::From(from)], ..Aside::NONE };
        let outcome = Outcome::until(ResultKind::AwayLater, until);
        return Outcome { detail, ..outcome }.with(aside);
    }
    let absence = Some(absence);
    if known.absence == absence {
        return Outcome::plain(ResultKind::Already);
    }
    draft.enroll(RegisterChange::Person(Person { absence, ..known }));
    draft.push(Effect::Arm(Timer::Return(person.clone()), until));
    let outcome = Outcome::until(ResultKind::Away, until);
    Outcome { detail, ..outcome }
}

/// Notes that somebody is there again, or will be there after all.
pub fn end(draft: &mut Draft<'_>, person: &PersonId) -> Outcome {
    let register = draft.register();
    let Some(known) = register.person(person).cloned() else {
        return Outcome::plain(ResultKind::NotAllowed);
    };
    if known.absence.is_some() {
        draft.enroll(RegisterChange::Person(Person { absence: None, ..known }));
    } else if known.next_absence.is_some() {
        draft.enroll(RegisterChange::Person(Person { next_absence: None, ..known }));
    } else {
        return Outcome::plain(ResultKind::Already);
    }
    Outcome::plain(ResultKind::Back)
}

/// The last day is over on which somebody is away, or the first begins; nothing where the person
/// said another since.
pub fn returns(draft: &mut Draft<'_>, person: &PersonId, now: Timestamp) {
    let Some(known) = draft.desk.register.person(person).cloned() else { return };
    let mut person = known.clone();
    person.absence = known.absence.clone().filter(|one| now < one.until);
    if let Some((_, absence)) = known.next_absence.clone().filter(|(from, _)| *from <= now) {
        person.next_absence = None;
        if now < absence.until {
            draft.push(Effect::Arm(Timer::Return(person.id.clone()), absence.until));
            person.absence = Some(absence);
        }
    }
    if person != known {
        draft.enroll(RegisterChange::Person(person));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_until_when_and_who_stands_in() {
        for (text, argument) in [
            ("I am away until 3 december", "until 3 december"),
            (
                "Ich bin bis 3. Dezember im Urlaub, Vertretung: Bernd.",
                "bis 3. Dezember, deputy Bernd",
            ),
            ("I am out of office until Friday, Bernd Beispiel", "until Friday, Bernd Beispiel"),
            ("Olen poissa 3.12. asti", "3.12. asti"),
            ("I am away from 3 December to 12 December", "from 3 December to 12 December"),
            ("Jag är borta till 3 december, ersättare Lena", "till 3 december, deputy Lena"),
        ] {
            let found = stated(text);
            assert_eq!(found.as_deref(), Some(argument), "{text}");
        }
        let today: Date = "2026-11-24".parse().unwrap();
        for text in [
            "from 3 December until 12 December",
            "vom 3. Dezember bis zum 12. Dezember",
            "vom 3. bis 12. Dezember",
            "3.12.–12.12.",
            "3.12. alkaen 12.12. asti",
            "från 3 december till 12 december",
        ] {
            let [first, last] = ["2026-12-03", "2026-12-12"].map(|day| day.parse().unwrap());
            assert_eq!(range(text, today), Some((Some(first), last)), "{text}");
        }
        assert_eq!(range("bis 3.12.", today), Some((None, "2026-12-03".parse().unwrap())));
        assert_eq!(range("vom 12. bis 3. Dezember", today), None);
        for text in ["Bist du bis Freitag weg?", "close 17", "Ich bin im Urlaub", "bis Freitag"] {
            assert_eq!(stated(text), None, "{text}");
        }
    }
}
