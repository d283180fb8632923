//! The family of the site: mail that was set aside, and addresses that get no automatic mail.
//!
//! Only coordinators use them, those who may write in the dispatcher's queue, from any mail of
//! theirs; each use stands in the audit. Deliberately absent: what a report says (`quarantine`,
//! `breaker`).

use crate::desk::{Access, Desk, readership};
use crate::ticket::breaker;
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, Argument, By, Family, Keyword, Outcome, Undo, fold, queue_of};
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Deed, Effect, Errand, Timer};
use crate::ticket::erasing;
use crate::ticket::matter::ResultKind;
use crate::ticket::proof::Purpose;
use crate::ticket::quarantine::{self, SetAside};
use crate::ticket::{later, tell};
use crate::types::{PersonId, Position, QueueName};

/// Messages that one line may name.
const MESSAGES_MAX: usize = 50;
/// Words for all of them, folded.
const ALL: [&str; 6] = ["all", "alle", "alles", "kaikki", "alla", "allt"];

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "retry",
        names: [&["erneut", "nochmal"], &["retry"], &["uudelleen"], &["igen", "försök"]],
        undo: Undo::Never,
        help: [
            "und q1-32: liest die Mail, die beiseite liegt, noch einmal; auch „alle“",
            "and q1-32: reads the mail that lies aside once more; also \"all\"",
            "ja q1-32: lukee sivussa olevan viestin uudelleen; myös ”kaikki”",
            "och q1-32: läser om mejlet som ligger åt sidan; även ”alla”",
        ],
        run: retry,
        ..BASE
    },
    Keyword {
        name: "file",
        names: [&["ablegen"], &["file"], &["kirjaa"], &["arkivera"]],
        undo: Undo::Never,
        help: [
            "und q1-32 in kontakt: macht daraus ein Ticket, ohne jede Automatik",
            "and q1-32 in kontakt: makes it a ticket there, nothing automatic",
            "ja q1-32 kontakt: tekee siitä asian sinne, ilman automatiikkaa",
            "och q1-32 i kontakt: gör det till ett ärende där, utan automatik",
        ],
        run: file,
        ..BASE
    },
    Keyword {
        name: "drop",
        names: [&["weglegen", "wegwerfen"], &["drop"], &["hävitä"], &["släng"]],
        undo: Undo::Never,
        help: [
            "und q1-32: legt sie weg; sieben Tage lang holt „erneut“ sie zurück",
            "and q1-32: puts it away; for seven days \"retry\" fetches it back",
            "ja q1-32: panee sen pois; ”uudelleen” tuo takaisin seitsemän päivää",
            "och q1-32: lägger undan det; i sju dagar hämtar ”igen” det åter",
        ],
        run: discard,
        ..BASE
    },
    Keyword {
        name: "resume",
        names: [&["weiter"], &["resume"], &["jatka"], &["fortsätt"]],
        undo: Undo::Again,
        help: [
            "und eine Adresse: automatische Post geht dort wieder hin",
            "and an address: automatic mail goes there again",
            "ja osoite: automaattinen posti kulkee sinne taas",
            "och en adress: automatisk post går dit igen",
        ],
        run: resume,
        ..BASE
    },
    Keyword {
        name: "block",
        names: [&["sperre", "sperren"], &["block"], &["estä"], &["spärra"]],
        undo: Undo::Again,
        help: [
            "und eine Adresse: automatische Post geht nie mehr dorthin",
            "and an address: automatic mail never goes there again",
            "ja osoite: automaattista postia ei enää kulje sinne",
            "och en adress: automatisk post går aldrig mer dit",
        ],
        run: block,
        ..BASE
    },
    Keyword {
        name: "erase",
        names: [&["lösche", "löschen"], &["erase"], &["poista"], &["radera"]],
        undo: Undo::Never,
        help: [
            "und ticket 17 oder person name@example.org: löscht es, nach einer Frage",
            "and ticket 17 or person name@example.org: erases it, after a question",
            "ja ticket 17 tai person name@example.org: poistaa sen, kysyy ensin",
            "och ticket 17 eller person name@example.org: raderar, efter en fråga",
        ],
        run: erasing::ask,
        ..BASE
    },
];

/// What all keywords of the site have in common.
pub(super) const BASE: Keyword = Keyword {
    family: Family::Site,
    member: Some(Access::Write),
    purpose: Purpose::Keep,
    argument: Argument::Site,
    ..Keyword::BASE
};

/// Whether a person looks after the site: who may write in the dispatcher's queue.
#[must_use]
pub fn is_coordinator(desk: &Desk, person: &PersonId) -> bool {
    tell::coordinators(desk, desk.dispatcher()).iter().any(|(id, _)| id == person)
}

/// Whether a person may use a keyword of the site: by its right, else as who looks after the site.
#[must_use]
pub fn may_use(desk: &Desk, keyword: &Keyword, person: &PersonId) -> bool {
    match keyword.right {
        Some(right) => readership::may_at_all(desk, right, person),
        None => is_coordinator(desk, person),
    }
}

/// Whether what stands behind a keyword without its marker belongs to it: nothing, a message, an
/// address, all, or a queue. "Drop me a line" is a sentence.
pub(crate) fn is_meant(desk: &Desk, argument: &str) -> bool {
    let words = words_of(argument);
    let is_named = |word: &&str| quarantine::named(word).is_some() || word.contains('@');
    let is_queue = |word: &&str| desk.register.queue(&QueueName::new(*word)).is_some();
    match words.as_slice() {
        [] => true,
        [one] => is_named(one) || is_all(one) || is_queue(one),
        [_, last] if is_queue(last) => true,
        several => several.iter().any(is_named),
    }
}

/// What somebody did for the site stands in the audit.
pub(crate) fn note(draft: &mut Draft<'_>, act: &Act<'_>, what: String) {
    let By::Member(person) = act.by else { return };
    let (at, rung, message) = (act.origin.at, act.origin.rung, act.origin.message);
    draft.push(Effect::Note(Deed { at, by: person.clone(), rung, what, message }));
}

/// Which messages a line means.
enum Meant {
    These(Vec<(Position, SetAside)>),
    /// Several lie aside, and none is named; one that does.
    Which(Position),
    None,
}

/// The messages that words name, or the only one that lies aside.
fn meant(draft: &Draft<'_>, words: &[&str]) -> Result<Meant, Missing> {
    let named: Vec<Position> = words.iter().filter_map(|word| quarantine::named(word)).collect();
    let lying = || Ok(draft.case().trouble(draft.now)?.quarantined.iter().map(|one| one.message));
    let positions: Vec<Position> = if !named.is_empty() {
        named
    } else if words.iter().any(|word| is_all(word)) {
        lying()?.collect()
    } else {
        let mut found = lying()?;
        match (found.next(), found.next()) {
            (Some(one), Some(_)) => return Ok(Meant::Which(one)),
            (one, _) => one.into_iter().collect(),
        }
    };
    let mut these = Vec::new();
    for position in positions.into_iter().take(MESSAGES_MAX) {
        if let Some(aside) = draft.case().aside(position)? {
            these.push((position, aside.clone()));
        }
    }
    Ok(if these.is_empty() { Meant::None } else { Meant::These(these) })
}

/// What is said where nothing is done.
fn refusal(meant: &Meant) -> Outcome {
    match meant {
        Meant::Which(one) => Outcome::of(ResultKind::WhichAside, quarantine::name(*one)),
        Meant::These(_) | Meant::None => Outcome::plain(ResultKind::NothingLies),
    }
}

fn is_all(word: &str) -> bool {
    fold::forms(word).iter().any(|form| ALL.contains(&form.as_str()))
}

fn words_of(argument: &str) -> Vec<&str> {
    let is_sign = |c: char| matches!(c, ',' | ';' | '.' | ':' | '!' | '#');
    let words = argument.split_whitespace().map(|word| word.trim_matches(is_sign));
    words.filter(|word| !word.is_empty()).collect()
}

fn retry(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let found = meant(draft, &words_of(act.argument))?;
    let Meant::These(these) = found else { return Ok(refusal(&found)) };
    again(draft, act, these, None);
    Ok(Outcome::told())
}

fn file(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let mut words = words_of(act.argument);
    let queue = words.pop().ok_or_else(Vec::new).and_then(|word| queue_of(draft.desk, word));
    let queue = match queue {
        Ok(queue) => queue,
        Err(near) => {
            let near: Vec<String> = near.iter().map(ToString::to_string).collect();
            let near = if near.is_empty() { "queue".to_owned() } else { near.join(", ") };
            return Ok(Outcome::of(ResultKind::BadArgument, near));
        }
    };
    let found = meant(draft, &words)?;
    let Meant::These(these) = found else { return Ok(refusal(&found)) };
    again(draft, act, these, Some(&queue));
    Ok(Outcome::told())
}

/// Sends out for messages; a mail of its own says what became of each.
fn again(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    these: Vec<(Position, SetAside)>,
    queue: Option<&QueueName>,
) {
    let By::Member(person) = act.by else { return };
    for (message, aside) in these {
        let name = quarantine::name(message);
        let what =
            queue.map_or_else(|| format!("retry {name}"), |to| format!("file {name} in {to}"));
        note(draft, act, what);
        if let Some(erased_at) = aside.erased_at() {
            draft.push(Effect::Disarm(Timer::Erase(message), erased_at));
            draft.push(Effect::Aside(message, Some(SetAside { dropped_at: None, ..aside })));
        }
        let (queue, by) = (queue.cloned(), person.clone());
        draft.push(Effect::Errand(Box::new(Errand::Again { message, queue, by })));
    }
}

fn discard(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let found = meant(draft, &words_of(act.argument))?;
    let Meant::These(mut these) = found else { return Ok(refusal(&found)) };
    these.retain(|(_, aside)| aside.dropped_at.is_none());
    if these.is_empty() {
        return Ok(Outcome::plain(ResultKind::NothingLies));
    }
    let until = later(draft.now, quarantine::DROPPED_SPAN);
    for (message, aside) in these {
        note(draft, act, format!("drop {}", quarantine::name(message)));
        let dropped = SetAside { dropped_at: Some(draft.now), ..aside };
        draft.push(Effect::Aside(message, Some(dropped)));
        draft.push(Effect::Arm(Timer::Erase(message), until));
    }
    Ok(Outcome::until(ResultKind::Discarded, until))
}

fn resume(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    turn(draft, act, true)
}

fn block(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    turn(draft, act, false)
}

fn turn(draft: &mut Draft<'_>, act: &Act<'_>, resumes: bool) -> Result<Outcome, Missing> {
    let words = words_of(act.argument);
    let address = words
        .iter()
        .find_map(|word| crate::types::Address::parse(word.trim_matches(['<', '>'])).ok());
    let Some(address) = address else {
        return Ok(Outcome::of(ResultKind::BadArgument, "name@example.org"));
    };
    if !breaker::set(draft, &address, resumes)? {
        return Ok(Outcome::plain(ResultKind::Already));
    }
    let (word, kind) =
        if resumes { ("resume", ResultKind::Resumed) } else { ("block", ResultKind::Blocked) };
    note(draft, act, format!("{word} {address}"));
    Ok(Outcome::of(kind, address.to_string()))
}
