//! The letters that people and machines of the simulated world write, as bytes.
//!
//! Every letter carries a token that nobody else writes, so that its words are found again
//! wherever they show up. Deliberately absent: who writes when (`simulate_world`).

use std::fmt::Write as _;

use jiff::Timestamp;
use lotse::mail::{Message, ReversePath};
use lotse::types::Address;

/// Numbers that look random and depend on the seed alone (`SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed ^ 0x5bf0_3635_dcf2_7d4b)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.below(count as u64)).unwrap()
    }

    pub(crate) const fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let index = self.index(from.len());
        &from[index]
    }

    /// One of these, each as often as its weight says.
    pub(crate) fn weighted<T: Copy>(&mut self, from: &[(u64, T)]) -> T {
        let mut at = self.below(from.iter().map(|(weight, _)| weight).sum());
        for (weight, what) in from {
            if at < *weight {
                return *what;
            }
            at -= weight;
        }
        from[0].1
    }
}

/// What really wrote a letter, whatever the letter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Somebody.
    Person,
    /// A program that says so, or a server.
    Machine,
    /// A program that does not say so.
    Undisclosed,
    /// A mail of ours that was to come back, and did.
    Probe,
}

/// A letter on its way to us.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// The number of the act of writing: copies share it.
    pub(crate) authored: u32,
    pub(crate) nature: Nature,
    pub(crate) author: Address,
    pub(crate) reverse_path: ReversePath,
    pub(crate) recipients: Vec<Address>,
    pub(crate) raw: Vec<u8>,
}

/// A letter while it is being written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sheet {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
    pub(crate) subject: String,
    pub(crate) message_id: Option<String>,
    pub(crate) in_reply_to: Option<String>,
    pub(crate) references: Vec<String>,
    pub(crate) date: Option<Timestamp>,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) text: String,
}

impl Sheet {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = String::new();
        let mut field = |name: &str, value: &str| write!(out, "{name}: {value}\r\n").unwrap();
        for (name, value) in &self.fields {
            field(name, value);
        }
        field("From", &self.from);
        field("To", &self.to.join(", "));
        if !self.cc.is_empty() {
            field("Cc", &self.cc.join(", "));
        }
        field("Subject", &self.subject);
        if let Some(id) = &self.message_id {
            field("Message-ID", &format!("<{id}>"));
        }
        if let Some(id) = &self.in_reply_to {
            field("In-Reply-To", &format!("<{id}>"));
        }
        if !self.references.is_empty() {
            let ids: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            field("References", &ids.join("\r\n "));
        }
        if let Some(date) = self.date {
            let date = date.to_zoned(jiff::tz::TimeZone::UTC);
            field("Date", &jiff::fmt::rfc2822::to_string(&date).unwrap());
        }
        if !self.fields.iter().any(|(name, _)| *name == "Content-Type") {
            field("MIME-Version", "1.0");
            field("Content-Type", "text/plain; charset=utf-8");
        }
        out.push_str("\r\n");
        out.push_str(&self.text.replace('\n', "\r\n"));
        out.into_bytes()
    }
}

/// A word of letters only, for a number: digits would be taken out where subjects are compared.
pub(crate) fn token(authored: u32, is_inside: bool) -> String {
    let mut word = String::from(if is_inside { "zin" } else { "tok" });
    let mut rest = authored;
    for _ in 0..5 {
        word.push(char::from(b'a' + u8::try_from(rest % 16).unwrap()));
        rest /= 16;
    }
    word.push_str(if is_inside { "niz" } else { "kot" });
    word
}

/// Every token in a text: its number, and whether it belongs inside.
pub(crate) fn tokens(text: &str) -> Vec<(u32, bool)> {
    let mut found = Vec::new();
    for (start, end, is_inside) in [("tok", "kot", false), ("zin", "niz", true)] {
        for (at, _) in text.match_indices(start) {
            let Some(word) = text.get(at + 3..at + 11) else { continue };
            let (letters, tail) = word.split_at(5);
            if tail != end || !letters.bytes().all(|byte| (b'a'..b'a' + 16).contains(&byte)) {
                continue;
            }
            let number =
                letters.bytes().rev().fold(0, |sum, byte| sum * 16 + u32::from(byte - b'a'));
            found.push((number, is_inside));
        }
    }
    found
}

/// How a mail program shows what is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Quoting {
    Below,
    Above,
    Outlook,
    None,
}

/// Somebody's new words around what is answered.
pub(crate) fn quoted(words: &str, answered: &Message, quoting: Quoting) -> String {
    let from = answered.author().map_or("", |author| author.shown());
    let quote = |text: &str| {
        let lines = text.lines().map(|line| {
            if line.starts_with('>') { format!(">{line}") } else { format!("> {line}") }
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    match quoting {
        Quoting::None => format!("{words}\n"),
        Quoting::Below => {
            let head = format!("On Mon, 2 Nov 2026 at 10:00, {from} wrote:");
            format!("{words}\n\n{head}\n{}\n", quote(&answered.text))
        }
        Quoting::Above => {
            let head = format!("Am 02.11.26 um 10:00 schrieb {from}:");
            format!("{head}\n{}\n\n{words}\n", quote(&answered.text))
        }
        Quoting::Outlook => format!(
            "{words}\n\n-----Original Message-----\nFrom: {from}\nSent: Monday, 2 November 2026 \
             10:00\nTo: somebody\nSubject: {}\n\n{}\n",
            answered.subject, answered.text
        ),
    }
}

/// A delivery report (RFC 3464) about a mail of ours.
pub(crate) fn bounce(returned: &Message, recipient: &Address, action: &str) -> Sheet {
    let status = if action == "failed" { "5.1.1" } else { "4.4.1" };
    let id = returned.message_id.clone().unwrap_or_default();
    Sheet {
        from: "Mail Delivery System <MAILER-DAEMON@out.example>".into(),
        subject: "Undelivered Mail Returned to Sender".into(),
        fields: vec![
            (
                "Content-Type",
                "multipart/report; report-type=delivery-status; boundary=\"bb\"".into(),
            ),
            ("Auto-Submitted", "auto-replied".into()),
            ("MIME-Version", "1.0".into()),
        ],
        text: format!(
            "--bb\nContent-Type: text/plain\n\nThe mail could not be delivered.\n\n--bb\n\
             Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.out.example\n\n\
             Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n\
             Diagnostic-Code: smtp; 550 no such user\n\n--bb\nContent-Type: message/rfc822\n\n\
             Message-ID: <{id}>\nSubject: {}\n\nwords\n\n--bb--\n",
            returned.subject
        ),
        ..Sheet::default()
    }
}
