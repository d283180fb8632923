//! How core code writes: a draft records an effect and applies it at once, so that the next line
//! of code already sees it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::desk::{Desk, Register, RegisterChange};
use crate::ticket::case::{Case, Correspondent, Lookups, Missing};
use crate::ticket::changes;
use crate::ticket::digest;
use crate::ticket::effect::{Effect, Notice, Timer};
use crate::ticket::inbox::{self, Inbox, Place};
use crate::ticket::practice;
use crate::ticket::state::{Actor, Change, Ticket, Transaction};
use crate::types::{Address, OutboxId, PersonId, Position, Sequence, TicketId};

/// Who acts, how surely, when, with which message: the same for all that one event records.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who.
    pub by: Actor,
    /// How surely.
    pub rung: u8,
    /// When the event happened.
    pub at: Timestamp,
    /// The message, if it was one.
    pub message: Option<Position>,
}

/// A decision while it is being made.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// Settings, people, queues.
    pub desk: &'a Desk,
    /// When the decision is made.
    pub now: Timestamp,
    case: Case,
    effects: Vec<Effect>,
    /// Whose inbox must be looked up before what was decided stands.
    wanted: BTreeSet<PersonId>,
}

impl<'a> Draft<'a> {
    /// Begins with what was looked up.
    #[must_use]
    pub fn new(desk: &'a Desk, case: &Case, now: Timestamp) -> Self {
        Self { desk, now, case: case.clone(), effects: Vec::new(), wanted: BTreeSet::new() }
    }

    /// What is known so far, with everything that was recorded.
    #[must_use]
    pub const fn case(&self) -> &Case {
        &self.case
    }

    /// A ticket as it stands after everything recorded so far.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn ticket(&self, id: TicketId) -> Result<Option<&Ticket>, Missing> {
        self.case.ticket(id)
    }

    /// Begins a ticket: takes its number, records its first transaction.
    pub fn create(&mut self, origin: &Origin, change: Change) -> TicketId {
        let id = self.case.next_ticket;
        self.case.next_ticket = TicketId(id.0 + 1);
        self.case.tickets.insert(id, Some(Ticket::begin(id, origin.at)));
        self.record(id, origin, change);
        id
    }

    /// Records a line of history and applies it. Nothing happens to a ticket that is not there.
    pub fn record(&mut self, id: TicketId, origin: &Origin, change: Change) -> Sequence {
        self.write(id, origin, change, false)
    }

    /// Records a line of history that stays inside.
    pub fn record_inside(&mut self, id: TicketId, origin: &Origin, change: Change) -> Sequence {
        self.write(id, origin, change, true)
    }

    fn write(&mut self, id: TicketId, origin: &Origin, change: Change, internal: bool) -> Sequence {
        let Some(Some(ticket)) = self.case.tickets.get_mut(&id) else { return Sequence(0) };
        let transaction = Transaction {
            sequence: ticket.next_sequence(),
            at: origin.at,
            by: origin.by.clone(),
            rung: origin.rung,
            internal,
            message: origin.message,
            change,
        };
        ticket.apply(&transaction);
        if let Some(history) = self.case.histories.get_mut(&id) {
            history.push(transaction.clone());
        }
        let sequence = transaction.sequence;
        self.effects.push(Effect::Record(id, transaction));
        sequence
    }

    /// Sends a notice, or keeps it for its reader's digest. Its row in the outbox is numbered here.
    pub fn notify(&mut self, notice: Notice) {
        if self.is_withheld(&notice) {
            return;
        }
        match inbox::place(self.desk, &self.case, &notice, self.now) {
            Place::Free => {}
            Place::Unknown(person) => {
                self.wanted.insert(person);
            }
            Place::Leaves(person, inbox) => self.keep(&person, inbox),
            Place::Waits(person, inbox) => {
                digest::wake(self, &person, false);
                return self.keep(&person, inbox);
            }
            Place::Over(person, inbox) => {
                digest::wake(self, &person, true);
                return self.keep(&person, inbox);
            }
        }
        self.send_asked(notice);
    }

    /// Sends what its reader asked for just now: it neither waits nor counts.
    pub fn send_asked(&mut self, mut notice: Notice) {
        if self.is_withheld(&notice) {
            return;
        }
        notice.id = self.case.next_outbox;
        self.case.next_outbox = OutboxId(notice.id.0 + 1);
        self.effects.push(Effect::Notify(Box::new(notice)));
    }

    /// The rows of the outbox that the next notices to people outside get.
    #[must_use]
    pub fn next_rows(&self, count: usize) -> Vec<OutboxId> {
        let rows = (self.case.next_outbox.0..).map(OutboxId);
        rows.take(count).collect()
    }

    /// Whether a mail is about somebody else's practice.
    fn is_withheld(&self, notice: &Notice) -> bool {
        let ticket = notice.ticket.and_then(|id| self.case.tickets.get(&id)?.as_ref());
        ticket.is_some_and(|ticket| practice::withholds(ticket, notice.person.as_ref()))
    }

    /// Whether something about a ticket goes to an address with what was decided so far.
    #[must_use]
    pub fn tells(&self, id: TicketId, address: &Address) -> bool {
        self.effects.iter().any(|effect| {
            let Effect::Notify(notice) = effect else { return false };
            notice.ticket == Some(id) && notice.to.address == *address
        })
    }

    /// Whether what was decided so far says whose a ticket is.
    #[must_use]
    pub fn gives(&self, id: TicketId) -> bool {
        self.effects.iter().any(|effect| {
            let Effect::Record(ticket, line) = effect else { return false };
            *ticket == id && matches!(line.change, Change::Owner { .. })
        })
    }

    /// The lines of history that were decided so far.
    pub fn records(&self) -> impl Iterator<Item = (TicketId, &Transaction)> {
        self.effects.iter().filter_map(|effect| {
            let Effect::Record(id, transaction) = effect else { return None };
            Some((*id, transaction))
        })
    }

    /// The mails that were decided so far.
    pub fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.effects.iter().filter_map(|effect| {
            let Effect::Notify(notice) = effect else { return None };
            Some(&**notice)
        })
    }

    /// Remembers something about an address.
    pub fn remember(&mut self, address: &Address, correspondent: Correspondent) {
        self.case.correspondents.insert(address.clone(), correspondent.clone());
        self.effects
            .retain(|effect| !matches!(effect, Effect::Remember(known, _) if known == address));
        self.effects.push(Effect::Remember(address.clone(), correspondent));
    }

    /// Remembers what waits for a person.
    pub fn keep(&mut self, person: &PersonId, inbox: Inbox) {
        self.case.inboxes.insert(person.clone(), inbox.clone());
        self.effects.retain(|effect| !matches!(effect, Effect::Keep(known, _) if known == person));
        self.effects.push(Effect::Keep(person.clone(), inbox));
    }

    /// Sets the timer of a person's digest.
    pub fn arm_digest(&mut self, person: &PersonId, at: Timestamp) {
        let timer = Effect::Arm(Timer::Digest(person.clone()), at);
        if !self.effects.contains(&timer) {
            self.effects.push(timer);
        }
    }

    /// Sets a timer of a ticket, and takes back an earlier setting of the same.
    pub fn arm(&mut self, id: TicketId, origin: &Origin, timer: Timer, at: Timestamp) {
        self.disarm(id, origin, &timer);
        self.record_inside(id, origin, Change::Arm { timer: timer.clone(), at });
        self.effects.push(Effect::Arm(timer, at));
    }

    /// Takes back a timer of a ticket, if it is set.
    pub fn disarm(&mut self, id: TicketId, origin: &Origin, timer: &Timer) {
        let Some(Some(ticket)) = self.case.tickets.get(&id) else { return };
        let Some((_, at)) = ticket.timers.iter().find(|(known, _)| known == timer).cloned() else {
            return;
        };
        self.record_inside(id, origin, Change::Disarm { timer: timer.clone() });
        self.effects.push(Effect::Disarm(timer.clone(), at));
    }

    /// A timer of a ticket rings that was set for `due_at`: under which origin what it was set for
    /// happens. Nothing if the ticket has it no longer, or for later.
    ///
    /// # Errors
    /// [`Missing`] names what must be looked up first.
    pub fn due(
        &mut self,
        id: TicketId,
        timer: &Timer,
        due_at: Timestamp,
    ) -> Result<Option<Origin>, Missing> {
        let timers = self.ticket(id)?.map(|ticket| ticket.timers.as_slice()).unwrap_or_default();
        let Some((_, at)) = timers.iter().find(|(known, _)| known == timer).cloned() else {
            self.effects.push(Effect::Disarm(timer.clone(), due_at));
            return Ok(None);
        };
        if self.now < at {
            self.effects.push(Effect::Arm(timer.clone(), at));
            return Ok(None);
        }
        let origin = Origin { by: Actor::Program, rung: 0, at, message: None };
        self.disarm(id, &origin, timer);
        Ok(Some(origin))
    }

    /// Changes the register.
    pub fn enroll(&mut self, change: RegisterChange) {
        self.effects.push(Effect::Enroll(change));
    }

    /// The register as it is after everything enrolled so far.
    #[must_use]
    pub fn register(&self) -> Register {
        let mut register = self.desk.register.clone();
        for effect in &self.effects {
            if let Effect::Enroll(change) = effect {
                register.apply(change);
            }
        }
        register
    }

    /// This ticket is the last date of a meeting that was planned.
    pub fn convene(&mut self, meeting: &str, id: TicketId) {
        self.case.meetings.insert(meeting.to_owned(), Some(id));
        self.effects.push(Effect::Convene(meeting.to_owned(), id));
    }

    /// Any other effect.
    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Everything that follows.
    ///
    /// # Errors
    /// [`Missing`] names what mails to people of the register still need.
    pub fn finish(self) -> Result<Vec<Effect>, Missing> {
        if self.wanted.is_empty() {
            let is_queue =
                |effect: &Effect| matches!(effect, Effect::Enroll(RegisterChange::Queue(_)));
            let told = self.effects.iter().any(is_queue).then(|| changes::as_told(&self)).flatten();
            let mut effects = self.effects;
            effects.extend(told.map(Effect::Enroll));
            return Ok(effects);
        }
        Err(Missing(Box::new(Lookups { inboxes: self.wanted, ..Lookups::default() })))
    }
}
