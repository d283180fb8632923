//! Who is asked together, and by a mail at once.
//!
//! Deliberately absent: who may answer, and what an answer does (`duty`).

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::NotifyChoice;
use crate::desk::step::{By, Step};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::matter::Asking;
use crate::ticket::procedure::duty::{Seat, ask, bys, holders, people};
use crate::ticket::procedure::request::About;
use crate::ticket::state::Ticket;
use crate::types::{PersonId, TicketId};

/// Who is asked together.
pub(super) struct Round<'a> {
    /// At which step.
    pub(super) step: u16,
    /// For which of those who must answer there.
    pub(super) seats: &'a [u16],
    /// Why.
    pub(super) why: Asking,
    /// Only these, where somebody is named.
    pub(super) only: Option<&'a By>,
}

/// Asks everybody who may answer for one of these seats: who sits on several of a joint decision
/// is asked once, and answers for all of them.
pub(super) fn ask_round(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    round: &Round<'_>,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    let only = round.only.map(|by| people(draft.desk, &ticket, request, by));
    let step = round.step;
    let mut asked = BTreeSet::new();
    for seat in round.seats.iter().copied() {
        let who = if only.is_some() { holders } else { prompted };
        let mut holders = who(draft.desk, &ticket, (step, seat));
        holders.retain(|person| only.as_ref().is_none_or(|only| only.contains(person)));
        for person in holders {
            let is_new = asked.insert(person.clone());
            if is_new || !is_joint(&ticket, step) {
                ask(draft, id, origin, (&person, About::Duty { step, seat }, round.why))?;
            }
        }
    }
    Ok(())
}

/// Whether a step is a joint decision.
pub(super) fn is_joint(ticket: &Ticket, step: u16) -> bool {
    let step = ticket.request.as_deref().and_then(|request| request.procedure.step(step));
    matches!(step, Some(Step::Joint(_)))
}

/// Who of those who may answer is asked by a mail at once: of a queue's members those who chose to
/// hear of each, if there are any; the others find it in their digest, and their answer counts too.
fn prompted(desk: &Desk, ticket: &Ticket, (step, seat): Seat) -> Vec<PersonId> {
    let people = holders(desk, ticket, (step, seat));
    let Some(request) = ticket.request.as_deref() else { return people };
    let declared = request.procedure.step(step).map(bys).unwrap_or_default();
    let by = declared.get(usize::from(seat)).copied();
    let queue = match by {
        Some(By::Queue(queue)) => queue,
        Some(By::Coordinators) => request.procedure.queue.as_ref().unwrap_or(&ticket.queue),
        _ => return people,
    };
    let wants = |person: &&PersonId| {
        let mut members = desk.register.members(queue).iter();
        let member = members.find(|member| member.person == **person);
        member.is_some_and(|member| member.notify == NotifyChoice::Each)
    };
    let each: Vec<PersonId> = people.iter().filter(wants).cloned().collect();
    if each.is_empty() { people } else { each }
}
