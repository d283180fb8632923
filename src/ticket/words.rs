//! Which lines of a message count as its author's own words, as an [`Excerpt`].

use crate::mail::quote::{self, Reply};
use crate::mail::{Message, language, subject};
use crate::ticket::matter::Excerpt;
use crate::ticket::thanks;
use crate::types::{Locale, Position};

/// The new lines of a reply, those aside that `is_left_out` names by their place.
#[must_use]
pub fn excerpt(
    message: Position,
    reply: &Reply<'_>,
    is_left_out: impl Fn(usize) -> bool,
) -> Excerpt {
    let mut lines: Vec<(u32, u32)> = Vec::new();
    for (place, line) in reply.lines.iter().enumerate() {
        if !line.part.is_shown() || is_left_out(place) {
            continue;
        }
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        match lines.last_mut() {
            Some((_, end)) if *end == place => *end += 1,
            _ => lines.push((place, place + 1)),
        }
    }
    Excerpt { message, lines, cuts: Vec::new() }
}

/// All lines of a text.
#[must_use]
pub fn whole(message: Position, text: &str) -> Excerpt {
    let lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
    Excerpt { message, lines: vec![(0, lines)], cuts: Vec::new() }
}

/// What the text of a message tells where the message it answers is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unaided {
    /// What is new in it, or all of it.
    pub words: Excerpt,
    /// The language of its author's own words, if they are enough to tell and it is one of ours.
    pub language: Option<Locale>,
    /// Whether it is only thanks, or a reaction.
    pub is_only_thanks: bool,
}

/// Takes a message apart once for all that is asked of its text.
#[must_use]
pub fn unaided(position: Position, message: &Message) -> Unaided {
    let is_forward = subject::is_forward(message);
    let reply = quote::split_message(message, None);
    let text = reply.text();
    let is_only_thanks = if is_forward {
        thanks::is_only_thanks(message)
    } else {
        thanks::is_only_thanks_in(message, &text)
    };
    Unaided {
        words: new_or_whole(position, &message.text, &reply),
        language: language::recognize(&text).and_then(Locale::find),
        is_only_thanks,
    }
}

/// The words of a message for a reader: what is new in it, or everything if nothing is.
#[must_use]
pub fn new_or_whole(message: Position, text: &str, reply: &Reply<'_>) -> Excerpt {
    let new = excerpt(message, reply, |_| false);
    if is_blank(&new, text) { whole(message, text) } else { new }
}

/// Whether nothing stands on the lines of an excerpt.
fn is_blank(excerpt: &Excerpt, text: &str) -> bool {
    let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    excerpt.lines.iter().all(|(from, to)| {
        let mut lines = text.lines().skip(place(*from)).take(place(to - from));
        lines.all(|line| line.trim().is_empty())
    })
}

/// The words themselves, trimmed, from the message's whole text.
#[must_use]
pub fn of(excerpt: &Excerpt, text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut words = String::new();
    for (from, to) in &excerpt.lines {
        for place in *from..*to {
            let at = usize::try_from(place).unwrap_or(usize::MAX);
            let Some(line) = lines.get(at) else { break };
            words.push_str(behind_cut(excerpt, place, line).trim_end());
            words.push('\n');
        }
    }
    collapse(words.trim())
}

/// What is left of a line behind the keyword that it begins with.
fn behind_cut<'a>(excerpt: &Excerpt, place: u32, line: &'a str) -> &'a str {
    let Some((_, characters)) = excerpt.cuts.iter().find(|(at, _)| *at == place) else {
        return line;
    };
    let characters = usize::try_from(*characters).unwrap_or(usize::MAX);
    line.char_indices().nth(characters).and_then(|(at, _)| line.get(at..)).unwrap_or_default()
}

/// Runs of blank lines become one.
fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            blank = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_from_their_ranges() {
        let text = "one\n\n\ntwo\n!close\n";
        let reply = quote::split(text, None);
        let excerpt = excerpt(Position(1), &reply, |place| place == 4);
        assert_eq!(of(&excerpt, text), "one\n\ntwo");
    }

    #[test]
    fn keyword_at_the_begin_of_a_line_is_left_out() {
        let excerpt =
            Excerpt { message: Position(1), lines: vec![(0, 2)], cuts: vec![(0, 11), (1, 99)] };
        assert_eq!(of(&excerpt, "!schließen: für alle\nx\n"), "für alle");
    }
}
