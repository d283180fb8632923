//! What a digest says: data only; the words come from templates in the reader's language.
//!
//! Deliberately absent: how it is gathered (`digest`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::{Every, Scope};
use crate::ticket::history::Priority;
use crate::ticket::inbox::Waiting;
use crate::ticket::matter::{Doubt, Excerpt};
use crate::ticket::quarantine::Lying;
use crate::types::{Address, QueueName, TicketId};

/// Why a line of a digest needs its reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The reader was asked something about a request.
    Asked {
        /// What the procedure is called.
        title: String,
        /// Until when, where there is an end.
        until: Option<Timestamp>,
    },
    /// Somebody must say whether words are an objection, or how a request goes on.
    Undecided {
        /// What the procedure is called.
        title: String,
        /// Whose words, where that is what is undecided.
        of: Option<String>,
    },
    /// The reader has it, and it should have been done by then.
    Due {
        /// The end of the last day.
        until: Timestamp,
    },
    /// The reader has it, and its requestor waits.
    Yours,
    /// Who has it is away.
    Away {
        /// Who.
        name: String,
        /// The end of the last day.
        until: Timestamp,
    },
    /// Nobody has it, or an answer is held back.
    #[default]
    Nobodys,
}

/// A line of a digest that needs its reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestItem {
    /// The ticket.
    pub ticket: TicketId,
    /// Who asks.
    pub from: String,
    /// The subject, may be empty.
    pub subject: String,
    /// Since when it waits.
    pub at: Timestamp,
    /// The first words, shortened.
    pub excerpt: Option<Excerpt>,
    /// Why its author is doubted.
    pub doubt: Option<Doubt>,
    /// Whether an answer is held back.
    #[serde(default)]
    pub held: bool,
    /// Whose answer that is, where one word of the reader releases it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// How soon it wants somebody.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
    /// Why it needs the reader.
    #[serde(default)]
    pub need: Need,
}

/// Everything else that a digest says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How often the reader gets it.
    pub every: Every,
    /// Of what.
    pub scope: Scope,
    /// At which hour of the reader's day.
    #[serde(default)]
    pub hour: i8,
    /// Whether it lists what came within the last day too, because copies of that did not leave.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_whole: bool,
    /// What waited for the digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub news: Vec<Waiting>,
    /// What ends when, the next first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deadlines: Vec<Deadline>,
    /// What has fewer responsible people than it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<Lacking>,
    /// Renewals of consents that are not whole yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renewals: Vec<Renewing>,
    /// Breaches of the rules that are to be looked at again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaches: Vec<Following>,
    /// Queues that do not keep their promise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neglected: Vec<Neglected>,
    /// The last weeks in numbers; nothing in a daily digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
    /// What goes wrong, for those who look after the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Troubles>,
}

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// The ticket.
    pub ticket: TicketId,
    /// What the procedure or the meeting is called.
    pub title: String,
    /// When.
    pub at: Timestamp,
    /// What ends then.
    pub what: Ends,
    /// Who objects, is asked, or what is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// The time for objections: nobody has objected.
    Window,
    /// The time in which somebody is to answer or a team to be done.
    Step,
    /// The requestor is reminded, or the request expires.
    Facts,
    /// A vote by mail.
    Vote,
    /// A meeting begins.
    Meeting,
    /// Nothing: an objection stands, and a meeting decides. Then `at` is when the ticket began.
    Objection,
    /// Nothing any more: another team should have answered by then.
    Overdue,
}

/// A renewal of consents that is not whole yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewing {
    /// What the text is called.
    pub title: String,
    /// In which version.
    pub version: u16,
    /// How many agreed.
    pub agreed: usize,
    /// How many were asked.
    pub asked: usize,
    /// Who has not.
    pub missing: Vec<String>,
}

/// A breach of the rules that is to be looked at again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// Its ticket.
    pub ticket: TicketId,
    /// Whose it is.
    pub name: String,
    /// Whether it is a suspension.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspension: bool,
    /// When it was recorded.
    pub at: Timestamp,
    /// When its person wrote last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// How many warnings are open.
    pub warnings: u16,
}

/// A queue or unit with fewer responsible people than it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// What people call it.
    pub name: String,
    /// Whether it is a unit.
    pub is_unit: bool,
    /// Who is responsible.
    pub people: Vec<String>,
    /// How many it needs.
    pub minimum: u16,
}

/// A queue that does not keep its promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neglected {
    /// The queue.
    pub queue: QueueName,
    /// Days within which an answer is promised.
    pub promised: u16,
    /// How many wait longer.
    pub count: u32,
    /// Whether there are more than were counted.
    pub more: bool,
    /// The one that waits longest, and since when.
    pub oldest: (TicketId, Timestamp),
}

/// The last weeks in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// Begun in the span that the digest is about.
    pub opened: u32,
    /// Ended in it.
    pub closed: u32,
    /// Open now.
    pub open: u32,
    /// Open when the span began.
    pub before: u32,
    /// First answers in it: within a day, three days, a week, later.
    pub answered: [u32; 4],
    /// What has been nobody's for longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<(TicketId, Timestamp)>,
    /// Week by week, the oldest first.
    pub weeks: Vec<Week>,
    /// Queue by queue, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<QueueLine>,
}

/// One week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// Its Monday.
    pub monday: Date,
    /// Begun.
    pub opened: u32,
    /// Ended.
    pub closed: u32,
    /// Open at its end, or now.
    pub open: u32,
}

/// One queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueLine {
    /// Which.
    pub queue: QueueName,
    /// Open now.
    pub open: u32,
    /// Of these, nobody's.
    pub nobodys: u32,
    /// Begun in the span.
    pub opened: u32,
    /// Ended in it.
    pub closed: u32,
}

/// What goes wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Troubles {
    /// Messages that were set aside.
    pub quarantined: u32,
    /// Of these, the last.
    #[serde(default)]
    pub lying: Vec<Lying>,
    /// Addresses that get no automatic mail for a time.
    #[serde(default)]
    pub stopped: Vec<Address>,
    /// Addresses that mail did not reach.
    #[serde(default)]
    pub suspended: Vec<Address>,
    /// Whether any of it is new since the last digest.
    #[serde(default)]
    pub is_new: bool,
}

impl Troubles {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.quarantined == 0 && self.stopped.is_empty() && self.suspended.is_empty()
    }
}
