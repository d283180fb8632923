//! When somebody gets digests, chosen by mail: how often, at which hour, of what.
//!
//! Deliberately absent: which notices come at once (`talk`), when a choice is due (`desk`).

use crate::desk::digest::{choices, next_after};
use crate::desk::{Desk, DigestChoice, Every, Person, RegisterChange, Scope};
use crate::ticket::command::{Outcome, fold, queue_of};
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::tell;
use crate::types::{PersonId, UnitId};

/// The words for each rhythm in every language; the first is how results name it.
const EVERY: [(Every, &[&str]); 4] = [
    (
        Every::Day,
        &["daily", "day", "täglich", "tag", "päivittäin", "päivä", "dagligen", "dag", "varje"],
    ),
    (
        Every::Week,
        &["weekly", "week", "wöchentlich", "woche", "viikoittain", "viikko", "veckovis", "vecka"],
    ),
    (
        Every::Month,
        &[
            "monthly",
            "month",
            "monatlich",
            "monat",
            "kuukausittain",
            "kuukausi",
            "månadsvis",
            "månad",
        ],
    ),
    (Every::Never, &["never", "nie", "niemals", "koskaan", "aldrig"]),
];

/// Words beside them that say nothing more.
const FILLERS: [&str; 14] = [
    "um", "uhr", "at", "klo", "kl", "jeden", "jede", "every", "ei", "joka", "von", "of", "am", "h",
];

/// The word for a rhythm that results use.
const fn shown(every: Every) -> &'static str {
    match every {
        Every::Day => "daily",
        Every::Week => "weekly",
        Every::Month => "monthly",
        Every::Never => "never",
    }
}

/// The digest that an argument names: one word for how often, perhaps an hour, perhaps of what.
#[must_use]
pub fn rhythm_of(desk: &Desk, argument: &str) -> Option<DigestChoice> {
    let mut every = None;
    let mut choice = DigestChoice::default();
    for word in argument.split([' ', ',']).filter(|word| !word.is_empty()) {
        let bare = word.trim_end_matches(['.', ';', '!']);
        if let Some(named) = every_of(bare) {
            every = Some(named);
        } else if let Some(hour) = hour_of(bare) {
            choice.hour = Some(hour);
        } else if let Some(scope) = scope_of(desk, bare) {
            choice.scope = scope;
        } else if !FILLERS.contains(&bare.to_lowercase().as_str()) {
            return None;
        }
    }
    every.map(|every| DigestChoice { every, ..choice })
}

fn every_of(word: &str) -> Option<Every> {
    let forms = fold::forms(word);
    let is = |name: &str| fold::is_same(&forms, &fold::forms(name));
    EVERY.iter().find(|(_, words)| words.iter().any(|name| is(name))).map(|(every, _)| *every)
}

/// `7`, `7:00`, `7.00` or `7h`: whole hours of a day.
fn hour_of(word: &str) -> Option<i8> {
    let word = word.strip_suffix('h').unwrap_or(word);
    let hour = word
        .split_once([':', '.'])
        .map_or(Some(word), |(hour, minutes)| (minutes == "00").then_some(hour))?;
    hour.parse().ok().filter(|hour| (0..=23).contains(hour))
}

fn scope_of(desk: &Desk, word: &str) -> Option<Scope> {
    if let Ok(scope) = Scope::try_from(word.to_lowercase()) {
        return Some(scope);
    }
    if desk.register.unit(&UnitId::new(word)).is_some() {
        return Some(Scope::Unit(UnitId::new(word)));
    }
    queue_of(desk, word).ok().map(Scope::Queue)
}

/// Whether a person may read how things stand there: what the person serves, what the person
/// coordinates, everything where the person looks after the site; and what was granted before.
fn may_read(desk: &Desk, person: &Person, scope: &Scope) -> bool {
    let register = &desk.register;
    let coordinates =
        |unit: &UnitId| register.units_up(unit).any(|up| up.coordinators.contains(&person.id));
    match scope {
        Scope::Own => true,
        Scope::Queue(queue) => {
            let unit = register.queue(queue).and_then(|queue| queue.unit.as_ref());
            register.access(&person.id, queue).is_some() || unit.is_some_and(coordinates)
        }
        Scope::Unit(unit) => coordinates(unit),
        Scope::All => {
            let mut granted = person.digests.iter();
            granted.any(|choice| choice.scope == Scope::All)
                || tell::coordinators(desk, desk.dispatcher())
                    .iter()
                    .any(|(id, _)| id == &person.id)
        }
    }
}

/// Changes when a person gets the digest of a scope; the others stay.
pub fn choose_rhythm(draft: &mut Draft<'_>, person: &PersonId, choice: DigestChoice) -> Outcome {
    let desk = draft.desk;
    let Some(known) = desk.register.person(person) else {
        return Outcome::plain(ResultKind::NotAllowed);
    };
    if !may_read(desk, known, &choice.scope) {
        return Outcome::plain(ResultKind::NotAllowed);
    }
    let detail = detail(desk, &choice);
    let mut digests: Vec<DigestChoice> = choices(known).to_vec();
    let empty = digests.iter().any(|one| one.scope == choice.scope && one.empty);
    digests.retain(|one| one.scope != choice.scope);
    let is_gone = choice.every == Every::Never && choice.scope != Scope::Own;
    if !is_gone {
        digests.insert(0, DigestChoice { empty, ..choice });
    }
    let changed = Person { digests, ..known.clone() };
    if changed == *known {
        return Outcome::plain(ResultKind::Already);
    }
    if let Some(at) = next_after(desk, &changed, draft.now) {
        draft.arm_digest(person, at);
    }
    draft.enroll(RegisterChange::Person(changed));
    Outcome::of(ResultKind::NotifySet, detail)
}

fn detail(desk: &Desk, choice: &DigestChoice) -> String {
    let hour = choice.hour.unwrap_or(desk.site.digest_hour);
    let hour = (choice.every != Every::Never).then(|| format!("{hour}:00"));
    let scope = (choice.scope != Scope::Own).then(|| choice.scope.to_string());
    let parts = [Some(format!("digest {}", shown(choice.every))), hour, scope];
    parts.into_iter().flatten().collect::<Vec<String>>().join(", ")
}
