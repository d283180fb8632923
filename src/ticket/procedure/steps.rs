//! The interpreter of steps: what a complete request does, one step after the other.
//!
//! Every step either goes on at once or waits for something that calls [`advance`] again.
//! Deliberately absent: what a person's words do to a window (`objection`).

use jiff::{SignedDuration, Timestamp};

use crate::desk::procedure::{Step, window_days};
use crate::desk::{Access, AddressForm, Member, NotifyChoice};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::Outage;
use crate::ticket::matter::{FactLine, Matter};
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::window::{self, GRACE_SPAN};
use crate::ticket::procedure::{collect, record, remark, request_of, title};
use crate::ticket::proof;
use crate::ticket::state::{Change, Status, Ticket};
use crate::ticket::tell::{self, Recipient};
use crate::types::{Address, Mailbox, QueueName, TicketId};

/// Goes on with a request as far as it goes.
pub(super) fn advance(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    loop {
        let Some(request) = request_of(draft, id)? else { return Ok(()) };
        if request.is_ended() || request.agenda.is_some() || request.expired_at.is_some() {
            return Ok(());
        }
        let Some(step) = request.procedure.step(request.step).cloned() else {
            end(draft, id, origin, true)?;
            return Ok(());
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
        let goes_on = match &step {
            Step::Collect {} => collect::settle(draft, id, origin)?,
            Step::Announce { to } => announce(draft, id, origin, to)?,
            Step::Window { .. } => open(draft, id, origin)?,
            Step::Apply { queue, person, .. } => apply(draft, id, origin, (queue, person))?,
            Step::Tell {} => tell_outcome(draft, id, origin)?,
        };
        if !goes_on {
            return Ok(());
        }
        record(draft, id, origin, RequestChange::Step { step: request.step.saturating_add(1) });
    }
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
        rest: tell::rest(draft, locale),
        remarks: remark::of(draft, request, &[], locale),
    })?;
    Ok(true)
}

/// From when the clock of a window counts: from completeness, or from the announcement where it
/// left so late that days would be lost.
fn clock_begins(draft: &Draft<'_>, request: &Request) -> Timestamp {
    let complete_at = request.complete_at.unwrap_or(draft.now);
    let is_late = draft.now.duration_since(complete_at) > GRACE_SPAN;
    if is_late { draft.now } else { complete_at }
}

/// When the next window of a request would end, if it opened now.
fn window_end(draft: &Draft<'_>, request: &Request, since: Timestamp) -> Option<Timestamp> {
    let rest = request.procedure.steps.iter().skip(usize::from(request.step));
    let (span, count) = rest.into_iter().find_map(|step| match step {
        Step::Window { span, count, .. } => Some((span, *count)),
        Step::Collect {} | Step::Announce { .. } | Step::Apply { .. } | Step::Tell {} => None,
    })?;
    let days = window_days(span).unwrap_or(1);
    Some(window::end(since, days, count, draft.desk.site.days()))
}

fn announce(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    to: &[Address],
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    let since = clock_begins(draft, &request);
    let ends_at = window_end(draft, &request, since);
    publish(draft, id, origin, to, ends_at)
}

/// Publishes a request; says whether it reaches anybody. Else people decide.
fn publish(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    to: &[Address],
    ends_at: Option<Timestamp>,
) -> Result<bool, Missing> {
    let mut reached = Vec::new();
    for address in to {
        let why = if draft.desk.is_own(address) {
            Some("own-address")
        } else {
            let state = draft.case().correspondent(address)?;
            state.suspended_at.is_some().then_some("suspended")
        };
        match why {
            None => reached.push(address.clone()),
            Some(why) => {
                let change = Change::NotSent { address: address.clone(), why: why.to_owned() };
                draft.record_inside(id, origin, change);
            }
        }
    }
    if reached.is_empty() && !to.is_empty() {
        agenda(draft, id, origin, "not-announced");
        return Ok(false);
    }
    record(draft, id, origin, RequestChange::Announced { to: reached });
    to_lists(draft, id, |request, recipient| Matter::Announcement {
        title: title(request, recipient.locale),
        facts: public_lines(request, recipient),
        ends_at,
    })?;
    Ok(true)
}

/// What a list may read: the facts that the procedure marks as public.
fn public_lines(request: &Request, recipient: &Recipient) -> Vec<FactLine> {
    let facts = request.procedure.facts.iter();
    facts
        .filter(|fact| fact.public)
        .filter_map(|fact| {
            let value = request.facts.get(&fact.name)?;
            let value = fact.said(value, recipient.locale).to_owned();
            Some(FactLine { label: fact.shown(recipient.locale).to_owned(), value })
        })
        .collect()
}

/// Sends to where the request was published, with the bare queue address and no key.
pub(super) fn to_lists(
    draft: &mut Draft<'_>,
    id: TicketId,
    matter: impl Fn(&Request, &Recipient) -> Matter,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = &ticket.request else { return Ok(()) };
    let sequence = request.announcements.last().copied().unwrap_or_default();
    for address in &request.announced_to {
        let to = Recipient {
            mailbox: Mailbox::new("", address.clone()),
            person: None,
            locale: tell::queue_locale(draft.desk, &ticket.queue),
            form: AddressForm::Informal,
        };
        let matter = matter(request, &to);
        let mut notice = tell::notice(draft, &ticket, &to, ReplyTo::Queue, matter);
        // The number of the announcement: an answer to this mail reaches the request as well.
        notice.sequence = sequence;
        draft.notify(notice);
    }
    Ok(())
}

/// Opens a window, if it is not open already; then it waits.
fn open(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<bool, Missing> {
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
        rest: None,
        remarks: if anew { Vec::new() } else { remark::of(draft, request, &[], locale) },
    })
}

/// The window begins anew in full, announced again. Returns its end, if it could be announced.
pub(super) fn restart(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<Option<Timestamp>, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(None) };
    let Some(ends_at) = window_end(draft, &request, draft.now) else { return Ok(None) };
    if !publish(draft, id, origin, &request.announced_to, Some(ends_at))? {
        return Ok(None);
    }
    start(draft, id, origin, ends_at, true)?;
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
        });
    }
    let is_unreached = |to: &Address| request.unreached.iter().any(|known| known == to.folded());
    if !request.announced_to.is_empty() && request.announced_to.iter().all(is_unreached) {
        agenda(draft, id, origin, "not-announced");
        return Ok(());
    }
    record(draft, id, origin, RequestChange::Close);
    record(draft, id, origin, RequestChange::Step { step: request.step.saturating_add(1) });
    advance(draft, id, origin)
}

/// The request waits for people to decide.
pub(super) fn agenda(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, why: &str) {
    draft.disarm(id, origin, &Timer::Window(id));
    record(draft, id, origin, RequestChange::Agenda { why: why.to_owned() });
}

/// Puts a person into a queue, once.
fn apply(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (queue, fact): (&QueueName, &str),
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    let register = draft.register();
    let known = request.people.get(fact).filter(|person| register.person(person).is_some());
    let person = known.cloned().or_else(|| {
        let given = request.facts.get(fact)?;
        match people::find(&register, given) {
            Named::One(person) => Some(person),
            Named::Nobody(_) => None,
        }
    });
    let (Some(person), Some(known)) = (person, register.queue(queue)) else {
        agenda(draft, id, origin, "person");
        return Ok(false);
    };
    if known.member(&person).is_none() {
        let member =
            Member { person, access: Access::Write, notify: NotifyChoice::default(), role: None };
        if let Some(change) = register.joined(queue, member) {
            draft.enroll(change);
        }
    }
    record(draft, id, origin, RequestChange::Applied { step: request.step });
    Ok(true)
}

fn tell_outcome(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<bool, Missing> {
    collect::to_requestor(draft, id, origin, |_, request, locale| Matter::Outcome {
        title: title(request, locale),
        granted: true,
        facts: collect::known_lines(request, locale),
    })?;
    Ok(true)
}

/// The request ended: nothing of it is armed any more.
pub(super) fn end(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    granted: bool,
) -> Result<(), Missing> {
    record(draft, id, origin, RequestChange::End { granted });
    draft.record(id, origin, Change::Status { status: Status::Resolved });
    to_lists(draft, id, |request, recipient| Matter::Decided {
        title: title(request, recipient.locale),
        granted,
        facts: public_lines(request, recipient),
    })?;
    collect::remember(draft, id, false)?;
    proof::end(draft, id, origin)?;
    let timers = draft.ticket(id)?.map(requests_timers).unwrap_or_default();
    for timer in timers {
        draft.disarm(id, origin, &timer);
    }
    Ok(())
}

fn requests_timers(ticket: &Ticket) -> Vec<Timer> {
    let timers = ticket.timers.iter().map(|(timer, _)| timer);
    let is_ours = |timer: &&Timer| match timer {
        Timer::Settle(_) | Timer::Remind(..) | Timer::Window(_) | Timer::Unconfirmed(_) => true,
        Timer::Held(..)
        | Timer::Proof(..)
        | Timer::Digest(_)
        | Timer::Erase(_)
        | Timer::Outbox(_) => false,
    };
    timers.filter(is_ours).cloned().collect()
}
