//! Values: what stands behind a label, as the type of its fact understands it.
//!
//! A value that does not do is kept for the question about it and never taken. Names stand in
//! `value_name` and `value_known`, days in `value_date`, what surrounds a value in `value_aside`.
//! Deliberately absent: which fact a line is about (`label`).

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType};
use crate::ticket::procedure::clause::{Clause, clauses};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::procedure::value_aside::{is_undecided, settled, without_asides};
use crate::ticket::procedure::value_date::{date, number};
use crate::ticket::procedure::value_known::{queues, role, unit};
use crate::ticket::procedure::value_name::{name, queue_name, user_name};
use crate::ticket::procedure::value_words::{CONSENTS, ELSEWHERE, NO, NO_ANSWERS};
use crate::ticket::procedure::{paper, stance};
use crate::types::{PersonId, distance};

/// Characters of a value that are kept.
const VALUE_CHARS_MAX: usize = 2000;

/// A value as its type understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// It says nothing.
    Nothing,
    /// It does.
    Fit(String, Option<PersonId>),
    /// It does not do: it is asked about.
    Unfit(String),
}

/// Reads a value.
pub(super) fn understand(fact: &Fact, register: &Register, value: &str) -> Reading {
    let is_text = fact.kind == FactType::Text;
    let lines = value.replace('\n', if fact.kind == FactType::Queues { "," } else { " " });
    let value = clean(&lines);
    if !value.chars().any(char::is_alphanumeric) || says_nothing(&value, is_text) {
        return Reading::Nothing;
    }
    if fact.kind == FactType::Address && value.contains('@') && is_undecided(&value) {
        return Reading::Unfit(value);
    }
    let value = match fact.kind {
        FactType::UserName | FactType::QueueName | FactType::Address => {
            settled(fact, &value).unwrap_or(value)
        }
        _ => value,
    };
    let fit = |fit: Option<String>| match fit {
        Some(value) => Reading::Fit(value, None),
        None => Reading::Unfit(value.clone()),
    };
    match fact.kind {
        FactType::Text => Reading::Fit(value, None),
        FactType::Address => {
            let bare = without_asides(&value);
            let text = if bare.contains('@') { &bare } else { &value };
            let mut words = text.split_whitespace().filter_map(people::address_in);
            match (words.next(), words.next()) {
                (Some(one), None) => fit(Some(one.to_string())),
                (Some(one), Some(other)) if one == other => fit(Some(one.to_string())),
                (Some(_), Some(_)) => fit(None),
                (None, _) => Reading::Nothing,
            }
        }
        FactType::Person => match people::find(register, &value) {
            Named::One(id) => {
                let name = register.person(&id).map(|person| person.name.clone());
                Reading::Fit(name.unwrap_or(value), Some(id))
            }
            Named::Nobody(_) => Reading::Fit(value, None),
        },
        FactType::Name => fit(name(&value)),
        FactType::UserName => fit(user_name(fact, register, &value)),
        FactType::Date => fit(date(&value).map(|date| date.to_string())),
        FactType::Number => fit(number(&value)),
        FactType::Choice => fit(choice(fact, &value)),
        FactType::Queue => fit(queues(register, &value).filter(|names| !names.contains(','))),
        FactType::Queues => fit(queues(register, &value)),
        FactType::QueueName => fit(queue_name(register, &value)),
        FactType::Evidence => evidence(&value).map_or(Reading::Nothing, |one| fit(Some(one))),
        FactType::Unit => fit(unit(register, &value).map(|unit| unit.name.clone())),
        FactType::Role => fit(role(register, &value).map(|role| role.name.clone())),
        FactType::CoSignature => match people::find(register, &value) {
            Named::One(id) => {
                let name = register.person(&id).map(|person| person.name.clone());
                Reading::Fit(name.unwrap_or(value), Some(id))
            }
            Named::Nobody(_) => match people::address_in(&value) {
                Some(address) => Reading::Fit(address.to_string(), None),
                None => Reading::Unfit(value),
            },
        },
        FactType::Consent => consent(&value),
    }
}

fn clean(value: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    let value = words.join(" ");
    let value = value.trim_matches(['*', '_', '"', '„', '“', '”', ' ', ',', ';']);
    value.chars().take(VALUE_CHARS_MAX).collect()
}

/// The first sentence behind a label, and what follows it without being the value: only a text
/// goes on, and what takes something back of an agreement belongs to it.
pub(super) fn first_sentence<'v>(fact: &Fact, value: &'v str) -> (&'v str, &'v str) {
    let goes_on = matches!(fact.kind, FactType::Text | FactType::Evidence);
    let is_end = |(at, sign): (usize, &str)| {
        let (head, rest) = value.split_at_checked(at)?;
        let rest = rest.strip_prefix(sign)?;
        let last = head.split_whitespace().next_back().unwrap_or_default();
        let is_short = last.chars().count() <= 2 && last.starts_with(char::is_uppercase);
        let is_sentence = rest.starts_with(|c: char| c.is_uppercase() || c == '(')
            && (rest.ends_with('?') || rest.split_whitespace().count() >= 2);
        let is_ordinal = (1..=2).contains(&last.len()) && last.chars().all(|c| c.is_ascii_digit());
        // "Quatsch. Richtig ist .." goes on with the same.
        let turns =
            clauses(rest).iter().any(Clause::turns) || clauses(head).iter().any(Clause::turns);
        (is_sentence && !is_short && !is_ordinal && !turns).then_some((head, rest))
    };
    let ends = [". ", "! "].into_iter().flat_map(|sign| value.match_indices(sign));
    let first = ends.filter_map(is_end).min_by_key(|(head, _)| head.len());
    match first.filter(|_| !goes_on) {
        Some((_, rest)) if fact.kind == FactType::Consent && stance::hesitates(rest) => (value, ""),
        Some((head, rest)) => (head, rest),
        None => (value, ""),
    }
}

/// Whether a value only says that there is none yet, or asks.
fn says_nothing(value: &str, is_text: bool) -> bool {
    // What stands in brackets only explains: "web (not presse any more)".
    let bare = without_asides(value);
    let folded = fold(if bare.is_empty() { value } else { &bare });
    if NO_ANSWERS.contains(&folded.as_str()) {
        return true;
    }
    let padded = format!(" {folded} ");
    let is_elsewhere = |words: &str| padded.starts_with(&format!(" {words} "));
    if !is_text && ELSEWHERE.iter().any(|words| is_elsewhere(words)) {
        return true;
    }
    let has = |words: &str| padded.contains(&format!(" {words} "));
    !is_text && (value.ends_with('?') || NO_ANSWERS.iter().any(|words| has(words)))
}

/// What proves something: a link, a message or ticket, minutes that stand there themselves.
fn evidence(value: &str) -> Option<String> {
    let minutes = || paper::is_minutes(value).then(|| value.to_owned());
    link(value).or_else(|| paper::reference(value)).or_else(minutes)
}

/// The short name of the option that is named, in any language.
fn choice(fact: &Fact, value: &str) -> Option<String> {
    let folded = fold(value);
    let words = |name: &str| {
        let words = fact.options.get(name).into_iter().flat_map(|words| words.values().flatten());
        words.map(|word| fold(word)).chain([fold(name)]).collect::<Vec<_>>()
    };
    let pick = |fits: &dyn Fn(&String) -> bool| {
        let mut fitting = fact.options.keys().filter(|name| words(name).iter().any(fits));
        let first = fitting.next()?;
        fitting.next().is_none().then(|| first.clone())
    };
    pick(&|word| *word == folded)
        .or_else(|| pick(&|word| word.chars().count() >= 5 && distance(word, &folded, 1).is_some()))
}

/// The first link in a text.
fn link(value: &str) -> Option<String> {
    let word = value
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
        .find(|word| word.starts_with("https://") || word.starts_with("http://"))?;
    Some(word.trim_end_matches(['.', ',', ')', ';']).to_owned())
}

/// Whether folded words hold nothing but what people agree with.
pub(super) fn is_consent(folded: &str) -> bool {
    folded.split(' ').all(|word| Lists::of(word).has(Lists::CONSENT))
}

/// Whether one of the folded words agrees.
pub(super) fn agrees(folded: &str) -> bool {
    folded.split(' ').any(|word| CONSENTS.contains(&word))
}

fn consent(value: &str) -> Reading {
    let folded = fold(value);
    let is_refused = folded.split(' ').next().is_some_and(|word| NO.contains(&word));
    match (agrees(&folded), is_consent(&folded), is_refused) {
        (true, true, _) => Reading::Fit("yes".to_owned(), None),
        (true, false, _) | (_, _, true) => Reading::Unfit(value.to_owned()),
        (false, _, false) => Reading::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_that_is_not_decided_is_asked_about() {
        use crate::desk::procedure::Procedure;
        let text = include_str!("../../../fixtures/requests/queue.toml");
        let procedure = Procedure::parse(text).unwrap();
        let fact = procedure.fact("address").unwrap();
        for text in [
            "tee@x.example oder bar@x.example, wir stimmen am Montag ab",
            "tee@x.example or maybe something else",
            "tee@x.example, but that is not settled yet",
            "tee@x.example, vi röstar om det på söndag",
        ] {
            let reading = understand(fact, &Register::default(), text);
            assert!(!matches!(reading, Reading::Fit(..)), "{text}: {reading:?}");
        }
        for text in ["vote@x.example", "tee@x.example, or bar@x.example if that is taken"] {
            let reading = understand(fact, &Register::default(), text);
            assert!(matches!(reading, Reading::Fit(..)), "{text}: {reading:?}");
        }
    }

    #[test]
    fn value_that_is_taken_back_behind_its_label_is_none() {
        use crate::desk::procedure::Procedure;
        let text = include_str!("../../../fixtures/requests/account.toml");
        let procedure = Procedure::parse(text).unwrap();
        let fact = procedure.fact("user-name").unwrap();
        for (text, value) in [
            ("rob, no wait, rather robin2", Some("robin2")),
            ("ruth, vanha oli rs eikä sitä tarvita", Some("ruth")),
            ("rob or robin2", None),
            ("rob", None),
        ] {
            assert_eq!(settled(fact, text).as_deref(), value, "{text}");
        }
        let value = "rob. Quatsch. Richtig ist rs.";
        assert_eq!(first_sentence(fact, value), (value, ""));
        assert_eq!(first_sentence(fact, "rob. Thanks so much"), ("rob", "Thanks so much"));
    }
}
