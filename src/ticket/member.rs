//! What members write: answers, words that stay inside, keywords, answers to questions.

use jiff::Timestamp;

use crate::mail::quote;
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::receive::{origin, words_of};
use crate::ticket::state::Change;
use crate::ticket::tell::{self, Answer};
use crate::ticket::words;
use crate::types::{PersonId, Sequence, TicketId};

/// Where a member's words go by the address they came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the requestor.
    Public,
    /// Inside only.
    Internal,
}

/// A member's words on a key that was made for this member.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn words(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    way: Way,
) -> Result<(), Missing> {
    let Some(person) = &author.person else { return Ok(()) };
    let reply = quote::split(&mail.message.text, None);
    let text = words::excerpt(mail.position, &reply, |_| false);
    let origin = origin(mail, Some(author));
    if way == Way::Internal {
        draft.record_inside(id, &origin, Change::Comment { text });
        return Ok(());
    }
    let answer =
        Answer { text, attachments: mail.message.attachments.clone(), has_it: tell::has_it(mail) };
    tell::answer(draft, id, &origin, person, &answer)
}

/// A member wrote without a key of his: kept inside, and the registered address is asked.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn unkeyed(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
) -> Result<(), Missing> {
    draft.record_inside(id, &origin(mail, Some(author)), Change::Comment { text: words_of(mail) });
    Ok(())
}

/// Somebody wrote on a key that was made for a member: kept inside, and that member is asked.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn on_foreign_key(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    _member: &PersonId,
) -> Result<(), Missing> {
    unkeyed(draft, mail, id, author)
}

/// Somebody answered a question that was put to him alone.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn question_answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    _question: Sequence,
) -> Result<(), Missing> {
    unkeyed(draft, mail, id, author)
}

/// A requestor's keyword, or a whole text that says the same in plain words. Says whether the
/// message is settled with it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn from_requestor(
    _draft: &mut Draft<'_>,
    _mail: &MailEvent,
    _id: TicketId,
    _author: &Author,
) -> Result<bool, Missing> {
    Ok(false)
}

/// A member answered a digest: a line for each ticket.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn digest_answer(
    _draft: &mut Draft<'_>,
    _mail: &MailEvent,
    _author: &Author,
    _person: &PersonId,
) -> Result<(), Missing> {
    Ok(())
}

/// A held answer is asked about once more.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn remind_held(
    _draft: &mut Draft<'_>,
    _id: TicketId,
    _hold: Sequence,
    _due_at: Timestamp,
) -> Result<(), Missing> {
    Ok(())
}
