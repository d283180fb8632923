//! Queues in free words: which are wanted, which are not, which only might be.
//!
//! A name of a queue is often a word too: it counts in small letters, or beside "queue".
//! Deliberately absent: queues behind a label and a colon (`label`).

use std::collections::BTreeMap;

use crate::desk::procedure::{Fact, Procedure};
use crate::desk::{Queue, Register};
use crate::ticket::procedure::clause::{Clause, Mood};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::handle::labels_in;
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::names_words::ACCESS;

/// What clauses say of queues.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    /// Names that are asked for.
    pub(super) said: Vec<String>,
    /// Names that are not.
    pub(super) denied: Vec<String>,
    /// Names that might be.
    pub(super) unsure: Vec<String>,
    /// Whether what is asked for comes to what was.
    pub(super) adds: bool,
}

/// Reads the queues that clauses name.
pub(super) fn read(
    (procedure, register): (&Procedure, &Register),
    fact: &Fact,
    clauses: &[Clause<'_>],
) -> Wanted {
    let mut wanted = Wanted::default();
    let mut known: BTreeMap<String, &Queue> = BTreeMap::new();
    for queue in register.queues() {
        known.entry(fold(queue.name.as_str())).or_insert(queue);
    }
    for clause in clauses {
        let names = named((procedure, &known), fact, clause);
        if names.is_empty() {
            continue;
        }
        let same = || clauses.iter().filter(|one| one.sentence == clause.sentence);
        let is_asked = same().any(|one| {
            one.has(Lists::WISHED)
                || !labels_in(procedure, fact, one).is_empty()
                || one.folded.iter().any(|word| ACCESS.iter().any(|stem| word.starts_with(stem)))
        });
        // "Not presse but web." has neither, and contrasts.
        let is_contrast = same().count() > 1 && same().any(|one| one.mood == Mood::Denied);
        wanted.adds |= same().any(|one| one.has(Lists::ADDS));
        let is_alone = clause.words.len() == names.len();
        let list = match clause.mood {
            Mood::Said if is_asked || is_contrast || is_alone => &mut wanted.said,
            Mood::Denied => &mut wanted.denied,
            Mood::Alternative | Mood::Unsure => &mut wanted.unsure,
            Mood::Said | Mood::Had => continue,
        };
        for name in names {
            if !list.contains(&name) {
                list.push(name);
            }
        }
    }
    let Wanted { said, denied, unsure, .. } = &mut wanted;
    if said.iter().any(|name| denied.contains(name)) {
        unsure.append(&mut said.clone());
    }
    unsure.retain(|name| !denied.contains(name) || said.contains(name));
    wanted
}

/// The queues that a clause names.
fn named(
    (procedure, known): (&Procedure, &BTreeMap<String, &Queue>),
    fact: &Fact,
    clause: &Clause<'_>,
) -> Vec<String> {
    let labels = labels_in(procedure, fact, clause);
    let is_beside = |at: usize| labels.iter().any(|(start, end)| *end == at || at + 1 == *start);
    // "Infostand is the queue that I work in."
    let is_subject = |at: usize| {
        at == 0 && clause.lists_at(1).has(Lists::IS) && labels.iter().any(|(start, _)| *start <= 3)
    };
    let mut names: Vec<String> = Vec::new();
    for (at, (word, folded)) in clause.words.iter().zip(&clause.folded).enumerate() {
        let (head, tail) = word.split_once('-').unwrap_or((word, ""));
        let is_compound = is_label_tail(fact, tail);
        let found = if is_compound { known.get(&fold(head)) } else { known.get(folded) };
        let is_written = word.chars().all(|c| !c.is_uppercase());
        let is_shown = is_compound || is_written || is_beside(at) || is_subject(at);
        // Behind "and" or another name a name is one too.
        let follows = at > 0 && !names.is_empty();
        if let Some(queue) = found.filter(|_| is_shown || follows) {
            names.push(queue.name.to_string());
        }
    }
    names.dedup();
    names
}

fn is_label_tail(fact: &Fact, tail: &str) -> bool {
    if tail.is_empty() {
        return false;
    }
    let tail = fold(tail);
    let is_its = |label: &str| tail.starts_with(label) && tail.len() <= label.len() + 5;
    !tail.is_empty() && crate::ticket::procedure::label::labels(fact).any(is_its)
}
