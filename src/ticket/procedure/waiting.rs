//! The step that waits for a day, a span or a fact.
//!
//! Deliberately absent: reading the fact (`facts`).

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::calendar::Counting;
use crate::desk::step::{Step, Wait};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{asking, chase, collect, record, remind, request_of, steps};
use crate::types::TicketId;

/// Begins to wait, once; says whether it is over.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    wait: &Wait,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if let Some(pending) = request.waits() {
        let is_over = is_over(draft, &request, wait, pending.due_at);
        if is_over && wait.fact.is_some() {
            remind::disarm_reminders(draft, id, origin)?;
        }
        return Ok(is_over);
    }
    let until = until(draft, &request, wait);
    if is_over(draft, &request, wait, until) {
        return Ok(true);
    }
    if until.is_none() && wait.fact.is_none() {
        steps::left_to_people(draft, id, origin, "date");
        return Ok(false);
    }
    record(draft, id, origin, RequestChange::Await { due_at: until });
    if let Some(at) = until {
        draft.arm(id, origin, Timer::Due(id, chase::OVER), at);
        asking::tell_requestor(draft, id, origin, &Step::Wait(wait.clone()))?;
    }
    if let Some(fact) = &wait.fact {
        collect::ask(draft, id, origin, std::slice::from_ref(fact))?;
        remind::remind_later(draft, id, origin)?;
    }
    Ok(false)
}

fn is_over(draft: &Draft<'_>, request: &Request, wait: &Wait, until: Option<Timestamp>) -> bool {
    match &wait.fact {
        Some(fact) => request.facts.contains_key(fact),
        None => until.is_some_and(|until| until <= draft.now),
    }
}

/// When the wait ends by itself.
fn until(draft: &Draft<'_>, request: &Request, wait: &Wait) -> Option<Timestamp> {
    if let Some(span) = &wait.span {
        return Some(chase::after(draft, span, Counting::default()));
    }
    let day: Date = request.facts.get(wait.date.as_ref()?)?.parse().ok()?;
    let midnight = day.to_zoned(draft.desk.site.time_zone.clone()).ok()?;
    Some(chase::working(draft, midnight.timestamp()))
}

/// The time is over.
pub(super) fn over(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    if matches!(request.procedure.step(request.step), Some(Step::Wait(_))) {
        return steps::advance(draft, id, origin);
    }
    Ok(())
}

/// The fact that the step where a request stands waits for.
pub(super) fn fact(request: &Request) -> Option<&str> {
    match request.procedure.step(request.step)? {
        Step::Wait(wait) => wait.fact.as_deref().filter(|_| request.waits().is_some()),
        _ => None,
    }
}
