//! The step that starts a program for what lives outside.
//!
//! That it starts is recorded before it does. How it ended comes as an event; where that never
//! comes, nobody knows how far it got, and it is not started again unless the step says so.
//! Deliberately absent: starting it (the shell).

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::desk::step::{self, Run};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, RunOrder, Timer};
use crate::ticket::event::Ran;
use crate::ticket::later;
use crate::ticket::matter::Job;
use crate::ticket::procedure::request::{Ending, Request, RequestChange};
use crate::ticket::procedure::{record, request_of, steps, task};
use crate::ticket::state::Actor;
use crate::types::{QueueName, TicketId};

/// So long after its time a program is given up for lost.
const GRACE_SPAN: SignedDuration = SignedDuration::from_mins(2);
/// How often a repeatable program starts.
const ATTEMPTS_MAX: u16 = 3;
/// Characters of its output that a team reads.
const OUTPUT_CHARS_MAX: usize = 600;

/// Starts the program, once; says whether it did its work, or the team did.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    run: &Run,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    match request.waits() {
        Some(pending) => {
            let ended = pending.run.and_then(|(_, ending)| ending);
            Ok(ended == Some(Ending::Exited(0)) || task::is_done(&request))
        }
        None => {
            record(draft, id, origin, RequestChange::Await { due_at: None });
            start(draft, id, origin, (run, 1))?;
            Ok(false)
        }
    }
}

fn start(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (run, attempt): (&Run, u16),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let timeout = step::length(&run.timeout).unwrap_or(GRACE_SPAN);
    record(draft, id, origin, RequestChange::Started { step: request.step, attempt });
    let lost_at = later(later(draft.now, timeout), GRACE_SPAN);
    draft.arm(id, origin, Timer::Run(id), lost_at);
    let facts: BTreeMap<String, String> = request.facts.clone();
    draft.push(Effect::Run(Box::new(RunOrder {
        ticket: id,
        step: request.step,
        attempt,
        program: run.program.clone(),
        timeout,
        procedure: request.procedure.name.clone(),
        facts,
    })));
    Ok(())
}

/// A program ended.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn ended(draft: &mut Draft<'_>, ran: &Ran) -> Result<(), Missing> {
    let origin = Origin { by: Actor::Program, rung: 0, at: ran.at, message: None };
    settle(draft, ran.ticket, &origin, (ran.attempt, ran.step, ran.ending, &ran.output))
}

/// Nothing was heard of a program for too long: lotse ended meanwhile.
pub(super) fn lost(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some((attempt, None)) = request.waits().and_then(|pending| pending.run) else {
        return Ok(());
    };
    settle(draft, id, origin, (attempt, request.step, Ending::Unknown, ""))
}

fn settle(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (attempt, step, ending, output): (u16, u16, Ending, &str),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let waits = request.waits().filter(|pending| pending.step == step);
    if waits.and_then(|pending| pending.run) != Some((attempt, None)) {
        return Ok(());
    }
    draft.disarm(id, origin, &Timer::Run(id));
    let output: String = output.chars().take(OUTPUT_CHARS_MAX).collect();
    record(draft, id, origin, RequestChange::Ran { step, attempt, ending, output });
    let Some(step::Step::Run(run)) = request.procedure.step(step) else { return Ok(()) };
    if ending == Ending::Exited(0) {
        return steps::advance(draft, id, origin);
    }
    if run.repeatable && attempt < ATTEMPTS_MAX {
        return start(draft, id, origin, (run, attempt + 1));
    }
    let own = draft.ticket(id)?.map(|ticket| ticket.queue.clone());
    let is_queue = |queue: &QueueName| draft.desk.register.queue(queue).is_some();
    let Some(team) = run.team.clone().filter(is_queue).or(own) else { return Ok(()) };
    task::make(draft, id, origin, &team)
}

/// What the team of a program that did not do its work reads.
pub(super) fn job(request: &Request, run: &Run) -> Job {
    let pending = request.waits();
    let ending = pending.and_then(|pending| pending.run).and_then(|(_, ending)| ending);
    let output = pending.map(|pending| pending.output.clone()).unwrap_or_default();
    Job::Program {
        program: run.program.first().cloned().unwrap_or_default(),
        is_unknown: matches!(ending, None | Some(Ending::Unknown | Ending::TimedOut)),
        output,
    }
}
