//! The family of talk, second part: what somebody is told of, and what waits for somebody.
//!
//! Deliberately absent: who is told by membership (`tell`), when digests come by themselves
//! (`rhythm`).

use crate::ticket::case::Missing;
use crate::ticket::command::{Act, By, Keyword, Outcome, Undo};
use crate::ticket::digest;
use crate::ticket::draft::Draft;
use crate::ticket::matter::ResultKind;
use crate::ticket::state::Change;

/// The keyword that lists what waits.
pub const LIST: &str = "list";

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "watch",
        names: [&["beobachte", "beobachten"], &["watch"], &["seuraa"], &["bevaka"]],
        undo: Undo::Whole,
        help: [
            "du bekommst alles zu diesem Ticket, auch wenn es jemand anders hat",
            "you get everything about this ticket, even while somebody else has it",
            "saat kaiken tästä asiasta, vaikka sen hoitaja on joku muu",
            "du får allt om det här ärendet, även när någon annan har det",
        ],
        run: watch,
        ..Keyword::BASE
    },
    Keyword {
        name: "unwatch",
        names: [&["loslassen"], &["unwatch"], &["lopeta"], &["släpp"]],
        undo: Undo::Whole,
        help: [
            "du beobachtest dieses Ticket nicht mehr",
            "you watch this ticket no longer",
            "et enää seuraa tätä asiaa",
            "du bevakar inte längre det här ärendet",
        ],
        run: unwatch,
        ..Keyword::BASE
    },
    Keyword {
        name: LIST,
        names: [&["liste", "übersicht"], &["list"], &["luettelo", "lista"], &["lista"]],
        help: [
            "was jetzt auf dich wartet, als Mail, die du beantworten kannst",
            "what waits for you now, as a mail that you can answer",
            "mikä odottaa sinua nyt, viestinä johon voit vastata",
            "vad som väntar på dig nu, som ett mejl du kan svara på",
        ],
        run: list,
        ..Keyword::BASE
    },
];

fn watch(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    set(draft, act, true)
}

fn unwatch(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    set(draft, act, false)
}

fn set(draft: &mut Draft<'_>, act: &Act<'_>, on: bool) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let Some(ticket) = draft.ticket(act.id)? else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if ticket.watchers.contains(person) == on {
        return Ok(Outcome::plain(ResultKind::Already));
    }
    draft.record_inside(act.id, act.origin, Change::Watch { person: person.clone(), on });
    Ok(Outcome::plain(if on { ResultKind::Watching } else { ResultKind::Unwatched }))
}

fn list(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let is_sent = digest::send_now(draft, person)?;
    Ok(if is_sent { Outcome::told() } else { Outcome::plain(ResultKind::NothingWaits) })
}
