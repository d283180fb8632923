//! The interpreter of steps: what a complete request does, one step after the other.
//!
//! Every step either goes on at once or waits for something that calls [`advance`] again; what it
//! does stands in its own file. Deliberately absent: what any step is about.

use crate::desk::procedure::Step;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::matter::Matter;
use crate::ticket::procedure::request::RequestChange;
use crate::ticket::procedure::{
    agenda, announce, apply, chase, checklist, collect, duty, outcome, sheet, silence, task, vote,
};
use crate::ticket::procedure::{record, remark, request_of, run, support, title, waiting, window};
use crate::ticket::proof;
use crate::ticket::state::{Change, Status, Ticket};
use crate::ticket::tell;
use crate::types::TicketId;

/// Goes on with a request as far as it goes.
pub(super) fn advance(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    loop {
        let Some(request) = request_of(draft, id)? else { return Ok(()) };
        if request.is_ended() || request.agenda.is_some() || request.expired_at.is_some() {
            return Ok(());
        }
        let Some(step) = request.procedure.step(request.step).cloned() else {
            return end(draft, id, origin, true);
        };
        let publishes = matches!(step, Step::Announce { .. } | Step::Window { .. });
        if publishes && request.open_window().is_none() && rests(draft, id, origin)? {
            return Ok(());
        }
        if request.complete_at.is_none() && step != (Step::Collect {}) {
            let since = request.filled_at.unwrap_or(origin.at);
            record(draft, id, origin, RequestChange::Complete { since });
            collect::remember(draft, id, false)?;
        }
        if step != (Step::Collect {}) && !may_go_on(draft, id, origin)? {
            return Ok(());
        }
        if !enter(draft, id, origin, &step)? {
            return Ok(());
        }
        leave(draft, id, origin)?;
    }
}

/// Whether who asks may, or somebody who may supports it; else that is asked.
fn may_go_on(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<bool, Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(false) };
    let is_given =
        ticket.request.as_deref().is_some_and(|request| support::is_given(draft, ticket, request));
    if !is_given {
        support::ask(draft, id, origin)?;
    }
    Ok(is_given)
}

/// Does what a step does; says whether the request goes on.
fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    step: &Step,
) -> Result<bool, Missing> {
    match step {
        Step::Collect {} => collect::settle(draft, id, origin),
        Step::Announce { to } => announce::enter(draft, id, origin, to),
        Step::Window { .. } => silence::enter(draft, id, origin),
        Step::Apply(apply) => apply::enter(draft, id, origin, apply),
        Step::Tell(tell) => outcome::enter(draft, id, origin, tell),
        Step::Review(_) | Step::Confirm(_) | Step::Joint(_) | Step::Escalate(_) => {
            duty::enter(draft, id, origin, step)
        }
        Step::Task(task) => task::enter(draft, id, origin, task),
        Step::Checklist(list) => checklist::enter(draft, id, origin, list),
        Step::Wait(wait) => waiting::enter(draft, id, origin, wait),
        Step::Run(run) => run::enter(draft, id, origin, run),
        Step::Agenda { meeting } => agenda::enter(draft, id, origin, meeting),
        Step::Vote(vote) => vote::enter(draft, id, origin, vote),
    }
}

/// The next step begins; nothing of this one is armed any more.
pub(super) fn leave(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let timers = draft.ticket(id)?.map(requests_timers).unwrap_or_default();
    let is_here = |timer: &&Timer| match timer {
        Timer::Due(_, number) => *number != chase::SUPPORT,
        timer => matches!(timer, Timer::Run(_)),
    };
    for timer in timers.iter().filter(is_here) {
        draft.disarm(id, origin, timer);
    }
    record(draft, id, origin, RequestChange::Step { step: request.step.saturating_add(1) });
    Ok(())
}

/// Whether it is a pause, in which nothing is published and no window opens: it goes on after it,
/// and the requestor knows.
fn rests(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<bool, Missing> {
    let back_at = window::after_pause(draft.now, draft.desk.site.days());
    if back_at == draft.now {
        return Ok(false);
    }
    draft.arm(id, origin, Timer::Settle(id), back_at);
    collect::to_requestor(draft, id, origin, |draft, request, locale| Matter::Complete {
        title: title(request, locale),
        ends_at: None,
        anew: false,
        done_at: None,
        rest: tell::rest(draft, locale),
        by: None,
        until: None,
        remarks: remark::of(draft, request, &[], locale),
    })?;
    Ok(true)
}

/// The request waits for people to decide: the meeting that its procedure names, else the
/// coordinators.
pub(super) fn wait_for_people(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    why: &str,
) -> Result<(), Missing> {
    left_to_people(draft, id, origin, why);
    agenda::put(draft, id, origin).map(|_| ())
}

/// The request waits for the coordinators.
pub(super) fn left_to_people(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, why: &str) {
    draft.disarm(id, origin, &Timer::Window(id));
    record(draft, id, origin, RequestChange::Agenda { why: why.to_owned() });
}

/// The request ended: nothing of it is armed any more.
pub(super) fn end(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    granted: bool,
) -> Result<(), Missing> {
    if !granted {
        task::forget(draft, id, origin)?;
    }
    let request = request_of(draft, id)?;
    // A consent is no decision: the register of consents is its record.
    let is_decided = request.as_ref().is_none_or(|request| request.procedure.renews.is_none());
    let sheet = request.and_then(|request| request.sheet);
    if is_decided && sheet.is_none_or(|sheet| sheet.granted != granted) {
        sheet::make(draft, id, origin, (granted, true))?;
    }
    agenda::take_off(draft, id, origin)?;
    let is_told = request_of(draft, id)?.is_some_and(|request| {
        request.ruling.is_some() || outcome::was_told_before_its_end(&request)
    });
    record(draft, id, origin, RequestChange::End { granted });
    draft.record(id, origin, Change::Status { status: Status::Resolved });
    if !is_told {
        announce::decided(draft, id, granted)?;
    }
    collect::remember(draft, id, false)?;
    proof::end(draft, id, origin)?;
    disarm(draft, id, origin)
}

/// Nothing of the request is armed any more.
pub(super) fn disarm(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let timers = draft.ticket(id)?.map(requests_timers).unwrap_or_default();
    for timer in timers {
        draft.disarm(id, origin, &timer);
    }
    Ok(())
}

fn requests_timers(ticket: &Ticket) -> Vec<Timer> {
    let timers = ticket.timers.iter().map(|(timer, _)| timer);
    let is_ours = |timer: &&Timer| match timer {
        Timer::Settle(_)
        | Timer::Remind(..)
        | Timer::Window(_)
        | Timer::Unconfirmed(_)
        | Timer::Vote(_)
        | Timer::Due(..)
        | Timer::Run(_) => true,
        Timer::Held(..)
        | Timer::Leave(..)
        | Timer::Proof(..)
        | Timer::Digest(_)
        | Timer::Renew(..)
        | Timer::Changes
        | Timer::Neglect
        | Timer::Liaison(_)
        | Timer::Answer(_)
        | Timer::Return(_)
        | Timer::Erase(_)
        | Timer::Outbox(_)
        | Timer::Wake(_)
        | Timer::Deadline(_)
        | Timer::Practice(_)
        | Timer::Erased(_)
        | Timer::Breach(_)
        | Timer::Meeting(_) => false,
    };
    timers.filter(is_ours).cloned().collect()
}
