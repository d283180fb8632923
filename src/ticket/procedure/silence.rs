//! The step that waits for objections: silence counts until a promised end.
//!
//! Deliberately absent: the arithmetic of days (`window`), what a person's words do (`objection`).

use jiff::{SignedDuration, Timestamp};

use crate::desk::procedure::{Step, window_days};
use crate::desk::step;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::event::Outage;
use crate::ticket::matter::Matter;
use crate::ticket::procedure::chase;
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::window::{self, GRACE_SPAN};
use crate::ticket::procedure::{announce, collect, record, remark, request_of, steps, title};
use crate::ticket::state::Change;
use crate::ticket::tell;
use crate::ticket::{caps, later};
use crate::types::{Address, TicketId};

/// So long after it was published a bounce may come, where the procedure says nothing.
const BOUNCE_SPAN: SignedDuration = SignedDuration::from_hours(48);
/// The last moment of a day before its 24:00.
const LAST_MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// From when the clock of a window counts: from completeness, or from the announcement where it
/// left so late that days would be lost.
pub(super) fn clock_begins(draft: &Draft<'_>, request: &Request) -> Timestamp {
    let complete_at = request.complete_at.unwrap_or(draft.now);
    let is_late = draft.now.duration_since(complete_at) > GRACE_SPAN;
    if is_late { draft.now } else { complete_at }
}

/// When the next window of a request would end, if it opened now.
pub(super) fn window_end(
    draft: &Draft<'_>,
    request: &Request,
    since: Timestamp,
) -> Option<Timestamp> {
    let rest = request.procedure.steps.iter().skip(usize::from(request.step));
    let (span, count) = rest.into_iter().find_map(|step| match step {
        Step::Window { span, count, .. } => Some((span, *count)),
        _ => None,
    })?;
    let days = window_days(span).unwrap_or(1);
    Some(window::end(since, days, count, draft.desk.site.days()))
}

/// Opens a window, if it is not open already; then it waits.
pub(super) fn enter(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if request.open_window().is_some() {
        return Ok(false);
    }
    if let Some(ends_at) = window_end(draft, &request, clock_begins(draft, &request)) {
        start(draft, id, origin, ends_at, false)?;
    }
    Ok(false)
}

fn start(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    ends_at: Timestamp,
    anew: bool,
) -> Result<(), Missing> {
    let opens_at = draft.now;
    record(draft, id, origin, RequestChange::Open { opens_at, ends_at, anew });
    draft.arm(id, origin, Timer::Window(id), ends_at);
    collect::to_requestor(draft, id, origin, |draft, request, locale| Matter::Complete {
        title: title(request, locale),
        ends_at: Some(ends_at),
        anew,
        done_at: chase::carried_out_at(draft, request, ends_at),
        rest: None,
        by: None,
        until: None,
        remarks: if anew { Vec::new() } else { remark::of(draft, request, &[], locale) },
    })
}

/// Whether somebody whom a request was published to can still be reached.
fn is_any_reached(draft: &Draft<'_>, request: &Request) -> Result<bool, Missing> {
    for address in &request.announced_to {
        let is_unreached = request.unreached.iter().any(|known| known == address.folded());
        let is_dead = draft.case().correspondent(address)?.suspended_at.is_some();
        if !is_unreached && !is_dead {
            return Ok(true);
        }
    }
    Ok(request.announced_to.is_empty())
}

/// The window begins anew in full. Returns its end, if those who may object can be reached.
pub(super) fn restart(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<Option<Timestamp>, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(None) };
    let Some(ends_at) = window_end(draft, &request, draft.now) else { return Ok(None) };
    // Lists hear of a request three times at most. The one that said that the clock stands said
    // too that it begins anew when the objection is withdrawn.
    if is_any_reached(draft, &request)? {
        start(draft, id, origin, ends_at, true)?;
    } else {
        steps::wait_for_people(draft, id, origin, "not-announced")?;
        return Ok(None);
    }
    Ok(Some(ends_at))
}

/// The time of a window is over. Everything is read again: it closes only if the clock runs,
/// nobody is against it, and the promised time is over.
pub(super) fn close(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    outages: &[Outage],
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(window) = request.open_window() else { return Ok(()) };
    let is_here = matches!(request.procedure.step(request.step), Some(Step::Window { .. }));
    let is_stopped = window.stopped_at.is_some() || !window.objections.is_empty();
    if !is_here || is_stopped || request.agenda.is_some() {
        return Ok(());
    }
    if draft.now < window.ends_at {
        draft.arm(id, origin, Timer::Window(id), window.ends_at);
        return Ok(());
    }
    let silent_span = window::silent_span(outages, window);
    if silent_span > SignedDuration::ZERO {
        let days = draft.desk.site.days();
        let ends_at = window::extended(window.ends_at, silent_span, draft.now, days);
        let heard_at = draft.now;
        record(draft, id, origin, RequestChange::Extend { ends_at, silent_span, heard_at });
        draft.arm(id, origin, Timer::Window(id), ends_at);
        return collect::to_requestor(draft, id, origin, |_, request, locale| Matter::Extended {
            title: title(request, locale),
            ends_at,
            unreached: false,
        });
    }
    if let Some(known_at) = known_at(&request).filter(|at| draft.now < *at) {
        draft.arm(id, origin, Timer::Window(id), known_at);
        return Ok(());
    }
    let unreached = unreached(&request);
    if !unreached.is_empty() {
        if !window.repeated {
            return repeat(draft, id, origin, &unreached);
        }
        // One dead mailbox must not block a decision for ever: the sheet names it.
        record(draft, id, origin, RequestChange::Unreached { to: unreached });
    }
    record(draft, id, origin, RequestChange::Close);
    record(draft, id, origin, RequestChange::Step { step: request.step.saturating_add(1) });
    steps::advance(draft, id, origin)
}

/// From when it is known who was reached: of whoever has not brought it back, no bounce says that
/// it arrived, and says so only after a while.
fn known_at(request: &Request) -> Option<Timestamp> {
    let is_known = |to: &Address| {
        let mut known = request.arrived.iter().chain(&request.unreached);
        known.any(|known| known == to.folded())
    };
    if request.announced_to.iter().all(is_known) {
        return None;
    }
    let span = request.procedure.bounce_span.as_deref().and_then(|span| step::length(span).ok());
    Some(later(request.published_at?, span.unwrap_or(BOUNCE_SPAN)))
}

/// What was published came back from this address: it arrived there, and no report of a single
/// reader says otherwise.
pub(super) fn arrived(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    to: &Address,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let is_awaited = request.announced_to.contains(to) && !request.is_ended();
    if is_awaited && !request.arrived.iter().any(|known| known == to.folded()) {
        record(draft, id, origin, RequestChange::Arrived { to: to.clone() });
    }
    Ok(())
}

/// Those to whom the request was published last and who were not reached.
fn unreached(request: &Request) -> Vec<Address> {
    let is_unreached = |to: &&Address| request.unreached.iter().any(|known| known == to.folded());
    request.announced_to.iter().filter(is_unreached).cloned().collect()
}

/// Silence counts only where the notice arrived: it goes once more to those who were not reached,
/// and the window is open for its whole span again.
fn repeat(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    to: &[Address],
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(window) = request.open_window() else { return Ok(()) };
    let is_late = draft.now.duration_since(window.ends_at) > GRACE_SPAN;
    // An end at 24:00 belongs to the day that ends with it.
    let since = if is_late { draft.now } else { later(window.ends_at, -LAST_MOMENT) };
    let Some(ends_at) = window_end(draft, &request, since) else { return Ok(()) };
    record(draft, id, origin, RequestChange::Repeated { to: to.to_vec(), ends_at });
    draft.arm(id, origin, Timer::Window(id), ends_at);
    announce::again(draft, id, to, ends_at)?;
    tell_coordinators(draft, id, origin, (to, ends_at))?;
    collect::to_requestor(draft, id, origin, |_, request, locale| Matter::Extended {
        title: title(request, locale),
        ends_at,
        unreached: true,
    })
}

fn tell_coordinators(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (unreached, ends_at): (&[Address], Timestamp),
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    for (person, to) in tell::coordinators(draft.desk, &ticket.queue) {
        let address = to.mailbox.address.clone();
        if caps::spend(draft, &address)?.is_err() {
            let change = Change::NotSent { address, why: "cap".to_owned() };
            draft.record_inside(id, origin, change);
            continue;
        }
        let matter =
            Matter::Unreached { title: title(request, to.locale), to: unreached.to_vec(), ends_at };
        let reply_to = tell::reply_inside(draft.desk, &ticket, &person);
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(())
}
