//! A participant with a mail program: reads a mailbox by IMAP, answers as mail programs do.
//!
//! It knows nothing of lotse: it takes Reply-To, sets In-Reply-To and References, quotes below an
//! attribution line. Deliberately absent: how mail is handed to a server (`postfix::send`).

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use lotse::mail::{self, Message, ReversePath};

use crate::dovecot::PASSWORD;
use crate::parts::wait_for;

/// How long mail may be on its way.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A mail in a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// As the server gave it.
    pub(crate) raw: String,
    /// As it reads.
    pub(crate) message: Message,
}

impl Letter {
    fn new(raw: &[u8]) -> Self {
        let message = mail::parse(raw, &ReversePath::Unknown);
        Self { raw: String::from_utf8_lossy(raw).into_owned(), message }
    }

    /// A header field, or an empty text.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.message.field(name).unwrap_or_default()
    }

    /// The addresses of a list of mailboxes.
    pub(crate) fn to(&self) -> Vec<&str> {
        self.message.to.iter().map(|mailbox| mailbox.address.as_str()).collect()
    }

    /// The one address of `From`.
    pub(crate) fn from(&self) -> &str {
        self.message.from[0].address.as_str()
    }

    /// The address an answer goes to.
    pub(crate) fn answers_to(&self) -> &str {
        let mailbox = self.message.reply_to.first().unwrap_or(&self.message.from[0]);
        mailbox.address.as_str()
    }
}

/// Somebody with a mailbox.
#[derive(Debug)]
pub(crate) struct Reader {
    /// The name beside the address.
    pub(crate) name: &'static str,
    /// The address, which is the login name too.
    pub(crate) address: &'static str,
    port: u16,
    written: u32,
}

impl Reader {
    /// Somebody whose mailbox is at this port.
    pub(crate) const fn new(name: &'static str, address: &'static str, port: u16) -> Self {
        Self { name, address, port, written: 0 }
    }

    /// Everything in the mailbox, oldest first.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        let mut imap = Imap::login(self.port, self.address);
        imap.say("SELECT INBOX");
        let answer = imap.say("UID FETCH 1:* BODY.PEEK[]");
        answer.literals.iter().map(|raw| Letter::new(raw)).collect()
    }

    /// Waits until the mailbox holds so many, and returns the last.
    pub(crate) fn wait_for(&self, count: usize) -> Letter {
        let what = format!("letter {count} for {}", self.address);
        wait_for(&what, PATIENCE, || self.letters().into_iter().nth(count - 1))
    }

    /// Keeps a mail in the mailbox beside those that came, as programs do with what was sent.
    pub(crate) fn keep(&self, mail: &str) {
        let mail = mail.replace('\n', "\r\n");
        let mut imap = Imap::login(self.port, self.address);
        imap.say(&format!("APPEND INBOX (\\Seen) {{{}+}}\r\n{mail}", mail.len()));
    }

    /// How many threads the server finds in the mailbox, and how many mails stand in them.
    pub(crate) fn threads(&self) -> (usize, usize) {
        let mut imap = Imap::login(self.port, self.address);
        imap.say("SELECT INBOX");
        let answer = imap.say("UID THREAD REFERENCES UTF-8 ALL");
        let line = answer.lines.iter().find(|line| line.starts_with("* THREAD")).unwrap().clone();
        let (mut depth, mut threads) = (0, 0);
        for letter in line.chars() {
            match letter {
                '(' => {
                    threads += usize::from(depth == 0);
                    depth += 1;
                }
                ')' => depth -= 1,
                _ => {}
            }
        }
        let numbers = line.split(|letter: char| !letter.is_ascii_digit());
        (threads, numbers.filter(|number| !number.is_empty()).count())
    }

    /// A new mail.
    pub(crate) fn letter(&mut self, to: &str, subject: &str, text: &str) -> String {
        self.compose(to, subject, "", text)
    }

    /// An answer to a mail: the text above, the mail quoted below.
    pub(crate) fn answer(&mut self, letter: &Letter, text: &str) -> String {
        let message = &letter.message;
        let id = message.message_id.clone().unwrap_or_default();
        let mut references = message.references.clone();
        references.push(id.clone());
        let references: Vec<String> = references.iter().map(|id| format!("<{id}>")).collect();
        let subject = match message.subject.get(..3) {
            Some("Re:") => message.subject.clone(),
            _ => format!("Re: {}", message.subject),
        };
        let fields = format!("In-Reply-To: <{id}>\nReferences: {}\n", references.join("\n "));
        let mut body = format!("{text}\n\nAm 21.11.26 um 11:05 schrieb {}:\n", letter.from());
        for line in message.text.lines() {
            let _a_string_never_fails = writeln!(body, "> {line}");
        }
        self.compose(letter.answers_to(), &subject, &fields, &body)
    }

    fn compose(&mut self, to: &str, subject: &str, fields: &str, text: &str) -> String {
        self.written += 1;
        let (name, address, number) = (self.name, self.address, self.written);
        let (local, domain) = address.split_once('@').unwrap();
        #[expect(clippy::disallowed_methods, reason = "a mail program has a real clock")]
        let now = jiff::Zoned::now();
        let date = jiff::fmt::rfc2822::to_string(&now).unwrap();
        format!(
            "From: {name} <{address}>\nTo: {to}\nSubject: {subject}\nDate: {date}\n\
             Message-ID: <{local}.{number}@{domain}>\n{fields}MIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
        )
    }
}

/// An IMAP connection that says one thing after the other.
#[derive(Debug)]
pub(crate) struct Imap {
    stream: BufReader<TcpStream>,
    said: u32,
}

/// What a server answered to one command.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Its lines.
    pub(crate) lines: Vec<String>,
    literals: Vec<Vec<u8>>,
}

impl Imap {
    /// Logs in.
    pub(crate) fn login(port: u16, user: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut imap = Self { stream: BufReader::new(stream), said: 0 };
        imap.line();
        let length = PASSWORD.len();
        imap.say(&format!("LOGIN {user} {{{length}+}}\r\n{PASSWORD}"));
        imap
    }

    /// Says a command and reads up to its end; it must succeed.
    pub(crate) fn say(&mut self, command: &str) -> Answer {
        self.said += 1;
        let tag = format!("t{}", self.said);
        let words = format!("{tag} {command}\r\n");
        self.stream.get_mut().write_all(words.as_bytes()).unwrap();
        let mut answer = Answer::default();
        loop {
            let line = self.line();
            if let Some(size) = line.strip_suffix('}').and_then(|line| line.rsplit_once('{')) {
                let mut literal = vec![0; size.1.parse().unwrap()];
                self.stream.read_exact(&mut literal).unwrap();
                answer.literals.push(literal);
            }
            if let Some(end) = line.strip_prefix(&format!("{tag} ")) {
                assert!(end.starts_with("OK"), "{command}: {line}");
                return answer;
            }
            answer.lines.push(line);
        }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).unwrap();
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }
}
