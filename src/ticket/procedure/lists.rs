//! Which lists of small words a word stands in, looked up once for each word of a mail.
//!
//! Deliberately absent: the words (`clause_words`, `names_words`, `prose_words`, `value_words`)
//! and what follows from them.

use std::sync::LazyLock;

use crate::ticket::procedure::clause_words::{
    ALTERNATIVES, BEGINS, CONDITIONS, CONTRASTS, DENIALS, JOINS, ONLY, PAST, POLITE, REPLACES,
    REPORTS, SWEDISH, TURNS, VAGUE,
};
use crate::ticket::procedure::names_words::{
    CALLED_AFTER, FOR, HERE, I_AM, IS, NAMED, OTHERS, OURS, OWN_NAME, SELF, THERE,
};
use crate::ticket::procedure::prose_words::{
    ADDS, COMMON, CORRECTS, FIRST_PERSON, HEDGES, WANTS, WISHED,
};
use crate::ticket::procedure::stance_words::GREETINGS;
use crate::ticket::procedure::value_words::{CONSENT_BESIDE, CONSENTS};

/// Lists, as a set: of a word those that it stands in, of a clause those of all its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lists(u64);

impl Lists {
    pub(super) const DENIALS: Self = Self(1);
    pub(super) const ONLY: Self = Self(1 << 1);
    pub(super) const SWEDISH: Self = Self(1 << 2);
    pub(super) const CONTRASTS: Self = Self(1 << 3);
    pub(super) const ALTERNATIVES: Self = Self(1 << 4);
    pub(super) const JOINS: Self = Self(1 << 5);
    pub(super) const REPORTS: Self = Self(1 << 6);
    pub(super) const PAST: Self = Self(1 << 7);
    pub(super) const TURNS: Self = Self(1 << 8);
    pub(super) const BEGINS: Self = Self(1 << 9);
    pub(super) const HEDGES: Self = Self(1 << 10);
    pub(super) const CORRECTS: Self = Self(1 << 11);
    pub(super) const COMMON: Self = Self(1 << 12);
    pub(super) const WANTS: Self = Self(1 << 13);
    pub(super) const WISHED: Self = Self(1 << 14);
    pub(super) const ADDS: Self = Self(1 << 15);
    pub(super) const FIRST_PERSON: Self = Self(1 << 16);
    pub(super) const FOR: Self = Self(1 << 17);
    pub(super) const OURS: Self = Self(1 << 18);
    pub(super) const IS: Self = Self(1 << 19);
    pub(super) const SELF: Self = Self(1 << 20);
    pub(super) const OTHERS: Self = Self(1 << 21);
    /// Words that agree, and words that may stand beside them.
    pub(super) const CONSENT: Self = Self(1 << 22);
    /// Here and below: a phrase of the list begins with the word.
    pub(super) const REPLACES: Self = Self(1 << 23);
    /// Phrases that tell the mood of a clause: conditions, polite wishes, what is not settled.
    pub(super) const CUES: Self = Self(1 << 24);
    pub(super) const CALLED: Self = Self(1 << 25);
    pub(super) const NAMED: Self = Self(1 << 26);
    pub(super) const CALLED_AFTER: Self = Self(1 << 27);
    pub(super) const HERE: Self = Self(1 << 28);
    pub(super) const THERE: Self = Self(1 << 29);
    pub(super) const GREETINGS: Self = Self(1 << 30);

    /// The lists that a folded word stands in.
    pub(super) fn of(word: &str) -> Self {
        let first = word.split(' ').next().unwrap_or_default();
        let (whole, begun) = looked_up(word);
        if first.len() == word.len() { whole.and(begun) } else { whole.and(looked_up(first).1) }
    }

    /// Whether one of these is among them.
    pub(super) const fn has(self, lists: Self) -> bool {
        self.0 & lists.0 != 0
    }

    /// Both together.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Lists of words.
const WORDS: [(Lists, &[&str]); 24] = [
    (Lists::DENIALS, &DENIALS),
    (Lists::ONLY, &ONLY),
    (Lists::SWEDISH, &SWEDISH),
    (Lists::CONTRASTS, &CONTRASTS),
    (Lists::ALTERNATIVES, &ALTERNATIVES),
    (Lists::JOINS, &JOINS),
    (Lists::REPORTS, &REPORTS),
    (Lists::PAST, &PAST),
    (Lists::TURNS, &TURNS),
    (Lists::BEGINS, &BEGINS),
    (Lists::HEDGES, &HEDGES),
    (Lists::CORRECTS, &CORRECTS),
    (Lists::COMMON, &COMMON),
    (Lists::WANTS, &WANTS),
    (Lists::WISHED, &WISHED),
    (Lists::ADDS, &ADDS),
    (Lists::FIRST_PERSON, &FIRST_PERSON),
    (Lists::FOR, &FOR),
    (Lists::OURS, &OURS),
    (Lists::IS, &IS),
    (Lists::SELF, &SELF),
    (Lists::OTHERS, &OTHERS),
    (Lists::CONSENT, &CONSENTS),
    (Lists::CONSENT, &CONSENT_BESIDE),
];

/// Lists of phrases, which are known by their first word.
const PHRASES: [(Lists, &[&str]); 12] = [
    (Lists::REPLACES, &REPLACES),
    (Lists::CUES, &CONDITIONS),
    (Lists::CUES, &POLITE),
    (Lists::CUES, &VAGUE),
    (Lists::CALLED, &OWN_NAME),
    (Lists::CALLED, &I_AM),
    (Lists::NAMED, &OWN_NAME),
    (Lists::NAMED, &NAMED),
    (Lists::CALLED_AFTER, &CALLED_AFTER),
    (Lists::HERE, &HERE),
    (Lists::THERE, &THERE),
    (Lists::GREETINGS, &GREETINGS),
];

/// A word of some list, the lists that it is a word of, and those that it begins a phrase of.
type Known = (&'static str, Lists, Lists);

/// All words by their first octet, sorted.
static KNOWN: LazyLock<Vec<Vec<Known>>> = LazyLock::new(|| {
    let words = WORDS
        .iter()
        .flat_map(|(list, words)| words.iter().map(|word| (*word, *list, Lists::default())));
    let phrases = PHRASES.iter().flat_map(|(list, phrases)| {
        let first = |phrase: &&'static str| phrase.split(' ').next().unwrap_or_default();
        phrases.iter().map(move |phrase| (first(phrase), Lists::default(), *list))
    });
    let mut known: Vec<Vec<Known>> = vec![Vec::new(); usize::from(u8::MAX) + 1];
    for (word, whole, begun) in words.chain(phrases) {
        let octet = word.bytes().next().map(usize::from);
        let Some(bucket) = octet.and_then(|octet| known.get_mut(octet)) else { continue };
        match bucket.iter_mut().find(|(known, ..)| *known == word) {
            Some((_, one, other)) => (*one, *other) = (one.and(whole), other.and(begun)),
            None => bucket.push((word, whole, begun)),
        }
    }
    known.iter_mut().for_each(|bucket| bucket.sort_by_key(|(word, ..)| *word));
    known
});

fn looked_up(word: &str) -> (Lists, Lists) {
    let bucket = word.bytes().next().and_then(|octet| KNOWN.get(usize::from(octet)));
    let bucket = bucket.map(Vec::as_slice).unwrap_or_default();
    let place = bucket.binary_search_by_key(&word, |(known, ..)| known).ok();
    let found = place.and_then(|place| bucket.get(place));
    found.map(|(_, whole, begun)| (*whole, *begun)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_and_every_phrase_is_found_in_its_lists_and_no_other() {
        let all = WORDS.iter().chain(&PHRASES).flat_map(|(_, words)| words.iter());
        let firsts = all.clone().map(|phrase| phrase.split(' ').next().unwrap());
        for word in all.copied().chain(firsts).chain(["", "lotse", "e mail", "not sure"]) {
            let first = word.split(' ').next().unwrap();
            for (list, _) in WORDS {
                let is_in = WORDS.iter().any(|(one, words)| *one == list && words.contains(&word));
                assert_eq!(Lists::of(word).has(list), is_in, "{word} {list:?}");
            }
            for (list, _) in PHRASES {
                let begins = |phrase: &&&str| phrase.split(' ').next() == Some(first);
                let mut of_list = PHRASES.iter().filter(|(one, _)| *one == list);
                let is_in = of_list.any(|(_, phrases)| phrases.iter().find(begins).is_some());
                assert_eq!(Lists::of(word).has(list), is_in, "{word} {list:?}");
            }
        }
    }

    #[test]
    fn no_two_lists_are_one() {
        let mut seen = 0;
        for (list, _) in WORDS.iter().chain(&PHRASES) {
            assert_eq!(list.0.count_ones(), 1);
            seen |= list.0;
        }
        assert_eq!(seen.count_ones(), 31);
    }
}
