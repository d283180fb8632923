//! Facts in columns: tables with labels above, names alone on a line, values in a row.
//!
//! Deliberately absent: `label: value` in one line (`label`).

use std::collections::BTreeSet;

use crate::desk::procedure::{Fact, FactType, Procedure};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::value_name::is_handle;
use crate::ticket::procedure::{label, stance};

/// What parts the cells of a table, or of a line that a program wrote.
const SIGNS: [char; 4] = ['|', '\t', ';', ','];
/// Words of a label above a column.
const LABEL_WORDS_MAX: usize = 3;
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
        let (facts, sign) = header(procedure, line);
        at += 1;
        let columns = if facts.is_empty() { aligned(procedure, line) } else { Vec::new() };
        if let Some(row) = lines.get(at).and_then(|row| cut(row, &columns)) {
            taken.extend([at - 1, at]);
            at += 1;
            let is_last = lines.get(at).and_then(|row| cut(row, &columns)).is_none();
            if is_last {
                values.extend(columns.into_iter().map(|(_, fact)| fact).zip(row));
            }
            continue;
        }
        if facts.is_empty() {
            continue;
        }
        let is_rule = |line: &str| !line.is_empty() && !line.contains(char::is_alphanumeric);
        let rows: Vec<(usize, Vec<&str>)> = (at..)
            .map_while(|at| lines.get(at).map(|line| (at, *line)))
            .take_while(|(_, line)| is_rule(line) || cells(line, sign).len() == facts.len())
            .filter(|(_, line)| !is_rule(line))
            .map(|(at, line)| (at, cells(line, sign)))
            .collect();
        if let Some((last, _)) = rows.last() {
            taken.extend(at - 1..=*last);
            at = last + 1;
        }
        if let [(_, row)] = rows.as_slice() {
            values.extend(facts.into_iter().zip(row.iter().map(|cell| (*cell).to_owned())));
        }
    }
    if !values.is_empty() || !taken.is_empty() {
        return (values, taken);
    }
    let found = bare(procedure, lines);
    if found.0.is_empty() { stacked(procedure, lines) } else { found }
}

fn cells(line: &str, sign: char) -> Vec<&str> {
    let line = line.trim().trim_matches('|');
    if !line.contains(sign) {
        return Vec::new();
    }
    line.split(sign).map(str::trim).collect()
}

/// The facts of a line whose cells are labels and nothing else, and what parts them.
fn header<'a>(procedure: &'a Procedure, line: &str) -> (Vec<&'a Fact>, char) {
    let facts = SIGNS.into_iter().map(|sign| (columns(procedure, &cells(line, sign)), sign));
    { facts }.find(|(facts, _)| !facts.is_empty()).unwrap_or_default()
}

fn columns<'a>(procedure: &'a Procedure, cells: &[&str]) -> Vec<&'a Fact> {
    let mut facts: Vec<&Fact> = Vec::new();
    for cell in cells {
        match label::single(procedure, cell).as_slice() {
            [fact] if !facts.iter().any(|known| known.name == fact.name) => facts.push(fact),
            _ => return Vec::new(),
        }
    }
    if facts.len() > 1 { facts } else { Vec::new() }
}

/// Labels that fill a line with spaces between, and the columns they begin in: what becomes of
/// a table in HTML.
fn aligned<'a>(procedure: &'a Procedure, line: &str) -> Vec<(usize, &'a Fact)> {
    if !begins_with_label(procedure, line) {
        return Vec::new();
    }
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut is_gap = true;
    for (column, c) in line.chars().enumerate() {
        if is_gap && !c.is_whitespace() {
            words.push((column, String::new()));
        }
        is_gap = c.is_whitespace();
        if let Some((_, word)) = words.last_mut().filter(|_| !is_gap) {
            word.push(c);
        }
    }
    let mut columns: Vec<(usize, &Fact)> = Vec::new();
    let mut rest = words.as_slice();
    while let Some((column, _)) = rest.first() {
        let label = |length: usize| {
            let (label, rest) = rest.split_at_checked(length)?;
            let label: Vec<&str> = label.iter().map(|(_, word)| word.as_str()).collect();
            match label::exact(procedure, &fold(&label.join(" "))).as_slice() {
                [fact] => Some((*fact, rest)),
                _ => None,
            }
        };
        let Some((fact, behind)) = (1..=LABEL_WORDS_MAX).rev().find_map(label) else {
            return Vec::new();
        };
        if columns.iter().any(|(_, known)| known.name == fact.name) {
            return Vec::new();
        }
        columns.push((*column, fact));
        rest = behind;
    }
    if columns.len() > 1 { columns } else { Vec::new() }
}

/// Whether the first word of a line is the first of a label, as it is not in most lines.
fn may_begin_with_label(procedure: &Procedure, line: &str) -> bool {
    let is_word = |word: &&str| word.contains(char::is_alphanumeric);
    let first = line.split_whitespace().find(is_word).map(fold);
    let first = first.as_deref().and_then(|first| first.split(' ').next());
    first.is_some_and(|first| procedure.has_label_beginning(first))
}

/// Whether the first words of a line are a label.
fn begins_with_label(procedure: &Procedure, line: &str) -> bool {
    if !may_begin_with_label(procedure, line) {
        return false;
    }
    let mut words = String::new();
    line.split_whitespace().take(LABEL_WORDS_MAX).any(|word| {
        words.push_str(word);
        words.push(' ');
        label::is_label(procedure, &fold(&words))
    })
}

/// The cells of a row that stands in these columns, none empty.
fn cut(row: &str, columns: &[(usize, &Fact)]) -> Option<Vec<String>> {
    let letters: Vec<char> = row.chars().collect();
    let ends = columns.iter().skip(1).map(|(column, _)| *column).chain([letters.len()]);
    let mut cells = Vec::new();
    for ((start, _), end) in columns.iter().zip(ends) {
        let cell: String = letters.get(*start..end)?.iter().collect();
        let is_apart = *start == 0 || letters.get(start - 1).is_some_and(|c| c.is_whitespace());
        let cell = cell.trim().to_owned();
        if !is_apart || cell.is_empty() {
            return None;
        }
        cells.push(cell);
    }
    (cells.len() > 1).then_some(cells)
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
            let below = lines.iter().skip(at + 1).map(|line| line.trim());
            let is_list = fact.kind == FactType::Queues;
            let more: Vec<&str> = below.take_while(|line| is_list && is_handle(line)).collect();
            taken.extend(at..=at + more.len());
            values.push((*fact, [&[*value], more.as_slice()].concat().join(", ")));
        }
    }
    if values.len() > 1 { (values, taken) } else { (Vec::new(), BTreeSet::new()) }
}

/// Labels alone on a line, each value below its label: two of them or more are meant so.
fn stacked<'a>(
    procedure: &'a Procedure,
    lines: &[&str],
) -> (Vec<(&'a Fact, String)>, BTreeSet<usize>) {
    let label = |line: &str| {
        let line = label::without_bullet(line).trim_end_matches([':', '?', ' ']);
        if !may_begin_with_label(procedure, line) {
            return None;
        }
        match label::exact(procedure, &fold(line)).as_slice() {
            [fact] => Some(*fact),
            _ => None,
        }
    };
    let is_value = |line: &str| {
        let is_said = label(line).is_some() || !label::said(procedure, line).is_empty();
        !is_said && !line.trim().is_empty() && !stance::is_closing(line)
    };
    let (mut values, mut taken) = (Vec::new(), BTreeSet::new());
    for (at, fact) in lines.iter().enumerate().filter_map(|(at, line)| Some((at, label(line)?))) {
        let is_blank = lines.get(at + 1).is_some_and(|line| line.trim().is_empty());
        let start = at + 1 + usize::from(is_blank);
        let rows = (start..).map_while(|at| lines.get(at).filter(|line| is_value(line)));
        let rows: Vec<&str> = rows.copied().collect();
        if !rows.is_empty() {
            taken.insert(at);
            taken.extend(start..start + rows.len());
            values.push((fact, rows.join("\n")));
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
    let last = words
        .iter()
        .skip(1)
        .position(|word| is_particle(word))
        .map_or(words.len() - 1, |at| at + 1);
    let (first, last) = words.split_at_checked(last).unwrap_or_default();
    if facts.len() == 2 { vec![first.join(" "), last.join(" ")] } else { Vec::new() }
}

/// Whether a word belongs to the last name behind it.
pub(super) fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&fold(word).as_str())
}
