//! A delivery report came: it is an event about an address (failures 3 and 4), never a message.

use crate::desk::Place;
use crate::mail::dsn::{Action, Bounce, BouncedRecipient, Complaint};
use crate::ticket::breaker;
use crate::ticket::case::{Missing, Sent};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, OutboxChange, ReplyTo, RowState};
use crate::ticket::event::MailEvent;
use crate::ticket::filing::file;
use crate::ticket::key::{self, Detail};
use crate::ticket::matter::Matter;
use crate::ticket::state::{Actor, Change};
use crate::ticket::{merge, procedure, tell};
use crate::types::{Address, PersonId, TicketId};

/// Records a delivery report on the row, the ticket and the address that it is about.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn record(draft: &mut Draft<'_>, mail: &MailEvent, report: &Bounce) -> Result<(), Missing> {
    let Some(sent) = about(draft, mail, report)? else {
        let why = "a delivery report about nothing of ours".to_owned();
        file(draft, mail, "bounce", why, Vec::new());
        return Ok(());
    };
    let failed = report.recipients.iter().find(|one| one.action == Action::Failed);
    let Some(recipient) = failed.or_else(|| report.recipients.first()) else {
        file(draft, mail, "bounce", "a delivery report without a recipient".into(), Vec::new());
        return Ok(());
    };
    let is_permanent = recipient.action == Action::Failed;
    let said = format!("{} {}", recipient.status, recipient.diagnostic);
    if is_permanent {
        let change = OutboxChange { state: RowState::Failed, next_at: None, said };
        draft.push(Effect::Settle(sent.id, change));
        undeliverable(draft, mail, &sent, recipient)?;
    } else if recipient.action == Action::Delayed
        && let Some(id) = sent.notice.ticket
        && draft.ticket(id)?.is_some()
    {
        draft.record_inside(id, &program(mail), change(recipient, false));
    }
    let why = format!("a delivery report about row {} of the outbox", sent.id);
    file(draft, mail, "bounce", why, sent.notice.ticket.into_iter().collect());
    Ok(())
}

/// Records a person's complaint: nothing automatic goes to the address any more, and the
/// coordinators are told. What a provider
/// says is not proven, so only a message that carries our mark or our Message-ID counts.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn complain(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    complaint: &Complaint,
) -> Result<(), Missing> {
    let report = Bounce {
        recipients: Vec::new(),
        original_message_id: complaint.original_message_id.clone(),
        original_mark: complaint.original_mark.clone(),
    };
    let Some(sent) = about(draft, mail, &report)? else {
        let why = "a complaint about nothing of ours".to_owned();
        file(draft, mail, "automatic", why, Vec::new());
        return Ok(());
    };
    let address = &sent.notice.to.address;
    suspend(draft, address, &program(mail))?;
    let mut subject = String::new();
    if let Some(id) = sent.notice.ticket
        && let Some(ticket) = draft.ticket(id)?
    {
        subject.clone_from(&ticket.subject);
        let what = format!("complaint ({})", complaint.feedback);
        draft.record_inside(id, &program(mail), Change::Automatic { what });
    }
    breaker::complained(draft, address, (sent.notice.at, mail.received_at), &subject)?;
    let why = format!("a complaint about row {} of the outbox: its address is suspended", sent.id);
    file(draft, mail, "automatic", why, sent.notice.ticket.into_iter().collect());
    Ok(())
}

/// The row that a report is about: by VERP, else by the mark or Message-ID that it returns.
fn about(draft: &Draft<'_>, mail: &MailEvent, report: &Bounce) -> Result<Option<Sent>, Missing> {
    for address in &mail.recipients {
        let Some(Place::Site(Some(detail))) = draft.desk.place(address) else { continue };
        if let Some(Detail::Bounce(row, key)) = key::parse_detail(&detail)
            && key::is_bounce_key(draft.desk, &key, row)
        {
            return Ok(draft.case().sent(&format!("row:{row}"))?.cloned());
        }
    }
    let mark = report.original_mark.as_deref().filter(|mark| key::is_mark(draft.desk, mark));
    if let Some((row, _)) = mark.and_then(|mark| mark.split_once('.')) {
        return Ok(draft.case().sent(&format!("row:{row}"))?.cloned());
    }
    let original = report.original_message_id.as_deref();
    let answered = mail.message.in_reply_to.first().or_else(|| mail.message.references.last());
    let Some(message_id) = original.or_else(|| answered.map(String::as_str)) else {
        return Ok(None);
    };
    if key::own_id(draft.desk, message_id).is_none() {
        return Ok(None);
    }
    Ok(draft.case().sent(message_id)?.cloned())
}

fn program(mail: &MailEvent) -> Origin {
    Origin { by: Actor::Program, rung: 0, at: mail.received_at, message: Some(mail.position) }
}

fn change(recipient: &BouncedRecipient, permanent: bool) -> Change {
    Change::Undeliverable {
        address: recipient.address.clone(),
        status: recipient.status.clone(),
        diagnostic: recipient.diagnostic.chars().take(300).collect(),
        permanent,
    }
}

fn undeliverable(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    sent: &Sent,
    recipient: &BouncedRecipient,
) -> Result<(), Missing> {
    let failure =
        Failure { status: recipient.status.clone(), diagnostic: recipient.diagnostic.clone() };
    failed(draft, &program(mail), &sent.notice, &failure)
}

/// Why a message did not arrive.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: String,
    pub(crate) diagnostic: String,
}

/// A message of ours failed for good: noted on its ticket, its address suspended, and the member
/// who wrote it told once. Nobody is told of a dead receipt.
pub(crate) fn failed(
    draft: &mut Draft<'_>,
    origin: &Origin,
    notice: &crate::ticket::Notice,
    failure: &Failure,
) -> Result<(), Missing> {
    let address = &notice.to.address;
    let is_probe = matches!(notice.matter, Matter::Probe { .. });
    if is_about_address(&failure.status) && !is_probe {
        suspend(draft, address, origin)?;
    }
    let Some(id) = notice.ticket else { return Ok(()) };
    let id = merge::last(draft, id)?;
    if draft.ticket(id)?.is_none() {
        return Ok(());
    }
    let change = Change::Undeliverable {
        address: address.to_string(),
        status: failure.status.clone(),
        diagnostic: failure.diagnostic.chars().take(300).collect(),
        permanent: true,
    };
    let sequence = draft.record_inside(id, origin, change);
    if is_probe {
        return procedure::probe_refused(draft, id, origin);
    }
    if !matches!(notice.matter, Matter::Answer { .. }) {
        return Ok(());
    }
    let Some(writer) = writer(draft, id)? else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(to) = tell::member(draft.desk, &writer) else { return Ok(()) };
    let matter = Matter::Undeliverable {
        to: notice.to.clone(),
        status: failure.status.clone(),
        diagnostic: failure.diagnostic.chars().take(300).collect(),
        written_at: notice.at,
    };
    // What was too big is sent once more, to the same reader.
    let reply_to = if is_too_big(&failure.status) {
        ReplyTo::Member(writer)
    } else {
        ReplyTo::Internal(writer)
    };
    let mut told = tell::notice(draft, &ticket, &to, reply_to, matter);
    told.sequence = sequence;
    draft.notify(told);
    Ok(())
}

/// Whether a status (RFC 3463) speaks of the mailbox or the way to it; not of the size or
/// the content (x.6) of this one message.
fn is_about_address(status: &str) -> bool {
    !is_too_big(status) && status.split('.').nth(1) != Some("6")
}

/// Whether a status says that the message is too big: for the mailbox, or for a server.
#[must_use]
pub fn is_too_big(status: &str) -> bool {
    let mut numbers = status.split('.').skip(1);
    matches!((numbers.next(), numbers.next()), (Some("2"), Some("3")) | (Some("3"), Some("4")))
}

fn suspend(draft: &mut Draft<'_>, address: &Address, origin: &Origin) -> Result<(), Missing> {
    let mut state = draft.case().correspondent(address)?.clone();
    if state.suspended_at.is_none() {
        state.suspended_at = Some(origin.at);
        draft.remember(address, state);
    }
    Ok(())
}

/// Who wrote the last answer of a ticket; where that person serves its queue no longer, whose it is
/// now, or one of those who may write there.
fn writer(draft: &Draft<'_>, id: TicketId) -> Result<Option<PersonId>, Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(None) };
    let Some((_, person)) = &ticket.last_answer else { return Ok(None) };
    let others = tell::coordinators(draft.desk, &ticket.queue).into_iter().map(|(id, _)| id);
    let people = std::iter::once(person).chain(&ticket.owner).cloned().chain(others);
    let serves = |id: &PersonId| draft.desk.register.access(id, &ticket.queue).is_some();
    Ok(people.into_iter().find(serves))
}
