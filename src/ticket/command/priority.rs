//! The family of work, fourth part: how soon a ticket wants somebody.
//!
//! Three levels, because nobody sorts by seven: urgent stands first in digests, what has time last.
//! Deliberately absent: hours by which a level wants to be served.

use crate::desk::Access;
use crate::ticket::case::Missing;
use crate::ticket::command::work::already;
use crate::ticket::command::{Act, Argument, Family, Keyword, Outcome, Plain, Undo, fold};
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::state::{Change, Priority};

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[Keyword {
    name: "priority",
    names: [
        &["priorität", "vorrang", "prio"],
        &["priority", "severity"],
        &["tärkeys", "kiireellisyys", "prioriteetti"],
        &["prioritet", "prio"],
    ],
    phrases: [&["dringend"], &["urgent"], &["kiireellinen"], &["brådskande"]],
    family: Family::Work,
    member: Some(Access::Write),
    argument: Argument::Level,
    undo: Undo::Whole,
    plain: Plain::Asked,
    help: [
        "und hoch, normal oder niedrig: hoch steht in Übersichten oben",
        "and high, normal or low: high stands first in digests",
        "ja korkea, normaali tai matala: korkea on koosteissa ensimmäisenä",
        "och hög, normal eller låg: hög står först i sammandrag",
    ],
    run: set,
    ..Keyword::BASE
}];

/// Words for each level, in every shipped language.
const LEVELS: [(Priority, &[&str]); 3] = [
    (
        Priority::High,
        &[
            "hoch",
            "dringend",
            "eilt",
            "high",
            "urgent",
            "critical",
            "important",
            "korkea",
            "kiireellinen",
            "kiire",
            "hög",
            "brådskande",
            "viktig",
        ],
    ),
    (Priority::Normal, &["normal", "mittel", "medium", "normaali", "tavallinen", "vanlig"]),
    (
        Priority::Low,
        &["niedrig", "low", "minor", "wishlist", "matala", "alhainen", "låg", "hat zeit"],
    ),
];

/// The level that an argument names; numbers as Request Tracker has them, from 0 to 100. Nothing
/// at all means urgent: who says that much wants that.
#[must_use]
pub fn level_of(argument: &str) -> Option<Priority> {
    let argument = argument.trim().trim_end_matches(['.', ',', ';', '!']);
    if argument.is_empty() {
        return Some(Priority::High);
    }
    if let Ok(number) = argument.parse::<u8>() {
        return Some(match number {
            0..=33 => Priority::Low,
            34..=66 => Priority::Normal,
            _ => Priority::High,
        });
    }
    let forms = fold::forms(argument);
    let is = |words: &[&str]| words.iter().any(|word| fold::is_same(&forms, &fold::forms(word)));
    LEVELS.iter().find_map(|(priority, words)| is(words).then_some(*priority))
}

fn set(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let Some(priority) = level_of(act.argument) else {
        return Ok(Outcome::plain(ResultKind::NoPriority));
    };
    let Some(ticket) = draft.ticket(act.id)? else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if ticket.priority == priority {
        return Ok(already(draft, act, None));
    }
    if !ticket.status.is_active() {
        return Ok(Outcome::plain(ResultKind::Ended));
    }
    draft.record_inside(act.id, act.origin, Change::Priority { priority });
    Ok(Outcome::plain(match priority {
        Priority::High => ResultKind::Urgent,
        Priority::Normal => ResultKind::InTurn,
        Priority::Low => ResultKind::HasTime,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_every_language_and_as_numbers() {
        for (text, level) in [
            ("hoch", Priority::High),
            ("Niedrig.", Priority::Low),
            ("", Priority::High),
            ("50", Priority::Normal),
            ("0", Priority::Low),
            ("brådskande", Priority::High),
            ("KOEG", Priority::Normal),
        ] {
            let found = level_of(text);
            assert_eq!(found, (text != "KOEG").then_some(level), "{text}");
        }
    }
}
