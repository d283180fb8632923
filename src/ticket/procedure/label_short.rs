//! Labels as people shorten them: with a stop, by their first word, in other joints, with dots
//! behind them.
//!
//! Deliberately absent: whole labels (`label`).

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::desk::procedure::{Fact, Procedure};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label::{Said, exact, labels};

/// Letters of a label that is shortened with a stop.
const ABBREVIATION_MIN: usize = 4;
/// Dots that lead from a label to its value.
const LEADER_CHARS_MIN: usize = 3;
/// Words that join the parts of a label.
pub(super) const JOINTS: [&str; 6] = ["und", "and", "ja", "och", "sowie", "sekae"];
/// Words of a label that is known however its parts are joined.
const REJOINED_WORDS_MIN: usize = 3;
/// Words of a label before such dots.
const LEADER_WORDS_MAX: usize = 6;

/// A line with a colon in place of the dots that lead from its label to the value, as in a printed
/// form: "Unit ........ Press team".
pub(super) fn without_leader(line: &str) -> Cow<'_, str> {
    let is_leader = |c: char| matches!(c, '.' | '\u{2026}' | '_');
    let Some(at) = line.find("...").or_else(|| line.find(['\u{2026}', '_'])) else {
        return Cow::Borrowed(line);
    };
    let (head, rest) = line.split_at_checked(at).unwrap_or((line, ""));
    let tail = rest.trim_start_matches(is_leader);
    let dots = rest.chars().take_while(|c| is_leader(*c)).count();
    let is_label = !head.trim().is_empty() && head.split_whitespace().count() <= LEADER_WORDS_MAX;
    let is_leader = dots > LEADER_CHARS_MIN || rest.starts_with('\u{2026}');
    if is_label && is_leader && !tail.trim().is_empty() && !head.contains([':', '=']) {
        return Cow::Owned(format!("{}: {}", head.trim_end(), tail.trim_start_matches([':', ' '])));
    }
    Cow::Borrowed(line)
}

/// Several labels that are cut short with a stop, each before its value: "Nachn. Muster, Vorn.
/// Anna".
pub(super) fn shortened<'a>(procedure: &'a Procedure, line: &str) -> Vec<Said<'a>> {
    let mut found: Vec<Said<'a>> = Vec::new();
    let mut is_begun = true;
    for word in line.split_whitespace() {
        let short = || word.strip_suffix('.').and_then(|_| abbreviated(procedure, word));
        let whole = || exact(procedure, &fold(word)).into_iter().next();
        let fact = if is_begun && !found.is_empty() { short().or_else(whole) } else { short() };
        is_begun = word.ends_with([',', ';']);
        match (fact, found.last_mut()) {
            (Some(fact), _) => found.push(Said {
                facts: vec![fact],
                value: String::new(),
                corrects: false,
                is_shared: false,
            }),
            (None, Some(last)) => {
                last.value.push_str(word);
                last.value.push(' ');
            }
            (None, None) => return Vec::new(),
        }
    }
    found
}

/// The only fact whose label is shortened with stops: "Nachn.", "Ben.name".
pub(super) fn abbreviated<'a>(procedure: &'a Procedure, label: &str) -> Option<&'a Fact> {
    let (head, tail) = label.trim().split_once('.')?;
    let (head, tail) = (fold(head), fold(tail));
    let letters = head.chars().count() + tail.chars().count();
    if head.contains(' ') || tail.contains(' ') || head.is_empty() || letters < ABBREVIATION_MIN {
        return None;
    }
    let fits = |label: &str| {
        label.strip_prefix(&head).is_some_and(|rest| rest.ends_with(&tail) && !rest.is_empty())
    };
    let mut fitting = procedure.facts.iter().filter(|fact| labels(fact).any(fits));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// The only fact whose label begins with this word: "prot", "first".
pub(super) fn begun<'a>(procedure: &'a Procedure, label: &str) -> Option<&'a Fact> {
    let head = fold(label);
    if head.contains(' ') || head.chars().count() < ABBREVIATION_MIN {
        return None;
    }
    let mut fitting =
        procedure.facts.iter().filter(|fact| labels(fact).any(|label| label.starts_with(&head)));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

/// The only fact whose label says the same in other joints: "Who reads / stands in" for "Who reads
/// and who stands in".
pub(super) fn rejoined<'a>(procedure: &'a Procedure, label: &str) -> Option<&'a Fact> {
    let condensed = |label: &str| {
        let words = label.split(' ').filter(|word| !word.is_empty() && !JOINTS.contains(word));
        words.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let wanted = condensed(&fold(label));
    if wanted.len() < REJOINED_WORDS_MIN {
        return None;
    }
    let mut fitting =
        procedure.facts.iter().filter(|fact| labels(fact).any(|one| condensed(one) == wanted));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}
