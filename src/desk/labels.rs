//! Labels of facts as they are compared: folded once for each procedure, however many mails are
//! read against it.
//!
//! Deliberately absent: which line of a mail bears a label (`ticket::procedure::label`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::desk::fact::Fact;
use crate::types::fold::fold;

/// A label as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Folded: small letters, one space between words.
    pub folded: String,
    /// The same as it is typed where the keyboard has no umlauts.
    pub plain: String,
    /// Letters of the folded one, spaces with them.
    pub chars: usize,
    /// Words of the folded one.
    pub words: usize,
}

impl Label {
    fn of(written: &str) -> Self {
        let folded = fold(written);
        let plain = plain(&folded);
        let (chars, words) = (folded.chars().count(), folded.split(' ').count());
        Self { folded, plain, chars, words }
    }
}

/// Letters as they are typed where the keyboard has no umlauts.
#[must_use]
pub fn plain(folded: &str) -> String {
    let mut plain = String::with_capacity(folded.len());
    let mut letters = folded.chars().peekable();
    while let Some(letter) = letters.next() {
        plain.push(letter);
        if matches!(letter, 'a' | 'o' | 'u') {
            letters.next_if_eq(&'e');
        }
    }
    plain
}

/// What is made of a procedure once somebody asks for it. It is no part of what was declared: it is
/// neither kept nor compared, and a copy, which may be changed, begins without it.
#[derive(Debug)]
pub(super) struct Prepared<T>(OnceLock<T>);

impl<T> Prepared<T> {
    pub(super) fn made(&self, prepare: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(prepare)
    }
}

impl<T> Default for Prepared<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> Clone for Prepared<T> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<T> PartialEq for Prepared<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Prepared<T> {}

/// Labels of a fact, and which beginnings and ends they have.
#[derive(Debug)]
pub(super) struct Labels {
    pub(super) all: Vec<Label>,
    /// By length in letters: bits of the first and the last octets.
    shapes: Vec<(u32, u32)>,
}

impl Labels {
    /// The labels of a fact in the order of [`written`].
    pub(super) fn of(fact: &Fact) -> Self {
        let all: Vec<Label> = written(fact).map(Label::of).collect();
        let mut shapes: Vec<(u32, u32)> = Vec::new();
        for form in all.iter().flat_map(|label| [&label.folded, &label.plain]) {
            let chars = form.chars().count();
            shapes.resize(shapes.len().max(chars + 1), (0, 0));
            let octets = form.bytes().next().zip(form.bytes().next_back());
            if let (Some((first, last)), Some(shape)) = (octets, shapes.get_mut(chars)) {
                *shape = (shape.0 | bit(first), shape.1 | bit(last));
            }
        }
        Self { all, shapes }
    }

    /// Whether a label, with its umlauts or without, may be one slip of the finger at most from
    /// words of so many letters with these octets at their ends.
    pub(super) fn may_be_near(&self, (first, last): (u8, u8), chars: usize) -> bool {
        let near = self.shapes.iter().take(chars + 2).skip(chars.saturating_sub(1));
        { near }.any(|(firsts, lasts)| firsts & bit(first) != 0 || lasts & bit(last) != 0)
    }
}

/// One bit of 32: letters of the alphabet have one each.
const fn bit(octet: u8) -> u32 {
    1 << (octet & 31)
}

/// The labels of a fact as they are written: in every language, without what follows a comma in
/// them, and its short name.
fn written(fact: &Fact) -> impl Iterator<Item = &str> {
    let known = fact.label.values().flatten().map(String::as_str);
    let heads = known.clone().filter_map(|label| label.split_once(',').map(|(head, _)| head));
    known.chain(heads).chain([fact.name.as_str()])
}

/// Where facts stand by label, and how labels begin.
#[derive(Debug)]
pub(super) struct Index {
    /// Each in the order of the facts.
    places: BTreeMap<String, Vec<usize>>,
    /// First words of labels.
    firsts: BTreeSet<String>,
}

impl Index {
    pub(super) fn of(facts: &[Fact]) -> Self {
        let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, fact) in facts.iter().enumerate() {
            for label in fact.labels() {
                let known = places.entry(label.folded.clone()).or_default();
                if known.last() != Some(&place) {
                    known.push(place);
                }
            }
        }
        let firsts = places.keys().filter_map(|label| label.split(' ').next());
        Self { firsts: firsts.map(str::to_owned).collect(), places }
    }

    /// The places of the facts with this folded label.
    pub(super) fn places(&self, label: &str) -> &[usize] {
        self.places.get(label).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a label begins with this folded word.
    pub(super) fn begins_with(&self, word: &str) -> bool {
        self.firsts.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Procedure;

    #[test]
    fn labels_are_found_whole_and_a_changed_copy_has_its_own() {
        let text = include_str!("../../fixtures/requests/account.toml");
        let procedure = Procedure::parse(text).unwrap();
        let names = |procedure: &Procedure, label: &str| {
            let facts = procedure.facts_labelled(label);
            facts.map(|fact| fact.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&procedure, "name"), ["first-name", "last-name"]);
        assert_eq!(names(&procedure, "i agree to the rules"), ["consent"]);
        assert_eq!(names(&procedure, "nam"), Vec::<String>::new());
        let mut changed = procedure.clone();
        changed.facts.remove(0);
        assert_eq!(names(&changed, "name"), ["last-name"]);
        assert_ne!(procedure, changed);
        assert_eq!(procedure, procedure.clone());
    }

    #[test]
    fn umlauts_are_typed_without() {
        assert_eq!(plain("gewuenschte koe"), "gewunschte ko");
        assert_eq!(plain("aee"), "ae");
    }
}
