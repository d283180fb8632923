//! What is looked for: words and conditions, as people write them behind `!search`.
//!
//! A word is a run of letters and digits, case aside; `word*` is whatever begins with it. All words
//! and all conditions must hold. Deliberately absent: where words are found (`store::index`).

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::mail::Message;
use crate::ticket::command::fold;
use crate::ticket::history::Status;
use crate::ticket::matter::Excerpt;
use crate::ticket::state::Ticket;
use crate::ticket::words;
use crate::types::QueueName;

/// Octets of a word that count.
const WORD_BYTES_MAX: usize = 40;
/// Words of one message that count.
const WORDS_MAX: usize = 2000;
/// Words of one query.
const QUERY_WORDS_MAX: usize = 12;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// Words that must be there, folded; one that ends in `*` is a beginning.
    pub words: Vec<String>,
    /// The queue it must work in.
    pub queue: Option<QueueName>,
    /// When it must have changed last, or later.
    pub since: Option<Timestamp>,
    /// Before when it must have begun.
    pub until: Option<Timestamp>,
    /// Where it must stand.
    pub status: Option<Status>,
}

/// A query, and where its author may read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Search {
    /// What is looked for.
    pub query: Query,
    /// The queues whose tickets count.
    pub queues: BTreeSet<QueueName>,
}

impl Query {
    /// Reads a query; days are days of `zone`.
    ///
    /// # Errors
    /// The condition that was not understood, as it was written; empty if no word is there.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let mut query = Self::default();
        for part in text.split_whitespace() {
            match part.split_once(':').filter(|(_, value)| !value.is_empty()) {
                Some((name, value)) if query.condition(name, value, zone).is_some() => {}
                Some((name, _)) if is_condition(name) => return Err(part.to_owned()),
                _ => query.add_words(part),
            }
        }
        query.words.truncate(QUERY_WORDS_MAX);
        if query.words.is_empty() { Err(String::new()) } else { Ok(query) }
    }

    fn add_words(&mut self, part: &str) {
        let is_prefix = part.ends_with('*');
        let mut found: Vec<String> = each_word(part).collect();
        if let Some(last) = found.last_mut().filter(|_| is_prefix) {
            last.push('*');
        }
        self.words.append(&mut found);
    }

    fn condition(&mut self, name: &str, value: &str, zone: &TimeZone) -> Option<()> {
        let begin = |day: Date| Some(day.to_zoned(zone.clone()).ok()?.timestamp());
        match CONDITIONS.iter().find(|(_, names)| is_named(names, name))?.0 {
            Kind::Queue => self.queue = Some(QueueName::new(value.to_lowercase())),
            Kind::Since => self.since = Some(begin(days(value)?.0)?),
            Kind::Until => self.until = Some(begin(days(value)?.1)?),
            Kind::Status => {
                let value = serde_json::Value::String(value.to_lowercase());
                self.status = Some(serde_json::from_value(value).ok()?);
            }
        }
        Some(())
    }

    /// Whether a ticket meets the conditions, words aside.
    #[must_use]
    pub fn admits(&self, ticket: &Ticket) -> bool {
        !ticket.is_erased
            && ticket.practice.is_none()
            && self.queue.as_ref().is_none_or(|queue| *queue == ticket.queue)
            && self.status.is_none_or(|status| status == ticket.status)
            && self.since.is_none_or(|since| ticket.updated_at >= since)
            && self.until.is_none_or(|until| ticket.created_at < until)
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Queue,
    Since,
    Until,
    Status,
}

/// What conditions are called, in every shipped language.
const CONDITIONS: [(Kind, &[&str]); 4] = [
    (Kind::Queue, &["queue", "bereich", "jono", "kö"]),
    (Kind::Since, &["since", "seit", "ab", "alkaen", "sedan"]),
    (Kind::Until, &["until", "bis", "asti", "till"]),
    (Kind::Status, &["status", "stand", "tila", "läge"]),
];

fn is_condition(name: &str) -> bool {
    CONDITIONS.iter().any(|(_, names)| is_named(names, name))
}

fn is_named(names: &[&str], name: &str) -> bool {
    let forms = fold::forms(name);
    names.iter().any(|known| fold::is_same(&forms, &fold::forms(known)))
}

/// The first day of a day, month or year: `2026-10-05`, `2026-10`, `2026`; and the first
/// behind it.
fn days(text: &str) -> Option<(Date, Date)> {
    let numbers: Vec<i16> = text.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (year, month, day) = match *numbers.as_slice() {
        [year] => (year, None, None),
        [year, month] => (year, Some(month), None),
        [year, month, day] => (year, Some(month), Some(day)),
        _ => return None,
    };
    let small = |number: Option<i16>| i8::try_from(number.unwrap_or(1)).ok();
    let first = Date::new(year, small(month)?, small(day)?).ok()?;
    let span = match (month, day) {
        (None, _) => 1.year(),
        (Some(_), None) => 1.month(),
        (Some(_), Some(_)) => 1.day(),
    };
    Some((first, first.checked_add(span).ok()?))
}

/// The words of a text, folded, in order.
pub fn each_word(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| {
        let mut word =
            if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase() };
        while word.len() > WORD_BYTES_MAX {
            word.pop();
        }
        word
    })
}

/// The words by which a message is found: its author, subject, new text and attachments' names.
#[must_use]
pub fn terms(message: &Message, excerpt: &Excerpt) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let new = words::of(excerpt, &message.text);
    let authors = message.from.iter();
    let names = message.attachments.iter().map(|attachment| attachment.name.as_str());
    let texts = authors
        .flat_map(|author| [author.name.as_str(), author.address.as_str()])
        .chain([message.subject.as_str(), &new])
        .chain(names);
    for word in texts.flat_map(each_word).take(WORDS_MAX) {
        found.insert(word);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Query, String> {
        Query::parse(text, &TimeZone::get("Europe/Berlin").unwrap())
    }

    #[test]
    fn query_is_read_in_every_language() {
        let query = parse("Straßen* Otto@x.example queue:kontakt seit:2026-10").unwrap();
        assert_eq!(query.words, ["straßen*", "otto", "x", "example"]);
        assert_eq!(query.queue, Some(QueueName::new("kontakt")));
        assert_eq!(query.since, Some("2026-09-30T22:00:00Z".parse().unwrap()));
        let query = parse("hallo asti:2026-02 Läge:Open").unwrap();
        assert_eq!(query.until, Some("2026-02-28T23:00:00Z".parse().unwrap()));
        assert_eq!(query.status, Some(Status::Open));
        assert_eq!(parse("hallo since:gestern"), Err("since:gestern".to_owned()));
        assert_eq!(parse("queue:kontakt"), Err(String::new()));
        assert_eq!(parse("10:30").unwrap().words, ["10", "30"], "a time is words");
    }

    #[test]
    fn words_are_folded_and_apart() {
        let words: Vec<String> = each_word("ÄRGER über »Maße«, naïve-İ 3.5").collect();
        assert_eq!(words, ["ärger", "über", "maße", "naïve", "i\u{307}", "3", "5"]);
    }
}
