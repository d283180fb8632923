//! The keyword for breaches of the rules: a warning, a note, a suspension, and what ends them.
//!
//! A line names whom it is about, perhaps a word for what becomes of it, a colon and the reason; on
//! a ticket the name may be missing where only one person can be meant. Nobody is meant by a
//! misspelled name. Deliberately absent: what a breach leads to (`ticket::breach`).

use jiff::Timestamp;

use crate::desk::breach::{Level, RIGHT};
use crate::desk::{Desk, Register};
use crate::ticket::breach::{self, Charge, End};
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Argument, By, Keyword, Outcome, Undo, day, fold, site};
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::procedure::people::{self, Named};
use crate::types::{PersonId, TicketId};

/// The keyword for breaches of the rules.
pub const WARN: &str = "warn";

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[Keyword {
    name: WARN,
    names: [
        &["verwarne", "verwarnen", "verwarnung", "regelverstoß"],
        &["warn", "warning", "breach"],
        &["huomauta", "huomautus", "varoita"],
        &["varna", "varning"],
    ],
    right: Some(RIGHT),
    argument: Argument::Charge,
    undo: Undo::Inside,
    help: [
        "und name: Grund; Vermerk, zurückgezogen, ruht bis oder zurück",
        "and name: reason; or note, withdrawn, suspended until, back",
        "ja nimi: syy; myös merkintä, peruttu, tauolla asti, takaisin",
        "och namn: skäl; även notis, återtagen, vilar till, tillbaka",
    ],
    run: warn,
    ..site::BASE
}];

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Record(Level),
    End(End),
}

/// Words for what becomes of it, besides a warning.
const DEEDS: [(Deed, &[&str]); 4] = [
    (
        Deed::Record(Level::Note),
        &["vermerk", "notiz", "note", "noted", "merkintä", "notis", "anteckning"],
    ),
    (
        Deed::Record(Level::Suspension),
        &[
            "ruht",
            "ruhen",
            "pausiert",
            "pause",
            "suspend",
            "suspended",
            "suspension",
            "tauolla",
            "tauko",
            "keskeytä",
            "vilar",
            "vila",
            "paus",
            "stäng",
        ],
    ),
    (
        Deed::End(End::Withdraw),
        &[
            "zurückgezogen",
            "zurückgenommen",
            "zurückziehen",
            "zurücknehmen",
            "withdrawn",
            "withdraw",
            "peruttu",
            "perutaan",
            "återtagen",
            "återkallad",
            "återta",
        ],
    ),
    (
        Deed::End(End::Return),
        &[
            "zurück",
            "wieder-da",
            "frei",
            "back",
            "return",
            "returns",
            "restore",
            "takaisin",
            "palautettu",
            "tillbaka",
            "åter",
        ],
    ),
];

fn deed_of(word: &str) -> Option<Deed> {
    let forms = fold::forms(word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-'));
    let is = |words: &[&str]| words.iter().any(|word| fold::is_same(&forms, &fold::forms(word)));
    DEEDS.iter().find_map(|(deed, words)| is(words).then_some(*deed))
}

/// A line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    /// Whom it names; nobody where its colon stands first.
    person: Option<PersonId>,
    deed: Deed,
    /// What stands behind the word for that: a day, or the name of a rule text.
    rest: String,
    reason: String,
}

/// The head of a line and the reason behind its colon.
fn split(argument: &str) -> (&str, Option<&str>) {
    let is_colon = |(at, c): &(usize, char)| {
        let behind = argument.get(at + c.len_utf8()..).unwrap_or_default();
        matches!(c, ':' | '\u{ff1a}') && !behind.starts_with(|c: char| c.is_ascii_digit())
    };
    let Some((at, colon)) = argument.char_indices().find(is_colon) else { return (argument, None) };
    let head = argument.get(..at).unwrap_or_default();
    (head.trim(), argument.get(at + colon.len_utf8()..).map(str::trim))
}

/// Somebody by the whole address, id or name, or by words of a name that only one has.
fn exact(register: &Register, text: &str) -> Option<PersonId> {
    let text = text.trim().trim_end_matches([',', ';', '.']);
    let Named::One(id) = people::find(register, text) else { return None };
    let person = register.person(&id)?;
    if people::address_in(text).is_some() {
        let is_alone = !text.trim_matches(['<', '>']).contains(char::is_whitespace);
        return is_alone.then_some(id);
    }
    let same = |one: &str, other: &str| fold::is_same(&fold::forms(one), &fold::forms(other));
    let in_name = |word: &str| person.name.split_whitespace().any(|known| same(known, word));
    let is_it = same(text, person.id.as_str()) || text.split_whitespace().all(in_name);
    is_it.then_some(id)
}

/// The person at the begin of some words, and the words behind.
fn person_first<'a>(register: &Register, words: &[&'a str]) -> Option<(PersonId, Vec<&'a str>)> {
    (1..=words.len()).rev().find_map(|count| {
        let (named, rest) = words.split_at_checked(count)?;
        Some((exact(register, &named.join(" "))?, rest.to_vec()))
    })
}

/// Takes a line apart.
///
/// # Errors
/// What is wrong with it.
fn read(desk: &Desk, argument: &str) -> Result<Line, Box<Outcome>> {
    let (head, reason) = split(argument.trim());
    let words: Vec<&str> = head.split_whitespace().collect();
    let (person, rest) = match person_first(&desk.register, &words) {
        Some((person, rest)) => (Some(person), rest),
        None if words.first().is_none_or(|word| deed_of(word).is_some()) => (None, words),
        None => return Err(Box::new(nobody(desk, head))),
    };
    let deed = rest.first().and_then(|word| deed_of(word));
    let behind = rest.get(usize::from(deed.is_some())..).unwrap_or_default().join(" ");
    let deed = deed.unwrap_or(Deed::Record(Level::Warning));
    Ok(match reason {
        Some(reason) => Line { person, deed, rest: behind, reason: reason.to_owned() },
        // Without a colon, what stands behind the name and the word is the reason, but of a day.
        None if deed == Deed::Record(Level::Suspension) => {
            Line { person, deed, rest: behind, reason: String::new() }
        }
        None => Line { person, deed, rest: String::new(), reason: behind },
    })
}

/// Nobody is named who is known; the nearest names.
fn nobody(desk: &Desk, head: &str) -> Outcome {
    let words: Vec<&str> = head.split_whitespace().take(2).collect();
    let near = match people::find(&desk.register, &words.join(" ")) {
        Named::One(id) => vec![id],
        Named::Nobody(near) => near,
    };
    let names: Vec<String> = near.iter().map(|id| desk.register.name_of(id)).collect();
    Outcome::of(ResultKind::NoPerson, names.join(", "))
}

/// Who can be meant on a ticket: whose breach it is about; else who wrote last, from outside or in
/// answer, as far as known here, and not who says it.
fn meant(draft: &Draft<'_>, id: TicketId, by: &PersonId) -> Result<Vec<PersonId>, Missing> {
    let register = draft.register();
    if let Some(breach) = register.breach(id) {
        return Ok(vec![breach.person.clone()]);
    }
    if id == TicketId(0) {
        return Ok(Vec::new());
    }
    let Some(ticket) = draft.ticket(id)? else { return Ok(Vec::new()) };
    let wrote = ticket.last_received.as_ref().map(|last| &last.from);
    let from = wrote.and_then(|from| register.person_at(&from.address)).map(|one| one.id.clone());
    let answered = ticket.last_answer.as_ref().map(|(_, person)| person.clone());
    let mut people: Vec<PersonId> = from.into_iter().chain(answered).collect();
    people.retain(|person| person != by);
    people.dedup();
    Ok(people)
}

/// The end of the day that words name, if it is still to come.
fn until(draft: &Draft<'_>, words: &str) -> Option<Timestamp> {
    let today = super::today(draft);
    let last = day::parse(words, today).filter(|day| *day >= today)?;
    let zone = draft.desk.site.time_zone.clone();
    last.tomorrow().ok()?.to_zoned(zone).ok().map(|ends| ends.timestamp())
}

/// The short name of the rule text that words name, the site's where there are none.
fn text(desk: &Desk, words: &str) -> Option<String> {
    if words.trim().is_empty() {
        return Some(desk.site.breaches.text.clone());
    }
    let forms = fold::forms(words);
    let is = |name: &str| fold::is_same(&forms, &fold::forms(name));
    let mut texts = desk.register.texts();
    let found = texts.find(|text| is(&text.name) || text.title.values().any(|title| is(title)));
    found.map(|text| text.name.clone())
}

fn warn(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(by) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let line = match read(draft.desk, act.argument) {
        Ok(line) => line,
        Err(outcome) => return Ok(*outcome),
    };
    let person = match line.person {
        Some(person) => person,
        None => match meant(draft, act.id, by)?.as_slice() {
            [one] => one.clone(),
            several => {
                let names: Vec<String> =
                    several.iter().map(|id| draft.desk.register.name_of(id)).collect();
                return Ok(Outcome::of(ResultKind::WhoIsMeant, names.join(", ")));
            }
        },
    };
    let level = match line.deed {
        Deed::End(end) => return breach::end(draft, act, (&person, end), &line.reason),
        Deed::Record(level) => level,
    };
    let is_rest = level == Level::Suspension;
    let until = if is_rest { until(draft, &line.rest) } else { None };
    if is_rest && until.is_none() {
        return Ok(Outcome::plain(ResultKind::NoDay));
    }
    if line.reason.is_empty() {
        return Ok(Outcome::plain(ResultKind::NoReason));
    }
    let rule = text(draft.desk, if is_rest { "" } else { &line.rest });
    let Some(text) = rule else { return Ok(Outcome::of(ResultKind::NoRule, line.rest)) };
    breach::record(draft, act, &Charge { person, level, text, reason: line.reason, until })
}
