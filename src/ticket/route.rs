//! Where a message belongs: five independent keys, then the envelope, then the dispatcher
//! (design section 3). Ambiguity never guesses and never drops.

mod search;

use jiff::SignedDuration;

use crate::desk::{Desk, Place};
use crate::mail::Message;
use crate::mail::subject::{self, Subject};
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::ReplyTo;
use crate::ticket::event::MailEvent;
use crate::ticket::identity;
use crate::ticket::key::{self, Detail};
use crate::ticket::later;
use crate::ticket::merge;
use crate::ticket::procedure;
use crate::ticket::state::Ticket;
use crate::types::{Address, OutboxId, PersonId, QueueName, TicketId};

use search::Search;
pub use search::holders;

/// How long after its end a ticket is still reached by its key.
const REOPEN_SPAN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// By which key a message was routed, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The keyed reply address.
    ReplyKey,
    /// A Message-ID of ours in In-Reply-To or References.
    OwnMessageId,
    /// The subject tag with its key.
    SubjectKey,
    /// The subject tag alone, by somebody who takes part.
    SubjectTag,
    /// A Message-ID of the thread.
    References,
    /// The reference line of sites without a separator.
    ReferenceLine,
}

/// Where a message belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To a ticket.
    Ticket {
        /// Which.
        id: TicketId,
        /// By what.
        by: By,
        /// Who and what the key was made for.
        holder: Option<ReplyTo>,
    },
    /// To the digest that was made for this person.
    Digest {
        /// Whom.
        person: PersonId,
    },
    /// To the control address, from this member: a list of keywords.
    Control {
        /// By whom.
        person: PersonId,
    },
    /// To a procedure that it begins.
    Procedure {
        /// Which.
        name: String,
    },
    /// To queues, as a new ticket in each.
    New {
        /// Which; never empty.
        queues: Vec<QueueName>,
        /// The ticket it claims by number without proof.
        claims: Option<TicketId>,
        /// The ticket it may belong to, or continues.
        linked: Option<TicketId>,
    },
}

/// What a routing found besides the route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// Where it belongs.
    pub route: Route,
    /// Why, in one sentence for an administrator.
    pub why: String,
    /// A key that did not verify was tried.
    pub wrong_key: bool,
}

/// Finds where a person's message belongs.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn route(draft: &Draft<'_>, mail: &MailEvent) -> Result<Routed, Missing> {
    if let Some(person) = commander(draft, mail) {
        let why = "it went to the control address".to_owned();
        return Ok(Routed { route: Route::Control { person }, why, wrong_key: false });
    }
    let subject = subject::split(&mail.message.subject);
    let is_unkeyed = match mail.message.author() {
        Some(author) => caps::is_unkeyed(draft, &author.address)?,
        None => false,
    };
    let mut search = Search { draft, mail, subject: &subject, is_unkeyed, wrong_key: false };
    let found = search.ticket()?;
    let wrong_key = search.wrong_key;
    let routed = |(route, why)| Routed { route, why, wrong_key };
    let Some(found) = found else { return Ok(routed(fresh(draft, mail, &subject)?)) };
    let (route, why) = follow(draft, found)?;
    let Route::Ticket { id, by, .. } = &route else { return Ok(routed((route, why))) };
    if let Some(ticket) = draft.ticket(*id)? {
        if is_over(ticket, mail, &subject) {
            let (mut other, _) = fresh(draft, mail, &subject)?;
            link(&mut other, *id, ticket);
            let why = format!("{why}, but #{id} ended before; a new ticket linked to it");
            return Ok(routed((other, why)));
        }
        if may_be_elsewhere(draft.desk, mail, *by)
            && let Some(elsewhere) = other_queue(draft.desk, mail, ticket)
        {
            let route = Route::New { queues: vec![elsewhere], claims: None, linked: Some(*id) };
            let why = format!("{why}, but it went to another queue: a new ticket linked to #{id}");
            return Ok(routed((route, why)));
        }
    }
    Ok(routed((route, why)))
}

/// The member who wrote to the control address and to no other address of ours.
fn commander(draft: &Draft<'_>, mail: &MailEvent) -> Option<PersonId> {
    let mut places = addresses(mail).into_iter().filter_map(|at| draft.desk.place(at)).peekable();
    places.peek()?;
    if !places.all(|place| place == Place::Control) {
        return None;
    }
    identity::identify(draft.desk, mail, None, None)?.person
}

/// What belongs to a merged ticket goes where that went. A question is answered where it was asked;
/// words of a member stay inside where they come to a queue that the member does not serve.
fn follow(draft: &Draft<'_>, found: (Route, String)) -> Result<(Route, String), Missing> {
    let (Route::Ticket { id, by, holder }, why) = &found else { return Ok(found) };
    let last = merge::last(draft, *id)?;
    if last == *id || matches!(holder, Some(ReplyTo::Question(..))) {
        return Ok(found);
    }
    let Some(queue) = draft.ticket(last)?.map(|ticket| &ticket.queue) else { return Ok(found) };
    let holder = match holder {
        Some(ReplyTo::Member(person)) if draft.desk.register.access(person, queue).is_none() => {
            Some(ReplyTo::Internal(person.clone()))
        }
        holder => holder.clone(),
    };
    let why = format!("{why}, which was merged into #{last}");
    Ok((Route::Ticket { id: last, by: *by, holder }, why))
}

/// Whether another queue's address counts more than the key. Our Message-ID is weaker than the
/// address where answers have an address of their own, and in a forward.
fn may_be_elsewhere(desk: &Desk, mail: &MailEvent, by: By) -> bool {
    let is_weak = !desk.site.separator.is_empty() || subject::is_forward(&mail.message);
    by > By::OwnMessageId || (by == By::OwnMessageId && is_weak)
}

/// What a routing reads first: looked up in one go before deciding.
pub(crate) fn first_lookups(desk: &Desk, mail: &MailEvent) -> crate::ticket::Lookups {
    let mut lookups = crate::ticket::Lookups::default();
    for address in addresses(mail) {
        if let Some(Place::Site(Some(detail))) = desk.place(address)
            && let Some(Detail::Ticket(id, _)) = key::parse_detail(&detail)
        {
            lookups.tickets.insert(id);
        }
    }
    for id in answered(mail) {
        match key::own_id(desk, id) {
            Some(own) => {
                lookups.tickets.extend(own.ticket);
                if own.row != OutboxId(0) && lookups.sent.is_empty() {
                    lookups.sent.insert(id.to_owned());
                }
            }
            None => {
                lookups.threads.insert(id.to_owned());
            }
        }
    }
    if let Some(tag) = own_tag(desk, &subject::split(&mail.message.subject)) {
        lookups.tickets.insert(tag.ticket);
    }
    lookups
}

/// Whether a header section carries a verified key of ours: what does is no junk.
#[must_use]
pub fn carries_key(desk: &Desk, header: &[u8]) -> bool {
    let message = crate::mail::parse(header, &crate::mail::ReversePath::Unknown);
    let ids = message.in_reply_to.iter().chain(&message.references);
    if ids.into_iter().any(|id| key::own_id(desk, id).is_some()) {
        return true;
    }
    let visible = message.to.iter().chain(&message.cc).map(|mailbox| mailbox.address.clone());
    let delivered = ["Delivered-To", "X-Original-To", "Envelope-To"]
        .into_iter()
        .filter_map(|name| Address::parse(message.field(name)?).ok());
    visible.chain(delivered).any(|address| {
        let place = desk.place(&address);
        let Some(Place::Site(Some(detail))) = place else { return false };
        match key::parse_detail(&detail) {
            Some(Detail::Bounce(row, key)) => key::is_bounce_key(desk, &key, row),
            // Which ticket and person the key is for needs the store: the decider checks it.
            Some(Detail::Ticket(_, key) | Detail::Digest(key)) => key::may_be_key(&key),
            None => false,
        }
    })
}

/// Whether a message may belong to a ticket, or begin a request: all but a first mail to queues
/// alone. `message` may be no more than its header. What only concerns tickets that are there
/// already, or papers of requests, need not be found out for others.
#[must_use]
pub fn may_continue(desk: &Desk, recipients: &[Address], message: &Message) -> bool {
    // There a line in the text may name a ticket.
    let has_no_keys = desk.site.separator.is_empty();
    let is_answer = !message.in_reply_to.is_empty() || !message.references.is_empty();
    let is_first = |at| matches!(desk.place(at), Some(Place::Queue(_)) | None);
    has_no_keys
        || is_answer
        || own_tag(desk, &subject::split(&message.subject)).is_some()
        || !visible_or(recipients, message).into_iter().all(is_first)
}

/// Recipients that count: the envelope's, else the visible ones of ours.
pub(crate) fn addresses(mail: &MailEvent) -> Vec<&Address> {
    visible_or(&mail.recipients, &mail.message)
}

fn visible_or<'a>(recipients: &'a [Address], message: &'a Message) -> Vec<&'a Address> {
    if !recipients.is_empty() {
        return recipients.iter().collect();
    }
    message.to.iter().chain(&message.cc).map(|mailbox| &mailbox.address).collect()
}

/// Message-IDs that the message answers, nearest first, bounded.
pub(crate) fn answered(mail: &MailEvent) -> impl Iterator<Item = &str> {
    let message = &mail.message;
    message.in_reply_to.iter().chain(message.references.iter().rev()).map(String::as_str).take(24)
}

fn own_tag(desk: &Desk, subject: &Subject) -> Option<subject::Tag> {
    subject.tag.clone().filter(|tag| tag.site.eq_ignore_ascii_case(&desk.site.name))
}

/// Whether a ticket is over for this message: long resolved, or a new matter on an old address.
fn is_over(ticket: &Ticket, mail: &MailEvent, subject: &Subject) -> bool {
    let Some(ended_at) = ticket.ended_at else { return false };
    let span = if procedure::is_expired(ticket) { procedure::TAKE_UP_SPAN } else { REOPEN_SPAN };
    let is_long_ago = mail.received_at > later(ended_at, span);
    let is_answer = answered(mail).next().is_some();
    let is_same = subject.tag.is_some() || subject.bare.eq_ignore_ascii_case(&ticket.subject);
    is_long_ago || (!is_answer && !is_same)
}

/// A queue that the message was sent to and that is not the ticket's, if no other recipient is.
fn other_queue(desk: &Desk, mail: &MailEvent, ticket: &Ticket) -> Option<QueueName> {
    let queues = queues_of(desk, mail);
    let is_ours = queues.is_empty() || queues.contains(&ticket.queue);
    (!is_ours).then(|| queues.into_iter().next()).flatten()
}

fn queues_of(desk: &Desk, mail: &MailEvent) -> Vec<QueueName> {
    let mut queues = Vec::new();
    for address in addresses(mail) {
        if let Some(Place::Queue(name)) = desk.place(address)
            && !queues.contains(&name)
        {
            queues.push(name);
        }
    }
    queues
}

fn link(route: &mut Route, id: TicketId, ticket: &Ticket) {
    if let Route::New { queues, linked, .. } = route {
        *linked = Some(id);
        if queues.is_empty() {
            queues.push(ticket.queue.clone());
        }
    }
}

/// Where a first mail goes: procedure, queues of the envelope, subject tokens, dispatcher.
fn fresh(
    draft: &Draft<'_>,
    mail: &MailEvent,
    subject: &Subject,
) -> Result<(Route, String), Missing> {
    let desk = draft.desk;
    let claims = own_tag(desk, subject).map(|tag| tag.ticket);
    let claims = match claims {
        Some(id) if draft.ticket(id)?.is_some() => Some(id),
        _ => None,
    };
    let linked = may_belong(draft, mail)?;
    for address in addresses(mail) {
        if let Some(Place::Procedure(name)) = desk.place(address) {
            let why = format!("it went to {address}, which starts the procedure {name}");
            return Ok((Route::Procedure { name }, why));
        }
    }
    let mut queues = queues_of(desk, mail);
    let mut why = "it went to the address of the queue".to_owned();
    if queues.is_empty() {
        let named = subject.tokens.iter().map(|token| QueueName::new(token.to_lowercase()));
        queues = named.filter(|name| desk.register.queue(name).is_some()).take(1).collect();
        "its subject names the queue".clone_into(&mut why);
    }
    if queues.is_empty() {
        queues.push(desk.dispatcher().clone());
        "nothing says where it belongs, so it goes to the dispatcher".clone_into(&mut why);
    }
    let is_ours = mail.message.author().is_some_and(|author| desk.is_own(&author.address));
    if is_ours {
        queues = vec![desk.dispatcher().clone()];
        "its author claims an address of ours without a key, so it goes to the dispatcher"
            .clone_into(&mut why);
    }
    if let Some(id) = claims {
        queues = vec![desk.dispatcher().clone()];
        why = format!("it claims #{id} and proves nothing, so it goes to the dispatcher");
    }
    Ok((Route::New { queues, claims, linked }, why))
}

/// A ticket that the message names by a Message-ID, without any right to stand on it.
fn may_belong(draft: &Draft<'_>, mail: &MailEvent) -> Result<Option<TicketId>, Missing> {
    for message_id in answered(mail) {
        let own = key::own_id(draft.desk, message_id).and_then(|own| own.ticket);
        if let Some(id) = own {
            if draft.ticket(id)?.is_some() {
                return Ok(Some(id));
            }
        } else if let Some(entry) = draft.case().thread(message_id)?.first() {
            return Ok(Some(entry.ticket));
        }
    }
    Ok(None)
}
