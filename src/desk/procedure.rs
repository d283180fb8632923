//! Procedures as they are declared: facts that are needed and steps that follow.
//!
//! Deliberately absent: what becomes of a request (`ticket::procedure` is the only interpreter),
//! reading files (`config`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use crate::desk::fact::{Fact, FactType, FromAuthor, Need};
use crate::desk::labels::{Index, Prepared};
use crate::desk::passage::{self, Passage};
use crate::desk::soundness::{self, Beside};
pub use crate::desk::step::{Apply, By, Create, OnObjection, Step, days as window_days};
use crate::desk::{Meeting, Register, Renews, proofs, renewal, speech};
use crate::types::{Address, Locale, QueueName};

/// A text in several languages.
pub type Texts = BTreeMap<Locale, String>;

/// One TOML file of the folder `procedures`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// The short name.
    pub name: String,
    /// First mails to these addresses start it.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Words by which a first mail is known to be one of it, by language, where another procedure
    /// starts at the same address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<Locale, Vec<String>>,
    /// The queue that its requests stand in; the dispatcher's where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueName>,
    /// What it is called, by language.
    #[serde(default)]
    pub title: Texts,
    /// What one request of it is called, by language, once the facts in braces are known:
    /// `Queue {queue}`.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub called: Texts,
    /// How long it waits after its author's last mail before it asks or goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settle_span: Option<String>,
    /// How long a bounce of what was published may take; before, silence does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounce_span: Option<String>,
    /// When it reminds of what is missing, counted from the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind: Option<Vec<String>>,
    /// When it expires, counted from the question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire: Option<String>,
    /// How often a window begins anew before people decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts_max: Option<u16>,
    /// What it tells those who work on requests, by language: the name of a text file in the
    /// procedure file, the words themselves once it is read.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub playbook: Texts,
    /// Who may ask; anybody where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Asks>,
    /// The rule text to each new version of which it asks for consent, by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<Renews>,
    /// Who looks at a refusal once more, and at conflicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<Appeal>,
    /// What must be known.
    #[serde(default, rename = "fact")]
    pub facts: Vec<Fact>,
    /// What happens, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// Where the facts stand by label, once somebody asked for it.
    #[serde(skip)]
    prepared: Prepared<Index>,
}

/// Who may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asks {
    /// Who.
    pub who: Who,
    /// The fact that names the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// The higher body that looks at a refusal once more, and at conflicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appeal {
    /// Which: the first of them who answers decides.
    pub to: By,
    /// How long the requestor may ask for it, in whole days.
    #[serde(default = "two_weeks")]
    pub within: String,
    /// By when the body is expected to decide.
    #[serde(default = "two_weeks")]
    pub span: String,
}

fn two_weeks() -> String {
    "14 days".to_owned()
}

/// Who may ask without the word of somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Anybody.
    Anyone,
    /// Whom the register knows.
    Members,
    /// Who speaks for the unit that a fact names.
    Speaker,
}

impl Procedure {
    /// The facts with exactly this folded label, in their order.
    pub fn facts_labelled(&self, folded: &str) -> impl Iterator<Item = &Fact> {
        let places = self.prepared.made(|| Index::of(&self.facts)).places(folded);
        places.iter().filter_map(|place| self.facts.get(*place))
    }

    /// Whether the label of some fact begins with this folded word.
    #[must_use]
    pub fn has_label_beginning(&self, word: &str) -> bool {
        self.prepared.made(|| Index::of(&self.facts)).begins_with(word)
    }

    /// Reads a procedure as it stands in its file.
    ///
    /// # Errors
    /// One sentence that names the line and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', " ");
            let line = line_of(text, start, &message);
            format!("line {line}: {}", message.trim_end())
        })
    }

    /// Every mistake that only shows beside the register, as a sentence that says what to do.
    /// `locale` is the site's language, in which everything must have a name.
    #[must_use]
    pub fn check(&self, locale: Locale, register: &Register) -> Vec<String> {
        let mut problems = self.name_problems(locale);
        problems.extend(proofs::problems(self, register));
        problems.extend(renewal::problems(self, register));
        let beside = Beside { procedure: self, register, locale };
        let passage = Passage { procedure: self, register };
        problems.extend(beside.head());
        problems.extend(passage.head());
        problems.extend(speech::problems(self, locale));
        let is_queue = |name: &QueueName| register.queue(name).is_some();
        for address in &self.addresses {
            if let Some(queue) = register.queue_at(address) {
                problems.push(format!(
                    "{address} is an address of queue `{}` too, which would get the mail: \
                     leave it with one",
                    queue.name
                ));
            }
        }
        if let Some(queue) = self.queue.as_ref().filter(|queue| !is_queue(queue)) {
            let remedy = soundness::queue_meant(register, queue);
            problems.push(format!("`queue` names `{queue}`, which is no queue: {remedy}"));
        }
        let needs = self.facts.iter().any(|fact| fact.need == Need::Required);
        let collects = self.steps.iter().any(|step| matches!(step, Step::Collect {}));
        if self.steps.is_empty() {
            problems.push("there is no [[step]]: a request would never end; add one".to_owned());
        } else if needs && !collects {
            problems.push(
                "facts are required and no step collects them: a request would never be \
                 complete; add `kind = \"collect\"` as the first step"
                    .to_owned(),
            );
        }
        for (place, step) in self.steps.iter().enumerate() {
            let before = self.steps.get(..place).unwrap_or_default();
            let mut said = self.step_problems(step, before, register);
            said.extend(beside.step(step, before));
            said.extend(passage.step(step, before));
            problems.extend(said.into_iter().map(|said| format!("step {}: {said}", place + 1)));
        }
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        problems
    }

    fn name_problems(&self, locale: Locale) -> Vec<String> {
        let mut problems = Vec::new();
        if self.addresses.is_empty() && self.renews.is_none() {
            problems.push("it has no address that starts it: add `addresses`".to_owned());
        }
        if !self.title.contains_key(&locale) {
            problems.push(format!("it has no title in the site's language: add `title.{locale}`"));
        }
        problems.extend(self.called_problems());
        for (number, fact) in self.facts.iter().enumerate() {
            if fact.label.get(&locale).is_none_or(Vec::is_empty) {
                problems.push(format!(
                    "fact `{}` has no label in the site's language: add `label.{locale}`",
                    fact.name
                ));
            }
            let earlier = self.facts.get(..number).unwrap_or_default();
            if earlier.iter().any(|earlier| earlier.name == fact.name) {
                problems.push(format!("fact `{}` stands twice: remove one", fact.name));
            }
            problems.extend(fact.problems(locale, earlier));
        }
        problems
    }

    /// Lists read what a request is called.
    fn called_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for text in self.called.values() {
            for name in text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)) {
                match self.fact(name) {
                    None => problems.push(format!(
                        "`called` names `{name}`, which is no fact: write the name of one in braces"
                    )),
                    Some(fact) if !fact.public && self.announced_to().next().is_some() => {
                        problems.push(format!(
                            "`called` names `{name}`, which lists would read: say `public = true` \
                             there, or leave it out"
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        problems.dedup();
        problems
    }

    fn step_problems(&self, step: &Step, before: &[Step], register: &Register) -> Vec<String> {
        let mut problems = Vec::new();
        match step {
            Step::Announce { to } if to.is_empty() => {
                problems.push("it is announced to nobody: name addresses in `to`".to_owned());
            }
            Step::Announce { .. } => {}
            Step::Window { span, objectors, .. } => {
                if !before.iter().any(|step| matches!(step, Step::Announce { .. })) {
                    problems.push(
                        "a window without an announce step before it: silence counts only if \
                         somebody was told; add one"
                            .to_owned(),
                    );
                }
                problems.extend(window_days(span).err());
                problems.extend(objectors_problem(objectors, register));
            }
            Step::Apply(apply) => problems.extend(self.apply_problems(apply, register)),
            Step::Vote(vote) => problems.extend(vote.problems(register)),
            _ => {}
        }
        problems
    }

    fn apply_problems(&self, apply: &Apply, register: &Register) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(queue) = &apply.queue {
            let is_fact = self.fact(queue).is_some();
            if !is_fact && register.queue(&QueueName::new(queue)).is_none() {
                let remedy = soundness::queue_meant(register, &QueueName::new(queue));
                problems
                    .push(format!("it names `{queue}`, which is no queue and no fact: {remedy}"));
            }
        }
        problems
    }

    /// What is wrong where nobody could decide what a request leaves to people, as a sentence that
    /// says what to do.
    #[must_use]
    pub fn people_problem(&self, dispatcher: &QueueName, register: &Register) -> Option<String> {
        let own = self.queue.as_ref().unwrap_or(dispatcher);
        let is_served = [own, dispatcher].into_iter().any(|one| passage::is_served(register, one));
        let is_there = register.queue(own).is_some();
        (is_there && !is_served).then(|| {
            format!(
                "nobody may write in `queue` = `{own}`, nor in that of the dispatcher: what people \
                 must decide would never end; add a member"
            )
        })
    }

    /// Every step that names a meeting which is none, as a sentence that says what to do.
    #[must_use]
    pub fn meeting_problems(&self, meetings: &[Meeting]) -> Vec<String> {
        let mut known: Vec<&str> = meetings.iter().map(|one| one.name.as_str()).collect();
        known.dedup();
        let named = self.steps.iter().enumerate().filter_map(|(place, step)| {
            let name = step.meeting()?;
            (!known.contains(&name)).then_some((place + 1, name))
        });
        let remedy = match known.as_slice() {
            [] => "add a [[meeting]] of that name to lotse.toml".to_owned(),
            known => format!("write one of {}, or add it to lotse.toml", known.join(", ")),
        };
        named
            .map(|(place, name)| {
                format!("step {place}: `meeting` names `{name}`, which is no meeting: {remedy}")
            })
            .collect()
    }

    /// The fact of this name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }

    /// The step at this place, from 0.
    #[must_use]
    pub fn step(&self, place: u16) -> Option<&Step> {
        self.steps.get(usize::from(place))
    }

    /// What it is called for a reader of `locale`; the short name where nothing is said.
    #[must_use]
    pub fn shown(&self, locale: Locale) -> &str {
        let title = self.title.get(&locale).or_else(|| self.title.values().next());
        title.map_or(&self.name, String::as_str)
    }

    /// Whether a step needs this fact to be a person of the register.
    #[must_use]
    pub fn applies_to(&self, fact: &str) -> bool {
        let names = |step: &Step| {
            let Step::Apply(apply) = step else { return false };
            apply.create != Some(Create::Person)
                && [&apply.person, &apply.to].into_iter().flatten().any(|name| name == fact)
        };
        let is_person = self.fact(fact).is_some_and(|fact| fact.kind == FactType::Person);
        is_person && self.steps.iter().any(names)
    }

    /// Whether first mails to one address start both.
    #[must_use]
    pub fn shares_address_with(&self, other: &Self) -> bool {
        self.addresses.iter().any(|address| other.addresses.contains(address))
    }

    /// What is missing beside another procedure, as a sentence that says what to do.
    #[must_use]
    pub fn words_problem(&self, other: &Self) -> Option<String> {
        let is_told = !self.words.is_empty() || !self.shares_address_with(other);
        (!is_told).then(|| {
            format!(
                "the procedure `{}` starts at the same address: add `words.de = [..]`, by which a \
                 first mail is known to be one of this",
                other.name
            )
        })
    }

    /// Every address that some step announces requests to.
    pub fn announced_to(&self) -> impl Iterator<Item = &Address> {
        self.announcements().map(|(_, to)| to)
    }

    /// The same with the number of the step, from 1.
    pub fn announcements(&self) -> impl Iterator<Item = (usize, &Address)> {
        self.steps.iter().enumerate().flat_map(|(place, step)| {
            let to = match step {
                Step::Announce { to } => to.as_slice(),
                _ => &[],
            };
            to.iter().map(move |address| (place + 1, address))
        })
    }
}

impl Step {
    /// The meeting that a step leads to, or may lead to.
    #[must_use]
    pub fn meeting(&self) -> Option<&str> {
        match self {
            Self::Agenda { meeting } => Some(meeting),
            Self::Window { meeting, .. } => meeting.as_deref(),
            Self::Vote(vote) => vote.meeting.as_deref(),
            _ => None,
        }
    }
}

/// The line of a mistake, from 1. Of a step the parser only knows where the steps begin, so the
/// key that it does not know is looked for from there on.
fn line_of(text: &str, start: usize, message: &str) -> usize {
    let before = text.get(..start).unwrap_or_default().matches('\n').count();
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let is_unknown = |line: &str| {
        let key = line.split(['=', '.']).next().unwrap_or_default();
        unknown.is_some_and(|(name, _)| key.trim() == name)
    };
    let at = text.lines().skip(before).position(is_unknown);
    before + at.unwrap_or_default() + 1
}

/// The queue whose members may object: `queue:NAME`.
#[must_use]
pub fn objectors_queue(objectors: &str) -> Option<QueueName> {
    let name = objectors.trim().strip_prefix("queue:")?.trim();
    (!name.is_empty()).then(|| QueueName::new(name))
}

fn objectors_problem(objectors: &str, register: &Register) -> Option<String> {
    let Some(queue) = objectors_queue(objectors) else {
        return Some(format!("`objectors` is `{objectors}`: write `queue:` and a queue's name"));
    };
    if register.queue(&queue).is_none() {
        let remedy = soundness::queue_meant(register, &queue);
        return Some(format!("`objectors` names `{queue}`, which is no queue: {remedy}"));
    }
    let is_empty = register.members(&queue).is_empty();
    is_empty.then(|| format!("queue `{queue}` has no members: nobody could object; add one"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_cannot_be_read_are_named() {
        let text = r#"
            name = "p"
            addresses = ["p@nrw.example"]
            title.de = "P"
            [[fact]]
            name = "access"
            type = "choice"
            need = "optional"
            label.de = ["Rechte"]
            options.read.en = ["read"]
            [[fact]]
            name = "why"
            type = "text"
            need = "optional"
            label.de = ["Grund", "Rechte"]
            reserved = ["root"]
            options.a.de = ["a"]
            [[step]]
            kind = "tell"
        "#;
        let problems = Procedure::parse(text).unwrap().check(Locale::De, &Register::default());
        for (problem, begin) in problems.iter().zip([
            "fact `access` is a choice of fewer than two",
            "option `read` of fact `access` has no words",
            "fact `why` has options and is no `choice`",
            "fact `why` reserves names",
            "fact `why` has the label `Rechte` of `access`",
        ]) {
            assert!(problem.starts_with(begin), "{problem}");
        }
        assert_eq!(problems.len(), 5, "{problems:?}");
    }
}
