//! Canned answers: texts that a queue sends again and again, by name and language.
//!
//! Deliberately absent: reading files (`config`), the keyword that sends one.

use std::collections::BTreeMap;

use crate::desk::Register;
use crate::types::{Locale, QueueName};

/// What a text may name, in double braces.
pub const SLOTS: [&str; 4] = ["requestor", "member", "queue", "subject"];

/// A text with its language.
type Texts = BTreeMap<Locale, String>;

/// All canned answers of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canned {
    texts: BTreeMap<(QueueName, String), Texts>,
}

/// What a text is filled with.
#[derive(Debug, Clone, Copy)]
pub struct Filling<'a> {
    /// Who asked, as a reader knows the person.
    pub requestor: &'a str,
    /// Who answers.
    pub member: &'a str,
    /// The name that the public knows the queue by.
    pub queue: &'a str,
    /// The requestor's subject.
    pub subject: &'a str,
}

impl Canned {
    /// Adds a text of a queue.
    pub fn add(&mut self, queue: QueueName, name: &str, locale: Locale, text: &str) {
        let texts = self.texts.entry((queue, name.to_owned())).or_default();
        texts.insert(locale, text.trim_end().to_owned());
    }

    /// The names of the texts that a queue may send: its own and those of the queues above it.
    #[must_use]
    pub fn names(&self, register: &Register, queue: &QueueName) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for at in up(register, queue) {
            let own = self.texts.keys().filter(|(known, _)| *known == at);
            names.extend(own.map(|(_, name)| name.as_str()));
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The text of this name: the nearest queue's that has one, in the reader's language, else in
    /// the other one, else in any.
    #[must_use]
    pub fn find(
        &self,
        register: &Register,
        queue: &QueueName,
        name: &str,
        (wanted, other): (Locale, Locale),
    ) -> Option<&str> {
        let key = |at| (at, name.to_owned());
        let texts = up(register, queue).into_iter().find_map(|at| self.texts.get(&key(at)))?;
        let text = texts.get(&wanted).or_else(|| texts.get(&other));
        text.or_else(|| texts.values().next()).map(String::as_str)
    }
}

/// A queue and those above it, the nearest first.
fn up(register: &Register, queue: &QueueName) -> Vec<QueueName> {
    let mut row = vec![queue.clone()];
    while let Some(parent) = row.last().and_then(|at| register.queue(at)?.parent.clone()) {
        if row.contains(&parent) {
            break;
        }
        row.push(parent);
    }
    row
}

/// A text with what it names. What is filled in has no line ends, so that nobody writes a line of
/// our mail.
#[must_use]
pub fn fill(text: &str, filling: &Filling<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = behind.split_once("}}") else {
            filled.push_str("{{");
            rest = behind;
            continue;
        };
        let value = match name.trim() {
            "requestor" => filling.requestor,
            "member" => filling.member,
            "queue" => filling.queue,
            "subject" => filling.subject,
            _ => "",
        };
        let words: Vec<&str> = value.split_whitespace().collect();
        filled.push_str(&words.join(" "));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// What is wrong with a text: in which line, counted from 1, and what to do.
#[must_use]
pub fn problems(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    if text.trim().is_empty() {
        found.push((1, "the text is empty; write it, or remove the file".to_owned()));
    }
    for (at, line) in text.lines().enumerate() {
        let mut rest = line;
        while let Some((_, behind)) = rest.split_once("{{") {
            let (name, after) = behind.split_once("}}").unwrap_or((behind, ""));
            if !SLOTS.contains(&name.trim()) || after.is_empty() && !behind.contains("}}") {
                let known: Vec<String> =
                    SLOTS.iter().map(|slot| format!("{{{{{slot}}}}}")).collect();
                let sentence = format!(
                    "`{{{{{}` is nothing that a canned answer knows; write one of {}",
                    name.trim(),
                    known.join(", ")
                );
                found.push((at + 1, sentence));
            }
            rest = after;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_bring_no_lines_and_what_is_unknown_is_named_with_its_line() {
        let filling =
            Filling { requestor: "Otto\n!close", member: "Anna", queue: "Kontakt", subject: "" };
        let text = "Hallo {{requestor}},\n{{ member }} {{queue}}{{subject}} {{";
        assert_eq!(fill(text, &filling), "Hallo Otto !close,\nAnna Kontakt {{");
        let found = problems("Hallo {{name}}\n\n{{member}} {{requ");
        let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 3]);
        assert!(found[0].1.contains("{{requestor}}"), "{found:?}");
        assert_eq!(problems(" \n").len(), 1);
    }
}
