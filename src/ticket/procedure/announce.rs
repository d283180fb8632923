//! The step that publishes a request: to lists and people, facts marked `public` only.
//!
//! Deliberately absent: the window that follows (`silence`).

use jiff::Timestamp;

use crate::desk::AddressForm;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{FactLine, Matter};
use crate::ticket::procedure::chase;
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{record, request_of, silence, steps, title};
use crate::ticket::state::Change;
use crate::ticket::tell::{self, Recipient};
use crate::types::{Address, Mailbox, TicketId};

/// Publishes the request; says whether it goes on.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    to: &[Address],
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    let since = silence::clock_begins(draft, &request);
    let ends_at = silence::window_end(draft, &request, since);
    publish(draft, id, origin, to, ends_at)
}

/// Publishes a request; says whether it reaches anybody. Else people decide.
pub(super) fn publish(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    to: &[Address],
    ends_at: Option<Timestamp>,
) -> Result<bool, Missing> {
    let (mut reached, mut dead) = (Vec::new(), Vec::new());
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
                dead.push(address.clone());
            }
        }
    }
    if reached.is_empty() && !to.is_empty() {
        steps::wait_for_people(draft, id, origin, "not-announced")?;
        return Ok(false);
    }
    record(draft, id, origin, RequestChange::Announced { to: reached });
    if !dead.is_empty() {
        record(draft, id, origin, RequestChange::Unreached { to: dead });
    }
    let done_at = request_of(draft, id)?
        .zip(ends_at)
        .and_then(|(request, ends_at)| chase::carried_out_at(draft, &request, ends_at));
    to_lists(draft, id, |request, recipient| Matter::Announcement {
        title: title(request, recipient.locale),
        facts: public_lines(request, recipient),
        ends_at,
        since: request.complete_at,
        done_at,
    })?;
    Ok(true)
}

/// Publishes a request once more to those who were not reached.
pub(super) fn again(
    draft: &mut Draft<'_>,
    id: TicketId,
    to: &[Address],
    ends_at: Timestamp,
) -> Result<(), Missing> {
    let done_at =
        request_of(draft, id)?.and_then(|request| chase::carried_out_at(draft, &request, ends_at));
    to_some(draft, id, to, |request, recipient| Matter::Announcement {
        title: title(request, recipient.locale),
        facts: public_lines(request, recipient),
        ends_at: Some(ends_at),
        since: request.complete_at,
        done_at,
    })
}

/// What a list may read: the facts that the procedure marks as public.
pub(super) fn public_lines(request: &Request, recipient: &Recipient) -> Vec<FactLine> {
    let facts = request.procedure.facts.iter();
    facts
        .filter(|fact| fact.public)
        .filter_map(|fact| {
            let value = request.facts.get(&fact.name)?;
            let value = fact.said(value, recipient.locale).into_owned();
            Some(FactLine { label: fact.known_as(recipient.locale).to_owned(), value })
        })
        .collect()
}

/// The same, and whether more is known than that.
pub(super) fn public(request: &Request, recipient: &Recipient) -> (Vec<FactLine>, bool) {
    let lines = public_lines(request, recipient);
    let left_out = request.facts.len() > lines.len();
    (lines, left_out)
}

/// Where a request was published reads how it was decided.
pub(super) fn decided(draft: &mut Draft<'_>, id: TicketId, granted: bool) -> Result<(), Missing> {
    to_lists(draft, id, |request, recipient| {
        let (facts, left_out) = public(request, recipient);
        Matter::Decided { title: title(request, recipient.locale), granted, facts, left_out }
    })
}

/// Sends to where the request was published, with the bare queue address and no key.
pub(super) fn to_lists(
    draft: &mut Draft<'_>,
    id: TicketId,
    matter: impl Fn(&Request, &Recipient) -> Matter,
) -> Result<(), Missing> {
    let to = request_of(draft, id)?.map(|request| request.announced_to).unwrap_or_default();
    to_some(draft, id, &to, matter)
}

fn to_some(
    draft: &mut Draft<'_>,
    id: TicketId,
    to: &[Address],
    matter: impl Fn(&Request, &Recipient) -> Matter,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = &ticket.request else { return Ok(()) };
    let sequence = request.announcements.last().copied().unwrap_or_default();
    for address in to {
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
