//! Conversations as text: blocks `## at TIME from <..> to <..>`, each with a raw message; `signed`
//! behind them says that the author's domain signed it.
//!
//! Read here, and written in the same form. A later message may answer an earlier outgoing one
//! through slots: `{{reply-to 3}}`, where 3 counts the outgoing mails, or
//! `{{reply-to kim@mail.example}}` for the last that went there. Deliberately absent: playing them
//! (`rehearse`).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::mail::{self, Message, ReversePath};
use crate::types::Address;

/// How a block begins.
const START: &str = "## at ";
/// What stands behind the envelope of a mail whose author's domain signed it.
const SIGNED: &str = " signed";
/// How its first line is written, for who wrote it differently.
const FORM: &str = "write `## at 2026-11-21T10:00:00+01:00 from <otto@outside.example> \
    to <kontakt@nrw.example>`, or `## at TIME` alone to move the clock";

/// Something of a scenario that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {sentence}")]
pub struct ScenarioError {
    /// Where, counted from 1.
    pub line: usize,
    /// What is wrong, and how it is written.
    pub sentence: String,
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// What the clock is moved to.
    pub at: Timestamp,
    /// `from <..> to <..>`, its slots not yet filled; none where the clock alone is moved.
    pub envelope: Option<String>,
    /// Whether it is played as if a good signature of its author's domain stood on it.
    pub is_signed: bool,
    /// The raw message, its slots not yet filled.
    pub message: Vec<u8>,
}

/// A mail that left, as it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// How many left before it, and one.
    pub number: usize,
    /// When it was decided.
    pub at: Timestamp,
    /// The reverse-path; empty is the null one.
    pub from: String,
    /// The forward-path.
    pub to: String,
    /// The message.
    pub message: Vec<u8>,
}

impl Block {
    /// The first line of its block.
    #[must_use]
    pub fn head(&self, zone: &TimeZone) -> String {
        format!("{START}{} from <{}> to <{}>", shown(self.at, zone), self.from, self.to)
    }
}

impl Block {
    fn subject(&self) -> String {
        mail::parse(&self.message, &ReversePath::Unknown).subject
    }
}

/// A time as scenarios write it.
#[must_use]
pub fn shown(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Takes a scenario apart. What stands before the first block is a remark.
///
/// # Errors
/// The first block that is written wrongly, or whose time lies before that of the one above it.
pub fn parse(scenario: &[u8]) -> Result<Vec<Entry>, ScenarioError> {
    let mut entries: Vec<Entry> = Vec::new();
    for (place, line) in scenario.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = place + 1;
        if line.starts_with(START.as_bytes()) {
            let entry = head(&String::from_utf8_lossy(line), number)?;
            if entries.last().is_some_and(|last| last.at > entry.at) {
                let sentence = "the clock is not moved back: order the blocks by time".into();
                return Err(ScenarioError { line: number, sentence });
            }
            entries.push(entry);
        } else if let Some(entry) = entries.last_mut()
            && !(entry.message.is_empty() && line.trim_ascii().is_empty())
        {
            entry.message.extend_from_slice(line);
        }
    }
    for entry in &mut entries {
        let end = entry.message.trim_ascii_end().len();
        entry.message.truncate(end);
        entry.message.push(b'\n');
        let is_empty = end == 0;
        if entry.envelope.is_none() != is_empty {
            let sentence = if is_empty {
                "a message is missing below this line"
            } else {
                "a message stands below, but nobody it is from and to"
            };
            let sentence = format!("{sentence}; {FORM}");
            return Err(ScenarioError { line: entry.line, sentence });
        }
    }
    Ok(entries)
}

fn head(text: &str, line: usize) -> Result<Entry, ScenarioError> {
    let wrong = |what: String| ScenarioError { line, sentence: format!("{what}; {FORM}") };
    let text = text.trim_end();
    let rest = text.strip_prefix(START).unwrap_or(text);
    let (at, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let at: Timestamp = at.parse().map_err(|error| wrong(format!("`{at}` is no time: {error}")))?;
    let signed = rest.trim().strip_suffix(SIGNED).filter(|path| path.ends_with('>'));
    let rest = signed.unwrap_or(rest).trim();
    if !rest.is_empty() && !rest.contains("{{") {
        envelope(rest).map_err(wrong)?;
    }
    let envelope = (!rest.is_empty()).then(|| rest.to_owned());
    Ok(Entry { line, at, envelope, is_signed: signed.is_some(), message: Vec::new() })
}

/// Reads `from <..> to <..> <..>`: reverse-path and forward-paths.
///
/// # Errors
/// What is no path, as words.
pub fn envelope(text: &str) -> Result<(ReversePath, Vec<Address>), String> {
    let paths = text.strip_prefix("from ").and_then(|rest| rest.split_once(" to "));
    let Some((from, to)) = paths else { return Err(format!("`{text}`")) };
    let address = |text: &str| {
        let inside = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
        let inside = inside.ok_or_else(|| format!("`{text}` stands in no brackets"))?;
        Address::parse(inside).map_err(|error| format!("<{inside}>: {error}"))
    };
    let reverse_path = match from.trim() {
        "<>" => ReversePath::Null,
        from => ReversePath::Address(address(from)?),
    };
    let recipients: Result<Vec<Address>, String> = to.split_whitespace().map(address).collect();
    Ok((reverse_path, recipients?))
}

/// Fills the slots of text with what the mails sent so far say: `{{NAME NUMBER}}`,
/// `{{NAME ADDRESS}}` for the last that went there, `{{NAME ADDRESS NUMBER}}` for one of them,
/// `{{NAME ADDRESS "WORDS"}}` for the last whose subject has these words.
///
/// Names: `reply-to`, `return-path`, `from`, `to` (addresses), `message-id` (without brackets),
/// `subject`, `ticket` (the number in its tag), `references`, `text` (quoted with `> `) and `lines`
/// (the text as it stands).
///
/// # Errors
/// The slot that names nothing, or a mail that was not sent.
pub fn fill(text: &[u8], sent: &[Block]) -> Result<Vec<u8>, String> {
    let mut filled = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = find(rest, b"{{") {
        let (before, inside) = rest.split_at(start);
        let Some(end) = find(inside, b"}}") else { break };
        filled.extend_from_slice(before);
        let (slot, after) = inside.split_at(end + 2);
        match words(slot) {
            Some((name, which)) => {
                let block = which.find(sent).ok_or_else(|| {
                    let (slot, count) = (String::from_utf8_lossy(slot), sent.len());
                    format!("{slot}: no such mail has left, only {count} mails so far")
                })?;
                filled.extend(value(&name, block)?.into_bytes());
            }
            None => filled.extend_from_slice(slot),
        }
        rest = after;
    }
    filled.extend_from_slice(rest);
    Ok(filled)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Which of the mails sent so far a slot means.
enum Which {
    /// By its number, from 1.
    Number(usize),
    /// Among those to an address, the last where no number is said; only those whose subject has
    /// these words, where some are said.
    To(String, Option<usize>, String),
}

impl Which {
    fn parse(text: &str) -> Option<Self> {
        let (text, subject) = match text.split_once('"') {
            Some((text, rest)) => (text.trim(), rest.strip_suffix('"')?),
            None => (text, ""),
        };
        let mut words = text.split_whitespace();
        let first = words.next()?;
        let number = words.next().map(str::parse).transpose().ok()?;
        if first.contains('@') {
            Some(Self::To(first.to_owned(), number, subject.to_owned()))
        } else {
            first.parse().ok().filter(|_| number.is_none()).map(Self::Number)
        }
    }

    fn find<'a>(&self, sent: &'a [Block]) -> Option<&'a Block> {
        match self {
            Self::Number(number) => sent.get(number.checked_sub(1)?),
            Self::To(address, number, subject) => {
                let is_it = |block: &&Block| {
                    let is_to = block.to.eq_ignore_ascii_case(address);
                    is_to && (subject.is_empty() || block.subject().contains(subject))
                };
                let mut found = sent.iter().filter(is_it);
                match number {
                    Some(number) => found.nth(number.checked_sub(1)?),
                    None => found.next_back(),
                }
            }
        }
    }
}

fn words(slot: &[u8]) -> Option<(String, Which)> {
    let text = std::str::from_utf8(slot).ok()?;
    let inside = text.strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let (name, which) = inside.split_once(' ')?;
    let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    is_name.then_some(())?;
    Some((name.to_owned(), Which::parse(which)?))
}

fn value(name: &str, block: &Block) -> Result<String, String> {
    let message = mail::parse(&block.message, &ReversePath::Unknown);
    let value = match name {
        "reply-to" => reply_to(&message).map_or_else(|| block.from.clone(), ToString::to_string),
        "return-path" => block.from.clone(),
        "from" => message.author().map(|author| author.address.to_string()).unwrap_or_default(),
        "to" => block.to.clone(),
        "message-id" => message.message_id.unwrap_or_default(),
        "subject" => message.subject,
        "ticket" => ticket_in(&message.subject),
        "references" => {
            message.references.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
        }
        "text" => quoted(&message.text),
        "lines" => message.text.trim_end().to_owned(),
        _ => return Err(format!("there is no slot `{name}`")),
    };
    Ok(value)
}

/// The number behind `#` in a subject tag.
fn ticket_in(subject: &str) -> String {
    let behind = subject.split_once('#').map_or("", |(_, behind)| behind);
    behind.chars().take_while(char::is_ascii_digit).collect()
}

fn reply_to(message: &Message) -> Option<&Address> {
    message.reply_to.first().or_else(|| message.author()).map(|mailbox| &mailbox.address)
}

fn quoted(text: &str) -> String {
    let quote = |line: &str| if line.is_empty() { ">".to_owned() } else { format!("> {line}") };
    text.trim_end().lines().map(quote).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "a remark\n\
        ## at 2026-11-21T10:00:00+01:00 from <otto@outside.example> \
        to <a@nrw.example> <b@nrw.example>\n\
        Subject: a\n\n## no block\n\n\n\
        ## at 2026-11-22T10:00:00+01:00\n\n\
        ## at 2026-11-23T10:00:00+01:00 from <> to <a@nrw.example>\nSubject: b\n";

    #[test]
    fn blocks_are_taken_apart() {
        let entries = parse(TWO.as_bytes()).unwrap();
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [2, 8, 10]);
        assert_eq!(entries[0].message, b"Subject: a\n\n## no block\n");
        assert_eq!(envelope(entries[0].envelope.as_ref().unwrap()).unwrap().1.len(), 2);
        assert_eq!(entries[1].envelope, None);
        assert_eq!(envelope(entries[2].envelope.as_ref().unwrap()).unwrap().0, ReversePath::Null);
    }

    #[test]
    fn signed_mail_is_told_by_the_last_word() {
        let block =
            |head: &str| parse(format!("## at 2026-11-21T10:00:00Z {head}\nx\n").as_bytes());
        let signed = block("from <a@b.example> to <{{reply-to 1}}> signed").unwrap().remove(0);
        assert!(signed.is_signed);
        assert_eq!(signed.envelope.unwrap(), "from <a@b.example> to <{{reply-to 1}}>");
        assert!(!block("from <a@b.example> to <c@b.example>").unwrap()[0].is_signed);
        assert!(block("from <a@b.example> to <c@b.example> sealed").is_err());
    }

    #[test]
    fn what_is_written_wrongly_is_named_with_its_line() {
        for (text, words) in [
            ("## at noon", "line 1: `noon` is no time"),
            ("## at 2026-11-21T10:00:00Z to <a@nrw.example>\nx\n", "line 1: `to <a@nrw.example>`"),
            ("## at 2026-11-21T10:00:00Z from <> to a@nrw.example\nx\n", "stands in no brackets"),
            ("## at 2026-11-21T10:00:00Z from <> to <a@nrw.example>\n", "a message is missing"),
            ("## at 2026-11-21T10:00:00Z\nSubject: a\n", "nobody it is from and to"),
            ("## at 2026-11-21T10:00:00Z\n## at 2026-11-20T10:00:00Z\n", "line 2: the clock"),
        ] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn slots_are_filled_from_what_left() {
        let message = b"From: a@b.example\r\nReply-To: X <desk+1.k@nrw.example>\r\n\
            Message-ID: <1.2@nrw.example>\r\n\r\none\r\n\r\ntwo\r\n";
        let block = Block {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
            from: "desk+b1.k@nrw.example".into(),
            to: "otto@outside.example".into(),
            message: message.to_vec(),
        };
        let text = b"To: {{reply-to 1}}\nIn-Reply-To: <{{message-id 1}}>\n\n{{text 1}}\n{{x}} {{";
        let filled = String::from_utf8(fill(text, std::slice::from_ref(&block)).unwrap()).unwrap();
        assert_eq!(
            filled,
            "To: desk+1.k@nrw.example\nIn-Reply-To: <1.2@nrw.example>\n\n> one\n>\n> two\n{{x}} {{"
        );
        assert!(fill(b"{{text 2}}", std::slice::from_ref(&block)).unwrap_err().contains("only 1"));
        let last = fill(b"{{to otto@outside.example}}", std::slice::from_ref(&block)).unwrap();
        assert_eq!(last, b"otto@outside.example");
        let named = fill(b"{{to otto@outside.example \"x\"}}", std::slice::from_ref(&block));
        assert!(named.unwrap_err().contains("no such mail"));
        let second = fill(b"{{to otto@outside.example 2}}", std::slice::from_ref(&block));
        assert!(second.unwrap_err().contains("no such mail"));
        assert!(fill(b"{{sender 1}}", &[block]).unwrap_err().contains("no slot"));
    }
}
