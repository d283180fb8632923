//! Answers to a digest: a line for each ticket, the number or the keyword first, a marker or none.
//!
//! Whatever begins with a number is for that ticket, whatever does not is nobody's; words go out
//! only behind a colon. What changed since the digest is left alone. Deliberately absent: what
//! keywords do.

use jiff::Timestamp;

use crate::desk::Desk;
use crate::mail::quote::{Part, Reply};
use crate::mail::subject;
use crate::ticket::caps;
use crate::ticket::case::{Missing, Sent};
use crate::ticket::command::fold::Word;
use crate::ticket::command::read::{Place, excerpt, shorten};
use crate::ticket::command::{self, Argument, Family, Keyword, Reader, fold, talk};
use crate::ticket::digest;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Notice, ReplyTo};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, KNOWN};
use crate::ticket::matter::{Matter, ResultKind, ResultLine};
use crate::ticket::member::task::{self, Task, Writer, remark};
use crate::ticket::member::{answered, asked_what_was_meant, carry_out_meant, claim, hold, split};
use crate::ticket::tell;
use crate::types::{Locale, OutboxId, PersonId, QueueName, Sequence, TicketId};

/// Lines without effect that are named; more are a letter.
const NAMED_MAX: usize = 5;
/// A line this long was broken by a mail program: the next one goes on.
const WRAPPED_CHARS: usize = 60;
/// Tickets that one answer may work on.
const TICKETS_MAX: usize = 60;

/// A line of the answer.
#[derive(Debug)]
struct Item {
    tickets: Vec<TicketId>,
    written: String,
    /// Without a keyword: nothing, or what may have been meant.
    keyword: Result<&'static Keyword, Option<&'static Keyword>>,
    argument: String,
    words: Vec<Place>,
    is_answer: bool,
    /// The one word that it says instead of a keyword.
    word: Option<Word>,
    /// Whether its last line was probably broken by a mail program.
    wraps: bool,
}

/// Works a digest by the lines of its answer.
pub(crate) fn work(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    holder: &PersonId,
) -> Result<(), Missing> {
    let sent = answered(draft, mail)?;
    let reply = split(mail, sent.as_ref());
    let person = author.person.as_ref().unwrap_or(holder);
    let locale = draft.desk.register.person(person).and_then(|person| person.locale);
    let (items, rest) = read(draft.desk, &reply, locale.unwrap_or(draft.desk.site.locale));
    if author.rung < KNOWN || author.person.is_none() {
        return unproven(draft, mail, author, holder, &items);
    }
    let writer = Writer::new(draft, mail, author, person);
    let answer = Answer { mail, sent: sent.as_ref(), writer };
    let mut lines = Vec::new();
    for item in &items {
        lines.extend(item.run(draft, &answer)?);
    }
    lines.extend(answer.without_number(draft, &rest, items.is_empty())?);
    let to = tell::member(draft.desk, person).map(|to| to.mailbox.address);
    let subject = &mail.message.subject;
    if !lines.is_empty()
        && let Some(to) = to
        && caps::spend_result(draft, &to, subject)?
    {
        tell(draft, &answer.writer, mail, Matter::Result { lines, answered: false });
    }
    Ok(())
}

/// An answer to a digest, or to the result of one, by a proven member.
struct Answer<'a> {
    mail: &'a MailEvent,
    sent: Option<&'a Sent>,
    writer: Writer,
}

impl Answer<'_> {
    /// What follows from lines that name no ticket: the rest of the digest, a yes to the only
    /// thing that was asked, else nothing.
    fn without_number(
        &self,
        draft: &mut Draft<'_>,
        rest: &[String],
        is_alone: bool,
    ) -> Result<Vec<ResultLine>, Missing> {
        let text = rest.join("\n");
        if is_alone && let Some(word) = fold::one_word(&text, &self.writer.name) {
            return self.bare(draft, &text, word);
        }
        let mut lines = Vec::new();
        for line in rest {
            if !fold::is_more(line) {
                lines.push(remark(None, line, ResultKind::NoEffect, ""));
                continue;
            }
            let answered = self.sent.map(|sent| &sent.notice);
            let in_reply_to = self.mail.message.message_id.clone();
            if !digest::send_rest(draft, &self.writer.person, answered, in_reply_to)? {
                lines.push(remark(None, line, ResultKind::NoMore, ""));
            }
        }
        lines.truncate(NAMED_MAX);
        Ok(lines)
    }

    /// One word is the whole answer.
    fn bare(
        &self,
        draft: &mut Draft<'_>,
        text: &str,
        word: Word,
    ) -> Result<Vec<ResultLine>, Missing> {
        if let Some(asked) = asked_what_was_meant(self.sent, &self.writer) {
            return self.meant(draft, asked, word);
        }
        let items = self.sent.and_then(|sent| match &sent.notice.matter {
            Matter::Digest { items, .. } => Some(items),
            _ => None,
        });
        let mut held = items.into_iter().flatten().filter(|item| item.held);
        match (held.next(), held.next()) {
            (Some(only), None) => self.word_on(draft, only.ticket, text, word),
            _ => Ok(vec![remark(None, text, ResultKind::NoEffect, "")]),
        }
    }

    fn meant(
        &self,
        draft: &mut Draft<'_>,
        asked: &[ResultLine],
        word: Word,
    ) -> Result<Vec<ResultLine>, Missing> {
        if word == Word::Yes { carry_out_meant(draft, &self.writer, asked) } else { Ok(Vec::new()) }
    }

    /// One word behind a ticket's number: to what the result asked about it, or to the answer
    /// that waits there.
    fn word_on(
        &self,
        draft: &mut Draft<'_>,
        id: TicketId,
        written: &str,
        word: Word,
    ) -> Result<Vec<ResultLine>, Missing> {
        let asked = asked_what_was_meant(self.sent, &self.writer).unwrap_or_default();
        let asked: Vec<ResultLine> =
            asked.iter().filter(|line| line.ticket == Some(id)).cloned().collect();
        if asked.iter().any(|line| line.meant.is_some()) {
            return self.meant(draft, &asked, word);
        }
        let person = &self.writer.person;
        if task::access(draft, person, id)?.is_none() {
            return Ok(vec![remark(Some(id), written, ResultKind::NoTicket, "")]);
        }
        let held = hold::settleable(draft, person, id)?;
        if let [only] = held.as_slice()
            && let Some(done) = hold::settle(draft, &self.writer, id, *only, word)?
        {
            let mut lines = done.lines;
            if done.answered {
                let to = task::requestor_of(draft, id)?;
                lines.insert(0, remark(Some(id), written, ResultKind::Answered, &to));
            }
            return Ok(lines);
        }
        for hold in &held {
            hold::ask_person(draft, person, id, *hold)?;
        }
        let nothing = remark(Some(id), written, ResultKind::NoEffect, "");
        Ok(if held.is_empty() { vec![nothing] } else { Vec::new() })
    }
}

/// Sends the writer something that belongs to the digest and to no ticket.
fn tell(draft: &mut Draft<'_>, writer: &Writer, mail: &MailEvent, matter: Matter) {
    let desk = draft.desk;
    let Some(to) = tell::member(desk, &writer.person) else { return };
    let day = mail.received_at.to_zoned(desk.site.time_zone.clone()).date();
    let queue = served(desk, &writer.person).first().cloned();
    draft.notify(Notice {
        id: OutboxId(0),
        to: to.mailbox,
        person: to.person,
        locale: to.locale,
        form: to.form,
        queue: queue.unwrap_or_else(|| desk.dispatcher().clone()),
        ticket: None,
        sequence: Sequence(0),
        subject: subject::split(&mail.message.subject).bare,
        subject_day: None,
        reply_to: ReplyTo::Digest(writer.person.clone(), day),
        in_reply_to: mail.message.message_id.clone(),
        at: draft.now,
        best_before: None,
        matter,
    });
}

/// The queues that a person serves, by own or inherited membership.
pub(crate) fn served(desk: &Desk, person: &PersonId) -> Vec<QueueName> {
    let queues = desk.register.queues().map(|queue| &queue.name);
    queues.filter(|name| desk.register.access(person, name).is_some()).cloned().collect()
}

/// An unproven answer does nothing; the member is asked on the first ticket that is his to work on.
fn unproven(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    holder: &PersonId,
    items: &[Item],
) -> Result<(), Missing> {
    let mut kept = Vec::new();
    let mut shown = Vec::new();
    let mut first = None;
    for task in items.iter().flat_map(|item| item.tasks(mail)) {
        let Some(id) = task.ticket else { continue };
        if task::access(draft, holder, id)?.is_some() {
            first = first.or(Some(id));
            shown.push(task.written.clone());
            kept.push(task.keep());
        }
    }
    shown.dedup();
    let Some(id) = first else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    claim::question(draft, mail, &ticket, author, (holder, claim::of_lines(author, kept), shown))
}

/// The lines for tickets, and those for none.
fn read(desk: &Desk, reply: &Reply<'_>, locale: Locale) -> (Vec<Item>, Vec<String>) {
    let mut items: Vec<Item> = Vec::new();
    let mut rest = Vec::new();
    let mut tickets = 0;
    for (at, line) in reply.lines.iter().enumerate() {
        if line.part != Part::New || line.text.trim().is_empty() {
            continue;
        }
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let wraps = line.text.chars().count() >= WRAPPED_CHARS;
        let is_word = fold::is_more(line.text) || fold::one_word(line.text, "").is_some();
        let item = if is_word { None } else { item_of(desk, locale, at, line.text) };
        if let Some(item) = item {
            tickets += item.tickets.len();
            if tickets > TICKETS_MAX {
                break;
            }
            items.push(Item { wraps, ..item });
        } else if let Some(item) = items.last_mut().filter(|item| item.goes_on(at)) {
            item.words.push((at, 0));
            item.wraps = wraps;
        } else {
            rest.push(shorten(line.text));
        }
    }
    (items, rest)
}

fn item_of(desk: &Desk, locale: Locale, at: u32, text: &str) -> Option<Item> {
    let rest = text.trim_start().trim_start_matches(['-', '*', '\u{2022}']).trim_start();
    let unmarked = rest.strip_prefix(['!', '\u{ff01}']);
    let start = unmarked.unwrap_or(rest).trim_start();
    let (mut tickets, mut behind) = numbers(start);
    let mut found = None;
    if tickets.is_empty() {
        let (word, rest) = first_word(start);
        let keyword = command::find(word, Reader::Member);
        let (named, after) = numbers(rest.trim_start());
        let stands_alone = keyword.is_some_and(|keyword| matches!(keyword.name, "help" | "notify"));
        if named.is_empty() && !stands_alone && unmarked.is_none() {
            return None;
        }
        if unmarked.is_none() && keyword.is_none() {
            return None;
        }
        tickets = named;
        behind = if tickets.is_empty() { rest } else { after };
        found =
            Some((keyword.ok_or_else(|| command::nearest(word, Reader::Member, locale)), behind));
    }
    let word = fold::one_word(behind, "").filter(|_| !tickets.is_empty());
    let (keyword, argument) = found.unwrap_or_else(|| keyword_of(desk, locale, behind));
    let argument = argument.trim_start();
    let words = argument.trim_start_matches([':', '\u{ff1a}']);
    let has_colon = words.len() < argument.len();
    let words = words.trim_start();
    let meant = keyword.as_ref().map_or_else(|near| *near, |keyword| Some(*keyword));
    let takes = meant.map(|keyword| keyword.argument);
    let is_words = matches!(takes, Some(Argument::Reason | Argument::Words)) && !words.is_empty();
    let cut = text.get(..text.len() - words.len()).map_or(0, |start| start.chars().count());
    let place = (at, u32::try_from(cut).unwrap_or(u32::MAX));
    Some(Item {
        tickets,
        written: shorten(text),
        keyword,
        argument: words.trim_end().to_owned(),
        words: if is_words { vec![place] } else { Vec::new() },
        is_answer: is_words && has_colon && takes == Some(Argument::Reason),
        word: word.filter(|_| keyword.is_err()),
        wraps: false,
    })
}

/// The keyword behind the numbers and its argument: by a phrase, by its name, or a queue's name.
fn keyword_of<'a>(
    desk: &Desk,
    locale: Locale,
    behind: &'a str,
) -> (Result<&'static Keyword, Option<&'static Keyword>>, &'a str) {
    let behind = behind.trim_start_matches([':', '.', ')', ',', '-', '\u{2013}', ' ']);
    let behind = behind.strip_prefix(['!', '\u{ff01}']).unwrap_or(behind).trim_start();
    let (core, _) = fold::core(behind, "");
    let phrase = command::find_plain(&core, Reader::Member);
    if let Some(keyword) = phrase.filter(|_| !behind.contains('?')) {
        return (Ok(keyword), "");
    }
    let (word, rest) = first_word(behind);
    if let Some(keyword) = command::find(word, Reader::Member) {
        let is_queue = keyword.argument == Argument::Queue;
        let (name, _) = first_word(rest.trim_start());
        let is_short = is_queue && command::queue_of(desk, name).is_ok();
        return (Ok(keyword), if is_short { name } else { rest });
    }
    let move_to = command::keywords().find(|keyword| keyword.argument == Argument::Queue);
    if let Some(keyword) = move_to.filter(|_| command::queue_of(desk, word).is_ok()) {
        return (Ok(keyword), word);
    }
    (Err(command::nearest(word, Reader::Member, locale)), rest)
}

fn first_word(text: &str) -> (&str, &str) {
    let is_part = |c: char| {
        c.is_alphanumeric() || matches!(c, '-' | '_') || ('\u{300}'..='\u{36f}').contains(&c)
    };
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Ticket numbers at the begin of a line: `17`, `#17`, `20 und 21`, `1, 2 & 3`.
fn numbers(text: &str) -> (Vec<TicketId>, &str) {
    let mut tickets = Vec::new();
    let mut rest = text;
    let mut next = text;
    loop {
        let digits = next.strip_prefix('#').unwrap_or(next);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let Some((number, behind)) = digits.split_at_checked(end) else { break };
        let Ok(number) = number.parse() else { break };
        tickets.push(TicketId(number));
        rest = behind;
        let trimmed = behind.trim_start_matches([' ', ',', '&', '+', '/', ';']);
        let (word, after) = first_word(trimmed);
        let is_and =
            ["und", "and", "ja", "och", "sekä", "u"].contains(&word.to_lowercase().as_str());
        next = if is_and { after.trim_start() } else { trimmed };
    }
    (tickets, rest)
}

impl Item {
    /// Whether the line at `at` goes on with the words of this one.
    fn goes_on(&self, at: u32) -> bool {
        let last = self.words.last().map(|(last, _)| *last);
        self.wraps && last.is_some_and(|last| last.saturating_add(1) == at)
    }

    fn tasks(&self, mail: &MailEvent) -> Vec<Task> {
        let Ok(keyword) = self.keyword else { return Vec::new() };
        self.tickets.iter().map(|id| self.task(keyword, *id, mail)).collect()
    }

    fn task(&self, keyword: &'static Keyword, id: TicketId, mail: &MailEvent) -> Task {
        let words = (!self.words.is_empty()).then(|| excerpt(mail.position, &self.words));
        Task {
            ticket: Some(id),
            keyword,
            argument: self.argument.clone(),
            written: self.written.clone(),
            words,
            is_answer: self.is_answer,
        }
    }

    fn run(&self, draft: &mut Draft<'_>, answer: &Answer<'_>) -> Result<Vec<ResultLine>, Missing> {
        let Answer { mail, writer, .. } = answer;
        if self.tickets.is_empty() {
            return Ok(self.run_alone(draft, writer, mail));
        }
        let since = answer.sent.map(|sent| sent.notice.at);
        let mut lines = Vec::new();
        for id in self.tickets.iter().filter(|_| self.keyword.is_err()) {
            match self.word {
                Some(word) => lines.extend(answer.word_on(draft, *id, &self.written, word)?),
                None => lines.push(self.not_understood(draft, answer, *id)?),
            }
        }
        for task in self.tasks(mail) {
            let Some(id) = task.ticket else { continue };
            match overtaken(draft, writer, &task, since)? {
                Some(who) => {
                    lines.push(remark(Some(id), &self.written, ResultKind::Already, &who));
                }
                None => lines.extend(task::run(draft, writer, id, &task)?),
            }
        }
        Ok(lines)
    }

    /// No keyword: the nearest one is offered.
    fn not_understood(
        &self,
        draft: &Draft<'_>,
        Answer { mail, writer, .. }: &Answer<'_>,
        id: TicketId,
    ) -> Result<ResultLine, Missing> {
        if task::access(draft, &writer.person, id)?.is_none() {
            return Ok(remark(Some(id), &self.written, ResultKind::NoTicket, ""));
        }
        let near = self.keyword.as_ref().err().copied().flatten();
        let shown = near.map_or("", |near| near.shown(writer.locale));
        let result = remark(Some(id), &self.written, ResultKind::NotUnderstood, shown);
        let meant = near.map(|keyword| self.task(keyword, id, mail).keep());
        Ok(ResultLine { meant, ..result })
    }

    /// A keyword for no ticket: help, the choice of notices; the others need a number.
    fn run_alone(
        &self,
        draft: &mut Draft<'_>,
        writer: &Writer,
        mail: &MailEvent,
    ) -> Vec<ResultLine> {
        let line = |kind, detail: &str| remark(None, &self.written, kind, detail);
        match &self.keyword {
            Ok(keyword) if keyword.name == "help" => {
                tell(draft, writer, mail, Matter::Help);
                Vec::new()
            }
            Ok(keyword) if keyword.name == "notify" => {
                let queues = served(draft.desk, &writer.person);
                let outcomes: Vec<_> = queues
                    .iter()
                    .filter(|name| {
                        let queue = draft.desk.register.queue(name);
                        queue.is_some_and(|queue| queue.member(&writer.person).is_some())
                    })
                    .map(|name| talk::choose(draft, name, &writer.person, &self.argument))
                    .collect();
                let last = outcomes.iter().find(|outcome| outcome.kind == ResultKind::NotifySet);
                let told = last.or_else(|| outcomes.first());
                told.map(|outcome| line(outcome.kind, &outcome.detail)).into_iter().collect()
            }
            Ok(_) => vec![line(ResultKind::BadArgument, "17")],
            Err(near) => {
                let near = near.map_or("", |near| near.shown(writer.locale));
                vec![line(ResultKind::NotUnderstood, near)]
            }
        }
    }
}

/// Whose a ticket has become since the digest: an old line does nothing to it.
fn overtaken(
    draft: &Draft<'_>,
    writer: &Writer,
    task: &Task,
    since: Option<Timestamp>,
) -> Result<Option<String>, Missing> {
    let Some(id) = task.ticket else { return Ok(None) };
    if task::access(draft, &writer.person, id)?.is_none() || task.keyword.family != Family::Work {
        return Ok(None);
    }
    let Some(ticket) = draft.ticket(id)?.filter(|ticket| ticket.status.is_active()) else {
        return Ok(None);
    };
    let is_new = since.is_none_or(|since| ticket.updated_at > since);
    let other = ticket.owner.as_ref().filter(|owner| *owner != &writer.person && is_new);
    let name = other.map(|owner| {
        let known = draft.desk.register.person(owner);
        known.map_or_else(|| owner.to_string(), |person| person.name.clone())
    });
    Ok(name)
}
