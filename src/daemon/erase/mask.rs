//! What others wrote, without the words that are erased: what they quoted of them goes, and names.
//!
//! The text keeps its lines at their places, because records refer to lines by number. Such a
//! message stays as plain text; HTML and attachments go with it. Deliberately absent: which
//! messages are looked at (`survey`).

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::daemon::erase::words::Words;
use crate::mail::quote::{self, Part};
use crate::mail::{self, Message, ReversePath};
use crate::store::frame::{Frame, FrameKind};
use crate::types::Mailbox;

/// Words in a row that are known again wherever a mail program broke the lines.
const RUN_WORDS: usize = 5;
/// Letters of the shortest line that is known again.
const LINE_CHARS_MIN: usize = 4;

/// Fields that stay where there is room for them.
const FIELDS: [&str; 4] = ["Date", "Message-ID", "In-Reply-To", "References"];
/// What a text needs that is not ASCII.
const UTF8: &str = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";

/// What is known again of messages that are erased, as sums: the texts themselves are not kept.
#[derive(Debug, Default)]
pub struct Quotes {
    lines: HashSet<u64>,
    runs: HashSet<u64>,
}

impl Quotes {
    /// Adds the text of a message that is erased.
    pub fn add(&mut self, text: &str) {
        for line in text.lines() {
            self.lines.extend(line_sum(line));
        }
        self.runs.extend(runs(text));
    }

    fn has_line(&self, line: &str) -> bool {
        line_sum(line).is_some_and(|sum| self.lines.contains(&sum))
    }

    fn has_run(&self, text: &str) -> bool {
        runs(text).any(|run| self.runs.contains(&run))
    }
}

fn line_sum(line: &str) -> Option<u64> {
    let line = unquoted(line).to_lowercase();
    let letters = line.chars().filter(|c| c.is_alphanumeric()).count();
    (letters >= LINE_CHARS_MIN).then(|| sum(&line))
}

fn runs(text: &str) -> impl Iterator<Item = u64> {
    let folded = text.to_lowercase();
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<u64> = words.map(|word| sum(&word)).collect();
    let runs: Vec<u64> = words.windows(RUN_WORDS).map(|run| sum(&run)).collect();
    runs.into_iter()
}

fn sum(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

fn unquoted(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|' | '\u{ff1e}'))
}

/// Whether a message holds one of the words, its envelope included.
#[must_use]
pub fn mentions(message: &Message, frame: &Frame, words: &Words) -> bool {
    let fields = message.fields.iter().map(|field| field.value.as_str());
    let names = message.attachments.iter().map(|attachment| attachment.name.as_str());
    let people = message.from.iter().chain(&message.to).chain(&message.cc);
    let shown = people.map(|mailbox| mailbox.name.as_str());
    let html = message.html.as_deref();
    let head = String::from_utf8_lossy(&frame.head);
    let body = String::from_utf8_lossy(&frame.body);
    let texts = [message.text.as_str(), message.subject.as_str(), &head, &body];
    fields.chain(names).chain(shown).chain(html).chain(texts).any(|text| words.are_in(text))
}

/// A message as it stands from now on; nothing if it has nothing of what is erased.
///
/// Only what `is_related` is searched for quotes: greetings and phrases are in every other mail.
#[must_use]
pub fn masked(frame: &Frame, words: &Words, quotes: &Quotes, is_related: bool) -> Option<Frame> {
    let message = mail::parse(&frame.body, &ReversePath::Unknown);
    let text = masked_text(&message, words, quotes, is_related);
    if text.is_none() && !mentions(&message, frame, words) {
        return None;
    }
    let text = text.unwrap_or_else(|| message.text.clone());
    let mut head: Value = serde_json::from_slice(&frame.head).ok()?;
    words.clean(&mut head, false);
    let head = serde_json::to_vec(&head).ok()?;
    let body = plain(&message, &text, words, &FIELDS);
    let masked = Frame { kind: FrameKind::Message, head, body };
    if masked.bytes() <= frame.bytes() {
        return Some(masked);
    }
    Some(Frame { body: plain(&message, &text, words, &[]), ..masked })
}

/// The text without names and quotes, line by line; nothing if it has neither.
fn masked_text(
    message: &Message,
    words: &Words,
    quotes: &Quotes,
    is_related: bool,
) -> Option<String> {
    let reply = quote::split_message(message, None);
    let old = reply.lines.iter().filter(|line| !line.part.is_shown());
    let old: Vec<&str> = old.map(|line| unquoted(line.text)).collect();
    let quotes_them = is_related
        && (old.iter().any(|line| quotes.has_line(line)) || quotes.has_run(&old.join(" ")));
    let mut any = quotes_them;
    let mut text = String::with_capacity(message.text.len());
    let parts = reply.lines.iter().map(|line| line.part).chain(std::iter::repeat(Part::History));
    for (line, part) in message.text.lines().zip(parts) {
        let is_repeated = is_related
            && match part {
                Part::New | Part::Signature => quotes.has_run(line),
                Part::Forwarded => quotes.has_line(line) || quotes.has_run(line),
                Part::Quoted | Part::Attribution | Part::History => quotes_them,
            };
        let clean = words.cleaned(line);
        any |= is_repeated || clean.is_some();
        if !is_repeated {
            text.push_str(clean.as_deref().unwrap_or(line));
        }
        text.push('\n');
    }
    any.then_some(text)
}

/// A message of this text alone, with these fields.
fn plain(message: &Message, text: &str, words: &Words, fields: &[&str]) -> Vec<u8> {
    let mut out = String::new();
    let clean = |value: &str| words.cleaned(value).unwrap_or_else(|| value.to_owned());
    let people = |mailboxes: &[Mailbox]| {
        let shown = mailboxes.iter().map(|mailbox| clean(&mailbox.to_string()));
        shown.collect::<Vec<_>>().join(", ")
    };
    out.push_str(&format!("From: {}\r\n", people(&message.from)));
    for name in fields {
        if let Some(value) = message.field(name) {
            out.push_str(&format!("{name}: {}\r\n", clean(value)));
        }
    }
    out.push_str(&format!("Subject: {}\r\n", clean(&message.subject)));
    if !text.is_ascii() {
        out.push_str(UTF8);
    }
    out.push_str("\r\n");
    out.push_str(text);
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Address;

    const HEAD: &str = r#"{"received_at":"2026-11-22T10:00:00Z","door":"lmtp",
        "reverse_path":{"address":"anna@members.example"},"recipients":["desk@nrw.example"]}"#;

    fn frame(body: &str) -> Frame {
        let body = body.replace('\n', "\r\n").into_bytes();
        Frame { kind: FrameKind::Message, head: HEAD.into(), body }
    }

    fn otto() -> (Words, Quotes) {
        let (mut words, mut quotes) = (Words::new(1), Quotes::default());
        words.add_address(&Address::parse("otto@outside.example").unwrap());
        words.add_name("Otto Normal");
        quotes.add("Guten Tag,\nmein Hund frisst die Beitragsmarken auf dem Küchentisch.\nOtto\n");
        (words, quotes)
    }

    const ANSWER: &str = "From: Anna <anna@members.example>\nSubject: Re: Marken\n\
        Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
        Guten Tag Otto Normal,\n\nwir schicken neue.\n\n\
        Am 1.11.2026 schrieb Otto Normal:\n> Guten Tag,\n\
        > mein Hund frisst die Beitragsmarken\n> auf dem Küchentisch.\n";

    #[test]
    fn answer_stays_without_what_it_quotes() {
        let (words, quotes) = otto();
        let masked = masked(&frame(ANSWER), &words, &quotes, true).unwrap();
        let message = mail::parse(&masked.body, &ReversePath::Unknown);
        assert_eq!(message.text.trim_end(), "Guten Tag erased-1,\n\nwir schicken neue.");
        assert_eq!(message.subject, "Re: Marken");
        assert_eq!(message.author().unwrap().address.as_str(), "anna@members.example");
    }

    #[test]
    fn message_of_somebody_else_stays_as_it_is() {
        let (words, quotes) = otto();
        let other = ANSWER.replace("Otto Normal", "Ute");
        assert!(masked(&frame(&other), &words, &quotes, true).is_some(), "it quotes him");
        assert_eq!(masked(&frame(&other), &words, &quotes, false), None);
        let polite =
            "From: Ute <ute@outside.example>\nSubject: Hallo\n\nGuten Tag,\nwie geht es?\n";
        assert_eq!(masked(&frame(polite), &words, &quotes, true), None);
    }
}
