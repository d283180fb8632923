//! What a notice is about: data only; the words come from templates in the reader's language.
//! Size: one variant for each mail, a list that grows with the mails.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::Attachment;
use crate::ticket::procedure::sheet::{DecisionSheet, What};
use crate::ticket::proof::Purpose;
use crate::ticket::sitting::Query;
use crate::ticket::tally::{Poll, Verdict, Votes};
use crate::types::{Locale, Mailbox, Position, TicketId};

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
    /// What was probably meant, ready to be done on the reader's yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<KeptLine>,
}

/// A keyword line that was understood and waits, ready to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptLine {
    /// The line with its marker.
    pub line: String,
    /// The words that belong to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Excerpt>,
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
    /// How the ticket stands, to its requestor: `detail` is `new`, `open`, `stalled` or `resolved`.
    Stands,
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

/// A line of a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestItem {
    /// The ticket.
    pub ticket: TicketId,
    /// Who asks.
    pub from: String,
    /// The subject, may be empty.
    pub subject: String,
    /// When it came.
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
}

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

/// What a notice says. The name of a variant in kebab-case is the name of its template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "matter", rename_all = "kebab-case")]
pub enum Matter {
    /// "Your message has arrived."
    Receipt {
        /// Days within which an answer is promised.
        answer_days: Option<u16>,
        /// Other queues that the same message went to, as the public knows them.
        also: Vec<String>,
        /// The pause that nobody reads in now.
        rest: Option<Rest>,
    },
    /// Outside mail, to a member.
    Copy {
        /// Who wrote it.
        author: Mailbox,
        /// Why not to take that at its word.
        doubt: Option<Doubt>,
        /// Whether it began the ticket.
        is_new: bool,
        /// Whose the ticket is.
        owner: Option<String>,
        /// Where an answer goes; nothing means: inside only.
        goes_to: Option<Mailbox>,
        /// The words.
        text: Excerpt,
        /// What is attached to it.
        attachments: Vec<Attachment>,
        /// Whether the ticket was closed and is open again.
        reopened: bool,
        /// The ticket it claims, or is linked to.
        linked: Option<TicketId>,
        /// The other queues that have it too.
        also: Vec<String>,
        /// Whether the attachments are only named, because they are too big to go along.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        parked: bool,
    },
    /// A member's words that stay inside, to another member.
    Comment {
        /// Who said it.
        author: String,
        /// The words.
        text: Excerpt,
        /// What is attached.
        attachments: Vec<Attachment>,
    },
    /// A member's answer, shown to the owner or a watcher.
    AnswerCopy {
        /// Who answered.
        author: String,
        /// To whom it went.
        to: String,
        /// The words.
        text: Excerpt,
    },
    /// A member's answer, to the requestor.
    Answer {
        /// The words.
        text: Excerpt,
        /// The message whose attachments go along.
        attachments: Vec<Attachment>,
        /// What it answers.
        quoted: Option<Quoted>,
    },
    /// An answer waits because a line in it was not understood.
    Held {
        /// To whom it would go.
        to: String,
        /// The line.
        line: String,
        /// The keyword that was probably meant, as a word of the reader's language.
        meant: Option<String>,
    },
    /// An answer waits because a colleague answered first.
    HeldColleague {
        /// To whom it would go.
        to: String,
        /// Who was first.
        colleague: String,
        /// What the colleague wrote.
        text: Excerpt,
    },
    /// An answer waits because it quotes what is internal.
    HeldInternal {
        /// To whom it would go.
        to: String,
    },
    /// A colleague's answer waits for a word, to those who would answer themselves.
    HeldOther {
        /// Whose answer it is.
        author: String,
        /// To whom it would go.
        to: String,
        /// The words.
        text: Excerpt,
        /// The line that was not understood; empty where something else holds it.
        line: String,
        /// The keyword that was probably meant, as a word of the reader's language.
        meant: Option<String>,
    },
    /// What became of keyword lines.
    Result {
        /// Each line.
        lines: Vec<ResultLine>,
        /// Whether an answer went out with it.
        answered: bool,
    },
    /// All keywords.
    Help,
    /// An answer did not arrive, to the member who wrote it.
    Undeliverable {
        /// To whom it went.
        to: Mailbox,
        /// The status code, may be empty.
        status: String,
        /// The remote server's words.
        diagnostic: String,
        /// When it was written.
        written_at: Timestamp,
    },
    /// Automatic mail to an address has stopped, to a coordinator.
    Breaker {
        /// Which address.
        address: String,
        /// What was noticed.
        #[serde(default)]
        cause: Cause,
        /// How many mails: what went there, or came from there, as the cause says.
        count: u16,
        /// When the first went or came.
        first_at: Timestamp,
        /// When the last went or came.
        last_at: Timestamp,
        /// The subject of the last that came from there.
        subject: String,
        /// When it starts again by itself.
        until: Timestamp,
    },
    /// The way out takes no more mail for now, to a coordinator.
    OverBudget {
        /// Whether the day's bound is reached; else the hour's.
        per_day: bool,
        /// How many mails that is.
        limit: u32,
        /// When it goes on.
        opens_at: Timestamp,
    },
    /// What waits, once a day.
    Digest {
        /// The tickets, oldest first.
        items: Vec<DigestItem>,
        /// How many more there are.
        more: u32,
    },
    /// Somebody wrote on the requestor's reply address: may that address be added?
    MayAdd {
        /// Who.
        stranger: Mailbox,
    },
    /// Somebody used a member's reply address or name: was it the member?
    WasItYou {
        /// From which address it came.
        claimed: String,
        /// When.
        at: Timestamp,
        /// The ticket's subject stands above; what was asked for, in words of the table.
        lines: Vec<String>,
        /// What was asked for on a request: for which purpose, and the step's own word for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<(Purpose, String)>,
    },
    /// A procedure asks for what is missing.
    Question {
        /// What the procedure is called.
        title: String,
        /// What is missing.
        missing: Vec<FactLine>,
        /// What was understood.
        understood: Vec<FactLine>,
        /// What else is to be said.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remarks: Vec<Remark>,
        /// Rule texts that go along.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        texts: Vec<TextPart>,
        /// Whether something was asked before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
        /// When it is reminded of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<Timestamp>,
        /// When the request is closed without an answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// What a procedure asked for still lacks, to its requestor.
    Reminder {
        /// What the procedure is called.
        title: String,
        /// What is missing.
        missing: Vec<FactLine>,
        /// When the request is closed without an answer.
        until: Timestamp,
    },
    /// A request was closed because something did not come; nobody refused it.
    Expired {
        /// What the procedure is called.
        title: String,
        /// What is missing.
        missing: Vec<FactLine>,
        /// Until when an answer takes it up where it stood.
        until: Timestamp,
    },
    /// A request is complete; its window runs, or opens after a pause.
    Complete {
        /// What the procedure is called.
        title: String,
        /// Until when objections count.
        ends_at: Option<Timestamp>,
        /// The pause that it waits out.
        rest: Option<Rest>,
        /// Who decides, as the public knows them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// By when that should be done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// What else is to be said.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remarks: Vec<Remark>,
    },
    /// The window of a request is longer than promised: nobody could be heard for a while.
    Extended {
        /// What the procedure is called.
        title: String,
        /// Until when objections count now.
        ends_at: Timestamp,
    },
    /// A request is published.
    Announcement {
        /// What the procedure is called.
        title: String,
        /// What may be shown.
        facts: Vec<FactLine>,
        /// Until when objections count.
        ends_at: Option<Timestamp>,
    },
    /// An objection was taken down, to its author.
    Objection {
        /// What the procedure is called.
        title: String,
        /// When it was received.
        at: Timestamp,
        /// The author's own words.
        text: Excerpt,
        /// The meeting that decides, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting_at: Option<Timestamp>,
    },
    /// Words were taken for an objection and the clock stands: are they one, and the reader's?
    ObjectionAsked {
        /// What the procedure is called.
        title: String,
        /// When they were received.
        at: Timestamp,
        /// The author's own words.
        text: Excerpt,
    },
    /// Words that nobody confirmed as an objection, to the coordinators: does it stand?
    ObjectionUnclear {
        /// What the procedure is called.
        title: String,
        /// Whose words they are, as far as known.
        author: String,
        /// When they were received.
        at: Timestamp,
        /// The words.
        text: Excerpt,
    },
    /// An objection of somebody who may not object: it is read and does not stop the clock.
    ObjectionNotCounted {
        /// What the procedure is called.
        title: String,
    },
    /// Shall the objection be withdrawn? The clock would begin anew.
    WithdrawalAsked {
        /// What the procedure is called.
        title: String,
    },
    /// An objection is withdrawn, to its author.
    Withdrawn {
        /// What the procedure is called.
        title: String,
        /// Until when objections count again; nothing while something else stops the clock.
        ends_at: Option<Timestamp>,
    },
    /// An objection stopped a request, to its requestor and to where it was published.
    Stopped {
        /// What the procedure is called.
        title: String,
        /// The meeting that decides, where one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting_at: Option<Timestamp>,
    },
    /// How a request ended, to where it was published.
    Decided {
        /// What the procedure is called.
        title: String,
        /// Whether it was granted.
        granted: bool,
        /// What may be shown.
        facts: Vec<FactLine>,
    },
    /// How a request ended, to its requestor.
    Outcome {
        /// What the procedure is called.
        title: String,
        /// Whether it was granted.
        granted: bool,
        /// What is known.
        facts: Vec<FactLine>,
        /// Who decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        /// The reason, in that person's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Excerpt>,
        /// Whether it asks if help is needed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ask_help: bool,
        /// Whether a higher body may look at it again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        appeal: bool,
    },
    /// A message was too big: to its author, null reverse-path.
    Refusal {},
    /// Somebody is to sign a request as well.
    SignatureAsked {
        /// What the procedure is called.
        title: String,
        /// Whose request it is.
        requestor: String,
        /// What is known.
        facts: Vec<FactLine>,
    },
    /// How a ticket stands and why, to who asked.
    Why {
        /// What there is to say.
        explained: Box<Explained>,
    },
    /// The sheet of a decision, whole, to who decided.
    Sheet {
        /// What the procedure is called.
        title: String,
        /// Who decided; nothing where nobody was against it.
        decider: Option<String>,
        /// What is known.
        facts: Vec<FactLine>,
        /// The papers, each with the beginning of its sum.
        papers: Vec<FactLine>,
        /// What happened when.
        course: Vec<Milestone>,
        /// The record itself: it goes along as a file.
        sheet: Box<DecisionSheet>,
    },
    /// The agenda of a meeting, or what came on it after it went out.
    Agenda {
        /// What the meeting is called.
        meeting: String,
        /// When it begins.
        begins_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
        /// Where.
        place: Option<String>,
        /// What is to be decided.
        items: Vec<AgendaItem>,
        /// Whether the reader records the results, in the fields of the mail.
        records: bool,
        /// Whether the items come to those of an agenda that went out before.
        adds: bool,
        /// How often it was sent before, for calendars.
        revision: u32,
    },
    /// What was understood of the results of a meeting.
    Minutes {
        /// What the meeting is called.
        meeting: String,
        /// When it began.
        begins_at: Timestamp,
        /// What stands now.
        recorded: Vec<MinuteLine>,
        /// What is asked; nobody hears of these before they are answered.
        asked: Vec<MinuteLine>,
        /// Who recorded it, where that was somebody else.
        by: Option<String>,
    },
    /// A meeting or a vote decided, to the requestor of what was refused, to objectors, to lists.
    Ruling {
        /// What the procedure is called.
        title: String,
        /// Whether it was granted.
        granted: bool,
        /// What the meeting is called; nothing where people voted by mail.
        meeting: Option<String>,
        /// When it took place, or the vote ended.
        at: Timestamp,
        /// With how many votes.
        votes: Option<Votes>,
        /// Who gives the reason.
        by: Option<String>,
        /// The reason, in the decider's words.
        reason: Option<Excerpt>,
        /// What may be shown.
        facts: Vec<FactLine>,
    },
    /// Who will decide on a complete request, to its requestor.
    Decides {
        /// What the procedure is called.
        title: String,
        /// What the meeting is called; nothing where people vote by mail.
        meeting: Option<String>,
        /// When it takes place, or until when they vote.
        at: Timestamp,
    },
    /// A ballot: yes, no or neither.
    Ballot {
        /// What the procedure is called.
        title: String,
        /// What is known of the request.
        facts: Vec<FactLine>,
        /// Until when it may be answered, and changed.
        ends_at: Timestamp,
        /// Whether the result will say who voted how.
        open: bool,
        /// Why it comes once more, if it does.
        again: Option<BallotAgain>,
    },
    /// A ballot was counted. It does not say how.
    BallotTaken {
        /// What the procedure is called.
        title: String,
        /// Until when it may be changed.
        ends_at: Timestamp,
    },
    /// Somebody is asked to grant or refuse a request.
    Review {
        /// What the procedure is called.
        title: String,
        /// Who asks for it.
        applicant: String,
        /// What is known.
        facts: Vec<FactLine>,
        /// By when it should be done.
        until: Option<Timestamp>,
        /// Why this reader is asked now.
        asking: Asking,
        /// What happened before, for a higher body.
        history: Vec<HistoryLine>,
        /// What the procedure tells those who do it.
        playbook: String,
        /// The applicant's last words, whose files go along.
        text: Option<Excerpt>,
        /// The files.
        attachments: Vec<Attachment>,
    },
    /// Somebody is asked for a yes or no.
    Confirm {
        /// What the procedure is called.
        title: String,
        /// Who asks for it.
        applicant: String,
        /// What is to be confirmed, in one sentence; empty where the request itself is.
        about: String,
        /// What is known.
        facts: Vec<FactLine>,
        /// By when it should be done.
        until: Option<Timestamp>,
        /// Why this reader is asked now.
        asking: Asking,
    },
    /// A refusal lacks its reason, or an answer was not clear.
    ReasonAsked {
        /// What the procedure is called.
        title: String,
        /// Who asks for it.
        applicant: String,
        /// Whether not even the answer was clear.
        unclear: bool,
    },
    /// What somebody was asked is answered, to who answered and the others who were asked.
    Settled {
        /// What the procedure is called.
        title: String,
        /// Who asks for it.
        applicant: String,
        /// Whether it is a yes.
        granted: bool,
        /// Who answered; nobody where the request ended otherwise.
        by: Option<String>,
        /// Whether that is the reader.
        own: bool,
        /// The reason.
        reason: Option<Excerpt>,
    },
    /// A team has something to do for a request.
    Task {
        /// What the procedure is called.
        title: String,
        /// What is to be done.
        job: Job,
        /// What is known.
        facts: Vec<FactLine>,
        /// By when it should be done.
        until: Option<Timestamp>,
        /// Why the reader is told now.
        asking: Asking,
        /// The request.
        request: TicketId,
        /// What the procedure tells those who do it.
        playbook: String,
    },
    /// Somebody has one thing to do for a request.
    Item {
        /// What the procedure is called.
        title: String,
        /// What.
        text: String,
        /// By when.
        until: Option<Timestamp>,
        /// Why the reader is told now.
        asking: Asking,
    },
    /// A team did not keep a promise, to the body that it is handed on to.
    Overdue {
        /// What the procedure is called.
        title: String,
        /// Whose it is.
        team: String,
        /// By when it was promised.
        until: Option<Timestamp>,
        /// Whether the team said that it cannot be done; else it said nothing.
        cannot: bool,
        /// Why, in the team's words.
        reason: Option<Excerpt>,
        /// What happened before.
        history: Vec<HistoryLine>,
    },
    /// To an address that is to be bound: when it comes back, the address works.
    Probe {
        /// Which.
        address: String,
    },
    /// What a procedure tells those who do it.
    Playbook {
        /// What the procedure is called.
        title: String,
        /// The words.
        text: String,
    },
    /// What came of a vote, to who might vote.
    Polled {
        /// What the procedure is called.
        title: String,
        /// What came of it.
        poll: Poll,
        /// The votes.
        votes: Votes,
        /// How many might vote.
        voters: u16,
        /// Who voted how, where the procedure says so.
        names: Vec<FactLine>,
    },
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
