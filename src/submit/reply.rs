//! What a server's reply means for a parcel (RFC 5321 section 4.2, RFC 3463, RFC 2034).
//!
//! Deliberately absent: sockets, and what the outbox makes of an outcome.

use super::Outcome;

/// Characters of a diagnostic that are kept.
const WORDS_CHARS_MAX: usize = 500;

/// The commands that a parcel can fail at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA, or the end of the data.
    Data,
}

/// A whole reply: code and the texts of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    code: u16,
    lines: Vec<String>,
}

impl Reply {
    /// A reply of these lines, the code being that of the last.
    pub(super) const fn new(code: u16, lines: Vec<String>) -> Self {
        Self { code, lines }
    }

    /// The texts of its lines, without codes.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    pub(super) const fn has_code(&self, code: u16) -> bool {
        self.code == code
    }

    /// 2yz.
    pub(super) const fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }

    /// The server closes the connection (RFC 5321 section 3.8).
    pub(super) const fn is_closing(&self) -> bool {
        self.code == 421
    }

    /// Code and words in one bounded line; a status repeated on each line is said once.
    pub(super) fn words(&self) -> String {
        let status = self.status();
        let mut text = self.code.to_string();
        for (index, line) in self.lines.iter().enumerate() {
            let line = match line.strip_prefix(status) {
                Some(rest) if index > 0 && !status.is_empty() => rest.trim_start(),
                _ => line,
            };
            text.push(' ');
            text.push_str(line);
        }
        one_line(&text)
    }

    /// The enhanced status code (RFC 2034), or empty; it counts only if it agrees with the code.
    pub(super) fn status(&self) -> &str {
        let first = self.lines.first().and_then(|line| line.split_whitespace().next());
        first.filter(|word| is_status(word, self.code / 100)).unwrap_or_default()
    }

    /// What a reply that is not the hoped-for one means.
    pub(super) fn refusal(&self, stage: Stage) -> Outcome {
        let words = self.words();
        // 503 is about the order of commands and 53z about the login: faults of ours or of the
        // administrator, not of the parcel.
        let is_ours = matches!(self.code, 503 | 530 | 534 | 535 | 538);
        if self.code / 100 != 5 || is_ours {
            return Outcome::Transient(words);
        }
        if self.blames_sender(stage) {
            return Outcome::RefusedSender { diagnostic: words };
        }
        Outcome::Permanent { status: self.status().to_owned(), diagnostic: words }
    }

    /// Whether the refusal is about the reverse-path or From.
    ///
    /// Servers say so late, too: Postfix delays its checks of the sender until RCPT
    /// (`smtpd_delay_reject`), Exchange checks From at the end of the data.
    fn blames_sender(&self, stage: Stage) -> bool {
        let status = self.status();
        if stage == Stage::Mail {
            // 552 and 5.3.z are about the size, 555 is about a parameter, 5.6.z about the message.
            let is_about_more = matches!(self.code, 552 | 555)
                || ["5.3.", "5.6."].iter().any(|subject| status.starts_with(subject));
            return !is_about_more;
        }
        let words = self.words().to_lowercase();
        matches!(status, "5.1.7" | "5.1.8")
            || SENDER_WORDS.iter().any(|sender| words.contains(sender))
    }
}

/// How Postfix, Exim and Exchange word a refusal of the sender after MAIL FROM.
const SENDER_WORDS: [&str; 4] =
    ["sender address rejected", "sender verify failed", "send as this sender", "sendasdenied"];

/// A text in one line of bounded length, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    match line.char_indices().nth(WORDS_CHARS_MAX) {
        Some((end, _)) => line.get(..end).unwrap_or_default().to_owned(),
        None => line,
    }
}

fn is_status(word: &str, class: u16) -> bool {
    let mut parts = word.split('.');
    parts.next().is_some_and(|part| part == class.to_string())
        && parts.clone().count() == 2
        && parts.all(|part| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, text: &str) -> Reply {
        Reply::new(code, text.lines().map(str::to_owned).collect())
    }

    #[test]
    fn status_must_agree_with_the_code() {
        for (code, text, status) in [
            (550, "5.1.1 unknown", "5.1.1"),
            (550, "4.1.1 unknown", ""),
            (550, "5.1 unknown", ""),
            (550, "5.1.1111 unknown", ""),
            (550, "5.1.1.1 unknown", ""),
            (550, "unknown", ""),
            (550, "", ""),
            (452, "4.3.1 full", "4.3.1"),
        ] {
            assert_eq!(reply(code, text).status(), status, "{code} {text}");
        }
    }

    #[test]
    fn words_are_one_bounded_line() {
        let many = reply(550, "5.1.1 no such\n5.1.1 person \t here\u{7}");
        assert_eq!(many.words(), "550 5.1.1 no such person here");
        assert_eq!(reply(550, &"ä".repeat(2000)).words().chars().count(), WORDS_CHARS_MAX);
    }

    #[test]
    fn refusals_of_the_sender_are_told_from_those_of_the_recipient() {
        for (stage, code, text) in [
            (Stage::Mail, 550, "5.7.1 null sender not allowed"),
            (Stage::Mail, 553, "not your address"),
            (Stage::Mail, 501, "5.1.7 bad sender address"),
            (Stage::Rcpt, 553, "5.7.1 <a@b>: Sender address rejected: not owned by user desk"),
            (Stage::Rcpt, 550, "5.1.8 domain of sender does not exist"),
            (Stage::Data, 550, "5.7.60 SMTP; Client may not send as this sender"),
        ] {
            let outcome = reply(code, text).refusal(stage);
            assert!(matches!(outcome, Outcome::RefusedSender { .. }), "{text}: {outcome:?}");
        }
        for (stage, code, text) in [
            (Stage::Mail, 552, "5.3.4 too big"),
            (Stage::Mail, 555, "5.5.4 unsupported parameter"),
            (Stage::Mail, 550, "5.6.7 needs SMTPUTF8"),
            (Stage::Rcpt, 550, "5.1.1 unknown"),
            (Stage::Data, 554, "5.7.1 spam"),
        ] {
            let outcome = reply(code, text).refusal(stage);
            assert!(matches!(outcome, Outcome::Permanent { .. }), "{text}: {outcome:?}");
        }
    }

    #[test]
    fn what_the_parcel_is_not_to_blame_for_is_tried_again() {
        for (code, text) in [
            (450, "4.2.0 greylisted"),
            (530, "5.7.0 log in first"),
            (503, "5.5.1 nested MAIL"),
            (299, "what"),
        ] {
            let outcome = reply(code, text).refusal(Stage::Mail);
            assert!(matches!(outcome, Outcome::Transient(_)), "{text}: {outcome:?}");
        }
    }
}
