//! Procedures as they are declared: facts that are needed and steps that follow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::types::{Address, Locale};

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
    /// What it is called, by language.
    #[serde(default)]
    pub title: Texts,
    /// What must be known.
    #[serde(default, rename = "fact")]
    pub facts: Vec<Fact>,
    /// What happens, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
}

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
    /// What people write before the colon, by language; the first is the one we ask with.
    #[serde(default)]
    pub label: BTreeMap<Locale, Vec<String>>,
}

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
        /// Whole calendar days, such as `4 days`.
        span: String,
        /// Whose objections count: `queue:NAME` is its members.
        objectors: String,
        /// Where an objection leads.
        on_objection: OnObjection,
    },
    /// Changes the register.
    Apply {
        /// What is created: `membership`.
        create: String,
        /// In which queue.
        queue: crate::types::QueueName,
        /// The fact that names the person.
        person: String,
    },
    /// Tells the requestor the outcome.
    Tell {},
}
