//! Decisions by a keyword: who may answer for a seat grants or refuses, a team says that a task
//! cannot be done.
//!
//! Deliberately absent: answers in own words (`duty`).

use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::matter::Excerpt;
use crate::ticket::procedure::duty::{ask_reason, seat_of, settle};
use crate::ticket::procedure::task;
use crate::types::{PersonId, TicketId};

/// What became of a keyword that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruled {
    /// It counted, and its author was told.
    Counted,
    /// The reason is missing and was asked for.
    Asked,
    /// A team's report was taken down.
    Reported,
    /// Nothing is to be decided there, or not by its author.
    NotOpen,
}

/// Somebody granted or refused by a keyword: a request, or the task of a team for one.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn rule(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (person, granted, words): (&PersonId, bool, Option<&Excerpt>),
) -> Result<Ruled, Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(Ruled::NotOpen) };
    if ticket.task_of.is_some() && !granted {
        return task::refuse(draft, id, origin, (person, words));
    }
    if let Some(seat) = seat_of(draft.desk, &ticket, person) {
        let reason = words.cloned();
        if !granted && reason.is_none() {
            ask_reason(draft, id, origin, (person, seat, false))?;
            return Ok(Ruled::Asked);
        }
        settle(draft, id, origin, (person, seat, granted, reason))?;
        return Ok(Ruled::Counted);
    }
    Ok(Ruled::NotOpen)
}
