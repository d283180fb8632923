//! Answers that wait for a word (design section 9).
//!
//! An answer waits because a line in it was not understood, because a colleague was faster, or
//! because it answers what is internal. Its author is asked at once and once more after four
//! working hours; those who would answer themselves see it, the digests list it, and whoever may
//! write in the queue may settle it. Doing nothing sends nothing.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::desk::Access;
use crate::ticket::answer::Answer;
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::command::fold::Word;
use crate::ticket::command::{self, Argument};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::later;
use crate::ticket::matter::{Excerpt, KeptLine, Matter, ResultKind, ResultLine};
use crate::ticket::member::confirm;
use crate::ticket::member::task::{self, Task, Writer, remark};
use crate::ticket::state::{Change, Held, HeldFor, Ticket};
use crate::ticket::tell;
use crate::types::{Mailbox, PersonId, Sequence, TicketId};

/// Working hours after which the author is asked once more.
const REMIND_SPAN: SignedDuration = SignedDuration::from_hours(4);

/// Keeps an answer back, asks its author and shows it to those who would answer themselves.
pub(crate) fn hold(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    held: Held,
) -> Result<(), Missing> {
    let change = Change::Hold { held: Box::new(held) };
    let hold = draft.record_inside(id, &writer.origin, change);
    let site = &draft.desk.site;
    let at = site.calendar.after_working(draft.now, REMIND_SPAN, &site.time_zone);
    let at = at.unwrap_or_else(|| later(draft.now, REMIND_SPAN));
    draft.arm(id, &writer.origin, Timer::Held(id, hold), at);
    ask(draft, id, hold)?;
    show(draft, id, hold)
}

/// Shows a held answer to the colleagues who are told of its ticket and may release it.
fn show(draft: &mut Draft<'_>, id: TicketId, hold: Sequence) -> Result<(), Missing> {
    let desk = draft.desk;
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(held) = ticket.held.get(&hold) else { return Ok(()) };
    for person in tell::told(desk, &ticket, &BTreeSet::new()) {
        let may = desk.register.access(&person, &ticket.queue) == Some(Access::Write);
        let Some(to) = tell::member(desk, &person).filter(|_| may && person != held.by) else {
            continue;
        };
        if caps::is_silent(draft, &to.mailbox.address)? {
            continue;
        }
        show_to(draft, &ticket, (hold, held), &to);
    }
    Ok(())
}

fn show_to(
    draft: &mut Draft<'_>,
    ticket: &Ticket,
    (hold, held): (Sequence, &Held),
    to: &tell::Recipient,
) {
    let matter = Matter::HeldOther {
        author: draft.desk.register.name_of(&held.by),
        to: ticket.requestors.first().map_or("", Mailbox::shown).to_owned(),
        text: held.whole.clone(),
        line: held.line.clone(),
        meant: meant(held, to),
    };
    let reply_to = ReplyTo::Question(hold, to.mailbox.address.clone());
    let notice = tell::notice(draft, ticket, to, reply_to, matter);
    draft.notify(notice);
}

/// The held answers of a ticket that a person may settle, oldest first.
pub(crate) fn settleable(
    draft: &Draft<'_>,
    person: &PersonId,
    id: TicketId,
) -> Result<Vec<Sequence>, Missing> {
    let may = task::access(draft, person, id)? == Some(Access::Write);
    let held = draft.ticket(id)?.filter(|_| may).map(|ticket| ticket.held.keys().copied());
    Ok(held.into_iter().flatten().collect())
}

/// Asks a person, author or not, about a held answer.
pub(crate) fn ask_person(
    draft: &mut Draft<'_>,
    person: &PersonId,
    id: TicketId,
    hold: Sequence,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(held) = ticket.held.get(&hold) else { return Ok(()) };
    if &held.by == person {
        return ask(draft, id, hold);
    }
    if let Some(to) = tell::member(draft.desk, person) {
        show_to(draft, &ticket, (hold, held), &to);
    }
    Ok(())
}

/// Asks the author of a held answer.
pub(crate) fn ask(draft: &mut Draft<'_>, id: TicketId, hold: Sequence) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(held) = ticket.held.get(&hold) else { return Ok(()) };
    let Some(to) = tell::member(draft.desk, &held.by) else { return Ok(()) };
    let matter = matter(draft, &ticket, held, &to);
    let reply_to = ReplyTo::Question(hold, to.mailbox.address.clone());
    let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    draft.notify(notice);
    Ok(())
}

fn matter(draft: &Draft<'_>, ticket: &Ticket, held: &Held, to: &tell::Recipient) -> Matter {
    let requestor = ticket.requestors.first();
    let outside = requestor.map(|mailbox| mailbox.shown().to_owned()).unwrap_or_default();
    match &held.why {
        HeldFor::Line => {
            Matter::Held { to: outside, line: held.line.clone(), meant: meant(held, to) }
        }
        HeldFor::Colleague(person, text) => {
            let colleague = draft.desk.register.name_of(person);
            let text = text.clone().unwrap_or_else(|| nothing_of(held));
            Matter::HeldColleague { to: outside, colleague, text }
        }
        HeldFor::Internal => Matter::HeldInternal { to: outside },
    }
}

/// The keywords that were probably meant, as words of the reader's language.
fn meant(held: &Held, to: &tell::Recipient) -> Option<String> {
    let shown = |kept: &KeptLine| {
        let line = command::kept(&kept.line)?;
        let command::What::Known(keyword, argument) = line.what else { return None };
        let shown = format!("{} {argument}", keyword.shown(to.locale));
        Some(shown.trim_end().to_owned())
    };
    let meant: Vec<String> = held.meant.iter().filter_map(shown).collect();
    (!meant.is_empty()).then(|| meant.join(", "))
}

fn nothing_of(held: &Held) -> Excerpt {
    Excerpt { message: held.message, lines: Vec::new(), cuts: Vec::new() }
}

/// A held answer is asked about once more; after that the digests show it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(crate) fn remind(
    draft: &mut Draft<'_>,
    id: TicketId,
    hold: Sequence,
    due_at: Timestamp,
) -> Result<(), Missing> {
    let timer = Timer::Held(id, hold);
    if draft.due(id, &timer, due_at)?.is_none() {
        return Ok(());
    }
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let is_served = ticket
        .held
        .get(&hold)
        .is_some_and(|held| draft.desk.register.access(&held.by, &ticket.queue).is_some());
    if is_served { ask(draft, id, hold) } else { show(draft, id, hold) }
}

/// What settling a held answer did.
#[derive(Debug)]
pub(crate) struct Settled {
    /// What became of it and of each keyword, for who settled it.
    pub(crate) lines: Vec<ResultLine>,
    /// Whether the writer's own answer went out.
    pub(crate) answered: bool,
}

/// Settles a held answer with one word of anybody who may write in the queue; its author is told
/// if it was somebody else. Nothing if the word is none for it.
pub(crate) fn settle(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    hold: Sequence,
    word: Word,
) -> Result<Option<Settled>, Missing> {
    let Some(held) = draft.ticket(id)?.and_then(|ticket| ticket.held.get(&hold).cloned()) else {
        return Ok(None);
    };
    if !settleable(draft, &writer.person, id)?.contains(&hold) {
        let lines = vec![remark(Some(id), &held.line, ResultKind::NotAllowed, "")];
        return Ok(Some(Settled { lines, answered: false }));
    }
    let text = match (word, &held.why) {
        (Word::Yes, _) => Some(held.text.clone()),
        (Word::Text, _) => Some(held.whole.clone()),
        (Word::No, HeldFor::Colleague(..) | HeldFor::Internal) => None,
        (Word::No, HeldFor::Line) => return Ok(None),
    };
    let is_own = held.by == writer.person;
    let author = if is_own { writer.clone() } else { Writer::of_held(draft, &held, writer) };
    let (lines, answered) = carry_out(draft, (writer, &author), (id, hold), (word, text), &held)?;
    if is_own {
        let is_told = answered || !lines.is_empty();
        let nothing = || vec![remark(Some(id), &held.line, ResultKind::NotSent, "")];
        return Ok(Some(Settled { lines: if is_told { lines } else { nothing() }, answered }));
    }
    let (mine, theirs) = if answered {
        (ResultKind::Released, ResultKind::ReleasedBy)
    } else {
        (ResultKind::Withheld, ResultKind::NotSent)
    };
    let line = |kind, who: &str| remark(Some(id), &held.line, kind, who);
    let with = |first: ResultLine| std::iter::once(first).chain(lines.iter().cloned()).collect();
    if task::access(draft, &author.person, id)?.is_some() {
        confirm(draft, &author, id, with(line(theirs, &writer.name)), false)?;
    }
    Ok(Some(Settled { lines: with(line(mine, &author.name)), answered: false }))
}

/// Releases a held answer: what goes out, what was meant and what waited with it, all in its
/// author's right. Says whether words went out.
fn carry_out(
    draft: &mut Draft<'_>,
    (writer, author): (&Writer, &Writer),
    (id, hold): (TicketId, Sequence),
    (word, text): (Word, Option<Excerpt>),
    held: &Held,
) -> Result<(Vec<ResultLine>, bool), Missing> {
    let meant = if word == Word::Yes { held.meant.as_slice() } else { &[] };
    let meant: Vec<Task> = meant.iter().filter_map(Task::of_kept).collect();
    // Whoever meant it for inside wants none of it outside.
    let is_inside = meant.iter().any(|task| task.keyword.argument == Argument::Words);
    let text = text.filter(|text| !is_inside && !text.lines.is_empty());
    let answered = text.is_some();
    release(draft, &writer.origin, id, hold, answered);
    let mut lines = Vec::new();
    if let Some(text) = text {
        let has_it =
            if author.person == writer.person { BTreeSet::new() } else { author.has_it.clone() };
        let answer = Answer { text, canned: None, attachments: held.attachments.clone(), has_it };
        task::send(draft, author, id, &answer)?;
    }
    if word != Word::No {
        let kept = held.keywords.iter().filter_map(Task::of_kept);
        for task in meant.into_iter().chain(kept).collect::<Vec<_>>() {
            lines.extend(task::run(draft, author, id, &task)?);
        }
    }
    if answered {
        task::own(draft, author, id)?;
    }
    Ok((lines, answered))
}

fn release(draft: &mut Draft<'_>, origin: &Origin, id: TicketId, hold: Sequence, sent: bool) {
    draft.record_inside(id, origin, Change::Release { hold, sent });
    draft.disarm(id, origin, &Timer::Held(id, hold));
}

/// The colleague whose answer left after the notice that is being answered was made.
pub(crate) fn faster(
    ticket: &Ticket,
    answered: Option<Sequence>,
    author: &PersonId,
) -> Option<HeldFor> {
    let answered = answered?;
    let (sequence, colleague) = ticket.last_answer.clone()?;
    (sequence > answered && &colleague != author)
        .then(|| HeldFor::Colleague(colleague, ticket.last_words.clone()))
}
