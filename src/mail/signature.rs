//! Signatures: below `-- `, below a rule, a phone's advertisement, a plain block of name and
//! number.
//!
//! Each stretch of new lines is looked at by itself, because people sign above and below a quote.
//! Deliberately absent: greetings ("Viele Grüße, Anna"), which are words to the reader.

mod words;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::mail::history::{is_forward, is_rule};
use crate::mail::quote::{Line, Part};
use crate::mail::signature::words::{
    DEVICES, GREEN, GREETINGS, LEADING, MINE, MISDIRECTED, OFFERS, PLATFORMS, PRINTED, SECRET,
    SENT, UNSPACED,
};

/// Lines below three dashes.
const DASHED_LINES_MAX: usize = 6;
/// Paragraphs of a house's own below a mail.
const LEGAL_PARAGRAPHS_MAX: usize = 6;
/// Octets of such a paragraph.
const LEGAL_BYTES_MAX: usize = 4_000;
/// Characters of a paragraph about secrets that is more than somebody's remark.
const SECRET_CHARS_MIN: usize = 120;
/// Lines with words below a signature mark; with more it was a rule between two chapters.
const LINES_MAX: usize = 12;
/// Lines of a signature without any mark.
const PLAIN_LINES_MAX: usize = 4;
/// Characters of a line of such a block.
const PLAIN_CHARS_MAX: usize = 64;
/// Octets of the longest line that a phone adds.
const PHONE_BYTES_MAX: usize = 240;
/// Words in which such a line names what it was sent from.
const DEVICE_WORDS_MAX: usize = 9;
/// Words of the offer of a program.
const PROGRAM_WORDS_MAX: usize = 6;
/// Words of a phone's line.
const PHONE_WORDS_MAX: usize = 20;

/// Marks the signatures of all stretches of new lines.
pub(super) fn mark(lines: &mut [Line<'_>]) {
    let mut start = 0;
    while start < lines.len() {
        if lines.get(start).is_some_and(|line| line.part != Part::New) {
            start += 1;
            continue;
        }
        let below = lines.get(start + 1..).unwrap_or_default();
        let count = below.iter().position(|line| line.part != Part::New || is_forward(line.text));
        let end = start + 1 + count.unwrap_or(below.len());
        let is_before_old = lines
            .get(end)
            .is_some_and(|line| matches!(line.part, Part::Attribution | Part::History));
        if let Some(stretch) = lines.get_mut(start..end) {
            mark_stretch(stretch, is_before_old);
        }
        start = end;
    }
}

fn mark_stretch(lines: &mut [Line<'_>], is_before_old: bool) {
    let end = marked(lines).unwrap_or(lines.len());
    set(lines, end, lines.len());
    if let Some(at) = lines.get(..end).and_then(named) {
        set(lines, at, end);
    }
    let legal = legal(lines);
    set(lines, legal, lines.len());
    let mut first_phone = None;
    let mut is_gap = true;
    for (index, line) in lines.iter_mut().enumerate() {
        if line.part == Part::New && is_phone_line(line.text, is_gap) {
            line.part = Part::Signature;
            first_phone = first_phone.or(Some(index));
        }
        is_gap = line.is_blank() || line.part == Part::Signature;
    }
    let is_edge = first_phone.is_some() || is_before_old;
    let end = first_phone.unwrap_or(lines.len());
    if let Some((first, last)) = plain(lines, end)
        && (is_edge || is_below_greeting(lines, first))
    {
        set(lines, first, last);
    }
}

fn set(lines: &mut [Line<'_>], from: usize, to: usize) {
    for line in lines.get_mut(from..to).unwrap_or_default() {
        line.part = Part::Signature;
    }
}

/// Where the first mark stands that has few enough lines below.
fn marked(lines: &[Line<'_>]) -> Option<usize> {
    let mut below = 0;
    let mut found = None;
    for (index, line) in lines.iter().enumerate().rev() {
        if below > LINES_MAX {
            break;
        }
        if is_mark(line.text) {
            found = Some(index);
        } else if !line.is_blank() {
            below += 1;
        }
    }
    found
}

/// `-- ` (RFC 3676 section 4.3), what programs make of it, and the rule above a list's footer.
fn is_mark(text: &str) -> bool {
    let text = text.trim();
    matches!(text, "--" | "\u{2014}" | "\u{2013}")
        || text.len() >= 2 && text.bytes().all(|byte| byte == b'_')
}

/// "---" above a name: a mark that programs do not make, so it needs one.
fn named(lines: &[Line<'_>]) -> Option<usize> {
    let near = lines.iter().enumerate().rev().take(DASHED_LINES_MAX * 3);
    let seen = near.filter(|(_, line)| !line.is_blank()).take(DASHED_LINES_MAX + 1);
    // A frame has a rule below too.
    let seen: Vec<(usize, &Line<'_>)> = seen
        .enumerate()
        .filter(|(at, (_, line))| *at > 0 || !is_dashes(line.text))
        .map(|(_, one)| one)
        .collect();
    let rule = seen.iter().position(|(_, line)| is_dashes(line.text))?;
    let (_, first) = seen.get(rule.checked_sub(1)?)?;
    let (at, mark) = seen.get(rule)?;
    // A rule that stands above too parts chapters.
    let is_repeated = lines
        .get(..*at)?
        .iter()
        .rev()
        .take(LINES_MAX)
        .any(|line| line.text.trim() == mark.text.trim());
    (is_name(first.text) && !ends_sentence(first.text) && !is_repeated).then_some(*at)
}

fn is_dashes(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 3 && text.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'*'))
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end().ends_with(['.', '!', '?', ':', ';', ','])
}

/// Where the last paragraphs begin that a house puts below every mail: who may read it, whether it
/// was looked at for viruses, whether to print it.
fn legal(lines: &[Line<'_>]) -> usize {
    let mut start = lines.len();
    let mut end = lines.len();
    for _ in 0..LEGAL_PARAGRAPHS_MAX {
        let above = lines.get(..end).unwrap_or_default();
        let Some(last) = above.iter().rposition(|line| !line.is_blank()) else { break };
        let first = above
            .get(..last)
            .unwrap_or_default()
            .iter()
            .rposition(Line::is_blank)
            .map_or(0, |blank| blank + 1);
        let paragraph = above.get(first..=last).unwrap_or_default();
        let bytes: usize = paragraph.iter().map(|line| line.text.len()).sum();
        let is_new = paragraph.iter().all(|line| line.part == Part::New && !is_marked_line(line));
        if !is_new || bytes > LEGAL_BYTES_MAX || !is_legal(paragraph) {
            break;
        }
        (start, end) = (first, first);
    }
    // Some draw a line above it.
    let above = lines.get(..start).unwrap_or_default();
    if start < lines.len()
        && let Some(last) = above.iter().rposition(|line| !line.is_blank())
        && above.get(last).is_some_and(|line| is_rule(line.text))
    {
        start = last;
    }
    let has_words_above =
        lines.get(..start).is_some_and(|above| above.iter().any(|line| !line.is_blank()));
    if has_words_above { start } else { lines.len() }
}

/// A keyword is nobody's disclaimer.
fn is_marked_line(line: &Line<'_>) -> bool {
    line.text.trim_start().starts_with(['!', '\u{ff01}'])
}

fn is_legal(paragraph: &[Line<'_>]) -> bool {
    let text: Vec<&str> = paragraph.iter().map(|line| line.text.trim()).collect();
    let text = text.join(" ").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let is_secret = text.chars().count() >= SECRET_CHARS_MIN && has(SECRET) && has(MISDIRECTED);
    let is_green = has(GREEN) && has(PRINTED) && text.split_whitespace().count() <= 40;
    let is_scanned = has(&["virus", "вирус"])
        && has(&["avast", "avg.com", "antivir", "norton", "kaspersky", "eset", "www."]);
    is_secret || is_green || is_scanned
}

/// The last few lines above `end`, behind a blank line and below other words, if they begin with
/// a name and hold a number, a link or an address.
fn plain(lines: &[Line<'_>], end: usize) -> Option<(usize, usize)> {
    let above = lines.get(..end)?;
    let last = above.iter().rposition(|line| !line.is_blank())?;
    let block = above.get(..=last)?.iter().rev();
    let count = block
        .take(PLAIN_LINES_MAX + 2)
        .take_while(|line| !line.is_blank() && line.part == Part::New)
        .count();
    let mut first = (last + 1).checked_sub(count)?;
    let has_words_above = above.get(..first)?.iter().any(|line| !line.is_blank());
    if above.get(first).is_some_and(|line| is_greeting(line.text)) {
        first += 1;
    }
    let block = above.get(first..=last)?;
    let is_short = !block.is_empty()
        && block.len() <= PLAIN_LINES_MAX
        && block.iter().all(|line| line.text.chars().take(65).count() <= PLAIN_CHARS_MAX);
    let starts_with_name = block.first().is_some_and(|line| is_name(line.text));
    let has_contact = block.iter().any(|line| is_contact(line.text));
    let speaks = block.iter().any(|line| {
        let text = line.text.trim();
        text.starts_with(['!', '\u{ff01}']) || text.ends_with(['?', '!', '.', ':'])
    });
    let is_signature = has_words_above && is_short && starts_with_name && has_contact && !speaks;
    is_signature.then_some((first, last + 1))
}

/// Whether the line above is a greeting, so that what follows is who greets.
fn is_below_greeting(lines: &[Line<'_>], first: usize) -> bool {
    let above = lines.get(..first).unwrap_or_default().iter().rev();
    let last = above.take(3).find(|line| !line.is_blank());
    last.is_some_and(|line| is_greeting(line.text))
}

/// One to six words, each with a capital, none of them a label.
fn is_name(text: &str) -> bool {
    let name = text.split([',', '|', '\u{b7}', '\u{2022}']).next().unwrap_or_default();
    let words = name.split_whitespace().take(7).collect::<Vec<_>>();
    (1..=6).contains(&words.len())
        && words.iter().all(|word| {
            word.starts_with(char::is_uppercase)
                || matches!(*word, "von" | "van" | "de" | "der" | "zu" | "af" | "da" | "di" | "el")
        })
        && !name.contains([':', '@', '='])
}

fn is_contact(text: &str) -> bool {
    let lower = text.to_lowercase();
    let has_link = lower.contains("http") || lower.contains("www.") || lower.contains('@');
    let is_phone_char = |c: char| c.is_ascii_digit() || " +-/().".contains(c);
    let has_number = text
        .split(|c: char| !is_phone_char(c))
        .map(|run| run.trim_matches([' ', '.', '/', ')', '-']))
        .any(|run| run.chars().filter(char::is_ascii_digit).count() >= 7 && !run.contains(". "));
    has_link || has_number
}

fn is_greeting(text: &str) -> bool {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '.');
    text.split_whitespace().count() <= 5 && words.into_iter().any(|word| GREETINGS.contains(&word))
}

/// "Von meinem iPhone gesendet" and its like, as a whole line.
fn is_phone_line(text: &str, is_gap: bool) -> bool {
    let text = text.trim();
    if text.is_empty() || text.len() > PHONE_BYTES_MAX || is_plainly_none(text) {
        return false;
    }
    let bare = without_link(text).to_lowercase();
    let bare = bare.trim_matches(is_around);
    if bare.split_whitespace().count() > PHONE_WORDS_MAX || bare.ends_with(['?', ':']) {
        return false;
    }
    let has_sent = SENT.iter().any(|words| begins_like(bare, words));
    let is_unspaced = !bare.is_ascii() && UNSPACED.iter().any(|words| bare.contains(words));
    if offers_program(bare) {
        return true;
    }
    if !has_sent && !is_unspaced && !bare.contains("outlook") {
        return false;
    }
    let first = bare.split_whitespace().take(DEVICE_WORDS_MAX).collect::<Vec<_>>().join(" ");
    let has_device = DEVICES.iter().any(|device| has_word(&first, device));
    let is_short = bare.split_whitespace().count() <= 7;
    let offers_outlook = has_word(bare, "outlook") && OFFERS.iter().any(|word| bare.contains(word));
    has_sent && (has_device || is_gap && is_short && is_possessive(bare))
        || offers_outlook && is_short
        || is_unspaced && bare.chars().count() <= 30
}

/// "Get Blue for Android": few words, the last of them what it is for.
fn offers_program(bare: &str) -> bool {
    let words: Vec<&str> = bare.split_whitespace().take(PROGRAM_WORDS_MAX + 1).collect();
    let offers = ["get", "try", "download"].iter().chain(OFFERS);
    let mut offers = offers.filter_map(|offer| offer.split(' ').next());
    match words.as_slice() {
        [first, .., leading, last] if words.len() <= PROGRAM_WORDS_MAX => {
            PLATFORMS.contains(last)
                && LEADING.contains(leading)
                && offers.any(|offer| first.starts_with(offer))
        }
        _ => false,
    }
}

fn is_around(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '*' | '_' | '-' | '.' | '<' | '>' | '[' | ']' | '(' | ')' | '!')
}

/// Whether a line can be no phone's, seen without making another of it, as nearly every line of a
/// mail is: Latin letters, which are as many in lower case and begin in ASCII, no link, none of the
/// beginnings.
fn is_plainly_none(text: &str) -> bool {
    let is_latin = |c: char| c < '\u{250}' && c != '\u{130}';
    if !text.chars().all(is_latin) || text.contains("http") {
        return false;
    }
    let bare = text.trim_matches(is_around).as_bytes();
    if bare.first().is_some_and(|first| !first.is_ascii()) {
        return false;
    }
    let begins = |start: &str| {
        bare.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
    };
    let is_outlook = |at: usize| {
        bare.get(at..at + 7).is_some_and(|seven| seven.eq_ignore_ascii_case(b"outlook"))
    };
    let names_outlook = || memchr::memchr2_iter(b'o', b'O', bare).any(is_outlook);
    let first = bare.first().map(u8::to_ascii_lowercase).unwrap_or_default();
    let starts = SENT_STARTS.get(&first).map(Vec::as_slice).unwrap_or_default();
    let ends = |end: &str| {
        let from = bare.len().checked_sub(end.len()).and_then(|from| bare.get(from..));
        from.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
    };
    let names_platform = || PLATFORMS.iter().any(|platform| ends(platform));
    !starts.iter().any(|start| begins(start)) && !names_outlook() && !names_platform()
}

/// How the words begin that say that something was sent, up to a gap or a letter beyond ASCII; by
/// their first octet, because every line is compared with them.
static SENT_STARTS: LazyLock<BTreeMap<u8, Vec<&str>>> = LazyLock::new(|| {
    let start = |words: &&'static str| {
        let end = words.find(|c: char| c == '*' || !c.is_ascii()).unwrap_or(words.len());
        words.get(..end).unwrap_or_default()
    };
    let mut starts: BTreeMap<u8, Vec<&str>> = BTreeMap::new();
    for start in SENT.iter().map(start) {
        if let Some(first) = start.bytes().next() {
            starts.entry(first).or_default().push(start);
        }
    }
    starts
});

/// Whether a line begins with the words before the first `*` and goes on with the others.
fn begins_like(line: &str, words: &str) -> bool {
    if line.bytes().next() != words.bytes().next() {
        return false;
    }
    let mut words = words.split('*');
    let rest = words.next().and_then(|first| line.strip_prefix(first));
    rest.and_then(|rest| {
        words.try_fold(rest, |rest, word| rest.split_once(word).map(|(_, behind)| behind))
    })
    .is_some()
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphabetic())
    })
}

/// "my phone": a line about something else sent does not say whose it is.
fn is_possessive(text: &str) -> bool {
    text.split_whitespace().any(|word| MINE.contains(&word))
}

fn without_link(text: &str) -> String {
    let mut kept = String::new();
    let mut is_link = false;
    for word in text.split_inclusive(['<', '[', '(', ' ']) {
        is_link |= word.starts_with("http");
        if !is_link {
            kept.push_str(word);
        }
        is_link &= !word.ends_with(' ');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phones_line_is_plainly_none() {
        for words in SENT {
            for line in [format!("  *{}* x", words.replace('*', "meinem")), words.to_uppercase()] {
                assert!(!is_plainly_none(&line), "{line}");
            }
        }
        for line in ["Get OUTLOOK for iOS", "von meinem iPhone", "(http://a.example) sent from"] {
            assert!(!is_plainly_none(line), "{line}");
        }
        for line in ["Hallo zusammen,", "Viele Grüße", "der Schlüssel ist weg", "Ok."] {
            assert!(is_plainly_none(line), "{line}");
        }
    }
}
