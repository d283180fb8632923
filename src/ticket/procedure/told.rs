//! Texts in free words: who asks, why, and who works with it.
//!
//! What a text fact asks for is known by its label: a unit, a reason, or what several people do.
//! Deliberately absent: texts behind a label and a colon (`label`).

use crate::desk::procedure::{Fact, FactType, Procedure};
use crate::ticket::procedure::clause::{Clause, Mood, end_of};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label;
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::prose_words::WISHED;

/// Labels of a reason.
const REASONS: [&str; 10] = [
    "begruendung",
    "grund",
    "warum",
    "justification",
    "reason",
    "why",
    "perustelu",
    "syy",
    "motivering",
    "skael",
];
/// Labels of who asks.
const UNITS: [&str; 8] =
    ["einheit", "arbeitsgruppe", "unit", "team", "yksikkoe", "ryhmae", "enhet", "grupp"];
/// How a reason begins.
const BECAUSE: [&str; 8] =
    ["weil", "denn", "because", "koska", "sillae", "eftersom", "since", "foer att"];
/// Words between who asks and the wish.
const ADVERBS: [&str; 12] = [
    "sehr",
    "gern",
    "gerne",
    "would",
    "very",
    "much",
    "auch",
    "now",
    "nun",
    "mielellaeaen",
    "gaerna",
    "also",
];
/// Words before a name that do not belong to it.
const ARTICLES: [&str; 12] =
    ["die", "der", "das", "the", "wir", "we", "me", "vi", "unsere", "unser", "our", "vaar"];
/// How a label begins that asks for people.
pub(super) const ASKS: [&str; 4] = ["who", "wer", "kuka", "vem"];
/// Words of a reason at least.
const REASON_WORDS_MIN: usize = 4;
/// Letters of a verb of a label.
const VERB_CHARS_MIN: usize = 4;

/// What free words give for a text fact.
pub(super) fn read(
    procedure: &Procedure,
    fact: &Fact,
    words: &dyn Fn() -> String,
    clauses: &[Clause<'_>],
) -> Option<String> {
    if fact.kind != FactType::Text {
        return None;
    }
    let has_label = |known: &[&str]| label::labels(fact).any(|one| known.contains(&one));
    if has_label(&REASONS) {
        return reason(&words());
    }
    if has_label(&UNITS) {
        return unit(procedure, clauses);
    }
    done(fact, words)
}

/// Sentences as they are written, without questions.
fn sentences(words: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for paragraph in words.split("\n\n") {
        let mut sentence: Vec<&str> = Vec::new();
        for word in paragraph.split_whitespace() {
            sentence.push(word);
            let is_short = word.trim_end_matches('.').chars().count() <= 2
                && word.starts_with(char::is_uppercase);
            if word.ends_with(['.', '!', '?']) && !is_short {
                sentences.push(std::mem::take(&mut sentence).join(" "));
            }
        }
        sentences.push(sentence.join(" "));
    }
    sentences.retain(|sentence| !sentence.is_empty() && !sentence.ends_with('?'));
    sentences
}

/// The only subordinate sentence that says why something is wished.
fn reason(words: &str) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for sentence in sentences(words) {
        let folded: Vec<String> = sentence.split(' ').map(fold).collect();
        let begins = |at: usize| BECAUSE.iter().any(|phrase| end_of(&folded, at, phrase).is_some());
        let is_wish = folded.iter().any(|word| WISHED.contains(&word.as_str()));
        let Some(at) = (0..folded.len()).find(|at| begins(*at)).filter(|_| is_wish) else {
            continue;
        };
        let reason: Vec<&str> = sentence.split(' ').skip(at).collect();
        if reason.len() >= REASON_WORDS_MIN {
            found.push(reason.join(" ").trim_end_matches(['.', '!']).to_owned());
        }
    }
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// The name at the head of a sentence that wishes what the procedure is for.
fn unit(procedure: &Procedure, clauses: &[Clause<'_>]) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for clause in clauses.iter().filter(|clause| clause.mood == Mood::Said) {
        let is_wish = clause.has(Lists::WISHED);
        let is_about = || {
            clauses.iter().filter(|one| one.sentence == clause.sentence).any(|one| {
                let names = procedure.facts.iter().filter(|fact| fact.kind == FactType::QueueName);
                { names }.any(|fact| {
                    !crate::ticket::procedure::handle::labels_in(procedure, fact, one).is_empty()
                })
            })
        };
        if is_wish && is_about() {
            found.extend(subject(clause));
        }
    }
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// The name before the verb of a clause.
fn subject(clause: &Clause<'_>) -> Option<String> {
    let verb = clause.lists.iter().position(|lists| lists.has(Lists::WISHED))?;
    let head = clause.folded.get(..verb)?;
    let adverbs = head.iter().rev().take_while(|word| ADVERBS.contains(&word.as_str())).count();
    let articles = head.iter().take_while(|word| ARTICLES.contains(&word.as_str())).count();
    let name = clause.words.get(articles..verb.checked_sub(adverbs)?)?;
    let is_capital = |word: &&str| word.starts_with(char::is_uppercase);
    let is_joint = |word: &str| {
        ["der", "des", "of", "for", "für", "i", "av", "und", "and", "och", "&", "im", "in", "the"]
            .contains(&word)
    };
    let is_name = name.first().is_some_and(is_capital)
        && name.last().is_some_and(is_capital)
        && name.iter().all(|word| is_capital(word) || is_joint(word))
        && (name.len() > 1 || articles > 0);
    (is_name && name.len() <= 6).then(|| name.join(" "))
}

/// The sentence with all the verbs of a label that is a sentence itself: "Who reads and who stands
/// in".
fn done(fact: &Fact, words: &dyn Fn() -> String) -> Option<String> {
    let verbs = |label: &str| -> Vec<String> {
        let mut words = label.split(' ').peekable();
        let mut verbs = Vec::new();
        while let Some(word) = words.next() {
            if ASKS.contains(&word) {
                verbs.extend(words.peek().map(|verb| (*verb).to_owned()));
            }
        }
        verbs
    };
    let wanted: Vec<Vec<String>> =
        label::labels(fact).map(verbs).filter(|verbs| verbs.len() > 1).collect();
    if wanted.is_empty() {
        return None;
    }
    let stem = |verb: &str| -> String {
        verb.chars().take(VERB_CHARS_MIN.max(verb.chars().count() - 1)).collect()
    };
    let mut found: Vec<String> = Vec::new();
    for sentence in sentences(&words()) {
        let folded = fold(&sentence);
        let has = |verb: &String| folded.split(' ').any(|word| word.starts_with(&stem(verb)));
        if !sentence.contains(':') && wanted.iter().any(|verbs| verbs.iter().all(has)) {
            found.push(sentence.trim_end_matches(['.', '!']).to_owned());
        }
    }
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::procedure::clause::clauses;

    #[test]
    fn reason_is_a_subordinate_sentence_of_a_wish() {
        let text = "Wir hätten gern eine Queue, weil alles bei einem allein landet. Danke!";
        assert_eq!(reason(text).as_deref(), Some("weil alles bei einem allein landet"));
        for text in ["Ich schreibe, weil Robin das so gesagt hat.", "Wir hätten gern eine Queue."]
        {
            assert_eq!(reason(text), None, "{text}");
        }
    }

    #[test]
    fn who_wishes_stands_before_the_verb() {
        let name = |text: &str| subject(clauses(text).first().unwrap());
        assert_eq!(name("Die Crew Köln möchte eine Queue").as_deref(), Some("Crew Köln"));
        let food = "The Hillside Food Bank would like a queue";
        assert_eq!(name(food).as_deref(), Some("Hillside Food Bank"));
        for text in ["Wir möchten eine Queue", "Heute möchte ich eine Queue"] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
