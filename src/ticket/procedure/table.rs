//! Facts in columns: tables with labels above, names alone on a line, values in a row.
//!
//! Deliberately absent: `label: value` in one line (`label`).

use std::collections::BTreeSet;

use crate::desk::procedure::{Fact, Procedure};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label;

/// Words of a label that stands before its value with nothing between.
const BARE_LABEL_WORDS_MAX: usize = 2;
/// Words that belong to the last name behind them.
const PARTICLES: [&str; 11] =
    ["von", "van", "de", "der", "den", "zu", "zur", "vom", "af", "av", "di"];
/// What stands above a mail that is passed on.
const FORWARDS: [&str; 9] = [
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "forwarded message",
    "begin forwarded message",
    "vaelitetty viesti",
    "edelleenlaehetetty viesti",
    "vidarebefordrat meddelande",
    "vidarebefordrat mejl",
    "original message",
];

/// Whether what follows was written by somebody else and is passed on.
pub(super) fn is_forward(line: &str) -> bool {
    line.trim_start().starts_with(['-', '_', '=', 'A', 'B'])
        && FORWARDS.contains(&fold(line).as_str())
}

/// The values of tables with their labels above, and the lines that they stand in. A table of
/// several people is read by nobody: which of them is meant cannot be told.
pub(super) fn read<'a>(
    procedure: &'a Procedure,
    lines: &[&str],
) -> (Vec<(&'a Fact, String)>, BTreeSet<usize>) {
    let (mut values, mut taken) = (Vec::new(), BTreeSet::new());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let facts = header(procedure, line);
        at += 1;
        if facts.is_empty() {
            continue;
        }
        let is_rule = |line: &str| !line.is_empty() && !line.contains(char::is_alphanumeric);
        let rows: Vec<(usize, Vec<&str>)> = (at..)
            .map_while(|at| lines.get(at).map(|line| (at, *line)))
            .take_while(|(_, line)| is_rule(line) || cells(line).len() == facts.len())
            .filter(|(_, line)| !is_rule(line))
            .map(|(at, line)| (at, cells(line)))
            .collect();
        if let Some((last, _)) = rows.last() {
            taken.extend(at - 1..=*last);
            at = last + 1;
        }
        if let [(_, row)] = rows.as_slice() {
            values.extend(facts.into_iter().zip(row.iter().map(|cell| (*cell).to_owned())));
        }
    }
    if values.is_empty() && taken.is_empty() { bare(procedure, lines) } else { (values, taken) }
}

fn cells(line: &str) -> Vec<&str> {
    let line = line.trim().trim_matches('|');
    if !line.contains(['|', '\t']) {
        return Vec::new();
    }
    line.split(['|', '\t']).map(str::trim).collect()
}

/// The facts of a line whose cells are labels and nothing else.
fn header<'a>(procedure: &'a Procedure, line: &str) -> Vec<&'a Fact> {
    let cells = cells(line);
    let mut facts: Vec<&Fact> = Vec::new();
    for cell in &cells {
        match label::single(procedure, cell).as_slice() {
            [fact] if !facts.iter().any(|known| known.name == fact.name) => facts.push(fact),
            _ => return Vec::new(),
        }
    }
    if facts.len() > 1 { facts } else { Vec::new() }
}

/// Lines of a label and one word, with nothing between: two of them or more are meant so.
fn bare<'a>(
    procedure: &'a Procedure,
    lines: &[&str],
) -> (Vec<(&'a Fact, String)>, BTreeSet<usize>) {
    let (mut values, mut taken) = (Vec::new(), BTreeSet::new());
    for (at, line) in lines.iter().enumerate() {
        let words: Vec<&str> = label::without_bullet(line).split_whitespace().collect();
        let Some((value, label)) = words.split_last() else { continue };
        if !(1..=BARE_LABEL_WORDS_MAX).contains(&label.len()) || line.contains([':', '=']) {
            continue;
        }
        if let [fact] = label::exact(procedure, &fold(&label.join(" "))).as_slice() {
            values.push((*fact, (*value).to_owned()));
            taken.insert(at);
        }
    }
    if values.len() > 1 { (values, taken) } else { (Vec::new(), BTreeSet::new()) }
}

/// One value for each fact of a label that names several; nothing where the numbers differ.
pub(super) fn distributed(facts: &[&Fact], value: &str, is_shared: bool) -> Vec<String> {
    let parts: Vec<String> = value
        .split([',', ';', '/', '|', '\t'])
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() == facts.len() {
        // "Name: Muster, Anna" is how lists write it.
        return if is_shared { parts.into_iter().rev().collect() } else { parts };
    }
    let words: Vec<&str> = value.split_whitespace().collect();
    if parts.len() != 1 || words.len() < facts.len() {
        return Vec::new();
    }
    if facts.len() == words.len() {
        return words.into_iter().map(str::to_owned).collect();
    }
    let is_particle = |word: &&str| PARTICLES.contains(&fold(word).as_str());
    let last = words.iter().skip(1).position(is_particle).map_or(words.len() - 1, |at| at + 1);
    let (first, last) = words.split_at_checked(last).unwrap_or_default();
    if facts.len() == 2 { vec![first.join(" "), last.join(" ")] } else { Vec::new() }
}
