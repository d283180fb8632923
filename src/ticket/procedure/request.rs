//! A request of a procedure: what happens to it, and how far it has come.
//!
//! The request is the fold of its [`RequestChange`]s. Deliberately absent: why something happens
//! (`steps`, `collect`, `objection`), what days are (`window`).
//! Size: every transition stands here once, with what it changes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::desk::procedure::Fact;
use crate::desk::step::{By, Step};
use crate::desk::{Consent, Procedure};
use crate::ticket::matter::Excerpt;
use crate::ticket::procedure::proofs::{self, Contested, Paper, Proofs, SentText, Signature};
use crate::ticket::procedure::sheet::{self, DecisionSheet, Milestone};
use crate::ticket::proof::Purpose;
use crate::ticket::state::{Actor, Change, Transaction};
use crate::ticket::tally::{Poll, Votes};
use crate::types::{Address, PersonId, Sequence, TicketId};

/// What happens to a request of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum RequestChange {
    /// It begins with this procedure, kept as it was.
    Begin {
        /// The procedure as it reads now.
        procedure: Box<Procedure>,
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
    pub procedure: Procedure,
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
    /// The higher body that decides, once it was handed to one by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<By>,
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
    pub const fn new(procedure: Procedure) -> Self {
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
            help: None,
            course: Vec::new(),
            tabled: None,
            ruling: None,
            polling: None,
            proofs: Proofs::new(),
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

    /// Changes the request by a transaction of its ticket. The only way a request changes.
    pub(crate) fn apply(&mut self, transaction: &Transaction) {
        if let Change::Request { change } = &transaction.change {
            self.apply_change(change, transaction);
            sheet::note(&mut self.course, change, transaction);
        }
        if let Change::Answered { question } = &transaction.change
            && let Some(question) = self.questions.get_mut(question)
        {
            question.used = true;
        }
        if let Change::Undeliverable { address, permanent: true, .. } = &transaction.change
            && self.announced_to.iter().any(|to| to.folded() == address.to_lowercase())
        {
            self.unreached.push(address.to_lowercase());
        }
    }

    fn apply_change(&mut self, change: &RequestChange, transaction: &Transaction) {
        let at = transaction.at;
        match change {
            RequestChange::Begin { .. } => self.rung = transaction.rung,
            RequestChange::Sheet { .. } => {}
            RequestChange::Fact { name, value, person, unfit } => {
                self.fill(name, value, *unfit);
                self.people.extend(person.clone().map(|person| (name.clone(), person)));
                self.filled_at = Some(at);
            }
            RequestChange::Asked { missing } => self.asked = Some((missing.clone(), at)),
            RequestChange::Complete { since } => self.complete_at = Some(*since),
            RequestChange::Expire => self.expired_at = Some(at),
            RequestChange::TakeUp => {
                self.expired_at = None;
                // The same may be asked again.
                self.asked = self.asked.take().map(|(asked, _)| (asked, Timestamp::MIN));
            }
            RequestChange::Step { step } => {
                self.step = *step;
                self.pending = None;
            }
            RequestChange::Announced { to } => {
                self.announcements.push(transaction.sequence);
                self.announced_to.clone_from(to);
                self.unreached.clear();
            }
            RequestChange::Question { by, address, about, of } => {
                let (by, address, about) = (by.clone(), address.clone(), *about);
                let question = Question { by, address, about, of: of.clone(), at, used: false };
                self.ask(transaction.sequence, question);
            }
            RequestChange::Open { opens_at, ends_at, anew } => {
                self.open(*opens_at, *ends_at, *anew);
            }
            RequestChange::Agenda { why } => self.agenda = Some(why.clone()),
            RequestChange::Applied { step } => self.applied.push(*step),
            RequestChange::End { granted } => {
                self.granted = Some(*granted);
                self.tabled = None;
            }
            RequestChange::Tabled { .. }
            | RequestChange::Untabled
            | RequestChange::Ruled { .. }
            | RequestChange::PollOpened { .. }
            | RequestChange::Ballot { .. }
            | RequestChange::PollExtended { .. }
            | RequestChange::PollClosed { .. } => self.apply_decision(change, at),
            RequestChange::Paper { .. }
            | RequestChange::NothingAttached
            | RequestChange::AttachmentAsked
            | RequestChange::TextSent { .. }
            | RequestChange::Agreed { .. }
            | RequestChange::AgreementNoted { .. }
            | RequestChange::Signature { .. }
            | RequestChange::Contested { .. } => self.apply_proof(change, at),
            RequestChange::Extend { .. }
            | RequestChange::Object { .. }
            | RequestChange::Confirm { .. }
            | RequestChange::Deny { .. }
            | RequestChange::Resume { .. }
            | RequestChange::ToldNotCounted { .. }
            | RequestChange::Withdraw { .. }
            | RequestChange::Close => {
                self.window.iter_mut().for_each(|window| window.apply(change));
            }
            _ => self.apply_pending(change, transaction),
        }
    }

    fn apply_pending(&mut self, change: &RequestChange, transaction: &Transaction) {
        let (at, by) = (transaction.at, transaction.by.clone());
        match change {
            RequestChange::Verdict { step, seat, granted, reason } => {
                let (step, seat, granted) = (*step, *seat, *granted);
                self.verdicts.push(Verdict { step, seat, by, granted, reason: reason.clone(), at });
            }
            RequestChange::Support { granted } => self.support = Some((by, *granted)),
            RequestChange::Escalate { to } => self.body = Some(to.clone()),
            RequestChange::Help { kind, .. } => self.help = Some((*kind, at)),
            RequestChange::Await { .. }
            | RequestChange::Chased { .. }
            | RequestChange::Tasked { .. }
            | RequestChange::Reported { .. }
            | RequestChange::Probed { .. }
            | RequestChange::Bound
            | RequestChange::Started { .. }
            | RequestChange::Ran { .. } => {
                let step = self.step;
                let pending = self.pending.get_or_insert_with(|| Pending::new(step, at));
                pending.apply(change);
            }
            _ => {}
        }
    }

    fn ask(&mut self, sequence: Sequence, question: Question) {
        if let (About::Objection, Some(window)) = (question.about, &mut self.window) {
            window.asked.push(question.by.clone());
        }
        self.questions.insert(sequence, question);
    }

    /// A fact is known, or what was given for it does not do.
    fn fill(&mut self, name: &str, value: &str, is_unfit: bool) {
        let (into, out_of) = if is_unfit {
            (&mut self.unfit, &mut self.facts)
        } else {
            (&mut self.facts, &mut self.unfit)
        };
        out_of.remove(name);
        into.insert(name.to_owned(), value.to_owned());
        self.people.remove(name);
        self.proofs.contested.remove(name);
        self.bind_papers(name);
    }

    /// What it waited for is over.
    fn rule(&mut self, ruling: &Ruling) {
        self.agenda = None;
        self.tabled = None;
        self.ruling = Some(Box::new(ruling.clone()));
        if let Some(window) = &mut self.window {
            window.closed = true;
        }
    }

    fn apply_decision(&mut self, change: &RequestChange, at: Timestamp) {
        match change {
            RequestChange::Tabled { meeting, sitting } => {
                self.tabled = Some((meeting.clone(), *sitting));
            }
            RequestChange::Untabled => self.tabled = None,
            RequestChange::Ruled { ruling } => self.rule(ruling),
            RequestChange::PollOpened { voters, ends_at } => {
                self.polling = Some(Box::new(Polling {
                    voters: voters.clone(),
                    opens_at: at,
                    ends_at: *ends_at,
                    heard_at: None,
                    ballots: BTreeMap::new(),
                    result: None,
                }));
            }
            _ => self.poll(change),
        }
    }

    fn poll(&mut self, change: &RequestChange) {
        let is_open = self.is_open_vote();
        let Some(polling) = &mut self.polling else { return };
        match change {
            RequestChange::Ballot { by, choice } => {
                polling.ballots.insert(by.clone(), *choice);
            }
            RequestChange::PollExtended { ends_at, heard_at } => {
                polling.ends_at = *ends_at;
                polling.heard_at = Some(*heard_at);
            }
            RequestChange::PollClosed { votes, poll } => {
                polling.result = Some((*votes, *poll));
                if !is_open {
                    polling.ballots.clear();
                }
            }
            _ => {}
        }
    }

    fn apply_proof(&mut self, change: &RequestChange, at: Timestamp) {
        let proofs = &mut self.proofs;
        match change {
            RequestChange::Paper { paper } => {
                let name = paper.fact.clone();
                proofs.nothing_attached = false;
                proofs.papers.push((**paper).clone());
                if let Some(fact) = self.procedure.fact(&name).and_then(|fact| fact.each.clone()) {
                    self.bind_papers(&fact);
                }
            }
            RequestChange::NothingAttached => proofs.nothing_attached = true,
            RequestChange::AttachmentAsked => proofs.nothing_attached = false,
            RequestChange::TextSent { sent } => proofs.sent.push(sent.clone()),
            RequestChange::Agreed { name, consent } => {
                proofs.noted.remove(name);
                proofs.consents.insert(name.clone(), (**consent).clone());
                self.facts.insert(name.clone(), "yes".to_owned());
                self.unfit.remove(name);
                self.filled_at = Some(at);
            }
            RequestChange::AgreementNoted { name } => {
                proofs.noted.entry(name.clone()).or_insert(at);
            }
            RequestChange::Signature { name, signature } => {
                if signature.signed.is_some() {
                    self.filled_at = Some(at);
                }
                proofs.signatures.insert(name.clone(), (**signature).clone());
            }
            RequestChange::Contested { name, contested } => {
                proofs.contested.insert(name.clone(), contested.clone());
                self.filled_at = Some(at);
            }
            _ => {}
        }
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

    /// Papers that were given without saying for what count for the things that are named now.
    fn bind_papers(&mut self, each: &str) {
        let facts: Vec<Fact> = self.procedure.facts.clone();
        for fact in facts.iter().filter(|fact| fact.each.as_deref() == Some(each)) {
            for place in 0..self.proofs.papers.len() {
                let lacking = proofs::lacking(self, fact);
                let paper = self.proofs.papers.get_mut(place);
                let unbound = paper.filter(|paper| paper.fact == fact.name && paper.for_all);
                if let Some(paper) = unbound.filter(|paper| paper.things.is_empty()) {
                    paper.things = lacking;
                }
            }
        }
    }

    fn open(&mut self, opens_at: Timestamp, ends_at: Timestamp, anew: bool) {
        let before = self.window.as_ref().filter(|_| anew);
        let restarts = before.map_or(0, |window| window.restarts.saturating_add(1));
        self.window = Some(Window {
            opens_at,
            ends_at,
            stopped_at: None,
            objections: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
            closed: false,
            restarts,
            heard_at: None,
        });
    }
}

impl Pending {
    const fn new(step: u16, since: Timestamp) -> Self {
        Self {
            step,
            since,
            due_at: None,
            chased: 0,
            escalated: false,
            task: None,
            probe: None,
            run: None,
            output: String::new(),
        }
    }

    fn apply(&mut self, change: &RequestChange) {
        match change {
            RequestChange::Await { due_at } => self.due_at = *due_at,
            RequestChange::Chased { escalated } => {
                self.chased = self.chased.saturating_add(1);
                self.escalated |= escalated;
            }
            RequestChange::Tasked { ticket } => self.task = Some((*ticket, None)),
            RequestChange::Reported { ticket, done } => {
                let own = self.task.as_mut().filter(|(known, _)| known == ticket);
                own.into_iter().for_each(|task| task.1 = Some(*done));
            }
            RequestChange::Probed { address } => self.probe = Some((address.clone(), false)),
            RequestChange::Bound => self.probe.iter_mut().for_each(|probe| probe.1 = true),
            RequestChange::Started { attempt, .. } => self.run = Some((*attempt, None)),
            RequestChange::Ran { attempt, ending, output, .. } => {
                self.run = Some((*attempt, Some(*ending)));
                self.output.clone_from(output);
            }
            _ => {}
        }
    }
}

impl Window {
    /// The objection of somebody, if one is taken down.
    #[must_use]
    pub fn objection(&self, by: &Actor) -> Option<&Objection> {
        self.objections.iter().find(|objection| &objection.by == by)
    }

    fn apply(&mut self, change: &RequestChange) {
        match change {
            RequestChange::Extend { ends_at, heard_at, .. } => {
                self.ends_at = *ends_at;
                self.heard_at = Some(*heard_at);
            }
            RequestChange::Resume { ends_at } => {
                self.ends_at = *ends_at;
                self.stopped_at = None;
            }
            RequestChange::Object { by, at, standing, text } => {
                let known = self.objection(by).map(|objection| objection.at);
                self.objections.retain(|objection| &objection.by != by);
                let (by, at) = (by.clone(), known.map_or(*at, |known| known.min(*at)));
                self.stopped_at = Some(self.stopped_at.map_or(at, |since| since.min(at)));
                let text = text.clone();
                self.objections.push(Objection { by, at, standing: *standing, text });
            }
            RequestChange::Confirm { by } => {
                for objection in self.objections.iter_mut().filter(|one| &one.by == by) {
                    objection.standing = Standing::Stands;
                }
            }
            RequestChange::Deny { by } | RequestChange::Withdraw { by } => {
                self.objections.retain(|objection| &objection.by != by);
            }
            RequestChange::ToldNotCounted { by } => self.told.push(by.clone()),
            RequestChange::Close => self.closed = true,
            RequestChange::Begin { .. }
            | RequestChange::Fact { .. }
            | RequestChange::Asked { .. }
            | RequestChange::Complete { .. }
            | RequestChange::Expire
            | RequestChange::TakeUp
            | RequestChange::Step { .. }
            | RequestChange::Announced { .. }
            | RequestChange::Question { .. }
            | RequestChange::Open { .. }
            | RequestChange::Agenda { .. }
            | RequestChange::Applied { .. }
            | RequestChange::End { .. }
            | RequestChange::Await { .. }
            | RequestChange::Verdict { .. }
            | RequestChange::Chased { .. }
            | RequestChange::Tasked { .. }
            | RequestChange::Reported { .. }
            | RequestChange::Support { .. }
            | RequestChange::Escalate { .. }
            | RequestChange::Probed { .. }
            | RequestChange::Bound
            | RequestChange::Started { .. }
            | RequestChange::Ran { .. }
            | RequestChange::Help { .. }
            | RequestChange::Sheet { .. }
            | RequestChange::Tabled { .. }
            | RequestChange::Untabled
            | RequestChange::Ruled { .. }
            | RequestChange::PollOpened { .. }
            | RequestChange::Ballot { .. }
            | RequestChange::PollExtended { .. }
            | RequestChange::PollClosed { .. }
            | RequestChange::Paper { .. }
            | RequestChange::NothingAttached
            | RequestChange::AttachmentAsked
            | RequestChange::TextSent { .. }
            | RequestChange::Agreed { .. }
            | RequestChange::AgreementNoted { .. }
            | RequestChange::Signature { .. }
            | RequestChange::Contested { .. } => {}
        }
    }
}
