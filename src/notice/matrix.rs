//! Which mail carries what: one line for every matter, so that a new one breaks the table.
//!
//! Deliberately absent: words (`words`, `templates/`) and how an answer is routed (`ticket::key`).

use self::Automatic::{Generated, No, Replied};
use self::Sender::{Author, Queue, Site};
use self::Title::{Own, Plain, Reply};
use crate::ticket::Matter;

/// Whom `From` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The queue under the name that the public knows.
    Queue,
    /// The author of the words, with the queue in brackets and the queue's address.
    Author,
    /// The site.
    Site,
}

/// How the subject is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Title {
    /// `[nrw #17] subject`.
    Plain,
    /// `Re: [nrw #17] subject`.
    Reply,
    /// What the mail itself is about, with a date or a count.
    Own,
}

/// `Auto-Submitted` (RFC 3834 section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Automatic {
    /// A person wrote it: no field.
    No,
    /// `auto-generated`.
    Generated,
    /// `auto-replied`.
    Replied,
}

impl Automatic {
    /// The value of the field, if there is one.
    #[must_use]
    pub const fn value(self) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::Generated => Some("auto-generated"),
            Self::Replied => Some("auto-replied"),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The name of the template.
    pub template: &'static str,
    /// Whom `From` names.
    pub sender: Sender,
    /// How the subject is made.
    pub title: Title,
    /// Who wrote it.
    pub automatic: Automatic,
    /// Whether it has an HTML part.
    pub has_html: bool,
    /// Whether delivery reports about it are wanted; if not, its reverse-path is null.
    pub has_reverse_path: bool,
}

const fn row(template: &'static str, sender: Sender, title: Title, automatic: Automatic) -> Row {
    Row { template, sender, title, automatic, has_html: true, has_reverse_path: true }
}

const fn text_only(row: Row) -> Row {
    Row { has_html: false, ..row }
}

/// The template of what is said of a breach of the rules.
const fn breach(is_inside: bool) -> &'static str {
    if is_inside { "breach-told" } else { "breach" }
}

/// The line of a matter.
#[must_use]
pub const fn of(matter: &Matter) -> Row {
    match matter {
        Matter::Receipt { .. } => text_only(row("receipt", Queue, Reply, Replied)),
        Matter::Copy { .. } => row("copy", Author, Plain, Generated),
        Matter::Comment { .. } => row("comment", Author, Plain, Generated),
        Matter::AnswerCopy { .. } => row("answer-copy", Author, Plain, Generated),
        Matter::Again { .. } => row("again", Queue, Plain, Generated),
        Matter::Answer { .. } => row("answer", Queue, Reply, No),
        Matter::Held { .. } => row("held", Queue, Reply, Generated),
        Matter::HeldColleague { .. } => row("held-colleague", Queue, Reply, Generated),
        Matter::HeldInternal { .. } => row("held-internal", Queue, Reply, Generated),
        Matter::HeldOther { .. } => row("held-other", Queue, Reply, Generated),
        Matter::Result { .. } => row("result", Queue, Reply, Replied),
        Matter::Practice { .. } => row("practice", Queue, Plain, Generated),
        Matter::Renewal { .. } => row("renewal", Queue, Reply, Generated),
        Matter::Register { .. } => row("register", Site, Own, Replied),
        Matter::Help => row("help", Queue, Reply, Replied),
        Matter::Undeliverable { .. } => row("undeliverable", Queue, Reply, Generated),
        Matter::Breaker { .. } => row("breaker", Site, Own, Generated),
        Matter::ErasePlan { .. } => row("erase-plan", Queue, Reply, Generated),
        Matter::Quarantine { .. } => row("quarantine", Site, Own, Generated),
        Matter::Changes { .. } => row("changes", Site, Own, Generated),
        Matter::Neglect { .. } => row("neglect", Site, Own, Generated),
        Matter::Delayed { .. } => text_only(row("delayed", Queue, Reply, Generated)),
        Matter::Liaison { .. } => row("liaison", Queue, Plain, Generated),
        Matter::OverBudget { .. } => text_only(row("over-budget", Site, Own, Generated)),
        Matter::Digest { .. } => row("digest", Site, Own, Generated),
        Matter::MayAdd { .. } => row("may-add", Queue, Reply, Generated),
        Matter::WasItYou { .. } => row("was-it-you", Queue, Reply, Generated),
        Matter::Question { .. } => row("question", Queue, Reply, Generated),
        Matter::Reminder { .. } => row("reminder", Queue, Reply, Generated),
        Matter::Expired { .. } => row("expired", Queue, Reply, Generated),
        Matter::ObjectionAsked { .. } => row("objection-asked", Queue, Reply, Generated),
        Matter::ObjectionUnclear { .. } => row("objection-unclear", Queue, Reply, Generated),
        Matter::Decided { .. } => text_only(row("decided", Queue, Own, Generated)),
        Matter::ObjectionNotCounted { .. } => row("objection-not-counted", Queue, Reply, Generated),
        Matter::WithdrawalAsked { .. } => row("withdrawal-asked", Queue, Reply, Generated),
        Matter::Withdrawn { .. } => row("withdrawn", Queue, Reply, Generated),
        Matter::Complete { .. } => row("complete", Queue, Reply, Generated),
        Matter::Extended { .. } => row("extended", Queue, Reply, Generated),
        Matter::Unreached { .. } => row("unreached", Queue, Reply, Generated),
        Matter::Announcement { .. } => text_only(row("announcement", Queue, Own, Generated)),
        Matter::Objection { .. } => row("objection", Queue, Reply, Generated),
        Matter::Stopped { .. } => row("stopped", Queue, Reply, Generated),
        Matter::Outcome { .. } => row("outcome", Queue, Reply, Generated),
        Matter::Review { .. } => row("review", Queue, Reply, Generated),
        Matter::Confirm { .. } => row("confirm", Queue, Reply, Generated),
        Matter::ReasonAsked { .. } => row("reason-asked", Queue, Reply, Generated),
        Matter::Settled { .. } => row("settled", Queue, Reply, Generated),
        Matter::Task { .. } => row("task", Queue, Plain, Generated),
        Matter::Item { .. } => row("item", Queue, Reply, Generated),
        Matter::Overdue { .. } => row("overdue", Queue, Reply, Generated),
        Matter::Probe { .. } => text_only(row("probe", Site, Plain, Generated)),
        Matter::Escalated { .. } => row("escalated", Queue, Reply, Generated),
        Matter::Playbook { .. } => row("playbook", Queue, Reply, Generated),
        Matter::Agenda { .. } => row("agenda", Queue, Own, Generated),
        Matter::Minutes { .. } => row("minutes", Queue, Own, Replied),
        Matter::Ruling { .. } => row("ruling", Queue, Reply, Generated),
        Matter::Decides { .. } => row("decides", Queue, Reply, Generated),
        Matter::Ballot { .. } => row("ballot", Queue, Own, Generated),
        Matter::BallotTaken { .. } => row("ballot-taken", Queue, Own, Replied),
        Matter::Polled { .. } => row("polled", Queue, Own, Generated),
        Matter::SignatureAsked { .. } => row("signature-asked", Queue, Reply, Generated),
        Matter::Why { .. } => row("why", Queue, Reply, Generated),
        Matter::Sheet { meeting: Some(_), .. } => row("sheet", Queue, Own, Generated),
        Matter::Sheet { meeting: None, .. } => row("sheet", Queue, Reply, Generated),
        Matter::Breach { inside, .. } => row(breach(*inside), Queue, Reply, Generated),
        Matter::Refusal { .. } => {
            Row { has_reverse_path: false, ..text_only(row("refusal", Site, Reply, Replied)) }
        }
    }
}
