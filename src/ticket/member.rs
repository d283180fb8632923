//! What members write: answers, words that stay inside, keywords, answers to questions.
//!
//! Here stands which of them a mail is. A proven member's letter is decided in `letter`: what goes
//! out, what stays inside, what waits (`hold`); one keyword is done in `task`. Who asked writes
//! through `requestor`; a digest and the control address are worked in `worklist`; who is not
//! proven ends in `claim`.
//! Deliberately absent: which words are keywords (`command`).

mod claim;
mod hold;
mod letter;
mod lines;
mod requestor;
mod task;
mod worklist;

pub(crate) use task::remark;

use jiff::Timestamp;

use crate::mail::quote::{self, Reply};
use crate::ticket::caps;
use crate::ticket::case::{Missing, Sent};
use crate::ticket::command::fold::{self, Word};
use crate::ticket::command::{self, Eyes, Family, Reader};
use crate::ticket::draft::Draft;
use crate::ticket::effect::ReplyTo;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, CONFIRMED, KNOWN};
use crate::ticket::key;
use crate::ticket::matter::{Matter, ResultKind, ResultLine};
use crate::ticket::member::lines::List;
use crate::ticket::member::task::{Task, Writer, new_text};
use crate::ticket::practice;
use crate::ticket::proof::{self, Purpose};
use crate::ticket::receive;
use crate::ticket::state::{Change, Claim, Question, Ticket};
use crate::ticket::{stay, tell};
use crate::types::{OutboxId, PersonId, Sequence, TicketId};

/// Carries out what a result offered as probably meant, once its reader said yes; what somebody
/// else changed since the result is asked about once more.
fn carry_out_meant(
    draft: &mut Draft<'_>,
    writer: &Writer,
    (lines, since): (&[ResultLine], Option<Timestamp>),
) -> Result<Vec<ResultLine>, Missing> {
    let mut done = Vec::new();
    for line in lines {
        let (Some(id), Some(task)) = (line.ticket, line.meant.as_ref().and_then(Task::of_kept))
        else {
            continue;
        };
        let is_sent = task.is_answer
            && draft.ticket(id)?.is_some_and(|ticket| ticket.last_words == task.words);
        if is_sent {
            done.push(remark(Some(id), &line.line, ResultKind::Already, ""));
        } else {
            done.extend(worklist::unless_moved(draft, writer, (id, &task), since)?);
        }
    }
    Ok(done)
}

/// The lines of a result that the writer got and now answers, if it asked what was meant.
fn asked_what_was_meant<'a>(sent: Option<&'a Sent>, writer: &Writer) -> Option<&'a [ResultLine]> {
    let sent = sent.filter(|sent| sent.notice.person.as_ref() == Some(&writer.person))?;
    let (Matter::Result { lines, .. } | Matter::Practice { lines, .. }) = &sent.notice.matter
    else {
        return None;
    };
    lines.iter().any(|line| line.meant.is_some()).then_some(lines.as_slice())
}

/// Where a member's words go by the address they came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the requestor.
    Public,
    /// Inside only.
    Internal,
}

/// The notice of ours that a message answers, if it names it.
fn answered(draft: &Draft<'_>, mail: &MailEvent) -> Result<Option<Sent>, Missing> {
    for message_id in &mail.message.in_reply_to {
        if key::own_id(draft.desk, message_id).is_some_and(|own| own.row != OutboxId(0)) {
            return Ok(draft.case().sent(message_id)?.cloned());
        }
    }
    Ok(None)
}

fn split<'a>(mail: &'a MailEvent, sent: Option<&Sent>) -> Reply<'a> {
    let text = sent.map(|sent| sent.text.as_str()).filter(|text| !text.is_empty());
    quote::split_message(&mail.message, text)
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
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let needed = proof::needed(draft.desk, Purpose::Answer);
    if author.rung < needed && !claim::needs_no_proof(draft, mail, author)? {
        return claim::ask(draft, mail, &ticket, author, &claim::Whose { person, way });
    }
    letter::decide(draft, mail, ticket, author, way)
}

/// Keyword lines that stand beside somebody's yes or no to a question of a request: done like any
/// others, and told in one mail. Returns them as they were written; what decides the request itself
/// is none of them.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(crate) fn beside(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    (author, person): (&Author, &PersonId),
    id: TicketId,
    reply: &Reply<'_>,
) -> Result<Vec<String>, Missing> {
    let writer = Writer::new(draft, mail, author, person);
    let eyes = Eyes { reader: Reader::Member, locale: writer.locale, pseudo: None };
    let read = command::read(reply, &eyes).lines;
    // That something is done is an answer as well, where a thing of a list was asked about.
    let decides = |task: &Task| {
        let is_family = matches!(task.keyword.family, Family::Decision | Family::Decide);
        is_family || task.keyword.name == "close"
    };
    let tasks = read.iter().filter_map(|line| Task::of(line, mail));
    let tasks: Vec<Task> = tasks.filter(|task| !decides(task)).collect();
    let mut lines = Vec::new();
    for task in &tasks {
        lines.extend(task::run(draft, &writer, id, task)?);
    }
    if !lines.is_empty() {
        tell_result(draft, &writer, id, lines, false)?;
    }
    Ok(tasks.into_iter().map(|task| task.written).collect())
}

/// One mail to a member with what became of every line; nothing if there is nothing to say.
pub(crate) fn tell_result(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    lines: Vec<ResultLine>,
    answered: bool,
) -> Result<(), Missing> {
    let is_practice = draft.ticket(id)?.is_some_and(|ticket| ticket.practice.is_some());
    if lines.is_empty() && !is_practice {
        Ok(())
    } else {
        confirm(draft, writer, id, lines, answered)
    }
}

/// One mail to a member that says what was done, also where no line is left to name.
pub(crate) fn confirm(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    mut lines: Vec<ResultLine>,
    answered: bool,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let answered = stay::tell(draft, &writer.origin, &mut lines, answered.then_some(id));
    let Some(to) = tell::member(draft.desk, &writer.person) else { return Ok(()) };
    if !caps::spend_result(draft, &to.mailbox.address, &ticket.subject)? {
        return Ok(());
    }
    if ticket.practice.is_some() {
        return practice::go_on(draft, id, &writer.person, (lines, answered));
    }
    // Who moved a ticket away has no key of it any more, and may still take that back.
    let reply_to = if draft.desk.register.access(&writer.person, &ticket.queue).is_some() {
        ReplyTo::Internal(writer.person.clone())
    } else {
        let day = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
        ReplyTo::Digest(writer.person.clone(), day)
    };
    let notice = tell::notice(draft, &ticket, &to, reply_to, Matter::Result { lines, answered });
    draft.notify(notice);
    Ok(())
}

/// A member wrote without a key of his. Proven otherwise, the words go the way of the notice that
/// they answer, inside if none is known; else they are kept inside and the registered address is
/// asked.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn unkeyed(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
) -> Result<(), Missing> {
    let sent = answered(draft, mail)?;
    let mine = sent.filter(|sent| sent.notice.person == author.person);
    let is_public =
        mine.as_ref().is_some_and(|sent| matches!(sent.notice.reply_to, ReplyTo::Member(_)));
    let way = if is_public { Way::Public } else { Way::Internal };
    if let Some(question) = mine.as_ref().and_then(asked_in)
        && draft.ticket(id)?.is_some_and(|ticket| !ticket.questions.contains(&question))
    {
        // The question is settled already: nothing is left to answer or to ask.
        let text = receive::words_of(mail);
        draft.record_inside(id, &receive::origin(mail, Some(author)), Change::Comment { text });
        return Ok(());
    }
    words(draft, mail, id, author, way)
}

fn asked_in(sent: &Sent) -> Option<Sequence> {
    match &sent.notice.reply_to {
        ReplyTo::Question(question, _) => Some(*question),
        ReplyTo::Requestor(_)
        | ReplyTo::Member(_)
        | ReplyTo::Internal(_)
        | ReplyTo::Digest(..)
        | ReplyTo::Queue
        | ReplyTo::None => None,
    }
}

/// Somebody wrote on a key that was made for a member: a proven member of the queue in the own
/// right, for anybody else it is kept inside and the member whose key it is is asked.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn on_foreign_key(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
    member: &PersonId,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let own = author.person.as_ref().and_then(|id| draft.desk.register.access(id, &ticket.queue));
    if own.is_some() && author.rung >= KNOWN {
        return unkeyed(draft, mail, id, author);
    }
    let sent = answered(draft, mail)?;
    let is_inside = sent.is_some_and(|sent| matches!(sent.notice.reply_to, ReplyTo::Internal(_)));
    let way = if is_inside { Way::Internal } else { Way::Public };
    claim::ask(draft, mail, &ticket, author, &claim::Whose { person: member, way })
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
    question: Sequence,
) -> Result<(), Missing> {
    let sent = answered(draft, mail)?;
    let reply = split(mail, sent.as_ref());
    let word = fold::one_word(&new_text(&reply), &author.mailbox.name);
    let word = word.filter(|_| author.rung >= KNOWN);
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    if !ticket.questions.contains(&question) {
        return settled(draft, mail, &ticket, author, word);
    }
    let asked = ticket.asked.get(&question).cloned();
    if let Some(Question::Addition(address)) = asked {
        return requestor::may_add(
            draft,
            mail,
            id,
            author,
            &requestor::Addition { question, address, word },
        );
    }
    let Some(person) = &author.person else { return Ok(()) };
    let writer = Writer::new(draft, mail, author, person);
    if let Some(Question::Proof(_)) = asked {
        return words(draft, mail, id, author, Way::Internal);
    }
    if let Some(word) = word
        && let Some(done) = hold::settle(draft, &writer, id, question, word)?
    {
        return confirm(draft, &writer, id, done.lines, done.answered);
    }
    if word.is_none() {
        words(draft, mail, id, author, Way::Internal)?;
    }
    let is_own = ticket.held.get(&question).is_some_and(|held| &held.by == person);
    if is_own || word.is_some() { hold::ask_person(draft, person, id, question) } else { Ok(()) }
}

/// A member said with the code of a question whether a letter in his name was his.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(crate) fn proven(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    (question, is_yes, claim): (Sequence, bool, &Claim),
) -> Result<(), Missing> {
    let Some(person) = &author.person else { return Ok(()) };
    let mut writer = Writer::new(draft, mail, author, person);
    writer.origin.rung = CONFIRMED;
    claim::settle(draft, &writer, id, question, is_yes.then_some(claim))
}

/// The new words of an answer to a notice of ours, without what it quotes of it.
pub(crate) fn new_words(draft: &Draft<'_>, mail: &MailEvent) -> Result<String, Missing> {
    let sent = answered(draft, mail)?;
    Ok(new_text(&split(mail, sent.as_ref())))
}

/// An answer to a question that was settled before: a word has nothing left to answer, more is
/// words for people.
fn settled(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    word: Option<Word>,
) -> Result<(), Missing> {
    let access = |id| draft.desk.register.access(id, &ticket.queue);
    let Some(person) = author.person.as_ref().filter(|person| access(person).is_some()) else {
        return receive::from_outside(draft, mail, ticket.id, author);
    };
    let Some(_) = word else { return words(draft, mail, ticket.id, author, Way::Internal) };
    let writer = Writer::new(draft, mail, author, person);
    let line = remark(Some(ticket.id), &mail.message.text, ResultKind::Already, "");
    tell_result(draft, &writer, ticket.id, vec![line], false)
}

/// A requestor's keyword, or a whole text that says the same in plain words. Says whether the
/// message is settled with it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn from_requestor(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
) -> Result<bool, Missing> {
    requestor::keywords(draft, mail, id, author)
}

/// A member answered a digest: a line for each ticket.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn digest_answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    person: &PersonId,
) -> Result<(), Missing> {
    worklist::work(draft, mail, author, (person, List::Digest))
}

/// A member wrote to the control address: each line is a keyword, a number and what belongs to it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn control(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    person: &PersonId,
) -> Result<(), Missing> {
    worklist::work(draft, mail, author, (person, List::Control))
}

/// A held answer is asked about once more.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn remind_held(
    draft: &mut Draft<'_>,
    id: TicketId,
    hold: Sequence,
    due_at: Timestamp,
) -> Result<(), Missing> {
    hold::remind(draft, id, hold, due_at)
}
