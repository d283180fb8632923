//! Attribution lines: "On .. wrote:" in the languages that mail programs speak.
//!
//! A line is one only if a quote follows it, or if it is so complete, with date, time and
//! address, that a program must have written it: then what follows without marks is history.
//! Where date, time and address say enough, the language does not matter.
//! Deliberately absent: who wrote and when; nothing is read out of an attribution.

mod words;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::mail::attribution::words::{ON, STARTERS, VERBS, VERBS_UNSPACED};
use crate::mail::history::is_forward as is_forward_line;
use crate::mail::quote::{Line, Part, next_seen};

/// Lines over which programs wrap one attribution.
const LINES_MAX: usize = 4;
/// Octets above which a line is a paragraph, no attribution.
const BYTES_MAX: usize = 400;
/// Words above which it is a sentence of the author's, unless it begins with its date.
const WORDS_MAX: usize = 14;
/// Words of a line in which an attribution is looked for behind the answer.
const SHARED_WORDS_MAX: usize = 60;
/// Characters that a line has at least before a program wraps it.
const WRAPPED_MIN: usize = 28;

/// Words for "wrote", as they are looked up.
static KNOWN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| VERBS.iter().copied().collect());

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
        if line.part == Part::New && !is_forward && leads(line.text) {
            is_history = true;
            if let Some(line) = lines.get_mut(index) {
                line.part = Part::History;
            }
            continue;
        }
        if line.part != Part::New || !ends_like_one(line.text) && !is_stamp(line.text) {
            continue;
        }
        let next = next_seen(lines, index).and_then(|at| lines.get(at));
        let is_quoted = next.is_some_and(|line| line.part == Part::Quoted);
        if !ends_like_one(line.text) {
            if let Some(line) = lines.get_mut(index)
                && is_quoted
            {
                line.part = Part::Attribution;
            }
            continue;
        }
        if is_quoted && cut_shared(lines, index) {
            continue;
        }
        if !is_quoted && !may_be_certain(lines, index) {
            continue;
        }
        let Some((first, shape)) = window(lines, index, is_quoted) else { continue };
        let is_certain = shape == Shape::Certain;
        let is_whole = lines.get(index).is_some_and(|line| has_colon(line.text));
        let is_bare =
            is_quoted && lines.get(first).is_some_and(|line| starts_with_number(line.text));
        if !is_whole && !is_certain && !is_bare {
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

/// Whether a complete attribution begins the line and the quote goes on behind it, as Yahoo's
/// programs write it on phones.
fn leads(text: &str) -> bool {
    if text.len() > BYTES_MAX || has_colon(text) {
        return false;
    }
    let boxed = text.find('>').and_then(|at| text.get(at..)?.find(':').map(|colon| at + colon));
    let Some(head) = boxed.and_then(|colon| text.get(..=colon)) else { return false };
    starts_with_date(&head.trim().to_lowercase()) && shape(head) == Some(Shape::Certain)
}

/// Takes an attribution off the line that somebody answered on.
fn cut_shared(lines: &mut [Line<'_>], index: usize) -> bool {
    let Some(line) = lines.get_mut(index) else { return false };
    let text = line.text;
    let Some(at) = shared(text) else { return false };
    line.text = text.get(..at).unwrap_or_default().trim_end_matches(['-', ' ']);
    true
}

/// Where behind other words an attribution begins that is as complete as a program writes it.
fn shared(text: &str) -> Option<usize> {
    if !has_colon(text) || !is_clocked(text) {
        return None;
    }
    let begins = |(at, _): &(usize, &str)| {
        let above = text.get(..*at).unwrap_or_default();
        let rest = text.get(*at..).unwrap_or_default().to_lowercase();
        !above.trim_matches([' ', '-', '>', '*']).is_empty()
            && above.ends_with(' ')
            && ON.contains(&rest.split_whitespace().next().unwrap_or_default())
            && shape(&rest) == Some(Shape::Certain)
            && shape(&text.to_lowercase()) != Some(Shape::Certain)
    };
    let words = text.match_indices(' ').map(|(at, _)| (at + 1, ""));
    let found = words.take(SHARED_WORDS_MAX).collect::<Vec<_>>();
    found.into_iter().rev().find(begins).map(|(at, _)| at)
}

/// Whether the lines that end at `index` are an attribution, followed by whatever.
pub(super) fn is_certain_at(lines: &[Line<'_>], index: usize) -> bool {
    (index..index + LINES_MAX).any(|end| {
        lines.get(end).is_some_and(|line| ends_like_one(line.text))
            && window(lines, end, false).is_some_and(|(_, shape)| shape == Shape::Certain)
    })
}

/// Whether the line at `index` alone is an attribution with a date or an address.
pub(super) fn is_one_at(lines: &[Line<'_>], index: usize) -> bool {
    lines.get(index).is_some_and(|line| {
        let is_new = line.part == Part::New && line.text.len() <= BYTES_MAX;
        is_new && has_colon(line.text) && shape(line.text) > Some(Shape::Short)
    })
}

/// Whether the lines that end at `index` hold a number or dashes, without which nothing is certain.
fn may_be_certain(lines: &[Line<'_>], index: usize) -> bool {
    let from = index.saturating_sub(LINES_MAX - 1);
    lines.get(from..=index).unwrap_or_default().iter().any(|line| {
        line.text.trim_start().starts_with("---") || line.text.bytes().any(|b| b.is_ascii_digit())
    })
}

fn ends_like_one(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '-']);
    let ends_in_verb = || {
        let last = text.rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        KNOWN.contains(last) || VERBS_UNSPACED.iter().any(|verb| text.ends_with(verb))
    };
    text.len() <= BYTES_MAX && (has_colon(text) || text.ends_with('>') || ends_in_verb())
}

/// Name, address, date and time, and nothing said: an attribution where a quote follows.
fn is_stamp(text: &str) -> bool {
    let text = text.trim();
    text.len() <= BYTES_MAX
        && text.contains('@')
        && !text.ends_with(['.', '!', '?', ':', '\u{ff1a}'])
        && is_clocked(text)
        && has_date(text)
        && text.split_whitespace().count() <= WORDS_MAX
}

fn has_colon(text: &str) -> bool {
    text.trim_end().ends_with([':', '\u{ff1a}'])
        || VERBS_UNSPACED.iter().any(|verb| text.trim_end().ends_with(verb))
}

/// "---- Anna wrote ----".
fn is_dashed(text: &str) -> bool {
    text.starts_with("---") && text.ends_with("---")
}

/// Where the attribution that ends at `end` begins, and its shape; a quote below it says much.
fn window(lines: &[Line<'_>], end: usize, is_above_quote: bool) -> Option<(usize, Shape)> {
    let mut joined = String::new();
    let mut best: Option<(usize, Shape)> = None;
    for first in (end.saturating_sub(LINES_MAX - 1)..=end).rev() {
        let line = lines.get(first)?;
        let is_wrapped = first == end
            || line.text.trim_end().ends_with('<')
            || line.text.trim().chars().count() >= WRAPPED_MIN;
        let is_open = first == end || !line.text.trim_end().ends_with(['.', '!', '?', ':']);
        if line.part != Part::New || line.is_blank() || line.text.len() > BYTES_MAX {
            break;
        }
        if !is_wrapped || !is_open {
            break;
        }
        joined.insert(0, ' ');
        joined.insert_str(0, line.text.trim());
        let foreign = || foreign(&joined, is_above_quote);
        let Some(shape) = shape(&joined).or_else(foreign) else { continue };
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
    let has_verb = text.split(|c: char| !c.is_alphabetic()).any(|word| KNOWN.contains(word))
        || VERBS_UNSPACED.iter().any(|verb| text.contains(verb));
    let has_address = text.contains('@');
    let has_date = text.contains(|c: char| c.is_ascii_digit());
    let has_time = has_time(text);
    if !has_verb {
        // Gmail in Russian and Japanese: date, name and address, no verb.
        let is_boxed = has_address && text.contains('<') && has_time;
        let is_certain = is_boxed && is_clocked(text) && has_colon(text) && starts_with_date(text);
        let ends_in_address = text.trim_end_matches([':', '\u{ff1a}', ' ']).ends_with('>');
        let is_named = is_boxed && ends_in_address && (has_colon(text) || starts_with_number(text));
        return if is_certain {
            Some(Shape::Certain)
        } else {
            is_named.then_some(Shape::Addressed)
        };
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
    let ends_in_verb = VERBS_UNSPACED.iter().any(|verb| last.ends_with(verb))
        || last
            .rsplit(|c: char| !c.is_alphabetic())
            .find(|word| !word.is_empty())
            .is_some_and(|word| KNOWN.contains(word));
    (ends_in_verb && text.split_whitespace().count() <= 5).then_some(Shape::Short)
}

/// What has no word that is known here: an address in brackets, or date and time right above a
/// quote.
fn foreign(joined: &str, is_above_quote: bool) -> Option<Shape> {
    let text = joined.trim();
    if !has_colon(text) || text.starts_with(['!', '\u{ff01}']) {
        return None;
    }
    let is_boxed = text
        .split_once('<')
        .is_some_and(|(_, behind)| behind.contains('@') && behind.contains('>'));
    let is_dated = is_above_quote && is_clocked(text) && has_date(text);
    let words_max = if is_boxed && is_dated { 2 * WORDS_MAX } else { WORDS_MAX };
    if text.split_whitespace().count() > words_max {
        return None;
    }
    (is_boxed || is_dated).then_some(Shape::Addressed)
}

/// Three numbers beside those of the clock, or a year.
fn has_date(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    numbers.count() >= 5 || has_year(text)
}

fn starts_with_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && starts_with_date(text)
}

/// "on fri, 20", "am 20.", "2026年", "Пятница, 20": a digit stands near the beginning.
fn starts_with_date(text: &str) -> bool {
    // Chinese puts "on" before the year without a space.
    let text = text.trim_start_matches(['在', '于', '於']);
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_number = |word: &str| {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let rest = word.get(digits..).unwrap_or_default();
        (1..=4).contains(&digits) && (rest.chars().count() <= 2 || !rest.is_ascii())
    };
    let first = words.next().unwrap_or_default();
    // A weekday in whatever language: one word, a comma, the day.
    let mut is_weekday = || {
        let behind = text.get(first.len()..).unwrap_or_default();
        behind.starts_with([',', '.']) && words.next().is_some_and(is_number)
    };
    let is_starter = is_number(first) || STARTERS.contains(&first) || is_weekday();
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

/// `10:00`, `10h00`; `10.00` where it stands alone, because dates have dots too.
pub(super) fn is_clocked(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_plain = bytes.windows(4).any(|window| {
        matches!(window, [hour, b':' | b'h', b'0'..=b'5', ones]
            if hour.is_ascii_digit() && ones.is_ascii_digit())
    });
    is_plain || text.split(|c: char| c.is_whitespace() || ",;()[]".contains(c)).any(is_dotted)
}

fn is_dotted(word: &str) -> bool {
    word.trim_end_matches(':').split_once('.').is_some_and(|(hour, minute)| {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        is_number(hour)
            && is_number(minute)
            && minute.len() == 2
            && hour.parse::<u8>().is_ok_and(|hour| hour < 24)
            && minute.parse::<u8>().is_ok_and(|minute| minute < 60)
    })
}
