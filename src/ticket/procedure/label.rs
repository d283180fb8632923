//! Labels: which facts a line gives, in any language, in part, together or mistyped.
//!
//! Deliberately absent: what the value means (`value`), whose line it is (`facts`).

use std::borrow::Cow;

use crate::desk::labels::{Label, plain};
use crate::desk::procedure::{Fact, FactType, Procedure};
use crate::ticket::procedure::fold::{fold, folds_to};
use crate::ticket::procedure::label_short::{JOINTS, abbreviated, begun, rejoined, shortened};
use crate::types::is_slip;

/// A label is no longer than this.
const LABEL_CHARS_MAX: usize = 80;
/// A label that is forgiven a slip has as many letters or more.
const SLIP_CHARS_MIN: usize = 5;
/// What is left of a label that another completes: "name" for "Vor-, Nach-, Benutzername".
const TAIL_CHARS_MIN: usize = 3;
/// Words that announce another value.
const CORRECTIONS: [&str; 42] = [
    "korrektur",
    "korrigiert",
    "nachtrag",
    "berichtigung",
    "doch",
    "lieber",
    "jetzt",
    "neu",
    "ps",
    "correction",
    "corrected",
    "rather",
    "now",
    "instead",
    "new",
    "as i said",
    "korjaus",
    "korjattu",
    "sittenkin",
    "uusi",
    "raettelse",
    "hellre",
    "nu",
    "istaellet",
    "i staellet",
    "ny",
    "sorry",
    "ups",
    "oops",
    "entschuldigung",
    "pardon",
    "anteeksi",
    "foerlat",
    "ursaekta",
    "eigentlich",
    "actually",
    "besser",
    "stattdessen",
    "tarkoitin",
    "i meant",
    "ich meinte",
    "jag menade",
];
/// Words around a label that add nothing.
const FILLERS: [&str; 37] = [
    "mein",
    "meine",
    "unser",
    "unsere",
    "der",
    "die",
    "das",
    "als",
    "bitte",
    "gewuenschter",
    "gewuenschte",
    "folgende",
    "my",
    "our",
    "the",
    "please",
    "desired",
    "wanted",
    "oma",
    "oman",
    "haluttu",
    "toivottu",
    "min",
    "mitt",
    "oenskat",
    "oenskad",
    "vaer",
    "und",
    "and",
    "ja",
    "och",
    "sekae",
    "wunsch",
    "gern",
    "ich",
    "brauche",
    "i",
];

/// Words of a label that stand in the line above, and one more.
const WRAPPED_WORDS_MAX: usize = 6;
/// What ends a statement in a line.
const SENTENCE_ENDS: [char; 5] = ['.', '!', '?', ';', ','];
/// Words by which somebody goes through questions one by one.
const LEADING: [&str; 8] = ["ad", "zu", "zum", "zur", "re", "punkt", "kohta", "till"];
/// How a colon is said to a phone.
const COLONS: [&str; 4] = ["doppelpunkt", "colon", "kaksoispiste", "kolon"];

/// What a line says behind a label.
#[derive(Debug, Clone)]
pub(super) struct Said<'a> {
    /// Which facts, in the order of the label.
    pub(super) facts: Vec<&'a Fact>,
    /// What stands behind it, also nothing.
    pub(super) value: String,
    /// Whether it says that it replaces what was said before.
    pub(super) corrects: bool,
    /// Whether one word stands for all the facts: "Name" for first and last.
    pub(super) is_shared: bool,
}

/// What one line gives: nothing without a label of the procedure.
pub(super) fn said<'a>(procedure: &'a Procedure, line: &str) -> Vec<Said<'a>> {
    let line = with_colon(without_bullet(line));
    let pairs = if line.contains([':', '=']) {
        pairs(procedure, &line)
    } else {
        shortened(procedure, &line)
    };
    if pairs.len() > 1 { pairs } else { one(procedure, &line, false).into_iter().collect() }
}

/// The statements of a line, parted where a label begins behind other words: "User name: rob.
/// Queue: web".
pub(super) fn statements<'l>(procedure: &Procedure, line: &'l str) -> Vec<&'l str> {
    if !line.contains([':', '=']) {
        return vec![line];
    }
    let mut statements = Vec::new();
    let (mut rest, mut from) = (line, 0);
    // "First name, last name: .." is one label.
    let is_combined = said(procedure, line).iter().any(|one| one.facts.len() > 1);
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find(SENTENCE_ENDS)) {
        let (head, tail) = rest.split_at_checked(from + at + 1).unwrap_or((rest, ""));
        let is_space = tail.starts_with(' ');
        let label = tail.split_once([':', '=']).map(|(label, _)| fold(label)).unwrap_or_default();
        let joined = label.split_once(' ').filter(|(first, _)| JOINTS.contains(first));
        let label = joined.map_or(label.as_str(), |(_, label)| label);
        let is_labelled = |text: &str| !said(procedure, text).is_empty();
        let is_end = !head.ends_with(',') || !(is_labelled(head) || is_combined);
        if is_space && is_end && is_label(procedure, label) {
            statements.push(head);
            (rest, from) = (tail, 0);
        } else {
            from = head.len();
        }
    }
    statements.push(rest);
    statements
}

/// A line whose label began at the end of the line above.
pub(super) fn wrapped(procedure: &Procedure, above: &str, line: &str) -> Option<String> {
    let (head, _) = line.split_once(':')?;
    if !said(procedure, line).is_empty() {
        return None;
    }
    let words: Vec<&str> = above.split_whitespace().collect();
    (1..words.len().min(WRAPPED_WORDS_MAX)).find_map(|count| {
        let begun = words.get(words.len() - count..)?.join(" ");
        let label = fold(&format!("{begun} {head}"));
        (is_label(procedure, &label)).then(|| format!("{begun} {line}"))
    })
}

/// A line with the colon that was said in it as a word.
fn with_colon(line: &str) -> Cow<'_, str> {
    // Its first letter tells of most words that they are none.
    let is_colon = |word: &str| {
        let bare = word.trim_start_matches(|c: char| !c.is_alphanumeric());
        bare.starts_with(['c', 'd', 'k', 'C', 'D', 'K'])
            && COLONS.iter().any(|colon| folds_to(word, colon))
    };
    let Some(at) = line.split(' ').position(is_colon).filter(|at| *at > 0) else {
        return Cow::Borrowed(line);
    };
    let mut words: Vec<&str> = line.split(' ').collect();
    words.get_mut(at).into_iter().for_each(|word| *word = ":");
    Cow::Owned(words.join(" "))
}

/// Several `label: value` on one line; text between belongs to the value before it.
fn pairs<'a>(procedure: &'a Procedure, line: &str) -> Vec<Said<'a>> {
    let mut pairs: Vec<Said<'a>> = Vec::new();
    for (sign, segment) in segments(line) {
        let labelled = segment.split_once([':', '=']).and_then(|(label, value)| {
            // "Hi! Name: .." begins with a word to a person.
            let tail = label.rsplit_once(['.', '!']).map_or("", |(_, tail)| tail);
            let whole = exact(procedure, &fold(label));
            let short = || abbreviated(procedure, label).or_else(|| begun(procedure, label));
            let whole = if whole.is_empty() { short().into_iter().collect() } else { whole };
            let whole = if whole.is_empty() { single(procedure, label) } else { whole };
            let facts = if whole.is_empty() { exact(procedure, &fold(tail)) } else { whole };
            let (value, is_shared) = (value.trim().to_owned(), facts.len() > 1);
            (!facts.is_empty()).then_some(Said { facts, value, corrects: false, is_shared })
        });
        match (labelled, pairs.last_mut()) {
            (Some(said), _) => pairs.push(said),
            (None, Some(last)) => {
                last.value.push_str(sign);
                last.value.push_str(segment);
            }
            (None, None) => return Vec::new(),
        }
    }
    pairs
}

/// The parts of a line, each with the sign before it; a stroke parts where spaces are around it.
fn segments(line: &str) -> Vec<(&str, &str)> {
    let mut segments = Vec::new();
    let (mut sign, mut rest) = ("", line);
    loop {
        let signs = [",", ";", "|", " / ", "\t", "   "].into_iter();
        let next = signs.filter_map(|sign| Some((rest.find(sign)?, sign))).min();
        let Some((at, found)) = next else { break };
        let (segment, behind) = rest.split_at(at);
        segments.push((sign, segment));
        (sign, rest) = (found, behind.strip_prefix(found).unwrap_or_default());
    }
    segments.push((sign, rest));
    segments
}

fn one<'a>(procedure: &'a Procedure, line: &str, corrects: bool) -> Option<Said<'a>> {
    let is_sign = |c: char| matches!(c, ':' | '\u{ff1a}' | '=' | '\t' | '|');
    let phrases = || {
        let dashes = ["->", " - ", " \u{2013} "].into_iter();
        // Most lines have neither.
        let dashes = dashes.filter(|_| line.contains(['-', '\u{2013}']));
        dashes.chain(["  "]).find_map(|sign| line.split_once(sign))
    };
    let (label, value) = line.split_once(is_sign).or_else(phrases)?;
    if label.chars().count() > LABEL_CHARS_MAX {
        return None;
    }
    if !corrects && is_correction(label) {
        return one(procedure, value, true);
    }
    let (label, corrects) = match label.split_once(',') {
        Some((head, rest)) if is_correction(head) => (rest, true),
        _ => (label, corrects),
    };
    let (label, is_corrected) = without_correction(label);
    let value = value.trim().trim_end_matches('|').trim();
    let first = value.split(' ').next().unwrap_or_default();
    let is_corrected = is_corrected || (is_correction(first) && first.len() < value.len());
    let value =
        if is_correction(first) { value.get(first.len()..).unwrap_or(value) } else { value };
    let (facts, is_shared) = facts_of(procedure, &label)?;
    let value = value.trim_start_matches([':', '=', '|']).trim().to_owned();
    Some(Said { facts, value, corrects: corrects || is_corrected, is_shared })
}

fn is_correction(label: &str) -> bool {
    CORRECTIONS.contains(&fold(label).as_str())
}

/// A label without a word such as "doch" at its end.
fn without_correction(label: &str) -> (String, bool) {
    let mut words: Vec<&str> = label.split_whitespace().collect();
    let mut corrects = false;
    while words.len() > 1 && words.last().is_some_and(|word| is_correction(word)) {
        words.pop();
        corrects = true;
    }
    (words.join(" "), corrects)
}

/// A line without bullet or number in front of it.
pub(super) fn without_bullet(line: &str) -> &str {
    let line = line.trim().trim_start_matches(['-', '*', '•', '·', '–', '+', '|', ' ', '\t']);
    let inside = line.trim_start_matches('(');
    let digits = inside.trim_start_matches(|c: char| c.is_ascii_digit() || c == '#');
    if digits.len() < inside.len() {
        return digits.trim_start_matches(['.', ')']).trim_start();
    }
    let mut letters = inside.chars();
    let is_letter = letters.next().is_some_and(char::is_alphabetic);
    letters.as_str().strip_prefix(')').filter(|_| is_letter).map_or(line, str::trim_start)
}

/// The facts that a label asks for, and whether one word stands for several.
fn facts_of<'a>(procedure: &'a Procedure, label: &str) -> Option<(Vec<&'a Fact>, bool)> {
    let bare = |label: &str| {
        let words = label.split(|c: char| c.is_whitespace() || c == '-');
        words.filter(|word| !FILLERS.contains(&fold(word).as_str())).collect::<Vec<_>>().join(" ")
    };
    let whole = |label: &str| {
        let exact = single(procedure, label);
        let facts = if exact.is_empty() { single(procedure, &bare(label)) } else { exact };
        let is_shared = facts.len() > 1;
        (!facts.is_empty()).then_some((facts, is_shared))
    };
    let one = |fact: &'a Fact| (vec![fact], false);
    let led = |label: &str| {
        let (first, rest) = label.trim_start().split_once(' ')?;
        whole(rest).filter(|_| LEADING.contains(&fold(first).as_str()))
    };
    whole(label)
        .or_else(|| led(label))
        .or_else(|| Some((combined(procedure, label)?, false)))
        .or_else(|| label.contains(['/', '&', '+']).then(|| rejoined(procedure, label))?.map(one))
        .or_else(|| whole(label.split_once([',', '(']).map(|(head, _)| head)?))
        .or_else(|| whole(label.rsplit_once([',', '.', '!']).map(|(_, tail)| tail)?))
}

/// The fact with this label: exactly, else by one slip of the finger. Several where one word
/// stands for several names.
pub(super) fn single<'a>(procedure: &'a Procedure, label: &str) -> Vec<&'a Fact> {
    let as_typed = label;
    let label = fold(label);
    let facts = exact(procedure, &label);
    if !facts.is_empty() || label.is_empty() {
        return facts;
    }
    if let Some(fact) = abbreviated(procedure, as_typed) {
        return vec![fact];
    }
    // Finnish says "my" at the end of the word.
    let owned = label.strip_suffix("eni").map(|stem| format!("{stem}i"));
    if let Some(facts) = owned.map(|label| exact(procedure, &label)).filter(|f| !f.is_empty()) {
        return facts;
    }
    let bare = plain(&label);
    let is_near = |known: &Label| known.chars >= SLIP_CHARS_MIN && is_alike(known, &label, &bare);
    let near: Vec<&Fact> =
        procedure.facts.iter().filter(|fact| fact.labels().iter().any(is_near)).collect();
    if near.len() == 1 { near } else { Vec::new() }
}

/// Whether folded words are one slip of the finger apart from a label at most, with their umlauts
/// or without.
fn is_alike(known: &Label, words: &str, bare: &str) -> bool {
    // One slip changes a label at its beginning or at its end, not both.
    let is_end_same = |one: &str, other: &str| {
        let (one, other) = (one.as_bytes(), other.as_bytes());
        one.first() == other.first() || one.last() == other.last()
    };
    (is_end_same(&known.folded, words) && is_slip(&known.folded, words))
        || (is_end_same(&known.plain, bare) && is_slip(&known.plain, bare))
}

/// The folded words with one space between, where [`single`] may find the fact by them; most are
/// like no label at all.
pub(super) fn may_be(fact: &Fact, words: &[String]) -> Option<String> {
    let (first, last) = (words.first()?.bytes().next()?, words.last()?.as_bytes());
    let umlauts = |word: &String| {
        let pairs = word.as_bytes().windows(2);
        pairs.filter(|pair| matches!(*pair, b"ae" | b"oe" | b"ue")).count()
    };
    let chars = words.iter().map(|word| word.chars().count() + 1).sum::<usize>() - 1;
    let bare_chars = chars - words.iter().map(umlauts).sum::<usize>();
    let bare_last = match last {
        [.., vowel @ (b'a' | b'o' | b'u'), b'e'] => Some(*vowel),
        _ => last.last().copied(),
    };
    let is_shaped = fact.has_label_like((first, *last.last()?), chars)
        || fact.has_label_like((first, bare_last?), bare_chars)
        || last.ends_with(b"eni");
    if !is_shaped {
        return None;
    }
    let words = words.join(" ");
    let stem = words.strip_suffix("eni");
    let bare = plain(&words);
    let is_it = |known: &Label| {
        known.folded == words
            || stem.is_some_and(|stem| known.folded.strip_suffix('i') == Some(stem))
            || is_alike(known, &words, &bare)
    };
    fact.labels().iter().any(is_it).then_some(words)
}

/// Facts with exactly this folded label.
pub(super) fn exact<'a>(procedure: &'a Procedure, label: &str) -> Vec<&'a Fact> {
    if label.is_empty() {
        return Vec::new();
    }
    let facts: Vec<&Fact> = procedure.facts_labelled(label).collect();
    let are_names = facts.iter().all(|fact| fact.kind == FactType::Name);
    if are_names { facts } else { facts.into_iter().take(1).collect() }
}

/// Whether some fact has exactly this folded label.
pub(super) fn is_label(procedure: &Procedure, label: &str) -> bool {
    !label.is_empty() && procedure.facts_labelled(label).next().is_some()
}

/// The folded labels of a fact, also without what follows a comma in them, and its short name.
pub(super) fn labels(fact: &Fact) -> impl Iterator<Item = &str> {
    fact.labels().iter().map(|label| label.folded.as_str())
}

/// Whether a fact has this folded label.
pub(super) fn is(fact: &Fact, label: &str) -> bool {
    labels(fact).any(|known| known == label)
}

/// The facts of a label that names several: "Vor-, Nach-, Benutzername", "First and last name".
fn combined<'a>(procedure: &'a Procedure, label: &str) -> Option<Vec<&'a Fact>> {
    let mut label = label.replace(['/', '+', '&', ';'], ",");
    for word in [" und ", " and ", " ja ", " och ", " sowie ", " sekä "] {
        label = label.replace(word, ",");
    }
    let parts: Vec<String> = label.split(',').map(fold).filter(|part| !part.is_empty()).collect();
    let last = parts.last()?;
    let mut facts: Vec<&Fact> = Vec::new();
    for part in &parts {
        let fact = match single(procedure, part).as_slice() {
            [fact] => *fact,
            _ => truncated(procedure, part, last)?,
        };
        if facts.iter().any(|known| known.name == fact.name) {
            return None;
        }
        facts.push(fact);
    }
    (facts.len() > 1).then_some(facts)
}

/// The fact whose label begins with `part` and ends like `last`.
fn truncated<'a>(procedure: &'a Procedure, part: &str, last: &str) -> Option<&'a Fact> {
    let fits = |label: &str| {
        label.strip_prefix(part).is_some_and(|tail| {
            tail.trim().chars().count() >= TAIL_CHARS_MIN && last.ends_with(tail)
        })
    };
    let mut fitting = procedure.facts.iter().filter(|fact| labels(fact).any(fits));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_is_parted_where_a_label_begins() {
        let procedure =
            Procedure::parse(include_str!("../../../fixtures/requests/account.toml")).unwrap();
        for (line, parts) in [
            ("Login: rob. Queue: web. Thanks!", vec!["Login: rob.", " Queue: web. Thanks!"]),
            ("a queue please, Rights: read", vec!["a queue please,", " Rights: read"]),
            ("First name, last name: Jo, Doe", vec!["First name, last name: Jo, Doe"]),
        ] {
            assert_eq!(statements(&procedure, line), parts, "{line}");
        }
    }

    #[test]
    fn labels_are_shortened_and_wrapped() {
        let procedure =
            Procedure::parse(include_str!("../../../fixtures/requests/account.toml")).unwrap();
        let name = |label: &str| {
            let facts = single(&procedure, label);
            facts.iter().map(|fact| fact.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(name("Nachn."), ["last-name"]);
        assert_eq!(name("Ben.name"), ["user-name"]);
        assert_eq!(name("N."), Vec::<String>::new());
        let line = wrapped(&procedure, "Danke. Zugriff", "auf: web");
        assert_eq!(line.as_deref(), Some("Zugriff auf: web"));
        assert_eq!(wrapped(&procedure, "Danke für", "alles: ja"), None);
    }
}
