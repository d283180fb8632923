//! What of a value only explains it, is taken back, or stands in for the case that it cannot be.
//!
//! Deliberately absent: what is left (`value`).

use crate::desk::procedure::{Fact, FactType};
use crate::ticket::procedure::clause::{Clause, Mood, clauses};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::value_name::is_handle;
use crate::ticket::procedure::value_words::{ASIDES, OPEN, OR, SETTLED};
use crate::ticket::procedure::{people, stance};

/// The value without brackets and without what only explains it.
pub(super) fn without_asides(value: &str) -> String {
    let mut bare = String::new();
    let mut depth = 0_u32;
    for c in value.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    for aside in ASIDES {
        if let Some((head, _)) = bare.split_once(aside) {
            bare = head.to_owned();
        }
    }
    without_fallback(bare.trim()).trim_end_matches(['.', ',']).to_owned()
}

/// The one word that stands in the end where somebody takes another one back behind the same
/// label: "rob, no, rather robin2", "rob (the old one was rs)".
pub(super) fn settled(fact: &Fact, value: &str) -> Option<String> {
    let clauses = clauses(value);
    let is_value = |word: &&&str| {
        let is_address = people::address_in(word).is_some();
        if fact.kind == FactType::Address { is_address } else { is_handle(word) && !is_address }
    };
    if let Some(turn) = clauses.iter().rposition(Clause::turns) {
        let last = clauses.get(turn..)?.iter().rfind(|clause| clause.is_said())?;
        return last.words.last().filter(|word| is_value(word)).map(|word| (*word).to_owned());
    }
    let is_over = |clause: &Clause<'_>| matches!(clause.mood, Mood::Denied | Mood::Had);
    let is_plain = clauses.iter().all(|clause| clause.is_said() || is_over(clause));
    if !is_plain || !clauses.iter().any(is_over) {
        return None;
    }
    let said = clauses.iter().filter(|clause| clause.is_said());
    let is_single =
        |clause: &&Clause<'_>| fact.kind == FactType::Address || clause.words.len() == 1;
    let mut values = said.filter(is_single).flat_map(|clause| clause.words.iter().filter(is_value));
    let first = values.next()?;
    values.next().is_none().then(|| (*first).to_owned())
}

/// Whether words leave open which value it will be: an alternative that depends on nothing, or
/// that nothing is settled.
pub(super) fn is_undecided(value: &str) -> bool {
    let bare = without_asides(value);
    let is_or = |word: &str| OR.contains(&fold(word).as_str());
    let words: Vec<String> =
        value.split_whitespace().filter(|word| !word.contains('@')).map(fold).collect();
    let has = |table: &[&str]| words.iter().any(|word| table.contains(&word.as_str()));
    let denies = words.iter().any(|word| stance::is_negation(word));
    let is_open = has(&OPEN) || (denies && has(&SETTLED));
    is_open || (value.contains('@') && bare.split(' ').any(is_or))
}

/// The value without another one that is only meant if the first cannot be: "rob, or rsample if
/// that is taken".
fn without_fallback(value: &str) -> &str {
    let words: Vec<String> = value.split(' ').map(fold).collect();
    let is_or = |word: &String| OR.contains(&word.as_str());
    let is_if = |word: &String| {
        ["falls", "wenn", "sofern", "if", "jos", "om", "ifall"].contains(&word.as_str())
    };
    let Some(at) = words.iter().position(is_or).filter(|at| *at > 0) else { return value };
    let is_open = words.iter().any(|word| OPEN.contains(&word.as_str()));
    if is_open || !words.iter().skip(at).any(is_if) {
        return value;
    }
    let end: usize = value.split(' ').take(at).map(|word| word.len() + 1).sum();
    value.get(..end.saturating_sub(1)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fallback_is_no_second_value() {
        assert_eq!(without_fallback("rob, or rsample if that is taken"), "rob,");
        assert_eq!(without_fallback("amuster oder annam"), "amuster oder annam");
    }
}
