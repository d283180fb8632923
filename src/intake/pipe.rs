//! The pipe door's outer half: one message from standard input to the running daemon.
//!
//! It speaks LMTP with CHUNKING over the daemon's Unix socket, and ends with one of the exit codes
//! of `sysexits.h` that pipe transports, aliases and procmail know. Deliberately absent: a spool of
//! its own; where the daemon does not take the message, whoever called keeps it.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::intake::lmtp::{Listen, LmtpSettings};
use crate::mail::ReversePath;
use crate::types::Address;

/// The door's name in log and `trace`.
pub const NAME: &str = "pipe";
/// All recipients accepted (`EX_OK`).
pub const EXIT_ACCEPTED: u8 = 0;
/// No recipient given (`EX_USAGE`).
pub const EXIT_USAGE: u8 = 64;
/// The message is too big or none (`EX_DATAERR`).
pub const EXIT_DATA: u8 = 65;
/// A recipient is nobody here (`EX_NOUSER`).
pub const EXIT_NO_USER: u8 = 67;
/// Not now; the caller keeps the message and comes again (`EX_TEMPFAIL`).
pub const EXIT_TRY_AGAIN: u8 = 75;

/// How long the daemon may take for one answer; RFC 5321 section 4.5.3.2.6 asks for 10 minutes.
const ANSWER_SPAN: Duration = Duration::from_mins(10);
/// Octets of an answer line that are read.
const LINE_BYTES_MAX: u64 = 4096;

/// The socket that takes messages. Without a door of this kind it lies in the data folder, for the
/// daemon's own user and group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PipeSettings {
    /// Where it is, if not in the data folder: a folder that whoever delivers may enter.
    pub socket: Option<PathBuf>,
    /// Its group, by name in `/etc/group` or by number.
    pub group: Option<String>,
    /// Its permission bits; whoever may write may deliver.
    pub mode: u32,
}

impl Default for PipeSettings {
    fn default() -> Self {
        Self { socket: None, group: None, mode: 0o660 }
    }
}

impl PipeSettings {
    /// The door that listens there.
    #[must_use]
    pub fn door(&self, socket: PathBuf) -> LmtpSettings {
        LmtpSettings {
            listen: Listen::Unix(socket),
            group: self.group.clone(),
            mode: self.mode,
            name: NAME.to_owned(),
            ..LmtpSettings::default()
        }
    }

    /// Everything that is wrong with the settings, each with its remedy.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        self.door(self.socket.clone().unwrap_or_default()).check()
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliverOutcome {
    /// One of the exit codes above.
    pub exit: u8,
    /// Why, in one sentence for standard error; an MTA puts it into its log or report.
    pub sentence: String,
}

impl DeliverOutcome {
    fn new(exit: u8, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into() }
    }
}

/// Hands `message` to the daemon behind `socket`.
///
/// Lone LF become CR LF and a leading mbox `From ` line is taken off. An unknown `reverse_path` is
/// looked for in that line, then in a `Return-Path` above the first `Received`. Nothing is
/// delivered to anybody where one recipient is to be tried again, so that a repeated call
/// reaches each recipient once. `bytes_max` bounds what is read.
pub async fn deliver(
    socket: &Path,
    reverse_path: &ReversePath,
    recipients: &[Address],
    message: impl AsyncRead + Unpin,
    bytes_max: usize,
) -> DeliverOutcome {
    if recipients.is_empty() {
        return DeliverOutcome::new(EXIT_USAGE, "name at least one recipient");
    }
    let (found, message) = match read_message(message, bytes_max).await {
        Ok(read) => read,
        Err(refusal) => return refusal,
    };
    let reverse_path = match reverse_path {
        ReversePath::Unknown => &found,
        ReversePath::Null | ReversePath::Address(_) => reverse_path,
    };
    match hand_over(socket, reverse_path, recipients, &message).await {
        Ok(answers) => outcome(&answers),
        Err(error) => {
            let sentence = format!("the daemon did not take it ({}): {error}", socket.display());
            DeliverOutcome::new(EXIT_TRY_AGAIN, sentence)
        }
    }
}

async fn read_message(
    message: impl AsyncRead + Unpin,
    bytes_max: usize,
) -> Result<(ReversePath, Vec<u8>), DeliverOutcome> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = message.take(limit).read_to_end(&mut bytes).await {
        let sentence = format!("standard input could not be read: {error}");
        return Err(DeliverOutcome::new(EXIT_TRY_AGAIN, sentence));
    }
    if bytes.len() > bytes_max {
        let sentence = format!("the message is larger than {bytes_max} octets");
        return Err(DeliverOutcome::new(EXIT_DATA, sentence));
    }
    let (sender, rest) = without_from_line(&bytes);
    if rest.is_empty() {
        return Err(DeliverOutcome::new(EXIT_DATA, "there was no message on standard input"));
    }
    let sender = sender.or_else(|| return_path(rest)).unwrap_or_default();
    Ok((sender, with_crlf(rest)))
}

/// Takes off the line that mbox files and older mailers put before a message.
fn without_from_line(bytes: &[u8]) -> (Option<ReversePath>, &[u8]) {
    let Some(line) = bytes.strip_prefix(b"From ") else {
        return (None, bytes);
    };
    let end = memchr::memchr(b'\n', line).map_or(line.len(), |at| at + 1);
    let (line, rest) = line.split_at_checked(end).unwrap_or((line, &[]));
    let line = String::from_utf8_lossy(line);
    let sender = match line.split_whitespace().next() {
        Some("MAILER-DAEMON" | "<>") => Some(ReversePath::Null),
        Some(word) => Address::parse(word).ok().map(ReversePath::Address),
        None => None,
    };
    (sender, rest)
}

/// The topmost `Return-Path` (RFC 5321 section 4.4), if it stands above the first `Received`.
fn return_path(message: &[u8]) -> Option<ReversePath> {
    for line in message.split(|octet| *octet == b'\n') {
        let line = String::from_utf8_lossy(line.trim_ascii_end());
        let (name, value) = match line.split_once(':') {
            None if line.is_empty() => return None,
            None => continue,
            Some(field) => field,
        };
        if name.eq_ignore_ascii_case("Received") {
            return None;
        }
        if name.eq_ignore_ascii_case("Return-Path") {
            let path = value.trim().trim_start_matches('<').trim_end_matches('>');
            if path.is_empty() {
                return Some(ReversePath::Null);
            }
            return Address::parse(path).ok().map(ReversePath::Address);
        }
    }
    None
}

/// The message with every line ended by CR LF; lone CR stay.
fn with_crlf(message: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(message.len() + message.len() / 32 + 2);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        whole.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        whole.extend_from_slice(b"\r\n");
    }
    whole
}

/// One answer of the daemon.
#[derive(Debug, Clone)]
struct Answer {
    code: u16,
    text: String,
}

impl Answer {
    fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    fn exit(&self) -> u8 {
        match self.code {
            200..400 => EXIT_ACCEPTED,
            550 => EXIT_NO_USER,
            500..600 => EXIT_DATA,
            _ => EXIT_TRY_AGAIN,
        }
    }
}

/// The worst of the answers: what may still succeed first, then what never will.
fn outcome(answers: &[(Address, Answer)]) -> DeliverOutcome {
    let bad = answers.iter().filter(|(_, answer)| !answer.is_positive());
    let transient = |answer: &Answer| answer.exit() == EXIT_TRY_AGAIN;
    let worst = bad.max_by_key(|(_, answer)| (transient(answer), u8::MAX - answer.exit()));
    match worst {
        None => DeliverOutcome::new(EXIT_ACCEPTED, "accepted"),
        Some((address, answer)) => {
            DeliverOutcome::new(answer.exit(), format!("{address}: {}", answer.text))
        }
    }
}

async fn hand_over(
    socket: &Path,
    reverse_path: &ReversePath,
    recipients: &[Address],
    message: &[u8],
) -> io::Result<Vec<(Address, Answer)>> {
    let mut client = Client { stream: BufReader::new(UnixStream::connect(socket).await?) };
    let mut refusal = Some(client.answer().await?).filter(|answer| !answer.is_positive());
    for command in ["LHLO localhost", &mail_command(reverse_path, recipients, message.len())] {
        if refusal.is_none() {
            refusal = Some(client.say(command).await?).filter(|answer| !answer.is_positive());
        }
    }
    if let Some(refusal) = refusal {
        return Ok(recipients.iter().map(|to| (to.clone(), refusal.clone())).collect());
    }
    let mut answers = Vec::new();
    for recipient in recipients {
        let answer = client.say(&format!("RCPT TO:<{recipient}>")).await?;
        answers.push((recipient.clone(), answer));
    }
    let is_transient = answers.iter().any(|(_, answer)| answer.exit() == EXIT_TRY_AGAIN);
    if !is_transient && answers.iter().any(|(_, answer)| answer.is_positive()) {
        client.send(format!("BDAT {} LAST\r\n", message.len()).as_bytes()).await?;
        client.send(message).await?;
        for (_, answer) in answers.iter_mut().filter(|(_, answer)| answer.is_positive()) {
            *answer = client.answer().await?;
        }
    }
    // The answers are there: what becomes of the connection changes nothing.
    if let Err(error) = client.send(b"QUIT\r\n").await {
        tracing::debug!(%error, "the daemon closed before QUIT");
    }
    Ok(answers)
}

fn mail_command(reverse_path: &ReversePath, recipients: &[Address], octets: usize) -> String {
    let sender = match reverse_path {
        ReversePath::Unknown => return "MAIL FROM:<> XUNKNOWN".to_owned(),
        ReversePath::Null => Cow::Borrowed(""),
        ReversePath::Address(address) => Cow::Owned(address.to_string()),
    };
    let is_ascii = sender.is_ascii() && recipients.iter().all(|to| to.as_str().is_ascii());
    let international = if is_ascii { "" } else { " SMTPUTF8" };
    format!("MAIL FROM:<{sender}> SIZE={octets}{international}")
}

struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    async fn say(&mut self, command: &str) -> io::Result<Answer> {
        self.send(format!("{command}\r\n").as_bytes()).await?;
        self.answer().await
    }

    async fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        timeout(ANSWER_SPAN, self.stream.write_all(octets)).await?
    }

    /// Reads one answer, which may have several lines (RFC 5321 section 4.2.1).
    async fn answer(&mut self) -> io::Result<Answer> {
        loop {
            let mut line = String::new();
            let mut limited = (&mut self.stream).take(LINE_BYTES_MAX);
            if timeout(ANSWER_SPAN, limited.read_line(&mut line)).await?? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            let code = line.get(..3).and_then(|code| code.parse().ok());
            match (code, line.as_bytes().get(3)) {
                (Some(_), Some(b'-')) => {}
                (Some(code), _) => return Ok(Answer { code, text: line.to_owned() }),
                (None, _) => return Err(io::Error::other("it does not speak LMTP")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> ReversePath {
        ReversePath::Address(Address::parse(text).unwrap())
    }

    #[test]
    fn lone_line_feeds_become_line_ends_and_the_last_line_is_ended() {
        assert_eq!(with_crlf(b"a\nb\r\n\nc\rd"), b"a\r\nb\r\n\r\nc\rd\r\n");
    }

    #[test]
    fn the_mbox_line_is_taken_off_and_read() {
        for (line, sender) in [
            ("From otto@outside.example Sat Nov 21 10:00:00 2026\n", "otto@outside.example"),
            ("From otto@outside.example\r\n", "otto@outside.example"),
        ] {
            let whole = format!("{line}Subject: a\n\nb\n");
            let read = without_from_line(whole.as_bytes());
            assert_eq!(read, (Some(address(sender)), &b"Subject: a\n\nb\n"[..]));
        }
        let (sender, _) = without_from_line(b"From MAILER-DAEMON Sat Nov 21 10:00:00 2026\n\n");
        assert_eq!(sender, Some(ReversePath::Null));
        assert_eq!(without_from_line(b"From: a@b.example\n").1, b"From: a@b.example\n");
    }

    #[test]
    fn the_return_path_counts_only_above_the_first_received() {
        let own = b"Return-Path: <otto@outside.example>\r\nReceived: by a\r\n\r\n";
        assert_eq!(return_path(own), Some(address("otto@outside.example")));
        assert_eq!(return_path(b"Return-Path: <>\n\n"), Some(ReversePath::Null));
        assert_eq!(return_path(b"Received: by a\nReturn-Path: <x@y.example>\n\n"), None);
        assert_eq!(return_path(b"Subject: a\n\nReturn-Path: <x@y.example>\n"), None);
    }

    #[test]
    fn what_may_still_succeed_goes_before_what_never_will() {
        let to = Address::parse("kontakt@nrw.example").unwrap();
        for (codes, exit) in [
            (&[250, 250][..], EXIT_ACCEPTED),
            (&[250, 451], EXIT_TRY_AGAIN),
            (&[550, 421, 552], EXIT_TRY_AGAIN),
            (&[250, 550], EXIT_NO_USER),
            (&[552, 250], EXIT_DATA),
        ] {
            let answer = |code: &u16| (to.clone(), Answer { code: *code, text: String::new() });
            let answers: Vec<_> = codes.iter().map(answer).collect();
            assert_eq!(outcome(&answers).exit, exit, "{codes:?}");
        }
    }
}
