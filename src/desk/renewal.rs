//! Renewals: a new version of a rule text asks everybody concerned for consent again (000-09).
//!
//! A procedure says that it renews a text; each version is renewed once, from its first day on.
//! Deliberately absent: how somebody is asked and answers (`ticket::procedure`), the consents.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::consent::Consenting;
use crate::desk::procedure::FactType;
use crate::desk::{Access, Procedure, Register, RuleText};
use crate::types::{QueueName, TicketId};

/// That a procedure asks for consent to each new version of a rule text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renews {
    /// The short name of the text.
    pub text: String,
    /// Whether places in queues rest once the time is over, until the consent is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// The renewal of one version, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// The procedure that asks.
    pub procedure: String,
    /// The text.
    pub text: String,
    /// In which version.
    pub version: u16,
    /// When it began.
    pub begun_at: Timestamp,
    /// Who was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
}

/// Somebody who was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Who.
    pub who: Consenting,
    /// On which ticket.
    pub ticket: TicketId,
    /// When.
    pub at: Timestamp,
    /// When he said no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_at: Option<Timestamp>,
    /// When the time was over without a consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapsed_at: Option<Timestamp>,
    /// Places that rest because of it, with the access that comes back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<(QueueName, Access)>,
}

/// Procedure, version.
pub type RenewalKey = (String, u16);

impl Renewal {
    /// Under what it is kept.
    #[must_use]
    pub fn key(&self) -> RenewalKey {
        (self.procedure.clone(), self.version)
    }

    /// Those who were asked and have not agreed, in the order in which they were asked.
    pub fn open<'a>(&'a self, register: &'a Register) -> impl Iterator<Item = &'a Asked> {
        self.asked.iter().filter(|asked| {
            let known = match &asked.who {
                Consenting::Person(id) => register.person(id).is_some(),
                Consenting::Unit(id) => register.unit(id).is_some(),
                Consenting::Address(_) => true,
            };
            known && register.agreed(&self.text, self.version, &asked.who).is_none()
        })
    }
}

/// Whether a version of a text follows an earlier one: only then there is anything to renew.
#[must_use]
pub fn follows(register: &Register, text: &RuleText) -> bool {
    register.texts().any(|known| known.name == text.name && known.version < text.version)
}

/// Who is to agree to a version and has not: everybody who works in a queue or agreed to an earlier
/// version; or, where the procedure asks units, the units with a queue or with such a consent.
#[must_use]
pub fn concerned(
    register: &Register,
    procedure: &Procedure,
    text: &RuleText,
    day: Date,
) -> Vec<Consenting> {
    let is_earlier = |by: &Consenting| {
        let mut versions = register.texts().filter(|known| known.name == text.name);
        versions.any(|known| {
            known.version < text.version && register.agreed(&text.name, known.version, by).is_some()
        })
    };
    let all: Vec<Consenting> = if of_units(procedure, &text.name).is_some() {
        let has_queue = |unit: &&crate::desk::Unit| {
            let by = Consenting::Unit(unit.id.clone());
            register.queues().any(|queue| queue.unit.as_ref() == Some(&unit.id)) || is_earlier(&by)
        };
        let spoken_for = register.units().filter(|unit| unit.speakers(day).next().is_some());
        spoken_for.filter(has_queue).map(|unit| Consenting::Unit(unit.id.clone())).collect()
    } else {
        let people = register.people().map(|person| Consenting::Person(person.id.clone()));
        let works = |by: &Consenting| match by {
            Consenting::Person(id) => register.queues().any(|queue| queue.member(id).is_some()),
            Consenting::Address(_) | Consenting::Unit(_) => false,
        };
        people.filter(|by| works(by) || is_earlier(by)).collect()
    };
    let lacks = |by: &Consenting| register.agreed(&text.name, text.version, by).is_none();
    all.into_iter().filter(lacks).collect()
}

/// The fact that names the unit whose consent a procedure asks for, where it does.
#[must_use]
pub fn of_units<'a>(procedure: &'a Procedure, text: &str) -> Option<&'a str> {
    let fact = procedure
        .facts
        .iter()
        .find(|fact| fact.kind == FactType::Consent && fact.text.as_deref() == Some(text))?;
    fact.unit.as_deref()
}

/// What is wrong where a procedure renews a text, as sentences that say what to do.
#[must_use]
pub fn problems(procedure: &Procedure, register: &Register) -> Vec<String> {
    let Some(renews) = &procedure.renews else { return Vec::new() };
    let text = &renews.text;
    let mut problems = Vec::new();
    if !register.texts().any(|known| &known.name == text) {
        problems.push(format!(
            "it renews `{text}`, which is no [[text]] of the organization: add it, or correct the \
             name"
        ));
    }
    let asks = procedure
        .facts
        .iter()
        .any(|fact| fact.kind == FactType::Consent && fact.text.as_ref() == Some(text));
    if !asks {
        problems.push(format!(
            "it renews `{text}` and asks nobody for consent to it: add a fact of type `consent` \
             with `text = \"{text}\"`"
        ));
    }
    problems
}
