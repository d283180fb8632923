//! The step that gives a team something to do: a linked ticket in its queue, waited for.
//!
//! Closing that ticket reports back, saying that it cannot be done brings people in. Deliberately
//! absent: how a team works on its ticket (`member`), deadlines (`chase`).

use std::collections::BTreeSet;

use crate::desk::step::{Step, Task};
use crate::desk::{Access, Desk};
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{Asking, Excerpt, Job, Matter};
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{asking, chase, duty, record, request_of, run, steps, title};
use crate::ticket::state::{Change, Status, Ticket};
use crate::ticket::tell;
use crate::types::{Locale, PersonId, QueueName, TicketId};

/// Makes the ticket, once; says whether the team has reported.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    task: &Task,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if request.waits().is_some() {
        return Ok(is_done(&request));
    }
    if draft.desk.register.queue(&task.queue).is_none() {
        steps::left_to_people(draft, id, origin, "task");
        return Ok(false);
    }
    let due_at = chase::due_at(draft, &request, &Step::Task(task.clone()));
    record(draft, id, origin, RequestChange::Await { due_at });
    make(draft, id, origin, &task.queue)?;
    chase::arm(draft, id, origin)?;
    asking::tell_requestor(draft, id, origin, &Step::Task(task.clone()))?;
    Ok(false)
}

/// Whether the team reported it done, or somebody who may said that it is.
pub(super) fn is_done(request: &Request) -> bool {
    let is_reported = request.waits().and_then(|pending| pending.task);
    let is_reported = is_reported.is_some_and(|(_, done)| done == Some(true));
    is_reported || request.verdicts_here().any(|one| one.granted)
}

/// Makes a ticket in a team's queue for the step where a request stands, and tells the team.
pub(super) fn make(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    queue: &QueueName,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    let locale = tell::queue_locale(draft.desk, queue);
    let made = draft.create(
        origin,
        Change::Create {
            queue: queue.clone(),
            subject: title(request, locale),
            requestors: Vec::new(),
            locale,
            linked: Some(id),
            suspect: false,
            message_id: None,
        },
    );
    let step = request.step;
    draft.record_inside(made, origin, Change::TaskOf { request: id, step });
    record(draft, id, origin, RequestChange::Tasked { ticket: made });
    show(draft, (id, made), origin, Asking::First)
}

/// Shows the team what it has to do.
fn show(
    draft: &mut Draft<'_>,
    (id, made): (TicketId, TicketId),
    origin: &Origin,
    asking: Asking,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    let Some(task) = draft.ticket(made)?.cloned() else { return Ok(()) };
    for person in team(draft.desk, &task) {
        let Some(to) = tell::member(draft.desk, &person) else { continue };
        if caps::spend(draft, &to.mailbox.address)?.is_err() {
            let (address, why) = (to.mailbox.address.clone(), "cap".to_owned());
            draft.record_inside(made, origin, Change::NotSent { address, why });
            continue;
        }
        let matter = Matter::Task {
            title: title(request, to.locale),
            job: job(request, to.locale),
            facts: asking::facts(request, to.locale),
            until: request.waits().and_then(|pending| pending.due_at),
            asking,
            request: id,
            playbook: asking::said(&request.procedure.playbook, to.locale),
        };
        let reply_to = ReplyTo::Internal(person);
        let notice = tell::notice(draft, &task, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(())
}

/// What the ticket of the step where a request stands is about.
fn job(request: &Request, locale: Locale) -> Job {
    match request.procedure.step(request.step) {
        Some(Step::Task(task)) => Job::Text(asking::filled(request, &task.text, locale)),
        Some(Step::Run(program)) => run::job(request, program),
        _ => {
            let probe = request.waits().and_then(|pending| pending.probe.as_ref());
            let address = probe.map(|(address, _)| address.to_string());
            Job::Bind(address.unwrap_or_default())
        }
    }
}

/// Who is told of a task: who is told of the queue's mail, or all who may work there.
fn team(desk: &Desk, task: &Ticket) -> Vec<PersonId> {
    let told = tell::told(desk, task, &BTreeSet::new());
    if !told.is_empty() {
        return told;
    }
    let members = desk.register.members(&task.queue).iter();
    let writers = members.filter(|member| member.access == Access::Write);
    writers.map(|member| member.person.clone()).collect()
}

/// Reminds the team of its ticket.
pub(super) fn remind(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some((task, None)) = request.waits().and_then(|pending| pending.task) else {
        return Ok(());
    };
    show(draft, (id, task), origin, Asking::Again)
}

/// What the body reads to which a task is handed on.
pub(super) fn overdue(desk: &Desk, request: &Request, task: &Task, locale: Locale) -> Matter {
    let team = desk.register.queue(&task.queue);
    let team = team.map_or_else(|| task.queue.to_string(), |queue| queue.shown().to_owned());
    let pending = request.waits();
    let is_refused = pending.and_then(|pending| pending.task).and_then(|(_, done)| done);
    Matter::Overdue {
        title: title(request, locale),
        team,
        until: pending.and_then(|pending| pending.due_at),
        cannot: is_refused == Some(false),
        reason: None,
        history: asking::history(desk, request),
    }
}

/// A team closed its ticket, or said that it cannot be done.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn report(
    draft: &mut Draft<'_>,
    task: TicketId,
    origin: &Origin,
    (done, reason): (bool, Option<&Excerpt>),
) -> Result<bool, Missing> {
    let Some((id, _)) = draft.ticket(task)?.and_then(|ticket| ticket.task_of) else {
        return Ok(false);
    };
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    let waits = request.waits().and_then(|pending| pending.task);
    if waits != Some((task, None)) {
        return Ok(false);
    }
    record(draft, id, origin, RequestChange::Reported { ticket: task, done });
    if done {
        steps::advance(draft, id, origin)?;
        return Ok(true);
    }
    if let Some(text) = reason {
        draft.record_inside(id, origin, Change::Comment { text: text.clone() });
    }
    duty::ask_seat(draft, id, origin, ((request.step, 0), Asking::Overdue))?;
    Ok(true)
}

/// A team said by a keyword that its task cannot be done; without a reason it is asked for one.
pub(super) fn refuse(
    draft: &mut Draft<'_>,
    task: TicketId,
    origin: &Origin,
    (person, words): (&PersonId, Option<&Excerpt>),
) -> Result<duty::Ruled, Missing> {
    let Some(ticket) = draft.ticket(task)?.cloned() else { return Ok(duty::Ruled::NotOpen) };
    if words.is_none() {
        let Some(to) = tell::member(draft.desk, person) else { return Ok(duty::Ruled::NotOpen) };
        let matter = Matter::ReasonAsked {
            title: ticket.subject.clone(),
            applicant: draft.desk.register.name_of(person),
            unclear: false,
        };
        if caps::spend(draft, &to.mailbox.address)?.is_ok() {
            let reply_to = ReplyTo::Internal(person.clone());
            let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
            draft.notify(notice);
        }
        return Ok(duty::Ruled::Asked);
    }
    if !report(draft, task, origin, (false, words))? {
        return Ok(duty::Ruled::NotOpen);
    }
    draft.record_inside(task, origin, Change::Status { status: Status::Rejected });
    Ok(duty::Ruled::Reported)
}

/// The request goes on without its task, or ended: the team need not do it any more.
pub(super) fn forget(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some((task, None)) = request.waits().and_then(|pending| pending.task) else {
        return Ok(());
    };
    let is_active = draft.ticket(task)?.is_some_and(|ticket| ticket.status.is_active());
    if is_active {
        draft.record_inside(task, origin, Change::Status { status: Status::Rejected });
    }
    Ok(())
}
