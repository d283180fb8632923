//! The keyword that begins a practice.
//!
//! Deliberately absent: how a practice goes on (`practice`).

use crate::ticket::case::Missing;
use crate::ticket::command::{Act, By, Keyword, Outcome, Plain};
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::practice;

/// The keyword that begins a practice.
pub const PRACTICE: &str = "practice";

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[Keyword {
    name: PRACTICE,
    names: [&["üben", "übung"], &["practice", "practise"], &["harjoittele"], &["öva", "övning"]],
    phrases: [&["üben"], &["practice", "practise"], &["harjoittele"], &["öva"]],
    plain: Plain::Done,
    help: [
        "ein Ticket zum Üben, nur für dich; niemand sonst bekommt davon etwas",
        "a ticket to practice on, for you alone; nobody else gets mail of it",
        "harjoitusasia vain sinulle; kukaan muu ei saa siitä viestejä",
        "ett ärende att öva på, bara för dig; ingen annan får mejl om det",
    ],
    run: begin,
    ..Keyword::BASE
}];

fn begin(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let Some(queue) = draft.ticket(act.id)?.map(|ticket| ticket.queue.clone()) else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    practice::begin(draft, act.origin, person, &queue);
    Ok(Outcome::told())
}
