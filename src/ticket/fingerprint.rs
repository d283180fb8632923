//! By what a message is recognized when it comes a second time.
//!
//! Never by trace, list or authentication fields, which differ between two paths of one message.

use sha2::{Digest, Sha256};

use crate::mail::{Message, subject};
use crate::ticket::case::SeenKey;
use crate::ticket::event::Fingerprint;

/// Lines of a text that are hashed; behind them copies are told apart by `content` alone.
const LINES_MAX: usize = 48;

/// Fields that a server on the way puts on top, or how they begin: trace (RFC 5321 section 4.4),
/// authentication (RFC 8601, RFC 8617), and what filters say.
const TRACE: [&str; 8] = [
    "return-path:",
    "received:",
    "delivered-to:",
    "x-original-to:",
    "authentication-results:",
    "received-spf:",
    "arc-",
    "x-spam-",
];

/// The fingerprint of a message, of which `raw` are the bytes.
#[must_use]
pub fn of(message: &Message, raw: &[u8]) -> Fingerprint {
    let key = match &message.message_id {
        Some(id) => seen_key(&[b"id", id.as_bytes()]),
        None => seen_key(&[b"raw", without_trace(raw)]),
    };
    Fingerprint { key, content: content(message), lines: lines(&message.text) }
}

fn seen_key(parts: &[&[u8]]) -> SeenKey {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    SeenKey(key)
}

/// The bytes from the first field on that was there before the message travelled.
fn without_trace(raw: &[u8]) -> &[u8] {
    let mut rest = raw;
    let mut is_trace = false;
    loop {
        let is_folded = rest.first().is_some_and(|byte| *byte == b' ' || *byte == b'\t');
        if !is_folded {
            is_trace = TRACE.iter().any(|name| starts_with(rest, name));
        }
        if !is_trace {
            return rest;
        }
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return rest };
        rest = rest.get(end + 1..).unwrap_or_default();
    }
}

fn starts_with(bytes: &[u8], name: &str) -> bool {
    bytes.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
}

fn content(message: &Message) -> u64 {
    let mut hash = Sha256::new();
    if let Some(author) = message.author() {
        hash.update(author.address.folded());
    }
    hash.update(message.date.map_or(0, jiff::Timestamp::as_second).to_be_bytes());
    hash.update(subject::split(&message.subject).bare.to_lowercase());
    hash.update(message.text.trim());
    for attachment in &message.attachments {
        hash.update(&attachment.name);
        hash.update(attachment.bytes.to_be_bytes());
    }
    hash.finalize().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

fn lines(text: &str) -> Vec<u32> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(LINES_MAX)
        .map(|line| crc32fast::hash(line.to_lowercase().as_bytes()))
        .collect()
}

/// Whether one text is the other, or is contained in it line by line: a list's footer is no new
/// text.
#[must_use]
pub fn is_contained(one: &[u32], other: &[u32]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let mut rest = long.iter();
    short.iter().all(|line| rest.any(|candidate| candidate == line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_fields_do_not_count() {
        let one =
            b"Return-Path: <a@b.example>\r\nReceived: from x\r\n\tby y\r\nSubject: s\r\n\r\nt\r\n";
        assert!(without_trace(one).starts_with(b"Subject: s"));
        let judged =
            b"Authentication-Results: mx; dmarc=pass\nX-Spam-Status: No\nSubject: s\n\nt\n";
        assert!(without_trace(judged).starts_with(b"Subject: s"));
        assert!(without_trace(b"Received: from x").starts_with(b"Received"));
    }

    #[test]
    fn text_with_a_footer_contains_the_text() {
        assert!(is_contained(&lines("a\nb\n"), &lines("a\nb\n-- \nlist footer\n")));
        assert!(!is_contained(&lines("a\nc\n"), &lines("a\nb\n")));
    }
}
