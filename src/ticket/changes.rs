//! Change notices: what changed in how the site runs is told to the coordinating team (000-07).
//!
//! What ran before is kept in the register; telling and keeping are one batch, so that each change
//! is told once, whatever happens between. Deliberately absent: what is compared
//! (`desk::account`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::desk::account::Difference;
use crate::desk::{Account, Desk, RegisterChange};
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Effect, Timer};
use crate::ticket::later;
use crate::ticket::matter::{ChangeLine, Matter};
use crate::ticket::shelf::Shelf;
use crate::ticket::tell;
use crate::types::TicketId;

/// So long is waited for more: an upgrade is often a start, an `apply` and a start again.
const SETTLE_SPAN: SignedDuration = SignedDuration::from_mins(10);
/// Changes that one mail names.
const LINES_MAX: usize = 40;
/// Requests that are looked at for those that keep an old text.
const REQUESTS_MAX: usize = 300;

/// The timer of a daemon that begins, reads its settings anew or has another register, if what it
/// runs with is not what it ran with.
#[must_use]
pub fn first_timer(desk: &Desk, now: Timestamp) -> Option<(Timer, Timestamp)> {
    match desk.register.account() {
        // Nothing is set up yet: the first account is taken of what there is then.
        None if desk.register.queues().next().is_none() => None,
        None => Some((Timer::Changes, now)),
        Some(before) => {
            (Account::of(desk) != *before).then(|| (Timer::Changes, later(now, SETTLE_SPAN)))
        }
    }
}

/// What changed since the last time is told; the first time, nothing is.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn tell(draft: &mut Draft<'_>, due_at: Timestamp) -> Result<(), Missing> {
    let desk = draft.desk;
    draft.push(Effect::Disarm(Timer::Changes, due_at));
    if draft.now < due_at {
        draft.push(Effect::Arm(Timer::Changes, due_at));
        return Ok(());
    }
    let account = Account::of(desk);
    let differences =
        desk.register.account().map(|before| account.since(before)).unwrap_or_default();
    if !differences.is_empty() {
        let more = differences.len().saturating_sub(LINES_MAX);
        let lines = with_requests(draft, differences)?;
        let matter = Matter::Changes { lines, more: u32::try_from(more).unwrap_or(u32::MAX) };
        tell::to_overseers(draft, desk.site.changes.as_ref(), &matter);
    }
    if desk.register.account() != Some(&account) {
        draft.enroll(RegisterChange::Account(Box::new(account)));
    }
    Ok(())
}

/// The lines of a mail; beside procedures the number of requests that keep another text.
fn with_requests(
    draft: &Draft<'_>,
    differences: Vec<Difference>,
) -> Result<Vec<ChangeLine>, Missing> {
    let is_procedure = |one: &Difference| matches!(one, Difference::Procedure { .. });
    let running = if differences.iter().any(is_procedure) { running(draft)? } else { Vec::new() };
    let tickets = draft.case().tickets(&running)?;
    let kept = |name: &str| {
        let now = draft.desk.procedures.get(name);
        let keeps = |ticket: &&&crate::ticket::Ticket| {
            ticket.request.as_ref().is_some_and(|request| {
                request.procedure.name == name && now.is_none_or(|now| **now != *request.procedure)
            })
        };
        u32::try_from(tickets.iter().filter(keeps).count()).unwrap_or(u32::MAX)
    };
    let line = |difference: Difference| {
        let kept = match &difference {
            Difference::Procedure { procedure, .. } => kept(procedure),
            _ => 0,
        };
        ChangeLine { difference, kept }
    };
    Ok(differences.into_iter().take(LINES_MAX).map(line).collect())
}

/// Requests that have not ended.
fn running(draft: &Draft<'_>) -> Result<Vec<TicketId>, Missing> {
    let queues = draft.desk.register.queues().map(|queue| queue.name.clone());
    let shelves: BTreeSet<Shelf> = queues.map(Shelf::Requests).collect();
    let mut running = Vec::new();
    for (_, shelved) in draft.case().shelves(&shelves)? {
        running.extend(shelved.tickets.iter().map(|(_, id)| *id));
    }
    running.truncate(REQUESTS_MAX);
    Ok(running)
}

/// What people and requests change in the register is told by themselves: it is no news later.
#[must_use]
pub fn as_told(draft: &Draft<'_>) -> Option<RegisterChange> {
    let before = draft.desk.register.account()?;
    let after = draft.register();
    // A change that is told in some minutes stays to be told.
    if before.clone().with(&draft.desk.register) != *before {
        return None;
    }
    let account = before.clone().with(&after);
    (account != *before).then(|| RegisterChange::Account(Box::new(account)))
}
