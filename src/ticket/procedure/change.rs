//! What may happen to a request of a procedure: one variant for each transition.
//!
//! Deliberately absent: what each does to the request (`progress`), why it happens (the steps).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::desk::step::By;
use crate::desk::{Consent, Procedure};
use crate::ticket::matter::Excerpt;
use crate::ticket::procedure::proofs::{Contested, Paper, SentText, Signature};
use crate::ticket::procedure::request::shared;
use crate::ticket::procedure::sheet::DecisionSheet;
use crate::ticket::proof::Purpose;
use crate::ticket::state::Actor;
use crate::ticket::tally::{Poll, Votes};
use crate::types::{Address, PersonId, TicketId};

/// What happens to a request of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum RequestChange {
    /// It begins with this procedure, kept as it was.
    Begin {
        /// The procedure as it reads now.
        #[serde(with = "shared")]
        procedure: Arc<Procedure>,
    },
    /// A fact was understood.
    Fact {
        /// Which.
        name: String,
        /// What, for a reader.
        value: String,
        /// Whom of the register it names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<PersonId>,
        /// Whether the value does not do: the fact is asked for anew.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unfit: bool,
    },
    /// The requestor was asked for these facts.
    Asked {
        /// Which, by name.
        missing: Vec<String>,
    },
    /// Everything required is there.
    Complete {
        /// Since when: `received_at` of the mail that brought the last fact.
        since: Timestamp,
    },
    /// Nothing came for too long. Nobody refused it.
    Expire,
    /// An answer takes an expired request up where it stood.
    TakeUp,
    /// The next step begins.
    Step {
        /// Its place in the procedure, from 0.
        step: u16,
    },
    /// It was published; the transaction's number stands in the Message-IDs.
    Announced {
        /// Where.
        to: Vec<Address>,
    },
    /// The window opened, anew or for the first time.
    Open {
        /// From when silence counts.
        opens_at: Timestamp,
        /// Until when.
        ends_at: Timestamp,
        /// Whether the same window begins anew.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        anew: bool,
    },
    /// The window is longer than promised, because the daemon or a door was silent.
    Extend {
        /// Until when.
        ends_at: Timestamp,
        /// How long they were silent.
        silent_span: SignedDuration,
        /// Outages that ended up to then are counted with it.
        #[serde(default)]
        heard_at: Timestamp,
    },
    /// Not everybody was reached: it was published to them again, and silence counts for its whole
    /// span once more. The transaction's number stands in the Message-IDs.
    Repeated {
        /// Who was not reached.
        to: Vec<Address>,
        /// Until when.
        ends_at: Timestamp,
    },
    /// It goes on although these were not reached: mail to them was refused before, or when it was
    /// published again.
    Unreached {
        /// Who.
        to: Vec<Address>,
    },
    /// Somebody objected: the clock stands still.
    Object {
        /// Who.
        by: Actor,
        /// When it was received.
        at: Timestamp,
        /// Whether it is certain.
        standing: Standing,
        /// The words.
        text: Excerpt,
    },
    /// Somebody was asked something; the transaction's number stands in the reply address.
    Question {
        /// Whom.
        by: Actor,
        /// At which address.
        address: Address,
        /// What.
        about: About,
        /// Whose objection, where the reader is asked about somebody else's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<Actor>,
    },
    /// The author of an objection says that it is one.
    Confirm {
        /// Who.
        by: Actor,
    },
    /// The registered person says that it was none: it never was.
    Deny {
        /// Who.
        by: Actor,
    },
    /// The clock runs again with what was left.
    Resume {
        /// Until when.
        ends_at: Timestamp,
    },
    /// Somebody who may not object was told that it is read and does not stop the clock.
    ToldNotCounted {
        /// Who.
        by: Actor,
    },
    /// An objection is withdrawn.
    Withdraw {
        /// Whose.
        by: Actor,
    },
    /// The window ended with nobody against it.
    Close,
    /// It waits for people to decide.
    Agenda {
        /// Why, as a word of the table: `restarts`, `late-objection`, `not-announced`, `person`.
        why: String,
    },
    /// A step `apply` was done.
    Applied {
        /// Its place in the procedure.
        step: u16,
    },
    /// The request ended.
    End {
        /// Whether it was granted.
        granted: bool,
    },
    /// It stands on the agenda of a meeting.
    Tabled {
        /// Which meeting, by its short name.
        meeting: String,
        /// Which date of it, as a ticket.
        sitting: TicketId,
    },
    /// It left the agenda without a decision.
    Untabled,
    /// A meeting or a vote decided: what it waited for is over.
    Ruled {
        /// What was decided.
        ruling: Box<Ruling>,
    },
    /// A vote by mail began.
    PollOpened {
        /// Who may vote.
        voters: Vec<PersonId>,
        /// Until when.
        ends_at: Timestamp,
    },
    /// Somebody voted; the last vote of a person counts. Shown to nobody.
    Ballot {
        /// Who.
        by: PersonId,
        /// What.
        choice: Choice,
    },
    /// A vote takes longer than promised, because the daemon or a door was silent.
    PollExtended {
        /// Until when.
        ends_at: Timestamp,
        /// Outages that ended up to then are counted with it.
        heard_at: Timestamp,
    },
    /// A vote ended and was counted, once.
    PollClosed {
        /// The votes.
        votes: Votes,
        /// What came of it.
        poll: Poll,
    },
    /// A paper came.
    Paper {
        /// Which.
        paper: Box<Paper>,
    },
    /// A mail speaks of an attachment and has none.
    NothingAttached,
    /// The requestor was told so.
    AttachmentAsked,
    /// A rule text goes along with the next question.
    TextSent {
        /// Which.
        sent: SentText,
    },
    /// Somebody agreed to a rule text that he has.
    Agreed {
        /// By which fact.
        name: String,
        /// The consent.
        consent: Box<Consent>,
    },
    /// Somebody agreed to a rule text before it was sent: it is noted, and confirmed later.
    AgreementNoted {
        /// By which fact.
        name: String,
    },
    /// Somebody's signature is wanted, or was asked for, given, refused.
    Signature {
        /// By which fact.
        name: String,
        /// How it stands.
        signature: Box<Signature>,
    },
    /// The record of the decision.
    Sheet {
        /// The sheet.
        sheet: Box<DecisionSheet>,
    },
    /// Somebody else gave another value: the requestor is asked.
    Contested {
        /// For which fact.
        name: String,
        /// Which value, and who gave it.
        contested: Contested,
    },
    /// The step where it stands waits for people, another ticket or time.
    Await {
        /// By when it should be done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at: Option<Timestamp>,
    },
    /// Somebody who was asked answered; who, stands in the transaction.
    Verdict {
        /// At which step.
        step: u16,
        /// For which of those who must answer there, from 0.
        seat: u16,
        /// Whether it is a yes.
        granted: bool,
        /// The reason in the person's own words; of a no always.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Excerpt>,
    },
    /// Those who owe the step were reminded, or a broken promise was handed on.
    Chased {
        /// Whether it was handed on.
        escalated: bool,
    },
    /// A ticket in another team's queue was made for the step.
    Tasked {
        /// Which.
        ticket: TicketId,
    },
    /// The team reported back.
    Reported {
        /// On which ticket.
        ticket: TicketId,
        /// Whether it is done; else it cannot be.
        done: bool,
    },
    /// Somebody who speaks for the unit supports the request, or not.
    Support {
        /// Whether.
        granted: bool,
    },
    /// A higher body decides now.
    Escalate {
        /// Which.
        to: By,
        /// Why, in the words of who asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Excerpt>,
    },
    /// A mail of ours was sent through the bound address.
    Probed {
        /// Which.
        address: Address,
    },
    /// That mail came back through a door.
    Bound,
    /// A program is about to start.
    Started {
        /// At which step.
        step: u16,
        /// The how manyth time, from 1.
        attempt: u16,
    },
    /// A program ended, or nobody knows.
    Ran {
        /// At which step.
        step: u16,
        /// The how manyth time, from 1.
        attempt: u16,
        /// How.
        ending: Ending,
        /// What it wrote, shortened.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        output: String,
    },
    /// The requestor said whether help is needed.
    Help {
        /// What kind.
        kind: HelpKind,
        /// The words.
        text: Excerpt,
    },
    /// The votes of a meeting's decision are others than were recorded first.
    Recounted {
        /// The votes.
        votes: Votes,
    },
    /// What was published came back from there by a door: whatever becomes of it at single readers,
    /// it was distributed.
    Arrived {
        /// Where it was published.
        to: Address,
    },
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// By itself, with this code.
    Exited(i32),
    /// It took too long and was ended.
    TimedOut,
    /// It could not be started.
    NotStarted,
    /// lotse ended meanwhile: nobody knows how far it came.
    Unknown,
}

/// What kind of help somebody needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HelpKind {
    /// None.
    None,
    /// How things are done.
    Procedure,
    /// Something technical.
    Technical,
    /// No rule says.
    Undecided,
}

/// What a meeting or a vote decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Whether it is granted.
    pub granted: bool,
    /// The meeting, by its short name; nothing where people voted by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<String>,
    /// When it took place, or the vote ended.
    pub at: Timestamp,
    /// With how many votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<Votes>,
    /// The reason, in the words of who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Excerpt>,
    /// Who recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

/// A vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// For it.
    Yes,
    /// Against it.
    No,
    /// Neither.
    Abstain,
}

/// Whether an objection is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its author is proven and clear: it stands.
    Stands,
    /// Its author was asked.
    Asked,
    /// Nobody can be asked, or not again: the coordinator decides.
    Unclear,
}

/// What a question of a procedure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Whether these words are an objection, and the author's.
    Objection,
    /// Nothing; an answer may withdraw the objection that was taken down.
    Noted,
    /// Whether the objection is withdrawn.
    Withdrawal,
    /// A coordinator: whether an objection that nobody confirmed stands.
    Ruling,
    /// A voter: yes, no or neither.
    Ballot,
    /// Whether the reader signs the request as well.
    Signature,
    /// What a step waits for.
    Duty {
        /// At which step.
        step: u16,
        /// For which of those who must answer there, from 0.
        seat: u16,
    },
    /// The reason of a refusal at a step.
    Reason {
        /// At which step.
        step: u16,
        /// For which of those who must answer there, from 0.
        seat: u16,
    },
    /// Whether who speaks for the unit supports the request.
    Support,
    /// A clear word, where an answer about a step was none.
    Unclear {
        /// At which step.
        step: u16,
        /// For which of those who must answer there, from 0.
        seat: u16,
    },
}

impl About {
    /// What the code of such a question proves; nothing where an answer is words only.
    #[must_use]
    pub const fn purpose(self) -> Option<Purpose> {
        match self {
            Self::Objection => Some(Purpose::Object),
            Self::Withdrawal => Some(Purpose::Withdraw),
            Self::Ruling => Some(Purpose::Rule),
            Self::Signature => Some(Purpose::Cosign),
            Self::Ballot => Some(Purpose::Vote),
            Self::Duty { .. } | Self::Reason { .. } | Self::Unclear { .. } => Some(Purpose::Grant),
            Self::Support => Some(Purpose::Confirm),
            Self::Noted => None,
        }
    }
}
