//! Rulings: coordinators decide whether an objection stands that its author did not confirm.
//!
//! While nobody decides, the clock stands still. Deliberately absent: objections that are proven,
//! and the meeting that decides about those (`objection`).

use jiff::SignedDuration;

use crate::desk::Access;
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::later;
use crate::ticket::matter::Matter;
use crate::ticket::procedure::request::{About, Objection, RequestChange, Standing};
use crate::ticket::procedure::{Answered, objection, record, request_of, stance, title};
use crate::ticket::proof::{self, Purpose};
use crate::ticket::receive::{origin, words_of};
use crate::ticket::state::{Actor, Change};
use crate::ticket::tell;
use crate::types::TicketId;

/// So long an objection may stay unconfirmed before the coordinators decide.
pub(super) const CONFIRM_SPAN: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Arms the timer that hands the earliest objection in question to the coordinators.
pub(super) fn expect_word(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let asked = request.open_window().into_iter().flat_map(|window| &window.objections);
    let asked = asked.filter(|one| one.standing == Standing::Asked);
    let due = asked.map(|one| later(one.at, CONFIRM_SPAN)).min();
    if let Some(at) = due {
        draft.arm(id, origin, Timer::Unconfirmed(id), at);
    }
    Ok(())
}

/// Nobody confirmed an objection for too long: it stays, and the coordinators decide.
pub(super) fn unconfirmed(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(window) = request.open_window() else { return Ok(()) };
    let is_due = |one: &&Objection| {
        one.standing == Standing::Asked && draft.now.duration_since(one.at) >= CONFIRM_SPAN
    };
    let due: Vec<Objection> = window.objections.iter().filter(is_due).cloned().collect();
    for Objection { by, at, text, .. } in due {
        let change =
            RequestChange::Object { by: by.clone(), at, standing: Standing::Unclear, text };
        record(draft, id, origin, change);
        ask(draft, id, origin, &by)?;
    }
    expect_word(draft, id, origin)
}

/// Asks the coordinators whether the objection of `of` stands.
pub(super) fn ask(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    of: &Actor,
) -> Result<(), Missing> {
    let Some(queue) = draft.ticket(id)?.map(|ticket| ticket.queue.clone()) else { return Ok(()) };
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let known = request.open_window().and_then(|window| window.objection(of)).cloned();
    let Some(known) = known else { return Ok(()) };
    let author = name_of(draft, of);
    for (person, to) in tell::coordinators(draft.desk, &queue) {
        let address = to.mailbox.address.clone();
        if caps::spend(draft, &address)?.is_err() {
            let change = Change::NotSent { address, why: "cap".to_owned() };
            draft.record_inside(id, origin, change);
            continue;
        }
        let change = RequestChange::Question {
            by: Actor::Person(person),
            address: address.clone(),
            about: About::Ruling,
            of: Some(of.clone()),
        };
        let question = record(draft, id, origin, change);
        objection::send(draft, id, &to, (question, address), |request, locale| {
            Matter::ObjectionUnclear {
                title: title(request, locale),
                author: author.clone(),
                at: known.at,
                text: known.text.clone(),
            }
        })?;
    }
    Ok(())
}

fn name_of(draft: &Draft<'_>, of: &Actor) -> String {
    match of {
        Actor::Person(id) => draft.desk.register.name_of(id),
        Actor::Outside(address) => address.to_string(),
        Actor::Program => String::new(),
    }
}

/// Somebody answered whether an objection stands: the first proven coordinator decides.
pub(super) fn answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    (answered, is_for): (&Answered, bool),
) -> Result<(), Missing> {
    let origin = Origin { rung: answered.rung, ..origin(mail, Some(author)) };
    draft.record_inside(id, &origin, Change::Comment { text: words_of(mail) });
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let is_proven = answered.rung >= proof::needed(draft.desk, Purpose::Rule);
    let access = |person| draft.desk.register.access(person, &ticket.queue);
    let may = author.person.as_ref().and_then(access) == Some(Access::Write);
    let Some(of) = answered.asked.of.as_ref().filter(|_| may && is_for && is_proven) else {
        return Ok(());
    };
    let Some(request) = &ticket.request else { return Ok(()) };
    let known = request.open_window().and_then(|window| window.objection(of));
    if known.is_none_or(|known| known.standing == Standing::Stands) {
        return Ok(());
    }
    let sent = super::collect::answered_text(draft, mail)?;
    let (words, _) = objection::stance_of(mail, sent.as_deref());
    if stance::begins_with_yes(&words) {
        proof::use_up(draft, id, &origin, answered.question);
        return objection::confirm(draft, id, &origin, of);
    }
    if !stance::begins_with_no(&words) {
        return Ok(());
    }
    proof::use_up(draft, id, &origin, answered.question);
    objection::deny(draft, id, &origin, of)?;
    tell_author(draft, id, of)
}

/// Whoever wrote it reads that it does not stop the clock.
fn tell_author(draft: &mut Draft<'_>, id: TicketId, of: &Actor) -> Result<(), Missing> {
    let Actor::Person(person) = of else { return Ok(()) };
    let Some(to) = tell::member(draft.desk, person) else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = &ticket.request else { return Ok(()) };
    if caps::spend(draft, &to.mailbox.address)?.is_err() {
        return Ok(());
    }
    let matter = Matter::ObjectionNotCounted { title: title(request, to.locale) };
    let notice = tell::notice(draft, &ticket, &to, ReplyTo::Queue, matter);
    draft.notify(notice);
    Ok(())
}
