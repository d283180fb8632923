//! Who is told of what (design section 9): receipts, copies to members, questions.
//! Deliberately absent: what members write to requestors (`answer`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::desk::readership;
use crate::desk::{AddressForm, Desk, NotifyChoice, Person, Queue};
use crate::mail::{Attachment, Message};
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Notice, ReplyTo};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::{Doubt, Excerpt, Matter, Rest};
use crate::ticket::procedure::window;
use crate::ticket::state::Ticket;
use crate::ticket::{caps, first, merge};
use crate::types::{Address, Locale, Mailbox, OutboxId, PersonId, QueueName, Sequence, TicketId};

/// The status of a mail that is too big (RFC 3463).
pub(crate) const TOO_BIG: &str = "5.3.4";
/// Room for words, pictures of words and header fields of a mail.
const WORDS_BYTES: u64 = 64 << 10;
/// Room for the header fields of a part.
const PART_BYTES: u64 = 512;
/// A receipt is of no use later than this.
const RECEIPT_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// A notice about a ticket to one recipient; the caller sets what is particular to it.
#[must_use]
pub fn notice(
    draft: &Draft<'_>,
    ticket: &Ticket,
    to: &Recipient,
    reply_to: ReplyTo,
    matter: Matter,
) -> Notice {
    Notice {
        id: OutboxId(0),
        to: to.mailbox.clone(),
        person: to.person.clone(),
        locale: to.locale,
        form: to.form,
        queue: ticket.queue.clone(),
        ticket: Some(ticket.id),
        sequence: Sequence(ticket.transactions),
        subject: ticket.subject.clone(),
        subject_day: ticket.subject.is_empty().then_some(ticket.created_at),
        reply_to,
        in_reply_to: None,
        at: draft.now,
        best_before: None,
        leaves_at: None,
        matter,
    }
}

/// Somebody who gets a notice, and how he is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Where it goes.
    pub mailbox: Mailbox,
    /// Who it is in the register.
    pub person: Option<PersonId>,
    /// In which language.
    pub locale: Locale,
    /// Formal or informal.
    pub form: AddressForm,
}

/// A person of the register as a recipient: the first address, the own language, informally.
#[must_use]
pub fn member(desk: &Desk, id: &PersonId) -> Option<Recipient> {
    let person = desk.register.person(id)?;
    let address = person.addresses.first()?.clone();
    Some(Recipient {
        mailbox: Mailbox::new(person.name.clone(), address),
        person: Some(id.clone()),
        locale: person.locale.unwrap_or_else(|| locale_of_queues(desk, id)),
        form: AddressForm::Informal,
    })
}

/// Where the answer of somebody inside goes who is told of a ticket: a member's stays inside, of
/// anybody else there is no key.
#[must_use]
pub fn reply_inside(desk: &Desk, ticket: &Ticket, person: &PersonId) -> ReplyTo {
    if desk.register.access(person, &ticket.queue).is_some() {
        ReplyTo::Internal(person.clone())
    } else {
        ReplyTo::Queue
    }
}

/// The language of the queues that a person serves, if they agree; else the site's.
fn locale_of_queues(desk: &Desk, id: &PersonId) -> Locale {
    let serves = |queue: &&Queue| queue.members.iter().any(|member| member.person == *id);
    let mut found = desk.register.queues().filter(serves).map(|queue| queue.locale);
    let first = found.next().flatten();
    let agreed = first.filter(|locale| found.all(|other| other == Some(*locale)));
    agreed.unwrap_or(desk.site.locale)
}

/// Somebody outside as a recipient, in the language of the ticket and the form of its queue.
#[must_use]
pub fn outsider(desk: &Desk, ticket: &Ticket, mailbox: &Mailbox) -> Recipient {
    let person = desk.register.person_at(&mailbox.address);
    let form = desk
        .register
        .queue(&ticket.queue)
        .map_or_else(AddressForm::default, |queue| queue.address_form);
    Recipient {
        mailbox: mailbox.clone(),
        person: person.map(|person| person.id.clone()),
        locale: person.and_then(|person| person.locale).unwrap_or(ticket.locale),
        form,
    }
}

/// The members who are told of outside mail: the owner, or who stands in, and watchers, or, while
/// it is nobody's, those who chose each and watchers; without those who have it already.
#[must_use]
pub fn told(desk: &Desk, ticket: &Ticket, has_it: &BTreeSet<Address>) -> Vec<PersonId> {
    let mut people: Vec<PersonId> = Vec::new();
    if let Some(owner) = &ticket.owner {
        let stand_in = desk.register.stand_in(owner, &ticket.queue);
        people.push(stand_in.unwrap_or(owner).clone());
    } else {
        let each = desk.register.members(&ticket.queue).iter();
        people.extend(
            each.filter(|member| member.notify == NotifyChoice::Each)
                .map(|member| member.person.clone()),
        );
    }
    for watcher in &ticket.watchers {
        if !people.contains(watcher) {
            people.push(watcher.clone());
        }
    }
    people.retain(|id| {
        desk.register.access(id, &ticket.queue).is_some()
            && desk.register.person(id).is_some_and(|person| !has_any(person, has_it))
    });
    people
}

fn has_any(person: &Person, addresses: &BTreeSet<Address>) -> bool {
    person.addresses.iter().any(|address| addresses.contains(address))
}

/// The addresses that have a message already: its author and its visible recipients.
#[must_use]
pub fn has_it(mail: &MailEvent) -> BTreeSet<Address> {
    let message = &mail.message;
    let visible = message.from.iter().chain(&message.to).chain(&message.cc);
    visible.map(|mailbox| mailbox.address.clone()).collect()
}

/// What a copy to members says beyond the ticket.
#[derive(Debug, Clone)]
pub struct CopyNote {
    /// Who wrote.
    pub author: Mailbox,
    /// The words.
    pub text: Excerpt,
    /// Whether the mail began the ticket.
    pub is_new: bool,
    /// Whether it was closed before.
    pub reopened: bool,
    /// Why its author is doubted.
    pub doubt: Option<Doubt>,
    /// A ticket it claims or continues.
    pub linked: Option<TicketId>,
    /// Other queues that have it, as people know them.
    pub also: Vec<String>,
}

/// Copies of outside mail to everyone who is told, and to the queue's lists.
///
/// # Errors
/// [`Missing`] if a recipient was not looked up.
pub fn copies(
    draft: &mut Draft<'_>,
    id: TicketId,
    mail: &MailEvent,
    note: &CopyNote,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    if ticket.suspect || mail.is_backlog || caps::is_thread_stopped(&ticket) {
        return Ok(());
    }
    let desk = draft.desk;
    let has_it = has_it(mail);
    let enclosed = enclosed(desk, &mail.message);
    let goes_to = ticket.requestors.first().cloned();
    let owner = ticket.owner.as_ref().and_then(|owner| desk.register.person(owner));
    let matter = Matter::Copy {
        author: note.author.clone(),
        doubt: note.doubt,
        is_new: note.is_new,
        owner: owner.map(|owner| owner.name.clone()),
        goes_to,
        besides: ticket.requestors.iter().skip(1).cloned().collect(),
        text: note.text.clone(),
        attachments: enclosed.clone(),
        reopened: note.reopened,
        linked: note.linked,
        links: merge::links(&ticket),
        also: note.also.clone(),
        parked: is_too_big(desk, &enclosed),
    };
    for person in told(desk, &ticket, &has_it) {
        let Some(to) = member(desk, &person) else { continue };
        if caps::is_silent(draft, &to.mailbox.address)? {
            continue;
        }
        let reply_to = match ticket.requestors.first() {
            Some(_) => ReplyTo::Member(person.clone()),
            None => ReplyTo::Internal(person.clone()),
        };
        let mut copy = notice(draft, &ticket, &to, reply_to, matter.clone());
        copy.in_reply_to.clone_from(&mail.message.message_id);
        draft.notify(copy);
    }
    let lists = desk.register.queue(&ticket.queue).map(|queue| queue.notify.clone());
    for list in lists.unwrap_or_default() {
        if has_it.contains(&list) || desk.is_own(&list) {
            continue;
        }
        let to = Recipient {
            mailbox: Mailbox::new("", list),
            person: None,
            locale: queue_locale(desk, &ticket.queue),
            form: AddressForm::Informal,
        };
        let mut copy = notice(draft, &ticket, &to, ReplyTo::Queue, matter.clone());
        copy.in_reply_to.clone_from(&mail.message.message_id);
        draft.notify(copy);
    }
    Ok(())
}

/// The language of a queue.
#[must_use]
pub fn queue_locale(desk: &Desk, queue: &QueueName) -> Locale {
    desk.register.queue(queue).and_then(|queue| queue.locale).unwrap_or(desk.site.locale)
}

/// The pause that it is now, if it is one.
#[must_use]
pub fn rest(draft: &Draft<'_>, locale: Locale) -> Option<Rest> {
    let days = draft.desk.site.days();
    let today = draft.now.to_zoned(days.zone.clone()).date();
    let pause = days.calendar.pause(today)?;
    let name = pause.name.get(&locale).or_else(|| pause.name.values().next());
    Some(Rest {
        name: name.cloned().unwrap_or_default(),
        back_at: window::after_pause(draft.now, days),
    })
}

/// "Your message has arrived", if caps allow.
///
/// # Errors
/// [`Missing`] if the requestor was not looked up.
pub fn receipt(
    draft: &mut Draft<'_>,
    id: TicketId,
    mail: &MailEvent,
    author: &Author,
    also: Vec<String>,
) -> Result<(), Missing> {
    if !caps::may_answer(draft, mail, author) {
        return Ok(());
    }
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let to = outsider(draft.desk, &ticket, author.reachable());
    if caps::spend_receipt(draft, author, &ticket.subject)?.is_err() {
        return Ok(());
    }
    let queue = draft.desk.register.queue(&ticket.queue);
    let answer_days = queue.and_then(|queue: &Queue| queue.answer_days);
    let reply_to = ReplyTo::Requestor(to.mailbox.address.clone());
    let rest = rest(draft, to.locale);
    let matter = Matter::Receipt { answer_days, also, rest };
    let mut receipt = notice(draft, &ticket, &to, reply_to, matter);
    receipt.in_reply_to.clone_from(&mail.message.message_id);
    receipt.best_before = draft.now.checked_add(RECEIPT_SPAN).ok();
    draft.notify(receipt);
    Ok(())
}

/// What goes along with copies of a message: its files, and the message as it came where something
/// in it was guessed and there is room.
fn enclosed(desk: &Desk, message: &Message) -> Vec<Attachment> {
    let files = message.attachments.clone();
    let with_original: Vec<_> = files.iter().chain(&message.original).cloned().collect();
    if is_too_big(desk, &with_original) { files } else { with_original }
}

/// Whether a mail with these attachments has more octets than may leave: base64 with its line
/// ends, and room for words and header fields.
#[must_use]
pub fn is_too_big(desk: &Desk, attachments: &[Attachment]) -> bool {
    let encoded = |attachment: &Attachment| {
        let bytes = u64::try_from(attachment.bytes).unwrap_or(u64::MAX);
        bytes.div_ceil(57).saturating_mul(78).saturating_add(PART_BYTES)
    };
    let bytes = attachments.iter().map(encoded).fold(WORDS_BYTES, u64::saturating_add);
    !attachments.is_empty() && bytes > desk.site.outgoing_bytes_max
}

/// "Your message was too big", once a day for each subject, where the queue says so.
///
/// # Errors
/// [`Missing`] if the author was not looked up.
pub fn size_notice(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    name: &QueueName,
) -> Result<bool, Missing> {
    let desk = draft.desk;
    let queue = desk.register.queue(name);
    let bare = crate::mail::subject::split(&mail.message.subject).bare;
    let subject: String = bare.chars().take(200).collect();
    let may_tell = queue.is_none_or(|queue| queue.size_notice)
        && caps::may_answer(draft, mail, author)
        && caps::spend_receipt(draft, author, &subject)?.is_ok();
    if !may_tell {
        return Ok(false);
    }
    let person = desk.register.person_at(&author.reachable().address);
    let reader = &author.reachable().address;
    let locale = first::language(draft, mail, (Some(author), Some(reader)), name)?;
    draft.notify(Notice {
        id: OutboxId(0),
        to: author.reachable().clone(),
        person: person.map(|person| person.id.clone()),
        locale,
        form: queue.map_or_else(AddressForm::default, |queue| queue.address_form),
        queue: name.clone(),
        ticket: None,
        sequence: Sequence(0),
        subject,
        subject_day: Some(mail.received_at),
        reply_to: ReplyTo::None,
        in_reply_to: mail.message.message_id.clone(),
        at: draft.now,
        best_before: draft.now.checked_add(RECEIPT_SPAN).ok(),
        leaves_at: None,
        matter: Matter::Refusal {},
    });
    Ok(true)
}

/// The members of a queue who may write, as recipients: reports go to them.
#[must_use]
pub fn coordinators(desk: &Desk, queue: &QueueName) -> Vec<(PersonId, Recipient)> {
    desk.register
        .members(queue)
        .iter()
        .filter(|entry| entry.access == crate::desk::Access::Write)
        .filter_map(|entry| Some((entry.person.clone(), member(desk, &entry.person)?)))
        .collect()
}

/// A report to the coordinators that belongs to no ticket: the breaker, a quarantine.
pub fn report(draft: &mut Draft<'_>, matter: &Matter, at: Timestamp) {
    let desk = draft.desk;
    for (person, to) in coordinators(desk, desk.dispatcher()) {
        let report = of_the_site(draft, &person, to, at, matter.clone());
        draft.notify(report);
    }
}

/// Who looks after a queue: who coordinates its unit, else who looks after the whole site.
#[must_use]
pub fn overseers(desk: &Desk, queue: &QueueName) -> Vec<(PersonId, Recipient)> {
    let unit = desk.register.queue(queue).and_then(|queue| queue.unit.as_ref());
    let named = unit.map(|unit| desk.register.coordinators(unit)).unwrap_or_default();
    let named = named.iter().filter_map(|id| Some((id.clone(), member(desk, id)?)));
    let named: Vec<_> = named.collect();
    if named.is_empty() { whole(desk) } else { named }
}

/// Who looks after the whole site: those who may read every register.
fn whole(desk: &Desk) -> Vec<(PersonId, Recipient)> {
    let people = readership::readers(desk).into_iter();
    people.filter_map(|id| Some((id.clone(), member(desk, &id)?))).collect()
}

/// A report about the site itself: to the members of a queue, else to who looks after it all.
pub fn to_overseers(draft: &mut Draft<'_>, queue: Option<&QueueName>, matter: &Matter) {
    let desk = draft.desk;
    let people = match queue.map(|queue| coordinators(desk, queue)) {
        Some(people) if !people.is_empty() => people,
        _ => whole(desk),
    };
    for (person, to) in people {
        let report = of_the_site(draft, &person, to, draft.now, matter.clone());
        draft.notify(report);
    }
}

/// What became of a coordinator's answer to a report.
pub fn to_coordinator(draft: &mut Draft<'_>, mail: &MailEvent, person: &PersonId, matter: Matter) {
    let Some(to) = member(draft.desk, person) else { return };
    let mut told = of_the_site(draft, person, to, mail.received_at, matter);
    told.subject = crate::mail::subject::split(&mail.message.subject).bare;
    told.in_reply_to.clone_from(&mail.message.message_id);
    draft.notify(told);
}

/// What became of something that somebody asked for, and that took its time.
pub fn to_person(draft: &mut Draft<'_>, person: &PersonId, subject: &str, matter: Matter) {
    let Some(to) = member(draft.desk, person) else { return };
    let mut told = of_the_site(draft, person, to, draft.now, matter);
    subject.clone_into(&mut told.subject);
    draft.notify(told);
}

/// A mail to somebody of the register that belongs to no ticket.
pub(crate) fn of_the_site(
    draft: &Draft<'_>,
    person: &PersonId,
    to: Recipient,
    at: Timestamp,
    matter: Matter,
) -> Notice {
    let day = at.to_zoned(draft.desk.site.time_zone.clone()).date();
    Notice {
        id: OutboxId(0),
        to: to.mailbox,
        person: to.person,
        locale: to.locale,
        form: to.form,
        queue: draft.desk.dispatcher().clone(),
        ticket: None,
        sequence: Sequence(0),
        subject: String::new(),
        subject_day: None,
        reply_to: ReplyTo::Digest(person.clone(), day),
        in_reply_to: None,
        at: draft.now,
        best_before: None,
        leaves_at: None,
        matter,
    }
}
