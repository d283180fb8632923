//! The transcript: who wrote what to whom and why, for a reader at a terminal of 80 columns.
//!
//! Deliberately absent: colors where the output is no terminal, and anything that was not in a
//! mail or in the daemon's own account of it, beside the narrator's lines.

use std::collections::BTreeSet;
use std::io::IsTerminal;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::demo::letter::Letter;
use crate::cli::demo::site::Received;
use crate::cli::out;
use crate::mail::Message;
use crate::types::Mailbox;

/// Columns of a line.
const COLUMNS: usize = 80;
/// Columns in front of what belongs to a mail.
const INDENT: &str = "       ";
/// Columns in front of what a mail says.
const QUOTE: &str = "     | ";

/// How a line is shown on a terminal.
#[derive(Debug, Clone, Copy)]
enum Tone {
    Day,
    Who,
    Aside,
}

/// Prints the story as it goes on.
#[derive(Debug)]
pub(super) struct Transcript {
    zone: TimeZone,
    is_colored: bool,
    told: BTreeSet<String>,
}

impl Transcript {
    /// A transcript with times of `zone`.
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, is_colored: std::io::stdout().is_terminal(), told: BTreeSet::new() }
    }

    /// A heading, such as a day.
    pub(super) fn heading(&self, text: &str) {
        out::line("");
        self.toned(Tone::Day, text);
        self.toned(Tone::Day, &"=".repeat(text.chars().count()));
    }

    /// The narrator.
    pub(super) fn narrate(&self, text: &str) {
        out::line("");
        self.paragraph("", text);
    }

    /// Lines of the narrator that are printed as they stand.
    pub(super) fn verbatim(&self, lines: &[String]) {
        out::line("");
        lines.iter().for_each(|line| out::line(&format!("{INDENT}{line}")));
    }

    /// What somebody's program sent: the author, the address, the words that were typed.
    pub(super) fn sent(&self, at: Timestamp, message: &Message, letter: &Letter) {
        let author = message.author().map_or("nobody", Mailbox::shown);
        out::line("");
        let headline = format!("{}  {author} writes to {}", self.clock(at), letter.shown);
        self.toned(Tone::Who, &headline);
        let subject = if message.subject.is_empty() { "(none)" } else { &message.subject };
        self.paragraph(INDENT, &format!("Subject: {subject}"));
        quote(&letter.said);
    }

    /// What the daemon made of it, in its own words.
    pub(super) fn taken(&self, taken_for: &str, why: &str, is_answered: bool) {
        let end = if is_answered { "" } else { " Nothing is sent." };
        let line = format!("lotse takes it for: {taken_for}, because {why}.{end}");
        self.aside(&line);
    }

    /// A mail of the daemon, to all who get the same words. What a kind of mail is for, and the
    /// same lines below a signature mark, are shown once.
    pub(super) fn received(&mut self, at: Timestamp, mail: &Received, recipients: &[String]) {
        let message = &mail.message;
        let to = recipients.join(" and ");
        out::line("");
        let at = message.date.unwrap_or(at);
        let headline = format!("{}  lotse to {to}: {}", self.clock(at), mail.matter);
        self.toned(Tone::Who, &headline);
        let is_first = self.told.insert(mail.matter.clone());
        if let Some(why) = purpose(&mail.matter).filter(|_| is_first) {
            self.aside(why);
        }
        let from = message.author().map_or("nobody", Mailbox::shown);
        let answers = message.reply_to.first().map_or("nowhere", Mailbox::shown);
        self.paragraph(INDENT, &format!("From: {from}    Answers go to: {answers}"));
        self.paragraph(INDENT, &format!("Subject: {}", message.subject));
        let whole = message.text.as_str();
        let (above, below) = whole.split_once("\n-- \n").unwrap_or((whole, ""));
        let is_new = self.told.insert(below.to_owned());
        quote(if is_new { whole } else { above });
    }

    fn clock(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()
    }

    fn aside(&self, text: &str) {
        for line in wrap(text, COLUMNS - INDENT.len()) {
            self.toned(Tone::Aside, &format!("{INDENT}{line}"));
        }
    }

    fn paragraph(&self, indent: &str, text: &str) {
        for line in wrap(text, COLUMNS - indent.len()) {
            out::line(&format!("{indent}{line}"));
        }
    }

    fn toned(&self, tone: Tone, text: &str) {
        let code = match tone {
            Tone::Day => "1;36",
            Tone::Who => "1",
            Tone::Aside => "33",
        };
        if self.is_colored {
            out::line(&format!("\u{1b}[{code}m{text}\u{1b}[0m"));
        } else {
            out::line(text);
        }
    }
}

/// Why mails of a kind are sent.
fn purpose(matter: &str) -> Option<&'static str> {
    Some(match matter {
        "receipt" => "Who opens a ticket is told once that the mail arrived.",
        "copy" => "Members who want each new mail get it; their answer goes to its author.",
        "answer" => "A member's words, from the queue's address, above what they answer.",
        "held" => "Nothing leaves while a line in it is unclear.",
        "result" => "Whoever writes a keyword is told what became of it.",
        "digest" => "Once a day what nobody has taken, to those who serve the queue.",
        "question" => "What is missing is asked for in one mail, in the reader's own words.",
        "announcement" => "To those whom the procedure names. Silence is consent after that.",
        _ => return None,
    })
}

/// The words of a mail, marked so that nobody takes them for the narrator's.
fn quote(text: &str) {
    for line in text.trim_end().lines() {
        let line: String = line.chars().filter(|c| !c.is_control()).collect();
        if line.is_empty() {
            out::line(QUOTE.trim_end());
        }
        for part in wrap(&line, COLUMNS - QUOTE.len()) {
            out::line(&format!("{QUOTE}{part}"));
        }
    }
}

/// Lines of at most `columns` letters, broken at spaces; a longer word stays whole.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_lose_no_word() {
        assert_eq!(wrap("eins zwei drei", 9), ["eins zwei", "drei"]);
        assert_eq!(wrap("donaudampfschiff ja", 4), ["donaudampfschiff", "ja"]);
        assert!(wrap("", 4).is_empty());
    }
}
