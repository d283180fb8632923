//! Rows of the outbox: whether one may leave now, and what follows from what a server said.

use jiff::{SignedDuration, Timestamp};

use crate::desk::Desk;
use crate::ticket::bounce::{self, Failure};
use crate::ticket::case::{Case, Missing};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, Notice, OutboxChange, ReplyTo, RowState};
use crate::ticket::event::{SubmitOutcome, Submitted};
use crate::ticket::later;
use crate::ticket::matter::Matter;
use crate::ticket::state::{Actor, Change};
use crate::types::PersonId;

/// How long a message is tried.
const GIVE_UP_SPAN: SignedDuration = SignedDuration::from_hours(5 * 24);
/// How long a message that may have been taken is held before it is sent once more.
const UNCERTAIN_SPAN: SignedDuration = SignedDuration::from_mins(15);
/// How often a message that may have been taken is sent again.
const UNCERTAIN_MAX: u32 = 2;

/// Why a row does not leave now, as a word for the ticket: its time has passed, its address is
/// dead, or it is of no use any more. Pure; a record that was not looked up says nothing.
#[must_use]
pub fn may_leave(
    desk: &Desk,
    case: &Case,
    notice: &Notice,
    now: Timestamp,
) -> Option<&'static str> {
    if notice.best_before.is_some_and(|at| at < now) {
        return Some("best-before");
    }
    let state = case.correspondents.get(&notice.to.address);
    // What a person wrote is tried all the same: its writer must hear that it did not arrive. A
    // probe asks whether an address that refused mail takes it by now, and what is published is
    // tried once more because silence counts only where it arrived.
    let is_automatic = !matches!(
        notice.matter,
        Matter::Answer { .. } | Matter::Probe { .. } | Matter::Announcement { .. }
    );
    if is_automatic && state.is_some_and(|state| state.suspended_at.is_some()) {
        return Some("suspended");
    }
    let person = notice.person.as_ref();
    // Who moved a ticket away has lost it, and is told so all the same.
    let is_result = matches!(notice.matter, Matter::Result { .. });
    let has_left = !is_result
        && matches!(notice.reply_to, ReplyTo::Member(_) | ReplyTo::Internal(_))
        && person.is_some_and(|id| desk.register.access(id, &notice.queue).is_none());
    let serves = |id: &PersonId| {
        let mut queues = desk.register.queues();
        let is_member = queues.any(|queue| desk.register.access(id, &queue.name).is_some());
        is_member || desk.register.person(id).is_some_and(|person| !person.digests.is_empty())
    };
    let has_left_all =
        !is_result && matches!(&notice.reply_to, ReplyTo::Digest(id, _) if !serves(id));
    // A report shows what a stranger wrote: only to those who may read it now.
    let is_report = matches!(
        notice.matter,
        Matter::Breaker { .. } | Matter::Quarantine { .. } | Matter::OverBudget { .. }
    );
    let has_left_site =
        is_report && person.is_some_and(|id| desk.register.access(id, desk.dispatcher()).is_none());
    if has_left || has_left_all || has_left_site {
        return Some("left-queue");
    }
    let ticket = notice.ticket.and_then(|id| case.tickets.get(&id)?.as_ref())?;
    let is_late_copy = matches!(notice.matter, Matter::Copy { is_new: true, .. })
        && ticket.owner.is_some()
        && ticket.owner != notice.person
        && notice.person.is_some();
    let is_late_receipt =
        matches!(notice.matter, Matter::Receipt { .. }) && ticket.last_answer.is_some();
    (is_late_copy || is_late_receipt).then_some("no-longer-needed")
}

/// A row does not leave: noted on its ticket.
///
/// # Errors
/// [`Missing`] if its ticket was not looked up.
fn drop_row(draft: &mut Draft<'_>, notice: &Notice, why: &str) -> Result<(), Missing> {
    let change = OutboxChange { state: RowState::Dropped, next_at: None, said: why.to_owned() };
    draft.push(Effect::Settle(notice.id, change));
    if let Some(id) = notice.ticket
        && draft.ticket(id)?.is_some()
    {
        let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
        let change = Change::NotSent { address: notice.to.address.clone(), why: why.to_owned() };
        draft.record_inside(id, &origin, change);
    }
    Ok(())
}

/// A server answered, or did not.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn submitted(draft: &mut Draft<'_>, row: &Submitted) -> Result<(), Missing> {
    let settle = |state, next_at, said: &str| {
        Effect::Settle(row.id, OutboxChange { state, next_at, said: said.to_owned() })
    };
    match &row.outcome {
        SubmitOutcome::Sent(said) => draft.push(settle(RowState::Sent, None, said)),
        SubmitOutcome::Uncertain(said) if row.attempts < UNCERTAIN_MAX => {
            let next_at = later(draft.now, UNCERTAIN_SPAN);
            draft.push(settle(RowState::Uncertain, Some(next_at), said));
        }
        SubmitOutcome::Uncertain(said) => draft.push(settle(RowState::Sent, None, said)),
        SubmitOutcome::Transient(said) => {
            let next_at = later(draft.now, back_off(row));
            if next_at.duration_since(row.notice.at) < GIVE_UP_SPAN {
                draft.push(settle(RowState::Waiting, Some(next_at), said));
            } else {
                give_up(draft, row, "4.4.7", said)?;
            }
        }
        SubmitOutcome::Permanent(status, said) => give_up(draft, row, status, said)?,
        SubmitOutcome::RefusedSender(said) => give_up(draft, row, "5.7.1", said)?,
        SubmitOutcome::Deferred(at) => {
            draft.push(settle(RowState::Deferred, Some(*at), "over the budget of the way out"));
        }
        SubmitOutcome::Dropped(why) => drop_row(draft, &row.notice, why)?,
    }
    Ok(())
}

fn give_up(
    draft: &mut Draft<'_>,
    row: &Submitted,
    status: &str,
    said: &str,
) -> Result<(), Missing> {
    let change =
        OutboxChange { state: RowState::Failed, next_at: None, said: format!("{status} {said}") };
    draft.push(Effect::Settle(row.id, change));
    let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
    let failure = Failure { status: status.to_owned(), diagnostic: said.to_owned() };
    bounce::failed(draft, &origin, &row.notice, &failure)
}

/// One minute, then twice as long each time up to four hours, a tenth apart by row number, so
/// that many rows do not come at once.
fn back_off(row: &Submitted) -> SignedDuration {
    let minutes = 1_i64 << row.attempts.saturating_sub(1).min(8);
    let seconds = minutes.min(240) * 60;
    let jitter = seconds / 100 * i64::try_from(row.id.0 % 10).unwrap_or(0);
    SignedDuration::from_secs(seconds + jitter)
}
