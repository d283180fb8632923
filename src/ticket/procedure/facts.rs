//! Facts of a request, read from what people write.
//!
//! `Label: value` in any order and language, in bullets, behind our own labels inside a quoted
//! question; a plain answer where one fact is open. Deliberately absent: the contents of
//! attachments, which are known by name only.

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType, Need, Procedure};
use crate::mail::quote::{self, Part};
use crate::mail::{Message, quote::Reply};
use crate::ticket::procedure::fold::{distance, fold};
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::stance;
use crate::types::{Locale, PersonId};

/// Characters of a value that are kept.
const VALUE_CHARS_MAX: usize = 2000;
/// A label is no longer than this.
const LABEL_CHARS_MAX: usize = 80;

/// A fact that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub name: String,
    /// What, for a reader.
    pub value: String,
    /// Whom of the register it names.
    pub person: Option<PersonId>,
}

/// Reads what `message` says about a request; `answered` is the text of ours that it answers.
#[must_use]
pub fn read(
    request: &Request,
    register: &Register,
    message: &Message,
    answered: Option<&str>,
) -> Vec<Found> {
    let procedure = &request.procedure;
    let reply = quote::split_message(message, answered);
    let mut found: Vec<Found> = Vec::new();
    let mut take = |fact: &Fact, value: &str| {
        if !found.iter().any(|known| known.name == fact.name) {
            found.extend(understand(fact, register, value));
        }
    };
    let (own, filled_in) = labelled_values(procedure, &reply);
    for (fact, value) in &own {
        take(fact, value);
    }
    let is_asked = |fact: &Fact| {
        request.asked.as_ref().is_some_and(|(asked, _)| asked.contains(&fact.name))
            && !request.facts.contains_key(&fact.name)
    };
    for (fact, value) in filled_in.iter().filter(|(fact, _)| is_asked(fact)) {
        take(fact, value);
    }
    for (fact, name) in named_attachments(request, message) {
        take(fact, &name);
    }
    if found.is_empty() && own.is_empty() {
        found.extend(plain_answer(request, register, message, &reply));
    }
    found
}

type Labelled<'a> = Vec<(&'a Fact, String)>;

/// The values behind labels: in the author's own lines, and inside quoted ones.
fn labelled_values<'a>(
    procedure: &'a Procedure,
    reply: &Reply<'_>,
) -> (Labelled<'a>, Labelled<'a>) {
    let (mut own, mut filled_in): (Labelled<'a>, Labelled<'a>) = (Vec::new(), Vec::new());
    let mut is_open = false;
    for line in &reply.lines {
        let bare = without_marks(line.text);
        let is_quoted = bare.len() < line.text.trim_start().len();
        let is_own = line.part.is_shown() && !is_quoted;
        let is_old = matches!(line.part, Part::Quoted | Part::History) || is_quoted;
        match labelled(procedure, bare) {
            Some((fact, value)) if is_own => {
                own.push((fact, value.to_owned()));
                is_open = true;
            }
            Some((fact, value)) if is_old && !value.is_empty() => {
                filled_in.push((fact, value.to_owned()));
                is_open = false;
            }
            _ if !is_own || bare.trim().is_empty() || stance::is_closing(bare) => is_open = false,
            _ => {
                if let Some((fact, value)) = own.last_mut().filter(|_| is_open) {
                    let is_one_line = fact.kind != FactType::Text && !value.is_empty();
                    if !is_one_line {
                        value.push(' ');
                        value.push_str(bare.trim());
                    }
                }
            }
        }
    }
    own.retain(|(_, value)| !value.trim().is_empty());
    (own, filled_in)
}

fn without_marks(text: &str) -> &str {
    let text = text.trim();
    text.trim_start_matches(['>', '\u{ff1e}', ' '])
}

/// The fact whose label begins a line, and what stands behind it.
fn labelled<'a, 'b>(procedure: &'a Procedure, line: &'b str) -> Option<(&'a Fact, &'b str)> {
    let line = without_bullet(line);
    let is_sign = |c: char| matches!(c, ':' | '\u{ff1a}' | '=' | '\t' | '|');
    let (label, value) = line
        .split_once(is_sign)
        .or_else(|| line.split_once(" - "))
        .or_else(|| line.split_once(" \u{2013} "))?;
    if label.chars().count() > LABEL_CHARS_MAX {
        return None;
    }
    let value = value.trim().trim_end_matches('|').trim();
    let fact = fact_of(procedure, label)
        .or_else(|| fact_of(procedure, label.split_once([',', '(']).map(|(head, _)| head)?))?;
    Some((fact, value))
}

fn without_bullet(line: &str) -> &str {
    let line = line.trim().trim_start_matches(['-', '*', '•', '·', '–', '+', '|', ' ', '\t']);
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '#');
    let is_numbered = digits.len() < line.len();
    let behind = digits.trim_start_matches(['.', ')']).trim_start();
    if is_numbered { behind } else { line }
}

/// The fact with this label in any language: exactly, else by one slip of the finger.
fn fact_of<'a>(procedure: &'a Procedure, label: &str) -> Option<&'a Fact> {
    let label = fold(label);
    if label.is_empty() {
        return None;
    }
    let labels = |fact: &'a Fact| {
        fact.label.values().flatten().map(String::as_str).chain([fact.name.as_str()]).map(fold)
    };
    let exact = |fact: &&Fact| labels_of(fact).any(|known| known == label);
    if let Some(fact) = procedure.facts.iter().find(exact) {
        return Some(fact);
    }
    let near = |fact: &&'a Fact| {
        labels(fact)
            .any(|known| known.chars().count() >= 5 && distance(&known, &label, 1).is_some())
    };
    let mut near = procedure.facts.iter().filter(near);
    let first = near.next()?;
    near.next().is_none().then_some(first)
}

fn labels_of(fact: &Fact) -> impl Iterator<Item = String> + '_ {
    fact.label.values().flatten().map(String::as_str).chain([fact.name.as_str()]).map(fold)
}

/// A value as its type understands it; nothing where it says nothing.
fn understand(fact: &Fact, register: &Register, value: &str) -> Option<Found> {
    let value = clean(value);
    if !value.chars().any(char::is_alphanumeric) {
        return None;
    }
    let (value, person) = match fact.kind {
        FactType::Text => (value, None),
        FactType::Address => (people::address_in(&value)?.to_string(), None),
        FactType::Person => match people::find(register, &value) {
            Named::One(id) => {
                let name = register.person(&id).map(|person| person.name.clone());
                (name.unwrap_or(value), Some(id))
            }
            Named::Nobody(_) => (value, None),
        },
    };
    Some(Found { name: fact.name.clone(), value, person })
}

fn clean(value: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    let value = words.join(" ");
    let value = value.trim_matches(['*', '_', '"', '„', '“', '”', ' ']);
    value.chars().take(VALUE_CHARS_MAX).collect()
}

/// Texts that still lack and come as a file with the label as its name.
fn named_attachments<'a>(request: &'a Request, message: &Message) -> Vec<(&'a Fact, String)> {
    let mut named = Vec::new();
    for attachment in &message.attachments {
        let stem =
            attachment.name.rsplit_once('.').map_or(attachment.name.as_str(), |(stem, _)| stem);
        let stem = fold(stem);
        let is_named = |fact: &&Fact| {
            fact.kind == FactType::Text
                && !request.facts.contains_key(&fact.name)
                && labels_of(fact).any(|label| {
                    label.chars().count() >= 4 && stem.split(' ').any(|word| word == label)
                })
        };
        if let Some(fact) = request.procedure.facts.iter().find(is_named) {
            named.push((fact, attachment.name.clone()));
        }
    }
    named
}

/// The whole new text, where exactly one fact was asked for and is open.
fn plain_answer(
    request: &Request,
    register: &Register,
    message: &Message,
    reply: &Reply<'_>,
) -> Option<Found> {
    let (asked, _) = request.asked.as_ref()?;
    let wanted = wanted(request);
    let is_open = |name: &&String| wanted.iter().any(|fact| fact.name == **name);
    let mut open = asked.iter().filter(is_open);
    let (fact, None) = (request.procedure.fact(open.next()?)?, open.next()) else { return None };
    let words = stance::own_words(reply, message);
    if words.trim_end().ends_with('?') || crate::ticket::thanks::is_only_thanks(message) {
        return None;
    }
    let found = understand(fact, register, &words)?;
    let is_fit = match fact.kind {
        FactType::Text | FactType::Address => true,
        FactType::Person => found.person.is_some() || found.value.split(' ').count() <= 4,
    };
    is_fit.then_some(found)
}

/// Required facts that are not known, or name nobody where somebody is needed.
#[must_use]
pub fn missing(request: &Request) -> Vec<&Fact> {
    let procedure = &request.procedure;
    let is_missing = |fact: &&Fact| {
        let is_known = request.facts.contains_key(&fact.name);
        let needs_person = procedure.applies_to(&fact.name);
        fact.need == Need::Required
            && (!is_known || (needs_person && !request.people.contains_key(&fact.name)))
    };
    procedure.facts.iter().filter(is_missing).collect()
}

/// What a question asks for: what is missing, and what is recommended and not known.
#[must_use]
pub fn wanted(request: &Request) -> Vec<&Fact> {
    let mut wanted = missing(request);
    let is_recommended =
        |fact: &&Fact| fact.need == Need::Recommended && !request.facts.contains_key(&fact.name);
    wanted.extend(request.procedure.facts.iter().filter(is_recommended));
    wanted
}

/// What a question says before the colon: the label, and the nearest names where one was given
/// that nobody has.
#[must_use]
pub fn question_label(
    request: &Request,
    register: &Register,
    fact: &Fact,
    locale: Locale,
) -> String {
    let label = fact.shown(locale);
    let Some(given) = request.facts.get(&fact.name) else { return label.to_owned() };
    let Named::Nobody(near) = people::find(register, given) else { return label.to_owned() };
    let names: Vec<&str> =
        near.iter().filter_map(|id| Some(register.person(id)?.name.as_str())).collect();
    if names.is_empty() { label.to_owned() } else { format!("{label}, {}", names.join(" / ")) }
}
