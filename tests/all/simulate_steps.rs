//! What holds of requests at their steps in every world, told from the histories: nothing is done
//! before its time, twice, by the wrong people or without a reason.
//!
//! Deliberately absent: windows (`laws`, `outages`), votes and meetings (`decisions`).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lotse::desk::step::Step;
use lotse::ticket::procedure::request::{About, Ending, Ruling};
use lotse::ticket::procedure::{Request, RequestChange};
use lotse::ticket::proof::{self, Purpose};
use lotse::ticket::{Actor, Change, Status, Ticket, Transaction};
use lotse::types::{Position, Sequence, TicketId};

use super::laws::{Held, hold};
use super::letters::Nature;
use super::world::World;

/// The seat of a higher body.
const BODY: u16 = u16::MAX;
/// A weekend, and what is left of the days around it.
const REST_SPAN: SignedDuration = SignedDuration::from_hours(4 * 24);

/// A line of history, and the ticket before it.
pub(crate) struct Line<'a> {
    pub(crate) id: TicketId,
    pub(crate) before: &'a Ticket,
    pub(crate) line: &'a Transaction,
}

impl Line<'_> {
    pub(crate) fn request(&self) -> Option<&Request> {
        self.before.request.as_deref()
    }

    pub(crate) fn shown(&self) -> String {
        format!("#{} {:?}", self.id, self.line)
    }
}

/// What is remembered of a ticket from one line to the next.
#[derive(Default)]
struct Course {
    /// Who was asked for what since somebody was last reminded.
    asked: Vec<(Actor, About)>,
    /// Whether the last sheet says granted, and which ruling it is of, with its votes.
    sheet: Option<(bool, Option<Ruling>)>,
    /// A meeting or a vote granted what stands at this step.
    is_ruled: bool,
    /// The step at which something was left to a proof.
    proofs: BTreeMap<Sequence, u16>,
    /// The step that a mail proved something for.
    proven: BTreeMap<Position, u16>,
}

/// Every law of steps, over all histories.
pub(crate) fn at_rest(
    world: &World,
    history: &BTreeMap<TicketId, Vec<Transaction>>,
    tickets: &BTreeMap<TicketId, Ticket>,
) -> Held {
    for (id, lines) in history {
        let Some(first) = lines.first() else { continue };
        let mut ticket = Ticket::begin(*id, first.at);
        let mut course = Course::default();
        for line in lines {
            let seen = Line { id: *id, before: &ticket, line };
            look(world, &seen, &mut course)?;
            super::decisions::look(world, &seen)?;
            ticket.apply(line);
        }
    }
    let held_back = |id: &TicketId| {
        let mut lines = history.get(id).into_iter().flatten();
        lines.any(|line| matches!(line.change, Change::NotSent { .. }))
    };
    for ticket in tickets.values() {
        is_looked_after(world, tickets, (ticket, held_back(&ticket.id)))?;
    }
    Ok(())
}

fn look(world: &World, seen: &Line<'_>, course: &mut Course) -> Held {
    let Some(request) = seen.request() else { return Ok(()) };
    match &seen.line.change {
        Change::Prove { .. } => {
            course.proofs.insert(seen.line.sequence, request.step);
            Ok(())
        }
        Change::Answered { question } => {
            let duty = request.questions.get(question).and_then(|asked| match asked.about {
                About::Duty { step, .. } => Some(step),
                _ => None,
            });
            let step = course.proofs.get(question).copied().or(duty);
            course.proven.extend(seen.line.message.zip(step));
            Ok(())
        }
        Change::Request { change } => look_at(world, seen, (request, change), course),
        _ => Ok(()),
    }
}

fn look_at(
    world: &World,
    seen: &Line<'_>,
    (request, change): (&Request, &RequestChange),
    course: &mut Course,
) -> Held {
    let what = || seen.shown();
    match change {
        RequestChange::Step { step } => {
            course.asked.clear();
            let is_ruled = std::mem::take(&mut course.is_ruled);
            let is_next = *step == request.step + 1;
            let is_done = is_ruled || is_done(request, seen.line.at);
            // Who decides instead of silence decides instead of publishing too.
            let mut passed = (request.step..*step).map(|place| request.procedure.step(place));
            let is_silence = |step: Option<&Step>| {
                matches!(step, Some(Step::Announce { .. } | Step::Window { .. }))
            };
            let is_near = is_next || is_ruled && passed.all(is_silence);
            hold(is_near && is_done, "step_is_done_before_the_next", what)
        }
        RequestChange::Question { by, about, .. } => {
            let asked = (by.clone(), once(request, *about));
            let times = course.asked.iter().filter(|known| **known == asked).count();
            course.asked.push(asked);
            let times_max = match about {
                About::Duty { .. } => 1,
                // Nothing says on the ticket that it is a reminder.
                About::Support => 2,
                _ => usize::MAX,
            };
            hold(times < times_max, "duty_is_asked_of_each_once", what)
        }
        RequestChange::Verdict { step, granted, reason, .. } => {
            hold(*granted || reason.is_some(), "refusal_has_a_reason", what)?;
            let proven = seen.line.message.and_then(|message| course.proven.get(&message));
            let is_asked = *step == request.step && proven.is_none_or(|known| known == step);
            hold(is_asked, "proof_is_for_the_step_that_asked", what)?;
            decided_by_somebody_proven(world, seen, grants(request))
        }
        RequestChange::Support { .. } => decided_by_somebody_proven(world, seen, Purpose::Confirm),
        RequestChange::Chased { escalated } => {
            course.asked.clear();
            chased(world, seen, request, *escalated)
        }
        RequestChange::Escalate { .. } => {
            course.asked.clear();
            Ok(())
        }
        RequestChange::Reported { ticket, .. } => {
            course.asked.clear();
            let waits = request.waits().and_then(|pending| pending.task);
            hold(waits == Some((*ticket, None)), "task_reports_back_once", what)
        }
        RequestChange::Applied { step } => {
            hold(!request.applied.contains(step), "register_changes_once", what)
        }
        RequestChange::Bound => came_through(world, seen, request),
        RequestChange::Ruled { ruling } => {
            course.is_ruled = ruling.granted;
            Ok(())
        }
        RequestChange::Sheet { sheet } => {
            // What was granted may end otherwise later, and votes are counted anew.
            let of = Some((sheet.granted, sheet.ruling.clone()));
            let is_new = course.sheet != of;
            course.sheet = of;
            hold(is_new, "decision_has_one_sheet", what)
        }
        RequestChange::End { granted } => {
            let has_one = course.sheet.as_ref().is_some_and(|(says, _)| says == granted);
            hold(has_one && !request.is_ended(), "decision_has_one_sheet", what)
        }
        _ => Ok(()),
    }
}

/// Of a joint decision whoever sits on several seats is asked once; things of a list are several.
fn once(request: &Request, about: About) -> About {
    match (about, request.procedure.step(request.step)) {
        (About::Duty { step, .. }, Some(Step::Joint(_))) => About::Duty { step, seat: 0 },
        _ => about,
    }
}

/// What a yes is at the step where a request stands.
fn grants(request: &Request) -> Purpose {
    match request.procedure.step(request.step) {
        Some(Step::Review(_) | Step::Joint(_) | Step::Escalate(_)) => Purpose::Grant,
        _ => Purpose::Confirm,
    }
}

/// A person does it, known as surely as the purpose needs, and not who asks.
pub(crate) fn decided_by_somebody_proven(world: &World, seen: &Line<'_>, purpose: Purpose) -> Held {
    let is_person = matches!(seen.line.by, Actor::Person(_));
    let is_proven = seen.line.rung >= proof::needed(&world.desk, purpose);
    hold(is_person && is_proven, "nobody_decides_below_the_rung", || {
        format!("{} for {purpose:?}", seen.shown())
    })
}

/// Whether the step where a request stands has done what it is there for.
fn is_done(request: &Request, at: Timestamp) -> bool {
    let has_yes = |seat| request.verdicts_here().any(|one| one.seat == seat && one.granted);
    let all = |count: usize| has_yes(BODY) || (0..u16::try_from(count).unwrap()).all(has_yes);
    let pending = request.waits();
    let is_reported = pending.and_then(|one| one.task).is_some_and(|(_, done)| done == Some(true));
    match request.procedure.step(request.step) {
        Some(Step::Collect {}) => request.complete_at.is_some(),
        Some(Step::Announce { .. }) => !request.announcements.is_empty(),
        Some(Step::Window { .. }) => request.window.as_ref().is_some_and(|window| window.closed),
        Some(Step::Apply(apply)) => {
            let binds = apply.create == Some(lotse::desk::step::Create::Bind);
            let came = pending.and_then(|one| one.probe.as_ref()).is_some_and(|(_, came)| *came);
            request.applied.contains(&request.step) && (!binds || came)
        }
        Some(Step::Review(_) | Step::Confirm(_) | Step::Escalate(_)) => all(1),
        Some(Step::Joint(joint)) => all(joint.by.len()),
        Some(Step::Checklist(list)) => all(list.items.len()),
        Some(Step::Task(_)) => is_reported || all(1),
        Some(Step::Run(_)) => {
            let ended = pending.and_then(|one| one.run).and_then(|(_, ending)| ending);
            ended == Some(Ending::Exited(0)) || is_reported || all(1)
        }
        Some(Step::Wait(wait)) => match (&wait.fact, pending.and_then(|one| one.due_at)) {
            (Some(fact), _) => request.facts.contains_key(fact),
            (None, Some(due_at)) => at >= due_at,
            // A day that has passed before it was waited for.
            (None, None) => wait.date.is_some(),
        },
        Some(Step::Agenda { .. } | Step::Vote(_)) | None => false,
        Some(Step::Tell(_)) => true,
    }
}

/// Somebody is reminded of what he owes in working hours; a promise is handed on once, when it is
/// over.
fn chased(world: &World, seen: &Line<'_>, request: &Request, escalated: bool) -> Held {
    let what = || seen.shown();
    let step = request.procedure.step(request.step);
    let is_of_people = !matches!(step, Some(Step::Apply(_)));
    let days = world.desk.site.days();
    let is_working = days.calendar.working_from(seen.line.at, days.zone) == Some(seen.line.at);
    hold(is_working || !is_of_people, "reminders_come_in_working_hours", what)?;
    if !escalated {
        return Ok(());
    }
    let pending = request.waits();
    let is_first = pending.is_some_and(|pending| !pending.escalated);
    let is_promise = step.and_then(Step::deadline).is_some_and(|deadline| deadline.is_promise);
    hold(is_first && is_promise, "promise_is_handed_on_once", what)?;
    let due_at = pending.and_then(|pending| pending.due_at);
    let is_timely =
        due_at.is_some_and(|due_at| due_at <= seen.line.at && seen.line.at < due_at + REST_SPAN);
    hold(is_timely, "promise_is_handed_on_in_time", what)
}

/// An address is bound by a mail of ours that was led back to it, and by nothing else.
fn came_through(world: &World, seen: &Line<'_>, request: &Request) -> Held {
    let probe = request.waits().and_then(|pending| pending.probe.as_ref());
    let letter = seen.line.message.and_then(|message| world.letters.get(&message));
    let is_through = probe.zip(letter).is_some_and(|((address, _), letter)| {
        letter.nature == Nature::Probe && letter.recipients.contains(address)
    });
    hold(is_through, "address_is_bound_by_its_own_mail", || seen.shown())
}

/// At rest a request has ended, or it waits for time, or for somebody who was told.
fn is_looked_after(
    world: &World,
    tickets: &BTreeMap<TicketId, Ticket>,
    (ticket, is_held_back): (&Ticket, bool),
) -> Held {
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    if request.is_ended() || request.expired_at.is_some() || !ticket.status.is_active() {
        return Ok(());
    }
    let what = || format!("#{} at {} stands at {request:?}", ticket.id, world.at);
    promise_was_handed_on(world, request, &what)?;
    if let Some((task, None)) = request.waits().and_then(|pending| pending.task) {
        let done = tickets.get(&task).is_some_and(|task| task.status == Status::Resolved);
        hold(!done || request.agenda.is_some(), "task_reports_back", what)?;
    }
    // What a cap holds back stands on the ticket and in a digest.
    let is_told = is_held_back || is_waited_for(tickets, ticket, request);
    hold(is_told, "request_ends_or_somebody_was_told", what)
}

fn promise_was_handed_on(world: &World, request: &Request, what: &impl Fn() -> String) -> Held {
    let step = request.procedure.step(request.step);
    let is_promise = step.and_then(Step::deadline).is_some_and(|deadline| deadline.is_promise);
    let pending = request.waits().filter(|_| is_promise && request.agenda.is_none());
    let is_forgotten = pending.is_some_and(|pending| {
        let is_over = pending.due_at.is_some_and(|due_at| due_at + REST_SPAN < world.at);
        is_over && !pending.escalated
    });
    hold(!is_forgotten, "promise_is_handed_on_in_time", what)
}

fn is_waited_for(tickets: &BTreeMap<TicketId, Ticket>, ticket: &Ticket, request: &Request) -> bool {
    if request.agenda.is_some() {
        // It stands in the coordinators' digests.
        return true;
    }
    if let Some((_, sitting)) = &request.tabled {
        return tickets.get(sitting).is_some_and(|sitting| !sitting.timers.is_empty());
    }
    if request.open_window().is_some_and(|window| !window.objections.is_empty()) {
        // Who objected may withdraw; the others know that the clock stands.
        return true;
    }
    let asks = |wanted: &dyn Fn(About) -> bool| {
        request.questions.values().any(|question| wanted(question.about))
    };
    let is_told = match request.procedure.step(request.step) {
        Some(Step::Review(_) | Step::Confirm(_) | Step::Joint(_) | Step::Escalate(_)) => {
            asks(&|about| matches!(about, About::Duty { step, .. } if step == request.step))
        }
        Some(Step::Checklist(list)) => (0..list.items.len()).all(|seat| {
            let seat = u16::try_from(seat).unwrap();
            let is_said = request.verdicts_here().any(|one| one.seat == seat);
            let wanted = About::Duty { step: request.step, seat };
            is_said || asks(&|about| about == wanted)
        }),
        Some(Step::Task(_) | Step::Run(_) | Step::Apply(_)) => {
            let pending = request.waits();
            pending.is_some_and(|pending| pending.task.is_some() || !ticket.timers.is_empty())
        }
        Some(
            Step::Collect {}
            | Step::Announce { .. }
            | Step::Window { .. }
            | Step::Wait(_)
            | Step::Tell(_)
            | Step::Agenda { .. }
            | Step::Vote(_),
        )
        | None => !ticket.timers.is_empty(),
    };
    is_told || asks(&|about| about == About::Support)
}
