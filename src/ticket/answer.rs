//! What members write to requestors: sent, shown to who works on the ticket, kept a while where the
//! queue says so.
//!
//! Deliberately absent: whether a mail of a member is an answer (`member`).

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::mail::Attachment;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::matter::{Excerpt, Matter};
use crate::ticket::merge;
use crate::ticket::state::{Change, Ticket};
use crate::ticket::stay::{self, Stay};
use crate::ticket::tell::{Recipient, TOO_BIG, is_too_big, member, notice};
use crate::types::{Address, Mailbox, PersonId, TicketId};

/// Words of a member that are about to go out.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The words.
    pub text: Excerpt,
    /// The words, where they were written before.
    pub canned: Option<String>,
    /// What goes along.
    pub attachments: Vec<Attachment>,
    /// Who has the member's mail already.
    pub has_it: BTreeSet<Address>,
}

/// Records a member's answer and sends it to requestors and cc; the owner and watchers see it.
///
/// # Errors
/// [`Missing`] if a recipient was not looked up.
pub fn send(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    person: &PersonId,
    answer: &Answer,
) -> Result<(), Missing> {
    if is_too_big(draft.desk, &answer.attachments) {
        return not_sent(draft, id, origin, person, answer);
    }
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let outside = ticket.requestors.iter().chain(&ticket.cc);
    let has_none =
        |address: &Address| !answer.has_it.contains(address) && !draft.desk.is_own(address);
    let outside: Vec<_> = outside.filter(|mailbox| has_none(&mailbox.address)).collect();
    let copies = readers(draft.desk, &ticket, person, &answer.has_it);
    let stay = stay::until(draft.desk, &ticket, draft.now).map(|until| {
        let rows = draft.next_rows(outside.len());
        Box::new(Stay { until, rows, copies: copies.clone() })
    });
    let until = stay.as_ref().map(|stay| stay.until);
    let (text, canned) = (answer.text.clone(), answer.canned.clone());
    let sequence = draft.record(id, origin, Change::Correspond { text, canned, stay });
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    for mailbox in outside {
        let last = merge::last_words(draft, &ticket, &mailbox.address)?.cloned();
        let matter = Matter::Answer {
            text: answer.text.clone(),
            canned: answer.canned.clone(),
            attachments: answer.attachments.clone(),
            quoted: last.as_ref().map(merge::quoted),
        };
        let mut notice = merge::outside(draft, &ticket, mailbox, matter)?;
        notice.in_reply_to = last.and_then(|last| last.message_id);
        notice.leaves_at = until;
        draft.notify(notice);
    }
    if let Some(until) = until {
        draft.arm(id, origin, Timer::Leave(id, sequence), until);
    } else {
        show(draft, &ticket, person, (&answer.text, answer.canned.as_ref()), &copies);
    }
    Ok(())
}

/// Who is shown an answer: whose the ticket is and who watches it, unless they have it already.
fn readers(
    desk: &Desk,
    ticket: &Ticket,
    author: &PersonId,
    has_it: &BTreeSet<Address>,
) -> Vec<PersonId> {
    let mut people: Vec<&PersonId> = ticket.owner.iter().chain(&ticket.watchers).collect();
    people.dedup();
    let is_shown = |id: &&PersonId| {
        let has_it = |to: &Recipient| has_it.contains(&to.mailbox.address);
        *id != author && !member(desk, id).as_ref().is_some_and(has_it)
    };
    people.into_iter().filter(is_shown).cloned().collect()
}

/// Shows an answer to people of the register.
pub(super) fn show(
    draft: &mut Draft<'_>,
    ticket: &Ticket,
    author: &PersonId,
    (text, canned): (&Excerpt, Option<&String>),
    people: &[PersonId],
) {
    let desk = draft.desk;
    let name = desk.register.person(author).map_or("", |person| person.name.as_str());
    let to_name = ticket.requestors.first().map_or("", Mailbox::shown);
    for person in people {
        let Some(to) = member(desk, person) else { continue };
        let matter = Matter::AnswerCopy {
            author: name.to_owned(),
            to: to_name.to_owned(),
            text: text.clone(),
            canned: canned.cloned(),
        };
        let copy = notice(draft, ticket, &to, ReplyTo::Member(person.clone()), matter);
        draft.notify(copy);
    }
}

/// An answer that is too big stays inside, and its writer is told (failure 35).
fn not_sent(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    person: &PersonId,
    answer: &Answer,
) -> Result<(), Missing> {
    draft.record_inside(id, origin, Change::Comment { text: answer.text.clone() });
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let mut outside = ticket.requestors.iter().chain(&ticket.cc);
    let to = outside.find(|mailbox| !answer.has_it.contains(&mailbox.address));
    let (Some(to), Some(writer)) = (to, member(draft.desk, person)) else { return Ok(()) };
    let (status, diagnostic) = (TOO_BIG.to_owned(), String::new());
    let address = to.address.to_string();
    let change = Change::Undeliverable {
        address,
        status: status.clone(),
        diagnostic: diagnostic.clone(),
        permanent: true,
    };
    let sequence = draft.record_inside(id, origin, change);
    let matter =
        Matter::Undeliverable { to: to.clone(), status, diagnostic, written_at: origin.at };
    let reply_to = ReplyTo::Member(person.clone());
    let mut told = notice(draft, &ticket, &writer, reply_to, matter);
    told.sequence = sequence;
    draft.notify(told);
    Ok(())
}
