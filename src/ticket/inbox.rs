//! What waits for a person's next digest, and how much mail the person had today.
//!
//! Every mail of ours to a person of the register passes here: what can wait does so where the
//! person chose the digest, and where the day's bound is near; nothing is dropped. What people
//! asked for themselves is answered and not counted, because `caps` bounds it. Deliberately
//! absent: how it is shown (`digest`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::digest::zone_of;
use crate::desk::{Desk, NotifyChoice, Person};
use crate::ticket::budget::{self, Class};
use crate::ticket::case::Case;
use crate::ticket::effect::{Notice, ReplyTo};
use crate::ticket::matter::{Excerpt, Matter};
use crate::ticket::shelf;
use crate::types::{PersonId, TicketId};

/// Lines that wait; more are counted with the last one of their ticket.
const LINES_MAX: usize = 150;

/// What waits for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// The person's day that `mails` counts.
    #[serde(default)]
    pub day: Date,
    /// Mails of ours that day.
    #[serde(default)]
    pub mails: u16,
    /// What waits, in the order in which it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Waiting>,
    /// Whether copies of what is still nobody's did not leave: those stand in the digest anyway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_over: bool,
}

/// What a mail that waits would have said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum News {
    /// Somebody outside wrote.
    Letter,
    /// A colleague answered.
    Answer,
    /// A colleague said something inside.
    Comment,
    /// An answer waits for a word.
    Held,
    /// Something else: the ticket shows it.
    Other,
}

/// A mail that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// About which ticket.
    pub ticket: TicketId,
    /// Its subject.
    pub subject: String,
    /// What it would have said.
    pub news: News,
    /// Who wrote, as a reader knows the person.
    pub from: String,
    /// When.
    pub at: Timestamp,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Excerpt>,
    /// How many of the kind there were on the ticket; this is the last.
    pub count: u16,
}

/// Where a mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Its reader is nobody of the register, or asked for it: nothing is counted.
    Free,
    /// This must be looked up first.
    Unknown(PersonId),
    /// It leaves, and is counted.
    Leaves(PersonId, Inbox),
    /// It waits for the digest the reader chose.
    Waits(PersonId, Inbox),
    /// It waits for the digest of the next working day, because the day's bound is reached.
    Over(PersonId, Inbox),
}

/// Where a mail goes, and what is remembered of it.
#[must_use]
pub fn place(desk: &Desk, case: &Case, notice: &Notice, now: Timestamp) -> Place {
    let person = notice.person.as_ref().and_then(|id| desk.register.person(id));
    let Some(person) = person.filter(|_| is_counted(&notice.matter)) else { return Place::Free };
    let Some(inbox) = case.inboxes.get(&person.id) else {
        return Place::Unknown(person.id.clone());
    };
    let mut inbox = inbox.clone();
    let today = now.to_zoned(zone_of(desk, person)).date();
    if inbox.day != today {
        inbox.day = today;
        inbox.mails = 0;
    }
    // What is asked is answered on a key that no digest has, and `caps` bounds it.
    let is_asked = matches!(notice.reply_to, ReplyTo::Question(..));
    let is_over = !is_asked && inbox.mails >= room(desk, person, notice);
    let is_chosen = can_wait(notice) && has_chosen(desk, case, person, notice);
    if (is_over || is_chosen) && inbox.take(case, notice) {
        let id = person.id.clone();
        return if is_over { Place::Over(id, inbox) } else { Place::Waits(id, inbox) };
    }
    inbox.mails = inbox.mails.saturating_add(1);
    Place::Leaves(person.id.clone(), inbox)
}

/// Mails in a day beyond which one of this kind waits: what can wait leaves the last fifth to what
/// cannot.
fn room(desk: &Desk, person: &Person, notice: &Notice) -> u16 {
    let bound = person.mails_per_day.unwrap_or(desk.site.mails_per_day);
    if can_wait(notice) { bound - bound.div_ceil(5).min(bound) } else { bound }
}

/// Whether a mail is one that its reader did not ask for.
const fn is_counted(matter: &Matter) -> bool {
    !matches!(
        matter,
        Matter::Result { .. }
            | Matter::Practice { .. }
            | Matter::Help
            | Matter::Register { .. }
            | Matter::Why { .. }
            | Matter::Playbook { .. }
            | Matter::Minutes { .. }
            | Matter::BallotTaken { .. }
            | Matter::Receipt { .. }
            | Matter::Refusal { .. }
            | Matter::Answer { .. }
            | Matter::WasItYou { .. }
            | Matter::ErasePlan { .. }
            | Matter::Probe { .. }
            | Matter::Breach { inside: false, .. }
    )
}

fn can_wait(notice: &Notice) -> bool {
    budget::class(notice) == Class::Copy
}

/// Whether a mail is a copy of what nobody has yet: every digest of its queue lists that.
fn is_listed(case: &Case, notice: &Notice) -> bool {
    let ticket = notice.ticket.and_then(|id| case.tickets.get(&id)?.as_ref());
    matches!(notice.matter, Matter::Copy { .. }) && ticket.is_some_and(shelf::needs_somebody)
}

/// Whether the reader chose the digest for what is not the reader's own.
fn has_chosen(desk: &Desk, case: &Case, person: &Person, notice: &Notice) -> bool {
    let mut members = desk.register.members(&notice.queue).iter();
    let choice = members.find(|member| member.person == person.id).map(|member| member.notify);
    let ticket = notice.ticket.and_then(|id| case.tickets.get(&id)?.as_ref());
    let is_own = ticket.is_some_and(|ticket| ticket.owner.as_ref() == Some(&person.id));
    choice == Some(NotifyChoice::Digest) && !is_own
}

/// What a mail says in one line; nothing if it is about no ticket and must leave.
fn line(notice: &Notice) -> Option<Waiting> {
    let (news, from, text) = match &notice.matter {
        Matter::Copy { author, text, .. } => (News::Letter, author.shown().to_owned(), Some(text)),
        Matter::AnswerCopy { author, text, .. } => (News::Answer, author.clone(), Some(text)),
        Matter::Comment { author, text, .. } => (News::Comment, author.clone(), Some(text)),
        Matter::HeldOther { author, text, .. } => (News::Held, author.clone(), Some(text)),
        Matter::Digest { .. } => return None,
        _ => (News::Other, String::new(), None),
    };
    Some(Waiting {
        ticket: notice.ticket?,
        subject: notice.subject.clone(),
        news,
        from,
        at: notice.at,
        text: text.cloned(),
        count: 1,
    })
}

impl Inbox {
    /// Whether the next digest has something to say because of it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty() && !self.is_over
    }

    /// The same with everything told.
    #[must_use]
    pub fn told(&self) -> Self {
        Self { lines: Vec::new(), is_over: false, ..self.clone() }
    }

    /// Keeps what a mail says; the last of its kind on a ticket stands for those before it. Says
    /// whether it may wait and there was room.
    fn take(&mut self, case: &Case, notice: &Notice) -> bool {
        if is_listed(case, notice) {
            self.is_over = true;
            return true;
        }
        let Some(line) = line(notice) else { return false };
        let is_same = |known: &&mut Waiting| known.ticket == line.ticket && known.news == line.news;
        if let Some(known) = self.lines.iter_mut().find(is_same) {
            let count = known.count.saturating_add(1);
            *known = Waiting { count, ..line };
            return true;
        }
        let has_room = self.lines.len() < LINES_MAX;
        if has_room {
            self.lines.push(line);
        }
        has_room
    }
}
