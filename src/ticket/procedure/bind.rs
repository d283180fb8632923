//! Binding an address: it takes mail at once, and is done when a mail of ours came through it.
//!
//! A mail goes to the address and is looked for at the doors; until it comes, leading the address
//! here is a task for who runs the mail server. Deliberately absent: changing the register
//! (`apply`).

use jiff::SignedDuration;

use crate::desk::AddressForm;
use crate::desk::step::{Apply, Step};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::MailEvent;
use crate::ticket::key;
use crate::ticket::later;
use crate::ticket::matter::Matter;
use crate::ticket::procedure::request::{Pending, Request, RequestChange};
use crate::ticket::procedure::{asking, chase, record, request_of, silence, steps, task};
use crate::ticket::receive;
use crate::ticket::tell::{self, Recipient};
use crate::types::{Address, Mailbox, QueueName, TicketId};

/// So long our own mail may be on its way before somebody is asked to look after it.
const FIRST_SPAN: SignedDuration = SignedDuration::from_mins(10);
/// So soon it is tried again where a server said at once that there is no such address: it may have
/// heard so before the address was bound, and remember it for a while.
const AGAIN_SPAN: SignedDuration = SignedDuration::from_mins(1);
/// How often a mail is sent before it comes.
const PROBES_MAX: u16 = 20;

/// Sends a mail to the address, once; says whether it came back.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    apply: &Apply,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if let Some(pending) = request.waits() {
        let is_through = pending.probe.as_ref().is_some_and(|(_, came)| *came);
        let is_reported = pending.task.is_some_and(|(_, done)| done == Some(true));
        if !is_through && is_reported {
            probe(draft, id, origin, &request)?;
        }
        return Ok(is_through);
    }
    let given = apply.address.as_ref().and_then(|fact| request.facts.get(fact));
    let Some(address) = given.and_then(|given| Address::parse(given).ok()) else {
        steps::left_to_people(draft, id, origin, "address");
        return Ok(false);
    };
    record(draft, id, origin, RequestChange::Await { due_at: None });
    record(draft, id, origin, RequestChange::Probed { address });
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    probe(draft, id, origin, &request)?;
    asking::tell_requestor(draft, id, origin, &Step::Apply(apply.clone()))?;
    Ok(false)
}

/// One mail to the address, and when it is looked for.
fn probe(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    request: &Request,
) -> Result<(), Missing> {
    let Some(pending) = request.waits() else { return Ok(()) };
    let Some((address, false)) = &pending.probe else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let to = Recipient {
        mailbox: Mailbox::new("", address.clone()),
        person: None,
        locale: tell::queue_locale(draft.desk, &ticket.queue),
        form: AddressForm::Formal,
    };
    let matter = Matter::Probe { address: address.to_string() };
    let notice = tell::notice(draft, &ticket, &to, ReplyTo::None, matter);
    draft.notify(notice);
    let span = match pending.chased {
        0 => FIRST_SPAN,
        1..=3 => SignedDuration::from_hours(1),
        _ => SignedDuration::from_hours(24),
    };
    let at = if is_early(draft, pending) { pending.since } else { draft.now };
    draft.arm(id, origin, Timer::Due(id, chase::PROBE), later(at, span));
    Ok(())
}

/// Whether nobody need look after it yet.
fn is_early(draft: &Draft<'_>, pending: &Pending) -> bool {
    pending.chased == 0 && draft.now < later(pending.since, FIRST_SPAN)
}

/// A mail of ours to a bound address was refused.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn refused(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(pending) = request.waits().filter(|_| request.agenda.is_none()) else {
        return Ok(());
    };
    let is_awaited = pending.probe.as_ref().is_some_and(|(_, came)| !*came);
    let soon = later(draft.now, AGAIN_SPAN);
    if is_awaited && is_early(draft, pending) && soon < later(pending.since, FIRST_SPAN) {
        draft.arm(id, origin, Timer::Due(id, chase::PROBE), soon);
    }
    Ok(())
}

/// Nothing came through: who runs the mail server has a task, and it is tried again.
pub(super) fn again(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(pending) = request.waits().filter(|_| request.agenda.is_none()) else {
        return Ok(());
    };
    if pending.probe.as_ref().is_none_or(|(_, came)| *came) {
        return Ok(());
    }
    if is_early(draft, pending) {
        return probe(draft, id, origin, &request);
    }
    if pending.chased >= PROBES_MAX {
        steps::left_to_people(draft, id, origin, "address");
        return Ok(());
    }
    let has_task = matches!(pending.task, Some((_, None)));
    record(draft, id, origin, RequestChange::Chased { escalated: false });
    if !has_task && let Some(queue) = server(draft, id, &request)? {
        task::make(draft, id, origin, &queue)?;
    }
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    probe(draft, id, origin, &request)
}

/// Whose task it is to lead an address here.
fn server(
    draft: &Draft<'_>,
    id: TicketId,
    request: &Request,
) -> Result<Option<QueueName>, Missing> {
    let Some(Step::Apply(apply)) = request.procedure.step(request.step) else { return Ok(None) };
    let own = draft.ticket(id)?.map(|ticket| ticket.queue.clone());
    let is_queue = |queue: &QueueName| draft.desk.register.queue(queue).is_some();
    Ok(apply.server.clone().filter(is_queue).or(own))
}

/// A mail of ours came in: if it is one that was sent through a bound address, the address works;
/// if it was published, whoever brought it back distributed it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn came_back(draft: &mut Draft<'_>, mail: &MailEvent) -> Result<(), Missing> {
    let message_id = mail.message.message_id.as_deref();
    let row = message_id.and_then(|id| key::own_id(draft.desk, id)).map(|own| own.row.to_string());
    let mark = mail.message.field("X-Lotse-Mark").filter(|mark| key::is_mark(draft.desk, mark));
    let marked = mark.and_then(|mark| mark.trim().split_once('.')).map(|(row, _)| row.to_owned());
    let Some(row) = row.or(marked) else { return Ok(()) };
    let Some(sent) = draft.case().sent(&format!("row:{row}"))?.cloned() else { return Ok(()) };
    let Some(id) = sent.notice.ticket else { return Ok(()) };
    let origin = receive::origin(mail, None);
    match &sent.notice.matter {
        Matter::Probe { address } => works(draft, id, &origin, address),
        Matter::Announcement { .. } => {
            silence::arrived(draft, id, &origin, &sent.notice.to.address)
        }
        _ => Ok(()),
    }
}

/// A mail came through an address: it is bound, if that was waited for.
fn works(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    address: &str,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let probe = request.waits().and_then(|pending| pending.probe.clone());
    let is_asked = probe.is_some_and(|(known, came)| known.to_string() == *address && !came);
    if !is_asked {
        return Ok(());
    }
    record(draft, id, origin, RequestChange::Bound);
    task::forget(draft, id, origin)?;
    steps::advance(draft, id, origin)
}
