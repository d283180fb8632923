//! Names behind labels: of people, of users, of queues that are to be.
//!
//! Deliberately absent: names that the register knows (`value_known`).

use crate::desk::Register;
use crate::desk::procedure::Fact;
use crate::ticket::procedure::clause::{Mood, clauses};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::value_aside::without_asides;
use crate::ticket::procedure::value_words::{COURTESY, NO_NAMES};

/// Words of a name.
const NAME_WORDS_MAX: usize = 4;
/// Words of what follows a name as a sentence.
const SENTENCE_WORDS_MIN: usize = 3;
/// Characters of a user name or a queue's name.
const HANDLE_CHARS: std::ops::RangeInclusive<usize> = 2..=32;

pub(super) fn name(value: &str) -> Option<String> {
    let value = without_asides(value);
    // "Muster-Rennert, I married in autumn".
    let value = value.split_once(", ").map_or(value.as_str(), |(head, rest)| {
        let is_sentence = rest.split(' ').count() >= SENTENCE_WORDS_MIN
            && rest.starts_with(char::is_lowercase)
            && clauses(rest).iter().all(|one| !one.turns() && one.mood != Mood::Denied);
        if is_sentence { head } else { &value }
    });
    let words: Vec<&str> = value.split_whitespace().collect();
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '\u{2019}' | '.');
    let is_name = (1..=NAME_WORDS_MAX).contains(&words.len())
        && words.iter().all(|word| word.chars().all(is_letter))
        && !words.iter().any(|word| NO_NAMES.contains(&fold(word).as_str()))
        && value.chars().any(char::is_alphabetic);
    is_name.then(|| words.join(" "))
}

pub(super) fn user_name(fact: &Fact, register: &Register, value: &str) -> Option<String> {
    let value = without_asides(value);
    let mut words = value
        .split(|c: char| c.is_whitespace() || c == ',')
        .map(|word| word.trim_matches(['"', '„', '“', '”', '\'', '.', '!', ';', ':']))
        .filter(|word| !word.is_empty() && !COURTESY.contains(&fold(word).as_str()));
    let (name, None) = (words.next()?.to_lowercase(), words.next()) else { return None };
    let is_taken = register.people().any(|person| person.id.as_str() == name)
        || register.queues().any(|queue| queue.name.as_str() == name)
        || fact.reserved.contains(&name);
    (is_handle(&name) && !is_taken).then_some(name)
}

/// Whether a word can be a user name, whoever has it.
pub(super) fn is_handle(name: &str) -> bool {
    HANDLE_CHARS.contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
}

pub(super) fn queue_name(register: &Register, value: &str) -> Option<String> {
    let value = without_asides(value);
    let value = value.trim_end_matches(" oder so").trim_matches(['"', '„', '“', '”']);
    let folded = fold(value);
    let name = folded.replace(' ', "-");
    let is_known = register.queues().any(|queue| {
        queue.name.as_str() == name || (!queue.title.is_empty() && fold(&queue.title) == folded)
    });
    let is_short = folded.split(' ').count() <= 3;
    (is_short && is_handle(&name) && !is_known && !value.contains('@')).then_some(name)
}
