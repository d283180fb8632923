//! The history of a ticket: its transactions, and what each may change.
//!
//! Data only. Deliberately absent: the fold over it (`state`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::Attachment;
use crate::ticket::effect::Timer;
use crate::ticket::liaison::Asked;
use crate::ticket::matter::{Excerpt, KeptLine};
use crate::ticket::merge::Merged;
use crate::ticket::procedure::request::RequestChange;
use crate::ticket::proof::waiting::Waiting;
use crate::ticket::sitting::SittingChange;
use crate::ticket::standing::Standing;
use crate::ticket::stay::Stay;
use crate::types::{Address, Locale, Mailbox, PersonId, Position, QueueName, Sequence, TicketId};

/// Where a ticket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody has answered or taken it.
    New,
    /// Somebody works on it.
    Open,
    /// It waits for something outside.
    Stalled,
    /// It is done.
    Resolved,
    /// It was refused, or is spam.
    Rejected,
}

impl Status {
    /// Whether it still needs somebody.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::New | Self::Open | Self::Stalled)
    }
}

/// How soon a ticket wants somebody, as a member put it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before all others.
    High,
    /// In its turn.
    #[default]
    Normal,
    /// After all others.
    Low,
}

impl Priority {
    /// Whether nobody put it anywhere.
    #[must_use]
    pub const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

/// Who caused a transaction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// Somebody of the register.
    Person(PersonId),
    /// Somebody known by an address only.
    Outside(Address),
    /// lotse itself, by a timer or a rule.
    Program,
}

/// One line of a ticket's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its place in the history.
    pub sequence: Sequence,
    /// When the event behind it happened (`received_at` of a mail, due time of a timer).
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// How surely: the rung of the proof ladder, 0 to 3.
    pub rung: u8,
    /// Whether it stays inside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// The accepted message it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Position>,
    /// What changed.
    pub change: Change,
}

/// What a transaction changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Change {
    /// The ticket begins.
    Create {
        /// Its first queue.
        queue: QueueName,
        /// The subject, cleaned; may be empty.
        subject: String,
        /// Who asks.
        requestors: Vec<Mailbox>,
        /// The language of what goes to them.
        locale: Locale,
        /// A ticket it was split from or may belong to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        linked: Option<TicketId>,
        /// A filter or a trusted verdict condemned it: no receipt, no copies.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        suspect: bool,
        /// The Message-ID that began it, for threading.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
    },
    /// Words of the requestor or from outside, to us.
    Receive {
        /// Who wrote.
        from: Mailbox,
        /// Its new text.
        text: Excerpt,
        /// What is attached to it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
        /// Its Message-ID, for threading.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        /// Whose reply address it came to, where that is somebody else's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key_of: Option<Address>,
    },
    /// Words to the requestor.
    Correspond {
        /// What was sent.
        text: Excerpt,
        /// The same, where it was written before: no message of the archive holds it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        canned: Option<String>,
        /// What of it stays in the outbox for a while; nothing: it left at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stay: Option<Box<Stay>>,
    },
    /// Words that stay inside.
    Comment {
        /// What was said.
        text: Excerpt,
    },
    /// An answer waits for a yes of its author.
    Hold {
        /// The answer.
        held: Box<Held>,
    },
    /// A held answer is settled.
    Release {
        /// The transaction that held it.
        hold: Sequence,
        /// Whether it goes out; else it is dropped.
        sent: bool,
    },
    /// A machine wrote; filed, nothing more.
    Automatic {
        /// What kind of machine.
        what: String,
    },
    /// A message of ours did not arrive, or not yet.
    Undeliverable {
        /// Where.
        address: String,
        /// The status code, may be empty.
        status: String,
        /// The remote server's words.
        diagnostic: String,
        /// Whether it is for good.
        permanent: bool,
    },
    /// A message of ours was dropped because its time had passed, or a cap held it back.
    NotSent {
        /// To whom.
        address: Address,
        /// Why, as a word of the table: `best-before`, `cap`, `suspended`.
        why: String,
    },
    /// It belongs to somebody, or to nobody again.
    Owner {
        /// Whom.
        owner: Option<PersonId>,
    },
    /// It stands elsewhere.
    Status {
        /// Where.
        status: Status,
    },
    /// It should be done by then, or by no day any more.
    Due {
        /// The end of the last day.
        at: Option<Timestamp>,
    },
    /// It was spam: closed in silence.
    Spam,
    /// It works in another queue.
    Queue {
        /// Which.
        queue: QueueName,
    },
    /// It is called something else.
    Retitle {
        /// What.
        subject: String,
    },
    /// It wants somebody sooner, or later, than others.
    Priority {
        /// How soon.
        priority: Priority,
    },
    /// It has to do with another ticket, or no longer.
    Link {
        /// Which.
        ticket: TicketId,
        /// Whether.
        on: bool,
    },
    /// It ends, and everything that comes for it later goes to another ticket.
    Merge {
        /// To which.
        into: TicketId,
    },
    /// It takes over what comes for other tickets.
    Absorb {
        /// For which, with those of their people who take part from now on.
        merged: Vec<Merged>,
        /// Who asks here as well.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requestors: Vec<Mailbox>,
        /// Who gets the answers as well.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cc: Vec<Mailbox>,
        /// Who wants to be told as well.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        watchers: Vec<PersonId>,
    },
    /// Somebody practices on it: it is nobody else's, and counts nowhere.
    Practice {
        /// Who.
        person: PersonId,
    },
    /// A part of it is a ticket of its own from now on.
    Split {
        /// Which.
        into: TicketId,
    },
    /// Somebody more is served.
    AddCc {
        /// Whom.
        mailbox: Mailbox,
    },
    /// An address more is the requestor's.
    AddRequestor {
        /// Which.
        mailbox: Mailbox,
    },
    /// The requestor writes from this address too; answers go to the one he named.
    KnownAs {
        /// Which.
        address: Address,
    },
    /// Somebody wants to be told, or no longer.
    Watch {
        /// Who.
        person: PersonId,
        /// Whether.
        on: bool,
    },
    /// The requestor was asked whether this address may be added; asked once.
    AskedAddition {
        /// Which.
        address: Address,
    },
    /// A mail waits for its author's proof: a one-time code went to the registered address.
    Prove {
        /// What waits.
        waiting: Box<Waiting>,
    },
    /// A question was answered; its code is used up.
    Answered {
        /// The transaction that asked.
        question: Sequence,
    },
    /// A question was not answered in its time; its code counts no more, and nothing was done.
    Lapsed {
        /// The transaction that asked.
        question: Sequence,
    },
    /// A timer was armed.
    Arm {
        /// Which.
        timer: Timer,
        /// For when.
        at: Timestamp,
    },
    /// A timer fired or was disarmed.
    Disarm {
        /// Which.
        timer: Timer,
    },
    /// A step of a procedure.
    Request {
        /// What happened.
        change: RequestChange,
    },
    /// It is a task for a step of a request.
    TaskOf {
        /// Which request.
        request: TicketId,
        /// Which step.
        step: u16,
    },
    /// What these lines did was taken back.
    Undo {
        /// The first.
        first: Sequence,
        /// The last.
        last: Sequence,
        /// How the ticket stands now.
        standing: Box<Standing>,
    },
    /// What stood here was erased, and with the last of these everything that the ticket knew of
    /// anybody.
    Erased,
    /// A step of a meeting's date.
    Sitting {
        /// What happened.
        change: SittingChange,
    },
    /// An answer left that had stayed in the outbox until then.
    Leave {
        /// The transaction that recorded it.
        answer: Sequence,
    },
    /// It is one date of a liaison task, and how far that is.
    Liaison {
        /// Which, and how far.
        asked: Asked,
    },
}

/// What somebody wrote in a member's name without proving it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who wrote, by his own claim.
    pub from: Mailbox,
    /// The words for the requestor, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Excerpt>,
    /// What was attached to them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Keyword lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<KeptLine>,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// The requestor: may this address be added?
    Addition(Address),
    /// Somebody in whose name a mail came: was it you?
    Proof(Box<Waiting>),
}

/// Why an answer waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldFor {
    /// A line in it was not understood, or may have been meant as a keyword.
    #[default]
    Line,
    /// A colleague answered first.
    Colleague(PersonId, Option<Excerpt>),
    /// It answers what is internal.
    Internal,
}

/// An answer that waits for its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Who wrote it.
    pub by: PersonId,
    /// The words that would go out without the doubtful line.
    pub text: Excerpt,
    /// The words with it.
    pub whole: Excerpt,
    /// Why it waits.
    #[serde(default)]
    pub why: HeldFor,
    /// The line that was not understood; empty where something else holds it.
    pub line: String,
    /// The keyword lines that were probably meant, ready to be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meant: Vec<KeptLine>,
    /// Keyword lines that were understood and wait with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<KeptLine>,
    /// What goes out with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The message it stands in.
    pub message: Position,
}
