//! Tickets that were put together: which one answers for another, and what leaves under whose name.
//!
//! A ticket that was merged into another ends; all that comes for it goes to the other. Who asked
//! there keeps the own subject and thread, and is never quoted what somebody else asked.
//! Deliberately absent: the keyword (`command::bond`), the fold (`state`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Notice, ReplyTo};
use crate::ticket::matter::{Matter, Quoted};
use crate::ticket::state::{LastReceived, Ticket};
use crate::ticket::tell;
use crate::types::{Address, Mailbox, Sequence, TicketId};

/// Tickets in a row that were merged each into the next, after which nothing is followed.
const ROW_MAX: usize = 32;

/// A ticket that was merged into this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Which.
    pub ticket: TicketId,
    /// Its people who take part here only because of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Address>,
    /// Since when its last words waited for an answer, and the line of this ticket's history that
    /// brought them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<(Sequence, Timestamp)>,
}

/// The ticket that takes what comes for this one: itself, unless it was merged.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn last(draft: &Draft<'_>, id: TicketId) -> Result<TicketId, Missing> {
    let mut last = id;
    for _ in 0..ROW_MAX {
        match draft.ticket(last)?.and_then(|ticket| ticket.merged_into) {
            Some(next) => last = next,
            None => return Ok(last),
        }
    }
    Ok(id)
}

/// The merged ticket that somebody takes part by; nothing for who takes part in this one itself.
#[must_use]
pub fn home(ticket: &Ticket, address: &Address) -> Option<TicketId> {
    let merged = ticket.merged.iter().find(|merged| merged.people.contains(address))?;
    Some(merged.ticket)
}

/// A notice to somebody outside, under the subject and in the thread that this reader knows.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn outside(
    draft: &Draft<'_>,
    ticket: &Ticket,
    mailbox: &Mailbox,
    matter: Matter,
) -> Result<Notice, Missing> {
    let known = match home(ticket, &mailbox.address) {
        Some(home) => draft.ticket(home)?,
        None => None,
    };
    let known = known.unwrap_or(ticket);
    let to = tell::outsider(draft.desk, known, mailbox);
    let reply_to = ReplyTo::Requestor(mailbox.address.clone());
    let mut notice = tell::notice(draft, known, &to, reply_to, matter);
    notice.queue = ticket.queue.clone();
    Ok(notice)
}

/// The last words that somebody outside may be quoted: of those who asked under the same subject.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn last_words<'a>(
    draft: &'a Draft<'_>,
    ticket: &'a Ticket,
    reader: &Address,
) -> Result<Option<&'a LastReceived>, Missing> {
    let own = home(ticket, reader);
    let last = ticket.last_received.as_ref();
    let last = last.filter(|last| home(ticket, &last.from.address) == own);
    match own {
        Some(home) if last.is_none() => {
            Ok(draft.ticket(home)?.and_then(|ticket| ticket.last_received.as_ref()))
        }
        _ => Ok(last),
    }
}

/// Words as they are quoted below an answer.
#[must_use]
pub fn quoted(last: &LastReceived) -> Quoted {
    Quoted { author: last.from.shown().to_owned(), at: last.at, text: last.text.clone() }
}

/// The tickets that have to do with one, as a reader is told: linked, or put together.
#[must_use]
pub fn links(ticket: &Ticket) -> Vec<TicketId> {
    let merged = ticket.merged.iter().map(|merged| merged.ticket);
    let all = ticket.links.iter().copied().chain(merged).chain(ticket.merged_into);
    let all: std::collections::BTreeSet<TicketId> = all.collect();
    all.into_iter().collect()
}
