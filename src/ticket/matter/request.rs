//! What notices about requests are made of.
//!
//! Deliberately absent: what is said of messages and keywords (`talk`), wording (`notice`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ticket::matter::{Excerpt, Quoted};
use crate::ticket::procedure::sheet::{DecisionSheet, What};
use crate::ticket::sitting::Query;
use crate::ticket::tally::{Verdict, Votes};
use crate::types::{Locale, TicketId};

/// A fact of a request, as a question or an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactLine {
    /// The label in the reader's language.
    pub label: String,
    /// What is known; empty where it is asked for.
    pub value: String,
}

/// A rule text that goes along with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPart {
    /// Which.
    pub text: String,
    /// In which version.
    pub version: u16,
    /// In which language.
    pub locale: Locale,
}

/// What a mail about a request has to say beside facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "remark", rename_all = "kebab-case")]
pub enum Remark {
    /// The reader's mail speaks of an attachment and had none.
    NothingAttached,
    /// Somebody else gave another value: which holds?
    Contested {
        /// What it is about.
        label: String,
        /// The value that is known.
        known: String,
        /// The other one.
        value: String,
        /// Who gave it.
        by: String,
    },
    /// A rule text is attached, to be agreed to.
    TextAttached {
        /// What it is called.
        title: String,
        /// In which version.
        version: u16,
        /// Whether the reader agreed before he had it: one word confirms it.
        noted: bool,
    },
    /// Somebody's consent counts.
    Agreed {
        /// What the text is called.
        title: String,
        /// In which version.
        version: u16,
        /// Since when.
        at: Timestamp,
    },
    /// One paper counts for several things, because it was not said for which.
    CountsForAll {
        /// Which.
        paper: String,
        /// For what.
        things: Vec<String>,
    },
    /// A link was noted; a copy is wanted.
    CopyWanted {
        /// Of what.
        label: String,
    },
    /// A value was given that does not do, and no other is near.
    Unfit {
        /// What it is about.
        label: String,
        /// The value.
        value: String,
    },
    /// Who speaks for the unit was asked to support the request.
    SupportAsked,
    /// Somebody was asked to sign as well.
    SignatureAsked {
        /// Who.
        name: String,
    },
}

/// One point of the course of a request, for a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// Who; nothing where lotse did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Who was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Excerpt>,
}

/// What somebody said who had to, for a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Who.
    pub who: String,
    /// Whether it was a yes.
    pub granted: bool,
    /// When.
    pub at: Timestamp,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Excerpt>,
}

/// The sheet of one decision, for a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPage {
    /// The request.
    pub ticket: TicketId,
    /// What the procedure is called.
    pub title: String,
    /// What the meeting that decided is called, and who led it.
    pub meeting: Option<(String, String)>,
    /// Who decided or recorded it; nothing where nobody was against it.
    pub decider: Option<String>,
    /// Those who were asked, and what they said.
    pub said: Vec<Said>,
    /// What is known.
    pub facts: Vec<FactLine>,
    /// The papers, each with the beginning of its sum.
    pub papers: Vec<FactLine>,
    /// What happened when.
    pub course: Vec<Milestone>,
    /// The record itself: it goes along as a file.
    pub sheet: Box<DecisionSheet>,
}

/// Why somebody gets mail of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// The reader asked here.
    Requestor,
    /// It is the reader's.
    Owner,
    /// The reader watches it.
    Watcher,
    /// It is nobody's, and the reader chose everything of this queue.
    Each,
    /// It is somebody else's: the reader gets no copies of it.
    Owned,
    /// The reader chose only what is the own.
    Mine,
    /// The reader chose the digest.
    Digest,
    /// The reader chose nothing.
    Nothing,
    /// The reader was asked something.
    Asked,
}

/// A day of a deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedDay {
    /// Its noon.
    pub at: Timestamp,
    /// Whether it counts.
    pub counts: bool,
    /// The pause that it lies in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<String>,
}

/// How a ticket stands and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// What the procedure is called, if it is a request.
    #[serde(default)]
    pub title: Option<String>,
    /// What is known.
    #[serde(default)]
    pub facts: Vec<FactLine>,
    /// Labels of what is missing.
    #[serde(default)]
    pub missing: Vec<String>,
    /// What it waits for: `facts`, `silence`, `confirmation`, `decision`, `people`.
    #[serde(default)]
    pub waits: Option<String>,
    /// Until when.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// From when the days count.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// The days, one by one.
    #[serde(default)]
    pub days: Vec<CountedDay>,
    /// Whether the end is later than they say: nobody could be heard for a while, or the clock
    /// stood still.
    #[serde(default)]
    pub extended: bool,
    /// Since when the clock stands still.
    #[serde(default)]
    pub stopped_at: Option<Timestamp>,
    /// Why the reader gets mail of it.
    #[serde(default)]
    pub because: Option<Because>,
    /// Whether the reader may answer and change, by a membership of which queue, and whether that
    /// is inherited.
    #[serde(default)]
    pub access: Option<(bool, String, bool)>,
}

/// A pause of the site, for somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// What it is called, in the reader's language.
    pub name: String,
    /// The first working hour after it.
    pub back_at: Timestamp,
}

/// Why a ballot comes once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BallotAgain {
    /// The answer said neither yes nor no.
    Unclear,
    /// Somebody voted in the reader's name without proof.
    Unproven,
    /// The vote has ended.
    Late,
}

/// A request on an agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgendaItem {
    /// Its ticket.
    pub ticket: TicketId,
    /// What the procedure is called.
    pub title: String,
    /// Who asks.
    pub from: String,
    /// What is known.
    pub facts: Vec<FactLine>,
    /// Who is against it.
    pub objections: Vec<Quoted>,
    /// Since when its clock stands still.
    pub since: Option<Timestamp>,
}

/// A line about a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteLine {
    /// The request, if one is meant for sure.
    pub ticket: Option<TicketId>,
    /// What its procedure is called.
    pub title: String,
    /// What was decided.
    pub verdict: Option<Verdict>,
    /// With how many votes.
    pub votes: Option<Votes>,
    /// What is asked, or was not done.
    pub query: Option<Query>,
    /// The line as written, shortened.
    pub line: String,
    /// The next meeting, for what is postponed.
    pub next_at: Option<Timestamp>,
}

/// What a team is to do for a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// What the procedure says, for a reader.
    Text(String),
    /// To lead an address here.
    Bind(String),
    /// To look after a program, and do its work where that is undone.
    Program {
        /// Its name.
        program: String,
        /// Whether nobody knows how far it came; else it failed.
        is_unknown: bool,
        /// What it wrote, shortened.
        output: String,
    },
}

/// Why somebody is asked now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asking {
    /// It is time.
    #[default]
    First,
    /// Nothing came yet.
    Again,
    /// A promise to others was not kept.
    Overdue,
    /// As a higher body, with the whole history.
    Body,
    /// As who speaks for the unit that the request is for.
    Support,
}

/// One thing that happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happened,
    /// Who, or how many times.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// In that person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Excerpt>,
}

/// What happened to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happened {
    /// It was complete.
    Complete,
    /// It was published.
    Announced,
    /// Somebody objected.
    Objected,
    /// Somebody who was asked said yes.
    Granted,
    /// Somebody who was asked said no.
    Refused,
}
