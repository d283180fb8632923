//! Everything that can set the daemon going.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::{Message, ReversePath, Verdicts};
use crate::ticket::case::SeenKey;
use crate::ticket::effect::{Notice, Timer};
use crate::ticket::erasing::{Plan, Target};
use crate::ticket::matter::Excerpt;
use crate::ticket::procedure::request::Ending;
use crate::ticket::way_out::Finding;
use crate::types::{Address, Locale, OutboxId, PersonId, Position, QueueName, TicketId};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message was accepted.
    Mail(Box<MailEvent>),
    /// A timer is due.
    Timer {
        /// Which.
        timer: Timer,
        /// When it was due.
        due_at: Timestamp,
        /// When the daemon or a door was silent lately; decides with the ticket what counts.
        outages: Vec<Outage>,
    },
    /// A row of the outbox was handed to a server, or could not be.
    Submitted(Box<Submitted>),
    /// Something new about the way out.
    WayOut(Finding),
    /// A program that a request started has ended.
    Ran(Box<Ran>),
    /// A message was set aside because it could not be decided.
    Aside(Position),
    /// Somebody has a message that was set aside filed in a queue, whatever its decision would be.
    File(Box<MailEvent>, QueueName),
    /// A message that was set aside was decided anew, or was not.
    Again(Box<Again>),
    /// It is known what an erasure would do.
    Surveyed(Box<Surveyed>),
}

/// What an erasure would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// The ticket of the erasure.
    pub ticket: TicketId,
    /// What is to be erased.
    pub target: Target,
    /// Who asked.
    pub by: PersonId,
    /// The mail that asked.
    pub message: Position,
    /// What it would do, or why it does nothing.
    pub plan: Result<Plan, String>,
}

/// What became of a message that somebody had decided anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// Which.
    pub message: Position,
    /// Whether it was to be filed in a queue.
    pub queue: Option<QueueName>,
    /// Who said so.
    pub by: PersonId,
    /// The tickets that it stands on now, or why it is where it was.
    pub outcome: Result<Vec<TicketId>, String>,
}

/// How a program ended that a request started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// For which request.
    pub ticket: TicketId,
    /// At which step.
    pub step: u16,
    /// The how manyth time, from 1.
    pub attempt: u16,
    /// How.
    pub ending: Ending,
    /// What it wrote.
    pub output: String,
    /// When.
    pub at: Timestamp,
}

impl Event {
    /// A timer that is due, nothing having been silent.
    #[must_use]
    pub const fn timer(timer: Timer, due_at: Timestamp) -> Self {
        Self::Timer { timer, due_at, outages: Vec::new() }
    }
}

/// A time in which nobody could be heard: no daemon ran, or a door took nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Outage {
    /// Up to when everything was heard.
    pub from: Timestamp,
    /// From when on everything is heard again.
    pub to: Timestamp,
}

/// An accepted message, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEvent {
    /// Where it stands in the archive.
    pub position: Position,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// By which door.
    pub door: String,
    /// It lay in the mailbox before lotse came: no automatic mail because of it.
    pub is_backlog: bool,
    /// The octets of the whole message, where only its header was taken: it was too big.
    pub whole_bytes: Option<u64>,
    /// Where a delivery report would go.
    pub reverse_path: ReversePath,
    /// The recipients of the envelope.
    pub recipients: Vec<Address>,
    /// What was understood.
    pub message: Message,
    /// What trusted servers say.
    pub verdicts: Verdicts,
    /// The hashes by which it is recognized again.
    pub fingerprint: Fingerprint,
    /// What is new in its text, or all of it; made while it is parsed, on any core.
    pub words: Excerpt,
    /// The language of the author's own words, if they are enough to tell and it is one of ours;
    /// made while it is parsed as well.
    pub language: Option<Locale>,
    /// Whether its new text is only thanks, or a reaction; made while it is parsed.
    pub is_only_thanks: bool,
}

/// Hashes by which a message is recognized again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The key to look it up with: Message-ID, or the bytes without trace fields.
    pub key: SeenKey,
    /// Of From, Date, Subject without list tags, and the decoded parts.
    pub content: u64,
    /// Of each line of the text that is not blank, in order, bounded.
    pub lines: Vec<u32>,
}

/// What a way out said of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The row.
    pub id: OutboxId,
    /// What it holds.
    pub notice: Notice,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// What happened.
    pub outcome: SubmitOutcome,
}

/// What a way out said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitOutcome {
    /// Taken; the server's words.
    Sent(String),
    /// Not now.
    Transient(String),
    /// Never: status code and words.
    Permanent(String, String),
    /// The server takes nothing from this reverse-path: the words of its refusal.
    RefusedSender(String),
    /// Perhaps taken.
    Uncertain(String),
    /// It was not handed over, because the site has sent as much as it may; when it may go.
    Deferred(Timestamp),
    /// It was not handed over: why, as a word for the ticket.
    Dropped(String),
}
