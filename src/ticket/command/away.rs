//! The family of talk, third part: who is not there, until when, and who stands in.
//!
//! While somebody is away, what waits for that person goes to who stands in; where nobody does, it
//! stands in the digests of those who may write there. Deliberately absent: automatic replies of
//! mail programs, which are no word of their owner's (`mail::automatic`).

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::{Absence, Person, RegisterChange};
use crate::ticket::case::Missing;
use crate::ticket::command::{self, Act, Argument, By, Keyword, Outcome, Plain, Undo, day, fold};
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Effect, Timer};
use crate::ticket::matter::ResultKind;
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
    let is_until = words.iter().any(|word| is_in(&UNTIL, word));
    let days = days.trim();
    if !says || !is_until || days.is_empty() || text.contains('?') {
        return None;
    }
    Some(if deputy.is_empty() { days.to_owned() } else { format!("{days}, deputy {deputy}") })
}

const UNTIL: [&str; 6] = ["bis", "until", "till", "til", "asti", "saakka"];

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

/// What an argument says: the last day, and who stands in.
fn read(
    draft: &Draft<'_>,
    argument: &str,
) -> Result<(Date, Option<PersonId>), (ResultKind, String)> {
    let (days, deputy) = parts(argument);
    let day = day::parse(&days, command::today(draft));
    let day = day.ok_or((ResultKind::NoDay, String::new()))?;
    if deputy.is_empty() {
        return Ok((day, None));
    }
    match people::find(&draft.desk.register, &deputy) {
        Named::One(person) => Ok((day, Some(person))),
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

/// Notes that somebody is away, to the end of the day that an argument names.
pub fn leave(draft: &mut Draft<'_>, person: &PersonId, argument: &str) -> Outcome {
    let (day, deputy) = match read(draft, argument) {
        Ok(read) => read,
        Err((kind, detail)) => return Outcome::of(kind, detail),
    };
    let zone = draft.desk.site.time_zone.clone();
    let ends = day.tomorrow().ok().and_then(|day| day.to_zoned(zone).ok());
    let (Some(ends), Some(known)) = (ends, draft.register().person(person).cloned()) else {
        return Outcome::plain(ResultKind::NoDay);
    };
    let until = ends.timestamp();
    let deputy = deputy.filter(|deputy| deputy != person);
    let name = deputy.as_ref().map(|deputy| draft.desk.register.name_of(deputy));
    let absence = Some(Absence { until, deputy });
    if known.absence == absence {
        return Outcome::plain(ResultKind::Already);
    }
    draft.enroll(RegisterChange::Person(Person { absence, ..known }));
    draft.push(Effect::Arm(Timer::Return(person.clone()), until));
    let outcome = Outcome::until(ResultKind::Away, until);
    Outcome { detail: name.unwrap_or_default(), ..outcome }
}

/// Notes that somebody is there again.
pub fn end(draft: &mut Draft<'_>, person: &PersonId) -> Outcome {
    let register = draft.register();
    let Some(known) = register.person(person) else {
        return Outcome::plain(ResultKind::NotAllowed);
    };
    if known.absence.is_none() {
        return Outcome::plain(ResultKind::Already);
    }
    draft.enroll(RegisterChange::Person(Person { absence: None, ..known.clone() }));
    Outcome::plain(ResultKind::Back)
}

/// The last day is over on which somebody is away; nothing where the person said another since.
pub fn returns(draft: &mut Draft<'_>, person: &PersonId, now: Timestamp) {
    let known = draft.desk.register.person(person);
    let is_over =
        known.and_then(|known| known.absence.as_ref()).is_some_and(|one| one.until <= now);
    if let Some(known) = known.filter(|_| is_over) {
        draft.enroll(RegisterChange::Person(Person { absence: None, ..known.clone() }));
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
            ("Jag är borta till 3 december, ersättare Lena", "till 3 december, deputy Lena"),
        ] {
            let found = stated(text);
            assert_eq!(found.as_deref(), Some(argument), "{text}");
        }
        for text in ["Bist du bis Freitag weg?", "close 17", "Ich bin im Urlaub", "bis Freitag"] {
            assert_eq!(stated(text), None, "{text}");
        }
    }
}
