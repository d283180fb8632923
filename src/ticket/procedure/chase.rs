//! Targets and promises: who owes a step is reminded, and a broken promise is handed on.
//!
//! A target is reminded of when it is over, twice, and then stands in the coordinators' digest. A
//! promise is reminded of a day before, and goes to the body that the procedure names when it is
//! over. Everything in working hours. Deliberately absent: what a step is about.

use jiff::{SignedDuration, Timestamp};

use crate::desk::calendar::Counting;
use crate::desk::step::{self, By, Deadline, Step};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::later;
use crate::ticket::matter::Asking;
use crate::ticket::procedure::duty::Round;
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{
    bind, checklist, duty, record, request_of, support, task, waiting, window,
};
use crate::types::TicketId;

/// Timer of a step: what it waited for is over.
pub(super) const OVER: u16 = 0;
/// Timer of a step: its deadline.
pub(super) const DEADLINE: u16 = 1;
/// Timer of a request: nobody has said whether the unit supports it.
pub(super) const SUPPORT: u16 = 2;
/// Timer of a step: no mail came through a bound address yet.
pub(super) const PROBE: u16 = 3;
/// Timers of a checklist begin here, one for each item.
pub(super) const ITEMS: u16 = 10;
/// The most of them.
pub(super) const ITEMS_MAX: u16 = 100;

/// So often somebody is reminded of a target.
const REMINDERS_MAX: u16 = 2;
/// So long after a reminder comes the next.
const AGAIN_SPAN: SignedDuration = SignedDuration::from_hours(3 * 24);
/// So long before the end of a promise somebody is reminded.
const BEFORE_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// When a span is over that begins now: days end at 24:00 of the last.
pub(super) fn after(draft: &Draft<'_>, span: &str, count: Counting) -> Timestamp {
    match step::days(span) {
        Ok(days) => window::end(draft.now, days, count, draft.desk.site.days()),
        Err(_) => later(draft.now, step::length(span).unwrap_or_default()),
    }
}

/// By when a step that begins now should be done. What follows silence counts from the promised
/// end of the window, not from the moment at which that was noticed (000-33).
pub(super) fn due_at(draft: &Draft<'_>, request: &Request, step: &Step) -> Option<Timestamp> {
    let deadline = step.deadline()?;
    let before = request.step.checked_sub(1).and_then(|before| request.procedure.step(before));
    let silent = request.window.as_ref().filter(|window| {
        window.closed
            && window.stopped_at.is_none()
            && request.ruling.is_none()
            && matches!(before, Some(Step::Window { .. }))
            && window.ends_at <= draft.now
    });
    Some(match silent {
        Some(window) => counted(draft, deadline, last_moment(window.ends_at)),
        None => after(draft, deadline.span, deadline.count),
    })
}

/// By when a request is carried out whose window ends in silence, if a step says so.
pub(super) fn carried_out_at(
    draft: &Draft<'_>,
    request: &Request,
    ends_at: Timestamp,
) -> Option<Timestamp> {
    let mut steps = request.procedure.steps.iter().skip(usize::from(request.step));
    steps.find(|step| matches!(step, Step::Window { .. }))?;
    let deadline = steps.next()?.deadline()?;
    Some(counted(draft, deadline, last_moment(ends_at)))
}

/// An end at 24:00 belongs to the day that ends with it.
fn last_moment(ends_at: Timestamp) -> Timestamp {
    later(ends_at, -SignedDuration::from_secs(1))
}

fn counted(draft: &Draft<'_>, deadline: Deadline<'_>, since: Timestamp) -> Timestamp {
    match step::days(deadline.span) {
        Ok(days) => window::end(since, days, deadline.count, draft.desk.site.days()),
        Err(_) => later(since, step::length(deadline.span).unwrap_or_default()),
    }
}

/// The first moment at or after `at` in which people work.
pub(super) fn working(draft: &Draft<'_>, at: Timestamp) -> Timestamp {
    let days = draft.desk.site.days();
    days.calendar.working_from(at, days.zone).unwrap_or(at)
}

/// Arms the timer of the deadline of the step where a request stands.
pub(super) fn arm(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(due_at) = request.waits().and_then(|pending| pending.due_at) else { return Ok(()) };
    let before = working(draft, later(due_at, -BEFORE_SPAN));
    let is_reminded =
        is_promise(&request) && later(draft.now, BEFORE_SPAN) < before && before < due_at;
    let at = if is_reminded { before } else { working(draft, due_at) };
    draft.arm(id, origin, Timer::Due(id, DEADLINE), at);
    Ok(())
}

/// Arms a timer of a step for the next reminder.
pub(super) fn again(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, number: u16) {
    let at = working(draft, later(draft.now, AGAIN_SPAN));
    draft.arm(id, origin, Timer::Due(id, number), at);
}

fn is_promise(request: &Request) -> bool {
    let step = request.procedure.step(request.step);
    step.and_then(Step::deadline).is_some_and(|deadline| deadline.is_promise)
}

/// A timer of the step where a request stands is due.
pub(super) fn fire(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    number: u16,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    if request.is_ended() || request.expired_at.is_some() {
        return Ok(());
    }
    match number {
        OVER => waiting::over(draft, id, origin),
        SUPPORT => support::again(draft, id, origin),
        PROBE => bind::again(draft, id, origin),
        DEADLINE => deadline(draft, id, origin, &request),
        item => checklist::late(draft, id, origin, item.saturating_sub(ITEMS)),
    }
}

fn deadline(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    request: &Request,
) -> Result<(), Missing> {
    let Some(pending) = request.waits().filter(|_| request.agenda.is_none()) else {
        return Ok(());
    };
    let Some(due_at) = pending.due_at else { return Ok(()) };
    let over_at = working(draft, due_at);
    if draft.now < over_at {
        if draft.now < due_at {
            remind(draft, id, origin, request)?;
        }
        draft.arm(id, origin, Timer::Due(id, DEADLINE), over_at);
        return Ok(());
    }
    // A reminder that fires after the deadline is too late for one.
    let origin = &Origin { at: origin.at.max(over_at), ..origin.clone() };
    if is_promise(request) {
        if !pending.escalated {
            record(draft, id, origin, RequestChange::Chased { escalated: true });
            hand_on(draft, id, origin, request)?;
        }
        return Ok(());
    }
    if pending.chased < REMINDERS_MAX {
        remind(draft, id, origin, request)?;
        if pending.chased + 1 < REMINDERS_MAX {
            again(draft, id, origin, DEADLINE);
        }
    }
    Ok(())
}

/// Asks those who owe the step once more.
fn remind(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    request: &Request,
) -> Result<(), Missing> {
    record(draft, id, origin, RequestChange::Chased { escalated: false });
    let Some(step) = request.procedure.step(request.step) else { return Ok(()) };
    if let Step::Task(_) = step {
        return task::remind(draft, id, origin);
    }
    let (step, seats) = (request.step, &open_seats(request, step));
    duty::ask_round(draft, id, origin, &Round { step, seats, why: Asking::Again, only: None })
}

/// To whom a broken promise is handed on: the body that the procedure names, else the coordinators.
pub(super) fn higher(step: &Step) -> &By {
    step.deadline().and_then(|deadline| deadline.escalate_to).unwrap_or(&By::Coordinators)
}

/// A promise was not kept: somebody else is asked as well now.
fn hand_on(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    request: &Request,
) -> Result<(), Missing> {
    let Some(step) = request.procedure.step(request.step) else { return Ok(()) };
    let (seats, only) = (&open_seats(request, step), Some(higher(step)));
    let round = Round { step: request.step, seats, why: Asking::Overdue, only };
    duty::ask_round(draft, id, origin, &round)
}

fn open_seats(request: &Request, step: &Step) -> Vec<u16> {
    let seats = duty::bys(step).len().max(1);
    let seats = 0..u16::try_from(seats).unwrap_or(duty::BODY - 1);
    let is_said = |seat: u16| request.verdicts_here().any(|one| one.seat == seat);
    seats.filter(|seat| !is_said(*seat)).collect()
}
