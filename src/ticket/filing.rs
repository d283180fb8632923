//! What is remembered of a message: its fingerprint, its thread, what became of it.
//!
//! Deliberately absent: its words, which stay in the archive.

use crate::desk::Place;
use crate::ticket::case::{Missing, Seen, ThreadEntry};
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Effect, Filing};
use crate::ticket::event::MailEvent;
use crate::ticket::key;
use crate::types::{Address, TicketId};

/// Message-IDs of References that are remembered for a ticket.
const REFERENCES_MAX: usize = 20;
/// Messages that are remembered under one Message-ID.
const SEEN_MAX: usize = 8;

/// The author by which a message is recognized: nobody where a list put itself in the author's
/// place.
pub(crate) fn seen_author(mail: &MailEvent) -> Option<Address> {
    let is_munged = mail.message.via_list.as_ref().is_some_and(|list| list.author_munged);
    mail.message.author().filter(|_| !is_munged).map(|author| author.address.clone())
}

/// Remembers fingerprint and thread, so that copies and answers are recognized.
pub(crate) fn remember(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    mut before: Vec<Seen>,
    tickets: &[TicketId],
) -> Result<(), Missing> {
    let mut queues = Vec::new();
    for id in tickets {
        if let Some(ticket) = draft.ticket(*id)? {
            queues.push(ticket.queue.clone());
        }
    }
    for address in &mail.recipients {
        if let Some(Place::Queue(name)) = draft.desk.place(address)
            && !queues.contains(&name)
        {
            queues.push(name);
        }
    }
    before.push(Seen {
        position: mail.position,
        author: seen_author(mail),
        content: mail.fingerprint.content,
        lines: mail.fingerprint.lines.clone(),
        queues,
        tickets: tickets.to_vec(),
    });
    if before.len() > SEEN_MAX {
        before.remove(0);
    }
    draft.push(Effect::See(mail.fingerprint.key, before));
    let own = mail.message.message_id.as_deref().map(|message_id| (message_id, true));
    let named = mail.message.references.iter().rev().take(REFERENCES_MAX);
    for (message_id, accepted) in
        own.into_iter().chain(named.map(|message_id| (message_id.as_str(), false)))
    {
        thread(draft, message_id, accepted, tickets)?;
    }
    Ok(())
}

fn thread(
    draft: &mut Draft<'_>,
    message_id: &str,
    accepted: bool,
    tickets: &[TicketId],
) -> Result<(), Missing> {
    if tickets.is_empty() || key::own_id(draft.desk, message_id).is_some() {
        return Ok(());
    }
    let known = draft.case().thread(message_id)?;
    let mut entries = known.to_vec();
    for ticket in tickets {
        if !entries.iter().any(|entry| entry.ticket == *ticket) {
            entries.push(ThreadEntry { ticket: *ticket, accepted });
        }
    }
    if entries.len() > known.len() {
        draft.push(Effect::Thread(message_id.to_owned(), entries));
    }
    Ok(())
}

/// Notes what became of the message.
pub(crate) fn file(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    taken_for: &str,
    why: String,
    tickets: Vec<TicketId>,
) {
    draft.push(Effect::File(Filing {
        position: mail.position,
        received_at: mail.received_at,
        door: mail.door.clone(),
        message_id: mail.message.message_id.clone(),
        from: mail.message.author().map(|author| author.address.clone()),
        taken_for: taken_for.to_owned(),
        why,
        tickets,
    }));
}
