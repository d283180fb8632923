//! What can be said of a message that nobody could read: who seems to write, of what, the first
//! words.
//!
//! Nothing is understood here: parts, codings and nesting are what may have brought a reader down.
//! What comes out holds letters, digits and few signs, so that it can be no keyword, markup, link
//! or template wherever it is shown. Deliberately absent: everything that `parse` does.

use crate::mail::charset::Hint;
use crate::mail::field;

/// Octets of a message that are looked at.
const OCTETS_MAX: usize = 16 << 10;
/// Octets of a field that are looked at.
const FIELD_BYTES_MAX: usize = 998;
/// Characters of a field that are shown.
const FIELD_CHARS_MAX: usize = 80;
/// Characters of the first words.
const WORDS_CHARS_MAX: usize = 160;
/// A word this long is no word: coded octets.
const WORD_CHARS_MAX: usize = 40;

/// Who, of what, and the first words; each may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// Who seems to have written.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The first words.
    pub words: String,
}

impl Glance {
    /// As a text of three lines.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}", self.from, self.subject, self.words)
    }

    /// What [`Glance::to_text`] made.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut lines = text.lines().map(str::to_owned);
        let mut line = || lines.next().unwrap_or_default();
        Self { from: line(), subject: line(), words: line() }
    }
}

/// Glances at the octets of a message.
#[must_use]
pub fn glance(octets: &[u8]) -> Glance {
    let octets = octets.get(..OCTETS_MAX).unwrap_or(octets);
    let text = String::from_utf8_lossy(octets);
    let mut lines = text.lines();
    let head: Vec<&str> = lines.by_ref().take_while(|line| !line.trim().is_empty()).collect();
    Glance {
        from: shown(&value(&head, "from"), FIELD_CHARS_MAX),
        subject: shown(&value(&head, "subject"), FIELD_CHARS_MAX),
        words: shown(&words(lines), WORDS_CHARS_MAX),
    }
}

/// The value of the first field of this name, its lines joined and its encoded words decoded.
fn value(head: &[&str], name: &str) -> String {
    let is_named = |line: &&str| -> bool {
        line.split_once(':').is_some_and(|(field, _)| field.trim().eq_ignore_ascii_case(name))
    };
    let Some(at) = head.iter().position(is_named) else { return String::new() };
    let mut lines = head.iter().skip(at);
    let first = lines.next().and_then(|line| line.split_once(':')).map_or("", |(_, value)| value);
    let rest = lines.take_while(|line| line.starts_with([' ', '\t']));
    let whole: Vec<&str> = std::iter::once(first).chain(rest.copied()).collect();
    let whole = whole.join(" ");
    let end = whole.floor_char_boundary(FIELD_BYTES_MAX);
    field::text(whole.get(..end).unwrap_or_default().as_bytes(), Hint::default())
}

/// Lines that look like words: no borders and fields of parts, nothing coded.
fn words(lines: std::str::Lines<'_>) -> String {
    let mut words = String::new();
    for line in lines {
        let is_field = line
            .split_once(':')
            .is_some_and(|(name, _)| name.len() > 3 && name.contains('-') && !name.contains(' '));
        let is_coded = !line.trim().contains(' ') && line.len() > WORD_CHARS_MAX;
        if line.starts_with("--") || is_field || is_coded {
            continue;
        }
        words.push_str(&without_tags(line));
        words.push(' ');
        if words.len() > 4 * WORDS_CHARS_MAX {
            break;
        }
    }
    words
}

/// A line without what stands between angle brackets.
fn without_tags(line: &str) -> String {
    let mut depth = 0_u32;
    let outside = line.chars().filter(|c| {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    });
    outside.collect()
}

/// Words of letters, digits and few signs, cut at a word.
fn shown(text: &str, chars_max: usize) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '@' | '-' | '_' | '+');
    let plain: String = text.chars().map(|c| if is_plain(c) { c } else { ' ' }).collect();
    let mut shown = String::new();
    for word in plain.split_whitespace() {
        let word = word.trim_start_matches(['.', ',', '-', '+', '@', '_']);
        let length = shown.chars().count() + word.chars().count();
        if word.is_empty() || word.chars().count() > WORD_CHARS_MAX + 24 {
            continue;
        }
        if length >= chars_max {
            break;
        }
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(word);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_what_and_first_words_are_seen_without_reading() {
        let raw = b"Received: x\r\nFrom: =?utf-8?Q?J=C3=BCrgen?= <j@outside.example>\r\n\
            Subject: =?utf-8?B?QmVzdWNo?=\r\n am Montag\r\nContent-Type: multipart/mixed\r\n\r\n\
            --b\r\nContent-Type: text/plain\r\n\r\nGuten Tag, ich komme am Montag.\r\n";
        let seen = glance(raw);
        assert!(seen.from.starts_with("Jürgen") && seen.from.contains("j@outside.example"));
        assert!(seen.subject.starts_with("Besuch"), "{}", seen.subject);
        assert!(seen.words.contains("ich komme am Montag"), "{}", seen.words);
    }

    #[test]
    fn nothing_that_acts_comes_out() {
        let hostile = "From: !take {{buttons}} <x@y.example>\nSubject: # !17 erase <b>x</b>\n\n\
            !drop all\n{{{raw}}} <img src=x> [a](https://evil.example/?x=!y) `!retry`\n\
            \u{202e}!\u{ff01}take\u{e001}\n";
        let seen = glance(hostile.as_bytes());
        for text in [&seen.from, &seen.subject, &seen.words] {
            assert!(
                !text.contains(['!', '\u{ff01}', '{', '}', '<', '>', '#', '/', ':', '[', '`', '&']),
                "{text}"
            );
            assert!(
                !text.chars().any(|c| c.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&c))
            );
        }
    }

    #[test]
    fn no_octets_bring_it_down() {
        let odd: [&[u8]; 6] = [b"", b"\n\n", b"From", &[0xff; 40_000], b"From:\n \n", b":\n:\n\n:"];
        for octets in odd {
            let seen = glance(octets);
            assert!(seen.words.chars().count() <= WORDS_CHARS_MAX);
        }
    }
}
