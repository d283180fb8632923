//! Meetings: requests come on an agenda, the agenda goes out, results come back by mail.
//!
//! A date of a meeting is a ticket in the queue of those who meet ([`Sitting`]); which one was
//! planned last is the only record beside it, so that nothing here grows with the tickets. What
//! goes out stands in `agenda`, how results are written in `minutes`, what they do in `results`.
//! Deliberately absent: what a decision does to a request (`procedure::agenda`).
//!
//! [`Sitting`]: crate::ticket::sitting::Sitting

mod agenda;
mod clause;
mod heads;
pub mod minutes;
mod result_words;
mod results;
mod sheets;

pub(crate) use agenda::{drop_item, table};
pub(crate) use results::keyword;

use jiff::Timestamp;

use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::sitting::{Sitting, SittingChange};
use crate::ticket::state::{Actor, Change, Ticket};
use crate::types::{Sequence, TicketId};

/// The timer of a sitting is due: the agenda goes out, or what it left undecided goes on. Early,
/// twice or late does nothing that is not due.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn fire(draft: &mut Draft<'_>, id: TicketId, due_at: Timestamp) -> Result<(), Missing> {
    let timer = Timer::Meeting(id);
    let Some(origin) = draft.due(id, &timer, due_at)? else { return Ok(()) };
    agenda::due(draft, id, &origin)
}

/// Somebody wrote on the ticket of a sitting: results, where a recorder answers. Says whether the
/// mail is settled with it; what is not goes the way of any ticket.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn hears(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    holder: Option<&ReplyTo>,
) -> Result<bool, Missing> {
    let Some(sitting) = ticket.sitting.as_deref() else { return Ok(false) };
    results::hear(draft, mail, (ticket.id, sitting), author, holder)
}

fn record(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, change: SittingChange) -> Sequence {
    draft.record_inside(id, origin, Change::Sitting { change })
}

fn sitting_of(draft: &Draft<'_>, id: TicketId) -> Result<Option<Sitting>, Missing> {
    Ok(draft.ticket(id)?.and_then(|ticket| ticket.sitting.as_deref()).cloned())
}

/// What follows from a mail or a timer, done by the program at the same moment.
fn program(origin: &Origin) -> Origin {
    Origin { by: Actor::Program, rung: 0, at: origin.at, message: None }
}
