//! Attribution lines: "On .. wrote:" in the languages that mail programs speak.
//!
//! A line is one only if a quote follows it, or if it is so complete, with date, time and
//! address, that a program must have written it: then what follows without marks is history.
//! Deliberately absent: who wrote and when; nothing is read out of an attribution.

use crate::mail::history::is_forward as is_forward_line;
use crate::mail::quote::{Line, Part, next_seen};

/// Lines over which programs wrap one attribution.
const LINES_MAX: usize = 4;
/// Octets above which a line is a paragraph, no attribution.
const BYTES_MAX: usize = 400;
/// Words above which it is a sentence of the author's, unless it begins with its date.
const WORDS_MAX: usize = 14;
/// Characters that a line has at least before a program wraps it.
const WRAPPED_MIN: usize = 28;

/// Words for "wrote" of scripts that separate words: en de fi sv da no fr es it nl pl pt ru uk cs.
const VERBS: &[&str] = &[
    "wrote",
    "writes",
    "schrieb",
    "schreibt",
    "geschrieben",
    "kirjoitti",
    "kirjoittaa",
    "skrev",
    "skriver",
    "écrit",
    "escribió",
    "escribio",
    "escribe",
    "scritto",
    "scrisse",
    "scrive",
    "schreef",
    "geschreven",
    "napisał",
    "napisała",
    "napisal",
    "pisze",
    "escreveu",
    "написал",
    "написала",
    "пишет",
    "писал",
    "писала",
    "написав",
    "napsal",
    "napsala",
];

/// The same for scripts that do not: ja zh ko.
const VERBS_UNSPACED: &[&str] =
    &["写道", "寫道", "写到", "書きました", "書いた", "のメール", "さんより", "작성", "님이"];

/// Words an attribution begins with where it names the date first.
const STARTERS: &[&str] = &[
    "on",
    "am",
    "den",
    "le",
    "el",
    "il",
    "op",
    "em",
    "w",
    "dnia",
    "på",
    "die",
    "fredag",
    "at",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "ma",
    "ti",
    "ke",
    "to",
    "pe",
    "la",
    "su",
    "man",
    "tir",
    "ons",
    "tor",
    "fre",
    "lør",
    "søn",
    "mån",
    "tis",
    "tors",
    "lör",
    "sön",
    "lun",
    "mar",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "mié",
    "jue",
    "vie",
    "sáb",
    "dom",
    "gio",
    "sab",
    "wo",
    "vr",
    "za",
    "zo",
    "pon",
    "wt",
    "śr",
    "czw",
    "pt",
    "sob",
    "niedz",
    "seg",
    "ter",
    "qua",
    "qui",
    "sex",
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "maanantai",
    "tiistai",
    "keskiviikko",
    "torstai",
    "perjantai",
    "lauantai",
    "sunnuntai",
];

/// What a window of lines looks like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// "Anna wrote:".
    Short,
    /// A verb and an address, or a date and an address without a verb.
    Addressed,
    /// A verb and a date.
    Dated,
    /// It begins with its date: no line above belongs to it.
    Whole,
    /// Whole or with an address, and with a time: nobody types this.
    Certain,
}

/// Marks attribution lines, and as history what follows a certain one without quote marks.
pub(super) fn mark(lines: &mut [Line<'_>]) {
    let last_quoted = lines.iter().rposition(|line| line.part == Part::Quoted);
    let mut is_history = false;
    let mut is_forward = false;
    for index in 0..lines.len() {
        let Some(line) = lines.get(index) else { return };
        if is_history {
            if let Some(line) = lines.get_mut(index) {
                line.part = Part::History;
            }
            continue;
        }
        is_forward |= line.part == Part::New && is_forward_line(line.text);
        if line.part != Part::New || !ends_like_one(line.text) {
            continue;
        }
        let Some((first, shape)) = window(lines, index) else { continue };
        let next = next_seen(lines, index).and_then(|at| lines.get(at));
        let is_quoted = next.is_some_and(|line| line.part == Part::Quoted);
        let is_certain = shape == Shape::Certain;
        let is_whole = lines.get(index).is_some_and(|line| has_colon(line.text));
        if !is_whole && !is_certain {
            continue;
        }
        if !is_quoted && (!is_certain || is_forward) {
            continue;
        }
        for line in lines.get_mut(first..=index).unwrap_or_default() {
            line.part = Part::Attribution;
        }
        is_history = !is_quoted && !is_forward && last_quoted.is_none_or(|last| last < index);
    }
}

/// Whether the lines that end at `index` are an attribution, followed by whatever.
pub(super) fn is_certain_at(lines: &[Line<'_>], index: usize) -> bool {
    (index..index + LINES_MAX).any(|end| {
        lines.get(end).is_some_and(|line| ends_like_one(line.text))
            && window(lines, end).is_some_and(|(_, shape)| shape == Shape::Certain)
    })
}

fn ends_like_one(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '-']);
    let ends_in_verb = || {
        let last = text.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        VERBS.contains(&last) || VERBS_UNSPACED.iter().any(|verb| text.ends_with(verb))
    };
    text.len() <= BYTES_MAX && (has_colon(text) || ends_in_verb())
}

fn has_colon(text: &str) -> bool {
    text.trim_end().ends_with([':', '\u{ff1a}'])
        || VERBS_UNSPACED.iter().any(|verb| text.trim_end().ends_with(verb))
}

/// "---- Anna wrote ----".
fn is_dashed(text: &str) -> bool {
    text.starts_with("---") && text.ends_with("---")
}

/// Where the attribution that ends at `end` begins, and its shape.
fn window(lines: &[Line<'_>], end: usize) -> Option<(usize, Shape)> {
    let mut joined = String::new();
    let mut best: Option<(usize, Shape)> = None;
    for first in (end.saturating_sub(LINES_MAX - 1)..=end).rev() {
        let line = lines.get(first)?;
        let is_wrapped = first == end || line.text.trim().chars().count() >= WRAPPED_MIN;
        let is_open = first == end || !line.text.trim_end().ends_with(['.', '!', '?', ':']);
        if line.part != Part::New || line.is_blank() || line.text.len() > BYTES_MAX {
            break;
        }
        if !is_wrapped || !is_open {
            break;
        }
        joined.insert(0, ' ');
        joined.insert_str(0, line.text.trim());
        let Some(shape) = shape(&joined) else { continue };
        if shape >= Shape::Whole && starts_with_date(&joined.to_lowercase()) {
            return Some((first, shape));
        }
        if best.is_none_or(|(_, known)| known < shape) {
            best = Some((first, shape));
        }
    }
    best
}

fn shape(joined: &str) -> Option<Shape> {
    let text = joined.trim().to_lowercase();
    let is_dashed = is_dashed(&text);
    let text = text.trim_matches(['-', ' ']);
    let has_verb = text.split(|c: char| !c.is_alphabetic()).any(|word| VERBS.contains(&word))
        || VERBS_UNSPACED.iter().any(|verb| text.contains(verb));
    let has_address = text.contains('@');
    let has_date = text.contains(|c: char| c.is_ascii_digit());
    let has_time = has_time(text);
    if !has_verb {
        // Gmail in Russian and Japanese: date, name and address, no verb.
        let ends_in_address = text.trim_end_matches([':', '\u{ff1a}', ' ']).ends_with('>');
        let is_named = has_address && has_time && ends_in_address;
        let is_certain = is_named && starts_with_date(text);
        return is_named.then_some(if is_certain { Shape::Certain } else { Shape::Addressed });
    }
    let is_whole = has_date && starts_with_date(text);
    let is_boxed = has_address && text.contains('<');
    if is_dashed || has_time && (is_whole && (has_address || is_clocked(text)) || is_boxed) {
        return Some(Shape::Certain);
    }
    if is_whole {
        return Some(Shape::Whole);
    }
    if text.split_whitespace().count() > WORDS_MAX {
        return None;
    }
    if has_date {
        return Some(Shape::Dated);
    }
    if has_address {
        return Some(Shape::Addressed);
    }
    let last = text.trim_end_matches([':', '\u{ff1a}', ' ']);
    let ends_in_verb = last
        .rsplit(|c: char| !c.is_alphabetic())
        .find(|word| !word.is_empty())
        .is_some_and(|word| VERBS.contains(&word));
    (ends_in_verb && text.split_whitespace().count() <= 5).then_some(Shape::Short)
}

/// "on fri, 20", "am 20.", "2026年": a digit stands near the beginning.
fn starts_with_date(text: &str) -> bool {
    let is_starter =
        text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).is_some_and(
            |word| word.starts_with(|c: char| c.is_ascii_digit()) || STARTERS.contains(&word),
        );
    is_starter && text.chars().take(30).any(|c| c.is_ascii_digit())
}

/// A year or a time of day.
fn has_time(text: &str) -> bool {
    is_clocked(text) || has_year(text)
}

fn has_year(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")))
}

/// `10:00`, `10.00`, `10h00`.
fn is_clocked(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(4).any(|window| {
        matches!(window, [hour, mark, tens, ones]
            if hour.is_ascii_digit()
                && matches!(mark, b':' | b'h')
                && matches!(tens, b'0'..=b'5')
                && ones.is_ascii_digit())
    })
}
