//! A proven member's mail: which words go out, which stay inside, what is done, what waits first.
//!
//! Nothing that may be a mistake leaves: a marked line that was not understood, a colleague's
//! earlier answer, an answer to what is internal hold the words back until their author says so.
//! Deliberately absent: rights on a ticket (`task`), the questions themselves (`hold`).

use crate::desk::Access;
use crate::mail::quote::Reply;
use crate::ticket::answer::Answer;
use crate::ticket::case::{Missing, Sent};
use crate::ticket::command::fold::Word;
use crate::ticket::command::read::{Place, excerpt};
use crate::ticket::command::{
    self, Argument, Eyes, Keyword, Plain, Reader, Reading, What, canned, fold, undo,
};
use crate::ticket::draft::Draft;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::{Excerpt, Matter, ResultKind, ResultLine};
use crate::ticket::member::task::{self, Task, Writer, new_text, remark};
use crate::ticket::member::{
    Way, answered, asked_what_was_meant, carry_out_meant, hold, split, tell_result,
};
use crate::ticket::state::{Held, HeldFor, KeptLine, Ticket};
use crate::ticket::words;
use crate::types::{Mailbox, Position};

/// Characters by which a quote is known for the begin of our notice.
const BEGIN_CHARS: usize = 24;

/// Decides a proven member's mail on a ticket.
pub(crate) fn decide(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: Ticket,
    author: &Author,
    way: Way,
) -> Result<(), Missing> {
    let Some(person) = &author.person else { return Ok(()) };
    let sent = answered(draft, mail)?;
    let writer = Writer::new(draft, mail, author, person);
    let reply = split(mail, sent.as_ref());
    let pseudo = draft.desk.register.person(person).filter(|_| ticket.request.is_none());
    let eyes = Eyes { reader: Reader::Member, locale: writer.locale, pseudo };
    let mut reading = command::read(&reply, &eyes);
    if let Some(sent) = &sent {
        reading.forget(&sent.text);
    }
    let letter = Letter { mail, writer, ticket, reply, reading, way, answered: sent.as_ref() };
    if let Some(lines) = asked_what_was_meant(sent.as_ref(), &letter.writer)
        && let Some(word) = fold::one_word(&new_text(&letter.reply), &letter.writer.name)
        && word != Word::Text
    {
        let yes = word == Word::Yes;
        let since = sent.as_ref().map(|sent| sent.notice.at);
        let done =
            if yes { carry_out_meant(draft, &letter.writer, (lines, since))? } else { Vec::new() };
        return tell_result(draft, &letter.writer, letter.ticket.id, done, false);
    }
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
        words::of(&excerpt, &self.mail.message.text).is_empty()
    }

    /// The words from outside that the notice showed which this answers.
    fn shown(&self) -> Option<Excerpt> {
        match &self.answered?.notice.matter {
            Matter::Copy { text, .. } => Some(text.clone()),
            Matter::Again { last, .. } => last.as_ref().map(|last| last.text.clone()),
            _ => None,
        }
    }

    /// The message of which a quote is a part: what the notice showed, also from inside.
    fn quoted(&self) -> Option<Position> {
        match &self.answered?.notice.matter {
            Matter::Comment { text, .. } | Matter::AnswerCopy { text, .. } => Some(text.message),
            _ => self.shown().map(|text| text.message),
        }
    }

    /// Whether a quote is no part of a mail, but our notice from its first line on, or nothing.
    fn is_whole(&self, quote: Option<&Excerpt>) -> bool {
        let Some(quote) = quote else { return true };
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let quote = squeezed(&words::of(quote, &self.mail.message.text));
        let ours = self.answered.map(|sent| squeezed(&sent.text)).unwrap_or_default();
        let first: String = ours.chars().take(BEGIN_CHARS).collect();
        !first.is_empty() && quote.contains(&first)
    }

    /// Whether something is attached that a person attached.
    fn has_attachment(&self) -> bool {
        self.mail.message.attachments.iter().any(|part| part.content_id.is_none())
    }

    /// Whether it has words, or only things attached, for whomever they are.
    fn has_words(&self) -> bool {
        !self.is_empty(&self.reading.words) || (!self.reading.has_marker() && self.has_attachment())
    }

    /// The lines that begin a comment on this ticket.
    fn comments(&self) -> Vec<&command::Line> {
        let is_comment = |line: &&command::Line| {
            matches!(&line.what, What::Known(keyword, _) if keyword.argument == Argument::Words)
                && line.ticket.is_none_or(|id| id == self.ticket.id)
                && !line.words.is_empty()
        };
        self.reading.lines.iter().filter(is_comment).collect()
    }

    /// Whether the whole mail is only tried: the keyword for that stands alone.
    fn is_trial(&self) -> bool {
        self.reading
            .lines
            .iter()
            .any(|line| matches!(&line.what, What::Known(keyword, _) if keyword.name == undo::TRY))
    }

    /// Whether anything in it is only tried: then none of its words are said or sent.
    fn has_trial(&self) -> bool {
        self.reading.lines.iter().any(|line| line.tried)
    }

    fn tasks(&self) -> Vec<Task> {
        let is_trial = self.is_trial();
        let own = |task: &mut Task| {
            task.tried |= is_trial;
            let is_own = task.ticket.is_none_or(|id| id == self.ticket.id);
            if is_own {
                task.ticket = None;
            }
            if task.keyword.argument == Argument::Part && self.is_whole(task.words.as_ref()) {
                task.words = self.shown().filter(|_| is_own);
            } else if task.keyword.argument == Argument::Part {
                task.quotes = self.quoted();
            }
            // The words behind a colon stand among those that go out or stay inside anyway.
            if is_own && task.is_answer {
                task.is_answer = false;
                task.words = None;
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
    let takes = matches!(
        keyword.argument,
        Argument::Queue
            | Argument::Address
            | Argument::Choice
            | Argument::Person
            | Argument::Day
            | Argument::Level
    );
    let argument = rest.trim().trim_end_matches(['.', '!']).to_owned();
    let fits = takes && command::check(draft, keyword, &argument).is_ok();
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
        quotes: None,
        is_answer: false,
        tried: false,
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
    if letter.has_trial() {
        return trial(draft, letter, ResultKind::WouldSay);
    }
    let mut lines = Vec::new();
    // Words beside a comment are one comment with it.
    let said_with = if letter.has_words() { letter.comments() } else { Vec::new() };
    if letter.has_words() {
        let mut places = letter.reading.words.clone();
        places.extend(said_with.iter().flat_map(|line| &line.words));
        let words = excerpt(letter.mail.position, &places);
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
    let said_at: Vec<u32> = said_with.iter().map(|line| line.at).collect();
    lines.extend(run_all(draft, letter, &said_at)?);
    tell_result(draft, &letter.writer, id, lines, false)
}

/// Nothing of it is said or sent: its lines are done or tried, its words only shown to be read.
fn trial(draft: &mut Draft<'_>, letter: &Letter<'_>, kind: ResultKind) -> Result<(), Missing> {
    let id = letter.ticket.id;
    let mut lines = Vec::new();
    if letter.has_words() {
        let to = letter.ticket.requestors.first();
        let to = to.filter(|_| kind == ResultKind::WouldAnswer).map_or("", Mailbox::shown);
        lines.push(remark(Some(id), &new_text(&letter.reply), kind, to));
    }
    lines.extend(run_all(draft, letter, &[])?);
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
                let Err(wrong) = command::check(draft, keyword, argument) else { continue };
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
            found.meant.push(KeptLine { line: line.trim_end().to_owned(), text, quotes: None });
        }
    }
    found
}

/// Words go out, unless something holds them back; then the keywords.
fn outward(draft: &mut Draft<'_>, letter: &Letter<'_>) -> Result<(), Missing> {
    let id = letter.ticket.id;
    if !letter.has_words() {
        let mut lines = run_all(draft, letter, &[])?;
        if lines.is_empty() && !letter.reading.has_marker() {
            lines.push(remark(Some(id), "", ResultKind::NoEffect, ""));
        }
        return tell_result(draft, &letter.writer, id, lines, false);
    }
    if letter.has_trial() {
        return trial(draft, letter, ResultKind::WouldAnswer);
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
    let mut canned = None;
    for task in letter.tasks() {
        let is_named = task.keyword.argument == Argument::Canned && task.ticket.is_none();
        if is_named && canned.is_none() {
            canned = canned::below(draft, id, &letter.writer.person, &task.argument)?;
        }
    }
    let answer = Answer {
        canned,
        text,
        attachments: letter.mail.message.attachments.clone(),
        has_it: letter.writer.has_it.clone(),
    };
    task::send(draft, &letter.writer, id, &answer)?;
    let lines = run_all(draft, letter, &[])?;
    task::own(draft, &letter.writer, id)?;
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

/// Does every keyword in order, those on the lines `done` aside, and says what became of each
/// marked line.
fn run_all(
    draft: &mut Draft<'_>,
    letter: &Letter<'_>,
    done: &[u32],
) -> Result<Vec<ResultLine>, Missing> {
    let id = letter.ticket.id;
    let mut tasks = letter.tasks().into_iter();
    let mut lines = Vec::new();
    for line in &letter.reading.lines {
        let on = line.ticket.or(Some(id));
        match &line.what {
            What::Known(..) => {
                if let Some(task) = tasks.next().filter(|_| !done.contains(&line.at)) {
                    lines.extend(task::run(draft, &letter.writer, id, &task)?);
                }
            }
            What::Unknown(near, argument) => {
                let shown = near.map_or("", |near| near.shown(letter.writer.locale));
                let result = remark(on, &line.written, ResultKind::NotUnderstood, shown);
                let meant = near.map(|near| {
                    let what = What::Known(near, argument.clone());
                    Task::of(&command::Line { what, ticket: on, ..line.clone() }, letter.mail)
                });
                let meant = meant.flatten().map(|task| task.keep());
                lines.push(ResultLine { meant, ..result });
            }
            What::NotCounted => {
                lines.push(remark(on, &line.written, ResultKind::NotCounted, ""));
            }
        }
    }
    Ok(lines)
}
