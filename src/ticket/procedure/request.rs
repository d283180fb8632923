//! A request of a procedure, as far as it has come.
//!
//! The request is the fold of its [`RequestChange`]s. Deliberately absent: what each of them does
//! (`progress`), why something happens (`steps`, `collect`, `objection`), what days are (`window`).

pub use crate::ticket::procedure::change::{
    About, Choice, Ending, HelpKind, RequestChange, Ruling, Standing,
};

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Procedure;
use crate::desk::step::{By, Step};
use crate::ticket::matter::Excerpt;
use crate::ticket::procedure::proofs::Proofs;
use crate::ticket::procedure::sheet::{DecisionSheet, Milestone};
use crate::ticket::state::Actor;
use crate::ticket::tally::{Poll, Votes};
use crate::types::{Address, PersonId, Sequence, TicketId};

/// A procedure is kept with each request, and in memory once for all that began with it.
pub(super) mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::desk::Procedure;

    pub(crate) fn serialize<S: Serializer>(
        procedure: &Arc<Procedure>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Procedure::serialize(procedure, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Procedure>, D::Error> {
        Procedure::deserialize(deserializer).map(Arc::new)
    }
}

/// A vote by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polling {
    /// Who may vote.
    pub voters: Vec<PersonId>,
    /// When it began.
    pub opens_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Up to when outages are counted, if it was made longer for some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// The last vote of each. Shown to nobody, and forgotten once they are counted, unless the
    /// procedure says that the vote is open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ballots: BTreeMap<PersonId, Choice>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<(Votes, Poll)>,
}

/// The step where a request stands, while it waits for people, another ticket or time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The step.
    pub step: u16,
    /// Since when.
    pub since: Timestamp,
    /// By when it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// How often somebody was reminded.
    #[serde(default)]
    pub chased: u16,
    /// Whether a broken promise was handed on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escalated: bool,
    /// Its ticket in another team's queue, and whether that is done, once the team said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<(TicketId, Option<bool>)>,
    /// The bound address, and whether a mail came through it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<(Address, bool)>,
    /// The program: the how manyth attempt, and how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<(u16, Option<Ending>)>,
    /// What the program wrote.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// What somebody said who was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// At which step.
    pub step: u16,
    /// For which of those who must answer there.
    pub seat: u16,
    /// Who.
    pub by: Actor,
    /// Whether it is a yes.
    pub granted: bool,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Excerpt>,
    /// When.
    pub at: Timestamp,
    /// How surely.
    #[serde(default)]
    pub rung: u8,
}

/// A question that was put to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// To whom.
    pub by: Actor,
    /// At which address.
    pub address: Address,
    /// What about.
    pub about: About,
    /// Whose objection, where somebody else was asked about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Actor>,
    /// When.
    pub at: Timestamp,
    /// Whether its code is used up: it proves nothing a second time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
}

/// A request of a procedure, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The procedure it began with.
    #[serde(with = "shared")]
    pub procedure: Arc<Procedure>,
    /// The step it stands at.
    pub step: u16,
    /// What is known, for a reader.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
    /// Whom of the register facts name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub people: BTreeMap<String, PersonId>,
    /// What was given and does not do, for the question about it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unfit: BTreeMap<String, String>,
    /// When the last fact came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled_at: Option<Timestamp>,
    /// What the last question asked for, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<(Vec<String>, Timestamp)>,
    /// When everything required was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_at: Option<Timestamp>,
    /// When it expired, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
    /// The transactions that published it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announcements: Vec<Sequence>,
    /// Where the last announcement went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub announced_to: Vec<Address>,
    /// Addresses of announcements that refused them for good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<String>,
    /// Addresses of announcements that brought them back to us.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrived: Vec<String>,
    /// When it was published last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// Questions to people, by the transaction that asked; their keys stay good.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub questions: BTreeMap<Sequence, Question>,
    /// The objection window, once opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Why it waits for people to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agenda: Option<String>,
    /// Steps `apply` that were done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<u16>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<bool>,
    /// What the step where it stands waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// How surely who asks is known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rung: u8,
    /// What those said who were asked, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Verdict>,
    /// Who supports it or not, where it needs that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<(Actor, bool)>,
    /// The higher body that decides, once the request was handed to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<By>,
    /// How it came to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed: Option<Box<Handed>>,
    /// What kind of help was asked for, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<(HelpKind, Timestamp)>,
    /// What happened when, and who was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub course: Vec<Milestone>,
    /// On whose agenda it stands: the meeting's short name, and the date as a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tabled: Option<(String, TicketId)>,
    /// What a meeting or a vote decided last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Box<Ruling>>,
    /// The last vote by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polling: Option<Box<Polling>>,
    /// What proves it.
    #[serde(default, skip_serializing_if = "Proofs::is_empty")]
    pub proofs: Proofs,
    /// The record of what was decided last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Box<DecisionSheet>>,
}

/// How a request came to a higher body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// When.
    pub at: Timestamp,
    /// By whom: who was refused, or a member.
    pub by: Actor,
    /// Why, in that person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Excerpt>,
    /// What a meeting or a vote had decided before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
}

/// An objection window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// From when silence counts.
    pub opens_at: Timestamp,
    /// Until when, while the clock runs; else when it would have been.
    pub ends_at: Timestamp,
    /// Since when the clock stands still: `received_at` of the first objection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// Who objected and did not withdraw or deny.
    #[serde(default)]
    pub objections: Vec<Objection>,
    /// Who was asked whether plain words are an objection: once in a window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Actor>,
    /// Who was told that an objection of theirs does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Actor>,
    /// Whether it ended in silence.
    #[serde(default)]
    pub closed: bool,
    /// How often it began anew.
    #[serde(default)]
    pub restarts: u16,
    /// Up to when outages are counted, if it was made longer for some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// Whether it was published again to those who were not reached: once for a request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeated: bool,
}

/// An objection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// Whose.
    pub by: Actor,
    /// When it was received.
    pub at: Timestamp,
    /// Whether it is certain.
    pub standing: Standing,
    /// The words.
    pub text: Excerpt,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl Request {
    /// A request that begins.
    #[must_use]
    pub fn new(procedure: impl Into<Arc<Procedure>>) -> Self {
        let procedure = procedure.into();
        Self {
            procedure,
            step: 0,
            facts: BTreeMap::new(),
            people: BTreeMap::new(),
            unfit: BTreeMap::new(),
            filled_at: None,
            asked: None,
            complete_at: None,
            expired_at: None,
            announcements: Vec::new(),
            announced_to: Vec::new(),
            unreached: Vec::new(),
            arrived: Vec::new(),
            published_at: None,
            questions: BTreeMap::new(),
            window: None,
            agenda: None,
            applied: Vec::new(),
            granted: None,
            pending: None,
            rung: 0,
            verdicts: Vec::new(),
            support: None,
            body: None,
            handed: None,
            help: None,
            course: Vec::new(),
            tabled: None,
            ruling: None,
            polling: None,
            proofs: Proofs::new(),
            sheet: None,
        }
    }

    /// What the step where it stands waits for, if it waits.
    #[must_use]
    pub fn waits(&self) -> Option<&Pending> {
        self.pending.as_ref().filter(|pending| pending.step == self.step && !self.is_ended())
    }

    /// What was said at the step where it stands.
    pub fn verdicts_here(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.step == self.step)
    }

    /// Whether it has ended.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.granted.is_some()
    }

    /// Whether facts are still taken down.
    #[must_use]
    pub const fn is_collecting(&self) -> bool {
        self.complete_at.is_none() && self.granted.is_none()
    }

    /// The window whose silence counts now, stopped or not.
    #[must_use]
    pub fn open_window(&self) -> Option<&Window> {
        self.window.as_ref().filter(|window| !window.closed && !self.is_ended())
    }

    /// Whether the vote of this step says in the end who voted how.
    #[must_use]
    pub fn is_open_vote(&self) -> bool {
        matches!(self.procedure.step(self.step), Some(Step::Vote(vote)) if vote.open)
    }

    /// The vote that runs now.
    #[must_use]
    pub fn open_poll(&self) -> Option<&Polling> {
        self.polling.as_deref().filter(|polling| polling.result.is_none() && !self.is_ended())
    }
}
