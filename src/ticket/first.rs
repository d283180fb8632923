//! A first message: a ticket in every queue it went to, linked to each other, one receipt for all.
//!
//! Deliberately absent: whether a message is a first one (`route`), requests of procedures.

use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{self, Author};
use crate::ticket::matter::Doubt;
use crate::ticket::receive::{letter, origin, shown_author, words_of};
use crate::ticket::state::Change;
use crate::ticket::tell::{self, CopyNote};
use crate::types::{Address, Locale, Mailbox, QueueName, TicketId};

/// How a first message begins its tickets.
#[derive(Debug, Clone)]
pub(crate) struct First {
    /// In which queues.
    pub(crate) queues: Vec<QueueName>,
    /// The ticket it claims without proof.
    pub(crate) claims: Option<TicketId>,
    /// The ticket it continues.
    pub(crate) linked: Option<TicketId>,
    /// Whether its author gets a receipt.
    pub(crate) receipt: bool,
}

/// Begins a ticket in every queue: linked to each other, one receipt for all.
pub(crate) fn begin(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: Option<&Author>,
    first: &First,
) -> Result<Vec<TicketId>, Missing> {
    let mut tickets: Vec<TicketId> = Vec::new();
    let shown = |name: &QueueName| {
        draft.desk.register.queue(name).map_or_else(|| name.to_string(), |q| q.shown().to_owned())
    };
    let names: Vec<String> = first.queues.iter().map(shown).collect();
    for (place, queue) in first.queues.iter().enumerate() {
        let linked = first.linked.or_else(|| tickets.first().copied());
        let id = open(draft, mail, author, queue, linked)?;
        let also: Vec<String> = others(&names, place);
        let note = CopyNote {
            author: shown_author(mail, author),
            text: words_of(mail),
            is_new: true,
            reopened: false,
            doubt: doubt(author, first.claims),
            linked: first.claims.or(first.linked),
            also: also.clone(),
        };
        tell::copies(draft, id, mail, &note)?;
        if let Some(author) = author
            && place == 0
            && first.receipt
        {
            tell::receipt(draft, id, mail, author, also)?;
        }
        tickets.push(id);
    }
    Ok(tickets)
}

/// A first message for a person to read: no receipt, no request.
pub(crate) fn inquiry(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    queue: &QueueName,
    linked: Option<TicketId>,
) -> Result<Vec<TicketId>, Missing> {
    let first = First { queues: vec![queue.clone()], claims: None, linked, receipt: false };
    begin(draft, mail, Some(author), &first)
}

fn others(names: &[String], place: usize) -> Vec<String> {
    let other = |(at, name): (usize, &String)| (at != place).then(|| name.clone());
    names.iter().enumerate().filter_map(other).collect()
}

fn doubt(author: Option<&Author>, claims: Option<TicketId>) -> Option<Doubt> {
    if claims.is_some() {
        return Some(Doubt::ClaimsTicket);
    }
    let author = author?;
    if author.suspect {
        return Some(Doubt::Suspect);
    }
    (author.person.is_some() && author.rung == identity::CLAIMED).then_some(Doubt::Unproven)
}

/// The ticket itself with its first words.
pub(crate) fn open(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: Option<&Author>,
    queue: &QueueName,
    linked: Option<TicketId>,
) -> Result<TicketId, Missing> {
    let requestor = author.and_then(|author| requestor(draft, author, queue));
    let origin = origin(mail, author);
    let reader = requestor.as_ref().map(|requestor| &requestor.address);
    let locale = language(draft, mail, (author, reader), queue)?;
    let subject = crate::mail::subject::split(&mail.message.subject).bare;
    let id = draft.create(
        &origin,
        Change::Create {
            queue: queue.clone(),
            subject: subject.chars().take(200).collect(),
            requestors: requestor.into_iter().collect(),
            locale,
            linked,
            suspect: author.is_some_and(|author| author.suspect),
            message_id: mail.message.message_id.clone(),
        },
    );
    let letter = letter(mail, shown_author(mail, author), words_of(mail), None);
    draft.record(id, &origin, letter);
    known_as(draft, id, &origin, author)?;
    Ok(id)
}

/// In which language the author of a mail is answered: what the register says, else what the mail
/// says of itself, else what its new words are in, else those of the last mail that was long enough
/// to tell, else the queue's.
///
/// # Errors
/// [`Missing`] if the reader was not looked up.
pub(crate) fn language(
    draft: &Draft<'_>,
    mail: &MailEvent,
    (author, reader): (Option<&Author>, Option<&Address>),
    queue: &QueueName,
) -> Result<Locale, Missing> {
    let person = author.and_then(|author| author.person.as_ref());
    let registered =
        person.and_then(|id| draft.desk.register.person(id)).and_then(|person| person.locale);
    let told = registered.or_else(|| content_language(mail)).or(mail.language);
    if let Some(locale) = told {
        return Ok(locale);
    }
    let known = match reader {
        Some(address) => draft.case().correspondent(address)?.locale,
        None => None,
    };
    Ok(known.unwrap_or_else(|| tell::queue_locale(draft.desk, queue)))
}

/// Remembers in which language somebody writes, for the mails that are too short to tell.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub(crate) fn note_language(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
) -> Result<(), Missing> {
    let Some(locale) = mail.language.filter(|_| !author.suspect) else { return Ok(()) };
    let address = &author.reachable().address;
    let mut state = draft.case().correspondent(address)?.clone();
    if state.locale != Some(locale) {
        state.locale = Some(locale);
        draft.remember(address, state);
    }
    Ok(())
}

fn content_language(mail: &MailEvent) -> Option<Locale> {
    mail.message.field("Content-Language").and_then(Locale::find)
}

/// A requestor with another answering address is known by the one in `From` as well.
fn known_as(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    author: Option<&Author>,
) -> Result<(), Missing> {
    let Some(author) = author else { return Ok(()) };
    let address = &author.mailbox.address;
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let is_form =
        draft.desk.register.queue(&ticket.queue).is_some_and(|queue| queue.forms.contains(address));
    if !is_form && !ticket.requestors.is_empty() && !ticket.takes_part(address) {
        draft.record(id, origin, Change::KnownAs { address: address.clone() });
    }
    Ok(())
}

/// Who asks: the author, or whom a known contact form names in Reply-To. Never an address of ours,
/// whoever wrote under it: answers would come back as new mail.
fn requestor(draft: &Draft<'_>, author: &Author, queue: &QueueName) -> Option<Mailbox> {
    let is_form = draft
        .desk
        .register
        .queue(queue)
        .is_some_and(|queue| queue.forms.contains(&author.mailbox.address));
    let named = match &author.answers_to {
        Some(named) if is_form => named,
        _ => author.reachable(),
    };
    let mut known = [named, &author.mailbox].into_iter();
    known.find(|mailbox| !draft.desk.is_own(&mailbox.address)).cloned()
}
