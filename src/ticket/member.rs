//! What members write: answers, words that stay inside, keywords, answers to questions.
//!
//! Reading is `command`'s, doing one keyword `task`'s; here stands what goes out, what stays
//! inside and what waits (`hold`). Who asked writes through `requestor`, a digest is worked in
//! `lines`, whoever is not proven ends in `claim`.

mod claim;
mod hold;
mod lines;
mod requestor;
mod task;

use jiff::Timestamp;

use crate::desk::Access;
use crate::mail::quote::{self, Reply};
use crate::ticket::case::{Missing, Sent};
use crate::ticket::command::read::{Place, excerpt};
use crate::ticket::command::{self, Argument, Eyes, Keyword, Plain, Reader, Reading, What, fold};
use crate::ticket::draft::Draft;
use crate::ticket::effect::ReplyTo;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, KNOWN};
use crate::ticket::key;
use crate::ticket::matter::{Excerpt, Matter, ResultKind, ResultLine};
use crate::ticket::member::task::{Task, Writer, new_text, remark};
use crate::ticket::receive;
use crate::ticket::state::{Change, Held, HeldFor, KeptLine, Question, Ticket};
use crate::ticket::tell::{self, Answer};
use crate::types::Mailbox;
use crate::types::{OutboxId, PersonId, Sequence, TicketId};

/// Where a member's words go by the address they came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the requestor.
    Public,
    /// Inside only.
    Internal,
}

/// A member's mail, taken apart.
struct Letter<'a> {
    mail: &'a MailEvent,
    writer: Writer,
    ticket: Ticket,
    reply: Reply<'a>,
    reading: Reading,
    way: Way,
    /// Which notice of ours it answers.
    answered: Option<&'a Sent>,
}

impl Letter<'_> {
    fn is_empty(&self, places: &[Place]) -> bool {
        let excerpt = excerpt(self.mail.position, places);
        crate::ticket::words::of(&excerpt, &self.mail.message.text).is_empty()
    }

    /// Whether something is attached that a person attached.
    fn has_attachment(&self) -> bool {
        self.mail.message.attachments.iter().any(|part| part.content_id.is_none())
    }

    /// Whether it has words, or only things attached, for whomever they are.
    fn has_words(&self) -> bool {
        !self.is_empty(&self.reading.words) || (!self.reading.has_marker() && self.has_attachment())
    }

    fn tasks(&self) -> Vec<Task> {
        let own = |task: &mut Task| {
            let is_own = task.ticket.is_none_or(|id| id == self.ticket.id);
            if is_own {
                task.ticket = None;
            }
            // The answer behind a colon stands among the words that go out anyway.
            if is_own && task.is_answer {
                task.is_answer = false;
                if self.way == Way::Public {
                    task.words = None;
                }
            }
        };
        let lines = self.reading.lines.iter().filter_map(|line| Task::of(line, self.mail));
        lines
            .map(|mut task| {
                own(&mut task);
                task
            })
            .collect()
    }
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
    quote::split(&mail.message.text, text)
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
    if author.rung < KNOWN {
        return claim::ask(draft, mail, &ticket, author, &claim::Whose { person, way });
    }
    let sent = answered(draft, mail)?;
    let writer = Writer::new(draft, mail, author, person);
    let reply = split(mail, sent.as_ref());
    let pseudo = draft.desk.register.person(person).filter(|_| ticket.request.is_none());
    let eyes = Eyes { reader: Reader::Member, locale: writer.locale, pseudo };
    let reading = command::read(&reply, &eyes);
    let letter = Letter { mail, writer, ticket, reply, reading, way, answered: sent.as_ref() };
    if let Some(meant) = plain(draft, &letter) {
        return plainly(draft, &letter, &meant);
    }
    let access = draft.desk.register.access(person, &letter.ticket.queue);
    let silences =
        letter.tasks().iter().any(|task| task.ticket.is_none() && task.keyword.name == "spam");
    if way == Way::Internal || access != Some(Access::Write) || silences {
        return inside(draft, &letter, access);
    }
    outward(draft, &letter)
}

/// A keyword without its marker, as the whole new text.
struct Unmarked {
    keyword: &'static Keyword,
    argument: String,
    /// Whether its author must be asked first.
    asks: bool,
}

fn plain(draft: &Draft<'_>, letter: &Letter<'_>) -> Option<Unmarked> {
    let is_comment =
        letter.answered.is_some_and(|sent| matches!(sent.notice.matter, Matter::Comment { .. }));
    if letter.reading.has_marker() || letter.has_attachment() || is_comment {
        return None;
    }
    let text = new_text(&letter.reply);
    if text.contains('?') {
        return None;
    }
    let (core, is_polite) = fold::core(&text, &letter.writer.name);
    if let Some(keyword) = command::find_plain(&core, Reader::Member) {
        let asks = is_polite || keyword.plain == Plain::Asked;
        return Some(Unmarked { keyword, argument: String::new(), asks });
    }
    let end = text.find(|c: char| !c.is_alphanumeric())?;
    let (word, rest) = text.split_at_checked(end)?;
    let keyword = command::find(word, Reader::Member)?;
    if keyword.argument == Argument::Words {
        let is_marked = rest.starts_with(':') && letter.way == Way::Public;
        return is_marked.then(|| Unmarked { keyword, argument: String::new(), asks: true });
    }
    let takes = matches!(keyword.argument, Argument::Queue | Argument::Address | Argument::Choice);
    let argument = rest.trim().trim_end_matches(['.', '!']).to_owned();
    let fits = takes && command::check(draft.desk, keyword, &argument).is_ok();
    fits.then(|| Unmarked { keyword, argument, asks: keyword.plain == Plain::Asked })
}

fn plainly(draft: &mut Draft<'_>, letter: &Letter<'_>, meant: &Unmarked) -> Result<(), Missing> {
    let id = letter.ticket.id;
    let task = Task {
        ticket: None,
        keyword: meant.keyword,
        argument: meant.argument.clone(),
        written: command::read::shorten(&new_text(&letter.reply)),
        words: None,
        is_answer: false,
    };
    let access = draft.desk.register.access(&letter.writer.person, &letter.ticket.queue);
    if meant.asks && letter.way == Way::Public && access == Some(Access::Write) {
        let mut kept = task.keep();
        if meant.keyword.argument == Argument::Words {
            let mut words = letter.reading.words.clone();
            if let Some((at, cut)) = words.first_mut() {
                *cut = behind_colon(&letter.mail.message.text, *at);
            }
            kept.text = Some(excerpt(letter.mail.position, &words));
        }
        let whole = excerpt(letter.mail.position, &letter.reading.words);
        let nothing = excerpt(letter.mail.position, &[]);
        let held = held(letter, HeldFor::Line, nothing, whole);
        let held = Held { line: task.written, meant: vec![kept], ..held };
        return hold::hold(draft, &letter.writer, id, held);
    }
    let lines = task::run(draft, &letter.writer, id, &task)?;
    tell_result(draft, &letter.writer, id, lines, false)
}

/// Characters of a line up to the words behind its first colon.
fn behind_colon(text: &str, at: u32) -> u32 {
    let line = text.lines().nth(usize::try_from(at).unwrap_or(usize::MAX)).unwrap_or_default();
    let Some((head, rest)) = line.split_once(':') else { return 0 };
    let spaces = rest.chars().take_while(|c| c.is_whitespace()).count();
    u32::try_from(head.chars().count() + 1 + spaces).unwrap_or(0)
}

fn held(letter: &Letter<'_>, why: HeldFor, text: Excerpt, whole: Excerpt) -> Held {
    Held {
        by: letter.writer.person.clone(),
        text,
        whole,
        why,
        line: String::new(),
        meant: Vec::new(),
        keywords: Vec::new(),
        attachments: letter.mail.message.attachments.clone(),
        message: letter.mail.position,
    }
}

/// Words stay inside: by their address, by the writer's access, or because it is spam.
fn inside(
    draft: &mut Draft<'_>,
    letter: &Letter<'_>,
    access: Option<Access>,
) -> Result<(), Missing> {
    let id = letter.ticket.id;
    let mut lines = Vec::new();
    if letter.has_words() {
        let words = excerpt(letter.mail.position, &letter.reading.words);
        let said = task::comment(draft, &letter.writer, id, &words)?;
        let text = new_text(&letter.reply);
        let is_refused = letter.way == Way::Public && access != Some(Access::Write);
        if is_refused {
            lines.push(remark(Some(id), &text, ResultKind::NotAllowed, ""));
        }
        if is_refused || letter.reading.has_marker() {
            lines.push(remark(Some(id), &text, said, ""));
        }
        for mailbox in visible_requestors(letter) {
            lines.push(remark(Some(id), &text, ResultKind::CopyLeft, mailbox.shown()));
        }
    }
    lines.extend(run_all(draft, letter)?);
    tell_result(draft, &letter.writer, id, lines, false)
}

/// Requestors who stand in To or Cc of a mail that was to stay inside (failure 25).
fn visible_requestors<'a>(letter: &'a Letter<'_>) -> impl Iterator<Item = &'a Mailbox> {
    let has_it = &letter.writer.has_it;
    let outside = letter.ticket.requestors.iter().chain(&letter.ticket.cc);
    outside.filter(move |mailbox| letter.way == Way::Internal && has_it.contains(&mailbox.address))
}

/// What stands in the way of sending an answer.
struct Doubtful {
    written: Vec<String>,
    places: Vec<Place>,
    meant: Vec<KeptLine>,
    /// Lines of keywords whose argument is wrong, by their place.
    wrong: Vec<u32>,
}

fn doubtful(draft: &Draft<'_>, letter: &Letter<'_>) -> Doubtful {
    let mut found = Doubtful { written: vec![], places: vec![], meant: vec![], wrong: vec![] };
    for line in &letter.reading.lines {
        let number = line.ticket.map(|ticket| format!("{ticket} ")).unwrap_or_default();
        let meant = match &line.what {
            What::NotCounted => continue,
            What::Unknown(near, argument) => near.map(|near| (near, argument.clone())),
            What::Known(keyword, _) if keyword.argument == Argument::Words => {
                if line.ticket.is_some() || !letter.is_empty(&line.words) {
                    continue;
                }
                found.wrong.push(line.at);
                Some((*keyword, String::new()))
            }
            What::Known(keyword, argument) => {
                let Err(wrong) = command::check(draft.desk, keyword, argument) else { continue };
                found.wrong.push(line.at);
                wrong.meant.map(|argument| (*keyword, argument))
            }
        };
        found.written.push(line.written.clone());
        if !matches!(line.what, What::Known(..)) {
            found.places.push((line.at, 0));
        }
        if let Some((keyword, argument)) = meant {
            let is_comment = keyword.argument == Argument::Words;
            let text = is_comment.then(|| excerpt(letter.mail.position, &letter.reading.words));
            let line = format!("!{number}{} {argument}", keyword.name);
            found.meant.push(KeptLine { line: line.trim_end().to_owned(), text });
        }
    }
    found
}

/// Words go out, unless something holds them back; then the keywords.
fn outward(draft: &mut Draft<'_>, letter: &Letter<'_>) -> Result<(), Missing> {
    let id = letter.ticket.id;
    if !letter.has_words() {
        let mut lines = run_all(draft, letter)?;
        if lines.is_empty() && !letter.reading.has_marker() {
            lines.push(remark(Some(id), "", ResultKind::NoEffect, ""));
        }
        return tell_result(draft, &letter.writer, id, lines, false);
    }
    let doubts = doubtful(draft, letter);
    let position = letter.mail.position;
    let text = excerpt(position, &letter.reading.words);
    let why = if doubts.written.is_empty() { why_held(letter) } else { Some(HeldFor::Line) };
    if let Some(why) = why {
        let mut whole = letter.reading.words.clone();
        whole.extend(&doubts.places);
        let held = held(letter, why, text, excerpt(position, &whole));
        return keep_back(draft, letter, doubts, held);
    }
    let answer = Answer {
        text,
        attachments: letter.mail.message.attachments.clone(),
        has_it: letter.writer.has_it.clone(),
    };
    task::send(draft, &letter.writer, id, &answer)?;
    let lines = run_all(draft, letter)?;
    tell_result(draft, &letter.writer, id, lines, true)
}

fn why_held(letter: &Letter<'_>) -> Option<HeldFor> {
    let sent = letter.answered?;
    let answered =
        sent.notice.ticket.filter(|id| *id == letter.ticket.id).map(|_| sent.notice.sequence);
    if let Some(why) = hold::faster(&letter.ticket, answered, &letter.writer.person) {
        return Some(why);
    }
    matches!(sent.notice.matter, Matter::Comment { .. }).then_some(HeldFor::Internal)
}

/// Holds an answer; what was said inside is said at once, the other keywords wait with it.
fn keep_back(
    draft: &mut Draft<'_>,
    letter: &Letter<'_>,
    doubts: Doubtful,
    mut held: Held,
) -> Result<(), Missing> {
    let id = letter.ticket.id;
    held.line = doubts.written.join(", ");
    held.meant = doubts.meant;
    let lines = letter.reading.lines.iter().filter(|line| !doubts.wrong.contains(&line.at));
    let places: Vec<u32> = lines.map(|line| line.at).collect();
    for (line, task) in letter.tasks_with_places() {
        if !places.contains(&line) {
            continue;
        }
        if task.keyword.argument == Argument::Words {
            task::run(draft, &letter.writer, id, &task)?;
        } else {
            held.keywords.push(task.keep());
        }
    }
    hold::hold(draft, &letter.writer, id, held)
}

impl Letter<'_> {
    /// The tasks with the lines on which they stand.
    fn tasks_with_places(&self) -> Vec<(u32, Task)> {
        let known = self.reading.lines.iter().filter(|line| matches!(line.what, What::Known(..)));
        known.map(|line| line.at).zip(self.tasks()).collect()
    }
}

/// Does every keyword in order and says what became of each marked line.
fn run_all(draft: &mut Draft<'_>, letter: &Letter<'_>) -> Result<Vec<ResultLine>, Missing> {
    let id = letter.ticket.id;
    let mut tasks = letter.tasks().into_iter();
    let mut lines = Vec::new();
    for line in &letter.reading.lines {
        let on = line.ticket.or(Some(id));
        match &line.what {
            What::Known(..) => {
                if let Some(task) = tasks.next() {
                    lines.extend(task::run(draft, &letter.writer, id, &task)?);
                }
            }
            What::Unknown(near, _) => {
                let near = near.map_or("", |near| near.shown(letter.writer.locale));
                lines.push(remark(on, &line.written, ResultKind::NotUnderstood, near));
            }
            What::NotCounted => {
                lines.push(remark(on, &line.written, ResultKind::NotCounted, ""));
            }
        }
    }
    Ok(lines)
}

/// One mail to a member with what became of every line; nothing if there is nothing to say.
pub(crate) fn tell_result(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    lines: Vec<ResultLine>,
    answered: bool,
) -> Result<(), Missing> {
    if lines.is_empty() { Ok(()) } else { confirm(draft, writer, id, lines, answered) }
}

/// One mail to a member that says what was done, also where no line is left to name.
pub(crate) fn confirm(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    lines: Vec<ResultLine>,
    answered: bool,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(to) = tell::member(draft.desk, &writer.person) else { return Ok(()) };
    let reply_to = ReplyTo::Internal(writer.person.clone());
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
    let asked = draft.ticket(id)?.and_then(|ticket| ticket.asked.get(&question).cloned());
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
    if let Some(Question::Claim(_, claim)) = asked {
        return match word {
            Some(word) => claim::settle(draft, &writer, id, question, (word, claim.as_deref())),
            None => words(draft, mail, id, author, Way::Internal),
        };
    }
    let is_settled = match word {
        Some(word) => hold::settle(draft, &writer, id, question, word)?,
        None => false,
    };
    if is_settled {
        return Ok(());
    }
    if word.is_none() {
        words(draft, mail, id, author, Way::Internal)?;
    }
    hold::ask(draft, id, question)
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
    lines::work(draft, mail, author, person)
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
