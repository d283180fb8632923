//! Facts as a procedure declares them: what must be known, of which type, under which labels.
//!
//! Deliberately absent: reading them from mails (`ticket::procedure::facts`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::desk::labels::{Label, Labels, Prepared};
use crate::types::{Locale, PersonId, day};

/// The type of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactType {
    /// Any words.
    Text,
    /// A name or address of a person.
    Person,
    /// An addr-spec.
    Address,
    /// A person's first or last name.
    Name,
    /// A name to log in with: small letters, digits, `.`, `_` and `-`, nobody else's.
    UserName,
    /// A day of the calendar.
    Date,
    /// A whole number.
    Number,
    /// One of the fact's options.
    Choice,
    /// A queue of the register.
    Queue,
    /// Queues of the register.
    Queues,
    /// A name for a new queue, which no queue has.
    QueueName,
    /// A paper that proves something: a file or a link.
    Evidence,
    /// Agreement to a text.
    Consent,
    /// A unit of the register.
    Unit,
    /// A role of the register.
    Role,
    /// Somebody who must agree to the request: its author, or in Cc, or asked at once.
    CoSignature,
}

/// Whether a request waits for a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// It waits.
    Required,
    /// It is asked for once and does not wait.
    Recommended,
    /// It is taken when given.
    Optional,
}

/// What a mail's author tells about a fact, before anybody says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromAuthor {
    /// The given name.
    First,
    /// The family name.
    Last,
    /// The unit whose shared address it is, or that the author alone speaks for.
    Unit,
    /// The short name that an author has whom the register knows.
    User,
}

/// Something that must be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The short name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FactType,
    /// Whether the request waits for it.
    pub need: Need,
    /// Whether announcements may show it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
    /// What people write before the colon, by language; the first is the one we ask with.
    #[serde(default)]
    pub label: BTreeMap<Locale, Vec<String>>,
    /// What may be chosen, by short name, as people write it; the first is what we show.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, BTreeMap<Locale, Vec<String>>>,
    /// Of a name or a unit: what the author stands for until somebody says otherwise. It is shown
    /// like all that was understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_author: Option<FromAuthor>,
    /// User names that nobody gets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<String>,
    /// Of a consent: the rule text that is agreed to; it is sent with the first question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of a consent: the fact that names the unit that agrees, by a paper or its speaker's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of evidence: the fact that names several things, each of which must be proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Of evidence: who keeps the papers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<PersonId>,
    /// Of evidence: for how many days a paper is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_days: Option<u16>,
    /// Its labels as they are compared, once somebody asked for them.
    #[serde(skip)]
    pub(super) prepared: Prepared<Labels>,
}

impl Fact {
    /// Its labels as they are compared: in every language, also without what follows a comma in
    /// them, and its short name.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.prepared.made(|| Labels::of(self)).all
    }

    /// Whether one of its labels may be one slip of the finger at most from folded words of so many
    /// letters whose first and last octets are these; most words are like none.
    #[must_use]
    pub fn has_label_like(&self, ends: (u8, u8), chars: usize) -> bool {
        self.prepared.made(|| Labels::of(self)).may_be_near(ends, chars)
    }

    /// The label that a reader of `locale` is asked with; the short name where there is none.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> &str {
        let labels = self.label.get(&locale).filter(|labels| !labels.is_empty());
        let labels = labels.or_else(|| self.label.values().find(|labels| !labels.is_empty()));
        labels.and_then(|labels| labels.first()).map_or(&self.name, String::as_str)
    }

    /// The label as it stands before what is known: without the choices behind a comma.
    #[must_use]
    pub fn known_as(&self, locale: Locale) -> &str {
        let label = self.shown(locale);
        label.split_once(',').map_or(label, |(head, _)| head)
    }

    /// A value for a reader of `locale`: an option in its words, a date as people say it.
    #[must_use]
    pub fn said<'a>(&'a self, value: &'a str, locale: Locale) -> Cow<'a, str> {
        if let (FactType::Date, Ok(date)) = (self.kind, value.parse()) {
            return Cow::Owned(day(date, locale));
        }
        let words = self.options.get(value).and_then(|words| words.get(&locale));
        Cow::Borrowed(words.and_then(|words| words.first()).map_or(value, String::as_str))
    }

    /// Mistakes of one fact, beside those before it.
    pub(super) fn problems(&self, locale: Locale, earlier: &[Self]) -> Vec<String> {
        let (name, mut problems) = (&self.name, Vec::new());
        let is_choice = self.kind == FactType::Choice;
        if is_choice && self.options.len() < 2 {
            problems.push(format!(
                "fact `{name}` is a choice of fewer than two: add `[fact.options.NAME]` for each"
            ));
        }
        if !is_choice && !self.options.is_empty() {
            problems.push(format!("fact `{name}` has options and is no `choice`: remove one"));
        }
        for (option, words) in &self.options {
            if words.get(&locale).is_none_or(Vec::is_empty) {
                problems.push(format!(
                    "option `{option}` of fact `{name}` has no words in the site's language: add \
                     `{locale}`"
                ));
            }
        }
        let fits = match self.from_author {
            None => true,
            Some(FromAuthor::Unit) => self.kind == FactType::Unit,
            Some(FromAuthor::User) => self.kind == FactType::UserName,
            Some(FromAuthor::First | FromAuthor::Last) => self.kind == FactType::Name,
        };
        if !fits {
            problems.push(format!(
                "fact `{name}`: `from_author` is `first` or `last` of a name, `unit` of a unit, \
                 `user` of a user name: remove it"
            ));
        }
        if self.kind != FactType::UserName && !self.reserved.is_empty() {
            problems.push(format!("fact `{name}` reserves names and is no `user-name`"));
        }
        let labels = |fact: &Self| fact.label.values().flatten().cloned().collect::<Vec<_>>();
        let own = labels(self);
        for other in earlier.iter().filter(|other| other.name != *name) {
            let are_names = self.kind == FactType::Name && other.kind == FactType::Name;
            let shared = labels(other).into_iter().find(|label| own.contains(label));
            if let Some(label) = shared.filter(|_| !are_names) {
                problems.push(format!(
                    "fact `{name}` has the label `{label}` of `{}`: leave it with one",
                    other.name
                ));
            }
        }
        problems
    }
}
