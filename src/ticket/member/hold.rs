//! Answers that wait for a word of their author (design section 9).
//!
//! An answer waits because a line in it was not understood, because a colleague was faster, or
//! because it answers what is internal. It stands on the ticket until somebody settles it; doing
//! nothing sends nothing.

use jiff::{SignedDuration, Timestamp};

use crate::ticket::case::Missing;
use crate::ticket::command::fold::Word;
use crate::ticket::command::{self, Argument};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::matter::{Excerpt, Matter, ResultKind};
use crate::ticket::member::confirm;
use crate::ticket::member::task::{self, Task, Writer, remark, requestor_of};
use crate::ticket::state::{Actor, Change, Held, HeldFor, Ticket};
use crate::ticket::tell::{self, Answer};
use crate::types::{PersonId, Sequence, TicketId};

/// Four working hours; calendars make more of them.
const REMIND_SPAN: SignedDuration = SignedDuration::from_hours(4);

/// Keeps an answer back and asks its author.
pub(crate) fn hold(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    held: Held,
) -> Result<(), Missing> {
    let change = Change::Hold { held: Box::new(held) };
    let hold = draft.record_inside(id, &writer.origin, change);
    let at = draft.now.checked_add(REMIND_SPAN).unwrap_or(Timestamp::MAX);
    draft.arm(id, &writer.origin, Timer::Held(id, hold), at);
    ask(draft, id, hold)
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
            let meant: Vec<String> = held
                .meant
                .iter()
                .filter_map(|kept| {
                    let line = command::kept(&kept.line)?;
                    let command::What::Known(keyword, argument) = line.what else { return None };
                    let shown = format!("{} {argument}", keyword.shown(to.locale));
                    Some(shown.trim_end().to_owned())
                })
                .collect();
            let meant = (!meant.is_empty()).then(|| meant.join(", "));
            Matter::Held { to: outside, line: held.line.clone(), meant }
        }
        HeldFor::Colleague(person, text) => {
            let known = draft.desk.register.person(person);
            let colleague = known.map_or_else(|| person.to_string(), |person| person.name.clone());
            let text = text.clone().unwrap_or_else(|| nothing_of(held));
            Matter::HeldColleague { to: outside, colleague, text }
        }
        HeldFor::Internal => Matter::HeldInternal { to: outside },
    }
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
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let armed = ticket.timers.iter().find(|(known, _)| known == &timer);
    if armed.is_none_or(|(_, at)| *at > draft.now) {
        return Ok(());
    }
    let origin = Origin { by: Actor::Program, rung: 0, at: due_at, message: None };
    draft.disarm(id, &origin, &timer);
    let is_served = ticket
        .held
        .get(&hold)
        .is_some_and(|held| draft.desk.register.access(&held.by, &ticket.queue).is_some());
    if is_served { ask(draft, id, hold) } else { Ok(()) }
}

/// Settles a held answer with one word; says whether the word was one for it.
pub(crate) fn settle(
    draft: &mut Draft<'_>,
    writer: &Writer,
    id: TicketId,
    hold: Sequence,
    word: Word,
) -> Result<bool, Missing> {
    let Some(held) = draft.ticket(id)?.and_then(|ticket| ticket.held.get(&hold).cloned()) else {
        return Ok(false);
    };
    let text = match (word, &held.why) {
        (Word::Yes, _) => Some(held.text.clone()),
        (Word::Text, _) => Some(held.whole.clone()),
        (Word::No, HeldFor::Colleague(..) | HeldFor::Internal) => None,
        (Word::No, HeldFor::Line) => return Ok(false),
    };
    let meant = if word == Word::Yes { held.meant.as_slice() } else { &[] };
    let meant: Vec<Task> = meant.iter().filter_map(Task::of_kept).collect();
    // Whoever meant it for inside wants none of it outside.
    let is_inside = meant.iter().any(|task| task.keyword.argument == Argument::Words);
    let text = text.filter(|text| !is_inside && !text.lines.is_empty());
    release(draft, &writer.origin, id, hold, text.is_some());
    let mut lines = Vec::new();
    let answered = text.is_some();
    if let Some(text) = text {
        let answer = Answer {
            text,
            attachments: held.attachments.clone(),
            has_it: std::collections::BTreeSet::new(),
        };
        task::send(draft, writer, id, &answer)?;
    } else if meant.is_empty() {
        lines.push(remark(Some(id), &held.line, ResultKind::NotSent, &requestor_of(draft, id)?));
    }
    if word != Word::No {
        let kept = held.keywords.iter().filter_map(Task::of_kept);
        for task in meant.into_iter().chain(kept).collect::<Vec<_>>() {
            lines.extend(task::run(draft, writer, id, &task)?);
        }
    }
    if answered {
        task::own(draft, writer, id)?;
    }
    confirm(draft, writer, id, lines, answered)?;
    Ok(true)
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
