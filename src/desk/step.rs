//! The steps of a procedure as they are declared, who does them, and how long they may take.
//!
//! Deliberately absent: what a step does (`ticket::procedure`), whether steps fit together
//! (`procedure`).
//! Size: one type for each kind of step, a list that grows with the kinds.

use std::fmt;

use jiff::{SignedDuration, Span};
use serde::{Deserialize, Serialize};

use crate::desk::calendar::Counting;
use crate::desk::procedure::Texts;
use crate::desk::vote::Vote;
use crate::types::{Address, PersonId, QueueName};

/// From the question about what is missing to the end of a request that nobody answers, where the
/// procedure says nothing.
pub const EXPIRE_SPAN: SignedDuration = SignedDuration::from_hours(24 * 21);

/// The longest span of days.
const DAYS_MAX: u16 = 366;

/// What an objection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnObjection {
    /// The next meeting decides.
    Agenda,
}

/// A step of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Asks for what is missing until everything required is there.
    Collect {},
    /// Publishes the request.
    Announce {
        /// Lists or people that read it.
        to: Vec<Address>,
    },
    /// Waits for objections.
    Window {
        /// Whole days, such as `4 days`.
        span: String,
        /// Which days count; all that lie in no pause where nothing is said.
        #[serde(default, skip_serializing_if = "Counting::is_default")]
        count: Counting,
        /// Whose objections count: `queue:NAME` is its members.
        objectors: String,
        /// Where an objection leads.
        on_objection: OnObjection,
        /// The meeting that decides then; the coordinators where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meeting: Option<String>,
    },
    /// Changes the register.
    Apply(Apply),
    /// Tells the requestor the outcome.
    Tell(Tell),
    /// A person grants or refuses, with a reason.
    Review(Review),
    /// A named person says that something is so.
    Confirm(Confirm),
    /// All of several must say yes.
    Joint(Joint),
    /// A ticket in another team's queue, waited for.
    Task(Task),
    /// Several things by several people, each chased.
    Checklist(Checklist),
    /// Waits for a day, a span or a fact.
    Wait(Wait),
    /// A higher body decides.
    Escalate(Escalate),
    /// A program does what lives outside.
    Run(Run),
    /// The next meeting decides.
    Agenda {
        /// Which, by its name in `lotse.toml`.
        meeting: String,
    },
    /// People vote by mail.
    Vote(Vote),
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum By {
    /// Whoever may write in a queue.
    Queue(QueueName),
    /// One person.
    Person(PersonId),
    /// The person that a fact names.
    Fact(String),
    /// Whoever speaks for the unit that a fact names, and those who may in their place.
    Speaker(String),
    /// Whoever may write in the queue where the request stands.
    Coordinators,
}

impl TryFrom<String> for By {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (kind, name) = text.split_once(':').unwrap_or((text.as_str(), ""));
        let name = name.trim();
        match (kind.trim(), name.is_empty()) {
            ("queue", false) => Ok(Self::Queue(QueueName::new(name))),
            ("person", false) => Ok(Self::Person(PersonId::new(name))),
            ("fact", false) => Ok(Self::Fact(name.to_owned())),
            ("speaker", false) => Ok(Self::Speaker(name.to_owned())),
            ("coordinators", true) => Ok(Self::Coordinators),
            _ => Err(format!(
                "`{text}` names nobody: write `queue:NAME`, `person:ID`, `fact:NAME`, \
                 `speaker:FACT` or `coordinators`"
            )),
        }
    }
}

impl From<By> for String {
    fn from(by: By) -> Self {
        by.to_string()
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue(name) => write!(f, "queue:{name}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Fact(name) => write!(f, "fact:{name}"),
            Self::Speaker(name) => write!(f, "speaker:{name}"),
            Self::Coordinators => f.write_str("coordinators"),
        }
    }
}

/// By when a step should be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline<'a> {
    /// How long it may take.
    pub span: &'a str,
    /// Which days count.
    pub count: Counting,
    /// Whether it is promised: then it is handed on when it is over.
    pub is_promise: bool,
    /// To whom it is handed on.
    pub escalate_to: Option<&'a By>,
}

/// A person grants or refuses, with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Who: the first of them who answers decides.
    pub by: By,
    /// By when it should be done: reminded and reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// By when it is promised: reminded and handed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<String>,
    /// To whom a broken promise goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_to: Option<By>,
    /// Which days count.
    #[serde(default, skip_serializing_if = "Counting::is_default")]
    pub count: Counting,
}

/// A named person says that something is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// Who.
    pub by: By,
    /// One sentence that says what is confirmed.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub about: Texts,
    /// By when it should be done: reminded and reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// By when it is promised: reminded and handed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<String>,
    /// To whom a broken promise goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_to: Option<By>,
    /// Which days count.
    #[serde(default, skip_serializing_if = "Counting::is_default")]
    pub count: Counting,
}

/// All of several must say yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// Who: one answer of each.
    pub by: Vec<By>,
    /// One sentence that says what is decided.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub about: Texts,
    /// By when it should be done: reminded and reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// By when it is promised: reminded and handed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<String>,
    /// To whom a broken promise goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_to: Option<By>,
    /// Which days count.
    #[serde(default, skip_serializing_if = "Counting::is_default")]
    pub count: Counting,
}

/// A ticket in another team's queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Whose.
    pub queue: QueueName,
    /// What is to be done; `{fact}` stands for a fact's value.
    #[serde(default)]
    pub text: Texts,
    /// By when it should be done: reminded and reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// By when it is promised: reminded and handed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<String>,
    /// To whom a broken promise goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate_to: Option<By>,
    /// Which days count.
    #[serde(default, skip_serializing_if = "Counting::is_default")]
    pub count: Counting,
}

/// Several things by several people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    /// The things.
    #[serde(default, rename = "item")]
    pub items: Vec<Item>,
}

/// One thing of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What is to be done; `{fact}` stands for a fact's value.
    pub text: Texts,
    /// By whom.
    pub by: By,
    /// How long it may take.
    pub span: String,
}

/// Waits for exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The day that this fact says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// So long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
    /// Until this fact is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
}

/// A higher body decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalate {
    /// Who: the first of them who answers decides.
    pub to: By,
    /// By when it is expected.
    pub span: String,
    /// Which days count.
    #[serde(default, skip_serializing_if = "Counting::is_default")]
    pub count: Counting,
}

/// A program does what lives outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The program and its arguments, as they are: no shell reads them.
    pub program: Vec<String>,
    /// How long it may take.
    pub timeout: String,
    /// Whether it may start again where nobody knows how far it came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeatable: bool,
    /// Whose task it is where the program fails; the queue of the request where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<QueueName>,
}

/// What a step makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Create {
    /// A person of the register.
    Person,
    /// A queue.
    Queue,
    /// A person's place in queues.
    Membership,
    /// An address at a queue, done when a mail of ours came through it.
    Bind,
    /// A person's role in queues.
    Role,
    /// A unit.
    Unit,
}

/// What a step changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alter {
    /// A person's access rests.
    Suspend,
    /// A person's access is gone.
    Revoke,
    /// A queue takes no more mail.
    Archive,
    /// A person's places go to another.
    Transfer,
}

/// Changes the register, by names of facts; a queue may be named itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// What is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<Create>,
    /// What is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Alter>,
    /// A queue, or the fact that names one or several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The fact that names the person, or `requestor`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Of a new queue: the fact that names a unit, whose speaker and delegates work in it. Of a new
    /// unit: the fact that holds its name; the person speaks for it, the address writes for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of a new unit: the unit that it is part of, or the fact that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The role that a person gets, or the fact that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Facts that a new person's or queue's name is made of, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<String>,
    /// The fact that names who takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The fact that holds the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `read` or `write`, or the choice of such options; `write` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// Whose task it is to lead a bound address here; the request's queue where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<QueueName>,
}

/// Tells the requestor the outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tell {
    /// Whether it asks if help is needed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ask_help: bool,
    /// Where questions for help go; to the dispatcher where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Help>,
}

/// Where questions for help go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Help {
    /// Questions about how things are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<QueueName>,
    /// Questions about technology.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical: Option<QueueName>,
}

impl Step {
    /// By when it should be done, if that is said.
    #[must_use]
    pub fn deadline(&self) -> Option<Deadline<'_>> {
        match self {
            Self::Review(Review { target, promise, escalate_to, count, .. })
            | Self::Confirm(Confirm { target, promise, escalate_to, count, .. })
            | Self::Joint(Joint { target, promise, escalate_to, count, .. })
            | Self::Task(Task { target, promise, escalate_to, count, .. }) => {
                deadline(target.as_deref(), promise.as_deref(), escalate_to.as_ref(), *count)
            }
            Self::Escalate(Escalate { span, count, .. }) => {
                deadline(Some(span), None, None, *count)
            }
            Self::Collect {}
            | Self::Announce { .. }
            | Self::Window { .. }
            | Self::Apply(_)
            | Self::Tell(_)
            | Self::Checklist(_)
            | Self::Wait(_)
            | Self::Run(_)
            | Self::Agenda { .. }
            | Self::Vote(_) => None,
        }
    }
}

fn deadline<'a>(
    target: Option<&'a str>,
    promise: Option<&'a str>,
    escalate_to: Option<&'a By>,
    count: Counting,
) -> Option<Deadline<'a>> {
    let is_promise = promise.is_some();
    let span = promise.or(target)?;
    Some(Deadline { span, count, is_promise, escalate_to })
}

/// The whole days of a span such as `4 days` or `2 weeks`.
///
/// # Errors
/// A sentence that says why the span is none of days.
pub fn days(span: &str) -> Result<u16, String> {
    let problem = || format!("`span` is `{span}`: write whole days, such as `4 days`");
    let parsed: Span = span.trim().parse().map_err(|_error| problem())?;
    let days = parsed.get_weeks().saturating_mul(7).saturating_add(parsed.get_days());
    let only_days = Span::new().try_days(parsed.get_days()).map_err(|_error| problem())?;
    let only_days = only_days.try_weeks(parsed.get_weeks()).map_err(|_error| problem())?;
    let is_whole = parsed.fieldwise() == only_days.fieldwise();
    let days = u16::try_from(days).map_err(|_error| problem())?;
    (is_whole && (1..=DAYS_MAX).contains(&days)).then_some(days).ok_or_else(problem)
}

/// How long a span is, days being of 24 hours: `5 min`, `12 h`, `3 days`.
///
/// # Errors
/// A sentence that says what a span looks like.
pub fn length(span: &str) -> Result<SignedDuration, String> {
    let problem = || format!("`{span}` is no span: write `5 min`, `12 h`, `3 days`");
    if let Ok(days) = days(span) {
        return Ok(SignedDuration::from_hours(24 * i64::from(days)));
    }
    let parsed: Span = span.trim().parse().map_err(|_error| problem())?;
    let length = SignedDuration::try_from(parsed).map_err(|_error| problem())?;
    (length >= SignedDuration::ZERO).then_some(length).ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_days() {
        assert_eq!(days("4 days"), Ok(4));
        assert_eq!(days("1 week 1 day"), Ok(8));
        for span in ["", "4", "36 hours", "4 days 2 hours", "0 days", "-1 day", "1 month"] {
            assert!(days(span).is_err(), "{span}");
        }
    }

    #[test]
    fn lengths_are_of_minutes_hours_or_days() {
        assert_eq!(length("5 min"), Ok(SignedDuration::from_mins(5)));
        assert_eq!(length("0 s"), Ok(SignedDuration::ZERO));
        assert_eq!(length("3 days"), Ok(SignedDuration::from_hours(72)));
        for span in ["", "soon", "-5 min", "1 month"] {
            assert!(length(span).is_err(), "{span}");
        }
    }

    #[test]
    fn whoever_does_something_is_written_as_read() {
        for text in ["queue:a", "person:jo", "fact:holder", "speaker:unit", "coordinators"] {
            assert_eq!(By::try_from(text.to_owned()).map(String::from), Ok(text.to_owned()));
        }
        for text in ["", "queue:", "anna", "coordinators:x", "team:a"] {
            assert!(By::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
