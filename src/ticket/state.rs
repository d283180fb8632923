//! A ticket as it stands: the fold of its transactions (`history`), nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::mail::Attachment;
use crate::ticket::effect::Timer;
pub use crate::ticket::history::{
    Actor, Change, Claim, Held, HeldFor, Priority, Question, Status, Transaction,
};
use crate::ticket::liaison::Asked;
use crate::ticket::matter::Excerpt;
pub use crate::ticket::matter::KeptLine;
use crate::ticket::merge::Merged;
use crate::ticket::practice::Practice;
pub use crate::ticket::procedure::request::{Request, RequestChange, Window};
use crate::ticket::sitting::{Sitting, SittingChange};
use crate::ticket::stay::Staying;
use crate::types::{Address, Locale, Mailbox, PersonId, QueueName, Sequence, TicketId};

/// Settled questions that a ticket remembers.
const SETTLED_MAX: usize = 8;

/// A ticket as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// Where it works.
    pub queue: QueueName,
    /// How it stands.
    pub status: Status,
    /// The requestor's subject, cleaned; may be empty.
    pub subject: String,
    /// Who asks; answers go to them.
    pub requestors: Vec<Mailbox>,
    /// Addresses that the requestors write from besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Address>,
    /// Who gets the answers as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Mailbox>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PersonId>,
    /// Who wants to be told of everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<PersonId>,
    /// By when it should be done: the end of a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The language of what goes to the requestors.
    pub locale: Locale,
    /// Condemned by a filter or verdict, and not yet cleared by a member.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspect: bool,
    /// It was erased: only its number, its queue and its times are left, and nothing leads to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_erased: bool,
    /// A ticket it is linked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<TicketId>,
    /// Tickets that have to do with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<TicketId>,
    /// How soon it wants somebody.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
    /// Tickets for which it takes everything that comes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Merged>,
    /// Somebody practices on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<Practice>,
    /// The ticket that takes everything that comes for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<TicketId>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was resolved or rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Who resolved or rejected it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<Actor>,
    /// How many transactions it has.
    pub transactions: u32,
    /// The last words from outside: quoted below answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_received: Option<LastReceived>,
    /// The last answer that left, and which words it answered: a colleague may come too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer: Option<(Sequence, PersonId)>,
    /// When the first answer left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_answer_at: Option<Timestamp>,
    /// The words of that answer, shown to a colleague who comes too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_words: Option<Excerpt>,
    /// Answers that have not left yet, by the transaction that recorded them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub staying: BTreeMap<Sequence, Staying>,
    /// Answers that wait for a yes, by the transaction that holds them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<Sequence, Held>,
    /// Transactions that asked somebody something and wait for the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Sequence>,
    /// Questions that are settled, the last of them: who answers late is still who was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<Sequence>,
    /// What those asked that are no held answers, open or settled.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<Sequence, Question>,
    /// Other addresses that wrote on a requestor's reply address and were asked about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked_additions: Vec<Address>,
    /// The timers that are armed for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<(Timer, Timestamp)>,
    /// The request of a procedure, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<Request>>,
    /// The request and the step that it is a task for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_of: Option<(TicketId, u16)>,
    /// The date of a meeting, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sitting: Option<Box<Sitting>>,
    /// The date of a liaison task that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liaison: Option<Box<Asked>>,
}

/// The last words from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReceived {
    /// The transaction that recorded them.
    pub sequence: Sequence,
    /// Who wrote.
    pub from: Mailbox,
    /// When.
    pub at: Timestamp,
    /// The words.
    pub text: Excerpt,
    /// What was attached to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Its Message-ID, answered by what goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// How many came without an hour of silence between two of them, this one included, and when
    /// the first of these came.
    #[serde(default)]
    pub row: (u16, Timestamp),
}

impl Ticket {
    /// A ticket before its first transaction.
    #[must_use]
    pub fn begin(id: TicketId, at: Timestamp) -> Self {
        Self {
            id,
            queue: QueueName::new(""),
            status: Status::New,
            subject: String::new(),
            requestors: Vec::new(),
            aliases: Vec::new(),
            cc: Vec::new(),
            owner: None,
            watchers: Vec::new(),
            due_at: None,
            locale: Locale::default(),
            suspect: false,
            is_erased: false,
            linked: None,
            links: Vec::new(),
            priority: Priority::Normal,
            merged: Vec::new(),
            merged_into: None,
            practice: None,
            created_at: at,
            updated_at: at,
            ended_at: None,
            ended_by: None,
            transactions: 0,
            last_received: None,
            last_answer: None,
            first_answer_at: None,
            last_words: None,
            staying: BTreeMap::new(),
            held: BTreeMap::new(),
            questions: Vec::new(),
            settled: Vec::new(),
            asked: BTreeMap::new(),
            asked_additions: Vec::new(),
            timers: Vec::new(),
            request: None,
            task_of: None,
            sitting: None,
            liaison: None,
        }
    }

    /// The number that the next transaction gets.
    #[must_use]
    pub const fn next_sequence(&self) -> Sequence {
        Sequence(self.transactions + 1)
    }

    /// Whether this address asks here or is served with it.
    #[must_use]
    pub fn takes_part(&self, address: &Address) -> bool {
        self.aliases.contains(address)
            || self.requestors.iter().chain(&self.cc).any(|mailbox| &mailbox.address == address)
    }

    /// Which words in a row those that come now are, and when the first of them came: a row ends
    /// with an hour in which nothing happens to the ticket.
    fn row_until(&self, at: Timestamp) -> (u16, Timestamp) {
        let is_quiet = at.duration_since(self.updated_at) >= SignedDuration::from_hours(1);
        let last = self.last_received.as_ref().filter(|_| !is_quiet);
        last.map_or((1, at), |last| (last.row.0.saturating_add(1), last.row.1))
    }

    /// Changes the ticket. The only way a ticket changes.
    pub fn apply(&mut self, transaction: &Transaction) {
        let row = self.row_until(transaction.at);
        self.transactions = transaction.sequence.0;
        self.updated_at = transaction.at.max(self.updated_at);
        match &transaction.change {
            Change::Create { .. } => self.apply_create(&transaction.change),
            Change::Receive { .. } => self.apply_receive(transaction, row),
            Change::Correspond { .. } => self.answered(transaction),
            Change::Leave { answer } => {
                self.staying.remove(answer);
            }
            Change::Comment { .. }
            | Change::Automatic { .. }
            | Change::Undeliverable { .. }
            | Change::NotSent { .. } => {}
            Change::Hold { held } => {
                self.held.insert(transaction.sequence, (**held).clone());
                self.questions.push(transaction.sequence);
            }
            Change::Release { hold, .. } => {
                self.held.remove(hold);
                self.settle(*hold);
            }
            Change::Owner { owner } => self.owner.clone_from(owner),
            Change::Status { status } => self.set_status(*status, transaction),
            Change::Due { at } => self.due_at = *at,
            Change::Undo { first, last, standing } => {
                (**standing).clone().put(self);
                self.caught(*first, *last);
            }
            Change::Spam => self.set_status(Status::Rejected, transaction),
            Change::Queue { queue } => self.queue = queue.clone(),
            Change::Retitle { subject } => self.subject.clone_from(subject),
            Change::Priority { .. }
            | Change::Practice { .. }
            | Change::Link { .. }
            | Change::Split { .. }
            | Change::Merge { .. }
            | Change::Absorb { .. } => self.bind(transaction),
            Change::AddCc { mailbox } => add(&mut self.cc, mailbox),
            Change::KnownAs { address } => self.aliases.push(address.clone()),
            Change::AddRequestor { mailbox } => add(&mut self.requestors, mailbox),
            Change::Watch { person, on } => self.watch(person, *on),
            Change::AskedAddition { address } => {
                self.asked_additions.push(address.clone());
                self.ask(transaction.sequence, Question::Addition(address.clone()));
            }
            Change::Prove { waiting } => {
                self.ask(transaction.sequence, Question::Proof(waiting.clone()));
            }
            Change::Answered { question } | Change::Lapsed { question } => self.settle(*question),
            Change::Arm { timer, at } => {
                self.timers.retain(|(known, _)| known != timer);
                self.timers.push((timer.clone(), *at));
            }
            Change::Disarm { timer } => self.timers.retain(|(known, _)| known != timer),
            Change::Request { change } => self.begin_request(change),
            Change::TaskOf { request, step } => self.task_of = Some((*request, *step)),
            Change::Sitting { change } => self.sit(change, transaction),
            Change::Liaison { asked } => self.liaison = Some(Box::new(asked.clone())),
            Change::Erased => self.erase(transaction),
        }
        if let Some(request) = &mut self.request {
            request.apply(transaction);
        }
        if let Some(practice) = &mut self.practice {
            practice.see(&transaction.change);
        }
    }

    fn erase(&mut self, transaction: &Transaction) {
        *self = Self {
            queue: self.queue.clone(),
            locale: self.locale,
            status: self.status,
            updated_at: self.updated_at,
            ended_at: self.ended_at,
            ended_by: self.ended_by.take(),
            transactions: self.transactions,
            is_erased: true,
            ..Self::begin(self.id, self.created_at)
        };
        if self.status.is_active() {
            self.set_status(Status::Resolved, transaction);
        }
    }

    fn watch(&mut self, person: &PersonId, on: bool) {
        self.watchers.retain(|known| known != person);
        if on {
            self.watchers.push(person.clone());
        }
    }

    fn begin_request(&mut self, change: &RequestChange) {
        if let RequestChange::Begin { procedure } = change {
            self.request = Some(Box::new(Request::new(Arc::clone(procedure))));
        }
    }

    /// What it has to do with other tickets, and with their order.
    fn bind(&mut self, transaction: &Transaction) {
        match &transaction.change {
            Change::Priority { priority } => self.priority = *priority,
            Change::Practice { person } => {
                self.practice = Some(Practice { person: person.clone(), done: BTreeSet::new() });
            }
            Change::Link { ticket, on } => self.link(*ticket, *on),
            Change::Split { into } => self.link(*into, true),
            Change::Merge { into } => {
                self.set_status(Status::Resolved, transaction);
                self.merged_into = Some(*into);
            }
            other => self.absorb(other),
        }
    }

    fn link(&mut self, other: TicketId, on: bool) {
        self.links.retain(|known| *known != other);
        if on {
            self.links.push(other);
            self.links.sort_unstable();
        }
    }

    fn absorb(&mut self, change: &Change) {
        let Change::Absorb { merged, requestors, cc, watchers } = change else { return };
        self.merged.extend(merged.iter().cloned());
        requestors.iter().for_each(|mailbox| add(&mut self.requestors, mailbox));
        cc.iter().for_each(|mailbox| add(&mut self.cc, mailbox));
        let is_new = |person: &&PersonId| !self.watchers.contains(person);
        let watchers: Vec<PersonId> = watchers.iter().filter(is_new).cloned().collect();
        self.watchers.extend(watchers);
    }

    fn sit(&mut self, change: &SittingChange, transaction: &Transaction) {
        if let (None, SittingChange::Plan { meeting, begins_at }) = (&self.sitting, change) {
            self.sitting = Some(Box::new(Sitting::new(meeting.clone(), *begins_at)));
        }
        if let Some(sitting) = &mut self.sitting {
            sitting.apply(change, transaction);
        }
    }

    /// A stranger's words on a requestor's address count in the row, and are never quoted to the
    /// requestor.
    fn apply_receive(&mut self, transaction: &Transaction, row: (u16, Timestamp)) {
        let Change::Receive { from, text, attachments, message_id, key_of } = &transaction.change
        else {
            return;
        };
        if let (Some(_), Some(last)) = (key_of, &mut self.last_received) {
            last.row = row;
            return;
        }
        self.last_received = Some(LastReceived {
            row,
            sequence: transaction.sequence,
            from: from.clone(),
            at: transaction.at,
            text: text.clone(),
            attachments: attachments.clone(),
            message_id: message_id.clone(),
        });
    }

    fn apply_create(&mut self, change: &Change) {
        if let Change::Create { queue, subject, requestors, locale, linked, suspect, .. } = change {
            self.queue = queue.clone();
            self.subject.clone_from(subject);
            self.requestors.clone_from(requestors);
            self.locale = *locale;
            self.linked = *linked;
            self.suspect = *suspect;
        }
    }

    fn settle(&mut self, question: Sequence) {
        if !self.questions.contains(&question) {
            return;
        }
        self.questions.retain(|known| *known != question);
        if self.settled.len() == SETTLED_MAX {
            let forgotten = self.settled.remove(0);
            self.asked.remove(&forgotten);
        }
        self.settled.push(question);
    }

    fn ask(&mut self, sequence: Sequence, question: Question) {
        self.questions.push(sequence);
        self.asked.insert(sequence, question);
    }

    fn set_status(&mut self, status: Status, transaction: &Transaction) {
        self.status = status;
        self.ended_at = (!status.is_active()).then_some(transaction.at);
        self.ended_by = (!status.is_active()).then(|| transaction.by.clone());
        if status != Status::Rejected {
            self.suspect = false;
        }
    }
}

fn add(list: &mut Vec<Mailbox>, mailbox: &Mailbox) {
    if !list.iter().any(|known| known.address == mailbox.address) {
        list.push(mailbox.clone());
    }
}
