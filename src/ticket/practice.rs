//! Practice: a ticket by a made-up requestor, on which somebody tries everything out.
//!
//! It is the person's alone: no mail about it goes to anybody else, it counts nowhere and waits in
//! no digest, and it ends by itself. Deliberately absent: the words of each step (`notice`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::later;
use crate::ticket::matter::{Matter, ResultLine};
use crate::ticket::state::{Actor, Change, Status, Ticket};
use crate::ticket::tell;
use crate::types::{Locale, Mailbox, PersonId, QueueName, TicketId};

/// After so long a practice ends that nobody went on with.
const SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// What the made-up requestor is called, in every language.
const REQUESTOR: &str = "Paula Probe";

/// What can be practiced, in the order in which it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// To have the ticket.
    Take,
    /// To answer who asked.
    Answer,
    /// To close it.
    Close,
    /// To take something back.
    Undo,
    /// To hand it to another queue.
    Move,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Take, Self::Answer, Self::Close, Self::Undo, Self::Move];
}

/// Somebody's practice, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Practice {
    /// Whose.
    pub person: PersonId,
    /// What was done.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub done: BTreeSet<Step>,
}

impl Practice {
    /// Notes what a line of history did.
    pub fn see(&mut self, change: &Change) {
        let did = [
            (Step::Take, matches!(change, Change::Owner { owner: Some(_) })),
            (Step::Answer, matches!(change, Change::Correspond { .. })),
            (Step::Close, matches!(change, Change::Status { status: Status::Resolved })),
            (Step::Undo, matches!(change, Change::Undo { .. })),
            (Step::Move, matches!(change, Change::Queue { .. })),
        ];
        self.done.extend(did.into_iter().filter_map(|(step, is_done)| is_done.then_some(step)));
    }

    /// What to try next; nothing once all was done. Where a queue has no other, there is nothing
    /// to move to.
    #[must_use]
    pub fn next(&self, may_move: bool) -> Option<Step> {
        let is_open = |step: &Step| !self.done.contains(step) && (may_move || *step != Step::Move);
        Step::ALL.into_iter().find(is_open)
    }
}

/// Whether somebody else's practice keeps a mail from this reader.
#[must_use]
pub fn withholds(ticket: &Ticket, reader: Option<&PersonId>) -> bool {
    ticket.practice.as_ref().is_some_and(|practice| reader != Some(&practice.person))
}

/// Begins a practice: its only mail goes to who asked for it.
pub fn begin(draft: &mut Draft<'_>, origin: &Origin, person: &PersonId, queue: &QueueName) {
    let Some(to) = tell::member(draft.desk, person) else { return };
    let requestor = Mailbox::new(REQUESTOR, draft.desk.site.address.clone());
    let subject = match to.locale {
        Locale::De => "Übung: Wann ist das nächste Treffen",
        Locale::En => "Practice: when is the next meeting",
        Locale::Fi => "Harjoitus: milloin on seuraava tapaaminen",
        Locale::Sv => "Övning: när är nästa möte",
    };
    let create = Change::Create {
        queue: queue.clone(),
        subject: subject.to_owned(),
        requestors: vec![requestor],
        locale: to.locale,
        linked: None,
        suspect: false,
        message_id: None,
    };
    let origin = Origin { message: None, ..origin.clone() };
    let id = draft.create(&origin, create);
    draft.record_inside(id, &origin, Change::Practice { person: person.clone() });
    let at = later(draft.now, SPAN);
    draft.arm(id, &origin, Timer::Practice(id), at);
    tell(draft, id, person, (Vec::new(), false));
}

/// Says what became of a step, and what to try next; the last one ends the practice.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn go_on(
    draft: &mut Draft<'_>,
    id: TicketId,
    person: &PersonId,
    said: (Vec<ResultLine>, bool),
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let may_move = draft.desk.register.queues().count() > 1;
    let next = ticket.practice.as_ref().and_then(|practice| practice.next(may_move));
    if next.is_none() {
        let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
        finish(draft, id, &origin)?;
    }
    tell(draft, id, person, said);
    Ok(())
}

fn tell(
    draft: &mut Draft<'_>,
    id: TicketId,
    person: &PersonId,
    (lines, answered): (Vec<ResultLine>, bool),
) {
    let Some(to) = tell::member(draft.desk, person) else { return };
    let Ok(Some(ticket)) = draft.ticket(id).map(Option::<&Ticket>::cloned) else { return };
    let may_move = draft.desk.register.queues().count() > 1;
    let done = ticket.practice.as_ref().map(|practice| practice.done.len()).unwrap_or_default();
    let matter = Matter::Practice {
        begins: done == 0 && lines.is_empty() && !answered,
        lines,
        answered,
        next: ticket.practice.as_ref().and_then(|practice| practice.next(may_move)),
        requestor: REQUESTOR.to_owned(),
    };
    // Who moved the ticket away has no key of it, and may still go on.
    let reply_to = if draft.desk.register.access(person, &ticket.queue).is_some() {
        ReplyTo::Member(person.clone())
    } else {
        let day = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
        ReplyTo::Digest(person.clone(), day)
    };
    let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    draft.notify(notice);
}

fn finish(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    if draft.ticket(id)?.is_some_and(|ticket| ticket.status.is_active()) {
        draft.record_inside(id, origin, Change::Status { status: Status::Resolved });
    }
    draft.disarm(id, origin, &Timer::Practice(id));
    Ok(())
}

/// Nobody went on with a practice: it ends, and nobody is told.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn lapse(draft: &mut Draft<'_>, id: TicketId, due_at: Timestamp) -> Result<(), Missing> {
    match draft.due(id, &Timer::Practice(id), due_at)? {
        Some(origin) => finish(draft, id, &origin),
        None => Ok(()),
    }
}
