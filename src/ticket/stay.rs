//! Answers that stay in the outbox for a while, where their queue says so (`hold`), so that who
//! wrote one can catch it.
//!
//! The rows stay without a time to leave at: only a decision lets them go, so that none can leave
//! while it is being caught. Deliberately absent: automatic mail, which never stays; how a deed is
//! taken back (`command::undo`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::ticket::answer;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, OutboxChange, RowState, Timer};
use crate::ticket::history::{Actor, Change, Transaction};
use crate::ticket::later;
use crate::ticket::matter::{Excerpt, ResultKind, ResultLine};
use crate::ticket::member::remark;
use crate::ticket::state::Ticket;
use crate::types::{Mailbox, OutboxId, PersonId, Sequence, TicketId};

/// What of an answer stays, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// When it leaves.
    pub until: Timestamp,
    /// The rows of the outbox that leave then.
    pub rows: Vec<OutboxId>,
    /// Who is shown it then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<PersonId>,
}

/// An answer that has not left yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staying {
    /// What of it stays, and until when.
    pub stay: Stay,
    /// Who wrote it.
    pub by: PersonId,
    /// Its words.
    pub text: Excerpt,
    /// Its words, where they were written before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canned: Option<String>,
    /// What the ticket knew of answers before.
    pub before: Answers,
}

/// What a ticket knows of the answers that it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    last: Option<(Sequence, PersonId)>,
    first_at: Option<Timestamp>,
    words: Option<Excerpt>,
}

/// Until when an answer on a ticket stays; nothing where it leaves at once.
#[must_use]
pub fn until(desk: &Desk, ticket: &Ticket, now: Timestamp) -> Option<Timestamp> {
    let span = desk.register.queue(&ticket.queue)?.hold_span()?;
    ticket.practice.is_none().then(|| later(now, span))
}

/// The time of an answer has come: what stays of it leaves.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn leave(
    draft: &mut Draft<'_>,
    id: TicketId,
    answer: Sequence,
    due_at: Timestamp,
) -> Result<(), Missing> {
    let Some(origin) = draft.due(id, &Timer::Leave(id, answer), due_at)? else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(staying) = ticket.staying.get(&answer) else { return Ok(()) };
    settle(draft, &staying.stay, RowState::Waiting, Some(draft.now), "");
    draft.record_inside(id, &origin, Change::Leave { answer });
    let text = (&staying.text, staying.canned.as_ref());
    answer::show(draft, &ticket, &staying.by, text, &staying.stay.copies);
    Ok(())
}

/// Says of the answers of a message that stay when they leave, where a result says that they left:
/// in its lines, or beside them for the answer on `answered`. Says whether that one has left.
pub fn tell(
    draft: &Draft<'_>,
    origin: &Origin,
    lines: &mut Vec<ResultLine>,
    answered: Option<TicketId>,
) -> bool {
    let stays = |id: TicketId| {
        draft.records().find_map(|(ticket, line)| match &line.change {
            Change::Correspond { stay: Some(stay), .. } if ticket == id => {
                (line.message == origin.message).then_some(stay.until)
            }
            _ => None,
        })
    };
    for line in lines.iter_mut().filter(|line| line.outcome == ResultKind::Answered) {
        if let Some(until) = line.ticket.and_then(stays) {
            (line.outcome, line.until) = (ResultKind::Leaves, Some(until));
        }
    }
    let Some((id, until)) = answered.and_then(|id| Some((id, stays(id)?))) else {
        return answered.is_some();
    };
    let line = remark(Some(id), "", ResultKind::Leaves, "");
    lines.insert(0, ResultLine { until: Some(until), ..line });
    false
}

/// Catches answers of a ticket that have not left yet: they never will.
pub fn catch(draft: &mut Draft<'_>, ticket: &Ticket, origin: &Origin, answers: &[Sequence]) {
    for answer in answers {
        if let Some(staying) = ticket.staying.get(answer) {
            settle(draft, &staying.stay, RowState::Dropped, None, "taken-back");
            draft.disarm(ticket.id, origin, &Timer::Leave(ticket.id, *answer));
        }
    }
}

/// Catches what a taking back takes back on a ticket; returns to whom it would have gone.
///
/// # Errors
/// [`Missing`] if the ticket was not looked up.
pub fn catch_undone(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    undo: &Change,
) -> Result<Vec<String>, Missing> {
    let Change::Undo { first, last, .. } = undo else { return Ok(Vec::new()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(Vec::new()) };
    let answers: Vec<Sequence> = ticket.staying.range(*first..=*last).map(|(at, _)| *at).collect();
    catch(draft, &ticket, origin, &answers);
    let to = ticket.requestors.first().map_or("", Mailbox::shown);
    Ok(answers.iter().map(|_| to.to_owned()).collect())
}

fn settle(
    draft: &mut Draft<'_>,
    stay: &Stay,
    state: RowState,
    next_at: Option<Timestamp>,
    said: &str,
) {
    for row in &stay.rows {
        let change = OutboxChange { state, next_at, said: said.to_owned() };
        draft.push(Effect::Settle(*row, change));
    }
}

impl Ticket {
    /// Somebody answered.
    pub(super) fn answered(&mut self, transaction: &Transaction) {
        let Change::Correspond { text, canned, stay } = &transaction.change else { return };
        let Actor::Person(person) = &transaction.by else { return };
        if let Some(stay) = stay {
            let before = Answers {
                last: self.last_answer.clone(),
                first_at: self.first_answer_at,
                words: self.last_words.clone(),
            };
            let (stay, by) = ((**stay).clone(), person.clone());
            let (text, canned) = (text.clone(), canned.clone());
            let staying = Staying { stay, by, text, canned, before };
            self.staying.insert(transaction.sequence, staying);
        }
        self.last_answer = Some((transaction.sequence, person.clone()));
        self.first_answer_at.get_or_insert(transaction.at);
        self.last_words = Some(text.clone());
    }

    /// What these lines did was taken back: answers among them that have not left never were.
    pub(super) fn caught(&mut self, first: Sequence, last: Sequence) {
        let lines: Vec<Sequence> = self.staying.range(first..=last).map(|(at, _)| *at).collect();
        for answer in lines.iter().rev() {
            let Some(staying) = self.staying.remove(answer) else { continue };
            if self.last_answer.as_ref().is_some_and(|(last, _)| last == answer) {
                let Answers { last, first_at, words } = staying.before;
                (self.last_answer, self.first_answer_at, self.last_words) = (last, first_at, words);
            }
        }
    }
}
