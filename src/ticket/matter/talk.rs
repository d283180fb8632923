//! What notices about messages, keywords and addresses are made of.
//!
//! Deliberately absent: what is said of requests (`request`), wording (`notice`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::Attachment;
use crate::ticket::history::{Priority, Status};
use crate::types::{Position, TicketId};

/// Words of an accepted message, referred to and not copied: the message and which of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The message in the archive.
    pub message: Position,
    /// Ranges of lines of its text, first included, last excluded, in order.
    pub lines: Vec<(u32, u32)>,
    /// Lines that begin with a keyword, and how many of their characters are left out with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<(u32, u32)>,
}

/// A file of an accepted message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosed {
    /// The message in the archive.
    pub message: Position,
    /// The file in it.
    pub attachment: Attachment,
}

/// Words of a requestor below an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Who wrote them.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// The words.
    pub text: Excerpt,
}

/// Why a ticket comes back to who works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// This colleague gave it to the reader.
    Given(String),
    /// It rested until today.
    Rested,
    /// It waited for words from outside, and none came.
    Unanswered,
    /// It should be done by then, which is today.
    Due(Timestamp),
}

/// Why an author is not taken at his word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// A trusted server's verdict failed it, or the filter condemned it.
    Suspect,
    /// It claims to belong to a ticket and proves nothing.
    ClaimsTicket,
    /// It came on another person's reply address.
    OtherAddress,
    /// It names a person of the register and proves nothing.
    Unproven,
}

/// One line of keywords and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultLine {
    /// The ticket it concerned.
    pub ticket: Option<TicketId>,
    /// The line as written, shortened.
    pub line: String,
    /// What became of it: the name of a text in the template's table (`taken`, `closed`, ..).
    pub outcome: ResultKind,
    /// A name that the text mentions: the owner, the queue, the keyword that was meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// A moment that the text mentions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What the text says besides.
    #[serde(default, skip_serializing_if = "Aside::is_none")]
    pub aside: Aside,
    /// What was probably meant, ready to be done on the reader's yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<KeptLine>,
}

impl ResultLine {
    /// Whether a member did something with it that can be taken back.
    #[must_use]
    pub const fn is_undoable(&self) -> bool {
        let is_done = matches!(
            self.outcome,
            ResultKind::Taken
                | ResultKind::TakenFrom
                | ResultKind::Closed
                | ResultKind::Reopened
                | ResultKind::CcAdded
                | ResultKind::Spam
                | ResultKind::Moved
                | ResultKind::Retitled
                | ResultKind::Assigned
                | ResultKind::AssignedAway
                | ResultKind::Unassigned
                | ResultKind::Resting
                | ResultKind::Awaiting
                | ResultKind::DueSet
                | ResultKind::DueUnset
                | ResultKind::Urgent
                | ResultKind::InTurn
                | ResultKind::HasTime
                | ResultKind::Linked
                | ResultKind::Unlinked
                | ResultKind::Merged
                | ResultKind::Split
                | ResultKind::Watching
                | ResultKind::Unwatched
                | ResultKind::Leaves
        );
        is_done && self.aside.tried.is_none() && self.ticket.is_some()
    }
}

/// What a result says of a line besides what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// How the ticket stands now, where that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stands: Vec<Stand>,
    /// What left and cannot be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// The words that were sent and written before; shown where it was only tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// It was only tried: who would get mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Vec<String>>,
}

impl Aside {
    /// Nothing.
    pub const NONE: Self = Self { stands: Vec::new(), left: Vec::new(), text: None, tried: None };

    /// Whether it says nothing.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.stands.is_empty()
            && self.left.is_empty()
            && self.text.is_none()
            && self.tried.is_none()
    }
}

/// How a ticket stands, in one respect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stand {
    /// With this person, or nobody.
    Owner(Option<String>),
    /// Where.
    Status(Status),
    /// In this queue.
    Queue(String),
    /// Under this subject.
    Subject(String),
    /// So soon.
    Priority(Priority),
    /// With the tickets that had to do with it before.
    Bonds,
    /// To be done by then, or by no day.
    Due(Option<Timestamp>),
    /// With the people who took part before.
    People,
    /// As before in every other respect.
    Rest,
    /// From the begin of this day on.
    From(Timestamp),
}

/// What left with a deed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// An answer, to this person.
    Answer(String),
    /// Words inside.
    Words,
    /// These people were shown the ticket.
    Shown(Vec<String>),
    /// Nothing: the answer to this person was caught before it left.
    Caught(String),
}

/// A keyword line that was understood and waits, ready to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLine {
    /// The line with its marker.
    pub line: String,
    /// The words that belong to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Excerpt>,
    /// The message that these words were quoted from, if a notice of ours showed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotes: Option<Position>,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultKind {
    /// It is now the author's.
    Taken,
    /// It was somebody else's before: `detail`.
    TakenFrom,
    /// It was already so; nothing changed. `detail` names who did it, if known.
    Already,
    /// It is done.
    Closed,
    /// It is open again.
    Reopened,
    /// It was said inside.
    Commented,
    /// `detail` gets the answers as well from now on.
    CcAdded,
    /// It is spam.
    Spam,
    /// It is in queue `detail` now.
    Moved,
    /// It is called `detail` now.
    Retitled,
    /// The choice of notices is `detail` now.
    NotifySet,
    /// The answer went out to `detail`.
    Answered,
    /// Not understood; `detail` is the keyword that may have been meant.
    NotUnderstood,
    /// The author may not do this here.
    NotAllowed,
    /// There is no such ticket, or it is none of the author's.
    NoTicket,
    /// It says for no ticket what is to be done.
    NoNumber,
    /// An argument is missing or wrong; `detail` says what belongs there.
    BadArgument,
    /// It stood where keywords do not count: below a signature or an old message.
    NotCounted,
    /// Nothing was done because the words had no keyword.
    NoEffect,
    /// Said inside only, but the author's own program sent a copy to `detail` as well.
    CopyLeft,
    /// A held answer was not sent, as its author wished, or a colleague: `detail`.
    NotSent,
    /// Automatic mail goes to `detail` again.
    Resumed,
    /// No automatic mail goes to `detail` any more.
    Blocked,
    /// A held answer of `detail` has gone out, to the colleague who released it.
    Released,
    /// The reader's held answer has gone out, released by `detail`.
    ReleasedBy,
    /// A held answer of `detail` stays inside, to the colleague who decided so.
    Withheld,
    /// A digest has no more than was shown.
    NoMore,
    /// A higher body decides now.
    Escalated,
    /// No higher body is named for it.
    NoBody,
    /// These tickets hold what was looked for: `detail`.
    Found,
    /// No ticket holds what was looked for.
    NothingFound,
    /// The site keeps no index of words.
    NoSearch,
    /// It is with `detail` now.
    Assigned,
    /// It is with `detail` now, who is away until then.
    AssignedAway,
    /// It is with nobody again.
    Unassigned,
    /// `detail` may not write in its queue.
    NotServing,
    /// Nobody of that name is known; `detail` names the nearest.
    NoPerson,
    /// It rests until then.
    Resting,
    /// It waits for an answer from outside, until then at the longest.
    Awaiting,
    /// It should be done by then.
    DueSet,
    /// No day is set for it any more.
    DueUnset,
    /// No day to come stands there.
    NoDay,
    /// It is closed: what was asked for makes sense for open ones only.
    Ended,
    /// Its procedure says how it goes on.
    Runs,
    /// The procedure of ticket `detail` says how that goes on.
    RunsThere,
    /// Ticket `detail` is closed as spam.
    EndedThere,
    /// It wants somebody before others.
    Urgent,
    /// It waits in its turn.
    InTurn,
    /// It wants somebody after others.
    HasTime,
    /// The reader is away until then; `detail` stands in.
    Away,
    /// The reader is there again.
    Back,
    /// These answers are written already: `detail`.
    Answers,
    /// No answers are written for the queue.
    NoAnswers,
    /// No answer of that name is written; these are: `detail`.
    NoSuchAnswer,
    /// Nobody asked who could be answered.
    NoRequestor,
    /// The writer's own words went out, so this answer did not.
    OwnWords,
    /// No such priority; three are known.
    NoPriority,
    /// It has to do with the tickets `detail` now.
    Linked,
    /// It has nothing to do with the tickets `detail` any more.
    Unlinked,
    /// What comes for it goes to ticket `detail` now.
    Merged,
    /// A part of it is ticket `detail` now.
    Split,
    /// Nothing from outside stands there that could be split off.
    NoPart,
    /// No other ticket is named.
    NoOther,
    /// The same ticket is named.
    Itself,
    /// More than one other ticket is named where one may be.
    OneOnly,
    /// The reader is told of everything about it.
    Watching,
    /// The reader is told of it no longer than others.
    Unwatched,
    /// Nothing waits for the reader.
    NothingWaits,
    /// The register is not for the reader; the name is of who may read it.
    NotReader,
    /// Somebody else changed it since, `detail`: is it to be done all the same?
    MovedOn,
    /// It was taken back: the ticket stands as before.
    Undone,
    /// There was nothing but words, which stay said.
    OnlySaid,
    /// The reader did nothing within `detail` hours that could be taken back.
    NothingToUndo,
    /// It was changed once more since, by `detail`.
    ChangedSince,
    /// Others act on it already, so it cannot be taken back.
    Lasts,
    /// Everything in the mail was only tried.
    OnlyTried,
    /// It sends a mail and changes nothing.
    Mails,
    /// The answer would go to `detail`; it did not.
    WouldAnswer,
    /// The words would stay inside; nobody has read them.
    WouldSay,
    /// A message that lay aside was decided anew, and stands on the tickets `detail`.
    Reread,
    /// It lies aside still: `detail` says why.
    StillAside,
    /// Messages that lay aside are dropped; they can be fetched back until then.
    Discarded,
    /// No such message lies aside.
    NothingLies,
    /// Several lie aside; `detail` names one.
    WhichAside,
    /// What its ticket asked for is erased.
    Erased,
    /// Nothing was erased; `detail` says why, if it is more than a no.
    NotErased,
    /// How the ticket stands, to its requestor: `detail` is `new`, `open`, `stalled` or `resolved`.
    Stands,
    /// `detail` has a warning; coordinators look again then.
    Warned,
    /// Something is on record of `detail`.
    Noted,
    /// The places of `detail` rest until then.
    Suspended,
    /// The suspension of `detail` is over.
    Returned,
    /// What was on record of `detail` is withdrawn.
    WarnWithdrawn,
    /// Nothing is on record of `detail` that this could be about.
    NoBreach,
    /// A reason is missing.
    NoReason,
    /// No rule text is called `detail`.
    NoRule,
    /// It is not clear who is meant; `detail` names who could be.
    WhoIsMeant,
    /// `detail` has no place in a queue that could rest.
    NothingRests,
    /// The reader's answer, to `detail`, stays in the outbox until then.
    Leaves,
    /// The reader will be away, to the end of that day; `detail` stands in.
    AwayLater,
    /// It came in the reader's name without proof; nothing was done.
    Unproven,
}

/// What made automatic mail to an address stop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Several in a row were answered at once.
    #[default]
    AtOnce,
    /// As many went there in a day as may.
    Count,
    /// Mail under subjects that had their receipt came from there again and again.
    Held,
    /// A receipt was answered at once, and not at its reply address.
    Echo,
    /// Mail from there came to one ticket without an hour's pause: members get no more copies.
    Thread,
    /// A member got as many results of keywords in a day as may.
    Results,
    /// A person there reported mail of ours as spam: it stays stopped until somebody writes from
    /// there or a coordinator resumes it.
    Complaint,
}
