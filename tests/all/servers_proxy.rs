//! The submission server of a provider with rules of its own, in front of a real Postfix.
//!
//! It rewrites what real providers rewrite and refuses what they refuse; what it lets through it
//! hands on. Deliberately absent: TLS and login, which `submit` covers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::postfix::send;

/// What a provider does with mail.
#[expect(clippy::struct_excessive_bools, reason = "three independent rules")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    /// MAIL FROM and From become the login's address, Message-ID becomes the provider's own.
    pub(crate) rewrites: bool,
    /// `MAIL FROM:<>` is answered 501.
    pub(crate) refuses_null: bool,
    /// A MAIL FROM or From that is not the login's address is answered 553 or 550.
    pub(crate) refuses_foreign: bool,
}

/// The address of the login.
pub(crate) const LOGIN: &str = "desk@nrw.example";

/// What was said to the provider: each refused command, and each mail that went on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    lines: Arc<Mutex<Vec<String>>>,
}

impl Journal {
    fn note(&self, line: &str) {
        self.lines.lock().unwrap().push(line.to_owned());
    }

    /// The lines that begin so.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.lines.lock().unwrap().iter().filter(|line| line.starts_with(start)).count()
    }

    /// Everything so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// Starts a provider in front of the server at `behind`; where it listens, and its journal.
pub(crate) fn start(rules: Rules, behind: u16) -> (u16, Journal) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let journal = Journal::default();
    let notes = journal.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let notes = notes.clone();
            thread::spawn(move || converse(&stream.unwrap(), rules, behind, &notes));
        }
    });
    (port, journal)
}

/// One connection, until the peer ends it.
fn converse(stream: &TcpStream, rules: Rules, behind: u16, journal: &Journal) {
    let answer = |line: &str| {
        let mut writer = stream;
        let _peer_left = writer.write_all(format!("{line}\r\n").as_bytes());
    };
    let refuse = |said: &str, line: &str| {
        journal.note(&format!("refused {said}"));
        answer(line);
    };
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let (mut sender, mut recipient) = (String::new(), String::new());
    answer("220 smtp.hoster.example");
    while let Some(line) = lines.next() {
        let path = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let path = path.map_or("", |(path, _)| path);
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => answer("250-smtp.hoster.example\r\n250 8BITMIME"),
            "MAIL" if rules.refuses_null && path.is_empty() => {
                refuse("null", "501 5.1.7 empty sender not allowed");
            }
            "MAIL" if rules.refuses_foreign && path != LOGIN && !path.is_empty() => {
                refuse("path", "553 5.7.1 sender address not owned by user");
            }
            "MAIL" => {
                path.clone_into(&mut sender);
                answer("250 2.1.0 ok");
            }
            "RCPT" => {
                path.clone_into(&mut recipient);
                answer("250 2.1.5 ok");
            }
            "DATA" => {
                answer("354 go on");
                let data: Vec<String> = lines.by_ref().take_while(|line| line != ".").collect();
                let plain = data.iter().map(|line| line.strip_prefix('.').unwrap_or(line));
                let mut message: String = plain.map(|line| format!("{line}\n")).collect();
                if rules.refuses_foreign && !head(&message, "From").contains(LOGIN) {
                    refuse("from", "550 5.7.60 client may not send as this sender");
                    continue;
                }
                if rules.rewrites {
                    LOGIN.clone_into(&mut sender);
                    message = rewritten(&message);
                }
                journal.note(&format!("sent <{sender}> <{recipient}>"));
                answer(&send(behind, &sender, &recipient, &message));
            }
            "QUIT" => return answer("221 2.0.0 bye"),
            _ => answer("250 2.0.0 ok"),
        }
    }
}

/// The lines of a header field.
fn head(message: &str, name: &str) -> String {
    let start = format!("{}:", name.to_lowercase());
    let mut lines = message.lines().skip_while(|line| !line.to_lowercase().starts_with(&start));
    let first = lines.next().unwrap_or_default().to_owned();
    lines
        .take_while(|line| line.starts_with([' ', '\t']))
        .fold(first, |all, line| all + "\n" + line)
}

/// The message with the login's address in From and a Message-ID of the provider's.
fn rewritten(message: &str) -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let (from, id) = (head(message, "From"), head(message, "Message-ID"));
    let name = from.split_once(':').map_or("", |(_, rest)| rest).split('<').next();
    let name = name.unwrap_or_default().trim();
    message.replacen(&from, &format!("From: {name} <{LOGIN}>"), 1).replacen(
        &id,
        &format!("Message-ID: <{number}.queue@smtp.hoster.example>"),
        1,
    )
}
