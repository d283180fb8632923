//! What a decision consists of: data only; the shell carries it out.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::desk::{AddressForm, RegisterChange};
use crate::ticket::case::{Correspondent, Lookups, Seen, SeenKey, ThreadEntry};
use crate::ticket::erasing::Target;
use crate::ticket::inbox::Inbox;
use crate::ticket::matter::Matter;
use crate::ticket::quarantine::SetAside;
use crate::ticket::state::Transaction;
use crate::ticket::way_out::WayOut;
use crate::types::{
    Address, Locale, Mailbox, OutboxId, PersonId, Position, QueueName, Sequence, TicketId,
};

/// What follows from an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// More must be looked up first; then ask again.
    Needs(Box<Lookups>),
    /// All that follows, to be committed whole.
    Effects(Vec<Effect>),
}

/// Something that wakes the daemon at a stored time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timer {
    /// A held answer is asked about once more.
    Held(TicketId, Sequence),
    /// A request has settled: ask for what is missing, or go on.
    Settle(TicketId),
    /// A reminder or the expiry of a request.
    Remind(TicketId, u16),
    /// An objection window ends.
    Window(TicketId),
    /// An objection that nobody confirmed goes to the coordinators.
    Unconfirmed(TicketId),
    /// What waits for somebody's proof ends.
    Proof(TicketId, Sequence),
    /// A person's daily digest.
    Digest(PersonId),
    /// The last day is over on which a person is away.
    Return(PersonId),
    /// A message that belongs to nothing is erased.
    Erase(Position),
    /// A row of the outbox is due.
    Outbox(OutboxId),
    /// The step where a request stands has something due: which, is the step's own number.
    Due(TicketId, u16),
    /// A program of a request should have ended long ago.
    Run(TicketId),
    /// The agenda of a sitting is due; later, what it left undecided goes to the next.
    Meeting(TicketId),
    /// A vote by mail ends.
    Vote(TicketId),
    /// A ticket has rested long enough.
    Wake(TicketId),
    /// The last day on which a ticket should be done begins.
    Deadline(TicketId),
    /// A practice that nobody went on with ends.
    Practice(TicketId),
    /// The version of a rule text begins to hold that a procedure, by its name, renews.
    Renew(String, u16),
    /// What a ticket asked to erase is erased.
    Erased(TicketId),
    /// What the site runs with is compared with what it ran with.
    Changes,
    /// The suspension of a ticket's breach ends, or it is forgotten.
    Breach(TicketId),
    /// An answer leaves that stayed in the outbox, by the transaction that recorded it.
    Leave(TicketId, Sequence),
    /// A morning: queues that promise answers are looked at.
    Neglect,
    /// A liaison task, by its name, is to be asked.
    Liaison(String),
    /// An answer to a liaison task is awaited no longer.
    Answer(TicketId),
}

impl Timer {
    /// The ticket it belongs to, if any.
    #[must_use]
    pub const fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::Held(ticket, _)
            | Self::Leave(ticket, _)
            | Self::Proof(ticket, _)
            | Self::Settle(ticket)
            | Self::Remind(ticket, _)
            | Self::Window(ticket)
            | Self::Unconfirmed(ticket)
            | Self::Meeting(ticket)
            | Self::Vote(ticket)
            | Self::Wake(ticket)
            | Self::Deadline(ticket)
            | Self::Practice(ticket)
            | Self::Erased(ticket)
            | Self::Breach(ticket)
            | Self::Answer(ticket)
            | Self::Due(ticket, _)
            | Self::Run(ticket) => Some(*ticket),
            Self::Digest(_)
            | Self::Return(_)
            | Self::Erase(_)
            | Self::Outbox(_)
            | Self::Changes
            | Self::Neglect
            | Self::Liaison(_)
            | Self::Renew(..) => None,
        }
    }

    /// Whether it lets silence count: it runs only when every door is heard up to its time.
    #[must_use]
    pub const fn is_silence(&self) -> bool {
        matches!(self, Self::Window(_) | Self::Vote(_))
    }
}

/// What an answer to a notice does; the reply address is made from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyTo {
    /// To us, from this requestor or cc.
    Requestor(Address),
    /// To the requestor, from this member.
    Member(PersonId),
    /// Inside only, from this member.
    Internal(PersonId),
    /// The answer to one question, asked of this address.
    Question(Sequence, Address),
    /// Lines for several tickets, from this member, valid for 14 days from this day.
    Digest(PersonId, jiff::civil::Date),
    /// The bare queue address: posts to lists.
    Queue,
    /// Nowhere.
    None,
}

/// One outgoing mail as the core decides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its row in the outbox; the Message-ID is made from ticket, transaction and this.
    pub id: OutboxId,
    /// To whom.
    pub to: Mailbox,
    /// Who that is in the register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// In which language.
    pub locale: Locale,
    /// Formal or informal, where the language tells them apart.
    #[serde(default)]
    pub form: AddressForm,
    /// From which queue.
    pub queue: QueueName,
    /// About which ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// The transaction that it tells of.
    pub sequence: Sequence,
    /// The ticket's subject, or that of a mail without a ticket.
    pub subject: String,
    /// The day the requestor wrote, for a ticket without subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_day: Option<Timestamp>,
    /// What an answer does.
    pub reply_to: ReplyTo,
    /// The Message-ID that this answers, without brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// When it was decided.
    pub at: Timestamp,
    /// After this it is dropped instead of sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_before: Option<Timestamp>,
    /// Until then it stays in the outbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves_at: Option<Timestamp>,
    /// What it says.
    pub matter: Matter,
}

/// What became of an accepted message, for `trace`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// The message.
    pub position: Position,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// By which door.
    pub door: String,
    /// Its Message-ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Its author as claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Address>,
    /// What it was taken for: `new`, `answer`, `copy`, `own`, `automatic`, `bounce`, ..
    pub taken_for: String,
    /// Why, in one sentence for an administrator.
    pub why: String,
    /// The tickets it stands on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<TicketId>,
}

/// One consequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A line of a ticket's history.
    Record(TicketId, Transaction),
    /// A change of the register.
    Enroll(RegisterChange),
    /// A mail to one recipient.
    Notify(Box<Notice>),
    /// A timer is set; an earlier setting of the same timer is gone.
    Arm(Timer, Timestamp),
    /// A timer is no longer needed. The time it was set for finds it.
    Disarm(Timer, Timestamp),
    /// What is remembered about an address.
    Remember(Address, Correspondent),
    /// What waits for a person's next digest, and how much mail the person had.
    Keep(PersonId, Inbox),
    /// A Message-ID belongs to these tickets from now on.
    Thread(String, Vec<ThreadEntry>),
    /// Under this key these messages were seen.
    See(SeenKey, Vec<Seen>),
    /// What became of a message.
    File(Filing),
    /// The text of an accepted message is erased for good.
    Erase(Position),
    /// A row of the outbox changed.
    Settle(OutboxId, OutboxChange),
    /// What is remembered of the way out.
    WayOut(WayOut),
    /// This ticket is the last date of a meeting that was planned.
    Convene(String, TicketId),
    /// A program is to be started, once the batch is durable.
    Run(Box<RunOrder>),
    /// How a message stands that was set aside; nothing: it is no longer.
    Aside(Position, Option<SetAside>),
    /// What somebody did for the site, as the audit shows it.
    Note(Deed),
    /// Work that no decision can do, once the batch is durable.
    Errand(Box<Errand>),
}

/// What somebody did for the site, and on no ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonId,
    /// How surely.
    pub rung: u8,
    /// The keyword and what it was said of.
    pub what: String,
    /// The mail that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Position>,
}

/// Work that reads more than a decision may, and ends as an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Decides a message anew that was set aside, or files it unread in a queue.
    Again {
        /// Which.
        message: Position,
        /// Where it is filed; nothing: as its decision says.
        queue: Option<QueueName>,
        /// Who said so.
        by: PersonId,
    },
    /// Finds out what an erasure would do.
    Survey {
        /// The ticket of the erasure.
        ticket: TicketId,
        /// What is to be erased.
        target: Target,
        /// Who asked.
        by: PersonId,
        /// The mail that asked.
        message: Position,
    },
    /// Erases: the daemon ends for it and starts anew.
    Erase {
        /// The ticket of the erasure.
        ticket: TicketId,
        /// What is erased.
        target: Target,
        /// Who asked.
        by: PersonId,
        /// The mails that asked for it, which go as well.
        asked: Vec<Position>,
    },
}

/// A program that is to be started for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOrder {
    /// For which request.
    pub ticket: TicketId,
    /// At which step.
    pub step: u16,
    /// The how manyth time, from 1.
    pub attempt: u16,
    /// The program and its arguments, as they are.
    pub program: Vec<String>,
    /// How long it may take.
    pub timeout: SignedDuration,
    /// What the procedure is called, in short.
    pub procedure: String,
    /// What is known, by the names of facts.
    pub facts: BTreeMap<String, String>,
}

/// How a row of the outbox stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowState {
    /// It waits for its time.
    Waiting,
    /// The next server took it.
    Sent,
    /// It may have been taken; held, then sent once more under the same Message-ID.
    Uncertain,
    /// Refused for good, by the server or by a report that came back.
    Failed,
    /// Not tried: the site has sent as much as it may. It waits for its time.
    Deferred,
    /// Not sent: past its time, capped, suspended, taken back.
    Dropped,
    /// It stays until a decision lets it go, so that who wrote it can catch it.
    Held,
}

/// What happened to a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxChange {
    /// How it stands now.
    pub state: RowState,
    /// When it is tried again, while it waits or is uncertain.
    pub next_at: Option<Timestamp>,
    /// The server's words, or why it was dropped.
    pub said: String,
}
