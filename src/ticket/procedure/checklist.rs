//! The step of several things by several people: each is asked for and chased by itself.
//!
//! What somebody says that it cannot be done is decided by people. Deliberately absent: how
//! answers are read (`verdict`).

use crate::desk::calendar::Counting;
use crate::desk::step::{Checklist, Step};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::matter::Asking;
use crate::ticket::procedure::request::RequestChange;
use crate::ticket::procedure::{asking, chase, duty, record, request_of, steps};
use crate::types::TicketId;

/// Asks for everything, once; says whether all of it is done.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    list: &Checklist,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    let step = Step::Checklist(list.clone());
    if request.waits().is_some() || list.items.is_empty() {
        return Ok(duty::is_settled(&request, &step));
    }
    let ends = list.items.iter().map(|item| chase::after(draft, &item.span, Counting::default()));
    let due_at = ends.max();
    record(draft, id, origin, RequestChange::Await { due_at });
    asking::tell_requestor(draft, id, origin, &step)?;
    for (seat, item) in (0..chase::ITEMS_MAX).zip(&list.items) {
        let at = chase::after(draft, &item.span, Counting::default());
        let at = chase::working(draft, at);
        draft.arm(id, origin, Timer::Due(id, chase::ITEMS + seat), at);
        duty::ask_seat(draft, id, origin, ((request.step, seat), Asking::First))?;
    }
    Ok(false)
}

/// Something of the list was said to be done, or not to be possible.
pub(super) fn said(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    done: bool,
) -> Result<(), Missing> {
    if done {
        return steps::advance(draft, id, origin);
    }
    steps::left_to_people(draft, id, origin, "item");
    Ok(())
}

/// The time of one thing is over: who owes it is reminded, every three days.
pub(super) fn late(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    seat: u16,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let is_said = request.verdicts_here().any(|one| one.seat == seat);
    let is_list = matches!(request.procedure.step(request.step), Some(Step::Checklist(_)));
    if is_said || !is_list || request.agenda.is_some() || request.waits().is_none() {
        return Ok(());
    }
    record(draft, id, origin, RequestChange::Chased { escalated: false });
    duty::ask_seat(draft, id, origin, ((request.step, seat), Asking::Again))?;
    chase::again(draft, id, origin, chase::ITEMS + seat);
    Ok(())
}
