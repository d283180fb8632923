//! A message was accepted: what it is, where it belongs, and what follows.
//!
//! Everything ends in one [`Filing`](crate::ticket::Filing), so that `trace` finds any message.
//! What members write is decided in `member`, what a procedure hears in `procedure`.
//! A first message begins its tickets in `first`; what is remembered of all stands in `filing`.
//! Size: every way that a message can go is decided here, in one order.

use jiff::SignedDuration;

use crate::desk::Place;
use crate::mail::{Kind, ReversePath};
use crate::ticket::case::{Missing, Seen};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, ReplyTo, Timer};
use crate::ticket::event::MailEvent;
use crate::ticket::filing::{file, remember, seen_author};
use crate::ticket::fingerprint::is_contained;
use crate::ticket::first::{First, begin, note_language};
use crate::ticket::identity::{self, Author};
use crate::ticket::matter::{Doubt, Excerpt, Matter};
use crate::ticket::member::{self, Way};
use crate::ticket::route::{self, Route, Routed};
use crate::ticket::state::{Change, Request, Status, Ticket};
use crate::ticket::tell::{self, CopyNote};
use crate::ticket::{bounce, breaker, caps, key, later, liaison, meeting, procedure, proof};
use crate::types::{Address, Mailbox, QueueName, TicketId};

/// So long the text of list mail is kept that belongs to nothing of ours.
const STRAY_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Decides an accepted message.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn receive(draft: &mut Draft<'_>, mail: &MailEvent) -> Result<(), Missing> {
    if let Some(why) = own(draft, mail) {
        procedure::came_back(draft, mail)?;
        file(draft, mail, "own", why, Vec::new());
        return Ok(());
    }
    if let Some(report) = &mail.message.bounce {
        return bounce::record(draft, mail, report);
    }
    if let Some(complaint) = mail.message.complaint.as_ref().filter(|_| is_report(mail)) {
        return bounce::complain(draft, mail, complaint);
    }
    if mail.whole_bytes.is_some() {
        return too_big(draft, mail);
    }
    let before = draft.case().seen(mail.fingerprint.key)?.to_vec();
    let earlier: Vec<&Seen> = before.iter().filter(|seen| is_copy(seen, mail)).collect();
    if let Some(first) = earlier.first() {
        return copy(draft, mail, first, &earlier);
    }
    let routed = route::route(draft, mail)?;
    let author = author_of(draft, mail, &routed)?;
    let heard = match &author {
        Some(author) if mail.message.kind == Kind::Human => {
            if routed.wrong_key {
                caps::wrong_key(draft, &author.mailbox.address)?;
            }
            note_language(draft, mail, author)?;
            Some(breaker::heard_from(draft, author, mail.received_at)?)
        }
        _ => None,
    };
    let tickets = if mail.message.kind == Kind::Human {
        person(draft, mail, &routed, author.as_ref())?
    } else {
        automatic(draft, mail, &routed, author.as_ref())?
    };
    if let Some(heard) = heard {
        let is_new = matches!(routed.route, Route::New { .. });
        breaker::settle(draft, mail, &heard, is_new)?;
    }
    let is_stray = mail.message.via_list.is_some() && matches!(routed.route, Route::New { .. });
    if is_stray && tickets.is_empty() {
        erase_later(draft, mail);
    }
    let (taken_for, why) = filed(mail, routed, &before, &tickets);
    remember(draft, mail, before, &tickets)?;
    file(draft, mail, taken_for, why, tickets);
    Ok(())
}

fn is_report(mail: &MailEvent) -> bool {
    mail.message.kind == Kind::Report
}

/// What a list brought and belongs to nothing is not kept (design section 2).
fn erase_later(draft: &mut Draft<'_>, mail: &MailEvent) {
    let at = later(mail.received_at, STRAY_SPAN);
    draft.push(Effect::Arm(Timer::Erase(mail.position), at));
}

/// What a message was taken for, and why, for `trace`.
fn filed(
    mail: &MailEvent,
    routed: Routed,
    before: &[Seen],
    tickets: &[TicketId],
) -> (&'static str, String) {
    let mut why = routed.why;
    if mail.message.message_id.is_some()
        && let Some(earlier) = before.first()
    {
        let position = earlier.position;
        why.push_str(&format!("; another message had its Message-ID, at position {position}"));
    }
    let taken_for = match (&routed.route, mail.message.kind) {
        (_, kind) if kind != Kind::Human => "automatic",
        (Route::New { .. }, _) if tickets.is_empty() => {
            "a list brought it, and it answers nothing of ours: its text is erased after seven days"
                .clone_into(&mut why);
            "list"
        }
        (Route::New { .. } | Route::Procedure { .. }, _) => "new",
        (Route::Control { .. }, _) => "control",
        (Route::Ticket { .. } | Route::Digest { .. }, _) => "answer",
    };
    (taken_for, why)
}

/// Only the header came: nothing is decided, the message waits where the door set it aside. Who
/// wrote it is told, as a mail server tells whose mail it refuses (failure 35).
fn too_big(draft: &mut Draft<'_>, mail: &MailEvent) -> Result<(), Missing> {
    let bytes = mail.whole_bytes.unwrap_or_default();
    let author = identity::identify(draft.desk, mail, None, None);
    let mut addresses = route::addresses(mail).into_iter();
    let queue = addresses.find_map(|address| match draft.desk.place(address)? {
        Place::Queue(name) => Some(name),
        _ => None,
    });
    let queue = queue.unwrap_or_else(|| draft.desk.dispatcher().clone());
    let is_told = match author {
        Some(author) if mail.message.kind == Kind::Human => {
            tell::size_notice(draft, mail, &author, &queue)?
        }
        _ => false,
    };
    let told = if is_told { "its author is told" } else { "nobody is told" };
    let why = format!("{bytes} octets are too big, so only its header was read; {told}");
    file(draft, mail, "too-big", why, Vec::new());
    Ok(())
}

/// Why a message is our own coming back, if it is: by a verified key, never by an address.
fn own(draft: &Draft<'_>, mail: &MailEvent) -> Option<String> {
    let message = &mail.message;
    let is_marked =
        message.field("X-Lotse-Mark").is_some_and(|mark| key::is_mark(draft.desk, mark));
    let is_ours = message
        .message_id
        .as_deref()
        .is_some_and(|message_id| key::own_id(draft.desk, message_id).is_some());
    if is_ours {
        Some("its Message-ID is ours".to_owned())
    } else {
        (is_marked && message.bounce.is_none()).then(|| "it carries our mark".to_owned())
    }
}

/// Same Message-ID, same author, and a text that is the same or contained in the other. An author
/// that a list hid may be anybody, whichever of the two came first.
fn is_copy(seen: &Seen, mail: &MailEvent) -> bool {
    let author = seen_author(mail);
    let fingerprint = &mail.fingerprint;
    let is_same_author = seen.author.is_none() || author.is_none() || seen.author == author;
    is_same_author
        && (seen.content == fingerprint.content || is_contained(&seen.lines, &fingerprint.lines))
}

/// The same message once more: nothing acts again, but a queue it did not reach yet gets it.
fn copy(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    earlier: &Seen,
    all: &[&Seen],
) -> Result<(), Missing> {
    let mut queues = Vec::new();
    let is_reached = |name: &QueueName| all.iter().any(|seen| seen.queues.contains(name));
    for address in &mail.recipients {
        if let Some(Place::Queue(name)) = draft.desk.place(address)
            && !is_reached(&name)
            && !queues.contains(&name)
        {
            queues.push(name);
        }
    }
    let why = format!("the same message came at position {} before", earlier.position);
    if queues.is_empty() || mail.message.kind != Kind::Human {
        if earlier.tickets.is_empty() && mail.message.via_list.is_some() {
            erase_later(draft, mail);
        }
        file(draft, mail, "copy", why, earlier.tickets.clone());
        return Ok(());
    }
    let author = identity::identify(draft.desk, mail, None, None);
    let linked = earlier.tickets.first().copied();
    let first = First { queues, claims: None, linked, receipt: false };
    let tickets = begin(draft, mail, author.as_ref(), &first)?;
    let before = draft.case().seen(mail.fingerprint.key)?.to_vec();
    remember(draft, mail, before, &tickets)?;
    file(draft, mail, "copy", format!("{why}, and this time another queue too"), tickets);
    Ok(())
}

fn author_of(
    draft: &Draft<'_>,
    mail: &MailEvent,
    routed: &Routed,
) -> Result<Option<Author>, Missing> {
    let (ticket, holder) = match &routed.route {
        Route::Ticket { id, holder, .. } => (draft.ticket(*id)?, holder.as_ref()),
        Route::Digest { person } => {
            let day = mail.received_at.to_zoned(draft.desk.site.time_zone.clone()).date();
            let holder = ReplyTo::Digest(person.clone(), day);
            return Ok(identity::identify(draft.desk, mail, None, Some(&holder)));
        }
        Route::New { .. } | Route::Procedure { .. } | Route::Control { .. } => (None, None),
    };
    let author = identity::identify(draft.desk, mail, ticket, holder);
    if let Some(author) = &author
        && caps::is_unkeyed(draft, &author.mailbox.address)?
    {
        return Ok(identity::identify(draft.desk, mail, ticket, None));
    }
    Ok(author)
}

/// A person wrote.
fn person(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    routed: &Routed,
    author: Option<&Author>,
) -> Result<Vec<TicketId>, Missing> {
    match (&routed.route, author) {
        (Route::New { queues, claims, linked }, _) => {
            let list_only = mail.message.via_list.is_some() && !is_addressed(draft, mail);
            if list_only {
                return Ok(Vec::new());
            }
            let first = First {
                queues: queues.clone(),
                claims: *claims,
                linked: *linked,
                receipt: claims.is_none(),
            };
            begin(draft, mail, author, &first)
        }
        (Route::Procedure { name }, Some(author)) => procedure::begin(draft, mail, author, name),
        (Route::Digest { person }, Some(author)) => {
            if breaker::answer(draft, mail, author, person)? {
                return Ok(Vec::new());
            }
            member::digest_answer(draft, mail, author, person)?;
            Ok(Vec::new())
        }
        (Route::Control { person }, Some(author)) => {
            member::control(draft, mail, author, person)?;
            Ok(Vec::new())
        }
        (Route::Ticket { id, holder, .. }, Some(author)) => {
            on_ticket(draft, mail, *id, author, holder.as_ref())?;
            Ok(vec![*id])
        }
        (
            Route::Procedure { .. }
            | Route::Digest { .. }
            | Route::Control { .. }
            | Route::Ticket { .. },
            None,
        ) => {
            let queues = vec![draft.desk.dispatcher().clone()];
            let first = First { queues, claims: None, linked: None, receipt: false };
            begin(draft, mail, None, &first)
        }
    }
}

/// Whether the message names an address of ours visibly: a post to a list alone does not.
fn is_addressed(draft: &Draft<'_>, mail: &MailEvent) -> bool {
    let message = &mail.message;
    let place = |mailbox: &Mailbox| draft.desk.place(&mailbox.address);
    let is_direct = |mailbox: &Mailbox| place(mailbox).is_some_and(|at| at != Place::Control);
    message.to.iter().chain(&message.cc).any(is_direct)
}

/// The author as a reader sees him: by his own claim, or the envelope's.
pub(crate) fn shown_author(mail: &MailEvent, author: Option<&Author>) -> Mailbox {
    let claimed = author.map(|author| author.mailbox.clone());
    claimed.or_else(|| mail.message.author().cloned()).unwrap_or_else(|| {
        let at = match &mail.reverse_path {
            ReversePath::Address(address) => Some(address.clone()),
            ReversePath::Null | ReversePath::Unknown => None,
        };
        Mailbox::new("", at.unwrap_or_else(Address::unknown))
    })
}

/// What a ticket keeps of a mail from outside.
pub(crate) fn letter(
    mail: &MailEvent,
    from: Mailbox,
    text: Excerpt,
    key_of: Option<Address>,
) -> Change {
    Change::Receive {
        from,
        text,
        attachments: mail.message.attachments.clone(),
        message_id: mail.message.message_id.clone(),
        key_of,
    }
}

/// The new words of a message, or all of it.
pub(crate) fn words_of(mail: &MailEvent) -> Excerpt {
    mail.words.clone()
}

/// Who acts with this message, how surely, when.
pub(crate) fn origin(mail: &MailEvent, author: Option<&Author>) -> Origin {
    Origin {
        by: author.map_or(crate::ticket::Actor::Program, Author::actor),
        rung: author.map_or(0, |author| author.rung),
        at: mail.received_at,
        message: Some(mail.position),
    }
}

/// A person wrote on a ticket: by key, Message-ID, tag or thread.
fn on_ticket(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    holder: Option<&ReplyTo>,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let is_for = holder.is_some_and(|holder| {
        identity::is_for(holder, &author.mailbox.address, author.person.as_ref())
    });
    if let Some(holder @ ReplyTo::Question(..)) = holder
        && proof::answer(draft, mail, author, id, holder)?
    {
        return Ok(());
    }
    if meeting::hears(draft, mail, &ticket, author, holder)?
        || procedure::hears(draft, mail, &ticket, author, holder)?
    {
        return Ok(());
    }
    let done = match holder {
        Some(ReplyTo::Question(question, _)) if is_for => {
            member::question_answer(draft, mail, id, author, *question)
        }
        Some(ReplyTo::Member(_)) if is_for => member::words(draft, mail, id, author, Way::Public),
        Some(ReplyTo::Internal(_)) if is_for => {
            member::words(draft, mail, id, author, Way::Internal)
        }
        Some(ReplyTo::Member(person) | ReplyTo::Internal(person)) => {
            member::on_foreign_key(draft, mail, id, author, person)
        }
        Some(ReplyTo::Requestor(address))
            if !is_for && !ticket.aliases.contains(&author.mailbox.address) =>
        {
            let outsider = mailbox_of(&ticket, address);
            on_requestors_key(draft, mail, &ticket, author, &outsider)
        }
        _ if ticket.takes_part(&author.mailbox.address) => from_outside(draft, mail, id, author),
        _ if is_member(draft, author, &ticket) => member::unkeyed(draft, mail, id, author),
        _ => from_outside(draft, mail, id, author),
    };
    done?;
    liaison::answered(draft, id)
}

fn mailbox_of(ticket: &Ticket, address: &Address) -> Mailbox {
    let known = ticket.requestors.iter().chain(&ticket.cc);
    known
        .into_iter()
        .find(|mailbox| &mailbox.address == address)
        .cloned()
        .unwrap_or_else(|| Mailbox::new("", address.clone()))
}

fn is_member(draft: &Draft<'_>, author: &Author, ticket: &Ticket) -> bool {
    let access = |id| draft.desk.register.access(id, &ticket.queue);
    author.person.as_ref().and_then(access).is_some()
}

/// The requestor's or a cc's words.
pub(crate) fn from_outside(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
) -> Result<(), Missing> {
    let takes_words = |request: &Request| !request.is_ended();
    let request = draft.ticket(id)?.and_then(|ticket| ticket.request.as_deref());
    if request.is_some_and(takes_words)
        && !crate::ticket::command::why::is_asked(&mail.message.text)
    {
        return procedure::receive(draft, mail, author, id);
    }
    if member::from_requestor(draft, mail, id, author)?
        || procedure::helps(draft, mail, author, id)?
        || procedure::appeals(draft, mail, author, id)?
    {
        return Ok(());
    }
    let reopened = received(draft, mail, id, author, None)?;
    let note = CopyNote {
        author: author.mailbox.clone(),
        text: words_of(mail),
        is_new: false,
        reopened,
        doubt: author.suspect.then_some(Doubt::Suspect),
        linked: None,
        also: Vec::new(),
    };
    if mail.is_only_thanks {
        return Ok(());
    }
    tell::copies(draft, id, mail, &note)
}

/// Records words from outside; says whether a closed ticket is open again because of them.
fn received(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    key_of: Option<&Mailbox>,
) -> Result<bool, Missing> {
    let origin = origin(mail, Some(author));
    let key_of = key_of.map(|mailbox| mailbox.address.clone());
    draft.record(id, &origin, letter(mail, author.mailbox.clone(), words_of(mail), key_of));
    breaker::thread(draft, mail, id, author)?;
    let status = draft.ticket(id)?.map(|ticket| ticket.status);
    let is_ended = status.is_some_and(|status| !status.is_active());
    let reopens =
        is_ended && !author.suspect && status != Some(Status::Rejected) && !mail.is_only_thanks;
    if reopens || status == Some(Status::Stalled) {
        draft.record(id, &origin, Change::Status { status: Status::Open });
    }
    Ok(reopens)
}

/// Somebody else wrote on a requestor's reply address: filed, shown, answered to the requestor,
/// who is asked once whether the address may be added.
fn on_requestors_key(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    requestor: &Mailbox,
) -> Result<(), Missing> {
    let id = ticket.id;
    let reopened = received(draft, mail, id, author, Some(requestor))?;
    let doubt = if author.suspect { Doubt::Suspect } else { Doubt::OtherAddress };
    let note = CopyNote {
        author: author.mailbox.clone(),
        text: words_of(mail),
        is_new: false,
        reopened,
        doubt: Some(doubt),
        linked: None,
        also: Vec::new(),
    };
    tell::copies(draft, id, mail, &note)?;
    let asks = !ticket.asked_additions.contains(&author.mailbox.address)
        && caps::may_answer(draft, mail, author);
    if !asks || caps::spend(draft, &requestor.address)?.is_err() {
        return Ok(());
    }
    let origin = origin(mail, Some(author));
    let address = author.mailbox.address.clone();
    let question = draft.record_inside(id, &origin, Change::AskedAddition { address });
    let to = tell::outsider(draft.desk, ticket, requestor);
    let reply_to = ReplyTo::Question(question, requestor.address.clone());
    let matter = Matter::MayAdd { stranger: author.mailbox.clone() };
    let mut notice = tell::notice(draft, ticket, &to, reply_to, matter);
    notice.sequence = question;
    draft.notify(notice);
    Ok(())
}

/// A machine wrote: recorded where it belongs, never answered, never a keyword.
fn automatic(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    routed: &Routed,
    author: Option<&Author>,
) -> Result<Vec<TicketId>, Missing> {
    match &routed.route {
        Route::Ticket { id, .. } => {
            let what = mail.message.kind.name().to_owned();
            draft.record_inside(*id, &origin(mail, author), Change::Automatic { what });
            Ok(vec![*id])
        }
        Route::New { queues, linked, .. } if mail.message.kind == Kind::AutoGenerated => {
            let is_listed = mail.message.via_list.is_some();
            if is_listed || linked.is_some() {
                return Ok(Vec::new());
            }
            let first =
                First { queues: queues.clone(), claims: None, linked: None, receipt: false };
            begin(draft, mail, author, &first)
        }
        Route::New { .. }
        | Route::Digest { .. }
        | Route::Control { .. }
        | Route::Procedure { .. } => Ok(Vec::new()),
    }
}
