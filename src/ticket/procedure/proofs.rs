//! What proves a request: papers, consents, signatures, as they are recorded.
//!
//! Data, and what is lacking. Deliberately absent: how words are understood as one of them
//! (`paper`, `agreement`, `signature`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::Consent;
use crate::desk::procedure::{Fact, FactType, Need};
use crate::mail::Attachment;
use crate::ticket::procedure::request::Request;
use crate::ticket::state::Actor;
use crate::types::{Address, Hash, Locale, PersonId, Position};

/// What a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperKind {
    /// An attachment: any file or photo.
    File,
    /// A link: noted, never fetched.
    Link,
    /// Minutes that stand in the mail itself.
    Minutes,
    /// A message or ticket that is referred to.
    Reference,
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// The fact that it was given for.
    pub fact: String,
    /// What it proves, where each of several things must be proven.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub things: Vec<String>,
    /// Whether it was given without saying for what: then it counts for all that lacked one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_all: bool,
    /// What it is.
    pub kind: PaperKind,
    /// Its file name, link, reference or first words.
    pub name: String,
    /// The sum of the file, or of the whole message that holds the minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<Hash>,
    /// Octets of the file.
    #[serde(default)]
    pub bytes: usize,
    /// The file as it lies in its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Attachment>,
    /// The accepted message that it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Position>,
    /// When.
    pub at: Timestamp,
    /// From whom.
    pub by: Actor,
    /// On which rung.
    pub rung: u8,
    /// The last day on which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// Who keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<PersonId>,
}

/// A rule text that was sent to somebody with a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentText {
    /// Which.
    pub text: String,
    /// In which version.
    pub version: u16,
    /// In which language.
    pub locale: Locale,
    /// The sum of its words.
    pub hash: Hash,
    /// To whom.
    pub to: Address,
}

/// Somebody who must agree to the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who, at which address.
    pub address: Address,
    /// Whom of the register that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// When he agreed, and on which rung.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<(Timestamp, u8)>,
    /// When he refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<Timestamp>,
    /// When he was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
}

/// A value that somebody else gave, which the requestor has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contested {
    /// The value.
    pub value: String,
    /// Who gave it.
    pub by: Address,
}

/// Everything that proves a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proofs {
    /// Papers, in the order in which they came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Rule texts that were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<SentText>,
    /// Consents that count, by fact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consents: BTreeMap<String, Consent>,
    /// Consents that were given before the text was sent, by fact: when.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub noted: BTreeMap<String, Timestamp>,
    /// Co-signatures, by fact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signatures: BTreeMap<String, Signature>,
    /// Values of somebody else that wait for the requestor's word, by fact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contested: BTreeMap<String, Contested>,
    /// Whether the last mail speaks of an attachment and has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nothing_attached: bool,
}

impl Proofs {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            papers: Vec::new(),
            sent: Vec::new(),
            consents: BTreeMap::new(),
            noted: BTreeMap::new(),
            signatures: BTreeMap::new(),
            contested: BTreeMap::new(),
            nothing_attached: false,
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The things that a fact of evidence is wanted for, each; empty where one paper is enough.
#[must_use]
pub fn things(request: &Request, fact: &Fact) -> Vec<String> {
    let named = fact.each.as_ref().and_then(|each| request.facts.get(each));
    let items = named.into_iter().flat_map(|value| value.split(','));
    items.map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// The things that still lack a paper.
#[must_use]
pub fn lacking(request: &Request, fact: &Fact) -> Vec<String> {
    let papers = || request.proofs.papers.iter().filter(|paper| paper.fact == fact.name);
    let mut things = things(request, fact);
    things.retain(|thing| !papers().any(|paper| paper.things.contains(thing)));
    things
}

/// Whether papers prove a fact: evidence, and a unit's consent, which stands in its minutes.
#[must_use]
pub fn is_by_paper(fact: &Fact) -> bool {
    let is_of_unit = fact.kind == FactType::Consent && fact.unit.is_some();
    fact.kind == FactType::Evidence || is_of_unit
}

/// Whether a fact lacks what it is proven by, whatever words were given for it.
#[must_use]
pub fn is_lacking(request: &Request, fact: &Fact) -> bool {
    let proofs = &request.proofs;
    if proofs.contested.contains_key(&fact.name) {
        return true;
    }
    match fact.kind {
        FactType::Evidence => fact.each.is_some() && !lacking(request, fact).is_empty(),
        FactType::Consent => fact.text.is_some() && !proofs.consents.contains_key(&fact.name),
        FactType::CoSignature => {
            let signature = proofs.signatures.get(&fact.name);
            signature.is_none_or(|signature| signature.signed.is_none())
        }
        _ => false,
    }
}

/// Co-signatures that somebody was asked for and has not given: they are waited for, not asked of
/// the requestor.
#[must_use]
pub fn is_waited_for(request: &Request, fact: &Fact) -> bool {
    let signature = request.proofs.signatures.get(&fact.name);
    fact.need == Need::Required
        && signature.is_some_and(|signature| {
            signature.asked_at.is_some()
                && signature.signed.is_none()
                && signature.refused_at.is_none()
        })
}
