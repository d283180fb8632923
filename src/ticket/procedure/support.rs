//! Who may ask: a request of anybody else is kept, and who speaks for the unit is asked to support
//! it with one word.
//!
//! A unit that nobody speaks for is a matter of its coordinators. Deliberately absent: how the
//! answer is read (`verdict`, by way of `duty`).

use crate::desk::procedure::Who;
use crate::desk::step::By;
use crate::desk::{Desk, Unit};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::identity::KNOWN;
use crate::ticket::matter::Asking;
use crate::ticket::procedure::request::{About, Request};
use crate::ticket::procedure::{chase, duty, request_of};
use crate::ticket::state::Ticket;
use crate::types::PersonId;
use crate::types::TicketId;

/// The unit that a fact names.
pub(super) fn unit<'a>(desk: &'a Desk, request: &Request, fact: &str) -> Option<&'a Unit> {
    let named = request.facts.get(fact)?;
    desk.register.units().find(|unit| unit.name == *named || unit.id.as_str() == named)
}

/// Whether the request needs no word of anybody any more.
pub(super) fn is_given(draft: &Draft<'_>, ticket: &Ticket, request: &Request) -> bool {
    let Some(asks) = &request.procedure.asks else { return true };
    if request.support.as_ref().is_some_and(|(_, granted)| *granted) {
        return true;
    }
    let asker = ticket.requestors.first();
    let asker = asker.and_then(|mailbox| draft.desk.register.person_at(&mailbox.address));
    let is_proven = request.rung >= KNOWN;
    match asks.who {
        Who::Anyone => true,
        Who::Members => asker.is_some() && is_proven,
        Who::Speaker => {
            let unit = asks.unit.as_ref().and_then(|fact| unit(draft.desk, request, fact));
            let day = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
            is_proven
                && unit
                    .zip(asker)
                    .is_some_and(|(unit, asker)| unit.is_spoken_for_by(&asker.id, day))
        }
    }
}

/// Who may support it: who speaks for the unit, else its coordinators, else those of the request.
pub(super) fn holders(desk: &Desk, ticket: &Ticket, request: &Request) -> Vec<PersonId> {
    let fact = request.procedure.asks.as_ref().and_then(|asks| asks.unit.as_ref());
    let Some(unit) = fact.and_then(|fact| unit(desk, request, fact)) else {
        return duty::people(desk, ticket, request, &By::Coordinators);
    };
    // A delegate who is no longer valid stays out by the day of the last word on the ticket.
    let day = ticket.updated_at.to_zoned(desk.site.time_zone.clone()).date();
    let speakers: Vec<PersonId> = unit.speakers(day).cloned().collect();
    if !speakers.is_empty() {
        return speakers;
    }
    let coordinators = desk.register.coordinators(&unit.id).to_vec();
    if coordinators.is_empty() {
        duty::people(desk, ticket, request, &By::Coordinators)
    } else {
        coordinators
    }
}

/// Asks for the word, once the unit is known; once.
pub(super) fn ask(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    let fact = request.procedure.asks.as_ref().and_then(|asks| asks.unit.as_ref());
    let knows_unit = fact.is_none_or(|fact| request.facts.contains_key(fact));
    let was_asked = request.questions.values().any(|one| one.about == About::Support);
    if is_given(draft, &ticket, request) || was_asked || !knows_unit {
        return Ok(());
    }
    put(draft, id, origin, Asking::Support)
}

fn put(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, why: Asking) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    for person in holders(draft.desk, &ticket, request) {
        duty::ask(draft, id, origin, (&person, About::Support, why))?;
    }
    chase::again(draft, id, origin, chase::SUPPORT);
    Ok(())
}

/// Nobody said anything yet: asked once more, then it stands in the digest.
pub(super) fn again(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let asked = request.questions.values().filter(|one| one.about == About::Support);
    let mut asked: Vec<_> = asked.map(|one| one.at).collect();
    asked.dedup();
    if request.support.is_some() || asked.len() > 1 {
        return Ok(());
    }
    put(draft, id, origin, Asking::Support)?;
    draft.disarm(id, origin, &Timer::Due(id, chase::SUPPORT));
    Ok(())
}
