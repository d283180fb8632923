//! What a notice is about: data only; the words come from templates in the reader's language.
//! Size: one variant for each mail, a list that grows with the mails.

mod breach;
mod register;
mod request;
mod talk;

pub use crate::ticket::report::DigestItem;
pub use breach::{BreachPage, BreachStage};
pub use register::{ChangeLine, Plight, RegisterPage, RenewalStage};
pub use request::{
    AgendaItem, Asking, BallotAgain, Because, CountedDay, Explained, FactLine, Happened,
    HistoryLine, Job, Milestone, MinuteLine, Recourse, Remark, Rest, Said, SheetPage, TextPart,
};
pub use talk::{
    Aside, Cause, Doubt, Enclosed, Excerpt, KeptLine, Left, Occasion, Quoted, ResultKind,
    ResultLine, Stand,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mail::Attachment;
use crate::ticket::erasing::{Plan, Target};
use crate::ticket::liaison::Stage;
use crate::ticket::practice::Step;
use crate::ticket::proof::Purpose;
use crate::ticket::quarantine::Lying;
use crate::ticket::report::Report;
use crate::ticket::tally::{Poll, Votes};
use crate::types::{Address, Mailbox, TicketId};

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
        /// Who else asked and gets the answer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        besides: Vec<Mailbox>,
        /// The words.
        text: Excerpt,
        /// What is attached to it.
        attachments: Vec<Attachment>,
        /// Whether the ticket was closed and is open again.
        reopened: bool,
        /// The ticket it claims, or is linked to.
        linked: Option<TicketId>,
        /// Tickets that have to do with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<TicketId>,
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
        /// The same, where they were written before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        canned: Option<String>,
    },
    /// A ticket comes back to who works on it, with the last words from outside.
    Again {
        /// Why now.
        occasion: Occasion,
        /// Whose the ticket is.
        owner: Option<String>,
        /// Where an answer goes; nothing means: inside only.
        goes_to: Option<Mailbox>,
        /// The words.
        last: Option<Quoted>,
    },
    /// A member's answer, to the requestor.
    Answer {
        /// The words.
        text: Excerpt,
        /// The same, where they were written before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        canned: Option<String>,
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
    /// A step of a practice, and what to try next.
    Practice {
        /// Whether it begins.
        begins: bool,
        /// What became of each line.
        lines: Vec<ResultLine>,
        /// Whether words went to who asked.
        answered: bool,
        /// What to try next; nothing: it is over.
        next: Option<Step>,
        /// What the made-up requestor is called.
        requestor: String,
    },
    /// All keywords.
    Help,
    /// A register, to somebody inside who asked for it.
    Register {
        /// What it holds.
        page: Box<RegisterPage>,
    },
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
    /// Messages were set aside because they could not be decided, to a coordinator.
    Quarantine {
        /// The last of them.
        lying: Vec<Lying>,
        /// How many more there are.
        more: u32,
    },
    /// What would be erased, to who asked for it: is it to be done?
    ErasePlan {
        /// What.
        target: Target,
        /// All that goes with it.
        plan: Box<Plan>,
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
    /// What waits, and how things stand, by the reader's own rhythm.
    Digest {
        /// The tickets, oldest first.
        items: Vec<DigestItem>,
        /// How many more there are.
        more: u32,
        /// Everything else there is to say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        report: Option<Box<Report>>,
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
    /// A new version of a rule text, to who is to agree to it, and what becomes of that.
    Renewal {
        /// How far it has come.
        stage: RenewalStage,
        /// What the text is called.
        title: String,
        /// In which version.
        version: u16,
        /// From which day on it holds.
        effective: jiff::civil::Date,
        /// Who approved it, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        approved_by: String,
        /// The unit that is to agree, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// What is asked for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<FactLine>,
        /// The text.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        texts: Vec<TextPart>,
        /// When it is reminded of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<Timestamp>,
        /// When the time is over; once it is, until when an answer still counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Whether places in queues rest after that.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        suspends: bool,
        /// The queues whose places rest, or are open again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        places: Vec<String>,
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
        /// Whether the window begins anew, because an objection was settled.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        anew: bool,
        /// By when it is carried out if nobody objects.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        done_at: Option<Timestamp>,
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
    /// The window of a request is longer than promised: nobody could be heard for a while, or not
    /// everybody was reached.
    Extended {
        /// What the procedure is called.
        title: String,
        /// Until when objections count now.
        ends_at: Timestamp,
        /// It did not reach everybody to whom it was published.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unreached: bool,
    },
    /// Coordinators: it did not reach everybody, and goes there once more.
    Unreached {
        /// What the procedure is called.
        title: String,
        /// Who was not reached.
        to: Vec<Address>,
        /// Until when silence counts now.
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
        /// When everything was there, from which the window counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
        /// By when it is carried out if nobody objects.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        done_at: Option<Timestamp>,
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
        /// Whether more is known than may be shown.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        left_out: bool,
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
        /// The higher body that may look at it again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        appeal: Option<Recourse>,
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
    /// The sheets of decisions, whole, to who decided and who keeps what proves them.
    Sheet {
        /// The meeting that decided, and when it began.
        meeting: Option<(String, Timestamp)>,
        /// Who recorded the results, where that was somebody else.
        by: Option<String>,
        /// What the meeting put off.
        postponed: Vec<MinuteLine>,
        /// The sheets.
        pages: Vec<SheetPage>,
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
        /// Whether more is known than may be shown.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        left_out: bool,
        /// The higher body that may look at a refusal again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        appeal: Option<Recourse>,
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
        /// The files that go along.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Enclosed>,
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
        /// The files that this reader keeps.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<Enclosed>,
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
        /// The words; none for who does not work on such requests.
        text: String,
        /// Where such requests are sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// A higher body decides now, to the requestor.
    Escalated {
        /// What the procedure is called.
        title: String,
        /// What the body is called.
        body: Option<String>,
        /// By when it is expected to decide.
        until: Option<Timestamp>,
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
    /// What changed in how the site runs, to the coordinating team.
    Changes {
        /// What.
        lines: Vec<ChangeLine>,
        /// How many more there are.
        more: u32,
    },
    /// What is on record of somebody, or no longer: to the person, or to the coordinators, perhaps
    /// with a question.
    Breach {
        /// What happened.
        stage: BreachStage,
        /// Whether it goes to the coordinators.
        inside: bool,
        /// What there is to say.
        page: Box<BreachPage>,
    },
    /// A queue is neglected, or well again: to those inside whom it concerns.
    Neglect {
        /// What people call the queue.
        title: String,
        /// How it stands.
        plight: Plight,
        /// Whether the reader works there.
        serves: bool,
    },
    /// "Your message still waits": longer than was promised.
    Delayed {
        /// Days within which an answer was promised.
        promised: u16,
    },
    /// A liaison task: to the team that is asked, or to the one that asks.
    Liaison {
        /// How far it is.
        stage: Stage,
        /// What it is called.
        title: String,
        /// What is asked.
        asks: String,
        /// Who asks.
        from: String,
        /// Who is asked.
        to: String,
        /// When it was asked.
        asked_at: Timestamp,
        /// Until when an answer is awaited.
        until: Timestamp,
        /// Who answered.
        by: Option<String>,
        /// The answer.
        words: Option<Excerpt>,
    },
}
