//! Facts of a request, read from what people write.
//!
//! `Label: value` in any order and language (`label`), in bullets and tables (`table`), behind
//! and below our own labels inside a quoted question; files; a plain answer where one fact is
//! open; free words where they are clear (`prose`). What does not do is kept for the question
//! about it. Deliberately absent: the contents of attachments, which are known by name only.

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType, Need};
use crate::mail::Message;
use crate::mail::quote::{self, Reply};
use crate::ticket::procedure::entry::{Entries, Entry, author_of};
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::value::{Reading, understand};
use crate::ticket::procedure::{paper, proofs, prose, recant, stance, value_known};
use crate::types::{Locale, PersonId};

/// A fact that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub name: String,
    /// What, for a reader.
    pub value: String,
    /// Whom of the register it names.
    pub person: Option<PersonId>,
    /// Whether the value does; else it is asked about and not taken.
    pub is_fit: bool,
}

/// Reads what `message` says about a request; `answered` is the text of ours that it answers.
#[must_use]
pub fn read(
    request: &Request,
    register: &Register,
    message: &Message,
    answered: Option<&str>,
) -> Vec<Found> {
    let reply = quote::split_message(message, answered);
    let entries = Entries::of(request, &reply, answered.is_some(), author_of(message));
    let mut found: Vec<Found> = Vec::new();
    let mut names: Vec<&str> = entries.own.iter().map(|entry| entry.fact.name.as_str()).collect();
    names.dedup();
    for name in names {
        if !found.iter().any(|known| known.name == name) {
            found.extend(settled(&entries.own, name, register));
        }
    }
    let is_open =
        |fact: &Fact| is_asked(request, &fact.name) && !request.facts.contains_key(&fact.name);
    for entry in entries.filled_in.iter().filter(|entry| is_open(entry.fact)) {
        if !found.iter().any(|known| known.name == entry.fact.name) {
            found.extend(understood(entry.fact, register, &entry.value));
        }
    }
    for (fact, value) in paper::files(request, message, &entries.words) {
        if !found.iter().any(|known| known.name == fact.name && known.is_fit) {
            found.push(fit(fact, value));
        }
    }
    if found.is_empty() && !entries.has_labels() {
        found.extend(plain_answer(request, register, message, &reply));
    }
    for (fact, text) in &entries.remarks {
        if !found.iter().any(|known| known.name == fact.name) {
            found.extend(
                recant::remark(request, register, fact, text)
                    .map(|told| Found { is_fit: told.is_fit, ..fit(fact, told.value) }),
            );
        }
    }
    let words = prose::Words {
        text: &entries.words,
        subject: if answered.is_none() && entries.is_first(request) {
            &message.subject
        } else {
            ""
        },
        writer: entries.writer(author_of(message)),
    };
    for prose::Told { fact, value, corrects, is_fit } in prose::read(request, register, &words) {
        let is_new = corrects || !request.facts.contains_key(&fact.name);
        if is_new && !found.iter().any(|known| known.name == fact.name) {
            found.push(Found { is_fit, ..fit(fact, value) });
        }
    }
    found.extend(passed_on(request, register, &entries, &found));
    found
}

/// What free words of a mail say that is passed on, where nothing is known. What only its author
/// may say, a consent, is not taken.
fn passed_on(
    request: &Request,
    register: &Register,
    entries: &Entries<'_>,
    found: &[Found],
) -> Vec<Found> {
    let Some((text, writer)) = &entries.passed_on else { return Vec::new() };
    let words = prose::Words { text, subject: "", writer: writer.clone() };
    let is_takable = |told: &prose::Told<'_>| {
        let is_personal = matches!(told.fact.kind, FactType::Consent | FactType::CoSignature);
        let is_known = request.facts.contains_key(&told.fact.name)
            || found.iter().any(|known| known.name == told.fact.name);
        !is_personal && !is_known && told.is_fit
    };
    let told = prose::read(request, register, &words).into_iter().filter(is_takable);
    told.map(|told| fit(told.fact, told.value)).collect()
}

fn fit(fact: &Fact, value: String) -> Found {
    Found { name: fact.name.clone(), value, person: None, is_fit: true }
}

pub(super) fn is_asked(request: &Request, name: &String) -> bool {
    request.asked.as_ref().is_some_and(|(asked, _)| asked.contains(name))
}

fn understood(fact: &Fact, register: &Register, value: &str) -> Option<Found> {
    let (value, person, is_fit) = match understand(fact, register, value) {
        Reading::Nothing => return None,
        Reading::Fit(value, person) => (value, person, true),
        Reading::Unfit(value) => (value, None, false),
    };
    Some(Found { name: fact.name.clone(), value, person, is_fit })
}

/// What a mail says about one fact: the last correction, else the only value. Two that differ
/// are asked about.
fn settled(entries: &[Entry<'_>], name: &str, register: &Register) -> Option<Found> {
    let of_fact = || entries.iter().filter(|entry| entry.fact.name == name);
    let read = |entry: &Entry<'_>| {
        understood(entry.fact, register, &entry.value).filter(|found| found.is_fit || entry.is_sure)
    };
    if let Some(found) = of_fact().rev().filter(|entry| entry.corrects).find_map(read) {
        return Some(found);
    }
    let kind = of_fact().next()?.fact.kind;
    let mut values: Vec<Found> = of_fact().filter_map(read).collect();
    values.dedup();
    let mut values = values.into_iter();
    let mut first = values.next()?;
    for other in values.filter(|_| kind != FactType::Text) {
        if kind == FactType::Queues {
            first.value = format!("{}, {}", first.value, other.value);
            first.is_fit &= other.is_fit;
        } else {
            first.value = format!("{} / {}", first.value, other.value);
            first.is_fit = false;
        }
    }
    Some(first)
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
    let found = understood(fact, register, &words)?;
    let is_short = words.split_whitespace().count() <= 4;
    let is_fit = match fact.kind {
        FactType::Text => true,
        // Who is asked by us and not the other way round may say no.
        FactType::Consent => found.is_fit || (request.procedure.renews.is_some() && is_short),
        FactType::Person | FactType::CoSignature => found.person.is_some() || is_short,
        FactType::Unit | FactType::Role => found.is_fit || is_short,
        FactType::UserName | FactType::Queue | FactType::Queues => found.is_fit || is_short,
        _ => found.is_fit,
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
            && (!is_known
                || proofs::is_lacking(request, fact)
                || (needs_person && !request.people.contains_key(&fact.name)))
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
    if let Some(given) = request.unfit.get(&fact.name) {
        let near = value_known::nearest_names(fact, register, given);
        return if near.is_empty() {
            label.to_owned()
        } else {
            format!("{label}, {}", near.join(" / "))
        };
    }
    let Some(given) = request.facts.get(&fact.name) else {
        return match proposal(request, register, fact) {
            Some(name) => format!("{label}, {} {name}", proposed(locale)),
            None => label.to_owned(),
        };
    };
    if !matches!(fact.kind, FactType::Person | FactType::Text) {
        return label.to_owned();
    }
    let Named::Nobody(near) = people::find(register, given) else { return label.to_owned() };
    let names: Vec<&str> =
        near.iter().filter_map(|id| Some(register.person(id)?.name.as_str())).collect();
    if names.is_empty() { label.to_owned() } else { format!("{label}, {}", names.join(" / ")) }
}

/// A name for a new queue that nobody named: the unit's, as queues are written.
fn proposal(request: &Request, register: &Register, fact: &Fact) -> Option<String> {
    let mut facts = request.procedure.facts.iter().filter(|_| fact.kind == FactType::QueueName);
    let unit = facts.find(|one| one.kind == FactType::Unit)?;
    match understand(fact, register, request.facts.get(&unit.name)?) {
        Reading::Fit(name, _) => Some(name),
        Reading::Nothing | Reading::Unfit(_) => None,
    }
}

const fn proposed(locale: Locale) -> &'static str {
    match locale {
        Locale::De => "Vorschlag",
        Locale::En => "for example",
        Locale::Fi => "ehdotus",
        Locale::Sv => "förslag",
    }
}
